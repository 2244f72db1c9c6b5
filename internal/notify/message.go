package notify

import (
	"fmt"
	"slices"
	"time"

	"coetracker/actions"
	"coetracker/people"

	"gorm.io/gorm"
)

// Row is one action of a COE that everybody may read.
type Row struct {
	ActionID  int64
	Version   int64
	Section   actions.Section
	COENumber int64
	Ref       string
	Title     string
	Day       string // Fri 10 Mar
	Words     string // 5 days overdue, as on the day of the digest
	Priority  string
	ProofKind string
	Owner     string // whose it is, "" for the reader's own
	New       bool
	Note      string // what became of it: Done by Mei Tanaka, 14:02
	Settled   bool   // nothing to do any more: struck through
	Buttons   bool   // the reader may act on it here
}

// Closed is what may be said of a restricted COE: how many actions, due when.
type Closed struct {
	COENumber int64
	Count     int
	Due       string // due Tue 14 Mar
}

// facts are what a message needs to know of its actions.
type facts struct {
	person  people.Person
	zone    *time.Location
	actions map[int64]actions.Action
	coes    map[int64]coeFacts
	people  map[int64]people.Person
	seen    map[int64]bool // the COEs that the person may see
}

type coeFacts struct {
	ID         int64
	Number     int64
	OwnerID    int64
	Visibility string
	Deleted    bool
}

func (s *Service) facts(tx *gorm.DB, d *Delivery, items []Item) (*facts, error) {
	f := &facts{zone: time.UTC, actions: map[int64]actions.Action{}, coes: map[int64]coeFacts{}, people: map[int64]people.Person{}, seen: map[int64]bool{}}
	var ids []int64
	for _, it := range items {
		ids = append(ids, it.ActionID)
	}
	var rows []actions.Action
	if err := tx.Where("id IN ?", ids).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read the actions of a digest: %w", err)
	}
	var coes []int64
	persons := []int64{d.PersonID}
	for _, a := range rows {
		f.actions[a.ID] = a
		coes = append(coes, a.COEID)
		for _, id := range []*int64{a.OwnerID, a.ClaimedBy, a.VerifiedBy} {
			if id != nil {
				persons = append(persons, *id)
			}
		}
	}
	var heads []coeFacts
	err := tx.Table("coes").Select("id, number, owner_id, visibility, deleted_at IS NOT NULL AS deleted").Where("id IN ?", coes).Scan(&heads).Error
	if err != nil {
		return nil, fmt.Errorf("read the COEs of a digest: %w", err)
	}
	for _, h := range heads {
		f.coes[h.ID] = h
	}
	var who []people.Person
	if err := tx.Where("id IN ?", persons).Find(&who).Error; err != nil {
		return nil, fmt.Errorf("read the people of a digest: %w", err)
	}
	for _, p := range who {
		f.people[p.ID] = p
	}
	f.person = f.people[d.PersonID]
	var seen []int64
	if err := tx.Table("coes").Where("id IN ?", coes).Scopes(people.Visible(&people.Principal{Person: f.person})).Pluck("id", &seen).Error; err != nil {
		return nil, fmt.Errorf("read which COEs a person sees: %w", err)
	}
	for _, id := range seen {
		f.seen[id] = true
	}
	cals, err := people.Calendars(tx, []int64{d.PersonID}, s.Zone)
	if c, ok := cals[d.PersonID]; ok {
		f.zone = c.Zone
	}
	return f, err
}

// holds reports whether an item is still to be told as it was planned.
func (f *facts) holds(it Item) bool {
	a, ok := f.actions[it.ActionID]
	c := f.coes[a.COEID]
	if !ok || a.DeletedAt != nil || c.Deleted || c.ID == 0 {
		return false
	}
	me := f.person.ID
	owner := people.Person{}
	if a.OwnerID != nil {
		owner = f.people[*a.OwnerID]
	}
	alive := owner.ID != 0 && owner.Active()
	switch it.Section {
	case actions.SectionVerify:
		return a.State == actions.ClaimedDone && !a.OwnerIs(me) && f.seen[c.ID]
	case actions.SectionNoOwner:
		return a.Live() && c.OwnerID == me && !alive
	case actions.SectionYourCOEs:
		return a.Live() && c.OwnerID == me && alive && !a.OwnerIs(me) && a.Due == it.Due
	}
	return a.Live() && a.OwnerIs(me) && a.Due == it.Due
}

