package coe

import (
	"slices"
	"testing"
	"time"

	"coetracker/actions"
	"coetracker/internal/fault"
	"coetracker/people"
)

// action stores an action that has all it needs.
func (w *world) action(coeID, number int64, state actions.State, change ...func(*actions.Action)) actions.Action {
	w.t.Helper()
	now := w.clock.Now()
	a := actions.Action{
		COEID: coeID, Number: number, Key: "aaaaaaa" + string(rune('a'+number)), Rank: "n0", Title: "Add an alarm",
		OwnerID: &w.bo.ID, Due: "2026-03-10", FirstDue: "2026-03-10", Priority: "P1", Type: "detect", Horizon: "short", State: state, StateSince: now, Version: 1,
	}
	if state == actions.Verified {
		a.VerifiedAt = &now
	}
	for _, c := range change {
		c(&a)
	}
	w.must(w.g.Create(&a).Error)
	return a
}

// review makes a document that is in review with cleo as reviewer.
func (w *world) review() COE {
	w.t.Helper()
	c := w.coe()
	c, err := w.s.EditHeader(w.ctx, w.ana, c.Number, c.Version, HeaderEdit{Reviewers: &[]int64{w.cleo.ID}})
	w.must(err)
	c, err = w.s.SetState(w.ctx, w.ana, c.Number, InReview, "")
	w.must(err)
	return c
}

// published makes a document that went all the way.
func (w *world) published() COE {
	w.t.Helper()
	c := w.review()
	r, err := w.s.SignOff(w.ctx, w.cleo, c.Number, VerdictApproved, "Good.")
	w.must(err)
	if !r.Approved {
		w.t.Fatalf("not approved: %q", r.Missing)
	}
	c, err = w.s.SetState(w.ctx, w.ana, c.Number, Published, "")
	w.must(err)
	return c
}

func TestStore_states_fromDraftToClosed(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.published()
		if c.State != Published || c.Issue != 1 || !c.Reviewed || c.IssuedSeq != c.Seq {
			t.Fatalf("published: %+v", c)
		}
		issue, err := w.s.Issue(w.ctx, w.dan, c.Number)
		w.must(err)
		if string(issue.Bytes) != "COE-1 issue 1 published" || issue.Number != 1 || len(issue.SHA256) != 64 {
			t.Errorf("issue: %+v", issue)
		}
		a := w.action(c.ID, 1, actions.Verified)
		_, err = w.s.SetState(w.ctx, w.ana, c.Number, Closed, "")
		wants(t, err, fault.Invalid, "state")
		_, err = w.s.AnswerEffect(w.ctx, w.ana, c.Number, EffectWorked, "Three weeks without one.")
		wants(t, err, fault.Invalid, "effect")
		n, err := w.s.RefreshEffectDue(w.ctx)
		w.must(err)
		if due := w.load(c.Number).COE.EffectDue; n != 0 || due != "2026-06-01" {
			t.Errorf("%d refreshed, due %q", n, due)
		}
		w.clock.Advance(90 * 24 * time.Hour)
		_, err = w.s.AnswerEffect(w.ctx, w.bo, c.Number, EffectWorked, "")
		wants(t, err, fault.Forbidden, "")
		_, err = w.s.AnswerEffect(w.ctx, w.ana, c.Number, EffectWorked, "Three months without one.")
		w.must(err)
		w.must(w.g.Model(&a).Update("state", actions.Open).Error)
		_, err = w.s.SetState(w.ctx, w.ana, c.Number, Closed, "")
		wants(t, err, fault.Invalid, "state")
		w.must(w.g.Model(&a).Update("state", actions.Verified).Error)
		c, err = w.s.SetState(w.ctx, w.ana, c.Number, Closed, "")
		w.must(err)
		d := w.load(c.Number)
		var went []State
		for _, s := range d.States {
			went = append(went, s.ToState)
		}
		if !slices.Equal(went, []State{InReview, Approved, Published, Closed}) || d.Pending {
			t.Errorf("went %v, pending %v", went, d.Pending)
		}
	})
}

func TestStore_RefreshEffectDue(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.published()
		a := w.action(c.ID, 1, actions.Open)
		for _, step := range []struct {
			state actions.State
			due   string
		}{{actions.Open, ""}, {actions.Declined, "2026-06-01"}, {actions.Blocked, ""}} {
			w.must(w.g.Model(&a).Update("state", step.state).Error)
			if _, err := w.s.RefreshEffectDue(w.ctx); err != nil {
				t.Fatal(err)
			}
			if due := w.load(c.Number).COE.EffectDue; due != step.due {
				t.Errorf("%s: due %q, want %q", step.state, due, step.due)
			}
		}
	})
}

