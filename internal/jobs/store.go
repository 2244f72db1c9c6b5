package jobs

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"coetracker/internal/db"
	"coetracker/internal/fault"

	"gorm.io/gorm"
)

// lost is what the last error of a job says whose worker died on its last
// attempt.
const lost = "the worker died during the last attempt"

// due tells without any lock whether claim would find something.
func (r *Runner) due(ctx context.Context) (bool, error) {
	var found bool
	err := r.db.WithContext(ctx).Raw(`SELECT EXISTS (SELECT 1 FROM jobs WHERE state = 'ready' AND run_at <= ? AND not_before <= ? AND kind IN ?)
		OR EXISTS (SELECT 1 FROM jobs WHERE state = 'running' AND lease_until <= ? AND kind IN ?)`,
		r.calendar(), r.now(), r.kinds, r.now(), r.kinds).Scan(&found).Error
	return found, err
}

// claim takes up to n jobs that are due, those of dead workers first. Kinds
// without a handler here are left to processes that know them.
func (r *Runner) claim(ctx context.Context, n int) ([]Job, error) {
	if ok, err := r.due(ctx); err != nil || !ok {
		return nil, err
	}
	var taken []Job
	err := db.Tx(ctx, r.db, func(tx *gorm.DB) error {
		taken = nil // may run twice
		now := r.now()
		err := tx.Exec(`UPDATE jobs SET state = 'parked', finished_at = ?, lease_until = 0, last_error = ?
			WHERE state = 'running' AND lease_until <= ? AND attempt >= max_attempts AND kind IN ?`, now, lost, now, r.kinds).Error
		if err != nil {
			return err
		}
		err = r.take(tx, &taken, n, "state = 'running' AND lease_until <= ? AND kind IN ? ORDER BY lease_until, id", now, r.kinds)
		if err != nil || len(taken) == n {
			return err
		}
		return r.take(tx, &taken, n-len(taken), "state = 'ready' AND run_at <= ? AND not_before <= ? AND kind IN ? ORDER BY run_at, id",
			r.calendar(), now, r.kinds)
	})
	return taken, err
}

// take leases up to n of the jobs that where selects.
func (r *Runner) take(tx *gorm.DB, taken *[]Job, n int, where string, args ...any) error {
	skip := ""
	if db.IsPostgres(tx) {
		skip = " FOR UPDATE SKIP LOCKED"
	}
	set := []any{r.name, r.now() + r.lease.Milliseconds()}
	var got []Job
	err := tx.Raw(`UPDATE jobs SET state = 'running', worker = ?, lease_until = ?, attempt = attempt + 1, fence = fence + 1
		WHERE id IN (SELECT id FROM jobs WHERE `+where+` LIMIT ?`+skip+`) RETURNING *`,
		append(append(set, args...), n)...).Scan(&got).Error
	slices.SortFunc(got, func(a, b Job) int { return cmp.Or(cmp.Compare(a.RunAt, b.RunAt), cmp.Compare(a.ID, b.ID)) })
	*taken = append(*taken, got...)
	return err
}

// beat renews the leases of these takings and gives those still held.
func (r *Runner) beat(ctx context.Context, under []taking, until int64) (held []taking, err error) {
	var ids []int64
	for _, t := range under {
		ids = append(ids, t.ID)
	}
	err = r.db.WithContext(ctx).Raw("UPDATE jobs SET lease_until = ? WHERE state = 'running' AND worker = ? AND id IN ? RETURNING id, fence",
		until, r.name, ids).Scan(&held).Error
	return held, err
}

// finish writes how an attempt went. It is false when the job is not ours any
// more: the lease ran out and somebody else has it.
func (r *Runner) finish(ctx context.Context, j Job, set map[string]any) (bool, error) {
	set["lease_until"] = 0
	q := r.db.WithContext(ctx).Table("jobs").
		Where("id = ? AND state = 'running' AND worker = ? AND fence = ?", j.ID, r.name, j.Fence).Updates(set)
	return q.RowsAffected == 1, q.Error
}

// List gives jobs of a state, newest first: those with an id below before (0
// for the first page), at most limit.
func List(ctx context.Context, g *gorm.DB, state State, before int64, limit int) ([]Job, error) {
	q := g.WithContext(ctx).Where("state = ?", state).Order("id DESC").Limit(limit)
	if before > 0 {
		q = q.Where("id < ?", before)
	}
	var found []Job
	if err := q.Find(&found).Error; err != nil {
		return nil, fmt.Errorf("list %s jobs: %w", state, err)
	}
	return found, nil
}

// Retry gives a parked job all its attempts again, from now on.
func Retry(tx *gorm.DB, id int64) error {
	r := tx.Exec(`UPDATE jobs SET state = 'ready', attempt = 0, not_before = 0, finished_at = NULL
		WHERE id = ? AND state = 'parked'`, id)
	if r.Error != nil {
		return fmt.Errorf("retry job %d: %w", id, r.Error)
	}
	if r.RowsAffected == 0 {
		return fault.NotFoundf("There is no parked job %d.", id)
	}
	db.Notify(tx, topic)
	return nil
}

// Discard deletes a parked job that nobody wants any more.
func Discard(tx *gorm.DB, id int64) error {
	r := tx.Exec("DELETE FROM jobs WHERE id = ? AND state = 'parked'", id)
	if r.Error != nil {
		return fmt.Errorf("discard job %d: %w", id, r.Error)
	}
	if r.RowsAffected == 0 {
		return fault.NotFoundf("There is no parked job %d.", id)
	}
	return nil
}

// Retention is how long a done job is kept.
const Retention = 30 * 24 * time.Hour

// Purge deletes the jobs that were done longer than Retention before now (wall
// clock), in batches, and gives their number. Parked jobs stay until somebody
// retries or discards them.
func Purge(ctx context.Context, g *gorm.DB, now time.Time) (deleted int64, err error) {
	const batch = 500
	for {
		r := g.WithContext(ctx).Exec(`DELETE FROM jobs WHERE id IN
			(SELECT id FROM jobs WHERE state = 'done' AND finished_at < ? ORDER BY finished_at LIMIT ?)`,
			now.Add(-Retention).UnixMilli(), batch)
		deleted += r.RowsAffected
		if r.Error != nil {
			return deleted, fmt.Errorf("purge jobs: %w", r.Error)
		}
		if r.RowsAffected < batch {
			return deleted, nil
		}
	}
}
