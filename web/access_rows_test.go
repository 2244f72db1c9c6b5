package web_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"gorm.io/gorm"
)

// row is the line of one route in the table of access.
type row struct {
	route string // method and pattern, as the router knows it
	right string // a table of rights
	doc   bool   // it is about a document, or a part of one

	// ask gives valid requests; nil is the pattern itself.
	ask func(w *world, who string, d *doc) []request
	// before brings the document into the state that the request needs.
	before func(w *world, tx *gorm.DB, d *doc)

	quiet bool // an unsafe method that changes nothing when it is allowed
	loose bool // it changes the database, but not the document's sequence
	tools bool // it is for machines of other sites: no session counts there
}

func (r row) method() string  { m, _, _ := strings.Cut(r.route, " "); return m }
func (r row) pattern() string { _, p, _ := strings.Cut(r.route, " "); return p }

// requests gives what is asked of this route for a document.
func (r row) requests(w *world, who string, d *doc) []request {
	list := []request{{}}
	if r.ask != nil {
		list = r.ask(w, who, d)
	}
	for i := range list {
		list[i].method = r.method()
		if list[i].path == "" {
			list[i].path = r.pattern()
		}
		if d != nil {
			list[i].path = strings.Replace(list[i].path, ":n", fmt.Sprint(d.coe.Number), 1)
		}
	}
	return list
}

// form makes one request with these fields, "name", "value", …
func form(fields ...string) func(*world, string, *doc) []request {
	return func(*world, string, *doc) []request { return []request{{form: values(fields...)}} }
}

func values(fields ...string) url.Values {
	v := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		v.Add(fields[i], fields[i+1])
	}
	return v
}

// paths makes one request a path.
func paths(list ...string) func(*world, string, *doc) []request {
	return func(*world, string, *doc) (out []request) {
		for _, p := range list {
			out = append(out, request{path: p})
		}
		return out
	}
}

// on makes a request about one action of the document.
func onAction(verb string, fields ...string) func(*world, string, *doc) []request {
	return func(w *world, who string, d *doc) []request {
		a := d.open
		switch verb {
		case "verify", "reject", "reopen":
			a = d.claimed
		case "undelete":
			a = d.removed
		}
		q := request{path: fmt.Sprintf("/actions/%d/%s", a.ID, verb), form: values(fields...)}
		if verb == "handover" {
			to := w.person[admin].ID
			if who == admin {
				to = w.person[owner].ID
			}
			q.form.Set("to", fmt.Sprint(to))
		}
		return []request{q}
	}
}

func actionRow(verb, right string, fields ...string) row {
	return row{route: "POST /actions/:id/" + verb, right: right, doc: true, ask: onAction(verb, fields...)}
}

// setState puts the document into a state by hand.
func setState(state string) func(*world, *gorm.DB, *doc) {
	return func(w *world, tx *gorm.DB, d *doc) {
		w.must(tx.Exec("UPDATE coes SET state = ? WHERE id = ?", state, d.coe.ID).Error)
	}
}

// effectDue makes the question about the effect of the actions due.
func effectDue(w *world, tx *gorm.DB, d *doc) {
	long := w.clock.Now().AddDate(0, 0, -120)
	w.must(tx.Exec("UPDATE actions SET state = 'verified', verified_at = ?, state_since = ? WHERE coe_id = ?", long, long, d.coe.ID).Error)
	w.must(tx.Exec("UPDATE coes SET state = 'published', issue = 1, state_since = ? WHERE id = ?", long, d.coe.ID).Error)
	w.must(tx.Exec("UPDATE state_changes SET at = ? WHERE coe_id = ?", long, d.coe.ID).Error)
}

const reason = "a reason of more than ten letters"

// tableOfAccess has one row for each route. A route without a row fails, and so
// does a row without a route.
func tableOfAccess() []row {
	var all []row
	for _, part := range [][]row{openRows(), documentRows(), partRows(), timelineRows(), actionRows(), ownRows(), adminRows(), fileRows(), evidenceRows(), sourceRows(), takenRows()} {
		all = append(all, part...)
	}
	return all
}

