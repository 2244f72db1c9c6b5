package notify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"coetracker/actions"
	"coetracker/internal/jobs"
	"coetracker/people"

	"gorm.io/gorm"
)

// refreshDays is how far back messages are written anew.
const refreshDays = 120

// changed writes every message anew that lists an action which changed.
func (s *Service) changed(ctx context.Context, j jobs.Job) error {
	var args actions.ChangedArgs
	if err := j.Decode(&args); err != nil {
		return err
	}
	if s.Sender == nil {
		return nil
	}
	oldest := people.DayOf(s.now(ctx), time.UTC).Add(-refreshDays)
	var ids []string
	err := s.DB.WithContext(ctx).Table("deliveries").
		Where("id IN (SELECT delivery_id FROM delivery_items WHERE action_id = ?)", args.ActionID).
		Where("channel = 'slack' AND local_date >= ? AND (ts <> '' OR state IN ('sending','uncertain'))", oldest).
		Order("local_date DESC").Pluck("id", &ids).Error
	if err != nil {
		return fmt.Errorf("find the messages that list an action: %w", err)
	}
	var waits error
	for _, id := range ids {
		if err := s.Refresh(ctx, id); err != nil {
			waits = err
		}
	}
	return waits
}

func (s *Service) now(ctx context.Context) time.Time { return s.DB.WithContext(ctx).NowFunc() }

// Refresh writes one sent message anew as things stand now. It may be
// repeated: a message that shows everything already is left alone. An error
// asks to try again later.
func (s *Service) Refresh(ctx context.Context, deliveryID string) error {
	tx := s.DB.WithContext(ctx)
	var d Delivery
	if err := tx.Take(&d, "id = ?", deliveryID).Error; err != nil {
		return fmt.Errorf("read a delivery: %w", err)
	}
	if d.State == Sending || d.State == Uncertain {
		return jobs.RetryAfter(5*time.Second, errors.New("the message is on its way"))
	}
	if d.TS == "" || d.Channel != "slack" {
		return nil
	}
	// Twice: somebody who rendered earlier may write later.
	for range 2 {
		if err := s.rewrite(ctx, &d); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) rewrite(ctx context.Context, d *Delivery) error {
	tx := s.DB.WithContext(ctx)
	items, err := itemsOf(tx, d.ID)
	if err != nil {
		return err
	}
	f, err := s.facts(tx, d, items)
	if err != nil {
		return err
	}
	r := s.Sender.Update(ctx, f.message(d, items), Receipt{ChannelID: d.ChannelID, TS: d.TS})
	switch r.Class {
	case ClassSent, ClassGone, ClassOurs, ClassRecipient:
		if r.Class == ClassOurs {
			s.log().ErrorContext(ctx, "a message was refused as ill-formed", "delivery", d.ID, "text", r.Text)
		}
		return nil
	case ClassRefused, ClassWorkspace:
		return jobs.RetryAfter(max(r.Wait, time.Second), errors.New(r.Text))
	}
	return errors.New("update a message: " + r.Text)
}

// refreshLater leaves a job that writes a message anew.
func refreshLater(tx *gorm.DB, deliveryID string) error {
	items, err := itemsOf(tx, deliveryID)
	if err != nil || len(items) == 0 {
		return err
	}
	_, err = jobs.Enqueue(tx, actions.JobChanged, actions.ChangedArgs{ActionID: items[0].ActionID}, jobs.Opt{})
	return err
}

// catchUp leaves a job when an action changed between rendering the message
// and recording it.
func catchUp(tx *gorm.DB, m Message) error {
	var ids []int64
	shown := map[int64]int64{}
	for _, r := range m.Rows {
		ids, shown[r.ActionID] = append(ids, r.ActionID), r.Version
	}
	if len(ids) == 0 {
		return nil
	}
	var now []struct{ ID, Version int64 }
	if err := tx.Table("actions").Select("id, version").Where("id IN ?", ids).Scan(&now).Error; err != nil {
		return err
	}
	for _, a := range now {
		if shown[a.ID] != a.Version {
			return refreshLater(tx, m.DeliveryID)
		}
	}
	return nil
}
