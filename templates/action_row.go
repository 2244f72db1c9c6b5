package templates

import (
	"fmt"
	"strings"

	"coetracker/actions"
	"coetracker/people"
)

// VerbForm is one thing that can be done with an action: a button when its
// form has no fields, else a form behind a summary.
type VerbForm struct {
	Verb   string // the last word of the address
	Label  string // what the summary or the button says
	Open   bool   // it was refused, so it is shown
	Plain  bool   // a button of less weight
	Notice string // why a form is shown again, when it is no field's fault
	Theirs []Fact // what somebody else saved meanwhile
	Form   Form
}

// ActionMay says what its reader may do with an action, and from where.
type ActionMay struct {
	Act    bool // claim, move, hand over, block: the owner and who edits the COE
	Verify bool
	Edit   bool
	Texts  bool              // offer the form of all its fields
	Owners []people.Person   // to choose an owner and a verifier from; nil: written by name
	Back   string            // the page to come back to
	Who    *people.Principal // for the names of drafts
}

// VerbForms lists what can be done now with an action.
func VerbForms(a actions.Action, may ActionMay) []VerbForm {
	b := verbs{a: a, may: may}
	if may.Verify && a.State == actions.ClaimedDone {
		b.button("verify", "It is proven: verify it")
		b.form("reject", "It is not", "Open it again", areaField("reason", "What is still missing"))
	}
	if may.Act && a.Live() {
		b.done()
		if a.State == actions.Blocked {
			b.button("start", "Not blocked any more")
		} else if a.State == actions.Open {
			b.button("start", "Start")
		}
		b.move()
	}
	if may.Act && !a.Finished() {
		if !a.Live() || !a.NeedsProof() { // else the form of done asks for it
			b.form("prove", "Add proof", "Add this proof", b.proof()...)
		}
		b.handOver()
	}
	if may.Act && a.Live() {
		b.form("block", blockLabel(a), "It is blocked", lineField("reason", "What it waits for"))
	}
	if may.Edit {
		b.edits()
	}
	return b.out
}

func blockLabel(a actions.Action) string {
	if a.State == actions.Blocked {
		return "Blocked by something else"
	}
	return "Blocked"
}

// verbs collects the forms of one action.
type verbs struct {
	a   actions.Action
	may ActionMay
	out []VerbForm
}

func (b *verbs) form(verb, label, submit string, fields ...Field) *VerbForm {
	f := Form{Action: fmt.Sprintf("/actions/%d/%s", b.a.ID, verb), Submit: submit, Version: b.a.Version, Hidden: []Hidden{{"back", b.may.Back}}}
	if len(fields) > 0 && b.may.Who != nil {
		f.Draft = fmt.Sprintf("action-%d-%s-%d", b.a.ID, verb, b.may.Who.ID)
	}
	for i := range fields {
		fields[i].ID = fmt.Sprintf("a%d-%s-%s", b.a.ID, verb, fields[i].Name)
	}
	f.Fields = fields
	b.out = append(b.out, VerbForm{Verb: verb, Label: label, Form: f})
	return &b.out[len(b.out)-1]
}

func (b *verbs) button(verb, label string) *VerbForm { return b.form(verb, label, label) }

// done asks for proof where it is needed; else one press is enough.
func (b *verbs) done() {
	if !b.a.NeedsProof() {
		b.button("done", "It is done")
		return
	}
	b.form("done", "It is done, add proof", "It is done, this proves it", b.proof()...)
}

// proof asks what shows that it works, and says what each kind needs.
func (b *verbs) proof() []Field {
	proof := areaField("proof", "Proof")
	proof.Hint = "What shows that it works: each kind of proof below says what to write here."
	return []Field{proof, {Kind: "select", Name: "proof_kind", Label: "Kind of proof", Options: proofNeeds(b.a.ProofKind)}}
}

func (b *verbs) move() {
	due := lineField("due", "New date")
	due.Hint, due.Size = "In words: fri, in 2w, 15 oct, eom, or 2025-10-15.", 14
	if b.a.Due == "" {
		due.Label = "Date"
		b.form("move", "Set the date", "Promise this date", due)
		return
	}
	reason := lineField("reason", "Reason")
	reason.Hint = "At least ten characters; it stays visible."
	agreed := lineField("agreed", "Agreed by (may be empty)")
	agreed.Hint = "A name or an address."
	if b.a.Moves == 1 {
		reason.Hint += fmt.Sprintf(" This is the second move of %s: it goes to the weekly review.", b.a.Ref())
	}
	b.form("move", "New date", "Move the date", due, reason, agreed)
}

func (b *verbs) handOver() {
	label := "Hand over"
	if b.a.OwnerID == nil {
		label = "Give it an owner"
	}
	to := lineField("to", "New owner")
	to.Hint = "A name or an address, such as sam."
	if b.may.Owners != nil {
		to = Field{Kind: "select", Name: "to", Label: "New owner", Options: peopleOptions("choose somebody", b.may.Owners, 0, deref(b.a.OwnerID))}
	}
	b.form("handover", label, label, to)
}

func (b *verbs) edits() {
	if b.may.Texts {
		b.form("edit", "Edit", "Save", actionFields(b.a, b.may.Owners)...)
	}
	switch b.a.State {
	case actions.ClaimedDone, actions.Verified, actions.Declined:
		b.form("reopen", "Open again", "Open it again", lineField("reason", "Why it is open again"))
	}
	if !b.a.Finished() {
		b.form("decline", "Decline", "Decline it", areaField("reason", "Why it will not be done"))
	}
	if b.may.Texts {
		b.button("delete", "Delete").Plain = true
	}
}

