package evidence

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"coetracker/people"

	"gorm.io/gorm"
)

// Change is a deployment or rollback with the other one of the pair, and the
// alarm between them.
type Change struct {
	Item
	Other *Item  // of a deployment the rollback that undid it, of a rollback the deployment that it undoes
	Alarm *Fired // the first that fired after the deployment began and before the rollback
	Back  *Item  // the last deployment of the version that this deployment brings back, see GoesBack
}

// Bad is the deployment of the pair, nil where it is not known.
func (c *Change) Bad() *Item {
	if c.Type == TypeDeployment {
		return &c.Item
	}
	return c.Other
}

// Rollback is the rollback of the pair, nil where there is none.
func (c *Change) Rollback() *Item {
	if c.Type == TypeRollback {
		return &c.Item
	}
	return c.Other
}

// ToAlarm is the time from the bad deployment to the alarm; ok is false where
// one of them is not known.
func (c *Change) ToAlarm() (d time.Duration, ok bool) {
	if bad := c.Bad(); bad != nil && bad.StartedAt != nil && c.Alarm != nil {
		return c.Alarm.At.Sub(*bad.StartedAt), true
	}
	return 0, false
}

// ToRollback is the time from the bad deployment to its rollback.
func (c *Change) ToRollback() (d time.Duration, ok bool) {
	bad, back := c.Bad(), c.Rollback()
	if bad == nil || back == nil || bad.StartedAt == nil || back.StartedAt == nil || back.StartedAt.Before(*bad.StartedAt) {
		return 0, false
	}
	return back.StartedAt.Sub(*bad.StartedAt), true
}

// Reached is how far the change came: what people said, and where they said
// nothing what the tool said.
func (i *Item) Reached() Reach {
	var r Reach
	_ = json.Unmarshal([]byte(i.Reach), &r) // written by us
	d := i.Details()
	if r.Wave == "" {
		r.Wave = d.Wave
	}
	if r.Zone == "" {
		r.Zone = d.Zone
	}
	if r.Cell == "" {
		r.Cell = d.Cell
	}
	if r.Share == nil {
		r.Share = d.Share
	}
	if r.BakeMinutes == nil {
		r.BakeMinutes = d.BakeMinutes
	}
	if r.Automatic == nil {
		r.Automatic = d.Automatic
	}
	return r
}

// Page is a place in a list: the rows older than Before, which is the Next of the
// page before; "" is the beginning.
type Page struct {
	Before string
	Limit  int // 0: 50
}

// Changes lists deployments and rollbacks, the latest first. serviceID 0 gives
// those of all services. next is "" at the end.
func (s *Store) Changes(ctx context.Context, p *people.Principal, serviceID int64, at Page) (list []Change, next string, err error) {
	if err := canSee(p); err != nil {
		return nil, "", err
	}
	tx := s.DB.WithContext(ctx)
	items, next, err := latest(tx, at, []Type{TypeDeployment, TypeRollback}, serviceID)
	if err != nil {
		return nil, "", err
	}
	list, err = pairs(tx, items)
	return list, next, err
}

// ChangeByID gives a deployment or rollback with its pair.
func (s *Store) ChangeByID(ctx context.Context, p *people.Principal, id int64) (Change, error) {
	if err := canSee(p); err != nil {
		return Change{}, err
	}
	tx := s.DB.WithContext(ctx)
	item, err := itemOf(tx, id, TypeDeployment, TypeRollback)
	if err != nil {
		return Change{}, err
	}
	list, err := pairs(tx, []Item{item})
	if err != nil {
		return Change{}, err
	}
	return list[0], nil
}

// latest lists items of one or more types by their start, the latest first.
func latest(tx *gorm.DB, at Page, types []Type, serviceID int64) (items []Item, next string, err error) {
	if at.Limit == 0 {
		at.Limit = 50
	}
	of := func(t Type) *gorm.DB { // by an index of its own, which ends after a page
		q := tx.Model(&Item{}).Select("id").Where("type = ?", t)
		if serviceID != 0 {
			q = q.Where("service_id = ?", serviceID)
		}
		if t, id, ok := cursor(at.Before); ok {
			q = q.Where("COALESCE(started_at, created_at) < ? OR COALESCE(started_at, created_at) = ? AND id < ?", t, t, id)
		}
		return q.Order("COALESCE(started_at, created_at) DESC, id DESC").Limit(at.Limit + 1)
	}
	newest := tx.Where("id IN (?)", of(types[0]))
	for _, t := range types[1:] {
		newest = newest.Or("id IN (?)", of(t))
	}
	err = newest.Order("COALESCE(started_at, created_at) DESC, id DESC").Limit(at.Limit + 1).Find(&items).Error
	if err == nil && len(items) > at.Limit {
		items = items[:at.Limit]
		next = items[at.Limit-1].cursor()
	}
	return items, next, err
}

// cursor is the item's place in a list by start.
func (i *Item) cursor() string {
	return fmt.Sprintf("%d-%d", (*firstTime(i.StartedAt, &i.CreatedAt)).UnixMicro(), i.ID)
}

