package evidence

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func FuzzFIS(f *testing.F)          { fuzzTool(f, "fis") }
func FuzzChaosToolkit(f *testing.F) { fuzzTool(f, "chaostoolkit") }
func FuzzLitmus(f *testing.F)       { fuzzTool(f, "litmus") }
func FuzzChaosMesh(f *testing.F)    { fuzzTool(f, "chaosmesh") }
func FuzzGremlin(f *testing.F)      { fuzzTool(f, "gremlin") }
func FuzzChaosMonkey(f *testing.F)  { fuzzTool(f, "chaosmonkey") }
func FuzzSteadybit(f *testing.F)    { fuzzTool(f, "steadybit") }

// TestChaos says by hand what each file is to give: state, outcome, beginning
// and end, and "dry" for a dry run.
func TestChaos(t *testing.T) {
	t.Parallel()
	for file, want := range map[string][]string{
		"fis/get-experiment-halted.json":       {"stopped halted 2026-10-07T17:49:59.31Z 2026-10-07T17:56:26.004Z"},
		"fis/get-experiment-skip-all.json":     {"completed unknown 2026-10-07T17:49:59.25Z 2026-10-07T17:50:01.5Z dry"},
		"fis/list-experiments.json":            {"failed error 2026-10-07T17:49:59.2Z 2026-10-07T17:50:00Z", "stopped aborted - -", "cancelled error - -", "pending unknown - -"},
		"fis/events.jsonl":                     {"initiating unknown 2026-10-07T17:49:58Z -", "running unknown 2026-10-07T17:50:02Z -", "stopping unknown - -", "stopped halted - 2026-10-07T17:56:26Z"},
		"fis/event-2021-without-template.json": {"completed unknown - 2021-06-01T09:30:00Z"},
		"fis/event-cut-to-its-detail.json":     {"stopped aborted - -"},
		"fis/cloudtrail-start.json":            {"initiating unknown 2026-10-07T17:49:59.31Z -"},
		"fis/list-templates.json":              {"planned unknown - -"},
		"fis/sns-around-event.json":            {"failed error - 2026-10-07T17:56:26Z"},

		"chaostoolkit/journal-action-failed.json":  {"completed error 2026-11-20T10:00:00.000001Z 2026-11-20T10:00:03Z"},
		"chaostoolkit/journal-2018.json":           {"failed inconclusive 2018-04-03T09:15:00.123456Z 2018-04-03T09:15:02.5Z"},
		"chaostoolkit/journal-2018-deviated.json":  {"failed deviated 2018-04-03T10:15:00Z 2018-04-03T10:16:00Z"},
		"chaostoolkit/journal-interrupted.json":    {"interrupted aborted 2026-11-20T11:00:00Z 2026-11-20T11:00:33Z"},
		"chaostoolkit/journal-without-probes.json": {"completed inconclusive 2025-02-01T10:00:00Z 2025-02-01T10:00:33Z"},
		"chaostoolkit/journal-dry.json":            {"completed inconclusive 2026-11-20T12:00:00Z 2026-11-20T12:00:33Z dry"},
		"chaostoolkit/experiment.yaml":             {"planned unknown - -"},
		"chaostoolkit/post-run-failed.json":        {"failed error - 2026-11-22T12:35:16.25Z"},
		"chaostoolkit/post-validate-started.json":  {"ignored"},

		"litmus/result-pass-without-probes.json":    {"completed inconclusive - -"},
		"litmus/result-error.json":                  {"completed_with_error error - -"},
		"litmus/result-fail-with-error-output.json": {"completed error - -"},
		"litmus/result-stopped.json":                {"stopped aborted 2026-11-01T08:00:00Z -"},
		"litmus/result-stopped-by-probe.json":       {"stopped halted 2026-11-01T08:00:00Z -"},
		"litmus/result-1-13-fail.json":              {"completed deviated 2026-11-01T08:00:00Z -"},
		"litmus/result-post-chaos.json":             {"completed deviated - -"},
		"litmus/kubectl-get-results.json":           {"running unknown 2026-11-01T08:00:00Z -", "completed held 2026-11-01T08:00:00Z -"},
		"litmus/engine-completed.yaml":              {"completed held - 2026-11-01T08:02:10Z", "running unknown - -"},
		"litmus/schedule.yaml":                      {"planned unknown - -", "ignored"},
		"litmus/engine-initialized.yaml":            {"initialized unknown - -"},
		"litmus/describe-stopped.txt":               {"stopped aborted 2026-11-01T08:00:00Z -", "error error - -"},
		"litmus/center-list.json": {
			"completed held 2026-11-01T08:00:00Z 2026-11-01T08:10:00Z", "completed_with_probe_failure deviated 2026-11-01T08:00:00Z 2026-11-01T08:10:00Z",
			"running unknown 2026-11-01T08:00:00Z -", "stopped aborted 2026-11-01T08:00:00Z 2026-11-01T08:10:00Z",
		},

		"chaosmesh/networkchaos-finished.json": {"finished unknown 2026-11-10T10:00:00Z 2026-11-10T10:00:31Z"},
		"chaosmesh/networkchaos-running.json":  {"running unknown 2026-11-10T10:00:00Z -"},
		"chaosmesh/podchaos-killed.json":       {"finished unknown 2026-11-10T10:00:00Z 2026-11-10T10:00:01Z"},
		"chaosmesh/stresschaos-paused.json":    {"paused unknown 2026-11-10T10:00:00Z -"},
		"chaosmesh/workflow-finished.json":     {"finished unknown 2026-11-10T10:00:00Z 2026-11-10T10:02:00Z"},
		"chaosmesh/archives.json":              {"finished unknown 2026-11-10T10:00:00Z 2026-11-10T10:01:00Z", "running unknown 2026-11-10T11:00:00Z -"},
		"chaosmesh/dashboard-events.json":      {"ignored"},

		"gremlin/webhook-initialized.json": {"initialized unknown 2026-11-12T10:00:00Z -"},
		"gremlin/webhook-running.json":     {"running unknown 2026-11-12T10:00:05Z -"},
		"gremlin/webhook-finished.json":    {"finished unknown - 2026-11-12T10:05:05Z"},
		"gremlin/attack-halted.json":       {"userhalted unknown 2026-11-12T11:00:02Z 2026-11-12T11:03:00Z"},
		"gremlin/scenario-run.json":        {"successful unknown 2026-11-12T12:00:00Z 2026-11-12T12:20:00Z"},

		"chaosmonkey/terminations.json": {"terminated unknown 2026-11-20T10:31:05Z 2026-11-20T10:31:05Z", "leashed unknown 2026-11-20T11:31:05Z 2026-11-20T11:31:05Z dry"},
		"chaosmonkey/terminations.csv":  {"terminated unknown 2026-11-20T10:31:05Z 2026-11-20T10:31:05Z", "leashed unknown 2026-11-20T11:31:05Z 2026-11-20T11:31:05Z dry"},
		"chaosmonkey/mysql.txt":         {"terminated unknown 2026-11-20T10:31:05Z 2026-11-20T10:31:05Z", "leashed unknown 2026-11-20T11:31:05Z 2026-11-20T11:31:05Z dry"},
		"chaosmonkey/schedules.json":    {"planned unknown - -"},
		"chaosmonkey/application.json":  {"ignored"},

		"steadybit/created.json":          {"prepared unknown 2026-11-15T09:00:01.5Z -"},
		"steadybit/failed.json":           {"failed deviated 2026-11-15T09:00:01.5Z 2026-11-15T09:04:00Z"},
		"steadybit/errored.json":          {"errored error 2026-11-15T09:00:01.5Z 2026-11-15T09:04:00Z"},
		"steadybit/canceled.json":         {"canceled aborted 2026-11-15T09:00:01.5Z 2026-11-15T09:04:00Z"},
		"steadybit/step-failed.json":      {"running unknown - -"},
		"steadybit/target-started.json":   {"running unknown - -"},
		"steadybit/platform-webhook.json": {"completed held 2026-11-15T10:00:02Z 2026-11-15T10:05:00Z"},
		"steadybit/killswitch.json":       {"ignored"},
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			p := parseFile(t, filepath.Join("testdata", filepath.FromSlash(file)))
			if tool, _, _ := strings.Cut(file, "/"); p.Source != tool {
				t.Errorf("source %q", p.Source)
			}
			var got []string
			for _, r := range p.Records {
				got = append(got, summary(r))
			}
			if !slices.Equal(got, want) {
				t.Errorf("got  %q\nwant %q", got, want)
			}
		})
	}
}

