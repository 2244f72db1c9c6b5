package actions

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"coetracker/people"
)

// world is a small organisation: Ana (1) owns COE 7, Sam (2) and Mei (3) own
// actions, Zoe (4) reviews.
func world(t *testing.T, zone string, off ...people.Day) PlanInput {
	t.Helper()
	in := PlanInput{
		People: map[int64]people.Person{}, Calendars: map[int64]people.Calendar{}, History: map[int64]History{},
		COEs: map[int64]COE{7: {ID: 7, Number: 17, OwnerID: 1, Reviewers: []int64{4}}},
	}
	for n := int64(1); n <= 4; n++ {
		in.People[n] = people.Person{ID: n}
		in.Calendars[n] = weekdays(t, zone, off...)
	}
	return in
}

// when reads a local time in the zone of the world.
func (in PlanInput) when(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", s, in.Calendars[1].Zone)
	if err != nil {
		t.Fatal(err)
	}
	return at.UTC()
}

// live plans every quarter of an hour and believes that everything arrives.
// It gives "person day hh:mm section:action+flag …" of each digest.
func live(t *testing.T, in PlanInput, from, to string) []string {
	t.Helper()
	var out []string
	for now := in.when(t, from); now.Before(in.when(t, to)); now = now.Add(15 * time.Minute) {
		in.Now = now
		for _, d := range Plan(in) {
			if in.History[d.PersonID].LastDay >= d.Day {
				t.Fatalf("person %d gets a second digest for %s", d.PersonID, d.Day)
			}
			in.History[d.PersonID] = History{LastDay: d.Day, SentDay: d.Day, SentPlan: now}
			out = append(out, fmt.Sprintf("%d %s %s", d.PersonID, now.In(in.Calendars[d.PersonID].Zone).Format("Mon 02 Jan 15:04"), show(d)))
		}
	}
	return out
}

func show(d Digest) string {
	var parts []string
	for _, l := range d.Lines {
		s := fmt.Sprintf("%s:%d", l.Section, l.ActionID)
		if l.New {
			s += " new"
		}
		if !l.Hit {
			s += " -"
		}
		parts = append(parts, s)
	}
	if d.Later > 0 {
		parts = append(parts, fmt.Sprintf("later:%d", d.Later))
	}
	return strings.Join(parts, ", ")
}

