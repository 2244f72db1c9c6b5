package notify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"coetracker/internal/db"
	"coetracker/internal/jobs"

	"gorm.io/gorm"
)

const (
	postWithin  = 15 * time.Second // an attempt that has not begun to post by then does not post
	firstLook   = 30 * time.Second // after an attempt before it is looked for
	secondLook  = 5 * time.Minute
	pauseAll    = 10 * time.Minute // while our access is broken and the sender names no wait
	maxAttempts = 8
	firstPause  = 5 * time.Second // doubled with each attempt
	longPause   = 15 * time.Minute
)

// step is what is to be done with a delivery once it is taken.
type step struct {
	wait time.Duration // above 0: put the job off
	send bool
	look bool
	msg  Message
	d    Delivery
}

// deliver moves one delivery on by one step. The job stays until the delivery
// is settled; waits do not count as attempts of the job.
func (s *Service) deliver(ctx context.Context, j jobs.Job) error {
	var args DeliverArgs
	if err := j.Decode(&args); err != nil {
		return err
	}
	st, err := s.take(ctx, args.DeliveryID)
	switch {
	case err != nil:
		return err
	case st.send:
		return s.send(ctx, st)
	case st.look:
		return s.look(ctx, st)
	case st.wait > 0:
		return jobs.RetryAfter(st.wait, errors.New("the delivery waits"))
	}
	return nil
}

// take decides in one transaction what comes next, and commits before
// anything leaves the process.
func (s *Service) take(ctx context.Context, id string) (st step, err error) {
	err = db.Tx(ctx, s.DB, func(tx *gorm.DB) error {
		st = step{}
		d := &Delivery{}
		err := db.ForUpdate(tx).Take(d, "id = ?", id).Error
		if db.IsNotFound(err) {
			return nil // purged with its person or COE
		}
		if err != nil {
			return fmt.Errorf("read a delivery: %w", err)
		}
		switch d.State {
		case Planned:
			st, err = s.begin(tx, d)
		case Sending:
			st, err = s.abandoned(tx, d)
		case Uncertain:
			st.d = *d
			if st.wait = s.until(d.NextAt); st.wait <= 0 {
				st.look = true
			}
		}
		return err
	})
	return st, err
}

// until is how long it is to an instant of the wall clock.
func (s *Service) until(at *time.Time) time.Duration {
	if at == nil {
		return 0
	}
	return at.Sub(s.wall())
}

// begin checks a planned delivery once more and claims it for sending.
func (s *Service) begin(tx *gorm.DB, d *Delivery) (st step, err error) {
	if !db.Now(tx).Before(d.ExpiresAt) {
		return st, s.set(tx, d, map[string]any{"state": Expired})
	}
	if wait := s.until(d.NextAt); wait > 0 {
		return step{wait: wait}, nil
	}
	items, f, err := s.recheck(tx, d)
	if err != nil {
		return st, err
	}
	if !f.person.Active() || !hits(items) {
		return st, s.set(tx, d, map[string]any{"state": Cancelled})
	}
	if d.Channel == "inbox" || s.Sender == nil {
		return st, s.set(tx, d, map[string]any{"state": Sent, "channel": "inbox", "sent_at": db.Now(tx)})
	}
	now := s.wall()
	err = s.set(tx, d, map[string]any{"state": Sending, "fence": d.Fence + 1, "attempts": d.Attempts + 1, "attempt_at": now, "next_at": nil})
	d.State, d.Fence, d.Attempts, d.AttemptAt = Sending, d.Fence+1, d.Attempts+1, &now
	msg := f.message(d, items)
	msg.Until = now.Add(postWithin)
	return step{send: true, d: *d, msg: msg}, err
}

