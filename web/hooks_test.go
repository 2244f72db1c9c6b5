package web_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"coetracker/evidence"
	"coetracker/internal/dbtest"
	"coetracker/people"
	"coetracker/web"
	"coetracker/web/static"
)

// hooks is a server with sources and an administrator.
type hooks struct {
	t     testing.TB
	g     *gorm.DB
	store *evidence.Store
	h     http.Handler
	root  string // cookie
	clock *dbtest.Clock
}

func sealed(b []byte) ([]byte, error) {
	out := bytes.Clone(b)
	for i := range out {
		out[i] ^= 0x5a
	}
	return out, nil
}

func newHooks(t testing.TB, g *gorm.DB, clock *dbtest.Clock) *hooks {
	t.Helper()
	r := &hooks{t: t, g: g, clock: clock}
	r.store = &evidence.Store{DB: g, Wall: clock.Now, Seal: sealed, Unseal: sealed}
	assets, err := static.New()
	r.must(err)
	persons := &people.Store{DB: g, Wall: clock.Now, Zone: time.UTC}
	s := &web.Server{
		People: persons, Evidence: r.store, Static: assets, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		BaseURL: "http://coe.test", Zone: "UTC", Wall: clock.Now, Calendar: clock.Now,
	}
	r.h = s.Handler()
	for _, role := range []people.Role{people.Admin, people.Writer} {
		p, err := persons.AddPerson(t.Context(), people.Operator(), people.NewPerson{Email: string(role) + "@example.com", Name: string(role), Role: role})
		r.must(err)
		if role != people.Admin {
			continue
		}
		link, err := persons.NewLink(t.Context(), people.Operator(), p.ID)
		r.must(err)
		r.root, _, err = persons.SignIn(t.Context(), link, "test")
		r.must(err)
	}
	return r
}

func (r *hooks) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *hooks) source(e evidence.SourceEdit) (evidence.Source, string) {
	r.t.Helper()
	e.Name = fmt.Sprintf("source %d", r.count("hook_sources")+1)
	src, token, err := r.store.AddSource(r.t.Context(), people.Operator(), e)
	r.must(err)
	return src, "/hooks/" + token
}

func (r *hooks) count(table string) (n int64) {
	r.must(r.g.Table(table).Count(&n).Error)
	return n
}

// send posts a delivery as a tool does, without a session.
func (r *hooks) send(path, body string, header ...string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		req.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	r.h.ServeHTTP(w, req)
	return w
}

