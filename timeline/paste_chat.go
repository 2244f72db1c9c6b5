package timeline

import (
	"strings"
	"unicode"
)

// header is the first line of a chat message.
type header struct {
	name  string
	bot   bool
	stamp Stamp
	aged  string // "3 hours ago": no absolute time
}

// oldSlackHeader reads "name [8:27 AM]", also quoted, and "name  8:27 AM".
func oldSlackHeader(line string) (header, bool) {
	s := strings.TrimSpace(strings.TrimLeft(strings.TrimSpace(line), ">"))
	if len(s) > 120 {
		return header{}, false
	}
	if strings.HasSuffix(s, "]") {
		i := strings.LastIndexByte(s, '[')
		if i <= 0 {
			return header{}, false
		}
		return nameAndTime(s[:i], s[i+1:len(s)-1])
	}
	if i := strings.LastIndex(s, "  "); i > 0 {
		h, ok := nameAndTime(s[:i], s[i+2:])
		return h, ok && h.aged == "" && h.stamp.TwelveHour
	}
	return header{}, false
}

func nameAndTime(name, clock string) (header, bool) {
	h := header{name: strings.TrimSpace(name)}
	for _, suffix := range []string{" APP", " BOT", " app"} {
		if short, ok := strings.CutSuffix(h.name, suffix); ok {
			h.name, h.bot = strings.TrimSpace(short), true
		}
	}
	h.name = strings.Trim(h.name, "*_")
	if !chatName(h.name) {
		return header{}, false
	}
	clock = strings.TrimSpace(clock)
	if strings.HasSuffix(clock, " ago") {
		h.aged = clock
		return h, true
	}
	st, n, ok := Scan(clock, Document)
	h.stamp = st
	return h, ok && n == len(clock) && st.HasClock && st.End == nil
}

// chatName reports whether a text can be the name of a person or a bot.
func chatName(s string) bool {
	if s == "" || len(s) > 60 || len(strings.Fields(s)) > 5 {
		return false
	}
	first := rune(0)
	for _, r := range s {
		if first == 0 {
			first = r
		}
		if strings.ContainsRune(":;!?|<>`=/\\[]{}", r) {
			return false
		}
	}
	return unicode.IsLetter(first) || unicode.IsDigit(first) || first == '@' || first == '_'
}

// oldSlack reports whether lines are a copy of the older Slack client.
func oldSlack(lines []string) bool {
	headers, leads := 0, 0
	for _, line := range lines {
		if _, ok := oldSlackHeader(line); ok {
			headers++
		} else if _, _, ok := Lead(line, Document); ok {
			leads++
		}
	}
	return headers > 0 && headers >= leads
}

// readOldSlack reads messages that begin with "name [8:27 AM]".
func (q *sequence) readOldSlack(lines []string) {
	q.chat = true
	open := false
	for i, line := range lines {
		if h, ok := oldSlackHeader(line); ok {
			q.addMessage(h, i+1)
			open = true
			continue
		}
		if q.dayLine(line) {
			continue
		}
		text := unquote(line)
		if open && (text != "" || q.out[len(q.out)-1].Text != "") {
			q.more(dropEdited(text), i+1)
		}
	}
	q.settleChat()
}

// addMessage opens the proposal of one message.
func (q *sequence) addMessage(h header, line int) {
	st := h.stamp
	if h.aged != "" {
		st = Stamp{Unknown: true}
	}
	p := q.add(st, "", line, line)
	p.Who, p.Ticked = h.name, h.bot
	if h.aged != "" {
		p.Text = "(" + h.aged + ")"
	}
}

// unquote takes quote marks from the beginning of a chat line.
func unquote(line string) string {
	s := strings.TrimRight(line, " \t")
	for range 3 {
		t := strings.TrimPrefix(s, ">")
		if t == s {
			break
		}
		s = t
	}
	return s
}

// dropEdited takes the mark of an edited message away; it says nothing.
func dropEdited(s string) string {
	t := strings.TrimRight(s, " \t")
	return strings.TrimRight(strings.TrimSuffix(t, "(edited)"), " \t")
}

// dayLine reads a line that only names a day: "Tuesday, September 30th", also
// between rules.
func (q *sequence) dayLine(line string) bool {
	s := strings.Trim(strings.TrimSpace(unquote(line)), "-—–* ")
	if s == "" || len(s) > 40 {
		return false
	}
	st, n, ok := Scan(s, Typed)
	if !ok || n != len(s) || st.HasClock || !st.NamesDay() {
		c := cursor{s: s, style: Typed}
		st = Stamp{}
		if !c.date(&st) || c.i != len(s) {
			return false
		}
	}
	return q.setDay(st)
}