func TestMilestones(t *testing.T) {
	t.Parallel()
	const la = "America/Los_Angeles"
	cases := []struct {
		name, zone, created string
		due                 people.Day
		priority            string
		off                 []people.Day
		until, want         string
	}{
		{
			"usual", la, "2026-03-02 12:00", "2026-03-20", "P2", nil, "2026-04-16 00:00",
			"Tue 03 Mar, Wed 11 Mar, Wed 18 Mar, Fri 20 Mar, Mon 23 Mar, Wed 25 Mar, Tue 31 Mar, Tue 07 Apr, Tue 14 Apr",
		},
		{
			"high severity", la, "2026-03-02 12:00", "2026-03-20", "P0", nil, "2026-04-10 00:00",
			"Tue 03 Mar, Wed 11 Mar, Wed 18 Mar, Thu 19 Mar, Fri 20 Mar, Mon 23 Mar, Tue 24 Mar, Wed 25 Mar, Thu 26 Mar, Fri 27 Mar, Tue 31 Mar, Tue 07 Apr",
		},
		{
			"created nine days before", la, "2026-03-11 08:00", "2026-03-20", "P2", nil, "2026-03-24 00:00",
			"Wed 11 Mar, Wed 18 Mar, Fri 20 Mar, Mon 23 Mar",
		},
		{
			"created ten days before", la, "2026-03-10 12:00", "2026-03-20", "P2", nil, "2026-03-20 00:00",
			"Wed 11 Mar, Wed 18 Mar",
		},
		{
			"due on a Sunday is told on Friday", la, "2026-03-02 12:00", "2026-03-22", "P3", nil, "2026-04-02 00:00",
			"Tue 03 Mar, Thu 12 Mar, Thu 19 Mar, Fri 20 Mar, Mon 23 Mar, Wed 25 Mar, Tue 31 Mar",
		},
		{
			"due on a holiday", la, "2026-03-02 12:00", "2026-03-20", "P3",
			[]people.Day{"2026-03-20", "2026-03-23"},
			"2026-04-02 00:00",
			"Tue 03 Mar, Wed 11 Mar, Wed 18 Mar, Thu 19 Mar, Tue 24 Mar, Thu 26 Mar, Wed 01 Apr",
		},
		{
			"weekly meets a holiday", la, "2026-03-02 12:00", "2026-03-20", "P3",
			[]people.Day{"2026-04-07"},
			"2026-04-16 00:00",
			"Tue 03 Mar, Wed 11 Mar, Wed 18 Mar, Fri 20 Mar, Mon 23 Mar, Wed 25 Mar, Tue 31 Mar, Wed 08 Apr, Tue 14 Apr",
		},
		{
			"a week of holidays", la, "2025-12-01 12:00", "2025-12-24", "P3",
			[]people.Day{"2025-12-24", "2025-12-25", "2025-12-26", "2025-12-29", "2025-12-30", "2025-12-31", "2026-01-01", "2026-01-02"},
			"2026-01-10 00:00",
			"Tue 02 Dec, Mon 15 Dec, Mon 22 Dec, Tue 23 Dec, Mon 05 Jan, Wed 07 Jan",
		},
		{"created on a Saturday", la, "2026-03-07 12:00", "2026-04-20", "P3", nil, "2026-03-12 00:00", "Mon 09 Mar"},
		{
			"leap day", la, "2028-02-10 12:00", "2028-02-29", "P3", nil, "2028-03-04 00:00",
			"Fri 11 Feb, Fri 18 Feb, Fri 25 Feb, Tue 29 Feb, Wed 01 Mar, Fri 03 Mar",
		},
		{"no date", la, "2026-03-02 12:00", "", "P3", nil, "2026-05-01 00:00", "Tue 03 Mar"},
		{
			"Kolkata", "Asia/Kolkata", "2026-03-02 12:00", "2026-03-20", "P2", nil, "2026-03-24 00:00",
			"Tue 03 Mar, Wed 11 Mar, Wed 18 Mar, Fri 20 Mar, Mon 23 Mar",
		},
		{
			"Lord Howe", "Australia/Lord_Howe", "2026-03-30 12:00", "2026-04-06", "P2", nil, "2026-04-08 00:00",
			"Tue 31 Mar, Thu 02 Apr, Mon 06 Apr, Tue 07 Apr",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			in := world(t, c.zone, c.off...)
			created := in.when(t, c.created)
			in.COEs[7] = COE{ID: 7, OwnerID: 2} // no second reader
			in.Actions = []Action{{ID: 1, COEID: 7, OwnerID: id(2), Due: c.due, Priority: c.priority, State: Open, CreatedAt: created, AssignedAt: &created}}
			list := live(t, in, c.created, c.until)
			for _, s := range list {
				if at := s[13:18]; at != "09:00" {
					t.Errorf("%s: at %s, want 09:00", s, at)
				}
			}
			if got := dayList(list); got != c.want {
				t.Errorf("told on %s\n     want %s", got, c.want)
			}
		})
	}
}

// dayList keeps "Mon 02 Jan" of each line of live.
func dayList(list []string) string {
	var out []string
	for _, s := range list {
		out = append(out, s[2:12])
	}
	return strings.Join(out, ", ")
}

func TestNineLocalOnDaysTheClocksChange(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ zone, day, want string }{
		{"America/Los_Angeles", "2026-03-06", "17:00"},
		{"America/Los_Angeles", "2026-03-08", "16:00"},
		{"America/Los_Angeles", "2026-11-01", "17:00"},
		{"Europe/Berlin", "2026-03-27", "08:00"},
		{"Europe/Berlin", "2026-03-29", "07:00"},
		{"Europe/Berlin", "2026-10-25", "08:00"},
		{"Asia/Kolkata", "2026-03-08", "03:30"},
		{"Africa/Cairo", "2026-04-24", "06:00"},
		{"Africa/Cairo", "2026-10-30", "07:00"},
		{"Australia/Lord_Howe", "2026-04-04", "22:00"},
		{"Australia/Lord_Howe", "2026-04-05", "22:30"},
		{"Australia/Lord_Howe", "2026-10-04", "22:00"},
	} {
		cal := weekdays(t, c.zone)
		cal.WorkingDays = [7]bool{true, true, true, true, true, true, true}
		noon := people.Day(c.day).Midnight(cal.Zone).Add(12 * time.Hour)
		day, opens, expires, open := Window(noon, cal, 9)
		if string(day) != c.day || !open || opens.Format("15:04") != c.want {
			t.Errorf("%s on %s opens at %s UTC (%s, %v), want %s", c.zone, c.day, opens.Format("15:04"), day, open, c.want)
		}
		if h := expires.In(cal.Zone).Format("15:04"); h != "18:00" {
			t.Errorf("%s on %s expires at %s local", c.zone, c.day, h)
		}
	}
}

