package actions

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"coetracker/internal/fault"
	"coetracker/people"

	"gorm.io/gorm"
)

// Item is an action as a list shows it.
type Item struct {
	Action
	COENumber int64
	COETitle  string // "" when the person may not see the COE
	// Restricted: its COE is; such actions are changed on our pages only.
	Restricted bool
	Hidden     bool   // the person may see number, text and date only: no link into the COE
	OwnerName  string // "" for nobody
	Former     bool   // the owner is a former member
	Words      string // 5 days overdue, due today, in 9 days
	Late       bool   // open and overdue in the owner's zone
	Moved      []Move // oldest first
	Proofs     []Proof
	Runs       []ShownRun // newest first
}

// Mine is what one person owes, and what waits for them.
type Mine struct {
	Today      people.Day
	Overdue    []Item
	ThisWeek   []Item
	Later      []Item
	ToVerify   []Item // claims this person may accept; first page only
	NeedsOwner []Item // in own COEs, without an active owner; first page only
	Done       []Item // claimed, verified or declined in the last 30 days; first page only
	Next       string // cursor of the next page of open actions, "" at the end
}

const (
	pageSize  = 50
	sideLimit = 50 // of each further list
	doneDays  = 30
)

// Mine lists a person's actions, open ones first by due day: overdue, this
// week, later. cursor is Next of the page before, empty for the first.
func (s *Store) Mine(ctx context.Context, p *people.Principal, cursor string) (*Mine, error) {
	tx := s.DB.WithContext(ctx)
	cal, err := calendarOf(tx, idOf(p), s.Zone)
	if err != nil {
		return nil, err
	}
	now := s.now()
	m := &Mine{Today: cal.Today(now)}
	open, next, err := s.openPage(tx, p, cursor)
	if err != nil {
		return nil, err
	}
	m.Next = next
	for _, it := range open {
		it.Words = DueWords(it.Due, m.Today)
		switch GroupOf(it.Due, m.Today) {
		case Overdue:
			m.Overdue = append(m.Overdue, it)
		case ThisWeek:
			m.ThisWeek = append(m.ThisWeek, it)
		default:
			m.Later = append(m.Later, it)
		}
	}
	if cursor != "" {
		return m, nil
	}
	if m.ToVerify, err = s.ToVerify(ctx, p); err != nil {
		return nil, err
	}
	if m.NeedsOwner, err = s.Orphans(ctx, p); err != nil {
		return nil, err
	}
	m.Done, err = s.items(tx, p, visibleRows(tx).Where("actions.owner_id = ? AND actions.state IN ? AND actions.state_since > ?",
		idOf(p), []State{ClaimedDone, Verified, Declined}, now.AddDate(0, 0, -doneDays)).
		Order("actions.state_since DESC, actions.id DESC").Limit(sideLimit))
	return m, err
}

// openPage gives one page of what a person has to do; actions without a date
// come last.
func (s *Store) openPage(tx *gorm.DB, p *people.Principal, cursor string) ([]Item, string, error) {
	q := liveRows(tx).Where("actions.owner_id = ?", idOf(p)).Order("actions.due = '', actions.due, actions.id").Limit(pageSize + 1)
	if cursor != "" {
		due, id, err := readCursor(cursor)
		if err != nil {
			return nil, "", err
		}
		if due == "" {
			q = q.Where("actions.due = '' AND actions.id > ?", id)
		} else {
			q = q.Where("actions.due = '' OR actions.due > ? OR actions.due = ? AND actions.id > ?", due, due, id)
		}
	}
	list, err := s.items(tx, p, q)
	if err != nil || len(list) <= pageSize {
		return list, "", err
	}
	last := list[pageSize-1]
	return list[:pageSize], fmt.Sprintf("%s_%d", last.Due, last.ID), nil
}

