package templates

import (
	"strings"

	"coetracker/actions"
	"coetracker/coe"
)

// factors is the vocabulary of contributing factors; other words are taken too.
var factors = []string{"change", "capacity", "dependency", "latent defect", "configuration", "monitoring gap", "process", "external"}

// trees builds the three trees with a form at every why.
func (e editor) trees() []WhyTree {
	leaves := map[int64]bool{}
	for _, w := range e.d.Leaves() {
		leaves[w.ID] = true
	}
	links := map[int64][]int64{}
	for _, l := range e.d.WhyActions {
		links[l.WhyID] = append(links[l.WhyID], l.ActionID)
	}
	var out []WhyTree
	for _, root := range []coe.WhyRoot{coe.Happened, coe.FoundLate, coe.FixedLate} {
		t := WhyTree{Root: string(root), Label: WhyRootLabel(root)}
		n := 0
		for _, w := range e.d.Whys {
			if w.Root == root && leaves[w.ID] {
				n++
			}
		}
		t.Count = plural(n, "leaf", "leaves")
		t.Nodes = e.branch(root, nil, "", leaves, links)
		if e.ask.New.Root != string(root) || e.ask.New.Parent != "" || e.ask.New.After != "" {
			t.Add = e.newWhy(WhySpot{Root: string(root)}, false)
		}
		out = append(out, t)
	}
	return out
}

// branch builds the whys below a parent, and the place of a new one among them.
func (e editor) branch(root coe.WhyRoot, parent *int64, parentKey string, leaves map[int64]bool, links map[int64][]int64) []*WhyForm {
	var level []coe.Why
	for _, w := range e.d.Whys {
		if w.Root == root && deref(w.ParentID) == deref(parent) {
			level = append(level, w)
		}
	}
	spot := e.ask.New
	here := spot.Root == string(root) && spot.Parent == parentKey
	var out []*WhyForm
	for i, w := range level {
		f := e.why(w, leaves[w.ID], links[w.ID])
		f.Up, f.Down, f.In, f.Out = i > 0, i+1 < len(level), i > 0, parent != nil
		f.Nodes = e.branch(root, &w.ID, w.Key, leaves, links)
		out = append(out, f)
		if here && spot.After == w.Key {
			out = append(out, e.newWhy(spot, true))
			here = false
		}
	}
	if here {
		out = append(out, e.newWhy(spot, true))
	}
	return out
}

func (e editor) why(w coe.Why, leaf bool, linked []int64) *WhyForm {
	f := &WhyForm{RowForm: e.rowForm(coe.PartWhy, w.Key, "Save"), Key: w.Key, Leaf: leaf}
	f.Version, f.Deletes, f.Fields = w.Version, true, whyFields(w)
	f.Linked, f.LinkTo = e.linked(linked)
	f.RowForm = e.refuse(f.RowForm, w.Key, func(row any) []Field { x, _ := row.(coe.Why); return whyFields(x) })
	f.Text, f.Fields = f.Fields[0], f.Fields[1:]
	f.Text.Rows = whyRows(f.Text.Value)
	if !leaf {
		f.Fields = f.Fields[:len(f.Fields)-1] // only a leaf can be declined
		return f
	}
	switch {
	case answeredBy(f.Linked) != "":
		f.Answered = answeredBy(f.Linked)
	case w.DeclinedReason != "":
		f.Answered = "Declined: " + w.DeclinedReason
	case len(f.Linked) > 0:
		f.Answered = "Declined with " + f.Linked[0].Ref
	default:
		f.Answered, f.Bad = "Open: no action, no reason yet", true
	}
	return f
}

// answeredBy names the actions that stand behind a leaf; declined ones do not.
func answeredBy(list []LinkedAction) string {
	s := ""
	for _, a := range list {
		if a.State == ActionMark(actions.Declined) {
			continue
		}
		if s != "" {
			s += ", "
		}
		s += a.Ref + " " + a.Title
	}
	return s
}

func whyFields(w coe.Why) []Field {
	factor := Field{Kind: "select", Name: "factor", Label: "Factor", Options: []Option{{Label: "not said"}}}
	known := w.Factor == ""
	for _, f := range factors {
		known = known || f == w.Factor
		factor.Options = append(factor.Options, Option{Value: f, Label: f, Selected: f == w.Factor})
	}
	if !known {
		factor.Options = append(factor.Options, Option{Value: w.Factor, Label: w.Factor, Selected: true})
	}
	return []Field{
		{Kind: "area", Name: "text", Label: "Because", Value: w.Text},
		factor,
		{Kind: "area", Name: "evidence", Label: "Evidence", Hint: "A line each: an address, a log line, an entry of the timeline.", Value: w.Evidence, Rows: 2},
		{Kind: "text", Name: "declined", Label: "Nothing is done about it, because", Hint: "Only where no further why lies below.", Value: w.DeclinedReason},
	}
}

// newWhy is the form of a why that does not exist yet.
func (e editor) newWhy(at WhySpot, focus bool) *WhyForm {
	f := &WhyForm{RowForm: e.rowForm(coe.PartWhy, "", "Add"), Focus: focus}
	f.ID = "add-" + at.Root
	if focus {
		f.ID = "new"
	}
	f.Hidden = []Hidden{{"root", at.Root}, {"parent", at.Parent}, {"after", at.After}}
	f.Draft = e.draft("why-add-" + at.Root + at.Parent + at.After)
	f.Fields = whyFields(coe.Why{})[:1]
	form := "add-" + at.Root
	if focus {
		form = "add"
	}
	f.RowForm = e.refuse(f.RowForm, form, nil)
	f.Text, f.Fields = f.Fields[0], nil
	f.Text.Rows = whyRows(f.Text.Value)
	return f
}

// whyRows is how high a why is typed in.
func whyRows(text string) int { return min(6, 1+len(text)/44+strings.Count(text, "\n")) }
