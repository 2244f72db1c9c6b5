package evidence

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"time"
)

// eventTools are code hosts, alarms, incidents and standards.
func eventTools() []tool {
	return []tool{
		{"github", knowsGitHub, readGitHub},
		{"gitlab", knowsGitLab, readGitLab},
		{"cdevents", knowsCDEvents, readCDEvent},
		{"datadog", knowsDatadogEvent, readDatadogEvent},
		{"generic", knowsGeneric, readGeneric},
		{"alertmanager", knowsAlertmanager, readAlertmanager},
		{"grafana", knowsGrafana, readGrafana},
		{"pagerduty", knowsPagerDuty, readPagerDuty},
		{"opsgenie", knowsOpsgenie, readOpsgenie},
	}
}

// link keeps an address if it is one of the web, and not there yet.
func (d *Detail) link(title, address string) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || !strings.HasPrefix(address, "http://") && !strings.HasPrefix(address, "https://") {
		return
	}
	if !slices.ContainsFunc(d.Links, func(l Link) bool { return l.URL == address }) {
		d.Links = append(d.Links, Link{Title: title, URL: address})
	}
}

// oneEach drops what is empty or there already.
func oneEach(names ...string) []string {
	var all []string
	for _, name := range names {
		if name != "" && !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return all
}

// named keeps further names of the service, best first.
func (r *Record) named(names ...string) {
	r.Names = slices.DeleteFunc(oneEach(names...), func(name string) bool { return name == r.Service })
}

// valueOf gives the instant, or the zero one.
func valueOf(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// lastPart is what follows the last slash.
func lastPart(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

// shortVersion cuts a commit or digest to the length people use, and leaves
// other versions as they are.
func shortVersion(v string) string {
	if _, version, found := strings.Cut(v, "@"); found && strings.HasPrefix(v, "pkg:") {
		v, _, _ = strings.Cut(version, "?")
		v = strings.Replace(v, "%3A", ":", 1)
	}
	if digest, found := strings.CutPrefix(v, "sha256:"); found {
		return "sha256:" + digest[:min(len(digest), 12)]
	}
	if len(v) == 40 && strings.Trim(v, "0123456789abcdef") == "" {
		return v[:8]
	}
	return v
}

// changeTitle says what was deployed where, as far as it is known.
func changeTitle(r Record) string {
	title := "Deployment of "
	if r.Type == TypeRollback {
		title = "Rollback of "
	}
	title += cmp.Or(r.Service, "a service")
	if r.ToVersion != "" {
		title += " to " + shortVersion(r.ToVersion)
	}
	if r.Environment != "" {
		title += " in " + r.Environment
	}
	return title
}

// saysRollback reports whether a word of a tool or a team means undoing a change.
func saysRollback(word string) bool {
	word = strings.NewReplacer(" ", "", "-", "", "_", "").Replace(strings.ToLower(word))
	return strings.Contains(word, "rollback") || strings.Contains(word, "rolledback") || strings.Contains(word, "rollingback")
}
