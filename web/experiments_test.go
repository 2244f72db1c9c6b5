package web_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"testing"
	"time"

	"coetracker/evidence"
	"coetracker/people"
)

const cellRun = `{"type": "experiment", "source": "lab", "external_id": "r-%d", "definition": "cell-loss", "title": "Cell loss", "service": "index", "state": "completed", "outcome": "%s",
 "started_at": "%s", "ended_at": "%s", "hypothesis": "Nobody notices", "steady_state": [{"name": "failed requests", "expected": "under 5 %%", "after": "11 %%", "met": false}]}`

// drop sends files as the browser does.
func (r *docs) drop(name string, files map[string]string) answer {
	r.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for file, text := range files {
		part, err := w.CreateFormFile("file", file)
		r.must(err)
		_, err = part.Write([]byte(text))
		r.must(err)
	}
	r.must(w.Close())
	return r.do(name, "POST", "/evidence", b.String(), w.FormDataContentType())
}

func (r *docs) service(name string) int64 {
	r.t.Helper()
	sv, err := r.persons.AddService(r.t.Context(), people.Operator(), name, people.ServiceEdit{})
	r.must(err)
	return sv.ID
}

// run gives a run of cell-loss that began some hours ago.
func (r *docs) run(n int, outcome string, hours int) string {
	start := r.clock.Now().Add(-time.Duration(hours) * time.Hour)
	return fmt.Sprintf(cellRun, n, outcome, start.Format(time.RFC3339), start.Add(10*time.Minute).Format(time.RFC3339))
}

func (r *docs) project() {
	r.t.Helper()
	r.must(r.found.ProjectReceived(r.t.Context()))
	r.must(r.found.Tick(r.t.Context()))
}

// An experiment is planned, its run arrives as a file, is matched, judged,
// annotated and taken out again.
func TestExperimentFromPlanToRun(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	index := fmt.Sprint(r.service("index"))
	r.get("dan", "/experiments").wants(200, "No experiment yet").without("Plan an experiment")
	r.get("dan", "/experiments/new").wants(403)
	r.get("ana", "/experiments/new?mode=capacity").wants(200, `value="capacity"`)
	r.post("ana", "/experiments/new", "name", "").wants(422, "A name is needed")
	r.post("ana", "/experiments/new", "name", "cell loss", "service", index, "hypothesis", "Nobody <b>notices</b>", "expected_alarms", "index-errors\r\nindex-hosts", "failure_mode", "Capacity", "planned_for", "2026-03-28", "game_day", "1").leads("/experiments/1")
	r.get("dan", "/experiments").wants(200, "Planned", "cell loss", "game day", "28 Mar")
	r.get("dan", "/experiments/1").wants(200, "Nobody &lt;b&gt;notices&lt;/b&gt;", "index-hosts", "No run has come in yet").without("Change or plan")

	r.drop("dan", map[string]string{"a.json": r.run(1, "deviated", 2)}).wants(403)
	r.drop("ana", map[string]string{"a.json": r.run(1, "deviated", 2), "b.json": "{"}).wants(200, "1 statement about an experiment", "b.json", "a.json")
	r.project()
	r.get("ana", "/experiments/1").wants(200, "Its runs were matched to this plan", "Run 1", "Deviated")
	page := r.get("ana", "/runs/1").wants(200, "cell loss", "Run 1 of 1", "failed requests", "11 %", "index-hosts", "should have fired and did not", "Open a COE from this run", "Nobody &lt;b&gt;notices")
	page.without("<b>notices")
	r.get("dan", "/runs/1").wants(200).without("Open a COE from this run", "Say what it showed")

	r.post("dan", "/runs/1/outcome", "version", "1", "outcome", "held").wants(403)
	i, err := r.found.ItemByID(t.Context(), r.who["ana"], 1)
	r.must(err)
	v := fmt.Sprint(i.Version)
	r.post("ana", "/runs/1/outcome", "version", v, "outcome", "nonsense").wants(422, "This is no outcome")
	r.post("ana", "/runs/1/outcome", "version", v, "outcome", "inconclusive", "note", "The load was too low").leads("/runs/1")
	r.get("ana", "/runs/1").wants(200, "Inconclusive, says ana", "The load was too low", "the tool said: deviated")
	r.post("ana", "/runs/1/notes", "version", v, "learn", "More load").wants(409, "More load")
	i, err = r.found.ItemByID(t.Context(), r.who["ana"], 1)
	r.must(err)
	r.post("ana", "/runs/1/notes", "version", fmt.Sprint(i.Version), "learn", "More load").leads("/runs/1#notes")
	r.get("ana", "/runs/1").wants(200, "<p>More load</p>")

	r.drop("ana", map[string]string{"c.json": r.run(2, "held", 1)}).wants(200)
	r.project()
	r.get("ana", "/runs/1").wants(200, "Run 1 of 2", `href="/runs/2" data-key="]"`).without(`data-key="["`)
	r.get("ana", "/runs/2").wants(200, "Run 2 of 2", `href="/runs/1" data-key="["`)

	x, err := r.found.ExperimentByID(t.Context(), r.who["ana"], 1)
	r.must(err)
	r.post("ana", "/experiments/1/detach", "version", fmt.Sprint(x.Version)).leads("/experiments/1")
	r.get("ana", "/experiments/1").wants(200, "No run has come in yet")
	r.get("ana", "/runs/2").wants(200, "Run 2 of 2", "/experiments/2")
	for _, path := range []string{"/experiments/99", "/runs/99", "/runs/x", "/deployments/1", "/alarms/1"} {
		r.get("ana", path).wants(404)
	}
}