func parseFile(t *testing.T, file string) Parsed {
	t.Helper()
	body, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Parse(Input{Name: filepath.Base(file), Body: body})
	if err != nil {
		t.Fatal(err)
	}
	checkRecords(t, p)
	return p
}

func summary(r Record) string {
	if r.Type == TypeIgnored {
		return "ignored"
	}
	at := func(s *string) string {
		if s == nil {
			return "-"
		}
		return *s
	}
	s := fmt.Sprintf("%s %s %s %s", r.State, r.Outcome, at(instantForm(r.StartedAt)), at(instantForm(r.EndedAt)))
	if r.DryRun {
		s += " dry"
	}
	return s
}

func only(t *testing.T, file string) Record {
	t.Helper()
	p := parseFile(t, filepath.Join("testdata", filepath.FromSlash(file)))
	if len(p.Records) != 1 {
		t.Fatalf("%s: %d records", file, len(p.Records))
	}
	return p.Records[0]
}

func TestFIS_detail(t *testing.T) {
	t.Parallel()
	r := only(t, "fis/get-experiment-halted.json")
	if r.ExternalID != "EXP7hZ2kQw9LmN4pRs" || r.Definition != "EXT3b8YcXz1Va6TuGd" || r.Service != "checkout" || r.Environment != "prod" || r.Region != "eu-west-1" {
		t.Errorf("%+v", r)
	}
	if !slices.Equal(r.Alarms, []string{"checkout 5xx", "checkout-latency-p99"}) || len(r.Detail.Guards) != 2 {
		t.Errorf("alarms %q, guards %v", r.Alarms, r.Detail.Guards)
	}
	if f := r.Detail.Faults; len(f) != 2 || f[0].Params != "duration=PT10M lossPercent=40" || f[0].State != "stopped" || f[0].EndedAt == nil || f[1].StartedAt != nil {
		t.Errorf("faults %v", f)
	}
	if d := r.Detail.Targets; len(d) != 2 || d[0].Account != "111122223333" || d[1].Zone != "eu-west-1b" || d[1].Cluster != "shop" || d[1].Cell != "c3" {
		t.Errorf("targets %+v", d)
	}
	if !strings.HasPrefix(r.Detail.Hypothesis, "Half of the tasks") || !slices.Contains(r.Names, "checkout-v2") || len(r.Detail.Links) != 1 {
		t.Errorf("%+v", r.Detail)
	}
	if by := only(t, "fis/cloudtrail-start.json").Detail.Initiator; !strings.HasSuffix(by, "game-day/ana") {
		t.Errorf("initiator %q", by)
	}
}

