package evidence

import (
	"context"
	"strings"

	"coetracker/internal/db"
	"coetracker/internal/fault"
	"coetracker/internal/jobs"
	"coetracker/people"

	"gorm.io/gorm"
)

// JobMatch is the kind of the job that gives waiting items the service of a new
// alias.
const JobMatch = "evidence.match"

// matchArgs are the arguments of that job.
type matchArgs struct {
	Alias string `json:"alias"`
	After int64  `json:"after"` // items up to this id are done
}

// AssignService says which service an item is about. With an alias, one of the
// names a tool uses for it, that name means the service from now on, and all
// unmatched items that carry it are matched too: the first hundred at once, more
// by a job. A name of a service is given by administrators only.
func (s *Store) AssignService(ctx context.Context, p *people.Principal, id, serviceID int64, alias string) error {
	if err := canKeep(p); err != nil {
		return err
	}
	alias = strings.TrimSpace(alias)
	if alias != "" && !people.May(p, people.AdminPages, people.Resource{}) {
		return fault.Forbiddenf("Only an administrator can say that a name always means a service. Give this one its service without “always”.")
	}
	return db.Tx(ctx, s.DB, func(tx *gorm.DB) error {
		item, err := itemOf(db.ForUpdate(tx), id, everyType()...)
		if err != nil {
			return err
		}
		err = tx.Model(&Item{}).Where("id = ?", id).Updates(map[string]any{
			"service_id": serviceID, "service_set": true, "version": gorm.Expr("version + 1"),
		}).Error
		if db.IsForeignKey(err) {
			return fault.Invalidf("service", "This service does not exist. Add it first.")
		}
		if err != nil {
			return err
		}
		if err := itemDeed(tx, p, "service", &item, map[string]any{"service_id": serviceID, "alias": alias}); err != nil {
			return err
		}
		if err := s.refresh(tx, []int64{id}); err != nil || alias == "" {
			return err
		}
		if err := people.AddAlias(tx, serviceID, alias); err != nil {
			return err
		}
		after, err := s.matchSome(tx, alias, 0)
		if err != nil || after == 0 {
			return err
		}
		_, err = jobs.Enqueue(tx, JobMatch, matchArgs{Alias: alias, After: after}, jobs.Opt{})
		return err
	})
}

// matchWaiting matches the rest of the items that wait for an alias.
func (s *Store) matchWaiting(ctx context.Context, j jobs.Job) error {
	var args matchArgs
	if err := j.Decode(&args); err != nil {
		return err
	}
	for after := args.After; ; {
		err := db.Tx(ctx, s.DB, func(tx *gorm.DB) (err error) {
			after, err = s.matchSome(tx, args.Alias, after)
			return err
		})
		if err != nil || after == 0 {
			return err
		}
	}
}

// matchSome works out anew the next items without a service that carry a name.
// It gives the id of the last one it looked at, 0 when there are no more.
func (s *Store) matchSome(tx *gorm.DB, name string, after int64) (int64, error) {
	const look = 1000
	var list []Item
	err := through(tx, "evidence_items_unmatched").Select("id", "service", "names").
		Where("service_id IS NULL AND id > ?", after).Order("id").Limit(look).Find(&list).Error
	if err != nil {
		return 0, err
	}
	var ids []int64
	for _, i := range list {
		if len(ids) == projectBatch {
			return after, s.refresh(tx, ids)
		}
		if after = i.ID; i.knownAs(name) {
			ids = append(ids, i.ID)
		}
	}
	if len(list) < look {
		after = 0
	}
	return after, s.refresh(tx, ids)
}
