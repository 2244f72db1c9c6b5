package main_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"coetracker/actions"
	"coetracker/coe"
	"coetracker/internal/db"
	"coetracker/internal/dbtest"
	"coetracker/people"
)

// crew is a PostgreSQL database full of people who owe something, with a
// stand-in for Slack and several servers.
type crew struct {
	t        *testing.T
	size     int
	programs []*program
	running  []*process
	slack    *slack
	secret   string
}

// newCrew has n people; each owns a COE, and three actions of the next
// person's: one due on Wednesday 18 March 2026, two overdue by then, the
// older one so long that the COE's owner is told too.
func newCrew(t *testing.T, n int) *crew {
	t.Helper()
	const token, secret = "xoxb-e2e", "e2e-signing-secret"
	fake := freeAddr(t)
	first := newProgram(t, append(onPostgres(t), "COE_SLACK_BOT_TOKEN="+token, "COE_SLACK_SIGNING_SECRET="+secret, "COE_SLACK_API_URL=http://"+fake+"/api/")...)
	c := &crew{
		t: t, size: n, slack: &slack{t, "http://" + fake}, secret: secret,
		programs: []*program{first, first.with("COE_ADDR="+freeAddr(t), "COE_BASE_URL="+first.url())},
	}
	first.want(0, "migrate", "up")
	first.start("slackfake", "--addr", fake, "--app", first.url(), "--log", "warn")
	until(t, "the stand-in for Slack listens", func() bool { return !refused(c.slack.base) })
	first.want(0, "user", "add", "root@example.org", "--role", "admin")
	c.fill(first)
	return c
}

// fill writes the people, documents and actions on the Monday of the week before.
func (c *crew) fill(p *program) {
	c.t.Helper()
	clock := dbtest.NewClock(time.Date(2026, 3, 9, 10, 0, 0, 0, time.UTC))
	g, err := db.Open(c.t.Context(), db.Config{URL: p.variable("COE_DATABASE_URL"), Now: clock.Now})
	c.must(err)
	defer db.Close(g)
	ctx, op := c.t.Context(), people.Operator()
	persons := &people.Store{DB: g, Wall: time.Now, Zone: time.UTC}
	coes := &coe.Store{DB: g, Zone: "UTC", Canonical: coe.Write}
	promises := &actions.Store{DB: g, Zone: time.UTC}
	var crowd []*people.Person
	var inSlack []map[string]any
	for i := range c.size {
		who, err := persons.AddPerson(ctx, op, people.NewPerson{Email: fmt.Sprintf("p%03d@example.org", i), Name: fmt.Sprintf("Person %03d", i), Role: people.Writer})
		c.must(err)
		crowd = append(crowd, who)
		inSlack = append(inSlack, map[string]any{"id": slackID(i), "name": who.Name, "email": who.Email, "tz": "UTC"})
	}
	for i, who := range crowd {
		d, err := coes.Create(ctx, op, coe.New{Title: fmt.Sprintf("Outage %03d", i), Kind: coe.Incident, Severity: 2, OwnerID: who.ID})
		c.must(err)
		owner := crowd[(i+1)%c.size]
		for k, due := range []string{"2026-03-13", "2026-03-16", "2026-03-18"} {
			_, err := promises.Add(ctx, op, actions.New{COEID: d.ID, Title: fmt.Sprintf("Thing %d of person %03d", k, (i+1)%c.size), OwnerID: &owner.ID, Due: due, Priority: "P2"})
			c.must(err)
		}
	}
	c.slack.call("POST", "/_fake/users", inSlack, &inSlack)
}

func slackID(i int) string { return fmt.Sprintf("UCREW%03d", i) }

func (c *crew) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

// start starts all servers at once, each with its clock at its instant.
func (c *crew) start(at ...string) {
	c.t.Helper()
	c.running = nil
	for i, p := range c.programs {
		c.running = append(c.running, p.with("COE_TEST_NOW="+at[i]).start("serve", "--log", "warn"))
	}
	for i, p := range c.programs {
		p.await(c.running[i])
	}
}

func (c *crew) stop() {
	c.t.Helper()
	for _, r := range c.running {
		r.signal(syscall.SIGTERM)
	}
	for _, r := range c.running {
		if code := r.wait(); code != 0 {
			c.t.Errorf("exit code %d\n%s", code, r.tail())
		}
	}
}

