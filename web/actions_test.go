package web_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"

	"coetracker/actions"
	"coetracker/coe"
	"coetracker/internal/db"
	"coetracker/people"
	"coetracker/web"
	"coetracker/web/static"
)

// promise adds an action to a document as ana does.
func (r *docs) promise(n int64, add actions.New) *actions.Action {
	r.t.Helper()
	add.COEID = r.load(n).COE.ID
	a, err := r.actions.Add(r.t.Context(), r.who["ana"], add)
	r.must(err)
	return a
}

// stored reads an action as it is stored.
func (r *docs) stored(id int64) *actions.Item {
	r.t.Helper()
	it, err := r.actions.Get(r.t.Context(), people.Operator(), id)
	r.must(err)
	return it
}

func act(a *actions.Action, verb string) string { return fmt.Sprintf("/actions/%d/%s", a.ID, verb) }

func TestActionLine(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	n := r.coe()
	at := fmt.Sprintf("/coes/%d", n)
	r.get("ana", at+"/edit/actions").wants(200, "No action yet", `data-echo="/coes/1/actions/echo"`)
	r.get("dan", at+"/edit/actions").wants(403)
	r.get("ana", "/coes/77/edit/actions").wants(404)

	r.post("ana", at+"/actions", "line", "Add circuit breaker to client @bo in 2w !p1").leads(at + "/edit/actions?added=1#new")
	a := r.load(n).Actions[0]
	if a.Title != "Add circuit breaker to client" || a.Due != "2026-03-17" || a.Priority != "P1" || *a.OwnerID != r.who["bo"].ID {
		t.Errorf("stored %+v", a)
	}
	for _, c := range []struct{ line, says string }{
		{"Add a breaker @nobody in 2w", "There is nobody called @nobody."},
		{"Add a breaker @ana @bo", "exactly one owner"},
		{"Add a breaker 2020-01-01", "is past"},
		{"Add a breaker @bo 7 mar", "is a day off"},
		{"@bo", "What is to be done?"},
	} {
		r.post("ana", at+"/actions", "line", c.line).wants(422, c.says, `value="`+c.line+`"`, `aria-invalid="true"`)
	}
	r.person("bob", people.Writer, 0)
	r.person("bobby", people.Writer, 0)
	r.post("ana", at+"/actions", "line", "Add a breaker @bobb").leads(at + "/edit/actions?added=1#new")
	r.person("bobbie", people.Writer, 0)
	r.post("ana", at+"/actions", "line", "Add a breaker @bobb").wants(422, "@bobb can be bobb")
	r.post("dan", at+"/actions", "line", "Add a breaker").wants(403)
	if got := len(r.load(n).Actions); got != 2 {
		t.Errorf("%d actions, want 2", got)
	}
	r.post("ana", at+"/actions/echo", "line", "Add circuit breaker @bo in 2w !p1").wants(200, "owner <b>bo</b>", "Tue 17 Mar", "priority <b>P1</b>, so it needs proof").without("<html")
	r.post("ana", at+"/actions/echo", "line", "Add circuit breaker @zoe").wants(200, "There is nobody called @zoe.")
	r.post("ana", at+"/actions/echo", "line", "<b>x</b>").wants(200).without("<b>x</b>")
}

