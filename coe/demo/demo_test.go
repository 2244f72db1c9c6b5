package demo_test

import (
	"strings"
	"testing"
	"time"

	"coetracker/actions"
	"coetracker/coe"
	"coetracker/coe/demo"
	"coetracker/evidence"
	"coetracker/internal/dbtest"
	"coetracker/people"
	"coetracker/timeline"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// seeded is the demo's documents by title, as they stand on its first morning.
func seeded(t *testing.T) map[string]*coe.Document {
	all, _ := seededWith(t)
	return all
}

// seededWith gives the stores too.
func seededWith(t *testing.T) (map[string]*coe.Document, demo.Stores) {
	clock := dbtest.NewClock(dbtest.Start)
	g := dbtest.New(t, dbtest.WithClock(clock))
	st := demo.Stores{
		People: &people.Store{DB: g, Wall: clock.Now}, Timeline: &timeline.Store{DB: g}, Actions: &actions.Store{DB: g},
		COEs: &coe.Store{DB: g, Canonical: coe.Write, Check: func(d *coe.Document, now time.Time) []coe.Finding {
			return coe.Lint(d, coe.LintInput{Now: now})
		}},
		Evidence: &evidence.Store{DB: g, Wall: clock.Now},
		SetNow:   clock.Set,
	}
	st.Evidence.OnSettled = st.COEs.RunSettled
	if err := demo.Seed(t.Context(), st); err != nil {
		t.Fatal(err)
	}
	clock.Set(demo.Morning())
	out := map[string]*coe.Document{}
	for n := int64(1); ; n++ {
		d, err := st.COEs.Load(t.Context(), people.Operator(), n)
		if err != nil {
			return out, st
		}
		out[d.COE.Title] = d
	}
}

func find(t *testing.T, all map[string]*coe.Document, part string) *coe.Document {
	t.Helper()
	for title, d := range all {
		if strings.Contains(title, part) {
			return d
		}
	}
	t.Fatalf("no document about %q", part)
	return nil
}

func TestSeed(t *testing.T) {
	t.Parallel()
	all := seeded(t)
	kinds, states, acts := map[coe.Kind]int{}, map[coe.State]int{}, map[actions.State]int{}
	overdue, restricted := 0, 0
	for _, d := range all {
		kinds[d.COE.Kind]++
		states[d.COE.State]++
		if d.COE.Visibility == coe.Restricted {
			restricted++
		}
		for _, a := range d.Actions {
			acts[a.State]++
			if a.Live() && a.IsOverdue(demo.Morning(), time.UTC) {
				overdue++
			}
		}
	}
	if kinds[coe.ExperimentFinding] != 1 || kinds[coe.Win] != 1 || kinds[coe.NearMiss] != 1 || restricted != 1 {
		t.Errorf("kinds %v, %d restricted", kinds, restricted)
	}
	for _, s := range []coe.State{coe.Draft, coe.InReview, coe.ChangesRequested, coe.Published} {
		if states[s] == 0 {
			t.Errorf("no document is %s", s)
		}
	}
	if acts[actions.Verified] < 2 || acts[actions.ClaimedDone] == 0 || acts[actions.Blocked] == 0 || acts[actions.Declined] == 0 || overdue < 2 {
		t.Errorf("actions %v, %d overdue", acts, overdue)
	}
}

// The two public events carry their public times; what is invented says so.
func TestSeed_PublicEvents(t *testing.T) {
	t.Parallel()
	all := seeded(t)
	for part, times := range map[string][]string{
		"S3 in us-east-1":      {"09:37", "11:37", "12:26", "13:18", "13:54"},
		"Kinesis in us-east-1": {"02:44", "03:47", "05:15", "07:51", "09:39", "10:07", "22:23"},
	} {
		d := find(t, all, part)
		if len(d.Entries) < 15 || len(d.Whys) < 8 {
			t.Errorf("%s: %d entries, %d whys", part, len(d.Entries), len(d.Whys))
		}
		for _, want := range times {
			found := false
			for _, e := range d.Entries {
				if e.At.In(d.COE.Location()).Format("15:04") == want && !strings.Contains(e.Text, "(invented)") && !strings.Contains(e.Text, "(time invented)") {
					found = true
				}
			}
			if !found {
				t.Errorf("%s: nothing public at %s", part, want)
			}
		}
		if !strings.Contains(d.Section("summary").Text, "invented") {
			t.Errorf("%s does not say that parts are invented", part)
		}
		if words := timeline.Disorder(d.Entries); len(words) > 0 {
			t.Errorf("%s: %q", part, words)
		}
	}
}

// What tools sent is matched, tied together, and proves what it is to prove.
func TestSeed_Evidence(t *testing.T) {
	t.Parallel()
	all, st := seededWith(t)
	g := st.Evidence.DB
	for what, want := range map[string]struct {
		sql string
		n   int64
	}{
		"planned experiments that runs came to": {"SELECT count(*) FROM experiments WHERE tool <> '' AND created_by IS NOT NULL", 2},
		"planned game days":                     {"SELECT count(*) FROM experiments WHERE tool = '' AND game_day", 1},
		"runs that are settled":                 {"SELECT count(*) FROM evidence_items WHERE type = 'experiment' AND settled", 4},
		"runs that deviated":                    {"SELECT count(*) FROM evidence_items WHERE tool_outcome = 'deviated'", 2},
		"rollbacks tied to a deployment":        {"SELECT count(*) FROM evidence_items WHERE type = 'rollback' AND undoes_id IS NOT NULL", 1},
		"deployments tied to a rollback":        {"SELECT count(*) FROM evidence_items WHERE type = 'deployment' AND undone_by_id IS NOT NULL", 1},
		"things without a service":              {"SELECT count(*) FROM evidence_items WHERE service_id IS NULL", 1},
		"sources":                               {"SELECT count(*) FROM hook_sources WHERE token_hash IS NOT NULL AND secret IS NULL", 2},
		"deliveries that failed":                {"SELECT count(*) FROM hook_deliveries WHERE state <> 'projected'", 0},
	} {
		var n int64
		if err := g.Raw(want.sql).Scan(&n).Error; err != nil || n != want.n {
			t.Errorf("%s: %d (%v), want %d", what, n, err, want.n)
		}
	}
	d := find(t, all, "Losing one zone")
	if a := d.Actions[0]; a.ProofTarget != "zone-loss-resizer" || a.State != actions.Verified {
		t.Errorf("%s is %s, proven by %q; want verified by the run that held", a.Ref(), a.State, a.ProofTarget)
	}
	if a := find(t, all, "S3 in us-east-1").Actions[3]; a.ProofTarget != "index-cell-loss" || a.State != actions.InProgress {
		t.Errorf("%s is %s; its run deviated", a.Ref(), a.State)
	}
}
