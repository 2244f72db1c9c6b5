package evidence

import (
	"testing"
	"time"

	"gorm.io/gorm"

	"coetracker/internal/dbtest"
	"coetracker/internal/fault"
	"coetracker/people"
)

// plans is a store with two services and two people.
type plans struct {
	t         testing.TB
	s         *Store
	ana, dan  *people.Principal // a writer, a reader
	index, db int64             // services
}

func newPlans(t testing.TB, g *gorm.DB) *plans {
	w := &plans{t: t, s: &Store{DB: g, Wall: func() time.Time { return dbtest.Start }}}
	persons := &people.Store{DB: g, Wall: w.s.Wall, Zone: time.UTC}
	for name, to := range map[string]**people.Principal{"ana": &w.ana, "dan": &w.dan} {
		role := people.Writer
		if name == "dan" {
			role = people.Reader
		}
		p, err := persons.AddPerson(t.Context(), people.Operator(), people.NewPerson{Email: name + "@example.com", Name: name, Role: role})
		w.must(err)
		*to, err = persons.Principal(t.Context(), p.ID)
		w.must(err)
	}
	for name, to := range map[string]*int64{"index": &w.index, "db": &w.db} {
		sv, err := persons.AddService(t.Context(), people.Operator(), name, people.ServiceEdit{})
		w.must(err)
		*to = sv.ID
	}
	return w
}

func (w *plans) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *plans) plan(e ExperimentEdit) Experiment {
	w.t.Helper()
	x, err := w.s.PlanExperiment(w.t.Context(), w.ana, e)
	w.must(err)
	return x
}

// arrives matches a run as its projection does, and keeps it.
func (w *plans) arrives(run Item) Item {
	w.t.Helper()
	if run.ID == 0 {
		run.Type, run.Tool, run.SubjectKey, run.Version = TypeExperiment, "fis", run.ExternalID, 1
	}
	w.must(w.s.DB.Transaction(func(tx *gorm.DB) error {
		if err := matchExperiment(tx, &run); err != nil {
			return err
		}
		return tx.Save(&run).Error
	}))
	return run
}

func at(s string) *time.Time {
	t, err := time.Parse("2006-01-02 15:04", s)
	if err != nil {
		panic(err)
	}
	return &t
}

func TestRunsFindTheirPlan(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		w := newPlans(t, g)
		byName := w.plan(ExperimentEdit{Name: "Index-Cell-Loss", ServiceID: w.index})
		byDay := w.plan(ExperimentEdit{Name: "database failover day", ServiceID: w.db, PlannedFor: "2026-03-04", GameDay: true})
		for _, c := range []struct {
			name string
			run  Item
			want int64 // 0: one of its own
		}{
			{"by name in another case", Item{ExternalID: "r1", Title: "index-cell-loss", Definition: "EXT1"}, byName.ID},
			{"by definition from then on", Item{ExternalID: "r2", Title: "another title", Definition: "EXT1"}, byName.ID},
			{"too early for the day", Item{ExternalID: "r3", Definition: "EXT2", ServiceID: &w.db, StartedAt: at("2026-03-02 10:00")}, 0},
			{"a dry run is not the planned one", Item{ExternalID: "r4", Definition: "EXT3", ServiceID: &w.db, StartedAt: at("2026-03-04 10:00"), DryRun: true}, 0},
			{"another service", Item{ExternalID: "r5", Definition: "EXT4", ServiceID: &w.index, StartedAt: at("2026-03-04 10:00")}, 0},
			{"the day after", Item{ExternalID: "r6", Definition: "EXT5", ServiceID: &w.db, StartedAt: at("2026-03-05 10:00")}, byDay.ID},
			{"the plan is taken", Item{ExternalID: "r7", Definition: "EXT6", ServiceID: &w.db, StartedAt: at("2026-03-04 11:00")}, 0},
		} {
			run := w.arrives(c.run)
			if run.ExperimentID == nil {
				t.Fatalf("%s: no experiment", c.name)
			}
			if planned := *run.ExperimentID == byName.ID || *run.ExperimentID == byDay.ID; planned != (c.want != 0) || planned && *run.ExperimentID != c.want {
				t.Errorf("%s: experiment %d, want %d", c.name, *run.ExperimentID, c.want)
			}
		}
	})
}

