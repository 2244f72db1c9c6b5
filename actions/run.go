package actions

import (
	"fmt"
	"maps"
	"strings"
	"time"

	"coetracker/internal/db"
	"coetracker/people"

	"gorm.io/gorm"
)

// RunEffect is what a run of an experiment did to an action.
type RunEffect string

// The effects of a run; most runs have none.
const (
	RunNone     RunEffect = ""
	RunVerified RunEffect = "verified"
	RunReopened RunEffect = "reopened"
)

// Run is one run of the experiment that an action names as its proof.
type Run struct {
	ActionID int64 `gorm:"primaryKey"`
	ItemID   int64 `gorm:"primaryKey"`
	Outcome  string
	Effect   RunEffect
	At       time.Time // when it was taken notice of, or had its effect
}

// TableName maps to action_runs.
func (Run) TableName() string { return "action_runs" }

// ShownRun is a run as an action shows it.
type ShownRun struct {
	Run
	Tool, ExternalID, Title string
	EndedAt                 *time.Time
}

// TableName maps to action_runs.
func (ShownRun) TableName() string { return "action_runs" }

// Ref names the run as tool:external-id.
func (r *ShownRun) Ref() string { return r.Tool + ":" + r.ExternalID }

// shownRuns is how many runs without effect an action shows.
const shownRuns = 3

// RunsOf gives the runs that the actions of a sub-query show: those that had
// an effect, and the last few others, by action and the newest first.
func RunsOf(tx *gorm.DB, actionIDs any) ([]ShownRun, error) {
	numbered := tx.Table("action_runs AS r").
		Select(`r.*, i.tool, i.external_id, i.title, i.ended_at,
			ROW_NUMBER() OVER (PARTITION BY r.action_id, r.effect = '' ORDER BY COALESCE(i.ended_at, i.started_at) DESC, i.id DESC) AS place`).
		Joins("JOIN evidence_items i ON i.id = r.item_id").Where("r.action_id IN (?)", actionIDs)
	var list []ShownRun
	err := tx.Table("(?) AS action_runs", numbered).Where("effect <> '' AND place <= 10 OR place <= ?", shownRuns).
		Order("action_id, ended_at DESC, item_id DESC").Find(&list).Error
	if err != nil {
		return nil, fmt.Errorf("list the runs of actions: %w", err)
	}
	return list, nil
}

// ForRun reads an action that a run may change, and holds it until the
// transaction ends.
func ForRun(tx *gorm.DB, id int64) (*Action, error) {
	a := &Action{}
	if err := db.ForUpdate(tx).Take(a, "id = ?", id).Error; err != nil {
		return nil, fmt.Errorf("read an action for a run: %w", err)
	}
	return a, nil
}

// ProveByRun verifies an action in the caller's transaction because a run of
// its experiment held; proof says which. The same proof is kept once.
func ProveByRun(tx *gorm.DB, a *Action, proof string, detail map[string]any) error {
	return byRun(tx, a, "action.verify_by_run", detail, func(e *edit) error {
		if err := a.Prove(e.now); err != nil {
			return err
		}
		row, err := a.AddProof(proofExperiment, proof, nil, e.now)
		if err != nil {
			return err
		}
		var known int64
		if err := tx.Model(&Proof{}).Where("action_id = ? AND text = ?", a.ID, row.Text).Count(&known).Error; err != nil || known > 0 {
			return err
		}
		return tx.Create(&row).Error
	})
}

// ReopenByRun opens a verified action again in the caller's transaction; the
// reason names the runs.
func ReopenByRun(tx *gorm.DB, a *Action, reason string, detail map[string]any) error {
	return byRun(tx, a, "action.reopen_by_run", detail, func(e *edit) error { return a.Reopen(reason, e.now) })
}

// byRun changes an action as the system does, with all that a change leaves.
func byRun(tx *gorm.DB, a *Action, verb string, detail map[string]any, fn func(*edit) error) error {
	e := &edit{tx: tx, a: a, before: *a, by: system(), now: db.Now(tx), detail: maps.Clone(detail)}
	if err := fn(e); err != nil {
		return fmt.Errorf("%s of %s: %w", verb, a.Ref(), err)
	}
	return e.save(verb)
}

// AddBySystem adds an action in the caller's transaction that nobody wrote; its
// due day is days from today on the owner's calendar, moved on to a working
// day. An owner who has left is left out. zone is the instance's.
func AddBySystem(tx *gorm.DB, n New, days int, zone *time.Location) (*Action, error) {
	if n.OwnerID != nil && member(tx, "owner", *n.OwnerID) != nil {
		n.OwnerID = nil
	}
	a, err := n.action()
	if err != nil {
		return nil, err
	}
	res, err := people.ResourceOf(tx, n.COEID)
	if err != nil {
		return nil, err
	}
	e := &edit{tx: tx, a: a, by: system(), res: res, now: db.Now(tx), zone: zone}
	cal, _, err := e.ownerCalendar()
	if err != nil {
		return nil, err
	}
	a.Due = cal.NextWorking(cal.Today(e.now).Add(days))
	a.FirstDue = a.Due
	if err := e.number(); err != nil {
		return nil, err
	}
	if err := tx.Create(a).Error; err != nil {
		return nil, fmt.Errorf("add an action: %w", err)
	}
	e.detail = map[string]any{"ref": a.Ref(), "title": a.Title, "owner": a.OwnerID, "due": a.Due, "priority": a.Priority}
	return a, e.leave("action.add")
}

// system is who acts where nobody does.
func system() *people.Principal {
	p := people.Operator()
	p.Email = "system"
	return p
}

// NamesExperiment reports whether an action's target means an experiment: by
// tool and definition, or by its name. Case does not matter.
func NamesExperiment(target, tool, definition, name string) bool {
	target = strings.TrimSpace(target)
	if target == "" {
		return false
	}
	return definition != "" && strings.EqualFold(target, tool+":"+definition) || strings.EqualFold(target, strings.TrimSpace(name))
}
