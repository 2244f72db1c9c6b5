package web_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"gorm.io/gorm"
)

// crossSite are the ways in which a request of another site looks.
var crossSite = []http.Header{
	{"Sec-Fetch-Site": {"cross-site"}},
	{"Sec-Fetch-Site": {"cross-site"}, "Origin": {"https://evil.example"}},
	{"Sec-Fetch-Site": {"same-site"}, "Origin": {"http://other.coe.example"}},
	{"Origin": {"https://evil.example"}},
	{"Origin": {"http://coe.example.evil.example"}},
	{"Origin": {"http://coe.example:8080"}},
	{"Origin": {"null"}},
}

// homely are the ways in which a request of our pages, or of no browser, looks.
var homely = []http.Header{
	{"Sec-Fetch-Site": {"same-origin"}, "Origin": {"http://coe.example"}},
	{"Sec-Fetch-Site": {"none"}},
	{"Origin": {"http://coe.example"}},
	{},
}

// A request of another site is refused before all else: before asking who it
// is, on every unsafe route, in whatever form it comes.
func TestCrossOriginIsRefusedEverywhere(t *testing.T) {
	t.Parallel()
	w, tried := newWorld(t), 0
	for _, r := range tableOfAccess() {
		if safe(r.method()) || r.tools {
			continue
		}
		q := r.requests(w, admin, w.docs[org])[0]
		for _, who := range []string{admin, anonymous} {
			for _, h := range crossSite {
				for _, form := range shapes(q) {
					form.header = h
					w.undone(func(tx *gorm.DB) {
						before := w.look(tx)
						rec := w.do(who, form)
						tried++
						if rec.Code != http.StatusForbidden || w.look(tx).changes != before.changes {
							t.Errorf("%s %s as %s with %v: status %d", q.method, q.path, who, h, rec.Code)
						}
						if miss := missingHeaders(rec); len(miss) > 0 {
							t.Errorf("%s with %v: %v", q.path, h, miss)
						}
					})
				}
			}
		}
		for _, h := range homely {
			q.header = h
			w.undone(func(*gorm.DB) {
				if rec := w.do(anonymous, q); rec.Code == http.StatusForbidden {
					t.Errorf("%s %s with %v is refused", q.method, q.path, h)
				}
			})
		}
	}
	note(t, "%d requests of other sites", tried)
}

// shapes are the bodies a form of another site can send.
func shapes(q request) []request {
	var multi bytes.Buffer
	m := multipart.NewWriter(&multi)
	for name, values := range q.form {
		for _, v := range values {
			_ = m.WriteField(name, v)
		}
	}
	_ = m.Close()
	plain, parts := q, q
	plain.form, plain.body, plain.kind = nil, q.form.Encode(), "text/plain"
	parts.form, parts.body, parts.kind = nil, multi.String(), m.FormDataContentType()
	return []request{q, plain, parts}
}

// No page of another site may read ours, and no GET does what a POST does.
func TestNoSharingAndNoEffectsOfReading(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, r := range tableOfAccess() {
		q := r.requests(w, owner, w.docs[org])[0]
		q.header = http.Header{"Origin": {"https://evil.example"}, "Access-Control-Request-Method": {"POST"}, "X-Http-Method-Override": {"POST"}, "X-Method-Override": {"POST"}}
		q.path += "?_method=POST&" + q.form.Encode()
		q.form = nil
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodOptions, "TRACE", http.MethodPut, http.MethodDelete, http.MethodPatch} {
			q.method = method
			if method == http.MethodGet && r.method() == http.MethodGet {
				continue // see TestAccess
			}
			w.undone(func(tx *gorm.DB) {
				before := w.look(tx)
				rec := w.do(owner, q)
				if after := w.look(tx); after.changes != before.changes {
					t.Errorf("%s %s changed %d rows", method, q.path, after.changes-before.changes)
				}
				for name := range rec.Header() {
					if strings.HasPrefix(name, "Access-Control-") {
						t.Errorf("%s %s answers with %s", method, q.path, name)
					}
				}
				if miss := missingHeaders(rec); len(miss) > 0 {
					t.Errorf("%s %s: %v", method, q.path, miss)
				}
			})
		}
	}
}

