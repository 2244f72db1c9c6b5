package templates

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"coetracker/coe"
	"coetracker/evidence"
	"coetracker/timeline"
)

// EvidencePage is where what tools said is taken into a document.
type EvidencePage struct {
	Frame
	Name      string // COE-17
	Number    int64
	State     Mark
	Outline   []OutlineItem
	Zone      string
	Window    string // what was looked at
	NoWindow  bool   // nobody knows yet when it happened
	NoService bool
	More      bool
	Error     string // of the whole form
	Draft     string
	Suggested []SuggestionForm
	Accepted  []AcceptedForm
	Dismissed []DismissedForm
}

// CollectEvidence is the page of EvidencePage.
var CollectEvidence = page[EvidencePage]("coe_evidence.html")

// SuggestionForm is an item that may belong to the document.
type SuggestionForm struct {
	ItemView
	ID      int64
	Ticked  bool
	Reasons []string
	Text    Field
	Others  []string // further entries that it makes
	Role    Field    // Kind is "" where there is nothing to choose
	Why     Field    // of dismissing it
}

// AcceptedForm is an item of the document.
type AcceptedForm struct {
	ItemView
	ID    int64
	Role  Field
	Wave  string // what stopping at the first wave would have meant
	Draft string // address of an answer drafted from it
}

// DismissedForm is an item that was found not to belong to the document.
type DismissedForm struct {
	ItemView
	ID     int64
	Reason string
}

// ItemView is an item in a line.
type ItemView struct {
	Type     string // "rollback", as under Related
	Name     string // "Rollback r-17"
	Href     string
	Mark     Mark
	Versions string
	When     string
	Role     string
}

// EvidenceAsk says how the page stands: what was typed in a form that was
// refused, and why.
type EvidenceAsk struct {
	Typed func(name string) []string // nil on a fresh page
	Error FieldError
}

// NewEvidencePage fills the page.
func NewEvidencePage(f Frame, v View, findings []coe.Finding, sg coe.Suggested, list []coe.Linked, ask EvidenceAsk) EvidencePage {
	d := v.Document
	e := evidenceEditor{editor: editor{View: v, d: d}, ask: ask, loc: d.COE.Location()}
	p := EvidencePage{
		Frame: f, Name: d.COE.Name(), Number: d.COE.Number, State: StateMark(d.COE.State), Outline: OutlineOf(d, findings, "evidence"),
		Zone: ZoneWords(d), NoWindow: sg.From == nil, NoService: len(d.Services) == 0, More: sg.More, Draft: e.draft("evidence"),
	}
	p.Frame.Zone = d.COE.Zone
	if sg.From != nil {
		p.Window = sg.From.In(e.loc).Format("Mon 2 Jan 15:04") + " to " + sg.To.In(e.loc).Format("Mon 2 Jan 15:04 MST")
	}
	for _, s := range sg.List {
		p.Suggested = append(p.Suggested, e.suggestion(s))
	}
	for _, l := range list {
		switch l.Decision.Decision {
		case coe.Accepted:
			p.Accepted = append(p.Accepted, e.accepted(l))
		case coe.Dismissed:
			p.Dismissed = append(p.Dismissed, DismissedForm{ItemView: itemView(l, e.loc), ID: l.Item.ID, Reason: l.Decision.Reason})
		}
	}
	if !e.placed {
		p.Error = ask.Error.Text
	}
	return p
}

// evidenceEditor builds the forms of the page.
type evidenceEditor struct {
	editor
	ask    EvidenceAsk
	loc    *time.Location
	placed bool // the refusal stands beside its field
}

