package web_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"coetracker/coe"
	"coetracker/internal/db"
)

// win makes a document of ana's that the checker lets into review, with cleo
// as its reviewer.
func (r *docs) win() int64 {
	r.t.Helper()
	ctx, ana := r.t.Context(), r.who["ana"]
	c, err := r.coes.Create(ctx, ana, coe.New{Title: "Cold start fell from 41 to 6 minutes", Kind: coe.Win, Severity: 4, TeamID: &r.team})
	r.must(err)
	for _, name := range []coe.SectionName{"summary", "impact", "lessons"} {
		_, err := r.coes.SaveSection(ctx, ana, c.Number, name, 0, "Restarts take 6 minutes now, measured 3 Mar 2026 09:00 UTC.", coe.FromForm)
		r.must(err)
	}
	_, err = r.coes.EditHeader(ctx, ana, c.Number, c.Version, coe.HeaderEdit{Reviewers: &[]int64{r.who["cleo"].ID}})
	r.must(err)
	for _, f := range coe.Blocking(r.coes.Findings(r.load(c.Number), r.clock.Now())) {
		r.must(r.coes.Waive(ctx, ana, c.Number, f.Rule, f.Place, "not for a win"))
	}
	return c.Number
}

func TestState_Gates(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	n := r.coe()
	page := r.get("ana", "/coes/1").wants(200, "Ask for review", "is not possible yet", "L01")
	if !strings.Contains(page.body, `name="to" value="in_review"`) {
		t.Error("the owner has no button for a review")
	}
	r.get("dan", "/coes/1").wants(200).without("Ask for review", `action="/coes/1/state"`)
	r.post("ana", "/coes/1/state", "to", "in_review").wants(422, "cannot become in review yet", "L01", "more to mend")
	r.post("ana", "/coes/1/state", "to", "published").wants(422, "it can only go to")
	r.post("bo", "/coes/1/state", "to", "in_review").wants(403, "Only the owner")
	r.post("dan", "/coes/1/signoff", "verdict", "approved").wants(403)
	if got := r.load(n).COE.State; got != coe.Draft {
		t.Errorf("state %s", got)
	}
}

func TestReview_ToPublication(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	n := r.win()
	r.post("ana", "/coes/1/state", "to", "in_review").leads("/coes/1")
	r.get("ana", "/coes/1").wants(200, "In review", "cleo can approve").without("Your verdict")
	r.get("cleo", "/coes/1").wants(200, "Your verdict", "Approve", "Ask for changes")
	r.post("cleo", "/coes/1/signoff", "verdict", "changes_requested", "text", " ").wants(422, "Say what should change")
	r.post("cleo", "/coes/1/signoff", "verdict", "changes_requested", "text", "Which hosts?").leads("/coes/1")
	r.get("ana", "/coes/1").wants(200, "Changes requested", "Ask for review again", "Which hosts?")
	r.post("ana", "/coes/1/state", "to", "in_review", "reason", "named them").leads("/coes/1")
	r.post("cleo", "/coes/1/signoff", "verdict", "approved").leads("/coes/1")
	r.get("ana", "/coes/1").wants(200, "Approved", "Publish it")
	r.post("ana", "/coes/1/state", "to", "published").leads("/coes/1")
	r.get("ana", "/coes/1").wants(200, "Published", "Issue 1", "Close it").without("Publish issue 2")
	r.get("dan", "/coes/1/history").wants(200, "In review", "Changes requested", "Published", "Issue 1", "Which hosts?")
	r.get("dan", "/coes/1/history/1").wants(200, "SHA-256 begins", "coe:summary")
	if got := r.load(n).COE.Issue; got != 1 {
		t.Errorf("issue %d", got)
	}
	_, err := r.coes.SaveSection(t.Context(), r.who["ana"], n, "summary", 1, "Restarts take 5 minutes now.", coe.FromForm)
	r.must(err)
	r.get("ana", "/coes/1").wants(200, "Publish issue 2", "Restarts take 5 minutes now")
	r.get("dan", "/coes/1").wants(200, "Restarts take 6 minutes now", "changes pending since issue 1").without("take 5 minutes")
	r.get("dan", "/coes/1/history").wants(200).without("Summary, rev 2")
	r.get("dan", "/coes/1/texts/summary/2").wants(404)
	r.get("dan", "/coes/1/check").wants(403)
	r.post("ana", "/coes/1/state", "to", "published", "reason", "measured again").leads("/coes/1")
	r.get("dan", "/coes/1").wants(200, "Restarts take 5 minutes now", "Issue 2").without("pending")
	r.get("dan", "/coes/1/history/2").wants(200, "<ins>", "Compared with")
}

func TestEffect(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	r.win()
	r.post("ana", "/coes/1/state", "to", "in_review").leads("/coes/1")
	r.post("cleo", "/coes/1/signoff", "verdict", "approved").leads("/coes/1")
	r.post("ana", "/coes/1/state", "to", "published").leads("/coes/1")
	r.get("ana", "/coes/1").wants(200).without(`action="/coes/1/effect"`)
	r.post("ana", "/coes/1/state", "to", "closed").wants(422, "effectiveness question is not answered")
	r.clock.Advance(91 * 24 * time.Hour)
	r.signIn("ana") // the old session has ended
	r.get("ana", "/coes/1").wants(200, "Did the actions stop it?", `action="/coes/1/effect"`)
	r.post("ana", "/coes/1/effect", "text", "kept").wants(422, "kept</textarea>")
	r.post("ana", "/coes/1/effect", "effect", "worked", "text", "Still 6 minutes").wants(303)
	r.post("ana", "/coes/1/state", "to", "closed").leads("/coes/1")
	r.get("ana", "/coes/1").wants(200, "Closed", "Yes, they worked")
}

