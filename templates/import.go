package templates

import (
	"fmt"
	"strings"
	"time"

	"coetracker/coe"
	"coetracker/coe/importer"
	"coetracker/timeline"
)

// ImportPage takes a review that exists already: pasted, or as a file.
type ImportPage struct {
	Frame
	Form Form
}

// Import is the page of ImportPage.
var Import = page[ImportPage]("import.html")

// ImportPreviewPage shows what was understood of a review before it is stored.
type ImportPreviewPage struct {
	Frame
	Intro    string
	Error    string
	Warnings []string // each with its line
	Source   string   // the original, as text that survives a form
	FileName string
	Read     string // the zone in which the times were read
	Own      bool   // a file of our own format: nothing to choose
	Events   []ImportEventRow
	Ticked   int
	Actions  []ImportActionRow
	Sections []Fact
	Fields   []Field
	Facts    []Fact
	Unplaced []string
}

// ImportPreview is the page of ImportPreviewPage.
var ImportPreview = page[ImportPreviewPage]("import_preview.html")

// ImportEventRow is one time that was found.
type ImportEventRow struct {
	Index   int
	Ticked  bool
	Time    string
	Text    string
	Kind    string
	Sure    string
	Warning string
	Source  string
}

// ImportActionRow is one action that was found.
type ImportActionRow struct {
	Index  int
	Ticked bool
	Text   string
	Owner  string
	Due    string
	Under  string
}

// ImportReview shows a review. tick says which rows of a list are ticked:
// "take" for the times, "act" for the actions.
func ImportReview(p *ImportPreviewPage, r importer.Review, tick func(list string, i int) bool) {
	byLine := map[int]string{}
	for _, w := range r.Warnings {
		p.Warnings = append(p.Warnings, fmt.Sprintf("Line %d: %s", w.Line, w.Message))
		byLine[w.Line] = strings.TrimSpace(byLine[w.Line] + " " + w.Message)
	}
	for i, e := range r.Events {
		row := ImportEventRow{
			Index: i, Ticked: tick("take", i), Text: clipped(e.Text, 300), Sure: precisionWord(e.Precision), Source: sourceLines(e.Line, e.LineEnd), Warning: byLine[e.Line],
			Time: shownTime(timeline.Entry{At: e.At, EndAt: e.End, Zone: e.Zone, Precision: e.Precision}),
		}
		if e.Kind != timeline.Note {
			row.Kind = strings.ToLower(e.Kind.Label())
		}
		if row.Ticked {
			p.Ticked++
		}
		p.Events = append(p.Events, row)
	}
	for i, a := range r.Actions {
		row := ImportActionRow{Index: i, Ticked: tick("act", i), Text: clipped(a.Text, 300), Owner: a.Owner, Due: a.Due, Under: fmt.Sprintf("line %d", a.Line)}
		if a.Done {
			row.Under += ", said to be done"
		}
		p.Actions = append(p.Actions, row)
	}
	for _, s := range r.Sections {
		p.Sections = append(p.Sections, Fact{sectionLabel(s.Name), clipped(s.Markdown, 160)})
	}
	for _, u := range r.Unplaced {
		p.Unplaced = append(p.Unplaced, fmt.Sprintf("Line %d: %s", u.Line, u.Text))
	}
	p.Facts = reviewFacts(r)
}

func precisionWord(p timeline.Precision) string {
	switch p {
	case timeline.Approximate:
		return "about"
	case timeline.Unknown:
		return "no time"
	}
	return "sure"
}

func sectionLabel(name string) string {
	if name == "other" {
		return "Notes"
	}
	return sentence(name)
}

// reviewFacts is what the text itself says of the event.
func reviewFacts(r importer.Review) []Fact {
	loc, _, err := timeline.LoadZone(r.Zone)
	if err != nil {
		loc = time.UTC
	}
	var out []Fact
	for _, m := range []struct {
		name string
		at   *time.Time
	}{{"Start", r.Started}, {"Detected", r.Detected}, {"Mitigated", r.Mitigated}, {"Resolved", r.Resolved}} {
		if m.at != nil {
			out = append(out, Fact{m.name, m.at.In(loc).Format("2 Jan 2006 15:04 ") + zoneShort(m.at.In(loc))})
		}
	}
	if d := r.Duration(); d != nil {
		out = append(out, Fact{"Duration", Length(*d) + ", computed"})
	}
	if len(r.Services) > 0 {
		out = append(out, Fact{"Services", strings.Join(r.Services, ", ")})
	}
	return out
}

// ImportFile shows a file of our own format.
func ImportFile(p *ImportPreviewPage, d *coe.Document) {
	p.Own = true
	p.Facts = []Fact{
		{"Title", d.COE.Title},
		{"Number", fmt.Sprintf("%s, or the next that is free", d.COE.Name())},
		{"Kind", KindWord(d.COE.Kind)},
		{"Severity", itoa(d.COE.Severity)},
		{"Zone", d.COE.Zone},
		{"Timeline", plural(len(d.Entries), "entry", "entries")},
		{"Actions", plural(len(d.Actions), "action", "actions")},
		{"Whys", plural(len(d.Whys), "why", "whys")},
	}
	if d.COE.Visibility == coe.Restricted {
		p.Facts = append(p.Facts, Fact{"Who may read it", "only named people and administrators"})
	}
}
