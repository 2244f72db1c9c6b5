package timeline

import (
	"strings"
	"time"
)

// clock reads a time of day, or the marks of an unknown one.
func (c *cursor) clock(st *Stamp) bool {
	back := c.i
	if c.unknownClock(st) || c.doubtfulClock(st) || c.plainClock(st) {
		return true
	}
	c.i = back
	st.HasClock, st.Hour, st.Minute, st.Second, st.Micro, st.HasSecond, st.TwelveHour, st.Dotted = false, 0, 0, 0, 0, false, false, false
	return false
}

// unknownClock reads ??:??, ???, --:-- and xx:xx.
func (c *cursor) unknownClock(st *Stamp) bool {
	for _, w := range []string{"??:??", "--:--", "xx:xx", "__:__", "???", "??", "?:??", "time unknown", "unknown time"} {
		back := c.i
		if c.word(w) && c.boundary() && c.peek() != '?' {
			st.Unknown = true
			return true
		}
		c.i = back
	}
	return false
}

// doubtfulClock reads a time with digits left open: 14:0x, 14:??, 2X:XX.
func (c *cursor) doubtfulClock(st *Stamp) bool {
	open := func(b byte) bool { return b == 'x' || b == 'X' || b == '?' }
	ok := func(b byte) bool { return open(b) || b >= '0' && b <= '9' }
	if len(c.s)-c.i < 5 || !ok(c.at(0)) || !ok(c.at(1)) || c.at(2) != ':' || !ok(c.at(3)) || !ok(c.at(4)) {
		return false
	}
	marks, value := 0, [5]int{}
	for k := range 5 {
		if open(c.at(k)) {
			marks++
		} else {
			value[k] = int(c.at(k) - '0')
		}
	}
	if marks == 0 || open(c.at(0)) {
		return false
	}
	back := c.i
	c.i += 5
	hour, minute := value[0]*10+value[1], value[3]*10+value[4]
	if hour > 23 || minute > 59 || !c.boundary() {
		return c.fail(back)
	}
	st.Hour, st.Minute, st.HasClock, st.Approx = hour, minute, true, true
	return true
}

// plainClock reads 14:02, 14:02:31.5, 14h02, 14.02, 1402, 2 PM and 2:02p.
func (c *cursor) plainClock(st *Stamp) bool {
	hour, count, ok := c.digits(1, 4)
	if !ok || count == 3 {
		return false
	}
	st.Hour, c.colon = hour, false
	joined := count == 4
	if joined {
		st.Hour, st.Minute = hour/100, hour%100
	}
	minutes := joined || c.minutes(st)
	half := c.half(st)
	switch {
	case joined && !half && !c.joinedCounts():
		return false
	case !minutes && !half:
		return false
	}
	st.HasClock = true
	c.hourWord()
	return c.clockInRange(st)
}

// joinedCounts says whether four digits without a mark are a clock time here.
func (c *cursor) joinedCounts() bool {
	if c.style == Typed || c.afterDate {
		return c.boundary() || c.peek() == 'Z' || c.peek() == '+'
	}
	var zone Stamp
	probe := *c
	probe.hourWord()
	return probe.i != c.i || probe.zone(&zone) && zone.Zone != ""
}

// minutes reads the part of a clock time after the hour.
func (c *cursor) minutes(st *Stamp) bool {
	mark := c.peek()
	dot := mark == '.' && (c.style == Typed || c.afterDate)
	if mark != ':' && mark != 'h' && mark != 'H' && !dot {
		return false
	}
	back := c.i
	c.i++
	m, _, ok := c.digits(2, 2)
	c.colon = ok && mark == ':'
	if !ok {
		c.i = back
		if mark == 'h' && c.style == Typed {
			c.i++
			return c.boundary()
		}
		return false
	}
	st.Minute = m
	if dot {
		st.Dotted = true
		return c.peek() != '.' || !c.digitAt(1)
	}
	return c.seconds(st)
}

// seconds reads the optional seconds and their fraction.
func (c *cursor) seconds(st *Stamp) bool {
	if c.peek() != ':' {
		return true
	}
	if !c.digitAt(1) {
		return true
	}
	c.i++
	s, _, ok := c.digits(2, 2)
	if !ok || s > 60 || c.peek() == ':' && c.digitAt(1) {
		return false
	}
	st.Second, st.HasSecond = s, true
	if (c.peek() == '.' || c.peek() == ',') && c.digitAt(1) {
		c.i++
		scale := 100000
		for c.digitAt(0) {
			st.Micro += int(c.peek()-'0') * scale
			scale /= 10
			c.i++
		}
	}
	return true
}

// half reads AM or PM in their many spellings and turns the hour.
func (c *cursor) half(st *Stamp) bool {
	back := c.i
	attached := c.peek() != ' '
	c.spaces()
	letter := c.peek() | 0x20
	if letter != 'a' && letter != 'p' {
		c.i = back
		return false
	}
	c.i++
	dotted := c.peek() == '.'
	if dotted {
		c.i++
	}
	if c.peek()|0x20 == 'm' {
		c.i++
		if dotted && c.peek() == '.' {
			c.i++
		}
	} else if !attached || dotted || c.style != Typed && !c.colon {
		c.i = back
		return false
	}
	if !c.boundary() || st.Hour == 0 && letter == 'p' {
		c.i = back
		return false
	}
	turnHour(st, letter)
	return true
}

func turnHour(st *Stamp, letter byte) {
	st.TwelveHour = true
	switch {
	case letter == 'p' && st.Hour < 12:
		st.Hour += 12
	case letter == 'a' && st.Hour == 12:
		st.Hour = 0
	}
}

