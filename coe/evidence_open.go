package coe

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"coetracker/evidence"
	"coetracker/internal/db"
	"coetracker/internal/fault"
	"coetracker/internal/markdown"
	"coetracker/people"
)

// CreateFrom opens a document from a run that deviated or was halted, or from a
// rollback (or the deployment it undid): title, kind, window, service, team,
// a summary that puts the hypothesis beside the result, the timeline with its
// evidence, and the relations. Asking again for the same item gives the same
// document, as long as p may see it.
func (s *Store) CreateFrom(ctx context.Context, p *people.Principal, itemID int64) (COE, error) {
	if !people.May(p, people.Create, people.Resource{}) {
		return COE{}, fault.Forbiddenf("Readers may not create a COE. An administrator can give you the role writer.")
	}
	o, err := s.opening(ctx, p, itemID)
	if err != nil {
		return COE{}, err
	}
	c, opened, err := openedFrom(s.DB.WithContext(ctx), p, o.subject.ID)
	if err != nil || opened {
		return c, err
	}
	b, err := s.birth(ctx, p, o)
	if err != nil {
		return COE{}, err
	}
	err = db.Tx(ctx, s.DB, func(tx *gorm.DB) error {
		c, err = b.write(tx, p)
		return err
	})
	return c, err
}

// OpenedFrom gives the document that was opened from an item, if there is one
// that p may see. For a deployment that was undone it is the one opened from
// its rollback.
func (s *Store) OpenedFrom(ctx context.Context, p *people.Principal, itemID int64) (COE, bool, error) {
	if !people.May(p, people.SeeItems, people.Resource{}) {
		return COE{}, false, fault.Forbiddenf("Sign in to see this.")
	}
	tx := s.DB.WithContext(ctx)
	i, err := findItem(tx, itemID)
	if err != nil {
		return COE{}, false, err
	}
	if i.UndoneByID != nil {
		itemID = *i.UndoneByID
	}
	return openedFrom(tx, p, itemID)
}

func openedFrom(tx *gorm.DB, p *people.Principal, itemID int64) (COE, bool, error) {
	var list []COE
	err := tx.Model(&COE{}).Where("id IN (SELECT coe_id FROM coe_evidence WHERE item_id = ? AND decision = ? AND reason = ?)", itemID, Accepted, openedReason).
		Scopes(people.Visible(p)).Order("number").Limit(1).Find(&list).Error
	if err != nil || len(list) == 0 {
		return COE{}, false, err
	}
	return list[0], true, nil
}

// Opens says whether a COE can be opened from an item, and in words why not.
func Opens(i *evidence.Item) error {
	switch {
	case i.Type == evidence.TypeExperiment && (i.Showed() == evidence.Deviated || i.Showed() == evidence.Halted):
		return nil
	case i.Type == evidence.TypeExperiment:
		return fault.Invalidf("outcome", "A COE is opened from a run that deviated or was halted. This one %s. Say what it showed first, if that is not so.", outcomeWord(i.Showed()))
	case i.Type == evidence.TypeRollback, i.Type == evidence.TypeDeployment && (i.UndoneByID != nil || undoneItself(i)):
		return nil
	case i.Type == evidence.TypeDeployment:
		return fault.Invalidf("item", "This deployment was not rolled back. Write a new COE and take the deployment over under its evidence.")
	}
	return fault.Invalidf("item", "A COE is opened from an experiment or a rollback. Write a new one and take this over under its evidence.")
}

// undoneItself reports whether the tool says in the deployment's own state that
// it was rolled back.
func undoneItself(i *evidence.Item) bool {
	state := strings.NewReplacer("_", "", "-", "", " ", "").Replace(strings.ToLower(i.State))
	return strings.HasPrefix(state, "rolledback") || strings.HasPrefix(state, "rollback")
}