func TestChaosToolkit_keys(t *testing.T) {
	t.Parallel()
	const run = `{"node":"n","experiment":{"title":"T","method":[]},"start":"2026-11-20T10:00:00","status":"completed","deviated":true,"steady_states":{},"run":[]}`
	keys := map[string]string{}
	dedupe := map[string]bool{}
	for _, body := range []string{run, `{"name":"run-completed","phase":"run","ts":1,"payload":` + run + `}`, `{"name":"run-deviated","phase":"run","ts":2,"payload":` + run + `}`} {
		p, err := Parse(Input{Body: []byte(body)})
		if err != nil || len(p.Records) != 1 {
			t.Fatal(err, p)
		}
		keys[p.Records[0].SubjectKey] = p.Key
		dedupe[p.Records[0].DedupeKey] = true
	}
	if len(keys) != 1 || len(dedupe) != 3 {
		t.Errorf("%d subjects, %d statements", len(keys), len(dedupe))
	}
	r := only(t, "chaostoolkit/journal-action-failed.json")
	if f := r.Detail.Faults; len(f) != 1 || f[0].Params != "chaosk8s.pod.actions.terminate_pods label_selector=app=index ns=search" || r.Detail.Reason != "chaoslib.exceptions.ActivityFailed: pods is forbidden" {
		t.Errorf("%+v", r.Detail)
	}
	if c := r.Detail.SteadyState; len(c) != 1 || c[0].Before != "212.5" || c[0].After != "220" || c[0].Expected != `{"range":[0,300],"type":"range"}` || !*c[0].Met {
		t.Errorf("%+v", c)
	}
	if e := only(t, "chaostoolkit/experiment.yaml"); strings.Contains(e.Detail.Faults[0].Params, "hidden") || e.Region != "eu-central-1" {
		t.Errorf("%+v", e)
	}
}

