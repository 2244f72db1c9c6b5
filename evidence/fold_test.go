package evidence

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// minuteAt gives an instant of the day all tests of folding play on.
func minuteAt(m int) *time.Time {
	t := time.Date(2026, 2, 10, 9, 0, 0, 0, time.UTC).Add(time.Duration(m) * time.Minute)
	return &t
}

// alarmAt is one message of an alarm.
func alarmAt(key, state string, m int) Record {
	r := Record{Type: TypeAlarm, SubjectKey: "a", DedupeKey: key, State: state, Rank: RankOf(state), OccurredAt: *minuteAt(m)}
	if r.Rank.Ended() {
		r.EndedAt = minuteAt(m)
	} else {
		r.StartedAt = minuteAt(m)
	}
	return r
}

func TestFoldRuns(t *testing.T) {
	t.Parallel()
	begun := Record{Type: TypeDeployment, SubjectKey: "d", DedupeKey: "1", State: "in_progress", Rank: RankRunning, OccurredAt: *minuteAt(9), StartedAt: minuteAt(0), ToVersion: "42", Service: "cart"}
	failed := Record{Type: TypeDeployment, SubjectKey: "d", DedupeKey: "2", State: "failed", Rank: RankEnded, OccurredAt: *minuteAt(6), EndedAt: minuteAt(6), Service: "arn:cart", Detail: Detail{Reason: "tasks stop"}}
	back := Record{Type: TypeDeployment, SubjectKey: "d", DedupeKey: "3", State: "rollback_successful", Rank: RankRefined, OccurredAt: *minuteAt(5), Trigger: "alarm"}
	lost := Record{Type: TypeDeployment, SubjectKey: "d", DedupeKey: lostKey + "x", State: lostState, Rank: rankLost, OccurredAt: *minuteAt(24*60 + 9)}
	for _, c := range []struct {
		name    string
		records []Record
		state   string
		rank    Rank
		start   *time.Time
		end     *time.Time
		gap     bool
		spanEnd *time.Time
	}{
		{"a late message of a lower rank overwrites nothing", []Record{failed, begun}, "failed", RankEnded, minuteAt(0), minuteAt(6), false, minuteAt(6)},
		{"an end is refined and keeps its time", []Record{back, failed, begun}, "rollback_successful", RankRefined, minuteAt(0), minuteAt(6), false, minuteAt(6)},
		{"an end alone leaves a gap", []Record{failed}, "failed", RankEnded, minuteAt(6), minuteAt(6), true, minuteAt(6)},
		{"an end without a time ends when it was said", []Record{begun, back}, "rollback_successful", RankRefined, minuteAt(0), minuteAt(5), false, minuteAt(5)},
		{"given up", []Record{begun, lost}, "unknown", rankLost, minuteAt(0), nil, true, minuteAt(9)},
		{"given up, and ended after all", []Record{begun, lost, failed}, "failed", RankEnded, minuteAt(0), minuteAt(6), false, minuteAt(6)},
	} {
		item, spans := Fold(c.records)
		if item.State != c.state || item.Rank != c.rank || !sameTime(item.StartedAt, c.start) || !sameTime(item.EndedAt, c.end) || item.Gap != c.gap {
			t.Errorf("%s: %s %d %v %v gap %v", c.name, item.State, item.Rank, item.StartedAt, item.EndedAt, item.Gap)
		}
		if len(spans) != 1 || !sameTime(spans[0].EndedAt, c.spanEnd) {
			t.Errorf("%s: spans %v", c.name, spans)
		}
	}
	item, _ := Fold([]Record{begun, failed, back})
	if got := item.AllNames(); !cmp.Equal(got, []string{"arn:cart", "cart"}) || item.ToVersion != "42" || item.Cause != "alarm" || item.Details().Reason != "tasks stop" {
		t.Errorf("merged: %q, %+v", got, item)
	}
	again := Record{Type: TypeDeployment, SubjectKey: "d", DedupeKey: "4", State: "in_progress", Rank: RankRunning, OccurredAt: *minuteAt(3 * 24 * 60)}
	if item, _ := Fold([]Record{begun, lost, again}); item.State != "in_progress" || item.Gap {
		t.Errorf("heard of again: %s, gap %v", item.State, item.Gap)
	}
}