// opening is what a document is opened from.
type opening struct {
	subject    evidence.Item
	experiment *evidence.Experiment
	bad        *evidence.Item  // the deployment that a rollback undoes
	alarms     []evidence.Item // that fired meanwhile
	alarmAt    *time.Time      // when the first one did
	toAlarm    *time.Duration  // from the bad deployment
	toRollback *time.Duration
	service    *people.Service
	zone       string
}

// opening reads all that the document will tell.
func (s *Store) opening(ctx context.Context, p *people.Principal, itemID int64) (opening, error) {
	tx := s.DB.WithContext(ctx)
	o := opening{zone: cmp.Or(p.Zone, s.Zone, "UTC")}
	i, err := findItem(tx, itemID)
	if err != nil {
		return o, err
	}
	if err := Opens(&i); err != nil {
		return o, err
	}
	if i.Type == evidence.TypeExperiment {
		err = o.run(ctx, &evidence.Store{DB: s.DB}, p, i.ID)
	} else {
		err = o.change(ctx, &evidence.Store{DB: s.DB}, p, i)
	}
	if err == nil && o.subject.ServiceID != nil {
		var sv people.Service
		if err = tx.Where("id = ?", *o.subject.ServiceID).Take(&sv).Error; err == nil {
			o.service = &sv
		}
	}
	return o, err
}

func (o *opening) run(ctx context.Context, st *evidence.Store, p *people.Principal, id int64) error {
	r, err := st.RunByID(ctx, p, id)
	if err != nil {
		return err
	}
	o.subject, o.experiment = r.Item, r.Experiment
	for _, a := range r.Alarms {
		if o.alarmAt == nil {
			o.alarmAt = &a.At
		}
		if !slices.ContainsFunc(o.alarms, func(x evidence.Item) bool { return x.ID == a.ID }) && len(o.alarms) < 20 {
			o.alarms = append(o.alarms, a.Item)
		}
	}
	return nil
}

// change takes the rollback for the subject, and the deployment where no
// rollback is known.
func (o *opening) change(ctx context.Context, st *evidence.Store, p *people.Principal, i evidence.Item) error {
	if i.Type == evidence.TypeDeployment && i.UndoneByID != nil {
		i.ID = *i.UndoneByID
	}
	c, err := st.ChangeByID(ctx, p, i.ID)
	if err != nil {
		return err
	}
	o.subject = c.Item
	if c.Type == evidence.TypeRollback {
		o.bad = c.Other
	}
	if c.Alarm != nil {
		o.alarms, o.alarmAt = []evidence.Item{c.Alarm.Item}, &c.Alarm.At
	}
	if d, ok := c.ToAlarm(); ok {
		o.toAlarm = &d
	}
	if d, ok := c.ToRollback(); ok {
		o.toRollback = &d
	}
	if o.subject.ServiceID == nil && o.bad != nil {
		o.subject.ServiceID = o.bad.ServiceID
	}
	return nil
}

// header is what the document begins with.
func (o *opening) header() New {
	n := New{Kind: Incident, Severity: 3, Zone: o.zone, WindowStart: o.subject.StartedAt, WindowEnd: o.subject.EndedAt}
	if o.subject.Type == evidence.TypeExperiment {
		n.Kind = ExperimentFinding
	}
	if o.bad != nil && o.bad.StartedAt != nil {
		n.WindowStart = o.bad.StartedAt
	}
	if n.WindowStart == nil || n.WindowEnd != nil && n.WindowEnd.Before(*n.WindowStart) {
		n.WindowEnd = nil
	}
	if o.service != nil {
		n.Services, n.TeamID = []int64{o.service.ID}, o.service.TeamID
	}
	n.Title = clipTo(strings.Join(strings.Fields(o.title()), " "), 199)
	return n
}

// where the subject was, as people call it.
func (o *opening) place() string {
	if o.service != nil {
		return o.service.Name
	}
	return subject(&o.subject)
}

