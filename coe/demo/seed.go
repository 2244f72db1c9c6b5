package demo

import (
	"context"
	"fmt"
	"strings"
	"time"

	"coetracker/actions"
	"coetracker/coe"
	"coetracker/evidence"
	"coetracker/people"
	"coetracker/timeline"
)

// Stores are what the demo writes through; their database goes by a clock that
// SetNow moves, so that every row is as old as the story says.
type Stores struct {
	People   *people.Store
	COEs     *coe.Store
	Timeline *timeline.Store
	Actions  *actions.Store
	Evidence *evidence.Store
	SetNow   func(time.Time)
}

// writer writes the demo, one story after the other.
type writer struct {
	Stores
	ctx  context.Context
	zone *time.Location
	who  map[string]*people.Principal
	team map[string]int64
	serv map[string]int64
}

// Seed fills an empty, migrated database with the company and its documents.
func Seed(ctx context.Context, st Stores) error {
	zone, err := people.LoadZone(Zone)
	if err != nil {
		return err
	}
	w := &writer{Stores: st, ctx: ctx, zone: zone, who: map[string]*people.Principal{}, team: map[string]int64{}, serv: map[string]int64{}}
	w.SetNow(born())
	if err := w.company(); err != nil {
		return fmt.Errorf("write the company: %w", err)
	}
	for _, s := range stories() {
		if err := w.story(s); err != nil {
			return fmt.Errorf("write %q: %w", s.title, err)
		}
	}
	if err := w.evidence(); err != nil {
		return fmt.Errorf("write experiments and deployments: %w", err)
	}
	return nil
}

func (w *writer) company() error {
	op := people.Operator()
	for _, t := range teams() {
		zone, days, channel := Zone, "mon-fri", t.channel
		row, err := w.People.AddTeam(w.ctx, op, t.name, people.TeamEdit{Zone: &zone, Days: &days, Channel: &channel})
		if err != nil {
			return err
		}
		w.team[t.name] = row.ID
	}
	for _, m := range members() {
		n := people.NewPerson{Email: m.local + "@example.com", Name: m.name, Role: m.role, Zone: m.zone}
		for _, t := range m.teams {
			n.Teams = append(n.Teams, w.team[t])
		}
		p, err := w.People.AddPerson(w.ctx, op, n)
		if err != nil {
			return err
		}
		if w.who[m.local], err = w.People.Principal(w.ctx, p.ID); err != nil {
			return err
		}
	}
	for _, m := range members() {
		if m.manager == "" {
			continue
		}
		p := w.who[m.local]
		boss := w.who[m.manager].ID
		if _, err := w.People.SetPerson(w.ctx, op, p.ID, p.Version, people.PersonEdit{ManagerID: &boss}); err != nil {
			return err
		}
	}
	for _, s := range services() {
		team, tier, aliases := w.team[s.team], s.tier, s.aliases
		targets := map[string]int{"ttd": s.ttd, "tte": s.tte, "ttm": s.ttm}
		row, err := w.People.AddService(w.ctx, op, s.name, people.ServiceEdit{TeamID: &team, Tier: &tier, Targets: &targets, Aliases: &aliases})
		if err != nil {
			return err
		}
		w.serv[s.name] = row.ID
	}
	return nil
}

// at reads a day and time of the story in a zone.
func at(s string, zone *time.Location) (time.Time, error) {
	layout := "2006-01-02 15:04"
	if strings.Count(s, ":") == 2 {
		layout += ":05"
	}
	return time.ParseInLocation(layout, s, zone)
}

// on moves the demo's clock to a day and time of the story.
func (w *writer) on(s string) error {
	t, err := at(s, w.zone)
	if err == nil {
		w.SetNow(t)
	}
	return err
}

// draft is one document while it is written.
type draft struct {
	*writer
	s     story
	me    *people.Principal // its owner
	zone  *time.Location
	c     coe.COE
	acts  []*actions.Action
	begun time.Time
}

