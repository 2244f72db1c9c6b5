package evidence

import (
	"strings"
	"testing"
	"time"

	"coetracker/internal/jobs"

	"gorm.io/gorm"
)

// The generic form of our own, see the documentation of generic messages.
const goodPost = `{"type":"deployment","external_id":"d-1","service":"acme/cart","environment":"prod","state":"succeeded","started_at":"2026-03-03T09:00:00Z","ended_at":"2026-03-03T09:05:00Z","to_version":"42"}`

func TestProjectTellsEachDelivery(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		ids := d.arrive(goodPost, `{"nobody":"knows"}`, `{"half`, `{"cut`, goodPost)
		d.must(d.g.Model(&Delivery{}).Where("id = ?", ids[3]).Update("cut", true).Error)
		d.must(d.s.Project(t.Context(), ids...))
		var got []Delivery
		d.must(d.g.Order("id").Find(&got).Error)
		want := []struct {
			state    DeliveryState
			records  int64
			failure  string
			warnings string
		}{{Projected, 1, "", ""}, {NothingNew, 0, "", "No tool is known"}, {Failed, 0, "e", ""}, {Failed, 0, "too large", ""}, {Projected, 1, "", ""}}
		for i, w := range want {
			if g := got[i]; g.State != w.state || g.Records != w.records || !strings.Contains(g.Failure, w.failure) || (w.failure == "") != (g.Failure == "") ||
				!strings.Contains(g.Warnings, w.warnings) || g.ProjectedAt == nil {
				t.Errorf("delivery %d: %s, %d records, %q, %q", i, g.State, g.Records, g.Failure, g.Warnings)
			}
		}
		if items, said := d.count("evidence_items"), d.count("evidence_records"); items != 1 || said != 1 {
			t.Errorf("%d items, %d statements", items, said)
		}
		i := d.item(TypeDeployment, "d-1")
		if i.ServiceID == nil || *i.ServiceID != d.cart || i.Version != 1 || i.State != "succeeded" || i.ToVersion != "42" {
			t.Errorf("item %+v", i)
		}
		d.must(d.s.Project(t.Context(), ids...))
		if again := d.item(TypeDeployment, "d-1"); again.Version != 1 {
			t.Errorf("reading again changed the item: version %d", again.Version)
		}
	})
}

func TestOneBadDeliveryCostsNoOther(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		ids := d.arrive("{}", "{}", "{}")
		good := func(id int64, key string) reading {
			return told(id, "generic", d.clock.Now(), []Record{{Type: TypeAlarm, SubjectKey: key, State: "firing", StartedAt: minuteAt(0)}})
		}
		bad := good(ids[1], "bad")
		bad.records[0].Type = "mystery" // the table refuses it
		d.must(d.s.keepAll(t.Context(), []reading{good(ids[0], "one"), bad, good(ids[2], "two")}))
		var states []DeliveryState
		d.must(d.g.Model(&Delivery{}).Order("id").Pluck("state", &states).Error)
		if len(states) != 3 || states[0] != Projected || states[1] != Failed || states[2] != Projected || d.count("evidence_items") != 2 {
			t.Errorf("%v, %d items", states, d.count("evidence_items"))
		}
	})
}

func TestTheJobReadsAllThereIs(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		for range 5 {
			d.arrive(strings.Split(strings.Repeat(goodPost+"\n", 50), "\n")...)
		}
		run := jobs.NewRunner(jobs.Config{DB: d.g, Wall: d.s.Wall, Handlers: d.s.Handlers()})
		_, err := jobs.Enqueue(d.g, JobProject, struct{}{}, jobs.Opt{})
		d.must(err)
		_, err = run.Drain(t.Context())
		d.must(err)
		var left int64
		d.must(d.g.Model(&Delivery{}).Where("state = 'received'").Count(&left).Error)
		if left != 0 || d.count("evidence_items") != 1 {
			t.Errorf("%d left, %d items", left, d.count("evidence_items"))
		}
	})
}

