package coe

import (
	"strings"
	"time"

	"coetracker/actions"
	"coetracker/internal/fault"
	"coetracker/timeline"
)

// normalise checks a document that came as a file by the rules of the forms,
// and brings it into the form in which it would be stored. What was stored
// before stays byte for byte.
func (d *Document) normalise() error {
	for _, check := range []func() error{d.checkHeader, d.checkTexts, d.checkParts, d.checkTrees, d.checkActions, d.checkHistory} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// of says in which place of the document something is wrong.
func of(place string, err error) error {
	if f, ok := fault.Of(err); ok && f.Kind == fault.Invalid {
		return fault.Invalidf(f.Field, "%s: %s", place, f.Text)
	}
	return err
}

func (d *Document) checkHeader() error {
	c := &d.COE
	if c.Zone == "" {
		c.Zone = "UTC"
	}
	e := HeaderEdit{
		Title: &c.Title, Kind: &c.Kind, Severity: &c.Severity, Visibility: &c.Visibility, Zone: &c.Zone,
		Tags: &c.Tags, Window: &Window{c.WindowStart, c.WindowEnd}, NoneBecause: c.Nones(),
	}
	if err := e.apply(c); err != nil {
		return of("front matter", err)
	}
	if c.OwnerID == 0 {
		return fault.Invalidf("owner", "The front matter names no owner. A COE has exactly one.")
	}
	text, err := block("effect_text", c.EffectText)
	c.EffectText = text
	return err
}

func (d *Document) checkTexts() error {
	for name, s := range d.Sections {
		text, err := block("text", s.Text)
		if err != nil {
			return of("section "+string(name), err)
		}
		s.Text = text
		d.Sections[name] = s
	}
	for id, a := range d.Answers {
		e := AnswerEdit{Text: a.Text, NA: a.NA, MinutesSaved: a.MinutesSaved, ActionKey: a.ActionKey}
		if err := e.apply(&a); err != nil {
			return of("answer "+id, err)
		}
		d.Answers[id] = a
	}
	return nil
}

func (d *Document) checkParts() error {
	return firstError(
		checkEach(d.Impacts, func(i *Impact) error {
			i.FromAt, i.ToAt = instant(i.FromAt), instant(i.ToAt)
			e := ImpactEdit{What: &i.What, Affected: &i.Affected, Total: &i.Total, ActionKey: &i.ActionKey, Place: &i.Place}
			return of("impact "+i.Key, e.apply(i))
		}),
		checkEach(d.Metrics, func(m *Metric) error {
			if m.Zone == "" {
				m.Zone = "UTC"
			}
			e := MetricEdit{Title: &m.Title, Unit: &m.Unit, Caption: &m.Caption, Query: &m.Query, LiveURL: &m.LiveURL}
			return of("metric "+m.Key, e.apply(m, nil))
		}),
		checkEach(d.Lessons, func(l *Lesson) error {
			return of("lesson "+l.Key, LessonEdit{Text: &l.Text}.apply(l))
		}),
		checkEach(d.Links, func(l *Link) error {
			return of("link "+l.Key, LinkEdit{Target: &l.Target, Role: &l.Role, Note: &l.Note}.apply(l))
		}),
		checkEach(d.Sharings, func(s *Sharing) error {
			return of("sharing "+s.Key, SharingEdit{Team: &s.Team, Asked: &s.Asked, Answer: &s.Answer}.apply(s))
		}),
	)
}

func (d *Document) checkTrees() error {
	inner := map[int64]bool{}
	for _, w := range d.Whys {
		if w.ParentID != nil {
			inner[*w.ParentID] = true
		}
	}
	return checkEach(d.Whys, func(w *Why) error {
		e := WhyEdit{Text: &w.Text, Evidence: &w.Evidence, Factor: &w.Factor, Declined: &w.DeclinedReason}
		if err := e.apply(w); err != nil {
			return of("why "+w.Key, err)
		}
		if inner[w.ID] && w.DeclinedReason != "" {
			return fault.Invalidf("declined", "why %s: only a why that nothing lies below can be declined.", w.Key)
		}
		return nil
	})
}

// The bounds of an action's texts, as its form has them.
const (
	maxActionTitle = 300
	maxActionText  = 4000
)

func (d *Document) checkActions() error {
	err := checkEach(d.Actions, func(a *actions.Action) (err error) {
		if a.Title, err = line("title", a.Title, maxActionTitle); err == nil {
			err = needed("title", a.Title, "say what is to be done.")
		}
		for _, text := range []*string{&a.Detail, &a.Criterion, &a.StateReason} {
			if err == nil {
				*text, err = passage("text", *text)
			}
		}
		if err == nil {
			a.TrackerURL = strings.TrimSpace(a.TrackerURL)
			err = webAddress("tracker", a.TrackerURL)
		}
		return of(a.Ref(), err)
	})
	return firstError(err,
		checkEach(d.Moves, func(m *actions.Move) (err error) {
			m.Reason, err = passage("reason", m.Reason)
			return of("date move", err)
		}),
		checkEach(d.Proofs, func(p *actions.Proof) (err error) {
			p.Text, err = passage("proof", p.Text)
			return of("proof", err)
		}))
}

// passage is a text of some lines without blanks around it.
func passage(field, s string) (string, error) {
	s, err := block(field, s)
	s = strings.TrimSpace(s)
	if err == nil && len([]rune(s)) > maxActionText {
		err = fault.Invalidf(field, "this text has more than %d characters.", maxActionText)
	}
	return s, err
}

func (d *Document) checkHistory() error {
	return firstError(
		checkEach(d.States, func(s *StateChange) (err error) {
			s.Reason, err = block("reason", s.Reason)
			return err
		}),
		checkEach(d.Signoffs, func(s *Signoff) (err error) {
			s.Round = max(1, s.Round)
			s.Text, err = block("text", s.Text)
			return err
		}),
		checkEach(d.Waivers, func(w *Waiver) (err error) {
			if w.Place, err = line("place", w.Place, 200); err != nil {
				return err
			}
			w.Reason, err = line("reason", w.Reason, 1000)
			return err
		}),
		checkEach(d.Attachments, func(a *Attachment) (err error) {
			if a.SHA256 == "" {
				return fault.Invalidf("sha256", "attachment %s: its SHA-256 is missing.", a.Key)
			}
			a.Name, err = line("name", a.Name, 300)
			return err
		}))
}

// entryEdit gives an entry as the edit that would have made it.
func entryEdit(e timeline.Entry) timeline.Edit {
	return timeline.Edit{
		When: &timeline.When{At: e.At, EndAt: e.EndAt, Zone: e.Zone, Precision: e.Precision}, Kind: &e.Kind, DetectedHow: &e.DetectedHow, Text: &e.Text,
		Who: &e.Who, Source: &e.Source, SourceRef: &e.SourceRef, Evidence: &e.Evidence, IsKey: &e.IsKey, Raw: &e.Raw, GapNote: &e.GapNote,
	}
}

func checkEach[T any](list []T, check func(*T) error) error {
	for i := range list {
		if err := check(&list[i]); err != nil {
			return err
		}
	}
	return nil
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// asDraft makes of a document what somebody gets who may not vouch for its
// state: their own draft, never reviewed, whose verified actions are claims.
func (d *Document) asDraft(owner int64, since time.Time) {
	c := &d.COE
	c.OwnerID, c.State, c.StateSince, c.Issue, c.Reviewed = owner, Draft, since, 0, false
	c.Effect, c.EffectText, c.EffectDue = "", "", ""
	d.States, d.Signoffs, d.Waivers = nil, nil, nil
	for i := range d.Actions {
		if a := &d.Actions[i]; a.State == actions.Verified {
			a.State, a.VerifiedBy, a.VerifiedAt = actions.ClaimedDone, nil, nil
		}
	}
}