// wait returns when so many messages came.
func (c *crew) wait(n int) {
	c.t.Helper()
	limit := time.After(time.Duration(n)*10*time.Second + 10*time.Minute)
	for len(c.slack.messages("")) < n {
		select {
		case <-limit:
			c.t.Fatalf("%d messages came, want %d\n%s", len(c.slack.messages("")), n, c.running[0].tail())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// Servers that come to the same morning send each person exactly one message,
// and on the next morning exactly one more.
func TestServersSendOnce(t *testing.T) {
	c := newCrew(t, size(20, 200))
	began := time.Now()
	c.start("2026-03-18T09:00:01Z", "2026-03-18T09:00:01Z")
	c.wait(c.size)
	took := seconds(began)
	wednesday := c.slack.messages("")
	c.each(1)
	for _, m := range wednesday {
		c.judge(m)
	}
	c.replay(wednesday[0])
	c.stop()

	// The planner of the next morning runs after everything of this one: had
	// anything been sent twice, it would be there by then.
	c.start("2026-03-19T08:59:55Z", "2026-03-19T09:00:01Z")
	c.wait(2 * c.size)
	c.stop()
	c.each(2)
	c.slack.wellFormed()
	figures(t, "%d people with 3 due actions each, 2 servers: %d messages on the first morning after %s, %d on the second, none twice",
		c.size, len(wednesday), took, len(c.slack.messages(""))-len(wednesday))
}

// A server that is killed, or stands still for longer than its leases last,
// while it sends: nothing is lost and nothing comes twice.
func TestAServerFailsWhileItSends(t *testing.T) {
	if !long() {
		t.Skip("waits for leases to run out; COE_TEST_LONG=1")
	}
	for _, f := range []struct {
		name       string
		fail, mend func(c *crew)
	}{
		{"killed", func(c *crew) { c.running[0].kill() }, func(c *crew) {
			c.running[0] = c.programs[0].with("COE_TEST_NOW=2026-03-18T09:05:00Z").serve("--log", "warn")
		}},
		{"stopped", func(c *crew) { c.running[0].signal(syscall.SIGSTOP) }, func(c *crew) {
			c.running[0].signal(syscall.SIGCONT)
			c.programs[0].await(c.running[0])
		}},
	} {
		t.Run(f.name, func(t *testing.T) {
			c := newCrew(t, 20)
			c.start("2026-03-18T09:00:01Z", "2026-03-18T09:00:01Z")
			c.wait(5)
			began := time.Now()
			f.fail(c)
			c.wait(c.size)
			figures(t, "all %d messages had come %s after it", c.size, seconds(began))
			f.mend(c)
			c.stop()
			c.each(1)
			c.slack.wellFormed()
		})
	}
}

// each checks that everybody got so many messages.
func (c *crew) each(n int) {
	c.t.Helper()
	count := c.slack.perPerson()
	for i := range c.size {
		if got := count[slackID(i)]; got != n {
			c.t.Errorf("person %d got %d messages, want %d", i, got, n)
		}
	}
	if len(count) != c.size {
		c.t.Errorf("%d people got messages, want %d", len(count), c.size)
	}
}

// judge checks what a message of Wednesday says: three own actions with their
// buttons, and the one of somebody else that is late in the person's COE.
func (c *crew) judge(m message) {
	c.t.Helper()
	if want := "You owe 3 actions. 2 are overdue. In your COEs 1 action of others is late."; m.Text != want {
		c.t.Errorf("%s is told %q, want %q", m.User, m.Text, want)
	}
	i, words := int(integer(c.t, strings.TrimPrefix(m.User, "UCREW"))), m.words()
	for k := range 3 {
		if title := fmt.Sprintf("Thing %d of person %03d", k, i); strings.Count(words, title) != 1 {
			c.t.Errorf("%s: %q stands %d times", m.User, title, strings.Count(words, title))
		}
	}
	if theirs := fmt.Sprintf("Thing 0 of person %03d", (i+1)%c.size); strings.Count(words, theirs) != 1 || !strings.Contains(words, "*Overdue in your COEs*") {
		c.t.Errorf("%s is not told of %q", m.User, theirs)
	}
}

// replay sends the press of one button many times to both servers, as Slack
// does when it hears no answer in time. It counts once.
func (c *crew) replay(m message) {
	c.t.Helper()
	id := m.action(c.t, "Thing 0 of person "+m.User[len("UCREW"):])
	payload := map[string]any{
		"type": "block_actions", "team": map[string]any{"id": "T0COESTAND"}, "user": map[string]any{"id": m.User, "team_id": "T0COESTAND"},
		"container": map[string]any{"type": "message", "message_ts": m.TS, "channel_id": m.Channel},
		"actions":   []any{map[string]any{"type": "button", "action_id": "action_done", "block_id": m.blockOf(id), "value": id, "action_ts": "1795537495.118609"}},
	}
	b := c.programs[0].signIn("root@example.org")
	document := regexpGroup(c.t, m.words(), `/coes/(\d+)\|`)
	was := b.get("/coes/" + document + "/export.md").wants(200).body
	if status, _ := callback(c.t, c.programs[0].url(), "another secret", payload); status != http.StatusUnauthorized {
		c.t.Errorf("a forged press answered %d", status)
	}
	if now := b.get("/coes/" + document + "/export.md").body; now != was {
		c.t.Error("a forged press changed something")
	}
	var wg sync.WaitGroup
	for i := range 10 {
		wg.Go(func() {
			if status, body := callback(c.t, c.programs[i%2].url(), c.secret, payload); status != http.StatusOK && status != http.StatusServiceUnavailable {
				c.t.Errorf("a copy answered %d %s", status, body)
			}
		})
	}
	wg.Wait()
	once := b.get("/coes/" + document + "/export.md").wants(200).body
	if strings.Count(once, "claimed_done") != strings.Count(was, "claimed_done")+1 {
		c.t.Errorf("after the press:\n%s", once)
	}
	for i := range 4 {
		callback(c.t, c.programs[i%2].url(), c.secret, payload)
	}
	if again := b.get("/coes/" + document + "/export.md").body; again != once {
		c.t.Error("a copy that came later changed something")
	}
	until(c.t, "the message says so", func() bool { return c.slack.again(m).blockOf(id) == "" })
}
