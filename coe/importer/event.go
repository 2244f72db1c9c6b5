package importer

import (
	"strings"

	"coetracker/timeline"
)

// item is an entry of the timeline, or a day that counts for those after it.
type item struct {
	stamp       timeline.Stamp
	day         bool
	first, last int // lines [first, last)
	text        []string
	indent      int           // of the bullet or paragraph
	level       int           // of the heading; 0 for others
	row         bool          // from a table
	kind        timeline.Kind // told by a label; "" otherwise
}

// readTimeline finds the part that holds the timeline and its entries.
func (d *doc) readTimeline() {
	d.dropEmptyContext()
	d.giveBackSections()
	d.openFences()
	if !d.hasTimeline() {
		d.findTimeline()
	}
	d.extendTimeline()
	d.readDots()
	next := d.nextStarts()
	r := reader{d: d, next: next, cur: -1}
	for p := range d.parts {
		if d.parts[p].name == inTimeline {
			r.part(p)
		}
	}
}

// starts counts the lines of a part that begin with a clock time.
func (d *doc) starts(p part) int {
	n := 0
	for i := max(p.head, 0); i < p.last; i++ {
		if l := d.leads[i]; l.ok && (l.stamp.HasClock || l.stamp.Unknown) || d.lines[i].kind == tableRow && rowTimed(d.lines[i].raw) {
			n++
		}
	}
	return n
}

// rowTimed reports whether one of the first cells of a table row is a time.
func rowTimed(raw string) bool {
	cells, _ := timeline.SplitPipes(raw)
	for _, cell := range cells[:min(len(cells), 3)] {
		if st, _, ok := timeline.Lead(cell, timeline.Document); ok && (st.HasClock || st.Unknown || st.HasDate()) {
			return true
		}
	}
	return false
}

// dropEmptyContext takes labels such as Context out of the timeline when
// nothing under them begins with a time.
func (d *doc) dropEmptyContext() {
	for i := range d.parts {
		p := &d.parts[i]
		if p.label && p.name == inTimeline && d.starts(*p) < 2 {
			p.name = inOther
		}
	}
}

// giveBackSections lets a heading inside the timeline that names another
// section, and holds no entry, go there.
func (d *doc) giveBackSections() {
	for i := range d.parts {
		p := &d.parts[i]
		if p.name != inTimeline || p.root || d.starts(*p) > 0 {
			continue
		}
		switch own := classify(p.title); own {
		case inWhys, inImpact, inLessons, inActions:
			p.name, p.root = own, true
		}
	}
}

func (d *doc) hasTimeline() bool {
	for i, p := range d.parts {
		if p.name == inTimeline && (d.starts(p) > 0 || d.dateCount[i] > 1) {
			return true
		}
	}
	return false
}

// extendTimeline takes in the headings behind the timeline that go on with it:
// they begin with a time, though they stand on the timeline's own level.
func (d *doc) extendTimeline() {
	for i := 1; i < len(d.parts); i++ {
		p := &d.parts[i]
		if d.parts[i-1].name == inTimeline && p.name == inOther && p.head >= 0 && d.lines[p.head].kind == heading && d.leads[p.head].ok && d.leads[p.head].stamp.HasClock {
			p.name, p.root = inTimeline, false
			for k := i + 1; k < len(d.parts) && d.parts[k].level > p.level; k++ {
				d.parts[k].name, d.parts[k].root = inTimeline, false
			}
		}
	}
}

// findTimeline takes the part with the most lines that begin with a time, where
// no heading says timeline: at least three, and not a list of labelled moments.
func (d *doc) findTimeline() {
	best, most := -1, 2
	for i, p := range d.parts {
		if p.name == inActions || p.name == inTimeline {
			continue
		}
		if n := d.starts(p); n > most {
			best, most = i, n
		}
	}
	if best >= 0 {
		d.parts[best].name, d.parts[best].root = inTimeline, true
		return
	}
	d.findHeadingTimeline()
}

// findHeadingTimeline takes headings that begin with a time as the timeline.
func (d *doc) findHeadingTimeline() {
	var timed []int
	for i, p := range d.parts {
		if p.head >= 0 && d.lines[p.head].kind == heading && d.leads[p.head].ok && d.leads[p.head].stamp.HasClock {
			timed = append(timed, i)
		}
	}
	if len(timed) < 3 {
		return
	}
	for _, i := range timed {
		d.parts[i].name = inTimeline
	}
}

// nextStarts gives for each line whether another entry begins below it before
// the part ends.
func (d *doc) nextStarts() []bool {
	next := make([]bool, len(d.lines)+1)
	for i := len(d.lines) - 1; i > 0; i-- {
		here := d.lines[i].kind != heading && d.leads[i].ok && (d.leads[i].stamp.HasClock || d.leads[i].stamp.Unknown)
		if here {
			next[i-1] = true
			continue
		}
		next[i-1] = next[i] && d.partOf[i] == d.partOf[i-1]
	}
	return next
}

