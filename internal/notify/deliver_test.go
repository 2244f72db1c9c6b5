package notify_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"coetracker/actions"
	"coetracker/internal/dbtest"
	"coetracker/internal/jobs"
	"coetracker/internal/notify"
	"coetracker/people"

	"gorm.io/gorm"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// tuesday is a working morning, 10:00 UTC.
var tuesday = time.Date(2026, 3, 17, 10, 0, 0, 0, time.UTC)

// postbox is a Sender that keeps what was posted and does what the test says.
type postbox struct {
	posted  map[string]int // by delivery
	looks   int
	updates []string
	onSend  func(n int, m notify.Message) notify.Result // n counts sends from 1
	sends   int
	blind   bool // Find cannot tell
}

func (p *postbox) Send(_ context.Context, m notify.Message) notify.Result {
	p.sends++
	if p.onSend != nil {
		return p.onSend(p.sends, m)
	}
	return p.post(m)
}

func (p *postbox) post(m notify.Message) notify.Result {
	p.posted[m.DeliveryID]++
	return notify.Result{Class: notify.ClassSent, Receipt: notify.Receipt{ChannelID: "D1", TS: "1." + m.DeliveryID}}
}

func (p *postbox) Find(_ context.Context, _ int64, id string, _ time.Time) notify.Found {
	p.looks++
	switch {
	case p.blind:
		return notify.Found{Wait: 20 * time.Second}
	case p.posted[id] > 0:
		return notify.Found{Receipt: notify.Receipt{ChannelID: "D1", TS: "1." + id}}
	}
	return notify.Found{}
}

func (p *postbox) Update(_ context.Context, m notify.Message, _ notify.Receipt) notify.Result {
	p.updates = append(p.updates, m.DeliveryID)
	return notify.Result{Class: notify.ClassSent}
}

func (p *postbox) Recorded(*gorm.DB, *notify.Message, string, notify.Receipt) error { return nil }

type desk struct {
	t         *testing.T
	g         *gorm.DB
	cal, wall *dbtest.Clock
	box       *postbox
	service   *notify.Service
	runner    *jobs.Runner
	action    int64
}

// each gives one action of Mei (2) that is due today; Ana (1) owns its COE.
func each(t *testing.T, f func(t *testing.T, d *desk)) {
	t.Helper()
	for _, kind := range []string{"sqlite", "postgres"} {
		t.Run(kind, func(t *testing.T) {
			d := &desk{t: t, cal: dbtest.NewClock(tuesday.AddDate(0, 0, -21)), wall: dbtest.NewClock(tuesday), box: &postbox{posted: map[string]int{}}}
			if kind == "postgres" {
				d.g = dbtest.Postgres(t, dbtest.WithClock(d.cal))
			} else {
				d.g = dbtest.New(t, dbtest.WithClock(d.cal))
			}
			d.service = &notify.Service{DB: d.g, Wall: d.wall.Now, Zone: time.UTC, Sender: d.box}
			d.runner = d.worker()
			for _, name := range []string{"ana", "mei"} {
				d.must(d.g.Create(&people.Person{Email: name + "@example.com", Name: name, Role: people.Writer, Version: 1}).Error)
			}
			now := d.cal.Now()
			d.must(d.g.Exec(`INSERT INTO coes (id, uid, number, title, kind, severity, state_since, owner_id, created_at, updated_at)
				VALUES (1, 'u1', 17, 'T', 'incident', 2, ?, 1, ?, ?)`, now, now, now).Error)
			mei := int64(2)
			a, err := d.store().Add(t.Context(), d.who(1), actions.New{COEID: 1, Title: "Due today", OwnerID: &mei, Due: "2026-03-17", Priority: "P2"})
			d.must(err)
			d.action = a.ID
			d.cal.Set(tuesday)
			f(t, d)
		})
	}
}

func (d *desk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) store() *actions.Store { return &actions.Store{DB: d.g, Zone: time.UTC} }

func (d *desk) who(id int64) *people.Principal {
	p, err := (&people.Store{DB: d.g}).Principal(context.Background(), id)
	d.must(err)
	return p
}

