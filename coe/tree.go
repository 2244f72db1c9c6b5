package coe

import (
	"slices"

	"coetracker/internal/db"
	"coetracker/internal/fault"
)

// maxDepth is how deep whys may go; no real tree comes near, and a page must
// be able to draw it.
const maxDepth = 40

// tree is the whys of a document that are not deleted, by rank.
type tree struct{ list []Why }

func readTree(w *work) (*tree, error) {
	t := &tree{}
	return t, db.ForUpdate(w.tx).Where(live, w.coe.ID).Order("rank, id").Find(&t.list).Error
}

func (t *tree) find(key string) int {
	return slices.IndexFunc(t.list, func(w Why) bool { return w.Key == key })
}

func (t *tree) byID(id int64) *Why {
	i := slices.IndexFunc(t.list, func(w Why) bool { return w.ID == id })
	if i < 0 {
		return nil
	}
	return &t.list[i]
}

// children lists what lies right below a parent, or at the top of a root.
func (t *tree) children(parent *int64, root WhyRoot) []Why {
	var out []Why
	for _, w := range t.list {
		if w.Root == root && same(w.ParentID, parent) {
			out = append(out, w)
		}
	}
	return out
}

// below lists a why and everything under it.
func (t *tree) below(w Why) []Why {
	out := []Why{w}
	for i := 0; i < len(out); i++ {
		out = append(out, t.children(&out[i].ID, out[i].Root)...)
	}
	return out
}

func (t *tree) depth(parent *int64) int {
	n := 0
	for parent != nil && n <= maxDepth {
		w := t.byID(*parent)
		if w == nil {
			return n
		}
		parent = w.ParentID
		n++
	}
	return n
}

// place finds the root and parent of a new why.
func (t *tree) place(at WhyPlace) (WhyRoot, *int64, error) {
	if at.Parent == "" {
		if at.Root != Happened && at.Root != FoundLate && at.Root != FixedLate {
			return "", nil, fault.Invalidf("root", "%q is not a tree. Choose happened, found_late or fixed_late.", clip(string(at.Root)))
		}
		return at.Root, nil, nil
	}
	i := t.find(at.Parent)
	if i < 0 {
		return "", nil, noWhy()
	}
	parent := t.list[i]
	if parent.DeclinedReason != "" {
		return "", nil, fault.Invalidf("parent", "This why was declined. Take its reason away before you ask further.")
	}
	if t.depth(&parent.ID) >= maxDepth {
		return "", nil, fault.Invalidf("parent", "Whys go at most %d levels deep.", maxDepth)
	}
	return parent.Root, &parent.ID, nil
}

// rankBehind gives the rank behind a sibling, or behind all of them.
func (t *tree) rankBehind(root WhyRoot, parent *int64, after string) (string, error) {
	siblings := t.children(parent, root)
	i := len(siblings) - 1
	if after != "" {
		if i = slices.IndexFunc(siblings, func(w Why) bool { return w.Key == after }); i < 0 {
			return "", fault.Invalidf("after", "The why %s does not stand at this level.", clip(after))
		}
	}
	return between(siblings, i), nil
}

// between gives a rank between the i-th of a list and the next one; i may be -1.
func between(list []Why, i int) string {
	var a, b string
	if i >= 0 {
		a = list[i].Rank
	}
	if i+1 < len(list) {
		b = list[i+1].Rank
	}
	return db.Between(a, b)
}

// move changes parent and rank of a why that is in the tree.
func (t *tree) move(w *Why, way MoveWay) error {
	siblings := t.children(w.ParentID, w.Root)
	at := slices.IndexFunc(siblings, func(x Why) bool { return x.ID == w.ID })
	rest := slices.Delete(slices.Clone(siblings), at, at+1)
	switch {
	case way == MoveUp && at > 0:
		w.Rank = between(rest, at-2)
	case way == MoveDown && at < len(rest):
		w.Rank = between(rest, at)
	case way == MoveIn && at > 0:
		return t.moveIn(w, rest[at-1])
	case way == MoveOut && w.ParentID != nil:
		t.moveOut(w)
	default:
		return fault.Invalidf("way", "This why cannot move %s from where it is.", clip(string(way)))
	}
	return nil
}

func (t *tree) moveIn(w *Why, under Why) error {
	if under.DeclinedReason != "" {
		return fault.Invalidf("way", "The why above was declined. Take its reason away before you put others below it.")
	}
	deepest := 0
	for _, b := range t.below(*w) {
		deepest = max(deepest, t.depth(&b.ID))
	}
	if deepest >= maxDepth {
		return fault.Invalidf("way", "Whys go at most %d levels deep.", maxDepth)
	}
	below := t.children(&under.ID, under.Root)
	w.ParentID, w.Rank = &under.ID, between(below, len(below)-1)
	return nil
}

func (t *tree) moveOut(w *Why) {
	parent := t.byID(*w.ParentID)
	if parent == nil {
		w.ParentID = nil
		return
	}
	above := t.children(parent.ParentID, parent.Root)
	at := slices.IndexFunc(above, func(x Why) bool { return x.ID == parent.ID })
	w.ParentID, w.Rank = parent.ParentID, between(above, at)
}
