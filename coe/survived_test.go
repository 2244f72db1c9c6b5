package coe

import (
	"strings"
	"testing"
	"time"

	"coetracker/actions"
	"coetracker/evidence"
	"coetracker/internal/db"
	"coetracker/people"
)

func TestStampOf(t *testing.T) {
	t.Parallel()
	at := func(day int, o evidence.Outcome) Survival {
		end := time.Date(2026, 1, day, 23, 30, 0, 0, time.UTC)
		return Survival{Subject: int64(day), Outcome: o, RunID: 1, EndedAt: &end}
	}
	event := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		list  []Survival
		since *time.Time
		zone  *time.Location
		now   time.Time
		want  Stamp
		ok    bool
	}{
		"none":             {nil, nil, time.UTC, now, Stamp{}, false},
		"one":              {[]Survival{at(9, evidence.Held)}, nil, time.UTC, now, Stamp{"2026-01-09", "2026-07-08", false}, true},
		"the zone's day":   {[]Survival{at(9, evidence.Held)}, nil, paris, now, Stamp{"2026-01-10", "2026-07-09", false}, true},
		"the oldest":       {[]Survival{at(9, evidence.Held), at(7, evidence.Held)}, &event, time.UTC, now, Stamp{"2026-01-07", "2026-07-06", false}, true},
		"one deviated":     {[]Survival{at(9, evidence.Held), at(7, evidence.Deviated)}, nil, time.UTC, now, Stamp{}, false},
		"one never ran":    {[]Survival{at(9, evidence.Held), {Subject: 2}}, nil, time.UTC, now, Stamp{}, false},
		"before the event": {[]Survival{at(4, evidence.Held)}, &event, time.UTC, now, Stamp{}, false},
		"its last day":     {[]Survival{at(9, evidence.Held)}, nil, time.UTC, time.Date(2026, 7, 8, 23, 0, 0, 0, time.UTC), Stamp{"2026-01-09", "2026-07-08", false}, true},
		"the day after":    {[]Survival{at(9, evidence.Held)}, nil, time.UTC, time.Date(2026, 7, 9, 1, 0, 0, 0, time.UTC), Stamp{"2026-01-09", "2026-07-08", true}, true},
	} {
		if got, ok := StampOf(c.list, c.since, c.zone, c.now); got != c.want || ok != c.ok {
			t.Errorf("%s: %+v, %v, want %+v, %v", name, got, ok, c.want, c.ok)
		}
	}
}

// link says that a run reproduces or verifies the prover's COE.
func (p *prover) link(it *evidence.Item, relation string) {
	p.t.Helper()
	p.must(p.g.Create(&evidence.Decision{COEID: p.coe1.ID, ItemID: it.ID, Decision: "accepted", Relation: relation, DecidedAt: db.Now(p.g)}).Error)
}

func (p *prover) stamp() (Stamp, bool) {
	p.t.Helper()
	return p.load(p.coe1.Number).Stamp(db.Now(p.g))
}

func TestDocument_Stamp(t *testing.T) {
	t.Parallel()
	eachProver(t, func(t *testing.T, p *prover) {
		if _, ok := p.stamp(); ok {
			t.Error("a stamp without an experiment")
		}
		bad := p.item(1, evidence.Deviated)
		p.link(bad, "reproduces")
		p.link(p.item(2, evidence.Held), "revealed_by")
		p.run(-30, evidence.Held)
		if _, ok := p.stamp(); !ok { // the run at hour 2 is of the same experiment
			t.Error("no stamp after a later run of the linked experiment held")
		}
		p.run(3, evidence.Halted)
		if _, ok := p.stamp(); ok {
			t.Error("a stamp although the last run was halted")
		}
		p.run(4, evidence.Held)
		p.run(5, evidence.Errored)
		if s, ok := p.stamp(); !ok || s.Day != "2026-03-03" {
			t.Errorf("stamp %+v, %v", s, ok)
		}
		other := evidence.Experiment{Tool: "litmus", Definition: "pod-kill", Name: "Kill a pod", Version: 1}
		p.must(p.g.Create(&other).Error)
		second := p.item(26, evidence.Unknown)
		second.ExperimentID = &other.ID
		p.must(p.g.Save(second).Error)
		p.link(second, "verifies")
		if _, ok := p.stamp(); ok {
			t.Error("a stamp although one experiment has shown nothing")
		}
		p.says(second, evidence.Held)
		if s, ok := p.stamp(); !ok || s.Day != "2026-03-03" {
			t.Errorf("stamp %+v, %v, want the day of the older run", s, ok)
		}
	})
}