// What has no service gets one, once or for always; files that hold nothing say so.
func TestInboxGivesServices(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	index := fmt.Sprint(r.service("index"))
	deploy := `{"type": "deployment", "source": "d", "external_id": "d-%d", "service": "idx", "state": "succeeded", "started_at": "2026-03-01T10:00:00Z", "ended_at": "2026-03-01T10:05:00Z", "from_version": "1", "version": "2"}`
	r.drop("ana", map[string]string{"a.json": fmt.Sprintf(deploy, 1), "b.json": fmt.Sprintf(deploy, 2)}).wants(200, "1 statement about a deployment")
	r.project()
	r.drop("ana", map[string]string{"a.json": fmt.Sprintf(deploy, 1)}).wants(200, "It was here already")
	r.drop("ana", map[string]string{"n.json": `{"hello": 1}`}).wants(422, "Nothing that we know")
	r.drop("ana", map[string]string{"n.json": ""}).wants(422, "Choose at least one file")
	r.post("ana", "/evidence", "pasted", "nothing {").wants(422, "nothing {")
	r.post("ana", "/evidence", "pasted", fmt.Sprintf(deploy, 2)).wants(200, "pasted.txt", "It was here already")
	r.get("root", "/evidence").wants(200, "always, for idx")
	r.get("ana", "/evidence").wants(200, "/deployments/1", "Give it this service").without("always, for idx")
	r.get("dan", "/evidence").wants(200, "/deployments/1").without("Give it this service", "Drop files")
	r.post("ana", "/evidence/1/service", "service", "").wants(422, "Choose the service it belongs to")
	r.post("dan", "/evidence/1/service", "service", index).wants(403)
	r.post("ana", "/evidence/1/service", "service", index, "alias", "idx", "always", "1").wants(403, "Only an administrator")
	r.post("root", "/evidence/1/service", "service", index, "alias", "idx", "always", "1").leads("/evidence")
	r.get("ana", "/evidence").wants(200, "Everything has a service")
	r.get("ana", "/deployments").wants(200, "1 → 2", "index").without("no service")
}

// A deployment, its alarm and its rollback are one story on each of their pages.
func TestDeploymentsAndAlarms(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	r.service("index")
	r.drop("ana", map[string]string{"a.json": `{"events": [
 {"type": "deployment", "source": "d", "external_id": "d1", "service": "index", "state": "succeeded", "started_at": "2026-03-01T10:00:00Z", "ended_at": "2026-03-01T10:06:00Z", "from_version": "1", "version": "2", "bake_minutes": 5, "share": 0.05, "wave": "first"},
 {"type": "alarm", "source": "d", "external_id": "index-errors", "title": "index-errors", "service": "index", "state": "resolved", "started_at": "2026-03-01T10:11:00Z", "ended_at": "2026-03-01T10:20:00Z"},
 {"type": "rollback", "source": "d", "external_id": "d2", "rolls_back": "d1", "service": "index", "state": "succeeded", "started_at": "2026-03-01T10:14:00Z", "ended_at": "2026-03-01T10:16:00Z", "from_version": "2", "version": "1", "trigger": "alarm", "automatic": true}]}`}).wants(200)
	r.project()
	r.get("dan", "/deployments").wants(200, "rolled back", "after 14 min", "undoes", "wave first, 5 % of the fleet")
	r.get("dan", "/alarms").wants(200, "index-errors")
	for id := 1; id <= 3; id++ {
		path := fmt.Sprintf("/deployments/%d", id)
		if a := r.get("dan", path); a.status == 404 {
			r.get("dan", fmt.Sprintf("/alarms/%d", id)).wants(200, "9 min", "index-errors")
		} else {
			a.wants(200, "11 min after the deployment began", "14 min after the deployment began").without("Complete how far it came")
		}
	}
	r.get("dan", "/coverage").wants(200, "the alarm fired 5 min after it ended")

	var back evidence.Item
	r.must(r.g.Where("type = 'rollback'").Take(&back).Error)
	path := fmt.Sprintf("/deployments/%d", back.ID)
	r.get("ana", path).wants(200, "by itself", "Open a COE from this rollback")
	v := fmt.Sprint(back.Version)
	r.post("ana", path+"/reach", "version", v, "share", "lots").wants(422, "This is no number", `value="lots"`)
	r.post("ana", path+"/reach", "version", v, "share", "101").wants(422, "between 0 and 100")
	r.post("ana", path+"/reach", "version", v, "share", "2,5 %", "zone", "c", "automatic", "no", "first_wave", "1").leads(path)
	r.get("dan", path).wants(200, "zone c, 2.5 % of the fleet", "by hand")
	r.post("ana", path+"/reach", "version", v, "share", "9").wants(409, `value="9"`)
	r.post("dan", path+"/reach", "version", v, "share", "9").wants(403)
}