// worker is a further process.
func (d *desk) worker() *jobs.Runner {
	return jobs.NewRunner(jobs.Config{DB: d.g, Wall: d.wall.Now, Handlers: d.service.Handlers(), Jitter: func(time.Duration) time.Duration { return 0 }})
}

func (d *desk) plan() int {
	d.t.Helper()
	n, err := d.service.PlanNow(d.t.Context())
	d.must(err)
	return n
}

// run lets the worker work for a while, a second at a time.
func (d *desk) run(forTime time.Duration) {
	d.t.Helper()
	for range int(forTime/time.Second) + 1 {
		_, err := d.runner.Drain(d.t.Context())
		d.must(err)
		d.wall.Advance(time.Second)
	}
}

func (d *desk) delivery() notify.Delivery {
	d.t.Helper()
	var row notify.Delivery
	d.must(d.g.Take(&row).Error)
	return row
}

func TestAWorkerThatDiesNeitherLosesNorDoubles(t *testing.T) {
	t.Parallel()
	for _, arrived := range []bool{true, false} {
		t.Run(fmt.Sprintf("arrived %v", arrived), func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, d *desk) {
				d.box.onSend = func(n int, m notify.Message) notify.Result {
					if n == 1 {
						if arrived {
							d.box.post(m)
						}
						panic("the process dies here")
					}
					return d.box.post(m)
				}
				d.plan()
				began := d.wall.Now()
				d.run(6 * time.Second)
				if row := d.delivery(); row.State != notify.Uncertain || row.Fence != 2 {
					t.Fatalf("after the crash it is %s, fence %d", row.State, row.Fence)
				}
				d.run(20 * time.Second)
				if d.box.looks != 0 {
					t.Errorf("looked for within 30 s of the attempt")
				}
				d.run(6 * time.Minute)
				row := d.delivery()
				want := 1
				if arrived {
					want = 0
				}
				if row.State != notify.Sent || d.box.posted[row.ID] != 1 || d.box.sends != 1+want {
					t.Errorf("%s after %s, posted %v, sends %d, looks %d", row.State, d.wall.Now().Sub(began), d.box.posted, d.box.sends, d.box.looks)
				}
			})
		})
	}
}

func TestAWorkerThatLostItsLeaseDoesNotWrite(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *desk) {
		other := d.worker()
		d.box.onSend = func(n int, m notify.Message) notify.Result {
			r := d.box.post(m)
			if n == 1 { // it takes longer than its lease; another process takes the job
				d.wall.Advance(21 * time.Second)
				if _, err := other.RunOnce(context.Background()); err != nil {
					t.Error(err)
				}
			}
			return r
		}
		d.plan()
		if _, err := d.runner.RunOnce(t.Context()); err != nil {
			t.Fatal(err)
		}
		if row := d.delivery(); row.State != notify.Uncertain || row.TS != "" {
			t.Fatalf("the first worker wrote %s %q", row.State, row.TS)
		}
		d.run(time.Minute)
		if row := d.delivery(); row.State != notify.Sent || d.box.sends != 1 || d.box.posted[row.ID] != 1 {
			t.Errorf("%s, sends %d, posted %v", row.State, d.box.sends, d.box.posted)
		}
	})
}

func TestWhatCannotBeLookedForIsAssumedSentInTheEvening(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *desk) {
		d.box.blind = true
		d.box.onSend = func(int, notify.Message) notify.Result { return notify.Result{Class: notify.ClassUncertain} }
		d.plan()
		d.run(2 * time.Minute)
		if row := d.delivery(); row.State != notify.Uncertain {
			t.Fatalf("it is %s", row.State)
		}
		d.cal.Set(tuesday.Add(8 * time.Hour))
		d.run(time.Minute)
		if row := d.delivery(); row.State != notify.AssumedSent || d.box.sends != 1 {
			t.Errorf("it is %s after %d sends", row.State, d.box.sends)
		}
	})
}

