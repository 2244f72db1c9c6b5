package slackbot_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"coetracker/actions"
	"coetracker/internal/db"
	"coetracker/internal/dbtest"
	"coetracker/internal/jobs"
	"coetracker/internal/notify"
	"coetracker/internal/slackbot"
	"coetracker/internal/slackfake"
	"coetracker/people"

	"gorm.io/gorm"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

const (
	token  = "xoxb-rig"
	secret = "8f742231b10e8888abcd99yyyzzz85a5"
	base   = "https://coe.example.com"
)

// Ana owns COE-17 (open) and COE-18 (restricted); Mei and Sam own actions.
const (
	ana = int64(iota + 1)
	mei
	sam
)

// rig is a whole server's worth of reminders on one database, with a stand-in
// for Slack behind a loopback listener. Time moves only when told.
type rig struct {
	t         *testing.T
	g         *gorm.DB
	cal, wall *dbtest.Clock
	fake      *slackfake.Server
	fakeURL   string
	bot       *slackbot.Bot
	notify    *notify.Service
	store     *actions.Store
	people    *people.Store
	runner    *jobs.Runner
	appURL    string
}

// tuesday is a working morning, 10:00 UTC.
var tuesday = time.Date(2026, 3, 17, 10, 0, 0, 0, time.UTC)

func eachRig(t *testing.T, f func(t *testing.T, r *rig)) {
	t.Helper()
	for _, kind := range []string{"sqlite", "postgres"} {
		t.Run(kind, func(t *testing.T) {
			cal := dbtest.NewClock(tuesday.AddDate(0, 0, -21))
			g := dbtest.New
			if kind == "postgres" {
				g = dbtest.Postgres
			}
			f(t, newRig(t, g(t, dbtest.WithClock(cal)), cal))
		})
	}
}

func newRig(t *testing.T, g *gorm.DB, cal *dbtest.Clock) *rig {
	t.Helper()
	r := &rig{t: t, g: g, cal: cal, wall: dbtest.NewClock(tuesday)}
	r.fake = slackfake.New(slackfake.Options{Token: token, SigningSecret: secret, Now: r.wall.Now})
	srv := httptest.NewServer(r.fake.Handler())
	t.Cleanup(srv.Close)
	r.fakeURL = srv.URL
	r.people = &people.Store{DB: g, Wall: r.wall.Now, Zone: time.UTC}
	r.store = &actions.Store{DB: g, Zone: time.UTC}
	r.bot, r.notify, r.runner = r.process(g)
	app := httptest.NewServer(r.bot.Handler())
	t.Cleanup(app.Close)
	r.appURL = app.URL
	r.fake.SetAppURL(app.URL)
	for i, name := range []string{"Ana Ruiz", "Mei Tanaka", "Sam Okafor"} {
		r.person(int64(i+1), name)
	}
	r.coe(1, 17, "org", ana)
	r.coe(2, 18, "restricted", ana)
	return r
}

// process is one server on the database.
func (r *rig) process(g *gorm.DB) (*slackbot.Bot, *notify.Service, *jobs.Runner) {
	r.t.Helper()
	bot, err := slackbot.New(slackbot.Config{
		Token: token, SigningSecret: secret, APIURL: r.fakeURL + "/api/", BaseURL: base, DB: g, Wall: r.wall.Now,
		Actions: r.store, People: r.people, Sleep: func(_ context.Context, d time.Duration) error { r.wall.Advance(d); return nil },
	})
	if err != nil {
		r.t.Fatal(err)
	}
	service := &notify.Service{DB: g, Wall: r.wall.Now, Zone: time.UTC, Sender: bot}
	handlers := service.Handlers()
	for kind, h := range bot.Handlers() {
		handlers[kind] = h
	}
	return bot, service, jobs.NewRunner(jobs.Config{DB: g, Wall: r.wall.Now, Handlers: handlers})
}

func (r *rig) person(id int64, name string) {
	r.t.Helper()
	email := strings.ToLower(strings.Fields(name)[0]) + "@example.com"
	p := people.Person{Email: email, Name: name, Role: people.Writer, Version: 1}
	if err := r.g.Create(&p).Error; err != nil || p.ID != id {
		r.t.Fatalf("person %d: %v", p.ID, err)
	}
	r.control("/_fake/users", []map[string]any{{"id": slackID(id), "name": name, "email": email, "tz": "Europe/Berlin"}}, nil)
}

func slackID(id int64) string { return fmt.Sprintf("U%04d", id) }

func (r *rig) exec(sql string, args ...any) {
	r.t.Helper()
	if err := r.g.Exec(sql, args...).Error; err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) coe(id, number int64, visibility string, owner int64) {
	r.t.Helper()
	now := db.Now(r.g)
	r.exec(`INSERT INTO coes (id, uid, number, title, kind, severity, state_since, owner_id, visibility, created_at, updated_at)
		VALUES (?, ?, ?, ?, 'incident', 2, ?, ?, ?, ?, ?)`, id, fmt.Sprint("uid", id), number, fmt.Sprintf("SECRET title of %d", number), now, owner, visibility, now, now)
}

// who gives a person with their rights.
func (r *rig) who(id int64) *people.Principal {
	r.t.Helper()
	p, err := r.people.Principal(r.t.Context(), id)
	if err != nil {
		r.t.Fatal(err)
	}
	return p
}