// page asks as the administrator; with fields it posts them.
func (r *hooks) page(path string, fields ...string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(http.MethodGet, path, nil)
	if len(fields) > 0 {
		v := url.Values{}
		for i := 0; i < len(fields); i += 2 {
			v.Add(fields[i], fields[i+1])
		}
		req = httptest.NewRequest(http.MethodPost, path, strings.NewReader(v.Encode()))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	req.AddCookie(&http.Cookie{Name: "session", Value: r.root})
	w := httptest.NewRecorder()
	r.h.ServeHTTP(w, req)
	return w
}

const hush = "a secret of this test"

func githubSum(body string) string {
	m := hmac.New(sha256.New, []byte(hush))
	m.Write([]byte(body))
	return "sha256=" + hex.EncodeToString(m.Sum(nil))
}

func deployBody(n int) string {
	return fmt.Sprintf(`{"type":"deployment","source":"test","external_id":"d-%d","service":"shop","state":"succeeded","finished_at":"2026-03-03T12:00:00Z","version":"v%d"}`, n, n)
}

func answerOf(t testing.TB, w *httptest.ResponseRecorder) (a struct {
	Status   string
	Delivery int64
},
) {
	t.Helper()
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil {
		t.Fatalf("%d %q is no JSON: %v", w.Code, w.Body, err)
	}
	return a
}

func TestHookAnswers(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		t.Parallel()
		r := newHooks(t, g, dbtest.NewClock(dbtest.Start))
		_, open := r.source(evidence.SourceEdit{Verifier: evidence.VerifyNone})
		_, github := r.source(evidence.SourceEdit{Verifier: evidence.VerifyGitHub, Secret: hush})
		_, header := r.source(evidence.SourceEdit{Verifier: evidence.VerifyHeader, Header: "X-Key", Secret: hush})
		large := `{"a":"` + strings.Repeat("x", 3<<20) + `"}`
		huge := strings.Repeat("x", 26<<20)
		cases := []struct {
			name, path, body string
			header           []string
			code             int
			status           string
		}{
			{"new", open, deployBody(1), nil, 202, "accepted"},
			{"the same again", open, deployBody(1), nil, 202, "duplicate"},
			{"from a browser's page", open, deployBody(2), []string{"Origin", "https://elsewhere.example", "Sec-Fetch-Site", "cross-site"}, 202, "accepted"},
			{"unknown kind", open, `{"x":1}`, nil, 202, "accepted"},
			{"broken", open, `{"x":`, nil, 202, "accepted"},
			{"empty", open, "", nil, 202, "accepted"},
			{"SNS's content type", open, `{"y":1}`, []string{"Content-Type", "text/plain; charset=UTF-8"}, 202, "accepted"},
			{"3 MB", open, large, nil, 202, "accepted"},
			{"3 MB, signed", github, large, []string{"X-Hub-Signature-256", githubSum(large)}, 202, "accepted"},
			{"26 MB", open, huge, nil, 202, "accepted"},
			{"26 MB with the right header", header, huge, []string{"X-Key", hush}, 202, "accepted"},
			{"26 MB whose signature cannot be checked", github, huge, []string{"X-Hub-Signature-256", githubSum(huge)}, 401, "refused"},
			{"signed", github, deployBody(3), []string{"X-Hub-Signature-256", githubSum(deployBody(3))}, 202, "accepted"},
			{"not signed", github, deployBody(4), nil, 401, "refused"},
			{"unknown address", "/hooks/" + strings.Repeat("x", 43), deployBody(1), nil, 404, "unknown"},
			{"short address", "/hooks/x", deployBody(1), nil, 404, "unknown"},
		}
		for _, c := range cases {
			w := r.send(c.path, c.body, c.header...)
			if w.Code != c.code || answerOf(t, w).Status != c.status || !strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") || w.Body.Len() > 200 {
				t.Errorf("%s: %d %s", c.name, w.Code, w.Body)
			}
			if w.Header().Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s: headers are missing", c.name)
			}
		}
		var cut []evidence.Delivery
		r.must(g.Where("cut").Find(&cut).Error)
		for _, d := range cut {
			if len(d.Body) != 64<<10 || d.State != evidence.Failed || d.Size < 3<<20 {
				t.Errorf("of %d bytes %d are kept, state %s", d.Size, len(d.Body), d.State)
			}
		}
		if len(cut) != 4 {
			t.Errorf("%d are cut, want 4", len(cut))
		}
		if err := g.Exec("ALTER TABLE hook_deliveries RENAME TO away").Error; err != nil {
			t.Fatal(err)
		}
		if w := r.send(open, deployBody(9)); w.Code != 503 || w.Header().Get("Retry-After") != "5" || answerOf(t, w).Status != "busy" {
			t.Errorf("without the table: %d %s", w.Code, w.Body)
		}
		w := httptest.NewRecorder()
		r.h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, open, brokenBody{}))
		if w.Code != 503 {
			t.Errorf("a body that breaks off: %d %s", w.Code, w.Body)
		}
	})
}

type brokenBody struct{}

func (brokenBody) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestHookHandshakeOfCloudEvents(t *testing.T) {
	t.Parallel()
	r := newHooks(t, dbtest.New(t), dbtest.NewClock(dbtest.Start))
	_, path := r.source(evidence.SourceEdit{Verifier: evidence.VerifyNone})
	ask := func(path string) *httptest.ResponseRecorder {
		req := httptest.NewRequest(http.MethodOptions, path, nil)
		req.Header.Set("WebHook-Request-Origin", "eventemitter.example.com")
		req.Header.Set("WebHook-Request-Rate", "120")
		w := httptest.NewRecorder()
		r.h.ServeHTTP(w, req)
		return w
	}
	w := ask(path)
	if w.Code != 200 || w.Header().Get("WebHook-Allowed-Origin") != "eventemitter.example.com" || w.Header().Get("WebHook-Allowed-Rate") != "*" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if w := ask(path + "x"); w.Code != 404 || w.Header().Get("WebHook-Allowed-Origin") != "" {
		t.Errorf("an unknown address: %d %v", w.Code, w.Header())
	}
	for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete} {
		w := httptest.NewRecorder()
		r.h.ServeHTTP(w, httptest.NewRequest(method, path, nil))
		if w.Code != 405 {
			t.Errorf("%s: %d", method, w.Code)
		}
	}
}

