package evidence

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"coetracker/internal/db"

	"gorm.io/gorm"
)

// pair is how a rollback and its deployment find each other: by the tool and the
// tool's own id of the deployment.
type pair struct{ tool, id string }

// byTool lists ids by tool, each once.
func byTool(pairs []pair) map[string][]string {
	out := map[string][]string{}
	for _, p := range pairs {
		if !slices.Contains(out[p.tool], p.id) {
			out[p.tool] = append(out[p.tool], p.id)
		}
	}
	return out
}

// pointBack points rollbacks at the deployments that they undo, if those have
// come in. Of several of one name it is the first.
func pointBack(tx *gorm.DB, set []*subject) error {
	var asked []pair
	for _, s := range set {
		if s.item.Type == TypeRollback && s.item.Undoes != "" {
			asked = append(asked, pair{s.item.Tool, s.item.Undoes})
		}
	}
	found := map[pair]int64{}
	for tool, ids := range byTool(asked) {
		var list []Item
		err := tx.Select("id", "external_id").Where("tool = ? AND external_id IN ? AND type = 'deployment'", tool, ids).
			Order("id DESC").Find(&list).Error
		if err != nil {
			return fmt.Errorf("find what was rolled back: %w", err)
		}
		for _, d := range list {
			found[pair{tool, d.ExternalID}] = d.ID
		}
	}
	for _, s := range set {
		if id := found[pair{s.item.Tool, s.item.Undoes}]; s.item.Type == TypeRollback && id != 0 {
			s.item.UndoesID = &id
		}
	}
	return nil
}

// undoneBy gives the deployments that rollbacks of this set undo and that are
// not in the set themselves, folded.
func undoneBy(tx *gorm.DB, rollbacks, have []*subject) ([]*subject, error) {
	var ids []int64
	for _, r := range rollbacks {
		for _, id := range []*int64{r.item.UndoesID, r.stored.UndoesID} { // the one before is not undone any more
			if id != nil && !slices.Contains(ids, *id) && !slices.ContainsFunc(have, func(d *subject) bool { return d.stored.ID == *id }) {
				ids = append(ids, *id)
			}
		}
	}
	return more(tx, ids)
}

func more(tx *gorm.DB, ids []int64) ([]*subject, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	set, err := lock(tx, tx.Where("id IN ?", ids))
	if err != nil {
		return nil, err
	}
	return set, work(tx, set)
}

// foldDeployments completes deployments by the rollbacks that undid them and by
// the version before them, saves them, and points the rollbacks at them.
func foldDeployments(tx *gorm.DB, set []*subject) error {
	if len(set) == 0 {
		return nil
	}
	rollbacks, err := rollbacksOf(tx, set)
	if err != nil {
		return err
	}
	slices.SortFunc(set, func(a, b *subject) int {
		return cmp.Or(lastOf(a.item.StartedAt).Compare(lastOf(b.item.StartedAt)), cmp.Compare(a.item.ID, b.item.ID))
	})
	for _, s := range set {
		s.item.UndoneByID = nil
		if r, ok := rollbacks[pair{s.item.Tool, s.item.ExternalID}]; ok {
			s.undo(r)
		}
		if s.item.FromVersion == "" {
			if s.item.FromVersion, err = versionBefore(tx, &s.item); err != nil {
				return err
			}
		}
		if err := s.save(tx); err != nil {
			return err
		}
	}
	if err := saveSpans(tx, set); err != nil {
		return err
	}
	return pointAt(tx, set, rollbacks)
}

// rollbacksOf finds the rollbacks of deployments, the latest of each.
func rollbacksOf(tx *gorm.DB, set []*subject) (map[pair]Item, error) {
	var asked []pair
	for _, s := range set {
		asked = append(asked, pair{s.item.Tool, s.item.ExternalID})
	}
	found := map[pair]Item{}
	for tool, ids := range byTool(asked) {
		var list []Item
		err := tx.Where("tool = ? AND undoes IN ? AND undoes <> '' AND type = 'rollback'", tool, ids).Find(&list).Error
		if err != nil {
			return nil, fmt.Errorf("find rollbacks: %w", err)
		}
		slices.SortFunc(list, func(a, b Item) int {
			return cmp.Or(lastOf(a.StartedAt).Compare(lastOf(b.StartedAt)), cmp.Compare(a.SubjectKey, b.SubjectKey))
		})
		for _, r := range list {
			found[pair{tool, r.Undoes}] = r
		}
	}
	return found, restoredOf(tx, set, found)
}

