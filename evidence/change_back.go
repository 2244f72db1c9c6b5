package evidence

import (
	"fmt"
	"slices"

	"gorm.io/gorm"
)

// backRows bounds how many deployments are looked at to tell which go back.
const backRows = 2000

// GoesBack gives, for deployments that bring a version back which ran before,
// the last deployment of that version or rollback to it, by the id of the later one. A tool that
// deploys an older version anew often does not call it a rollback. A version
// that is deployed once more without another in between is no way back, nor is
// one of another tool, service or environment.
func GoesBack(tx *gorm.DB, items []Item) (map[int64]Item, error) {
	out := map[int64]Item{}
	var services []int64
	var last *Item
	for n := range items {
		i := &items[n]
		if !mayGoBack(i) {
			continue
		}
		if !slices.Contains(services, *i.ServiceID) {
			services = append(services, *i.ServiceID)
		}
		if last == nil || i.StartedAt.After(*last.StartedAt) {
			last = i
		}
	}
	if last == nil {
		return out, nil
	}
	var before []Item
	err := tx.Where("service_id IN ? AND type IN ('deployment', 'rollback') AND started_at < ? AND to_version <> '' AND NOT dry_run", services, *last.StartedAt).
		Order("started_at DESC, id DESC").Limit(backRows).Find(&before).Error
	if err != nil {
		return nil, fmt.Errorf("find deployments of the same version: %w", err)
	}
	for n := range items {
		if was := backTo(&items[n], before); was != nil {
			out[items[n].ID] = *was
		}
	}
	return out, nil
}

func mayGoBack(i *Item) bool {
	return i.Type == TypeDeployment && i.ServiceID != nil && i.StartedAt != nil && i.ToVersion != "" && !i.DryRun
}

// backTo finds the deployment whose version one brings back, among those that
// began before it, the latest first.
func backTo(i *Item, before []Item) *Item {
	if !mayGoBack(i) {
		return nil
	}
	another := false // a version in between
	for n := range before {
		b := &before[n]
		if *b.ServiceID != *i.ServiceID || b.Tool != i.Tool || b.Service != i.Service || b.Environment != i.Environment || !b.StartedAt.Before(*i.StartedAt) {
			continue
		}
		if b.ToVersion != i.ToVersion {
			another = true
			continue
		}
		if !another {
			return nil
		}
		if b.Rank.Ended() && !slices.Contains(notWell(b.Type), b.State) {
			return b
		}
	}
	return nil
}
