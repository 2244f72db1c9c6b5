package actions

import (
	"time"

	"coetracker/people"
)

// The milestones of an action, in working days of its owner. The due day
// itself is told on the last working day up to it.
const (
	earlyDays    = 7  // before due, when there was time for it
	earlyNotice  = 10 // calendar days that an action must have for the early one
	soonDays     = 2  // before due
	weekLate     = 7  // after due; from then on every week
	coeOwnerLate = 3  // after due the COE's owner is told as well
	verifyAfter  = 2  // after the claim the verifier is told
)

// before gives the milestones up to the due day.
func (a *Action) before(cal people.Calendar) []people.Day {
	days := []people.Day{cal.PrevWorking(a.Due), cal.AddWorking(a.Due, -soonDays)}
	if a.Due.Sub(people.DayOf(a.CreatedAt, cal.Zone)) >= earlyNotice {
		days = append(days, cal.AddWorking(a.Due, -earlyDays))
	}
	if a.Priority == "P0" {
		days = append(days, cal.AddWorking(a.Due, -1))
	}
	return days
}

// after gives the milestones behind the due day up to a day: +1, +3, +7, then
// every week, for P0 each of the first five.
func (a *Action) after(cal people.Calendar, until people.Day) []people.Day {
	counts := []int{1, 3}
	if a.Priority == "P0" {
		counts = []int{1, 2, 3, 4, 5}
	}
	var days []people.Day
	for _, n := range counts {
		days = append(days, cal.AddWorking(a.Due, n))
	}
	return append(days, weekly(cal, cal.AddWorking(a.Due, weekLate), until)...)
}

// weekly gives first and the same day of every later week up to until, moved
// on to working days.
func weekly(cal people.Calendar, first, until people.Day) []people.Day {
	var days []people.Day
	for d := first; d <= until; d = d.Add(7) {
		days = append(days, cal.NextWorking(d))
	}
	return days
}

// ownerHit reports whether a milestone of the owner lies after from, up to and
// including day. What was before the action was assigned does not count.
func (a *Action) ownerHit(cal people.Calendar, from, day people.Day) bool {
	if a.Due == "" {
		return false
	}
	since := people.DayOf(a.CreatedAt, cal.Zone)
	if a.AssignedAt != nil {
		since = people.DayOf(*a.AssignedAt, cal.Zone)
	}
	for _, m := range append(a.before(cal), a.after(cal, day)...) {
		if m > from && m <= day && m >= since {
			return true
		}
	}
	return false
}

// escalates reports whether the COE's owner sees the action as late on day,
// and whether a milestone of that lies after from. cal is the action's owner's.
func (a *Action) escalates(cal people.Calendar, from, day people.Day) (late, hit bool) {
	if a.Due == "" {
		return false, false
	}
	begin := cal.AddWorking(a.Due, coeOwnerLate)
	for _, m := range a.after(cal, day) {
		hit = hit || m >= begin && m > from && m <= day
	}
	return begin <= day, hit
}

// waits reports whether a claim waits so long on day that its verifier is
// told, and whether a milestone of that lies after from. cal is the verifier's.
func (a *Action) waits(cal people.Calendar, from, day people.Day) (long, hit bool) {
	if a.ClaimedAt == nil {
		return false, false
	}
	return repeats(cal, cal.AddWorking(people.DayOf(*a.ClaimedAt, cal.Zone), verifyAfter), from, day)
}

// orphaned reports whether the action without an active owner is shown to the
// COE's owner on day, and whether it is time to say so: on the day it lost its
// owner, then every week. cal is the COE's owner's.
func orphaned(cal people.Calendar, since time.Time, from, day people.Day) (shown, hit bool) {
	return repeats(cal, cal.NextWorking(people.DayOf(since, cal.Zone)), from, day)
}

func repeats(cal people.Calendar, first, from, day people.Day) (begun, hit bool) {
	for _, m := range weekly(cal, first, day) {
		hit = hit || m > from && m <= day
	}
	return first <= day, hit
}