// Two plans that fit leave the run alone; what becomes known later matches.
func TestPlansThatAreNotAlone(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		w := newPlans(t, g)
		w.plan(ExperimentEdit{Name: "one", ServiceID: w.db, PlannedFor: "2026-03-04"})
		two := w.plan(ExperimentEdit{Name: "two", ServiceID: w.db, PlannedFor: "2026-03-05"})
		run := w.arrives(Item{ExternalID: "r1", Definition: "EXT1", ServiceID: &w.db, StartedAt: at("2026-03-04 10:00")})
		if *run.ExperimentID == two.ID {
			t.Fatal("taken by the second of two plans that fit")
		}
		own := *run.ExperimentID
		run.Title = "TWO"
		run = w.arrives(run)
		if *run.ExperimentID != two.ID {
			t.Errorf("the title names experiment %d, the run stays with %d", two.ID, *run.ExperimentID)
		}
		if _, err := w.s.ExperimentByID(t.Context(), w.dan, own); !fault.Is(err, fault.NotFound) {
			t.Errorf("the experiment made at first is still there (%v)", err)
		}
		x, err := w.s.ExperimentByID(t.Context(), w.dan, two.ID)
		w.must(err)
		if x.Tool != "fis" || x.Definition != "EXT1" || !x.Matched() {
			t.Errorf("the plan has tool %q and definition %q", x.Tool, x.Definition)
		}
	})
}

func TestDetachKeepsRunsApart(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		w := newPlans(t, g)
		plan := w.plan(ExperimentEdit{Name: "cell", ServiceID: w.index})
		run := w.arrives(Item{ExternalID: "r1", Title: "cell", Definition: "EXT1"})
		plan, err := w.s.ExperimentByID(t.Context(), w.ana, plan.ID)
		w.must(err)
		if _, err := w.s.Detach(t.Context(), w.dan, plan.ID, plan.Version); !fault.Is(err, fault.Forbidden) {
			t.Errorf("a reader gets %v, want forbidden", err)
		}
		if _, err := w.s.Detach(t.Context(), w.ana, plan.ID, plan.Version-1); !fault.Is(err, fault.Conflict) {
			t.Errorf("an old version gets %v, want a conflict", err)
		}
		made, err := w.s.Detach(t.Context(), w.ana, plan.ID, plan.Version)
		w.must(err)
		w.must(g.Take(&run, run.ID).Error)
		run = w.arrives(run)
		next := w.arrives(Item{ExternalID: "r2", Title: "cell", Definition: "EXT1"})
		if *run.ExperimentID != made.ID || *next.ExperimentID != made.ID {
			t.Errorf("runs belong to %d and %d, want both to %d", *run.ExperimentID, *next.ExperimentID, made.ID)
		}
		if _, err := w.s.Detach(t.Context(), w.ana, made.ID, made.Version); !fault.Is(err, fault.Invalid) {
			t.Errorf("detached twice: %v, want invalid", err)
		}
		rows, err := w.s.Experiments(t.Context(), w.dan, 0)
		w.must(err)
		if len(rows) != 2 || rows[0].ID != plan.ID || !rows[0].Planned() || rows[1].Runs != 2 || rows[1].Last == nil {
			t.Errorf("the list is %+v", rows)
		}
	})
}

