package web_test

import (
	"context"
	"fmt"
	"time"

	"coetracker/evidence"
)

// foundThings are the rows about which no document owns: everybody signed in may
// see them, whatever documents say of them.
type foundThings struct {
	plan, matched     int64 // experiments: one that waits, one that a run came to
	run, deployment   int64
	rollback, alarm   int64
	unmatched, source int64
	delivery          int64
}

// things makes one row of each kind, all at the time of the documents' entries.
func (w *world) things() {
	at := w.clock.Now().Add(-48 * time.Hour)
	end, f := at.Add(10*time.Minute), &w.found
	for _, x := range []struct {
		to   *int64
		name string
		tool string
	}{{&f.plan, "plan", ""}, {&f.matched, "matched", "fis"}} {
		e := evidence.Experiment{Name: x.name, Tool: x.tool, Definition: x.tool, ServiceID: &w.service, ExpectedAlarms: "silent", FailureMode: "capacity", PlannedFor: "2026-03-28", CreatedBy: w.person[owner].PersonID(), Version: 1, CreatedAt: at, UpdatedAt: at}
		w.must(w.db.Create(&e).Error)
		*x.to = e.ID
	}
	for _, x := range []struct {
		to   *int64
		kind evidence.Type
	}{{&f.run, evidence.TypeExperiment}, {&f.deployment, evidence.TypeDeployment}, {&f.rollback, evidence.TypeRollback}, {&f.alarm, evidence.TypeAlarm}, {&f.unmatched, evidence.TypeAlarm}} {
		i := evidence.Item{
			Type: x.kind, Tool: "generic", SubjectKey: fmt.Sprintf("%s %p", x.kind, x.to), ExternalID: string(x.kind), Title: "a " + string(x.kind), Service: "stg", State: "ended", Rank: evidence.RankEnded,
			StartedAt: &at, EndedAt: &end, Alarms: "[]", Detail: "{}", Reach: "{}", ServiceID: &w.service, Settled: true, Version: 1, CreatedAt: at, UpdatedAt: at,
		}
		switch x.to {
		case &f.run:
			i.ExperimentID, i.ToolOutcome = &f.matched, evidence.Deviated
		case &f.rollback:
			i.UndoesID = &f.deployment
		case &f.unmatched:
			i.ServiceID = nil
		}
		w.must(w.db.Create(&i).Error)
		*x.to = i.ID
		w.must(w.db.Create(&evidence.Span{ItemID: i.ID, StartedAt: at, EndedAt: &end, Times: 1}).Error)
	}
	w.exec("UPDATE evidence_items SET undone_by_id = ? WHERE id = ?", f.rollback, f.deployment)
	hash := "no such hash"
	src := evidence.Source{Name: "pipeline", TokenHash: &hash, Verifier: evidence.VerifyNone, Version: 1, CreatedAt: at, UpdatedAt: at}
	w.must(w.db.Create(&src).Error)
	d := evidence.Delivery{SourceID: src.ID, DedupeKey: "k", Headers: "{}", Body: []byte(`{"hello": 1}`), Size: 12, State: evidence.NothingNew, ReceivedAt: at}
	w.must(w.db.Create(&d).Error)
	f.source, f.delivery = src.ID, d.ID
}

// taken takes the deployment over into a document, and says that the run did
// something to its actions.
func (w *world) taken(d *doc) {
	now := w.clock.Now()
	w.exec("INSERT INTO coe_evidence (coe_id, item_id, decision, role, relation, decided_by, decided_at) VALUES (?, ?, 'accepted', 'suspect', '', ?, ?)", d.coe.ID, w.found.deployment, w.person[admin].ID, now)
	w.exec("INSERT INTO coe_evidence (coe_id, item_id, decision, relation, decided_by, decided_at) VALUES (?, ?, 'accepted', 'revealed_by', ?, ?)", d.coe.ID, w.found.run, w.person[admin].ID, now)
	for _, id := range []int64{d.open.ID, d.claimed.ID} {
		w.exec("INSERT INTO action_runs (action_id, item_id, outcome, effect, at) VALUES (?, ?, 'deviated', '', ?)", id, w.found.run, now)
	}
}