func TestHookTakesCloudEventsInAllThreeForms(t *testing.T) {
	t.Parallel()
	r := newHooks(t, dbtest.New(t), dbtest.NewClock(dbtest.Start))
	_, path := r.source(evidence.SourceEdit{Verifier: evidence.VerifyNone})
	event := func(n int) string {
		return fmt.Sprintf(`{"specversion":"1.0","id":"e-%d","source":"/test","type":"example.deployed","time":"2026-03-03T12:00:00Z","data":%s}`, n, deployBody(n))
	}
	r.send(path, event(1), "Content-Type", "application/cloudevents+json")
	r.send(path, "["+event(2)+","+event(3)+"]", "Content-Type", "application/cloudevents-batch+json")
	r.send(path, deployBody(4), "Content-Type", "application/json", "Ce-Specversion", "1.0", "Ce-Id", "e-4", "Ce-Source", "/test", "Ce-Type", "example.deployed")
	r.must(r.store.ProjectReceived(t.Context()))
	if deliveries, items := r.count("hook_deliveries"), r.count("evidence_items"); deliveries != 3 || items != 4 {
		t.Errorf("%d deliveries and %d items, want 3 and 4", deliveries, items)
	}
}

// forgeries are the unsigned and mis-signed deliveries of the research, by their
// names there.
func TestHookForgeries(t *testing.T) {
	t.Parallel()
	const body = `{"action":"created","deployment":{"id":7,"sha":"0a1b","ref":"main","task":"deploy","environment":"prod","created_at":"2026-03-03T12:00:00Z","updated_at":"2026-03-03T12:00:00Z"},"repository":{"full_name":"example/shop"},"sender":{"login":"ana"}}`
	good := githubSum(body)
	sha1 := "sha1=" + strings.Repeat("a", 40)
	type try struct {
		name   string
		github bool
		query  string
		body   string
		header []string
		code   int
	}
	tries := []try{
		{"X-Hub-Signature (sha1) only", true, "", body, []string{"X-Hub-Signature", sha1}, 401},
		{"X-Hub-Signature-256 absent", true, "", body, nil, 401},
		{"sha256= of empty body", true, "", body, []string{"X-Hub-Signature-256", githubSum("")}, 401},
		{"the signature twice, good then bad", true, "", body, []string{"X-Hub-Signature-256", good, "X-Hub-Signature-256", "sha256=00"}, 401},
		{"the signature twice, bad then good", true, "", body, []string{"X-Hub-Signature-256", "sha256=00", "X-Hub-Signature-256", good}, 401},
		{"63 digits", true, "", body, []string{"X-Hub-Signature-256", good[:len(good)-1]}, 401},
		{"upper case", true, "", body, []string{"X-Hub-Signature-256", "sha256=" + strings.ToUpper(good[7:])}, 401},
		{"signature of other body", true, "", body + " ", []string{"X-Hub-Signature-256", good}, 401},
		{"body re-encoded (key order)", true, "", `{"sender":{"login":"ana"},` + body[1:], []string{"X-Hub-Signature-256", good}, 401},
		{"token in query string", true, "?secret=" + url.QueryEscape(hush), body, nil, 401},
		{"X-Gitlab-Token of another project", false, "", body, []string{"X-Gitlab-Token", "the token of another project"}, 401},
		{"no X-Gitlab-Token", false, "", body, nil, 401},
		{"GitLab's token in query string", false, "?token=" + url.QueryEscape(hush) + "&X-Gitlab-Token=" + url.QueryEscape(hush), body, nil, 401},
		{"GitHub's signature at GitLab's address", false, "", body, []string{"X-Hub-Signature-256", good}, 401},
		{"HTTP method override header", true, "", body, []string{"X-HTTP-Method-Override", "OPTIONS"}, 401},
		{"method override in the query", true, "?_method=OPTIONS", body, nil, 401},
	}
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		t.Parallel()
		clock := dbtest.NewClock(dbtest.Start)
		r := newHooks(t, g, clock)
		_, github := r.source(evidence.SourceEdit{Tool: "github", Verifier: evidence.VerifyGitHub, Secret: hush})
		_, gitlab := r.source(evidence.SourceEdit{Tool: "gitlab", Verifier: evidence.VerifyGitLab, Secret: hush})
		for _, c := range tries {
			path := gitlab
			if c.github {
				path = github
			}
			if w := r.send(path+c.query, c.body, c.header...); w.Code != c.code {
				t.Errorf("%s: %d %s", c.name, w.Code, w.Body)
			}
		}
		if n := r.count("hook_deliveries"); n != 0 {
			t.Fatalf("%d forgeries are stored", n)
		}
		status := func(header ...string) string {
			return answerOf(t, r.send(github, body, append([]string{"X-Hub-Signature-256", good}, header...)...)).Status
		}
		id := []string{"X-GitHub-Delivery", "11111111-2222-3333-4444-555555555555"}
		if got := status(append(id, "X-GitHub-Event", "deployment")...); got != "accepted" {
			t.Fatalf("the real one is %s", got)
		}
		if got := status(id...); got != "duplicate" {
			t.Errorf("same X-GitHub-Delivery twice: %s", got)
		}
		other := strings.Replace(body, "prod", "test", 1)
		w := r.send(github, other, append(id, "X-Hub-Signature-256", githubSum(other))...)
		if got := answerOf(t, w); got.Status != "duplicate" {
			t.Errorf("X-GitHub-Delivery reused with other body: %s", got.Status)
		}
		clock.Advance(24 * time.Hour)
		if got := status(id...); got != "duplicate" {
			t.Errorf("replay after 24 h: %s", got)
		}
		r.must(r.store.ProjectReceived(t.Context()))
		before := items(t, g)
		if len(before) != 1 || !strings.Contains(before[0], "prod") {
			t.Fatalf("items %v", before)
		}
		// A replay under another id, or with the event's type swapped, changes nothing.
		status("X-GitHub-Delivery", "another", "X-GitHub-Event", "deployment")
		for _, event := range []string{"deployment_status", "workflow_run", "push", "ping", "issues", "x"} {
			status("X-GitHub-Delivery", "swapped-"+event, "X-GitHub-Event", event)
		}
		r.must(r.store.ProjectReceived(t.Context()))
		if after := items(t, g); !slices.Equal(before, after) {
			t.Errorf("event type header swapped: %v became %v", before, after)
		}
	})
}

