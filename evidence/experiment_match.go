package evidence

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"coetracker/internal/db"
	"coetracker/internal/fault"
	"coetracker/people"

	"gorm.io/gorm"
)

// matchExperiment gives a run its experiment: the one of the same tool and
// definition, else a planned one that it fits, else a new one. It is called
// before a run is saved, as often as something new is known of it.
func matchExperiment(tx *gorm.DB, run *Item) error {
	if run.Type != TypeExperiment {
		return nil
	}
	err := giveExperiment(tx, run)
	if err != nil {
		return fmt.Errorf("find the experiment of run %s: %w", run.ExternalID, err)
	}
	return nil
}

func giveExperiment(tx *gorm.DB, run *Item) error {
	if run.ExperimentID != nil {
		return rematch(tx, run)
	}
	definition := cmp.Or(run.Definition, run.Title)
	if definition == "" {
		return nil
	}
	var e Experiment
	err := tx.Where("tool = ? AND definition = ?", run.Tool, definition).Take(&e).Error
	if db.IsNotFound(err) {
		if e, err = planFor(tx, run); err == nil && e.ID != 0 {
			err = takeOver(tx, &e, run.Tool, definition)
		}
	}
	if err == nil && e.ID == 0 {
		e = newExperiment(run, definition)
		e.CreatedAt, e.UpdatedAt = db.Now(tx), db.Now(tx)
		err = tx.Create(&e).Error
	}
	if err != nil {
		return err
	}
	run.ExperimentID = &e.ID
	return nil
}

func newExperiment(run *Item, definition string) Experiment {
	return Experiment{
		Tool: run.Tool, Definition: definition, Name: cmp.Or(run.Title, definition), ServiceID: run.ServiceID,
		Environment: run.Environment, Hypothesis: run.Details().Hypothesis, Version: 1,
	}
}

// rematch looks again for a planned experiment when more is known of a run than
// at its first message, and completes the experiment made from it. It leaves
// alone what a person has touched or a second run belongs to.
func rematch(tx *gorm.DB, run *Item) error {
	var e Experiment
	err := tx.Where("created_by IS NULL AND version = 1 AND tool <> ''").Take(&e, *run.ExperimentID).Error
	if db.IsNotFound(err) {
		return nil
	}
	var others int64
	if err == nil {
		err = tx.Model(&Item{}).Where("experiment_id = ? AND id <> ?", e.ID, run.ID).Count(&others).Error
	}
	if err != nil || others > 0 {
		return err
	}
	fits, err := planFor(tx, run)
	if err != nil {
		return err
	}
	if fits.ID == 0 {
		n := newExperiment(run, e.Definition)
		if n.Name == e.Name && n.Environment == e.Environment && n.Hypothesis == e.Hypothesis && same(n.ServiceID, e.ServiceID) {
			return nil
		}
		return tx.Model(&e).UpdateColumns(map[string]any{
			"name": n.Name, "service_id": n.ServiceID, "environment": n.Environment, "hypothesis": n.Hypothesis,
		}).Error
	}
	if err := tx.Model(&Item{}).Where("id = ?", run.ID).UpdateColumn("experiment_id", fits.ID).Error; err != nil {
		return err
	}
	if err := tx.Delete(&e).Error; err != nil {
		return err
	}
	run.ExperimentID = &fits.ID
	return takeOver(tx, &fits, e.Tool, e.Definition)
}

// planFor finds the experiment without a tool that a run belongs to: the one of
// its name, else the only one planned for its service within a day of it. It
// gives none when several fit.
func planFor(tx *gorm.DB, run *Item) (Experiment, error) {
	var list []Experiment
	names := []string{strings.ToLower(strings.TrimSpace(run.Title)), strings.ToLower(strings.TrimSpace(run.Definition))}
	err := tx.Where("tool = '' AND definition = '' AND name <> '' AND lower(name) IN ?", names).Order("id").Limit(2).Find(&list).Error
	if err != nil || len(list) == 1 {
		return first(list), err
	}
	if len(list) > 1 || run.DryRun || run.ServiceID == nil || run.StartedAt == nil {
		return Experiment{}, nil
	}
	day := people.Day(run.StartedAt.UTC().Format("2006-01-02"))
	err = tx.Where("tool = '' AND definition = '' AND service_id = ? AND planned_for BETWEEN ? AND ?", *run.ServiceID, day.Add(-1), day.Add(1)).
		Where("environment = '' OR ? = '' OR lower(environment) = ?", run.Environment, strings.ToLower(run.Environment)).
		Order("id").Limit(2).Find(&list).Error
	if err != nil || len(list) != 1 {
		return Experiment{}, err
	}
	return list[0], nil
}

func same(a, b *int64) bool { return a == b || a != nil && b != nil && *a == *b }

func first(list []Experiment) Experiment {
	if len(list) == 0 {
		return Experiment{}
	}
	return list[0]
}

// takeOver says what the tool calls a planned experiment, so that later runs are
// found by it.
func takeOver(tx *gorm.DB, e *Experiment, tool, definition string) error {
	e.Tool, e.Definition = tool, definition
	return tx.Model(&Experiment{}).Where("id = ?", e.ID).
		UpdateColumns(map[string]any{"tool": tool, "definition": definition, "version": gorm.Expr("version + 1"), "updated_at": db.Now(tx)}).Error
}

// Detach takes all runs of a definition out of the planned experiment that they
// were matched to; they get one of their own, and the plan waits again. Only
// what somebody planned can be detached.
func (s *Store) Detach(ctx context.Context, p *people.Principal, experimentID, version int64) (Experiment, error) {
	var made Experiment
	if err := canKeep(p); err != nil {
		return made, err
	}
	err := db.Tx(ctx, s.DB, func(tx *gorm.DB) error {
		e, err := experimentBy(tx, experimentID)
		if err != nil {
			return err
		}
		if !e.Matched() {
			return fault.Invalidf("experiment", "Only runs that were matched to a plan can be taken out of it.")
		}
		free := map[string]any{"tool": "", "definition": ""}
		if err := db.SaveVersioned(tx, &Experiment{}, e.ID, version, free); err != nil {
			return err
		}
		if made, err = ownExperiment(tx, e); err != nil {
			return err
		}
		return experimentDeed(tx, p, "experiment.detach", e.ID, map[string]any{"tool": e.Tool, "definition": e.Definition, "to": made.ID})
	})
	return made, err
}

// ownExperiment makes an experiment of the runs that a plan had, and moves them.
func ownExperiment(tx *gorm.DB, e Experiment) (Experiment, error) {
	var run Item
	if err := tx.Where("experiment_id = ?", e.ID).Order("id DESC").Limit(1).Find(&run).Error; err != nil {
		return e, err
	}
	run.Tool = e.Tool
	made := newExperiment(&run, e.Definition)
	made.CreatedAt, made.UpdatedAt = db.Now(tx), db.Now(tx)
	made.Version = 2 // touched by a person: rematch leaves it alone
	if err := tx.Create(&made).Error; err != nil {
		return made, err
	}
	return made, tx.Model(&Item{}).Where("experiment_id = ?", e.ID).UpdateColumn("experiment_id", made.ID).Error
}

// Matched tells whether somebody planned this experiment and runs came to it by
// themselves.
func (x Experiment) Matched() bool { return x.CreatedBy != nil && x.Tool != "" }