// add makes an action, three weeks ago unless the clock was moved.
func (r *rig) add(coe, owner int64, title string, due people.Day, priority string) int64 {
	r.t.Helper()
	a, err := r.store.Add(r.t.Context(), r.who(ana), actions.New{COEID: coe, Title: title, OwnerID: &owner, Due: string(due), Priority: priority})
	if err != nil {
		r.t.Fatal(err)
	}
	return a.ID
}

// morning moves the calendar to the working morning, plans, and delivers.
func (r *rig) morning() int {
	r.t.Helper()
	r.cal.Set(tuesday)
	n, err := r.notify.PlanNow(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	r.drain()
	return n
}

func (r *rig) drain() {
	r.t.Helper()
	if _, err := r.runner.Drain(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
}

// settle drains and lets the wall clock run until nothing waits any more.
func (r *rig) settle(most int) {
	r.t.Helper()
	for range most {
		r.drain()
		if r.count("SELECT count(*) FROM jobs WHERE state IN ('ready','running') AND kind <> 'plan'") == 0 {
			return
		}
		r.wall.Advance(5 * time.Second)
	}
	r.t.Fatalf("deliveries still wait: %v", r.states())
}

func (r *rig) count(sql string, args ...any) (n int) {
	r.t.Helper()
	if err := r.g.Raw(sql, args...).Scan(&n).Error; err != nil {
		r.t.Fatal(err)
	}
	return n
}

// states counts deliveries by state.
func (r *rig) states() map[string]int {
	r.t.Helper()
	var rows []struct {
		State string
		N     int
	}
	if err := r.g.Raw("SELECT state, count(*) AS n FROM deliveries GROUP BY state").Scan(&rows).Error; err != nil {
		r.t.Fatal(err)
	}
	out := map[string]int{}
	for _, row := range rows {
		out[row.State] = row.N
	}
	return out
}

// control talks to the stand-in's controls.
func (r *rig) control(path string, body, into any) {
	r.t.Helper()
	method := "GET"
	var raw []byte
	if body != nil {
		method = "POST"
		raw, _ = json.Marshal(body)
	}
	req, _ := http.NewRequestWithContext(r.t.Context(), method, r.fakeURL+path, bytes.NewReader(raw))
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	var text bytes.Buffer
	_, _ = text.ReadFrom(resp.Body)
	if resp.StatusCode >= 300 {
		r.t.Fatalf("%s %s: %d %s", method, path, resp.StatusCode, text.String())
	}
	if into != nil {
		if err := json.Unmarshal(text.Bytes(), into); err != nil {
			r.t.Fatalf("%s: %v in %s", path, err, text.String())
		}
	}
}

type fakeMessage struct {
	Channel  string          `json:"channel"`
	User     string          `json:"user"`
	TS       string          `json:"ts"`
	Text     string          `json:"text"`
	Blocks   json.RawMessage `json:"blocks"`
	Metadata json.RawMessage `json:"metadata"`
	Edited   json.RawMessage `json:"edited"`
}

func (r *rig) messages(person int64) []fakeMessage {
	r.t.Helper()
	user := ""
	if person != 0 {
		user = slackID(person)
	}
	var out []fakeMessage
	r.control("/_fake/messages?user="+user, nil, &out)
	return out
}

// one gives the only message of a person.
func (r *rig) one(person int64) fakeMessage {
	r.t.Helper()
	list := r.messages(person)
	if len(list) != 1 {
		r.t.Fatalf("person %d has %d messages, want 1: %+v", person, len(list), list)
	}
	return list[0]
}

// whispers are the sentences shown to one person only.
func (r *rig) whispers(person int64) []string {
	r.t.Helper()
	var list []fakeMessage
	r.control("/_fake/ephemeral?user="+slackID(person), nil, &list)
	var out []string
	for _, m := range list {
		out = append(out, m.Text)
	}
	return out
}

type outcome struct {
	Status int    `json:"status"`
	Body   string `json:"body"`
	View   *struct {
		ID         string          `json:"id"`
		CallbackID string          `json:"callback_id"`
		Blocks     json.RawMessage `json:"blocks"`
	} `json:"view"`
}

// press clicks a button of an action and lets the jobs run.
func (r *rig) press(m fakeMessage, button string, block string, by int64) outcome {
	r.t.Helper()
	var out outcome
	r.wall.Advance(time.Millisecond) // Slack tells presses apart by their time
	r.control("/_fake/press", map[string]any{"channel": m.Channel, "ts": m.TS, "action_id": button, "block_id": block, "user": slackID(by)}, &out)
	if out.Status != 200 {
		r.t.Errorf("a press was answered %+v", out)
	}
	r.drain()
	return out
}

func (r *rig) submit(view string, values map[string]string, by int64) outcome {
	r.t.Helper()
	var out outcome
	r.control("/_fake/submit", map[string]any{"view_id": view, "values": values, "user": slackID(by)}, &out)
	r.drain()
	return out
}

// wellFormed fails when the stand-in found fault with any call.
func (r *rig) wellFormed() {
	r.t.Helper()
	var problems []map[string]any
	r.control("/_fake/problems", nil, &problems)
	if len(problems) > 0 {
		r.t.Errorf("ill-formed calls: %v", problems)
	}
}

func (r *rig) get(id int64) *actions.Item {
	r.t.Helper()
	it, err := r.store.Get(r.t.Context(), people.Operator(), id)
	if err != nil {
		r.t.Fatal(err)
	}
	return it
}