// answersAlways stands for a Prometheus that knows every query.
func answersAlways(context.Context, string, map[string]string) (int, []byte, error) {
	return 200, []byte(`{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"up"},"values":[[1772359200,"1"],[1772359260,"2"]]}]}}`), nil
}

// foundAsk asks about one of the things, with the version it has.
func foundAsk(table string, of func(foundThings) int64, pattern string, fields ...string) func(*world, string, *doc) []request {
	return func(w *world, _ string, _ *doc) []request {
		id := of(w.found)
		q := request{path: fmt.Sprintf(pattern, id)}
		if table != "" {
			q.form = values(fields...)
			q.form.Set("version", fmt.Sprint(w.version(table, id)))
		}
		return []request{q}
	}
}

func planned(f foundThings) int64  { return f.plan }
func matched(f foundThings) int64  { return f.matched }
func ran(f foundThings) int64      { return f.run }
func deployed(f foundThings) int64 { return f.deployment }
func wentBack(f foundThings) int64 { return f.rollback }
func alarmed(f foundThings) int64  { return f.alarm }
func sending(f foundThings) int64  { return f.source }

const someDeployment = `{"type": "deployment", "source": "d", "external_id": "d-1", "service": "storage", "state": "succeeded", "started_at": "2026-03-01T10:00:00Z", "version": "2"}`

// evidenceRows: everybody signed in reads, and who is no reader plans, says what
// a run showed, and assigns.
func evidenceRows() []row {
	const items = "evidence_items"
	return []row{
		{route: "GET /experiments", right: "signed in", ask: paths("/experiments", "/experiments?service=1")},
		{route: "GET /experiments/new", right: "creates"},
		{route: "POST /experiments/new", right: "creates", loose: true, ask: form("name", "another", "planned_for", "2026-03-30")},
		{route: "GET /experiments/:id", right: "signed in", ask: foundAsk("", matched, "/experiments/%d")},
		{route: "GET /experiments/:id/edit", right: "creates", ask: foundAsk("", planned, "/experiments/%d/edit")},
		{route: "POST /experiments/:id", right: "creates", loose: true, ask: foundAsk("experiments", planned, "/experiments/%d", "name", "another")},
		{route: "POST /experiments/:id/detach", right: "creates", loose: true, ask: foundAsk("experiments", matched, "/experiments/%d/detach")},
		{route: "GET /runs/:id", right: "signed in", ask: foundAsk("", ran, "/runs/%d")},
		{route: "POST /runs/:id/outcome", right: "creates", loose: true, ask: foundAsk(items, ran, "/runs/%d/outcome", "outcome", "inconclusive", "note", "too little load")},
		{route: "POST /runs/:id/notes", right: "creates", loose: true, ask: foundAsk(items, ran, "/runs/%d/notes", "learn", "more load")},
		{route: "POST /runs/:id/coe", right: "creates", loose: true, ask: foundAsk(items, ran, "/runs/%d/coe")},
		{route: "GET /deployments", right: "signed in", ask: paths("/deployments", "/deployments?service=1", "/deployments?before=x")},
		{route: "GET /deployments/:id", right: "signed in", ask: func(w *world, _ string, _ *doc) []request {
			return []request{{path: fmt.Sprintf("/deployments/%d", w.found.deployment)}, {path: fmt.Sprintf("/deployments/%d", w.found.rollback)}}
		}},
		{route: "POST /deployments/:id/reach", right: "creates", loose: true, ask: foundAsk(items, wentBack, "/deployments/%d/reach", "wave", "first", "share", "2")},
		{route: "POST /deployments/:id/coe", right: "creates", loose: true, ask: foundAsk(items, wentBack, "/deployments/%d/coe")},
		{route: "GET /alarms", right: "signed in"},
		{route: "GET /alarms/:id", right: "signed in", ask: foundAsk("", alarmed, "/alarms/%d")},
		{route: "GET /evidence", right: "signed in"},
		{route: "POST /evidence", right: "creates", loose: true, ask: form("pasted", someDeployment)},
		{route: "POST /evidence/:id/service", right: "creates", loose: true, ask: func(w *world, _ string, _ *doc) []request {
			return []request{{path: fmt.Sprintf("/evidence/%d/service", w.found.unmatched), form: values("service", fmt.Sprint(w.service))}}
		}},
		{route: "GET /coverage", right: "signed in"},
	}
}

