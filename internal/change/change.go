// Package change keeps the one sequence of a COE: every transaction that
// changes any part of it takes the next number and leaves a line saying which
// part changed.
package change

import (
	"fmt"
	"time"

	"coetracker/internal/db"
	"coetracker/internal/fault"

	"gorm.io/gorm"
)

// Topic is what Record notifies of through db.Notify, for the event streams
// of this process; other processes poll.
const Topic = "coe_changes"

// row is a line of coe_changes.
type row struct {
	COEID   int64 `gorm:"column:coe_id"`
	Seq     int64
	Part    string
	PartID  int64
	Version int64
	At      time.Time
}

// TableName names the table.
func (row) TableName() string { return "coe_changes" }

// Record gives the COE its next number and writes down that this part now has
// this version. part is the part's kind, such as "section" or "action";
// partID and version are 0 where it has none. The number is held until the
// transaction of tx ends, so that the numbers of a COE commit in their order.
// A COE that does not exist is a fault.NotFound.
func Record(tx *gorm.DB, coeID int64, part string, partID, version int64) (seq int64, err error) {
	r := tx.Raw("UPDATE coes SET seq = seq + 1 WHERE id = ? RETURNING seq", coeID).Scan(&seq)
	if r.Error != nil {
		return 0, fmt.Errorf("number a change of coe:%d: %w", coeID, r.Error)
	}
	if seq == 0 {
		return 0, fault.NotFoundf("This COE does not exist any more.")
	}
	line := row{COEID: coeID, Seq: seq, Part: part, PartID: partID, Version: version, At: db.Now(tx)}
	if err := tx.Create(&line).Error; err != nil {
		return 0, fmt.Errorf("record change %d of coe:%d: %w", seq, coeID, err)
	}
	db.Notify(tx, Topic)
	return seq, nil
}
