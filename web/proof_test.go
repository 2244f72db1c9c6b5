package web_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"coetracker/actions"
	"coetracker/coe"
	"coetracker/evidence"
	"coetracker/internal/db"
	"coetracker/people"
)

// held stores a run of an experiment and tells the documents of it.
func (r *docs) ran(exp evidence.Experiment, name string, o evidence.Outcome) evidence.Item {
	r.t.Helper()
	r.clock.Advance(time.Hour)
	end := r.clock.Now()
	it := evidence.Item{
		Type: evidence.TypeExperiment, Tool: "fis", SubjectKey: name, ExternalID: name, Title: "Fill the pool <x>", ToolOutcome: o, StartedAt: &end, EndedAt: &end, Settled: true,
		ExperimentID: &exp.ID, Alarms: "[]", Detail: "{}", Reach: "{}", Version: 1, CreatedAt: end, UpdatedAt: end,
	}
	r.must(r.g.Create(&it).Error)
	r.must(db.Tx(r.t.Context(), r.g, func(tx *gorm.DB) error { return r.coes.RunSettled(tx, &it) }))
	return it
}

func TestActionProvenByRuns(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	n := r.coe()
	exp := evidence.Experiment{Tool: "fis", Definition: "EXTpool", Name: "Fill the pool", Version: 1}
	r.must(r.g.Create(&exp).Error)
	a := r.promise(n, actions.New{Title: "Limit the pool", OwnerID: &r.who["bo"].ID, Due: "2026-03-10", Priority: "P1", ProofKind: "experiment"})
	page := fmt.Sprintf("/coes/%d/edit/actions", n)
	r.get("ana", page).wants(200, `list="experiments"`, `<datalist id="experiments"><option value="fis:EXTpool">Fill the pool</option>`, "a run that held, such as fis:EXP4fp")
	r.post("ana", act(a, "edit"), "back", page, "version", "1", "title", a.Title, "proof_kind", "test", "proof_target", "fis:EXTpool").
		wants(422, "A named experiment belongs to the kind of proof experiment.", `<datalist id="experiments">`)
	r.post("ana", act(a, "edit"), "back", page, "version", "1", "title", a.Title, "proof_kind", "experiment", "proof_target", "fis:EXTpool").leads(page)
	r.get("dan", fmt.Sprintf("/coes/%d", n)).wants(200, "Proof: experiment fis:EXTpool.")

	r.post("bo", act(a, "done"), "back", "/me/actions", "proof_kind", "experiment", "proof", "fis:EXP9").wants(422, "Nothing called fis:EXP9 has come in.")
	r.post("bo", act(a, "done"), "back", "/me/actions", "proof_kind", "test", "proof", "https://ci.example.com/7").leads("/me/actions")
	r.post("ana", act(a, "verify"), "back", page).wants(422, "is proven by the experiment fis:EXTpool, which has not held")
	r.post("bo", act(a, "prove"), "back", "/me/actions", "proof_kind", "graph", "proof", "https://graph.example.com/1").leads("/me/actions")

	held := r.ran(exp, "EXP1", evidence.Held)
	link := fmt.Sprintf(`<a href="/runs/%d">`, held.ID)
	r.get("dan", fmt.Sprintf("/coes/%d", n)).wants(200, "Run "+link, "held, which verified it", "Proof: Run fis:EXP1 held on", "Fill the pool &lt;x&gt;").without("Fill the pool <x>")
	bad := r.ran(exp, "EXP2", evidence.Deviated)
	for who, path := range map[string]string{"dan": fmt.Sprintf("/coes/%d", n), "bo": "/me/actions"} {
		r.get(who, path).wants(200, link, fmt.Sprintf(`<a href="/runs/%d">`, bad.ID), "deviated, which opened it again", "Run fis:EXP2 deviated on")
	}
}

func TestStampOnThePage(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	n := r.coe()
	exp := evidence.Experiment{Tool: "fis", Definition: "EXTpool", Name: "Fill the pool", Version: 1}
	r.must(r.g.Create(&exp).Error)
	run := r.ran(exp, "EXP1", evidence.Held)
	page := fmt.Sprintf("/coes/%d", n)
	r.get("dan", page).wants(200).without("Reproduced and survived")
	r.must(r.g.Create(&evidence.Decision{COEID: r.load(n).COE.ID, ItemID: run.ID, Decision: "accepted", Relation: "verifies", DecidedAt: r.clock.Now()}).Error)
	r.get("dan", page).wants(200, "Reproduced and survived</span>", "Good until Sun 30 Aug 2026.", fmt.Sprintf(`<a href="/runs/%d">Fill the pool</a>`, run.ID))
	r.clock.Advance(181 * 24 * time.Hour)
	r.signIn("dan")
	r.get("dan", page).wants(200, "was good until Sun 30 Aug 2026", "the owner has an action for it").without("Reproduced and survived</span>")
}

