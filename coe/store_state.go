package coe

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"coetracker/internal/db"
	"coetracker/internal/fault"
	"coetracker/people"
)

// SetState takes a document to another state, after Step allowed it. Going to
// published makes the next issue, also from published. A reviewer's way to
// changes_requested needs the reviewer's text as reason and is a sign-off.
func (s *Store) SetState(ctx context.Context, p *people.Principal, n int64, to State, reason string) (COE, error) {
	if to == ChangesRequested {
		r, err := s.SignOff(ctx, p, n, VerdictChanges, reason)
		return r.COE, err
	}
	reason, err := block("reason", reason)
	if err != nil {
		return COE{}, err
	}
	for range checkTries {
		var out COE
		if out, err = s.step(ctx, p, n, to, reason); !errors.Is(err, errChanged) {
			return out, err
		}
	}
	return COE{}, fault.Conflictf("COE-%d is being changed just now. Look at it, then try again.", n)
}

// errChanged says that a document changed while it was checked.
var errChanged = errors.New("the document changed meanwhile")

// checkTries is how often a document is checked anew that changes meanwhile.
const checkTries = 3

// step takes one step. The checker reads calendars and runs long, so it runs
// before the transaction, on the state that the transaction has to find again.
func (s *Store) step(ctx context.Context, p *people.Principal, n int64, to State, reason string) (COE, error) {
	findings, seq, err := s.checked(ctx, p, n, to)
	if err != nil {
		return COE{}, err
	}
	var out COE
	err = s.doLocked(ctx, p, n, people.View, func(w *work) error {
		if to == InReview && w.coe.Seq != seq {
			return errChanged
		}
		d, err := load(w.tx, w.coe)
		if err != nil {
			return err
		}
		if err := Step(d, to, p, findings, w.now); err != nil {
			return err
		}
		err = s.enter(w, d, to, reason)
		out = w.coe
		return err
	})
	return out, err
}

// checked runs the checker where a step needs it, and gives the number of the
// change it judged by: every later change has a higher one.
func (s *Store) checked(ctx context.Context, p *people.Principal, n int64, to State) (findings []Finding, seq int64, err error) {
	if to != InReview {
		return nil, 0, nil
	}
	if s.Check == nil {
		return nil, 0, errors.New("coe: Store.Check is not set, so nothing may enter review")
	}
	d, err := s.Load(ctx, p, n)
	if err != nil {
		return nil, 0, err
	}
	return s.Findings(d, db.Now(s.DB)), d.COE.Seq, nil
}

// enter writes a step that was allowed.
func (s *Store) enter(w *work, d *Document, to State, reason string) error {
	from := w.coe.State
	sc := StateChange{COEID: w.coe.ID, FromState: from, ToState: to, Reason: reason, ByID: w.p.PersonID(), At: w.now}
	if err := w.tx.Create(&sc).Error; err != nil {
		return fmt.Errorf("note a step of %s: %w", w.coe.Name(), err)
	}
	d.States = append(d.States, sc)
	w.coe.State = to
	if from != to {
		w.coe.StateSince = w.now
	}
	switch to {
	case InReview:
		w.coe.Reviewed = true
	case Published:
		w.coe.Issue++
		w.coe.IssuedSeq = w.coe.Seq + 1 // what record below takes; the row is locked
	}
	d.COE = w.coe
	if to == Published {
		w.coe.EffectDue = string(EffectDay(d))
		d.COE = w.coe
		if err := s.issue(w, d); err != nil {
			return err
		}
	}
	err := w.saveHeader(map[string]any{
		"state": w.coe.State, "state_since": w.coe.StateSince, "reviewed": w.coe.Reviewed,
		"issue": w.coe.Issue, "issued_seq": w.coe.IssuedSeq, "effect_due": w.coe.EffectDue,
	})
	if err != nil {
		return err
	}
	return w.record(partState, sc.ID, w.coe.Version, "coe."+string(to), map[string]any{"from": from, "issue": w.coe.Issue})
}

// SignedOff says what a sign-off led to.
type SignedOff struct {
	COE      COE
	Approved bool     // the document became approved by it
	Missing  []string // what else it needs for that, a sentence each
}

// SignOff records a named reviewer's verdict on the document in review.
// Asking for changes needs a text and hands the document back to its owner. An
// approval that completes what is needed makes the document approved;
// otherwise the answer says what is missing.
func (s *Store) SignOff(ctx context.Context, p *people.Principal, n int64, verdict, text string) (SignedOff, error) {
	var out SignedOff
	text, err := block("reason", text)
	if err != nil {
		return out, err
	}
	if verdict != VerdictApproved && verdict != VerdictChanges {
		return out, fault.Invalidf("verdict", "%q is not a verdict. Choose approved or changes_requested.", clip(verdict))
	}
	err = s.doLocked(ctx, p, n, people.View, func(w *work) error {
		if err := w.maySign(verdict, text); err != nil {
			return err
		}
		d, err := load(w.tx, w.coe)
		if err != nil {
			return err
		}
		sign := Signoff{COEID: w.coe.ID, PersonID: p.ID, Verdict: verdict, Text: text, Round: d.Round(), At: w.now}
		if err := w.tx.Create(&sign).Error; err != nil {
			return fmt.Errorf("sign off %s: %w", w.coe.Name(), err)
		}
		d.Signoffs = append(d.Signoffs, sign)
		err = w.record(partSignoff, sign.ID, 1, "coe.sign_off", map[string]any{"verdict": verdict, "round": sign.Round})
		if err != nil {
			return err
		}
		out, err = s.conclude(w, d, verdict, text)
		return err
	})
	return out, err
}

