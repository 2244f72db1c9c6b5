package importer

import (
	"strings"
	"time"

	"coetracker/timeline"
)

// keyLine is a line that gives a key moment under a label: "First detected:
// 2023-01-11 14:22".
type keyLine struct {
	kind  timeline.Kind
	label string
	stamp timeline.Stamp
	line  int // index
	at    *time.Time
}

// keySpan is a line that gives the whole span: "Duration: 10:45 to 16:11 UTC".
type keySpan struct {
	from, to time.Time
	line     int
}

// readKeyLines collects labelled moments and spans outside the entries. Where
// the text has no other timeline, labelled moments become its entries.
func (d *doc) readKeyLines() {
	for i, l := range d.lines {
		if d.used[i] || !d.prose(i) || l.kind == heading || len(l.body) > 300 {
			continue
		}
		s := l.body
		if l.kind == tableRow {
			cells, _ := timeline.SplitPipes(l.raw)
			s = strings.Join(cells, " ")
		}
		st, from, to, ok := timeline.FindTime(s)
		if !ok {
			continue
		}
		label := strings.Trim(plain(s[:from]), " :-–—")
		if st.End != nil && len(d.spans) < maxStated {
			d.readSpan(i, st, label)
			continue
		}
		if k, ok := labelKind(label); ok && quietAfter(s[to:]) && !d.leads[i].ok {
			d.keys = append(d.keys, keyLine{kind: k, label: label, stamp: st, line: i})
		}
	}
	entries := 0
	for _, it := range d.items {
		if !it.day {
			entries++
		}
	}
	if entries == 0 && len(d.keys) > 1 {
		d.keysAsEntries()
	}
}

// quietAfter allows only a few words behind a labelled moment.
func quietAfter(s string) bool {
	return len(strings.Fields(strings.Trim(s, " *_.)(|"))) <= 4
}

// labelKind tells which key moment a label names.
func labelKind(label string) (timeline.Kind, bool) {
	if label == "" || len(strings.Fields(label)) > 5 {
		return "", false
	}
	says := func(phrases ...string) bool { return timeline.Says(label, phrases...) }
	switch {
	case says("not"):
		return "", false
	case says("repaired*", "mitigated*", "fixed", "stabilised", "stabilized", "mitigation"):
		return timeline.Mitigated, true
	case says("resolved", "end", "ended", "ends", "end time", "closed", "recovered", "recovery", "restored", "resolution", "finished", "finish"):
		return timeline.Resolved, true
	case says("detected", "detection", "first reported", "reported", "discovered", "noticed", "identified at"):
		return timeline.Detected, true
	case says("declared", "acknowledged", "engaged", "responded", "escalated"):
		return timeline.Engaged, true
	case says("start", "started", "starts", "start time", "began", "begin", "begins", "occurs", "occurred", "onset", "fault", "impact start*"):
		return timeline.ImpactStart, true
	}
	return "", false
}

// readSpan keeps a span that measures the event itself.
func (d *doc) readSpan(i int, st timeline.Stamp, label string) {
	if !timeline.Says(label, "duration", "impact", "outage", "downtime", "incident", "when", "window", "period", "affected") || len(strings.Fields(label)) > 10 || deskHours(d.lines[i].body) {
		return
	}
	c := timeline.Context{Zone: d.zone, ZoneName: d.r.Zone, Window: d.dayAbove(i)}
	if !placeable(st, c) {
		return
	}
	if c.Window != nil {
		c.Now = *c.Window
	}
	u, err := d.settleDay(st).Resolve(c)
	if err != nil || u.At == nil || u.EndAt == nil || u.At.Year() > 2200 {
		return
	}
	d.spans = append(d.spans, keySpan{from: *u.At, to: *u.EndAt, line: i})
}

// dayAbove gives the day that counts at a line: the last one named above it,
// else the document's.
func (d *doc) dayAbove(i int) *time.Time {
	day := d.date
	for _, it := range d.items {
		if it.first > i {
			break
		}
		if it.day && it.stamp.HasDate() && it.stamp.Year > 0 {
			at := time.Date(it.stamp.Year, time.Month(it.stamp.Month), it.stamp.Day, 0, 0, 0, 0, d.zone).UTC()
			day = &at
		}
	}
	return day
}

// keysAsEntries turns labelled moments into the timeline's entries.
func (d *doc) keysAsEntries() {
	for _, k := range d.keys {
		rest := d.lines[k.line].body
		if d.lines[k.line].kind == tableRow {
			cells, _ := timeline.SplitPipes(rest)
			rest = strings.Join(cells, " ")
		}
		_, from, to, _ := timeline.FindTime(rest)
		text := strings.TrimSpace(strings.TrimRight(rest[:from], " :-–*") + " " + strings.TrimSpace(rest[to:]))
		d.items = append(d.items, item{stamp: k.stamp, first: k.line, last: k.line + 1, text: []string{strings.TrimSpace(strings.ReplaceAll(text, "**", ""))}, kind: k.kind})
		d.used[k.line] = true
	}
}

// resolveKeys finds the instants of labelled moments and mends their dates.
func (d *doc) resolveKeys() {
	c := timeline.Context{Zone: d.zone, ZoneName: d.r.Zone, Window: d.date}
	if d.date != nil {
		c.Now = *d.date
	}
	var list []found
	var index []int
	for i, k := range d.keys {
		if !placeable(k.stamp, c) {
			continue
		}
		if timeline.Meanings(k.stamp.Zone) != nil {
			k.stamp.Zone = d.r.Zone
		}
		u, err := k.stamp.Resolve(c)
		if err != nil || u.At == nil {
			continue
		}
		if c.Previous == nil {
			c.Previous = u.At
		}
		f := found{stamp: k.stamp, dated: k.stamp.HasDate()}
		f.At, f.Line = u.At, k.line+1
		list = append(list, f)
		index = append(index, i)
	}
	d.mendDates(list)
	for n, i := range index {
		d.keys[i].at = list[n].At
	}
}
