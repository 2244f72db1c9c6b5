package coe

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"gorm.io/gorm"

	"coetracker/internal/db"
	"coetracker/internal/fault"
	"coetracker/people"
)

// Part names a kind of row, in changes, in the audit log and in places.
type Part string

// The kinds of row with a key and a rank.
const (
	PartImpact  Part = "impact"
	PartMetric  Part = "metric"
	PartWhy     Part = "why"
	PartLesson  Part = "lesson"
	PartLink    Part = "link"
	PartSharing Part = "sharing"
)

// RowConflict is the detail of a refused save: what it would have made of the
// row, and what somebody else made of it meanwhile. Both are values of the
// row's own type.
type RowConflict struct {
	Part         string
	Key          string
	Yours        any
	Theirs       any
	TheirVersion int64
	At           time.Time
}

func rowConflict(c *RowConflict) error {
	return fault.Conflictf("Somebody else changed this meanwhile. Both versions are shown; choose what stays.").With(c)
}

// rowRef points to what all rows have in common.
type rowRef struct {
	id, coeID *int64
	key, rank *string
	version   *int64
	updated   *time.Time
	deleted   **time.Time
	deletedBy **int64
	createdBy **int64 // nil where it is not kept
}

// rowPtr is a pointer to a row.
type rowPtr[T any] interface {
	*T
	ref() rowRef
}

func (i *Impact) ref() rowRef {
	return rowRef{&i.ID, &i.COEID, &i.Key, &i.Rank, &i.Version, &i.UpdatedAt, &i.DeletedAt, &i.DeletedBy, nil}
}

func (m *Metric) ref() rowRef {
	return rowRef{&m.ID, &m.COEID, &m.Key, &m.Rank, &m.Version, &m.UpdatedAt, &m.DeletedAt, &m.DeletedBy, &m.CreatedBy}
}

func (w *Why) ref() rowRef {
	return rowRef{&w.ID, &w.COEID, &w.Key, &w.Rank, &w.Version, &w.UpdatedAt, &w.DeletedAt, &w.DeletedBy, &w.CreatedBy}
}

func (l *Lesson) ref() rowRef {
	return rowRef{&l.ID, &l.COEID, &l.Key, &l.Rank, &l.Version, &l.UpdatedAt, &l.DeletedAt, &l.DeletedBy, &l.CreatedBy}
}

func (l *Link) ref() rowRef {
	return rowRef{&l.ID, &l.COEID, &l.Key, &l.Rank, &l.Version, &l.UpdatedAt, &l.DeletedAt, &l.DeletedBy, &l.CreatedBy}
}

func (s *Sharing) ref() rowRef {
	return rowRef{&s.ID, &s.COEID, &s.Key, &s.Rank, &s.Version, &s.UpdatedAt, &s.DeletedAt, &s.DeletedBy, &s.CreatedBy}
}

// addRow puts a new row at the end of its list.
func addRow[T any, P rowPtr[T]](ctx context.Context, s *Store, p *people.Principal, n int64, part Part, apply func(*T) error) (T, error) {
	var out T
	if err := apply(&out); err != nil {
		return out, err
	}
	err := s.do(ctx, p, n, people.Edit, func(w *work) error {
		rank, err := rankAfter[T](w.tx, w.coe.ID, "")
		if err != nil {
			return err
		}
		return insertRow[T, P](w, part, &out, rank)
	})
	return out, err
}

// insertRow writes a row that is complete but for key, rank and version.
func insertRow[T any, P rowPtr[T]](w *work, part Part, row P, rank string) error {
	r := row.ref()
	*r.id, *r.coeID, *r.key, *r.rank, *r.version = 0, w.coe.ID, db.NewKey(), rank, 1
	if r.createdBy != nil {
		*r.createdBy = w.p.PersonID()
	}
	if err := w.tx.Create(row).Error; err != nil {
		return fmt.Errorf("insert %s: %w", part, err)
	}
	return w.record(string(part), *r.id, 1, string(part)+".add", map[string]any{"key": *r.key})
}

