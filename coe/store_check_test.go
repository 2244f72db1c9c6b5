package coe

import (
	"context"
	"testing"
	"time"

	"coetracker/internal/dbtest"
	"coetracker/internal/fault"
)

// The checker reads calendars from the database while nothing is held: with
// one connection it still gets an answer.
func TestStore_SetState_checksOutsideTheTransaction(t *testing.T) {
	t.Parallel()
	clock := dbtest.NewClock(dbtest.Start)
	w := newWorld(t, dbtest.Postgres(t, dbtest.WithClock(clock), dbtest.WithConns(1)), clock)
	c := w.coe()
	var asked error
	w.s.Check = func(*Document, time.Time) []Finding {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		var one int
		asked = w.g.WithContext(ctx).Raw("SELECT 1").Scan(&one).Error
		return nil
	}
	if _, err := w.s.SetState(w.ctx, w.ana, c.Number, InReview, ""); err != nil || asked != nil {
		t.Errorf("the step: %v; the checker's question: %v", err, asked)
	}
}

// A document that changes while it is checked is checked anew; one that never
// rests is refused.
func TestStore_SetState_changedMeanwhile(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.coe()
		var seen []string
		version := int64(0)
		changes := 1
		w.s.Check = func(d *Document, _ time.Time) []Finding {
			seen = append(seen, d.Section("summary").Text)
			if changes > 0 {
				changes--
				sec, err := w.s.SaveSection(w.ctx, w.ana, c.Number, "summary", version, "text "+time.Duration(version).String(), FromForm)
				w.must(err)
				version = sec.Version
			}
			return nil
		}
		if now, err := w.s.SetState(w.ctx, w.ana, c.Number, InReview, ""); err != nil || now.State != InReview {
			t.Fatalf("%+v, %v", now, err)
		}
		if len(seen) != 2 || seen[1] == "" {
			t.Errorf("the checker saw %q", seen)
		}
		other := w.coe()
		c, version, changes = other, 0, 100
		_, err := w.s.SetState(w.ctx, w.ana, other.Number, InReview, "")
		wants(t, err, fault.Conflict, "")
		if state := w.load(other.Number).COE.State; state != Draft {
			t.Errorf("it is %s", state)
		}
	})
}
