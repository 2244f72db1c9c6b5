package evidence

import (
	"fmt"

	"coetracker/internal/db"

	"gorm.io/gorm"
)

// matchExperiment gives a run its experiment: the one of the same tool and
// definition, else a new one. It is called before a run is saved.
func matchExperiment(tx *gorm.DB, run *Item) error {
	if run.Type != TypeExperiment || run.Definition == "" || run.ExperimentID != nil {
		return nil
	}
	var e Experiment
	err := tx.Where("tool = ? AND definition = ?", run.Tool, run.Definition).Take(&e).Error
	if db.IsNotFound(err) {
		e = newExperiment(run)
		e.CreatedAt, e.UpdatedAt = db.Now(tx), db.Now(tx)
		err = tx.Create(&e).Error
	}
	if err != nil {
		return fmt.Errorf("find the experiment of run %s: %w", run.ExternalID, err)
	}
	run.ExperimentID = &e.ID
	return nil
}

func newExperiment(run *Item) Experiment {
	return Experiment{
		Tool: run.Tool, Definition: run.Definition, Name: run.Title, ServiceID: run.ServiceID,
		Environment: run.Environment, Hypothesis: run.Details().Hypothesis, Version: 1,
	}
}
