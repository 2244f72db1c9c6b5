package coe

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"coetracker/actions"
	"coetracker/people"
	"coetracker/timeline"
)

// lintNow is a Wednesday.
var lintNow = time.Date(2025, 10, 1, 9, 0, 0, 0, time.UTC)

func ref[T any](v T) *T { return &v }

func clock(text string) *time.Time {
	t, err := time.Parse("2006-01-02 15:04", text)
	if err != nil {
		panic(err)
	}
	return &t
}

// sound is an incident that the checker has nothing to say about.
func sound() *Document {
	d := &Document{
		COE: COE{
			ID: 1, UID: "0199a1b2-0000-7000-8000-000000000001", Number: 17, Title: "Checkout answered 503", Kind: Incident, Severity: 2,
			State: Draft, OwnerID: 1, Visibility: Org, Zone: "Europe/London", NextAction: 3, NoneBecause: "{}", CreatedAt: lintNow,
		},
		People: map[int64]people.Person{
			1: {ID: 1, Email: "ana@example.com", Name: "Ana"}, 2: {ID: 2, Email: "bo@example.com", Name: "Bo"},
		},
		Sections: map[SectionName]Section{"summary": {Name: "summary", Text: "Checkout answered 503 for an hour."}},
		Impacts:  []Impact{{Key: "impaaaaa", What: "could not pay", Affected: "410", Total: "3,500"}},
		Answers:  map[string]Answer{"D1": {Question: "D1", Text: "At 14:02; we knew at 14:09."}},
		Whys:     []Why{{ID: 1, Key: "whyaaaaa", Root: Happened, Text: "the pool was exhausted"}},
		Lessons:  []Lesson{{Key: "lesaaaaa", Kind: ShortTerm, Text: "Pools need limits."}},
		Actions: []actions.Action{
			{
				ID: 1, Number: 1, Key: "actaaaaa", Title: "Limit the pool", OwnerID: ref(int64(1)), Due: "2025-10-10", FirstDue: "2025-10-10", Priority: "P1",
				Criterion: "A run with 10× load sheds", ProofKind: "experiment", State: actions.Open, CreatedAt: lintNow,
			},
		},
		WhyActions: []WhyAction{{WhyID: 1, ActionID: 1}},
	}
	for i, k := range timeline.KeyMoments() {
		at := time.Date(2025, 9, 30, 14, i, 0, 0, time.UTC)
		d.Entries = append(d.Entries, timeline.Entry{Key: fmt.Sprintf("entaaaa%c", 'a'+i), At: &at, Zone: "UTC", Precision: timeline.Exact, Kind: k, Text: string(k)})
	}
	return d
}

func lintIn() LintInput { return LintInput{Now: lintNow, Zone: "UTC"} }

func TestLint_soundDocument(t *testing.T) {
	t.Parallel()
	for _, formOnly := range []bool{false, true} {
		in := lintIn()
		in.FormOnly = formOnly
		if got := Lint(sound(), in); len(got) != 0 {
			t.Errorf("form only %v: %+v", formOnly, got)
		}
	}
}

func TestLint_winNeedsNoWhys(t *testing.T) {
	t.Parallel()
	d := sound()
	d.COE.Kind, d.Whys, d.WhyActions, d.Entries, d.Answers, d.Actions = Win, nil, nil, nil, nil, nil
	if got := Lint(d, lintIn()); len(got) != 0 {
		t.Errorf("got %+v", got)
	}
	d.Whys = []Why{{ID: 1, Key: "whyaaaaa", Root: Happened, Text: "we measured"}}
	if got := Lint(d, lintIn()); len(got) != 0 {
		t.Errorf("an open leaf of a win: %+v", got)
	}
}

