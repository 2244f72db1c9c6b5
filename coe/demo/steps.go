package demo

import (
	"fmt"
	"slices"
	"time"

	"coetracker/actions"
	"coetracker/coe"
	"coetracker/people"
)

// name names writers and reviewers, then writes the summary: it comes last.
func (d *draft) name() error {
	writers, reviewers := d.ids(d.s.writers), d.ids(d.s.reviewers)
	c, err := d.COEs.ByNumber(d.ctx, d.me, d.c.Number)
	if err != nil {
		return err
	}
	if d.c, err = d.COEs.EditHeader(d.ctx, d.me, c.Number, c.Version, coe.HeaderEdit{Writers: &writers, Reviewers: &reviewers}); err != nil {
		return err
	}
	text := d.s.sections["summary"]
	if text == "" {
		return nil
	}
	d.SetNow(d.begun.Add(90 * time.Minute))
	_, err = d.COEs.SaveSection(d.ctx, d.me, d.c.Number, "summary", 0, text, coe.FromDemo)
	return err
}

func (d *draft) ids(locals []string) []int64 {
	out := []int64{}
	for _, l := range locals {
		out = append(out, d.who[l].ID)
	}
	return out
}

func (d *draft) waive() error {
	for _, w := range d.s.waivers {
		if err := d.COEs.Waive(d.ctx, d.me, d.c.Number, w.rule, "action/"+d.key(w.action), w.reason); err != nil {
			return err
		}
	}
	return nil
}

// review takes the document as far as its story goes, a day a step.
func (d *draft) review() error {
	if d.s.until == coe.Draft {
		return nil
	}
	d.SetNow(d.begun.Add(2 * time.Hour))
	if _, err := d.COEs.SetState(d.ctx, d.me, d.c.Number, coe.InReview, ""); err != nil {
		return err
	}
	day := d.begun.Add(26 * time.Hour)
	for _, l := range d.s.approvals {
		d.SetNow(day)
		if _, err := d.COEs.SignOff(d.ctx, d.who[l], d.c.Number, coe.VerdictApproved, ""); err != nil {
			return err
		}
		day = day.Add(20 * time.Minute)
	}
	if d.s.changes != "" {
		d.SetNow(day)
		if _, err := d.COEs.SignOff(d.ctx, d.who[d.s.reviewers[0]], d.c.Number, coe.VerdictChanges, d.s.changes); err != nil {
			return err
		}
	}
	if d.s.until != coe.Published {
		return nil
	}
	d.SetNow(day.Add(time.Hour))
	_, err := d.COEs.SetState(d.ctx, d.me, d.c.Number, coe.Published, "")
	return err
}

// step is one thing that happened to an action on a day.
type step struct {
	on time.Time
	do func() error
}

// act moves dates and takes actions to their states, in the order of days.
func (d *draft) act() error {
	var steps []step
	for i, a := range d.s.actions {
		list, err := d.stepsOf(a, d.acts[i])
		if err != nil {
			return fmt.Errorf("action %d: %w", i+1, err)
		}
		steps = append(steps, list...)
	}
	slices.SortStableFunc(steps, func(a, b step) int { return a.on.Compare(b.on) })
	for _, s := range steps {
		d.SetNow(s.on)
		if err := s.do(); err != nil {
			return err
		}
	}
	return nil
}

func (d *draft) stepsOf(a action, row *actions.Action) ([]step, error) {
	var out []step
	here := actions.At{ID: row.ID}
	for _, m := range a.moved {
		on, err := at(m.on, d.writer.zone)
		if err != nil {
			return nil, err
		}
		agreed := d.me.ID
		out = append(out, step{on, func() error {
			_, err := d.Actions.Move(d.ctx, d.who[a.owner], here, actions.NewDate{Due: m.to, Reason: m.reason, AgreedID: &agreed})
			return err
		}})
	}
	if a.state == "" {
		return out, nil
	}
	on, err := at(a.on, d.writer.zone)
	return append(out, step{on, func() error { return d.settle(a, here) }}), err
}

// settle takes an action to the state its story ends in.
func (d *draft) settle(a action, here actions.At) error {
	owner := d.who[a.owner]
	var err error
	switch actions.State(a.state) {
	case actions.InProgress:
		_, err = d.Actions.Start(d.ctx, owner, here)
	case actions.Blocked:
		_, err = d.Actions.Block(d.ctx, owner, here, a.reason)
	case actions.Declined:
		_, err = d.Actions.Decline(d.ctx, d.me, here, a.reason)
	case actions.ClaimedDone, actions.Verified:
		if _, err = d.Actions.Done(d.ctx, owner, here, actions.Evidence{Kind: a.proof, Text: a.proven}); err != nil || a.state == string(actions.ClaimedDone) {
			return err
		}
		_, err = d.Actions.Verify(d.ctx, d.verifier(a), here)
	}
	return err
}

// verifier is somebody other than the action's owner: the COE's owner, else a
// reviewer.
func (d *draft) verifier(a action) *people.Principal {
	if a.owner != d.s.owner {
		return d.me
	}
	return d.who[d.s.reviewers[0]]
}
