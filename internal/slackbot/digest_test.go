package slackbot_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"coetracker/actions"
	"coetracker/internal/dbtest"
	"coetracker/internal/notify"
)

func TestOneDigestWithEverything(t *testing.T) {
	t.Parallel()
	eachRig(t, func(t *testing.T, r *rig) {
		r.add(1, mei, "Cap <!channel> *retries* & ~more~", "2026-03-12", "P2")
		r.add(1, mei, "Page on lag", "2026-03-17", "P1")
		r.add(2, mei, "SECRET action one", "2026-03-17", "P2")
		r.add(2, mei, "SECRET action two", "2026-03-18", "P2")
		r.add(1, mei, "Much later", "2026-09-01", "P3")
		if n := r.morning(); n != 2 {
			t.Errorf("%d digests planned, want 2: Mei's and Ana's", n)
		}
		m := r.one(mei)
		if m.Text != "You owe 3 actions. 1 is overdue. 1 restricted COE has something for you." {
			t.Errorf("text %q", m.Text)
		}
		blocks := string(m.Blocks)
		for _, want := range []string{`"text":"A-1 Cap \u003c!channel\u003e *retries* \u0026 ~more~","type":"plain_text"`, "5 days overdue", "COE-18: 2 actions due Tue 17 Mar", base + "/me/actions", base + "/coes/17"} {
			if !strings.Contains(plainJSON(blocks), plainJSON(want)) {
				t.Errorf("%q is not in %s", want, blocks)
			}
		}
		if strings.Contains(blocks, "SECRET") || strings.Contains(m.Text, "SECRET") {
			t.Errorf("a restricted title is in %s", blocks)
		}
		var id string
		r.g.Raw("SELECT id FROM deliveries WHERE person_id = ?", mei).Scan(&id)
		if want := fmt.Sprintf(`{"event_payload":{"d":"%s"},"event_type":"coe_delivery"}`, id); plainJSON(string(m.Metadata)) != plainJSON(want) {
			t.Errorf("metadata %s, want %s", m.Metadata, want)
		}
		if text := r.one(ana).Text; !strings.HasPrefix(text, "In your COEs 1 action of others is late.") {
			t.Errorf("the COE's owner reads %q", text)
		}
		r.wellFormed()
	})
}

