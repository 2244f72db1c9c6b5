package evidence

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"coetracker/internal/db"
	"coetracker/internal/fault"
	"coetracker/internal/jobs"

	"gorm.io/gorm"
)

// JobProject reads deliveries that have arrived. One job takes all there are.
const JobProject = "evidence.project"

// enqueueProjection asks for what has come in to be read, in the transaction that
// stores it.
func enqueueProjection(tx *gorm.DB) error {
	_, err := jobs.Enqueue(tx, JobProject, struct{}{}, jobs.Opt{})
	return err
}

// Bounds of what waits to be stored.
const (
	commitSize = 256
	maxWaiting = 8192
	maxBytes   = 64 << 20
	batchTime  = 10 * time.Second
	// quietTime is the least time between two jobs: at a thousand deliveries a
	// second one job for each batch would cost more than the batches.
	quietTime = 200 * time.Millisecond
)

// posted is a delivery, or a refusal, that waits to be stored.
type posted struct {
	source   int64
	delivery *Delivery
	confirm  bool   // it asks for the confirmation of a subscription
	refusal  string // why it was refused, instead of a delivery
	receipt  Receipt
	err      error
	done     chan struct{} // nil: nobody waits
}

// inbox is the queue in front of the table of deliveries. One writer drains it
// while there is something in it, many arrivals a transaction, so that their
// number a second is not bounded by that of disk syncs.
type inbox struct {
	mu      sync.Mutex
	waiting []*posted
	bytes   int
	draining,
	owing bool // a committed batch has no job yet
	more chan struct{}
}

// add queues an arrival; false says that the queue is full.
func (q *inbox) add(s *Store, a *posted) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	size := 0
	if a.delivery != nil {
		size = len(a.delivery.Body)
	}
	if len(q.waiting) >= maxWaiting || q.bytes+size > maxBytes {
		return false
	}
	q.waiting, q.bytes = append(q.waiting, a), q.bytes+size
	if q.more == nil {
		q.more = make(chan struct{}, 1)
	}
	if !q.draining {
		q.draining = true
		go q.drain(s)
		return true
	}
	select {
	case q.more <- struct{}{}:
	default:
	}
	return true
}

// take gives the next batch. ended is true when there is nothing left to do, and
// the next job need not wait.
func (q *inbox) take(free bool) (batch []*posted, ended bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := min(len(q.waiting), commitSize)
	batch = slices.Clone(q.waiting[:n])
	q.waiting = slices.Delete(q.waiting, 0, n)
	for _, a := range batch {
		if a.delivery != nil {
			q.bytes -= len(a.delivery.Body)
		}
	}
	if n == 0 && !q.owing && free {
		q.draining = false
		return nil, true
	}
	return batch, false
}

// drain stores batch after batch until the queue is empty and every batch has its
// job: the first at once, the others a moment later together.
func (q *inbox) drain(s *Store) {
	quiet := time.NewTimer(0)
	defer quiet.Stop()
	free := false // to make a job
	for {
		select {
		case <-quiet.C:
			free = true
		default:
		}
		batch, ended := q.take(free)
		if ended {
			return
		}
		if len(batch) == 0 && !free { // at most a job is owed
			select {
			case <-quiet.C:
				free = true
			case <-q.more:
				continue
			}
		}
		if q.store(s, batch, free) {
			free = false
			quiet.Reset(quietTime)
		}
	}
}

// store commits a batch, and tells whether a job was made with it.
func (q *inbox) store(s *Store, batch []*posted, mayJob bool) (made bool) {
	ctx, cancel := context.WithTimeout(context.Background(), batchTime)
	defer cancel()
	fresh := false
	err := db.Tx(ctx, s.DB, func(tx *gorm.DB) error {
		var err error
		if fresh, err = keepArrivals(tx, batch); err != nil {
			return err
		}
		made = mayJob && (fresh || q.owing)
		if !made {
			return nil
		}
		return enqueueProjection(tx)
	})
	if err != nil {
		s.logError("deliveries could not be stored", err)
		err = fault.Unavailablef(err, "The delivery could not be stored.")
		made = mayJob // or an owed job would be tried without a pause
	} else {
		q.owing = (q.owing || fresh) && !made
	}
	for _, a := range batch {
		a.err = err
		if a.done != nil {
			close(a.done)
		}
	}
	return made
}

func (s *Store) logError(what string, err error) {
	if s.Log != nil {
		s.Log.Error(what, "err", err)
	}
}

