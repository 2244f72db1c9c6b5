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

// Midnight gives the first instant of the day in a zone.
func (d Day) Midnight(zone *time.Location) time.Time {
	t := d.Time()
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, zone)
}

// Add moves by whole days.
func (d Day) Add(days int) Day { return Day(d.Time().AddDate(0, 0, days).Format(dayLayout)) }

// Sub counts the days from e to d.
func (d Day) Sub(e Day) int { return int(d.Time().Sub(e.Time()).Hours() / 24) }

// Weekday gives the day of the week.
func (d Day) Weekday() time.Weekday { return d.Time().Weekday() }
