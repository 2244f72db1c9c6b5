package actions

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"coetracker/internal/audit"
	"coetracker/internal/change"
	"coetracker/internal/db"
	"coetracker/internal/fault"
	"coetracker/internal/jobs"
	"coetracker/people"

	"gorm.io/gorm"
)

// Store keeps actions. Each verb is one transaction: it checks the rights of
// who asks, applies the rule, saves against the version, and leaves a change
// of the COE, an audit row and a job for the messages that list the action.
type Store struct {
	DB   *gorm.DB
	Zone *time.Location // the instance's zone, for people without one; nil is UTC
}

// JobChanged is the kind of job that an action leaves behind when it changed;
// its arguments are ChangedArgs. Messages that list the action are then
// written anew.
const JobChanged = "action_changed"

// ChangedArgs are the arguments of JobChanged.
type ChangedArgs struct {
	ActionID int64 `json:"action_id"`
	Version  int64 `json:"version"`
}

// The verbs that a removed action takes, as the audit log names them.
const (
	verbDelete   = "action.delete"
	verbUndelete = "action.undelete"
)

// Part is what change.Record calls an action whose text changed, and PartState
// one whose state, owner, date or proof did. An issue of a COE freezes the
// former; the latter is always public and leaves nothing pending.
const (
	Part      = "action"
	PartState = "action_state"
)

// At names an action to be changed.
type At struct {
	ID      int64
	Version int64 // the version that was looked at; 0 takes whatever is there
}

// edit is an action within the transaction that changes it.
type edit struct {
	tx     *gorm.DB
	a      *Action
	before Action
	by     *people.Principal
	res    people.Resource
	now    time.Time
	detail map[string]any // for the audit log
	zone   *time.Location // the instance's
	// touched saves a new version although no field of the action changed.
	touched bool
}