// items gives what the folded items say.
func items(t testing.TB, g *gorm.DB) (all []string) {
	t.Helper()
	var list []evidence.Item
	if err := g.Order("id").Find(&list).Error; err != nil {
		t.Fatal(err)
	}
	for _, i := range list {
		all = append(all, fmt.Sprint(i.Type, " ", i.ExternalID, " ", i.State, " ", i.Environment, " ", i.ToVersion))
	}
	return all
}

func TestHookForgeriesAreThoseOfTheResearch(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../shared/samples/attacks/own/webhook-forgery.json")
	if err != nil {
		t.Skip("the research is not here")
	}
	var list struct {
		Names []string `json:"github_gitlab_generic"`
	}
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	self, err := os.ReadFile("hooks_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range list.Names {
		if strings.HasPrefix(name, "secret compare timing") {
			continue // compared by crypto/subtle and hmac.Equal, on hashes of one length
		}
		if !bytes.Contains(self, []byte(name)) {
			t.Errorf("%q is not tried", name)
		}
	}
}

func TestSourcePages(t *testing.T) {
	t.Parallel()
	r := newHooks(t, dbtest.New(t), dbtest.NewClock(dbtest.Start))
	w := r.page("/sources", "name", "CI", "verifier", "github", "secret", "")
	if w.Code != 422 || !strings.Contains(w.Body.String(), "A secret is needed") || !strings.Contains(w.Body.String(), `value="CI"`) {
		t.Fatalf("without a secret: %d %s", w.Code, w.Body)
	}
	if w = r.page("/sources", "name", "CI", "verifier", "magic", "secret", "canary secret"); w.Code != 422 || strings.Contains(w.Body.String(), "canary") {
		t.Errorf("a refused form shows the secret: %d", w.Code)
	}
	w = r.page("/sources", "name", "CI <of> the shop", "verifier", "github", "secret", hush)
	address := regexp.MustCompile(`http://coe\.test(/hooks/[A-Za-z0-9_-]{43})</code>`).FindStringSubmatch(w.Body.String())
	if w.Code != 200 || address == nil {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if n := strings.Count(w.Body.String(), address[1]); n < 10 {
		t.Errorf("the address is in %d places, want it in every snippet", n)
	}
	if w = r.page("/sources/1"); w.Code != 200 || strings.Contains(w.Body.String(), address[1]) || strings.Contains(w.Body.String(), hush) {
		t.Errorf("later the address or the secret is shown: %d", w.Code)
	}
	body := `{"a":"<script>alert(1)</script>","b":"` + "\u202e" + `"}`
	r.send(address[1], body, "X-Hub-Signature-256", githubSum(body))
	r.send(address[1], body, "X-Hub-Signature-256", "sha256=00")
	wait(t, func() bool {
		return strings.Contains(r.page("/sources/1").Body.String(), "This source is failing authentication: 1 delivery refused")
	})
	if !strings.Contains(r.page("/sources").Body.String(), "is failing authentication") {
		t.Error("the list does not say so")
	}
	w = r.page("/sources/1/deliveries/1")
	if text := w.Body.String(); w.Code != 200 || strings.Contains(text, "<script>alert") || !strings.Contains(text, "&lt;script&gt;alert(1)&lt;/script&gt;") || strings.Contains(text, "\u202e") {
		t.Errorf("the delivery: %d %s", w.Code, text)
	}
	for path, code := range map[string]int{"/sources/1/deliveries/2": 404, "/sources/2": 404, "/sources/x": 404, "/sources/1/deliveries/x": 404} {
		if w := r.page(path); w.Code != code {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	version := func() string {
		var n int64
		r.must(r.g.Table("hook_sources").Select("version").Scan(&n).Error)
		return fmt.Sprint(n)
	}
	if w = r.page("/sources/1/rotate", "version", version(), "what", "token"); w.Code != 200 || !strings.Contains(w.Body.String(), "http://coe.test/hooks/") || strings.Contains(w.Body.String(), address[1]) {
		t.Errorf("a new address: %d", w.Code)
	}
	if w = r.page("/sources/1/rotate", "version", version(), "what", "secret", "secret", "short"); w.Code != 422 || !strings.Contains(w.Body.String(), "shorter than 8") {
		t.Errorf("a short secret: %d", w.Code)
	}
	for _, c := range []struct{ path, what string }{{"rotate", "secret"}, {"rotate", "done"}, {"replay", ""}, {"disable", ""}, {"enable", ""}} {
		fields := []string{"version", version(), "what", c.what}
		want := 303
		if c.what == "secret" {
			want = 200 // the secret made is shown
		}
		if w := r.page("/sources/1/"+c.path, fields...); w.Code != want {
			t.Errorf("%s %s: %d %s", c.path, c.what, w.Code, w.Body)
		}
	}
	if w = r.page("/sources/1", "version", version(), "name", "CI", "verifier", "none"); w.Code != 303 {
		t.Errorf("saving: %d %s", w.Code, w.Body)
	}
	if w = r.page("/sources/1", "version", "1", "name", "CI", "verifier", "none"); w.Code != 409 {
		t.Errorf("saving an old version: %d", w.Code)
	}
}

// wait looks again until something holds that is done a moment later.
func wait(t testing.TB, ok func() bool) {
	t.Helper()
	for range 1000 {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("it never came about")
}
