package importer

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"coetracker/timeline"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the expectations of the fixtures anew")

// TestFixtures reads the documents in testdata and compares what was found
// with the .want file beside each.
func TestFixtures(t *testing.T) {
	t.Parallel()
	var files []string
	for _, pattern := range []string{"testdata/*.md", "testdata/*.txt"} {
		found, _ := filepath.Glob(pattern)
		files = append(files, found...)
	}
	if len(files) < 9 {
		t.Fatalf("only %d fixtures", len(files))
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			r, err := Parse(src, Options{FileName: file, DefaultZone: "Europe/Lisbon"})
			if err != nil {
				t.Fatal(err)
			}
			compare(t, strings.TrimSuffix(file, filepath.Ext(file))+".want", describe(r))
		})
	}
}

func compare(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Error(diff)
	}
}

// describe writes a review so that a person can check it line by line.
func describe(r Review) string {
	var b strings.Builder
	loc, _, err := timeline.LoadZone(r.Zone)
	if err != nil {
		loc = time.UTC
	}
	clock := func(at *time.Time) string {
		if at == nil {
			return "-"
		}
		return at.In(loc).Format("2006-01-02T15:04:05-07:00")
	}
	fmt.Fprintf(&b, "title: %s\nzone: %s stated %v\nseverity: %s\nservices: %s\n", r.Title, r.Zone, r.ZoneStated, r.Severity, strings.Join(r.Services, ", "))
	fmt.Fprintf(&b, "started %s detected %s mitigated %s resolved %s\n", clock(r.Started), clock(r.Detected), clock(r.Mitigated), clock(r.Resolved))
	if d := r.Duration(); d != nil {
		fmt.Fprintf(&b, "duration %s\n", d)
	}
	line := func(s string) string { return strings.ReplaceAll(s, "\n", "⏎") }
	for _, e := range r.Events {
		fmt.Fprintf(&b, "event %d-%d %s %s %s %s: %s\n", e.Line, e.LineEnd, clock(e.At), clock(e.End), e.Precision, e.Kind, line(e.Text))
	}
	for _, a := range r.Actions {
		fmt.Fprintf(&b, "action %d done %v owner %q due %q: %s\n", a.Line, a.Done, a.Owner, a.Due, line(a.Text))
	}
	for _, w := range r.Warnings {
		fmt.Fprintf(&b, "warning %d: %s\n", w.Line, w.Message)
	}
	for _, s := range r.Sections {
		fmt.Fprintf(&b, "section %s: %s\n", s.Name, line(s.Markdown))
	}
	for _, u := range r.Unplaced {
		fmt.Fprintf(&b, "unplaced %d: %s\n", u.Line, u.Text)
	}
	return b.String()
}
