package slackbot_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"coetracker/internal/dbtest"
	"coetracker/internal/notify"
)

// fault is a line of the stand-in's script.
type fault struct {
	Method string `json:"method"`
	Kind   string `json:"kind"`
	After  int    `json:"after"`
	Times  int    `json:"times"`
}

// mix draws faults for about a quarter of the posts and a tenth of the looks;
// after counts the calls of the method before the one that is hit.
func mix(n int, seed uint64) []fault {
	rng := rand.New(rand.NewPCG(seed, seed))
	post := []string{
		"429", "429", "503", "503", "drop_after", "drop_after", "drop_after", "drop_after", "502_after", "truncated", "drop_before",
		"empty", "ok_false", "html", "ratelimited", "internal_error", "fatal_error_after",
	}
	var script []fault
	for call := range n {
		if rng.Float64() < .25 {
			script = append(script, fault{"chat.postMessage", post[rng.IntN(len(post))], call, 1})
		}
		if rng.Float64() < .10 {
			script = append(script, fault{"conversations.history", []string{"503", "429", "drop_before"}[rng.IntN(3)], call, 1})
		}
	}
	return script
}

// outboxSize is how many deliveries go through the faults.
func outboxSize() int {
	if os.Getenv("COE_TEST_LONG") == "1" {
		return 3000
	}
	return 100
}

func TestNothingIsLostAndNothingComesTwice(t *testing.T) {
	t.Parallel()
	eachRig(t, func(t *testing.T, r *rig) {
		n := outboxSize()
		persons := min(n, 100)
		for id := int64(4); id < int64(4+persons); id++ {
			r.person(id, fmt.Sprintf("p%d Person", id))
			r.coe(id, 100+id, "org", id)
		}
		r.control("/_fake/faults", mix(n*2, 7), nil)
		rounds := n / persons
		day := tuesday
		for round := range rounds { // a further working day each, the actions ever later
			for id := int64(4); id < int64(4+persons); id++ {
				r.exec(`INSERT INTO actions (coe_id, number, key, rank, title, owner_id, due, first_due, priority, state_since, created_at, updated_at, assigned_at)
					VALUES (?, ?, ?, 'n0', ?, ?, ?, ?, 'P2', ?, ?, ?, ?)`, id, round+1, fmt.Sprint("k", round), fmt.Sprintf("Round %d", round), id,
					day.Format("2006-01-02"), day.Format("2006-01-02"), day.AddDate(0, 0, -20), day.AddDate(0, 0, -20), day, day.Add(-2*time.Hour))
			}
			r.cal.Set(day)
			if got, err := r.notify.PlanNow(t.Context()); err != nil || got != persons {
				t.Fatalf("round %d: planned %d, %v", round, got, err)
			}
			r.settle(400)
			r.wall.Advance(day.AddDate(0, 0, 1).Sub(day))
			for day = day.AddDate(0, 0, 1); day.Weekday() == time.Saturday || day.Weekday() == time.Sunday; {
				day = day.AddDate(0, 0, 1)
			}
		}
		seen := map[string]int{}
		for _, m := range r.messages(0) {
			var md struct {
				Payload struct {
					D string `json:"d"`
				} `json:"event_payload"`
			}
			if err := json.Unmarshal(m.Metadata, &md); err != nil || md.Payload.D == "" {
				t.Fatalf("a message without delivery: %s", m.Metadata)
			}
			seen[md.Payload.D]++
		}
		doubles := 0
		for _, k := range seen {
			doubles += k - 1
		}
		if states := r.states(); len(seen) != n || doubles != 0 || states["sent"] != n {
			t.Errorf("of %d: %d arrived, %d doubles, deliveries %v", n, len(seen), doubles, states)
		}
		if hit := r.count("SELECT count(*) FROM deliveries WHERE fence > 1"); hit < n/10 {
			t.Errorf("only %d of %d deliveries met a fault", hit, n)
		}
		r.wellFormed()
	})
}