// undo refines a deployment by the rollback that undid it: once that has ended,
// the deployment is rolled back, and it was over when the rollback began.
func (s *subject) undo(r Item) {
	s.item.UndoneByID = &r.ID
	if !r.Rank.Ended() || s.item.Rank >= RankRefined {
		return
	}
	s.item.State, s.item.Rank = "rolled_back", RankRefined
	if slices.Contains(notWell(TypeRollback), r.State) {
		s.item.State = "rollback_failed"
	}
	if s.item.EndedAt == nil {
		s.item.EndedAt = firstTime(r.StartedAt, r.EndedAt)
		for i := range s.spans {
			if end := s.item.EndedAt; s.spans[i].EndedAt == nil && end != nil && !end.Before(s.spans[i].StartedAt) {
				s.spans[i].EndedAt = end
			}
		}
	}
}

// pointAt points rollbacks that came in first at their deployment.
func pointAt(tx *gorm.DB, set []*subject, rollbacks map[pair]Item) error {
	for _, s := range set {
		r, ok := rollbacks[pair{s.item.Tool, s.item.ExternalID}]
		if !ok || r.UndoesID != nil {
			continue
		}
		err := tx.Model(&Item{}).Where("tool = ? AND undoes = ? AND undoes <> '' AND type = 'rollback' AND undoes_id IS NULL", s.item.Tool, s.item.ExternalID).
			Updates(map[string]any{"undoes_id": s.item.ID, "version": gorm.Expr("version + 1")}).Error
		if err != nil {
			return fmt.Errorf("point a rollback at its deployment: %w", err)
		}
	}
	return nil
}

// notWell are the words for an end that left the version before in place. Of a
// rollback, that it rolled back is good news.
func notWell(kind Type) []string {
	words := []string{
		"failed", "failure", "error", "errored", "degraded", "terminal", "stopped", "stop", "cancelled", "canceled", "aborted", "interrupted",
		"rollback_failed", "rollback-failed", "rollbackfailed", "timed_out", "timedout", "skipped", lostState,
	}
	if kind == TypeRollback {
		return words
	}
	return append(words, "rolled_back", "rolled-back", "rolledback", "rollback_successful", "rollback-successful")
}

// versionBack bounds how long ago the deployment before may have begun.
const versionBack = 365 * 24 * time.Hour

// versionBefore is what ran before a deployment: the version of the last
// deployment or rollback of the same tool, service and environment that ended
// well before this one began.
func versionBefore(tx *gorm.DB, d *Item) (string, error) {
	if d.ServiceID == nil || d.StartedAt == nil || d.ToVersion == "" { // a tool that names no versions never does
		return "", nil
	}
	var version string
	var at time.Time
	for _, kind := range []Type{TypeDeployment, TypeRollback} {
		var list []Item
		err := tx.Select("to_version", "started_at").
			Where("service_id = ? AND type = ? AND started_at BETWEEN ? AND ? AND tool = ? AND service = ? AND environment = ?",
				*d.ServiceID, kind, d.StartedAt.Add(-versionBack), d.StartedAt.Add(-time.Microsecond), d.Tool, d.Service, d.Environment).
			Where("rank >= ? AND to_version <> '' AND NOT dry_run AND state NOT IN ?", RankEnded, notWell(kind)).
			Order("started_at DESC, id").Limit(1).Find(&list).Error
		if err != nil {
			return "", fmt.Errorf("find the version before: %w", err)
		}
		if len(list) == 1 && list[0].StartedAt.After(at) {
			version, at = list[0].ToVersion, *list[0].StartedAt
		}
	}
	return version, nil
}

// nextDeployments is how many of the deployments after one that has ended are
// looked at again.
const nextDeployments = 10

// deployedAfter gives the deployments whose version before may be another one,
// now that these ended, folded.
func deployedAfter(tx *gorm.DB, set []*subject) ([]*subject, error) {
	var ids []int64
	for _, s := range set {
		i := &s.item
		kind := i.Type == TypeDeployment || i.Type == TypeRollback
		if !kind || !i.Rank.Ended() || i.ServiceID == nil || i.StartedAt == nil || i.ToVersion == "" || !s.moved() {
			continue
		}
		var next []int64
		err := tx.Model(&Item{}).
			Where("service_id = ? AND type = 'deployment' AND started_at > ? AND tool = ? AND service = ? AND environment = ?",
				*i.ServiceID, *i.StartedAt, i.Tool, i.Service, i.Environment).
			Order("started_at, id").Limit(nextDeployments).Pluck("id", &next).Error
		if err != nil {
			return nil, fmt.Errorf("find the deployments after: %w", err)
		}
		for _, id := range next {
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	return more(tx, ids)
}

// settle does what follows from a run once its window has passed, and again
// when it shows something else than before. If that fails, it is tried again
// with the next Tick.
func (s *Store) settle(tx *gorm.DB, run *Item) error {
	if run.Type != TypeExperiment || run.Settled || run.SettleUntil == nil || run.SettleUntil.After(db.Now(tx)) {
		return nil
	}
	return s.settleNow(tx, run)
}