func (w *writer) story(s story) error {
	zone, err := people.LoadZone(s.zone)
	if err != nil {
		return err
	}
	if err := w.on(s.written); err != nil {
		return err
	}
	d := &draft{writer: w, s: s, me: w.who[s.owner], zone: zone}
	if d.begun, err = at(s.written, w.zone); err != nil {
		return err
	}
	for _, step := range []func() error{d.create, d.addActions, d.addTexts, d.addRows, d.addEntries, d.addGraphs, d.addWhys, d.addLessons, d.name, d.waive, d.review, d.act} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (d *draft) create() error {
	team := d.team[d.s.team]
	n := coe.New{Title: d.s.title, Kind: d.s.kind, Severity: d.s.severity, TeamID: &team, Zone: d.s.zone, Tags: d.s.tags}
	if d.s.restricted {
		n.Visibility = coe.Restricted
	}
	for _, s := range d.s.services {
		n.Services = append(n.Services, d.serv[s])
	}
	var err error
	d.c, err = d.COEs.Create(d.ctx, d.me, n)
	return err
}

func (d *draft) addActions() error {
	for _, a := range d.s.actions {
		n := actions.New{COEID: d.c.ID, Title: a.title, Detail: a.detail, Due: a.due, Priority: a.priority, Type: a.kind, Horizon: a.horizon, Criterion: a.criterion, ProofKind: a.proof, ProofTarget: a.target}
		if a.owner != "" {
			id := d.who[a.owner].ID
			n.OwnerID = &id
		}
		row, err := d.Actions.Add(d.ctx, d.me, n)
		if err != nil {
			return err
		}
		d.acts = append(d.acts, row)
	}
	return nil
}

// key is the key of the action with a number, "" for 0.
func (d *draft) key(number int) string {
	if number == 0 {
		return ""
	}
	return d.acts[number-1].Key
}

func (d *draft) addTexts() error {
	for _, name := range coe.SectionNames {
		text := d.s.sections[name]
		if text == "" || name == "summary" {
			continue // the summary is written last
		}
		if _, err := d.COEs.SaveSection(d.ctx, d.me, d.c.Number, name, 0, text, coe.FromDemo); err != nil {
			return err
		}
	}
	for _, a := range d.s.answers {
		e := coe.AnswerEdit{Text: a.text, NA: a.na, ActionKey: d.key(a.action)}
		if a.saved > 0 {
			e.MinutesSaved = &a.saved
		}
		if _, err := d.COEs.SaveAnswer(d.ctx, d.me, d.c.Number, a.id, 0, e); err != nil {
			return err
		}
	}
	return nil
}

func (d *draft) addRows() error {
	for _, i := range d.s.impacts {
		e := coe.ImpactEdit{What: &i.what, Affected: &i.affected, Total: &i.total, Place: &i.place}
		if i.unmeasured > 0 {
			yes, key := true, d.key(i.unmeasured)
			e.Unmeasured, e.ActionKey = &yes, &key
		}
		if i.from != "" {
			from, err := at(i.from, d.zone)
			if err != nil {
				return err
			}
			to, err := at(i.to, d.zone)
			if err != nil {
				return err
			}
			e.Window = &coe.Window{Start: &from, End: &to}
		}
		if _, err := d.COEs.AddImpact(d.ctx, d.me, d.c.Number, e); err != nil {
			return err
		}
	}
	for _, l := range d.s.links {
		if _, err := d.COEs.AddLink(d.ctx, d.me, d.c.Number, coe.LinkEdit{Type: &l.kind, Target: &l.target, Role: &l.role, Note: &l.note}); err != nil {
			return err
		}
	}
	for _, s := range d.s.sharings {
		if _, err := d.COEs.AddSharing(d.ctx, d.me, d.c.Number, coe.SharingEdit{Team: &s.team, Asked: &s.asked, Answer: &s.answer}); err != nil {
			return err
		}
	}
	return nil
}

func (d *draft) addEntries() error {
	var edits []timeline.Edit
	for _, e := range d.s.entries {
		t, err := at(e.at, d.zone)
		if err != nil {
			return err
		}
		kind, source := timeline.Kind(e.kind), "demo"
		edits = append(edits, timeline.Edit{When: &timeline.When{At: &t, Zone: d.s.zone}, Kind: &kind, DetectedHow: &e.how, Text: &e.text, Who: &e.who, Source: &source, Evidence: &e.evidence, GapNote: &e.gap})
	}
	if len(edits) == 0 {
		return nil
	}
	_, err := d.Timeline.AddMany(d.ctx, d.me, d.c.ID, edits)
	return err
}

func (d *draft) addGraphs() error {
	for _, g := range d.s.graphs {
		if _, err := d.COEs.AddMetric(d.ctx, d.me, d.c.Number, coe.MetricEdit{Title: &g.title, Unit: &g.unit, Caption: &g.caption, Zone: &d.s.zone, CSV: &g.csv}); err != nil {
			return err
		}
	}
	return nil
}

func (d *draft) addWhys() error { return d.whysUnder("", d.s.whys) }

func (d *draft) whysUnder(parent string, list []why) error {
	for _, y := range list {
		e := coe.WhyEdit{Text: &y.text, Evidence: &y.evidence, Factor: &y.factor}
		if y.declined != "" {
			e.Declined = &y.declined
		}
		row, err := d.COEs.AddWhy(d.ctx, d.me, d.c.Number, coe.WhyPlace{Root: y.root, Parent: parent}, e)
		if err != nil {
			return err
		}
		for _, n := range y.answers {
			if err := d.COEs.LinkWhy(d.ctx, d.me, d.c.Number, row.Key, d.key(n)); err != nil {
				return err
			}
		}
		if err := d.whysUnder(row.Key, y.under); err != nil {
			return err
		}
	}
	return nil
}

func (d *draft) addLessons() error {
	for _, l := range d.s.lessons {
		row, err := d.COEs.AddLesson(d.ctx, d.me, d.c.Number, coe.LessonEdit{Kind: &l.kind, Text: &l.text})
		if err != nil {
			return err
		}
		for _, n := range l.answers {
			if err := d.COEs.LinkLesson(d.ctx, d.me, d.c.Number, row.Key, d.key(n)); err != nil {
				return err
			}
		}
	}
	return nil
}
