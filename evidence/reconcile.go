package evidence

import (
	"context"
	"fmt"
	"time"

	"coetracker/internal/db"
	"coetracker/internal/fault"

	"gorm.io/gorm"
)

// Periods of upkeep.
const (
	givenUpAfter = 24 * time.Hour
	keptRaw      = 90 * 24 * time.Hour
)

// Tick does what is due by the clock, each minute: it reads what was left
// unread, gives up what never ended, and settles runs whose window has passed.
func (s *Store) Tick(ctx context.Context) error {
	if err := s.ProjectReceived(ctx); err != nil {
		return err
	}
	if err := s.giveUp(ctx); err != nil {
		return err
	}
	return s.settleDue(ctx)
}

// giveUp states that runs, deployments and rollbacks which began more than a day
// ago, and of which nothing was heard for a day, will not be heard of again: how
// they ended is unknown. Should their end come in after all, it counts.
func (s *Store) giveUp(ctx context.Context) error {
	for {
		n := 0
		err := db.Tx(ctx, s.DB, func(tx *gorm.DB) error {
			silent := db.Now(tx).Add(-givenUpAfter)
			ids, err := silentSince(tx, silent)
			if err != nil || len(ids) == 0 {
				return err
			}
			set, err := lock(tx, tx.Where("id IN ?", ids))
			if err != nil {
				return err
			}
			n = len(set)
			if err := closeLost(tx, set); err != nil {
				return err
			}
			return s.fold(tx, set)
		})
		if err != nil {
			return fmt.Errorf("give up what never ended: %w", err)
		}
		if n < projectBatch {
			return nil
		}
	}
}

// silentSince finds what has not ended, by its own index, and of which nothing
// was heard since an instant.
func silentSince(tx *gorm.DB, at time.Time) (ids []int64, err error) {
	err = through(tx, "evidence_items_running").Where(`ended_at IS NULL AND rank >= 20 AND rank < 45
		AND type IN ('experiment','deployment','rollback') AND started_at < ? AND NOT EXISTS
		(SELECT 1 FROM evidence_records r WHERE r.item_id = evidence_items.id AND r.occurred_at > ?)`, at, at).
		Order("started_at").Limit(projectBatch).Pluck("id", &ids).Error
	return ids, err
}

// closeLost adds our own statement that nothing more was heard. It is dated a
// day after the last that was, so that making it twice gives the same.
func closeLost(tx *gorm.DB, set []*subject) error {
	var all []Statement
	for _, s := range set {
		var last time.Time
		heard, err := statementsOf(tx, s.stored.ID, 1)
		if err != nil {
			return err
		}
		if len(heard) == 1 {
			last = heard[0].OccurredAt
		}
		at := lastOf(known0(last), s.stored.StartedAt).Add(givenUpAfter)
		r := Record{
			Type: s.stored.Type, SubjectKey: s.stored.SubjectKey, DedupeKey: lostKey + at.UTC().Format(time.RFC3339),
			State: lostState, Rank: rankLost, OccurredAt: at.UTC(),
		}
		all = append(all, Statement{ItemID: s.stored.ID, DedupeKey: r.DedupeKey, OccurredAt: r.OccurredAt, Body: encode(r)})
	}
	return saveStatements(tx, all)
}

// settleDue settles the runs whose window has passed. One that cannot be
// settled waits for the next time and keeps no other back.
func (s *Store) settleDue(ctx context.Context) error {
	now := db.Now(s.DB)
	for after := int64(0); ; {
		var ids []int64
		err := through(s.DB.WithContext(ctx), "evidence_items_settling").
			Where("settle_until IS NOT NULL AND NOT settled AND settle_until <= ? AND id > ?", now, after).
			Order("id").Limit(projectBatch).Pluck("id", &ids).Error
		if err != nil {
			return fmt.Errorf("find runs to settle: %w", err)
		}
		for _, id := range ids {
			err := db.Tx(ctx, s.DB, func(tx *gorm.DB) error {
				run, err := itemOf(db.ForUpdate(tx), id, TypeExperiment)
				if err != nil {
					return err
				}
				return s.settle(tx, &run)
			})
			if err != nil && !fault.Is(err, fault.NotFound) {
				return err
			}
		}
		if len(ids) < projectBatch {
			return nil
		}
		after = ids[len(ids)-1]
	}
}

// settleNow marks a run as settled and tells who wants to know. What they do is
// undone with the mark when they fail, and nothing else.
func (s *Store) settleNow(tx *gorm.DB, run *Item) error {
	err := db.Tx(tx.Statement.Context, tx, func(tx *gorm.DB) error {
		if err := tx.Model(&Item{}).Where("id = ?", run.ID).UpdateColumn("settled", true).Error; err != nil {
			return err
		}
		run.Settled = true
		if s.OnSettled == nil {
			return nil
		}
		return s.OnSettled(tx, run)
	})
	if err == nil {
		return nil
	}
	run.Settled = false
	if fault.Is(err, fault.Unavailable) || tx.Statement.Context.Err() != nil {
		return err
	}
	s.log().ErrorContext(tx.Statement.Context, "evidence: what follows from a run was not done", "run", run.ID, "error", err)
	return nil
}

// Purge deletes the raw deliveries that came in more than 90 days ago, in
// batches, and gives their number. What they said stays.
func (s *Store) Purge(ctx context.Context) (int64, error) {
	before, deleted := db.Now(s.DB).Add(-keptRaw), int64(0)
	for {
		var gone int64
		err := db.Tx(ctx, s.DB, func(tx *gorm.DB) error {
			r := tx.Exec(`DELETE FROM hook_deliveries WHERE id IN
				(SELECT id FROM hook_deliveries WHERE received_at < ? ORDER BY received_at LIMIT ?)`, before, projectBatch)
			gone = r.RowsAffected
			return r.Error
		})
		deleted += gone
		if err != nil {
			return deleted, fmt.Errorf("delete old deliveries: %w", err)
		}
		if gone < projectBatch {
			return deleted, nil
		}
	}
}
