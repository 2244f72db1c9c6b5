package evidence

import (
	"context"
	"strings"
	"time"

	"coetracker/internal/db"
	"coetracker/people"

	"gorm.io/gorm"
)

// ItemFilter says which items a list holds. Zero values ask for all.
type ItemFilter struct {
	Types        []Type
	ServiceID    int64
	ExperimentID int64
	Unmatched    bool  // only those whose service is not known
	Before       int64 // only ids below this one: the next page
	Limit        int   // 50 unless given, at most 200
}

// Items gives one page of items, those that came in last first, in one query.
func (s *Store) Items(ctx context.Context, p *people.Principal, f ItemFilter) ([]Item, error) {
	if err := canSee(p); err != nil {
		return nil, err
	}
	q := s.DB.WithContext(ctx)
	if f.Unmatched {
		q = through(q, "evidence_items_unmatched").Where("service_id IS NULL")
	}
	q = q.Order("id DESC").Limit(pageSize(f.Limit))
	if len(f.Types) > 0 {
		q = q.Where("type IN ?", f.Types)
	}
	if f.ServiceID != 0 {
		q = q.Where("service_id = ?", f.ServiceID)
	}
	if f.ExperimentID != 0 {
		q = q.Where("experiment_id = ?", f.ExperimentID)
	}
	if f.Before > 0 {
		q = q.Where("id < ?", f.Before)
	}
	var list []Item
	return list, q.Find(&list).Error
}

// through makes SQLite read items by a partial index, which it would pass over
// for a full one. PostgreSQL chooses by its statistics.
func through(tx *gorm.DB, index string) *gorm.DB {
	if db.IsPostgres(tx) {
		return tx.Table("evidence_items")
	}
	return tx.Table("evidence_items INDEXED BY " + index)
}

func pageSize(asked int) int {
	if asked <= 0 {
		return 50
	}
	return min(asked, 200)
}

// ItemByID gives one item, of whatever type.
func (s *Store) ItemByID(ctx context.Context, p *people.Principal, id int64) (Item, error) {
	if err := canSee(p); err != nil {
		return Item{}, err
	}
	return itemOf(s.DB.WithContext(ctx), id, everyType()...)
}

func everyType() []Type {
	return []Type{TypeExperiment, TypeDeployment, TypeRollback, TypeAlarm, TypeIncident}
}

// Said is one statement of a tool as it was kept.
type Said struct {
	Record
	Seen       time.Time // when the tool says it, else when it came in
	DeliveryID *int64    // nil for what we concluded, and after 90 days
}

// Statements gives what was said about an item in order of time: the newest
// limit of them, 200 unless given.
func (s *Store) Statements(ctx context.Context, p *people.Principal, itemID int64, limit int) ([]Said, error) {
	if err := canSee(p); err != nil {
		return nil, err
	}
	if limit <= 0 {
		limit = 200
	}
	stored, err := statementsOf(s.DB.WithContext(ctx), itemID, min(limit, maxStatements))
	if err != nil {
		return nil, err
	}
	said := make([]Said, 0, len(stored))
	for i := len(stored) - 1; i >= 0; i-- {
		st := stored[i]
		r, err := st.record()
		if err != nil {
			return nil, err
		}
		said = append(said, Said{Record: r, Seen: st.OccurredAt, DeliveryID: st.DeliveryID})
	}
	return said, nil
}

// SpansOf gives the spans of items by item, each list in order, in one query.
func SpansOf(tx *gorm.DB, itemIDs []int64) (map[int64][]Span, error) {
	out := map[int64][]Span{}
	if len(itemIDs) == 0 {
		return out, nil
	}
	var spans []Span
	if err := tx.Where("item_id IN ?", itemIDs).Order("item_id, started_at").Find(&spans).Error; err != nil {
		return nil, err
	}
	for _, sp := range spans {
		out[sp.ItemID] = append(out[sp.ItemID], sp)
	}
	return out, nil
}

