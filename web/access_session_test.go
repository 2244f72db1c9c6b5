package web_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"coetracker/coe"
	"coetracker/people"
)

// guard is a server with people and no documents, for tests of signing in.
func guard(t *testing.T, base string) *world {
	t.Helper()
	w := newServer(t)
	w.company()
	w.server.Demo = nil // its bar leads to the stand-in for Slack
	for name, role := range roles {
		w.exec("UPDATE people SET role = ? WHERE id = ?", role, w.person[name].ID)
		w.person[name].Role = role
	}
	if base != "" {
		w.server.BaseURL = base
		w.handler = w.server.Handler()
	}
	w.log.take()
	return w
}

func (w *world) link(who string) string {
	w.t.Helper()
	token, err := w.server.People.NewLink(w.t.Context(), people.Operator(), w.person[who].ID)
	w.must(err)
	return token
}

func signInWith(token string) request {
	return request{method: http.MethodPost, path: "/signin", form: values("token", token)}
}

// sessionOf is the value of the session cookie an answer sets.
func sessionOf(rec *httptest.ResponseRecorder) *http.Cookie {
	for _, c := range rec.Result().Cookies() {
		if strings.HasSuffix(c.Name, "session") {
			return c
		}
	}
	return nil
}

func TestSignInLinkWorksOnce(t *testing.T) {
	t.Parallel()
	w := guard(t, "")
	token := w.link(reader)
	for range 10 { // previews and scanners open links and must not spend them
		if rec := w.do(anonymous, request{method: http.MethodGet, path: "/signin/" + token}); rec.Code != http.StatusOK || sessionOf(rec) != nil {
			t.Fatalf("looking at a link: status %d, cookie %v", rec.Code, sessionOf(rec))
		}
	}
	rec := w.do(anonymous, signInWith("http://coe.example/signin/"+token))
	if rec.Code != http.StatusSeeOther || rec.Header().Get("Location") != "/coes" || sessionOf(rec) == nil {
		t.Fatalf("first use: status %d to %q", rec.Code, rec.Header().Get("Location"))
	}
	for _, tried := range []string{token, "", "nosuch", strings.Repeat("x", 5000), "' OR 1=1 --", token + "\x00"} {
		w.isGone(tried)
	}
}

// isGone: a link that does not work is 410 with a page, never a redirect.
func (w *world) isGone(token string) {
	w.t.Helper()
	rec := w.do(anonymous, signInWith(token))
	if rec.Code != http.StatusGone || rec.Header().Get("Location") != "" || sessionOf(rec) != nil || !strings.Contains(rec.Body.String(), "<h1") {
		w.t.Errorf("token %.20q: status %d, Location %q, want 410 with a page", token, rec.Code, rec.Header().Get("Location"))
	}
}

func TestSignInLinkExpires(t *testing.T) {
	t.Parallel()
	w := guard(t, "")
	expiring, late, lost := w.link(reader), w.link(writer), w.link(outsider)
	w.clock.Advance(people.LinkLife - time.Second)
	if rec := w.do(anonymous, signInWith(expiring)); rec.Code != http.StatusSeeOther {
		t.Errorf("a second before its end: status %d", rec.Code)
	}
	w.clock.Advance(time.Second)
	w.isGone(late)
	fresh := w.link(outsider)
	w.must(w.server.People.Disable(t.Context(), people.Operator(), w.person[outsider].ID))
	w.isGone(lost)
	w.isGone(fresh)
}

func TestSignInFiftyAtOnceGiveOne(t *testing.T) {
	t.Parallel()
	w := guard(t, "")
	token := w.link(reader)
	codes := make([]int, 50)
	var group sync.WaitGroup
	start := make(chan struct{})
	for i := range codes {
		group.Go(func() {
			<-start
			codes[i] = w.do(anonymous, signInWith(token)).Code
		})
	}
	close(start)
	group.Wait()
	seen := map[int]int{}
	for _, c := range codes {
		seen[c]++
	}
	if seen[http.StatusSeeOther] != 1 || seen[http.StatusGone] != 49 {
		t.Errorf("50 tries at once gave %v, want one 303 and 49 times 410", seen)
	}
}

func TestSessionCookie(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]string{"http://coe.example": "session", "https://coe.example": "__Host-session"} {
		w := guard(t, base)
		rec := w.do(anonymous, signInWith(w.link(reader)))
		c := sessionOf(rec)
		if c == nil {
			t.Fatalf("%s: no cookie", base)
		}
		secure := strings.HasPrefix(base, "https")
		if c.Name != want || c.Secure != secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
			t.Errorf("%s: cookie %q secure=%v httponly=%v samesite=%v path=%q domain=%q", base, c.Name, c.Secure, c.HttpOnly, c.SameSite, c.Path, c.Domain)
		}
		if raw, err := base64.RawURLEncoding.DecodeString(c.Value); err != nil || len(raw) < 16 {
			t.Errorf("%s: the session holds %d bytes, want 16 or more", base, len(raw))
		}
		for name, signed := range map[string]bool{want: true, "session": !secure, "__Host-session": secure, "Session": false} {
			r := httptest.NewRequest(http.MethodGet, base+"/me", nil)
			r.AddCookie(&http.Cookie{Name: name, Value: c.Value})
			out := httptest.NewRecorder()
			w.handler.ServeHTTP(out, r)
			if got := out.Code == http.StatusOK; got != signed {
				t.Errorf("%s: a cookie named %s signs in: %v, want %v", base, name, got, signed)
			}
		}
	}
}

