package people

import (
	"slices"
	"time"
)

// Calendar says which days somebody works, and by which clock. Reminders, due
// days and the document's clocks go by it.
type Calendar struct {
	Zone        *time.Location
	WorkingDays [7]bool // by time.Weekday
	Holidays    map[Day]bool
}

// lookAhead bounds every search for a working day: a calendar without one
// gives back the day it was asked about.
const lookAhead = 400

// Working reports whether day is a working day.
func (c Calendar) Working(day Day) bool {
	return c.WorkingDays[day.Weekday()] && !c.Holidays[day]
}

// NextWorking gives day when it is a working day, else the next that is.
func (c Calendar) NextWorking(day Day) Day { return c.step(day, 1) }

// PrevWorking gives day when it is a working day, else the last before it.
func (c Calendar) PrevWorking(day Day) Day { return c.step(day, -1) }

// AddWorking gives the n-th working day after day, or before it when n is
// negative. For n = 0 it is NextWorking.
func (c Calendar) AddWorking(day Day, n int) Day {
	if n == 0 {
		return c.NextWorking(day)
	}
	way := 1
	if n < 0 {
		way, n = -1, -n
	}
	for ; n > 0; n-- {
		day = c.step(day.Add(way), way)
	}
	return day
}

// Today gives the calendar day that now is for this person.
func (c Calendar) Today(now time.Time) Day { return DayOf(now, c.Zone) }

func (c Calendar) step(day Day, way int) Day {
	d := day
	for range lookAhead {
		if c.Working(d) {
			return d
		}
		d = d.Add(way)
	}
	return day
}

// CalendarFor puts a person's calendar together. The clock is the person's,
// else that of the first team which has one, else the instance's. A day is a
// working day when all teams work, so that nobody is disturbed on a day off;
// teams that share no working day go by the first. Without a team it is
// Monday to Friday. Holidays are those of all the person's teams.
func CalendarFor(p *Person, teams []Team, holidays []TeamHoliday, instance *time.Location) Calendar {
	return calendarFor(p, teams, holidays, instance, LoadZone)
}

func calendarFor(p *Person, teams []Team, holidays []TeamHoliday, instance *time.Location, load func(string) (*time.Location, error)) Calendar {
	c := Calendar{Zone: instance, WorkingDays: workingDays(teams), Holidays: map[Day]bool{}}
	if c.Zone == nil {
		c.Zone = time.UTC
	}
	names := []string{p.Zone}
	for _, t := range teams {
		names = append(names, t.Zone)
	}
	for _, name := range names {
		if zone, err := load(name); name != "" && err == nil {
			c.Zone = zone
			break
		}
	}
	for _, h := range holidays {
		if slices.ContainsFunc(teams, func(t Team) bool { return t.ID == h.TeamID }) {
			c.Holidays[h.Day] = true
		}
	}
	return c
}

func workingDays(teams []Team) [7]bool {
	week, any := [7]bool{true, true, true, true, true, true, true}, false
	for _, t := range teams {
		days, _ := parseDays(t.WorkingDays)
		for d := range week {
			week[d] = week[d] && days[d]
		}
	}
	for d := range week {
		any = any || week[d]
	}
	switch {
	case len(teams) == 0:
		return [7]bool{false, true, true, true, true, true, false}
	case !any:
		week, _ = parseDays(teams[0].WorkingDays)
	}
	return week
}
