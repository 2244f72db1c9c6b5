package coe

import (
	"coetracker/actions"
	"coetracker/people"
	"coetracker/timeline"
)

// The functions of this file name the fields of each kind of row, in the order
// in which they stand in the file.

func (i *Impact) bind(f *fields) {
	f.mark(&i.Key)
	f.body(&i.What)
	f.text("affected", &i.Affected)
	f.text("total", &i.Total)
	f.flag("unmeasured", &i.Unmeasured)
	f.text("action", &i.ActionKey)
	f.text("place", &i.Place)
	f.maybe("from", &i.FromAt)
	f.maybe("to", &i.ToAt)
	f.instant("created", &i.CreatedAt)
	f.instant("updated", &i.UpdatedAt)
}

func bindEntry(e *timeline.Entry, f *fields) {
	f.mark(&e.Key)
	f.body(&e.Text)
	f.maybe("at", &e.At)
	f.maybe("end", &e.EndAt)
	f.zone("zone", &e.Zone)
	enum(f, "precision", &e.Precision, timeline.Exact, timeline.Approximate, timeline.Unknown)
	enum(f, "kind", &e.Kind, timeline.Kinds()...)
	enum(f, "how", &e.DetectedHow, append(timeline.DetectedHows(), "")...)
	f.flag("key_moment", &e.IsKey)
	f.flag("raw", &e.Raw)
	f.text("who", &e.Who)
	enum(f, "source", &e.Source, append(timeline.Sources(), "demo")...)
	f.text("source_ref", &e.SourceRef)
	f.text("evidence", &e.Evidence)
	f.text("gap_note", &e.GapNote)
	f.instant("created", &e.CreatedAt)
	f.who("created_by", &e.CreatedBy)
	f.instant("updated", &e.UpdatedAt)
}

func (m *Metric) bind(f *fields) {
	f.mark(&m.Key)
	f.body(&m.Title)
	f.text("unit", &m.Unit)
	f.text("caption", &m.Caption)
	f.text("query", &m.Query)
	f.text("live_url", &m.LiveURL)
	f.zone("zone", &m.Zone)
	f.text("source", &m.Source)
	f.maybe("captured", &m.CapturedAt)
	f.hash("sha256", &m.SHA256)
	f.instant("created", &m.CreatedAt)
	f.who("created_by", &m.CreatedBy)
	f.instant("updated", &m.UpdatedAt)
	f.series(&m.CSV)
}

func (a *Answer) bind(f *fields) {
	f.mark(&a.Question)
	f.body(&a.Text)
	f.flag("not_applicable", &a.NA)
	maybeNumber(f, "minutes_saved", &a.MinutesSaved, 100_000)
	f.text("action", &a.ActionKey)
	f.instant("updated", &a.UpdatedAt)
	f.who("updated_by", &a.UpdatedBy)
}

// bind binds a why; parent and actions are kept beside it, since their ids
// mean nothing in a file.
func (w *Why) bind(f *fields, parent *string, refs *[]int64) {
	f.mark(&w.Key)
	f.body(&w.Text)
	enum(f, "root", &w.Root, Happened, FoundLate, FixedLate)
	f.text("parent", parent)
	f.text("evidence", &w.Evidence)
	f.text("factor", &w.Factor)
	f.text("declined", &w.DeclinedReason)
	f.refs("actions", refs)
	f.instant("created", &w.CreatedAt)
	f.who("created_by", &w.CreatedBy)
	f.instant("updated", &w.UpdatedAt)
}

func (l *Lesson) bind(f *fields, refs *[]int64) {
	f.mark(&l.Key)
	f.body(&l.Text)
	enum(f, "kind", &l.Kind, ShortTerm, LongTerm, WentWell, Surprised)
	f.refs("actions", refs)
	f.instant("created", &l.CreatedAt)
	f.who("created_by", &l.CreatedBy)
	f.instant("updated", &l.UpdatedAt)
}

