package templates

import (
	"fmt"
	"strings"
	"time"

	"coetracker/actions"
	"coetracker/coe"
)

// editRow is one row of a part before its form is built.
type editRow struct {
	key     string
	version int64
	summary string
	fields  []Field
	actions []int64 // that are linked to it
	links   bool    // actions can be linked to it
}

// rowSet is the rows of one part and how a new one looks.
type rowSet struct {
	rows   []editRow
	blank  []Field
	fields func(row any) []Field // of a row as somebody else left it
	upload bool
}

// rows builds the forms of all rows and of a new one.
func (e editor) rows(p *EditPage, part coe.Part, add string, set rowSet) {
	for i, r := range set.rows {
		f := e.rowForm(part, r.key, "Save")
		f.Version, f.Fields, f.Summary, f.Deletes = r.version, r.fields, r.summary, true
		f.Up, f.Down = i > 0, i+1 < len(set.rows)
		if r.links {
			f.Linked, f.LinkTo = e.linked(r.actions)
		}
		p.Rows = append(p.Rows, e.refuse(f, r.key, set.fields))
	}
	f := e.rowForm(part, "", add)
	f.Fields, f.Upload, f.Open = set.blank, set.upload, true
	p.Add = e.refuse(f, "add", set.fields)
}

// rowForm is an empty form for a row, or for a new one when key is "".
func (e editor) rowForm(part coe.Part, key, submit string) *RowForm {
	f := &RowForm{ID: "r-" + key, Two: part == coe.PartImpact || part == coe.PartLink || part == coe.PartSharing, Form: Form{Action: e.base + "/rows/" + string(part) + "/" + key, Submit: submit, Draft: e.draft(string(part) + "-" + key)}}
	if key == "" {
		f.ID, f.Action, f.Draft = "add", e.base+"/rows/"+string(part), e.draft(string(part)+"-add")
	}
	return f
}

// refuse shows a form again as it was typed, with what is wrong, or with what
// somebody else made of the row meanwhile.
func (e editor) refuse(f *RowForm, form string, fields func(any) []Field) *RowForm {
	f.Fields = named(f.Fields, f.ID)
	r := e.ask.refusal(form)
	if r == nil {
		return f
	}
	f.Open = true
	f.Form = f.Fill(r.Typed).Refuse(r.Error)
	f.Version = r.version("version", f.Version)
	if r.Row == nil || r.Row.Theirs == nil {
		return f
	}
	f.Version, f.Keep = r.Row.TheirVersion, e.base+"/edit/"+e.ask.Part+"#"+f.ID
	f.TheirsHead = "Meanwhile somebody else saved this row, " + r.Row.At.In(e.d.COE.Location()).Format("Mon 2 Jan, 15:04:05") + ". Saving again puts yours in its place."
	f.Theirs = differing(fields(r.Row.Theirs), f.Fields)
	return f
}

// named gives the fields ids of their own, since a page holds many rows.
func named(fields []Field, id string) []Field {
	out := append([]Field{}, fields...)
	for i := range out {
		out[i].ID = id + "-" + out[i].Name
	}
	return out
}

// differing lists the fields in which two versions of a row differ, as the
// first has them.
func differing(theirs, yours []Field) []Fact {
	var out []Fact
	for i, f := range theirs {
		if i < len(yours) && shown(f) != shown(yours[i]) {
			out = append(out, Fact{f.Label, shown(f)})
		}
	}
	return out
}

// shown gives a field's value as a person reads it.
func shown(f Field) string {
	s := f.Value
	switch f.Kind {
	case "check":
		s = "no"
		if f.Checked {
			s = "yes"
		}
	case "select", "multi":
		var chosen []string
		for _, o := range f.Options {
			if o.Selected {
				chosen = append(chosen, o.Label)
			}
		}
		s = strings.Join(chosen, ", ")
	}
	if s == "" {
		return "nothing"
	}
	return strings.ReplaceAll(s, "\r\n", "\n")
}