// actionFields is everything an action says.
func actionFields(a actions.Action, owners []people.Person) []Field {
	crit := areaField("criterion", "Done when")
	crit.Hint, crit.Value = "What can be seen when it works.", a.Criterion
	f := []Field{
		{Kind: "text", Name: "title", Label: "What is to be done", Value: a.Title, Required: true},
		{Kind: "area", Name: "detail", Label: "Detail", Value: a.Detail, Rows: 3},
		{Kind: "select", Name: "priority", Label: "Priority", Options: choices(a.Priority, "not chosen", priorities, PriorityWord)},
		{Kind: "select", Name: "type", Label: "Type", Options: choices(a.Type, "not chosen", actions.Types(), sentence)},
		{Kind: "select", Name: "horizon", Label: "Horizon", Options: choices(a.Horizon, "", []string{"short", "long"}, func(s string) string { return sentence(s) + " term" })},
		crit,
		{Kind: "select", Name: "proof_kind", Label: "Kind of proof", Options: proofOptions(a.ProofKind)},
		{
			Kind: "text", Name: "proof_target", Label: "Proven by this experiment", Value: a.ProofTarget, Auto: "off", List: "experiments",
			Hint: "Its name, or tool:definition such as fis:EXT4fp. A run of it that holds verifies the action by itself; a later one that does not opens it again.",
		},
		{Kind: "text", Name: "tracker_url", Label: "In another tracker", Hint: "Its address, beginning with https://.", Value: a.TrackerURL, Auto: "off"},
	}
	if owners != nil {
		f = append(f, Field{
			Kind: "select", Name: "verifier", Label: "Verified by", Hint: "Never its owner. Without a name it is the COE's owner.",
			Options: peopleOptions("the COE's owner", owners, deref(a.VerifierID), deref(a.OwnerID)),
		})
	}
	return f
}

var priorities = []string{"P0", "P1", "P2", "P3"}

// PriorityWord says what a priority asks for.
func PriorityWord(p string) string {
	switch p {
	case "P0":
		return "P0, now; needs proof"
	case "P1":
		return "P1, soon; needs proof"
	}
	return p
}

// choices makes options of a list; none is the label of the empty one, "" for
// no empty one.
func choices(chosen, none string, list []string, label func(string) string) []Option {
	var out []Option
	if none != "" {
		out = append(out, Option{Label: none})
	}
	for _, v := range list {
		out = append(out, Option{Value: v, Label: label(v), Selected: v == chosen})
	}
	return out
}

func proofOptions(chosen string) []Option {
	return choices(chosen, "not chosen", actions.ProofKinds(), sentence)
}

// proofNeeds offers the kinds of proof, each with what it needs.
func proofNeeds(chosen string) []Option {
	return choices(chosen, "not chosen", actions.ProofKinds(), func(kind string) string { return sentence(kind) + ": " + actions.ProofNeeds(kind) })
}

// peopleOptions offers people, without one of them.
func peopleOptions(none string, list []people.Person, chosen, without int64) []Option {
	out := []Option{{Label: none}}
	for _, p := range list {
		if p.ID != without {
			out = append(out, Option{Value: fmt.Sprint(p.ID), Label: PersonName(p), Selected: p.ID == chosen})
		}
	}
	return out
}

// sentence begins a word of the database with a capital: Alarm drill.
func sentence(word string) string {
	if word == "" {
		return ""
	}
	word = strings.ReplaceAll(word, "_", " ")
	return strings.ToUpper(word[:1]) + word[1:]
}

func areaField(name, label string) Field {
	return Field{Kind: "area", Name: name, Label: label, Rows: 2}
}

func lineField(name, label string) Field {
	return Field{Kind: "text", Name: name, Label: label, Auto: "off"}
}

// VerbRefusal keeps what was typed and says why it was not taken.
type VerbRefusal struct {
	Verb     string
	Error    FieldError
	Conflict bool
	Typed    func(name string) []string
}

// Refuse opens the refused form of a row with what was typed in it.
func (r *ActionRow) Refuse(x VerbRefusal) {
	for i := range r.Forms {
		if f := &r.Forms[i]; f.Verb == x.Verb {
			f.refuse(x)
			return
		}
	}
	r.Notice = x.Error.Text
	for _, name := range []string{"reason", "due", "proof", "to", "title", "detail", "criterion"} {
		if v := x.Typed(name); len(v) > 0 && strings.TrimSpace(v[0]) != "" {
			r.Notice += " You typed: " + strings.TrimSpace(v[0])
		}
	}
}

func (f *VerbForm) refuse(x VerbRefusal) {
	f.Open = true
	if x.Error.Field == "due" {
		why := lineField("day_off_reason", "Why on a day off")
		why.Hint, why.ID = "Only when the date is a day off: at least ten characters.", strings.TrimSuffix(f.Form.Fields[0].ID, "due")+"off"
		f.Form.Fields = append(f.Form.Fields, why)
	}
	fresh := f.Form.Fields
	f.Form = f.Form.Fill(x.Typed)
	if x.Conflict {
		f.Notice, f.Theirs = x.Error.Text, differing(fresh, f.Form.Fields)
		return
	}
	f.Form.Version = begun(x.Typed, f.Form.Version)
	if !f.Form.has(x.Error.Field) {
		f.Notice = x.Error.Text
		return
	}
	f.Form = f.Form.Refuse(x.Error)
}

// begun is the version that a refused form began with, so that a change made
// meanwhile is still noticed when it is sent again.
func begun(typed func(string) []string, otherwise int64) int64 {
	return (&Refusal{Typed: typed}).version("version", otherwise)
}

func (f Form) has(name string) bool {
	for _, x := range f.Fields {
		if x.Name == name {
			return true
		}
	}
	return false
}