// editRow changes a row of version. A change that changes nothing is not saved.
func editRow[T any, P rowPtr[T]](ctx context.Context, s *Store, p *people.Principal, n int64, part Part, key string, version int64, apply func(*T) error) (T, error) {
	var out T
	err := s.do(ctx, p, n, people.Edit, func(w *work) error {
		now, err := findRow[T, P](w, part, key, false)
		if err != nil {
			return err
		}
		out = now
		if err := apply(&out); err != nil {
			return err
		}
		r := P(&now).ref()
		if *r.version != version {
			return rowConflict(&RowConflict{Part: string(part), Key: key, Yours: out, Theirs: now, TheirVersion: *r.version, At: *r.updated})
		}
		if reflect.DeepEqual(out, now) {
			return nil
		}
		return saveRow[T, P](w, part, &out, "edit", nil)
	})
	return out, err
}

// saveRow writes all columns of a row and gives it the next version.
func saveRow[T any, P rowPtr[T]](w *work, part Part, row P, verb string, detail map[string]any) error {
	r := row.ref()
	cols, err := columns(w.tx, row)
	if err != nil {
		return err
	}
	if err := db.SaveVersioned(w.tx, new(T), *r.id, *r.version, cols); err != nil {
		return err
	}
	*r.version++
	*r.updated = w.now
	if detail == nil {
		detail = map[string]any{}
	}
	detail["key"] = *r.key
	return w.record(string(part), *r.id, *r.version, string(part)+"."+verb, detail)
}

// columns gives the values of a row that a save may change.
func columns(tx *gorm.DB, row any) (map[string]any, error) {
	stmt := &gorm.Statement{DB: tx}
	if err := stmt.Parse(row); err != nil {
		return nil, err
	}
	cols := map[string]any{}
	for _, f := range stmt.Schema.Fields {
		switch f.DBName {
		case "", "id", "coe_id", "key", "version", "created_at", "created_by", "updated_at":
			continue
		}
		cols[f.DBName], _ = f.ValueOf(tx.Statement.Context, reflect.ValueOf(row).Elem())
	}
	return cols, nil
}

// findRow reads a row by key for changing it. deleted says whether a deleted
// one is wanted, or one that is there.
func findRow[T any, P rowPtr[T]](w *work, part Part, key string, deleted bool) (T, error) {
	var row T
	where := live + " AND key = ?"
	if deleted {
		where = mine + " AND deleted_at IS NOT NULL AND key = ?"
	}
	err := db.ForUpdate(w.tx).Where(where, w.coe.ID, key).Take(&row).Error
	if db.IsNotFound(err) {
		if deleted {
			return row, fault.NotFoundf("There is no deleted %s with the key %s.", part, clip(key))
		}
		return row, fault.NotFoundf("This %s is not there any more. Somebody may have deleted it; it can be restored.", part)
	}
	return row, err
}

// deleteRow takes a row out; it can be put back.
func deleteRow[T any, P rowPtr[T]](w *work, part Part, key string, version int64) error {
	row, err := findRow[T, P](w, part, key, false)
	if err != nil {
		return err
	}
	r := P(&row).ref()
	if *r.version != version {
		return rowConflict(&RowConflict{Part: string(part), Key: key, Theirs: row, TheirVersion: *r.version, At: *r.updated})
	}
	*r.deleted, *r.deletedBy = &w.now, w.p.PersonID()
	return saveRow[T, P](w, part, &row, "delete", nil)
}

func undeleteRow[T any, P rowPtr[T]](w *work, part Part, key string) error {
	row, err := findRow[T, P](w, part, key, true)
	if err != nil {
		return err
	}
	r := P(&row).ref()
	*r.deleted, *r.deletedBy = nil, nil
	return saveRow[T, P](w, part, &row, "undelete", nil)
}

// moveRow puts a row behind another one of its list, or first when after is "".
func moveRow[T any, P rowPtr[T]](w *work, part Part, key, after string) error {
	row, err := findRow[T, P](w, part, key, false)
	if err != nil {
		return err
	}
	before, next, err := neighbours[T](w.tx, w.coe.ID, key, after)
	if err != nil {
		return err
	}
	*P(&row).ref().rank = db.Between(before, next)
	return saveRow[T, P](w, part, &row, "move", nil)
}

