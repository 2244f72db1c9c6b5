package timeline

import "time"

// Phase is a part of the event between two key moments.
type Phase string

// The phases, in order. Before ends where impact starts; each of the others
// ends with the entry of its own key moment: detected, engaged, mitigated, resolved.
const (
	Before   Phase = "before"
	Detect   Phase = "detect"
	Engage   Phase = "engage"
	Mitigate Phase = "mitigate"
	Resolve  Phase = "resolve"
	After    Phase = "after"
)

// Label gives the phase in words, in sentence case; "" for no phase.
func (p Phase) Label() string {
	if p == "" {
		return ""
	}
	return string(p[0]-'a'+'A') + string(p[1:])
}

// Group is the entries of one phase.
type Group struct {
	Phase   Phase // "" when no key moment is known at all
	Entries []Entry
	Length  *time.Duration // from one key moment to the next; nil for before, after and open phases
	Open    bool           // the key moment that ends this phase is not known yet
}

// phaseEnd is a phase and the key moment that ends it.
type phaseEnd struct {
	phase Phase
	kind  Kind
}

func phaseEnds() []phaseEnd {
	return []phaseEnd{{Detect, Detected}, {Engage, Engaged}, {Mitigate, Mitigated}, {Resolve, Resolved}}
}

// Phases groups live entries for the page, sorted, phases without entries left
// out. Where a key moment is missing, its phase is taken up by the next one
// that has an end.
func Phases(entries []Entry) []Group {
	list := liveSorted(entries)
	if len(list) == 0 {
		return nil
	}
	next, from, known := 0, (*time.Time)(nil), false
	var groups []Group
	if start, ok := KeyMoment(list, ImpactStart); ok {
		known, from = true, start.At
		next = indexOf(list, start)
		groups = appendGroup(groups, Group{Phase: Before, Entries: list[:next]})
	}
	open := Detect
	for _, end := range phaseEnds() {
		e, ok := KeyMoment(list, end.kind)
		if !ok {
			continue
		}
		known, open = true, after(end.phase)
		last := max(indexOf(list, e)+1, next)
		g := Group{Phase: end.phase, Entries: list[next:last]}
		if from != nil {
			g.Length = NotNegative(*from, *e.At)
		}
		groups = appendGroup(groups, g)
		next, from = last, e.At
	}
	if !known {
		open = ""
	}
	return appendGroup(groups, Group{Phase: open, Entries: list[next:], Open: open != "" && open != After})
}

func after(p Phase) Phase {
	switch p {
	case Detect:
		return Engage
	case Engage:
		return Mitigate
	case Mitigate:
		return Resolve
	}
	return After
}

func appendGroup(groups []Group, g Group) []Group {
	if len(g.Entries) == 0 {
		return groups
	}
	return append(groups, g)
}

func liveSorted(entries []Entry) []Entry {
	var list []Entry
	for _, e := range entries {
		if e.Live() {
			list = append(list, e)
		}
	}
	Sort(list)
	return list
}

// indexOf finds an entry by what tells it from others of the same time.
func indexOf(list []Entry, e Entry) int {
	for i, x := range list {
		if x.ID == e.ID && x.Key == e.Key && x.Kind == e.Kind && x.Rank == e.Rank && x.Text == e.Text && x.At != nil && x.At.Equal(*e.At) {
			return i
		}
	}
	return len(list)
}
