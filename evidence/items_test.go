package evidence

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"coetracker/internal/db"
	"coetracker/internal/dbtest"
	"coetracker/internal/fault"
	"coetracker/internal/jobs"
	"coetracker/people"
)

func wantFault(t *testing.T, err error, kind fault.Kind, what string) {
	t.Helper()
	if !fault.Is(err, kind) {
		t.Errorf("%s: %v, want %s", what, err, kind)
	}
}

func TestWhoMaySayWhat(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		d.tell("fis", Record{Type: TypeExperiment, ExternalID: "x", Definition: "T", State: "running", StartedAt: minuteAt(0)})
		d.tell("ecs", Record{Type: TypeDeployment, ExternalID: "d", State: "running", StartedAt: minuteAt(0)})
		x, dep := d.item(TypeExperiment, "x"), d.item(TypeDeployment, "d")
		half, much := 0.5, 1.5
		for name, try := range map[string]func(p *people.Principal) error{
			"outcome": func(p *people.Principal) error { _, err := d.s.SetOutcome(ctx, p, x.ID, 99, Held, ""); return err },
			"notes":   func(p *people.Principal) error { _, err := d.s.SetNotes(ctx, p, x.ID, 99, Notes{}); return err },
			"reach":   func(p *people.Principal) error { _, err := d.s.SetReach(ctx, p, dep.ID, 99, Reach{}); return err },
		} {
			wantFault(t, try(d.dan), fault.Forbidden, name+" by a reader")
			wantFault(t, try(nil), fault.Forbidden, name+" by nobody")
			wantFault(t, try(d.ana), fault.Conflict, name+" of an old version")
		}
		wantFault(t, d.s.AssignService(ctx, d.dan, x.ID, d.cart, ""), fault.Forbidden, "a service by a reader")
		wantFault(t, d.s.AssignService(ctx, d.ana, x.ID, 9999, ""), fault.Invalid, "no such service")
		_, err := d.s.SetOutcome(ctx, d.ana, x.ID, x.Version, "splendid", "")
		wantFault(t, err, fault.Invalid, "no such outcome")
		_, err = d.s.SetOutcome(ctx, d.ana, dep.ID, dep.Version, Held, "")
		wantFault(t, err, fault.Invalid, "the outcome of a deployment")
		_, err = d.s.SetReach(ctx, d.ana, dep.ID, dep.Version, Reach{Share: &much})
		wantFault(t, err, fault.Invalid, "more than all")
		_, err = d.s.SetReach(ctx, d.ana, x.ID, x.Version, Reach{Share: &half})
		wantFault(t, err, fault.Invalid, "the reach of a run")
		dep, err = d.s.SetReach(ctx, d.ana, dep.ID, dep.Version, Reach{Wave: " 2 ", Share: &half})
		if r := dep.Reached(); err != nil || r.Wave != "2" || r.Share == nil || *r.Share != half || dep.Version != 2 {
			t.Errorf("reach %+v of %+v, %v", r, dep, err)
		}
		x, err = d.s.SetOutcome(ctx, d.ana, x.ID, x.Version, Held, "seen")
		if err != nil || x.OutcomeBy == nil || *x.OutcomeBy != d.ana.ID || x.OutcomeAt == nil || x.Showed() != Held {
			t.Errorf("outcome %+v, %v", x, err)
		}
		x, err = d.s.SetOutcome(ctx, d.ana, x.ID, x.Version, "", "")
		if err != nil || x.OutcomeBy != nil || x.OutcomeAt != nil || x.Showed() != Unknown {
			t.Errorf("taken back: %+v, %v", x, err)
		}
		if n := d.audited("evidence.outcome") + d.audited("evidence.reach"); n != 3 {
			t.Errorf("%d audit rows", n)
		}
		_, err = d.s.ItemByID(ctx, nil, x.ID)
		wantFault(t, err, fault.Forbidden, "an item for nobody")
		_, err = d.s.ItemByID(ctx, d.dan, 9999)
		wantFault(t, err, fault.NotFound, "no such item")
		if i, err := d.s.ItemByID(ctx, d.dan, x.ID); err != nil || i.ExternalID != "x" {
			t.Errorf("a reader sees %+v, %v", i, err)
		}
	})
}

