package templates

import (
	"fmt"
	"strings"
	"time"

	"coetracker/actions"
	"coetracker/coe"
	"coetracker/people"
)

// ActionsEditPage is the actions of one document as they are written.
type ActionsEditPage struct {
	Frame
	Name    string // COE-17
	Number  int64
	State   Mark
	Outline []OutlineItem
	Rows    []ActionRow
	Line    LineForm
	Undo    *Undo
	Choices []Option // the experiments that an action can name
	Next    NextLink
}

// ActionsEdit is the page of ActionsEditPage.
var ActionsEdit = page[ActionsEditPage]("actions_edit.html")

// LineForm is a one-line entry with its echo.
type LineForm struct {
	Action   string
	EchoTo   string // where the line is posted while it is typed
	Draft    string
	Label    string
	Value    string
	After    string // key of the entry that the line follows
	Paste    string // the field that several pasted lines go into, "" for none
	For      string // key of the why that the action will answer
	ForWords string
	Focus    bool
	Echo     LineEcho
}

// LineEcho is what was understood of a line, shown under it.
type LineEcho struct {
	Parts   []EchoPart
	Warning string
	Error   string // what hinders saving
	Answers []Option
}

// EchoPart is one thing understood: words, and what is stressed in them.
type EchoPart struct{ Words, Bold, After string }

// Echo is the part of LineEcho that replaces the one under a line.
var Echo = part[LineEcho]("line.html", "echo")

// NewActionsEdit fills the page.
func NewActionsEdit(f Frame, v View, findings []coe.Finding, owners []people.Person) ActionsEditPage {
	d := v.Document
	p := ActionsEditPage{Frame: f, Name: d.COE.Name(), Number: d.COE.Number, State: StateMark(d.COE.State), Outline: OutlineOf(d, findings, "actions"), Next: nextOf(d, "actions")}
	p.Rows, p.Choices = ActionRows(d, v), v.Experiments
	for i, a := range d.Actions {
		may := actionMay(d, a, v)
		may.Texts, may.Owners, may.Back = true, owners, fmt.Sprintf("/coes/%d/edit/actions#a%d", d.COE.Number, a.Number)
		p.Rows[i].Forms, p.Rows[i].Fold, p.Rows[i].Answers = VerbForms(a, may), false, answers(d, a)
	}
	p.Line = LineForm{
		Action: fmt.Sprintf("/coes/%d/actions", d.COE.Number), EchoTo: fmt.Sprintf("/coes/%d/actions/echo", d.COE.Number),
		Label: "New action: what, @owner, when, !priority", Draft: editor{View: v, d: d}.draft("action-line"), Echo: ActionLineHelp(),
	}
	return p
}

// ActionLineHelp stands under an empty line.
func ActionLineHelp() LineEcho {
	return LineEcho{Parts: []EchoPart{{Words: "Such as ", Bold: "Add circuit breaker to client @sam in 2w !p1"}}}
}

// ActionEcho says what was understood of a typed action. owner is who the word
// after @ stands for.
func ActionEcho(p actions.Parsed, owner string, today people.Day) LineEcho {
	e := LineEcho{Error: p.Ask}
	part := func(words, bold, after string) { e.Parts = append(e.Parts, EchoPart{words, bold, after}) }
	if owner != "" {
		part("Understood: owner ", owner, "")
	} else {
		part("Understood: ", "no owner yet", "")
	}
	switch {
	case p.Due != "":
		part("due ", actions.ShowDay(p.Due, today), ", "+actions.DueWords(p.Due, today))
	case p.Priority != "":
		part("due as the policy says for ", p.Priority, "")
	default:
		part("", "no date yet", "")
	}
	if p.Priority != "" {
		after := ""
		if p.Priority == "P0" || p.Priority == "P1" {
			after = ", so it needs proof"
		}
		part("priority ", p.Priority, after)
	}
	return e
}

// answers says which whys and lessons an action answers.
func answers(d *coe.Document, a actions.Action) []string {
	var out []string
	for _, l := range d.WhyActions {
		for _, w := range d.Whys {
			if l.ActionID == a.ID && w.ID == l.WhyID {
				out = append(out, "Answers the why: "+clipped(w.Text, 120))
			}
		}
	}
	for _, l := range d.LessonLinks {
		for _, x := range d.Lessons {
			if l.ActionID == a.ID && x.ID == l.LessonID {
				out = append(out, "Answers the lesson: "+clipped(x.Text, 120))
			}
		}
	}
	return out
}

// clipped gives text on one line, at most n characters of it.
func clipped(s string, n int) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > n {
		return strings.TrimSpace(string(r[:n-1])) + "…"
	}
	return s
}

// MinePage is what one person owes, and what waits for them.
type MinePage struct {
	Frame
	Summary string
	Notices []string // the digest that nobody sent, because Slack is not set up
	Noticed string   // of which day
	Groups  []ActionGroup
	Next    string // address of the next page of open actions
	Later   bool   // this is not the first page
}

