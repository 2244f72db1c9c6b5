package evidence

import (
	"regexp"
	"slices"
	"strings"
)

// chaosTools are the tools that run experiments.
func chaosTools() []tool {
	return []tool{fisTool(), chaosToolkitTool(), litmusTool(), chaosMeshTool(), gremlinTool(), chaosMonkeyTool(), steadybitTool()}
}

// chaosTextTools are their forms that are neither JSON nor YAML.
func chaosTextTools() []textTool { return []textTool{litmusDescribe(), chaosMonkeyTable()} }

const (
	// maxParam bounds one value of a fault's parameters.
	maxParam = 200
	// maxTargets bounds how many targets of one run are kept.
	maxTargets = 100
)

// statePlanned is the state of a definition that has not run.
const statePlanned = "planned"

// named finds the value of a tag by its name, whatever its capitals; the names
// are tried in order.
func named(tags node, names ...string) string {
	for _, name := range names {
		for _, key := range tags.keys() {
			if strings.EqualFold(key, name) {
				if v := tags.at(key).str(); v != "" {
					return v
				}
			}
		}
	}
	return ""
}

// tagList makes an object of tags written as "name:value" or "name=value".
func tagList(tags []string) node {
	m := make(map[string]any, len(tags))
	for _, t := range tags {
		if i := strings.IndexAny(t, ":="); i > 0 {
			m[strings.TrimSpace(t[:i])] = strings.TrimSpace(t[i+1:])
		}
	}
	return node{m}
}

// The names under which tags are known to tell where a thing belongs.
var (
	serviceTags     = []string{"service", "service-name", "service_name", "servicename", "app.kubernetes.io/name", "application", "app", "k8s-app", "app.kubernetes.io/component", "app.kubernetes.io/instance", "component", "name"}
	environmentTags = []string{"environment", "env", "stage"}
	zoneTags        = []string{"az", "zone", "availability-zone", "availability_zone", "availabilityzone"}
	cellTags        = []string{"cell", "cell-id", "cell_id"}
)

var secretName = regexp.MustCompile(`(?i)secret|token|passw|credential|authorization|api_?-?key`)

// params writes parameters as "k=v k=v" in the order of their names, without secrets.
func params(n node) string {
	var parts []string
	for _, key := range n.keys() {
		v := n.at(key)
		if v.empty() || secretName.MatchString(key) {
			continue
		}
		parts = append(parts, key+"="+brief(v))
	}
	return strings.Join(parts, " ")
}

// brief gives a value as a short text.
func brief(n node) string {
	s := n.str()
	if s == "" && !n.empty() {
		s = n.json()
	}
	return clipped(s, maxParam)
}

func clipped(s string, limit int) string {
	if runes := []rune(s); len(runes) > limit {
		return string(runes[:limit-1]) + "…"
	}
	return s
}

// bounded keeps the first targets.
func bounded(targets []Target) []Target { return targets[:min(len(targets), maxTargets)] }

// unique drops empty and repeated names and keeps the order.
func unique(names ...string) []string {
	var all []string
	for _, n := range names {
		if n != "" && !slices.Contains(all, n) {
			all = append(all, n)
		}
	}
	return all[:min(len(all), maxTargets)]
}

// kubernetes gives the names under which a workload of a namespace may be known.
func kubernetes(namespace, name string) []string {
	if name == "" {
		return nil
	}
	if namespace == "" {
		return []string{name}
	}
	return []string{name, namespace + "/" + name}
}

// placeholder tells a value that a template leaves to be filled in.
func placeholder(s string) bool { return strings.HasPrefix(s, "<") && strings.HasSuffix(s, ">") }

// addNamed adds a run, if the tool gave any name to know it by.
func addNamed(out *result, r Record, names ...string) {
	if strings.Join(names, "") == "" {
		out.ignore("", r.State)
		return
	}
	out.add(r)
}

func boolean(b bool) *bool { return &b }

// items gives the members of a list, or the one thing that stands in its place.
func items(n node) []node {
	if n.isList() {
		return n.list()
	}
	if n.isObject() {
		return []node{n}
	}
	return nil
}