func TestAChangeWhileTheMessageIsOnItsWayIsCaughtUp(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *desk) {
		d.box.onSend = func(_ int, m notify.Message) notify.Result {
			_, err := d.store().Done(context.Background(), d.who(2), actions.At{ID: d.action}, actions.Evidence{})
			d.must(err)
			return d.box.post(m)
		}
		d.plan()
		d.run(10 * time.Second)
		if row := d.delivery(); row.State != notify.Sent || len(d.box.updates) == 0 {
			t.Errorf("%s, updates %v: the message shows an open action for ever", row.State, d.box.updates)
		}
	})
}

func TestPlanningTwiceMakesOneDigestPerDay(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *desk) {
		if a, b := d.plan(), d.plan(); a != 1 || b != 0 {
			t.Errorf("planned %d and %d, want 1 and 0", a, b)
		}
		d.run(time.Second)
		d.cal.Advance(2 * time.Hour)
		if n := d.plan(); n != 0 {
			t.Errorf("planned %d later that day", n)
		}
		d.cal.Set(tuesday.Add(23 * time.Hour))
		if n := d.plan(); n != 1 {
			t.Errorf("planned %d the next morning, want 1: a day overdue", n)
		}
		var items, jobsLeft int
		d.g.Raw("SELECT count(*) FROM delivery_items").Scan(&items)
		d.g.Raw("SELECT count(*) FROM jobs WHERE kind = 'deliver'").Scan(&jobsLeft)
		if items != 2 || jobsLeft != 2 {
			t.Errorf("%d items and %d jobs, want 2 and 2", items, jobsLeft)
		}
	})
}

func TestTickIsOneJobPerMinute(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *desk) {
		for range 3 {
			d.must(d.service.Tick(t.Context()))
		}
		d.cal.Advance(time.Minute)
		d.must(d.service.Tick(t.Context()))
		var n int
		d.g.Raw("SELECT count(*) FROM jobs WHERE kind = 'plan'").Scan(&n)
		if n != 2 {
			t.Errorf("%d jobs, want 2", n)
		}
		d.run(time.Second)
		if row := d.delivery(); row.State != notify.Sent {
			t.Errorf("the digest is %s", row.State)
		}
	})
}

func TestADigestHoldsEveryActionThatMatters(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *desk) {
		for i := range 50 {
			d.must(d.g.Exec(`INSERT INTO actions (coe_id, number, key, rank, title, owner_id, due, state_since, created_at, updated_at, assigned_at) VALUES (1, ?, ?, 'n0', 'x', 2, '2026-03-17', ?, ?, ?, ?)`,
				i+10, fmt.Sprint("k", i), tuesday, tuesday, tuesday, tuesday).Error)
		}
		d.plan()
		var n int
		d.g.Raw("SELECT count(*) FROM delivery_items").Scan(&n)
		if n != 51 {
			t.Errorf("%d items in the digest, want 51", n)
		}
	})
}

// A named verifier who may not see a restricted COE is not told of it: not when
// it is planned, and not when it becomes restricted before the digest leaves.
func TestAVerifierHearsNothingOfACOETheyMayNotSee(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		early bool // restricted before planning
		named bool // the verifier is named in the COE
		posts int
	}{"before planning": {early: true}, "before sending": {}, "named": {early: true, named: true, posts: 1}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, d *desk) {
				d.must(d.g.Create(&people.Person{Email: "zoe@example.com", Name: "zoe", Role: people.Writer, Version: 1}).Error)
				ana, long := int64(1), tuesday.AddDate(0, 0, -7)
				d.must(d.g.Model(&actions.Action{}).Where("id = ?", d.action).Updates(map[string]any{
					"owner_id": ana, "verifier_id": 3, "state": actions.ClaimedDone, "claimed_at": long, "claimed_by": ana,
				}).Error)
				restrict := func() { d.must(d.g.Exec("UPDATE coes SET visibility = 'restricted'").Error) }
				if tt.named {
					d.must(d.g.Exec("INSERT INTO coe_people (coe_id, person_id, role) VALUES (1, 3, 'named')").Error)
				}
				if tt.early {
					restrict()
				}
				d.plan()
				restrict()
				d.run(10 * time.Second)
				if len(d.box.posted) != tt.posts {
					t.Errorf("%d messages left, want %d", len(d.box.posted), tt.posts)
				}
			})
		})
	}
}