func TestActionForms(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	n := r.coe()
	a := r.promise(n, actions.New{Title: "Alarm on servers in service", OwnerID: &r.who["bo"].ID, Due: "2026-03-10", Priority: "P1"})
	edit := fmt.Sprintf("/coes/%d/edit/actions#a1", n)
	v := fmt.Sprint(a.Version)

	r.get("ana", fmt.Sprintf("/coes/%d", n)).wants(200, `<details class="more noprint"><summary>Change A-1</summary>`, act(a, "move"))
	r.get("cleo", fmt.Sprintf("/coes/%d", n)).wants(200).without(act(a, "move"))

	// Editing: typed text survives a refusal, and a conflict shows both.
	r.post("ana", act(a, "edit"), "back", edit, "version", v, "title", "", "detail", "All cells", "tracker_url", "x").wants(422, "Say what is to be done.", "All cells")
	r.post("ana", act(a, "edit"), "back", edit, "version", v, "title", "Alarm on hosts", "tracker_url", "javascript:alert(1)").wants(422, "not a web address", "Alarm on hosts")
	r.post("ana", act(a, "edit"), "back", edit, "version", v, "title", "Alarm on all servers", "verifier", fmt.Sprint(r.who["cleo"].ID)).leads(edit)
	r.post("bo", act(a, "edit"), "back", edit, "version", v, "title", "Alarm on some servers", "detail", "mine").
		wants(409, "Somebody else changed", "It says now:", "Alarm on all servers", `value="Alarm on some servers"`, "mine")
	r.post("cleo", act(a, "edit"), "version", "2", "title", "Mine now").wants(403)

	// A refused form keeps the version it began with.
	r.post("bo", act(a, "edit"), "back", edit, "version", "1", "title", "").wants(409)
	r.post("bo", act(a, "move"), "back", edit, "version", "2", "due", "someday").wants(422, `action="/actions/1/move" data-draft="action-1-move-2"><input type="hidden" name="version" value="2">`)

	// A date: past, day off, too short a reason, moved.
	r.post("bo", act(a, "move"), "back", edit, "version", "2", "due", "sat", "reason", "Waits for the metric").wants(422, "Sat 7 Mar is a day off for you. Take Mon 9 Mar", "Why on a day off", "Waits for the metric")
	r.post("bo", act(a, "move"), "back", edit, "version", "2", "due", "2026-03-01", "reason", "Waits for the metric").wants(422, "is past")
	r.post("bo", act(a, "move"), "back", edit, "version", "2", "due", "in 2w", "reason", "later").wants(422, "at least 10 characters", `value="in 2w"`)
	r.post("bo", act(a, "move"), "back", edit, "version", "2", "due", "in 2w", "reason", "Waits for the metric", "agreed", "zoe").wants(422, "There is nobody called @zoe.")
	r.post("bo", act(a, "move"), "back", edit, "version", "2", "due", "sat", "day_off_reason", "We work that Saturday", "reason", "Waits for the metric", "agreed", "ana").leads(edit)
	if it := r.stored(a.ID); it.Due != "2026-03-07" || it.Moves != 1 || *it.Moved[0].AgreedID != r.who["ana"].ID {
		t.Errorf("moved to %s, %d moves", it.Due, it.Moves)
	}

	// Done needs proof for a P1; another verifies; what is proven can be opened again.
	r.post("bo", act(a, "done"), "back", edit, "version", "3").wants(422, "needs proof")
	if it := r.stored(a.ID); it.State != actions.Open {
		t.Errorf("state %s without proof", it.State)
	}
	r.post("bo", act(a, "start"), "back", edit, "version", "3").leads(edit)
	r.post("bo", act(a, "block"), "back", edit, "version", "4").wants(422, "Say what A-1 waits for.")
	r.post("bo", act(a, "block"), "back", edit, "version", "4", "reason", "metric missing").leads(edit)
	r.post("bo", act(a, "done"), "back", edit, "version", "5", "proof_kind", "alarm_drill", "proof", "https://example.com/drill/7").leads(edit)
	r.post("bo", act(a, "verify"), "back", edit, "version", "6").wants(403, "somebody else verifies it")
	r.post("ana", act(a, "reject"), "back", edit, "version", "6").wants(422, "Say what is still missing.")
	r.post("ana", act(a, "verify"), "back", edit, "version", "5").wants(409)
	r.post("ana", act(a, "verify"), "back", edit, "version", "6").leads(edit)
	r.post("ana", act(a, "reopen"), "back", edit, "version", "7", "reason", "the drill failed").leads(edit)
	r.post("ana", act(a, "decline"), "back", edit, "version", "8", "reason", "The service goes away").leads(edit)
	if it := r.stored(a.ID); it.State != actions.Declined || len(it.Proofs) != 1 || it.Proofs[0].Kind != "alarm_drill" {
		t.Errorf("state %s, proofs %+v", it.State, it.Proofs)
	}

	// Deleting can be undone.
	r.post("ana", act(a, "delete"), "back", edit, "version", "9").leads(fmt.Sprintf("/coes/%d/edit/actions?deleted=%d", n, a.ID))
	r.get("ana", fmt.Sprintf("/coes/%d/edit/actions?deleted=%d", n, a.ID)).wants(200, "The action is deleted.", act(a, "undelete"))
	r.post("ana", act(a, "undelete")).leads(edit)
	r.post("ana", act(a, "handover"), "version", "11", "to", "cleo", "back", "https://evil.example/").wants(409) // declined
	r.post("ana", "/actions/999/start").wants(404)
	r.post("ana", "/actions/x/start").wants(404)
}

func TestActionHandOver(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	n := r.coe()
	a := r.promise(n, actions.New{Title: "Page when lag grows", OwnerID: &r.who["dan"].ID, Due: "2026-03-10", Priority: "P2"})
	// dan is a reader, but owns the action.
	r.get("dan", "/me/actions").wants(200, "1 action is open.", "Page when lag grows", act(a, "handover"), act(a, "done"))
	r.post("dan", act(a, "handover"), "version", "1", "to", "").wants(422, "Name the new owner.", "My actions")
	r.post("dan", act(a, "handover"), "version", "1", "to", "zoe").wants(422, "There is nobody called @zoe.", `value="zoe"`)
	r.post("dan", act(a, "handover"), "version", "1", "to", "cleo@example.com", "back", "//evil.example/x").leads("/me/actions")
	if it := r.stored(a.ID); it.OwnerName != "cleo" {
		t.Errorf("owner %s", it.OwnerName)
	}
	r.get("dan", "/me/actions").wants(200, "Nothing waits for you")
	r.post("dan", act(a, "done"), "version", "2").wants(403)
	r.post("cleo", act(a, "done"), "version", "2").leads("/me/actions")
	r.get("ana", "/me/actions").wants(200, "To verify", "Owner: cleo.", act(a, "verify"))
	r.post("ana", act(a, "verify"), "version", "3", "back", "/me/actions").leads("/me/actions")
	r.get("cleo", "/me/actions").wants(200, "Done in the last 30 days", "Verified")
}