// Answers that no handler makes carry the headers as well, and tell nothing.
func TestStrangeRequests(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	large := "text=" + strings.Repeat("x", 5<<20)
	for _, c := range []struct {
		name string
		who  string
		q    request
		want int
	}{
		{"no such page", reader, request{method: http.MethodGet, path: "/nosuch"}, http.StatusNotFound},
		{"no such page, nobody", anonymous, request{method: http.MethodGet, path: "/nosuch"}, http.StatusSeeOther},
		{"profiler", admin, request{method: http.MethodGet, path: "/debug/pprof/"}, http.StatusNotFound},
		{"metrics", admin, request{method: http.MethodGet, path: "/metrics"}, http.StatusNotFound},
		{"another method", reader, request{method: http.MethodDelete, path: "/coes"}, http.StatusMethodNotAllowed},
		{"a folder up", anonymous, request{method: http.MethodGet, path: "/static/..%2f..%2fserver.go"}, http.StatusSeeOther},
		{"a folder up, written out", anonymous, request{method: http.MethodGet, path: "/static/../server.go"}, http.StatusSeeOther},
		{"no such file", anonymous, request{method: http.MethodGet, path: "/static/nosuch.js"}, http.StatusNotFound},
		{"number too large", reader, request{method: http.MethodGet, path: "/coes/99999999999999999999"}, http.StatusNotFound},
		{"negative number", reader, request{method: http.MethodGet, path: "/coes/-1"}, http.StatusNotFound},
		{"too large", owner, request{method: http.MethodPost, path: w.docs[org].path("/text/summary"), body: large}, http.StatusRequestEntityTooLarge},
		{"a broken form", owner, request{method: http.MethodPost, path: w.docs[org].path("/waive"), body: "%zz=%", kind: "application/x-www-form-urlencoded"}, http.StatusUnprocessableEntity},
		{"a broken cookie", anonymous, request{method: http.MethodGet, path: "/me", header: http.Header{"Cookie": {"session=\x7f; session=;;="}}}, http.StatusSeeOther},
	} {
		rec := w.do(c.who, c.q)
		if rec.Code != c.want {
			t.Errorf("%s: status %d, want %d", c.name, rec.Code, c.want)
		}
		if miss := missingHeaders(rec); len(miss) > 0 {
			t.Errorf("%s: %v", c.name, miss)
		}
		if body := rec.Body.String(); strings.Contains(body, "goroutine") || strings.Contains(body, ".go:") || strings.Contains(strings.ToLower(body), "sql") {
			t.Errorf("%s tells of the inside: %.200s", c.name, body)
		}
	}
}

// Whatever goes wrong inside, its words stay inside.
func TestInternalErrorsAreNotShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.exec("DROP TABLE sections")
	rec := w.do(reader, request{method: http.MethodGet, path: w.docs[org].path("")})
	if rec.Code != http.StatusInternalServerError {
		t.Fatalf("status %d, want 500", rec.Code)
	}
	text, log := everything(rec), w.log.take()
	if strings.Contains(text, "sections") || strings.Contains(text, "sqlite") || strings.Contains(text, canaryMark) {
		t.Errorf("the page tells of the inside: %s", text)
	}
	if id := rec.Header().Get("X-Request-Id"); !strings.Contains(log, id) || !strings.Contains(rec.Body.String(), id) || !strings.Contains(log, "sections") {
		t.Errorf("request %s is not found in log and page", id)
	}
	if miss := missingHeaders(rec); len(miss) > 0 {
		t.Error(miss)
	}
}

