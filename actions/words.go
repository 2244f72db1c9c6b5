package actions

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"coetracker/people"
)

// ShowDay writes a day for people: Fri 10 Oct, with the year when it is not
// that of today.
func ShowDay(d, today people.Day) string {
	if d == "" {
		return "no date"
	}
	layout := "Mon 2 Jan"
	if d.Time().Year() != today.Time().Year() {
		layout = "Mon 2 Jan 2006"
	}
	return d.Time().Format(layout)
}

// DueWords says how a due day lies to today: 5 days overdue, due today, due
// tomorrow, in 9 days; "no date" without one.
func DueWords(due, today people.Day) string {
	if due == "" {
		return "no date"
	}
	switch n := due.Sub(today); {
	case n == -1:
		return "1 day overdue"
	case n < 0:
		return fmt.Sprintf("%d days overdue", -n)
	case n == 0:
		return "due today"
	case n == 1:
		return "due tomorrow"
	default:
		return fmt.Sprintf("in %d days", n)
	}
}

// DayOff says that a day is none on which its owner works, and what to take
// instead; "" for a working day. whose is "you" or a name.
func DayOff(d, today people.Day, cal people.Calendar, whose string) string {
	if cal.Working(d) || !cal.Working(cal.NextWorking(d)) {
		return ""
	}
	return fmt.Sprintf("%s is a day off for %s. Take %s, or say why a %s.",
		ShowDay(d, today), whose, ShowDay(cal.NextWorking(d), today), d.Weekday())
}

// Group sorts a due day for lists of somebody's work.
type Group string

// The groups, in the order they are shown.
const (
	Overdue  Group = "overdue"
	ThisWeek Group = "this_week" // today and the six days after it
	Later    Group = "later"     // also without a date
)

// GroupOf tells where a due day belongs on a day.
func GroupOf(due, today people.Day) Group {
	switch {
	case due == "":
		return Later
	case due < today:
		return Overdue
	case due.Sub(today) < 7:
		return ThisWeek
	}
	return Later
}

// Ref is the action's name within its COE: A-5.
func (a *Action) Ref() string { return fmt.Sprintf("A-%d", a.Number) }

// Live reports whether the action still has to be done by its owner.
func (a *Action) Live() bool {
	return a.DeletedAt == nil && (a.State == Open || a.State == InProgress || a.State == Blocked)
}

// Finished reports whether nothing is left to do: verified or declined.
func (a *Action) Finished() bool { return a.State == Verified || a.State == Declined }

// OwnerIs reports whether this person owns the action.
func (a *Action) OwnerIs(id int64) bool { return a.OwnerID != nil && *a.OwnerID == id && id != 0 }

// IsOverdue reports whether the due day is over in the owner's zone.
func (a *Action) IsOverdue(now time.Time, zone *time.Location) bool {
	return a.Live() && a.Due != "" && people.DayOf(now, zone) > a.Due
}

// OverdueAt gives the first instant at which the action is overdue: the first
// of the day after the due day in the owner's zone. It is the zero time
// without a due day.
func (a *Action) OverdueAt(zone *time.Location) time.Time {
	if a.Due == "" {
		return time.Time{}
	}
	return firstInstant(a.Due.Add(1), zone)
}

// firstInstant is the day's midnight, or what comes first where the clocks
// jump over midnight.
func firstInstant(d people.Day, zone *time.Location) time.Time {
	t := d.Midnight(zone)
	for people.DayOf(t, zone) < d {
		t = t.Add(30 * time.Minute)
	}
	for people.DayOf(t.Add(-30*time.Minute), zone) == d {
		t = t.Add(-30 * time.Minute)
	}
	return t
}

// short cuts a text to at most n characters, with an ellipsis.
func short(s string, n int) string {
	s = strings.TrimSpace(s)
	if r := []rune(s); len(r) > n {
		return strings.TrimRightFunc(string(r[:n-1]), unicode.IsSpace) + "…"
	}
	return s
}