// settleChat drops join notices' ticks and ticks what is likely to matter.
func (q *sequence) settleChat() {
	for i := range q.out {
		p := &q.out[i]
		p.Text = strings.Trim(p.Text, "\n")
		low := strings.ToLower(p.Text)
		switch {
		case strings.Contains(low, "joined #") || strings.Contains(low, "has joined the channel") || strings.Contains(low, "set the channel topic") || strings.Contains(low, "was added to #"):
			p.Ticked = false
		case strings.Contains(low, ":pushpin:") || strings.Contains(low, "pinned a message") || deployLink(low):
			p.Ticked = true
		}
	}
}

// deployLink reports whether a message links a deployment, a pull request
// that is rolled out, or a pipeline run.
func deployLink(low string) bool {
	if !strings.Contains(low, "http") {
		return false
	}
	for _, part := range []string{"/deploy", "/deployments/", "/releases/", "/pipelines/", "/actions/runs/", "/compare/", "/rollouts/", "/jobs/"} {
		if strings.Contains(low, part) {
			return true
		}
	}
	return false
}

// clockOnly reads a line that holds a time of day and nothing else.
func clockOnly(line string) (Stamp, bool) {
	s := strings.TrimSpace(unquote(line))
	st, n, ok := Scan(s, Document)
	return st, ok && n == len(s) && st.HasClock && !st.HasDate() && st.End == nil && !st.Approx
}

// newSlack reports whether lines are a copy of today's Slack client: times
// stand on lines of their own, at least one of them below a name.
func newSlack(lines []string) bool {
	for i, line := range lines {
		if _, ok := clockOnly(line); ok && i > 0 && nameAbove(lines, i) >= 0 {
			return true
		}
	}
	return false
}

// nameAbove finds the line of the name over a line that holds only a time;
// blank lines between are passed over.
func nameAbove(lines []string, i int) int {
	for k := i - 1; k >= 0 && k >= i-3; k-- {
		s := strings.TrimSpace(unquote(lines[k]))
		if s == "" {
			continue
		}
		if _, clock := clockOnly(s); clock || !chatName(s) || strings.HasSuffix(s, ".") || len(strings.Fields(s)) > 4 {
			return -1
		}
		return k
	}
	return -1
}

// readNewSlack reads name, then time, then text. Later messages of the same
// person have only a time, without AM or PM.
func (q *sequence) readNewSlack(lines []string) {
	q.chat = true
	twelve := anyTwelveHour(lines)
	names := map[int]bool{}
	for i, line := range lines {
		if st, ok := clockOnly(line); ok && (st.TwelveHour || !twelve) {
			if k := nameAbove(lines, i); k >= 0 {
				names[k] = true
			}
		}
	}
	h := header{}
	for i, line := range lines {
		s := strings.TrimSpace(unquote(line))
		st, clock := clockOnly(line)
		switch {
		case names[i]:
			h, _ = nameAndTime(s, "12:00")
		case strings.EqualFold(s, "APP") || strings.EqualFold(s, "BOT"):
			h.bot = true
		case clock:
			h.stamp = q.halfOfDay(st, twelve)
			q.addMessage(h, i+1)
		case q.dayLine(line):
		case len(q.out) > 0:
			q.more(dropEdited(unquote(line)), i+1)
		}
	}
	q.settleChat()
}

func anyTwelveHour(lines []string) bool {
	for _, line := range lines {
		if st, ok := clockOnly(line); ok && st.TwelveHour {
			return true
		}
	}
	return false
}

// halfOfDay guesses AM or PM for "9:04" in a chat with a 12-hour clock: the
// first reading that is not before the message above.
func (q *sequence) halfOfDay(st Stamp, twelve bool) Stamp {
	if !twelve || st.TwelveHour || st.Hour > 12 || q.c.Previous == nil {
		return st
	}
	loc, _ := q.c.zone()
	before := q.c.Previous.In(loc)
	st.Hour %= 12
	morning := st.Hour*60 + st.Minute
	now := before.Hour()*60 + before.Minute()
	if morning < now && morning+12*60 >= now {
		st.Hour += 12
	}
	return st
}