// reader walks over the timeline's parts and makes items.
type reader struct {
	d    *doc
	next []bool
	cur  int // index of the open item in d.items; -1 for none
}

// part reads the lines of one part, its heading first.
func (r *reader) part(p int) {
	part := r.d.parts[p]
	if part.head >= 0 && !part.label {
		r.heading(part.head, part)
	} else {
		r.cur = -1
	}
	for i := part.first; i < part.last; {
		i = r.line(i, part)
	}
}

// heading opens an entry, names a day, or ends what was open.
func (r *reader) heading(i int, p part) {
	l, lead := r.d.lines[i], r.d.leads[i]
	inside := r.cur >= 0 && r.d.items[r.cur].level > 0 && r.d.items[r.cur].level < p.level
	switch {
	case lead.ok && !p.root && (lead.stamp.HasClock || lead.stamp.Unknown || !r.d.holdsTimes(i)):
		r.open(item{stamp: lead.stamp, first: i, last: i + 1, level: p.level}, lead.text)
	case lead.ok && lead.stamp.HasDate():
		r.day(lead.stamp, i)
	case inside:
		r.take(i, strings.TrimSpace(l.raw))
	default:
		r.cur = -1
		if st, ok := dayOnly(l.body); ok {
			r.day(st, i)
		}
	}
}

// day makes a day count for what follows. Words beside it stay in the text of
// the section.
func (r *reader) day(st timeline.Stamp, i int) {
	r.cur = -1
	r.d.items = append(r.d.items, item{stamp: st, day: true, first: i, last: i + 1})
	if _, only := dayOnly(r.d.lines[i].body); only {
		r.d.used[i] = true
	}
}

// dayOnly recognises a line that is only a day, also a weekday.
func dayOnly(s string) (timeline.Stamp, bool) {
	s = strings.Trim(strings.TrimSpace(s), "*_:. ")
	st, n, ok := timeline.ScanDay(s)
	return st, ok && n == len(s)
}

// holdsTimes reports whether entries stand under a heading that names a day:
// in its own part, or in parts one level or more below.
func (d *doc) holdsTimes(i int) bool {
	level := d.lines[i].level
	if level == 0 {
		level = labelLevel
	}
	for p := d.partOf[i]; p < len(d.parts); p++ {
		part := d.parts[p]
		if part.head > i && part.level <= level {
			return p > d.partOf[i] && part.level == level && d.clockHeading(part.head)
		}
		for k := max(part.first, i+1); k < part.last; k++ {
			if d.leads[k].ok && d.leads[k].stamp.HasClock || d.lines[k].kind == tableRow && rowTimed(d.lines[k].raw) {
				return true
			}
		}
		if part.head > i && d.clockHeading(part.head) {
			return true
		}
	}
	return false
}

// clockHeading reports whether a heading begins with a time but no day, so
// that the day above it counts for it.
func (d *doc) clockHeading(i int) bool {
	l := d.leads[i]
	return l.ok && l.stamp.HasClock && !l.stamp.NamesDay()
}

// open begins an entry.
func (r *reader) open(it item, text string) {
	if text != "" {
		it.text = append(it.text, text)
	}
	r.d.items = append(r.d.items, it)
	r.cur = len(r.d.items) - 1
	for i := it.first; i < it.last; i++ {
		r.d.used[i] = true
	}
}

// take adds a line to the open entry.
func (r *reader) take(i int, text string) {
	it := &r.d.items[r.cur]
	it.text = append(it.text, text)
	if r.d.lines[i].kind != blank {
		it.last = i + 1
	}
	r.d.used[i] = true
}

// line reads one line, or a whole table, and gives the next line to read.
func (r *reader) line(i int, p part) int {
	l, lead := r.d.lines[i], r.d.leads[i]
	switch {
	case l.kind == tableRow:
		return r.table(i)
	case p.label && i == p.head:
		r.cur = -1
		return i + 1
	case l.kind == linkDef || l.kind == front:
		return i + 1
	case lead.ok && r.begins(i):
		if r.namesDay(i) {
			r.day(lead.stamp, i)
		} else {
			text := lead.text
			if rest, who := timeline.SplitNick(text); who != "" {
				text = who + ": " + rest // "<who>" would be taken for a tag
			}
			r.open(item{stamp: lead.stamp, first: i, last: i + 1, indent: l.indent}, text)
		}
		return i + 1
	}
	if st, ok := dayOnly(l.body); ok && (l.kind == paragraph || l.kind == bullet) && st.HasWeekday {
		r.day(st, i)
		return i + 1
	}
	if r.cur >= 0 && r.belongs(i) {
		r.take(i, dedent(l.raw, r.d.items[r.cur]))
	} else if r.cur >= 0 && l.kind != blank {
		r.cur = -1
	}
	return i + 1
}

