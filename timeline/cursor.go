package timeline

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// cursor walks over a text that may begin with a time.
type cursor struct {
	s         string
	i         int
	style     Style
	afterDate bool // a date stands before: 14.02 and 1402 are clock times now
	isoT      bool // the clock stands after an ISO T: -07:00 is an offset
	colon     bool // minutes were read after a colon: 9:06a is a time
}

func (c *cursor) at(k int) byte {
	if c.i+k < len(c.s) && c.i+k >= 0 {
		return c.s[c.i+k]
	}
	return 0
}

func (c *cursor) peek() byte { return c.at(0) }

func (c *cursor) digitAt(k int) bool { b := c.at(k); return b >= '0' && b <= '9' }

// spaces skips blanks, tabs and no-break spaces, never a line end.
func (c *cursor) spaces() {
	for {
		switch {
		case c.peek() == ' ' || c.peek() == '\t':
			c.i++
		case strings.HasPrefix(c.s[c.i:], "\u00a0"), strings.HasPrefix(c.s[c.i:], "\u202f"):
			_, size := utf8.DecodeRuneInString(c.s[c.i:])
			c.i += size
		default:
			return
		}
	}
}

// word skips w, whatever its case, if the text continues with it.
func (c *cursor) word(w string) bool {
	if len(c.s)-c.i < len(w) || !strings.EqualFold(c.s[c.i:c.i+len(w)], w) {
		return false
	}
	c.i += len(w)
	return true
}

// boundary reports whether a word or number ends here.
func (c *cursor) boundary() bool {
	r, _ := utf8.DecodeRuneInString(c.s[c.i:])
	return c.i >= len(c.s) || !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_'
}

// digits reads between low and high digits as a number.
func (c *cursor) digits(low, high int) (n int, count int, ok bool) {
	for count < high && c.digitAt(count) {
		n = n*10 + int(c.at(count)-'0')
		count++
	}
	if count < low || c.digitAt(count) {
		return 0, 0, false
	}
	c.i += count
	return n, count, true
}

// letters gives the run of ASCII letters here without moving.
func (c *cursor) letters() string {
	end := c.i
	for end < len(c.s) && (c.s[end]|0x20) >= 'a' && (c.s[end]|0x20) <= 'z' {
		end++
	}
	return c.s[c.i:end]
}

// approxWord skips a word or mark that makes the time after it approximate.
func (c *cursor) approxWord() bool {
	back := c.i
	c.word("at ")
	c.spaces()
	for _, w := range []string{"~", "≈", "±", "approximately ", "approx. ", "approx ", "around ", "about ", "circa ", "ca. ", "ca ", "c. ", "roughly ", "some time around ", "sometime around "} {
		if c.word(w) {
			c.spaces()
			return true
		}
	}
	c.i = back
	return false
}

// relative reads the forms that count from somewhere: now, +5, T-10m.
func (c *cursor) relative(st *Stamp) bool {
	if c.word("now") && c.boundary() {
		st.Now = true
		return true
	}
	sign := time.Duration(1)
	switch {
	case c.peek() == '+':
		st.After = true
		c.i++
	case (c.peek() == 'T' || c.peek() == 't') && (c.at(1) == '+' || c.at(1) == '-'):
		st.Impact = true
		if c.at(1) == '-' {
			sign = -1
		}
		c.i += 2
	default:
		return false
	}
	d, ok := c.duration()
	st.Shift = sign * d
	if !ok {
		*st = Stamp{}
	}
	return ok
}

// duration reads 5, 5m, 1h10, 1h10m, 1:10, 90s or 2d; a bare number is minutes.
func (c *cursor) duration() (time.Duration, bool) {
	n, _, ok := c.digits(1, 4)
	if !ok {
		return 0, false
	}
	if c.peek() == ':' && c.digitAt(1) {
		c.i++
		m, _, ok := c.digits(2, 2)
		return time.Duration(n)*time.Hour + time.Duration(m)*time.Minute, ok && c.boundary()
	}
	total := time.Duration(0)
	for {
		unit, more := c.unit()
		total += time.Duration(n) * unit
		if !more || !c.digitAt(0) {
			break
		}
		if n, _, ok = c.digits(1, 4); !ok {
			return 0, false
		}
	}
	return total, c.boundary()
}

// unit reads the letter after a number of a duration; none means minutes.
func (c *cursor) unit() (d time.Duration, found bool) {
	units := []struct {
		text string
		d    time.Duration
	}{
		{"days", 24 * time.Hour},
		{"day", 24 * time.Hour},
		{"d", 24 * time.Hour},
		{"hours", time.Hour},
		{"hour", time.Hour},
		{"hrs", time.Hour},
		{"hr", time.Hour},
		{"h", time.Hour},
		{"minutes", time.Minute},
		{"mins", time.Minute},
		{"min", time.Minute},
		{"m", time.Minute},
		{"seconds", time.Second},
		{"secs", time.Second},
		{"sec", time.Second},
		{"s", time.Second},
	}
	for _, u := range units {
		if c.word(u.text) {
			return u.d, true
		}
	}
	return time.Minute, false
}
