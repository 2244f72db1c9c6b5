package coe

import "coetracker/actions"

// Coverage counts the leaves of the whys: the contributing factors.
type Coverage struct {
	Leaves     int
	WithAction int // an action answers it
	Declined   int // nothing is done about it, for a recorded reason
	Open       int // neither
	Verified   int // of those with an action: every one of them is proven
}

// CoverageOf counts how many contributing factors have an answer.
func CoverageOf(d *Document) Coverage {
	linked := map[int64][]actions.Action{}
	for _, l := range d.WhyActions {
		if a, ok := d.Action(l.ActionID); ok {
			linked[l.WhyID] = append(linked[l.WhyID], a)
		}
	}
	c := Coverage{}
	for _, w := range d.Leaves() {
		c.Leaves++
		answered, proven, declined := answer(linked[w.ID])
		switch {
		case answered:
			c.WithAction++
		case w.DeclinedReason != "" || declined:
			c.Declined++
		default:
			c.Open++
		}
		if proven {
			c.Verified++
		}
	}
	return c
}

// Leaves lists the whys that have no further why below them.
func (d *Document) Leaves() []Why {
	parents := map[int64]bool{}
	for _, w := range d.Whys {
		if w.ParentID != nil {
			parents[*w.ParentID] = true
		}
	}
	var out []Why
	for _, w := range d.Whys {
		if !parents[w.ID] {
			out = append(out, w)
		}
	}
	return out
}

// answer says what the actions of one leaf amount to. A declined action keeps
// its reason, so a leaf that has only such ones is declined.
func answer(list []actions.Action) (answered, proven, declined bool) {
	verified := 0
	for _, a := range list {
		switch a.State {
		case actions.Declined:
			declined = true
		case actions.Verified:
			answered = true
			verified++
		default:
			answered = true
			verified = -len(list)
		}
	}
	return answered, verified > 0, declined
}
