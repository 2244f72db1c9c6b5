package main_test

import (
	"net/http"
	"path"
	"strings"
	"sync"
	"testing"
)

// served is a program with a server and an administrator.
func served(t *testing.T, env ...string) *program {
	t.Helper()
	p := newProgram(t, env...)
	p.want(0, "migrate", "up")
	p.want(0, "user", "add", "root@example.org", "--role", "admin")
	p.serve("--log", "warn")
	return p
}

func TestSignInLinkWorksOnce(t *testing.T) {
	p := served(t)
	link := p.link("root@example.org")
	if !strings.HasPrefix(link, p.url()+"/signin/") {
		t.Fatalf("the link is %s", link)
	}
	b, token := newBrowser(t, p.url()), path.Base(link)
	for range 3 { // previews open links too
		if got := b.get("/signin/"+token).wants(200, "Sign in").field("token"); got != token {
			t.Fatalf("the form holds %q", got)
		}
	}

	const tries = 50
	answers := make([]answer, tries)
	var wg sync.WaitGroup
	for i := range tries {
		wg.Go(func() { answers[i] = newBrowser(t, p.url()).post("/signin", "token", token) })
	}
	wg.Wait()
	count := map[int]int{}
	var won answer
	for _, a := range answers {
		if count[a.status]++; a.status == http.StatusSeeOther {
			won = a
		} else if a.to != "" || len(a.header.Values("Set-Cookie")) > 0 {
			t.Errorf("a refused try got a redirect to %q or a cookie", a.to)
		}
	}
	if count[http.StatusSeeOther] != 1 || count[http.StatusGone] != tries-1 {
		t.Fatalf("%d tries answered %v, want one 303 and %d times 410", tries, count, tries-1)
	}
	figures(t, "%d tries with one link: %d signed in, %d answered 410", tries, count[303], count[410])
	won.leads("/coes")
	cookie := won.header.Get("Set-Cookie")
	for _, part := range []string{"session=", "Path=/", "HttpOnly", "SameSite=Lax"} {
		if !strings.Contains(cookie, part) {
			t.Errorf("the cookie %q lacks %s", cookie, part)
		}
	}
	if strings.Contains(cookie, "Secure") || strings.Contains(cookie, "__Host-") {
		t.Errorf("without TLS the cookie is %q", cookie)
	}
	b.post("/signin", "token", token).wants(http.StatusGone)
	b.post("/signin", "token", "nonsense").wants(http.StatusGone)
	b.post("/signin").wants(http.StatusGone)
}

func TestSessionsEnd(t *testing.T) {
	p := served(t)
	p.want(0, "user", "add", "ana@example.org")
	b := p.signIn("ana@example.org")
	b.get("/coes").wants(200, "COEs")
	other := p.signIn("ana@example.org")
	other.post("/signout").leads("/signin")
	other.get("/coes").leads("/signin")
	other.post("/coes/new", "title", "x").wants(http.StatusUnauthorized)
	b.get("/coes").wants(200)
	p.want(0, "user", "disable", "ana@example.org")
	b.get("/coes").leads("/signin")
}

func TestEveryAnswerCarriesTheHeaders(t *testing.T) {
	p := served(t)
	in, out := p.signIn("root@example.org"), newBrowser(t, p.url())
	ask := func(b *browser, method, at string, headers ...string) answer {
		a, err := b.try(t.Context(), method, at, nil, headers...)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	static := in.get("/coes").body
	static = static[strings.Index(static, "/static/"):]
	static = static[:strings.IndexAny(static, `"'`)]
	for _, c := range []struct {
		a      answer
		status int
	}{
		{ask(in, "GET", "/coes"), 200},
		{ask(in, "HEAD", "/coes"), 200},
		{ask(in, "GET", static), 200},
		{ask(out, "GET", "/livez"), 200},
		{ask(out, "GET", "/readyz"), 200},
		{ask(out, "GET", "/signin"), 200},
		{ask(out, "GET", "/coes"), 303},
		{ask(out, "GET", "/nowhere"), 303},
		{ask(out, "POST", "/coes/new"), 401},
		{ask(out, "POST", "/signin"), 410},
		{ask(in, "GET", "/nowhere"), 404},
		{ask(in, "GET", "/coes/7"), 404},
		{ask(in, "POST", "/coes"), 405},
		{ask(in, "POST", "/coes/new"), 422},
		{ask(in, "POST", "/coes/new", "Sec-Fetch-Site", "cross-site"), 403},
		{ask(in, "POST", "/nowhere", "Sec-Fetch-Site", "cross-site"), 403},
	} {
		if c.a.status != c.status {
			t.Errorf("%s: status %d, want %d", c.a.what, c.a.status, c.status)
		}
		h := c.a.header
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "same-origin" {
			t.Errorf("%s: headers %v", c.a.what, h)
		}
		policy := h.Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: policy %q", c.a.what, policy)
		}
	}
}

func TestCookiesBehindTLS(t *testing.T) {
	p := served(t, "COE_BASE_URL=https://coe.example.org/")
	link := p.link("root@example.org")
	if !strings.HasPrefix(link, "https://coe.example.org/signin/") {
		t.Fatalf("the link is %s", link)
	}
	b := newBrowser(t, p.url())
	a := b.post("/signin", "token", link).leads("/coes") // the whole link pasted
	cookie := a.header.Get("Set-Cookie")
	for _, part := range []string{"__Host-session=", "Path=/", "HttpOnly", "Secure"} {
		if !strings.Contains(cookie, part) || strings.Contains(cookie, "Domain") {
			t.Errorf("the cookie %q lacks %s", cookie, part)
		}
	}
	b.cookie, _, _ = strings.Cut(cookie, ";")
	b.get("/coes").wants(200)
	b.cookie = strings.TrimPrefix(b.cookie, "__Host-")
	b.get("/coes").leads("/signin") // the other name does not count here
}
