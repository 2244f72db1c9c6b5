package evidence

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"coetracker/internal/audit"
	"coetracker/internal/db"
	"coetracker/internal/fault"
	"coetracker/people"

	"gorm.io/gorm"
)

// ExperimentEdit is everything that people say of an experiment, as one form
// sends it.
type ExperimentEdit struct {
	Name           string
	ServiceID      int64 // 0: none
	Environment    string
	Hypothesis     string
	SteadyState    string
	RunBook        string
	ExpectedAlarms string // names, one a line
	FailureMode    string // words, separated by commas
	GameDay        bool
	PlannedFor     people.Day // "": no day
	OwnerID        int64      // 0: nobody
}

// maxBlock bounds a text of several lines, in bytes.
const maxBlock = 64 << 10

// PlanExperiment keeps an experiment that has not run yet. A name that another
// experiment has is a fault.Invalid of the field name.
func (s *Store) PlanExperiment(ctx context.Context, p *people.Principal, e ExperimentEdit) (Experiment, error) {
	var x Experiment
	if err := canKeep(p); err != nil {
		return x, err
	}
	e, err := e.clean()
	if err != nil {
		return x, err
	}
	err = db.Tx(ctx, s.DB, func(tx *gorm.DB) error {
		if err := freeName(tx, 0, e.Name); err != nil {
			return err
		}
		x = Experiment{Version: 1, CreatedAt: db.Now(tx), UpdatedAt: db.Now(tx), CreatedBy: p.PersonID()}
		e.onto(&x)
		if err := foreignRow(tx.Create(&x).Error); err != nil {
			return err
		}
		return experimentDeed(tx, p, "experiment.plan", x.ID, map[string]any{"name": x.Name})
	})
	return x, err
}

// SetExperiment changes an experiment that is still at this version; it may have
// run or not. What its tool calls it stays.
func (s *Store) SetExperiment(ctx context.Context, p *people.Principal, id, version int64, e ExperimentEdit) (Experiment, error) {
	var x Experiment
	if err := canKeep(p); err != nil {
		return x, err
	}
	e, err := e.clean()
	if err != nil {
		return x, err
	}
	err = db.Tx(ctx, s.DB, func(tx *gorm.DB) error {
		if x, err = experimentBy(tx, id); err != nil {
			return err
		}
		if !strings.EqualFold(e.Name, x.Name) {
			if err := freeName(tx, id, e.Name); err != nil {
				return err
			}
		}
		if err := foreignRow(db.SaveVersioned(tx, &Experiment{}, id, version, e.columns())); err != nil {
			return err
		}
		if x, err = experimentBy(tx, id); err != nil {
			return err
		}
		return experimentDeed(tx, p, "experiment.set", id, map[string]any{"name": x.Name})
	})
	return x, err
}

// ExperimentByID finds an experiment.
func (s *Store) ExperimentByID(ctx context.Context, p *people.Principal, id int64) (Experiment, error) {
	if err := canSee(p); err != nil {
		return Experiment{}, err
	}
	return experimentBy(s.DB.WithContext(ctx), id)
}

func experimentBy(tx *gorm.DB, id int64) (Experiment, error) {
	var x Experiment
	err := tx.Take(&x, id).Error
	if db.IsNotFound(err) {
		return x, fault.NotFoundf("There is no such experiment.")
	}
	return x, err
}

// freeName refuses the name of another experiment: actions name their proof by it.
func freeName(tx *gorm.DB, id int64, name string) error {
	var n int64
	err := tx.Model(&Experiment{}).Where("id <> ? AND (lower(name) = ? OR lower(definition) = ?)", id, strings.ToLower(name), strings.ToLower(name)).Count(&n).Error
	if err == nil && n > 0 {
		err = fault.Invalidf("name", "There is an experiment of this name already. Plan its next run on its own page, or take another name.")
	}
	return err
}

func foreignRow(err error) error {
	if db.IsForeignKey(err) {
		return fault.Invalidf("service", "This service or person is not there any more. Choose again.")
	}
	return err
}

// clean checks the fields and gives them as they are kept.
func (e ExperimentEdit) clean() (ExperimentEdit, error) {
	var errs []error
	one := func(field string, s *string, most int) {
		text, err := oneLine(field, *s, most)
		*s = text
		errs = append(errs, err)
	}
	many := func(field string, s *string) {
		text, err := textBlock(field, *s)
		*s = text
		errs = append(errs, err)
	}
	one("name", &e.Name, 120)
	one("environment", &e.Environment, 60)
	one("failure_mode", &e.FailureMode, 200)
	many("hypothesis", &e.Hypothesis)
	many("steady_state", &e.SteadyState)
	many("run_book", &e.RunBook)
	many("expected_alarms", &e.ExpectedAlarms)
	if e.Name == "" {
		errs = append(errs, fault.Invalidf("name", "A name is needed. Take the one that the tool will use, so that the run is matched by it."))
	}
	if e.PlannedFor != "" {
		day, err := people.ParseDay(string(e.PlannedFor))
		if err != nil {
			err = fault.Invalidf("planned_for", "%q is not a day. Write it as 2026-04-28.", e.PlannedFor)
		}
		e.PlannedFor = day
		errs = append(errs, err)
	}
	if e.GameDay && e.PlannedFor == "" && errors.Join(errs...) == nil {
		errs = append(errs, fault.Invalidf("planned_for", "A game day needs its day. Write it as 2026-04-28."))
	}
	for _, err := range errs {
		if err != nil {
			return e, err
		}
	}
	return e, nil
}