func TestFoldAlarms(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		said  []Record
		want  []Span
		state string
		gap   bool
	}{
		{"fires", []Record{alarmAt("1", "alarm", 0)}, []Span{{StartedAt: *minuteAt(0), Times: 1}}, "alarm", false},
		{"fires and ends", []Record{alarmAt("1", "alarm", 0), alarmAt("2", "ok", 7)}, []Span{{StartedAt: *minuteAt(0), EndedAt: minuteAt(7), Times: 1}}, "ok", false},
		{
			"flaps",
			[]Record{alarmAt("1", "alarm", 0), alarmAt("2", "ok", 2), alarmAt("3", "alarm", 7), alarmAt("4", "ok", 8)},
			[]Span{{StartedAt: *minuteAt(0), EndedAt: minuteAt(8), Times: 2}},
			"ok", false,
		},
		{
			"fires anew",
			[]Record{alarmAt("1", "alarm", 0), alarmAt("2", "ok", 2), alarmAt("3", "alarm", 8)},
			[]Span{{StartedAt: *minuteAt(0), EndedAt: minuteAt(2), Times: 1}, {StartedAt: *minuteAt(8), Times: 1}},
			"alarm", false,
		},
		{
			"fires and ends at one moment",
			[]Record{alarmAt("1", "alarm", 0), alarmAt("2", "ok", 2), alarmAt("3", "alarm", 2)},
			[]Span{{StartedAt: *minuteAt(0), EndedAt: minuteAt(2), Times: 2}},
			"ok", false,
		},
		{
			"an end that was not seen",
			[]Record{alarmAt("1", "alarm", 0), alarmAt("2", "alarm", 60), alarmAt("3", "ok", 61)},
			[]Span{{StartedAt: *minuteAt(0), EndedAt: minuteAt(61), Times: 2}},
			"ok", false,
		},
		{"never fired", []Record{alarmAt("1", "ok", 0)}, nil, "ok", true},
	} {
		item, spans := Fold(c.said)
		if !cmp.Equal(spans, c.want) || item.State != c.state || item.Gap != c.gap {
			t.Errorf("%s: state %s, gap %v, spans %s", c.name, item.State, item.Gap, cmp.Diff(c.want, spans))
		}
		if n := len(c.want); n > 0 && (!sameTime(item.StartedAt, &c.want[n-1].StartedAt) || !sameTime(item.EndedAt, c.want[n-1].EndedAt)) {
			t.Errorf("%s: an alarm is at its last stretch, not %v to %v", c.name, item.StartedAt, item.EndedAt)
		}
	}
}

