package coe

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"coetracker/actions"
	"coetracker/internal/db"
	"coetracker/internal/fault"
	"coetracker/people"
	"coetracker/timeline"
)

// HeaderEdit changes a document's header. A nil field stays as it is; a list
// replaces the whole list.
type HeaderEdit struct {
	Title       *string
	Kind        *Kind
	Severity    *int
	OwnerID     *int64
	TeamID      *int64 // 0: none
	Visibility  *Visibility
	Zone        *string
	Window      *Window
	Tags        *string
	Services    *[]int64
	Writers     *[]int64
	Reviewers   *[]int64
	Approvers   *[]int64
	Presenter   *[]int64
	Facilitator *[]int64
	Named       *[]int64
	NoneBecause map[timeline.Kind]string // key moments that did not happen; "" takes a reason away
}

// Window is when the event took place; nil ends are unknown.
type Window struct{ Start, End *time.Time }

// EditHeader changes the header of version. Owner, visibility, writers and the
// named, and on a restricted document everybody's part, need the right to
// manage; the rest needs the right to edit.
func (s *Store) EditHeader(ctx context.Context, p *people.Principal, n, version int64, e HeaderEdit) (COE, error) {
	var out COE
	err := s.do(ctx, p, n, people.Edit, func(w *work) error {
		if e.manages(w.res) {
			if err := allow(p, people.Manage, w.res); err != nil {
				return err
			}
		}
		if w.coe.Version != version {
			return headerConflict(w.coe, e)
		}
		before := w.coe
		if err := e.apply(&w.coe); err != nil {
			return err
		}
		w.coe.Version = version
		if err := e.check(w.tx, &w.coe); err != nil {
			return err
		}
		if err := w.saveHeader(headerColumns(w.coe)); err != nil {
			return err
		}
		if err := e.saveLists(w.tx, w.coe.ID); err != nil {
			return err
		}
		if before.Visibility != w.coe.Visibility {
			if err := actions.Refresh(w.tx, w.coe.ID); err != nil {
				return err
			}
		}
		out = w.coe
		err := w.record(partHeader, w.coe.ID, w.coe.Version, "coe.edit", e.detail(before))
		out.Seq = w.coe.Seq
		return err
	})
	return out, err
}

// manages reports whether the edit decides who owns or sees the document.
func (e HeaderEdit) manages(r people.Resource) bool {
	if e.OwnerID != nil || e.Visibility != nil || e.Writers != nil || e.Named != nil {
		return true
	}
	return r.Restricted && slices.ContainsFunc(e.roles(), func(l roleList) bool { return l.ids != nil })
}

// headerConflict shows the header as it is now and as it would have become.
func headerConflict(now COE, e HeaderEdit) error {
	yours := now
	if err := e.apply(&yours); err != nil {
		return err
	}
	return rowConflict(&RowConflict{Part: partHeader, Yours: yours, Theirs: now, TheirVersion: now.Version, At: now.UpdatedAt})
}

// apply sets the columns of the header, each checked.
func (e HeaderEdit) apply(c *COE) error {
	for _, set := range []func(*COE) error{e.setText, e.setKind, e.setZone, e.setWindow, e.setNone} {
		if err := set(c); err != nil {
			return err
		}
	}
	if e.OwnerID != nil {
		c.OwnerID = *e.OwnerID
	}
	if e.TeamID != nil {
		c.TeamID = e.TeamID
		if *e.TeamID == 0 {
			c.TeamID = nil
		}
	}
	return nil
}

func (e HeaderEdit) setText(c *COE) (err error) {
	if e.Title != nil {
		if c.Title, err = line("title", *e.Title, 200); err != nil {
			return err
		}
		if err := needed("title", c.Title, "A title is needed: name the problem as customers saw it."); err != nil {
			return err
		}
	}
	if e.Tags != nil {
		if c.Tags, err = line("tags", *e.Tags, 300); err != nil {
			return err
		}
		c.Tags = tagWords(c.Tags)
	}
	return nil
}

