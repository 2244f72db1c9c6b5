package timeline

import "time"

// Style says how free the writing is in which a stamp is looked for.
type Style int

const (
	// Typed is the entry line: short forms such as 1402, +5 and T-10m count.
	Typed Style = iota
	// Document is a text written for readers: a bare 1402 or 14.02 is a number.
	Document
)

// Stamp is a time as somebody wrote it, before it is known which day and zone
// are meant. Zero values mean that nothing was said.
type Stamp struct {
	Year, Month, Day int
	Swappable        bool // 03/04/2025: day and month could be exchanged
	HasWeekday       bool
	Weekday          time.Weekday
	DayWord          string // today, yesterday or tomorrow

	HasClock             bool
	Hour, Minute, Second int
	Micro                int
	HasSecond            bool
	TwelveHour           bool // AM or PM was written
	Dotted               bool // 14.02, which can be a typing error

	Approx  bool // ~14:02, 14:0x, "around 19:30"
	Unknown bool // ??:??, no time at all
	Now     bool
	After   bool // Shift counts from the previous entry
	Impact  bool // Shift counts from impact start
	Shift   time.Duration

	Zone string // as written
	End  *Stamp // end of a span
}

// HasDate reports whether the stamp names a day by month and day of month.
func (st Stamp) HasDate() bool { return st.Month > 0 && st.Day > 0 }

// NamesDay reports whether the stamp says anything about its day.
func (st Stamp) NamesDay() bool { return st.HasDate() || st.HasWeekday || st.DayWord != "" }

// Scan reads a time at the beginning of s and gives the number of bytes it
// takes. It never looks past the time: what follows is the caller's. ok is
// false when s does not begin with a time.
func Scan(s string, style Style) (st Stamp, n int, ok bool) {
	c := cursor{s: s, style: style}
	c.spaces()
	start := c.i
	if style == Typed && c.relative(&st) {
		return st, c.i, true
	}
	c.i = start
	st.Approx = c.approxWord()
	if !c.point(&st) {
		return Stamp{}, 0, false
	}
	if !st.Unknown {
		c.span(&st)
		c.trailingDoubt(&st)
	}
	return st, c.i, true
}

// point reads one moment: a date, a clock time, or both in either order.
func (c *cursor) point(st *Stamp) bool {
	if c.date(st) {
		c.clockAfterDate(st)
		return st.HasClock || st.Unknown || st.HasDate()
	}
	if !c.clock(st) {
		return false
	}
	if st.Unknown {
		return true
	}
	c.zone(st)
	c.dateAfterClock(st)
	return true
}

// clockAfterDate reads the clock time that may follow a date; without one the
// cursor stays right behind the date.
func (c *cursor) clockAfterDate(st *Stamp) {
	back := c.i
	isoT := c.peek() == 'T' && c.digitAt(1)
	if isoT {
		c.i++
	} else {
		c.dateClockGap()
	}
	approx := c.approxWord()
	c.afterDate = true
	ok := c.clock(st)
	c.afterDate = false
	if !ok {
		c.i = back
		return
	}
	st.Approx = st.Approx || approx
	c.isoT = isoT
	if !st.Unknown {
		c.zone(st)
	}
	c.isoT = false
}

// dateClockGap skips what people write between a day and a clock time.
func (c *cursor) dateClockGap() {
	c.spaces()
	if c.peek() == ',' {
		c.i++
		c.spaces()
	}
	for _, w := range []string{"at ", "@ ", "@", "- ", "– ", "_"} {
		if c.word(w) {
			c.spaces()
			return
		}
	}
}

// dateAfterClock reads "14:02 UTC on 30 Sep", "10:18 AM, Jan 14" and
// "14:02 2025-09-30". Without a joining word only a date with a year counts,
// as "11:00 May 5 nodes failed" shows.
func (c *cursor) dateAfterClock(st *Stamp) {
	back := c.i
	c.spaces()
	joined := c.peek() == ',' || c.peek() == '('
	bracket := c.peek() == '('
	if joined {
		c.i++
		c.spaces()
	}
	if c.word("on ") || c.word("of ") {
		joined = true
		c.spaces()
	}
	var d Stamp
	if c.date(&d) && d.HasDate() && (joined || d.Year > 0) && (!bracket || c.word(")")) {
		st.Year, st.Month, st.Day, st.Swappable = d.Year, d.Month, d.Day, d.Swappable
		st.HasWeekday, st.Weekday = d.HasWeekday, d.Weekday
		return
	}
	c.i = back
}

// ScanDay reads a day at the beginning of s: a date, a weekday, or both. n is
// the number of bytes it takes.
func ScanDay(s string) (st Stamp, n int, ok bool) {
	c := cursor{s: s, style: Document}
	c.spaces()
	if !c.date(&st) || !c.boundary() {
		return Stamp{}, 0, false
	}
	return st, c.i, true
}

// FindTime looks for the first time in a text that begins at a word and has a
// clock reading, also one inside a sentence. from and to are its bounds.
func FindTime(text string) (st Stamp, from, to int, ok bool) {
	word := false
	for i := 0; i < len(text); i++ {
		b := text[i]
		letter := b >= '0' && b <= '9' || (b|0x20) >= 'a' && (b|0x20) <= 'z' || b >= 0x80
		if letter && !word && text[max(0, i-1)] != '/' && text[max(0, i-1)] != '=' {
			st, n, ok := Scan(text[i:], Document)
			if ok && st.HasClock && cleanEnd(text[i+n:]) {
				return st, i, i + n, true
			}
		}
		word = letter || b == '-' && word || b == '.' && word || b == ':' && word
	}
	return Stamp{}, 0, 0, false
}

// span reads the end of a span after its start: 14:02-14:20, 14:02 to 14:20.
func (c *cursor) span(st *Stamp) {
	back := c.i
	c.spaces()
	if !st.HasClock || !c.spanMark() {
		c.i = back
		return
	}
	c.spaces()
	var end Stamp
	end.Approx = c.approxWord()
	if !c.point(&end) || !end.HasClock || end.Unknown {
		c.i = back
		return
	}
	if st.Zone == "" {
		st.Zone = end.Zone
	}
	if end.TwelveHour && !st.TwelveHour && st.Hour < 12 {
		borrowHalf(st, end)
	}
	st.End = &end
}

// borrowHalf gives "2:44-3:47 AM" and "11:30-1:15 PM" their first half of day.
func borrowHalf(st *Stamp, end Stamp) {
	if end.Hour >= 12 && st.Hour+12 <= end.Hour {
		st.Hour += 12
	}
	st.TwelveHour = true
}

// spanMark skips a dash or a word that joins the two ends of a span.
func (c *cursor) spanMark() bool {
	for _, m := range []string{"--", "-", "–", "—", "→", "->", "to ", "until ", "till "} {
		if c.word(m) {
			if m == "-" && c.peek() == '>' {
				c.i++
			}
			return true
		}
	}
	return false
}

// trailingDoubt reads the marks that make a time approximate after the fact.
func (c *cursor) trailingDoubt(st *Stamp) {
	if c.word("ish") && c.boundary() {
		st.Approx = true
		return
	}
	back := c.i
	c.spaces()
	for _, w := range []string{"(approx.)", "(approx)", "(approximately)", "(ish)", "(about)", "(estimated)", "(est.)", "(?)", "onwards", "onward"} {
		if c.word(w) && c.boundary() {
			st.Approx = true
			return
		}
	}
	c.i = back
	if c.peek() == '?' && c.at(1) != '?' || c.peek() == '~' && c.at(1) != '~' {
		c.i++
		st.Approx = true
	}
}