func readCursor(c string) (people.Day, int64, error) {
	due, id, ok := strings.Cut(c, "_")
	n, err := strconv.ParseInt(id, 10, 64)
	if due != "" {
		if _, bad := people.ParseDay(due); bad != nil {
			ok = false
		}
	}
	if !ok || err != nil {
		return "", 0, fault.Invalidf("cursor", "This page does not exist. Begin at the first.")
	}
	return people.Day(due), n, nil
}

// liveRows begins a query for open actions of documents that are not deleted.
func liveRows(tx *gorm.DB) *gorm.DB {
	return visibleRows(tx).Where("actions.state IN ('open','in_progress','blocked')")
}

// visibleRows begins a query for actions that are not deleted, nor their COE.
func visibleRows(tx *gorm.DB) *gorm.DB {
	return tx.Model(&Action{}).Joins("JOIN coes ON coes.id = actions.coe_id AND coes.deleted_at IS NULL").Where("actions.deleted_at IS NULL")
}

// ToVerify lists the claims that a person is one of those to accept, the
// oldest first.
func (s *Store) ToVerify(ctx context.Context, p *people.Principal) ([]Item, error) {
	tx, me := s.DB.WithContext(ctx), idOf(p)
	return s.items(tx, p, visibleRows(tx).Scopes(people.Visible(p)).
		Where("actions.state = ? AND (actions.owner_id IS NULL OR actions.owner_id <> ?)", ClaimedDone, me).
		Where(`coes.owner_id = ? OR actions.verifier_id = ? OR coes.owner_id = actions.owner_id AND EXISTS
			(SELECT 1 FROM coe_people WHERE coe_people.coe_id = coes.id AND coe_people.person_id = ? AND coe_people.role IN ('reviewer','approver'))`, me, me, me).
		Order("actions.state_since, actions.id").Limit(sideLimit))
}

// Orphans lists the open actions without an active owner in the COEs that a
// person owns, the oldest first.
func (s *Store) Orphans(ctx context.Context, p *people.Principal) ([]Item, error) {
	tx := s.DB.WithContext(ctx)
	return s.items(tx, p, liveRows(tx).
		Where("coes.owner_id = ?", idOf(p)).
		Where("actions.owner_id IS NULL OR EXISTS (SELECT 1 FROM people WHERE people.id = actions.owner_id AND people.disabled_at IS NOT NULL)").
		Order("actions.id").Limit(sideLimit))
}

// Get gives one action as a list shows it; NotFound for who may not see it.
func (s *Store) Get(ctx context.Context, p *people.Principal, id int64) (*Item, error) {
	tx := s.DB.WithContext(ctx)
	return s.one(tx, p, visibleRows(tx).Where("actions.id = ?", id))
}

// ByRef finds an action by its COE's number and its own name, such as A-5.
func (s *Store) ByRef(ctx context.Context, p *people.Principal, coeNumber int64, ref string) (*Item, error) {
	n, err := strconv.ParseInt(strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(ref)), "A-"), 10, 64)
	if err != nil || n < 1 {
		return nil, fault.Invalidf("action", "%q is not the name of an action. Write it as A-5.", short(ref, 20))
	}
	tx := s.DB.WithContext(ctx)
	return s.one(tx, p, visibleRows(tx).Where("coes.number = ? AND actions.number = ?", coeNumber, n))
}

func (s *Store) one(tx *gorm.DB, p *people.Principal, q *gorm.DB) (*Item, error) {
	list, err := s.items(tx, p, q.Limit(1))
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, noSuchAction()
	}
	it := list[0]
	res, err := resource(tx, &it.Action)
	if err != nil {
		return nil, err
	}
	if !people.May(p, people.SeeAction, res) {
		return nil, noSuchAction()
	}
	cal, err := calendarOf(tx, idOf(p), s.Zone)
	it.Words = DueWords(it.Due, cal.Today(s.now()))
	return &it, err
}

