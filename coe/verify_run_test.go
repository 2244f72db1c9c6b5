package coe

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"coetracker/actions"
	"coetracker/evidence"
	"coetracker/internal/db"
	"coetracker/people"
)

// prover adds an experiment, an action that names it, and runs of it.
type prover struct {
	*world
	exp    evidence.Experiment
	coe1   COE
	action *actions.Action
	act    *actions.Store
	runs   int
}

func newProver(t *testing.T, w *world) *prover {
	t.Helper()
	p := &prover{world: w, act: &actions.Store{DB: w.g, Zone: time.UTC}, coe1: w.coe()}
	now := db.Now(w.g)
	p.exp = evidence.Experiment{Tool: "fis", Definition: "EXTpool", Name: "Fill the pool", Version: 1, CreatedAt: now, UpdatedAt: now}
	w.must(w.g.Create(&p.exp).Error)
	p.action = p.add(actions.New{Title: "Limit the pool", Priority: "P1", ProofTarget: "FIS:extPOOL"})
	return p
}

func (p *prover) add(n actions.New) *actions.Action {
	p.t.Helper()
	n.COEID = p.coe1.ID
	n.OwnerID = &p.bo.ID
	a, err := p.act.Add(p.ctx, p.ana, n)
	p.must(err)
	return a
}

// item stores a settled run that ended some hours after the clock's start.
func (p *prover) item(hours int, o evidence.Outcome) *evidence.Item {
	p.t.Helper()
	p.runs++
	end := p.clock.Now().Add(time.Duration(hours) * time.Hour)
	start := end.Add(-10 * time.Minute)
	it := evidence.Item{
		Type: evidence.TypeExperiment, Tool: "fis", SubjectKey: fmt.Sprint("s", p.runs), ExternalID: fmt.Sprint("EXP", p.runs), Title: "Fill the pool",
		State: "completed", ToolOutcome: o, StartedAt: &start, EndedAt: &end, Settled: true, ExperimentID: &p.exp.ID,
		Alarms: "[]", Detail: "{}", Reach: "{}", Version: 1, CreatedAt: end, UpdatedAt: end,
	}
	p.must(p.g.Create(&it).Error)
	return &it
}

func (p *prover) settle(it *evidence.Item) {
	p.t.Helper()
	p.must(db.Tx(p.ctx, p.g, func(tx *gorm.DB) error { return p.s.RunSettled(tx, it) }))
}

func (p *prover) run(hours int, o evidence.Outcome) *evidence.Item {
	p.t.Helper()
	it := p.item(hours, o)
	p.settle(it)
	return it
}

// says sets what a run showed, as a person does it now.
func (p *prover) says(it *evidence.Item, o evidence.Outcome) {
	p.t.Helper()
	now := db.Now(p.g)
	it.Outcome, it.OutcomeAt = o, &now
	p.must(p.g.Save(it).Error)
	p.settle(it)
}

func (p *prover) state() actions.State { p.t.Helper(); return p.stored().State }

func (p *prover) stored() *actions.Item {
	p.t.Helper()
	it, err := p.act.Get(p.ctx, people.Operator(), p.action.ID)
	p.must(err)
	return it
}

func (p *prover) is(want actions.State, why string) {
	p.t.Helper()
	if got := p.state(); got != want {
		p.t.Errorf("%s: the action is %s, want %s", why, got, want)
	}
}

// effects gives outcome and effect of each run of the action, oldest first.
func (p *prover) effects() string {
	p.t.Helper()
	var rows []actions.Run
	p.must(p.g.Where("action_id = ?", p.action.ID).Order("item_id").Find(&rows).Error)
	var out []string
	for _, r := range rows {
		out = append(out, fmt.Sprintf("%d %s %s", r.ItemID, r.Outcome, r.Effect))
	}
	return strings.Join(out, "; ")
}

func eachProver(t *testing.T, f func(t *testing.T, p *prover)) {
	t.Helper()
	each(t, func(t *testing.T, w *world) { f(t, newProver(t, w)) })
}