// Each case breaks one rule of the sound document, in one place.
func TestLint_findings(t *testing.T) {
	t.Parallel()
	first := func(change func(a *actions.Action)) func(d *Document) {
		return func(d *Document) { change(&d.Actions[0]) }
	}
	drop := func(kinds ...timeline.Kind) func(d *Document) {
		return func(d *Document) {
			d.Entries = slices.DeleteFunc(d.Entries, func(e timeline.Entry) bool { return slices.Contains(kinds, e.Kind) })
		}
	}
	tests := []struct {
		name   string
		change func(d *Document)
		want   string // rule level place, one a line
		says   string // part of the first reason
	}{
		{"no summary", func(d *Document) { delete(d.Sections, "summary") }, "L01 block summary", "empty"},
		{"only guidance", func(d *Document) {
			d.Sections["summary"] = Section{Text: "## What\n<!-- one paragraph -->\n- \n\n---\n"}
		}, "L01 block summary", ""},
		{"no answers", func(d *Document) { d.Answers = map[string]Answer{"D1": {Text: " "}} }, "L01 block questions", "Incident questions"},
		{"answers as text", func(d *Document) {
			d.Answers, d.Sections["questions"] = nil, Section{Text: "We knew at once."}
		}, "", ""},
		{"no lessons", func(d *Document) { d.Lessons = nil }, "L01 block lessons", ""},

		{"no impact row", func(d *Document) {
			d.Impacts, d.Sections["impact"] = nil, Section{Text: "Many could not pay."}
		}, "L05 block impact", "No number"},
		{"no denominator", func(d *Document) { d.Impacts[0].Total = "" }, "L05 block impact/impaaaaa", "no whole"},
		{"no number", func(d *Document) { d.Impacts[0].Affected = "many" }, "L05 block impact/impaaaaa", "not a number"},
		{"more than all", func(d *Document) { d.Impacts[0].Affected = "2 bn" }, "L05 block impact/impaaaaa", "more than all"},
		{"a share", func(d *Document) { d.Impacts[0].Affected, d.Impacts[0].Total = "12 %", "" }, "", ""},
		{"a share over 100", func(d *Document) { d.Impacts[0].Affected = "112 %" }, "L05 block impact/impaaaaa", ""},
		{"unmeasured", func(d *Document) { d.Impacts[0].Unmeasured = true }, "L05 block impact/impaaaaa", "no action will measure"},
		{"unmeasured with an action", func(d *Document) {
			d.Impacts[0].Unmeasured, d.Impacts[0].ActionKey = true, "actaaaaa"
		}, "", ""},
		{"near miss without a denominator", func(d *Document) { d.COE.Kind, d.Impacts[0].Total = NearMiss, "" }, "L05 warn impact/impaaaaa", ""},
		{"near miss without impact", func(d *Document) { d.COE.Kind, d.Impacts = NearMiss, nil }, "", ""},

		{"begins with the detection", func(d *Document) {
			drop(timeline.Trigger, timeline.ImpactStart)(d)
			d.COE.NoneBecause = `{"trigger":"not known","impact_start":"not known"}`
		}, "L08 block timeline", "starts with the detection"},
		{"impact in the minute of detection", func(d *Document) {
			drop(timeline.Trigger)(d)
			d.COE.NoneBecause, d.Entries[0].At = `{"trigger":"not known"}`, d.Entries[1].At
		}, "", ""},
		{
			"ends with the mitigation", func(d *Document) { drop(timeline.Resolved)(d) },
			"L08 block timeline\nL09 block timeline/resolved", "full recovery",
		},
		{"goes on after the mitigation", func(d *Document) {
			d.Entries[6].Kind, d.COE.NoneBecause = timeline.Note, `{"resolved":"it was mitigated for good"}`
		}, "", ""},
		{
			"never over", func(d *Document) { drop(timeline.Mitigated, timeline.Resolved)(d) },
			"L08 block timeline\nL09 block timeline/mitigated\nL09 block timeline/resolved", "when it was over",
		},

		{"no engaged", drop(timeline.Engaged), "L09 block timeline/engaged", "marked as engaged"},
		{"none, because", func(d *Document) {
			drop(timeline.Engaged)(d)
			d.COE.NoneBecause = `{"engaged":"the alarm healed it"}`
		}, "", ""},
		{"near miss without engaged", func(d *Document) { d.COE.Kind = NearMiss; drop(timeline.Engaged)(d) }, "L09 warn timeline/engaged", ""},
		{"a raw entry does not count", func(d *Document) { d.Entries[3].Raw = true }, "L09 block timeline/engaged", ""},
		{"out of order", func(d *Document) { d.Entries[3].At = clock("2025-09-30 13:00") }, "L09 block timeline", "before detected"},
		{"an unknown time counts", func(d *Document) {
			d.Entries[3].At, d.Entries[3].Precision = nil, timeline.Unknown
		}, "", ""},

		{"an open leaf", func(d *Document) { d.WhyActions = nil }, "L17 block why/whyaaaaa", "Nothing is done"},
		{"a declined leaf", func(d *Document) {
			d.WhyActions, d.Whys[0].DeclinedReason = nil, "too rare"
		}, "", ""},
		{"a leaf below", func(d *Document) {
			d.Whys = append(d.Whys, Why{ID: 2, Key: "whybbbbb", ParentID: ref(int64(1)), Root: Happened, Text: "no limit was set"})
		}, "L17 block why/whybbbbb", ""},

		{"no owner", first(func(a *actions.Action) { a.OwnerID = nil }), "L22 block action/actaaaaa", "A-1 has no owner"},
		{"a former owner", func(d *Document) { d.People[1] = people.Person{ID: 1, Name: "Ana", DisabledAt: &lintNow} }, "L22 block action/actaaaaa", "former member"},
		{"declined needs no owner", func(d *Document) {
			d.Actions[0].State, d.Actions[0].OwnerID, d.Actions[0].Due = actions.Declined, nil, ""
		}, "", ""},

		{"no date", first(func(a *actions.Action) { a.Due = "" }), "L23 block action/actaaaaa", "no date"},
		{"past", first(func(a *actions.Action) { a.Due = "2025-09-30" }), "L23 block action/actaaaaa", "is past"},
		{"today", first(func(a *actions.Action) { a.Due = "2025-10-01" }), "", ""},
		{"claimed and past", first(func(a *actions.Action) { a.State, a.Due = actions.ClaimedDone, "2025-09-30" }), "", ""},
		{"on a Saturday", first(func(a *actions.Action) { a.Due = "2025-10-04" }), "L23 block action/actaaaaa", "day off for Ana"},
		{"later than the policy", first(func(a *actions.Action) { a.Due = "2025-11-03" }), "L23 block action/actaaaaa", "within 30 days"},
		{"on the policy's day", first(func(a *actions.Action) { a.Due = "2025-10-31" }), "", ""},
		{"moved to an earlier day", first(func(a *actions.Action) { a.FirstDue, a.Due, a.Moves = "2025-12-03", "2025-10-31", 1 }), "", ""},
		{"moved with a reason", first(func(a *actions.Action) { a.Due, a.Moves = "2025-12-03", 1 }), "", ""},

		{"no verb", first(func(a *actions.Action) { a.Title = "The pool" }), "L24 warn action/actaaaaa", "does not begin with a verb"},
		{
			"vague", first(func(a *actions.Action) { a.Title, a.Criterion, a.Priority = "Investigate the pool", "", "P3" }),
			"L24 warn action/actaaaaa\nL25 warn action/actaaaaa", "can mean anything",
		},
		{"vague with a criterion", first(func(a *actions.Action) { a.Title = "Investigate the pool" }), "", ""},
		{
			"be careful", first(func(a *actions.Action) { a.Title, a.Criterion, a.Priority = "Be careful with pools", " ", "P2" }),
			"L24 warn action/actaaaaa\nL25 warn action/actaaaaa", "",
		},

		{"P1 without proof", first(func(a *actions.Action) { a.ProofKind = "" }), "L25 block action/actaaaaa", "no kind of proof"},
		{"P2 without proof", first(func(a *actions.Action) { a.ProofKind, a.Priority = "", "P2" }), "L25 warn action/actaaaaa", ""},
		{"P0 without criterion", first(func(a *actions.Action) { a.Criterion, a.Priority = "", "P0" }), "L25 block action/actaaaaa", "no success criterion"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := sound()
			tt.change(d)
			found := Lint(d, lintIn())
			var got []string
			for _, f := range found {
				got = append(got, fmt.Sprintf("%s %s %s", f.Rule, f.Level, f.Place))
				if f.Reason == "" || f.Fix == "" {
					t.Errorf("%s says nothing: %+v", f.Rule, f)
				}
			}
			if s := strings.Join(got, "\n"); s != tt.want {
				t.Fatalf("found\n%s\nwant\n%s", s, tt.want)
			}
			if tt.says != "" && !strings.Contains(found[0].Reason, tt.says) {
				t.Errorf("reason %q does not say %q", found[0].Reason, tt.says)
			}
			if again := Lint(d, lintIn()); !reflect.DeepEqual(found, again) {
				t.Error("the second run found something else")
			}
		})
	}
}