func TestFoldDetails(t *testing.T) {
	t.Parallel()
	yes := true
	a := Detail{Hypothesis: "holds", SteadyState: []Check{{Name: "c", Expected: "200"}}, Faults: []Fault{{Action: "kill", StartedAt: minuteAt(2)}, {Action: "kill"}}, Links: []Link{{Title: "Log", URL: "https://l"}}}
	b := Detail{Reason: "alarm", SteadyState: []Check{{Name: "c", Met: &yes}, {Name: "d"}}, Faults: []Fault{{Action: "kill", State: "done", StartedAt: minuteAt(3)}}, Targets: []Target{{ID: "i-1"}}}
	got := Detail{}.with(a).with(b)
	want := Detail{
		Hypothesis: "holds", Reason: "alarm", SteadyState: []Check{{Name: "c", Expected: "200", Met: &yes}, {Name: "d"}},
		Faults:  []Fault{{Action: "kill", State: "done", StartedAt: minuteAt(2)}, {Action: "kill"}},
		Targets: []Target{{ID: "i-1"}}, Links: []Link{{Title: "Log", URL: "https://l"}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if again := got.with(a).with(b); cmp.Diff(want, again) != "" {
		t.Errorf("a second time adds something: %s", cmp.Diff(want, again))
	}
	incident := func(key, state, text string, m int) Record {
		return Record{Type: TypeIncident, SubjectKey: "i", DedupeKey: key, State: state, Rank: RankOf(state), OccurredAt: *minuteAt(m), StartedAt: minuteAt(0), Detail: Detail{Text: text}}
	}
	item, spans := Fold([]Record{incident("1", "triggered", "", 0), incident("4", "", "restarted", 90), incident("2", "", "slow", 5), incident("3", "resolved", "", 20)})
	if item.State != "resolved" || item.Details().Text != "slow\n\nrestarted" || len(spans) != 1 || !sameTime(spans[0].EndedAt, minuteAt(20)) {
		t.Errorf("a note is no state: %s, %q, %v", item.State, item.Details().Text, spans)
	}
}

func TestTidyBoundsWhatIsStored(t *testing.T) {
	t.Parallel()
	received := *minuteAt(0)
	long := string(make([]byte, 600)) + "x"
	r, warning := tidy(Record{SubjectKey: long + "1", DedupeKey: "a\x00b", State: "DONE", OccurredAt: *minuteAt(6), Detail: Detail{Reason: "why"}}, received)
	if r.SubjectKey != "x1" || r.DedupeKey != "ab" || r.State != "done" || warning == "" || r.Detail.Reason != "why\n"+warning {
		t.Errorf("tidied %+v, %q", r, warning)
	}
	if _, warning := tidy(Record{StartedAt: minuteAt(5)}, received); warning != "" {
		t.Errorf("five minutes ahead is no more than clocks differ: %s", warning)
	}
	var wide []byte
	for range 500 {
		wide = append(wide, 'k')
	}
	one, _ := tidy(Record{SubjectKey: string(wide) + "1"}, received)
	two, _ := tidy(Record{SubjectKey: string(wide) + "2"}, received)
	if len(one.SubjectKey) > maxKey || one.SubjectKey == two.SubjectKey {
		t.Errorf("long keys: %q, %q", one.SubjectKey, two.SubjectKey)
	}
}

// anyRecord draws a record about one thing, of few values, so that they meet.
func anyRecord(kind Type) *rapid.Generator[Record] {
	at := rapid.Custom(func(t *rapid.T) *time.Time {
		if rapid.IntRange(0, 3).Draw(t, "unknown") == 0 {
			return nil
		}
		return minuteAt(rapid.IntRange(0, 30).Draw(t, "minute"))
	})
	return rapid.Custom(func(t *rapid.T) Record {
		word := rapid.SampledFrom([]string{"", "created", "running", "stopping", "failed", "succeeded", "rolled_back", "firing", "ok", "resolved", "reopened", "strange"})
		r := Record{
			Type: kind, SubjectKey: "s", DedupeKey: rapid.StringMatching(`[a-f]`).Draw(t, "key"), State: word.Draw(t, "state"),
			StartedAt: at.Draw(t, "start"), EndedAt: at.Draw(t, "end"), OccurredAt: lastOf(at.Draw(t, "at")),
			Service: rapid.SampledFrom([]string{"", "cart", "shop"}).Draw(t, "service"), Names: rapid.SliceOfN(rapid.SampledFrom([]string{"x", "y"}), 0, 2).Draw(t, "names"),
			Outcome: rapid.SampledFrom([]Outcome{"", Unknown, Held, Deviated}).Draw(t, "outcome"),
			Detail: Detail{
				Text: rapid.SampledFrom([]string{"", "one", "two"}).Draw(t, "text"),
				Faults: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Fault {
					return Fault{Action: rapid.SampledFrom([]string{"kill", "slow"}).Draw(t, "action"), StartedAt: at.Draw(t, "fault")}
				}), 0, 3).Draw(t, "faults"),
			},
		}
		r.Rank = RankOf(r.State)
		return r
	})
}

func TestFoldKnowsNoOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom(everyType()).Draw(t, "type")
		records := rapid.SliceOfN(anyRecord(kind), 1, 8).Draw(t, "records")
		item, spans := Fold(records)
		other := append(rapid.Permutation(records).Draw(t, "order"), rapid.SliceOfN(rapid.SampledFrom(records), 0, 4).Draw(t, "again")...)
		item2, spans2 := Fold(other)
		if d := cmp.Diff(item, item2) + cmp.Diff(spans, spans2); d != "" {
			t.Fatalf("another order gives something else:\n%s", d)
		}
		for i, sp := range spans {
			if sp.EndedAt != nil && sp.EndedAt.Before(sp.StartedAt) || sp.EndedAt == nil && i < len(spans)-1 || sp.Times < 1 {
				t.Fatalf("span %d of %v", i, spans)
			}
			if i > 0 && sp.StartedAt.Sub(*spans[i-1].EndedAt) <= flapping {
				t.Fatalf("spans %v flap", spans)
			}
		}
		if !json.Valid([]byte(item.Detail)) || !json.Valid([]byte(item.Alarms)) {
			t.Fatalf("detail %s, alarms %s", item.Detail, item.Alarms)
		}
	})
}
