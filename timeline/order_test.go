package timeline

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// entryAt makes an entry of 29 September 2025; an empty clock means no time.
func entryAt(t *testing.T, clock string, k Kind, text string) Entry {
	t.Helper()
	e := Entry{Kind: k, Text: text, Precision: Unknown, Zone: "UTC"}
	if clock != "" {
		e.At, e.Precision = at(t, "2025-09-29T"+clock+":00Z"), Exact
	}
	return e
}

func texts(entries []Entry) string {
	var out []string
	for _, e := range entries {
		out = append(out, e.Text)
	}
	return strings.Join(out, " ")
}

func TestSort(t *testing.T) {
	t.Parallel()
	list := []Entry{
		entryAt(t, "14:10", Note, "c"), entryAt(t, "", Note, "after-c"), entryAt(t, "14:00", Note, "a"),
		entryAt(t, "14:10", Note, "d"), entryAt(t, "14:05", Note, "b"), entryAt(t, "", Note, "after-b"),
	}
	Sort(list)
	if got := texts(list); got != "a b after-b c after-c d" {
		t.Errorf("got %s", got)
	}
	ranked := []Entry{{Text: "y", Rank: "b"}, {Text: "x", Rank: "a"}}
	Sort(ranked)
	if got := texts(ranked); got != "x y" {
		t.Errorf("got %s", got)
	}
}

func TestDurations(t *testing.T) {
	t.Parallel()
	list := []Entry{
		entryAt(t, "13:50", Trigger, ""), entryAt(t, "14:00", ImpactStart, ""), entryAt(t, "14:04", Detected, ""),
		entryAt(t, "14:02", Detected, ""), entryAt(t, "14:09", Engaged, ""), entryAt(t, "14:40", Mitigated, ""), entryAt(t, "15:00", Resolved, ""),
	}
	check := func(want ...time.Duration) {
		t.Helper()
		d := Durations(list)
		for i, got := range []*time.Duration{d.TTD, d.TTE, d.TTM, d.TTR} {
			if got == nil != (want[i] < 0) || got != nil && *got != want[i] {
				t.Errorf("duration %d = %v, want %v", i, got, want[i])
			}
		}
	}
	check(2*time.Minute, 7*time.Minute, 40*time.Minute, time.Hour)
	list[2].IsKey = true
	check(4*time.Minute, 5*time.Minute, 40*time.Minute, time.Hour)
	list[5].Raw = true
	check(4*time.Minute, 5*time.Minute, -1, time.Hour)
	list[6].At = at(t, "2025-09-29T13:00:00Z")
	check(4*time.Minute, 5*time.Minute, -1, -1)
}

func TestDisorder(t *testing.T) {
	t.Parallel()
	list := []Entry{entryAt(t, "14:00", ImpactStart, ""), entryAt(t, "14:20", Detected, ""), entryAt(t, "14:10", Mitigated, "")}
	want := []string{"Mitigated (29 Sep 2025 14:10 UTC) is before detected (29 Sep 2025 14:20 UTC). Check both times."}
	if diff := cmp.Diff(want, Disorder(list)); diff != "" {
		t.Error(diff)
	}
	list[2].At = at(t, "2025-09-29T14:30:00Z")
	list[2].EndAt = at(t, "2025-09-29T14:25:00Z")
	if got := Disorder(list); len(got) != 1 || !strings.Contains(got[0], "ends before it begins") {
		t.Errorf("got %q", got)
	}
}

