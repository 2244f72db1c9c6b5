package people

import (
	"time"

	"coetracker/internal/fault"
)

// Day is a calendar day without a zone, written YYYY-MM-DD; empty means none.
// Days compare as text.
type Day string

const dayLayout = "2006-01-02"

// DayOf gives the calendar day of an instant in a zone.
func DayOf(t time.Time, zone *time.Location) Day { return Day(t.In(zone).Format(dayLayout)) }

// ParseDay reads YYYY-MM-DD and refuses days that do not exist.
func ParseDay(s string) (Day, error) {
	t, err := time.Parse(dayLayout, s)
	if err != nil || t.Year() < 1970 || t.Year() > 2199 {
		return "", fault.Invalidf("date", "%q is not a day. Write it as 2025-10-15.", s)
	}
	return Day(t.Format(dayLayout)), nil
}

// Time gives midnight UTC of the day, for arithmetic on days only.
func (d Day) Time() time.Time {
	t, _ := time.Parse(dayLayout, string(d))
	return t
}

// Midnight gives the first instant of the day in a zone. Where clocks change
// around midnight that need not read 00:00.
func (d Day) Midnight(zone *time.Location) time.Time {
	y, m, n := d.Time().Date()
	t := time.Date(y, m, n, 0, 0, 0, 0, zone)
	if DayOf(t, zone) < d { // 00:00 is skipped, and t was read by the old offset
		_, next := t.ZoneBounds()
		return next
	}
	change, _ := t.ZoneBounds()
	if change.IsZero() || DayOf(change, zone) != d {
		return t
	}
	before := change.Add(-time.Nanosecond)
	if DayOf(before, zone) != d { // the day begins with the change
		return change
	}
	_, offset := before.In(zone).Zone() // 00:00 comes twice: the first
	return time.Date(y, m, n, 0, 0, 0, 0, time.UTC).Add(-time.Duration(offset) * time.Second).In(zone)
}

// OverdueAt gives the instant from which something due on day is overdue: the
// next midnight in the owner's zone.
func OverdueAt(day Day, zone *time.Location) time.Time { return day.Add(1).Midnight(zone) }

// Add moves by whole days.
func (d Day) Add(days int) Day { return Day(d.Time().AddDate(0, 0, days).Format(dayLayout)) }

// Sub counts the days from e to d.
func (d Day) Sub(e Day) int { return int(d.Time().Sub(e.Time()).Hours() / 24) }

// Weekday gives the day of the week.
func (d Day) Weekday() time.Weekday { return d.Time().Weekday() }
