package coe

import (
	"strings"
	"testing"

	"coetracker/actions"
	"coetracker/people"
)

func TestStore_Issued(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.s.Canonical = Write
		c := w.coe()
		_, err := w.s.SaveSection(w.ctx, w.ana, c.Number, "summary", 0, "**Six** minutes.", FromForm)
		w.must(err)
		why, err := w.s.AddWhy(w.ctx, w.ana, c.Number, WhyPlace{Root: Happened}, WhyEdit{Text: new("No limit")})
		w.must(err)
		acts := &actions.Store{DB: w.g}
		kept, err := acts.Add(w.ctx, w.ana, actions.New{COEID: c.ID, Title: "Add a limit"})
		w.must(err)
		gone, err := acts.Add(w.ctx, w.ana, actions.New{COEID: c.ID, Title: "Watch it", OwnerID: &w.bo.ID})
		w.must(err)
		w.must(w.s.LinkWhy(w.ctx, w.ana, c.Number, why.Key, kept.Key))
		for _, to := range []State{InReview, Approved, Published} {
			_, err := w.s.SetState(w.ctx, w.root, c.Number, to, "")
			if to == Approved && err != nil { // reviewers are another test's matter
				w.must(w.g.Model(&COE{}).Where("id = ?", c.ID).Updates(map[string]any{"state": Approved}).Error)
				err = nil
			}
			w.must(err)
		}

		d := w.load(c.Number)
		if same, err := w.s.Issued(w.ctx, w.dan, d); err != nil || same != d {
			t.Fatalf("without pending changes: %p of %p, %v", same, d, err)
		}
		_, err = w.s.SaveSection(w.ctx, w.ana, c.Number, "summary", 1, "Five minutes.", FromForm)
		w.must(err)
		_, err = w.s.EditWhy(w.ctx, w.ana, c.Number, why.Key, 1, WhyEdit{Text: new("No limit at all")})
		w.must(err)
		_, err = acts.Edit(w.ctx, w.ana, actions.At{ID: kept.ID}, actions.Fields{Title: new("Add a hard limit")})
		w.must(err)
		_, err = acts.Start(w.ctx, w.ana, actions.At{ID: kept.ID})
		w.must(err)
		_, err = acts.Delete(w.ctx, w.ana, actions.At{ID: gone.ID})
		w.must(err)
		_, err = acts.Add(w.ctx, w.ana, actions.New{COEID: c.ID, Title: "Came later"})
		w.must(err)

		d, err = w.s.Issued(w.ctx, w.dan, w.load(c.Number))
		w.must(err)
		if s := d.Section("summary"); !strings.Contains(s.HTML, "<strong>Six</strong>") || !d.Pending {
			t.Errorf("summary %q, pending %v", s.HTML, d.Pending)
		}
		if len(d.Whys) != 1 || d.Whys[0].Text != "No limit" || len(d.WhyActions) != 1 || d.WhyActions[0].WhyID != d.Whys[0].ID || d.WhyActions[0].ActionID != kept.ID {
			t.Errorf("whys %+v, links %+v", d.Whys, d.WhyActions)
		}
		if len(d.Actions) != 2 || d.Actions[0].Title != "Add a limit" || d.Actions[0].State != actions.InProgress || d.Actions[1].Title != "Watch it" {
			t.Fatalf("actions %+v", d.Actions)
		}
		if p := d.Person(d.Actions[1].OwnerID); p.Email != "bo@example.com" {
			t.Errorf("the owner of a deleted action is %+v", p)
		}
		if people.May(w.dan, people.Edit, d.Resource()) {
			t.Error("a reader may edit")
		}
	})
}