// recheck drops the items that do not hold any more: done, handed over, moved,
// removed since the digest was planned.
func (s *Service) recheck(tx *gorm.DB, d *Delivery) ([]Item, *facts, error) {
	items, err := itemsOf(tx, d.ID)
	if err != nil {
		return nil, nil, err
	}
	f, err := s.facts(tx, d, items)
	if err != nil {
		return nil, nil, err
	}
	var kept []Item
	for _, it := range items {
		if f.holds(it) {
			kept = append(kept, it)
			continue
		}
		if err := tx.Delete(&Item{}, "delivery_id = ? AND place = ?", it.DeliveryID, it.Place).Error; err != nil {
			return nil, nil, fmt.Errorf("drop an item: %w", err)
		}
	}
	return kept, f, nil
}

func itemsOf(tx *gorm.DB, deliveryID string) ([]Item, error) {
	var items []Item
	err := tx.Where("delivery_id = ?", deliveryID).Order("place").Find(&items).Error
	if err != nil {
		return nil, fmt.Errorf("read the items of a digest: %w", err)
	}
	return items, nil
}

func hits(items []Item) bool {
	for _, it := range items {
		if it.Hit {
			return true
		}
	}
	return false
}

// abandoned: a worker died, or lost its lease, between sending and recording.
func (s *Service) abandoned(tx *gorm.DB, d *Delivery) (step, error) {
	next := d.AttemptAt.Add(firstLook)
	err := s.set(tx, d, map[string]any{
		"state": Uncertain, "fence": d.Fence + 1, "looks": 0, "next_at": next,
		"error_class": ClassUncertain, "error_text": "the worker stopped before it knew",
	})
	return step{wait: max(next.Sub(s.wall()), time.Second)}, err
}

// set changes a delivery that this transaction has locked.
func (s *Service) set(tx *gorm.DB, d *Delivery, cols map[string]any) error {
	if err := tx.Model(&Delivery{}).Where("id = ?", d.ID).Updates(cols).Error; err != nil {
		return fmt.Errorf("change a delivery: %w", err)
	}
	return nil
}

// send makes one attempt and records how it went. Once the attempt has begun
// its result is recorded even when the program stops.
func (s *Service) send(ctx context.Context, st step) error {
	r := s.Sender.Send(ctx, st.msg)
	return s.settle(context.WithoutCancel(ctx), st, r)
}

// settle records the result of an attempt, unless somebody else has taken the
// delivery meanwhile.
func (s *Service) settle(ctx context.Context, st step, r Result) error {
	d := st.d
	cols := s.after(&d, r)
	cols["error_class"], cols["error_text"] = r.Class, r.Text
	if r.Class == ClassSent {
		cols["error_class"], cols["error_text"] = "", ""
	}
	fenced := false
	err := db.Tx(ctx, s.DB, func(tx *gorm.DB) error {
		fenced = false
		if r.Class == ClassSent {
			cols["sent_at"] = db.Now(tx)
		}
		q := tx.Model(&Delivery{}).Where("id = ? AND fence = ? AND state = ?", d.ID, d.Fence, Sending).Updates(cols)
		if q.Error != nil {
			return q.Error
		}
		if fenced = q.RowsAffected == 0; fenced || r.Class != ClassSent {
			return nil
		}
		if err := s.Sender.Recorded(tx, &st.msg, d.ID, r.Receipt); err != nil {
			return err
		}
		return catchUp(tx, st.msg)
	})
	if err != nil {
		return fmt.Errorf("record the result of a delivery: %w", err)
	}
	if fenced {
		return errors.New("somebody else has this delivery now")
	}
	if r.Class != ClassSent {
		s.log().WarnContext(ctx, "a digest did not arrive", "delivery", d.ID, "class", r.Class, "text", r.Text, "attempt", d.Attempts)
	}
	return s.again(cols)
}

// again puts the job off until the delivery is due again; nil when it is settled.
func (s *Service) again(cols map[string]any) error {
	switch cols["state"] {
	case Planned, Uncertain:
		at, _ := cols["next_at"].(time.Time)
		return jobs.RetryAfter(at.Sub(s.wall()), errors.New("the delivery waits"))
	}
	return nil
}