// change runs one verb on one action. need is the right it takes, verb its
// name in the audit log. A fn that changes nothing writes nothing.
func (s *Store) change(ctx context.Context, p *people.Principal, at At, need people.Verb, verb string, fn func(*edit) error) (*Action, error) {
	var out *Action
	err := db.Tx(ctx, s.DB, func(tx *gorm.DB) error {
		e, err := s.open(tx, p, at.ID)
		if err != nil {
			return err
		}
		if !people.May(p, need, e.res) {
			return refused(p, need, e)
		}
		if e.a.DeletedAt != nil && verb != verbDelete && verb != verbUndelete {
			return fault.Conflictf("%s was removed.", e.a.Ref())
		}
		if at.Version != 0 && at.Version != e.a.Version {
			return fault.Conflictf("Somebody else changed %s meanwhile. Look at its new state and repeat your change.", e.a.Ref())
		}
		if err := fn(e); err != nil {
			return err
		}
		out = e.a
		if *e.a == e.before && !e.touched {
			return nil
		}
		return e.save(verb)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// open reads an action for changing it. What may not be seen does not exist.
func (s *Store) open(tx *gorm.DB, p *people.Principal, id int64) (*edit, error) {
	a := &Action{}
	err := db.ForUpdate(tx).Take(a, "id = ?", id).Error
	if db.IsNotFound(err) {
		return nil, noSuchAction()
	}
	if err != nil {
		return nil, fmt.Errorf("read an action: %w", err)
	}
	res, err := resource(tx, a)
	if err != nil {
		return nil, err
	}
	if !people.May(p, people.SeeAction, res) {
		return nil, noSuchAction()
	}
	return &edit{tx: tx, a: a, before: *a, by: p, res: res, now: db.Now(tx), detail: map[string]any{}, zone: s.Zone}, nil
}

// resource gives what the policy needs to know of an action.
func resource(tx *gorm.DB, a *Action) (people.Resource, error) {
	res, err := people.ResourceOf(tx, a.COEID)
	if a.OwnerID != nil {
		res.ActionOwner = *a.OwnerID
	}
	if a.VerifierID != nil {
		res.Verifier = *a.VerifierID
	}
	return res, err
}

func noSuchAction() error { return fault.NotFoundf("There is no such action.") }

// refused says why somebody who sees the action may not do this.
func refused(p *people.Principal, need people.Verb, e *edit) error {
	switch {
	case need == people.Verify && e.res.ActionOwner == idOf(p):
		return fault.Forbiddenf("You own %s, so somebody else verifies it.", e.a.Ref())
	case need == people.Verify:
		return fault.Forbiddenf("%s is verified by the COE's owner, the named verifier or a reviewer.", e.a.Ref())
	case need == people.ActOnAction:
		return fault.Forbiddenf("Only the owner of %s and those who may edit its COE can do this.", e.a.Ref())
	}
	return fault.Forbiddenf("Only those who may edit the COE of %s can do this.", e.a.Ref())
}

func idOf(p *people.Principal) int64 {
	if p == nil {
		return 0
	}
	return p.ID
}

// save writes the changed action and what goes with it.
func (e *edit) save(verb string) error {
	a := e.a
	if err := db.SaveVersioned(e.tx, &Action{}, a.ID, e.before.Version, columns(a)); err != nil {
		return err
	}
	a.Version, a.UpdatedAt = e.before.Version+1, e.now
	return e.leave(verb)
}

// leave writes the change of the COE, the audit row and the job.
func (e *edit) leave(verb string) error {
	a := e.a
	if _, err := change.Record(e.tx, a.COEID, e.part(), a.ID, a.Version); err != nil {
		return err
	}
	err := audit.Record(e.tx, audit.Entry{
		ActorID: e.by.PersonID(), Actor: e.by.Email, Verb: verb,
		Object: fmt.Sprintf("action:%d", a.ID), COEID: &a.COEID, Detail: e.detail,
	})
	if err != nil {
		return err
	}
	_, err = jobs.Enqueue(e.tx, JobChanged, ChangedArgs{ActionID: a.ID, Version: a.Version},
		jobs.Opt{Key: fmt.Sprintf("%d:%d", a.ID, a.Version)})
	return err
}

// part says whether the verb changed what an issue freezes.
func (e *edit) part() string {
	a, b := e.a, e.before
	if a.Title != b.Title || a.Detail != b.Detail || a.Criterion != b.Criterion || a.DeletedAt != b.DeletedAt {
		return Part
	}
	return PartState
}

// Refresh leaves jobs that write the messages anew which list actions of a
// COE. It is for a change of the COE that such messages must follow: its
// visibility, its deletion, its return.
func Refresh(tx *gorm.DB, coeID int64) error {
	var ids []int64
	if err := tx.Model(&Action{}).Where("coe_id = ?", coeID).Order("id").Pluck("id", &ids).Error; err != nil {
		return fmt.Errorf("list the actions of a COE: %w", err)
	}
	for _, id := range ids {
		if _, err := jobs.Enqueue(tx, JobChanged, ChangedArgs{ActionID: id}, jobs.Opt{}); err != nil {
			return err
		}
	}
	return nil
}

// columns are those that verbs change.
func columns(a *Action) map[string]any {
	return map[string]any{
		"rank": a.Rank, "title": a.Title, "detail": a.Detail, "owner_id": a.OwnerID, "due": a.Due, "first_due": a.FirstDue,
		"priority": a.Priority, "type": a.Type, "horizon": a.Horizon, "criterion": a.Criterion, "proof_kind": a.ProofKind,
		"proof_target": a.ProofTarget, "tracker_url": a.TrackerURL, "state": a.State, "state_reason": a.StateReason, "state_since": a.StateSince,
		"verifier_id": a.VerifierID, "claimed_by": a.ClaimedBy, "claimed_at": a.ClaimedAt, "verified_by": a.VerifiedBy,
		"verified_at": a.VerifiedAt, "moves": a.Moves, "assigned_at": a.AssignedAt, "assignment": a.Assignment,
		"deleted_at": a.DeletedAt, "deleted_by": a.DeletedBy,
	}
}

// calendar gives the calendar of a person, that of nobody for id 0.
func (e *edit) calendar(id int64) (people.Calendar, error) { return calendarOf(e.tx, id, e.zone) }

func calendarOf(tx *gorm.DB, id int64, zone *time.Location) (people.Calendar, error) {
	all, err := people.Calendars(tx, []int64{id}, zone)
	if c, ok := all[id]; ok || err != nil {
		return c, err
	}
	return people.CalendarFor(&people.Person{}, nil, nil, zone), nil
}

// ownerCalendar is the calendar of the action's owner, else of who acts.
func (e *edit) ownerCalendar() (people.Calendar, string, error) {
	me := idOf(e.by)
	if e.a.OwnerID == nil || *e.a.OwnerID == me {
		c, err := e.calendar(me)
		return c, "you", err
	}
	c, err := e.calendar(*e.a.OwnerID)
	if err != nil {
		return c, "", err
	}
	var who people.Person
	if err := e.tx.Take(&who, *e.a.OwnerID).Error; err != nil {
		return c, "", fmt.Errorf("read the owner: %w", err)
	}
	return c, who.Name, nil
}

// member checks that a person is here and active, for a field.
func member(tx *gorm.DB, field string, id int64) error {
	var who people.Person
	err := tx.Take(&who, "id = ?", id).Error
	if db.IsNotFound(err) {
		return fault.Invalidf(field, "There is no such person.")
	}
	if err != nil {
		return fmt.Errorf("read a person: %w", err)
	}
	if !who.Active() {
		return fault.Invalidf(field, "%s is a former member. Name somebody else.", who.Name)
	}
	return nil
}

// line checks a text of one line.
func line(field, s string, most int) (string, error) {
	s = strings.Join(strings.Fields(s), " ")
	if strings.ContainsFunc(s, unicode.IsControl) {
		return "", fault.Invalidf(field, "This text holds characters that cannot be shown.")
	}
	return text(field, s, most)
}

// text checks a text of several lines; line ends become LF.
func text(field, s string, most int) (string, error) {
	s = strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n"))
	if n := utf8.RuneCountInString(s); n > most {
		return "", fault.Invalidf(field, "This text has %d characters. At most %d are allowed.", n, most)
	}
	if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
		return "", fault.Invalidf(field, "This text holds characters that cannot be shown.")
	}
	return s, nil
}
