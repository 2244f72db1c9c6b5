package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// demo is a running demo with its stand-in for Slack.
type demo struct {
	*program
	run   *process
	slack *slack
	link  string
	at    time.Time // its clock, as the greeting says
}

var greeting = regexp.MustCompile(`It is (\w+ \d+ \w+ \d+, \d\d:\d\d) Europe/Berlin there\.`)

// startDemo returns when the demo is ready and has greeted.
func startDemo(t *testing.T, p *program, args ...string) demo {
	t.Helper()
	fake := freeAddr(t)
	d := demo{program: p, slack: &slack{t, "http://" + fake}}
	d.run = p.serve(append([]string{"--demo", "--fake-addr", fake, "--log", "warn"}, args...)...)
	until(t, "the demo prints a link", func() bool { return strings.Contains(d.run.stdout.String(), "/signin/") })
	out := d.run.stdout.String()
	d.link = last(out)
	m := greeting.FindStringSubmatch(out)
	if m == nil {
		t.Fatalf("the demo does not say what time it is:\n%s", out)
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	if d.at, err = time.ParseInLocation("Mon 2 Jan 2006, 15:04", m[1], berlin); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d demo) stop(t *testing.T) {
	t.Helper()
	d.run.signal(syscall.SIGTERM)
	if code := d.run.wait(); code != 0 {
		t.Fatalf("exit code %d\n%s", code, d.run.tail())
	}
}

// messageTo gives the one message of a person.
func (d demo) messageTo(t *testing.T, email string) message {
	t.Helper()
	list := d.slack.messages(d.slack.users()[email])
	if len(list) != 1 {
		t.Fatalf("%s has %d messages, want 1", email, len(list))
	}
	return list[0]
}

func TestDemoMorning(t *testing.T) {
	began := time.Now()
	d := startDemo(t, newProgram(t))
	figures(t, "a new folder is ready after %s", seconds(began))
	if d.at.Weekday() == time.Saturday || d.at.Weekday() == time.Sunday || d.at.Hour() != 9 {
		t.Errorf("a new demo stands at %s", d.at)
	}
	count, users := d.slack.perPerson(), d.slack.users()
	for email, id := range users {
		want := 1
		if email == "lea@example.com" || email == "sam@example.com" { // she owes nothing; with him it is 08:01
			want = 0
		}
		if count[id] != want {
			t.Errorf("%s has %d messages, want %d", email, count[id], want)
		}
	}
	b := newBrowser(t, d.url())
	b.enter(d.link)
	b.get("/me/actions").wants(200, "Split the index")

	t.Run("done", func(t *testing.T) { demoDone(t, d, b) })
	t.Run("done with proof", func(t *testing.T) { demoProof(t, d, b) })
	t.Run("new date", func(t *testing.T) { demoDate(t, d) })

	before := d.slack.perPerson()
	b.post("/demo/next").wants(303)
	if page := b.get("/me/actions").wants(200); !strings.Contains(page.body, "Thu 19 Mar 2026, 09:01") {
		t.Error("the next morning is not on the bar")
	}
	for id, n := range d.slack.perPerson() {
		if n > before[id]+1 {
			t.Errorf("%s got %d messages on one morning", id, n-before[id])
		}
	}
	newBrowser(t, d.url()).post("/demo/next").wants(401)
	d.slack.wellFormed()
}

// demoDone presses Done on a P2: it is claimed at once, and the message says so.
func demoDone(t *testing.T, d demo, b *browser) {
	m := d.messageTo(t, "jonas@example.com")
	id := m.action(t, "Alarm when nobody leads for 60 s")
	if out := d.slack.press(m, "action_done", id); out.View != nil || out.Body != "" {
		t.Errorf("a P2 led to %+v", out)
	}
	until(t, "the message is written anew", func() bool { return d.slack.again(m).Edited })
	now := d.slack.again(m)
	if now.blockOf(id) != "" || !strings.Contains(now.words(), "~A-2 Alarm when nobody leads for 60 s~") {
		t.Errorf("the message says\n%s", now.words())
	}
	b.get("/coes/6").wants(200, "claimed due Wed 18 Mar Done, waits for proof")
	if len(d.slack.messages(m.User)) != 1 {
		t.Error("a press led to another message")
	}
}

// demoProof presses Done on a P1: it asks for proof, and without it nothing changes.
func demoProof(t *testing.T, d demo, b *browser) {
	m := d.messageTo(t, "priya@example.com")
	id := m.action(t, "Refuse additions that would pass")
	out := d.slack.press(m, "action_done", id)
	if out.View == nil || out.View.CallbackID != "done_proof" {
		t.Fatalf("a P1 led to %+v", out)
	}
	if empty := d.slack.submit(out.View.ID, m.User, map[string]any{"proof": ""}); !strings.Contains(empty.Body, `"errors"`) {
		t.Errorf("without proof: %+v", empty)
	}
	proof := "https://ci.example.com/runs/77"
	if sent := d.slack.submit(out.View.ID, m.User, map[string]any{"proof": proof}); sent.Body != "" {
		t.Errorf("with proof: %+v", sent)
	}
	until(t, "the message is written anew", func() bool { return d.slack.again(m).blockOf(id) == "" })
	if page := b.get("/coes/1").wants(200); !strings.Contains(page.body, proof) {
		t.Error("the proof is not on the page")
	}
}

// demoDate moves a date; what is wrong stands under its field.
func demoDate(t *testing.T, d demo) {
	m := d.messageTo(t, "ruth@example.com")
	id := m.action(t, "Practise the manual way")
	view := d.slack.press(m, "action_move", id).View
	if view == nil || view.CallbackID != "move_date" {
		t.Fatalf("New date opened %+v", view)
	}
	for _, c := range []struct{ due, reason, field, says string }{
		{"2026-04-04", "The support lead is away", "due", "Sat 4 Apr is a day off"},
		{"2026-04-02", "", "reason", "Say why the date moves"},
		{"2026-04-02", "later", "reason", "at least 10 characters"},
		{"2026-03-02", "The support lead is away", "due", "is past"},
	} {
		out := d.slack.submit(view.ID, m.User, map[string]any{"due": c.due, "reason": c.reason})
		if !strings.Contains(out.Body, `"errors":{"`+c.field+`":`) || !strings.Contains(out.Body, c.says) {
			t.Errorf("%s %q: answered %s, want %q under %s", c.due, c.reason, out.Body, c.says, c.field)
		}
	}
	if out := d.slack.submit(view.ID, m.User, map[string]any{"due": "2026-04-02", "reason": "The support lead is away"}); out.Body != "" {
		t.Fatalf("answered %s", out.Body)
	}
	until(t, "the message has the new date", func() bool { return strings.Contains(d.slack.again(m).words(), "Thu 2 Apr") })
}

// The second start goes on where the first stopped, with another link; a kill
// loses no more of the clock than the few seconds since it was kept.
func TestDemoGoesOn(t *testing.T) {
	p := newProgram(t)
	first := startDemo(t, p)
	b := newBrowser(t, p.url())
	b.enter(first.link)
	b.post("/demo/next").wants(303)
	messages := len(first.slack.messages(""))
	first.stop(t)

	second := startDemo(t, p)
	if second.link == first.link || !second.at.After(first.at) || second.at.Day() != 19 {
		t.Errorf("the second start stands at %s, the first at %s", second.at, first.at)
	}
	b.get("/coes").wants(200) // the session is still good
	newBrowser(t, p.url()).enter(second.link)
	if n := len(second.slack.messages("")); n != 0 || messages == 0 {
		t.Errorf("%d messages of the morning came again, %d before", n, messages)
	}
	second.slack.wellFormed()
	second.run.kill()

	third := startDemo(t, p)
	if third.at.Before(second.at) {
		t.Errorf("after a kill the clock stands at %s, before at %s", third.at, second.at)
	}
	third.run.kill()
	p.want(3, "serve")                                                 // a demo's folder is not for real data
	p.want(2, "serve", "--demo", "--now", "2027-01-04T08:55:00+01:00") // nor for another time
	if out := p.want(0, "user", "list"); !strings.Contains(out, "ana@example.com") {
		t.Errorf("the command line sees\n%s", out)
	}
}

func TestDemoFolders(t *testing.T) {
	p := newProgram(t)
	p.want(0, "migrate", "up")
	if out := p.want(3, "serve", "--demo"); !strings.Contains(out, "no demo") {
		t.Errorf("a folder with data: %s", out)
	}
	if _, err := os.Stat(filepath.Join(p.data, "demo.json")); !os.IsNotExist(err) {
		t.Error("the refused demo left its mark")
	}
	p = newProgram(t)
	p.want(2, "serve", "--now", "2027-01-04T08:55:00+01:00")
	p.with("COE_DATABASE_URL=postgres://x/y", "COE_SECRET_KEY=x").want(2, "serve", "--demo")
	if d := startDemo(t, p, "--now", "2027-01-04T08:55:00+01:00"); d.at.Format("2006-01-02") != "2027-01-04" {
		t.Errorf("started with --now at %s", d.at)
	}
}

// A demo that was killed while its data were written begins anew.
func TestDemoCutOff(t *testing.T) {
	p := newProgram(t)
	for i := range size(2, 10) {
		r := p.start("serve", "--demo", "--fake-addr", freeAddr(t))
		until(t, "the database is there", func() bool {
			_, err := os.Stat(filepath.Join(p.data, "coe.db"))
			return err == nil || !r.alive()
		})
		time.Sleep(time.Duration(i) * 150 * time.Millisecond) // somewhere else each time
		r.kill()
	}
	d := startDemo(t, p)
	for id, n := range d.slack.perPerson() {
		if n != 1 {
			t.Errorf("%s has %d messages", id, n)
		}
	}
	if out := p.want(0, "user", "list"); strings.Count(out, "\n") != 9 {
		t.Errorf("people:\n%s", out)
	}
	b := newBrowser(t, p.url())
	b.enter(d.link)
	for n := 1; n <= 7; n++ {
		b.get(fmt.Sprintf("/coes/%d", n)).wants(200)
	}
	b.get("/coes/8").wants(404)
}
