package timeline

import (
	"fmt"
	"strings"
	"time"
)

// Confidence says how sure the reading of a pasted entry is.
type Confidence string

// The confidences. Likely: the day was carried over or the zone assumed in a
// way that can be wrong. Doubtful: look at it before taking it.
const (
	Sure     Confidence = "sure"
	Likely   Confidence = "likely"
	Doubtful Confidence = "doubtful"
)

// Proposed is an entry found in pasted text, for a person to accept.
type Proposed struct {
	Line, LineEnd int        // lines of the pasted text, from 1
	At, EndAt     *time.Time // UTC; At is nil when the time is unknown
	Zone          string     // IANA name or UTC±hh:mm
	Precision     Precision
	Kind          Kind
	DetectedHow   string
	Text          string // Markdown
	Who           string // as named in the source
	SourceRef     string // a Slack permalink of the message, if the text holds one
	Confidence    Confidence
	Warning       string // one or more sentences, "" when nothing is odd
	Ticked        bool   // whether the preview ticks it from the start
}

// maxPaste bounds what is read of one paste, in bytes.
const maxPaste = 1 << 20

// ParsePaste finds the entries in several pasted lines: plain lines, bullets,
// Markdown tables, TSV and CSV with a time column, log and IRC lines, and two
// shapes of Slack copies. Nothing in the text is stored by this; a text
// without a time gives no proposals.
func ParsePaste(text string, c Context) []Proposed {
	text = strings.ReplaceAll(strings.ReplaceAll(clipBytes(text, maxPaste), "\r\n", "\n"), "\r", "\n")
	lines := strings.Split(text, "\n")
	q := &sequence{c: c}
	for _, line := range lines {
		if zone, ok := StatedZone(line); ok && len(line) < 200 {
			q.setZone(zone)
			break
		}
	}
	switch {
	case oldSlack(lines):
		q.readOldSlack(lines)
	case newSlack(lines):
		q.readNewSlack(lines)
	case q.readTable(lines, text):
	default:
		q.readLines(lines)
	}
	return q.finish()
}

// sequence reads stamps one after another and carries day and zone.
type sequence struct {
	c    Context
	day  *time.Time // midnight of the last day line, until an entry follows it
	chat bool
	out  []Proposed
}

func (q *sequence) setZone(name string) {
	if loc, canonical, err := LoadZone(name); err == nil {
		q.c.Zone, q.c.ZoneName = loc, canonical
	}
}

// setDay makes a day named on a line of its own count for what follows.
func (q *sequence) setDay(st Stamp) bool {
	u, err := st.Resolve(q.c)
	if err != nil || u.At == nil {
		return false
	}
	q.day = u.At
	return true
}

// add proposes an entry at a stamp.
func (q *sequence) add(st Stamp, text string, line, end int) *Proposed {
	c := q.c
	if q.day != nil {
		c.Previous, c.Window, q.day = nil, q.day, nil
	}
	p := Proposed{Line: line, LineEnd: end, Text: text, Precision: Unknown, Confidence: Sure, Ticked: true}
	_, p.Zone = c.zone()
	u, err := st.Resolve(c)
	switch {
	case err != nil:
		p.doubt("This time could not be read: " + err.Error())
	default:
		p.take(u, st)
		q.carry(&p, u, st)
	}
	if p.Precision == Unknown {
		p.doubt("The time is unknown.")
	}
	q.out = append(q.out, p)
	return &q.out[len(q.out)-1]
}

func (p *Proposed) take(u Understood, st Stamp) {
	p.At, p.EndAt, p.Zone, p.Precision = u.At, u.EndAt, u.Zone, u.Precision
	if u.At == nil {
		p.Precision = Unknown
	}
	if !st.HasDate() && st.HasClock {
		p.Confidence = Likely
	}
	if u.Ask != "" {
		p.doubt(u.Ask)
	}
	if u.Warning != "" {
		p.doubt(u.Warning)
	}
}

// doubt adds a sentence to the warning and lowers the confidence.
func (p *Proposed) doubt(sentence string) {
	p.Confidence = Doubtful
	p.Warning = join(p.Warning, sentence)
}

