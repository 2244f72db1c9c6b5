package coe

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"gorm.io/gorm"

	"coetracker/people"
)

// writeIn writes a document that came from outside, in one transaction. Its
// copy of the document has the ids of the file until a row is written.
type writeIn struct {
	tx     *gorm.DB
	p      *people.Principal
	s      *Store
	now    time.Time
	d      *Document
	owner  int64
	people map[int64]int64 // ids of the file → ours; nil when they are ours already
	out    ImportOutcome
	id     int64 // of the document
}

// clone copies all that writing changes.
func (d *Document) clone() *Document {
	out := *d
	out.People, out.Sections, out.Answers = maps.Clone(d.People), maps.Clone(d.Sections), maps.Clone(d.Answers)
	out.Named, out.Impacts, out.Entries, out.Metrics = slices.Clone(d.Named), slices.Clone(d.Impacts), slices.Clone(d.Entries), slices.Clone(d.Metrics)
	out.Whys, out.WhyActions, out.Lessons, out.LessonLinks = slices.Clone(d.Whys), slices.Clone(d.WhyActions), slices.Clone(d.Lessons), slices.Clone(d.LessonLinks)
	out.Actions, out.Moves, out.Proofs, out.Links = slices.Clone(d.Actions), slices.Clone(d.Moves), slices.Clone(d.Proofs), slices.Clone(d.Links)
	out.Sharings, out.Waivers, out.Signoffs = slices.Clone(d.Sharings), slices.Clone(d.Waivers), slices.Clone(d.Signoffs)
	out.States, out.Attachments = slices.Clone(d.States), slices.Clone(d.Attachments)
	return &out
}

// ensure finds or makes the people, the team and the services of the file.
func (w *writeIn) ensure() error {
	for _, id := range slices.Sorted(maps.Keys(w.d.People)) {
		email := w.d.People[id].Email
		ours, made, err := people.EnsurePerson(w.tx, email, "")
		if err != nil {
			return of("people", err)
		}
		w.people[id] = ours
		if made {
			w.out.People = append(w.out.People, email)
		}
	}
	if w.d.Team != nil {
		id, made, err := people.EnsureTeam(w.tx, w.d.Team.Name)
		if err != nil {
			return of("team", err)
		}
		w.d.COE.TeamID = &id
		if made {
			w.out.Teams = append(w.out.Teams, w.d.Team.Name)
		}
	}
	services := slices.Clone(w.d.Services)
	for i, s := range services {
		id, made, err := people.EnsureService(w.tx, s.Name)
		if err != nil {
			return of("services", err)
		}
		services[i].ID = id
		if made {
			w.out.Services = append(w.out.Services, s.Name)
		}
	}
	w.d.Services = services
	return nil
}

// who translates a person of the file; nil stays nobody.
func (w *writeIn) who(id *int64) *int64 {
	if id == nil || w.people == nil {
		return id
	}
	ours, ok := w.people[*id]
	if !ok {
		return nil
	}
	return &ours
}

// write writes header, parts and history, and numbers it all as one change.
func (w *writeIn) write(in *intake) (COE, error) {
	c := w.d.COE
	c.ID, c.Seq, c.IssuedSeq, c.Version = 0, 0, 0, 1
	c.OwnerID, c.CreatedBy = w.owner, w.who(c.CreatedBy)
	if c.Issue > 0 {
		c.IssuedSeq = 1 // the change that record makes below
	}
	if err := w.tx.Create(&c).Error; err != nil {
		return c, fmt.Errorf("insert COE-%d: %w", c.Number, err)
	}
	w.id, w.d.COE = c.ID, c
	for _, write := range []func() error{w.named, w.texts, w.rows, w.actions, w.trees, w.history} {
		if err := write(); err != nil {
			return c, fmt.Errorf("import COE-%d: %w", c.Number, err)
		}
	}
	if c.Issue > 0 {
		r := Revision{COEID: c.ID, Number: 1, Name: fmt.Sprintf("Issue %d", c.Issue), Issue: c.Issue, Bytes: in.bytes, SHA256: in.hash(), CreatedBy: w.p.PersonID()}
		if err := w.tx.Create(&r).Error; err != nil {
			return c, fmt.Errorf("keep the issue of COE-%d: %w", c.Number, err)
		}
	}
	return w.record(map[string]any{"number": c.Number, "uid": c.UID, "sha256": in.hash(), "state": c.State, "made": len(w.out.People) + len(w.out.Teams) + len(w.out.Services)})
}

