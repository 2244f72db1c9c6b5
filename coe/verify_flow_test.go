package coe

import (
	"fmt"
	"testing"
	"time"

	"coetracker/actions"
	"coetracker/evidence"
	"coetracker/internal/db"
	"coetracker/internal/dbtest"

	"gorm.io/gorm"
)

// From the message of a tool to the action: what comes in by files settles
// after its window and verifies, in whatever order it comes.
func TestRunSettled_FromMessages(t *testing.T) {
	t.Parallel()
	eachProver(t, func(t *testing.T, p *prover) {
		p.exp = evidence.Experiment{}
		p.action = p.add(actions.New{Title: "Limit the pool", Priority: "P1", ProofTarget: "Generic:fill-the-pool"})
		ev := &evidence.Store{DB: p.g, Wall: p.clock.Now, OnSettled: p.s.RunSettled}
		start := p.clock.Now()
		send := func(id, outcome string, hour int) {
			t.Helper()
			at := start.Add(time.Duration(hour) * time.Hour)
			body := fmt.Sprintf(`{"type": "experiment", "source": "toolbox", "external_id": %q, "definition": "fill-the-pool", "title": "Fill the pool", "state": "completed",
				"outcome": %q, "started_at": %q, "ended_at": %q}`, id, outcome, at.Add(-5*time.Minute).Format(time.RFC3339), at.Format(time.RFC3339))
			_, _, err := ev.AddFile(p.ctx, p.bo, id+".json", "", []byte(body))
			p.must(err)
		}
		tick := func(hour int) {
			t.Helper()
			p.clock.Set(start.Add(time.Duration(hour) * time.Hour))
			p.must(ev.Tick(p.ctx))
		}
		p.clock.Set(start.Add(2 * time.Hour))
		send("run-1", "held", 2)
		p.is(actions.Open, "its window has not passed")
		tick(5)
		p.is(actions.Verified, "a run that held has settled")
		send("run-0", "deviated", 1)
		tick(6)
		p.is(actions.Verified, "an older run that deviated came late")
		send("run-2", "deviated", 6)
		tick(9)
		p.is(actions.Open, "a newer run deviated")
		var runs []evidence.Item
		p.must(p.g.Where("external_id = 'run-2'").Find(&runs).Error)
		if len(runs) != 1 || runs[0].ExperimentID == nil {
			t.Fatalf("runs %+v", runs)
		}
		_, err := ev.SetOutcome(p.ctx, p.ana, runs[0].ID, runs[0].Version, evidence.Held, "the graph was read wrongly")
		p.must(err)
		tick(10)
		p.is(actions.Verified, "a person says that it held")
		if got := p.stored().Runs; len(got) != 3 {
			t.Errorf("%d runs beside the action at %v, want 3", len(got), db.Now(p.g))
		}
	})
}

// Real clocks move while a transaction works: the action and the run that
// verified it must still be known to belong together.
func TestRunSettled_UnderAMovingClock(t *testing.T) {
	t.Parallel()
	open := map[string]func(testing.TB, ...dbtest.Option) *gorm.DB{"sqlite": dbtest.New, "postgres": dbtest.Postgres}
	for name, open := range open {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := dbtest.NewClock(dbtest.Start)
			moving := func(c *db.Config) { c.Now = func() time.Time { clock.Advance(time.Millisecond); return clock.Now() } }
			p := newProver(t, newWorld(t, open(t, moving), clock))
			held := p.item(1, evidence.Held)
			clock.Advance(5 * time.Hour)
			p.settle(held)
			p.is(actions.Verified, "a run that held")
			p.run(-3, evidence.Deviated) // after the one that held, before that verified the action
			p.is(actions.Open, "a run that deviated after the one that verified")
		})
	}
}