// lookBack bounds how long before a window something may have begun that still
// went on in it; spanBack bounds it for an earlier firing of an alarm that has
// fired again since.
const (
	lookBack = 30 * 24 * time.Hour
	spanBack = 24 * time.Hour
)

// ItemsInWindow gives what went on at services between two instants, by start:
// everything whose span meets the window, at most limit. Things that began more
// than 30 days before are left out, and earlier firings of an alarm that began
// more than a day before.
func ItemsInWindow(tx *gorm.DB, serviceIDs []int64, from, to time.Time, limit int) ([]Item, error) {
	if len(serviceIDs) == 0 || to.Before(from) {
		return nil, nil
	}
	// Two branches, each with an index of its own: the stretch that the item
	// itself tells, and the earlier stretches of alarms. SQLite takes the tables
	// of a cross join in their order.
	ids := tx.Raw(`SELECT id FROM evidence_items WHERE service_id IN ? AND type IN ? AND started_at BETWEEN ? AND ?
			AND (ended_at >= ? OR ended_at IS NULL AND (rank <> ? OR started_at >= ?))
		UNION SELECT i.id FROM evidence_spans s CROSS JOIN evidence_items i
			WHERE i.id = s.item_id AND s.started_at BETWEEN ? AND ? AND (s.ended_at IS NULL OR s.ended_at >= ?)
			AND i.type IN ('alarm','incident') AND i.service_id IN ?`,
		serviceIDs, everyType(), from.Add(-lookBack), to, from, rankLost, from,
		from.Add(-spanBack), to, from, serviceIDs)
	var list []Item
	return list, tx.Where("id IN (?)", ids).Order("started_at, id").Limit(limit).Find(&list).Error
}

// AlarmsDuring gives the alarms that began to fire between a run's start and
// the end of its settle window (now, while it goes on), with the spans that
// began then: those of its service, and those that it or its experiment names.
func AlarmsDuring(tx *gorm.DB, run *Item) ([]Item, map[int64][]Span, error) {
	if run.StartedAt == nil {
		return nil, nil, nil
	}
	until := db.Now(tx)
	if run.SettleUntil != nil {
		until = *run.SettleUntil
	}
	names, err := expectedAlarms(tx, run)
	if err != nil {
		return nil, nil, err
	}
	var spans []Span
	err = tx.Where("started_at BETWEEN ? AND ?", *run.StartedAt, until).
		Where("item_id IN (SELECT id FROM evidence_items WHERE type = 'alarm')").
		Order("started_at, item_id").Limit(maxStatements).Find(&spans).Error
	if err != nil || len(spans) == 0 {
		return nil, nil, err
	}
	byItem := map[int64][]Span{}
	var ids []int64
	for _, sp := range spans {
		if byItem[sp.ItemID] == nil {
			ids = append(ids, sp.ItemID)
		}
		byItem[sp.ItemID] = append(byItem[sp.ItemID], sp)
	}
	var found []Item
	if err := tx.Where("id IN ?", ids).Order("started_at, id").Find(&found).Error; err != nil {
		return nil, nil, err
	}
	var mine []Item
	for _, a := range found {
		if run.ServiceID != nil && same(a.ServiceID, run.ServiceID) || a.named(names) != "" {
			mine = append(mine, a)
		} else {
			delete(byItem, a.ID)
		}
	}
	return mine, byItem, nil
}

// expectedAlarms are the names of alarms that belong to a run.
func expectedAlarms(tx *gorm.DB, run *Item) ([]string, error) {
	names := run.AlarmNames()
	if run.ExperimentID == nil {
		return names, nil
	}
	x, err := experimentBy(tx, *run.ExperimentID)
	return append(names, x.Expected()...), err
}

// knownAs tells whether a tool calls the service of an item so, in any case.
func (i *Item) knownAs(name string) bool {
	for _, n := range i.AllNames() {
		if strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}