// hourWord skips the word for hours after a 24-hour time: 14:02h, 1402 hrs.
func (c *cursor) hourWord() {
	back := c.i
	c.spaces()
	for _, w := range []string{"hrs", "hours", "h", "Uhr"} {
		if (w != "h" || back == c.i) && c.word(w) && c.boundary() {
			return
		}
	}
	c.i = back
}

func (c *cursor) clockInRange(st *Stamp) bool {
	if st.Hour == 24 && st.Minute == 0 && st.Second == 0 {
		return c.endOfClock()
	}
	return st.Hour < 24 && st.Minute < 60 && c.endOfClock()
}

// endOfClock keeps 14:02abc, 12:30:45:12 and 1.27.3 from being times.
func (c *cursor) endOfClock() bool {
	if c.peek() == 'Z' || c.peek() == 'z' {
		return true
	}
	rest := c.s[c.i:]
	return c.boundary() || strings.HasPrefix(rest, "ish") || c.letters() != "" && c.knownZone(c.letters())
}

// zone reads a zone after a clock time, if there is one.
func (c *cursor) zone(st *Stamp) bool {
	back := c.i
	spaced := c.peek() == ' ' || c.peek() == '\t'
	c.spaces()
	bracket := c.peek() == '(' || c.peek() == '['
	if bracket {
		c.i++
	}
	name := c.zoneName(spaced, st)
	if name == "" || bracket && c.peek() != ')' && c.peek() != ']' {
		c.i = back
		return false
	}
	if bracket {
		c.i++
	}
	st.Zone = name
	return true
}

// zoneName reads Z, an offset, an abbreviation or an IANA name.
func (c *cursor) zoneName(spaced bool, st *Stamp) string {
	if (c.peek() == 'Z' || c.peek() == 'z' && !spaced) && len(c.letters()) == 1 {
		c.i++
		return "UTC"
	}
	if c.peek() == '+' || c.peek() == '-' || strings.HasPrefix(c.s[c.i:], "−") {
		return c.offset(spaced, st)
	}
	word := c.letters()
	if word == "" {
		return ""
	}
	start := c.i
	if end := ianaEnd(c.s, c.i); end > c.i+len(word) {
		if loc, name, err := LoadZone(c.s[c.i:end]); err == nil && loc != nil {
			c.i = end
			return name
		}
	}
	if !c.knownZone(word) {
		return ""
	}
	c.i += len(word)
	if !c.boundary() {
		c.i = start
		return ""
	}
	if up := strings.ToUpper(word); up == "UTC" || up == "GMT" {
		c.namedOffset(start)
	}
	return c.s[start:c.i]
}

// namedOffset extends UTC to UTC+2 when an offset follows at once.
func (c *cursor) namedOffset(start int) {
	back := c.i
	if c.peek() != '+' && c.peek() != '-' {
		return
	}
	for c.i++; c.digitAt(0) || c.peek() == ':' && c.digitAt(1); c.i++ {
	}
	if _, ok := parseOffset(c.s[start:c.i]); !ok || !c.boundary() {
		c.i = back
	}
}

// offset reads +09:00 or -0700. A minus right after a clock time is rather
// the dash of a span, except in an ISO timestamp.
func (c *cursor) offset(spaced bool, st *Stamp) string {
	start := c.i
	minus := c.peek() != '+'
	if minus && !spaced && !c.isoT && !st.HasSecond {
		return ""
	}
	if c.peek() == '+' || c.peek() == '-' {
		c.i++
	} else {
		c.i += len("−")
	}
	from := c.i
	for c.digitAt(0) || c.peek() == ':' && c.digitAt(1) {
		c.i++
	}
	minutes, ok := parseOffset(c.s[start:c.i])
	if !ok || c.i-from < 2 || !c.boundary() || minutes%15 != 0 {
		c.i = start
		return ""
	}
	return fixedName(minutes)
}

// knownZone reports whether a word is a zone abbreviation in this style:
// documents must write it in capitals, typed lines may not shout.
func (c *cursor) knownZone(word string) bool {
	up := strings.ToUpper(word)
	if word != up && (c.style != Typed || len(word) < 3 || up == "EST" || up == "IST" || up == "MST" || up == "WEST" || up == "HST") {
		return false
	}
	_, ok := abbreviations(up)
	return ok || meanings(up) != nil
}

// ianaEnd finds the end of a name such as America/Argentina/Salta.
func ianaEnd(s string, i int) int {
	end, slash := i, false
	for end < len(s) && end-i < 40 {
		b := s[end]
		letter := (b|0x20) >= 'a' && (b|0x20) <= 'z' || b == '_'
		sign := slash && (b == '-' || b == '+' || b >= '0' && b <= '9')
		if !letter && b != '/' && !sign {
			break
		}
		slash = slash || b == '/'
		end++
	}
	for end > i && (s[end-1] == '-' || s[end-1] == '/' || s[end-1] == '+') {
		end--
	}
	if !slash {
		return i
	}
	return end
}

// weekdayNamed finds a weekday by its English name or short form.
func weekdayNamed(word string) (time.Weekday, bool) {
	low := strings.ToLower(word)
	for d := time.Sunday; d <= time.Saturday; d++ {
		full := strings.ToLower(d.String())
		if low == full || low == full[:3] || low == "tues" && d == time.Tuesday ||
			(low == "thur" || low == "thurs") && d == time.Thursday || low == "weds" && d == time.Wednesday {
			return d, true
		}
	}
	return 0, false
}