func TestCheck(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	r.coe()
	r.get("ana", "/coes/1/check").wants(200, "Blocks review", "L01", "Waive L01 here", "is empty.")
	r.get("dan", "/coes/1/check").wants(200, "L01").without("Waive L01")
	r.post("ana", "/coes/1/waive", "rule", "L01", "place", "summary", "reason", " ").wants(422, "Say why this finding does not matter")
	r.post("ana", "/coes/1/waive", "rule", "L01", "place", "summary", "reason", "Told by word of mouth").leads("/coes/1/check")
	r.get("dan", "/coes/1/check").wants(200, "Waived", "Told by word of mouth", "ana:").without("Let L01 count again")
	r.post("dan", "/coes/1/unwaive", "rule", "L01", "place", "summary").wants(403)
	r.post("ana", "/coes/1/unwaive", "rule", "L01", "place", "summary").leads("/coes/1/check")
	r.get("ana", "/coes/1/check").wants(200).without("Told by word of mouth")
}

func TestHistory(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	n := r.coe()
	save := func(version int, text string) {
		r.post("ana", "/coes/1/text/impact", "version", fmt.Sprint(version), "text", text).wants(303)
		r.clock.Advance(time.Minute)
	}
	save(0, "One\nTwo\nThree\n")
	save(1, "One\nTwo and a half\nThree\n")
	r.get("dan", "/coes/1/history").wants(200, "Impact, rev 2", "Impact, rev 1", "ana").without("Name this revision")
	r.get("dan", "/coes/1/texts/impact/2").wants(200, "<ins>", "and a half", "Compared with rev 1").without("Go back to it")
	r.get("dan", "/coes/1/texts/impact/3").wants(404)
	r.get("ana", "/coes/1/texts/impact/1").wants(200, "Store rev 1 again")
	r.post("ana", "/coes/1/texts/impact/1", "version", "2").leads("/coes/1/edit/impact")
	if s := r.load(n).Section("impact"); s.Text != "One\nTwo\nThree\n" || s.Version != 3 {
		t.Errorf("restored %q, version %d", s.Text, s.Version)
	}
	r.post("ana", "/coes/1/texts/impact/2", "version", "2").wants(409)
	r.post("ana", "/coes/1/revisions", "name", "").wants(422, "Name the revision")
	r.post("ana", "/coes/1/revisions", "name", "before the review").leads("/coes/1/history")
	r.post("dan", "/coes/1/revisions", "name", "mine").wants(403)
	r.get("ana", "/coes/1/history").wants(200, "before the review")
	r.get("ana", "/coes/1/history/1").wants(200, "before the review", "it is the first")
	r.get("ana", "/coes/1/history/2").wants(404)
}

func TestBin(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	n := r.coe()
	r.get("ana", "/coes/1").wants(200, "Put COE-1 in the bin")
	r.get("dan", "/coes/1").wants(200).without("in the bin")
	r.post("bo", "/coes/1/delete").wants(403)
	r.post("root", "/coes/1/delete").wants(422, "Say why this COE is deleted")
	r.post("ana", "/coes/1/delete").leads("/coes")
	r.get("ana", "/coes/1").wants(404)
	r.get("ana", "/bin").wants(200, "Checkout answered 503", "Restore COE-1", "Thu 2 Apr")
	r.get("bo", "/bin").wants(200, "The bin is empty")
	r.post("bo", "/coes/1/restore").wants(404)
	r.post("ana", "/coes/1/restore").leads("/coes/1")
	if r.load(n).COE.DeletedAt != nil {
		t.Error("still deleted")
	}
}

// A page costs the same number of queries however much there is to show.
func TestQueriesDoNotGrow(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	n := r.coe()
	paths := []string{"/coes", "/coes/1", "/coes/1/edit/impact", "/coes/1/edit/whys", "/coes/1/edit/questions", "/coes/1/check", "/coes/1/history"}
	count := func() map[string]int {
		out := map[string]int{}
		q := db.CountQueries(r.g)
		defer q.Stop()
		for _, p := range paths {
			q.Reset()
			r.get("ana", p).wants(200)
			out[p] = q.N()
		}
		return out
	}
	grow := func(from, to int) {
		ctx, ana := t.Context(), r.who["ana"]
		for i := from; i < to; i++ {
			r.coe()
			_, err := r.coes.AddImpact(ctx, ana, n, coe.ImpactEdit{What: ptr("GET")})
			r.must(err)
			_, err = r.coes.AddWhy(ctx, ana, n, coe.WhyPlace{Root: coe.Happened}, coe.WhyEdit{Text: ptr("Because")})
			r.must(err)
			_, err = r.coes.SaveAnswer(ctx, ana, n, coe.Questions()[i].ID, 0, coe.AnswerEdit{Text: "So"})
			r.must(err)
			s := r.load(n).Section("impact")
			_, err = r.coes.SaveSection(ctx, ana, n, "impact", s.Version, fmt.Sprint("Text ", i), coe.FromForm)
			r.must(err)
			r.action(n, "Do it")
		}
	}
	grow(0, 1)
	few := count()
	grow(1, 13)
	for p, many := range count() {
		if many != few[p] || many == 0 {
			t.Errorf("%s: %d queries with much to show, %d with little", p, many, few[p])
		}
	}
}