// sourceRows: administrators only, but for the tools themselves.
func sourceRows() []row {
	const sources = "hook_sources"
	return []row{
		{route: "POST /hooks/:token", right: "hook", quiet: true, tools: true, ask: func(*world, string, *doc) []request {
			return []request{{path: "/hooks/nosuchtoken", body: someDeployment, kind: "application/json"}}
		}},
		{route: "OPTIONS /hooks/:token", right: "hook", quiet: true, tools: true, ask: paths("/hooks/nosuchtoken")},
		{route: "GET /sources", right: "admin"},
		{route: "POST /sources", right: "admin", loose: true, ask: form("name", "another", "verifier", "none")},
		{route: "GET /sources/:id", right: "admin", ask: foundAsk("", sending, "/sources/%d")},
		{route: "POST /sources/:id", right: "admin", loose: true, ask: foundAsk(sources, sending, "/sources/%d", "name", "another", "verifier", "none")},
		{route: "POST /sources/:id/rotate", right: "admin", loose: true, ask: foundAsk(sources, sending, "/sources/%d/rotate", "what", "token")},
		{route: "POST /sources/:id/replay", right: "admin", loose: true, ask: foundAsk(sources, sending, "/sources/%d/replay")},
		{route: "POST /sources/:id/disable", right: "admin", loose: true, ask: foundAsk(sources, sending, "/sources/%d/disable")},
		{route: "POST /sources/:id/enable", right: "admin", loose: true, ask: foundAsk(sources, sending, "/sources/%d/enable")},
		{route: "GET /sources/:id/deliveries/:d", right: "admin", ask: func(w *world, _ string, _ *doc) []request {
			return []request{{path: fmt.Sprintf("/sources/%d/deliveries/%d", w.found.source, w.found.delivery)}}
		}},
	}
}

// takenAsk does something about an item in a document.
func takenAsk(verb string, of func(foundThings) int64, fields ...string) func(*world, string, *doc) []request {
	return func(w *world, _ string, _ *doc) []request {
		return []request{{path: fmt.Sprintf("/coes/:n/evidence/%d/%s", of(w.found), verb), form: values(fields...)}}
	}
}

// takenRows: what becomes of evidence in a document is for who edits it.
func takenRows() []row {
	return []row{
		{route: "GET /coes/:n/edit/evidence", right: "edits", doc: true},
		{route: "POST /coes/:n/evidence/:item/accept", right: "edits", doc: true, ask: takenAsk("accept", alarmed)},
		{route: "POST /coes/:n/evidence/:item/dismiss", right: "edits", doc: true, ask: takenAsk("dismiss", alarmed)},
		{route: "POST /coes/:n/evidence/:item/reconsider", right: "edits", doc: true, ask: takenAsk("reconsider", deployed)},
		{route: "POST /coes/:n/evidence/:item/role", right: "edits", doc: true, ask: takenAsk("role", deployed, "role", "cause")},
		{route: "GET /coes/:n/edit/metrics/fetch", right: "edits", doc: true},
		{route: "POST /coes/:n/metrics/fetch", right: "edits", doc: true, ask: form("title", "errors", "query", "up", "from", "2026-03-01 09:00", "to", "2026-03-01 11:00")},
	}
}