func TestRunSettled_VerifiesAndReopens(t *testing.T) {
	t.Parallel()
	eachProver(t, func(t *testing.T, p *prover) {
		_, err := p.act.Block(p.ctx, p.ana, actions.At{ID: p.action.ID}, "waits for the vendor")
		p.must(err)
		p.run(1, evidence.Errored)
		p.run(2, evidence.Inconclusive)
		p.is(actions.Blocked, "runs that show nothing")
		held := p.run(3, evidence.Held)
		p.is(actions.Verified, "a run that held")
		it := p.stored()
		if it.VerifiedBy != nil || it.VerifiedAt == nil || len(it.Proofs) != 1 || it.Proofs[0].ByID != nil || it.Proofs[0].Kind != "experiment" ||
			!strings.Contains(it.Proofs[0].Text, "Run fis:EXP3 held on") || !strings.Contains(it.Proofs[0].Text, fmt.Sprintf("/runs/%d", held.ID)) {
			t.Errorf("verified as %+v", it)
		}
		p.clock.Advance(4 * time.Hour)
		bad := p.run(1, evidence.Halted)
		p.is(actions.Open, "a later run that was halted")
		reason := p.stored().StateReason
		for _, want := range []string{"fis:EXP4 was halted", "fis:EXP3 had held", fmt.Sprintf("/runs/%d", bad.ID), fmt.Sprintf("/runs/%d", held.ID)} {
			if !strings.Contains(reason, want) {
				t.Errorf("%q does not say %q", reason, want)
			}
		}
		if got, want := p.effects(), "1 error ; 2 inconclusive ; 3 held verified; 4 halted reopened"; got != want {
			t.Errorf("runs: %s, want %s", got, want)
		}
		var verbs []string
		p.must(p.g.Table("audit").Where("actor = 'system' AND verb LIKE 'action.%'").Order("id").Pluck("verb", &verbs).Error)
		if !slices.Equal(verbs, []string{"action.verify_by_run", "action.reopen_by_run"}) {
			t.Errorf("audit: %v", verbs)
		}
		var jobs int64
		p.must(p.g.Table("jobs").Where("kind = ?", actions.JobChanged).Count(&jobs).Error)
		if jobs != 4 { // added, blocked, verified, reopened
			t.Errorf("%d jobs for messages, want 4", jobs)
		}
		if shown := p.stored().Runs; len(shown) != 4 || shown[0].Ref() != "fis:EXP4" || shown[0].Effect != actions.RunReopened {
			t.Errorf("shown: %+v", shown)
		}
		if d := p.load(p.coe1.Number); len(d.Runs) != 4 || d.Pending {
			t.Errorf("%d runs in the document, pending %v", len(d.Runs), d.Pending)
		}
	})
}

// A late arrival of an older run changes nothing, in either direction: these
// two fail if runs are taken in the order in which they come.
func TestRunSettled_OlderRunThatHeldDoesNotVerifyAgainstANewerOne(t *testing.T) {
	t.Parallel()
	eachProver(t, func(t *testing.T, p *prover) {
		p.run(5, evidence.Deviated)
		p.run(2, evidence.Held)
		p.is(actions.Open, "held at 2, deviated at 5")
		p.run(6, evidence.Held)
		p.is(actions.Verified, "held at 6")
	})
}

func TestRunSettled_OlderRunThatDeviatedDoesNotReopenAgainstANewerOne(t *testing.T) {
	t.Parallel()
	eachProver(t, func(t *testing.T, p *prover) {
		p.run(5, evidence.Held)
		p.clock.Advance(10 * time.Hour)
		p.run(-8, evidence.Deviated) // ended at hour 2
		p.is(actions.Verified, "deviated at 2, held at 5")
		p.run(-1, evidence.Deviated)
		p.is(actions.Open, "deviated at 9")
	})
}

// Whatever the order of arrival, and however often each run is told of, the
// end is the same.
func TestRunSettled_AnyOrderTwice(t *testing.T) {
	t.Parallel()
	eachProver(t, func(t *testing.T, p *prover) {
		outcomes := []evidence.Outcome{evidence.Held, evidence.Deviated, evidence.Errored, evidence.Held, evidence.Aborted}
		orders := [][]int{{0, 1, 2, 3, 4}, {4, 3, 2, 1, 0}, {3, 0, 4, 1, 2}, {1, 3, 0, 2, 4}}
		for i, order := range orders {
			p.exp.ID, p.exp.Definition, p.exp.Name = 0, fmt.Sprint("EXT", i), fmt.Sprint("Plan ", i)
			p.must(p.g.Create(&p.exp).Error)
			p.action = p.add(actions.New{Title: "Limit the pool", ProofTarget: fmt.Sprint("plan ", i)})
			p.clock.Advance(time.Minute)
			items := map[int]*evidence.Item{}
			for _, n := range order {
				items[n] = p.item(n+1, outcomes[n])
				p.settle(items[n])
				p.settle(items[n])
			}
			before := p.stored()
			for _, n := range order {
				p.settle(items[n])
			}
			after := p.stored()
			if after.State != actions.Verified || after.Version != before.Version || len(after.Proofs) == 0 {
				t.Errorf("order %v: %s, version %d → %d, %d proofs", order, after.State, before.Version, after.Version, len(after.Proofs))
			}
		}
	})
}

