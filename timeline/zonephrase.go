package timeline

import "strings"

// StatedZone finds a zone that a line states for all times of a text: "All
// times in PST", "Times are UTC", "Time zone: Europe/London", "Time (UTC)".
// zone is as written; LoadZone reads it.
func StatedZone(line string) (zone string, ok bool) {
	line = plainUnderscores(line)
	low := strings.ToLower(line)
	for _, phrase := range []string{"times", "timezone", "time zone", "all timestamps", "timestamps are", "time (", "time [", "time in ", "timeline (", "timeline [", "timeline in "} {
		for from := 0; ; {
			i := strings.Index(low[from:], phrase)
			if i < 0 {
				break
			}
			from += i + len(phrase)
			if zone, ok = zoneNear(line[min(from, len(line)):]); ok {
				return zone, true
			}
		}
	}
	return "", false
}

// zoneNear looks for a zone within the next few words.
func zoneNear(s string) (string, bool) {
	c := cursor{s: s, style: Document}
	for range 8 {
		for c.i < len(s) && strings.IndexByte(" \t*_:()[]`,=", c.peek()) >= 0 {
			c.i++
		}
		var st Stamp
		if name := c.zoneName(true, &st); name != "" {
			return name, true
		}
		word := c.i
		for c.i < len(s) && strings.IndexByte(" \t*_:()[]`,=\n", c.peek()) < 0 {
			c.i++
		}
		switch strings.ToLower(s[word:c.i]) {
		case "in", "are", "is", "given", "local", "to", "the", "shown", "below", "listed", "here", "stated", "expressed", "used", "timeline", "all", "zone", "throughout", "as", "otherwise", "unless", "noted", "of", "this", "document":
		default:
			return "", false
		}
	}
	return "", false
}

// plainUnderscores blanks the underscores of emphasis; those inside a word,
// such as America/New_York, stay.
func plainUnderscores(s string) string {
	b := []byte(s)
	word := func(i int) bool { return i >= 0 && i < len(s) && (s[i]|0x20) >= 'a' && (s[i]|0x20) <= 'z' }
	for i := range b {
		if b[i] == '_' && (!word(i-1) || !word(i+1)) {
			b[i] = ' '
		}
	}
	return string(b)
}