// ask tells whether somebody is signed in, by asking for their own page.
func (w *world) ask(who string) bool {
	w.t.Helper()
	switch rec := w.do(who, request{method: http.MethodGet, path: "/me"}); {
	case rec.Code == http.StatusOK:
		return true
	case rec.Code == http.StatusSeeOther && rec.Header().Get("Location") == "/signin":
		return false
	default:
		w.t.Fatalf("/me as %s: status %d", who, rec.Code)
		return false
	}
}

func TestSessionEnds(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(w *world){
		"signing out":          func(w *world) { w.do(reader, request{method: http.MethodPost, path: "/signout"}) },
		"signing out all":      func(w *world) { w.do(reader, request{method: http.MethodPost, path: "/me/signout"}) },
		"an admin ends it":     func(w *world) { w.admin("signout") },
		"an admin disables":    func(w *world) { w.admin("disable") },
		"disabled by hand":     func(w *world) { w.exec("UPDATE people SET disabled_at = ? WHERE id = ?", w.clock.Now(), w.id(reader)) },
		"30 days":              func(w *world) { w.used(people.SessionLife, 24*time.Hour) },
		"7 days without use":   func(w *world) { w.clock.Advance(people.SessionIdle) },
		"gone from the server": func(w *world) { w.exec("DELETE FROM sessions") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := guard(t, "")
			second := w.signIn(w.id(reader))
			if !w.ask(reader) {
				t.Fatal("not signed in to begin with")
			}
			end(w)
			if w.ask(reader) {
				t.Error("the old cookie still signs in")
			}
			w.session[reader] = second
			if still := w.ask(reader); still != (name == "signing out") {
				t.Errorf("the session in another browser works: %v", still)
			}
		})
	}
}

func (w *world) admin(verb string) {
	w.t.Helper()
	rec := w.do(admin, request{method: http.MethodPost, path: fmt.Sprintf("/people/%d/%s", w.id(reader), verb)})
	if rec.Code != http.StatusSeeOther {
		w.t.Fatalf("%s by an admin: status %d", verb, rec.Code)
	}
}

// used lets time pass with a request now and then.
func (w *world) used(all, step time.Duration) {
	for spent := time.Duration(0); spent < all; spent += step {
		w.clock.Advance(step)
		w.do(reader, request{method: http.MethodGet, path: "/me"})
	}
}

// A session is made by signing in and by nothing else; signing in again gives
// another one.
func TestSessionIsNeverTheCallers(t *testing.T) {
	t.Parallel()
	w := guard(t, "")
	w.session[anonymous] = "chosen-by-somebody-else"
	rec := w.do(anonymous, signInWith(w.link(reader)))
	c := sessionOf(rec)
	if c == nil || c.Value == "chosen-by-somebody-else" || c.Value == w.session[reader] {
		t.Fatalf("the session after signing in is %v", c)
	}
	if w.ask(anonymous) {
		t.Error("a session that somebody chose is taken")
	}
	var stored []string
	w.must(w.db.Raw("SELECT token_hash FROM sessions").Scan(&stored).Error)
	for _, hash := range stored {
		if hash == c.Value || len(hash) != 64 {
			t.Errorf("a session is kept as %q, not as its sum", hash)
		}
	}
}

// What is taken away is taken away with the next request.
func TestRevocationAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.docs[org]
	ask := func(who, method, path string, form ...string) int {
		q := request{method: method, path: path}
		if method == http.MethodPost {
			q.form = values(form...)
		}
		return w.do(who, q).Code
	}
	text := d.path("/text/summary")
	expect := func(what string, got, want int) {
		t.Helper()
		if got != want {
			t.Errorf("%s: status %d, want %d", what, got, want)
		}
	}
	expect("a teammate edits", ask(teammate, http.MethodPost, text, "version", "2", "text", "one"), http.StatusSeeOther)
	w.exec("DELETE FROM team_members WHERE person_id = ?", w.id(teammate))
	expect("no longer of the team", ask(teammate, http.MethodPost, text, "version", "3", "text", "two"), http.StatusForbidden)
	expect("a writer edits", ask(writer, http.MethodPost, text, "version", "3", "text", "two"), http.StatusSeeOther)
	w.exec("UPDATE people SET role = 'reader' WHERE id = ?", w.id(writer))
	expect("a reader now", ask(writer, http.MethodPost, text, "version", "4", "text", "three"), http.StatusForbidden)
	expect("an admin's page", ask(admin, http.MethodGet, "/setup"), http.StatusOK)
	w.exec("UPDATE people SET role = 'writer' WHERE id = ?", w.id(admin))
	expect("no admin any more", ask(admin, http.MethodGet, "/setup"), http.StatusForbidden)
	expect("no admin any more, restricted", ask(admin, http.MethodGet, w.docs[restricted].path("")), http.StatusNotFound)
	expect("an org document", ask(outsider, http.MethodGet, d.path("")), http.StatusOK)
	w.exec("UPDATE coes SET visibility = ? WHERE id = ?", coe.Restricted, d.coe.ID)
	expect("restricted now", ask(outsider, http.MethodGet, d.path("")), http.StatusNotFound)
	expect("named on it", ask(named, http.MethodGet, d.path("")), http.StatusOK)
	w.exec("DELETE FROM coe_people WHERE person_id = ?", w.id(named))
	expect("not named any more", ask(named, http.MethodGet, d.path("")), http.StatusNotFound)
}