// linked lists the actions that answer a row, and those that still can.
func (e editor) linked(ids []int64) (linked []LinkedAction, can []Option) {
	has := map[int64]bool{}
	for _, id := range ids {
		has[id] = true
	}
	for _, a := range e.d.Actions {
		if has[a.ID] {
			linked = append(linked, LinkedAction{Key: a.Key, Ref: a.Ref(), Title: a.Title, State: ActionMark(a.State)})
			continue
		}
		can = append(can, Option{Value: a.Key, Label: a.Ref() + " " + a.Title})
	}
	return linked, can
}

// actionChoice lets a row name one action, or none.
func (e editor) actionChoice(label, hint, key string) Field {
	f := Field{Kind: "select", Name: "action", Label: label, Hint: hint, Options: []Option{{Label: "none"}}}
	for _, a := range e.d.Actions {
		if a.State != actions.Declined || a.Key == key {
			f.Options = append(f.Options, Option{Value: a.Key, Label: a.Ref() + " " + a.Title, Selected: a.Key == key})
		}
	}
	return f
}

// when writes a time as the fields take it back.
func (e editor) when(t *time.Time) string {
	if t == nil {
		return ""
	}
	return Typed(*t, e.d.COE.Location())
}

// Typed writes a time in a zone so that it is understood again as it was.
func Typed(t time.Time, loc *time.Location) string {
	layout := "2006-01-02 15:04"
	if t.Second() != 0 {
		layout += ":05"
	}
	return t.In(loc).Format(layout)
}

func (e editor) impacts() rowSet {
	set := rowSet{blank: e.impactFields(coe.Impact{}), fields: func(row any) []Field { i, _ := row.(coe.Impact); return e.impactFields(i) }}
	for _, i := range e.d.Impacts {
		sum := i.What
		if i.Unmeasured {
			sum += ": unmeasured"
		} else if i.Affected != "" {
			sum += ": " + i.Affected
			if i.Total != "" {
				sum += " of " + i.Total
			}
		}
		set.rows = append(set.rows, editRow{key: i.Key, version: i.Version, summary: sum, fields: e.impactFields(i)})
	}
	return set
}

func (e editor) impactFields(i coe.Impact) []Field {
	return []Field{
		{Kind: "text", Name: "what", Label: "What failed", Hint: "Such as: GET requests, sign-ups, images shown.", Value: i.What},
		{Kind: "text", Name: "place", Label: "Where", Hint: "Regions, zones, cells.", Value: i.Place},
		{Kind: "text", Name: "affected", Label: "Affected", Hint: "A number: 2.9 bn, 410 m, 12 %.", Value: i.Affected, Size: 12},
		{Kind: "text", Name: "total", Label: "Of", Hint: "Of how many.", Value: i.Total, Size: 12},
		{Kind: "check", Name: "unmeasured", Label: "Nobody counted it", Checked: i.Unmeasured},
		e.actionChoice("Action that will count it", "", i.ActionKey),
		{Kind: "text", Name: "from", Label: "From", Hint: "Day and time in " + e.d.COE.Zone + ", such as 14:02 or 30 Sep 14:02.", Value: e.when(i.FromAt), Size: 20},
		{Kind: "text", Name: "to", Label: "To", Hint: "Later than the beginning.", Value: e.when(i.ToAt), Size: 20},
	}
}

func (e editor) lessons() rowSet {
	set := rowSet{blank: lessonFields(coe.Lesson{}), fields: func(row any) []Field { l, _ := row.(coe.Lesson); return lessonFields(l) }}
	byLesson := map[int64][]int64{}
	for _, l := range e.d.LessonLinks {
		byLesson[l.LessonID] = append(byLesson[l.LessonID], l.ActionID)
	}
	for _, l := range e.d.Lessons {
		set.rows = append(set.rows, editRow{key: l.Key, version: l.Version, summary: LessonWord(l.Kind) + ": " + l.Text, fields: lessonFields(l), actions: byLesson[l.ID], links: true})
	}
	return set
}

// LessonWord names a kind of lesson.
func LessonWord(k coe.LessonKind) string {
	switch k {
	case coe.LongTerm:
		return "Long term"
	case coe.WentWell:
		return "Went well"
	case coe.Surprised:
		return "Surprised us"
	}
	return "Short term"
}

