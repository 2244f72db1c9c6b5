package coe

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"

	"coetracker/actions"
	"coetracker/internal/db"
	"coetracker/people"
	"coetracker/timeline"
)

// Load reads a whole document that p may see, in a fixed number of queries
// however many rows it has.
func (s *Store) Load(ctx context.Context, p *people.Principal, n int64) (*Document, error) {
	w, err := open(s.DB.WithContext(ctx), p, n, people.View)
	if err != nil {
		return nil, err
	}
	return load(w.tx, w.coe)
}

// View is Load for a person who looks at the page: an administrator's view of
// a restricted document leaves an audit row.
func (s *Store) View(ctx context.Context, p *people.Principal, n int64) (*Document, error) {
	d, err := s.Load(ctx, p, n)
	if err != nil || d.COE.Visibility == Org || p.Role != people.Admin {
		return d, err
	}
	return d, s.do(ctx, p, n, people.View, func(w *work) error {
		return w.audit("coe.view", fmt.Sprintf("coe:%d", w.coe.ID), nil)
	})
}

// LoadFor reads a whole document inside a caller's transaction without asking
// for rights. A document in the bin can be read too.
func LoadFor(tx *gorm.DB, coeID int64) (*Document, error) {
	var c COE
	err := tx.Where("id = ?", coeID).Take(&c).Error
	if db.IsNotFound(err) {
		return nil, people.NoSuchCOE()
	}
	if err != nil {
		return nil, err
	}
	return load(tx, c)
}

// loader runs one query after the other until one fails.
type loader struct {
	tx  *gorm.DB
	id  int64
	err error
}

// rows reads the rows of a table that belong to the document.
func (l *loader) rows(into any, where, order string) {
	if l.err == nil {
		l.err = l.tx.Where(where, l.id).Order(order).Find(into).Error
	}
}

const (
	mine = "coe_id = ?"
	live = "coe_id = ? AND deleted_at IS NULL"
)

func load(tx *gorm.DB, c COE) (*Document, error) {
	d := &Document{COE: c, Sections: map[SectionName]Section{}, Answers: map[string]Answer{}}
	l := &loader{tx: tx, id: c.ID}
	l.header(d)
	l.texts(d)
	l.parts(d)
	l.actions(d)
	l.history(d)
	l.people(d)
	if l.err != nil {
		return nil, fmt.Errorf("load %s: %w", c.Name(), l.err)
	}
	return d, nil
}

func (l *loader) header(d *Document) {
	var teams []people.Team
	l.rows(&teams, "id = (SELECT team_id FROM coes WHERE id = ?)", "id")
	if len(teams) > 0 {
		d.Team = &teams[0]
	}
	l.rows(&d.Services, "id IN (SELECT service_id FROM coe_services WHERE coe_id = ?)", "name, id")
	l.rows(&d.Named, mine, "role, person_id")
}

func (l *loader) texts(d *Document) {
	var sections []Section
	l.rows(&sections, mine, "id")
	for _, s := range sections {
		d.Sections[s.Name] = s
	}
	var answers []Answer
	l.rows(&answers, mine, "question")
	for _, a := range answers {
		d.Answers[a.Question] = a
	}
}

func (l *loader) parts(d *Document) {
	l.rows(&d.Impacts, live, "rank, id")
	l.rows(&d.Entries, live, "rank, id")
	timeline.Sort(d.Entries)
	l.rows(&d.Metrics, live, "rank, id")
	l.rows(&d.Whys, live, "rank, id")
	slices.SortStableFunc(d.Whys, func(a, b Why) int { return a.Root.order() - b.Root.order() })
	l.rows(&d.Lessons, live, "rank, id")
	l.rows(&d.Links, live, "rank, id")
	l.rows(&d.Sharings, live, "rank, id")
	l.rows(&d.Attachments, live, "id")
}

const ofActions = "action_id IN (SELECT id FROM actions WHERE coe_id = ? AND deleted_at IS NULL)"

func (l *loader) actions(d *Document) {
	l.rows(&d.Actions, live, "number")
	l.rows(&d.Moves, ofActions, "action_id, id")
	l.rows(&d.Proofs, ofActions, "action_id, id")
	l.rows(&d.WhyActions, ofActions, "why_id, action_id")
	l.rows(&d.LessonLinks, ofActions, "lesson_id, action_id")
	if l.err == nil {
		d.Survivals, l.err = survivals(l.tx, l.id)
	}
	if l.err == nil {
		d.Runs, l.err = actions.RunsOf(l.tx, l.tx.Model(&actions.Action{}).Select("id").Where(live, l.id))
	}
}

func (l *loader) history(d *Document) {
	l.rows(&d.Waivers, mine, "rule, place")
	l.rows(&d.Signoffs, mine, "at, id")
	l.rows(&d.States, mine, "at, id")
	if l.err != nil {
		return
	}
	var last int64
	l.err = l.tx.Table("coe_changes").Where("coe_id = ? AND seq > ? AND part NOT IN ?", l.id, d.COE.IssuedSeq, LiveParts()).
		Limit(1).Pluck("seq", &last).Error
	d.Pending = d.COE.Issue > 0 && last > 0
}

func (l *loader) people(d *Document) {
	d.People = map[int64]people.Person{}
	var list []people.Person
	if l.err == nil {
		l.err = l.tx.Where("id IN ?", mentioned(d)).Find(&list).Error
	}
	for _, p := range list {
		d.People[p.ID] = p
	}
}

// mentioned lists the ids of everyone the document names, each once.
func mentioned(d *Document) []int64 {
	ids := []int64{d.COE.OwnerID}
	add := func(all ...*int64) {
		for _, id := range all {
			if id != nil {
				ids = append(ids, *id)
			}
		}
	}
	add(d.COE.CreatedBy, d.COE.DeletedBy)
	for _, n := range d.Named {
		ids = append(ids, n.PersonID)
	}
	for _, s := range d.Sections {
		add(s.UpdatedBy)
	}
	for _, a := range d.Answers {
		add(a.UpdatedBy)
	}
	for _, e := range d.Entries {
		add(e.CreatedBy)
	}
	for _, a := range d.Actions {
		add(a.OwnerID, a.VerifierID, a.ClaimedBy, a.VerifiedBy, a.CreatedBy)
	}
	for _, m := range d.Moves {
		add(m.ByID, m.AgreedID)
	}
	for _, p := range d.Proofs {
		add(p.ByID)
	}
	for _, s := range d.Signoffs {
		ids = append(ids, s.PersonID)
	}
	for _, s := range d.States {
		add(s.ByID)
	}
	for _, w := range d.Waivers {
		add(w.ByID)
	}
	for _, a := range d.Attachments {
		add(a.CreatedBy)
	}
	add(d.rowAuthors()...)
	return unique(ids)
}

// order gives a root's place in the document.
func (r WhyRoot) order() int {
	return strings.Index("happened found_late fixed_late", string(r))
}

// PendingSince gives the issue that readers see when the document changed
// after it; ok is false when nothing is pending.
func (d *Document) PendingSince() (issue int, ok bool) { return d.COE.Issue, d.Pending }
