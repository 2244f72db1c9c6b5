package importer

import (
	"fmt"
	"strings"
	"time"

	"coetracker/timeline"
)

// found is an event with what is known only while reading.
type found struct {
	Event
	stamp timeline.Stamp
	dated bool // its day is written at it
}

// resolveEvents turns items into events: it carries the day, mends plain typing
// errors in dates, and says in words where the order looks wrong. Times without
// a day take it from the entry above, so after a mend all is read once more.
func (d *doc) resolveEvents() {
	list, items := d.walk()
	if d.mendDates(list) {
		for n, f := range list {
			d.items[items[n]].stamp = f.stamp
		}
		list, _ = d.walk()
	}
	d.remarkOrder(list)
	for _, f := range list {
		d.r.Events = append(d.r.Events, f.Event)
	}
	d.remarkLabel()
}

// walk resolves the items one after another; items gives the item of each event.
func (d *doc) walk() (list []found, items []int) {
	c := timeline.Context{Zone: d.zone, ZoneName: d.r.Zone}
	if d.date != nil {
		c.Window, c.Now = d.date, *d.date
	}
	dayless, named := -1, false
	for n, it := range d.items {
		if it.day {
			d.setDay(&c, it)
			named = true
			continue
		}
		f := d.event(c, it)
		if it.stamp.HasClock && !it.stamp.NamesDay() && c.Previous == nil && dayless < 0 && !named {
			dayless = it.first
		}
		if f.At != nil {
			c.Previous = f.At
			if f.End != nil && it.stamp.End.HasDate() {
				c.Previous = f.End
			}
		}
		list, items = append(list, f), append(items, n)
	}
	d.remarkDay(dayless)
	return list, items
}

// setDay makes a day count for the entries after it.
func (d *doc) setDay(c *timeline.Context, it item) {
	st := d.settleDay(it.stamp)
	u, err := st.Resolve(*c)
	if err != nil || u.At == nil || !placeable(st, *c) {
		d.warn(it.first+1, "The day in this line could not be read.")
		return
	}
	year, month, day := u.At.In(d.zone).Date()
	at := time.Date(year, month, day, 0, 0, 0, 0, d.zone).UTC()
	c.Window, c.Previous = &at, nil
}

// placeable reports whether a stamp leads to an instant: it names a full day,
// or there is a day to count from.
func placeable(st timeline.Stamp, c timeline.Context) bool {
	return st.Year > 0 || st.Unknown && !st.HasDate() || c.Previous != nil || c.Window != nil
}

// settleDay gives a date without a year the year of the text, and decides
// between 3 April and 4 March by the document's own day, when one of them lies
// within a week of it.
func (d *doc) settleDay(st timeline.Stamp) timeline.Stamp {
	if st.HasDate() && st.Year == 0 && d.date == nil {
		st.Year = d.year
	}
	if !st.Swappable || d.date == nil || st.Year == 0 {
		return st
	}
	near := func(month, day int) bool {
		at := time.Date(st.Year, time.Month(month), day, 0, 0, 0, 0, d.zone)
		return at.Sub(*d.date).Abs() < 8*24*time.Hour
	}
	asWritten, exchanged := near(st.Month, st.Day), near(st.Day, st.Month)
	if exchanged && !asWritten {
		st.Month, st.Day = st.Day, st.Month
	}
	st.Swappable = asWritten == exchanged
	return st
}