func TestTokensPage(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	r.get("ana", "/tokens").wants(403)
	r.post("ana", "/tokens", "name", "x", "scope", "gate").wants(403)
	r.get("root", "/setup").wants(200, `href="/tokens"`)
	r.get("root", "/tokens").wants(200, "None yet")
	for field, form := range map[string][]string{
		"Say what uses the token":             {"name", "", "scope", "gate"},
		"is not a number of days":             {"name", "pipeline", "scope", "gate", "days", "soon"},
		"A token lives 1 to 730 days.":        {"name", "pipeline", "scope", "gate", "days", "9999"},
		`&#34;everything&#34; is not a scope`: {"name", "pipeline", "scope", "everything"},
		"This name has 101 characters. At":    {"name", strings.Repeat("x", 101), "scope", "gate"},
	} {
		r.post("root", "/tokens", form...).wants(422, field)
	}
	made := r.post("root", "/tokens", "name", "pipeline <b>", "scope", "gate", "days", "30").wants(200, "not shown again", "pipeline &lt;b&gt;").without("<b>pipeline", "pipeline <b>")
	token := tokenIn(made.body)
	r.get("root", "/tokens").wants(200, "…"+token[len(token)-4:], "Good until Thu 2 Apr 2026", "by root").without(token)
	r.post("ana", "/tokens/1/revoke").wants(403)
	r.post("root", "/tokens/77/revoke").wants(404)
	r.do("", "GET", "/api/v1/openapi.json", "", "", "Authorization", "Bearer "+token).wants(200, `"/gate"`, `"bearer"`).without("unpkg", "$schema")
	r.post("root", "/tokens/1/revoke").leads("/tokens")
	r.get("root", "/tokens").wants(200, "Revoked on").without("/tokens/1/revoke")
	r.do("", "GET", "/api/v1/openapi.json", "", "", "Authorization", "Bearer "+token).wants(401)
}

func tokenIn(body string) string {
	return regexp.MustCompile(`coe_[A-Za-z0-9_-]{40,}`).FindString(body)
}

func TestAPI(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	ctx := t.Context()
	names := []string{"chk"}
	sv, err := r.persons.AddService(ctx, people.Operator(), "checkout", people.ServiceEdit{Aliases: &names})
	r.must(err)
	hidden, err := r.coes.Create(ctx, r.who["ana"], coe.New{Title: "Secret title", Kind: coe.Incident, Severity: 1, Services: []int64{sv.ID}, Visibility: coe.Restricted})
	r.must(err)
	open, err := r.coes.Create(ctx, r.who["ana"], coe.New{Title: "Open title", Kind: coe.Incident, Severity: 1, Services: []int64{sv.ID}})
	r.must(err)
	r.promise(hidden.Number, actions.New{Title: "Hidden work", OwnerID: &r.who["ana"].ID, Due: "2026-03-05", Priority: "P0"})
	_, token, err := r.persons.CreateToken(ctx, r.who["root"], people.NewToken{Scope: people.ScopeGate})
	r.must(err)
	ask := func(path string) answer {
		t.Helper()
		return r.do("", "GET", path, "", "", "Authorization", "Bearer "+token)
	}
	problem := func(a answer, status int, detail string) {
		t.Helper()
		var p struct {
			Status int
			Title  string
			Detail string
		}
		r.must(json.Unmarshal([]byte(a.wants(status).body), &p))
		if got := a.header.Get("Content-Type"); got != "application/problem+json" || p.Status != status || !strings.Contains(p.Detail, detail) {
			t.Errorf("%s, %+v, want %d %q", got, p, status, detail)
		}
	}
	ask("/api/v1/gate?service=checkout").wants(200, `"allowed":true`, `"actions":[]`, `"service":"checkout"`).without("$schema")
	r.promise(open.Number, actions.New{Title: "Open work", OwnerID: &r.who["bo"].ID, Due: "2026-03-05", Priority: "P0"})
	r.clock.Advance(5 * 24 * time.Hour)
	a := ask("/api/v1/gate?service=CHK").wants(200, `"allowed":false`, `"title":"Open work"`, `"coe":"COE-2"`, `"due":"2026-03-05"`, `"owner":"bo"`, `"restricted":true`).without("Hidden", "COE-1", "Secret", "Set-Cookie")
	if a.header.Get("Cache-Control") != "no-store" || a.header.Get("Set-Cookie") != "" || a.header.Get("Link") != "" || a.header.Get("Content-Type") != "application/json" {
		t.Errorf("headers %v", a.header)
	}
	problem(ask("/api/v1/gate?service=nothing"), 404, "There is no such service.")
	problem(ask("/api/v1/gate"), 422, "")
	for what, header := range map[string][]string{
		"no token": nil, "basic": {"Authorization", "Basic " + token}, "bare": {"Authorization", token}, "empty": {"Authorization", "Bearer "},
		"another": {"Authorization", "Bearer coe_" + strings.Repeat("x", 43)},
	} {
		a := r.do("root", "GET", "/api/v1/gate?service=checkout", "", "", header...) // a session is no token
		problem(a, 401, "token")
		if a.header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s: no WWW-Authenticate", what)
		}
	}
	r.do("", "POST", "/api/v1/gate?service=checkout", "", "", "Authorization", "Bearer "+token).wants(405)
	problem(r.get("root", "/api/v1/docs"), 404, "no such address")
	r.clock.Advance(90 * 24 * time.Hour)
	problem(ask("/api/v1/gate?service=checkout"), 401, "expired")
}