// maySign: in review only; by a named reviewer; changes with a text.
func (w *work) maySign(verdict, text string) error {
	if err := allow(w.p, people.SignOff, w.res); err != nil {
		return err
	}
	if w.coe.State != InReview {
		return fault.Invalidf("state", "%s is %s. It can be signed off while it is in review.", w.coe.Name(), lower(w.coe.State))
	}
	if verdict == VerdictChanges {
		return needed("reason", text, "Say what should change, so that the owner can act on it.")
	}
	return nil
}

// conclude takes the step that a verdict leads to.
func (s *Store) conclude(w *work, d *Document, verdict, text string) (SignedOff, error) {
	if verdict == VerdictChanges {
		err := s.enter(w, d, ChangesRequested, text)
		return SignedOff{COE: w.coe}, err
	}
	if missing := MissingForApproval(d); len(missing) > 0 {
		return SignedOff{COE: w.coe, Missing: missing}, nil
	}
	err := s.enter(w, d, Approved, text)
	return SignedOff{COE: w.coe, Approved: err == nil}, err
}

// AnswerEffect answers whether the actions had their effect: worked, did_not
// or unknown. The question falls due 90 days after the last action was
// settled and cannot be answered before.
func (s *Store) AnswerEffect(ctx context.Context, p *people.Principal, n int64, effect, text string) (COE, error) {
	var out COE
	if !slices.Contains([]string{EffectWorked, EffectDidNot, EffectUnknown}, effect) {
		return out, fault.Invalidf("effect", "%q is not an answer. Choose worked, did_not or unknown.", clip(effect))
	}
	text, err := block("text", text)
	if err != nil {
		return out, err
	}
	err = s.doLocked(ctx, p, n, people.ChangeState, func(w *work) error {
		d, err := load(w.tx, w.coe)
		if err != nil {
			return err
		}
		due := EffectDay(d)
		switch {
		case w.coe.State != Published:
			return fault.Invalidf("effect", "%s is %s. The question is asked once it is published.", w.coe.Name(), lower(w.coe.State))
		case due == "":
			return fault.Invalidf("effect", "The question is asked when every action is verified or declined.")
		case people.DayOf(w.now, w.coe.Location()) < due:
			return fault.Invalidf("effect", "The question falls due on %s, 90 days after the last action. Answer it then.", due)
		}
		w.coe.Effect, w.coe.EffectText, w.coe.EffectDue = effect, text, string(due)
		if err := w.saveHeader(map[string]any{"effect": effect, "effect_text": text, "effect_due": string(due)}); err != nil {
			return err
		}
		err = w.record(partState, w.coe.ID, w.coe.Version, "coe.effect", map[string]any{"effect": effect})
		out = w.coe
		return err
	})
	return out, err
}

var ruleID = regexp.MustCompile(`^L[0-9]{2}$`)

// Waive lifts a finding of the checker at a place, for a reason that stays
// visible. An empty place lifts the rule everywhere. Waiving again replaces
// the reason.
func (s *Store) Waive(ctx context.Context, p *people.Principal, n int64, rule, place, reason string) error {
	if !ruleID.MatchString(rule) {
		return fault.Invalidf("rule", "%q is not a rule of the checker.", clip(rule))
	}
	place, err := line("place", place, 200)
	if err != nil {
		return err
	}
	if reason, err = line("reason", reason, 1000); err != nil {
		return err
	}
	if err := needed("reason", reason, "Say why this finding does not matter here. The reason stays visible."); err != nil {
		return err
	}
	return s.do(ctx, p, n, people.Edit, func(w *work) error {
		if err := w.dropWaiver(rule, place); err != nil {
			return err
		}
		v := Waiver{COEID: w.coe.ID, Rule: rule, Place: place, Reason: reason, ByID: p.PersonID(), At: w.now}
		if err := w.tx.Create(&v).Error; err != nil {
			return fmt.Errorf("waive %s: %w", rule, err)
		}
		return w.record(partWaiver, v.ID, 1, "coe.waive", map[string]any{"rule": rule, "place": place, "reason": reason})
	})
}

// Unwaive lets a finding count again.
func (s *Store) Unwaive(ctx context.Context, p *people.Principal, n int64, rule, place string) error {
	return s.do(ctx, p, n, people.Edit, func(w *work) error {
		if err := w.dropWaiver(rule, place); err != nil {
			return err
		}
		return w.record(partWaiver, 0, 0, "coe.unwaive", map[string]any{"rule": rule, "place": place})
	})
}

func (w *work) dropWaiver(rule, place string) error {
	return w.tx.Where("coe_id = ? AND rule = ? AND place = ?", w.coe.ID, rule, place).Delete(&Waiver{}).Error
}
