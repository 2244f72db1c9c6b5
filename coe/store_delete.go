package coe

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"coetracker/actions"
	"coetracker/internal/audit"
	"coetracker/internal/db"
	"coetracker/internal/fault"
	"coetracker/people"
)

// binDays is how long a deleted document can be restored.
const binDays = 30

// purgeBatch bounds how many documents one purge takes away.
const purgeBatch = 50

// Delete puts a document in the bin, where nobody sees it but its owner and
// administrators. An administrator gives a reason unless it is a draft that
// was never in review.
func (s *Store) Delete(ctx context.Context, p *people.Principal, n int64, reason string) error {
	reason, err := line("reason", reason, 1000)
	if err != nil {
		return err
	}
	return s.do(ctx, p, n, people.Delete, func(w *work) error {
		if w.coe.State != Draft || w.coe.Reviewed || w.coe.OwnerID != p.ID {
			if err := needed("reason", reason, "Say why this COE is deleted. The reason is kept in the audit log."); err != nil {
				return err
			}
		}
		return w.bin(&w.now, p.PersonID(), reason, "coe.delete")
	})
}

// Restore takes a document out of the bin as it was.
func (s *Store) Restore(ctx context.Context, p *people.Principal, n int64) error {
	return db.Tx(ctx, s.DB, func(tx *gorm.DB) error {
		c, r, err := find(tx, n)
		if err != nil {
			return err
		}
		if !people.May(p, people.Restore, r) {
			return people.NoSuchCOE()
		}
		w := &work{tx: tx, p: p, coe: c, res: r, now: db.Now(tx)}
		return w.bin(nil, nil, "", "coe.restore")
	})
}

// bin marks the document as deleted, or no longer.
func (w *work) bin(at *time.Time, by *int64, reason, verb string) error {
	err := w.saveHeader(map[string]any{"deleted_at": at, "deleted_by": by, "delete_reason": reason})
	if err == nil {
		err = actions.Refresh(w.tx, w.coe.ID)
	}
	if err != nil {
		return err
	}
	return w.record(partHeader, w.coe.ID, w.coe.Version, verb, map[string]any{"reason": reason})
}

// Bin lists the deleted documents that p may restore, the last deleted first,
// at most 200.
func (s *Store) Bin(ctx context.Context, p *people.Principal) ([]COE, error) {
	if !p.Active() {
		return nil, fault.Forbiddenf("Sign in to see the bin.")
	}
	q := s.DB.WithContext(ctx).Where("deleted_at IS NOT NULL")
	if p.Role != people.Admin {
		q = q.Where("owner_id = ?", p.ID)
	}
	var list []COE
	return list, q.Order("deleted_at DESC, id DESC").Limit(200).Find(&list).Error
}

// Purged says what a purge took away for good.
type Purged struct {
	Numbers []int64  // of the documents; they are never given again
	Files   []string // sha256 of attachments that nothing refers to any more
}

// Purge removes documents that have been in the bin for 30 days, with all
// their rows, at most 50 at a time. The caller removes the files.
func (s *Store) Purge(ctx context.Context) (Purged, error) {
	var out Purged
	err := db.Tx(ctx, s.DB, func(tx *gorm.DB) error {
		out = Purged{}
		var list []COE
		err := db.ForUpdate(tx).Where("deleted_at IS NOT NULL AND deleted_at < ?", db.Now(tx).AddDate(0, 0, -binDays)).
			Order("id").Limit(purgeBatch).Find(&list).Error
		if err != nil || len(list) == 0 {
			return err
		}
		ids := make([]int64, len(list))
		for i, c := range list {
			ids[i] = c.ID
			out.Numbers = append(out.Numbers, c.Number)
			e := audit.Entry{Actor: "system", Verb: "coe.purge", Object: fmt.Sprintf("coe:%d", c.ID), COEID: &list[i].ID, Detail: map[string]any{"number": c.Number}}
			if err := audit.Record(tx, e); err != nil {
				return err
			}
		}
		var files []string
		if err := tx.Model(&Attachment{}).Where("coe_id IN ?", ids).Distinct().Pluck("sha256", &files).Error; err != nil {
			return err
		}
		if err := tx.Where("id IN ?", ids).Delete(&COE{}).Error; err != nil {
			return fmt.Errorf("purge the bin: %w", err)
		}
		out.Files, err = orphans(tx, files)
		return err
	})
	return out, err
}

// orphans keeps the files that no attachment refers to.
func orphans(tx *gorm.DB, files []string) ([]string, error) {
	if len(files) == 0 {
		return nil, nil
	}
	var used []string
	if err := tx.Model(&Attachment{}).Where("sha256 IN ?", files).Distinct().Pluck("sha256", &used).Error; err != nil {
		return nil, err
	}
	kept := map[string]bool{}
	for _, f := range used {
		kept[f] = true
	}
	var out []string
	for _, f := range files {
		if !kept[f] {
			out = append(out, f)
		}
	}
	return out, nil
}
