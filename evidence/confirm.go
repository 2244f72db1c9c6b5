package evidence

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"coetracker/internal/db"
	"coetracker/internal/fault"
	"coetracker/internal/jobs"

	"gorm.io/gorm"
)

// JobConfirm confirms one subscription of Amazon SNS.
const JobConfirm = "evidence.confirm"

// confirmation names the deliveries that ask for it.
const confirmation = "SubscriptionConfirmation"

type confirmArgs struct {
	DeliveryID int64 `json:"delivery"`
}

func enqueueConfirm(tx *gorm.DB, deliveryID int64) error {
	_, err := jobs.Enqueue(tx, JobConfirm, confirmArgs{deliveryID}, jobs.Opt{Key: strconv.FormatInt(deliveryID, 10), Max: 5})
	return err
}

// isConfirmation marks a request to confirm a subscription, and reports whether
// this server may confirm it by itself: the message is signed, and its topic is
// on the list of the source.
func isConfirmation(src *Source, d *Delivery) bool {
	if d.State != Received {
		return false
	}
	m, ok := confirmationOf(d)
	if !ok {
		return false
	}
	d.Name, d.State = confirmation, NothingNew // it says nothing about a service
	if src.Verifier == VerifySNS && slices.Contains(strings.Fields(src.Allowed), m.at("TopicArn").str()) {
		return true
	}
	d.Warnings = "The topic is not on the list of this source. Confirm the subscription by hand if you know it."
	return false
}

func confirmationOf(d *Delivery) (node, bool) {
	docs, err := parseJSON(d.Body)
	if err != nil || len(docs) != 1 || !isSNS(docs[0]) || docs[0].at("Type").str() != confirmation {
		return node{}, false
	}
	return docs[0], true
}

// ConfirmLink is where a person can confirm the subscription that a delivery asks
// for; "" when it asks for none, or leads elsewhere than to Amazon SNS.
func (d *Delivery) ConfirmLink() string {
	if d.Name != confirmation {
		return ""
	}
	m, ok := confirmationOf(d)
	if !ok {
		return ""
	}
	u, err := snsAddress(m.first("SubscribeURL", "SubscribeUrl").str())
	if err != nil {
		return ""
	}
	return u.String()
}

// ConfirmHandlers are the handlers of the jobs that Receive makes for
// confirmations.
func (s *Store) ConfirmHandlers() map[string]jobs.Handler {
	return map[string]jobs.Handler{JobConfirm: s.confirm}
}

// confirm fetches the link of a subscription, and writes at the delivery what
// came of it. Fetching it twice does no harm.
func (s *Store) confirm(ctx context.Context, j jobs.Job) error {
	var args confirmArgs
	if err := j.Decode(&args); err != nil {
		return err
	}
	var d Delivery
	err := s.DB.WithContext(ctx).Take(&d, args.DeliveryID).Error
	if db.IsNotFound(err) {
		return nil // purged
	}
	if err != nil {
		return err
	}
	link := d.ConfirmLink()
	if s.Fetch == nil || link == "" {
		return s.noteConfirm(ctx, d.ID, "The subscription was not confirmed. Confirm it by hand.", "")
	}
	if _, err = s.Fetch(ctx, link); err == nil {
		return s.noteConfirm(ctx, d.ID, "The subscription is confirmed.", "")
	}
	if noted := s.noteConfirm(ctx, d.ID, "The subscription is not confirmed yet.", clean("The link could not be fetched: "+err.Error(), 300)); noted != nil {
		return noted
	}
	if fault.Is(err, fault.Invalid) {
		return jobs.Fatal(err)
	}
	return err
}

func (s *Store) noteConfirm(ctx context.Context, id int64, text, failure string) error {
	return s.DB.WithContext(ctx).Model(&Delivery{}).Where("id = ?", id).Updates(map[string]any{"warnings": text, "failure": failure}).Error
}
