package importer

import (
	"strings"
	"time"

	"coetracker/timeline"
)

// stated is a duration that the text states in words.
type stated struct {
	what   durationKind
	d      time.Duration
	approx bool // about, nearly
	least  bool // at least, more than
	line   int
}

// durationKind says what a stated duration measures.
type durationKind string

const (
	toDetect  durationKind = "time to detect"
	toRepair  durationKind = "time to repair"
	toResolve durationKind = "time to resolve"
	wholeTime durationKind = "duration"
)

// maxStated bounds how many stated durations are compared with the entries.
const maxStated = 40

// readStated collects the durations that the text states for the event. What
// actions and lessons say about time is about something else.
func (d *doc) readStated() {
	for i, l := range d.lines {
		if d.used[i] || !d.prose(i) || len(l.body) > 2000 {
			continue
		}
		switch d.part(i).name {
		case inActions, inWhys:
			if !shortLabel(l.body) {
				continue
			}
		case inLessons:
			continue
		}
		if deskHours(l.body) {
			continue
		}
		if len(d.stated) < maxStated {
			d.stated = append(d.stated, statedIn(l.body, i+1)...)
		}
	}
}

// deskHours reports whether a line counts only the hours of a working day.
func deskHours(s string) bool {
	return timeline.Says(s, "support hours", "working hours", "business hours", "office hours")
}

func shortLabel(s string) bool {
	_, ok := boldLabel(s)
	return ok || len(strings.Fields(s)) < 12 && strings.Contains(s, ":")
}

// statedIn finds the durations of one line with what they measure.
func statedIn(s string, line int) []stated {
	var out []stated
	for _, sentence := range strings.SplitAfter(s, ". ") {
		rest := sentence
		for range 6 {
			from, to, value, ok := findDuration(rest)
			if !ok {
				break
			}
			before := rest[:from]
			if what, ok := measures(before, sentence, rest[to:]); ok {
				st := stated{what: what, d: value, line: line}
				st.approx = timeline.Says(tail(before, 24), "about", "around", "approximately", "approx", "roughly", "almost", "nearly", "some", "circa", "ca") || strings.HasSuffix(strings.TrimSpace(before), "~")
				st.least = timeline.Says(tail(before, 24), "at least", "over", "more than", "up to", "several") || strings.HasPrefix(rest[to:], "+")
				out = append(out, st)
			}
			rest = rest[to:]
		}
	}
	return out
}

func tail(s string, n int) string { return s[max(0, len(s)-n):] }

// measures tells what a duration measures from the words around it.
func measures(before, sentence, after string) (durationKind, bool) {
	label := tail(before, 60)
	switch {
	case timeline.Says(label, "time to detect*", "detection delay", "detection time", "ttd", "time to notice", "undetected for"):
		return toDetect, true
	case timeline.Says(label, "time to repair", "time to mitigat*", "time to recover*", "time to fix", "ttm"):
		return toRepair, true
	case timeline.Says(label, "time to resol*", "time to restor*", "ttr", "mttr"):
		return toResolve, true
	case timeline.Says(before, "detect*", "delay", "within", "after", "every", "last", "next", "older than") && !timeline.Says(before, "lasted", "duration"):
		return "", false
	case timeline.Says(label, "lasted", "lasting", "duration", "downtime", "outage of", "outage for", "down for", "unavailable for", "unusable for", "total outage", "persisted for", "disrupted for", "recover itself in", "recovered in", "recover in"):
		return wholeTime, true
	case timeline.Says(sentence, "outage", "downtime", "unusable", "unavailable", "broken", "unable", "during which") && timeline.Says(tail(before, 30), "for", "of", "caused", "a", "in a") && !timeline.Says(after, "ago", "before", "later", "earlier"):
		return wholeTime, true
	}
	return "", false
}

// findDuration finds the first duration of a text: 5 hours and 26 minutes,
// 1h50m, 2d 1h 29m, nine hours, 47 minute.
func findDuration(s string) (from, to int, d time.Duration, ok bool) {
	word := false
	for i := 0; i < len(s); i++ {
		b := s[i]
		letter := b >= '0' && b <= '9' || (b|0x20) >= 'a' && (b|0x20) <= 'z' || b >= 0x80
		if letter && !word {
			if n, value, ok := durationAt(s[i:]); ok && n > 0 {
				return i, i + n, value, true
			}
		}
		word = letter || word && (b == '.' || b == '-' || b == ':')
	}
	return 0, 0, 0, false
}

// durationAt reads a duration at the beginning of s and gives its length.
func durationAt(s string) (n int, d time.Duration, ok bool) {
	smallest := time.Duration(1 << 62)
	for {
		skip := n
		if n > 0 {
			skip += joiner(s[n:])
		}
		size, value, unit := quantity(s[skip:])
		if size == 0 || unit >= smallest {
			return n, d, n > 0
		}
		n, d, smallest = skip+size, d+value, unit
	}
}

// joiner gives the length of what stands between "5 hours" and "26 minutes".
func joiner(s string) int {
	for _, j := range []string{" and ", ", and ", ", ", " ", "& "} {
		if strings.HasPrefix(s, j) {
			return len(j)
		}
	}
	return 0
}

// quantity reads "26 minutes", "1h", "nine hours" or "4+ hour".
func quantity(s string) (size int, d, unit time.Duration) {
	n, whole, tenths := 0, 0, 0
	for n < len(s) && n < 6 && s[n] >= '0' && s[n] <= '9' {
		whole = whole*10 + int(s[n]-'0')
		n++
	}
	if n > 0 && n+1 < len(s) && s[n] == '.' && s[n+1] >= '0' && s[n+1] <= '9' {
		tenths = int(s[n+1] - '0')
		n += 2
	}
	if n == 0 {
		if n, whole = numberWord(s); n == 0 {
			return 0, 0, 0
		}
	}
	n += len(s[n:]) - len(strings.TrimLeft(s[n:], " -+"))
	word := letters(s[n:])
	unit = unitNamed(word)
	if unit == 0 {
		return 0, 0, 0
	}
	return n + len(word), time.Duration(whole)*unit + time.Duration(tenths)*unit/10, unit
}

func letters(s string) string {
	n := 0
	for n < len(s) && (s[n]|0x20) >= 'a' && (s[n]|0x20) <= 'z' {
		n++
	}
	return s[:n]
}

func unitNamed(word string) time.Duration {
	switch strings.ToLower(word) {
	case "d", "day", "days":
		return 24 * time.Hour
	case "h", "hr", "hrs", "hour", "hours":
		return time.Hour
	case "m", "min", "mins", "minute", "minutes":
		return time.Minute
	case "s", "sec", "secs", "second", "seconds":
		return time.Second
	}
	return 0
}

// numberWord reads one to twelve, and "an" as in "an hour".
func numberWord(s string) (size, value int) {
	word := strings.ToLower(letters(s))
	if word == "an" || word == "one" {
		return len(word), 1
	}
	for i, name := range []string{"two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"} {
		if word == name {
			return len(word), i + 2
		}
	}
	for i, name := range []string{"twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"} {
		if word == name {
			return len(word), (i + 2) * 10
		}
	}
	return 0, 0
}
