package web_test

import (
	"fmt"
	"testing"
	"time"

	"coetracker/evidence"
)

// What was only tried says so in lists and on its page, and a version that comes
// back says so without being called a rollback.
func TestChangesSayWhatTheyAre(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	r.service("index")
	deploy := func(id, version, more string, minute int) string {
		return fmt.Sprintf(`{"type": "deployment", "source": "d", "external_id": %q, "service": "index", "state": "succeeded", "started_at": "2026-03-01T10:%02d:00Z", "ended_at": "2026-03-01T10:%02d:30Z", "version": %q%s}`, id, minute, minute, version, more)
	}
	r.drop("ana", map[string]string{"a.json": `{"events": [` + deploy("d1", "1", "", 0) + "," + deploy("d2", "2", "", 5) + "," + deploy("d3", "1", "", 10) + "," + deploy("d4", "3", `, "dry_run": true`, 15) + `]}`}).wants(200)
	r.project()
	r.get("dan", "/deployments").wants(200, "Succeeded, dry run", "goes back to <a")
	path := map[string]string{}
	var all []evidence.Item
	r.must(r.g.Find(&all).Error)
	for _, i := range all {
		path[i.ExternalID] = fmt.Sprintf("/deployments/%d", i.ID)
	}
	r.get("ana", path["d4"]).wants(200, "This was a dry run: nothing was changed", "Succeeded, dry run").without("goes back")
	r.get("ana", path["d3"]).wants(200, "It goes back to an earlier version", path["d1"], "deployed before on Sun 1 Mar 2026", "does not call it a rollback").without("Open a COE from")
	r.get("ana", path["d2"]).wants(200).without("goes back", "dry run")
}

// A deployment that was rolled back opens the COE of its rollback.
func TestUndoneDeploymentsOpenCOEs(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	r.service("index")
	r.drop("ana", map[string]string{"a.json": `{"events": [
 {"type": "deployment", "source": "d", "external_id": "d1", "service": "index", "state": "succeeded", "started_at": "2026-03-01T10:00:00Z", "ended_at": "2026-03-01T10:06:00Z", "version": "2"},
 {"type": "rollback", "source": "d", "external_id": "d2", "rolls_back": "d1", "service": "index", "state": "succeeded", "started_at": "2026-03-01T10:14:00Z", "ended_at": "2026-03-01T10:16:00Z", "version": "1"}]}`}).wants(200)
	r.project()
	var bad evidence.Item
	r.must(r.g.Where("type = 'deployment'").Take(&bad).Error)
	path := fmt.Sprintf("/deployments/%d", bad.ID)
	r.get("dan", path).wants(200).without("Open a COE from")
	r.get("ana", path).wants(200, "Open a COE from this deployment")
	r.post("ana", path+"/coe").leads("/coes/1")
}

// Under respond stands who took an incident up, and when.
func TestRunsSayWhoResponded(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	r.service("index")
	start := r.clock.Now().Add(-2 * time.Hour).UTC()
	step := func(state, who string, minutes int) string {
		return fmt.Sprintf(`{"type": "incident", "source": "pager", "external_id": "P1", "title": "Index is slow", "service": "index", "state": %q, "initiator": %q, "started_at": %q, "occurred_at": %q}`,
			state, who, start.Add(2*time.Minute).Format(time.RFC3339), start.Add(time.Duration(minutes)*time.Minute).Format(time.RFC3339))
	}
	r.drop("ana", map[string]string{"a.json": r.run(1, "deviated", 2), "b.json": `{"events": [` + step("triggered", "", 2) + "," + step("acknowledged", "Kim Lee", 4) + "," + step("resolved", "Kim Lee", 9) + `]}`}).wants(200)
	r.project()
	var run evidence.Item
	r.must(r.g.Where("type = 'experiment'").Take(&run).Error)
	shown := func(minutes int) string { return start.Add(time.Duration(minutes) * time.Minute).Format("15:04") }
	r.get("dan", fmt.Sprintf("/runs/%d", run.ID)).wants(200, "Index is slow", shown(2)+" triggered", shown(4)+" acknowledged by Kim Lee", shown(9)+" resolved by Kim Lee").without("Nobody was called")
}
