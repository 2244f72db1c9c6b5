package actions

import (
	"context"
	"fmt"
	"strings"

	"coetracker/internal/fault"
	"coetracker/people"
)

// Edit changes what the action says. Who may edit the COE may.
func (s *Store) Edit(ctx context.Context, p *people.Principal, at At, f Fields) (*Action, error) {
	return s.change(ctx, p, at, people.Edit, "action.edit", func(e *edit) error {
		if err := e.a.set(f); err != nil {
			return err
		}
		if f.VerifierID != nil {
			if err := e.setVerifier(*f.VerifierID); err != nil {
				return err
			}
		}
		e.detail["title"], e.detail["priority"] = e.a.Title, e.a.Priority
		return e.dueFromPriority()
	})
}

func (e *edit) setVerifier(id int64) error {
	if id == 0 {
		e.a.VerifierID = nil
		return nil
	}
	if e.a.OwnerIs(id) {
		return fault.Invalidf("verifier", "Nobody verifies their own action. Name somebody else.")
	}
	e.a.VerifierID = &id
	return member(e.tx, "verifier", id)
}

// dueFromPriority fills the date of an action that got its first priority.
func (e *edit) dueFromPriority() error {
	if e.a.Due != "" || e.a.Priority == "" || e.before.Priority != "" {
		return nil
	}
	cal, _, err := e.ownerCalendar()
	if err != nil {
		return err
	}
	e.a.Due, err = e.policyDue(e.a.COEID, cal)
	e.a.FirstDue = e.a.Due
	return err
}

// SetOwner hands the action to somebody; the owner and who may edit the COE
// may do it. The new owner must be an active member.
func (s *Store) SetOwner(ctx context.Context, p *people.Principal, at At, to int64) (*Action, error) {
	return s.change(ctx, p, at, people.ActOnAction, "action.owner", func(e *edit) error {
		if err := member(e.tx, "owner", to); err != nil {
			return err
		}
		e.detail["from"], e.detail["to"] = e.a.OwnerID, to
		return e.a.HandOver(to, e.now)
	})
}

// Start says that work has begun, or that nothing blocks it any more.
func (s *Store) Start(ctx context.Context, p *people.Principal, at At) (*Action, error) {
	return s.change(ctx, p, at, people.ActOnAction, "action.start", func(e *edit) error { return e.a.Start(e.now) })
}

// Block says what the action waits for.
func (s *Store) Block(ctx context.Context, p *people.Principal, at At, reason string) (*Action, error) {
	return s.change(ctx, p, at, people.ActOnAction, "action.block", func(e *edit) (err error) {
		if reason, err = text("reason", reason, maxDetail); err != nil {
			return err
		}
		e.detail["reason"] = reason
		return e.a.Block(reason, e.now)
	})
}

// Evidence is what somebody gives as proof.
type Evidence struct {
	Kind string // empty: the kind the action asks for
	Text string // a link, or what was seen; empty: no proof
}

// Done claims the action done, with proof if there is any. P0 and P1 without
// proof, now or earlier, are refused on the field proof and stay as they are.
func (s *Store) Done(ctx context.Context, p *people.Principal, at At, proof Evidence) (*Action, error) {
	return s.change(ctx, p, at, people.ActOnAction, "action.done", func(e *edit) error {
		var proofs int64
		proof.Text = strings.TrimSpace(proof.Text)
		if proof.Text == "" {
			if err := e.tx.Model(&Proof{}).Where("action_id = ?", e.a.ID).Count(&proofs).Error; err != nil {
				return fmt.Errorf("count proofs: %w", err)
			}
		}
		if err := e.a.Claim(p.PersonID(), proofs > 0 || proof.Text != "", e.now); err != nil {
			return err
		}
		if proof.Text == "" {
			return nil
		}
		return e.prove(proof)
	})
}

// Prove adds proof without claiming the action done.
func (s *Store) Prove(ctx context.Context, p *people.Principal, at At, proof Evidence) (*Action, error) {
	return s.change(ctx, p, at, people.ActOnAction, "action.prove", func(e *edit) error {
		e.touched = true
		return e.prove(proof)
	})
}

func (e *edit) prove(proof Evidence) error {
	clean, err := text("proof", proof.Text, maxDetail)
	if err != nil {
		return err
	}
	row, err := e.a.AddProof(proof.Kind, clean, e.by.PersonID(), e.now)
	if err != nil {
		return err
	}
	if row.Text, err = e.refer(row.Kind, row.Text); err != nil {
		return err
	}
	e.detail["proof"] = row.Text
	if err := e.tx.Create(&row).Error; err != nil {
		return fmt.Errorf("store the proof: %w", err)
	}
	return nil
}