func (e *evidenceEditor) suggestion(s coe.Suggestion) SuggestionForm {
	id := s.Item.ID
	out := SuggestionForm{ID: id, ItemView: itemView(coe.Linked{Item: s.Item, Spans: s.Spans, Other: s.Other}, e.loc), Reasons: s.Reasons}
	out.Text = e.field(id, Field{Kind: "area", Name: "text", Label: "What the timeline will say", Hint: kindAndTime(s.Entries[0], e.loc), Value: textOf(s.Entries[0]), Rows: 2})
	for _, x := range s.Entries[1:] {
		out.Others = append(out.Others, kindAndTime(x, e.loc)+": "+textOf(x))
	}
	out.Role = e.field(id, roleField(s.Item.Type, s.Role, s.Relation))
	out.Why = e.field(id, Field{Kind: "text", Name: "reason", Label: "Why it does not belong here", Size: 40})
	if e.ask.Typed != nil {
		out.Ticked = slices.Contains(e.ask.Typed("item"), fmt.Sprint(id))
	}
	return out
}

// field gives a field the name of its item, what was typed into it, and what
// is wrong with it.
func (e *evidenceEditor) field(id int64, f Field) Field {
	if f.Kind == "" {
		return f
	}
	f.Name = fmt.Sprintf("%s-%d", f.Name, id)
	f.ID = f.Name
	form := Form{Fields: []Field{f}}
	if e.ask.Typed != nil {
		form = form.Fill(e.ask.Typed)
	}
	if e.ask.Error.Field == f.Name {
		form, e.placed = form.Refuse(e.ask.Error), true
	}
	return form.Fields[0]
}

// roleField lets people say what an item was for the event: a change takes a
// role, an experiment a relation, everything else nothing.
func roleField(t evidence.Type, role coe.Role, rel coe.Relation) Field {
	switch t {
	case evidence.TypeDeployment, evidence.TypeRollback:
		f := Field{Kind: "select", Name: "role", Label: "What it was"}
		for _, r := range coe.Roles() {
			f.Options = append(f.Options, Option{Value: string(r), Label: r.Label(), Selected: r == role})
		}
		return f
	case evidence.TypeExperiment:
		f := Field{Kind: "select", Name: "relation", Label: "How it belongs here"}
		for _, r := range coe.Relations(t) {
			f.Options = append(f.Options, Option{Value: string(r), Label: relationWords(r), Selected: r == rel})
		}
		return f
	}
	return Field{}
}

// relationWords say what an experiment is to the document.
func relationWords(r coe.Relation) string {
	switch r {
	case coe.RevealedBy:
		return "It revealed this"
	case coe.Reproduces:
		return "It reproduces this"
	case coe.Verifies:
		return "It verifies the fix"
	}
	return r.Label()
}

func (e *evidenceEditor) accepted(l coe.Linked) AcceptedForm {
	out := AcceptedForm{ItemView: itemView(l, e.loc), ID: l.Item.ID, Wave: l.Impact}
	out.Role = roleField(l.Item.Type, coe.Role(l.Decision.Role), coe.Relation(l.Decision.Relation))
	out.Role.ID = fmt.Sprintf("accepted-%d", l.Item.ID)
	change := l.Item.Type == evidence.TypeDeployment || l.Item.Type == evidence.TypeRollback
	if change && coe.ChangeDraft(&l.Item, e.d.Impacts) != "" {
		out.Draft = fmt.Sprintf("/coes/%d/edit/questions?draft=%d#r-C2", e.d.COE.Number, l.Item.ID)
	}
	return out
}

func textOf(e timeline.Edit) string {
	if e.Text == nil {
		return ""
	}
	return *e.Text
}

// kindAndTime says where an entry will stand: "14:02, mitigation start".
func kindAndTime(e timeline.Edit, loc *time.Location) string {
	out := ""
	if e.When != nil && e.When.At != nil {
		out = e.When.At.In(loc).Format("Mon 2 Jan 15:04")
	}
	if e.Kind != nil {
		out += ", " + strings.ToLower(e.Kind.Label())
	}
	return out
}