func (e ExperimentEdit) onto(x *Experiment) {
	x.Name, x.ServiceID, x.Environment, x.Hypothesis, x.SteadyState = e.Name, idOrNil(e.ServiceID), e.Environment, e.Hypothesis, e.SteadyState
	x.RunBook, x.ExpectedAlarms, x.FailureMode, x.GameDay, x.PlannedFor, x.OwnerID = e.RunBook, e.ExpectedAlarms, e.FailureMode, e.GameDay, e.PlannedFor, idOrNil(e.OwnerID)
}

func (e ExperimentEdit) columns() map[string]any {
	return map[string]any{
		"name": e.Name, "service_id": idOrNil(e.ServiceID), "environment": e.Environment, "hypothesis": e.Hypothesis, "steady_state": e.SteadyState,
		"run_book": e.RunBook, "expected_alarms": e.ExpectedAlarms, "failure_mode": e.FailureMode, "game_day": e.GameDay, "planned_for": e.PlannedFor, "owner_id": idOrNil(e.OwnerID),
	}
}

// EditOf gives what a form about this experiment begins with.
func EditOf(x Experiment) ExperimentEdit {
	e := ExperimentEdit{
		Name: x.Name, Environment: x.Environment, Hypothesis: x.Hypothesis, SteadyState: x.SteadyState, RunBook: x.RunBook,
		ExpectedAlarms: x.ExpectedAlarms, FailureMode: x.FailureMode, GameDay: x.GameDay, PlannedFor: x.PlannedFor,
	}
	if x.ServiceID != nil {
		e.ServiceID = *x.ServiceID
	}
	if x.OwnerID != nil {
		e.OwnerID = *x.OwnerID
	}
	return e
}

// Expected lists the alarms that the experiment is to make fire.
func (x Experiment) Expected() []string { return words(x.ExpectedAlarms, "\n") }

// Modes lists the failure modes that it rehearses, in lower case.
func (x Experiment) Modes() []string { return words(strings.ToLower(x.FailureMode), ",") }

// words cuts a text into its trimmed parts that are not empty.
func words(text, by string) []string {
	var out []string
	for _, w := range strings.Split(text, by) {
		if w = strings.TrimSpace(w); w != "" {
			out = append(out, w)
		}
	}
	return out
}

func idOrNil(id int64) *int64 {
	if id == 0 {
		return nil
	}
	return &id
}

func oneLine(field, s string, most int) (string, error) {
	s = strings.TrimSpace(s)
	switch {
	case !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl):
		return s, fault.Invalidf(field, "This holds characters that cannot be shown. Write it on one line of plain text.")
	case utf8.RuneCountInString(s) > most:
		return s, fault.Invalidf(field, "This has %d characters. At most %d are allowed.", utf8.RuneCountInString(s), most)
	}
	return s, nil
}

func textBlock(field, s string) (string, error) {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	switch {
	case !utf8.ValidString(s) || strings.ContainsRune(s, 0):
		return s, fault.Invalidf(field, "This text holds characters that cannot be stored. Paste it as plain text.")
	case len(s) > maxBlock:
		return s, fault.Invalidf(field, "This text is %d KB long. At most %d KB are allowed.", (len(s)+1023)>>10, maxBlock>>10)
	}
	return strings.TrimSpace(s), nil
}

// canSee refuses who is not signed in.
func canSee(p *people.Principal) error {
	if !people.May(p, people.SeeItems, people.Resource{}) {
		return fault.Forbiddenf("Sign in to see experiments, deployments and alarms.")
	}
	return nil
}

// canKeep refuses readers.
func canKeep(p *people.Principal) error {
	if !people.May(p, people.KeepItems, people.Resource{}) {
		return fault.Forbiddenf("Readers may look at experiments, deployments and alarms but not change them. An administrator can make you a writer.")
	}
	return nil
}

// experimentDeed writes what was done to an experiment into the audit log.
func experimentDeed(tx *gorm.DB, p *people.Principal, verb string, id int64, detail map[string]any) error {
	return audit.Record(tx, audit.Entry{ActorID: p.PersonID(), Actor: p.Email, Verb: verb, Object: fmt.Sprintf("experiment:%d", id), Detail: detail})
}
