package coe

import (
	"fmt"

	"coetracker/actions"
)

// measuredImpact is L05: impact is a number with a denominator, or unmeasured
// with an action that will measure it.
func measuredImpact(c *checker) []Finding {
	level := c.levelFor()
	if len(c.d.Impacts) == 0 {
		if level != Block {
			return nil
		}
		return one(Finding{
			Level: level, Place: "impact",
			Reason: "No number says how many customers were affected.",
			Fix:    "Add a row: how many of how many. Where nobody can tell, mark it unmeasured and name the action that will measure it.",
		})
	}
	var out []Finding
	for _, i := range c.d.Impacts {
		if reason, fix := c.d.unmeasured(i); reason != "" {
			out = append(out, Finding{Level: level, Place: "impact/" + i.Key, Reason: fmt.Sprintf("%q %s", clip(i.What), reason), Fix: fix})
		}
	}
	return out
}

// unmeasured says what a row lacks to be a measure; "" when it lacks nothing.
func (d *Document) unmeasured(i Impact) (reason, fix string) {
	if i.Unmeasured {
		a, ok := d.ActionByKey(i.ActionKey)
		switch {
		case !ok:
			return "is unmeasured, and no action will measure it.", "Link the action that will measure it."
		case a.State == actions.Declined:
			return fmt.Sprintf("is unmeasured, and %s, which was to measure it, was declined.", a.Ref()), "Link another action that will measure it."
		}
		return "", ""
	}
	n, percent, ok := Quantity(i.Affected)
	switch {
	case i.Affected == "":
		return "has no number.", "Write how many were affected, or mark the row unmeasured."
	case !ok:
		return fmt.Sprintf("says %q, which is not a number.", clip(i.Affected)), "Write a number such as 3,500, 2.9 bn or 12 %."
	case percent && n > 100:
		return fmt.Sprintf("says %s, which is more than all.", clip(i.Affected)), "Write a share of at most 100 %."
	case percent:
		return "", ""
	}
	total, _, ok := Quantity(i.Total)
	switch {
	case !ok || total <= 0:
		return "has no whole to compare the number with.", "Write of how many, such as 3,500 of 41,000 requests."
	case n > total:
		return fmt.Sprintf("says %s of %s, which is more than all.", clip(i.Affected), clip(i.Total)), "Check both numbers."
	}
	return "", ""
}
