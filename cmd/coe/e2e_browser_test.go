package main_test

import (
	"context"
	"html"
	"io"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// browser is a person at the server, by HTTP only.
type browser struct {
	t      *testing.T
	base   string
	cookie string // name=value of the session
	client *http.Client
}

func newBrowser(t *testing.T, base string) *browser {
	t.Helper()
	tr := &http.Transport{MaxIdleConnsPerHost: 4}
	t.Cleanup(tr.CloseIdleConnections)
	return &browser{t: t, base: base, client: &http.Client{
		Timeout: guard, Transport: tr,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// signIn opens the link that a command printed, and presses the button.
func (p *program) signIn(email string) *browser {
	p.t.Helper()
	b := newBrowser(p.t, p.url())
	b.enter(p.link(email))
	return b
}

// enter spends a sign-in link and keeps the session.
func (b *browser) enter(link string) {
	b.t.Helper()
	a := b.post("/signin", "token", path.Base(link)).wants(http.StatusSeeOther)
	for _, c := range a.header.Values("Set-Cookie") {
		if name, _, _ := strings.Cut(c, "="); strings.HasSuffix(name, "session") {
			b.cookie, _, _ = strings.Cut(c, ";")
		}
	}
	if b.cookie == "" {
		b.t.Fatal("signed in without a cookie")
	}
}

// answer is what the server said.
type answer struct {
	t      *testing.T
	what   string
	status int
	to     string // of a redirect
	body   string
	header http.Header
}

func (b *browser) get(at string) answer {
	b.t.Helper()
	a, err := b.try(b.t.Context(), "GET", at, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return a
}

// post sends a form of name, value, name, value …
func (b *browser) post(at string, pairs ...string) answer {
	b.t.Helper()
	a, err := b.try(b.t.Context(), "POST", at, form(pairs...))
	if err != nil {
		b.t.Fatal(err)
	}
	return a
}

func form(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v
}

// try sends a request and reads the whole answer; an error says that there was
// none, or only a part.
func (b *browser) try(ctx context.Context, method, at string, f url.Values, headers ...string) (answer, error) {
	at, _, _ = strings.Cut(at, "#") // browsers keep it to themselves
	req, err := http.NewRequestWithContext(ctx, method, b.base+at, strings.NewReader(f.Encode()))
	if err != nil {
		return answer{}, err
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	if b.cookie != "" {
		req.Header.Set("Cookie", b.cookie)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := b.client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return answer{b.t, method + " " + at, resp.StatusCode, resp.Header.Get("Location"), string(body), resp.Header}, err
}

// wants checks the status and that the page holds all words.
func (a answer) wants(status int, words ...string) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("%s: status %d, want %d\n%s", a.what, a.status, status, clip(a.text()))
	}
	for _, w := range words {
		if !strings.Contains(a.text(), w) {
			a.t.Errorf("%s does not say %q\n%s", a.what, w, clip(a.text()))
		}
	}
	return a
}

// leads checks a redirect after a form.
func (a answer) leads(to string) answer {
	a.t.Helper()
	if a.wants(http.StatusSeeOther); a.to != to {
		a.t.Fatalf("%s leads to %q, want %q", a.what, a.to, to)
	}
	return a
}

var (
	tag   = regexp.MustCompile(`(?s)<[^>]*>`)
	space = regexp.MustCompile(`\s+`)
)

// text is the page as a person reads it.
func (a answer) text() string {
	_, main, found := strings.Cut(a.body, "<main")
	if !found {
		main = a.body
	}
	return space.ReplaceAllString(html.UnescapeString(tag.ReplaceAllString("<main"+main, " ")), " ")
}

func clip(s string) string { return s[:min(len(s), 2000)] }

// field gives the value of a form's field, the first of that name.
func (a answer) field(name string) string {
	a.t.Helper()
	for _, m := range regexp.MustCompile(`<input[^>]*>`).FindAllString(a.body, -1) {
		if strings.Contains(m, ` name="`+name+`"`) {
			v := regexp.MustCompile(` value="([^"]*)"`).FindStringSubmatch(m)
			if v == nil {
				return ""
			}
			return html.UnescapeString(v[1])
		}
	}
	a.t.Fatalf("%s has no field %q", a.what, name)
	return ""
}

// seconds is how long something took, for figures only.
func seconds(from time.Time) string { return time.Since(from).Round(time.Millisecond).String() }

// regexpGroup gives the first group of a pattern.
func regexpGroup(t *testing.T, text, pattern string) string {
	t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("nothing fits %s in\n%s", pattern, clip(text))
	}
	return m[1]
}

// numberOf gives the number of the document that an address is about.
func numberOf(t *testing.T, address string) string {
	t.Helper()
	return regexpGroup(t, address, `^/coes/(\d+)`)
}

func integer(t *testing.T, text string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
