package templates

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"coetracker/coe"
)

// editPart is one part of a document that has an edit page.
type editPart struct {
	name    string
	heading string
	section coe.SectionName // its prose, "" for none
	label   string          // of the prose
	hint    string
}

// editParts lists the parts in the order in which they are best written: the
// summary comes last.
var editParts = []editPart{
	{"header", "Header", "", "", ""},
	{"impact", "Impact", "impact", "What customers could not do", "Who could not do what, how many of how many, where, from when to when."},
	{"timeline", "Timeline", "", "", ""},
	{"metrics", "Metrics", "metrics", "What the graphs show", "Only what the captions cannot say."},
	{"questions", "Questions", "questions", "What the questions do not ask", "Each question below has its own answer."},
	{"whys", "Five whys", "whys", "What the trees cannot say", ""},
	{"lessons", "Lessons", "lessons", "What the list below cannot say", ""},
	{"actions", "Actions", "", "", ""},
	{"related", "Related", "related", "What belongs here besides the list", ""},
	{"sharing", "Sharing", "sharing", "Who else could have this", "Or why nobody else can."},
	{"summary", "Summary", "summary", "One paragraph that stands alone", "Written last, shown first: what happened, to how many, for how long, why, and what is done about it."},
	{"other", "Notes", "other", "Text that belongs to no other section", ""},
	{"timeline-text", "Timeline, text", "timeline", "Text of the timeline that is no entry", ""},
	{"actions-text", "Actions, text", "actions", "Text of the actions that is no action", ""},
}

// EditSection gives the section whose text a part edits; ok is false for a
// part without an edit page here.
func EditSection(part string) (section coe.SectionName, ok bool) {
	i := slices.IndexFunc(editParts, func(p editPart) bool { return p.name == part })
	if i < 0 || part == "timeline" || part == "actions" {
		return "", false
	}
	return editParts[i].section, true
}

// EditOf gives the part whose page edits a section's text.
func EditOf(section coe.SectionName) string {
	for _, p := range editParts {
		if p.section == section && section != "" {
			return p.name
		}
	}
	return "header"
}

// NewEditPage fills the edit page of a part that EditSection knows.
func NewEditPage(f Frame, v View, ask EditAsk) EditPage {
	d := v.Document
	part := editParts[slices.IndexFunc(editParts, func(p editPart) bool { return p.name == ask.Part })]
	e := editor{View: v, d: d, ask: ask, base: fmt.Sprintf("/coes/%d", d.COE.Number)}
	p := EditPage{
		Frame: f, Name: d.COE.Name(), Number: d.COE.Number, State: StateMark(d.COE.State), Part: part.name, Heading: part.heading,
		Outline: OutlineOf(d, ask.Findings, part.name), Blocking: len(coe.Blocking(ask.Findings)), Next: nextOf(d, part.name),
	}
	for _, x := range ask.Findings {
		if !x.Waived && PlacePart(x.Place) == part.name {
			p.Findings = append(p.Findings, NewFindingView(d, x))
		}
	}
	p.Counts = levelCounts(p.Findings)
	p.Zone, p.Foot = d.COE.Zone, e.saved(part)
	if part.section != "" {
		p.Text = e.text(part)
	}
	e.fill(&p)
	if row, key, ok := strings.Cut(ask.Deleted, "/"); ok {
		p.Undo = &Undo{Action: e.base + "/rows/" + row + "/" + key, Text: "It is deleted."}
	}
	return p
}

// editor builds the forms of one page.
type editor struct {
	View
	d    *coe.Document
	ask  EditAsk
	base string // /coes/17
}

func (e editor) fill(p *EditPage) {
	switch p.Part {
	case "header":
		p.Header = e.header()
	case "impact":
		p.RowsTitle = "Impact in numbers"
		e.rows(p, coe.PartImpact, "Add what failed", e.impacts())
	case "metrics":
		p.RowsTitle = "Graphs"
		e.rows(p, coe.PartMetric, "Add the graph", e.metrics())
		if e.ask.Captures {
			p.Capture = e.base + "/edit/metrics/fetch"
		}
	case "questions":
		p.Questions, p.Answers, p.Draft = e.questions(), e.base+"/answers", e.draft("answers")
	case "whys":
		p.Coverage, p.Trees = CoverageWords(e.d), e.trees()
	case "lessons":
		p.RowsTitle = "Lessons"
		e.rows(p, coe.PartLesson, "Add the lesson", e.lessons())
	case "related":
		p.RowsTitle = "What is related"
		e.rows(p, coe.PartLink, "Add the link", e.links())
	case "sharing":
		p.RowsTitle = "Teams"
		e.rows(p, coe.PartSharing, "Add the team", e.sharings())
	}
}

