package timeline

import (
	"strings"
	"time"
)

// date reads a day: a date in figures or words, a weekday, or both.
func (c *cursor) date(st *Stamp) bool {
	back := c.i
	if c.dayWord(st) || c.figures(st) || c.monthFirst(st) || c.dayFirst(st) {
		return true
	}
	c.i = back
	day, ok := weekdayNamed(c.letters())
	if !ok {
		return false
	}
	c.i += len(c.letters())
	after := c.i
	if c.peek() == '.' {
		c.i++
	}
	c.spaces()
	if c.peek() == ',' {
		c.i++
		c.spaces()
	}
	c.word("the ")
	if !c.figures(st) && !c.monthFirst(st) && !c.dayFirst(st) {
		c.i = after
	}
	st.HasWeekday, st.Weekday = true, day
	return true
}

// dayWord reads today, yesterday and tomorrow.
func (c *cursor) dayWord(st *Stamp) bool {
	if c.style != Typed {
		return false
	}
	switch w := strings.ToLower(c.letters()); w {
	case "today", "yesterday", "tomorrow":
		c.i += len(w)
		st.DayWord = w
		return true
	}
	return false
}

// figures reads the dates without a month name.
func (c *cursor) figures(st *Stamp) bool {
	back := c.i
	if c.isoDate(st) || c.tripleDate(st) || c.monthDay(st) {
		return true
	}
	c.i = back
	st.Year, st.Month, st.Day, st.Swappable = 0, 0, 0, false
	return false
}

// isoDate reads 2025-09-30, also with slashes or dots, also 2025-Sep-30. A
// year of five digits is let through in documents: the reader mends it.
func (c *cursor) isoDate(st *Stamp) bool {
	back := c.i
	year, count, ok := c.digits(4, 5)
	mark := c.peek()
	if !ok || count == 5 && c.style != Document || mark != '-' && mark != '/' && mark != '.' {
		c.i = back
		return false
	}
	c.i++
	month, ok := c.monthFigure()
	if !ok || c.peek() != mark {
		c.i = back
		return false
	}
	c.i++
	day, _, ok := c.digits(1, 2)
	ends := c.boundary() || c.peek() == 'T' && c.digitAt(1) || c.peek() == '_' && c.digitAt(1)
	if !ok || !ends || month < 1 || month > 12 || day < 1 || day > 31 || year < 1970 {
		c.i = back
		return false
	}
	st.Year, st.Month, st.Day = year, month, day
	return true
}

// monthFigure reads a month in figures or by name.
func (c *cursor) monthFigure() (int, bool) {
	if m, ok := monthNamed(c.letters()); ok {
		c.i += len(c.letters())
		return m, true
	}
	m, _, ok := c.digits(1, 2)
	return m, ok
}

// tripleDate reads 30/09/2025, 9/30/2025, 30.09.2025 and 30-09-2025.
func (c *cursor) tripleDate(st *Stamp) bool {
	back := c.i
	a, _, ok := c.digits(1, 2)
	mark := c.peek()
	if !ok || mark != '/' && mark != '.' && mark != '-' {
		c.i = back
		return false
	}
	c.i++
	b, _, ok := c.digits(1, 2)
	if !ok || c.peek() != mark {
		c.i = back
		return false
	}
	c.i++
	year, count, ok := c.digits(2, 4)
	if !ok || count == 3 || !c.boundary() {
		c.i = back
		return false
	}
	if count == 2 {
		year += 2000
	}
	return c.orderDay(st, a, b, year, mark) || c.fail(back)
}

func (c *cursor) fail(back int) bool { c.i = back; return false }

// orderDay decides which of two figures is the day. With a slash the American
// order is taken when both fit, and Swappable says so.
func (c *cursor) orderDay(st *Stamp, a, b, year int, mark byte) bool {
	day, month := a, b
	if a <= 12 && (b > 12 || mark == '/') {
		month, day = a, b
	}
	if !plausibleDay(month, day) || year < 1970 || year > 2200 {
		return false
	}
	st.Year, st.Month, st.Day = year, month, day
	st.Swappable = a <= 12 && b <= 12 && a != b && mark != '.'
	return true
}