// plainJSON takes out what JSON writers differ in.
func plainJSON(s string) string {
	return strings.NewReplacer(" ", "", `\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(s)
}

func TestManyActionsFitIntoOneMessage(t *testing.T) {
	t.Parallel()
	eachRig(t, func(t *testing.T, r *rig) {
		long := strings.Repeat("👩🏽‍🚒", 40) + strings.Repeat(" ערבית שלום", 10)
		for i := range 45 {
			r.add(1, mei, fmt.Sprintf("%d %s", i, long), "2026-03-12", "P3")
		}
		r.morning()
		m := r.one(mei)
		if n := strings.Count(string(m.Blocks), `"action_done"`); n != 10 || !strings.Contains(string(m.Blocks), "35 more.") {
			t.Errorf("%d rows with buttons in %s", n, m.Blocks)
		}
		r.wellFormed()
	})
}

func TestSecondPlannerAndSecondProcessAddNothing(t *testing.T) {
	t.Parallel()
	cal := dbtest.NewClock(tuesday.AddDate(0, 0, -21))
	g := dbtest.Postgres(t, dbtest.WithClock(cal))
	r := newRig(t, g, cal)
	const persons = 200
	for id := int64(4); id <= persons+3; id++ {
		r.person(id, fmt.Sprintf("p%d Person", id))
	}
	for id := int64(4); id <= persons+3; id++ {
		r.coe(id, 100+id, "org", (id-3)%persons+4) // the neighbour owns the COE
		for k, due := range []string{"2026-03-17", "2026-03-16", "2026-03-11"} {
			r.exec(`INSERT INTO actions (coe_id, number, key, rank, title, owner_id, due, first_due, state_since, created_at, updated_at, assigned_at)
				VALUES (?, ?, ?, 'n0', 'Do it', ?, ?, ?, ?, ?, ?, ?)`, id, k+1, fmt.Sprint("k", k), id, due, due, tuesday.AddDate(0, 0, -20), tuesday.AddDate(0, 0, -20), tuesday, tuesday.AddDate(0, 0, -20))
		}
	}
	cal.Set(tuesday)
	other := dbtest.Same(t, g, dbtest.WithClock(cal))
	_, service, runner := r.process(other)
	done := make(chan error, 2)
	for _, p := range []struct {
		s *notify.Service
		f func() error
	}{
		{r.notify, func() error { _, err := r.runner.Drain(t.Context()); return err }},
		{service, func() error { _, err := runner.Drain(t.Context()); return err }},
	} {
		go func() {
			_, err := p.s.PlanNow(t.Context())
			if err == nil {
				err = p.f()
			}
			done <- err
		}()
	}
	for range 2 {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	r.settle(100)
	per := map[string]int{}
	for _, m := range r.messages(0) {
		per[m.User]++
		if !strings.Contains(m.Text, "You owe 3 actions.") || !strings.Contains(m.Text, "In your COEs 1 action of others is late.") {
			t.Errorf("%s reads %q", m.User, m.Text)
		}
	}
	for user, n := range per {
		if n != 1 {
			t.Errorf("%s has %d messages", user, n)
		}
	}
	if len(per) != persons || r.states()["sent"] != persons {
		t.Errorf("%d people were told, deliveries %v", len(per), r.states())
	}
	r.wellFormed()
}

func TestRecheckBeforeSending(t *testing.T) {
	t.Parallel()
	eachRig(t, func(t *testing.T, r *rig) {
		done := r.add(1, mei, "Done meanwhile", "2026-03-17", "P2")
		moved := r.add(1, mei, "Moved meanwhile", "2026-03-17", "P2")
		handed := r.add(1, mei, "Handed over meanwhile", "2026-03-17", "P2")
		r.cal.Set(tuesday)
		if _, err := r.notify.PlanNow(t.Context()); err != nil {
			t.Fatal(err)
		}
		p, ctx := r.who(mei), t.Context()
		for _, err := range []error{
			second(r.store.Done(ctx, p, actions.At{ID: done}, actions.Evidence{})),
			second(r.store.Move(ctx, p, actions.At{ID: moved}, actions.NewDate{Due: "2026-03-20", Reason: "parts come later"})),
			second(r.store.SetOwner(ctx, p, actions.At{ID: handed}, sam)),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		r.drain()
		if n := len(r.messages(mei)); n != 0 || r.states()["cancelled"] != 1 {
			t.Errorf("%d messages, deliveries %v; want none", n, r.states())
		}
		if _, err := r.notify.PlanNow(ctx); err != nil {
			t.Fatal(err)
		}
		r.drain()
		if m := r.one(sam); !strings.Contains(string(m.Blocks), "Handed over meanwhile") {
			t.Errorf("the new owner reads %s", m.Blocks)
		}
	})
}

func second[T any](_ T, err error) error { return err }

func TestExpiryAndTheNextDay(t *testing.T) {
	t.Parallel()
	eachRig(t, func(t *testing.T, r *rig) {
		r.add(1, mei, "Due today", "2026-03-17", "P2")
		r.cal.Set(tuesday)
		if _, err := r.notify.PlanNow(t.Context()); err != nil {
			t.Fatal(err)
		}
		r.cal.Set(tuesday.Add(8 * time.Hour)) // 18:00: nobody worked in between
		r.drain()
		if n := len(r.messages(0)); n != 0 || r.states()["expired"] != 1 {
			t.Errorf("%d messages, deliveries %v; want none, expired", n, r.states())
		}
		r.cal.Set(tuesday.Add(23*time.Hour + 30*time.Minute))
		if _, err := r.notify.PlanNow(t.Context()); err != nil {
			t.Fatal(err)
		}
		r.drain()
		if m := r.one(mei); !strings.Contains(string(m.Blocks), "1 day overdue") {
			t.Errorf("the next digest says %s", m.Blocks)
		}
	})
}

func TestUnreachablePeopleFindTheirDigestInTheInbox(t *testing.T) {
	t.Parallel()
	eachRig(t, func(t *testing.T, r *rig) {
		r.add(1, mei, "Deactivated in Slack", "2026-03-17", "P2")
		r.add(1, sam, "Never in Slack", "2026-03-17", "P2")
		r.control("/_fake/users", []map[string]any{
			{"id": slackID(mei), "name": "Mei Tanaka", "email": "mei@example.com", "deleted": true},
			{"id": slackID(sam), "name": "Sam Okafor", "email": "other@example.com"},
		}, nil)
		r.morning()
		if n := len(r.messages(0)); n != 0 {
			t.Errorf("%d messages, want none", n)
		}
		for _, id := range []int64{mei, sam} {
			day, lines, err := r.notify.Inbox(t.Context(), id)
			if err != nil || day != "2026-03-17" || len(lines) != 1 || !strings.HasSuffix(lines[0], "Slack. due today") {
				t.Errorf("inbox of %d: %s %q %v", id, day, lines, err)
			}
		}
		r.wellFormed()
	})
}

func TestWithoutSlackEverythingIsInTheInbox(t *testing.T) {
	t.Parallel()
	eachRig(t, func(t *testing.T, r *rig) {
		r.add(1, mei, "Due today", "2026-03-17", "P2")
		r.add(2, mei, "SECRET", "2026-03-17", "P2")
		r.notify.Sender = nil
		r.morning()
		day, lines, err := r.notify.Inbox(t.Context(), mei)
		if err != nil || day != "2026-03-17" || fmt.Sprint(lines) != "[A-1 of COE-17: Due today. due today COE-18: 1 action due Tue 17 Mar]" {
			t.Errorf("inbox: %s %q %v", day, lines, err)
		}
		if _, lines, _ := r.notify.Inbox(t.Context(), ana); len(lines) != 0 {
			t.Errorf("Ana's inbox: %q", lines)
		}
	})
}

func TestWhateverPeopleTypeStaysInert(t *testing.T) {
	t.Parallel()
	eachRig(t, func(t *testing.T, r *rig) {
		titles := []string{
			"<!channel> <@U0001> <https://evil.example.com|click>", "*bold* _it_ ~s~ `code` &lt; &amp;", strings.Repeat("x", 10_000), "\u202eright to left", "",
			" \n\t ", strings.Repeat("🏳️‍🌈", 300), "e" + strings.Repeat("\u0301", 400), "```\n> quote", ":fire: <!date^1^{date}|x>",
		}
		for i, title := range titles { // as an import may bring them
			r.exec(`INSERT INTO actions (coe_id, number, key, rank, title, owner_id, due, first_due, priority, state_since, created_at, updated_at, assigned_at)
				VALUES (1, ?, ?, 'n0', ?, ?, '2026-03-16', '2026-03-16', 'P2', ?, ?, ?, ?)`, i+1, fmt.Sprint("k", i), title, mei, tuesday, tuesday, tuesday, tuesday.AddDate(0, 0, -9))
		}
		r.exec("UPDATE people SET name = '<!here> *Mei*' WHERE id = ?", mei)
		r.morning()
		if n := strings.Count(string(r.one(mei).Blocks), `"action_done"`); n != len(titles) {
			t.Fatalf("%d rows, want %d", n, len(titles))
		}
		var ids []int64
		r.g.Raw("SELECT id FROM actions ORDER BY id").Scan(&ids)
		for _, id := range ids {
			if _, err := r.store.Done(t.Context(), r.who(mei), actions.At{ID: id}, actions.Evidence{}); err != nil {
				t.Fatal(err)
			}
		}
		r.settle(60)
		m := r.one(mei)
		var blocks []struct {
			Text     struct{ Type, Text string }
			Elements []struct{ Type, Text any }
		}
		if err := json.Unmarshal(m.Blocks, &blocks); err != nil {
			t.Fatal(err)
		}
		struck := 0
		for _, b := range blocks {
			if b.Text.Type != "mrkdwn" {
				continue
			}
			if strings.HasPrefix(b.Text.Text, "~A-") {
				struck++
			}
			for _, bad := range []string{"<!", "<@", "<http"} {
				if strings.Contains(b.Text.Text, bad) {
					t.Errorf("%q is alive in %q", bad, b.Text.Text)
				}
			}
		}
		if struck != len(titles) || m.Text != "All done. Nothing of this is open any more." {
			t.Errorf("%d of %d rows are struck through; text %q", struck, len(titles), m.Text)
		}
		r.wellFormed()
	})
}