func openRows() []row {
	return []row{
		{route: "GET /livez", right: "open"},
		{route: "GET /readyz", right: "open"},
		{route: "GET /static/:file", right: "open", ask: func(w *world, _ string, _ *doc) []request {
			return []request{{path: w.server.Static.URL("style.css")}, {path: w.server.Static.URL("app.js")}}
		}},
		{route: "GET /signin", right: "open"},
		{route: "GET /signin/:token", right: "open", ask: paths("/signin/nosuchtoken")},
		{route: "POST /signin", right: "spent", ask: form("token", "nosuchtoken")},
		{route: "POST /slack/interactions", right: "open", quiet: true}, // signed by Slack, see internal/slackbot
		{route: "POST /slack/events", right: "open", quiet: true},
	}
}

func documentRows() []row {
	return []row{
		{route: "GET /", right: "signed in"},
		{route: "GET /coes", right: "signed in", ask: listAsks},
		{route: "GET /coes/new", right: "creates"},
		{route: "POST /coes/new", right: "creates", loose: true, ask: form("title", "A new one", "kind", "incident", "severity", "3", "visibility", "org")},
		{route: "GET /bin", right: "signed in"},
		{route: "GET /coes/:n", right: "reads", doc: true},
		{route: "GET /coes/:n/check", right: "reads", doc: true},
		{route: "GET /coes/:n/history", right: "reads", doc: true},
		{route: "GET /coes/:n/history/:rev", right: "reads", doc: true, ask: paths("/coes/:n/history/1")},
		{route: "GET /coes/:n/texts/:section/:version", right: "reads", doc: true, ask: paths("/coes/:n/texts/summary/1", "/coes/:n/texts/whys/2")},
		{route: "POST /coes/:n/texts/:section/:version", right: "edits", doc: true, ask: func(*world, string, *doc) []request {
			return []request{{path: "/coes/:n/texts/summary/1", form: values("version", "2")}}
		}},
		{route: "POST /coes/:n/revisions", right: "edits", doc: true, loose: true, ask: form("name", "before the review")},
		{route: "POST /coes/:n/state", right: "owns", doc: true, before: setState("approved"), ask: form("to", "published", "reason", reason)},
		{route: "POST /coes/:n/signoff", right: "signs", doc: true, ask: form("verdict", "approved")},
		{route: "POST /coes/:n/effect", right: "owns", doc: true, before: effectDue, ask: form("effect", "worked", "text", "it did")},
		{route: "POST /coes/:n/waive", right: "edits", doc: true, ask: form("rule", "L08", "reason", reason)},
		{route: "POST /coes/:n/unwaive", right: "edits", doc: true, ask: form("rule", "L05")},
		{route: "POST /coes/:n/delete", right: "deletes", doc: true, ask: form("reason", reason)},
		{route: "POST /coes/:n/restore", right: "restores", doc: true},
	}
}

// listAsks asks the list in every way that could tell of what is hidden.
func listAsks(w *world, _ string, _ *doc) []request {
	list := []string{
		"/coes", "/coes?view=mine", "/coes?view=waiting", "/coes?view=in_review", "/coes?view=overdue", "/coes?state=in_review", "/coes?state=draft",
		"/coes?severity=2", "/coes?kind=incident", fmt.Sprintf("/coes?service=%d", w.service), fmt.Sprintf("/coes?owner=%d", w.person[owner].ID),
	}
	for _, word := range []string{"cnry", "cnryrestrictedx", "cnrydeletedx", "title"} {
		list = append(list, "/coes?q="+word)
	}
	return paths(list...)(nil, "", nil)
}