func TestGaps(t *testing.T) {
	t.Parallel()
	list := []Entry{
		entryAt(t, "12:00", Trigger, "before"), entryAt(t, "14:00", ImpactStart, "start"), entryAt(t, "14:10", Note, "span"),
		entryAt(t, "14:50", Note, "noted"), entryAt(t, "15:20", Mitigated, "end"), entryAt(t, "18:00", Resolved, "late"),
	}
	list[2].EndAt = at(t, "2025-09-29T14:25:00Z")
	list[3].GapNote = "the checks were running"
	got := Gaps(list, 20*time.Minute)
	var lines []string
	for _, g := range got {
		lines = append(lines, g.From.Format("15:04")+"-"+g.To.Format("15:04")+" "+g.After.Text+" "+g.Note)
	}
	want := []string{"14:25-14:50 span ", "14:50-15:20 noted the checks were running"}
	if !slices.Equal(lines, want) {
		t.Errorf("got %q", lines)
	}
	if Gaps(nil, time.Minute) != nil {
		t.Error("no entries, no gaps")
	}
}

func TestPhases(t *testing.T) {
	t.Parallel()
	list := []Entry{
		entryAt(t, "13:50", Trigger, "t"), entryAt(t, "14:00", ImpactStart, "i"), entryAt(t, "14:02", Detected, "d"), entryAt(t, "14:03", Note, "n"),
		entryAt(t, "14:09", Engaged, "e"), entryAt(t, "14:40", Mitigated, "m"), entryAt(t, "15:00", Resolved, "r"), entryAt(t, "15:10", Comms, "c"),
	}
	show := func(entries []Entry) string {
		var out []string
		for _, g := range Phases(entries) {
			s := string(g.Phase) + "(" + texts(g.Entries) + ")"
			if g.Length != nil {
				s += ShortDuration(*g.Length)
			}
			if g.Open {
				s += "open"
			}
			out = append(out, s)
		}
		return strings.Join(out, " ")
	}
	for _, tc := range []struct {
		name string
		list []Entry
		want string
	}{
		{"all", list, "before(t) detect(i d)2m engage(n e)7m mitigate(m)31m resolve(r)20m after(c)"},
		{"nothing known", []Entry{list[3]}, "(n)"},
		{"open", list[:5], "before(t) detect(i d)2m engage(n e)7m"},
		{"open with more", []Entry{list[1], list[3]}, "detect(i n)open"},
		{"engaged missing", []Entry{list[1], list[2], list[3], list[5]}, "detect(i d)2m mitigate(n m)38m"},
		{"start missing", []Entry{list[0], list[2], list[7]}, "detect(t d) engage(c)open"},
	} {
		if got := show(tc.list); got != tc.want {
			t.Errorf("%s: got %s, want %s", tc.name, got, tc.want)
		}
	}
}

func TestPermalinkTime(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"https://x.slack.com/archives/C075D3C5HST/p1759503579040139":             "2025-10-03T14:59:39.040139Z",
		"https://x.slack.com/archives/C075D3C5HST/p1759503579040139?thread_ts=1": "2025-10-03T14:59:39.040139Z",
		"https://x.slack.com/archives/C075D3C5HST":                               "",
		"https://x.slack.com/archives/C075D3C5HST/p17595035790401390":            "",
		"https://x.slack.com/archives/C075D3C5HST/p1759":                         "",
		"https://example.com/p1759503579040139":                                  "",
	} {
		got, ok := PermalinkTime(url)
		if ok != (want != "") || ok && got.Format(time.RFC3339Nano) != want {
			t.Errorf("%s = %v %v", url, got, ok)
		}
	}
	text := "[a](https://x.slack.com/archives/C1/p1759503579040139) and <https://x.slack.com/archives/C1/p1759503579040140>"
	if got := Permalinks(text); len(got) != 2 {
		t.Errorf("got %v", got)
	}
}

func TestKind(t *testing.T) {
	t.Parallel()
	keys := 0
	for _, k := range Kinds() {
		if !k.Valid() || k.Label() == "" || strings.Contains(k.Label(), "_") {
			t.Errorf("kind %q", k)
		}
		if n, ok := k.KeyMoment(); ok {
			keys++
			if KeyMoments()[n-1] != k {
				t.Errorf("kind %q is number %d", k, n)
			}
		}
	}
	if keys != 7 || Kind("x").Valid() {
		t.Errorf("%d key moments", keys)
	}
}