func TestLint_ownerByForm(t *testing.T) {
	t.Parallel()
	in := lintIn()
	in.FormOnly = true
	for email, says := range map[string]string{
		"ana@example.com, bo@example.com": "more than one owner",
		"the payments team":               "not a person's address",
		"ana@example.com":                 "",
	} {
		d := sound()
		d.People[1] = people.Person{ID: 1, Email: email, DisabledAt: &lintNow} // whether she is here is not known
		got := Lint(d, in)
		if (len(got) == 0) != (says == "") || len(got) > 0 && (got[0].Rule != "L22" || !strings.Contains(got[0].Reason, says)) {
			t.Errorf("%s: %+v", email, got)
		}
	}
}

func TestLint_holidays(t *testing.T) {
	t.Parallel()
	d, in := sound(), lintIn()
	in.Calendars = map[int64]people.Calendar{1: {Zone: time.UTC, WorkingDays: [7]bool{true, true, true, true, true, true, true}, Holidays: map[people.Day]bool{"2025-10-10": true}}}
	got := Lint(d, in)
	if len(got) != 1 || got[0].Rule != "L23" || !strings.Contains(got[0].Fix, "Sat 11 Oct") {
		t.Errorf("got %+v", got)
	}
	in.FormOnly = true
	if got := Lint(d, in); len(got) != 0 {
		t.Errorf("a file knows of no holidays: %+v", got)
	}
}

func TestLint_guidanceIsNoContent(t *testing.T) {
	t.Parallel()
	d, in := sound(), lintIn()
	in.Guidance = map[SectionName]string{"summary": "One paragraph that stands alone."}
	d.Sections["summary"] = Section{Text: "One paragraph that stands alone.\n"}
	if got := Lint(d, in); len(got) != 1 || got[0].Rule != "L01" {
		t.Errorf("got %+v", got)
	}
}

func TestLint_waived(t *testing.T) {
	t.Parallel()
	d := sound()
	d.WhyActions = nil
	d.Waivers = []Waiver{{Rule: "L17", Place: "why/whyaaaaa", Reason: "answered elsewhere"}}
	got := d.Waive(Lint(d, lintIn()))
	if len(got) != 1 || !got[0].Waived || got[0].WaivedBecause != "answered elsewhere" || len(Blocking(got)) != 0 {
		t.Errorf("got %+v", got)
	}
}
