package coe

import (
	"testing"

	"coetracker/evidence"
)

// A row that a person typed under Related is a link in both directions.
func TestRelatedByHand(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		now := w.clock.Now()
		x := evidence.Experiment{Tool: "fis", Definition: "EXT1", Name: "Cell loss", Version: 1, CreatedAt: now, UpdatedAt: now}
		w.must(w.g.Create(&x).Error)
		run := evidence.Item{Type: evidence.TypeExperiment, Tool: "fis", SubjectKey: "r1", ExternalID: "r1", ExperimentID: &x.ID, Version: 1, CreatedAt: now, UpdatedAt: now}
		back := evidence.Item{Type: evidence.TypeRollback, Tool: "fis", SubjectKey: "b1", ExternalID: "b1", Version: 1, CreatedAt: now, UpdatedAt: now}
		w.must(w.g.Create(&run).Error)
		w.must(w.g.Create(&back).Error)
		var numbers []int64
		for _, v := range []Visibility{Org, Restricted} {
			c, err := w.s.Create(w.ctx, w.ana, New{Title: "t", Kind: Incident, Severity: 3, Visibility: v})
			w.must(err)
			numbers = append(numbers, c.Number)
			for _, l := range []struct{ kind, target, role string }{
				{"experiment", "cell LOSS", "revealed by"},
				{"experiment", "fis:ext1", ""},
				{"experiment", "fis:r1", "Reproduces"},
				{"rollback", "fis:b1", "rolled back by"},
				{"deployment", "fis:b1", "caused by"},
				{"experiment", "unknown", ""},
			} {
				_, err := w.s.AddLink(w.ctx, w.ana, c.Number, LinkEdit{Type: &l.kind, Target: &l.target, Role: &l.role})
				w.must(err)
			}
		}
		for _, tt := range []struct {
			who  string
			want int
		}{{"ana", 2}, {"dan", 1}} {
			p := w.ana
			if tt.who == "dan" {
				p = w.dan
			}
			links, err := w.s.ItemLinks(w.ctx, p, run.ID, back.ID)
			w.must(err)
			byName, err := w.s.ExperimentLinks(w.ctx, p, x)
			w.must(err)
			if len(links[run.ID]) != tt.want || len(links[back.ID]) != tt.want || len(byName) != tt.want {
				t.Fatalf("%s: run in %v, rollback in %v, experiment in %v, want %d each", tt.who, links[run.ID], links[back.ID], byName, tt.want)
			}
			first := tt.want - 1 // newest first: the one that everybody sees is last
			if byName[first].Number != numbers[0] || byName[first].Relation != "revealed_by" || links[run.ID][first].Relation != "reproduces" || links[back.ID][first].Relation != "rolled_back_by" {
				t.Errorf("%s: %+v, %+v, %+v", tt.who, byName, links[run.ID], links[back.ID])
			}
		}
		got, err := w.s.ExperimentsOf(w.ctx, w.load(numbers[0]))
		w.must(err)
		if len(got) != 2 || got["cell LOSS"] != x.ID || got["fis:ext1"] != x.ID {
			t.Errorf("the rows lead to %v", got)
		}
	})
}
