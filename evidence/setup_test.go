package evidence

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

const setupAddress = "https://coe.example.com/hooks/abc"

// allSnippets are all snippets by name, filled for a source that takes all.
func allSnippets() map[string]string {
	all := map[string]string{}
	for _, s := range Setups(&Source{Verifier: VerifyHeader, Header: "X-Team-Key"}, setupAddress) {
		for _, p := range s.Snippets {
			all[p.File] = p.Text
		}
	}
	return all
}

func TestSnippetsAreWhatTheyAreCalled(t *testing.T) {
	t.Parallel()
	all := allSnippets()
	files, err := setupFiles.ReadDir("setup")
	if err != nil || len(files) != len(all) {
		t.Errorf("%d files, %d of them are offered, %v", len(files), len(all), err)
	}
	withAddress := 0
	for name, text := range all {
		var v any
		switch filepath.Ext(name) {
		case ".json":
			if err := json.Unmarshal([]byte(text), &v); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		case ".yaml":
			d := yaml.NewDecoder(strings.NewReader(text))
			for err = error(nil); err == nil; {
				if err = d.Decode(&v); err != nil && err != io.EOF {
					t.Errorf("%s: %v", name, err)
				}
			}
		case ".sh":
			if text == "" {
				t.Errorf("%s is empty", name)
			}
			for _, word := range strings.Fields(text) { // what it reads is offered beside it
				file := strings.TrimPrefix(strings.TrimPrefix(word, "file://"), "@")
				if file != word && file != "-" && file != "journal.json" && all[file] == "" {
					t.Errorf("%s reads %s, which is not offered", name, file)
				}
			}
		default:
			t.Errorf("%s is of no known form", name)
		}
		if strings.Contains(text, noAddress) || strings.Contains(text, "HEADER") {
			t.Errorf("%s is not filled: %s", name, text)
		}
		if strings.Contains(text, setupAddress) {
			withAddress++
		}
	}
	if withAddress < 14 {
		t.Errorf("%d snippets hold the address", withAddress)
	}
	for _, s := range setups() {
		if s.Tool != "" && !slices.Contains(Tools(), s.Tool) || !slices.Contains(Verifiers(), s.Verifier) || s.Title == "" {
			t.Errorf("%+v names what is not known", s)
		}
	}
	for _, s := range Setups(&Source{Tool: "flux"}, setupAddress) {
		if s.Tool != "flux" {
			t.Errorf("a source of Flux offers %s", s.Title)
		}
	}
}

// matches applies a pattern of EventBridge to an event: every key of the pattern
// must be there, with one of the values listed.
func matches(pattern, event any) bool {
	switch p := pattern.(type) {
	case map[string]any:
		e, ok := event.(map[string]any)
		for key, want := range p {
			if !ok || !matches(want, e[key]) {
				return false
			}
		}
		return true
	case []any:
		return slices.Contains(p, event)
	}
	return false
}

func TestTheRuleOfEventBridgePicksWhatIsRead(t *testing.T) {
	t.Parallel()
	var rule struct{ EventPattern string }
	if err := json.Unmarshal([]byte(allSnippets()["eventbridge-rule.json"]), &rule); err != nil {
		t.Fatal(err)
	}
	var pattern map[string]any
	if err := json.Unmarshal([]byte(rule.EventPattern), &pattern); err != nil {
		t.Fatal(err)
	}
	event := func(source, kind string) any { return map[string]any{"source": source, "detail-type": kind} }
	if !matches(pattern, event("aws.fis", "FIS Experiment State Change")) || matches(pattern, event("aws.ec2", "FIS Experiment State Change")) || matches(pattern, event("aws.fis", "else")) {
		t.Error("the matcher is wrong")
	}
	seen := map[string]int{}
	for _, file := range sampleFiles(t) {
		if filepath.Ext(file) != ".json" {
			continue
		}
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var e map[string]any
		if json.Unmarshal(body, &e) != nil || e["detail-type"] == nil || e["detail"] == nil {
			continue
		}
		p, err := Parse(Input{Body: body})
		if err != nil {
			t.Fatal(err)
		}
		useful := slices.ContainsFunc(p.Records, func(r Record) bool { return r.Type != TypeIgnored })
		if useful && !matches(pattern, e) {
			t.Errorf("%s is read, and the rule leaves it out", filepath.Base(file))
		}
		if matches(pattern, e) {
			seen[e["source"].(string)]++
		}
	}
	if len(seen) == 0 {
		t.Skip("the samples are not here")
	}
	for _, source := range pattern["source"].([]any) {
		if seen[source.(string)] == 0 {
			t.Errorf("no sample of %v matches", source)
		}
	}
}