func TestExperimentEdits(t *testing.T) {
	t.Parallel()
	w := newPlans(t, dbtest.New(t))
	x := w.plan(ExperimentEdit{Name: "cell", ServiceID: w.index, OwnerID: w.dan.ID, ExpectedAlarms: " a \r\n\r\nb", FailureMode: "Capacity, retry storm"})
	if got := x.Expected(); len(got) != 2 || got[1] != "b" {
		t.Errorf("expected alarms %q", got)
	}
	if got := x.Modes(); len(got) != 2 || got[0] != "capacity" {
		t.Errorf("modes %q", got)
	}
	for _, c := range []struct {
		name  string
		edit  ExperimentEdit
		field string
	}{
		{"no name", ExperimentEdit{Name: " "}, "name"},
		{"a name that is taken", ExperimentEdit{Name: "CELL"}, "name"},
		{"no day", ExperimentEdit{Name: "x", GameDay: true}, "planned_for"},
		{"a day that is none", ExperimentEdit{Name: "x", PlannedFor: "2026-02-30"}, "planned_for"},
		{"no such service", ExperimentEdit{Name: "x", ServiceID: 99}, "service"},
		{"two lines in a name", ExperimentEdit{Name: "x\ny"}, "name"},
	} {
		_, err := w.s.PlanExperiment(t.Context(), w.ana, c.edit)
		if f, ok := fault.Of(err); !ok || f.Kind != fault.Invalid || f.Field != c.field {
			t.Errorf("%s: %v, want invalid %s", c.name, err, c.field)
		}
	}
	if _, err := w.s.PlanExperiment(t.Context(), w.dan, ExperimentEdit{Name: "y"}); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a reader plans: %v", err)
	}
	e := EditOf(x)
	e.Name, e.PlannedFor = "Cell", "2026-04-28"
	y, err := w.s.SetExperiment(t.Context(), w.ana, x.ID, x.Version, e)
	w.must(err)
	if y.Name != "Cell" || y.PlannedFor != "2026-04-28" || y.Version != 2 {
		t.Errorf("saved as %+v", y)
	}
	if _, err := w.s.SetExperiment(t.Context(), w.ana, x.ID, x.Version, e); !fault.Is(err, fault.Conflict) {
		t.Errorf("an old version gives %v", err)
	}
}

func TestRunShowsWhatFired(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		w := newPlans(t, g)
		x := w.plan(ExperimentEdit{Name: "cell", ServiceID: w.index, ExpectedAlarms: "index-errors\nindex-hosts"})
		run := w.arrives(Item{ExternalID: "r1", Title: "cell", Definition: "EXT1", ServiceID: &w.index, StartedAt: at("2026-03-04 10:00"), EndedAt: at("2026-03-04 10:12"), SettleUntil: at("2026-03-04 10:22")})
		for _, a := range []struct {
			key     string
			service *int64
			from    string
		}{
			{"arn:aws:cloudwatch:us-east-1:1:alarm:index-errors", &w.db, "2026-03-04 10:02"},
			{"index-latency", &w.index, "2026-03-04 10:15"},
			{"index-hosts", &w.index, "2026-03-04 10:40"},
			{"db-latency", &w.db, "2026-03-04 10:05"},
		} {
			i := Item{Type: TypeAlarm, Tool: "cloudwatch", SubjectKey: a.key, ExternalID: a.key, ServiceID: a.service, StartedAt: at(a.from), Version: 1}
			w.must(g.Create(&i).Error)
			w.must(g.Create(&Span{ItemID: i.ID, StartedAt: *at(a.from), Times: 1}).Error)
		}
		r, err := w.s.RunByID(t.Context(), w.dan, run.ID)
		w.must(err)
		if r.Experiment == nil || r.Experiment.ID != x.ID || len(r.Runs) != 1 {
			t.Errorf("experiment %v, %d runs", r.Experiment, len(r.Runs))
		}
		if len(r.Alarms) != 2 || !r.Alarms[0].Expected || r.Alarms[1].Expected || r.Alarms[1].ExternalID != "index-latency" {
			t.Errorf("alarms %+v", r.Alarms)
		}
		if len(r.Silent) != 1 || r.Silent[0] != "index-hosts" {
			t.Errorf("silent %q", r.Silent)
		}
	})
}

