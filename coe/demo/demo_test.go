package demo_test

import (
	"strings"
	"testing"
	"time"

	"coetracker/actions"
	"coetracker/coe"
	"coetracker/coe/demo"
	"coetracker/internal/dbtest"
	"coetracker/people"
	"coetracker/timeline"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// seeded is the demo's documents by title, as they stand on its first morning.
func seeded(t *testing.T) map[string]*coe.Document {
	clock := dbtest.NewClock(dbtest.Start)
	g := dbtest.New(t, dbtest.WithClock(clock))
	st := demo.Stores{
		People: &people.Store{DB: g, Wall: clock.Now}, Timeline: &timeline.Store{DB: g}, Actions: &actions.Store{DB: g},
		COEs: &coe.Store{DB: g, Canonical: coe.Write, Check: func(d *coe.Document, now time.Time) []coe.Finding {
			return coe.Lint(d, coe.LintInput{Now: now})
		}},
		SetNow: clock.Set,
	}
	if err := demo.Seed(t.Context(), st); err != nil {
		t.Fatal(err)
	}
	clock.Set(demo.Morning())
	out := map[string]*coe.Document{}
	for n := int64(1); ; n++ {
		d, err := st.COEs.Load(t.Context(), people.Operator(), n)
		if err != nil {
			return out
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
