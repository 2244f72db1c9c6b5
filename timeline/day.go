package timeline

import (
	"time"

	"coetracker/internal/fault"
)

// day finds the day that a stamp means in a zone.
func (st Stamp) day(c Context, loc *time.Location) (year int, month time.Month, day int, err error) {
	switch {
	case st.DayWord != "":
		year, month, day = c.Now.In(loc).AddDate(0, 0, dayWordShift(st.DayWord)).Date()
	case st.HasDate():
		return st.calendarDay(c, loc)
	case st.HasWeekday:
		year, month, day = nearestWeekday(st, c, loc)
	default:
		year, month, day = defaultDay(st, c, loc)
	}
	return year, month, day, nil
}

func dayWordShift(word string) int {
	switch word {
	case "yesterday":
		return -1
	case "tomorrow":
		return 1
	}
	return 0
}

// reference gives the moment to which a weekday or a date without a year is
// the nearest: the previous entry, else the event window.
func (c Context) reference() (time.Time, bool) {
	switch {
	case c.Previous != nil:
		return *c.Previous, true
	case c.Window != nil:
		return *c.Window, true
	}
	return time.Time{}, false
}

// defaultDay is the previous entry's day, else the window's, else the latest
// day on which the time has already come.
func defaultDay(st Stamp, c Context, loc *time.Location) (int, time.Month, int) {
	if ref, ok := c.reference(); ok {
		return ref.In(loc).Date()
	}
	now := c.Now.In(loc)
	year, month, day := now.Date()
	if time.Date(year, month, day, st.Hour, st.Minute, st.Second, 0, loc).After(now) {
		return now.AddDate(0, 0, -1).Date()
	}
	return year, month, day
}

// nearestWeekday takes the nearest such day to the reference, else the latest past.
func nearestWeekday(st Stamp, c Context, loc *time.Location) (int, time.Month, int) {
	ref, ok := c.reference()
	if ok {
		ahead := (int(st.Weekday) - int(ref.In(loc).Weekday()) + 7) % 7
		if ahead > 3 {
			ahead -= 7
		}
		return ref.In(loc).AddDate(0, 0, ahead).Date()
	}
	now := c.Now.In(loc)
	back := (int(now.Weekday()) - int(st.Weekday) + 7) % 7
	year, month, day := now.AddDate(0, 0, -back).Date()
	if time.Date(year, month, day, st.Hour, st.Minute, st.Second, 0, loc).After(now) {
		return now.AddDate(0, 0, -back-7).Date()
	}
	return year, month, day
}

// calendarDay is the date as written; without a year the nearest to the
// reference, else the latest past.
func (st Stamp) calendarDay(c Context, loc *time.Location) (int, time.Month, int, error) {
	month := time.Month(st.Month)
	if st.Year > 0 {
		if !dayExists(st.Year, month, st.Day) {
			return 0, 0, 0, fault.Invalidf("time", "%s %d has no day %d. Check the date.", month, st.Year, st.Day)
		}
		return st.Year, month, st.Day, nil
	}
	ref, near := c.reference()
	if !near {
		ref = c.Now
	}
	best, found := time.Time{}, false
	for year := ref.In(loc).Year() + 1; year >= ref.In(loc).Year()-8; year-- {
		if !dayExists(year, month, st.Day) {
			continue
		}
		at := time.Date(year, month, st.Day, st.Hour, st.Minute, st.Second, 0, loc)
		if !near && at.After(c.Now) {
			continue
		}
		if !found || near && distance(at, ref) < distance(best, ref) {
			best, found = at, true
		}
	}
	year, m, day := best.Date()
	return year, m, day, nil
}

func dayExists(year int, month time.Month, day int) bool {
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Day() == day
}

func distance(a, b time.Time) time.Duration { return a.Sub(b).Abs() }
