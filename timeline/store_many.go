package timeline

import (
	"context"
	"time"

	"gorm.io/gorm"

	"coetracker/internal/db"
	"coetracker/internal/fault"
	"coetracker/people"
)

// Shifted is what a repair did to an entry, and what undoes it: Restamp with
// the old values puts it back.
type Shifted struct {
	Key     string
	Version int64 // now
	Was     When
	Odd     bool // the new wall clock time does not exist or exists twice that day; look at it
}

// ShiftZone says that the chosen entries were written by another zone's clock:
// their wall clock times stay, the instants move. Entries without a time only
// take the zone.
func (s *Store) ShiftZone(ctx context.Context, p *people.Principal, coeID int64, keys []string, zone string) ([]Shifted, error) {
	loc, name, err := LoadZone(zone)
	if err != nil {
		return nil, err
	}
	return s.shift(ctx, p, coeID, keys, "entry.zone", map[string]any{"zone": name}, func(e *Entry) (odd bool) {
		from := e.Location()
		e.Zone = name
		for _, t := range []**time.Time{&e.At, &e.EndAt} {
			if *t == nil {
				continue
			}
			wall := (*t).In(from)
			at, other, gap := instants(time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), wall.Nanosecond(), time.UTC), loc)
			odd = odd || gap || !other.IsZero()
			*t = kept(&at)
		}
		return odd
	})
}

// ShiftDays moves the chosen entries by whole days on the clock of their zone.
func (s *Store) ShiftDays(ctx context.Context, p *people.Principal, coeID int64, keys []string, days int) ([]Shifted, error) {
	if days < -3660 || days > 3660 {
		return nil, fault.Invalidf("days", "%d days are too many. Check the dates.", days)
	}
	return s.shift(ctx, p, coeID, keys, "entry.days", map[string]any{"days": days}, func(e *Entry) bool {
		loc := e.Location()
		for _, t := range []**time.Time{&e.At, &e.EndAt} {
			if *t != nil {
				at := (*t).In(loc).AddDate(0, 0, days)
				*t = kept(&at)
			}
		}
		return false
	})
}

// shift repairs the times of the chosen entries, all or none.
func (s *Store) shift(ctx context.Context, p *people.Principal, coeID int64, keys []string, verb string, detail map[string]any, repair func(*Entry) bool) ([]Shifted, error) {
	var out []Shifted
	err := s.do(ctx, p, coeID, func(w *work) error {
		out = nil
		list, err := w.chosen(keys)
		if err != nil {
			return err
		}
		for i := range list {
			e := &list[i]
			was := When{At: e.At, EndAt: e.EndAt, Zone: e.Zone, Precision: e.Precision}
			odd := repair(e)
			if err := w.stamp(e); err != nil {
				return err
			}
			out = append(out, Shifted{Key: e.Key, Version: e.Version, Was: was, Odd: odd})
		}
		detail["count"] = len(list)
		return w.record(0, 0, verb, detail)
	})
	return out, err
}

// stamp saves an entry's time.
func (w *work) stamp(e *Entry) error {
	if e.At != nil && (e.At.Year() < 1970 || e.At.Year() > 2199) {
		return fault.Invalidf("days", "An entry would come to the year %d. Check the dates.", e.At.Year())
	}
	err := db.SaveVersioned(w.tx, &Entry{}, e.ID, e.Version, map[string]any{"at": e.At, "end_at": e.EndAt, "zone": e.Zone, "precision": e.Precision})
	e.Version++
	return err
}

// Restamp sets the times of several entries at once, all or none: it undoes
// ShiftZone and ShiftDays. An entry that somebody changed meanwhile is a
// fault.Conflict.
func (s *Store) Restamp(ctx context.Context, p *people.Principal, coeID int64, list []Shifted) error {
	keys := make([]string, len(list))
	was := map[string]Shifted{}
	for i, x := range list {
		keys[i], was[x.Key] = x.Key, x
	}
	return s.do(ctx, p, coeID, func(w *work) error {
		entries, err := w.chosen(keys)
		if err != nil {
			return err
		}
		for i := range entries {
			e := &entries[i]
			x := was[e.Key]
			if err := (Edit{When: &x.Was}).setWhen(e); err != nil {
				return err
			}
			e.Version = x.Version // what the undo was offered for
			if err := w.stamp(e); err != nil {
				return err
			}
		}
		return w.record(0, 0, "entry.restamp", map[string]any{"count": len(entries)})
	})
}

// Star takes raw entries into the published timeline, or, with on false, back
// to the raw ones.
func (s *Store) Star(ctx context.Context, p *people.Principal, coeID int64, keys []string, on bool) error {
	return s.mark(ctx, p, coeID, keys, "entry.star", func(*work) map[string]any { return map[string]any{"raw": !on} })
}

// Delete takes entries out of the timeline; Undelete puts them back.
func (s *Store) Delete(ctx context.Context, p *people.Principal, coeID int64, keys []string) error {
	return s.mark(ctx, p, coeID, keys, "entry.delete", func(w *work) map[string]any {
		return map[string]any{"deleted_at": w.now, "deleted_by": p.PersonID()}
	})
}

// mark sets the same columns on the chosen entries.
func (s *Store) mark(ctx context.Context, p *people.Principal, coeID int64, keys []string, verb string, cols func(*work) map[string]any) error {
	return s.do(ctx, p, coeID, func(w *work) error {
		list, err := w.chosen(keys)
		if err != nil {
			return err
		}
		return w.set(list, cols(w), verb)
	})
}

// Undelete puts deleted entries back where they were.
func (s *Store) Undelete(ctx context.Context, p *people.Principal, coeID int64, keys []string) error {
	if err := countable(keys); err != nil {
		return err
	}
	return s.do(ctx, p, coeID, func(w *work) error {
		var list []Entry
		err := db.ForUpdate(w.tx).Where("coe_id = ? AND key IN ? AND deleted_at IS NOT NULL", coeID, keys).Order("id").Find(&list).Error
		if err != nil {
			return err
		}
		if len(list) != len(keys) {
			return fault.NotFoundf("One of these entries is not deleted any more.")
		}
		return w.set(list, map[string]any{"deleted_at": nil, "deleted_by": nil}, "entry.undelete")
	})
}

// countable bounds how many entries are chosen at once.
func countable(keys []string) error {
	if len(keys) == 0 || len(keys) > most {
		return fault.Invalidf("entries", "Choose between 1 and %d entries.", most)
	}
	return nil
}

// chosen reads entries by key for changing them. All must be there.
func (w *work) chosen(keys []string) ([]Entry, error) {
	if err := countable(keys); err != nil {
		return nil, err
	}
	var list []Entry
	err := db.ForUpdate(w.tx).Where("coe_id = ? AND key IN ? AND deleted_at IS NULL", w.coeID, keys).Order("id").Find(&list).Error
	if err == nil && len(list) != len(keys) {
		err = fault.NotFoundf("One of these entries is not there any more. Choose again.")
	}
	return list, err
}

// set writes the same columns to several entries as one change.
func (w *work) set(list []Entry, cols map[string]any, verb string) error {
	ids := make([]int64, len(list))
	keys := make([]string, len(list))
	for i, e := range list {
		ids[i], keys[i] = e.ID, e.Key
	}
	cols["version"] = gorm.Expr("version + 1")
	if err := w.tx.Model(&Entry{}).Where("id IN ?", ids).Updates(cols).Error; err != nil {
		return err
	}
	id, version := int64(0), int64(0)
	if len(list) == 1 {
		id, version = list[0].ID, list[0].Version+1
	}
	return w.record(id, version, verb, map[string]any{"keys": keys})
}
