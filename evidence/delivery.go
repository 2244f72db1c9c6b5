package evidence

import (
	"context"
	"encoding/json"
	"fmt"

	"coetracker/internal/db"
	"coetracker/internal/fault"
	"coetracker/people"

	"gorm.io/gorm"
)

// maxDeliveries is how many deliveries a page shows at most.
const maxDeliveries = 100

// Deliveries gives the newest deliveries of a source, without their bodies, those
// with an id below before (0: the newest), for administrators.
func (s *Store) Deliveries(ctx context.Context, p *people.Principal, sourceID, before int64, limit int) ([]Delivery, error) {
	if err := canAdmin(p); err != nil {
		return nil, err
	}
	q := s.DB.WithContext(ctx).Omit("body").Where("source_id = ?", sourceID).Order("id DESC").Limit(min(max(limit, 1), maxDeliveries))
	if before > 0 {
		q = q.Where("id < ?", before)
	}
	var list []Delivery
	err := q.Find(&list).Error
	return list, err
}

// DeliveryByID gives one delivery of a source with its body, for administrators.
func (s *Store) DeliveryByID(ctx context.Context, p *people.Principal, sourceID, id int64) (Delivery, error) {
	var d Delivery
	if err := canAdmin(p); err != nil {
		return d, err
	}
	err := s.DB.WithContext(ctx).Where("source_id = ?", sourceID).Take(&d, id).Error
	if db.IsNotFound(err) {
		err = fault.NotFoundf("There is no delivery %d. Deliveries are kept for 90 days.", id)
	}
	return d, err
}

// Confirmations gives the requests to confirm a subscription among the last
// deliveries of a source, newest first, for administrators.
func (s *Store) Confirmations(ctx context.Context, p *people.Principal, sourceID int64) ([]Delivery, error) {
	if err := canAdmin(p); err != nil {
		return nil, err
	}
	var list []Delivery
	last := s.DB.Model(&Delivery{}).Select("id").Where("source_id = ?", sourceID).Order("id DESC").Limit(maxDeliveries)
	err := s.DB.WithContext(ctx).Where("id IN (SELECT id FROM (?) AS newest) AND name = ?", last, confirmation).Order("id DESC").Limit(5).Find(&list).Error
	return list, err
}

// KeptHeaders are the headers that were kept of a delivery.
func (d *Delivery) KeptHeaders() Header {
	h := Header{}
	_ = json.Unmarshal([]byte(d.Headers), &h) // written by us
	return h
}

// Replay lets the deliveries of a source be read again, of all sources for 0, and
// gives their number. What was cut cannot be read, and confirmations have had
// their answer. Nothing is counted twice: what a delivery says is known by its key.
func (s *Store) Replay(ctx context.Context, p *people.Principal, sourceID int64) (int, error) {
	if err := canAdmin(p); err != nil {
		return 0, err
	}
	n := 0
	err := db.Tx(ctx, s.DB, func(tx *gorm.DB) error {
		q := tx.Model(&Delivery{}).Where("NOT cut AND name <> ?", confirmation)
		if sourceID != 0 {
			if _, err := sourceBy(tx, sourceID); err != nil {
				return err
			}
			q = q.Where("source_id = ?", sourceID)
		}
		r := q.Updates(map[string]any{"state": Received})
		if r.Error != nil {
			return fmt.Errorf("replay: %w", r.Error)
		}
		n = int(r.RowsAffected)
		if n == 0 {
			return nil
		}
		if err := enqueueProjection(tx); err != nil {
			return err
		}
		return sourceDeed(tx, p, "source.replay", sourceID, map[string]any{"deliveries": n})
	})
	return n, err
}