// NewDate is a moved due day.
type NewDate struct {
	Due          string // in words, see ParseDate
	Reason       string // at least ten characters, unless it is the first date
	DayOffReason string // why the day may be a day off of the owner
	AgreedID     *int64 // who agreed
}

// Move moves the due day and keeps old, new, reason and who agreed.
func (s *Store) Move(ctx context.Context, p *people.Principal, at At, d NewDate) (*Action, error) {
	return s.change(ctx, p, at, people.ActOnAction, "action.move", func(e *edit) error { return e.move(d) })
}

func (e *edit) move(d NewDate) error {
	today, err := e.today()
	if err != nil {
		return err
	}
	cal, whose, err := e.ownerCalendar()
	if err != nil {
		return err
	}
	to, err := ResolveDue(d.Due, today, cal, whose, d.DayOffReason)
	if err != nil {
		return err
	}
	if d.Reason, err = text("reason", d.Reason, maxDetail); err != nil {
		return err
	}
	if d.AgreedID != nil {
		if err := member(e.tx, "agreed", *d.AgreedID); err != nil {
			return err
		}
	}
	row, moved, err := e.a.MoveDue(to, d.Reason, e.by.PersonID(), d.AgreedID, today, e.now)
	if err != nil {
		return err
	}
	e.detail = map[string]any{"from": e.before.Due, "to": to, "reason": d.Reason, "moves": e.a.Moves, "slipped_twice": e.a.SlippedTwice()}
	if !moved {
		return nil
	}
	if err := e.tx.Create(&row).Error; err != nil {
		return fmt.Errorf("store the move: %w", err)
	}
	return nil
}

// Decline says that the action will not be done, and why. Who may edit the
// COE may.
func (s *Store) Decline(ctx context.Context, p *people.Principal, at At, reason string) (*Action, error) {
	return s.withReason(ctx, p, at, people.Edit, "action.decline", reason, func(e *edit, reason string) error { return e.a.Decline(reason, e.now) })
}

// Verify accepts a claim; never the action's owner. A P0 or P1 that names an
// experiment as its proof is refused while the experiment has not held, for
// everybody: it is a run that verifies it.
func (s *Store) Verify(ctx context.Context, p *people.Principal, at At) (*Action, error) {
	return s.change(ctx, p, at, people.Verify, "action.verify", func(e *edit) error {
		if err := e.a.Verify(p.PersonID(), e.now); err != nil {
			return err
		}
		return e.provenByRun()
	})
}

// Reject opens a claimed action again and says what is missing.
func (s *Store) Reject(ctx context.Context, p *people.Principal, at At, reason string) (*Action, error) {
	return s.withReason(ctx, p, at, people.Verify, "action.reject", reason, func(e *edit, reason string) error { return e.a.Reject(reason, e.now) })
}

// Reopen opens a finished action again. Who may edit the COE may.
func (s *Store) Reopen(ctx context.Context, p *people.Principal, at At, reason string) (*Action, error) {
	return s.withReason(ctx, p, at, people.Edit, "action.reopen", reason, func(e *edit, reason string) error { return e.a.Reopen(reason, e.now) })
}

func (s *Store) withReason(ctx context.Context, p *people.Principal, at At, need people.Verb, verb, reason string, rule func(*edit, string) error) (*Action, error) {
	return s.change(ctx, p, at, need, verb, func(e *edit) error {
		clean, err := text("reason", reason, maxDetail)
		if err != nil {
			return err
		}
		e.detail["reason"] = clean
		return rule(e, clean)
	})
}

// Delete takes the action off the list; its number is not used again.
func (s *Store) Delete(ctx context.Context, p *people.Principal, at At) (*Action, error) {
	return s.change(ctx, p, at, people.Edit, verbDelete, func(e *edit) error {
		if e.a.DeletedAt == nil {
			e.a.DeletedAt, e.a.DeletedBy = &e.now, p.PersonID()
		}
		return nil
	})
}

// Undelete puts a removed action back.
func (s *Store) Undelete(ctx context.Context, p *people.Principal, at At) (*Action, error) {
	return s.change(ctx, p, at, people.Edit, verbUndelete, func(e *edit) error {
		e.a.DeletedAt, e.a.DeletedBy = nil, nil
		return nil
	})
}