// record numbers the import as one change and audits it.
func (w *writeIn) record(detail map[string]any) (COE, error) {
	c := w.d.COE
	x := &work{tx: w.tx, p: w.p, coe: c, now: w.now}
	err := x.record(partHeader, c.ID, c.Version, "coe.import", detail)
	return x.coe, err
}

// store writes rows of one kind and gives them their ids.
func store[T any](w *writeIn, list []T) error {
	if len(list) == 0 {
		return nil
	}
	return w.tx.CreateInBatches(&list, 100).Error
}

// named writes who has a part in the document, and its services.
func (w *writeIn) named() error {
	for i := range w.d.Named {
		n := &w.d.Named[i]
		n.COEID, n.PersonID = w.id, w.people[n.PersonID]
	}
	if err := store(w, withoutOwner(w.d.Named, w.owner)); err != nil {
		return err
	}
	var ids []int64
	for _, s := range w.d.Services {
		ids = append(ids, s.ID)
	}
	return setServices(w.tx, w.id, ids)
}

// withoutOwner takes the owner from those who sign off.
func withoutOwner(list []NamedPerson, owner int64) []NamedPerson {
	return slices.DeleteFunc(slices.Clone(list), func(n NamedPerson) bool {
		return n.PersonID == owner && (n.Role == RoleReviewer || n.Role == RoleApprover)
	})
}

// texts writes all sections, those with text as their first version.
func (w *writeIn) texts() error {
	list := make([]Section, len(SectionNames))
	for i, name := range SectionNames {
		s := w.d.Sections[name]
		s.ID, s.COEID, s.Name, s.Version, s.UpdatedBy = 0, w.id, name, 0, w.who(s.UpdatedBy)
		if s.Text != "" {
			s.Version = 1
		}
		list[i] = s
	}
	if err := store(w, list); err != nil {
		return err
	}
	var updates []SectionUpdate
	for _, s := range list {
		if s.Version == 1 {
			updates = append(updates, SectionUpdate{SectionID: s.ID, Version: 1, Changes: Diff("", s.Text).JSON(), AuthorID: w.p.PersonID(), At: w.now, Origin: string(FromImport)})
		}
	}
	if err := store(w, updates); err != nil {
		return err
	}
	var answers []Answer
	for _, id := range slices.Sorted(maps.Keys(w.d.Answers)) {
		a := w.d.Answers[id]
		a.ID, a.COEID, a.Version, a.UpdatedBy = 0, w.id, 1, w.who(a.UpdatedBy)
		answers = append(answers, a)
	}
	return store(w, answers)
}

// rows writes the rows that point to nothing but people.
func (w *writeIn) rows() error {
	for i := range w.d.Impacts {
		w.fresh(w.d.Impacts[i].ref())
	}
	for i := range w.d.Metrics {
		w.fresh(w.d.Metrics[i].ref())
	}
	for i := range w.d.Links {
		w.fresh(w.d.Links[i].ref())
	}
	for i := range w.d.Sharings {
		w.fresh(w.d.Sharings[i].ref())
	}
	for i := range w.d.Entries {
		e := &w.d.Entries[i]
		e.ID, e.COEID, e.Version, e.CreatedBy = 0, w.id, 1, w.who(e.CreatedBy)
	}
	for i := range w.d.Attachments {
		a := &w.d.Attachments[i]
		a.ID, a.COEID, a.CreatedBy = 0, w.id, w.who(a.CreatedBy)
	}
	return firstError(store(w, w.d.Impacts), store(w, w.d.Metrics), store(w, w.d.Links), store(w, w.d.Sharings), store(w, w.d.Entries), store(w, w.d.Attachments))
}