// carry compares with the entry before and moves the context on.
func (q *sequence) carry(p *Proposed, u Understood, st Stamp) {
	if u.At == nil {
		return
	}
	before := q.c.Previous
	if before != nil {
		loc := u.Location
		step := u.At.Sub(*before)
		switch {
		case u.DayMoved:
			p.doubt("The time goes back by more than 6 h, so the next day was taken.")
		case step < 0:
			p.doubt(fmt.Sprintf("%s is before the entry above, %s.", u.At.In(loc).Format("15:04"), before.In(loc).Format("15:04")))
		case q.chat && step > backLimit && !st.HasDate():
			p.doubt(fmt.Sprintf("%s after the message above. Check AM and PM.", ShortDuration(step)))
		}
	}
	q.c.Previous = u.At
}

// finish fills what is the same for every shape.
func (q *sequence) finish() []Proposed {
	for i := range q.out {
		p := &q.out[i]
		p.Text = strings.TrimSpace(p.Text)
		p.Kind, p.DetectedHow = GuessKind(p.Text)
		q.checkPermalink(p)
	}
	return q.out
}

// checkPermalink compares an entry with the Slack message that it links, and
// fills a missing time from it.
func (q *sequence) checkPermalink(p *Proposed) {
	moments := Permalinks(p.Text)
	if len(moments) == 0 {
		return
	}
	sent := moments[0]
	if p.At == nil {
		p.At, p.Precision, p.Confidence = &sent, Exact, Likely
		p.Warning = "The time was taken from the Slack message."
		return
	}
	away := sent.Sub(*p.At).Abs().Round(time.Minute)
	if away >= 25*time.Minute && away < 15*time.Hour && distanceToQuarter(away) <= 2*time.Minute {
		p.doubt(fmt.Sprintf("The Slack message was sent %s away from this time. Check the zone.", ShortDuration(away)))
	}
}

// distanceToQuarter is how far a duration is from a whole half hour; zones
// differ by those.
func distanceToQuarter(d time.Duration) time.Duration {
	rest := d % (30 * time.Minute)
	return min(rest, 30*time.Minute-rest)
}

// readLines reads lines that each begin with a time; others continue the
// entry above them.
func (q *sequence) readLines(lines []string) {
	style := Document
	if !anyLead(lines, Document) {
		style = Typed
	}
	fence := false
	for i, line := range lines {
		if trimmed := strings.TrimSpace(line); strings.HasPrefix(trimmed, "```") || strings.HasPrefix(trimmed, "~~~") {
			fence = !fence
			q.more(line, i+1)
			continue
		}
		st, text, ok := Lead(line, style)
		switch {
		case ok && !fence && !st.HasClock && !st.Unknown && !st.counts() && text == "":
			if !q.setDay(st) {
				q.more(line, i+1)
			}
		case ok && !fence:
			text, who := SplitNick(text)
			q.add(st, text, i+1, i+1).Who = who
		default:
			q.more(line, i+1)
		}
	}
}

func anyLead(lines []string, style Style) bool {
	for _, line := range lines {
		if _, _, ok := Lead(line, style); ok {
			return true
		}
	}
	return false
}

// more appends a line to the entry above it.
func (q *sequence) more(line string, number int) {
	if len(q.out) == 0 {
		return
	}
	p := &q.out[len(q.out)-1]
	if strings.TrimSpace(line) != "" {
		p.LineEnd = number
	}
	p.Text += "\n" + strings.TrimRight(line, " \t")
}

// SplitNick takes the name from IRC and log lines: "<nick> text". who is empty
// and the text unchanged when there is none.
func SplitNick(text string) (rest, who string) {
	if !strings.HasPrefix(text, "<") {
		return text, ""
	}
	name, after, ok := strings.Cut(text[1:], ">")
	if !ok || name == "" || len(name) > 40 || strings.ContainsAny(name, "/:<|!#") {
		return text, ""
	}
	if after != "" && after[0] != ' ' {
		return text, ""
	}
	return strings.TrimSpace(after), strings.TrimLeft(strings.TrimSpace(name), "@+%~&")
}
