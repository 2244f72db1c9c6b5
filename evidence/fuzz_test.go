package evidence

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// fuzzTool looks for messages of one tool that break its parser, beginning with
// the seeds, the tool's own test data and the samples of its research. Each
// parser file has one FuzzX that calls it.
func fuzzTool(f *testing.F, name string, seeds ...string) {
	f.Helper()
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	for _, file := range seedFiles(f, name) {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if len(body) > 1<<16 {
			return
		}
		in := Input{Body: body, Tool: name}
		p, err := parseAny(in) // not Parse: a panic is to be seen
		if err != nil {
			return
		}
		checkRecords(t, p)
		again, err := parseAny(in)
		if err != nil {
			t.Fatalf("the second reading failed: %v", err)
		}
		first, second := form(t, p), form(t, again)
		if !bytes.Equal(first, second) {
			t.Fatalf("two readings differ:\n%s\n%s", first, second)
		}
	})
}

func form(t *testing.T, p Parsed) []byte {
	t.Helper()
	b, err := p.JSON("f")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// seedFiles gives testdata/<tool>/* and the samples of the tool, whose folders
// are spelt with underscores.
func seedFiles(tb testing.TB, name string) []string {
	tb.Helper()
	var files []string
	for _, file := range slices.Concat(ownFiles(tb), sampleFiles(tb)) {
		folder := filepath.Base(filepath.Dir(file))
		if strings.ReplaceAll(folder, "_", "") == name {
			files = append(files, file)
		}
	}
	return files
}

var outcomes = []Outcome{Held, Deviated, Halted, Aborted, Errored, Inconclusive, Unknown}

// checkRecords asserts what is true of the records of every parser.
func checkRecords(t *testing.T, p Parsed) {
	t.Helper()
	for i, r := range p.Records {
		switch r.Type {
		case TypeExperiment:
			if !slices.Contains(outcomes, r.Outcome) {
				t.Errorf("record %d: outcome %q", i, r.Outcome)
			}
		case TypeDeployment, TypeRollback, TypeAlarm, TypeIncident, TypeMetric, TypeIgnored:
			if r.Outcome != "" {
				t.Errorf("record %d: a %s has outcome %q", i, r.Type, r.Outcome)
			}
		default:
			t.Errorf("record %d: type %q", i, r.Type)
		}
		if r.Type != TypeIgnored && (r.SubjectKey == "" || r.DedupeKey == "") {
			t.Errorf("record %d: a %s has subject key %q and dedupe key %q", i, r.Type, r.SubjectKey, r.DedupeKey)
		}
		if r.State != strings.ToLower(r.State) {
			t.Errorf("record %d: state %q is not in lower case", i, r.State)
		}
		times := []*time.Time{r.StartedAt, r.EndedAt}
		if !r.OccurredAt.IsZero() {
			times = append(times, &r.OccurredAt)
		}
		for _, at := range times {
			if at != nil && (at.Location() != time.UTC || at.Year() < 1970 || at.Year() > 9999) {
				t.Errorf("record %d: time %s", i, at)
			}
		}
		for _, l := range r.Detail.Links {
			if !strings.HasPrefix(l.URL, "http://") && !strings.HasPrefix(l.URL, "https://") {
				t.Errorf("record %d: link to %q", i, l.URL)
			}
		}
		if s := r.Detail.Share; s != nil && !(*s >= 0 && *s <= 1) {
			t.Errorf("record %d: share %v", i, *s)
		}
	}
}
