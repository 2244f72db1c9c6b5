package web_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"coetracker/actions"
	"coetracker/coe"
	"coetracker/evidence"
	"coetracker/internal/dbtest"
	"coetracker/internal/files"
	"coetracker/people"
	"coetracker/timeline"
	"coetracker/web"
	"coetracker/web/static"
)

// docs is a server with people and documents in a fresh database.
type docs struct {
	t       testing.TB
	g       *gorm.DB
	clock   *dbtest.Clock
	found   *evidence.Store
	coes    *coe.Store
	actions *actions.Store
	persons *people.Store
	h       http.Handler
	team    int64
	session map[string]string // cookie by name
	who     map[string]*people.Principal
}

// newDocs has ana (writer, owner of what coe makes), bo (writer of her team),
// cleo (reviewer), dan (reader) and root (admin).
func newDocs(t testing.TB) *docs {
	t.Helper()
	clock := dbtest.NewClock(dbtest.Start)
	g := dbtest.New(t, dbtest.WithClock(clock))
	r := &docs{t: t, g: g, clock: clock, session: map[string]string{}, who: map[string]*people.Principal{}}
	r.persons = &people.Store{DB: g, Wall: clock.Now, Zone: time.UTC}
	r.actions = &actions.Store{DB: g, Zone: time.UTC}
	r.coes = &coe.Store{
		DB: g, Zone: "UTC", Canonical: coe.Write,
		Check: func(d *coe.Document, now time.Time) []coe.Finding { return coe.Lint(d, coe.LintInput{Now: now}) },
	}
	r.found = &evidence.Store{DB: g, Wall: clock.Now, OnSettled: r.coes.RunSettled}
	kept, err := files.NewDir(t.TempDir(), 0)
	r.must(err)
	r.coes.Blobs = kept
	assets, err := static.New()
	r.must(err)
	s := &web.Server{
		People: r.persons, COEs: r.coes, Timeline: &timeline.Store{DB: g}, Actions: r.actions, Evidence: r.found, Files: kept, Static: assets,
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Zone: "UTC", Wall: clock.Now, Calendar: clock.Now,
	}
	r.h = s.Handler()
	team, err := r.persons.AddTeam(t.Context(), people.Operator(), "Payments", people.TeamEdit{})
	r.must(err)
	r.team = team.ID
	r.person("ana", people.Writer, team.ID)
	r.person("bo", people.Writer, team.ID)
	r.person("cleo", people.Reviewer, 0)
	r.person("dan", people.Reader, 0)
	r.person("root", people.Admin, 0)
	return r
}

func (r *docs) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *docs) person(name string, role people.Role, team int64) {
	ctx := r.t.Context()
	p, err := r.persons.AddPerson(ctx, people.Operator(), people.NewPerson{Email: name + "@example.com", Name: name, Role: role})
	r.must(err)
	if team != 0 {
		r.must(r.persons.AddMember(ctx, people.Operator(), team, p.ID))
	}
	r.who[name], err = r.persons.Principal(ctx, p.ID)
	r.must(err)
	r.signIn(name)
}

// signIn gives somebody a new session.
func (r *docs) signIn(name string) {
	ctx := r.t.Context()
	link, err := r.persons.NewLink(ctx, people.Operator(), r.who[name].ID)
	r.must(err)
	r.session[name], _, err = r.persons.SignIn(ctx, link, "test")
	r.must(err)
}

// coe makes a draft owned by ana.
func (r *docs) coe() int64 {
	r.t.Helper()
	c, err := r.coes.Create(r.t.Context(), r.who["ana"], coe.New{Title: "Checkout answered 503", Kind: coe.Incident, Severity: 2, TeamID: &r.team})
	r.must(err)
	return c.Number
}

func (r *docs) load(n int64) *coe.Document {
	r.t.Helper()
	d, err := r.coes.Load(r.t.Context(), people.Operator(), n)
	r.must(err)
	return d
}

// answer is what the server said.
type answer struct {
	t      testing.TB
	status int
	to     string // of a redirect
	body   string
	header http.Header
}

func (r *docs) do(name, method, path, body, kind string, headers ...string) answer {
	r.t.Helper()
	path, _, _ = strings.Cut(path, "#") // browsers keep it to themselves
	req := httptest.NewRequest(method, path, strings.NewReader(body))
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	if s := r.session[name]; s != "" {
		req.AddCookie(&http.Cookie{Name: "session", Value: s})
	}
	w := httptest.NewRecorder()
	r.h.ServeHTTP(w, req)
	return answer{t: r.t, status: w.Code, to: w.Header().Get("Location"), body: w.Body.String(), header: w.Header()}
}

func (r *docs) get(name, path string) answer { r.t.Helper(); return r.do(name, "GET", path, "", "") }

// post sends a form of name, value, name, value …
func (r *docs) post(name, path string, pairs ...string) answer {
	r.t.Helper()
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return r.do(name, "POST", path, v.Encode(), "application/x-www-form-urlencoded")
}

// wants checks the status and that the page holds all words.
func (a answer) wants(status int, words ...string) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("status %d, want %d\n%s", a.status, status, clip(a.body))
	}
	for _, w := range words {
		if !strings.Contains(a.body, w) {
			a.t.Errorf("the page does not hold %q\n%s", w, clip(a.body))
		}
	}
	return a
}

// leads checks a redirect after a form.
func (a answer) leads(to string) answer {
	a.t.Helper()
	if a.wants(http.StatusSeeOther); a.to != to {
		a.t.Fatalf("leads to %q, want %q", a.to, to)
	}
	return a
}

// without checks that the page holds none of the words.
func (a answer) without(words ...string) answer {
	a.t.Helper()
	for _, w := range words {
		if strings.Contains(a.body, w) {
			a.t.Errorf("the page holds %q", w)
		}
	}
	return a
}

func clip(s string) string {
	if i := strings.Index(s, "<main"); i >= 0 {
		s = s[i:]
	}
	return s[:min(len(s), 3000)]
}

func ptr[T any](v T) *T { return &v }