func (o *opening) title() string {
	i := &o.subject
	if i.Type == evidence.TypeExperiment {
		return fmt.Sprintf("%s: the experiment “%s” %s", o.place(), clipTo(name(i), 100), outcomeWord(i.Showed()))
	}
	out := o.place() + " was rolled back"
	if v := shortVersion(o.badVersion()); v != "" {
		out += " from " + v
	}
	if names := o.alarmNames(); len(names) > 0 {
		out += " after the alarm " + clipTo(names[0], 80)
	}
	return out
}

// badVersion is the version that was taken back.
func (o *opening) badVersion() string {
	if o.bad != nil && o.bad.ToVersion != "" {
		return o.bad.ToVersion
	}
	if o.subject.Type == evidence.TypeDeployment {
		return o.subject.ToVersion
	}
	return o.subject.FromVersion
}

// alarmNames are the alarms that the tools name, else those that fired.
func (o *opening) alarmNames() []string {
	names := o.subject.AlarmNames()
	if o.bad != nil && len(names) == 0 {
		names = o.bad.AlarmNames()
	}
	if len(names) == 0 {
		for i := range o.alarms {
			names = append(names, name(&o.alarms[i]))
		}
	}
	return names
}

// birth is a document that is ready to be written.
type birth struct {
	s        *Store
	subject  int64
	coe      COE
	services []int64
	text     string
	out      markdown.Rendered
	takes    []take // the subject first
}

// birth makes and renders all that is written, before a transaction is open.
func (s *Store) birth(ctx context.Context, p *people.Principal, o opening) (birth, error) {
	n := o.header()
	c, err := s.prepare(p, n)
	if err != nil {
		return birth{}, err
	}
	b := birth{s: s, subject: o.subject.ID, coe: c, services: n.Services, text: o.summary()}
	if b.out, err = s.render(ctx, "text", "summary-", b.text); err != nil {
		return b, err
	}
	items := append([]evidence.Item{o.subject}, o.alarms...)
	if o.bad != nil {
		items = append(items, *o.bad)
	}
	from := time.Time{}
	if n.WindowStart != nil {
		from = *n.WindowStart
	}
	list, err := materials(s.DB.WithContext(ctx), items, from)
	if err != nil {
		return b, err
	}
	for k, m := range list {
		m.whole = k == 0
		if _, ok := m.start(); !ok && k > 0 {
			continue
		}
		t, err := s.prepareTake(ctx, c.Zone, m, AcceptEdit{})
		if err != nil {
			return b, err
		}
		b.takes = append(b.takes, t)
	}
	return b, nil
}

// write writes the document, unless another press of the button was faster.
func (b birth) write(tx *gorm.DB, p *people.Principal) (COE, error) {
	var id int64
	if err := db.ForUpdate(tx).Model(&evidence.Item{}).Where("id = ?", b.subject).Limit(1).Pluck("id", &id).Error; err != nil {
		return COE{}, err
	}
	if c, opened, err := openedFrom(tx, p, b.subject); err != nil || opened {
		return c, err
	}
	c := b.coe
	if err := checkReferences(tx, &c, b.services); err != nil {
		return c, err
	}
	if err := insert(tx, &c, b.services); err != nil {
		return c, err
	}
	w := &work{tx: tx, p: p, coe: c, now: db.Now(tx)}
	if err := w.record(partHeader, c.ID, c.Version, "coe.create", map[string]any{"number": c.Number, "kind": c.Kind, "severity": c.Severity, "from": b.takes[0].item.Ref()}); err != nil {
		return c, err
	}
	sec, err := findSection(tx, c.ID, "summary")
	if err != nil {
		return c, err
	}
	if err := w.writeText(&sec, &draft{section: sec, text: b.text, change: Diff("", b.text), out: b.out, origin: FromImport}); err != nil {
		return c, err
	}
	for k, t := range b.takes {
		reason := ""
		if k == 0 {
			reason = openedReason
		}
		if err := w.take(t, reason); err != nil {
			return c, err
		}
	}
	return w.coe, nil
}