func partRows() []row {
	return []row{
		{route: "GET /coes/:n/edit/:part", right: "edits", doc: true, ask: paths("/coes/:n/edit/header", "/coes/:n/edit/impact", "/coes/:n/edit/metrics",
			"/coes/:n/edit/questions", "/coes/:n/edit/whys", "/coes/:n/edit/lessons", "/coes/:n/edit/related", "/coes/:n/edit/sharing", "/coes/:n/edit/summary")},
		{route: "POST /coes/:n/header", right: "edits", doc: true, ask: func(_ *world, _ string, d *doc) []request {
			return []request{{form: values("version", fmt.Sprint(d.coe.Version), "title", "Another title")}}
		}},
		{route: "POST /coes/:n/text/:section", right: "edits", doc: true, ask: func(*world, string, *doc) []request {
			return []request{{path: "/coes/:n/text/summary", form: values("version", "2", "text", "another text")}}
		}},
		{route: "POST /coes/:n/preview", right: "edits", doc: true, quiet: true, ask: func(*world, string, *doc) []request {
			q := values("section", "summary", "version", "2", "text", "another text")
			return []request{{form: q}, {form: q, header: http.Header{"Hx-Request": {"true"}}}}
		}},
		{route: "POST /coes/:n/answers", right: "edits", doc: true, ask: form("D2.text", "because", "D2.version", "0", "D2.was", "other")},
		{route: "POST /coes/:n/rows/:row", right: "edits", doc: true, ask: rowAdds},
		{route: "POST /coes/:n/rows/:row/:key", right: "edits", doc: true, ask: rowSaves},
	}
}

var rowForms = map[string]url.Values{
	"impact":  values("what", "nobody could pay"),
	"lesson":  values("text", "we learned", "kind", "short"),
	"link":    values("type", "ticket", "target", "T-1"),
	"sharing": values("team", "payments"),
	"why":     values("text", "because", "root", "happened"),
	"metric":  values("title", "errors", "csv", "time,errors\n2026-03-01T10:00:00Z,1\n2026-03-01T10:01:00Z,2\n"),
}

func rowAdds(*world, string, *doc) (out []request) {
	for kind, f := range rowForms {
		out = append(out, request{path: "/coes/:n/rows/" + kind, form: f})
	}
	return out
}

func rowSaves(_ *world, _ string, d *doc) (out []request) {
	for kind, key := range d.keys() {
		f := url.Values{"version": {"1"}}
		for name, v := range rowForms[kind] {
			f[name] = v
		}
		out = append(out, request{path: "/coes/:n/rows/" + kind + "/" + key, form: f},
			request{path: "/coes/:n/rows/" + kind + "/" + key, form: values("version", "1", "do", "delete")})
	}
	return out
}

func timelineRows() []row {
	line := "2026-03-01 10:20 UTC the pager rang"
	return []row{
		{route: "GET /coes/:n/edit/timeline", right: "edits", doc: true},
		{route: "POST /coes/:n/timeline", right: "edits", doc: true, ask: form("line", line)},
		{route: "POST /coes/:n/timeline/echo", right: "reads", doc: true, quiet: true, ask: form("line", line)},
		{route: "POST /coes/:n/timeline/paste", right: "edits", doc: true, quiet: true, ask: form("text", line)},
		{route: "POST /coes/:n/timeline/take", right: "edits", doc: true, ask: pasteTake},
		{route: "POST /coes/:n/timeline/chosen", right: "edits", doc: true, ask: chosen},
		{route: "POST /coes/:n/timeline/undo", right: "edits", doc: true, ask: func(_ *world, _ string, d *doc) []request {
			return []request{{form: values("do", "undelete", "was", d.gone)}}
		}},
		{route: "POST /coes/:n/timeline/none", right: "edits", doc: true, ask: func(_ *world, _ string, d *doc) []request {
			return []request{{form: values("version", fmt.Sprint(d.coe.Version), "none_engaged", "nobody was called")}}
		}},
		{route: "POST /coes/:n/timeline/:key", right: "edits", doc: true, ask: entryAsk("", "kind", "note", "text", "another text", "zone", "UTC")},
		{route: "POST /coes/:n/timeline/:key/gap", right: "edits", doc: true, ask: entryAsk("/gap", "gap_note", "lunch")},
	}
}