// items runs a query for actions and adds what a list shows besides, in a
// fixed number of queries. Titles of COEs that p may not see are left out.
func (s *Store) items(tx *gorm.DB, p *people.Principal, q *gorm.DB) ([]Item, error) {
	var rows []Action
	if err := q.Select("actions.*").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("list actions: %w", err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	with, err := s.around(tx, rows)
	if err != nil {
		return nil, err
	}
	out := make([]Item, len(rows))
	for i, a := range rows {
		out[i] = with.item(a, p)
	}
	return out, nil
}

// surroundings is what rows of actions refer to.
type surroundings struct {
	heads     map[int64]coeHead
	resources map[int64]people.Resource
	people    map[int64]people.Person
	calendars map[int64]people.Calendar
	moves     map[int64][]Move
	proofs    map[int64][]Proof
	runs      map[int64][]ShownRun
	now       time.Time
	instance  *time.Location
}

type coeHead struct {
	ID     int64
	Number int64
	Title  string
}

func (s *Store) around(tx *gorm.DB, rows []Action) (*surroundings, error) {
	var coes, owners, ids []int64
	for _, a := range rows {
		coes, ids = append(coes, a.COEID), append(ids, a.ID)
		if a.OwnerID != nil {
			owners = append(owners, *a.OwnerID)
		}
	}
	w := &surroundings{
		heads: map[int64]coeHead{}, people: map[int64]people.Person{}, moves: map[int64][]Move{},
		proofs: map[int64][]Proof{}, runs: map[int64][]ShownRun{}, now: s.now(), instance: s.Zone,
	}
	var heads []coeHead
	var persons []people.Person
	var moves []Move
	var proofs []Proof
	var runs []ShownRun
	var err error
	for _, step := range []func() error{
		func() error { w.resources, err = people.Resources(tx, coes); return err },
		func() error { w.calendars, err = people.Calendars(tx, owners, s.Zone); return err },
		func() error {
			return tx.Table("coes").Select("id, number, title").Where("id IN ?", coes).Scan(&heads).Error
		},
		func() error { return tx.Where("id IN ?", owners).Find(&persons).Error },
		func() error { return tx.Where("action_id IN ?", ids).Order("id").Find(&moves).Error },
		func() error { return tx.Where("action_id IN ?", ids).Order("id").Find(&proofs).Error },
		func() error { runs, err = RunsOf(tx, ids); return err },
	} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("list what belongs to actions: %w", err)
		}
	}
	for _, h := range heads {
		w.heads[h.ID] = h
	}
	for _, p := range persons {
		w.people[p.ID] = p
	}
	for _, m := range moves {
		w.moves[m.ActionID] = append(w.moves[m.ActionID], m)
	}
	for _, p := range proofs {
		w.proofs[p.ActionID] = append(w.proofs[p.ActionID], p)
	}
	for _, r := range runs {
		w.runs[r.ActionID] = append(w.runs[r.ActionID], r)
	}
	return w, nil
}

// item puts one together. Words go by the owner's day.
func (w *surroundings) item(a Action, p *people.Principal) Item {
	h := w.heads[a.COEID]
	it := Item{Action: a, COENumber: h.Number, COETitle: h.Title, Restricted: w.resources[a.COEID].Restricted, Moved: w.moves[a.ID], Proofs: w.proofs[a.ID], Runs: w.runs[a.ID]}
	if !people.May(p, people.View, w.resources[a.COEID]) {
		it.hide()
	}
	zone := w.instance
	if a.OwnerID != nil {
		owner := w.people[*a.OwnerID]
		it.OwnerName, it.Former = owner.Name, !owner.Active()
		if c, ok := w.calendars[*a.OwnerID]; ok {
			zone = c.Zone
		}
	}
	if zone == nil {
		zone = time.UTC
	}
	it.Words, it.Late = DueWords(a.Due, people.DayOf(w.now, zone)), a.IsOverdue(w.now, zone)
	return it
}

// hide leaves what the owner of an action may see of a COE that is closed to
// them: number, text, state and date.
func (it *Item) hide() {
	it.Hidden, it.COETitle, it.Moved, it.Proofs, it.Runs = true, "", nil, nil, nil
	it.Detail, it.Criterion, it.ProofTarget, it.TrackerURL = "", "", "", ""
}