// offSite are addresses that a browser would take for another site's.
var offSite = []string{
	"//evil.example", "///evil.example", `/\evil.example`, `\\evil.example`, `\/evil.example`, "https://evil.example/coes", "http:evil.example", "https:evil.example",
	"javascript:alert(1)", "data:text/html,x", "//evil.example/%2f..", "/\t/evil.example", "/\n/evil.example", " //evil.example", "\x00//evil.example",
	"//coe.example@evil.example", "http://coe.example.evil.example/", "mailto:a@evil.example", ".evil.example", "@evil.example", "evil.example", "/%5cevil.example/..//evil.example",
}

// long tells whether there is time for everything.
func long() bool { return os.Getenv("COE_TEST_LONG") != "" }

// ours tells whether a Location leads to a page of ours.
func ours(location string) bool {
	if strings.ContainsAny(location, "\\\t\r\n\x00") || strings.HasPrefix(location, "//") || !strings.HasPrefix(location, "/") {
		return false
	}
	u, err := (&url.URL{Scheme: "http", Host: "coe.example", Path: "/"}).Parse(location)
	return err == nil && u.Host == "coe.example"
}

// Nothing that a request carries leads off our site.
func TestRedirectsStayHere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i, r := range tableOfAccess() {
		for j, evil := range offSite {
			if !long() && (i+j)%5 != 0 && !strings.Contains(r.route, "/actions/:id/block") {
				continue
			}
			q := r.requests(w, owner, w.docs[org])[0]
			extra := url.Values{}
			for _, name := range []string{"back", "next", "return", "return_to", "redirect", "url", "to_url", "continue", "dest", "r", "u"} {
				extra.Set(name, evil)
			}
			if safe(q.method) {
				q.path += "?" + extra.Encode()
			} else {
				form := url.Values{}
				for _, from := range []url.Values{extra, q.form} {
					for name, v := range from {
						form[name] = v
					}
				}
				q.form = form
			}
			q.header = http.Header{"Referer": {evil}, "X-Forwarded-Host": {"evil.example"}, "X-Forwarded-Proto": {"https"}, "X-Original-Url": {evil}, "Forwarded": {"host=evil.example"}}
			w.undone(func(*gorm.DB) {
				rec := w.do(owner, q)
				if to := rec.Header().Get("Location"); to != "" && !ours(to) {
					t.Errorf("%s %s with %q leads to %q", q.method, q.path, evil, to)
				}
				for _, attr := range []string{`href="`, `action="`, `src="`, `content="0;url=`} {
					for _, piece := range strings.Split(rec.Body.String(), attr)[1:] {
						if target, _, _ := strings.Cut(piece, `"`); strings.Contains(target, "evil.example") && !ours(strings.ReplaceAll(target, "&amp;", "&")) {
							t.Errorf("%s %s with %q shows a way to %q", q.method, q.path, evil, target)
						}
					}
				}
			})
		}
	}
}

// A forged flash message shows text to who forged it, and leads nowhere.
func TestForgedFlashLeadsNowhere(t *testing.T) {
	t.Parallel()
	w := guard(t, "")
	for _, evil := range append(offSite, `"><script>alert(1)</script>`) {
		raw := strings.Join([]string{"ok", "<b>text</b>", evil, "link"}, "\x00")
		r := httptest.NewRequest(http.MethodGet, "http://coe.example/me", nil)
		r.AddCookie(&http.Cookie{Name: "session", Value: w.session[reader]})
		r.AddCookie(&http.Cookie{Name: "flash", Value: base64.RawURLEncoding.EncodeToString([]byte(raw))})
		rec := httptest.NewRecorder()
		w.handler.ServeHTTP(rec, r)
		body := rec.Body.String()
		if rec.Code != http.StatusOK || strings.Contains(body, "<b>text</b>") || strings.Contains(body, "<script>alert") {
			t.Errorf("%q: status %d, %s", evil, rec.Code, body)
		}
		for _, piece := range strings.Split(body, `href="`)[1:] {
			if target, _, _ := strings.Cut(piece, `"`); !ours(target) && !strings.HasPrefix(target, "#") {
				t.Errorf("%q shows a way to %q", evil, target)
			}
		}
	}
}