func TestChangesComeInPairs(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		w := newPlans(t, g)
		bake := 5.0
		bad := Item{Type: TypeDeployment, Tool: "ecs", SubjectKey: "d1", ExternalID: "d1", ServiceID: &w.index, StartedAt: at("2026-03-04 10:00"), EndedAt: at("2026-03-04 10:10"), Reach: "{}", Detail: `{"bake_minutes":5}`, Version: 1}
		w.must(g.Create(&bad).Error)
		back := Item{Type: TypeRollback, Tool: "ecs", SubjectKey: "d1", ExternalID: "d1", ServiceID: &w.index, StartedAt: at("2026-03-04 10:20"), UndoesID: &bad.ID, Reach: `{"wave":"first"}`, Version: 1}
		w.must(g.Create(&back).Error)
		w.must(g.Model(&bad).Update("undone_by_id", back.ID).Error)
		alarm := Item{Type: TypeAlarm, Tool: "cloudwatch", SubjectKey: "a", ExternalID: "a", ServiceID: &w.index, StartedAt: at("2026-03-04 10:16"), Version: 1}
		w.must(g.Create(&alarm).Error)
		w.must(g.Create(&Span{ItemID: alarm.ID, StartedAt: *alarm.StartedAt, Times: 3}).Error)

		list, next, err := w.s.Changes(t.Context(), w.dan, w.index, Page{Limit: 1})
		w.must(err)
		if len(list) != 1 || list[0].ID != back.ID || list[0].Other == nil || list[0].Other.ID != bad.ID || next == "" {
			t.Fatalf("first page %+v, next %q", list, next)
		}
		list, next, err = w.s.Changes(t.Context(), w.dan, 0, Page{Before: next, Limit: 1})
		w.must(err)
		if len(list) != 1 || list[0].ID != bad.ID || next != "" {
			t.Fatalf("second page %+v, next %q", list, next)
		}
		c := list[0]
		toAlarm, ok1 := c.ToAlarm()
		toBack, ok2 := c.ToRollback()
		if !ok1 || !ok2 || toAlarm != 16*time.Minute || toBack != 20*time.Minute {
			t.Errorf("to the alarm %v, to the rollback %v", toAlarm, toBack)
		}
		if r := c.Reached(); r.BakeMinutes == nil || *r.BakeMinutes != bake {
			t.Errorf("reach %+v", r)
		}
		short, err := w.s.ShortBakes(t.Context(), w.dan)
		w.must(err)
		if len(short) != 1 || short[0].Late != 6*time.Minute || !short[0].ByAlarm {
			t.Errorf("short bakes %+v", short)
		}
		alarms, _, err := w.s.Alarms(t.Context(), w.dan, 0, Page{})
		w.must(err)
		if len(alarms) != 1 || alarms[0].Times != 3 || len(alarms[0].Spans) != 1 {
			t.Errorf("alarms %+v", alarms)
		}
		if _, err := w.s.ChangeByID(t.Context(), w.dan, alarm.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("an alarm as a change: %v", err)
		}
	})
}

func TestQuietAlarms(t *testing.T) {
	t.Parallel()
	since := *at("2026-01-01 00:00")
	one := int64(1)
	known := []Item{
		{ID: 1, Title: "fires", ServiceID: &one},
		{ID: 2, Title: "old"},
		{ID: 3, ExternalID: "never"},
		{ID: 4, ExternalID: "arn:aws:cloudwatch:us-east-1:1:alarm:By-Arn"},
	}
	last := map[int64]time.Time{1: since.Add(time.Hour), 2: since.Add(-time.Hour), 4: since}
	xs := []Experiment{{ID: 7, Name: "x", ExpectedAlarms: "OLD\nfires\nby-arn\nmissing"}}
	got := quiet(known, last, xs, since)
	var names []string
	for _, q := range got {
		names = append(names, q.Name)
	}
	if len(names) != 3 || names[0] != "missing" || names[1] != "old" || names[2] != "never" {
		t.Fatalf("quiet %q", names)
	}
	if got[1].LastAt == nil || len(got[1].Experiments) != 1 || got[2].LastAt != nil || got[0].ItemID != 0 {
		t.Errorf("rows %+v", got)
	}
}
