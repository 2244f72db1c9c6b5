// Package audit writes down who did what, in the transaction that does it, and
// later seals the rows into a hash chain that shows when one was changed or
// taken out.
package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"coetracker/internal/db"

	"gorm.io/gorm"
)

// Entry is one deed to be written down.
type Entry struct {
	ActorID   *int64         // the person, nil for a machine or the operator
	Actor     string         // e-mail address, or "cli", "slack", "system"
	Verb      string         // such as "publish"
	Object    string         // what it was done to: "coe:17", "action:…", "person:3"
	COEID     *int64         // the COE it belongs to, if any
	Detail    map[string]any // whatever explains the deed; becomes JSON
	RequestID string
}

// Row is an entry as it was written.
type Row struct {
	ID        int64 `gorm:"primaryKey"`
	At        time.Time
	ActorID   *int64
	Actor     string
	Verb      string
	Object    string
	COEID     *int64 `gorm:"column:coe_id"`
	Detail    string // JSON
	RequestID string
	Seal      *int64 // place in the chain, nil until sealed
	Hash      string
}

// TableName names the table.
func (Row) TableName() string { return "audit" }

// Record writes e in the caller's transaction, at the calendar time.
func Record(tx *gorm.DB, e Entry) error {
	if e.Actor == "" || e.Verb == "" {
		return errors.New("audit: an entry needs an actor and a verb")
	}
	detail := []byte("{}")
	if len(e.Detail) > 0 {
		var err error
		if detail, err = json.Marshal(e.Detail); err != nil {
			return fmt.Errorf("audit %s: %w", e.Verb, err)
		}
	}
	row := Row{
		At: db.Now(tx), ActorID: e.ActorID, Actor: e.Actor, Verb: e.Verb, Object: e.Object,
		COEID: e.COEID, Detail: string(detail), RequestID: e.RequestID,
	}
	if err := tx.Create(&row).Error; err != nil {
		return fmt.Errorf("audit %s: %w", e.Verb, err)
	}
	return nil
}

// List gives the rows of a COE, or all rows when coeID is 0, newest first:
// those with an id below before (0 for the first page), at most limit.
func List(ctx context.Context, g *gorm.DB, coeID, before int64, limit int) ([]Row, error) {
	q := g.WithContext(ctx).Order("id DESC").Limit(limit)
	if coeID != 0 {
		q = q.Where("coe_id = ?", coeID)
	}
	if before > 0 {
		q = q.Where("id < ?", before)
	}
	var rows []Row
	if err := q.Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("list the audit log: %w", err)
	}
	return rows, nil
}