// breakers are texts that would break a line of the log or a terminal.
var breakers = []string{"a\r\nb: c", "a\nlevel=ERROR msg=forged", `x","level":"ERROR","msg":"forged`, "\x1b[31mred\x1b[0m", "\u2028line", "\u202eright", "\x00zero", "%0d%0aforged", strings.Repeat("long", 2000)}

// One request is one line of the log, and a line is one JSON object, whatever
// is typed and whatever the headers say.
func TestLogLinesAreEvents(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, text := range breakers {
		header := http.Header{"User-Agent": {clean(text)}, "Referer": {clean(text)}, "X-Request-Id": {clean(text)}, "X-Forwarded-For": {clean(text)}}
		escaped := url.QueryEscape(text)
		for _, q := range []request{
			{method: http.MethodGet, path: "/coes?q=" + escaped + "&before=" + escaped + "&view=" + escaped},
			{method: http.MethodGet, path: "/coes/" + url.PathEscape(text)},
			{method: http.MethodGet, path: "/" + url.PathEscape(text)},
			{method: http.MethodGet, path: w.docs[org].path("/edit/" + url.PathEscape(text))},
			{method: http.MethodGet, path: "/me/actions?after=" + escaped},
			{method: http.MethodGet, path: "/signin/" + url.PathEscape(text)},
			{method: http.MethodPost, path: "/signin", form: values("token", text)},
			{method: http.MethodPost, path: w.docs[org].path("/waive"), form: values("rule", text, "place", text, "reason", text)},
			{method: http.MethodPost, path: w.docs[org].path("/state"), form: values("to", text, "reason", text)},
			{method: http.MethodPost, path: w.docs[org].path("/actions"), form: values("line", text)},
			{method: http.MethodPost, path: w.docs[org].path("/rows/" + url.PathEscape(text)), form: values("text", text)},
		} {
			q.header = header
			w.log.take()
			rec := w.do(owner, q)
			if rec.Code >= 500 {
				t.Errorf("%s %s: status %d: %s", q.method, q.path, rec.Code, w.log.take())
				continue
			}
			if n := lines(t, w.log.take()); n != 1 {
				t.Errorf("%s %s wrote %d lines, want 1", q.method, q.path, n)
			}
		}
	}
}

// clean leaves what a client can send in a header.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\r' || r == '\n' || r == 0 {
			return ' '
		}
		return r
	}, s)
}

func lines(t *testing.T, log string) (n int) {
	t.Helper()
	in := bufio.NewScanner(strings.NewReader(log))
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		n++
		var line struct{ Level, Msg string }
		if err := json.Unmarshal(in.Bytes(), &line); err != nil || line.Msg != "request" || line.Level != "INFO" {
			t.Errorf("a line of the log is %q (%v)", in.Text(), err)
		}
		if strings.ContainsAny(in.Text(), "\x1b\x00\u2028") {
			t.Errorf("a line of the log holds control characters: %q", in.Text())
		}
	}
	return n
}

// protected are the columns that no form may set by their name: whose it is,
// who may see it, where it stands, which it is.
func (w *world) protected() []string {
	w.t.Helper()
	var names []string
	w.must(w.db.Raw(`SELECT DISTINCT p.name FROM sqlite_master m, pragma_table_info(m.name) p WHERE m.type = 'table'`).Scan(&names).Error)
	return slices.DeleteFunc(names, func(n string) bool {
		switch n {
		case "id", "uid", "number", "seq", "state", "reviewed", "issue", "issued_seq", "moves", "key", "rank", "sha256", "html", "plain", "next_action", "first_due", "slack_id", "effect_due", "origin", "round", "assignment", "origin_sha256", "issued", "csv", "bytes":
			return false
		}
		return !strings.HasSuffix(n, "_id") && !strings.HasSuffix(n, "_by") && !strings.HasSuffix(n, "_at") && !strings.HasSuffix(n, "_since") && !strings.HasPrefix(n, "deleted")
	})
}