// draft names what the browser keeps: one for each form and person.
func (e editor) draft(form string) string {
	id := int64(0)
	if e.Who != nil {
		id = e.Who.ID
	}
	return fmt.Sprintf("coe-%d-%s-%d", e.d.COE.Number, form, id)
}

func (e editor) text(part editPart) *TextForm {
	s := e.d.Section(part.section)
	t := &TextForm{Section: string(part.section), Action: e.base + "/text/" + string(part.section), PreviewAt: e.base + "/preview", Keep: e.base + "/edit/" + part.name, Label: part.label, Hint: strings.TrimSpace(part.hint + " Markdown; what you type is kept as you typed it."), Value: s.Text, Version: s.Version, Draft: e.draft(string(part.section))}
	switch part.name {
	case "metrics", "questions", "whys", "lessons", "related", "sharing":
		t.Aside = true
	}
	r := e.ask.refusal("text")
	t.Open = r != nil || strings.TrimSpace(s.Text) != ""
	if r == nil {
		return t
	}
	if v := r.Typed("text"); len(v) > 0 {
		t.Value = v[0]
	}
	t.Version = r.version("version", t.Version)
	t.Error, t.Preview = r.Error.Text, r.Preview
	if c := r.Text; c != nil {
		t.Value, t.Version = c.Yours, c.TheirVersion
		t.Conflict = &TextConflict{Theirs: c.Theirs, By: byAt(c.ByName, c.At, e.d.COE.Location()), Diff: DiffOf(c.Theirs, c.Yours)}
	}
	return t
}

func byAt(name string, at time.Time, loc *time.Location) string {
	if name == "" {
		name = "Somebody"
	}
	return name + ", " + at.In(loc).Format("Mon 2 Jan, 15:04:05")
}

// saved says in the foot line when the part was last stored.
func (e editor) saved(part editPart) string {
	c := e.d.COE
	at, rev := c.UpdatedAt, fmt.Sprintf("change %d", c.Seq)
	if part.section != "" && len(e.changed(part.name)) == 0 {
		s := e.d.Section(part.section)
		if s.Version == 0 {
			return "Nothing saved here yet"
		}
		at, rev = s.UpdatedAt, fmt.Sprintf("rev %d", s.Version)
	}
	for _, t := range e.changed(part.name) {
		if t.After(at) {
			at = t
		}
	}
	loc := c.Location()
	if a, b := at.In(loc), e.Now.In(loc); a.YearDay() == b.YearDay() && a.Year() == b.Year() {
		return "Saved " + a.Format("15:04:05") + ", " + rev
	}
	return "Saved " + at.In(loc).Format("Mon 2 Jan, 15:04:05") + ", " + rev
}

// changed lists when the rows of a part were saved.
func (e editor) changed(part string) []time.Time {
	var out []time.Time
	switch part {
	case "impact":
		out = times(e.d.Impacts, func(r coe.Impact) time.Time { return r.UpdatedAt })
	case "metrics":
		out = times(e.d.Metrics, func(r coe.Metric) time.Time { return r.UpdatedAt })
	case "whys":
		out = times(e.d.Whys, func(r coe.Why) time.Time { return r.UpdatedAt })
	case "lessons":
		out = times(e.d.Lessons, func(r coe.Lesson) time.Time { return r.UpdatedAt })
	case "related":
		out = times(e.d.Links, func(r coe.Link) time.Time { return r.UpdatedAt })
	case "sharing":
		out = times(e.d.Sharings, func(r coe.Sharing) time.Time { return r.UpdatedAt })
	case "questions":
		for _, a := range e.d.Answers {
			out = append(out, a.UpdatedAt)
		}
	}
	return out
}

func times[T any](rows []T, of func(T) time.Time) []time.Time {
	out := make([]time.Time, len(rows))
	for i, r := range rows {
		out[i] = of(r)
	}
	return out
}

// nextOf leads on in the order of writing, at the end to the checker.
func nextOf(d *coe.Document, part string) NextLink {
	i := slices.IndexFunc(editParts, func(p editPart) bool { return p.name == part })
	if part == "summary" || i+1 >= len(editParts) || i > slices.IndexFunc(editParts, func(p editPart) bool { return p.name == "summary" }) {
		return NextLink{fmt.Sprintf("/coes/%d/check", d.COE.Number), "the checker"}
	}
	next := editParts[i+1]
	return NextLink{outlineHref(d, part, next.name, 0), strings.ToLower(next.heading)}
}

// NewPreview shows what the store made of a text.
func NewPreview(html string) Preview { return Preview{HTML: stored(html)} }