func TestWindow(t *testing.T) {
	t.Parallel()
	cal := weekdays(t, "Europe/Berlin")
	for _, c := range []struct {
		at   string
		hour int
		open bool
	}{
		{"2026-03-20 08:59", 9, false},
		{"2026-03-20 09:00", 9, true},
		{"2026-03-20 15:59", 9, true},
		{"2026-03-20 16:00", 9, false},
		{"2026-03-21 10:00", 9, false},
		{"2026-03-20 07:00", 7, true},
		{"2026-03-20 18:30", 18, true},
		{"2026-03-20 19:00", 18, false},
		{"2026-03-20 23:30", 23, true},
	} {
		at, _ := time.ParseInLocation("2006-01-02 15:04", c.at, cal.Zone)
		_, opens, expires, open := Window(at, cal, c.hour)
		if open != c.open {
			t.Errorf("%s with hour %d: open %v", c.at, c.hour, open)
		}
		if !expires.After(opens) {
			t.Errorf("%s with hour %d: expires %s before it opens %s", c.at, c.hour, expires, opens)
		}
	}
}

func TestDigestHoldsEverythingThatMatters(t *testing.T) {
	t.Parallel()
	in := world(t, "UTC")
	old := in.when(t, "2026-02-02 12:00")
	fresh := in.when(t, "2026-03-19 15:00")
	in.History[2] = History{LastDay: "2026-03-17", SentDay: "2026-03-17", SentPlan: in.when(t, "2026-03-17 09:00")}
	own := func(n int64, due people.Day, assigned time.Time) Action {
		return Action{ID: n, COEID: 7, OwnerID: id(2), Due: due, State: Open, CreatedAt: old, AssignedAt: &assigned}
	}
	in.Actions = []Action{
		own(1, "2026-03-20", old), own(2, "2026-03-18", old), own(3, "2026-03-26", old), own(4, "2026-04-20", old),
		own(5, "2026-06-30", fresh), own(6, "", old), own(7, "2026-03-20", old), own(8, "2026-03-20", old), own(9, "2026-03-20", old),
	}
	in.Actions[6].State, in.Actions[7].State, in.Actions[8].State = Blocked, Declined, Verified
	in.Now = in.when(t, "2026-03-20 09:00")
	got := Plan(in)
	want := "overdue:2, this_week:1, this_week:7, this_week:3 -, coming:5 new, later:2"
	var mine string
	for _, d := range got {
		if d.PersonID == 2 {
			mine = show(d)
		}
	}
	if mine != want {
		t.Errorf("got  %s\nwant %s", mine, want)
	}
	for i := range in.Actions { // nothing hits a milestone: silence
		in.Actions[i].Due = "2026-03-26"
		in.Actions[i].AssignedAt = &old
	}
	if got := Plan(in); len(got) != 0 {
		t.Errorf("a day without milestone gives %v", got)
	}
}