func TestEachFaultOfAPost(t *testing.T) {
	t.Parallel()
	cal := dbtest.NewClock(tuesday)
	for _, c := range []struct {
		name   string
		script []fault
		state  string // of the delivery at the end
		posts  int    // messages that arrived
		class  string // kept for administrators
	}{
		{"429 with seconds", []fault{{"chat.postMessage", "429", 0, 1}}, "sent", 1, ""},
		{"429 in the body", []fault{{"chat.postMessage", "ratelimited", 0, 1}}, "sent", 1, ""},
		{"refused before acceptance", []fault{{"chat.postMessage", "503", 0, 1}}, "sent", 1, ""},
		{"accepted, then 502", []fault{{"chat.postMessage", "502_after", 0, 1}}, "sent", 1, ""},
		{"accepted, then hung up", []fault{{"chat.postMessage", "drop_after", 0, 1}}, "sent", 1, ""},
		{"hung up before", []fault{{"chat.postMessage", "drop_before", 0, 1}}, "sent", 1, ""},
		{"half an answer", []fault{{"chat.postMessage", "truncated", 0, 1}}, "sent", 1, ""},
		{"a page of HTML", []fault{{"chat.postMessage", "html", 0, 1}}, "sent", 1, ""},
		{"an empty object", []fault{{"chat.postMessage", "empty", 0, 1}}, "sent", 1, ""},
		{"not ok, without a word", []fault{{"chat.postMessage", "ok_false", 0, 1}}, "sent", 1, ""},
		{"history fails too", []fault{{"chat.postMessage", "drop_after", 0, 1}, {"conversations.history", "503", 0, 3}}, "sent", 1, ""},
		{"history may not be read", []fault{{"chat.postMessage", "drop_after", 0, 1}, {"conversations.history", "missing_scope", 0, 1}}, "assumed_sent", 1, "uncertain"},
		{"a channel that is gone", []fault{{"chat.postMessage", "channel_not_found", 0, 1}}, "sent", 0, "recipient"},
		{"blocks refused once", []fault{{"chat.postMessage", "invalid_blocks", 0, 1}}, "sent", 1, ""},
		{"blocks refused always", []fault{{"chat.postMessage", "invalid_blocks", 0, 2}}, "dead", 0, "ours"},
		{"access lost for a while", []fault{{"chat.postMessage", "invalid_auth", 0, 3}}, "sent", 1, ""},
		{"lookup fails", []fault{{"users.lookupByEmail", "503", 0, 1}, {"conversations.open", "drop_after", 0, 1}}, "sent", 1, ""},
		{"an error nobody knows", []fault{{"chat.postMessage", "purple_monkey", 0, 2}}, "sent", 1, ""},
		{"the same for ever", []fault{{"chat.postMessage", "purple_monkey", 0, 50}}, "dead", 0, "unknown"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cal := dbtest.NewClock(cal.Now().AddDate(0, 0, -21))
			r := newRig(t, dbtest.New(t, dbtest.WithClock(cal)), cal)
			r.add(1, mei, "Due today", "2026-03-17", "P2")
			r.control("/_fake/faults", c.script, nil)
			r.cal.Set(tuesday)
			if _, err := r.notify.PlanNow(t.Context()); err != nil {
				t.Fatal(err)
			}
			r.settle(400)
			var d struct{ State, ErrorClass string }
			r.g.Raw("SELECT state, error_class FROM deliveries WHERE person_id = ?", mei).Scan(&d)
			if got := len(r.messages(mei)); d.State != c.state || got != c.posts {
				t.Errorf("%s with %d messages, want %s with %d", d.State, got, c.state, c.posts)
			}
			if c.class != "" && d.ErrorClass != c.class {
				t.Errorf("class %q, want %q", d.ErrorClass, c.class)
			}
		})
	}
}

func TestRetryAfterHoldsForAllOfTheMethod(t *testing.T) {
	t.Parallel()
	cal := dbtest.NewClock(tuesday.AddDate(0, 0, -21))
	r := newRig(t, dbtest.New(t, dbtest.WithClock(cal)), cal)
	r.add(1, mei, "Due today", "2026-03-17", "P2")
	r.add(1, sam, "Due today", "2026-03-17", "P2")
	r.control("/_fake/faults", []map[string]any{{"method": "chat.postMessage", "kind": "429", "retry_after": 70}}, nil)
	before := r.wall.Now()
	r.morning()
	if n := len(r.messages(0)); n != 0 {
		t.Errorf("%d messages while the method is blocked", n)
	}
	r.settle(40)
	if waited := r.wall.Now().Sub(before); len(r.messages(0)) != 2 || waited < 70*time.Second {
		t.Errorf("%d messages after %s, want 2 not before 70 s", len(r.messages(0)), waited)
	}
	if n := r.count("SELECT count(*) FROM deliveries WHERE attempts = 1"); n != 2 {
		t.Errorf("%d deliveries count one attempt, want 2: being asked to wait does not count", n)
	}
	r.wellFormed()
}

func TestPostsKeepTheirPace(t *testing.T) {
	t.Parallel()
	cal := dbtest.NewClock(tuesday.AddDate(0, 0, -21))
	r := newRig(t, dbtest.New(t, dbtest.WithClock(cal)), cal)
	for id := int64(4); id < 24; id++ {
		r.person(id, fmt.Sprintf("p%d Person", id))
		r.add(1, id, "Due today", "2026-03-17", "P2")
	}
	r.morning()
	r.settle(40)
	var last float64
	list := r.messages(0)
	if len(list) != 20 {
		t.Fatalf("%d messages, want 20", len(list))
	}
	for i, m := range list {
		var at float64
		if _, err := fmt.Sscan(m.TS, &at); err != nil || !strings.Contains(m.TS, ".") {
			t.Fatal(err)
		}
		if i > 0 && at-last < 0.249 {
			t.Errorf("message %d came %.3f s after the one before, want at least 0.25", i, at-last)
		}
		last = at
	}
}

// A process that stood still between taking a delivery and posting it may have
// lost it to another: it must not post.
func TestALateAttemptDoesNotPost(t *testing.T) {
	r := newRig(t, dbtest.New(t), dbtest.NewClock(tuesday))
	who, err := r.people.ByID(t.Context(), mei)
	if err != nil {
		t.Fatal(err)
	}
	m := notify.Message{DeliveryID: "d1", Person: *who, Zone: time.UTC, Day: "2026-03-17", Until: r.wall.Now().Add(-time.Second)}
	if got := r.bot.Send(t.Context(), m); got.Class != notify.ClassUnreachable {
		t.Errorf("a late attempt is %q: %s", got.Class, got.Text)
	}
	if n := len(r.messages(mei)); n != 0 {
		t.Errorf("%d messages came of a late attempt", n)
	}
	m.Until = r.wall.Now().Add(time.Minute)
	if got := r.bot.Send(t.Context(), m); got.Class != notify.ClassSent || len(r.messages(mei)) != 1 {
		t.Errorf("an attempt in time is %q: %s", got.Class, got.Text)
	}
}