// dedent takes the indentation of the entry's own bullet from a line under it.
func dedent(raw string, it item) string {
	if it.level > 0 || it.row {
		return raw
	}
	cut := 0
	for cut < it.indent+2 && cut < len(raw) && raw[cut] == ' ' {
		cut++
	}
	return raw[cut:]
}

// begins decides whether a line that starts with a time is an entry of its
// own. In running text only the beginning of a paragraph is, or a time that
// something sets off from its text.
func (r *reader) begins(i int) bool {
	l, lead := r.d.lines[i], r.d.leads[i]
	inHeading := r.cur >= 0 && r.d.items[r.cur].level > 0
	if !lead.stamp.HasClock && !lead.stamp.Unknown {
		return !inHeading && (l.kind == bullet || startsParagraph(r.d.lines, i)) && (lead.text == "" || r.d.manyDates(i) || setOff(l.body, lead.text))
	}
	if lead.stamp.Unknown && !strings.ContainsAny(l.body[:min(8, len(l.body))], ":[(") {
		return false
	}
	if l.kind == bullet {
		return true
	}
	if strings.HasPrefix(l.body, ">") {
		return false
	}
	return startsParagraph(r.d.lines, i) || setOff(l.body, lead.text) || r.d.clockLine(i-1) || r.d.clockLine(i+1)
}

// clockLine reports whether a line of running text begins with a clock time:
// two such lines in a row are a list, not a sentence that was wrapped.
func (d *doc) clockLine(i int) bool {
	return i >= 0 && i < len(d.lines) && d.lines[i].kind == paragraph && d.leads[i].ok && d.leads[i].stamp.HasClock
}

func startsParagraph(lines []line, i int) bool {
	return i == 0 || lines[i-1].kind != paragraph && lines[i-1].kind != bullet || strings.HasSuffix(lines[i-1].raw, "  ")
}

// setOff reports whether a dash, colon, bracket or tab parts time and text.
func setOff(body, text string) bool {
	if text == "" {
		return false
	}
	before := strings.TrimRight(strings.TrimSuffix(body, text), " ")
	return strings.HasSuffix(before, ":") || strings.HasSuffix(before, "-") || strings.HasSuffix(before, "–") || strings.HasSuffix(before, "—") ||
		strings.HasSuffix(before, "]") || strings.HasSuffix(before, ")") || strings.HasSuffix(before, "*") || strings.HasSuffix(before, "`") || strings.HasSuffix(before, "|")
}

// manyDates reports whether a line stands in a list whose lines begin with days.
func (d *doc) manyDates(i int) bool { return d.dateCount[d.partOf[i]] > 1 }

// namesDay reports whether a line gives the day for entries below it rather
// than being one: it has no clock time and times follow in its part.
func (r *reader) namesDay(i int) bool {
	st := r.d.leads[i].stamp
	return !st.HasClock && !st.Unknown && st.HasDate() && r.followed(i)
}

// followed reports whether the next timed line below names no day itself.
func (r *reader) followed(i int) bool {
	if !r.next[i] {
		return false
	}
	for k := i + 1; k < r.d.part(i).last; k++ {
		if l := r.d.leads[k]; l.ok && (l.stamp.HasClock || l.stamp.HasDate()) {
			return !l.stamp.NamesDay()
		}
	}
	return false
}

// belongs decides whether a line without a time goes to the open entry.
func (r *reader) belongs(i int) bool {
	l, it := r.d.lines[i], r.d.items[r.cur]
	switch {
	case it.level > 0 || l.kind == blank:
		return true
	case it.row:
		return r.next[i]
	case l.indent > it.indent || l.kind == paragraph && i > 0 && r.d.lines[i-1].kind != blank:
		return true
	case l.kind == bullet:
		return l.indent == it.indent || r.next[i]
	}
	return r.next[i]
}

// table reads a table; rows with a time are entries.
func (r *reader) table(i int) int {
	t := r.d.tableAt(i)
	rows, ok := t.times()
	if !ok {
		keep := r.cur >= 0 && r.belongs(i)
		for k := i; k < t.last && keep; k++ {
			r.take(k, r.d.lines[k].raw)
		}
		if !keep {
			r.cur = -1
		}
		return t.last
	}
	r.cur = -1
	for _, row := range rows {
		k := t.at[row.Index]
		text := row.Text
		if row.Who != "" {
			text = strings.TrimSpace(row.Who + ": " + text)
		}
		switch {
		case row.HasTime && !placeholder(r.d.lines[k].raw):
			r.open(item{stamp: row.Stamp, first: k, last: k + 1, row: true}, text)
		case r.cur >= 0 && text != "":
			r.take(k, text)
		}
	}
	for k := i; k < t.last; k++ {
		if cells, ok := timeline.SplitPipes(r.d.lines[k].raw); ok && timeline.IsRule(cells) {
			r.d.used[k] = true
		}
	}
	return t.last
}