func (d *desk) audited(verb string) (n int64) {
	d.t.Helper()
	d.must(d.g.Table("audit").Where("verb = ?", verb).Count(&n).Error)
	return n
}

func TestAnAliasMatchesAllThatWaited(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		for i, name := range []string{"arn:pay", "ARN:Pay", "arn:other", "x"} {
			r := Record{Type: TypeDeployment, ExternalID: fmt.Sprint("d", i), Service: name, State: "succeeded", StartedAt: minuteAt(i * 10), EndedAt: minuteAt(i*10 + 1), ToVersion: fmt.Sprint(i)}
			if name == "x" {
				r.Names = []string{"arn:pay"}
			}
			d.tell("ecs", r)
		}
		list, err := d.s.Items(ctx, d.dan, ItemFilter{Unmatched: true})
		if err != nil || len(list) != 4 {
			t.Fatalf("%d unmatched, %v", len(list), err)
		}
		wantFault(t, d.s.AssignService(ctx, d.ana, list[3].ID, d.db, "arn:pay"), fault.Forbidden, "a name by a writer")
		wantFault(t, d.s.AssignService(ctx, people.Operator(), list[3].ID, d.db, "cart"), fault.Conflict, "another service's name")
		d.must(d.s.AssignService(ctx, people.Operator(), list[3].ID, d.db, " arn:pay "))
		left, err := d.s.Items(ctx, d.dan, ItemFilter{Unmatched: true})
		matched, err2 := d.s.Items(ctx, d.dan, ItemFilter{ServiceID: d.db})
		if err != nil || err2 != nil || len(left) != 1 || left[0].Service != "arn:other" || len(matched) != 3 {
			t.Errorf("left %v, matched %d", left, len(matched))
		}
		d.tell("ecs", Record{Type: TypeDeployment, ExternalID: "d9", Service: "arn:PAY", State: "running", StartedAt: minuteAt(90)})
		if i := d.item(TypeDeployment, "d9"); i.ServiceID == nil || *i.ServiceID != d.db {
			t.Errorf("the next one is at service %v", i.ServiceID)
		}
	})
}

func TestAnAliasForManyIsDoneByAJob(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		var records []Record
		for i := range 1300 { // more than are kept, and more than are looked at, at once
			name := "arn:pay"
			if i%2 == 1 {
				name = "arn:other"
			}
			records = append(records, Record{Type: TypeAlarm, SubjectKey: fmt.Sprint("a", i), Service: name, State: "alarm", StartedAt: minuteAt(i)})
		}
		d.tell("many", records...)
		d.must(d.s.AssignService(t.Context(), people.Operator(), d.item(TypeAlarm, "a0").ID, d.db, "arn:pay"))
		run := jobs.NewRunner(jobs.Config{DB: d.g, Wall: d.s.Wall, Handlers: d.s.Handlers()})
		_, err := run.Drain(t.Context())
		d.must(err)
		var matched, waiting, parked int64
		d.must(d.g.Model(&Item{}).Where("service_id = ?", d.db).Count(&matched).Error)
		d.must(d.g.Model(&Item{}).Where("service_id IS NULL").Count(&waiting).Error)
		d.must(d.g.Table("jobs").Where("state <> 'done'").Count(&parked).Error)
		if matched != 650 || waiting != 650 || parked != 0 {
			t.Errorf("%d matched, %d wait, %d jobs are not done", matched, waiting, parked)
		}
	})
}

