package coe

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"coetracker/actions"
	"coetracker/internal/fault"
	"coetracker/people"
)

func TestStore_Gate(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		dir := &people.Store{DB: w.g, Wall: w.clock.Now, Zone: time.UTC}
		aliases := []string{"chk-prod"}
		sv, err := dir.AddService(w.ctx, w.root, "checkout", people.ServiceEdit{Aliases: &aliases})
		w.must(err)
		other, err := dir.AddService(w.ctx, w.root, "search", people.ServiceEdit{})
		w.must(err)
		act := &actions.Store{DB: w.g, Zone: time.UTC}
		make1 := func(v Visibility, service int64) COE {
			c, err := w.s.Create(w.ctx, w.ana, New{Title: "Secret title", Kind: Incident, Severity: 1, Services: []int64{service}, Visibility: v})
			w.must(err)
			return c
		}
		add := func(c COE, n actions.New) *actions.Action {
			n.COEID = c.ID
			if n.Title == "" {
				n.Title = "Stop the retries"
			}
			a, err := act.Add(w.ctx, w.ana, n)
			w.must(err)
			return a
		}
		gate := func(name string) DeployGate {
			t.Helper()
			g, err := w.s.Gate(w.ctx, name)
			w.must(err)
			return g
		}
		open, closed := make1(Org, sv.ID), make1(Restricted, sv.ID)
		w.must(w.g.Model(&people.Person{}).Where("id = ?", w.bo.ID).Update("zone", "Pacific/Kiritimati").Error) // UTC+14
		add(open, actions.New{OwnerID: &w.bo.ID, Due: "2026-03-05", Priority: "P0"})
		add(open, actions.New{Due: "2026-03-05", Priority: "P0"})
		add(open, actions.New{OwnerID: &w.ana.ID, Due: "2026-03-04", Priority: "P1"})
		add(closed, actions.New{Title: "Nobody may read this", OwnerID: &w.ana.ID, Due: "2026-03-06", Priority: "P0"})
		add(make1(Org, other.ID), actions.New{Due: "2026-03-04", Priority: "P0"})

		if g := gate("checkout"); !g.Allowed || g.Actions == nil || len(g.Actions) != 0 || !g.CheckedAt.Equal(w.clock.Now()) {
			t.Errorf("before the day: %+v", g)
		}
		w.clock.Set(time.Date(2026, 3, 5, 9, 59, 0, 0, time.UTC))
		if g := gate("checkout"); !g.Allowed {
			t.Errorf("before the owner's midnight: %+v", g)
		}
		w.clock.Set(time.Date(2026, 3, 5, 10, 0, 0, 0, time.UTC))
		want := GateAction{COE: open.Name(), Action: "A-1", Title: "Stop the retries", Due: "2026-03-05", Owner: "bo"}
		if g := gate("CHK-prod"); g.Allowed || g.Service != "checkout" || len(g.Actions) != 1 || g.Actions[0] != want {
			t.Errorf("at the owner's midnight: %+v", g)
		}
		w.clock.Set(time.Date(2026, 3, 7, 0, 0, 0, 0, time.UTC))
		g := gate("checkout")
		if len(g.Actions) != 3 || g.Actions[2] != (GateAction{Restricted: true}) || g.Actions[1].Owner != "" {
			t.Errorf("two days later: %+v", g)
		}
		if text := fmt.Sprintf("%+v", g); strings.Contains(text, "Nobody may read") || strings.Contains(text, closed.Name()) || strings.Contains(text, "Secret") {
			t.Errorf("the gate says something of a restricted COE: %s", text)
		}
		if !gate("search").Actions[0].Restricted && gate("search").Allowed {
			t.Error("the other service is open")
		}

		// Done, declined and removed actions, and COEs in the bin, do not count.
		d := w.load(open.Number)
		_, err = act.Done(w.ctx, w.bo, actions.At{ID: d.Actions[0].ID}, actions.Evidence{Text: "https://ci.example.com/1"})
		w.must(err)
		_, err = act.Delete(w.ctx, w.ana, actions.At{ID: d.Actions[1].ID})
		w.must(err)
		if g := gate("checkout"); len(g.Actions) != 1 || g.Allowed {
			t.Errorf("one left: %+v", g)
		}
		w.must(w.s.Delete(w.ctx, w.ana, closed.Number, "made by mistake"))
		if g := gate("checkout"); !g.Allowed {
			t.Errorf("none left: %+v", g)
		}
		_, err = w.s.Gate(w.ctx, "no such")
		wants(t, err, fault.NotFound, "")
	})
}
