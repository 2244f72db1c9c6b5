package coe

import (
	"cmp"
	"slices"
	"time"

	"coetracker/actions"
	"coetracker/timeline"
)

// json fills the JSON form of the document.
func (d *Document) json() jsonDocument {
	c, w := d.COE, &fileWriter{names: newNames(d), d: d}
	out := jsonDocument{
		Format: 1, UID: c.UID, Number: c.Number, Title: c.Title, Kind: c.Kind, Severity: c.Severity, State: c.State, StateSince: utc(&c.StateSince),
		Owner: d.email(&c.OwnerID), Services: []string{}, Tags: c.Tags, Visibility: c.Visibility, Zone: c.Zone, Started: utc(c.WindowStart), Ended: utc(c.WindowEnd),
		Issue: c.Issue, None: c.Nones(), Effect: c.Effect, EffectText: c.EffectText, EffectDue: c.EffectDue, CreatedAt: utc(&c.CreatedAt), CreatedBy: d.email(c.CreatedBy),
	}
	if d.Team != nil {
		out.Team = d.Team.Name
	}
	for _, s := range d.Services {
		out.Services = append(out.Services, s.Name)
	}
	out.People = convert(d.Named, func(n NamedPerson) jsonNamed { return jsonNamed{d.email(&n.PersonID), n.Role} })
	slices.SortFunc(out.People, func(a, b jsonNamed) int { // not by ids, which another database gives otherwise
		return cmp.Or(cmp.Compare(a.Role, b.Role), cmp.Compare(a.Email, b.Email))
	})
	out.Sections = []jsonSection{}
	for _, name := range SectionNames {
		if s := d.Section(name); s.Text != "" {
			out.Sections = append(out.Sections, jsonSection{name, s.Text})
		}
	}
	d.jsonRows(&out, w)
	d.jsonHistory(&out)
	return out
}

func (d *Document) email(id *int64) string { return d.Person(id).Email }

// utc gives a time for JSON; nil and the zero time are null.
func utc(t *time.Time) *time.Time {
	if t == nil || t.IsZero() {
		return nil
	}
	u := t.UTC()
	return &u
}

// convert maps a list; an empty one stays a list, not null.
func convert[T, U any](list []T, to func(T) U) []U {
	out := make([]U, 0, len(list))
	for _, x := range list {
		out = append(out, to(x))
	}
	return out
}

// actionRefs names actions by their numbers, sorted.
func (w *fileWriter) actionRefs(ids []int64) []string {
	return convert(w.numbers(ids...), func(n int64) string { a := actions.Action{Number: n}; return a.Ref() })
}

// actionOf names the action of a key, "" when it is gone.
func (d *Document) actionOf(key string) string {
	a, ok := d.ActionByKey(key)
	if !ok {
		return ""
	}
	return a.Ref()
}

func (d *Document) jsonRows(out *jsonDocument, w *fileWriter) {
	out.Impacts = convert(d.Impacts, func(i Impact) jsonImpact {
		return jsonImpact{i.Key, i.What, i.Affected, i.Total, i.Unmeasured, d.actionOf(i.ActionKey), i.Place, utc(i.FromAt), utc(i.ToAt)}
	})
	out.Entries = convert(d.Entries, func(e timeline.Entry) jsonEntry {
		return jsonEntry{e.Key, utc(e.At), utc(e.EndAt), e.Zone, e.Precision, e.Kind, e.DetectedHow, e.Text, e.Who, e.Source, e.SourceRef, e.Evidence, e.IsKey, e.Raw, e.GapNote}
	})
	out.Metrics = convert(d.Metrics, func(m Metric) jsonMetric {
		return jsonMetric{m.Key, m.Title, m.Unit, m.Caption, m.Query, m.LiveURL, m.Zone, m.CSV, m.SHA256, m.Source, m.CapturedAt}
	})
	out.Answers = convert(w.answerIDs(), func(id string) jsonAnswer {
		a := d.Answers[id]
		return jsonAnswer{id, a.Text, a.NA, a.MinutesSaved, d.actionOf(a.ActionKey)}
	})
	out.Whys = []jsonWhy{}
	w.eachWhy(func(y Why, parent string) {
		out.Whys = append(out.Whys, jsonWhy{y.Key, y.Root, parent, y.Text, y.Evidence, y.Factor, y.DeclinedReason, w.actionRefs(d.whyActions(y.ID))})
	})
	out.Lessons = convert(d.Lessons, func(l Lesson) jsonLesson {
		return jsonLesson{l.Key, l.Kind, l.Text, w.actionRefs(d.lessonActions(l.ID))}
	})
	out.Actions = convert(d.Actions, d.jsonAction)
	out.Links = convert(d.Links, func(l Link) jsonLink { return jsonLink{l.Key, l.Type, l.Target, l.Role, l.Note} })
	out.Sharings = convert(d.Sharings, func(s Sharing) jsonSharing { return jsonSharing{s.Key, s.Team, s.Asked, s.Answer} })
}

func (d *Document) jsonAction(a actions.Action) jsonAction {
	out := jsonAction{
		Ref: a.Ref(), Key: a.Key, Title: a.Title, Detail: a.Detail, Owner: d.email(a.OwnerID), Due: a.Due, FirstDue: a.FirstDue, Priority: a.Priority, Type: a.Type,
		Horizon: a.Horizon, Criterion: a.Criterion, ProofKind: a.ProofKind, ProofTarget: a.ProofTarget, Tracker: a.TrackerURL, State: a.State, StateReason: a.StateReason, StateSince: utc(&a.StateSince),
		Verifier: d.email(a.VerifierID), ClaimedAt: utc(a.ClaimedAt), ClaimedBy: d.email(a.ClaimedBy), VerifiedAt: utc(a.VerifiedAt), VerifiedBy: d.email(a.VerifiedBy), CreatedAt: utc(&a.CreatedAt),
	}
	mine := func(m actions.Move) bool { return m.ActionID != a.ID }
	out.Moves = convert(slices.DeleteFunc(slices.Clone(d.Moves), mine), func(m actions.Move) jsonMove {
		return jsonMove{m.OldDue, m.NewDue, m.Reason, d.email(m.ByID), d.email(m.AgreedID), utc(&m.At)}
	})
	proofs := slices.DeleteFunc(slices.Clone(d.Proofs), func(p actions.Proof) bool { return p.ActionID != a.ID })
	out.Proofs = convert(proofs, func(p actions.Proof) jsonProof { return jsonProof{p.Kind, p.Text, d.email(p.ByID), utc(&p.At)} })
	return out
}

func (d *Document) jsonHistory(out *jsonDocument) {
	out.Waivers = convert(d.Waivers, func(w Waiver) jsonWaiver { return jsonWaiver{w.Rule, w.Place, w.Reason, d.email(w.ByID), utc(&w.At)} })
	out.Signoffs = convert(d.Signoffs, func(s Signoff) jsonSignoff {
		return jsonSignoff{d.email(&s.PersonID), s.Verdict, s.Text, s.Round, utc(&s.At)}
	})
	out.States = convert(d.States, func(s StateChange) jsonState {
		return jsonState{s.FromState, s.ToState, s.Reason, d.email(s.ByID), utc(&s.At)}
	})
	out.Files = convert(d.Attachments, func(a Attachment) jsonFile {
		return jsonFile{a.Key, a.Name, a.SHA256, a.Size, a.ContentType, a.Purpose}
	})
}