// after gives the columns that follow from the result of an attempt.
func (s *Service) after(d *Delivery, r Result) map[string]any {
	now := s.wall()
	later := func(wait time.Duration) map[string]any {
		return map[string]any{"state": Planned, "next_at": now.Add(max(wait, time.Second))}
	}
	uncounted := func(wait time.Duration) map[string]any {
		cols := later(wait)
		cols["attempts"] = d.Attempts - 1
		return cols
	}
	switch r.Class {
	case ClassSent:
		return map[string]any{"state": Sent, "channel_id": r.Receipt.ChannelID, "ts": r.Receipt.TS}
	case ClassRefused:
		return uncounted(r.Wait)
	case ClassWorkspace:
		return uncounted(cmp.Or(r.Wait, pauseAll))
	case ClassUncertain:
		return map[string]any{"state": Uncertain, "looks": 0, "next_at": d.AttemptAt.Add(firstLook)}
	case ClassRecipient: // shown on /me/actions instead
		return map[string]any{"state": Sent, "channel": "inbox"}
	case ClassOurs:
		if d.Plain {
			return map[string]any{"state": Dead}
		}
		cols := later(0)
		cols["plain"] = true
		return cols
	}
	if d.Attempts >= maxAttempts && r.Class != ClassUnreachable {
		return map[string]any{"state": Dead}
	}
	return later(min(firstPause<<min(max(d.Attempts-1, 0), 10), longPause))
}

// look finds out whether an uncertain message arrived.
func (s *Service) look(ctx context.Context, st step) error {
	d := st.d
	if s.Sender == nil { // Slack was switched off meanwhile
		return s.resolve(ctx, &d, map[string]any{"state": AssumedSent})
	}
	found := s.Sender.Find(ctx, d.PersonID, d.ID, *d.AttemptAt)
	now := s.wall()
	switch {
	case found.Receipt.TS != "":
		return s.found(ctx, &d, found.Receipt)
	case found.Unreadable:
		return s.resolve(ctx, &d, map[string]any{"state": AssumedSent, "error_text": found.Text})
	case found.Wait > 0 && !db.Now(s.DB).Before(d.ExpiresAt):
		return s.resolve(ctx, &d, map[string]any{"state": AssumedSent, "error_text": found.Text})
	case found.Wait > 0:
		return s.resolve(ctx, &d, map[string]any{"state": Uncertain, "next_at": now.Add(found.Wait), "error_text": found.Text})
	case d.Looks == 0:
		next := d.AttemptAt.Add(secondLook)
		return s.resolve(ctx, &d, map[string]any{"state": Uncertain, "looks": 1, "next_at": next})
	}
	return s.resolve(ctx, &d, map[string]any{"state": Planned, "next_at": now})
}

// resolve writes what a look came to, unless somebody else was faster.
func (s *Service) resolve(ctx context.Context, d *Delivery, cols map[string]any) error {
	q := s.DB.WithContext(ctx).Model(&Delivery{}).Where("id = ? AND fence = ? AND state = ?", d.ID, d.Fence, Uncertain).Updates(cols)
	if q.Error != nil {
		return fmt.Errorf("record what was found of a delivery: %w", q.Error)
	}
	if q.RowsAffected == 0 {
		return errors.New("somebody else has this delivery now")
	}
	return s.again(cols)
}

// found records where an uncertain message arrived.
func (s *Service) found(ctx context.Context, d *Delivery, r Receipt) error {
	return db.Tx(ctx, s.DB, func(tx *gorm.DB) error {
		q := tx.Model(&Delivery{}).Where("id = ? AND fence = ? AND state = ?", d.ID, d.Fence, Uncertain).
			Updates(map[string]any{"state": Sent, "channel_id": r.ChannelID, "ts": r.TS, "sent_at": db.Now(tx)})
		if q.Error != nil || q.RowsAffected == 0 {
			return q.Error
		}
		if err := s.Sender.Recorded(tx, nil, d.ID, r); err != nil {
			return err
		}
		// What was shown is not known any more: write it anew.
		return refreshLater(tx, d.ID)
	})
}
