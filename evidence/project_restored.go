package evidence

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"
)

// A rollback of Amazon ECS may bring an earlier deployment back under that one's
// own id and name no other. What it undoes is then the last deployment of the
// service that failed before it began.

// Such a rollback follows the failure within restoreAfter; the clocks of the two
// messages may differ by restoreSlack.
const (
	restoreAfter = 24 * time.Hour
	restoreSlack = 5 * time.Minute
)

// restores reports whether a rollback says only what it brings back.
func restores(i *Item) bool {
	return i.Type == TypeRollback && i.Tool == "ecs" && i.Undoes == "" && i.StartedAt != nil && strings.HasSuffix(i.SubjectKey, "#rollback")
}

// failedECS reports whether a deployment may be what such a rollback undoes.
func failedECS(i *Item) bool {
	return i.Type == TypeDeployment && i.Tool == "ecs" && i.Rank.Ended() && slices.Contains(notWell(TypeDeployment), i.State)
}

// ecsSubject is the service that a key of ECS begins with, by its ARN.
func ecsSubject(i *Item) string {
	service, _, _ := strings.Cut(i.SubjectKey, " ")
	return service
}

// fell is when a deployment began, else when it failed.
func fell(i *Item) time.Time { return lastOf(firstTime(i.StartedAt, i.EndedAt)) }

// undoes reports whether a rollback may undo a deployment.
func (i *Item) undoes(d *Item) bool {
	if !failedECS(d) || ecsSubject(d) != ecsSubject(i) || d.ExternalID == i.ExternalID || fell(d).Before(i.StartedAt.Add(-restoreAfter)) {
		return false
	}
	if d.StartedAt != nil {
		return d.StartedAt.Before(*i.StartedAt)
	}
	return !fell(d).After(i.StartedAt.Add(restoreSlack))
}

// pointRestored points rollbacks that restore something at the deployment that
// failed before them. Those of the deployments being folded are not saved yet.
func pointRestored(tx *gorm.DB, rollbacks, deployments []*subject) error {
	for _, r := range rollbacks {
		if !restores(&r.item) {
			continue
		}
		var list []Item
		err := tx.Where("tool = 'ecs' AND type = 'deployment' AND service = ? AND rank >= ? AND state IN ?", r.item.Service, RankEnded, notWell(TypeDeployment)).
			Where("COALESCE(started_at, ended_at) BETWEEN ? AND ?", r.item.StartedAt.Add(-restoreAfter), r.item.StartedAt.Add(restoreSlack)).Find(&list).Error
		if err != nil {
			return fmt.Errorf("find the deployment that failed before a rollback: %w", err)
		}
		for _, d := range deployments {
			list = slices.DeleteFunc(list, func(i Item) bool { return i.ID == d.item.ID })
			list = append(list, d.item)
		}
		list = slices.DeleteFunc(list, func(d Item) bool { return !r.item.undoes(&d) })
		r.item.UndoesID = nil
		if len(list) > 0 {
			last := slices.MaxFunc(list, func(a, b Item) int {
				return cmp.Or(fell(&a).Compare(fell(&b)), cmp.Compare(a.SubjectKey, b.SubjectKey))
			})
			r.item.UndoesID = &last.ID
		}
	}
	return nil
}

// restoredAfter gives the rollbacks that may undo deployments that just failed
// and that are not being folded themselves, folded.
func restoredAfter(tx *gorm.DB, deployments, have []*subject) ([]*subject, error) {
	var ids []int64
	for _, d := range deployments {
		if !failedECS(&d.item) {
			continue
		}
		var list []Item
		at := fell(&d.item)
		err := tx.Where("tool = 'ecs' AND type = 'rollback' AND undoes = '' AND service = ? AND started_at BETWEEN ? AND ?",
			d.item.Service, at.Add(-restoreSlack), at.Add(restoreAfter)).Order("id").Find(&list).Error
		if err != nil {
			return nil, fmt.Errorf("find the rollbacks after a failure: %w", err)
		}
		for n := range list {
			known := slices.Contains(ids, list[n].ID) || slices.ContainsFunc(have, func(s *subject) bool { return s.item.ID == list[n].ID })
			if restores(&list[n]) && !known {
				ids = append(ids, list[n].ID)
			}
		}
	}
	return more(tx, ids)
}

// restoredOf finds the rollbacks that undo deployments without naming them.
func restoredOf(tx *gorm.DB, set []*subject, found map[pair]Item) error {
	at := map[int64]pair{}
	var ids []int64
	var from, to time.Time
	for _, s := range set {
		if failedECS(&s.item) {
			t := fell(&s.item)
			if from.IsZero() || t.Before(from) {
				from = t
			}
			to = lastOf(&t, &to)
			ids = append(ids, s.item.ID)
			at[s.item.ID] = pair{s.item.Tool, s.item.ExternalID}
		}
	}
	if len(ids) == 0 {
		return nil
	}
	var list []Item
	err := tx.Where("tool = 'ecs' AND type = 'rollback' AND undoes = '' AND undoes_id IN ? AND started_at BETWEEN ? AND ?", ids, from.Add(-restoreSlack), to.Add(restoreAfter)).
		Order("started_at, subject_key").Find(&list).Error
	if err != nil {
		return fmt.Errorf("find rollbacks that name no deployment: %w", err)
	}
	for _, r := range list {
		p := at[*r.UndoesID]
		if was, named := found[p]; !named || was.Undoes == "" {
			found[p] = r
		}
	}
	return nil
}
