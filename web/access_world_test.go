package web_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"coetracker/actions"
	"coetracker/coe"
	"coetracker/evidence"
	"coetracker/internal/dbtest"
	"coetracker/internal/files"
	"coetracker/internal/notify"
	"coetracker/people"
	"coetracker/timeline"
	"coetracker/web"
	"coetracker/web/static"
)

// The people of the access test. Each stands in one relation to the documents
// of the owner; each also owns a document of their own.
const (
	anonymous = "anonymous" // no cookie at all
	disabled  = "disabled"  // a former member whose session row is still there
	expired   = "expired"   // a session whose 30 days are over
	idle      = "idle"      // a session unused for 8 days
	reader    = "reader"    // role reader, in no relation
	assignee  = "assignee"  // role reader, owns actions in every document
	named     = "named"     // role reader, named on the documents
	outsider  = "outsider"  // role writer, of another team
	teammate  = "teammate"  // role writer, of the documents' team, not named
	writer    = "writer"    // role writer, of another team, named as writer
	owner     = "owner"     // role reviewer, owns the documents, by accident named as reviewer too
	reviewer  = "reviewer"  // role reviewer, named as reviewer
	stranger  = "stranger"  // role reviewer, not named, but verifier of an action
	admin     = "admin"     // role admin, not named
)

// principals are all of them, in the order of the tables.
var principals = []string{anonymous, disabled, expired, idle, reader, assignee, named, outsider, teammate, writer, owner, reviewer, stranger, admin}

// signedIn are those who have a session that counts.
var signedIn = principals[4:]

// roles is what each is in the end; documents need an owner who may write.
var roles = map[string]people.Role{
	disabled: people.Admin, expired: people.Admin, idle: people.Admin, reader: people.Reader, assignee: people.Reader,
	named: people.Reader, outsider: people.Writer, teammate: people.Writer, writer: people.Writer, owner: people.Reviewer,
	reviewer: people.Reviewer, stranger: people.Reviewer, admin: people.Admin,
}

// The documents. Own is a restricted draft of the person who asks; the others
// belong to the owner.
const (
	own        = "own"
	org        = "org"
	restricted = "restricted"
	deleted    = "deleted"
	other      = "other" // a second org document, for requests that name two
)

var kinds = []string{own, org, restricted, deleted}

// doc is one document of the world with the names of its rows.
type doc struct {
	kind, mark    string // mark begins every canary of this document
	coe           coe.COE
	impact        string
	metric        string
	why, leaf     string
	lesson        string
	link, sharing string
	entries       []string
	gone          string // a deleted entry
	attachment    string
	open          *actions.Action // owned by the assignee
	claimed       *actions.Action // the same, to be verified by the stranger
	removed       *actions.Action
}

// world is a server on a database of its own, filled with canaries.
type world struct {
	t       testing.TB
	db      *gorm.DB
	clock   *dbtest.Clock
	server  *web.Server
	handler http.Handler
	log     *lockedBuffer
	person  map[string]*people.Principal
	session map[string]string
	docs    map[string]*doc // by kind; own documents by person
	team    map[string]int64
	service int64
	found   foundThings
	notices *notify.Service
	tree    map[string]string // see owned
}

// standingDemo is a demo whose time does not move.
type standingDemo struct{}

func (standingDemo) Words() string                     { return "Tue 3 Mar 2026" }
func (standingDemo) SlackURL() string                  { return "http://slack.example" }
func (standingDemo) NextMorning(context.Context) error { return nil }

// lockedBuffer takes the log of handlers that run at the same time.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

// take gives what was written since the last time.
func (b *lockedBuffer) take() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.buf.String()
	b.buf.Reset()
	return s
}

// newWorld wires a server as cmd/coe does and fills its database.
func newWorld(t testing.TB) *world {
	t.Helper()
	w := newServer(t)
	w.company()
	w.things()
	w.documents()
	w.digests()
	w.finish()
	return w
}

// newServer wires a server on an empty database.
func newServer(t testing.TB) *world {
	t.Helper()
	w := &world{
		t: t, clock: dbtest.NewClock(dbtest.Start), log: &lockedBuffer{}, person: map[string]*people.Principal{},
		session: map[string]string{}, docs: map[string]*doc{}, team: map[string]int64{},
	}
	w.db = dbtest.New(t, dbtest.WithClock(w.clock))
	assets, err := static.New()
	w.must(err)
	kept, err := files.NewDir(t.TempDir(), 0)
	w.must(err)
	w.notices = &notify.Service{Wall: w.clock.Now, Zone: time.UTC}
	w.server = &web.Server{
		Inbox: w.notices, Demo: standingDemo{},
		People: &people.Store{Wall: w.clock.Now, Zone: time.UTC}, Timeline: &timeline.Store{}, Actions: &actions.Store{Zone: time.UTC},
		COEs: &coe.Store{Zone: "UTC", Blobs: kept, Canonical: coe.Write, Check: func(d *coe.Document, now time.Time) []coe.Finding {
			return coe.Lint(d, coe.LintInput{Now: now, Zone: "UTC"})
		}},
		Evidence: &evidence.Store{Wall: w.clock.Now},
		Files:    kept, Static: assets, Slack: http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusNoContent) }),
		Log:     slog.New(slog.NewJSONHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		BaseURL: "http://coe.example", Zone: "UTC", Wall: w.clock.Now, Calendar: w.clock.Now,
		Ready: func(context.Context) error { return nil },
	}
	w.server.COEs.Metrics = coe.Metrics{Prometheus: []string{"http://prometheus.example"}, Fetch: answersAlways}
	w.server.Evidence.OnSettled = w.server.COEs.RunSettled
	w.on(w.db)
	w.handler = w.server.Handler()
	return w
}