func TestListsTakeOneQueryAndAnIndex(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		ctx := t.Context()
		var records []Record
		for i := range 120 {
			kind := everyType()[i%5]
			records = append(records, Record{Type: kind, ExternalID: fmt.Sprint("i", i), Service: "cart", State: "running", StartedAt: minuteAt(i)})
		}
		d.tell("many", records...)
		q := db.CountQueries(d.g)
		defer q.Stop()
		page, err := d.s.Items(ctx, d.dan, ItemFilter{Types: []Type{TypeDeployment, TypeRollback}, ServiceID: d.cart, Limit: 30})
		if err != nil || len(page) != 30 || q.N() != 1 {
			t.Fatalf("%d items in %d queries, %v", len(page), q.N(), err)
		}
		rest, err := d.s.Items(ctx, d.dan, ItemFilter{Types: []Type{TypeDeployment, TypeRollback}, Before: page[29].ID, Limit: 30})
		if err != nil || len(rest) != 18 || rest[0].ID >= page[29].ID {
			t.Errorf("the next page has %d, %v", len(rest), err)
		}
		q.Reset()
		_, err = d.s.Items(ctx, d.dan, ItemFilter{Unmatched: true, Before: 100})
		d.must(err)
		d.must(d.s.Tick(ctx))
		d.must(d.s.AssignService(ctx, people.Operator(), page[0].ID, d.db, "a name"))
		_, err = ItemsInWindow(d.g, []int64{d.cart, d.db}, *minuteAt(0), *minuteAt(10), 50)
		d.must(err)
		_, err = d.s.Purge(ctx)
		d.must(err)
		d.tell("many", records[:5]...)
		d.tell("many", Record{Type: TypeRollback, ExternalID: "back", RollsBack: "i1", State: "running", StartedAt: minuteAt(1)})
		ran := q.SQL()
		d.uses(ran, "evidence_items_unmatched", "service_id IS NULL")
		d.uses(ran, "evidence_items_running", "rank >= 20")
		d.uses(ran, "evidence_items_settling", "settle_until IS NOT NULL")
		d.uses(ran, "evidence_items_undoes", "undoes <> ''")
		d.uses(ran, "evidence_items_external", "external_id IN")
		d.uses(ran, "evidence_records_time", "occurred_at DESC")
		d.uses(ran, "hook_deliveries_new", "state = 'received'")
		d.uses(ran, "hook_deliveries_age", "received_at <")
		d.uses(ran, "evidence_items_service", "UNION")
		d.uses(ran, "evidence_spans_time", "UNION")
	})
}

// uses checks on SQLite that statements which were run go through an index.
// PostgreSQL rightly reads small tables whole.
func (d *desk) uses(ran []string, index, part string) {
	d.t.Helper()
	if db.IsPostgres(d.g) {
		return
	}
	found := false
	for _, query := range ran {
		if !strings.Contains(query, part) || strings.HasPrefix(query, "INSERT") {
			continue
		}
		found = true
		var plan []struct{ Detail string }
		args := make([]any, strings.Count(query, "?"))
		for i := range args {
			args[i] = 1
		}
		d.must(d.g.Raw("EXPLAIN QUERY PLAN "+query, args...).Scan(&plan).Error)
		if !slices.ContainsFunc(plan, func(p struct{ Detail string }) bool { return strings.Contains(p.Detail, index) }) {
			d.t.Errorf("%s is not used by %s: %v", index, query, plan)
		}
	}
	if !found {
		d.t.Errorf("no statement with %s was run", part)
	}
}

