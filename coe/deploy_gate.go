package coe

import (
	"context"
	"fmt"
	"time"

	"coetracker/actions"
	"coetracker/internal/db"
	"coetracker/people"
)

// DeployGate says whether a service may be deployed: not while a P0 action of
// one of its COEs is overdue. It is what the API and `coe gate --json` answer.
type DeployGate struct {
	Service   string       `json:"service"` // its name, also when it was asked for by an alias
	Allowed   bool         `json:"allowed"`
	Actions   []GateAction `json:"actions"` // the overdue ones, the longest overdue first
	CheckedAt time.Time    `json:"checked_at"`
}

// GateAction is an overdue P0. Of one of a restricted COE nothing is said but
// that it is there.
type GateAction struct {
	COE        string `json:"coe"`    // COE-17
	Action     string `json:"action"`
	Title      string `json:"title"`
	Due        string `json:"due"`   // YYYY-MM-DD
	Owner      string `json:"owner"` // "" for nobody
	Restricted bool   `json:"restricted"`
}

// gateRow is a P0 that may be overdue.
type gateRow struct {
	actions.Action
	COENumber  int64  `gorm:"column:coe_number"`
	Visibility string `gorm:"column:visibility"`
}

// Gate asks for a service by its name or an alias; an unknown one is a
// fault.NotFound. An action is overdue from the midnight of its owner, one
// without an owner by the instance's zone. A published or closed COE counts
// like any other, one in the bin does not.
func (s *Store) Gate(ctx context.Context, service string) (DeployGate, error) {
	tx := s.DB.WithContext(ctx)
	sv, err := people.ByAlias(tx, service)
	if err != nil {
		return DeployGate{}, err
	}
	now := db.Now(tx)
	g := DeployGate{Service: sv.Name, Actions: []GateAction{}, CheckedAt: now}
	var rows []gateRow
	err = tx.Model(&actions.Action{}).Joins("JOIN coes ON coes.id = actions.coe_id AND coes.deleted_at IS NULL").
		Where("coes.id IN (SELECT coe_id FROM coe_services WHERE service_id = ?)", sv.ID).
		Where("actions.priority = 'P0' AND actions.deleted_at IS NULL AND actions.state IN ('open','in_progress','blocked') AND actions.due <> ''").
		Where("actions.due < ?", string(people.DayOf(now, time.UTC).Add(2))). // no zone is a day ahead of UTC
		Select("actions.*, coes.number AS coe_number, coes.visibility AS visibility").
		Order("actions.due, coes.number, actions.number").Scan(&rows).Error
	if err != nil {
		return DeployGate{}, fmt.Errorf("ask for the overdue actions of %s: %w", sv.Name, err)
	}
	owners, err := s.gateOwners(ctx, rows)
	if err != nil {
		return DeployGate{}, err
	}
	for _, r := range rows {
		if o := owners[deref(r.OwnerID)]; r.IsOverdue(now, o.zone) {
			g.Actions = append(g.Actions, r.shown(o.name))
		}
	}
	g.Allowed = len(g.Actions) == 0
	return g, nil
}

func (r gateRow) shown(owner string) GateAction {
	if r.Visibility != string(Org) {
		return GateAction{Restricted: true}
	}
	return GateAction{COE: COE{Number: r.COENumber}.Name(), Action: r.Ref(), Title: r.Title, Due: string(r.Due), Owner: owner}
}

// gateOwner is what the gate needs to know of an owner.
type gateOwner struct {
	name string
	zone *time.Location
}

// gateOwners reads names and zones; nobody has the instance's zone.
func (s *Store) gateOwners(ctx context.Context, rows []gateRow) (map[int64]gateOwner, error) {
	out := map[int64]gateOwner{0: {zone: s.location()}}
	var ids []int64
	for _, r := range rows {
		if r.OwnerID != nil {
			ids = append(ids, *r.OwnerID)
		}
	}
	if len(ids) == 0 {
		return out, nil
	}
	tx := s.DB.WithContext(ctx)
	calendars, err := people.Calendars(tx, ids, s.location())
	if err != nil {
		return nil, fmt.Errorf("read the owners' zones: %w", err)
	}
	var list []people.Person
	if err := tx.Where("id IN ?", unique(ids)).Find(&list).Error; err != nil {
		return nil, fmt.Errorf("read the owners: %w", err)
	}
	for _, p := range list {
		out[p.ID] = gateOwner{name: p.Name, zone: calendars[p.ID].Zone}
	}
	return out, nil
}

func deref(id *int64) int64 {
	if id == nil {
		return 0
	}
	return *id
}