// keepArrivals writes a batch and fills the receipts. fresh says that there is
// something new to be read.
func keepArrivals(tx *gorm.DB, batch []*posted) (fresh bool, err error) {
	byKey := map[deliveryRef][]*posted{}
	var rows []*Delivery
	for _, a := range batch {
		if a.delivery == nil {
			continue
		}
		ref := deliveryRef{a.source, a.delivery.DedupeKey}
		if byKey[ref] == nil {
			rows = append(rows, a.delivery)
		}
		byKey[ref] = append(byKey[ref], a)
	}
	for _, d := range rows {
		d.Repeats = int64(len(byKey[deliveryRef{d.SourceID, d.DedupeKey}]) - 1)
	}
	stored, err := insertDeliveries(tx, rows)
	if err != nil {
		return false, err
	}
	for _, got := range stored {
		same := byKey[deliveryRef{got.SourceID, got.DedupeKey}]
		first := got.Repeats == int64(len(same)-1)
		for i, a := range same {
			a.receipt = Receipt{DeliveryID: got.ID, Repeat: i > 0 || !first}
		}
		if !first {
			continue
		}
		fresh = fresh || same[0].delivery.State == Received
		if same[0].confirm {
			if err := enqueueConfirm(tx, got.ID); err != nil {
				return false, err
			}
		}
	}
	return fresh, keepSigns(tx, batch)
}

type deliveryRef struct {
	source int64
	key    string
}

// insertDeliveries writes rows of different keys in one statement. A row that is
// there already counts its repeats; what comes back tells new ones by that count.
func insertDeliveries(tx *gorm.DB, rows []*Delivery) ([]Delivery, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	// in one order, or two servers could wait for each other
	slices.SortFunc(rows, func(a, b *Delivery) int {
		return cmp.Or(cmp.Compare(a.SourceID, b.SourceID), cmp.Compare(a.DedupeKey, b.DedupeKey))
	})
	var sql strings.Builder
	sql.WriteString("INSERT INTO hook_deliveries (source_id, dedupe_key, tool, name, headers, body, size, cut, state, failure, warnings, repeats, received_at, by_id) VALUES ")
	args := make([]any, 0, 14*len(rows))
	for i, d := range rows {
		if i > 0 {
			sql.WriteString(", ")
		}
		sql.WriteString("(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
		args = append(args, d.SourceID, d.DedupeKey, d.Tool, d.Name, d.Headers, d.Body, d.Size, d.Cut, d.State, d.Failure, d.Warnings, d.Repeats, d.ReceivedAt, d.ByID)
	}
	sql.WriteString(" ON CONFLICT (source_id, dedupe_key) DO UPDATE SET repeats = hook_deliveries.repeats + 1 + excluded.repeats RETURNING id, source_id, dedupe_key, repeats")
	var stored []Delivery
	err := tx.Raw(sql.String(), args...).Scan(&stored).Error
	if err == nil && len(stored) != len(rows) {
		err = fmt.Errorf("%d of %d deliveries came back from the database", len(stored), len(rows))
	}
	if err != nil {
		return nil, fmt.Errorf("store %d deliveries: %w", len(rows), err)
	}
	return stored, nil
}

// keepSigns writes at each source when it last delivered, and how often it has
// been refused since.
func keepSigns(tx *gorm.DB, batch []*posted) error {
	good, bad, why := map[int64]bool{}, map[int64]int{}, map[int64]string{}
	for _, a := range batch {
		if a.delivery != nil {
			good[a.source] = true
			continue
		}
		bad[a.source]++
		why[a.source] = a.refusal
	}
	for _, id := range sortedIDs(good) {
		if err := tx.Exec("UPDATE hook_sources SET received_at = ?, failures = 0 WHERE id = ?", db.Now(tx), id).Error; err != nil {
			return fmt.Errorf("mark source %d: %w", id, err)
		}
	}
	for _, id := range sortedIDs(bad) {
		if err := tx.Exec("UPDATE hook_sources SET failures = failures + ?, failed_at = ?, failure = ? WHERE id = ?", bad[id], db.Now(tx), why[id], id).Error; err != nil {
			return fmt.Errorf("mark source %d: %w", id, err)
		}
	}
	return nil
}

func sortedIDs[V any](m map[int64]V) []int64 {
	ids := make([]int64, 0, len(m))
	for id := range m {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}
