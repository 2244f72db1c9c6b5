package coe

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"coetracker/internal/db"
	"coetracker/internal/dbtest"
	"coetracker/internal/fault"
	"coetracker/people"
)

// world is a store with some people in a fresh database.
type world struct {
	t     testing.TB
	ctx   context.Context
	g     *gorm.DB
	clock *dbtest.Clock
	s     *Store
	team  int64

	ana, bo, cleo, dan, root *people.Principal // owner, team writer, reviewer, reader, admin
}

// each runs f on both databases, each with a clock of its own.
func each(t *testing.T, f func(t *testing.T, w *world)) {
	open := map[string]func(testing.TB, ...dbtest.Option) *gorm.DB{"sqlite": dbtest.New, "postgres": dbtest.Postgres}
	for name, open := range open {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := dbtest.NewClock(dbtest.Start)
			f(t, newWorld(t, open(t, dbtest.WithClock(clock)), clock))
		})
	}
}

func newWorld(t testing.TB, g *gorm.DB, clock *dbtest.Clock) *world {
	w := &world{t: t, ctx: t.Context(), g: g, clock: clock}
	w.s = &Store{
		DB: g, Zone: "Europe/London",
		Check: func(*Document, time.Time) []Finding { return nil },
		Canonical: func(d *Document) ([]byte, error) {
			return fmt.Appendf(nil, "%s issue %d %s", d.COE.Name(), d.COE.Issue, d.COE.State), nil
		},
	}
	team := people.Team{Name: "Payments", WorkingDays: "mon,tue,wed,thu,fri", Policy: "{}", Version: 1}
	w.must(g.Create(&team).Error)
	w.team = team.ID
	w.ana = w.person("ana", people.Writer, team.ID)
	w.bo = w.person("bo", people.Writer, team.ID)
	w.cleo = w.person("cleo", people.Reviewer, 0)
	w.dan = w.person("dan", people.Reader, 0)
	w.root = w.person("root", people.Admin, 0)
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) person(name string, role people.Role, team int64) *people.Principal {
	p := people.Person{Email: name + "@example.com", Name: name, Role: role, Version: 1}
	w.must(w.g.Create(&p).Error)
	out := &people.Principal{Person: p}
	if team != 0 {
		w.must(w.g.Create(&people.TeamMember{TeamID: team, PersonID: p.ID}).Error)
		out.Teams = []int64{team}
	}
	return out
}

// coe makes a draft owned by ana.
func (w *world) coe() COE {
	w.t.Helper()
	c, err := w.s.Create(w.ctx, w.ana, New{Title: "Checkout answered 503", Kind: Incident, Severity: 2, TeamID: &w.team})
	w.must(err)
	return c
}

func (w *world) load(n int64) *Document {
	w.t.Helper()
	d, err := w.s.Load(w.ctx, w.ana, n)
	w.must(err)
	return d
}

// wants checks the kind of a fault.
func wants(t *testing.T, err error, kind fault.Kind, field string) *fault.Error {
	t.Helper()
	e, ok := fault.Of(err)
	if !ok || e.Kind != kind || e.Field != field {
		t.Fatalf("got %v, want a fault %s on %q", err, kind, field)
	}
	return e
}

func TestStore_Create(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		first, second := w.coe(), w.coe()
		if first.Number != 1 || second.Number != 2 || len(first.UID) != 36 || first.UID == second.UID {
			t.Errorf("numbers %d, %d, uid %s", first.Number, second.Number, first.UID)
		}
		d := w.load(1)
		if len(d.Sections) != len(SectionNames) || d.COE.Seq != 1 || d.COE.Zone != "Europe/London" || d.COE.State != Draft {
			t.Errorf("%d sections, seq %d, zone %s, state %s", len(d.Sections), d.COE.Seq, d.COE.Zone, d.COE.State)
		}
		if d.Person(&d.COE.OwnerID).Name != "ana" || d.Team.Name != "Payments" {
			t.Errorf("owner %v, team %v", d.Person(&d.COE.OwnerID), d.Team)
		}
	})
}