// rankAfter gives a rank behind the row with this key, or at the end.
func rankAfter[T any](tx *gorm.DB, coeID int64, after string) (string, error) {
	if after != "" {
		before, next, err := neighbours[T](tx, coeID, "", after)
		return db.Between(before, next), err
	}
	var last string
	err := tx.Model(new(T)).Where(mine, coeID).Order("rank DESC").Limit(1).Pluck("rank", &last).Error
	return db.Between(last, ""), err
}

// neighbours gives the ranks between which a row is to stand: that of after,
// and the next one that is not the row's own. after "" is the beginning.
func neighbours[T any](tx *gorm.DB, coeID int64, key, after string) (before, next string, err error) {
	if after != "" {
		err = tx.Model(new(T)).Where(mine+" AND key = ?", coeID, after).Limit(1).Pluck("rank", &before).Error
		if err == nil && before == "" {
			err = fault.Invalidf("after", "The row %s is not in this document.", clip(after))
		}
		if err != nil {
			return "", "", err
		}
	}
	err = tx.Model(new(T)).Where(mine+" AND key <> ? AND rank > ?", coeID, key, before).
		Order("rank").Limit(1).Pluck("rank", &next).Error
	return before, next, err
}

// DeleteRow takes a row of version out of the document, a why with all below
// it. UndeleteRow puts it back.
func (s *Store) DeleteRow(ctx context.Context, p *people.Principal, n int64, part Part, key string, version int64) error {
	run := s.do
	if part == PartWhy { // nothing may be put below it meanwhile
		run = s.doLocked
	}
	return run(ctx, p, n, people.Edit, func(w *work) error {
		switch part {
		case PartImpact:
			return deleteRow[Impact](w, part, key, version)
		case PartMetric:
			return deleteRow[Metric](w, part, key, version)
		case PartWhy:
			return deleteWhy(w, key, version)
		case PartLesson:
			return deleteRow[Lesson](w, part, key, version)
		case PartLink:
			return deleteRow[Link](w, part, key, version)
		case PartSharing:
			return deleteRow[Sharing](w, part, key, version)
		}
		return noPart(part)
	})
}

// UndeleteRow puts a deleted row back where it was, a why with all that was
// deleted together with it.
func (s *Store) UndeleteRow(ctx context.Context, p *people.Principal, n int64, part Part, key string) error {
	run := s.do
	if part == PartWhy {
		run = s.doLocked
	}
	return run(ctx, p, n, people.Edit, func(w *work) error {
		switch part {
		case PartImpact:
			return undeleteRow[Impact](w, part, key)
		case PartMetric:
			return undeleteRow[Metric](w, part, key)
		case PartWhy:
			return undeleteWhy(w, key)
		case PartLesson:
			return undeleteRow[Lesson](w, part, key)
		case PartLink:
			return undeleteRow[Link](w, part, key)
		case PartSharing:
			return undeleteRow[Sharing](w, part, key)
		}
		return noPart(part)
	})
}

// MoveRow puts a row behind the row with the key after, or first when that is
// "". Whys move by MoveWhy.
func (s *Store) MoveRow(ctx context.Context, p *people.Principal, n int64, part Part, key, after string) error {
	return s.do(ctx, p, n, people.Edit, func(w *work) error {
		switch part {
		case PartImpact:
			return moveRow[Impact](w, part, key, after)
		case PartMetric:
			return moveRow[Metric](w, part, key, after)
		case PartLesson:
			return moveRow[Lesson](w, part, key, after)
		case PartLink:
			return moveRow[Link](w, part, key, after)
		case PartSharing:
			return moveRow[Sharing](w, part, key, after)
		}
		return noPart(part)
	})
}

func noPart(part Part) error {
	return fault.Invalidf("part", "%q is not a part with rows that can be changed this way.", clip(string(part)))
}