func TestRollbackAndDeploymentFindEachOther(t *testing.T) {
	t.Parallel()
	deployed := Record{Type: TypeDeployment, ExternalID: "d-1", Service: "cart", State: "succeeded", StartedAt: minuteAt(0), EndedAt: minuteAt(4), ToVersion: "42"}
	running := Record{Type: TypeRollback, ExternalID: "d-2", RollsBack: "d-1", Service: "cart", State: "running", StartedAt: minuteAt(10), ToVersion: "41"}
	done := Record{Type: TypeRollback, ExternalID: "d-2", RollsBack: "d-1", Service: "cart", State: "succeeded", StartedAt: minuteAt(10), EndedAt: minuteAt(12), ToVersion: "41"}
	other := Record{Type: TypeDeployment, ExternalID: "d-1", Service: "cart", State: "succeeded", StartedAt: minuteAt(0), EndedAt: minuteAt(4)}
	for name, order := range map[string][]Record{"in order": {deployed, running, done}, "the rollback first": {done, deployed, running}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachDesk(t, func(t *testing.T, d *desk) {
				d.tell("another", other) // the same id at another tool is another thing
				for _, r := range order {
					d.tell("ours", r)
				}
				var bad, back Item
				d.must(d.g.Where("tool = 'ours' AND type = 'deployment'").Take(&bad).Error)
				d.must(d.g.Where("tool = 'ours' AND type = 'rollback'").Take(&back).Error)
				if back.UndoesID == nil || *back.UndoesID != bad.ID || bad.UndoneByID == nil || *bad.UndoneByID != back.ID || bad.State != "rolled_back" || bad.Rank != RankRefined {
					t.Errorf("rollback %+v\nof %+v", back, bad)
				}
				d.tell("ours", Record{Type: TypeDeployment, ExternalID: "d-3", Service: "cart", State: "running", StartedAt: minuteAt(60), ToVersion: "43"})
				if next := d.item(TypeDeployment, "d-3"); next.FromVersion != "41" {
					t.Errorf("the next deployment is from %q", next.FromVersion)
				}
			})
		})
	}
}

func TestServiceOfAnItem(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		d.must(d.g.Model(&Source{}).Where("id = ?", d.source.ID).Update("service_id", d.index).Error)
		post := func(id, rest string) {
			d.must(d.s.Project(t.Context(), d.arrive(`{"type":"deployment","external_id":"`+id+`","state":"running","started_at":"2026-03-03T09:00:00Z"`+rest+`}`)...))
		}
		service := func(id string) int64 {
			if i := d.item(TypeDeployment, id); i.ServiceID != nil {
				return *i.ServiceID
			}
			return 0
		}
		post("none", "")
		post("known", `,"service":"Acme/Cart"`)
		post("second", `,"service":"strange","names":["CART"]`)
		if service("none") != d.index || service("known") != d.cart || service("second") != d.cart {
			t.Errorf("services %d %d %d, want %d %d %d", service("none"), service("known"), service("second"), d.index, d.cart, d.cart)
		}
		d.must(d.s.AssignService(t.Context(), d.ana, d.item(TypeDeployment, "known").ID, d.db, ""))
		d.must(d.s.Project(t.Context(), d.arrive(`{"type":"deployment","external_id":"known","state":"succeeded","service":"acme/cart","ended_at":"2026-03-03T09:05:00Z"}`)...))
		if i := d.item(TypeDeployment, "known"); service("known") != d.db || i.State != "succeeded" {
			t.Errorf("what a person said is service %d in state %s", service("known"), i.State)
		}
	})
}

func TestProjectionKeepsWhatPeopleSay(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		begun := Record{Type: TypeExperiment, ExternalID: "x", Definition: "T", State: "running", StartedAt: minuteAt(0)}
		d.tell("fis", begun)
		i := d.item(TypeExperiment, "x")
		i, err := d.s.SetOutcome(t.Context(), d.ana, i.ID, i.Version, Deviated, "we saw it")
		d.must(err)
		i, err = d.s.SetNotes(t.Context(), d.ana, i.ID, i.Version, Notes{Learn: "more caches"})
		d.must(err)
		ended := begun
		ended.State, ended.EndedAt, ended.Outcome = "completed", minuteAt(5), Held
		d.tell("fis", ended)
		got := d.item(TypeExperiment, "x")
		if got.Outcome != Deviated || got.OutcomeNote != "we saw it" || got.Learn != "more caches" || got.ToolOutcome != Held || got.Showed() != Deviated || got.Version != i.Version+1 {
			t.Errorf("item %+v", got)
		}
	})
}

