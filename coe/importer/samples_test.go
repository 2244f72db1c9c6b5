package importer

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"coetracker/timeline"
)

// expectation is what a careful reader found in a document.
type expectation struct {
	Source   string
	Title    string
	Timezone struct {
		Value   string
		Stated  bool
		Default *string `json:"default_for_import"`
	}
	Start, Resolved *string
	Events          int       `json:"timeline_events"`
	ExtraKey        int       `json:"extra_key_event_lines"`
	EventTimes      []*string `json:"event_times"`
	Actions         []struct {
		Text string
		Done bool
	} `json:"action_items"`
	Warnings     []string `json:"expected_warnings"`
	Alternatives struct {
		Start, Resolved, Offset []string
	} `json:"acceptable_alternatives"`
}

// shared finds the research samples beside the project; tests without them skip.
func shared(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if filepath.Dir(dir) == dir {
			t.Skip("no go.mod above")
		}
		dir = filepath.Dir(dir)
	}
	root := filepath.Join(dir, "..", "shared", "samples", "postmortems")
	if _, err := os.Stat(root); err != nil {
		t.Skip("the research samples are not here")
	}
	return root
}

func expectations(t *testing.T, root string) map[string]expectation {
	t.Helper()
	out := map[string]expectation{}
	files, _ := filepath.Glob(filepath.Join(root, "expected", "*.json"))
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var e expectation
		if err := json.Unmarshal(data, &e); err != nil {
			t.Fatal(file, err)
		}
		out[e.Source] = e
	}
	return out
}

func TestSamples(t *testing.T) {
	t.Parallel()
	root := shared(t)
	expected := expectations(t, root)
	var table strings.Builder
	seen := 0
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".md" || filepath.Dir(path) == root {
			return err
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(root, path)
		e, judged := expected[name]
		o := Options{FileName: name, DefaultZone: "UTC"}
		if judged && e.Timezone.Default != nil {
			o.DefaultZone = *e.Timezone.Default
		}
		r, err := Parse(src, o)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return nil
		}
		seen++
		row(&table, name, r)
		for _, u := range r.Unplaced {
			t.Errorf("%s line %d is unplaced: %.80s", name, u.Line, u.Text)
		}
		if judged {
			judge(t, name, r, e)
		}
		return nil
	})
	if err != nil || seen != 48 || len(expected) != 8 {
		t.Errorf("%d documents, %d expectations, %v", seen, len(expected), err)
	}
	t.Log("\n" + table.String())
}

func row(b *strings.Builder, name string, r Review) {
	clock := func(at *time.Time) string {
		if at == nil {
			return "-"
		}
		return at.UTC().Format("01-02T15:04Z")
	}
	minutes := "-"
	if d := r.Duration(); d != nil {
		minutes = fmt.Sprint(int(d.Minutes()))
	}
	fmt.Fprintf(b, "%-62.62s %-16s ev %2d act %2d warn %2d start %-12s det %-12s mit %-12s res %-12s %s min\n",
		name, r.Zone, len(r.Events), len(r.Actions), len(r.Warnings), clock(r.Started), clock(r.Detected), clock(r.Mitigated), clock(r.Resolved), minutes)
}

// judge compares a review with what a reader found.
func judge(t *testing.T, name string, r Review, e expectation) {
	t.Helper()
	if n := len(r.Events); n != e.Events && n != e.Events+e.ExtraKey {
		t.Errorf("%s: %d events, want %d", name, n, e.Events)
	}
	loc, _, err := timeline.LoadZone(r.Zone)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, ev := range r.Events {
		if ev.At == nil {
			got = append(got, "")
			continue
		}
		got = append(got, ev.At.In(loc).Format("2006-01-02T15:04"))
	}
	for _, want := range e.EventTimes {
		text := ""
		if want != nil {
			text = *want
		}
		if i := slices.Index(got, text); i >= 0 {
			got = slices.Delete(got, i, i+1)
		} else {
			t.Errorf("%s: no event at %q; left %v", name, text, got)
		}
	}
	judgeMoment(t, name+" start", r.Started, e.Start, e.Alternatives.Start)
	judgeMoment(t, name+" resolved", r.Resolved, e.Resolved, e.Alternatives.Resolved)
	if r.Title != e.Title || r.ZoneStated != e.Timezone.Stated {
		t.Errorf("%s: title %q, zone stated %v", name, r.Title, r.ZoneStated)
	}
	if len(r.Actions) != len(e.Actions) {
		t.Errorf("%s: %d actions, want %d", name, len(r.Actions), len(e.Actions))
	} else {
		for i, a := range r.Actions {
			if a.Done != e.Actions[i].Done {
				t.Logf("%s: action %q done %v", name, a.Text, a.Done)
			}
		}
	}
	if len(r.Warnings) < len(e.Warnings) {
		t.Errorf("%s: %d warnings, want %d for %v: %v", name, len(r.Warnings), len(e.Warnings), e.Warnings, r.Warnings)
	}
}

func judgeMoment(t *testing.T, what string, got *time.Time, want *string, other []string) {
	t.Helper()
	if want == nil {
		if got != nil && len(other) == 0 {
			t.Errorf("%s: %v, want none", what, got)
		}
		return
	}
	for _, w := range append([]string{*want}, other...) {
		if at, err := time.Parse(time.RFC3339, w); err == nil && got != nil && got.Equal(at) {
			return
		}
	}
	t.Errorf("%s: %v, want %s", what, got, *want)
}