// Half a year later the owner is asked once to run it again.
func TestStore_AskAgain(t *testing.T) {
	t.Parallel()
	eachProver(t, func(t *testing.T, p *prover) {
		p.link(p.run(1, evidence.Held), "verifies")
		p.is(actions.Verified, "the run held")
		ask := func(want int, when string) {
			t.Helper()
			if n, err := p.s.AskAgain(p.ctx); err != nil || n != want {
				t.Errorf("%s: asked for %d, %v, want %d", when, n, err, want)
			}
		}
		ask(0, "at once")
		p.clock.Advance(180 * 24 * time.Hour)
		ask(0, "on the last day")
		p.clock.Advance(26 * time.Hour)
		if s, ok := p.stamp(); !ok || !s.Expired {
			t.Errorf("stamp %+v, %v", s, ok)
		}
		ask(1, "after it")
		ask(0, "again")
		var a actions.Action
		p.must(p.g.Where("coe_id = ?", p.coe1.ID).Order("number DESC").Take(&a).Error)
		if a.Title != "Run Fill the pool again" || a.ProofTarget != "fis:EXTpool" || a.ProofKind != "experiment" || a.OwnerID == nil || *a.OwnerID != p.ana.ID || a.Priority != "P2" {
			t.Errorf("asked for %+v", a)
		}
		today := people.DayOf(db.Now(p.g), time.UTC)
		if days := a.Due.Sub(today); days < 14 || days > 16 {
			t.Errorf("due %s on %s", a.Due, today)
		}
		_, err := p.act.Delete(p.ctx, p.ana, actions.At{ID: a.ID})
		p.must(err)
		ask(0, "after it was deleted")
		p.run(0, evidence.Held)
		ask(0, "after a new run")
		if s, ok := p.stamp(); !ok || s.Expired {
			t.Errorf("stamp %+v, %v after a new run", s, ok)
		}
		p.clock.Advance(181 * 24 * time.Hour)
		ask(1, "half a year after the new run")

		// The run that was asked for verifies the action by itself.
		a = actions.Action{}
		p.must(p.g.Where("coe_id = ? AND deleted_at IS NULL", p.coe1.ID).Order("number DESC").Take(&a).Error)
		p.action = &a
		p.run(1, evidence.Held)
		p.is(actions.Verified, "a run as asked for")
	})
}

// What tools call their experiments need not fit an action.
func TestStore_AskAgain_NamesThatDoNotFit(t *testing.T) {
	t.Parallel()
	eachProver(t, func(t *testing.T, p *prover) {
		p.link(p.run(1, evidence.Held), "verifies")
		p.must(p.g.Model(&evidence.Experiment{}).Where("definition = 'EXTpool'").
			Updates(map[string]any{"name": "Fill\tthe\x01pool\n", "definition": strings.Repeat("x", 390)}).Error)
		p.clock.Advance(182 * 24 * time.Hour)
		if n, err := p.s.AskAgain(p.ctx); err != nil || n != 1 {
			t.Fatalf("asked for %d, %v, want 1", n, err)
		}
		var a actions.Action
		p.must(p.g.Where("coe_id = ?", p.coe1.ID).Order("number DESC").Take(&a).Error)
		if a.Title != "Run Fill the pool again" || a.ProofTarget != "" {
			t.Errorf("asked for %q with the target %q", a.Title, a.ProofTarget)
		}
	})
}

func TestStore_AskAgain_OnceForTwoAtATime(t *testing.T) {
	t.Parallel()
	eachProver(t, func(t *testing.T, p *prover) {
		p.link(p.run(1, evidence.Held), "verifies")
		p.clock.Advance(182 * 24 * time.Hour)
		made := make(chan int)
		for range 2 {
			go func() {
				n, err := p.s.AskAgain(p.ctx)
				if err != nil {
					t.Error(err)
				}
				made <- n
			}()
		}
		if n := <-made + <-made; n != 1 {
			t.Errorf("%d actions, want 1", n)
		}
	})
}
