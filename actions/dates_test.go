package actions

import (
	"strings"
	"testing"
	"time"

	"coetracker/internal/fault"
	"coetracker/people"
)

// weekdays is Monday to Friday in a zone, with days off.
func weekdays(t *testing.T, zone string, off ...people.Day) people.Calendar {
	t.Helper()
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	c := people.Calendar{Zone: loc, WorkingDays: [7]bool{false, true, true, true, true, true, false}, Holidays: map[people.Day]bool{}}
	for _, d := range off {
		c.Holidays[d] = true
	}
	return c
}

func TestParseDate(t *testing.T) {
	t.Parallel()
	cal := weekdays(t, "UTC", "2025-12-25")
	const wed = people.Day("2025-10-01")
	cases := []struct {
		words string
		today people.Day
		want  people.Day
		ask   string // part of it
	}{
		{"today", wed, "2025-10-01", ""},
		{"tomorrow", wed, "2025-10-02", ""},
		{"friday", wed, "2025-10-03", ""},
		{"fri", wed, "2025-10-03", ""},
		{"Thurs", wed, "2025-10-02", ""},
		{"wed", wed, "2025-10-08", ""},
		{"on tue", wed, "2025-10-07", ""},
		{"sun", wed, "2025-10-05", "Take Mon 6 Oct"},
		{"next friday", wed, "2025-10-10", ""},
		{"next mon", wed, "2025-10-06", ""},
		{"next fri", "2025-10-05", "2025-10-10", ""}, // Sunday: the week after begins tomorrow
		{"mon", "2025-10-05", "2025-10-06", ""},
		{"in 2w", wed, "2025-10-15", ""},
		{"2w", wed, "2025-10-15", ""},
		{"in 2 weeks", wed, "2025-10-15", ""},
		{"in 1 week", wed, "2025-10-08", ""},
		{"in 5d", wed, "2025-10-06", ""},
		{"5 days", wed, "2025-10-06", ""},
		{"eom", wed, "2025-10-31", ""},
		{"end of month", wed, "2025-10-31", ""},
		{"eom", "2025-10-31", "2025-10-31", ""},
		{"eoq", wed, "2025-12-31", ""},
		{"eoq", "2025-02-10", "2025-03-31", ""},
		{"in 1m", wed, "2025-11-01", "Sat 1 Nov is a day off for you. Take Mon 3 Nov, or say why a Saturday."},
		{"1m", "2025-01-31", "2025-02-28", ""},
		{"1m", "2024-01-31", "2024-02-29", ""},
		{"2m", "2025-12-31", "2026-02-28", "Sat 28 Feb 2026 is a day off"},
		{"15 oct", wed, "2025-10-15", ""},
		{"oct 15", wed, "2025-10-15", ""},
		{"15th of October", wed, "2025-10-15", ""},
		{"October 15, 2026", wed, "2026-10-15", ""},
		{"1 oct", wed, "2025-10-01", ""},
		{"2025-10-15", wed, "2025-10-15", ""},
		{"by 2025-10-15", wed, "2025-10-15", ""},
		{"15/10", wed, "2025-10-15", ""},
		{"10/15", wed, "2025-10-15", ""},
		{"15.10.2025", wed, "2025-10-15", ""},
		{"30 sep", wed, "2026-09-30", "Is it Wed 30 Sep 2026?"},
		{"30/9", wed, "2026-09-30", "2026-09-30"},
		{"29 feb", wed, "2028-02-29", "Is it Tue 29 Feb 2028?"},
		{"03/04", "2025-01-02", "", "03/04 can be Thu 3 Apr or Tue 4 Mar. Write 2025-04-03 or 2025-03-04."},
		{"03/04/2026", wed, "", "2026-04-03 or 2026-03-04"},
		{"11/11", wed, "2025-11-11", ""},
		{"25 dec", wed, "2025-12-25", "Thu 25 Dec is a day off for you. Take Fri 26 Dec, or say why a Thursday."},
		{"sat", "2023-03-15", "2023-03-18", "Sat 18 Mar is a day off for you. Take Mon 20 Mar, or say why a Saturday."},
	}
	for _, c := range cases {
		got, ask, err := ParseDate(c.words, c.today, cal)
		if err != nil || got != c.want {
			t.Errorf("%q on %s is %q (%v), want %s", c.words, c.today, got, err, c.want)
		}
		if !strings.Contains(ask, c.ask) || (c.ask == "") != (ask == "") {
			t.Errorf("%q on %s asks %q, want %q", c.words, c.today, ask, c.ask)
		}
	}
}

