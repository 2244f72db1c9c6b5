package coe

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"coetracker/evidence"
	"coetracker/internal/db"
	"coetracker/internal/fault"
	"coetracker/people"
	"coetracker/timeline"
)

// partEvidence is what decisions on items are recorded under.
const partEvidence = "evidence"

// openedReason marks the decision on the item from which a document was opened.
const openedReason = "This COE was opened from it."

// Accept takes an item into a document: its timeline entries with their
// evidence, its row under Related, and the decision. Accepting it again changes
// nothing.
func (s *Store) Accept(ctx context.Context, p *people.Principal, n, itemID int64, e AcceptEdit) error {
	return s.AcceptAll(ctx, p, n, []AcceptItem{{itemID, e}})
}

// AcceptAll accepts several items, all or none. A refusal names its field with
// the item behind it, such as text-17.
func (s *Store) AcceptAll(ctx context.Context, p *people.Principal, n int64, list []AcceptItem) error {
	if len(list) == 0 || len(list) > mostCandidates {
		return fault.Invalidf("item", "Tick at least one, and at most %d.", mostCandidates)
	}
	tx := s.DB.WithContext(ctx)
	w, err := open(tx, p, n, people.Edit)
	if err != nil {
		return err
	}
	found, err := w.materialsOf(list)
	if err != nil {
		return err
	}
	takes := make([]take, len(list))
	for i, x := range list {
		if takes[i], err = s.prepareTake(ctx, w.coe.Zone, found[x.ItemID], x.AcceptEdit); err != nil {
			return ofItem(err, x.ItemID)
		}
	}
	return s.doLocked(ctx, p, n, people.Edit, func(w *work) error {
		for _, t := range takes {
			if err := w.take(t, ""); err != nil {
				return err
			}
		}
		return nil
	})
}

// ofItem says which of several items a refusal is about.
func ofItem(err error, itemID int64) error {
	f, ok := fault.Of(err)
	if !ok || f.Kind != fault.Invalid {
		return err
	}
	return fault.Invalidf(fmt.Sprintf("%s-%d", f.Field, itemID), "%s", f.Text)
}

// materialsOf reads items with what belongs to them. An alarm counts from its
// first firing near the event.
func (w *work) materialsOf(list []AcceptItem) (map[int64]material, error) {
	var entries []timeline.Entry
	if err := w.tx.Where(live, w.coe.ID).Find(&entries).Error; err != nil {
		return nil, err
	}
	from := time.Time{}
	if start, _ := event(w.coe, entries); start != nil {
		from = start.Add(-lookBefore)
	}
	ids := make([]int64, len(list))
	for i, x := range list {
		ids[i] = x.ItemID
	}
	var items []evidence.Item
	if err := w.tx.Where("id IN ?", ids).Find(&items).Error; err != nil {
		return nil, err
	}
	if len(items) < len(unique(ids)) {
		return nil, noItem()
	}
	found, err := materials(w.tx, items, from)
	out := map[int64]material{}
	for _, m := range found {
		out[m.item.ID] = m
	}
	return out, err
}

func noItem() error {
	return fault.NotFoundf("There is no such thing. It may have been removed with its source.")
}

func findItem(tx *gorm.DB, itemID int64) (evidence.Item, error) {
	var i evidence.Item
	err := tx.Where("id = ?", itemID).Take(&i).Error
	if db.IsNotFound(err) {
		return i, noItem()
	}
	return i, err
}

// take is an item that is ready to be written into a document.
type take struct {
	item    evidence.Item
	edit    AcceptEdit
	entries []timeline.Entry // rendered
}

// prepareTake renders what accepting writes, before a transaction is open.
func (s *Store) prepareTake(ctx context.Context, zone string, m material, e AcceptEdit) (take, error) {
	if err := e.settle(&m.item); err != nil {
		return take{}, err
	}
	edits := m.entries(zone, e.Role, e.Relation)
	if len(edits) == 0 {
		return take{}, fault.Invalidf("text", "Nobody has said when this happened, so it cannot stand in the timeline.")
	}
	if text := strings.TrimSpace(e.Text); text != "" {
		edits[0].Text = &text
	}
	list, err := s.timelineStore().Prepare(ctx, edits)
	return take{item: m.item, edit: e, entries: list}, err
}

// take writes an accepted item: entries, the row under Related, the decision.
// Entries and a row that are there already, as after an import, are not made
// again.
func (w *work) take(t take, reason string) error {
	now, err := w.decision(t.item.ID)
	if err != nil || now.Decision == Accepted {
		return err
	}
	keys, err := w.takeEntries(t)
	if err != nil {
		return err
	}
	d := evidence.Decision{Decision: Accepted, Role: string(t.edit.Role), Relation: string(t.edit.Relation), EntryKeys: strings.Join(keys, " "), Reason: reason}
	if hasLink(t.item.Type) {
		if d.LinkKey, err = w.takeLink(t); err != nil {
			return err
		}
	}
	return w.decide(t.item, d, "evidence.accept")
}

// decision is what was decided on an item, empty when nothing was.
func (w *work) decision(itemID int64) (evidence.Decision, error) {
	var d evidence.Decision
	err := db.ForUpdate(w.tx).Where(mine+" AND item_id = ?", w.coe.ID, itemID).Limit(1).Find(&d).Error
	return d, err
}