// Mine is the page of MinePage.
var Mine = page[MinePage]("mine.html")

// ActionGroup is one heading with its actions.
type ActionGroup struct {
	Heading string
	Note    string
	Rows    []ActionRow
}

// OneActionPage shows one action with a refused form.
type OneActionPage struct {
	Frame
	Name    string // COE-17
	Number  int64
	Back    string
	Row     ActionRow
	Choices []Option // the experiments that an action can name
}

// OneAction is the page of OneActionPage.
var OneAction = page[OneActionPage]("action_one.html")

// NewMine fills the page of somebody's actions.
func NewMine(f Frame, m *actions.Mine, who *people.Principal) MinePage {
	p := MinePage{Frame: f, Next: m.Next}
	group := func(heading, note string, list []actions.Item, may ActionMay) {
		if len(list) == 0 {
			return
		}
		g := ActionGroup{Heading: heading, Note: note}
		may.Who, may.Back = who, "/me/actions"
		for _, it := range list {
			g.Rows = append(g.Rows, ItemRow(it, m.Today, may))
		}
		p.Groups = append(p.Groups, g)
	}
	mine := ActionMay{Act: true}
	group("Overdue", "", m.Overdue, mine)
	group("This week", "", m.ThisWeek, mine)
	group("Later", "", m.Later, mine)
	group("To verify", "Others say these are done. Look at the proof.", m.ToVerify, ActionMay{Verify: true})
	group("Needs an owner", "Open actions of your COEs that nobody has.", m.NeedsOwner, ActionMay{Act: true, Edit: true})
	group("Done in the last 30 days", "", m.Done, ActionMay{})
	p.Summary = mineWords(m)
	return p
}

func mineWords(m *actions.Mine) string {
	open := len(m.Overdue) + len(m.ThisWeek) + len(m.Later)
	s := plural(open, "action is", "actions are") + " open"
	switch {
	case m.Next != "":
		s = fmt.Sprintf("The %d that are due first", open)
	case open == 0:
		s = "Nothing is open"
	}
	if n := len(m.Overdue); n > 0 {
		s += fmt.Sprintf(", %d of them overdue", n)
	}
	if n := len(m.ToVerify); n > 0 {
		s += ". " + plural(n, "waits", "wait") + " for you to verify"
	}
	return s + "."
}

// ItemRow shows one action outside its document. Of a restricted COE that is
// closed to the reader there is number, text and date, and no way in.
func ItemRow(it actions.Item, today people.Day, may ActionMay) ActionRow {
	owner := people.Person{Name: it.OwnerName}
	r := NewActionRow(it.Action, owner, today)
	r.COE, r.COENumber, r.COETitle, r.NoLink = fmt.Sprintf("COE-%d", it.COENumber), it.COENumber, it.COETitle, it.Hidden
	if it.Live() {
		r.DueWords, r.Overdue = it.Words, it.Late
	}
	r.Forms = VerbForms(it.Action, may)
	if it.Hidden {
		r.Facts, r.Reason, r.Priority = "", "", ""
		return r
	}
	if may.Who == nil || !it.OwnerIs(may.Who.ID) {
		name := it.OwnerName
		switch {
		case name == "":
			name = "nobody"
		case it.Former:
			name += " (former member)"
		}
		r.Facts = strings.TrimSpace("Owner: " + name + ". " + r.Facts)
	}
	for _, m := range it.Moved {
		r.Moves = append(r.Moves, moveWords(m, people.Person{}))
	}
	for _, p := range it.Proofs {
		r.Proofs = append(r.Proofs, proofLinks(p.Text))
	}
	for _, x := range it.Runs {
		r.Runs = append(r.Runs, runRow(x, time.UTC))
	}
	return r
}

// Refuse shows one action's refused form again; an action that stands nowhere
// on the page gets a place at its top.
func (p *MinePage) Refuse(it actions.Item, today people.Day, r VerbRefusal) {
	for g := range p.Groups {
		for i := range p.Groups[g].Rows {
			if row := &p.Groups[g].Rows[i]; row.ID == it.ID {
				row.Refuse(r)
				return
			}
		}
	}
	row := ItemRow(it, today, ActionMay{Act: true, Back: "/me/actions"})
	row.Refuse(r)
	p.Groups = append([]ActionGroup{{Heading: "Not done", Rows: []ActionRow{row}}}, p.Groups...)
}

// ActionRowOf shows one action of a document with everything that can be done
// with it; ok is false when it is not there.
func ActionRowOf(v View, id int64, owners []people.Person, back string) (row ActionRow, ok bool) {
	for i, a := range v.Document.Actions {
		if a.ID == id {
			row, may := ActionRows(v.Document, v)[i], actionMay(v.Document, a, v)
			may.Texts, may.Owners, may.Back = true, owners, back
			row.Forms, row.Fold, row.Answers = VerbForms(a, may), false, answers(v.Document, a)
			return row, true
		}
	}
	return row, false
}