// on makes every store work on this handle.
func (w *world) on(g *gorm.DB) {
	w.server.People.DB, w.server.COEs.DB, w.server.Timeline.DB, w.server.Actions.DB, w.server.Evidence.DB, w.notices.DB = g, g, g, g, g, g
}

// undone runs f inside a transaction that is taken back afterwards, so that no
// request disturbs the next. It gives the handle of the transaction to f.
func (w *world) undone(f func(tx *gorm.DB)) {
	w.t.Helper()
	tx := w.db.Begin()
	w.must(tx.Error)
	w.on(tx)
	defer func() {
		w.on(w.db)
		w.must(tx.Rollback().Error)
	}()
	f(tx)
}

func (w *world) must(err error) {
	if err != nil {
		w.t.Helper()
		w.t.Fatal(err)
	}
}

func (w *world) exec(sql string, args ...any) {
	w.t.Helper()
	w.must(w.db.Exec(sql, args...).Error)
}

// company makes teams, a service and all people, with a session each.
func (w *world) company() {
	ctx, op := w.t.Context(), people.Operator()
	for _, name := range []string{"core", "edge"} {
		team, err := w.server.People.AddTeam(ctx, op, name, people.TeamEdit{})
		w.must(err)
		w.team[name] = team.ID
	}
	core := w.team["core"]
	service, err := w.server.People.AddService(ctx, op, "storage", people.ServiceEdit{TeamID: &core})
	w.must(err)
	w.service = service.ID
	for _, name := range principals[1:] {
		n := people.NewPerson{Email: mailMark + name + "@example.com", Name: "Person " + name, Role: people.Admin, Teams: []int64{w.team["edge"]}}
		if name == teammate || name == owner {
			n.Teams = []int64{core}
		}
		p, err := w.server.People.AddPerson(ctx, op, n)
		w.must(err)
		w.person[name], err = w.server.People.Principal(ctx, p.ID)
		w.must(err)
		w.session[name] = w.signIn(p.ID)
	}
}

// signIn gives a fresh session of a person.
func (w *world) signIn(id int64) string {
	w.t.Helper()
	token, err := w.server.People.NewLink(w.t.Context(), people.Operator(), id)
	w.must(err)
	session, _, err := w.server.People.SignIn(w.t.Context(), token, "access test")
	w.must(err)
	return session
}

// finish gives everybody their role, and ends sessions as far as they are to
// be ended: by hand, so that only the check of sessions keeps them out.
func (w *world) finish() {
	for name, role := range roles {
		w.exec("UPDATE people SET role = ? WHERE id = ?", role, w.person[name].ID)
		w.person[name].Role = role
	}
	now := w.clock.Now()
	w.exec("UPDATE people SET disabled_at = ? WHERE id = ?", now, w.person[disabled].ID)
	w.exec("UPDATE sessions SET expires_at = ? WHERE person_id = ?", now.Add(-time.Minute), w.person[expired].ID)
	w.exec("UPDATE sessions SET seen_at = ? WHERE person_id = ?", now.AddDate(0, 0, -8), w.person[idle].ID)
	w.log.take()
}

// of gives the document that a kind means for a person.
func (w *world) of(who, kind string) *doc {
	if kind != own {
		return w.docs[kind]
	}
	if d := w.docs[who]; d != nil {
		return d
	}
	return w.docs[disabled] // nobody has no document: any that is not theirs
}

// request is one request of the table.
type request struct {
	method, path string
	form         url.Values
	header       http.Header
	body         string // instead of form
	kind         string // Content-Type of body
}

// do sends a request as somebody.
func (w *world) do(who string, q request) *httptest.ResponseRecorder {
	body := q.body
	if q.form != nil {
		body = q.form.Encode()
	}
	r := httptest.NewRequest(q.method, "http://coe.example"+q.path, strings.NewReader(body))
	if q.kind != "" {
		r.Header.Set("Content-Type", q.kind)
	} else if q.method != http.MethodGet && q.method != http.MethodHead {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, values := range q.header {
		r.Header[name] = values
	}
	if s := w.session[who]; s != "" {
		r.AddCookie(&http.Cookie{Name: "session", Value: s})
	}
	ctx, cancel := context.WithTimeout(r.Context(), 20*time.Second) // a stream would never end
	defer cancel()
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, r.WithContext(ctx))
	return rec
}

func (d *doc) path(rest string) string { return fmt.Sprintf("/coes/%d%s", d.coe.Number, rest) }