func TestWhatWentOnInAWindow(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		long := minuteAt(-60 * 24 * 60)
		d.tell("t",
			Record{Type: TypeDeployment, ExternalID: "before", Service: "cart", State: "succeeded", StartedAt: minuteAt(0), EndedAt: minuteAt(4)},
			Record{Type: TypeDeployment, ExternalID: "into", Service: "cart", State: "succeeded", StartedAt: minuteAt(0), EndedAt: minuteAt(11)},
			Record{Type: TypeDeployment, ExternalID: "over", Service: "cart", State: "running", StartedAt: minuteAt(-600)},
			Record{Type: TypeDeployment, ExternalID: "months ago", Service: "cart", State: "running", StartedAt: long},
			Record{Type: TypeDeployment, ExternalID: "after", Service: "cart", State: "running", StartedAt: minuteAt(21)},
			Record{Type: TypeDeployment, ExternalID: "elsewhere", Service: "db", State: "running", StartedAt: minuteAt(12)},
			Record{Type: TypeDeployment, ExternalID: "unknown", State: "running", StartedAt: minuteAt(12)},
			Record{Type: TypeAlarm, SubjectKey: "a", Service: "cart", DedupeKey: "1", State: "alarm", StartedAt: minuteAt(15)},
			Record{Type: TypeAlarm, SubjectKey: "a", Service: "cart", DedupeKey: "2", State: "ok", EndedAt: minuteAt(16)},
			Record{Type: TypeAlarm, SubjectKey: "a", Service: "cart", DedupeKey: "3", State: "alarm", StartedAt: minuteAt(90)},
			Record{Type: TypeAlarm, SubjectKey: "later", Service: "cart", DedupeKey: "1", State: "alarm", StartedAt: minuteAt(90)},
			Record{Type: TypeExperiment, ExternalID: "run", Service: "cart", State: "completed", StartedAt: minuteAt(20), EndedAt: minuteAt(40), Outcome: Held},
		)
		list, err := ItemsInWindow(d.g, []int64{d.cart}, *minuteAt(10), *minuteAt(20), 50)
		d.must(err)
		var got []string
		for _, i := range list {
			got = append(got, i.SubjectKey)
		}
		slices.Sort(got)
		if want := []string{"a", "into", "over", "run"}; !slices.Equal(got, want) {
			t.Errorf("in the window %q, want %q", got, want)
		}
		if list, err := ItemsInWindow(d.g, nil, *minuteAt(0), *minuteAt(20), 50); err != nil || len(list) != 0 {
			t.Errorf("of no service: %v, %v", list, err)
		}
	})
}

func TestAlarmsDuringARun(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		alarm := func(key, service string, at int) Record {
			return Record{Type: TypeAlarm, SubjectKey: key, ExternalID: key, Title: key, Service: service, State: "alarm", StartedAt: minuteAt(at)}
		}
		d.tell("cloudwatch", alarm("before", "cart", -1), alarm("during", "cart", 3), alarm("settling", "cart", 14), alarm("late", "cart", 16), alarm("other", "db", 3), alarm("Named", "db", 4))
		d.tell("fis", Record{Type: TypeExperiment, ExternalID: "x", Service: "cart", Alarms: []string{"named"}, State: "completed", StartedAt: minuteAt(0), EndedAt: minuteAt(5)})
		run := d.item(TypeExperiment, "x")
		list, spans, err := AlarmsDuring(d.g, &run)
		d.must(err)
		var got []string
		for _, i := range list {
			got = append(got, i.Title)
			if len(spans[i.ID]) != 1 {
				t.Errorf("%s has spans %v", i.Title, spans[i.ID])
			}
		}
		if want := []string{"during", "Named", "settling"}; !slices.Equal(got, want) || len(spans) != 3 {
			t.Errorf("alarms %q, want %q", got, want)
		}
	})
}

