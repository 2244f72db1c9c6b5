package evidence

import (
	"slices"
	"strings"
)

// maxText bounds the texts of an incident that an item shows; every one of them
// stays in the statements.
const maxText = 64 << 10

// with lays what a later record says over d: texts and numbers are replaced,
// lists are completed, entry by entry.
func (d Detail) with(r Detail) Detail {
	set(&d.Hypothesis, r.Hypothesis)
	set(&d.Reason, r.Reason)
	set(&d.Strategy, r.Strategy)
	set(&d.Step, r.Step)
	set(&d.Wave, r.Wave)
	set(&d.Zone, r.Zone)
	set(&d.Cell, r.Cell)
	set(&d.Share, r.Share)
	set(&d.BakeMinutes, r.BakeMinutes)
	set(&d.Automatic, r.Automatic)
	set(&d.Initiator, r.Initiator)
	set(&d.Severity, r.Severity)
	set(&d.Text, r.Text)
	if len(r.Recovery) > 0 {
		d.Recovery = r.Recovery
	}
	d.SteadyState = join(d.SteadyState, r.SteadyState, func(c Check) string { return c.Name }, laterCheck)
	d.Faults = join(d.Faults, r.Faults, func(f Fault) string { return f.Action + "\n" + f.Params }, laterFault)
	d.Targets = join(d.Targets, r.Targets, func(t Target) string { return text(t, "") }, laterTarget)
	d.Guards = join(d.Guards, r.Guards, func(g Guard) string { return g.Kind + "\n" + g.Name }, laterGuard)
	d.Links = join(d.Links, r.Links, func(l Link) string { return l.URL }, laterLink)
	return d
}

// join completes a list: an entry of the same key is joined with the one that
// is there, the n-th of several with the n-th; others are added.
func join[T any](have, said []T, key func(T) string, later func(was, is T) T) []T {
	out := slices.Clone(have)
	used := map[int]bool{}
	for _, e := range said {
		at := -1
		for i := range have {
			if !used[i] && key(have[i]) == key(e) {
				at = i
				break
			}
		}
		switch {
		case at >= 0:
			used[at] = true
			out[at] = later(out[at], e)
		case len(out) < maxListed:
			out = append(out, e)
		}
	}
	return out
}

func laterCheck(was, is Check) Check {
	set(&was.Expected, is.Expected)
	set(&was.Before, is.Before)
	set(&was.After, is.After)
	set(&was.Met, is.Met)
	return was
}

func laterFault(was, is Fault) Fault {
	set(&was.State, is.State)
	was.StartedAt = earlier(was.StartedAt, is.StartedAt)
	set(&was.EndedAt, is.EndedAt)
	return was
}

func laterTarget(_, is Target) Target { return is }

func laterGuard(was, is Guard) Guard {
	was.FiredAt = earlier(was.FiredAt, is.FiredAt)
	return was
}

func laterLink(was, is Link) Link {
	set(&was.Title, is.Title)
	return was
}

// texts joins every different text that records hold, in their order.
func texts(sorted []Record) string {
	var all []string
	size := 0
	for _, r := range sorted {
		t := strings.TrimSpace(r.Detail.Text)
		if t == "" || slices.Contains(all, t) {
			continue
		}
		if size += len(t) + 2; size > maxText {
			break
		}
		all = append(all, t)
	}
	return strings.Join(all, "\n\n")
}