// templated is what a template of Argo's notifications sends: its objects as JSON
// in the places of toJson.
func templated(t *testing.T, file, object string) []byte {
	t.Helper()
	n, err := parseYAML([]byte(allSnippets()[file]))
	if err != nil {
		t.Fatal(err)
	}
	inner, err := parseYAML([]byte(n[0].at("data", "template.coe").str()))
	if err != nil {
		t.Fatal(err)
	}
	body := inner[0].at("webhook", "coe", "body").str()
	for _, word := range []string{"rollout", "app"} {
		body = strings.ReplaceAll(body, "{{toJson ."+word+"}}", object)
	}
	return []byte(body)
}

// What the snippets make tools send is known to the parsers.
func TestWhatSnippetsSendIsRead(t *testing.T) {
	t.Parallel()
	all := allSnippets()
	gremlin := strings.NewReplacer("${ATTACK_ID}", "a-1", "${ATTACK_TYPE}", "cpu", "${STATUS}", "Running", "${STAGE}", "Running", "${SOURCE}", "API", "${TIME}", "2026-03-03T12:00:00Z").Replace(all["gremlin.json"])
	for tool, body := range map[string][]byte{
		"generic": []byte(all["generic.json"]),
		"gremlin": []byte(gremlin),
		"argorollouts": templated(t, "argorollouts.yaml", `{"metadata":{"name":"shop","namespace":"prod","uid":"u-1","annotations":{"rollout.argoproj.io/revision":"4"}},"spec":{},
			"status":{"phase":"Healthy","currentPodHash":"b","stableRS":"b","conditions":[]}}`),
		"argocd": templated(t, "argocd.yaml", `{"metadata":{"name":"shop","uid":"u-1"},"spec":{"source":{"repoURL":"https://example.com/shop"},"destination":{"namespace":"prod"}},
			"status":{"history":[{"id":1,"revision":"0a1b","deployedAt":"2026-03-03T12:00:00Z"}]}}`),
	} {
		p, err := Parse(Input{Body: body})
		if err != nil || p.Source != tool || len(p.Records) == 0 || p.Records[0].Type == TypeIgnored || p.Records[0].Type == "" {
			t.Errorf("%s: %s gives %+v, %v", tool, body, p, err)
		}
	}
	for file, keys := range map[string][]string{ // the names that the tools know, as in the samples
		"pagerduty.json":    {"webhook_subscription", "delivery_method", "filter", "events"},
		"github.json":       {"config", "events", "content_type", "secret", "active"},
		"gitlab.json":       {"url", "token", "deployment_events", "enable_ssl_verification"},
		"alertmanager.yaml": {"webhook_configs", "send_resolved", "http_config", "authorization", "credentials"},
		"grafana.yaml":      {"contactPoints", "receivers", "settings", "hmacConfig", "timestampHeader"},
		"chaostoolkit.yaml": {"notifications", "type", "url", "headers", "events"},
		"flux.yaml":         {"secretRef", "eventSources", "providerRef"},
	} {
		for _, key := range keys {
			if !strings.Contains(all[file], key) {
				t.Errorf("%s has no %s", file, key)
			}
		}
	}
	if !strings.Contains(all["pagerduty.json"], `"incident.resolved"`) || !strings.Contains(all["chaostoolkit.yaml"], "X-Team-Key: ") {
		t.Error("events or header are missing")
	}
}
