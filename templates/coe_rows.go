package templates

import (
	"fmt"
	"html/template"
	"strings"

	"coetracker/actions"
	"coetracker/coe"
	"coetracker/people"
)

// WhyRoot is one of the three trees.
type WhyRoot struct {
	Root         string
	Label, Count string
	Nodes        []*WhyNode
}

// WhyNode is one "because" with what lies under it.
type WhyNode struct {
	ID       int64
	Key      string
	Version  int64
	Text     string
	Factor   string
	Evidence []template.HTML
	Leaf     bool
	Answers  []WhyAnswer
	Declined string
	Depth    int
	Nodes    []*WhyNode
}

// WhyAnswer is an action that answers a leaf.
type WhyAnswer struct {
	Number int64
	ID     int64
	Title  string
	State  Mark
}

// WhyRootLabel names a tree.
func WhyRootLabel(r coe.WhyRoot) string {
	switch r {
	case coe.FoundLate:
		return "Why it was found late"
	case coe.FixedLate:
		return "Why it was fixed late"
	}
	return "Why it happened"
}

// whyRoots builds the three trees that have nodes, and the counts above them.
func whyRoots(d *coe.Document) ([]WhyRoot, []string) {
	var out []WhyRoot
	for _, r := range WhyTrees(d) {
		if len(r.Nodes) > 0 {
			out = append(out, r)
		}
	}
	return out, CoverageWords(d)
}

// CoverageWords says how many leaves are answered.
func CoverageWords(d *coe.Document) []string {
	c := coe.CoverageOf(d)
	if c.Leaves == 0 {
		return nil
	}
	return []string{plural(c.Leaves, "leaf", "leaves"), fmt.Sprintf("%d with an action", c.WithAction), fmt.Sprintf("%d verified", c.Verified), fmt.Sprintf("%d declined", c.Declined), fmt.Sprintf("%d open", c.Open)}
}

// WhyTrees builds all three trees, also the empty ones.
func WhyTrees(d *coe.Document) []WhyRoot {
	nodes, leaves := map[int64]*WhyNode{}, map[int64]bool{}
	for _, w := range d.Leaves() {
		leaves[w.ID] = true
	}
	for _, w := range d.Whys {
		n := &WhyNode{ID: w.ID, Key: w.Key, Version: w.Version, Text: w.Text, Factor: w.Factor, Leaf: leaves[w.ID], Declined: w.DeclinedReason}
		for _, l := range lines(w.Evidence) {
			n.Evidence = append(n.Evidence, links(l))
		}
		nodes[w.ID] = n
	}
	for _, l := range d.WhyActions {
		if a, ok := d.Action(l.ActionID); ok && nodes[l.WhyID] != nil {
			nodes[l.WhyID].Answers = append(nodes[l.WhyID].Answers, WhyAnswer{Number: a.Number, ID: a.ID, Title: a.Title, State: ActionMark(a.State)})
		}
	}
	var out []WhyRoot
	for _, root := range []coe.WhyRoot{coe.Happened, coe.FoundLate, coe.FixedLate} {
		r := WhyRoot{Root: string(root), Label: WhyRootLabel(root)}
		n := 0
		for _, w := range d.Whys {
			if w.Root != root {
				continue
			}
			if leaves[w.ID] {
				n++
			}
			if w.ParentID != nil && nodes[*w.ParentID] != nil {
				p := nodes[*w.ParentID]
				p.Nodes = append(p.Nodes, nodes[w.ID])
				continue
			}
			r.Nodes = append(r.Nodes, nodes[w.ID])
		}
		depths(r.Nodes, 1)
		r.Count = plural(n, "leaf", "leaves")
		out = append(out, r)
	}
	return out
}

func depths(nodes []*WhyNode, depth int) {
	for _, n := range nodes {
		n.Depth = depth
		depths(n.Nodes, depth+1)
	}
}

// ActionRow is one action as documents and lists show it.
type ActionRow struct {
	ID, Number, Version int64
	Ref                 string
	COE                 string // COE-17, "" inside the document or where its title may not be seen
	COENumber           int64
	COETitle            string
	Title, Detail       string
	Priority            string
	Facts               string // "Prevent, short. Proof: test."
	Criterion           string
	Owner               string
	DueWords, Due       string
	Overdue             bool
	State               Mark
	Reason              string
	Moves               []string // promises that moved
	Proofs              []template.HTML
	Runs                []RunRow // of the experiment that proves it
	Tracker             string
	Forms               []VerbForm
	Fold                bool     // the forms lie behind one summary
	NoLink              bool     // its COE is closed to the reader: no way into it
	Notice              string   // why something was not done, when no form can say it
	Answers             []string // the whys and lessons it answers
}

