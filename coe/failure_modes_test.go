package coe

import (
	"fmt"
	"strings"
	"testing"

	"coetracker/evidence"
	"coetracker/people"
)

// Factors and tags of what everybody may see are failure modes; restricted
// documents, wins and what was not issued tell nothing.
func TestFailureModes(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		make := func(kind Kind, v Visibility, tags, factor string) COE {
			t.Helper()
			c, err := w.s.Create(w.ctx, w.ana, New{Title: "t", Kind: kind, Severity: 3, TeamID: &w.team, Visibility: v, Tags: tags})
			w.must(err)
			text := "because"
			_, err = w.s.AddWhy(w.ctx, w.ana, c.Number, WhyPlace{Root: Happened}, WhyEdit{Text: &text, Factor: &factor})
			w.must(err)
			return c
		}
		one := make(Incident, Org, "retry-storm", "Capacity")
		two := make(Incident, Org, "", "capacity")
		make(Incident, Restricted, "secret-tag", "secret factor")
		make(Win, Org, "won", "luck")
		late := make(Incident, Org, "old", "dependency")
		w.must(w.g.Exec("UPDATE coes SET issue = 1, issued_seq = seq - 1 WHERE id = ?", late.ID).Error) // changed since its issue
		x := evidence.Experiment{Name: "cell", FailureMode: "x, CAPACITY", Version: 1, CreatedAt: w.clock.Now(), UpdatedAt: w.clock.Now()}
		w.must(w.g.Create(&x).Error)

		for _, p := range []*people.Principal{w.ana, w.dan, w.root} {
			list, err := w.s.FailureModes(w.ctx, p)
			w.must(err)
			var got []string
			for _, m := range list {
				got = append(got, fmt.Sprint(m.Word, len(m.COEs), len(m.Experiments)))
			}
			if want := "retry-storm1 0,capacity2 1"; strings.Join(got, ",") != want {
				t.Errorf("%s sees %q, want %s", p.Name, got, want)
			}
			if m := list[len(list)-1]; m.COEs[0].Number != two.Number || m.COEs[1].Number != one.Number {
				t.Errorf("capacity was seen in %v", m.COEs)
			}
		}
	})
}

// What runs and changes belong to is named to those who may see the document.
func TestItemLinksAndProofs(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		now := w.clock.Now()
		x := evidence.Experiment{Tool: "fis", Definition: "EXT1", Name: "cell", Version: 1, CreatedAt: now, UpdatedAt: now}
		w.must(w.g.Create(&x).Error)
		run := evidence.Item{Type: evidence.TypeExperiment, Tool: "fis", SubjectKey: "r1", ExternalID: "r1", ExperimentID: &x.ID, Version: 1, CreatedAt: now, UpdatedAt: now}
		w.must(w.g.Create(&run).Error)
		for i, v := range []Visibility{Org, Restricted} {
			c, err := w.s.Create(w.ctx, w.ana, New{Title: "t", Kind: Incident, Severity: 3, Visibility: v})
			w.must(err)
			w.must(w.g.Create(&evidence.Decision{COEID: c.ID, ItemID: run.ID, Decision: Accepted, Relation: "revealed_by", DecidedAt: now}).Error)
			for n, target := range []string{"CELL", "fis:ext1", "another"} {
				w.must(w.g.Exec("INSERT INTO actions (coe_id, key, rank, number, title, due, first_due, priority, type, proof_kind, proof_target, state, state_since, version, created_at, updated_at) VALUES (?, ?, 'n', ?, 'a', '2026-04-01', '2026-04-01', 'P1', 'prevent', 'experiment', ?, 'open', ?, 1, ?, ?)",
					c.ID, fmt.Sprintf("act%d%d", i, n), n+1, target, now, now, now).Error)
			}
			w.must(w.g.Exec("INSERT INTO action_runs (action_id, item_id, outcome, effect, at) SELECT id, ?, 'held', 'verified', ? FROM actions WHERE coe_id = ? AND number = 1", run.ID, now, c.ID).Error)
		}
		for p, want := range map[*people.Principal]int{w.ana: 2, w.root: 2, w.dan: 1, w.bo: 1} {
			links, err := w.s.ItemLinks(w.ctx, p, run.ID)
			w.must(err)
			proofs, err := w.s.RunProofs(w.ctx, p, x, run.ID)
			w.must(err)
			if len(links[run.ID]) != want || len(proofs) != 2*want {
				t.Errorf("%s sees %d documents and %d actions, want %d and %d", p.Name, len(links[run.ID]), len(proofs), want, 2*want)
			}
			if proofs[0].ItemID != run.ID || proofs[0].Effect != "verified" || proofs[len(proofs)-1].ItemID != 0 {
				t.Errorf("%s: proofs %+v", p.Name, proofs)
			}
		}
	})
}
