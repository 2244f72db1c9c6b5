package timeline

import (
	"strings"
	"unicode"
)

// Lead takes the time from the beginning of a line of text, past bullets,
// numbers, hashes, quotes, bold marks and brackets. text is what follows,
// with any mark that was opened before the time and closes later put back.
// ok is false when the line does not begin with a time.
func Lead(line string, style Style) (st Stamp, text string, ok bool) {
	rest := TrimMarkers(line)
	var open []string
	for {
		mark := opener(rest)
		if mark == "" {
			break
		}
		open = append(open, mark)
		rest = strings.TrimLeft(rest[len(mark):], " \t")
	}
	st, n, ok := Scan(rest, style)
	if !ok {
		return Stamp{}, "", false
	}
	if !closesAfterSpan(&st, rest, &n, open, style) && !cleanEnd(rest[n:]) {
		return Stamp{}, "", false
	}
	return st, closeMarks(rest[n:], open), true
}

// closesAfterSpan reads the second half of "**14:02** – **14:20** text", where
// each end of a span has marks of its own.
func closesAfterSpan(st *Stamp, rest string, n *int, open []string, style Style) bool {
	if len(open) == 0 || st.End != nil || !st.HasClock || st.Unknown {
		return false
	}
	tail := rest[*n:]
	closing := closerOf(open[len(open)-1])
	after, ok := strings.CutPrefix(tail, closing)
	if !ok {
		return false
	}
	c := cursor{s: after, style: style}
	c.spaces()
	if !c.spanMark() {
		return false
	}
	c.spaces()
	if !c.word(open[len(open)-1]) {
		return false
	}
	var end Stamp
	if !c.point(&end) || !end.HasClock || !strings.HasPrefix(after[c.i:], closing) {
		return false
	}
	st.End = &end
	if st.Zone == "" {
		st.Zone = end.Zone
	}
	*n += len(closing) + c.i
	return true
}

// cleanEnd keeps "2025-09-30-report.md" and "14:02/x" from being times.
func cleanEnd(s string) bool {
	if s == "" {
		return true
	}
	switch s[0] {
	case '/', '@', '%', '=', '+', '_', '\\':
		return s[0] == '_' || s[0] == '\\'
	case '-':
		return len(s) == 1 || s[1] == ' ' || s[1] == '-'
	case '.':
		return len(s) == 1 || s[1] == ' ' || s[1] == '.'
	}
	return true
}

// TrimMarkers takes quote marks, hashes, bullets, list numbers and tick boxes
// away from the beginning of a line.
func TrimMarkers(line string) string {
	s := strings.TrimLeft(line, " \t\u00a0")
	for {
		before := s
		s = strings.TrimLeft(strings.TrimPrefix(s, ">"), " \t")
		if hashes := len(s) - len(strings.TrimLeft(s, "#")); hashes > 0 && hashes <= 6 && hashes < len(s) && (s[hashes] == ' ' || s[hashes] == '\t') {
			s = strings.TrimLeft(s[hashes:], " \t")
		}
		s = trimBullet(s)
		if s == before {
			return s
		}
	}
}

func trimBullet(s string) string {
	for _, b := range []string{"- ", "* ", "+ ", "• ", "‣ ", "◦ ", "– ", "— ", "-\t", "*\t", "[ ] ", "[x] ", "[X] "} {
		if after, ok := strings.CutPrefix(s, b); ok {
			return strings.TrimLeft(after, " \t")
		}
	}
	digits := 0
	for digits < len(s) && digits < 3 && s[digits] >= '0' && s[digits] <= '9' {
		digits++
	}
	if digits > 0 && digits+1 < len(s) && (s[digits] == '.' || s[digits] == ')') && (s[digits+1] == ' ' || s[digits+1] == '\t') {
		return strings.TrimLeft(s[digits+1:], " \t")
	}
	return s
}

// opener gives the inline mark at the beginning of s.
func opener(s string) string {
	for _, m := range []string{"**", "__", "~~", "*", "_", "`", "[", "(", "<u>", "<b>", "<strong>", "\\["} {
		if strings.HasPrefix(s, m) && len(s) > len(m) {
			return m
		}
	}
	return ""
}

func closerOf(mark string) string {
	switch mark {
	case "[":
		return "]"
	case "(":
		return ")"
	case "\\[":
		return "\\]"
	case "<u>", "<b>", "<strong>":
		return "</" + mark[1:]
	}
	return mark
}

// closeMarks skips the closing marks and the separator behind a time.
func closeMarks(rest string, open []string) string {
	for len(open) > 0 {
		closing := closerOf(open[len(open)-1])
		after, ok := cutCloser(rest, closing)
		if !ok {
			break
		}
		rest, open = after, open[:len(open)-1]
	}
	text := trimSeparator(rest)
	if len(open) > 0 && text != "" {
		return strings.Join(open, "") + text
	}
	return text
}

// cutCloser cuts a closing mark, also with a colon or dash before it.
func cutCloser(s, closing string) (after string, ok bool) {
	t := strings.TrimLeft(s, " \t")
	if after, ok = strings.CutPrefix(t, closing); ok {
		return after, true
	}
	t = strings.TrimLeft(strings.TrimLeft(t, ":-–—,."), " \t")
	return strings.CutPrefix(t, closing)
}

// trimSeparator takes away what stands between a time and its text. A dot is
// one only before a blank, so that a file name keeps its own.
func trimSeparator(s string) string {
	s = strings.TrimLeft(s, " \t\u00a0")
	for range 3 {
		cut := s
		for _, mark := range []string{"–", "—", "→", "=>", "->", "--", "-", ":", ",", ";", "|", ".", "•"} {
			after, ok := strings.CutPrefix(s, mark)
			if ok && (after == "" || strings.TrimLeftFunc(after, unicode.IsSpace) != after || mark == "–" || mark == "—" || mark == "|" || mark == ":") {
				cut = strings.TrimLeft(after, " \t\u00a0")
				break
			}
		}
		if cut == s {
			break
		}
		s = cut
	}
	return strings.TrimRight(s, " \t")
}