// event resolves one item.
func (d *doc) event(c timeline.Context, it item) found {
	f := found{stamp: it.stamp, dated: it.stamp.HasDate()}
	f.Line, f.LineEnd = it.first+1, it.last
	f.Text = d.expand(trimBlank(it.text))
	f.Precision, f.Zone = timeline.Unknown, d.r.Zone
	f.Kind, f.DetectedHow = timeline.GuessKind(firstParagraph(f.Text))
	if label, ok := boldLabel(f.Text); ok {
		if k, ok := labelKind(label); ok {
			f.Kind = k
		}
	}
	if it.kind != "" {
		f.Kind = it.kind
	}
	st := it.stamp
	st = d.settleDay(st)
	if meanings := timeline.Meanings(st.Zone); meanings != nil {
		st.Zone = d.meaning(st.Zone, meanings, f.Line)
	}
	if !placeable(st, c) {
		d.warn(f.Line, "The text names no full day for this time, so the time stayed in the words of the entry.")
		f.Text = strings.TrimSpace(plainLead(d.lines[it.first]) + " " + f.Text)
		return f
	}
	u, err := st.Resolve(c)
	switch {
	case err != nil:
		d.warn(f.Line, "The time in this line could not be read: "+err.Error())
	case u.At == nil:
		d.warn(f.Line, "The time of this entry is unknown; it keeps its place between its neighbours.")
	default:
		f.At, f.End, f.Zone, f.Precision = u.At, u.EndAt, u.Zone, u.Precision
		d.remarkTime(u, st, f.Line)
	}
	return f
}

// plainLead gives the time at the beginning of a line as it is written.
func plainLead(l line) string {
	body := l.body
	if l.kind == tableRow {
		cells, _ := timeline.SplitPipes(l.raw)
		for _, c := range cells {
			if _, _, ok := timeline.Lead(c, timeline.Document); ok {
				return c
			}
		}
	}
	_, text, _ := timeline.Lead(body, timeline.Document)
	lead, whole := strings.CutSuffix(body, text)
	if !whole { // the mark that opened before the time was moved behind it
		lead = strings.TrimSuffix(body, strings.TrimLeft(text, " *_"))
	}
	return strings.Trim(lead, " *_[]`-–—:")
}

// remarkTime passes on what the time grammar found odd.
func (d *doc) remarkTime(u timeline.Understood, st timeline.Stamp, line int) {
	if u.DayMoved {
		d.warn(line, "The time goes back by more than 6 h and no day is written, so the next day was taken.")
	}
	if u.Ask != "" {
		d.warn(line, u.Ask+" The first was taken.")
	}
	label := timeline.LabelWarning(st.Zone, *u.At) != ""
	if u.Warning != "" && !(label && d.said[st.Zone]) {
		d.said[st.Zone] = label
		d.warn(line, u.Warning)
	}
	if st.Dotted && !d.said["dot"] {
		d.said["dot"] = true
		d.warn(line, "A dot stands between hour and minute; it was read as a time.")
	}
	if !st.HasClock {
		d.warn(line, "Only a day is written, no time; midnight of that day stands for it.")
	}
}

// remarkDay says where the day of the first times came from.
func (d *doc) remarkDay(dayless int) {
	if dayless < 0 || d.date == nil {
		return
	}
	where := "the file name"
	if d.dateLine > 0 {
		where = fmt.Sprintf("line %d", d.dateLine)
	}
	d.warn(dayless+1, fmt.Sprintf("The times name no day; %s was taken from %s.", d.date.Format("2 Jan 2006"), where))
}

// mendDates finds dates that are typing errors: the year, or the month, differs
// from both neighbours while the rest fits them. The stamps are mended, and the
// result says whether any was.
func (d *doc) mendDates(list []found) (mended bool) {
	var dated []int
	for i, f := range list {
		if f.At != nil && f.dated {
			dated = append(dated, i)
		}
	}
	for k, i := range dated {
		f := &list[i]
		before, after := d.date, (*time.Time)(nil)
		if k > 0 {
			before = list[dated[k-1]].At
		}
		if k+1 < len(dated) {
			after = list[dated[k+1]].At
		}
		if at, ok := mendDate(*f.At, before, after, d.zone); ok {
			d.warn(f.Line, fmt.Sprintf("%s looks like a typing error, since its neighbours are of %s; %s was taken.",
				writtenDay(f.stamp), dayNear(before, after, d.zone), at.In(d.zone).Format("2006-01-02")))
			year, month, day := at.In(d.zone).Date()
			f.stamp.Year, f.stamp.Month, f.stamp.Day = year, int(month), day
			f.At, mended = &at, true
		}
		if f.At.Year() > 2200 {
			f.stamp, f.At, mended = timeline.Stamp{Unknown: true}, nil, true
			d.warn(f.Line, "The year in this line is not plausible, so the time was left out.")
		}
	}
	return mended
}

