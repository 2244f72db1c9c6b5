package evidence

import (
	"context"
	"log/slog"
	"time"

	"gorm.io/gorm"
)

// Store keeps sources, deliveries, items and experiments.
type Store struct {
	DB   *gorm.DB
	Wall func() time.Time // signatures and leases; the calendar is db.Now
	// Seal and Unseal keep secrets at rest. Without them no secret can be kept.
	Seal   func([]byte) ([]byte, error)
	Unseal func([]byte) ([]byte, error)
	Log    *slog.Logger
	// Fetch gets what lies under an https address: the certificates and the
	// confirmation links of Amazon SNS, nothing else. nil: neither is fetched.
	Fetch func(ctx context.Context, address string) ([]byte, error)
	// OnSettled is told of each run whose window has passed, and of each later
	// change of what it showed, in the transaction of that change. It must be
	// idempotent. nil: nobody is told.
	OnSettled func(tx *gorm.DB, run *Item) error

	inbox   inbox
	reading drain // one projection at a time
	certs   certificates
}
