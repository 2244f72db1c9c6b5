package timeline

import (
	"fmt"
	"strings"
	"time"

	"coetracker/internal/fault"
)

// Context is what a time without a day, year or zone is read against.
type Context struct {
	Previous    *time.Time // the entry before, or nil
	ImpactStart *time.Time // what T+5m counts from, or nil
	Window      *time.Time // start of the event window, or nil
	Zone        *time.Location
	ZoneName    string // IANA name or UTC±hh:mm; the location's own name when empty
	Now         time.Time
}

// zone gives the zone of the context and its name; UTC when none is set.
func (c Context) zone() (*time.Location, string) {
	if c.Zone == nil {
		return time.UTC, "UTC"
	}
	if c.ZoneName == "" {
		return c.Zone, c.Zone.String()
	}
	return c.Zone, c.ZoneName
}

// Understood is what a typed time was taken to mean.
type Understood struct {
	At        *time.Time // UTC; nil when the precision is unknown
	EndAt     *time.Time // UTC; nil for a moment
	Zone      string     // IANA name or UTC±hh:mm
	Location  *time.Location
	Precision Precision
	Echo      string   // what was understood: "Mon 29 Sep 2025 14:02 UTC, T+4m"
	DayMoved  bool     // the next day was taken, because the time goes back by more than 6 h
	Ask       string   // a question that must be answered before saving; "" when sure
	Choices   []string // zones to write behind the time, each of which answers Ask
	Warning   string   // a remark that does not hinder saving
}

// backLimit is how far a time may go back before the next day is meant.
const backLimit = 6 * time.Hour

// Resolve finds the instant that a stamp means in a context. The error is a
// fault.Invalid for the field time: there is no such day, or nothing to count from.
func (st Stamp) Resolve(c Context) (Understood, error) {
	loc, name := c.zone()
	u := Understood{Zone: name, Location: loc, Precision: Exact}
	if st.Unknown && !st.HasDate() {
		u.Precision, u.Echo = Unknown, "Time unknown"
		return u, nil
	}
	if st.Zone != "" {
		if done := u.takeZone(st, c); done {
			return u, nil
		}
	}
	if st.Approx || !st.HasClock && !st.counts() {
		u.Precision = Approximate
	}
	err := u.takeTime(st, c)
	if err != nil {
		return Understood{}, err
	}
	u.finish(st, c)
	return u, nil
}

// counts reports whether the stamp counts from another moment.
func (st Stamp) counts() bool { return st.Now || st.After || st.Impact }

// takeZone uses the zone written beside the time; done when it must be asked.
func (u *Understood) takeZone(st Stamp, c Context) (done bool) {
	loc, name, err := LoadZone(st.Zone)
	if err == nil {
		u.Location, u.Zone = loc, name
		return false
	}
	u.Choices = Meanings(st.Zone)
	if u.Choices == nil {
		u.Warning = fmt.Sprintf("The zone %s is not known here; %s was taken.", st.Zone, u.Zone)
		return false
	}
	abbr := strings.ToUpper(st.Zone)
	u.Ask = fmt.Sprintf("%s can mean %s. Which one is it?", abbr, orList(u.Choices))
	u.Echo = u.Ask
	return true
}

// takeTime sets the start of the moment or span.
func (u *Understood) takeTime(st Stamp, c Context) error {
	at, err := u.shifted(st, c)
	if err != nil || at != nil {
		u.At = at
		return err
	}
	year, month, day, err := st.day(c, u.Location)
	if err != nil {
		return err
	}
	u.place(st, year, month, day)
	if st.HasClock && !st.NamesDay() {
		u.moveDay(st, c, year, month, day)
	}
	return nil
}

// shifted answers the forms that count from another moment.
func (u *Understood) shifted(st Stamp, c Context) (*time.Time, error) {
	base := (*time.Time)(nil)
	switch {
	case st.Now:
		at := c.Now.UTC().Truncate(time.Minute)
		return &at, nil
	case st.After && c.Previous == nil:
		return nil, fault.Invalidf("time", "There is no entry before this one to count from. Write a time such as 14:02.")
	case st.Impact && c.ImpactStart == nil:
		return nil, fault.Invalidf("time", "The impact start is not known yet, so T+ has nothing to count from. Write a time such as 14:02.")
	case st.After:
		base = c.Previous
	case st.Impact:
		base = c.ImpactStart
	default:
		return nil, nil
	}
	at := base.Add(st.Shift).UTC()
	return &at, nil
}

