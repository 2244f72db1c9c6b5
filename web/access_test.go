package web_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"gorm.io/gorm"
)

// Every route × principal × document, against a table written from product.md
// §10, with canaries in every field of every document.
//
// A route without a row fails, and a row without a route does.
func TestAccessEveryRouteHasARow(t *testing.T) {
	t.Parallel()
	var routes, rows []string
	for _, r := range newServer(t).server.Routes() {
		routes = append(routes, r.Method+" "+r.Path)
	}
	for _, r := range tableOfAccess() {
		rows = append(rows, r.route)
		if _, known := rights[r.right]; !known {
			t.Errorf("%s names %q, which is no table of rights", r.route, r.right)
		}
	}
	for _, r := range routes {
		if n := count(rows, r); n != 1 {
			t.Errorf("%s has %d rows in the table of access, want 1", r, n)
		}
	}
	for _, r := range rows {
		if !slices.Contains(routes, r) {
			t.Errorf("%s has a row in the table of access and is no route", r)
		}
	}
	note(t, "%d routes", len(routes))
}

func count(list []string, s string) (n int) {
	for _, x := range list {
		if x == s {
			n++
		}
	}
	return n
}

// TestAccess asks everything as everybody.
func TestAccess(t *testing.T) {
	t.Parallel()
	const hands = 2
	var cells atomic.Int64
	for hand := range hands {
		t.Run(fmt.Sprint(hand), func(t *testing.T) {
			t.Parallel()
			m := &matrix{world: newWorld(t), t: t}
			for i, r := range tableOfAccess() {
				if i%hands == hand {
					m.row(r)
				}
			}
			cells.Add(int64(m.cells))
		})
	}
	t.Cleanup(func() { note(t, "%d cells", cells.Load()) })
}

// matrix goes through the table on one world.
type matrix struct {
	*world
	t      *testing.T
	cells  int
	failed int
}

func (m *matrix) row(r row) {
	if _, known := rights[r.right]; !known {
		return // said by TestAccessEveryRouteHasARow
	}
	for _, who := range principals {
		if !r.doc {
			m.cell(r, who, own, nil)
			continue
		}
		for _, kind := range kinds {
			m.cell(r, who, kind, m.of(who, kind))
		}
	}
}

// cell is one principal at one document; each way to ask is tried.
func (m *matrix) cell(r row, who, kind string, d *doc) {
	want := rights[r.right].cell(who, kind)
	for _, q := range r.requests(m.world, who, d) {
		m.try(r, who, kind, d, q, want)
		if q.method != http.MethodGet {
			continue
		}
		head := q
		head.method = http.MethodHead
		m.try(r, who, kind, d, head, want)
		cond := q
		cond.header = http.Header{"If-None-Match": {"*"}, "If-Modified-Since": {"Fri, 01 Jan 2100 00:00:00 GMT"}, "Range": {"bytes=0-10"}}
		m.try(r, who, kind, d, cond, want)
	}
}

// try sends one request and looks at the answer, at what left with it, at the
// log and at the database. The transaction around it is taken back.
func (m *matrix) try(r row, who, kind string, d *doc, q request, want class) {
	m.cells++
	m.undone(func(tx *gorm.DB) {
		if r.before != nil && d != nil && kind != deleted {
			r.before(m.world, tx, d)
		}
		before := m.look(tx)
		rec := m.do(who, q)
		fail := func(format string, args ...any) {
			if m.failed++; m.failed == 40 || os.Getenv("COE_TEST_FAULT") != "" {
				defer m.t.FailNow() // enough to see what is wrong
			}
			m.t.Errorf("%s %s as %s on %s: %s", q.method, q.path, who, kind, fmt.Sprintf(format, args...))
		}
		if got := classOf(rec, q.method); got != want {
			fail("%s, want %s (status %d, Location %q)%s", got, want, rec.Code, rec.Header().Get("Location"), said(rec))
		}
		m.effects(r, who, q, d, before, m.look(tx), want, fail)
		for _, leak := range m.leaks(who, q, rec, m.exception(r, who)) {
			fail("%s left", leak)
		}
		if log := m.log.take(); strings.Contains(strings.ToLower(log), canaryMark) || m.session[who] != "" && strings.Contains(log, m.session[who]) {
			fail("the log tells too much: %s", log)
		}
		if d == nil && safe(q.method) {
			for _, name := range m.numbers(who, rec) {
				if !m.mayName(r, who, name) {
					fail("it names %s", name)
				}
			}
		}
		for _, miss := range missingHeaders(rec) {
			fail("%s", miss)
		}
	})
}

// exception tells which words may leave although the document is not to be
// read: an action's owner sees number, text and date of it in
// their own list, also as the answer to a form that was refused there; and the
// bin shows its owner and administrators what they may take out of it. A file
// names people by their addresses, else it could not be imported again.
func (m *matrix) exception(r row, who string) func(word string) bool {
	mine := r.route == "GET /me/actions" || strings.HasPrefix(r.route, "POST /actions/:id/")
	hidden, binned := m.docs[restricted], m.docs[deleted]
	return func(word string) bool {
		switch {
		case strings.HasPrefix(r.route, "GET /coes/:n/export."):
			return strings.HasPrefix(word, mailMark)
		case mine && who == assignee:
			return strings.HasPrefix(word, hidden.canary("actions", "title"))
		case r.route == "GET /bin" && (who == owner || who == admin):
			return strings.HasPrefix(word, binned.canary("coes", "title")) || strings.HasPrefix(word, binned.canary("coes", "delete_reason"))
		}
		return false
	}
}