// Forms set what they show and nothing else: a request with the name of every
// protected column in three spellings does exactly what it does without them.
func TestFormsSetNothingBesides(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.exec("DELETE FROM coes WHERE id NOT IN (?, ?)", w.docs[org].coe.ID, w.docs[other].coe.ID)
	extra := url.Values{}
	for _, name := range w.protected() {
		for _, spelled := range []string{name, camel(name, false), camel(name, true)} {
			extra.Set(spelled, "1")
		}
	}
	tried := 0
	for _, r := range tableOfAccess() {
		who := teammate // may edit, but does not own
		if rights[r.right].cell(who, org) != ok {
			who = admin
		}
		if safe(r.method()) || rights[r.right].cell(who, org) != ok {
			continue
		}
		for _, q := range r.requests(w, who, w.docs[org]) {
			more := url.Values{}
			for _, from := range []url.Values{extra, q.form} {
				for name, v := range from {
					more[name] = v
				}
			}
			if r.route == "POST /coes/:n/rows/:row" || r.route == "POST /coes/:n/rows/:row/:key" {
				more.Del("csv") // a field of theirs
				if v := q.form.Get("csv"); v != "" {
					more.Set("csv", v)
				}
			}
			tried++
			bare, full := w.after(r, who, q, q.form), w.after(r, who, q, more)
			if bare != full {
				t.Errorf("%s %s as %s does something else with columns as fields:\n%s", q.method, q.path, who, difference(full, bare))
			}
			q.path += "?" + extra.Encode()
			if full := w.after(r, who, q, q.form); bare != full {
				t.Errorf("%s as %s does something else with columns in its address:\n%s", r.route, who, difference(full, bare))
			}
		}
	}
	note(t, "%d requests with %d fields too many", tried, len(extra))
}

// after is all rows of the database as a request leaves them, without what is
// drawn anew each time.
func (w *world) after(r row, who string, q request, form url.Values) (text string) {
	w.undone(func(tx *gorm.DB) {
		if r.before != nil {
			r.before(w, tx, w.docs[org])
		}
		q.form = form
		rec := w.do(who, q)
		var b strings.Builder
		fmt.Fprintln(&b, rec.Code)
		for _, table := range []string{
			"people", "team_members", "teams", "services", "coes", "coe_people", "coe_services", "sections", "impacts", "answers", "lessons", "links", "sharings", "metrics", "whys",
			"why_actions", "lesson_actions", "entries", "actions", "action_moves", "action_proofs", "revisions", "waivers", "signoffs", "state_changes", "attachments",
			"experiments", "evidence_items", "hook_sources", "hook_deliveries", "coe_evidence", "action_runs", "api_tokens", "service_aliases",
		} {
			var rows []map[string]any
			w.must(tx.Raw("SELECT * FROM " + table + " ORDER BY rowid").Scan(&rows).Error)
			for _, row := range rows {
				for _, drawn := range []string{"key", "uid", "bytes", "sha256", "entry_keys", "link_key", "token_hash", "token_hint", "hash", "hint"} {
					if table == "attachments" && drawn == "sha256" {
						continue
					}
					delete(row, drawn)
				}
				fmt.Fprintln(&b, table, row)
			}
		}
		text = b.String()
	})
	return text
}

// camel spells owner_id as ownerId or OwnerID.
func camel(name string, upper bool) string {
	parts := strings.Split(name, "_")
	for i, p := range parts {
		switch {
		case i == 0 && !upper:
		case upper && p == "id":
			parts[i] = "ID"
		case p != "":
			parts[i] = strings.ToUpper(p[:1]) + p[1:]
		}
	}
	return strings.Join(parts, "")
}