// message shows the items as things stand now. What belongs to a restricted
// COE is counted only.
func (f *facts) message(d *Delivery, items []Item) Message {
	m := Message{DeliveryID: d.ID, Person: f.person, Zone: f.zone, Day: d.LocalDate, Later: d.Later, Plain: d.Plain}
	closed := map[int64]int{}
	first := map[int64]people.Day{}
	for _, it := range items {
		a, c := f.actions[it.ActionID], f.coes[f.actions[it.ActionID].COEID]
		if c.ID == 0 || c.Deleted {
			continue
		}
		if c.Visibility != "org" {
			if f.holds(it) {
				closed[c.Number]++
				if a.Due != "" && (first[c.Number] == "" || a.Due < first[c.Number]) {
					first[c.Number] = a.Due
				}
			}
			continue
		}
		m.Rows = append(m.Rows, f.row(d, it, a, c))
	}
	for number, n := range closed {
		m.Closed = append(m.Closed, Closed{COENumber: number, Count: n, Due: dueText(first[number], d.LocalDate)})
	}
	slices.SortFunc(m.Closed, func(a, b Closed) int { return int(a.COENumber - b.COENumber) })
	return m
}

// dueText says when the first of several is due; "" without a date.
func dueText(due, today people.Day) string {
	if due == "" {
		return ""
	}
	return "due " + actions.ShowDay(due, today)
}

func (f *facts) row(d *Delivery, it Item, a actions.Action, c coeFacts) Row {
	r := Row{
		ActionID: a.ID, Version: a.Version, Section: it.Section, COENumber: c.Number, Ref: a.Ref(), Title: a.Title,
		Day: actions.ShowDay(it.Due, d.LocalDate), Words: actions.DueWords(it.Due, d.LocalDate), Priority: a.Priority, ProofKind: a.ProofKind, New: it.Fresh,
	}
	if it.Due == "" {
		r.Day = ""
	}
	if it.Audience != actions.ToOwner && a.OwnerID != nil {
		r.Owner = f.people[*a.OwnerID].Name
	}
	r.Note, r.Settled = f.note(d, it, a)
	r.Buttons = !r.Settled && it.Audience == actions.ToOwner && a.Live() && a.OwnerIs(d.PersonID)
	return r
}

// note says what became of an action since it was told.
func (f *facts) note(d *Delivery, it Item, a actions.Action) (text string, settled bool) {
	switch {
	case a.DeletedAt != nil:
		return "Removed", true
	case a.State == actions.Verified:
		return "Verified" + f.by(a.VerifiedBy, a.VerifiedAt), true
	case a.State == actions.Declined:
		return "Declined", true
	case a.State == actions.ClaimedDone && it.Section != actions.SectionVerify:
		return "Done" + f.by(a.ClaimedBy, a.ClaimedAt), true
	case a.State != actions.ClaimedDone && it.Section == actions.SectionVerify:
		return "Sent back", true
	case it.Audience == actions.ToOwner && !a.OwnerIs(d.PersonID):
		return "Handed over" + f.to(a.OwnerID), true
	case it.Section == actions.SectionNoOwner && a.OwnerID != nil && f.people[*a.OwnerID].DisabledAt == nil:
		return "Owned" + f.by(a.OwnerID, nil), true
	case a.Due != it.Due:
		return "New date " + actions.ShowDay(a.Due, d.LocalDate), false
	case a.State == actions.Blocked:
		return "Blocked", false
	}
	return "", false
}

// by names a person, and the time of day in the reader's zone.
func (f *facts) by(id *int64, at *time.Time) string {
	text := ""
	if id != nil && f.people[*id].Name != "" {
		text = " by " + f.people[*id].Name
	}
	if at != nil {
		text += ", " + at.In(f.zone).Format("15:04")
	}
	return text
}

func (f *facts) to(id *int64) string {
	if id == nil || f.people[*id].Name == "" {
		return ""
	}
	return " to " + f.people[*id].Name
}