// mayName is the same for numbers of documents.
func (m *matrix) mayName(r row, who, name string) bool {
	switch r.route {
	case "GET /me/actions":
		return who == assignee && name == m.docs[restricted].coe.Name()
	case "GET /bin":
		return (who == owner || who == admin) && name == m.docs[deleted].coe.Name()
	}
	return false
}

// state is what a request may change.
type state struct {
	changes int64           // rows this connection changed, undone ones too
	seqs    map[int64]int64 // of every document
	audit   int64
}

func (w *world) look(tx *gorm.DB) state {
	w.t.Helper()
	s := state{seqs: map[int64]int64{}}
	w.must(tx.Raw("SELECT total_changes()").Scan(&s.changes).Error)
	w.must(tx.Raw("SELECT count(*) FROM audit").Scan(&s.audit).Error)
	var rows []struct{ ID, Seq int64 }
	w.must(tx.Raw("SELECT id, seq FROM coes").Scan(&rows).Error)
	for _, r := range rows {
		s.seqs[r.ID] = r.Seq
	}
	return s
}

// effects: what was refused changed nothing, what was allowed changed its
// document and no other, and looking changes nothing but the audit log, where
// an administrator looks at a restricted document.
func (m *matrix) effects(r row, who string, q request, d *doc, before, after state, want class, fail func(string, ...any)) {
	changed := after.changes - before.changes
	var moved []int64
	for id, seq := range after.seqs {
		if seq != before.seqs[id] && before.seqs[id] != 0 {
			moved = append(moved, id)
		}
	}
	did := want == ok || want == sentAway
	switch {
	case safe(q.method) && d != nil && who == admin && did && (d.kind == restricted || d.kind == admin):
		if after.audit != before.audit+1 || changed != 1 {
			fail("an administrator's view of a restricted COE left %d audit rows and %d changes, want 1 and 1", after.audit-before.audit, changed)
		}
	case safe(q.method), r.quiet:
		if changed != after.audit-before.audit {
			fail("it changed %d rows", changed)
		}
	case !did:
		if changed != 0 {
			fail("it was refused and changed %d rows", changed)
		}
	case changed == 0:
		fail("it was allowed and changed nothing")
	case r.loose:
		if len(moved) != 0 {
			fail("it changed the documents %v", moved)
		}
	case len(moved) != 1 || d == nil || moved[0] != d.coe.ID:
		fail("it changed the documents %v, want this one", moved)
	}
}

// classOf says what an answer comes to.
func classOf(rec *httptest.ResponseRecorder, method string) class {
	to := rec.Header().Get("Location")
	switch rec.Code {
	case http.StatusOK, http.StatusNoContent, http.StatusNotModified, http.StatusPartialContent:
		return ok
	case http.StatusSeeOther:
		switch {
		case to == "/signin" && safe(method):
			return signIn
		case to == "/signin":
			return sentAway
		case strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "//"):
			return ok
		}
	case http.StatusUnauthorized:
		if !safe(method) {
			return signIn
		}
	}
	return class(fmt.Sprint(rec.Code))
}

// missingHeaders lists what every answer has to carry and this one does not.
func missingHeaders(rec *httptest.ResponseRecorder) []string {
	var out []string
	h := rec.Header()
	csp := h.Get("Content-Security-Policy")
	parts := []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "object-src 'none'", "form-action 'self'"}
	if strings.HasPrefix(csp, "sandbox;") {
		parts = parts[:1] // a file of somebody: nothing in it may do anything
	}
	for _, part := range parts {
		if !strings.Contains(csp, part) {
			out = append(out, "Content-Security-Policy lacks "+part)
		}
	}
	if strings.Contains(csp, "unsafe") {
		out = append(out, "Content-Security-Policy allows something unsafe")
	}
	if h.Get("X-Content-Type-Options") != "nosniff" {
		out = append(out, "X-Content-Type-Options is not nosniff")
	}
	if h.Get("Referrer-Policy") != "same-origin" {
		out = append(out, "Referrer-Policy is not same-origin")
	}
	if rec.Code != http.StatusSeeOther && strings.HasPrefix(h.Get("Content-Type"), "text/html") && !strings.Contains(h.Get("Cache-Control"), "no-store") {
		out = append(out, "a page may be stored by a cache")
	}
	return out
}

// said is the sentence of a failure page, for reading what went wrong.
func said(rec *httptest.ResponseRecorder) string {
	_, text, _ := strings.Cut(rec.Body.String(), "<main")
	text = strings.Join(strings.Fields(tagWord.ReplaceAllString(text, " ")), " ")
	if len(text) > 600 {
		text = text[:600]
	}
	return ": " + text
}