// itemView shows an item in a line, with times of a zone.
func itemView(l coe.Linked, loc *time.Location) ItemView {
	i := &l.Item
	v := ItemView{Type: string(i.Type), Name: coe.Called(i, 120), Href: coe.ItemPath(i.Type, i.ID), Mark: ItemMark(i), When: spanWords(l, loc)}
	if i.Type == evidence.TypeExperiment {
		v.Mark = RunMark(i)
	}
	v.Versions = coe.Versions(i)
	v.Role = coe.Role(l.Decision.Role).Label()
	if v.Role == "" {
		v.Role = coe.Relation(l.Decision.Relation).Label()
	}
	return v
}

// spanWords say when an item went on: "Fri 10 Oct 14:02 to 14:20".
func spanWords(l coe.Linked, loc *time.Location) string {
	from, to := l.Item.StartedAt, l.Item.EndedAt
	if n := len(l.Spans); n > 0 && from == nil {
		from, to = &l.Spans[0].StartedAt, l.Spans[n-1].EndedAt
	}
	if from == nil {
		return ""
	}
	a := from.In(loc)
	if to == nil || !to.After(*from) {
		return a.Format("Mon 2 Jan 15:04")
	}
	b := to.In(loc)
	if a.Format(time.DateOnly) == b.Format(time.DateOnly) {
		return a.Format("Mon 2 Jan 15:04") + b.Format(" to 15:04")
	}
	return a.Format("Mon 2 Jan 15:04") + b.Format(" to Mon 2 Jan 15:04")
}

// EvidenceBox says on other pages that something was found.
type EvidenceBox struct {
	Count int
	More  bool
	Href  string
	Dark  []string // what is known of stretches without an entry
}

// NewEvidenceBox counts what was suggested, and names what falls into the dark
// stretches of the timeline.
func NewEvidenceBox(d *coe.Document, sg coe.Suggested) *EvidenceBox {
	if len(sg.List) == 0 {
		return nil
	}
	b := &EvidenceBox{Count: len(sg.List), More: sg.More, Href: fmt.Sprintf("/coes/%d/edit/evidence", d.COE.Number)}
	loc := d.COE.Location()
	most := time.Duration(d.Policy().For(d.COE.Severity).GapMinutes) * time.Minute
	for _, g := range timeline.Gaps(d.Entries, most) {
		var known []string
		for _, s := range sg.List {
			at := s.Entries[0].When.At
			if len(known) < 3 && !at.Before(g.From) && at.Before(g.To) {
				known = append(known, fmt.Sprintf("%s at %s", coe.Called(&s.Item, 60), at.In(loc).Format("15:04")))
			}
		}
		if len(known) > 0 {
			b.Dark = append(b.Dark, fmt.Sprintf("%s to %s: %s", g.From.In(loc).Format("15:04"), g.To.In(loc).Format("15:04"), strings.Join(known, ", ")))
		}
	}
	return b
}

// ShowEvidence puts what stands under Related on the read page, leads the rows
// to their items, and says to those who may edit what else was found.
// experiments are those that rows name, by what the rows name.
func (p *COEPage) ShowEvidence(d *coe.Document, refs []coe.Linked, experiments map[string]int64, sg coe.Suggested) {
	loc := d.COE.Location()
	at := map[string]string{}
	for _, l := range refs {
		v := itemView(l, loc)
		p.Evidence = append(p.Evidence, v)
		at[LinkWord(v.Type)+" "+coe.LinkTarget(&l.Item)] = v.Href
		if l.Impact != "" && !slices.Contains(p.Waves, l.Impact) {
			p.Waves = append(p.Waves, l.Impact)
		}
	}
	for i, r := range p.Related {
		if href := at[r.Type+" "+r.Target]; href != "" {
			p.Related[i].Href = href
		} else if id := experiments[r.Target]; id != 0 && r.Type == LinkWord(string(evidence.TypeExperiment)) {
			p.Related[i].Href = fmt.Sprintf("/experiments/%d", id)
		}
	}
	for i := range p.Evidence {
		for _, r := range p.Related {
			if r.Href == p.Evidence[i].Href {
				p.Evidence[i].Role = r.Role
			}
		}
	}
	p.Found = NewEvidenceBox(d, sg)
}
