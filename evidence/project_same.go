package evidence

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"coetracker/internal/db"

	"gorm.io/gorm"
)

// Some tools give one thing two names, of which a message tells only one: an
// event about a deployment that undoes another does not always say so, and the
// first message about a run may come before the run has an id.

// provisional begins the key of a run that has no id yet.
const provisional = "run of "

// A run without an id is the one of the same definition that begins this much
// earlier to this much later.
const (
	runEarlier = time.Minute
	runLater   = 5 * time.Minute
)

// sameThing says for the keys of a batch under which key the thing is kept, if
// that is another one. Rows under an old key are moved to the new one.
func sameThing(tx *gorm.DB, batch []reading) (map[subjectKey]subjectKey, error) {
	changes, runs := map[subjectKey]bool{}, map[subjectKey]Record{}
	for _, r := range batch {
		for _, record := range r.records {
			k := subjectKey{record.Type, r.tool, record.SubjectKey}
			switch {
			case record.Type == TypeDeployment || record.Type == TypeRollback:
				changes[k] = true
			case record.Type == TypeExperiment && r.tool == "chaostoolkit" && record.StartedAt != nil && record.Definition != "":
				runs[k] = record
			}
		}
	}
	to := map[subjectKey]subjectKey{}
	if err := oneChange(tx, changes, to); err != nil {
		return nil, fmt.Errorf("tell rollbacks from deployments: %w", err)
	}
	if err := oneRun(tx, runs, to); err != nil {
		return nil, fmt.Errorf("find the run of a first message: %w", err)
	}
	return to, nil
}

// oneChange keeps what is once called a rollback as a rollback.
func oneChange(tx *gorm.DB, changes map[subjectKey]bool, to map[subjectKey]subjectKey) error {
	byTool := map[string][]string{}
	for k := range changes {
		byTool[k.tool] = append(byTool[k.tool], k.key)
	}
	for _, tool := range slices.Sorted(maps.Keys(byTool)) {
		keys := byTool[tool]
		var stored []Item
		err := db.ForUpdate(tx).Select("id", "type", "subject_key").
			Where("type IN ? AND tool = ? AND subject_key IN ?", []Type{TypeDeployment, TypeRollback}, tool, keys).
			Order("id").Find(&stored).Error
		if err != nil {
			return err
		}
		is := map[subjectKey]int64{}
		for _, i := range stored {
			is[subjectKey{i.Type, tool, i.SubjectKey}] = i.ID
		}
		for _, key := range keys {
			back, plain := subjectKey{TypeRollback, tool, key}, subjectKey{TypeDeployment, tool, key}
			if !changes[back] && is[back] == 0 {
				continue
			}
			to[plain] = back
			if id := is[plain]; id != 0 && is[back] == 0 {
				err := tx.Model(&Item{}).Where("id = ?", id).Updates(map[string]any{"type": TypeRollback, "undone_by_id": nil}).Error
				if err != nil {
					return err
				}
				is[back] = id
			}
		}
	}
	return nil
}

// oneRun brings first messages and their runs together, whichever came first.
func oneRun(tx *gorm.DB, runs map[subjectKey]Record, to map[subjectKey]subjectKey) error {
	keys := slices.SortedFunc(maps.Keys(runs), subjectKey.compare)
	for _, k := range keys {
		r := runs[k]
		if strings.HasPrefix(k.key, provisional) {
			run, err := runOfStart(tx, k, r, runs)
			if err != nil {
				return err
			}
			if run != "" {
				to[k] = subjectKey{k.kind, k.tool, run}
			}
			continue
		}
		if err := takeStart(tx, k, r); err != nil {
			return err
		}
	}
	return nil
}

// runOfStart gives the key of the run that a first message is about, from this
// batch or from those that came before, "" while it has not come.
func runOfStart(tx *gorm.DB, start subjectKey, r Record, runs map[subjectKey]Record) (string, error) {
	var near []Item
	for k, run := range runs {
		if k.tool == start.tool && !strings.HasPrefix(k.key, provisional) && run.Definition == r.Definition && ofOneRun(*r.StartedAt, *run.StartedAt) {
			near = append(near, Item{SubjectKey: k.key, StartedAt: run.StartedAt})
		}
	}
	var stored []Item
	err := tx.Select("id", "subject_key", "started_at").
		Where("started_at BETWEEN ? AND ? AND type = 'experiment' AND tool = ? AND definition = ? AND subject_key NOT LIKE ?",
			r.StartedAt.Add(-runEarlier), r.StartedAt.Add(runLater), start.tool, r.Definition, provisional+"%").Find(&stored).Error
	if err != nil {
		return "", err
	}
	return nearest(append(near, stored...), *r.StartedAt).SubjectKey, nil
}

// takeStart gives the row of a first message that waits for its run to that run,
// unless the run has a row.
func takeStart(tx *gorm.DB, run subjectKey, r Record) error {
	var has int64
	err := tx.Model(&Item{}).Where("type = ? AND tool = ? AND subject_key = ?", run.kind, run.tool, run.key).Count(&has).Error
	if err != nil || has > 0 {
		return err
	}
	var waiting []Item
	err = db.ForUpdate(tx).Select("id", "subject_key", "started_at").
		Where("started_at BETWEEN ? AND ? AND type = 'experiment' AND tool = ? AND definition = ? AND subject_key LIKE ?",
			r.StartedAt.Add(-runLater), r.StartedAt.Add(runEarlier), run.tool, r.Definition, provisional+"%").Find(&waiting).Error
	if err != nil || len(waiting) == 0 {
		return err
	}
	return tx.Model(&Item{}).Where("id = ?", nearest(waiting, *r.StartedAt).ID).
		Updates(map[string]any{"subject_key": run.key, "external_id": cmp.Or(r.ExternalID, run.key)}).Error
}

func ofOneRun(start, run time.Time) bool {
	after := run.Sub(start)
	return after >= -runEarlier && after <= runLater
}

// nearest gives the item that began nearest to an instant, none of an empty list.
func nearest(list []Item, at time.Time) Item {
	if len(list) == 0 {
		return Item{}
	}
	return slices.MinFunc(list, func(a, b Item) int {
		return cmp.Or(cmp.Compare(a.StartedAt.Sub(at).Abs(), b.StartedAt.Sub(at).Abs()), cmp.Compare(a.SubjectKey, b.SubjectKey))
	})
}
