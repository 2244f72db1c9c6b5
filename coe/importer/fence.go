package importer

import (
	"coetracker/timeline"
)

// openFences reads a timeline that stands in a code block: when a part of the
// timeline has no entry of its own, the lines of its blocks are taken as text.
func (d *doc) openFences() {
	for _, p := range d.parts {
		if p.name != inTimeline || d.starts(p) > 0 || d.codeStarts(p) < 2 {
			continue
		}
		for i := p.first; i < p.last; i++ {
			l := &d.lines[i]
			if l.kind != code {
				continue
			}
			if l.fence {
				l.kind, l.raw, l.body = blank, "", ""
				continue
			}
			classifyLine(l)
			if l.kind == code {
				l.kind = paragraph
			}
			d.leads[i] = leadOf(*l)
		}
	}
}

// codeStarts counts the lines of code that begin with a clock time.
func (d *doc) codeStarts(p part) int {
	n := 0
	for i := p.first; i < p.last; i++ {
		if d.lines[i].kind != code {
			continue
		}
		if st, _, ok := timeline.Lead(d.lines[i].raw, timeline.Document); ok && st.HasClock {
			n++
		}
	}
	return n
}

// readDots reads 15.26 as a time where the lines around it begin with times:
// on its own it could be a version or an amount.
func (d *doc) readDots() {
	for _, p := range d.parts {
		if p.name != inTimeline || d.starts(p) < 2 {
			continue
		}
		for i := p.first; i < p.last; i++ {
			l := d.lines[i]
			if d.leads[i].ok || l.kind != bullet && l.kind != paragraph || len(l.body) < 5 || l.body[2] != '.' {
				continue
			}
			if st, text, ok := timeline.Lead(l.body, timeline.Typed); ok && st.Dotted && text != "" {
				d.leads[i] = lead{true, st, text}
			}
		}
	}
}