// moveDay takes the next day for a time far before the previous entry.
func (u *Understood) moveDay(st Stamp, c Context, year int, month time.Month, day int) {
	before := c.Previous
	if before == nil {
		before = c.Window
	}
	if before == nil || u.At == nil || before.Sub(*u.At) <= backLimit {
		return
	}
	u.Ask, u.Choices = "", nil
	u.place(st, year, month, day+1)
	u.DayMoved = true
}

// place sets the instant for a wall-clock time on a day, and asks where the
// clock was turned.
func (u *Understood) place(st Stamp, year int, month time.Month, day int) {
	at, other, gap := instants(time.Date(year, month, day, st.Hour, st.Minute, st.Second, st.Micro*1000, time.UTC), u.Location)
	u.At = &at
	if other.IsZero() {
		return
	}
	u.Choices = []string{offsetName(at, u.Location), offsetName(other, u.Location)}
	clock := fmt.Sprintf("%02d:%02d", st.Hour, st.Minute)
	when := at.In(u.Location).Format("Mon 2 Jan 2006")
	if gap {
		u.Choices = []string{offsetName(other, u.Location), offsetName(at, u.Location)}
		u.Ask = fmt.Sprintf("The clock in %s jumped over %s on %s. Is it %s or %s?", u.Zone, clock, when, u.Choices[0], u.Choices[1])
		return
	}
	u.Ask = fmt.Sprintf("The clock in %s showed %s twice on %s. Is it %s or %s?", u.Zone, clock, when, u.Choices[0], u.Choices[1])
}

// instants finds when a zone's clock shows a wall time. Where the clock was
// turned back there are two instants; where it jumped forward there is none,
// and both readings are given with gap set. Otherwise other is zero.
func instants(wall time.Time, loc *time.Location) (at, other time.Time, gap bool) {
	before, after := offsetAt(wall.Add(-26*time.Hour), loc), offsetAt(wall.Add(26*time.Hour), loc)
	first := wall.Add(-before)
	if before == after {
		if o := offsetAt(first, loc); o != before {
			first = wall.Add(-o)
		}
		return first, time.Time{}, false
	}
	second := wall.Add(-after)
	okFirst, okSecond := offsetAt(first, loc) == before, offsetAt(second, loc) == after
	switch {
	case okFirst && okSecond:
		return first, second, false
	case okFirst:
		return first, time.Time{}, false
	case okSecond:
		return second, time.Time{}, false
	}
	return first, second, true
}

func offsetAt(t time.Time, loc *time.Location) time.Duration {
	_, seconds := t.In(loc).Zone()
	return time.Duration(seconds) * time.Second
}

func offsetName(t time.Time, loc *time.Location) string {
	return OffsetName(int(offsetAt(t, loc) / time.Minute))
}

// OffsetName writes a number of minutes from UTC as UTC±hh:mm, also for zero.
func OffsetName(minutes int) string {
	if minutes == 0 {
		return "UTC+00:00"
	}
	return fixedName(minutes)
}

// finish adds the end of a span, remarks and the echo.
func (u *Understood) finish(st Stamp, c Context) {
	if st.End != nil && u.At != nil {
		u.takeEnd(*st.End)
	}
	if st.Zone != "" && u.At != nil && u.Warning == "" {
		u.Warning = LabelWarning(st.Zone, *u.At)
	}
	if st.Swappable {
		u.Warning = join(u.Warning, fmt.Sprintf("Day and month could be exchanged; %s was taken.", u.At.In(u.Location).Format("2 Jan 2006")))
	}
	if st.HasWeekday && st.HasDate() && u.At.In(u.Location).Weekday() != st.Weekday {
		u.Warning = join(u.Warning, fmt.Sprintf("%s is a %s, not a %s.", u.At.In(u.Location).Format("2 Jan 2006"), u.At.In(u.Location).Weekday(), st.Weekday))
	}
	u.Echo = u.echo(st, c)
}