// pasteTake takes a pasted line as it was shown: the form carries a mark of it.
func pasteTake(*world, string, *doc) []request {
	day, zone, text := "2026-03-01", "UTC", "10:20 the pager rang\n10:25 somebody looked"
	sum := sha256.Sum256([]byte(day + "\x00" + zone + "\x00" + text))
	return []request{{form: values("day", day, "zone", zone, "text", text, "read", hex.EncodeToString(sum[:12]), "take", "0")}}
}

// chosen does everything that can be done with several entries.
func chosen(_ *world, _ string, d *doc) (out []request) {
	for _, do := range []string{"day", "back", "star", "delete"} {
		out = append(out, request{form: values("do", do, "e", d.entries[0], "e", d.entries[1])})
	}
	return append(out, request{form: values("do", "zone", "zone", "UTC+02:00", "e", d.entries[0])})
}

func entryAsk(verb string, fields ...string) func(*world, string, *doc) []request {
	return func(_ *world, _ string, d *doc) []request {
		f := values(fields...)
		f.Set("version", "1")
		if verb == "" {
			f.Set("time", "2026-03-01 10:20")
		}
		return []request{{path: "/coes/:n/timeline/" + d.entries[0] + verb, form: f}}
	}
}

// keys gives one row of each kind; of whys the leaf, which can be deleted alone.
func (d *doc) keys() map[string]string {
	return map[string]string{"impact": d.impact, "lesson": d.lesson, "link": d.link, "sharing": d.sharing, "metric": d.metric, "why": d.leaf}
}

func actionRows() []row {
	return []row{
		{route: "GET /coes/:n/edit/actions", right: "edits", doc: true},
		{route: "POST /coes/:n/actions", right: "edits", doc: true, ask: form("line", "Add a fuse to the client in 2w !p2")},
		{route: "POST /coes/:n/actions/echo", right: "reads", doc: true, quiet: true, ask: form("line", "Add a fuse to the client in 2w !p2")},
		actionRow("done", "acts", "proof", "seen", "proof_kind", "test"),
		actionRow("prove", "acts", "proof", "seen", "proof_kind", "test"),
		actionRow("move", "acts", "due", "2026-03-20", "reason", reason),
		actionRow("handover", "acts"),
		actionRow("start", "acts"),
		actionRow("block", "acts", "reason", reason),
		actionRow("edit", "edits action", "title", "Another title"),
		actionRow("decline", "edits action", "reason", reason),
		actionRow("delete", "edits action"),
		actionRow("undelete", "edits action"),
		actionRow("reopen", "edits action", "reason", reason),
		actionRow("verify", "verifies"),
		actionRow("reject", "verifies", "reason", reason),
	}
}

func ownRows() []row {
	return []row{
		{route: "POST /demo/next", right: "signed in", quiet: true}, // only in the demo
		{route: "POST /signout", right: "out", loose: true},
		{route: "GET /me", right: "signed in"},
		{route: "POST /me", right: "signed in", loose: true, ask: func(w *world, who string, _ *doc) []request {
			return []request{{form: values("version", fmt.Sprint(w.version("people", w.id(who))), "name", "Another name")}}
		}},
		{route: "POST /me/signout", right: "out", loose: true},
		{route: "GET /me/actions", right: "signed in"},
	}
}

func adminRows() []row {
	return []row{
		{route: "GET /people", right: "signed in"},
		{route: "POST /people", right: "admin", loose: true, ask: form("email", "new@example.com", "name", "New", "role", "writer")},
		// the pages of one person, team or service are their forms
		personRow("GET", ""), personRow("POST", "", "email", "someone@example.com", "name", "Someone", "role", "writer"),
		personRow("POST", "/link"), personRow("POST", "/disable"), personRow("POST", "/enable"), personRow("POST", "/signout"),
		{route: "GET /teams", right: "signed in"},
		{route: "POST /teams", right: "admin", loose: true, ask: form("name", "new team", "days", "mon-fri")},
		thingRow("GET", "teams"), thingRow("POST", "teams", "name", "another name", "days", "mon-fri"),
		{route: "GET /services", right: "signed in"},
		{route: "POST /services", right: "admin", loose: true, ask: form("name", "new service", "tier", "3")},
		thingRow("GET", "services"), thingRow("POST", "services", "name", "another name", "tier", "2"),
		{route: "GET /tokens", right: "admin"},
		{route: "POST /tokens", right: "admin", loose: true, ask: form("name", "pipeline", "scope", "gate", "days", "30")},
		{route: "POST /tokens/:id/revoke", right: "admin", loose: true, ask: tokenAsk},
		{route: "GET /api/v1/gate", right: "token", ask: paths("/api/v1/gate?service=checkout")},
		{route: "GET /api/v1/openapi.json", right: "token"},
		{route: "GET /setup", right: "admin"},
	}
}

