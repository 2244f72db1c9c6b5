package audit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"coetracker/internal/db"

	"gorm.io/gorm"
)

// batch is how many rows a transaction seals, or Verify reads at a time.
const batch = 200

// Seal adds the committed rows that are in no chain yet to the chain, in
// batches, and gives their number. Several may seal at once; they take turns.
func Seal(ctx context.Context, g *gorm.DB) (sealed int, err error) {
	for {
		n := 0
		err := db.Tx(ctx, g, func(tx *gorm.DB) (err error) {
			n, err = sealBatch(tx)
			return err
		})
		if err != nil {
			return sealed, fmt.Errorf("seal the audit log: %w", err)
		}
		if sealed += n; n < batch {
			return sealed, nil
		}
	}
}

func sealBatch(tx *gorm.DB) (int, error) {
	if db.IsPostgres(tx) { // one sealer at a time; SQLite's transaction is that already
		if err := tx.Exec("SELECT pg_advisory_xact_lock(hashtext('audit seal'))").Error; err != nil {
			return 0, err
		}
	}
	var open []Row
	if err := tx.Where("seal IS NULL").Order("id").Limit(batch).Find(&open).Error; err != nil || len(open) == 0 {
		return 0, err
	}
	at, last, err := head(tx)
	if err != nil {
		return 0, err
	}
	var values []string
	var args []any
	for _, row := range open {
		at++
		last = link(last, at, row)
		values = append(values, "(CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS TEXT))")
		args = append(args, row.ID, at, last)
	}
	return len(open), tx.Exec("UPDATE audit SET seal = v.column2, hash = v.column3 FROM (VALUES "+
		strings.Join(values, ", ")+") AS v WHERE audit.id = v.column1", args...).Error
}

// Head gives the number of sealed rows and the last hash. Kept elsewhere, it
// shows later that rows were cut off the end, which Verify alone cannot see.
func Head(ctx context.Context, g *gorm.DB) (seal int64, hash string, err error) {
	return head(g.WithContext(ctx))
}

func head(g *gorm.DB) (seal int64, hash string, err error) {
	var last []Row
	err = g.Where("seal IS NOT NULL").Order("seal DESC").Limit(1).Find(&last).Error
	if err != nil || len(last) == 0 {
		return 0, "", err
	}
	return *last[0].Seal, last[0].Hash, nil
}

// Verify computes the chain again from its start and gives the id of the first
// row that does not fit: it, or the one before it, was changed or taken out. 0
// means that the chain holds. Rows not sealed yet are not looked at.
func Verify(ctx context.Context, g *gorm.DB) (bad int64, err error) {
	at, last := int64(0), ""
	for {
		var rows []Row
		err := g.WithContext(ctx).Where("seal > ?", at).Order("seal").Limit(batch).Find(&rows).Error
		if err != nil {
			return 0, fmt.Errorf("verify the audit log: %w", err)
		}
		for _, row := range rows {
			at++
			last = link(last, at, row)
			if *row.Seal != at || row.Hash != last {
				return row.ID, nil
			}
		}
		if len(rows) < batch {
			return 0, nil
		}
	}
}

// link is the hash of a row at its place after the hash before it.
func link(before string, at int64, r Row) string {
	text, _ := json.Marshal([]any{ // only strings and numbers: cannot fail
		before, at, r.ID, r.At.UTC().Format(time.RFC3339Nano), r.ActorID, r.Actor, r.Verb, r.Object, r.COEID, r.Detail, r.RequestID,
	})
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
