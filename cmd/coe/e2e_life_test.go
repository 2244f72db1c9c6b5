package main_test

import (
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// life is an instance without demo data, from empty to a closed COE.
type life struct {
	*program
	t     *testing.T
	run   *process
	slack *slack
	by    map[string]*browser
	gates int
}

// gate is something that is refused while a condition does not hold, in the
// same words whichever way it is tried.
type gate struct {
	name string
	says []string      // all of it, by form and by command
	form func() answer // as a person with the right or without
	cli  string        // as the same person
	mend func()        // makes the condition hold; nil when a later gate does
}

// The days of the story. The server is started anew for each.
const (
	monday  = "2026-03-09T10:00:00Z"
	tuesday = "2026-03-10T09:00:01Z" // reminders go out
	summer  = "2026-07-01T10:00:00Z" // more than 90 days after the last action
)

// An empty instance comes to a reviewed and closed COE by command line and
// forms alone. On the way every gate is tried while it is shut: by form, by
// command, and by Slack's buttons where it is about an action.
func TestFromEmptyToReviewed(t *testing.T) {
	l := newLife(t)
	l.begin()
	l.draft()
	l.review()
	l.goOn(tuesday)
	l.inSlack()
	l.promises()
	l.goOn(summer)
	l.end()
	l.slack.wellFormed()
	l.want(0, "audit", "verify")
	figures(t, "%d gates, each shut by form and by command alike", l.gates)
}

func newLife(t *testing.T) *life {
	t.Helper()
	fake := freeAddr(t)
	p := newProgram(t, "COE_SLACK_BOT_TOKEN=xoxb-life", "COE_SLACK_SIGNING_SECRET=life-secret", "COE_SLACK_API_URL=http://"+fake+"/api/")
	l := &life{program: p, t: t, slack: &slack{t, "http://" + fake}, by: map[string]*browser{}}
	p.start("slackfake", "--addr", fake, "--app", p.url(), "--log", "warn")
	until(t, "the stand-in for Slack listens", func() bool { return !refused(l.slack.base) })
	return l
}

// begin fills an empty instance by command line: a database, people, a team, a
// service, and sign-in links.
func (l *life) begin() {
	l.program = l.with("COE_TEST_NOW=" + monday)
	l.want(0, "migrate", "up")
	l.want(0, "team", "add", "Storage", "--zone", "UTC", "--days", "mon-fri")
	l.want(0, "service", "add", "checkout", "--team", "Storage", "--tier", "1")
	l.run = l.serve("--log", "warn")
	var inSlack []map[string]any
	for name, role := range map[string]string{"root": "admin", "ana": "writer", "bo": "writer", "cleo": "reviewer"} {
		args := []string{"user", "add", name + "@example.org", "--name", strings.ToUpper(name[:1]) + name[1:], "--role", role, "--zone", "UTC"}
		if role == "writer" {
			args = append(args, "--team", "Storage")
		}
		l.by[name] = newBrowser(l.t, l.url())
		l.by[name].enter(last(l.want(0, args...)))
		inSlack = append(inSlack, map[string]any{"id": "U" + strings.ToUpper(name), "name": name, "email": name + "@example.org", "tz": "UTC"})
	}
	l.slack.call("POST", "/_fake/users", inSlack, &inSlack)
}

// goOn stops the server and starts it at another time.
func (l *life) goOn(now string) {
	l.t.Helper()
	l.run.signal(syscall.SIGTERM)
	if code := l.run.wait(); code != 0 {
		l.t.Fatalf("exit code %d\n%s", code, l.run.tail())
	}
	l.program = l.with("COE_TEST_NOW=" + now)
	l.run = l.serve("--log", "warn")
}

// shut tries a gate by form and by command: both refuse in the same words, and
// nothing changes.
func (l *life) shut(g gate) {
	l.t.Helper()
	was := l.export()
	a := g.form()
	if a.status != http.StatusUnprocessableEntity && a.status != http.StatusForbidden && a.status != http.StatusConflict {
		l.t.Errorf("%s: the form answered %d, to %q", g.name, a.status, a.to)
	}
	out := l.want(1, strings.Split(g.cli, "|")...)
	for _, says := range g.says {
		if !strings.Contains(a.text(), says) {
			l.t.Errorf("%s: the form does not say %q\n%s", g.name, says, clip(a.text()))
		}
		if !strings.Contains(out, says) {
			l.t.Errorf("%s: the command does not say %q\n%s", g.name, says, out)
		}
	}
	if now := l.export(); now != was {
		l.t.Errorf("%s: something changed although it was refused\n%s", g.name, cmp.Diff(was, now))
	}
	l.gates++
	if g.mend != nil {
		g.mend()
	}
}

func (l *life) export() string {
	l.t.Helper()
	return l.by["root"].get("/coes/1/export.md").wants(http.StatusOK).body
}

// to tries a state by form.
func (l *life) to(name, state, reason string) func() answer {
	return func() answer { return l.by[name].post("/coes/1/state", "to", state, "reason", reason) }
}

// action gives an action's id and version from its form.
func (l *life) action(ref string) (id, version string) {
	l.t.Helper()
	body := l.by["ana"].get("/coes/1/edit/actions").wants(http.StatusOK).body
	_, row, found := strings.Cut(body, `id="a`+strings.TrimPrefix(ref, "A-")+`"`)
	if !found {
		l.t.Fatalf("no row of %s", ref)
	}
	_, after, _ := strings.Cut(row, "/actions/")
	return regexpGroup(l.t, after, `^(\d+)/`), regexpGroup(l.t, after, `name="version" value="(\d+)"`)
}

// act does something with an action by its form.
func (l *life) act(name, ref, verb string, pairs ...string) func() answer {
	return func() answer {
		id, version := l.action(ref)
		return l.by[name].post("/actions/"+id+"/"+verb, append([]string{"version", version, "back", "/coes/1"}, pairs...)...)
	}
}

// ok expects that a form was taken.
func ok(f func() answer) func() { return func() { f().wants(http.StatusSeeOther) } }

// draft writes the document until the checker has nothing against it.
func (l *life) draft() {
	ana := l.by["ana"]
	page := ana.get("/coes/new").wants(http.StatusOK)
	ana.post("/coes/new", "title", "Checkout answered 503 for 26 minutes", "kind", "incident", "severity", "2", "zone", "UTC",
		"start", "4 mar 2026 14:00", "end", "4 mar 2026 14:26", "team", regexpGroup(l.t, page.body, `value="(\d+)"[^>]*>Storage`),
		"services", regexpGroup(l.t, page.body, `value="(\d+)"[^>]*>\s*checkout`)).leads("/coes/1/edit/impact")
	for _, g := range []gate{
		{name: "nothing is written", says: []string{"L01: ", "L05: ", "L09: "}, form: l.to("ana", "in_review", ""), cli: "state|COE-1|in_review|--as|ana@example.org", mend: l.write},
		{name: "somebody else's", says: []string{"owner"}, form: l.to("bo", "in_review", ""), cli: "state|COE-1|in_review|--as|bo@example.org"},
		{name: "past the review", says: []string{"From there it can only go to"}, form: l.to("ana", "published", ""), cli: "state|COE-1|published|--as|ana@example.org"},
		{name: "a state that does not exist", says: []string{`"done" is not a state`}, form: l.to("ana", "done", ""), cli: "state|COE-1|done|--as|ana@example.org"},
		{
			name: "no whole, no answer, no owner, no date", says: []string{"L05: ", "L17: ", "L22: A-1 has no owner", "L23: A-2 has no date"},
			form: l.to("ana", "in_review", ""), cli: "state|COE-1|in_review|--as|ana@example.org", mend: l.answer,
		},
		{
			name: "no criterion, a promise too late", says: []string{"L25: A-1 has no success criterion and no kind of proof", "L23: A-3 is P1"},
			form: l.to("ana", "in_review", ""), cli: "state|COE-1|in_review|--as|ana@example.org", mend: l.bound,
		},
	} {
		l.shut(g)
	}
	l.want(0, "lint", "COE-1")
	l.to("ana", "in_review", "")().leads("/coes/1")
}

// write fills every section, some of it badly.
func (l *life) write() {
	ana := l.by["ana"]
	row := func(kind string, pairs ...string) answer {
		return ana.post("/coes/1/rows/"+kind, pairs...).wants(http.StatusSeeOther)
	}
	ana.post("/coes/1/text/summary", "version", "0", "text", "On 4 March 2026 from 14:00 to 14:26 UTC checkout answered 503 to 12 % of requests.").wants(http.StatusSeeOther)
	row("impact", "what", "Customers could not pay", "affected", "3,500")
	for _, line := range []string{
		"4 mar 2026 14:00 A deploy halved the pool of connections #trigger", "14:01 Payments begin to fail #impact", "14:04 The alarm on 503 fires #detected:alarm",
		"14:07 The on-call joins #engaged", "14:15 The deploy is rolled back #mitigation", "14:22 Payments succeed again #mitigated", "14:26 The queue is empty #resolved",
	} {
		ana.post("/coes/1/timeline", "line", line).wants(http.StatusSeeOther)
	}
	row("why", "root", "happened", "text", "Because the pool was too small for the traffic.")
	row("lesson", "kind", "short", "text", "Know how many connections one request needs.")
	ana.post("/coes/1/answers", "D2.version", "0", "D2.was", "", "D2.text", "By the alarm on 503.").wants(http.StatusSeeOther)
	for _, line := range []string{"Refuse a pool that is smaller than the traffic needs !p1", "Add an alarm on waiting connections @bo", "Split the pool by caller @bo 2026-05-20 !p1"} {
		ana.post("/coes/1/actions", "line", line).wants(http.StatusSeeOther)
	}
}

// answer mends what the checker said about impact, whys and the first action.
func (l *life) answer() {
	ana := l.by["ana"]
	page := ana.get("/coes/1/edit/impact").body
	key := regexpGroup(l.t, page, `/coes/1/rows/impact/([a-z2-7]{8})`)
	ana.post("/coes/1/rows/impact/"+key, "version", "1", "what", "Customers could not pay", "affected", "3,500", "total", "29,000").wants(http.StatusSeeOther)
	l.act("ana", "A-1", "handover", "to", "bo")().wants(http.StatusSeeOther)
	l.act("ana", "A-2", "move", "due", "10 mar")().wants(http.StatusSeeOther)
	page = ana.get("/coes/1/edit/whys").body
	why, action := regexpGroup(l.t, page, `/coes/1/rows/why/([a-z2-7]{8})`), regexpGroup(l.t, page, `<option value="([a-z2-7]{8})"[^>]*>A-1`)
	ana.post("/coes/1/rows/why/"+why, "version", "1", "text", "Because the pool was too small for the traffic.", "do", "link", "link", action).wants(http.StatusSeeOther)
}

// bound gives the actions a date in reach, criteria and kinds of proof.
func (l *life) bound() {
	l.act("ana", "A-1", "edit", "title", "Refuse a pool that is smaller than the traffic needs", "criterion", "The deploy stops in a test", "proof_kind", "test", "type", "prevent")().wants(http.StatusSeeOther)
	l.act("ana", "A-3", "edit", "criterion", "One caller cannot take all", "proof_kind", "graph", "type", "prevent", "priority", "P3")().wants(http.StatusSeeOther)
}

// review brings the document through review to published.
func (l *life) review() {
	sign := func(name, verdict, text string) func() answer {
		return func() answer { return l.by[name].post("/coes/1/signoff", "verdict", verdict, "text", text) }
	}
	cleo := l.by["cleo"]
	for _, g := range []gate{
		{name: "nobody is named", says: []string{"Severity 2 needs 1 approval"}, form: l.to("ana", "approved", ""), cli: "state|COE-1|approved|--as|ana@example.org"},
		{name: "not named", says: []string{"reviewer"}, form: sign("cleo", "changes_requested", "Say more"), cli: "state|COE-1|changes_requested|--reason|Say more|--as|cleo@example.org", mend: l.name},
		{name: "the owner's own", says: []string{"reviewer"}, form: sign("ana", "changes_requested", "Say more"), cli: "state|COE-1|changes_requested|--reason|Say more|--as|ana@example.org"},
		{name: "changes without a word", says: []string{"Say what should change"}, form: sign("cleo", "changes_requested", " "), cli: "state|COE-1|changes_requested|--as|cleo@example.org"},
		{
			name: "too few approvals, an action without type", says: []string{"0 of 1 approval given. Cleo can approve.", "A-2 has no type, no priority."},
			form: l.to("ana", "approved", ""), cli: "state|COE-1|approved|--as|ana@example.org", mend: ok(sign("cleo", "approved", "Good reading.")),
		},
		{
			name: "an action without type", says: []string{"A-2 has no type, no priority."}, form: l.to("cleo", "approved", ""), cli: "state|COE-1|approved|--as|cleo@example.org",
			mend: ok(l.act("ana", "A-2", "edit", "type", "detect", "priority", "P2", "criterion", "It fires in a drill", "proof_kind", "alarm_drill")),
		},
		{
			name: "not approved yet", says: []string{"From there it can only go to"}, form: l.to("ana", "published", ""), cli: "state|COE-1|published|--as|ana@example.org",
			mend: ok(l.to("ana", "approved", "")),
		},
		{
			name: "a reviewer publishes", says: []string{"owner"}, form: l.to("cleo", "published", ""), cli: "state|COE-1|published|--as|cleo@example.org",
			mend: ok(l.to("ana", "published", "")),
		},
		{
			name: "open actions", says: []string{"A-1 is neither verified nor declined.", "A-2 is neither", "A-3 is neither", "The effectiveness question is not answered."},
			form: l.to("ana", "closed", ""), cli: "state|COE-1|closed|--as|ana@example.org",
		},
	} {
		l.shut(g)
	}
	cleo.get("/coes/1").wants(http.StatusOK, "Published", "Checkout answered 503")
	cleo.get("/coes/1/history").wants(http.StatusOK, "Good reading.")
}

// name names the reviewer in the header.
func (l *life) name() {
	ana := l.by["ana"]
	page := ana.get("/coes/1/edit/header").wants(http.StatusOK)
	ana.post("/coes/1/header", "version", page.field("version"), "services", regexpGroup(l.t, page.body, `name="services" value="(\d+)"`),
		"add_role", "reviewer", "add_person", regexpGroup(l.t, page.body, `value="(\d+)"[^>]*>Cleo`)).wants(http.StatusSeeOther)
}

// inSlack tries the gates of actions by the buttons of the morning's message.
func (l *life) inSlack() {
	l.t.Helper()
	until(l.t, "the reminder comes", func() bool { return len(l.slack.messages("UBO")) == 1 })
	m, was := l.slack.messages("UBO")[0], l.export()
	proof := m.action(l.t, "Refuse a pool")
	opened := l.slack.press(m, "action_done", proof)
	if opened.View == nil || opened.View.CallbackID != "done_proof" {
		l.t.Fatalf("Done on a P1 opened %+v", opened.View)
	}
	refuse := func(view string, values map[string]any, says string) {
		l.t.Helper()
		if out := l.slack.submit(view, m.User, values); !strings.Contains(out.Body, `"errors"`) || !strings.Contains(out.Body, says) {
			l.t.Errorf("%v: answered %s, want %q", values, out.Body, says)
		}
	}
	refuse(opened.View.ID, map[string]any{"proof": " "}, "A-1 is P1 and needs proof")
	move := l.slack.press(m, "action_move", proof)
	if move.View == nil {
		l.t.Fatalf("New date opened nothing: %+v", move)
	}
	refuse(move.View.ID, map[string]any{"due": "2026-03-28", "reason": "The library comes later"}, "Sat 28 Mar is a day off")
	refuse(move.View.ID, map[string]any{"due": "2026-03-27", "reason": "later"}, "at least 10 characters")
	refuse(move.View.ID, map[string]any{"due": "2026-03-02", "reason": "The library comes later"}, "Mon 2 Mar is past")
	if l.export() != was {
		l.t.Error("a refused press changed something")
	}
}

// promises tries the same gates by form and command, and settles the actions.
func (l *life) promises() {
	moved := "The library comes later"
	for _, g := range []gate{
		{name: "P1 without proof", says: []string{"A-1 is P1 and needs proof"}, form: l.act("bo", "A-1", "done"), cli: "action|COE-1|A-1|done|--as|bo@example.org"},
		{name: "to a day off", says: []string{"Sat 28 Mar is a day off"}, form: l.act("bo", "A-1", "move", "due", "2026-03-28"), cli: "action|COE-1|A-1|move|--date|2026-03-28|--as|bo@example.org"},
		{name: "a short reason", says: []string{"at least 10 characters"}, form: l.act("bo", "A-1", "move", "due", "2026-03-27", "reason", "later"), cli: "action|COE-1|A-1|move|--date|2026-03-27|--reason|later|--as|bo@example.org"},
		{name: "into the past", says: []string{"Mon 2 Mar is past"}, form: l.act("bo", "A-1", "move", "due", "2026-03-02", "reason", moved), cli: "action|COE-1|A-1|move|--date|2026-03-02|--reason|" + moved + "|--as|bo@example.org"},
		{
			name: "verified before it is claimed", says: []string{"A-1 is open now"}, form: l.act("ana", "A-1", "verify"), cli: "action|COE-1|A-1|verify|--as|ana@example.org",
			mend: ok(l.act("bo", "A-1", "done", "proof", "https://ci.example.org/runs/7")),
		},
		{name: "one's own", says: []string{"somebody else verifies it"}, form: l.act("bo", "A-1", "verify"), cli: "action|COE-1|A-1|verify|--as|bo@example.org"},
		{
			name: "rejected without a word", says: []string{"Say what is still missing"}, form: l.act("ana", "A-1", "reject"), cli: "action|COE-1|A-1|reject|--as|ana@example.org",
			mend: ok(l.act("ana", "A-1", "verify")),
		},
		{
			name: "declined without a word", says: []string{"Say why A-3 will not be done"}, form: l.act("ana", "A-3", "decline"), cli: "action|COE-1|A-3|decline|--as|ana@example.org",
			mend: func() {
				l.want(0, "action", "COE-1", "A-3", "decline", "--reason", "One pool is enough after A-1", "--as", "ana@example.org")
			},
		},
		{
			name: "by somebody who may only read", says: []string{"those who may edit its COE"}, form: l.act("cleo", "A-2", "done"), cli: "action|COE-1|A-2|done|--as|cleo@example.org",
			mend: func() {
				l.want(0, "action", "COE-1", "A-2", "done", "--as", "bo@example.org")
				l.want(0, "action", "COE-1", "A-2", "verify", "--as", "ana@example.org")
			},
		},
		{name: "the effect is not known", says: []string{"The effectiveness question is not answered."}, form: l.to("ana", "closed", ""), cli: "state|COE-1|closed|--as|ana@example.org"},
	} {
		l.shut(g)
	}
	l.by["ana"].post("/coes/1/effect", "effect", "worked").wants(http.StatusUnprocessableEntity, "90 days after the last action")
}

// end answers the question and closes the document.
func (l *life) end() {
	ana := l.by["ana"]
	until(l.t, "the question falls due", func() bool { return strings.Contains(l.export(), "effect_due: 2026-06-08") })
	l.shut(gate{name: "still not answered", says: []string{"The effectiveness question is not answered."}, form: l.to("ana", "closed", ""), cli: "state|COE-1|closed|--as|ana@example.org"})
	ana.post("/coes/1/effect", "effect", "worked", "text", "No repeat in 90 days.").wants(http.StatusSeeOther)
	if out := l.want(0, "state", "COE-1", "closed", "--as", "ana@example.org"); !strings.Contains(out, "COE-1 is closed") {
		l.t.Errorf("says %q", out)
	}
	l.shut(gate{name: "the end", says: []string{"which is the end"}, form: l.to("ana", "in_review", ""), cli: "state|COE-1|in_review|--as|ana@example.org"})
	if md := l.export(); !strings.Contains(md, "state: closed") {
		l.t.Errorf("exported\n%s", clip(md))
	}
}