// tokenAsk revokes a token, which is made when it is first asked for.
func tokenAsk(w *world, _ string, _ *doc) []request {
	var id int64
	w.must(w.server.People.DB.Raw("SELECT COALESCE(MAX(id), 0) FROM api_tokens").Scan(&id).Error)
	if id == 0 {
		now := w.clock.Now()
		w.must(w.server.People.DB.Exec("INSERT INTO api_tokens (name, hash, scope, created_at, expires_at) VALUES ('pipeline', 'hash', 'gate', ?, ?)", now, now.AddDate(1, 0, 0)).Error)
		id = 1
	}
	return []request{{path: fmt.Sprintf("/tokens/%d/revoke", id)}}
}

// fileRows bring documents in and out.
func fileRows() []row {
	return []row{
		{route: "GET /weekly", right: "signed in"},
		{route: "GET /import", right: "creates"},
		{route: "POST /import/preview", right: "creates", quiet: true, ask: importAsk},
		{route: "POST /import", right: "creates", loose: true, ask: importAsk},
		{route: "GET /coes/:n/export.md", right: "reads", doc: true},
		{route: "GET /coes/:n/export.json", right: "reads", doc: true},
		{route: "GET /coes/:n/files/:key", right: "reads", doc: true, ask: func(_ *world, _ string, d *doc) []request {
			return []request{{path: "/coes/:n/files/" + d.attachment}}
		}},
	}
}

const foreignReview = "# Uploads failed\n\nSeverity: 2\n\n## Timeline\n\n2026-03-01 10:20 UTC the pager rang\n"

func importForm() url.Values {
	return values("source", base64.RawURLEncoding.EncodeToString([]byte(foreignReview)), "file_name", "a.md", "title", "Uploads failed",
		"kind", "incident", "severity", "2", "zone", "UTC", "read", "UTC", "take", "0")
}

func importAsk(*world, string, *doc) []request { return []request{{form: importForm()}} }

func personRow(method, verb string, fields ...string) row {
	return row{route: method + " /people/:id" + verb, right: "admin", loose: true, ask: func(w *world, _ string, _ *doc) []request {
		target := w.id(named)
		if verb == "/enable" {
			target = w.id(disabled)
		}
		f := values(fields...)
		f.Set("version", fmt.Sprint(w.version("people", target)))
		return []request{{path: fmt.Sprintf("/people/%d%s", target, verb), form: f}}
	}}
}

func thingRow(method, table string, fields ...string) row {
	return row{route: method + " /" + table + "/:id", right: "admin", loose: true, ask: func(w *world, _ string, _ *doc) []request {
		target := w.team["edge"]
		if table == "services" {
			target = w.service
		}
		f := values(fields...)
		f.Set("version", fmt.Sprint(w.version(table, target)))
		return []request{{path: fmt.Sprintf("/%s/%d", table, target), form: f}}
	}}
}

func (w *world) id(who string) int64 {
	if p := w.person[who]; p != nil {
		return p.ID
	}
	return 0
}

// version of a row of people, teams or services; 0 where there is none.
func (w *world) version(table string, id int64) (v int64) {
	w.t.Helper()
	w.must(w.server.People.DB.Raw("SELECT coalesce(max(version), 0) FROM "+table+" WHERE id = ?", id).Scan(&v).Error)
	return v
}
