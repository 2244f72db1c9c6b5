package importer

import (
	"strings"

	"coetracker/timeline"
)

// remarks says once what is unusual about the text as a whole and what it
// does not tell, so that a person knows where to look.
func (d *doc) remarks() {
	d.remarkMissing()
	d.remarkDays()
	d.remarkEntries()
	for i, l := range d.lines {
		if l.kind == linkDef && d.usedRefs()[refName(l)] {
			d.warn(i+1, "Links by reference were written out, since their addresses stand apart from the text.")
			break
		}
	}
	if len(d.lines) > 0 && d.lines[0].kind == front {
		d.warn(1, "The file begins with front matter. A date in it may be the day of publication; check the day of the event.")
	}
}

// remarkMissing names the moments that the text does not tell.
func (d *doc) remarkMissing() {
	at := d.timelineLine()
	if len(d.r.Events) == 0 {
		d.warn(at, "No timeline with times was found. The text is kept in its sections.")
	}
	if d.r.Started == nil {
		d.warn(at, "The text does not say when the impact started.")
	}
	if d.r.Detected == nil {
		d.warn(at, "The text does not say when the event was detected.")
	}
	if d.r.Resolved == nil {
		d.warn(at, "The text does not say when the event was resolved.")
	}
}

// timelineLine is the line of the timeline's heading, 1 when there is none.
func (d *doc) timelineLine() int {
	for _, p := range d.parts {
		if p.name == inTimeline && p.head >= 0 {
			return p.head + 1
		}
	}
	return 1
}

// remarkDays says when the entries run over several days.
func (d *doc) remarkDays() {
	for i := 1; i < len(d.r.Events); i++ {
		a, b := d.r.Events[i-1], d.r.Events[i]
		if a.At == nil || b.At == nil {
			continue
		}
		if a.At.In(d.zone).YearDay() != b.At.In(d.zone).YearDay() {
			d.warn(b.Line, "The timeline runs over more than one day. Check the day of the entries.")
			return
		}
	}
}

// remarkEntries says what entries hold besides their sentence, each once.
func (d *doc) remarkEntries() {
	said := map[string]bool{}
	once := func(line int, message string) {
		if !said[message] {
			said[message] = true
			d.warn(line, message)
		}
	}
	for _, it := range d.items {
		if it.day {
			continue
		}
		if it.level > 0 {
			once(it.first+1, "Headings were read as entries of the timeline.")
		}
		for i := it.first + 1; i < it.last; i++ {
			l := d.lines[i]
			switch {
			case l.kind == code && stampInside(l.body):
				once(i+1, "An entry holds lines with times of their own, such as a log. They stay part of the entry.")
			case l.kind == code:
				once(i+1, "An entry holds a block of code or output. It stays part of the entry.")
			case l.kind == bullet && it.level == 0 && !it.row:
				once(i+1, "An entry holds a list. It stays part of the entry.")
			case strings.Contains(l.body, "!["):
				once(i+1, "An entry holds an image. Upload it to keep it.")
			}
		}
	}
}

// stampInside reports whether a line of output holds a time.
func stampInside(s string) bool {
	_, _, _, ok := timeline.FindTime(s[:min(len(s), 120)])
	return ok
}