func TestRunSettled_WhatDoesNotCount(t *testing.T) {
	t.Parallel()
	eachProver(t, func(t *testing.T, p *prover) {
		dry := p.item(1, evidence.Held)
		dry.DryRun = true
		p.must(p.g.Save(dry).Error)
		p.settle(dry)
		p.is(actions.Open, "a dry run")
		p.run(-1, evidence.Held)
		p.is(actions.Open, "a run before the action was written")
		if got := p.effects(); got != "" {
			t.Errorf("listed: %s", got)
		}
		other := p.item(2, evidence.Held)
		exp := evidence.Experiment{Tool: "fis", Definition: "EXTother", Name: "Other", Version: 1}
		p.must(p.g.Create(&exp).Error)
		other.ExperimentID = &exp.ID
		p.must(p.g.Save(other).Error)
		p.settle(other)
		p.is(actions.Open, "a run of another experiment")
		_, err := p.act.Decline(p.ctx, p.ana, actions.At{ID: p.action.ID}, "the pool goes away")
		p.must(err)
		p.run(3, evidence.Held)
		p.is(actions.Declined, "a declined action")
	})
}

func TestRunSettled_FollowsWhatPeopleSay(t *testing.T) {
	t.Parallel()
	eachProver(t, func(t *testing.T, p *prover) {
		run := p.run(1, evidence.Unknown)
		p.is(actions.Open, "an unknown outcome")
		p.clock.Advance(2 * time.Hour)
		p.says(run, evidence.Held)
		p.is(actions.Verified, "said to have held")
		p.says(run, evidence.Deviated)
		p.is(actions.Open, "said to have deviated")
		p.says(run, evidence.Held)
		p.is(actions.Verified, "said to have held again")
		p.says(run, evidence.Inconclusive)
		p.is(actions.Open, "the run that verified it proves nothing")
		if r := p.stored().StateReason; !strings.Contains(r, "recorded as inconclusive") {
			t.Error(r)
		}
		p.says(run, evidence.Held)
		p.is(actions.Verified, "held after all")

		// A person overrules it, and being told again does not overrule them.
		p.clock.Advance(time.Minute)
		_, err := p.act.Reopen(p.ctx, p.ana, actions.At{ID: p.action.ID}, "the experiment was too mild")
		p.must(err)
		p.settle(run)
		p.is(actions.Open, "a person reopened it")

		// A run that failed, and is taken back, gives way to the one before.
		p.clock.Advance(time.Hour)
		second := p.run(0, evidence.Held)
		p.is(actions.Verified, "a second run held")
		p.clock.Advance(time.Hour)
		third := p.run(0, evidence.Deviated)
		p.is(actions.Open, "a third deviated")
		p.clock.Advance(time.Minute)
		p.says(third, evidence.Aborted)
		p.is(actions.Verified, "the third was aborted, so the second counts")
		p.clock.Advance(time.Minute)
		p.says(second, evidence.Deviated)
		p.is(actions.Open, "the second deviated")
	})
}

// Where a person verified it after a run had ended, that run says nothing new.
func TestRunSettled_PersonVerifiedLater(t *testing.T) {
	t.Parallel()
	eachProver(t, func(t *testing.T, p *prover) {
		prio := "P2"
		_, err := p.act.Edit(p.ctx, p.ana, actions.At{ID: p.action.ID}, actions.Fields{Priority: &prio})
		p.must(err)
		old := p.item(1, evidence.Deviated)
		p.clock.Advance(2 * time.Hour)
		_, err = p.act.Done(p.ctx, p.bo, actions.At{ID: p.action.ID}, actions.Evidence{Text: "seen on the graph"})
		p.must(err)
		_, err = p.act.Verify(p.ctx, p.ana, actions.At{ID: p.action.ID})
		p.must(err)
		p.settle(old)
		p.is(actions.Verified, "a run that ended before")
		p.clock.Advance(2 * time.Hour)
		p.run(0, evidence.Deviated)
		p.is(actions.Open, "a run that ended after")
	})
}

// Somebody who owns an action cannot verify it by saying what its run showed.
func TestRunSettled_NotByTheOwnersWord(t *testing.T) {
	t.Parallel()
	eachProver(t, func(t *testing.T, p *prover) {
		run := p.run(1, evidence.Unknown)
		run.OutcomeBy = &p.bo.ID
		p.says(run, evidence.Held)
		p.is(actions.Open, "its owner says that the run held")
		run.OutcomeBy = &p.ana.ID
		p.says(run, evidence.Held)
		p.is(actions.Verified, "somebody else says so")
	})
}
