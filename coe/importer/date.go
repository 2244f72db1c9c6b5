package importer

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"coetracker/timeline"
)

// readDate finds the day of the event for times that name none: a sentence at
// the timeline, the title, the front matter, any other sentence, the file name.
func (d *doc) readDate() {
	for _, find := range []func() (timeline.Stamp, int, bool){d.dateAtTimeline, d.dateInTitle, d.dateInFront, d.dateInText, d.dateInName} {
		st, line, ok := find()
		if !ok {
			continue
		}
		at := time.Date(st.Year, time.Month(st.Month), st.Day, 0, 0, 0, 0, d.zone)
		d.date, d.dateLine = &at, line
		return
	}
	d.readYear()
}

// readYear finds the year for dates that name none, where the text holds no
// full date: "January 2031" in a heading or sentence, or a year in the title.
func (d *doc) readYear() {
	for i, l := range d.lines {
		if !d.prose(i) || aboutDocument(l.body) || d.part(i).name == inActions {
			continue
		}
		if year := yearIn(l.body, l.kind == heading && l.level == 1); year > 0 {
			d.year = year
			d.warn(i+1, fmt.Sprintf("The text holds no full date; the year %d was taken from this line.", year))
			return
		}
	}
}

// yearIn finds a year behind the name of a month; alone a year counts too.
func yearIn(s string, alone bool) int {
	after := alone
	for _, w := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" ,.;:()[]*_/-", r) }) {
		if n, err := strconv.Atoi(w); err == nil && len(w) == 4 && n >= 1990 && n <= 2100 && after {
			return n
		}
		_, month := timeline.MonthNamed(w)
		after = alone || month
	}
	return 0
}

// dateAtTimeline looks in the sentences between the timeline's heading and its
// first entry.
func (d *doc) dateAtTimeline() (timeline.Stamp, int, bool) {
	for _, p := range d.parts {
		if p.name != inTimeline || !p.root {
			continue
		}
		for i := max(p.head, p.first-1); i < p.last && i >= 0; i++ {
			if d.leads[i].ok && d.leads[i].stamp.HasClock {
				break
			}
			if st, ok := dateIn(d.lines[i].body, true); ok && d.prose(i) {
				return st, i + 1, true
			}
		}
	}
	return timeline.Stamp{}, 0, false
}

func (d *doc) dateInTitle() (timeline.Stamp, int, bool) {
	for i, l := range d.lines {
		if l.kind == heading && l.level == 1 || l.kind == front && strings.HasPrefix(l.body, "title:") {
			if st, ok := dateIn(l.body, true); ok {
				return st, i + 1, true
			}
		}
	}
	return timeline.Stamp{}, 0, false
}

func (d *doc) dateInFront() (timeline.Stamp, int, bool) {
	for i, l := range d.lines {
		if l.kind != front {
			break
		}
		if strings.HasPrefix(l.body, "date:") {
			if st, ok := dateIn(l.body, true); ok {
				return st, i + 1, true
			}
		}
	}
	return timeline.Stamp{}, 0, false
}

// dateInText takes the first full date of the prose. Lines about the document
// itself, such as "Last modified", tell when it was written, not the event.
func (d *doc) dateInText() (timeline.Stamp, int, bool) {
	for i, l := range d.lines {
		if name := d.part(i).name; !d.prose(i) || aboutDocument(l.body) || name == inActions || name == inRelated {
			continue
		}
		if st, ok := dateIn(l.body, true); ok {
			return st, i + 1, true
		}
	}
	return timeline.Stamp{}, 0, false
}

func aboutDocument(s string) bool {
	return timeline.Says(s, "last modified", "last updated", "published", "created", "written", "author*", "merged", "version")
}

func (d *doc) dateInName() (timeline.Stamp, int, bool) {
	st, ok := dateIn(d.fileTitle(), true)
	return st, 0, ok
}

// dateIn finds the first date in a text; withYear asks for a full one.
func dateIn(s string, withYear bool) (timeline.Stamp, bool) {
	word := false
	for i := range len(s) {
		b := s[i]
		letter := b >= '0' && b <= '9' || (b|0x20) >= 'a' && (b|0x20) <= 'z' || b >= 0x80
		if letter && !word && (i == 0 || s[i-1] != '/' && s[i-1] != '=') {
			st, n, ok := timeline.ScanDay(s[i:])
			ends := i+n >= len(s) || s[i+n] != '/' && s[i+n] != '-' || i+n+1 >= len(s) || s[i+n+1] == ' '
			if ok && st.HasDate() && (st.Year > 0 || !withYear) && st.Year <= 2200 && ends {
				return st, true
			}
		}
		word = letter || word && (b == '-' || b == '.')
	}
	return timeline.Stamp{}, false
}