func lessonFields(l coe.Lesson) []Field {
	kind := Field{Kind: "select", Name: "kind", Label: "Kind"}
	for _, k := range []coe.LessonKind{coe.ShortTerm, coe.LongTerm, coe.WentWell, coe.Surprised} {
		kind.Options = append(kind.Options, Option{Value: string(k), Label: LessonWord(k), Selected: k == l.Kind})
	}
	return []Field{{Kind: "area", Name: "text", Label: "What we learned", Value: l.Text, Rows: 3}, kind}
}

func (e editor) links() rowSet {
	set := rowSet{blank: linkFields(coe.Link{}), fields: func(row any) []Field { l, _ := row.(coe.Link); return linkFields(l) }}
	for _, l := range e.d.Links {
		set.rows = append(set.rows, editRow{key: l.Key, version: l.Version, summary: LinkWord(l.Type) + ": " + l.Target, fields: linkFields(l)})
	}
	return set
}

func linkFields(l coe.Link) []Field {
	kind := Field{Kind: "select", Name: "type", Label: "What it is"}
	for _, t := range coe.LinkTypes() {
		kind.Options = append(kind.Options, Option{Value: t, Label: LinkWord(t), Selected: t == l.Type})
	}
	return []Field{
		kind,
		{Kind: "text", Name: "target", Label: "Number, address or name", Hint: "Such as COE-13, or https://…", Value: l.Target},
		{Kind: "text", Name: "role", Label: "Its part in this", Hint: "A change: cause, suspect, fix or dismissed.", Value: l.Role},
		{Kind: "text", Name: "note", Label: "Note", Value: l.Note},
	}
}

func (e editor) sharings() rowSet {
	set := rowSet{blank: sharingFields(coe.Sharing{}), fields: func(row any) []Field { s, _ := row.(coe.Sharing); return sharingFields(s) }}
	for _, s := range e.d.Sharings {
		set.rows = append(set.rows, editRow{key: s.Key, version: s.Version, summary: strings.TrimSuffix(fmt.Sprintf("%s: %s", s.Team, s.Asked), ": "), fields: sharingFields(s)})
	}
	return set
}

func sharingFields(s coe.Sharing) []Field {
	return []Field{
		{Kind: "text", Name: "team", Label: "Team", Value: s.Team},
		{Kind: "text", Name: "asked", Label: "What we ask of them", Value: s.Asked},
		{Kind: "text", Name: "answer", Label: "What they answered", Value: s.Answer},
	}
}

func (e editor) metrics() rowSet {
	set := rowSet{blank: e.newMetricFields(), upload: true, fields: func(row any) []Field { m, _ := row.(coe.Metric); return metricFields(m) }}
	for _, m := range e.d.Metrics {
		set.rows = append(set.rows, editRow{key: m.Key, version: m.Version, summary: m.Title, fields: metricFields(m)})
	}
	return set
}

func metricFields(m coe.Metric) []Field {
	return []Field{
		{Kind: "text", Name: "title", Label: "Title", Hint: "What is measured.", Value: m.Title},
		{Kind: "text", Name: "unit", Label: "Unit", Value: m.Unit, Size: 12},
		{Kind: "text", Name: "caption", Label: "What the reader should see", Value: m.Caption},
		{Kind: "text", Name: "query", Label: "Query", Value: m.Query},
		{Kind: "text", Name: "live_url", Label: "Address of the live graph", Value: m.LiveURL},
	}
}

func (e editor) newMetricFields() []Field {
	return append(metricFields(coe.Metric{}),
		Field{Kind: "text", Name: "zone", Label: "Zone of times without one", Value: e.d.COE.Zone, Auto: "off"},
		Field{Kind: "area", Name: "csv", Label: "Numbers, as CSV", Hint: "Paste rows of a time and one or more values; the first row may name them. Tabs and semicolons are understood too, and so is what Prometheus, CloudWatch (get-metric-data), Datadog and OTLP answer as JSON.", Rows: 8},
		Field{Kind: "file", Name: "file", Label: "Or a file, CSV or JSON"})
}