func join(a, b string) string { return strings.TrimSpace(a + " " + b) }

// takeEnd places the end of a span on its own day, or on the first day on
// which it is not before the start.
func (u *Understood) takeEnd(end Stamp) {
	start := u.At.In(u.Location)
	year, month, day := start.Date()
	if end.HasDate() {
		month, day = time.Month(end.Month), end.Day
		if end.Year > 0 {
			year = end.Year
		}
	}
	at, _, _ := instants(time.Date(year, month, day, end.Hour, end.Minute, end.Second, end.Micro*1000, time.UTC), u.Location)
	if at.Before(*u.At) && !end.HasDate() {
		at, _, _ = instants(time.Date(year, month, day+1, end.Hour, end.Minute, end.Second, end.Micro*1000, time.UTC), u.Location)
	}
	if at.Before(*u.At) {
		u.Warning = join(u.Warning, "The span ends before it begins; the end was left out.")
		return
	}
	u.EndAt = &at
	if end.Approx {
		u.Precision = Approximate
	}
}

// LabelWarning remarks on a short zone name that contradicts the calendar, such
// as PST on a day in summer; "" when it agrees or the name is no such label.
func LabelWarning(zone string, at time.Time) string {
	region, minutes, ok := Region(zone)
	if !ok || len(zone) < 3 {
		return ""
	}
	loc, err := time.LoadLocation(region)
	if err != nil {
		return ""
	}
	short, seconds := at.In(loc).Zone()
	if seconds == minutes*60 {
		return ""
	}
	return fmt.Sprintf("%s is written, but on %s the clocks of %s showed %s (%s); that was taken.",
		strings.ToUpper(zone), at.In(loc).Format("2 Jan 2006"), region, short, OffsetName(seconds/60))
}

// echo says what was understood, in words.
func (u *Understood) echo(st Stamp, c Context) string {
	if u.At == nil {
		return u.Ask
	}
	local := u.At.In(u.Location)
	text := local.Format("Mon 2 Jan 2006 15:04")
	if st.HasSecond || local.Second() != 0 {
		text = local.Format("Mon 2 Jan 2006 15:04:05")
	}
	if u.Precision == Approximate {
		text = "about " + text
	}
	if u.EndAt != nil {
		text += "–" + endText(local, u.EndAt.In(u.Location))
	}
	text += " " + zoneShort(local)
	if c.ImpactStart != nil {
		text += ", " + SinceImpact(*u.At, *c.ImpactStart)
	}
	return text
}

func endText(start, end time.Time) string {
	if start.YearDay() == end.YearDay() && start.Year() == end.Year() {
		return end.Format("15:04")
	}
	return end.Format("Mon 2 Jan 2006 15:04")
}

// zoneShort gives the usual short name of the zone at a moment, else UTC±hh:mm.
func zoneShort(t time.Time) string {
	name, seconds := t.Zone()
	if name == "" || name[0] == '+' || name[0] == '-' {
		return OffsetName(seconds / 60)
	}
	return name
}

// SinceImpact writes the distance of a moment from impact start as T+4m,
// T-1h10m or T+2d3h, in whole minutes.
func SinceImpact(at, start time.Time) string {
	d, sign := at.Sub(start), "T+"
	if d < 0 {
		d, sign = -d, "T-"
	}
	return sign + ShortDuration(d)
}

// ShortDuration writes a duration in whole minutes: 4m, 1h10m, 2d3h.
func ShortDuration(d time.Duration) string {
	minutes := int64(d / time.Minute)
	days, hours, minutes := minutes/1440, minutes/60%24, minutes%60
	text := ""
	if days > 0 {
		text += fmt.Sprintf("%dd", days)
	}
	if hours > 0 {
		text += fmt.Sprintf("%dh", hours)
	}
	if minutes > 0 || text == "" {
		text += fmt.Sprintf("%dm", minutes)
	}
	return text
}
