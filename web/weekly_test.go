package web_test

import (
	"fmt"
	"strings"
	"testing"

	"coetracker/actions"
	"coetracker/coe"
	"coetracker/internal/db"
)

// reviewing makes a document of ana's that is in review.
func (r *docs) reviewing(title string, severity int, visibility coe.Visibility) coe.COE {
	r.t.Helper()
	c, err := r.coes.Create(r.t.Context(), r.who["ana"], coe.New{Title: title, Kind: coe.NearMiss, Severity: severity, Visibility: visibility})
	r.must(err)
	r.must(r.g.Exec("UPDATE coes SET state = 'in_review', state_since = ? WHERE id = ?", r.clock.Now(), c.ID).Error)
	return c
}

func TestWeekly(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	r.get("dan", "/weekly").wants(200, "Nothing is in review.", "Nothing is overdue.", "No win was published.")
	older := r.reviewing("The older one", 4, coe.Org)
	secret := r.reviewing("Keys were readable", 1, coe.Restricted)
	late := r.promise(older.Number, actions.New{Title: "Late task", OwnerID: &r.who["bo"].ID, Due: "2026-03-05", Priority: "P2"})
	r.promise(secret.Number, actions.New{Title: "Secret task", OwnerID: &r.who["bo"].ID, Due: "2026-03-05"})
	done := r.promise(older.Number, actions.New{Title: "Proven task", OwnerID: &r.who["bo"].ID, Due: "2026-03-20"})
	moved := r.promise(older.Number, actions.New{Title: "Moving task", OwnerID: &r.who["bo"].ID, Due: "2026-03-12"})
	for i, due := range []string{"2026-03-18", "2026-03-25"} {
		r.post("bo", act(moved, "move"), "version", fmt.Sprint(i+1), "due", due, "reason", "The data comes late").wants(303)
	}
	r.post("bo", act(done, "done"), "version", "1").wants(303)
	r.post("ana", act(done, "verify"), "version", "2").wants(303)
	r.clock.Advance(5 * 24 * 3600e9)
	r.reviewing("The newer one", 1, coe.Org)

	for _, name := range []string{"dan", "ana", "root"} {
		page := r.get(name, "/weekly").wants(200, "Weekly review, Sun 8 March 2026", "2 COEs in review, 1 overdue action, 1 action proven", "The older one", "5 days, 5 days old", "since today", "Late task", "3 days overdue", "Moving task", "moved 2 times",
			"first promised for Thu 12 Mar", "Proven task", fmt.Sprintf(`href="/coes/%d#a%d"`, older.Number, late.Number))
		page.without("Keys were readable", "Secret task")
		if strings.Index(page.body, "The older one") > strings.Index(page.body, "The newer one") {
			t.Error("the older one does not come first")
		}
	}
	r.get("", "/weekly").wants(303)
	r.clock.Advance(3 * 24 * 3600e9)
	r.get("dan", "/weekly").wants(200, "No action was verified.")
}

func TestWeekly_QueriesDoNotGrow(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	count := func() int {
		r.get("dan", "/weekly").wants(200) // the session is seen again
		q := db.CountQueries(r.g)
		defer q.Stop()
		r.get("dan", "/weekly").wants(200)
		return q.N()
	}
	more := func(n int) {
		for i := range n {
			c := r.reviewing(fmt.Sprintf("Number %d", i), 2, coe.Org)
			r.promise(c.Number, actions.New{Title: "Late", OwnerID: &r.who["bo"].ID, Due: "2026-03-03"})
		}
	}
	more(1)
	r.clock.Advance(2 * 24 * 3600e9)
	few := count()
	r.clock.Set(r.clock.Now().Add(-2 * 24 * 3600e9))
	more(12)
	r.clock.Advance(2 * 24 * 3600e9)
	if many := count(); many != few {
		t.Errorf("%d queries for 13 COEs, %d for one", many, few)
	}
}
