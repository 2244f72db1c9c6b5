package coe_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"coetracker/actions"
	"coetracker/coe"
	"coetracker/coe/demo"
	"coetracker/evidence"
	"coetracker/internal/dbtest"
	"coetracker/people"
	"coetracker/timeline"
)

// Documents that were written through the stores leave and come back byte for
// byte, with everything that happened to them.
func TestStore_ImportFile_demo(t *testing.T) {
	t.Parallel()
	at := demo.Morning()
	clock := dbtest.NewClock(at)
	open := func(g *gorm.DB) *coe.Store {
		return &coe.Store{
			DB: g, Zone: demo.Zone, Canonical: coe.Write,
			Check: func(d *coe.Document, now time.Time) []coe.Finding { return coe.Lint(d, coe.LintInput{Now: now}) },
		}
	}
	g := dbtest.New(t, dbtest.WithClock(clock))
	from, to := open(g), open(dbtest.New(t))
	st := demo.Stores{People: &people.Store{DB: g, Wall: clock.Now}, COEs: from, Timeline: &timeline.Store{DB: g}, Actions: &actions.Store{DB: g}, Evidence: &evidence.Store{DB: g, Wall: clock.Now}, SetNow: clock.Set}
	if err := demo.Seed(t.Context(), st); err != nil {
		t.Fatal(err)
	}
	op := people.Operator()
	numbers, err := from.Numbers(t.Context(), op)
	if err != nil || len(numbers) == 0 {
		t.Fatal(numbers, err)
	}
	for _, n := range numbers {
		first, err := from.Export(t.Context(), op, n)
		if err != nil {
			t.Fatal(err)
		}
		c, out, err := to.ImportFile(t.Context(), op, first, coe.ImportOptions{KeepState: true})
		if err != nil || out.NumberChanged {
			t.Fatalf("COE-%d: %+v, %v", n, out, err)
		}
		second, err := to.Export(t.Context(), op, c.Number)
		if diff := cmp.Diff(string(first), string(second)); err != nil || diff != "" {
			t.Errorf("COE-%d: %v\n%s", n, err, diff)
		}
	}
}