func TestLitmus_keys(t *testing.T) {
	t.Parallel()
	engine := parseFile(t, "testdata/litmus/engine-completed.yaml").Records[0]
	result := only(t, "litmus/result-pass-without-probes.json")
	if engine.SubjectKey != result.SubjectKey || engine.DedupeKey == result.DedupeKey {
		t.Errorf("engine %q, result %q", engine.SubjectKey, result.SubjectKey)
	}
	if engine.Service != "till" || engine.Environment != "shop" || engine.Detail.Faults[0].Params != "TOTAL_CHAOS_DURATION=60" || len(engine.Detail.Guards) != 1 {
		t.Errorf("%+v", engine)
	}
	if c := engine.Detail.SteadyState; len(c) != 1 || c[0].Expected != "sum(errors) <= 5" {
		t.Errorf("%+v", c)
	}
	if r := only(t, "litmus/result-error.json"); r.Detail.Reason != "TARGET_SELECTION_ERROR no pod found with label app=till" {
		t.Errorf("reason %q", r.Detail.Reason)
	}
	if d := parseFile(t, "testdata/litmus/describe-stopped.txt").Records[0]; len(d.Detail.Targets) != 2 || d.Detail.Targets[1].ID != "queue" {
		t.Errorf("%+v", d.Detail)
	}
}

func TestChaosMesh_detail(t *testing.T) {
	t.Parallel()
	r := only(t, "chaosmesh/networkchaos-finished.json")
	if r.Definition != "nightly" || r.Service != "till" || r.Environment != "shop" || r.Detail.Faults[0].Action != "NetworkChaos delay" {
		t.Errorf("%+v", r)
	}
	if d := r.Detail.Targets; len(d) != 2 || d[1].ID != "till-6d9f-abc/till" || d[1].Namespace != "shop" {
		t.Errorf("%+v", d)
	}
	w := only(t, "chaosmesh/workflow-finished.json")
	if len(w.Detail.Guards) != 1 || w.Detail.SteadyState[0].Expected != "GET https://till.example.org/ 200" || len(w.Detail.Faults) != 1 {
		t.Errorf("%+v", w.Detail)
	}
}

func TestChaosMonkey_keys(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"terminations.json", "terminations.csv", "mysql.txt"} {
		p := parseFile(t, filepath.Join("testdata", "chaosmonkey", file))
		if r := p.Records[0]; r.SubjectKey != "i-0abc 2026-11-20T10:31:05Z" || r.DedupeKey != "7" || r.ExternalID != "7" {
			t.Errorf("%s: %+v", file, r)
		}
	}
}

func TestSteadybit_detail(t *testing.T) {
	t.Parallel()
	subject := only(t, "steadybit/failed.json").SubjectKey
	for _, file := range []string{"created.json", "step-failed.json", "target-started.json"} {
		if r := only(t, "steadybit/"+file); r.SubjectKey != subject {
			t.Errorf("%s: %q", file, r.SubjectKey)
		}
	}
	r := only(t, "steadybit/target-started.json")
	if r.Region != "eu-west-1" || !slices.Contains(r.Names, "shop/till") {
		t.Errorf("%+v", r)
	}
	w := only(t, "steadybit/platform-webhook.json")
	if len(w.Detail.Faults) != 1 || len(w.Detail.SteadyState) != 1 || !*w.Detail.SteadyState[0].Met || !slices.Contains(w.Names, "gateway") {
		t.Errorf("%+v", w.Detail)
	}
}