// TestNothingIsLostWhenManyReadAtOnce folds one item from many sides at the same
// time.
func TestNothingIsLostWhenManyReadAtOnce(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		const sides, each = 6, 8
		other := &Store{DB: dbtest.Same(t, d.g, dbtest.WithClock(d.clock)), Wall: d.s.Wall}
		var batches [][]reading
		for side := range sides {
			for n := range each {
				id := d.arrive("{}")[0]
				m := side*each + n
				batches = append(batches, []reading{told(id, "t", d.clock.Now(), []Record{
					{Type: TypeAlarm, SubjectKey: "a", DedupeKey: fmt.Sprint("on", m), State: "alarm", StartedAt: minuteAt(m * 20)},
					{Type: TypeAlarm, SubjectKey: "a", DedupeKey: fmt.Sprint("off", m), State: "ok", EndedAt: minuteAt(m*20 + 1)},
					{Type: TypeExperiment, ExternalID: fmt.Sprint("run", m), Definition: fmt.Sprint("same", m%3), State: "running", StartedAt: minuteAt(m)},
				})})
			}
		}
		var all sync.WaitGroup
		errs := make([]error, sides)
		for side := range sides {
			all.Go(func() {
				s := d.s
				if side%2 == 1 {
					s = other
				}
				for n := range each {
					if err := s.keepAll(t.Context(), batches[side*each+n]); err != nil {
						errs[side] = err
					}
				}
			})
		}
		all.Wait()
		for _, err := range errs {
			d.must(err)
		}
		a := d.item(TypeAlarm, "a")
		spans, err := SpansOf(d.g, []int64{a.ID})
		d.must(err)
		var failed int64
		d.must(d.g.Model(&Delivery{}).Where("state <> 'projected'").Count(&failed).Error)
		if n := len(spans[a.ID]); n != sides*each || failed != 0 || d.count("evidence_items") != 1+sides*each || d.count("experiments") != 3 {
			t.Errorf("%d spans, %d deliveries not read, %d items, %d experiments", n, failed, d.count("evidence_items"), d.count("experiments"))
		}
		said, err := d.s.Statements(t.Context(), d.dan, a.ID, 0)
		if err != nil || len(said) != 2*sides*each || !said[0].Seen.Before(said[95].Seen) {
			t.Errorf("%d statements, %v", len(said), err)
		}
	})
}

// TestManyFirings folds only the newest statements and keeps older stretches.
func TestManyFirings(t *testing.T) {
	t.Parallel()
	d := newDesk(t, dbtest.New)
	var records []Record
	for n := range 600 {
		records = append(records,
			Record{Type: TypeAlarm, SubjectKey: "a", DedupeKey: fmt.Sprint("on", n), State: "alarm", StartedAt: minuteAt(n * 20)},
			Record{Type: TypeAlarm, SubjectKey: "a", DedupeKey: fmt.Sprint("off", n), State: "ok", EndedAt: minuteAt(n*20 + 1)})
	}
	d.tell("t", records[:900]...)
	d.tell("t", records[900:]...)
	d.must(d.g.Transaction(func(tx *gorm.DB) error { return d.s.refresh(tx, []int64{d.item(TypeAlarm, "a").ID}) }))
	if n := d.count("evidence_spans"); n != 600 {
		t.Errorf("%d spans of 600", n)
	}
	if a := d.item(TypeAlarm, "a"); !sameTime(a.StartedAt, minuteAt(599*20)) || a.State != "ok" {
		t.Errorf("the alarm is at %v, %s", a.StartedAt.Format(time.RFC3339), a.State)
	}
}

// TestAnAlarmThatFlapsForDays stays one stretch, however many statements.
func TestAnAlarmThatFlapsForDays(t *testing.T) {
	t.Parallel()
	d := newDesk(t, dbtest.New)
	for part := range 4 {
		var records []Record
		for n := part * 200; n < (part+1)*200; n++ {
			records = append(records,
				Record{Type: TypeAlarm, SubjectKey: "a", DedupeKey: fmt.Sprint("on", n), State: "alarm", StartedAt: minuteAt(n * 4)},
				Record{Type: TypeAlarm, SubjectKey: "a", DedupeKey: fmt.Sprint("off", n), State: "ok", EndedAt: minuteAt(n*4 + 1)})
		}
		d.tell("t", records...)
	}
	a := d.item(TypeAlarm, "a")
	spans, err := SpansOf(d.g, []int64{a.ID})
	d.must(err)
	if got := spans[a.ID]; len(got) != 1 || !sameTime(a.StartedAt, minuteAt(0)) || !sameTime(got[0].EndedAt, minuteAt(799*4+1)) {
		t.Errorf("the alarm begins %v, spans %v", a.StartedAt, got)
	}
}