func bindAction(a *actions.Action, f *fields) {
	f.mark(&a.Key)
	f.body(&a.Title)
	number(f, "number", &a.Number, 1, 999_999_999)
	enum(f, "state", &a.State, actions.Open, actions.InProgress, actions.Blocked, actions.ClaimedDone, actions.Verified, actions.Declined)
	f.who("owner", &a.OwnerID)
	f.day("due", &a.Due)
	f.day("first_due", &a.FirstDue)
	enum(f, "priority", &a.Priority, "P0", "P1", "P2", "P3", "")
	enum(f, "type", &a.Type, append(actions.Types(), "")...)
	enum(f, "horizon", &a.Horizon, "short", "long")
	f.text("detail", &a.Detail)
	f.text("criterion", &a.Criterion)
	enum(f, "proof_kind", &a.ProofKind, append(actions.ProofKinds(), "")...)
	f.text("proof_target", &a.ProofTarget)
	f.text("tracker", &a.TrackerURL)
	f.text("state_reason", &a.StateReason)
	f.instant("state_since", &a.StateSince)
	f.who("verifier", &a.VerifierID)
	f.maybe("claimed", &a.ClaimedAt)
	f.who("claimed_by", &a.ClaimedBy)
	f.maybe("verified", &a.VerifiedAt)
	f.who("verified_by", &a.VerifiedBy)
	number(f, "moves", &a.Moves, 0, 1_000_000)
	f.maybe("assigned", &a.AssignedAt)
	number(f, "assignment", &a.Assignment, 0, 1_000_000)
	f.instant("created", &a.CreatedAt)
	f.who("created_by", &a.CreatedBy)
	f.instant("updated", &a.UpdatedAt)
}

func bindMove(m *actions.Move, f *fields, action *[]int64) {
	f.body(&m.Reason)
	f.refs("action", action)
	f.day("old", &m.OldDue)
	f.day("new", &m.NewDue)
	f.instant("at", &m.At)
	f.who("by", &m.ByID)
	f.who("agreed", &m.AgreedID)
}

func bindProof(p *actions.Proof, f *fields, action *[]int64) {
	f.body(&p.Text)
	f.refs("action", action)
	f.text("kind", &p.Kind)
	f.instant("at", &p.At)
	f.who("by", &p.ByID)
}

func (l *Link) bind(f *fields) {
	f.mark(&l.Key)
	f.body(&l.Target)
	enum(f, "type", &l.Type, LinkTypes()...)
	f.text("role", &l.Role)
	f.text("note", &l.Note)
	f.instant("created", &l.CreatedAt)
	f.who("created_by", &l.CreatedBy)
	f.instant("updated", &l.UpdatedAt)
}

func (s *Sharing) bind(f *fields) {
	f.mark(&s.Key)
	f.body(&s.Team)
	f.text("asked", &s.Asked)
	f.text("answer", &s.Answer)
	f.instant("created", &s.CreatedAt)
	f.who("created_by", &s.CreatedBy)
	f.instant("updated", &s.UpdatedAt)
}

func (a *Attachment) bind(f *fields) {
	f.mark(&a.Key)
	f.body(&a.Name)
	f.hash("sha256", &a.SHA256)
	number(f, "size", &a.Size, 0, 1<<50)
	f.text("content_type", &a.ContentType)
	enum(f, "purpose", &a.Purpose, "original", "evidence", "picture")
	f.instant("created", &a.CreatedAt)
	f.who("created_by", &a.CreatedBy)
}

func (s *StateChange) bind(f *fields) {
	f.body(&s.Reason)
	enum(f, "from", &s.FromState, States()...)
	enum(f, "to", &s.ToState, States()...)
	f.instant("at", &s.At)
	f.who("by", &s.ByID)
}

func (s *Signoff) bind(f *fields) {
	f.body(&s.Text)
	enum(f, "verdict", &s.Verdict, VerdictApproved, VerdictChanges)
	number(f, "round", &s.Round, 1, 1_000_000)
	f.somebody("by", &s.PersonID)
	f.instant("at", &s.At)
}

func (w *Waiver) bind(f *fields) {
	f.body(&w.Reason)
	f.text("rule", &w.Rule)
	f.text("place", &w.Place)
	f.instant("at", &w.At)
	f.who("by", &w.ByID)
}

// bindWritten binds who wrote a section's text last, and when.
func (s *Section) bindWritten(f *fields) {
	f.body((*string)(&s.Name))
	f.instant("updated", &s.UpdatedAt)
	f.who("updated_by", &s.UpdatedBy)
}

// bindRecord binds what the front matter does not hold of the header.
func (c *COE) bindRecord(f *fields, nones map[timeline.Kind]string) {
	title := "What the document needs besides its text"
	f.body(&title)
	f.instant("state_since", &c.StateSince)
	f.flag("reviewed", &c.Reviewed)
	number(f, "next_action", &c.NextAction, 1, 999_999_999)
	for _, k := range timeline.KeyMoments() {
		reason := nones[k]
		f.text("none_"+string(k), &reason)
		if reason != "" {
			nones[k] = reason
		}
	}
	enum(f, "effect", &c.Effect, EffectWorked, EffectDidNot, EffectUnknown, "")
	f.text("effect_text", &c.EffectText)
	f.day("effect_due", (*people.Day)(&c.EffectDue))
	f.hash("origin_sha256", &c.OriginSHA256)
	f.instant("created", &c.CreatedAt)
	f.who("created_by", &c.CreatedBy)
	f.instant("updated", &c.UpdatedAt)
}