func TestStore_Create_refuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.New(t), nil)
	good := New{Title: "T", Kind: Incident, Severity: 1}
	now := dbtest.Start
	before := now.Add(-time.Hour)
	tests := map[string]struct {
		change func(*New)
		field  string
	}{
		"no title":        {func(n *New) { n.Title = " \n" }, "title"},
		"a long title":    {func(n *New) { n.Title = strings.Repeat("é", 201) }, "title"},
		"NUL":             {func(n *New) { n.Title = "a\x00b" }, "title"},
		"unknown kind":    {func(n *New) { n.Kind = "outage" }, "kind"},
		"severity 0":      {func(n *New) { n.Severity = 0 }, "severity"},
		"severity 5":      {func(n *New) { n.Severity = 5 }, "severity"},
		"visibility":      {func(n *New) { n.Visibility = "public" }, "visibility"},
		"zone":            {func(n *New) { n.Zone = "Mars/Base" }, "zone"},
		"window":          {func(n *New) { n.WindowStart, n.WindowEnd = &now, &before }, "window"},
		"unknown owner":   {func(n *New) { n.OwnerID = 999 }, "owner"},
		"unknown team":    {func(n *New) { id := int64(999); n.TeamID = &id }, "team"},
		"unknown service": {func(n *New) { n.Services = []int64{999} }, "services"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			n := good
			tt.change(&n)
			_, err := w.s.Create(w.ctx, w.ana, n)
			wants(t, err, fault.Invalid, tt.field)
		})
	}
	_, err := w.s.Create(w.ctx, w.dan, good)
	wants(t, err, fault.Forbidden, "")
	_, err = w.s.Create(w.ctx, people.Operator(), good)
	wants(t, err, fault.Invalid, "owner")
	c, err := w.s.Create(w.ctx, w.ana, good)
	w.must(err)
	if c.Number != 1 {
		t.Errorf("refused ones took numbers: %d", c.Number)
	}
}

func TestStore_ByNumber_hides(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.coe()
		restricted := Restricted
		_, err := w.s.EditHeader(w.ctx, w.ana, 1, c.Version, HeaderEdit{Visibility: &restricted})
		w.must(err)
		_, missing := w.s.ByNumber(w.ctx, w.bo, 99)
		_, hidden := w.s.ByNumber(w.ctx, w.bo, 1)
		wants(t, hidden, fault.NotFound, "")
		if hidden.Error() != missing.Error() {
			t.Errorf("hidden says %q, missing says %q", hidden, missing)
		}
		for _, p := range []*people.Principal{w.ana, w.root, people.Operator()} {
			if _, err := w.s.ByNumber(w.ctx, p, 1); err != nil {
				t.Errorf("%s: %v", p.Name, err)
			}
		}
		_, err = w.s.View(w.ctx, w.root, 1)
		w.must(err)
		_, err = w.s.View(w.ctx, w.ana, 1)
		w.must(err)
		var n int64
		w.must(w.g.Table("audit").Where("verb = 'coe.view' AND actor = 'root@example.com'").Count(&n).Error)
		if n != 1 {
			t.Errorf("%d audited views, want 1", n)
		}
	})
}

func TestStore_Load_queriesDoNotGrow(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.coe()
		count := func() int {
			c := db.CountQueries(w.g)
			defer c.Stop()
			w.load(1)
			return c.N()
		}
		before := count()
		text := "because"
		for range 12 {
			_, err := w.s.AddWhy(w.ctx, w.ana, 1, WhyPlace{Root: Happened}, WhyEdit{Text: &text})
			w.must(err)
		}
		if after := count(); after != before || before > 32 {
			t.Errorf("%d queries with 12 whys, %d without", after, before)
		}
	})
}
