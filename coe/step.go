package coe

import (
	"slices"
	"time"

	"coetracker/internal/fault"
	"coetracker/people"
)

// Label gives the state in words, in sentence case.
func (s State) Label() string {
	switch s {
	case Draft:
		return "Draft"
	case InReview:
		return "In review"
	case ChangesRequested:
		return "Changes requested"
	case Approved:
		return "Approved"
	case Published:
		return "Published"
	case Closed:
		return "Closed"
	}
	return string(s)
}

// States lists the states in the order a COE usually goes through them.
func States() []State {
	return []State{Draft, InReview, ChangesRequested, Approved, Published, Closed}
}

// Next lists the states a COE may go to from s. Published again is a re-issue;
// closed is the end.
func (s State) Next() []State {
	switch s {
	case Draft, ChangesRequested:
		return []State{InReview}
	case InReview:
		return []State{ChangesRequested, Approved}
	case Approved:
		return []State{Published}
	case Published:
		return []State{Published, Closed}
	}
	return nil
}

// Gate is the detail of a refused step: everything that is missing for it.
type Gate struct {
	To       State
	Missing  []string  // one sentence each
	Findings []Finding // those that block, for a step into review
}

// Step decides whether this person may take the document to a state now. It is
// the one rule behind form, REST, Slack and command line. A step that does not
// exist, or whose gate is shut, is a fault.Invalid on the field state; the
// latter carries a *Gate. The person's right comes first.
func Step(d *Document, to State, p *people.Principal, findings []Finding, now time.Time) error {
	if err := stepExists(d.COE, to); err != nil {
		return err
	}
	if err := mayStep(d, to, p); err != nil {
		return err
	}
	gate := &Gate{To: to}
	switch to {
	case InReview:
		gate.Findings = Blocking(findings)
		for _, f := range gate.Findings {
			gate.Missing = append(gate.Missing, f.Rule+": "+f.Reason)
		}
	case Approved:
		gate.Missing = MissingForApproval(d)
	case Closed:
		gate.Missing = missingForClosing(d)
	}
	return gate.fault(d.COE)
}

func stepExists(c COE, to State) error {
	if !slices.Contains(States(), to) {
		return fault.Invalidf("state", "%q is not a state. Write draft, in_review, changes_requested, approved, published or closed.", clip(string(to)))
	}
	next := c.State.Next()
	if slices.Contains(next, to) {
		return nil
	}
	if c.State == to {
		return fault.Conflictf("%s is %s already.", c.Name(), lower(to))
	}
	if len(next) == 0 {
		return fault.Invalidf("state", "%s is %s, which is the end.", c.Name(), lower(c.State))
	}
	return fault.Invalidf("state", "%s is %s. From there it can only go to %s.", c.Name(), lower(c.State), orList(next))
}

// mayStep: reviewers ask for changes, reviewers and owner complete an
// approval, everything else is the owner's.
func mayStep(d *Document, to State, p *people.Principal) error {
	r := d.Resource()
	verbs := []people.Verb{people.ChangeState}
	switch to {
	case ChangesRequested:
		verbs = []people.Verb{people.SignOff}
	case Approved:
		verbs = append(verbs, people.SignOff)
	}
	var err error
	for _, v := range verbs {
		if err = allow(p, v, r); err == nil {
			return nil
		}
	}
	return err
}

// fault gives the refusal, nil when nothing is missing.
func (g *Gate) fault(c COE) error {
	if len(g.Missing) == 0 {
		return nil
	}
	first := g.Missing[0]
	if n := len(g.Missing) - 1; n > 0 {
		return fault.Invalidf("state", "%s cannot become %s yet: %s %d more to mend, listed below.", c.Name(), lower(g.To), first, n).With(g)
	}
	return fault.Invalidf("state", "%s cannot become %s yet: %s", c.Name(), lower(g.To), first).With(g)
}
