package coe

import (
	"fmt"

	"coetracker/actions"
)

// answeredLeaves is L17: each contributing factor has an action, or a recorded
// reason why none is taken. A declined action is such a reason.
func answeredLeaves(c *checker) []Finding {
	if c.d.COE.Kind == Win {
		return nil
	}
	linked := c.d.linkedActions()
	var out []Finding
	for _, w := range c.d.Leaves() {
		answered, _, declined := answer(linked[w.ID])
		if answered || declined || w.DeclinedReason != "" {
			continue
		}
		out = append(out, Finding{
			Level: Block, Place: "why/" + w.Key,
			Reason: fmt.Sprintf("Nothing is done about %q, and no reason says why.", clip(w.Text)),
			Fix:    "Link the action that answers it, or decline it with a reason.",
		})
	}
	return out
}

// linkedActions gives the actions that answer each why, by the why's id.
func (d *Document) linkedActions() map[int64][]actions.Action {
	linked := map[int64][]actions.Action{}
	for _, l := range d.WhyActions {
		if a, ok := d.Action(l.ActionID); ok {
			linked[l.WhyID] = append(linked[l.WhyID], a)
		}
	}
	return linked
}