func (e HeaderEdit) setKind(c *COE) error {
	if e.Kind != nil {
		if !slices.Contains([]Kind{Incident, NearMiss, ProceduralMiss, ExperimentFinding, Win}, *e.Kind) {
			return fault.Invalidf("kind", "%q is not a kind of COE. Choose incident, near_miss, procedural_miss, experiment_finding or win.", clip(string(*e.Kind)))
		}
		c.Kind = *e.Kind
	}
	if e.Severity != nil {
		if *e.Severity < 1 || *e.Severity > 4 {
			return fault.Invalidf("severity", "Severity goes from 1, the worst, to 4.")
		}
		c.Severity = *e.Severity
	}
	if e.Visibility != nil {
		if *e.Visibility != Org && *e.Visibility != Restricted {
			return fault.Invalidf("visibility", "%q is not a visibility. Choose org or restricted.", clip(string(*e.Visibility)))
		}
		c.Visibility = *e.Visibility
	}
	return nil
}

func (e HeaderEdit) setZone(c *COE) error {
	if e.Zone == nil {
		return nil
	}
	name, err := zoneName(*e.Zone)
	if err == nil {
		c.Zone = name
	}
	return err
}

func (e HeaderEdit) setWindow(c *COE) error {
	if e.Window == nil {
		return nil
	}
	start, end := instant(e.Window.Start), instant(e.Window.End)
	if start != nil && end != nil && end.Before(*start) {
		return fault.Invalidf("window", "The event ends before it starts. Check both times.")
	}
	c.WindowStart, c.WindowEnd = start, end
	return nil
}

// setNone merges the reasons why a key moment is missing.
func (e HeaderEdit) setNone(c *COE) error {
	if len(e.NoneBecause) == 0 {
		return nil
	}
	all := c.Nones()
	for kind, reason := range e.NoneBecause {
		if _, ok := kind.KeyMoment(); !ok {
			return fault.Invalidf("none_because", "%q is not a key moment.", clip(string(kind)))
		}
		reason, err := line("none_because", reason, 500)
		if err != nil {
			return err
		}
		all[kind] = reason
		if reason == "" {
			delete(all, kind)
		}
	}
	raw, err := json.Marshal(all)
	c.NoneBecause = string(raw)
	return err
}

// Nones gives the key moments that did not happen, with the reason.
func (c COE) Nones() map[timeline.Kind]string {
	all := map[timeline.Kind]string{}
	if json.Unmarshal([]byte(c.NoneBecause), &all) != nil {
		return map[timeline.Kind]string{}
	}
	return all
}

// check looks up what the edit points to.
func (e HeaderEdit) check(tx *gorm.DB, c *COE) error {
	if e.OwnerID != nil {
		if err := canOwn(tx, *e.OwnerID); err != nil {
			return err
		}
	}
	if e.TeamID != nil && c.TeamID != nil {
		if err := exist(tx, &people.Team{}, "team", []int64{*c.TeamID}); err != nil {
			return err
		}
	}
	if e.Services != nil {
		if err := exist(tx, &people.Service{}, "services", *e.Services); err != nil {
			return err
		}
	}
	for _, l := range e.roles() {
		if err := l.check(tx, c); err != nil {
			return err
		}
	}
	return nil
}

func headerColumns(c COE) map[string]any {
	return map[string]any{
		"title": c.Title, "kind": c.Kind, "severity": c.Severity, "owner_id": c.OwnerID, "team_id": c.TeamID,
		"visibility": c.Visibility, "zone": c.Zone, "window_start": c.WindowStart, "window_end": c.WindowEnd,
		"tags": c.Tags, "none_because": c.NoneBecause,
	}
}

// detail lists for the audit log what was changed, old values included where
// they decide about rights.
func (e HeaderEdit) detail(before COE) map[string]any {
	d := map[string]any{}
	var fields []string
	note := func(name string, changed bool) {
		if changed {
			fields = append(fields, name)
		}
	}
	note("title", e.Title != nil)
	note("kind", e.Kind != nil)
	note("severity", e.Severity != nil)
	note("team", e.TeamID != nil)
	note("zone", e.Zone != nil)
	note("window", e.Window != nil)
	note("tags", e.Tags != nil)
	note("services", e.Services != nil)
	note("none_because", e.NoneBecause != nil)
	if e.OwnerID != nil {
		d["owner"] = []int64{before.OwnerID, *e.OwnerID}
	}
	if e.Visibility != nil {
		d["visibility"] = []Visibility{before.Visibility, *e.Visibility}
	}
	for _, l := range e.roles() {
		if l.ids != nil {
			d[string(l.role)] = *l.ids
		}
	}
	d["fields"] = strings.Join(fields, " ")
	return d
}

// instant brings a time somebody gave into the form the database keeps.
func instant(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := db.Instant(*t)
	return &u
}