func TestParseDateRefuses(t *testing.T) {
	t.Parallel()
	cal := weekdays(t, "UTC")
	for words, part := range map[string]string{
		"":                         "needed",
		"2025-09-30":               "Tue 30 Sep is past",
		"30 sep 2025":              "past",
		"soon":                     "not a date",
		"32 oct":                   "not a date",
		"30 feb 2026":              "not a date",
		"13/13":                    "not a date",
		"in":                       "not a date",
		"1.2":                      "not a date",
		strings.Repeat("9", 1000):  "not a date",
		"2025-10-15T00:00:00Z":     "not a date",
		"next month in the summer": "not a date",
	} {
		_, _, err := ParseDate(words, "2025-10-01", cal)
		f, ok := fault.Of(err)
		if !ok || f.Kind != fault.Invalid || f.Field != "due" || !strings.Contains(f.Text, part) {
			t.Errorf("%.30q gives %v, want invalid due with %q", words, err, part)
		}
	}
}

func TestResolveDueTakesAReasonForADayOff(t *testing.T) {
	t.Parallel()
	cal := weekdays(t, "UTC")
	const today = people.Day("2023-03-15")
	if _, err := ResolveDue("sat", today, cal, "Mei Tanaka", ""); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "for Mei Tanaka") {
		t.Errorf("a day off without reason gives %v", err)
	}
	if d, err := ResolveDue("sat", today, cal, "you", "the region is quiet on Saturdays"); err != nil || d != "2023-03-18" {
		t.Errorf("a day off with reason gives %s, %v", d, err)
	}
	if _, err := ResolveDue("14 mar", today, cal, "you", "the region is quiet on Saturdays"); err == nil {
		t.Error("a reason for a day off answers the question of the year too")
	}
}

func TestDueWords(t *testing.T) {
	t.Parallel()
	for due, want := range map[people.Day]string{
		"": "no date", "2025-09-26": "5 days overdue", "2025-09-30": "1 day overdue", "2025-10-01": "due today",
		"2025-10-02": "due tomorrow", "2025-10-10": "in 9 days",
	} {
		if got := DueWords(due, "2025-10-01"); got != want {
			t.Errorf("%s is %q, want %q", due, got, want)
		}
	}
}

func TestOverdueAtIsTheNextMidnightOfTheOwner(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ zone, due, want string }{
		{"America/Los_Angeles", "2026-03-07", "2026-03-08T08:00:00Z"},
		{"America/Los_Angeles", "2026-03-08", "2026-03-09T07:00:00Z"},
		{"Asia/Kolkata", "2026-03-08", "2026-03-08T18:30:00Z"},
		{"Australia/Lord_Howe", "2026-04-04", "2026-04-04T13:00:00Z"},
		{"Australia/Lord_Howe", "2026-04-05", "2026-04-05T13:30:00Z"},
		{"Africa/Cairo", "2026-04-23", "2026-04-23T22:00:00Z"}, // midnight does not exist: the day begins at 01:00
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		a := Action{Due: people.Day(c.due), State: Open}
		at := a.OverdueAt(zone)
		if got := at.UTC().Format(time.RFC3339); got != c.want {
			t.Errorf("due %s in %s is overdue at %s, want %s", c.due, c.zone, got, c.want)
		}
		if a.IsOverdue(at.Add(-time.Microsecond), zone) || !a.IsOverdue(at, zone) {
			t.Errorf("due %s in %s: IsOverdue disagrees with OverdueAt", c.due, c.zone)
		}
	}
}