// FieldError names a refused field and the mend.
type FieldError struct{ Field, Text string }

// ActionRows shows the actions of one document.
func ActionRows(d *coe.Document, v View) []ActionRow {
	var out []ActionRow
	for _, a := range d.Actions {
		r := NewActionRow(a, d.Person(a.OwnerID), today(d, a, v))
		for _, m := range d.Moves {
			if m.ActionID == a.ID {
				r.Moves = append(r.Moves, moveWords(m, d.Person(m.AgreedID)))
			}
		}
		for _, p := range d.Proofs {
			if p.ActionID == a.ID {
				r.Proofs = append(r.Proofs, proofLinks(p.Text))
			}
		}
		for _, x := range d.Runs {
			if x.ActionID == a.ID {
				r.Runs = append(r.Runs, runRow(x, d.COE.Location()))
			}
		}
		r.Forms, r.Fold = VerbForms(a, actionMay(d, a, v)), true
		out = append(out, r)
	}
	return out
}

// actionMay says what a reader of the document may do with one of its actions.
func actionMay(d *coe.Document, a actions.Action, v View) ActionMay {
	res := d.Resource()
	res.ActionOwner, res.Verifier = deref(a.OwnerID), deref(a.VerifierID)
	return ActionMay{
		Act: people.May(v.Who, people.ActOnAction, res), Verify: people.May(v.Who, people.Verify, res), Edit: people.May(v.Who, people.Edit, res),
		Back: fmt.Sprintf("/coes/%d#a%d", d.COE.Number, a.Number), Who: v.Who,
	}
}

func deref(id *int64) int64 {
	if id == nil {
		return 0
	}
	return *id
}

// NewActionRow shows one action on one day of its owner.
func NewActionRow(a actions.Action, owner people.Person, day people.Day) ActionRow {
	r := ActionRow{
		ID: a.ID, Number: a.Number, Version: a.Version, Ref: a.Ref(), Title: a.Title, Detail: a.Detail, Priority: a.Priority,
		Criterion: a.Criterion, Owner: PersonName(owner), Due: actions.ShowDay(a.Due, day), State: ActionMark(a.State), Reason: a.StateReason, Tracker: a.TrackerURL,
	}
	if a.OwnerID == nil {
		r.Owner = "no owner"
	}
	switch {
	case a.State == actions.Verified && (a.FirstDue == "" || a.Due == a.FirstDue):
		r.DueWords = "kept"
	case a.State == actions.ClaimedDone:
		r.DueWords = "claimed"
	case a.Finished():
		r.DueWords = strings.ToLower(r.State.Label)
	default:
		r.DueWords = actions.DueWords(a.Due, day)
		r.Overdue = a.Due != "" && a.Due < day
	}
	if a.Due != "" && (a.State == actions.ClaimedDone || a.Finished()) && r.DueWords != "kept" {
		r.Due = "due " + r.Due // a bare date beside "claimed" would read as the day of the claim
	}
	r.Facts = actionFacts(a)
	return r
}

func actionFacts(a actions.Action) string {
	var parts []string
	if a.Type != "" {
		parts = append(parts, strings.ToUpper(a.Type[:1])+a.Type[1:])
	}
	if a.Horizon != "" {
		parts = append(parts, a.Horizon+" term")
	}
	s := strings.Join(parts, ", ")
	if a.ProofKind != "" {
		s = strings.TrimPrefix(s+". Proof: "+strings.ReplaceAll(a.ProofKind, "_", " "), ". ")
	}
	if a.ProofTarget != "" {
		s += " " + a.ProofTarget
	}
	if s != "" {
		s += "."
	}
	return s
}

func moveWords(m actions.Move, agreed people.Person) string {
	s := fmt.Sprintf("Promised %s, moved to %s: “%s”", m.OldDue.Time().Format("2 Jan"), m.NewDue.Time().Format("2 Jan"), m.Reason)
	if agreed.Name != "" {
		s += ", agreed by " + agreed.Name
	}
	return s + "."
}