// fresh makes a row of the file one of this document.
func (w *writeIn) fresh(r rowRef) {
	*r.id, *r.coeID, *r.version = 0, w.id, 1
	if r.createdBy != nil {
		*r.createdBy = w.who(*r.createdBy)
	}
}

// actions writes the actions with their date moves and proofs.
func (w *writeIn) actions() error {
	before := make([]int64, len(w.d.Actions))
	for i := range w.d.Actions {
		a := &w.d.Actions[i]
		before[i] = a.ID
		a.ID, a.COEID, a.Version = 0, w.id, 1
		for _, id := range []**int64{&a.OwnerID, &a.VerifierID, &a.ClaimedBy, &a.VerifiedBy, &a.CreatedBy} {
			*id = w.who(*id)
		}
		if a.StateSince.IsZero() {
			a.StateSince = w.now
		}
	}
	if err := store(w, w.d.Actions); err != nil {
		return err
	}
	ours := map[int64]int64{}
	for i, a := range w.d.Actions {
		ours[before[i]] = a.ID
	}
	for i := range w.d.Moves {
		m := &w.d.Moves[i]
		m.ID, m.ActionID, m.ByID, m.AgreedID = 0, ours[m.ActionID], w.who(m.ByID), w.who(m.AgreedID)
	}
	for i := range w.d.Proofs {
		p := &w.d.Proofs[i]
		p.ID, p.ActionID, p.ByID = 0, ours[p.ActionID], w.who(p.ByID)
	}
	for i := range w.d.WhyActions {
		w.d.WhyActions[i].ActionID = ours[w.d.WhyActions[i].ActionID]
	}
	for i := range w.d.LessonLinks {
		w.d.LessonLinks[i].ActionID = ours[w.d.LessonLinks[i].ActionID]
	}
	return firstError(store(w, w.d.Moves), store(w, w.d.Proofs))
}

// trees writes whys and lessons, parents first, and what ties them to actions.
func (w *writeIn) trees() error {
	whys := map[int64]int64{}
	for i := range w.d.Whys {
		y := &w.d.Whys[i]
		id := y.ID
		w.fresh(y.ref())
		if y.ParentID != nil {
			parent := whys[*y.ParentID]
			y.ParentID = &parent
		}
		if err := w.tx.Create(y).Error; err != nil {
			return err
		}
		whys[id] = y.ID
	}
	lessons := map[int64]int64{}
	for i := range w.d.Lessons {
		l := &w.d.Lessons[i]
		id := l.ID
		w.fresh(l.ref())
		if err := w.tx.Create(l).Error; err != nil {
			return err
		}
		lessons[id] = l.ID
	}
	for i := range w.d.WhyActions {
		w.d.WhyActions[i].WhyID = whys[w.d.WhyActions[i].WhyID]
	}
	for i := range w.d.LessonLinks {
		w.d.LessonLinks[i].LessonID = lessons[w.d.LessonLinks[i].LessonID]
	}
	return firstError(store(w, w.d.WhyActions), store(w, w.d.LessonLinks))
}

// history writes states, verdicts and waivers in their order.
func (w *writeIn) history() error {
	for i := range w.d.States {
		s := &w.d.States[i]
		s.ID, s.COEID, s.ByID = 0, w.id, w.who(s.ByID)
	}
	for i := range w.d.Signoffs {
		s := &w.d.Signoffs[i]
		s.ID, s.COEID, s.PersonID = 0, w.id, w.people[s.PersonID]
	}
	for i := range w.d.Waivers {
		v := &w.d.Waivers[i]
		v.ID, v.COEID, v.ByID = 0, w.id, w.who(v.ByID)
	}
	return firstError(store(w, w.d.States), store(w, w.d.Signoffs), store(w, w.d.Waivers))
}
