// Package notify tells people what they owe: it plans one digest per person
// and local day, keeps it as a delivery, and sees it through until it arrived
// once, or is known not to.
//
// The database holds the promise: a person has one delivery per local day, an
// action one item per audience and local day. What is left uncertain is looked
// for before it is sent again; where that cannot be done it is believed sent,
// because silence is better than a duplicate and the next digest lists
// everything again.
package notify

import (
	"context"
	"log/slog"
	"time"

	"coetracker/actions"
	"coetracker/internal/db"
	"coetracker/internal/jobs"
	"coetracker/people"

	"gorm.io/gorm"
)

// Service plans and delivers.
type Service struct {
	DB     *gorm.DB
	Wall   people.Clock   // attempts and waits; everything shown goes by the calendar clock of DB
	Zone   *time.Location // the instance's zone, for people without one; nil is UTC
	Sender Sender         // nil: digests wait in the inbox of /me/actions
	Log    *slog.Logger   // nil logs nothing
}

// The kinds of job besides actions.JobChanged.
const (
	JobPlan    = "plan"
	JobDeliver = "deliver"
)

// DeliverArgs are the arguments of JobDeliver.
type DeliverArgs struct {
	DeliveryID string `json:"delivery_id"`
}

// State is where a delivery stands.
type State string

// The states of a delivery.
const (
	Planned     State = "planned"
	Sending     State = "sending"
	Uncertain   State = "uncertain" // it may have arrived: look before sending again
	Sent        State = "sent"
	AssumedSent State = "assumed_sent" // nobody can tell; it is not sent again
	Cancelled   State = "cancelled"    // nothing was left to say
	Expired     State = "expired"      // its day is over
	Dead        State = "dead"         // given up
)

// Delivery is one digest for one person on one local day.
type Delivery struct {
	ID         string
	Kind       string
	Channel    string // slack or inbox
	PersonID   int64
	LocalDate  people.Day
	DedupeKey  string
	Later      int
	NotBefore  time.Time // calendar clock, as ExpiresAt, CreatedAt and SentAt
	ExpiresAt  time.Time
	State      State
	Fence      int64 // counts every taking; only the latest may write the result
	Attempts   int
	Looks      int
	Plain      bool       // the next attempt sends the smallest message we have
	AttemptAt  *time.Time // wall clock, as NextAt
	NextAt     *time.Time
	ChannelID  string
	TS         string `gorm:"column:ts"`
	ErrorClass string
	ErrorText  string
	CreatedAt  time.Time
	SentAt     *time.Time
}

// Item is one action in a delivery.
type Item struct {
	DeliveryID string `gorm:"primaryKey"`
	ActionID   int64
	Audience   actions.Audience
	LocalDate  people.Day
	Section    actions.Section
	Place      int        `gorm:"primaryKey"`
	Due        people.Day // as planned
	Fresh      bool       // assigned since the digest before
	Hit        bool       // a reason to send it that day
}

// TableName maps to delivery_items.
func (Item) TableName() string { return "delivery_items" }

// Handlers gives the handlers of all jobs of this package.
func (s *Service) Handlers() map[string]jobs.Handler {
	return map[string]jobs.Handler{
		JobPlan:            func(ctx context.Context, _ jobs.Job) error { _, err := s.PlanNow(ctx); return err },
		JobDeliver:         s.deliver,
		actions.JobChanged: s.changed,
	}
}

// Tick enqueues the planning of this minute of the calendar clock, once for
// all processes. It is to be called at least once a minute.
func (s *Service) Tick(ctx context.Context) error {
	return db.Tx(ctx, s.DB, func(tx *gorm.DB) error {
		_, err := jobs.Enqueue(tx, JobPlan, struct{}{}, jobs.Opt{Key: db.Now(tx).Format("2006-01-02T15:04"), Max: 3})
		return err
	})
}

func (s *Service) log() *slog.Logger {
	if s.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return s.Log
}

func (s *Service) wall() time.Time { return db.Instant(s.Wall()) }

// channel is where digests go.
func (s *Service) channel() string {
	if s.Sender == nil {
		return "inbox"
	}
	return "slack"
}
