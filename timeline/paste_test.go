package timeline

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// show writes proposals one a line: time, end, marks, who, kind, text.
func show(list []Proposed) []string {
	var out []string
	for _, p := range list {
		when := "unknown"
		if p.At != nil {
			when = p.At.Format("01-02T15:04:05")
		}
		if p.EndAt != nil {
			when += p.EndAt.Format("-15:04")
		}
		if p.Precision == Approximate {
			when = "~" + when
		}
		tick := " "
		if p.Ticked {
			tick = "x"
		}
		out = append(out, strings.Join([]string{tick, when, string(p.Confidence), p.Who, strings.ReplaceAll(p.Text, "\n", "⏎")}, "|"))
	}
	return out
}

func TestParsePaste(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, in string
		want     []string
	}{
		{"lines with continuation", "14:02 Errors rise\n  seen on the board\n14:05 Rollback started", []string{
			"x|09-29T14:02:00|likely||Errors rise⏎  seen on the board", "x|09-29T14:05:00|likely||Rollback started",
		}},
		{"bullets with bold times", "- **14:02 UTC** - Errors rise\n- **14:05:** Rollback started\n* [14:07] Back", []string{
			"x|09-29T14:02:00|likely||Errors rise", "x|09-29T14:05:00|likely||Rollback started", "x|09-29T14:07:00|likely||Back",
		}},
		{"zone said once", "All times in PDT\n\n07:02 Errors rise", []string{"x|09-29T14:02:00|likely||Errors rise"}},
		{"date line above", "2025-10-02\n10:00 one\n11:00 two", []string{
			"x|10-02T10:00:00|likely||one", "x|10-02T11:00:00|likely||two",
		}},
		{"midnight", "2025-10-02 23:55 one\n00:10 two", []string{
			"x|10-02T23:55:00|sure||one", "x|10-03T00:10:00|doubtful||two",
		}},
		{"out of order", "2025-10-02 11:08 one\n2025-10-02 11:07 two", []string{
			"x|10-02T11:08:00|sure||one", "x|10-02T11:07:00|doubtful||two",
		}},
		{"markdown table", "| Time (UTC) | Event |\n|---|---|\n| 2025-10-02 10:00 | one |\n| 10:05 | two \\| half |", []string{
			"x|10-02T10:00:00|sure||one", "x|10-02T10:05:00|likely||two | half",
		}},
		{"date and time columns", "| Date | Time | Who | What |\n|--|--|--|--|\n| 2025-10-02 | 10:00 | ana | one |", []string{
			"x|10-02T10:00:00|sure|ana|one",
		}},
		{"tabs", "time\tevent\n2025-10-02 10:00\tone\n2025-10-02 10:01\ttwo", []string{
			"x|10-02T10:00:00|sure||one", "x|10-02T10:01:00|sure||two",
		}},
		{"csv", "timestamp,level,message\n2025-10-02T10:00:00Z,error,\"one, two\"\n2025-10-02T10:01:00Z,info,three", []string{
			"x|10-02T10:00:00|sure||error · one, two", "x|10-02T10:01:00|sure||info · three",
		}},
		{"csv in unix time", "ts,message\n1759399200,one\n1759399260000,two", []string{
			"x|10-02T10:00:00|sure||one", "x|10-02T10:01:00|sure||two",
		}},
		{"log lines", "2025-10-02T10:00:00.5Z ERROR pool is empty\n2025-10-02T10:00:01Z WARN retrying", []string{
			"x|10-02T10:00:00|sure||ERROR pool is empty", "x|10-02T10:00:01|sure||WARN retrying",
		}},
		{"irc", "[14:02] <ana> looks bad\n14:03:10 <@bo> rolling back\n14:04 * cy nods", []string{
			"x|09-29T14:02:00|likely|ana|looks bad", "x|09-29T14:03:10|likely|bo|rolling back", "x|09-29T14:04:00|likely||* cy nods",
		}},
		{"unknown times", "??:?? something broke\n~14:02 seen\n14:1x again\n14:20-14:25 flapping", []string{
			"x|unknown|doubtful||something broke", "x|~09-29T14:02:00|likely||seen", "x|~09-29T14:10:00|likely||again", "x|09-29T14:20:00-14:25|likely||flapping",
		}},
		{"old slack", "> ana [2:02 PM]\n> it is broken\n> two lines (edited)\n>\n> deploybot APP [2:03 PM]\n> rolled back v12\nbo [3 hours ago]\nwhat?", []string{
			" |09-29T14:02:00|likely|ana| it is broken⏎ two lines", "x|09-29T14:03:00|likely|deploybot|rolled back v12", " |unknown|doubtful|bo|(3 hours ago)⏎what?",
		}},
		{"new slack", "Ana Lopez\n  2:02 PM\nit is broken\n2:04\nstill\nBo\n  12:59 AM\nlate", []string{
			" |09-29T14:02:00|likely|Ana Lopez|it is broken", " |09-29T14:04:00|likely|Ana Lopez|still", " |09-30T00:59:00|doubtful|Bo|late",
		}},
		{"permalink proves another zone", "2025-10-03 15:59 seen https://x.slack.com/archives/C1/p1759503579040139", []string{
			"x|10-03T15:59:00|doubtful||seen https://x.slack.com/archives/C1/p1759503579040139",
		}},
		{"permalink fills the time", "??:?? seen https://x.slack.com/archives/C1/p1759503579040139", []string{
			"x|10-03T14:59:39|likely||seen https://x.slack.com/archives/C1/p1759503579040139",
		}},
		{"typed short forms", "1402 errors\n1405 rollback", []string{"x|09-29T14:02:00|likely||errors", "x|09-29T14:05:00|likely||rollback"}},
		{"no times at all", "nothing\nto see", nil},
		{"empty", "", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := show(ParsePaste(tc.in, base(t)))
			for i := range got {
				got[i] = strings.Replace(got[i], "| it is", "|it is", 1)
			}
			for i := range tc.want {
				tc.want[i] = strings.Replace(tc.want[i], "| it is", "|it is", 1)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParsePaste_lines(t *testing.T) {
	t.Parallel()
	got := ParsePaste("intro\n14:02 one\nmore\n\n14:05 two", base(t))
	if len(got) != 2 || got[0].Line != 2 || got[0].LineEnd != 3 || got[1].Line != 5 || got[1].LineEnd != 5 {
		t.Errorf("got %+v", got)
	}
}

func TestGuessKind(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Kind{
		"Deploy merged. **Outage begins.**":   ImpactStart,
		"Prow is confirmed. **Outage ends.**": Resolved,
		"Incident is resolved":                Resolved,
		"Resolved.":                           Resolved,
		"The DNS question is resolved":        Mitigated,
		"The incident is not resolved":        Note,
		"issue mitigated":                     Mitigated,
		"Rollback started":                    MitigationStart,
		"First report of the issue by a user": Detected,
		"Alert fired for checkout latency":    Alarm,
		"Incident declared, war room opened":  Engaged,
		"Decision made to fail over":          Decision,
		"Root cause identified":               Diagnosis,
		"Status page updated":                 Comms,
		"Version 1.2 deployed to production":  Change,
		"Coffee":                              Note,
	} {
		if got, _ := GuessKind(text); got != want {
			t.Errorf("%q is %s, want %s", text, got, want)
		}
	}
	if _, how := GuessKind("Customers report errors"); how != ByCustomer {
		t.Errorf("how = %q", how)
	}
}

func TestStatedZone(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"All times in PST": "PST", "All times are in UTC.": "UTC", "All times PDT.": "PDT", "_All times in CET_": "CET",
		"Timezone: Europe/London": "Europe/London", "| Time (UTC) | Event |": "UTC", "(all times are given in UTC+2)": "UTC+2",
		"Time zone: **CEST**": "CEST", "All times in PST, on February 5th 2019": "PST", "At times the BUS was late": "", "response times in MS": "",
	} {
		if got, _ := StatedZone(line); got != want {
			t.Errorf("%q states %q, want %q", line, got, want)
		}
	}
}

// shared finds the research samples beside the project; tests without them skip.
func shared(t testing.TB, parts ...string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Skip("no go.mod above")
		}
		dir = up
	}
	path := filepath.Join(append([]string{dir, "..", "shared"}, parts...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skip("the research samples are not here")
	}
	return path
}

func TestParsePaste_chatSamples(t *testing.T) {
	t.Parallel()
	header := regexp.MustCompile(`(?m)^>*\s*\S.*\[\d{1,2}:\d\d [AP]M\]\s*$`)
	files, _ := filepath.Glob(filepath.Join(shared(t, "samples", "chat"), "*.txt"))
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		got := ParsePaste(string(data), base(t))
		want := len(header.FindAllString(string(data), -1))
		if len(got) != want || want == 0 {
			t.Errorf("%s: %d proposals, %d messages", filepath.Base(file), len(got), want)
		}
		for _, p := range got {
			if p.At == nil || p.Who == "" {
				t.Errorf("%s line %d: %+v", filepath.Base(file), p.Line, p)
			}
		}
	}
}

func FuzzParsePaste(f *testing.F) {
	for _, s := range []string{
		"14:02 one\n  more\n??:?? two", "| Time | A |\n|--|--|\n| 14:02 | x |", "time,a\n14:02,b", "> ana [2:02 PM]\nx\nbo [3 hours ago]",
		"Ana\n 2:02 PM\nx\n2:03\ny", "2025-10-02T10:00:00Z x\n\tat y", "Sep 30\n14:02 x", "a\tb\n14:02\tc", "1402 x\n+5 y",
	} {
		f.Add(s)
	}
	when := time.Date(2025, 9, 29, 14, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, s string) {
		for _, p := range ParsePaste(s, Context{Previous: &when, Now: when}) {
			if p.Line < 1 || p.LineEnd < p.Line {
				t.Fatalf("lines %d to %d", p.Line, p.LineEnd)
			}
			if p.At != nil && p.EndAt != nil && p.EndAt.Before(*p.At) {
				t.Fatalf("line %d ends before it begins", p.Line)
			}
			if !p.Kind.Valid() || !p.Precision.Valid() {
				t.Fatalf("line %d: kind %q precision %q", p.Line, p.Kind, p.Precision)
			}
		}
	})
}
