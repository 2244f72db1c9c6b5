package evidence

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"coetracker/internal/db"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// maxStatements bounds how many statements of one thing are folded: the newest.
const maxStatements = 1000

// subjectKey is what an item is found by.
type subjectKey struct {
	kind Type
	tool string
	key  string
}

func (k subjectKey) compare(o subjectKey) int {
	return cmp.Or(cmp.Compare(k.kind, o.kind), cmp.Compare(k.tool, o.tool), cmp.Compare(k.key, o.key))
}

// subject is one thing while it is folded.
type subject struct {
	stored   Item // as the database has it
	item     Item // as it is to be
	isNew    bool
	anew     bool                 // something else than its statements changed
	said     map[string]Statement // new statements, by their dedupe key
	fallback *int64               // the service of the source
	spans    []Span
	from     time.Time // spans before it are older than what was folded
}

// gather finds or makes the items that a batch speaks of, locks them and adds
// the new statements. The order of locking is the same in every transaction.
func gather(tx *gorm.DB, batch []reading) ([]*subject, error) {
	bySubject := map[subjectKey]*subject{}
	other, err := sameThing(tx, batch)
	if err != nil {
		return nil, err
	}
	for _, r := range batch {
		for _, record := range r.records {
			k := subjectKey{record.Type, r.tool, record.SubjectKey}
			if is, ok := other[k]; ok {
				k = is
			}
			if bySubject[k] == nil {
				bySubject[k] = &subject{said: map[string]Statement{}, stored: Item{
					Type: k.kind, Tool: k.tool, SubjectKey: k.key, ExternalID: cmp.Or(record.ExternalID, k.key),
				}}
			}
			bySubject[k].hear(r, record)
		}
	}
	keys := make([]subjectKey, 0, len(bySubject))
	for k := range bySubject {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, subjectKey.compare)
	if err := findItems(tx, keys, bySubject); err != nil {
		return nil, err
	}
	if err := makeItems(tx, keys, bySubject); err != nil {
		return nil, err
	}
	set := make([]*subject, 0, len(keys))
	for _, k := range keys {
		set = append(set, bySubject[k])
	}
	return set, addStatements(tx, set)
}

// hear notes a new statement. Of two that differ under one key the greater
// stays, as in the database.
func (s *subject) hear(r reading, record Record) {
	id, at := r.id, record.OccurredAt
	if at.IsZero() {
		at = r.received
	}
	st := Statement{DedupeKey: record.DedupeKey, DeliveryID: &id, OccurredAt: at, Body: encode(record)}
	if was, ok := s.said[st.DedupeKey]; !ok || st.Body > was.Body {
		s.said[st.DedupeKey] = st
	}
	if s.fallback == nil {
		s.fallback = r.serviceID
	}
}

// findItems locks the items that are there.
func findItems(tx *gorm.DB, keys []subjectKey, bySubject map[subjectKey]*subject) error {
	var texts []string
	for i, k := range keys {
		if bySubject[k].stored.ID == 0 {
			texts = append(texts, k.key)
		}
		if next := i + 1; next < len(keys) && keys[next].kind == k.kind && keys[next].tool == k.tool || len(texts) == 0 {
			continue
		}
		var found []Item
		err := db.ForUpdate(tx).Where("type = ? AND tool = ? AND subject_key IN ?", k.kind, k.tool, texts).
			Order("subject_key").Find(&found).Error
		if err != nil {
			return fmt.Errorf("find items: %w", err)
		}
		for _, item := range found {
			bySubject[subjectKey{item.Type, item.Tool, item.SubjectKey}].stored = item
		}
		texts = nil
	}
	return nil
}

// makeItems adds the items that are not there yet. Another transaction may make
// the same one at the same moment; then this one waits for it and takes it.
func makeItems(tx *gorm.DB, keys []subjectKey, bySubject map[subjectKey]*subject) error {
	var fresh []Item
	now := db.Now(tx)
	for _, k := range keys {
		if s := bySubject[k]; s.stored.ID == 0 {
			s.isNew = true
			item := s.stored
			item.Alarms, item.Detail, item.Reach, item.Version = "[]", "{}", "{}", 1
			item.CreatedAt, item.UpdatedAt = now, now
			fresh = append(fresh, item)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	err := tx.Clauses(clause.OnConflict{DoNothing: true}).CreateInBatches(fresh, 200).Error
	if err != nil {
		return fmt.Errorf("add items: %w", err)
	}
	if err := findItems(tx, keys, bySubject); err != nil {
		return err
	}
	for _, k := range keys {
		if bySubject[k].stored.ID == 0 {
			return errNoItem
		}
	}
	return nil
}

// addStatements keeps each statement once. What comes again under its key with
// other words stays if its text is the greater one, so that the order of readable
// does not decide.
func addStatements(tx *gorm.DB, set []*subject) error {
	var all []Statement
	for _, s := range set {
		for _, st := range s.said {
			st.ItemID = s.stored.ID
			all = append(all, st)
		}
	}
	slices.SortFunc(all, func(a, b Statement) int {
		return cmp.Or(cmp.Compare(a.ItemID, b.ItemID), cmp.Compare(a.DedupeKey, b.DedupeKey))
	})
	return saveStatements(tx, all)
}

func saveStatements(tx *gorm.DB, all []Statement) error {
	if len(all) == 0 {
		return nil
	}
	bytewise := ""
	if db.IsPostgres(tx) {
		bytewise = ` COLLATE "C"`
	}
	err := tx.Clauses(clause.OnConflict{
		Columns:   []clause.Column{{Name: "item_id"}, {Name: "dedupe_key"}},
		DoUpdates: clause.AssignmentColumns([]string{"body", "occurred_at"}),
		Where:     clause.Where{Exprs: []clause.Expression{clause.Expr{SQL: "excluded.body > evidence_records.body" + bytewise}}},
	}).CreateInBatches(all, 500).Error
	if err != nil {
		return fmt.Errorf("add statements: %w", err)
	}
	return nil
}

// statementsOf gives the newest statements about an item, the newest first.
func statementsOf(tx *gorm.DB, itemID int64, limit int) ([]Statement, error) {
	var list []Statement
	err := tx.Where("item_id = ?", itemID).Order("occurred_at DESC, dedupe_key DESC").Limit(limit).Find(&list).Error
	if err != nil {
		return nil, fmt.Errorf("read the statements of an item: %w", err)
	}
	return list, nil
}

// record reads a statement back. One without a time of its own was said when it
// came in.
func (st Statement) record() (Record, error) {
	var r Record
	if err := json.Unmarshal([]byte(st.Body), &r); err != nil {
		return r, fmt.Errorf("read a statement of item %d: %w", st.ItemID, err)
	}
	if r.OccurredAt.IsZero() {
		r.OccurredAt = st.OccurredAt
	}
	return r, nil
}