func TestSettledOnceAndAgainWhenTheOutcomeChanges(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		var told []Outcome
		fail := false
		d.s.OnSettled = func(tx *gorm.DB, run *Item) error {
			if fail {
				return tx.Exec("SELECT nothing FROM nowhere").Error
			}
			told = append(told, run.Showed())
			return tx.Model(&Item{}).Where("id = ?", run.ID).UpdateColumn("learn", "told "+string(run.Showed())).Error
		}
		tick := func() { d.must(d.s.Tick(t.Context())) }
		now := d.clock.Now()
		ended := now.Add(-5 * 60e9)
		run := Record{Type: TypeExperiment, ExternalID: "x", Definition: "T", State: "completed", StartedAt: minuteAt(0), EndedAt: &ended, Outcome: Held}
		d.tell("fis", run)
		tick()
		if len(told) != 0 {
			t.Fatalf("told within the window: %v", told)
		}
		d.clock.Advance(5 * 60e9)
		fail = true
		tick()
		if i := d.item(TypeExperiment, "x"); i.Settled {
			t.Error("settled although what follows failed")
		}
		fail = false
		tick()
		tick()
		i := d.item(TypeExperiment, "x")
		if len(told) != 1 || told[0] != Held || !i.Settled || i.Learn != "told held" {
			t.Fatalf("told %v, settled %v, %q", told, i.Settled, i.Learn)
		}
		late := run
		late.State, late.Outcome, late.Rank = "deviated", Deviated, RankRefined
		d.tell("fis", late)
		d.tell("fis", late)
		i = d.item(TypeExperiment, "x")
		_, err := d.s.SetOutcome(t.Context(), d.ana, i.ID, i.Version, Inconclusive, "")
		d.must(err)
		tick()
		if len(told) != 3 || told[1] != Deviated || told[2] != Inconclusive {
			t.Errorf("told %v", told)
		}
		d.tell("fis", Record{Type: TypeExperiment, ExternalID: "old", Definition: "T", State: "completed", StartedAt: minuteAt(0), EndedAt: minuteAt(9), Outcome: Held})
		if len(told) != 4 {
			t.Errorf("an old run is settled at once: %v", told)
		}
	})
}

func TestWhatNeverEndsIsGivenUp(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		start := d.clock.Now()
		for kind, key := range map[Type]string{TypeExperiment: "x", TypeDeployment: "d", TypeAlarm: "a"} {
			d.tell("fis", Record{Type: kind, ExternalID: key, State: "running", StartedAt: &start})
		}
		d.must(d.s.Tick(t.Context()))
		if i := d.item(TypeExperiment, "x"); i.State != "running" {
			t.Fatalf("given up at once: %s", i.State)
		}
		d.clock.Advance(25 * 3600e9)
		d.must(d.s.Tick(t.Context()))
		d.must(d.s.Tick(t.Context()))
		x, a := d.item(TypeExperiment, "x"), d.item(TypeAlarm, "a")
		spans, err := SpansOf(d.g, []int64{x.ID})
		d.must(err)
		if x.State != "unknown" || x.Rank != rankLost || !x.Gap || x.EndedAt != nil || x.ToolOutcome != Unknown || x.Version != 2 || spans[x.ID][0].EndedAt == nil || a.State != "running" || d.count("evidence_records") != 5 {
			t.Errorf("given up: %+v %v, alarm %s, %d statements", x, spans, a.State, d.count("evidence_records"))
		}
		end := start.Add(3600e9)
		d.tell("fis", Record{Type: TypeExperiment, ExternalID: "x", State: "completed", StartedAt: &start, EndedAt: &end, Outcome: Held})
		if x := d.item(TypeExperiment, "x"); x.State != "completed" || x.Gap || !sameTime(x.EndedAt, &end) || x.ToolOutcome != Held {
			t.Errorf("ended after all: %+v", x)
		}
	})
}

func TestPurgeKeepsWhatWasSaid(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		old := d.arrive(strings.Split(strings.Repeat(goodPost+"\n", 149)+goodPost, "\n")...)
		d.must(d.s.Project(t.Context(), old...))
		d.clock.Advance(90*24*3600e9 + 1e9)
		d.must(d.s.Project(t.Context(), d.arrive(goodPost)...))
		n, err := d.s.Purge(t.Context())
		if err != nil || n != 150 || d.count("hook_deliveries") != 1 || d.count("evidence_records") != 1 {
			t.Errorf("purged %d, %v; %d deliveries and %d statements stay", n, err, d.count("hook_deliveries"), d.count("evidence_records"))
		}
	})
}

// A run that turns out to be the planned one is told of again: actions name the
// plan, and not what was made of its first message.
func TestRunIsToldOfAgainWhenItsPlanIsFound(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		var told []int64
		d.s.OnSettled = func(_ *gorm.DB, run *Item) error {
			told = append(told, *run.ExperimentID)
			return nil
		}
		ended := d.clock.Now().Add(-time.Hour)
		run := Record{Type: TypeExperiment, ExternalID: "x", Definition: "T", Title: "Fill the pool", State: "completed", StartedAt: pointer(ended.Add(-time.Hour)), EndedAt: &ended, Outcome: Held}
		d.tell("fis", run)
		plan := Experiment{Name: "Fill the pool", Version: 1, CreatedAt: ended, UpdatedAt: ended}
		d.must(d.g.Create(&plan).Error)
		run.DedupeKey, run.Detail.Reason = "later", "more is known"
		d.tell("fis", run)
		if len(told) != 2 || told[0] == plan.ID || told[1] != plan.ID {
			t.Errorf("told of experiments %v, want the run's own and then the plan %d", told, plan.ID)
		}
		if i := d.item(TypeExperiment, "x"); !i.Settled || i.ExperimentID == nil || *i.ExperimentID != plan.ID {
			t.Errorf("the run is %+v", i)
		}
	})
}