// Of a restricted COE its action's owner sees number, text and date, on this
// page only, and can act there.
func TestMine_Restricted(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	c, err := r.coes.Create(t.Context(), r.who["ana"], coe.New{Title: "Keys were readable", Kind: coe.Incident, Severity: 1, Visibility: coe.Restricted})
	r.must(err)
	a := r.promise(c.Number, actions.New{Title: "Rotate every key", Detail: "in the vault", Criterion: "no old key", OwnerID: &r.who["bo"].ID, Due: "2026-03-10", Priority: "P1"})
	page := r.get("bo", "/me/actions").wants(200, "Rotate every key", "COE-1", "Tue 10 Mar", "in 7 days")
	page.without("Keys were readable", `href="/coes/1`, "in the vault", "no old key", "P1")
	r.post("bo", act(a, "done"), "version", "1", "back", "/coes/1#a1").wants(422, "needs proof", "My actions").without("Keys were readable", `href="/coes/1`)
	r.post("bo", act(a, "move"), "version", "1", "due", "in 1d").wants(422, "Say why the date moves").without("Keys were readable")
	r.post("bo", act(a, "edit"), "version", "1", "title", "x").wants(403)
	r.post("cleo", act(a, "done"), "version", "1").wants(404)
	r.post("bo", act(a, "done"), "version", "1", "proof", "https://example.com/rotation").leads("/me/actions")
	r.get("cleo", "/me/actions").wants(200, "Nothing waits")
	r.get("ana", "/me/actions").wants(200, "Keys were readable", "To verify")
}

func TestMine_Groups(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	n := r.coe()
	for i, due := range []string{"2026-03-04", "2026-03-09", "2026-04-20", ""} {
		r.promise(n, actions.New{Title: fmt.Sprintf("Task %d", i), OwnerID: &r.who["bo"].ID, Due: due})
	}
	r.promise(n, actions.New{Title: "Nobody's task"})
	r.clock.Advance(3 * 24 * 3600e9) // Friday, 6 March
	page := r.get("bo", "/me/actions").wants(200, "4 actions are open, 1 of them overdue.", "2 days overdue", "no date")
	order := []string{"<h2>Overdue</h2>", "Task 0", "<h2>This week</h2>", "Task 1", "<h2>Later</h2>", "Task 2", "Task 3"}
	last := 0
	for _, w := range order {
		i := strings.Index(page.body, w)
		if i < last {
			t.Errorf("%q does not stand where it belongs", w)
		}
		last = i
	}
	r.get("ana", "/me/actions").wants(200, "Needs an owner", "Nobody&#39;s task", "Give it an owner")
	r.get("ana", "/me/actions?after=nonsense").wants(422)
	for i := range 60 {
		r.promise(n, actions.New{Title: fmt.Sprintf("More %d", i), OwnerID: &r.who["bo"].ID, Due: "2026-05-04"})
	}
	next := r.get("bo", "/me/actions").wants(200, "The 50 that are due first", "Those due later").body
	from := strings.Index(next, "/me/actions?after=")
	to := strings.Index(next[from:], `"`)
	r.get("bo", next[from:from+to]).wants(200, "More 59", "Task 3", "Back to the first")
}

func TestMine_QueriesDoNotGrow(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	count := func() int {
		q := db.CountQueries(r.g)
		defer q.Stop()
		r.get("bo", "/me/actions").wants(200)
		return q.N()
	}
	add := func(many int) {
		n := r.coe()
		for range many {
			r.promise(n, actions.New{Title: "Task", OwnerID: &r.who["bo"].ID, Due: "2026-03-09"})
		}
	}
	add(1)
	few := count()
	for range 6 {
		add(5)
	}
	if many := count(); many != few {
		t.Errorf("%d queries for 31 actions of 7 COEs, %d for one", many, few)
	}
}

// inbox is a digest that nobody sent.
type inbox struct{ lines []string }

func (i inbox) Inbox(context.Context, int64) (people.Day, []string, error) {
	return "2026-03-03", i.lines, nil
}

func TestMine_Notices(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	assets, err := static.New()
	r.must(err)
	s := &web.Server{
		People: r.persons, COEs: r.coes, Actions: r.actions, Static: assets, Inbox: inbox{[]string{"A-5 of COE-1: Alarm on <hosts>. due today"}},
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Zone: "UTC", Wall: r.clock.Now, Calendar: r.clock.Now,
	}
	r.h = s.Handler()
	r.get("ana", "/me/actions").wants(200, "Reminders of Tue 3 Mar", "Alarm on &lt;hosts&gt;", "Slack is not set up")
	r.get("ana", "/me/actions?after=2026-03-05_1").wants(200).without("Reminders of")
}