func TestStore_SetState_blockedByFindings(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.coe()
		w.s.Check = func(d *Document, now time.Time) []Finding {
			return []Finding{{Rule: "L01", Level: Block, Place: "summary", Reason: "The summary is empty."}}
		}
		_, err := w.s.SetState(w.ctx, w.ana, 1, InReview, "")
		gate, _ := wants(t, err, fault.Invalid, "state").Detail.(*Gate)
		if gate == nil || len(gate.Findings) != 1 || w.load(1).COE.State != Draft {
			t.Fatalf("gate %+v", gate)
		}
		wants(t, w.s.Waive(w.ctx, w.ana, 1, "L01", "summary", " "), fault.Invalid, "reason")
		wants(t, w.s.Waive(w.ctx, w.dan, 1, "L01", "summary", "Drill"), fault.Forbidden, "")
		w.must(w.s.Waive(w.ctx, w.ana, 1, "L01", "summary", "Drill"))
		w.must(w.s.Waive(w.ctx, w.ana, 1, "L01", "summary", "Only a drill"))
		if ws := w.load(1).Waivers; len(ws) != 1 || ws[0].Reason != "Only a drill" {
			t.Errorf("waivers %+v", ws)
		}
		w.must(w.s.Unwaive(w.ctx, w.ana, 1, "L01", "summary"))
		_, err = w.s.SetState(w.ctx, w.ana, 1, InReview, "")
		wants(t, err, fault.Invalid, "state")
		w.must(w.s.Waive(w.ctx, w.ana, 1, "L01", "", "Only a drill"))
		_, err = w.s.SetState(w.ctx, w.ana, 1, InReview, "")
		w.must(err)
		w.s.Check = nil
		if _, err = w.s.SetState(w.ctx, w.ana, w.coe().Number, InReview, ""); err == nil {
			t.Error("a store without a checker lets documents into review")
		}
		_ = c
	})
}

func TestStore_SignOff(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.review()
		sign := func(p *people.Principal, verdict, text string) (SignedOff, error) {
			return w.s.SignOff(w.ctx, p, c.Number, verdict, text)
		}
		for _, p := range []*people.Principal{w.ana, w.bo, w.dan, w.root, people.Operator()} {
			_, err := sign(p, VerdictApproved, "")
			wants(t, err, fault.Forbidden, "")
		}
		_, err := sign(w.cleo, "fine", "")
		wants(t, err, fault.Invalid, "verdict")
		_, err = sign(w.cleo, VerdictChanges, "  ")
		wants(t, err, fault.Invalid, "reason")
		r, err := sign(w.cleo, VerdictChanges, "Name the zone.")
		w.must(err)
		if r.COE.State != ChangesRequested {
			t.Fatalf("state %s", r.COE.State)
		}
		d := w.load(c.Number)
		if last := d.States[len(d.States)-1]; last.Reason != "Name the zone." {
			t.Errorf("reason %q", last.Reason)
		}
		_, err = sign(w.cleo, VerdictApproved, "")
		wants(t, err, fault.Invalid, "state")
		_, err = w.s.SetState(w.ctx, w.ana, c.Number, Approved, "")
		wants(t, err, fault.Invalid, "state")
		_, err = w.s.SetState(w.ctx, w.ana, c.Number, InReview, "Done.")
		w.must(err)
		a := w.action(c.ID, 1, actions.Open, func(a *actions.Action) { a.OwnerID, a.Type = nil, "" })
		r, err = sign(w.cleo, VerdictApproved, "")
		w.must(err)
		if r.Approved || !slices.Equal(r.Missing, []string{"A-1 has no owner, no type."}) {
			t.Fatalf("got %+v", r)
		}
		w.must(w.g.Model(&a).Updates(map[string]any{"owner_id": w.bo.ID, "type": "detect"}).Error)
		done, err := w.s.SetState(w.ctx, w.ana, c.Number, Approved, "")
		w.must(err)
		if done.State != Approved || w.load(c.Number).Round() != 2 {
			t.Errorf("state %s, round %d", done.State, w.load(c.Number).Round())
		}
	})
}

func TestStore_publishAgain(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.published()
		pending := func() bool { return w.load(c.Number).Pending }
		if pending() {
			t.Error("something is pending right after publication")
		}
		w.must(w.s.Waive(w.ctx, w.ana, c.Number, "L01", "", "A live part"))
		if pending() {
			t.Error("a waiver counts as pending")
		}
		_, err := w.s.SaveSection(w.ctx, w.ana, c.Number, "summary", 0, "Now with numbers.", FromForm)
		w.must(err)
		if issue, ok := w.load(c.Number).PendingSince(); !ok || issue != 1 {
			t.Errorf("pending since %d, %v", issue, ok)
		}
		_, err = w.s.SetState(w.ctx, w.bo, c.Number, Published, "")
		wants(t, err, fault.Forbidden, "")
		c, err = w.s.SetState(w.ctx, w.ana, c.Number, Published, "Numbers added")
		w.must(err)
		kept, err := w.s.Keep(w.ctx, w.ana, c.Number, "before the audit")
		w.must(err)
		list, err := w.s.Revisions(w.ctx, w.dan, c.Number)
		w.must(err)
		if c.Issue != 2 || pending() || kept.Number != 3 || len(list) != 3 || list[1].Name != "Issue 2" || list[0].Bytes != nil {
			t.Errorf("issue %d, pending %v, revisions %+v", c.Issue, pending(), list)
		}
		old, err := w.s.RevisionByNumber(w.ctx, w.dan, c.Number, 1)
		w.must(err)
		if string(old.Bytes) != "COE-1 issue 1 published" {
			t.Errorf("issue 1 is now %q", old.Bytes)
		}
	})
}

// An issue freezes an action's text; its state and date are always public.
func TestStore_pendingByActions(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.published()
		a := w.action(c.ID, 1, actions.Open)
		acts := &actions.Store{DB: w.g}
		_, err := acts.Start(w.ctx, w.bo, actions.At{ID: a.ID})
		w.must(err)
		if w.load(c.Number).Pending {
			t.Error("a started action is pending")
		}
		title := "Add an alarm on payments"
		_, err = acts.Edit(w.ctx, w.bo, actions.At{ID: a.ID}, actions.Fields{Title: &title})
		w.must(err)
		if !w.load(c.Number).Pending {
			t.Error("a new title is not pending")
		}
	})
}