func writtenDay(st timeline.Stamp) string {
	return fmt.Sprintf("%04d-%02d-%02d", st.Year, st.Month, st.Day)
}

func dayNear(before, after *time.Time, zone *time.Location) string {
	if before == nil {
		before = after
	}
	return before.In(zone).Format("2 Jan 2006")
}

// plausible leaves out a neighbour whose own year cannot be.
func plausible(t *time.Time) *time.Time {
	if t == nil || t.Year() > 2200 {
		return nil
	}
	return t
}

// mendDate proposes another year or month for a moment far from its
// neighbours; ok is false when the date stands.
func mendDate(at time.Time, before, after *time.Time, zone *time.Location) (time.Time, bool) {
	const far = 25 * 24 * time.Hour
	near := func(t time.Time, most time.Duration) bool {
		return (before == nil || t.Sub(*before).Abs() <= most) && (after == nil || t.Sub(*after).Abs() <= most)
	}
	before, after = plausible(before), plausible(after)
	alone := before == nil && after == nil
	farFrom := (before == nil || at.Sub(*before).Abs() > far) && (after == nil || at.Sub(*after).Abs() > far)
	if alone || !farFrom || before != nil && after != nil && after.Sub(*before).Abs() > far {
		return at, false
	}
	ref := before
	if ref == nil {
		ref = after
	}
	local, wanted := at.In(zone), ref.In(zone)
	for _, month := range []time.Month{local.Month(), wanted.Month()} {
		mended := time.Date(wanted.Year(), month, local.Day(), local.Hour(), local.Minute(), local.Second(), local.Nanosecond(), zone)
		if mended.Day() == local.Day() && near(mended, 60*time.Hour) {
			return mended.UTC(), true
		}
	}
	return at, false
}

// remarkOrder says where an entry stands before the one above it.
func (d *doc) remarkOrder(list []found) {
	var before *found
	for i := range list {
		f := &list[i]
		if f.At == nil {
			continue
		}
		if before != nil && f.At.Before(*before.At) {
			d.warn(f.Line, fmt.Sprintf("%s stands after %s, but is earlier. The order of the text was kept.",
				f.At.In(d.zone).Format("2006-01-02 15:04"), before.At.In(d.zone).Format("2006-01-02 15:04")))
		}
		before = f
	}
}

// trimBlank joins lines without the blank ones at both ends.
func trimBlank(text []string) string {
	for len(text) > 1 && strings.Trim(text[len(text)-1], " .…") == "" {
		text = text[:len(text)-1] // also a line of dots, which stands for a pause
	}
	return strings.Trim(strings.Join(text, "\n"), "\n")
}

// firstParagraph is what tells the kind of an entry.
func firstParagraph(s string) string {
	head, _, _ := strings.Cut(s, "\n\n")
	return head
}

// expand writes links by reference out, since their addresses stand elsewhere
// in the source: [text][ref] becomes [text](address).
func (d *doc) expand(s string) string {
	if len(d.refs) == 0 || !strings.Contains(s, "]") {
		return s
	}
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '[')
		if i < 0 {
			break
		}
		text, ref, size := reference(s[i:])
		address, known := d.refs[strings.ToLower(ref)]
		if size == 0 || !known {
			b.WriteString(s[:i+1])
			s = s[i+1:]
			continue
		}
		b.WriteString(s[:i] + "[" + text + "](" + address + ")")
		s = s[i+size:]
	}
	return b.String() + s
}

// reference reads [text][ref], [text][] or [ref] at the beginning of s.
func reference(s string) (text, ref string, size int) {
	end := strings.IndexByte(s[:min(len(s), 300)], ']')
	if end < 2 {
		return "", "", 0
	}
	text = s[1:end]
	rest := s[end+1:]
	if strings.HasPrefix(rest, "(") || strings.HasPrefix(rest, ":") {
		return "", "", 0
	}
	if strings.HasPrefix(rest, "[") {
		if shut := strings.IndexByte(rest[:min(len(rest), 200)], ']'); shut >= 1 {
			if ref = rest[1:shut]; ref == "" {
				ref = text
			}
			return text, ref, end + 1 + shut + 1
		}
	}
	return text, text, end + 1
}