// takeEntries inserts the entries that are not there yet and gives the keys of
// all.
func (w *work) takeEntries(t take) ([]string, error) {
	var there []timeline.Entry
	if err := w.tx.Where(live+" AND source_ref = ? AND source = ?", w.coe.ID, t.item.Ref(), timeline.SourceWebhook).Find(&there).Error; err != nil {
		return nil, err
	}
	var keys []string
	list := slices.DeleteFunc(slices.Clone(t.entries), func(e timeline.Entry) bool {
		for _, x := range there {
			if x.At != nil && e.At != nil && x.At.Equal(*e.At) && !slices.Contains(keys, x.Key) {
				keys = append(keys, x.Key)
				return true
			}
		}
		return false
	})
	if err := timeline.Insert(w.tx, w.p, w.coe.ID, list); err != nil {
		return nil, err
	}
	for _, e := range list {
		keys = append(keys, e.Key)
	}
	return keys, nil
}

// takeLink makes the row under Related, or gives its words to the one that is
// there, and returns its key.
func (w *work) takeLink(t take) (string, error) {
	role := linkRole(t.edit.Role, t.edit.Relation)
	var l Link
	err := w.tx.Where(live+" AND type = ? AND target = ?", w.coe.ID, t.item.Type, LinkTarget(&t.item)).Order("id").Take(&l).Error
	switch {
	case db.IsNotFound(err):
		l = Link{Type: string(t.item.Type), Target: LinkTarget(&t.item), Role: role}
		rank, err := rankAfter[Link](w.tx, w.coe.ID, "")
		if err != nil {
			return "", err
		}
		err = insertRow(w, PartLink, &l, rank)
		return l.Key, err
	case err != nil:
		return "", err
	case l.Role == role:
		return l.Key, nil
	}
	l.Role = role
	return l.Key, saveRow(w, PartLink, &l, "edit", nil)
}

// LinkTarget is how a row under Related names an item.
func LinkTarget(i *evidence.Item) string {
	return clipTo(strings.Join(strings.Fields(i.Ref()), " "), 1990)
}

// decide keeps a decision and records it.
func (w *work) decide(i evidence.Item, d evidence.Decision, verb string) error {
	d.COEID, d.ItemID, d.DecidedBy, d.DecidedAt = w.coe.ID, i.ID, w.p.PersonID(), w.now
	if err := w.tx.Save(&d).Error; err != nil {
		return fmt.Errorf("decide on item %d: %w", i.ID, err)
	}
	return w.record(partEvidence, i.ID, 0, verb, map[string]any{"item": i.Ref(), "role": d.Role, "relation": d.Relation, "reason": d.Reason})
}

// Dismiss says that an item does not belong to a document; it is not suggested
// again. The reason may be empty.
func (s *Store) Dismiss(ctx context.Context, p *people.Principal, n, itemID int64, reason string) error {
	reason, err := line("reason", reason, 500)
	if err != nil {
		return err
	}
	return s.doLocked(ctx, p, n, people.Edit, func(w *work) error {
		i, err := findItem(w.tx, itemID)
		if err != nil {
			return err
		}
		now, err := w.decision(itemID)
		switch {
		case err != nil:
			return err
		case now.Decision == Accepted:
			return fault.Conflictf("Somebody took this over meanwhile. Take it back first if it does not belong here.")
		case now.Decision == Dismissed && now.Reason == reason:
			return nil
		}
		return w.decide(i, evidence.Decision{Decision: Dismissed, Reason: reason}, "evidence.dismiss")
	})
}

// SetEvidenceRole changes what an accepted item is for a document, and what its
// row under Related says. An empty relation is the one that goes with the role.
func (s *Store) SetEvidenceRole(ctx context.Context, p *people.Principal, n, itemID int64, role Role, rel Relation) error {
	return s.doLocked(ctx, p, n, people.Edit, func(w *work) error {
		i, err := findItem(w.tx, itemID)
		if err != nil {
			return err
		}
		now, err := w.decision(itemID)
		if err != nil {
			return err
		}
		if now.Decision != Accepted {
			return fault.Conflictf("This is not part of the COE any more. Load the page again.")
		}
		e := AcceptEdit{Role: role, Relation: rel}
		if err := e.settle(&i); err != nil {
			return err
		}
		if now.Role == string(e.Role) && now.Relation == string(e.Relation) {
			return nil
		}
		now.Role, now.Relation = string(e.Role), string(e.Relation)
		if err := w.relink(now, linkRole(e.Role, e.Relation)); err != nil {
			return err
		}
		return w.decide(i, now, "evidence.role")
	})
}

// relink gives the row under Related its new words. A row that somebody took
// out stays out.
func (w *work) relink(d evidence.Decision, role string) error {
	var l Link
	err := w.tx.Where(live+" AND key = ?", w.coe.ID, d.LinkKey).Take(&l).Error
	if db.IsNotFound(err) || err == nil && l.Role == role {
		return nil
	}
	if err != nil {
		return err
	}
	l.Role = role
	return saveRow(w, PartLink, &l, "edit", nil)
}