// monthDay reads 09-30 and 9/30 where a clock time follows.
func (c *cursor) monthDay(st *Stamp) bool {
	back := c.i
	a, na, ok := c.digits(1, 2)
	mark := c.peek()
	if !ok || mark != '-' && mark != '/' || mark == '-' && na != 2 {
		return c.fail(back)
	}
	c.i++
	b, nb, ok := c.digits(1, 2)
	if !ok || mark == '-' && nb != 2 || c.peek() != ' ' && c.peek() != '\t' && c.peek() != ',' {
		return c.fail(back)
	}
	probe := *c
	probe.dateClockGap()
	probe.afterDate = false
	if !probe.plainClock(&Stamp{}) {
		return c.fail(back)
	}
	if a > 12 {
		a, b = b, a
	} else {
		st.Swappable = mark == '/' && b <= 12 && a != b
	}
	if !plausibleDay(a, b) {
		return c.fail(back)
	}
	st.Month, st.Day = a, b
	return true
}

// monthFirst reads Sep 30, September 30th 2025 and Sept. 30, 2025.
func (c *cursor) monthFirst(st *Stamp) bool {
	back := c.i
	month, ok := monthNamed(c.letters())
	if !ok {
		return false
	}
	c.i += len(c.letters())
	if c.peek() == '.' {
		c.i++
	}
	if c.peek() == '-' || c.peek() == '/' {
		c.i++
	}
	c.spaces()
	day, _, ok := c.digits(1, 2)
	c.ordinal()
	c.dayRange(day)
	if !ok || !plausibleDay(month, day) || !c.boundary() || c.peek() == ':' && c.digitAt(1) {
		return c.fail(back)
	}
	st.Month, st.Day = month, day
	c.yearAfter(st)
	return true
}

// dayFirst reads 30 Sep, 30th of September, 2025 and 30-Sep-2025.
func (c *cursor) dayFirst(st *Stamp) bool {
	back := c.i
	day, _, ok := c.digits(1, 2)
	if !ok {
		return c.fail(back)
	}
	c.ordinal()
	if c.peek() == '.' || c.peek() == '-' || c.peek() == '/' {
		c.i++
	}
	c.spaces()
	c.word("of ")
	c.spaces()
	month, ok := monthNamed(c.letters())
	if !ok || !plausibleDay(month, day) {
		return c.fail(back)
	}
	c.i += len(c.letters())
	if c.peek() == '.' {
		c.i++
	}
	if !c.boundary() {
		return c.fail(back)
	}
	st.Month, st.Day = month, day
	c.yearAfter(st)
	return true
}

// yearAfter reads the year behind a day and month; 2014 is a year, 1402 a time.
func (c *cursor) yearAfter(st *Stamp) {
	back := c.i
	if c.peek() == '-' || c.peek() == '/' {
		c.i++
	}
	c.spaces()
	if c.peek() == ',' {
		c.i++
		c.spaces()
	}
	year, _, ok := c.digits(4, 4)
	if !ok || year < 1970 || year > 2200 || !c.boundary() && c.peek() != 'T' || c.peek() == ':' && c.digitAt(1) {
		c.i = back
		return
	}
	st.Year = year
}

// dayRange skips the second day of "October 29-30, 2025"; the first one counts.
func (c *cursor) dayRange(first int) {
	back := c.i
	if c.word("-") || c.word("–") {
		second, _, ok := c.digits(1, 2)
		c.ordinal()
		if ok && second > first && second <= 31 && c.peek() != ':' && c.peek() != '-' && c.boundary() {
			return
		}
	}
	c.i = back
}

// ordinal skips st, nd, rd or th behind a number.
func (c *cursor) ordinal() {
	switch strings.ToLower(c.letters()) {
	case "st", "nd", "rd", "th":
		c.i += 2
	}
}

// monthNamed finds a month by its English name or short form.
func monthNamed(word string) (int, bool) {
	if len(word) < 3 {
		return 0, false
	}
	low := strings.ToLower(word)
	for m := time.January; m <= time.December; m++ {
		full := strings.ToLower(m.String())
		if low == full || low == full[:3] || low == "sept" && m == time.September {
			return int(m), true
		}
	}
	return 0, false
}

// MonthNamed finds a month by its English name or usual short form.
func MonthNamed(word string) (time.Month, bool) {
	m, ok := monthNamed(word)
	return time.Month(m), ok
}

// plausibleDay reports whether the month has such a day in some year.
func plausibleDay(month, day int) bool {
	if month < 1 || month > 12 || day < 1 {
		return false
	}
	return day <= time.Date(2024, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}