func cursor(s string) (t time.Time, id int64, ok bool) {
	micros, rest, found := strings.Cut(s, "-")
	m, err1 := strconv.ParseInt(micros, 10, 64)
	id, err2 := strconv.ParseInt(rest, 10, 64)
	return time.UnixMicro(m).UTC(), id, found && err1 == nil && err2 == nil && m > 0
}

// pairs finds the other half of each change and the alarm between them.
func pairs(tx *gorm.DB, items []Item) ([]Change, error) {
	var ids []int64
	for _, i := range items {
		for _, o := range []*int64{i.UndoesID, i.UndoneByID} {
			if o != nil {
				ids = append(ids, *o)
			}
		}
	}
	others := map[int64]*Item{}
	if len(ids) > 0 {
		var found []Item
		if err := tx.Where("id IN ?", ids).Find(&found).Error; err != nil {
			return nil, err
		}
		for i := range found {
			others[found[i].ID] = &found[i]
		}
	}
	back, err := GoesBack(tx, items)
	if err != nil {
		return nil, err
	}
	out := make([]Change, len(items))
	for n, i := range items {
		out[n].Item = i
		if was, ok := back[i.ID]; ok {
			out[n].Back = &was
		}
		if i.Type == TypeRollback && i.UndoesID != nil {
			out[n].Other = others[*i.UndoesID]
		} else if i.Type == TypeDeployment && i.UndoneByID != nil {
			out[n].Other = others[*i.UndoneByID]
		}
	}
	return out, alarms(tx, out)
}

// alarms finds, for each pair that is complete, the first alarm after the
// deployment began: one that the tool named, else one of the same service.
func alarms(tx *gorm.DB, list []Change) error {
	for n := range list {
		c := &list[n]
		bad, back := c.Bad(), c.Rollback()
		if bad == nil || back == nil || bad.StartedAt == nil || back.StartedAt == nil {
			continue
		}
		fired, err := firedIn(tx, []Type{TypeAlarm}, *bad.StartedAt, *back.StartedAt)
		if err != nil {
			return err
		}
		c.Alarm = firstAlarm(fired, append(bad.AlarmNames(), back.AlarmNames()...), bad.ServiceID)
	}
	return nil
}

func firstAlarm(fired []Fired, names []string, service *int64) *Fired {
	var ours *Fired
	for i := range fired {
		if fired[i].named(names) != "" {
			return &fired[i]
		}
		if ours == nil && service != nil && same(fired[i].ServiceID, service) {
			ours = &fired[i]
		}
	}
	return ours
}

// Alarm is an alarm with its firings.
type Alarm struct {
	Item
	Spans []Span // the latest first; of a list only the last
	Times int64  // how often it fired in all
}

// Alarms lists alarms, those that began last first.
func (s *Store) Alarms(ctx context.Context, p *people.Principal, serviceID int64, at Page) (list []Alarm, next string, err error) {
	if err := canSee(p); err != nil {
		return nil, "", err
	}
	tx := s.DB.WithContext(ctx)
	items, next, err := latest(tx, at, []Type{TypeAlarm}, serviceID)
	if err != nil {
		return nil, "", err
	}
	list, err = firings(tx, items, 1)
	return list, next, err
}

// AlarmByID gives an alarm with its last 200 firings.
func (s *Store) AlarmByID(ctx context.Context, p *people.Principal, id int64) (Alarm, error) {
	if err := canSee(p); err != nil {
		return Alarm{}, err
	}
	tx := s.DB.WithContext(ctx)
	item, err := itemOf(tx, id, TypeAlarm)
	if err != nil {
		return Alarm{}, err
	}
	list, err := firings(tx, []Item{item}, listed)
	if err != nil {
		return Alarm{}, err
	}
	return list[0], nil
}

// firings reads up to most firings of each alarm.
func firings(tx *gorm.DB, items []Item, most int) ([]Alarm, error) {
	ids, at := make([]int64, len(items)), map[int64]*Alarm{}
	out := make([]Alarm, len(items))
	for i := range items {
		out[i].Item, ids[i] = items[i], items[i].ID
		at[items[i].ID] = &out[i]
	}
	q := tx.Where("item_id IN ?", ids).Order("started_at DESC").Limit(most)
	if most == 1 {
		q = tx.Where("item_id IN ? AND started_at = (SELECT max(l.started_at) FROM evidence_spans l WHERE l.item_id = evidence_spans.item_id)", ids)
	}
	var spans []Span
	if err := q.Find(&spans).Error; err != nil {
		return nil, err
	}
	for _, sp := range spans {
		at[sp.ItemID].Spans = append(at[sp.ItemID].Spans, sp)
	}
	var sums []struct{ ItemID, N int64 }
	err := tx.Model(&Span{}).Select("item_id, sum(times) AS n").Where("item_id IN ?", ids).Group("item_id").Scan(&sums).Error
	for _, n := range sums {
		at[n.ItemID].Times = n.N
	}
	return out, err
}
