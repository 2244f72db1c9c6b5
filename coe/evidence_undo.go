package coe

import (
	"context"
	"strings"

	"coetracker/evidence"
	"coetracker/internal/db"
	"coetracker/internal/fault"
	"coetracker/people"
	"coetracker/timeline"
)

// Reconsider takes a decision back: the item is suggested again. Entries and
// the row under Related go as far as nobody has written in them; the others
// stay, and the answer says how many.
func (s *Store) Reconsider(ctx context.Context, p *people.Principal, n, itemID int64) (Undone, error) {
	var out Undone
	err := s.doLocked(ctx, p, n, people.Edit, func(w *work) error {
		out = Undone{}
		i, err := findItem(w.tx, itemID)
		if err != nil {
			return err
		}
		d, err := w.decision(itemID)
		if err != nil || d.Decision == "" {
			return err
		}
		if d.Reason == openedReason && d.Decision == Accepted {
			return fault.Invalidf("item", "%s was opened from this, so it stays a part of it. Give it another role if it is not to blame.", w.coe.Name())
		}
		if err := w.untake(i, d, &out); err != nil {
			return err
		}
		if err := w.tx.Where(mine+" AND item_id = ?", w.coe.ID, itemID).Delete(&evidence.Decision{}).Error; err != nil {
			return err
		}
		return w.record(partEvidence, i.ID, 0, "evidence.reconsider", map[string]any{"item": i.Ref(), "entries": out.Entries, "kept": out.KeptEntries})
	})
	return out, err
}

// untake deletes what accepting made, as far as it is untouched.
func (w *work) untake(i evidence.Item, d evidence.Decision, out *Undone) error {
	var entries []timeline.Entry
	if err := w.tx.Where(live+" AND key IN ?", w.coe.ID, strings.Fields(d.EntryKeys)).Find(&entries).Error; err != nil {
		return err
	}
	for _, e := range entries {
		if e.Version != 1 || e.Source != timeline.SourceWebhook || e.SourceRef != i.Ref() {
			out.KeptEntries++
			continue
		}
		err := db.SaveVersioned(w.tx, &timeline.Entry{}, e.ID, e.Version, map[string]any{"deleted_at": w.now, "deleted_by": w.p.PersonID()})
		if err == nil {
			err = w.record(timeline.Part, e.ID, e.Version+1, "entry.delete", map[string]any{"key": e.Key})
		}
		if err != nil {
			return err
		}
		out.Entries++
	}
	if d.LinkKey == "" {
		return nil
	}
	var l Link
	err := w.tx.Where(live+" AND key = ?", w.coe.ID, d.LinkKey).Take(&l).Error
	switch {
	case db.IsNotFound(err):
		return nil
	case err != nil:
		return err
	case l.Note != "" || l.Target != LinkTarget(&i) || l.Role != linkRole(Role(d.Role), Relation(d.Relation)):
		out.KeptLink = true
		return nil
	}
	return deleteRow[Link](w, PartLink, l.Key, l.Version)
}