func TestOthersAreTold(t *testing.T) {
	t.Parallel()
	monday := "2026-03-16 00:00"
	cases := []struct {
		name   string
		change func(t *testing.T, in PlanInput, a *Action)
		want   []string
	}{
		{
			"the COE's owner from the third working day", func(t *testing.T, in PlanInput, a *Action) { a.Due = "2026-03-12" },
			[]string{"1 Tue 17 Mar 09:00 your_coes:1", "2 Tue 17 Mar 09:00 overdue:1", "1 Mon 23 Mar 09:00 your_coes:1", "2 Mon 23 Mar 09:00 overdue:1"},
		},
		{"the verifier after two working days, then weekly", func(t *testing.T, in PlanInput, a *Action) {
			at := in.when(t, "2026-03-13 17:00")
			a.State, a.ClaimedAt = ClaimedDone, &at
		}, []string{"1 Tue 17 Mar 09:00 to_verify:1", "1 Tue 24 Mar 09:00 to_verify:1"}},
		{"a reviewer where the COE's owner owns the action", func(t *testing.T, in PlanInput, a *Action) {
			at := in.when(t, "2026-03-13 17:00")
			a.State, a.ClaimedAt, a.OwnerID = ClaimedDone, &at, id(1)
		}, []string{"4 Tue 17 Mar 09:00 to_verify:1", "4 Tue 24 Mar 09:00 to_verify:1"}},
		{"the named verifier where the COE's owner owns it", func(t *testing.T, in PlanInput, a *Action) {
			at := in.when(t, "2026-03-13 17:00")
			a.State, a.ClaimedAt, a.OwnerID, a.VerifierID = ClaimedDone, &at, id(1), id(3)
		}, []string{"3 Tue 17 Mar 09:00 to_verify:1", "3 Tue 24 Mar 09:00 to_verify:1"}},
		{"a missing owner, on the day it is seen", func(t *testing.T, in PlanInput, a *Action) {
			off := in.when(t, "2026-03-17 11:20")
			gone := in.People[2]
			gone.DisabledAt = &off
			in.People[2] = gone
			in.History[1] = History{LastDay: "2026-03-13", SentDay: "2026-03-13", SentPlan: in.when(t, "2026-03-13 09:00")}
		}, []string{"1 Tue 17 Mar 09:00 needs_owner:1", "1 Tue 24 Mar 09:00 needs_owner:1"}},
		{
			"nobody was ever named", func(t *testing.T, in PlanInput, a *Action) { a.OwnerID, a.AssignedAt = nil, nil },
			[]string{"1 Mon 16 Mar 09:00 needs_owner:1", "1 Mon 23 Mar 09:00 needs_owner:1"},
		},
		{"nobody while the COE's owner is gone too", func(t *testing.T, in PlanInput, a *Action) {
			off := in.when(t, "2026-03-02 11:20")
			gone := in.People[1]
			gone.DisabledAt = &off
			in.People[1], a.OwnerID = gone, nil
		}, nil},
		{"nobody for a document that is deleted", func(t *testing.T, in PlanInput, a *Action) { a.COEID = 8 }, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			in := world(t, "UTC")
			told := in.when(t, "2026-03-13 09:00")
			in.History[2] = History{LastDay: "2026-03-13", SentDay: "2026-03-13", SentPlan: told}
			made := in.when(t, "2026-03-02 12:00")
			a := Action{ID: 1, COEID: 7, OwnerID: id(2), Due: "2026-06-30", State: Open, CreatedAt: made, AssignedAt: &made}
			c.change(t, in, &a)
			in.Actions = []Action{a}
			if got := live(t, in, monday, "2026-03-27 00:00"); !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestDeactivationAfterNineIsToldTheSameDay(t *testing.T) {
	t.Parallel()
	in := world(t, "UTC")
	off, made := in.when(t, "2026-03-17 11:20"), in.when(t, "2026-03-02 12:00")
	in.People[2] = people.Person{ID: 2, DisabledAt: &off}
	in.History[1] = History{LastDay: "2026-03-16", SentDay: "2026-03-16", SentPlan: in.when(t, "2026-03-16 09:00")}
	in.Actions = []Action{{ID: 1, COEID: 7, OwnerID: id(2), State: Open, CreatedAt: made, AssignedAt: &made}}
	got := live(t, in, "2026-03-17 11:30", "2026-03-18 00:00")
	if want := []string{"1 Tue 17 Mar 11:30 needs_owner:1"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestOutageIsCaughtUpOnce(t *testing.T) {
	t.Parallel()
	made := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name, from string
		want       []string
	}{
		{"back inside the window", "2026-03-20 14:30", []string{"2 Fri 20 Mar 14:30 this_week:1"}},
		{"back after it", "2026-03-20 17:00", []string{"2 Mon 23 Mar 09:00 overdue:1"}},
		{"26 hours over two digests", "2026-03-23 10:00", []string{"2 Mon 23 Mar 10:00 overdue:1"}},
		{"over a weekend into a day without milestone", "2026-03-24 08:00", []string{"2 Tue 24 Mar 09:00 overdue:1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			in := world(t, "UTC")
			in.COEs[7] = COE{ID: 7, OwnerID: 2}
			in.History[2] = History{LastDay: "2026-03-18", SentDay: "2026-03-18", SentPlan: in.when(t, "2026-03-18 09:00")}
			in.Actions = []Action{{ID: 1, COEID: 7, OwnerID: id(2), Due: "2026-03-20", State: Open, CreatedAt: made, AssignedAt: &made}}
			if got := live(t, in, c.from, "2026-03-25 00:00"); len(got) == 0 || got[0] != c.want[0] {
				t.Errorf("got %q, want first %q", got, c.want)
			}
		})
	}
}

func TestMovingToAnotherZoneNeverDoublesADay(t *testing.T) {
	t.Parallel()
	la, tokyo := weekdays(t, "America/Los_Angeles"), weekdays(t, "Asia/Tokyo")
	made := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	for _, moveAt := range []string{"2026-03-18 08:50", "2026-03-18 09:10", "2026-03-18 16:30", "2026-03-18 23:50"} {
		for _, back := range []time.Duration{0, 3 * time.Hour, 20 * time.Hour} {
			in := world(t, "America/Los_Angeles")
			in.COEs[7] = COE{ID: 7, OwnerID: 2}
			in.Actions = []Action{{ID: 1, COEID: 7, OwnerID: id(2), Due: "2026-03-13", Priority: "P0", State: Open, CreatedAt: made, AssignedAt: &made}}
			move, seen := in.when(t, moveAt), map[people.Day]int{}
			for now := in.when(t, "2026-03-16 00:00"); now.Before(in.when(t, "2026-03-21 00:00")); now = now.Add(10 * time.Minute) {
				in.Now, in.Calendars[2] = now, la
				if !now.Before(move) && (back == 0 || now.Before(move.Add(back))) {
					in.Calendars[2] = tokyo
				}
				for _, d := range Plan(in) {
					seen[d.Day]++
					in.History[2] = History{LastDay: d.Day, SentDay: d.Day, SentPlan: now}
				}
			}
			for _, day := range []people.Day{"2026-03-16", "2026-03-17", "2026-03-18", "2026-03-19", "2026-03-20"} {
				if seen[day] > 1 {
					t.Errorf("moved at %s, back after %s: %d digests for %s", moveAt, back, seen[day], day)
				}
			}
			if seen["2026-03-16"]+seen["2026-03-17"]+seen["2026-03-18"]+seen["2026-03-19"]+seen["2026-03-20"] < 4 {
				t.Errorf("moved at %s, back after %s: only %v", moveAt, back, seen)
			}
		}
	}
}

func TestTwoHundredPeopleGetOneDigestEach(t *testing.T) {
	t.Parallel()
	in := PlanInput{
		Now: time.Date(2026, 3, 17, 10, 0, 0, 0, time.UTC), People: map[int64]people.Person{},
		Calendars: map[int64]people.Calendar{}, COEs: map[int64]COE{},
	}
	made := in.Now.AddDate(0, 0, -20)
	for n := int64(1); n <= 200; n++ {
		in.People[n] = people.Person{ID: n}
		in.Calendars[n] = weekdays(t, "UTC")
		in.COEs[n] = COE{ID: n, OwnerID: n%200 + 1} // the neighbour owns the COE
		for k, due := range []people.Day{"2026-03-17", "2026-03-16", "2026-03-12"} {
			in.Actions = append(in.Actions, Action{ID: n*10 + int64(k), COEID: n, OwnerID: id(n), Due: due, State: Open, CreatedAt: made, AssignedAt: &made})
		}
	}
	got := Plan(in)
	if len(got) != 200 {
		t.Fatalf("%d digests, want 200", len(got))
	}
	for _, d := range got {
		if len(d.Lines) != 4 || d.Lines[3].Section != SectionYourCOEs {
			t.Fatalf("person %d has %s", d.PersonID, show(d))
		}
	}
}

func TestCustomHourInTheGapAndTheDoubledHour(t *testing.T) {
	t.Parallel()
	made := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	for _, day := range []people.Day{"2026-03-29", "2026-10-25"} {
		in := world(t, "Europe/Berlin")
		cal := in.Calendars[2]
		cal.WorkingDays[time.Sunday] = true
		in.Calendars[2], in.Hours, in.COEs[7] = cal, map[int64]int{2: 2}, COE{ID: 7, OwnerID: 2}
		in.Actions = []Action{{ID: 1, COEID: 7, OwnerID: id(2), Due: day, State: Open, CreatedAt: made, AssignedAt: &made}}
		in.History[2] = History{LastDay: "2026-03-27", SentDay: day.Add(-1), SentPlan: made.AddDate(0, 0, 1)}
		if got := live(t, in, string(day)+" 00:00", string(day.Add(1))+" 00:00"); len(got) != 1 {
			t.Errorf("%s: %q, want one digest", day, got)
		}
	}
}
