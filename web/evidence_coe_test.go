package web_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"coetracker/coe"
	"coetracker/evidence"
	"coetracker/people"
)

// evidenceRig is a server with a COE about checkout, and what tools said of it.
type evidenceRig struct {
	*docs
	n, service   int64
	impact       time.Time
	bad, back    evidence.Item
	alarm, chaos evidence.Item
}

func newEvidenceRig(t *testing.T) *evidenceRig {
	t.Helper()
	r := &evidenceRig{docs: newDocs(t)}
	r.impact = r.clock.Now().Add(-5 * time.Hour).Truncate(time.Minute)
	sv := people.Service{Name: "checkout", TeamID: &r.team, Tier: 1, Targets: "{}", Version: 1}
	r.must(r.g.Create(&sv).Error)
	r.service = sv.ID
	end := r.impact.Add(30 * time.Minute)
	c, err := r.coes.Create(t.Context(), r.who["ana"], coe.New{
		Title: "Checkout answered 503", Kind: coe.Incident, Severity: 2, TeamID: &r.team,
		Services: []int64{sv.ID}, WindowStart: &r.impact, WindowEnd: &end,
	})
	r.must(err)
	r.n = c.Number
	r.bad = r.item(evidence.Item{Type: evidence.TypeDeployment, ExternalID: "d-1", FromVersion: "v1", ToVersion: "v2", State: "succeeded", Reach: `{"wave":"2","share":0.2,"first_wave":0.05}`}, -12)
	r.back = r.item(evidence.Item{Type: evidence.TypeRollback, ExternalID: "r-1", FromVersion: "v2", ToVersion: "v1", UndoesID: &r.bad.ID, State: "succeeded", Alarms: `["orders-5xx"]`}, 8)
	r.must(r.g.Model(&r.bad).Update("undone_by_id", r.back.ID).Error)
	r.alarm = r.item(evidence.Item{Type: evidence.TypeAlarm, ExternalID: "orders-5xx", Title: "orders-5xx"}, 3)
	r.chaos = r.item(evidence.Item{Type: evidence.TypeExperiment, ExternalID: "EXP1", Title: "Lose a zone", ToolOutcome: evidence.Deviated, Detail: `{"hypothesis":"Nothing happens"}`}, -300)
	return r
}

func (r *evidenceRig) item(i evidence.Item, minutes int) evidence.Item {
	r.t.Helper()
	from := r.impact.Add(time.Duration(minutes) * time.Minute)
	to := from.Add(10 * time.Minute)
	i.Tool, i.SubjectKey, i.Service, i.ServiceID = "fis", i.ExternalID, "checkout", &r.service
	i.StartedAt, i.EndedAt, i.Rank, i.Version = &from, &to, evidence.RankEnded, 1
	if i.Alarms == "" {
		i.Alarms = "[]"
	}
	for _, f := range []*string{&i.Detail, &i.Reach} {
		if *f == "" {
			*f = "{}"
		}
	}
	r.must(r.g.Create(&i).Error)
	r.must(r.g.Create(&evidence.Span{ItemID: i.ID, StartedAt: from, EndedAt: &to, Times: 1}).Error)
	return i
}

func (r *evidenceRig) at(format string, args ...any) string {
	return fmt.Sprintf("/coes/%d", r.n) + fmt.Sprintf(format, args...)
}

func TestEvidencePage(t *testing.T) {
	t.Parallel()
	r := newEvidenceRig(t)
	page := r.at("/edit/evidence")
	r.get("ana", page).wants(200, "Same service checkout", "12 min before impact began", "Names the alarm orders-5xx", `Undoes the deployment <span class="nw">d-1</span>`, "Take over what is ticked")
	r.get("dan", page).wants(403)
	r.get("ana", r.at("")).wants(200, "4 experiments, changes and alarms", `href="`+page+`"`).without(`">Evidence</h3>`)
	r.get("dan", r.at("")).wants(200).without("may belong to this")
	r.get("ana", r.at("/edit/timeline")).wants(200, "4 experiments, changes and alarms")
	r.get("ana", r.at("/edit/related")).wants(200, page)

	r.post("dan", r.at("/evidence/%d/accept", r.bad.ID)).wants(403)
	r.post("ana", r.at("/evidence/ticked/accept")).wants(422, "Tick at least one")
	role := fmt.Sprintf("role-%d", r.bad.ID)
	text := fmt.Sprintf("text-%d", r.bad.ID)
	r.post("ana", r.at("/evidence/ticked/accept"), "item", fmt.Sprint(r.bad.ID), role, "guilty", text, "Typed & kept").
		wants(422, "Typed &amp; kept", "is not a role of a change", `name="item" value="`+fmt.Sprint(r.bad.ID)+`" checked`)
	r.post("ana", r.at("/evidence/ticked/accept"), "item", fmt.Sprint(r.bad.ID), "item", fmt.Sprint(r.back.ID), role, "cause", text, "Version 2 went out").leads(page)
	r.post("ana", r.at("/evidence/%d/accept", r.alarm.ID), "item", "999").leads(page)
	reason := fmt.Sprintf("reason-%d", r.chaos.ID)
	r.post("ana", r.at("/evidence/%d/dismiss", r.chaos.ID), reason, strings.Repeat("x", 501)).wants(422, "At most 500")
	r.post("ana", r.at("/evidence/%d/dismiss", r.chaos.ID), reason, "Another day").leads(page)
	r.get("ana", page).wants(200, "Nothing is suggested", "Another day", "Suggest it again", "Take it out again", "Draft an answer to C2")

	read := r.get("dan", r.at("")).wants(200, `">Evidence</h3>`, fmt.Sprintf(`href="/deployments/%d"`, r.back.ID), "v2 → v1", "caused by", "rolled back by", "Version 2 went out",
		fmt.Sprintf(`href="/alarms/%d"`, r.alarm.ID))
	read.without("may belong to this", "Another day")
	r.get("ana", r.at("/edit/questions?draft=%d", r.bad.ID)).wants(200, "It had reached wave 2, 20 % of the fleet.", "Which change was it")

	r.post("ana", r.at("/evidence/%d/role", r.bad.ID), "role", "dismissed").leads(page)
	r.get("dan", r.at("")).wants(200, "dismissed, not to blame")
	r.post("ana", r.at("/evidence/%d/reconsider", r.alarm.ID)).leads(page)
	r.post("ana", r.at("/evidence/%d/reconsider", r.chaos.ID)).leads(page)
	r.get("ana", page).wants(200, "It deviated", "3 min after impact began")
	r.post("ana", r.at("/evidence/999/accept")).wants(404)
	r.post("ana", r.at("/evidence/x/dismiss")).wants(404)
}

func TestEvidenceDarkMinutes(t *testing.T) {
	t.Parallel()
	r := newEvidenceRig(t)
	r.post("ana", r.at("/timeline"), "line", r.impact.Format("2006-01-02 15:04")+" Customers saw errors #impact").wants(303)
	r.post("ana", r.at("/timeline"), "line", r.impact.Add(40*time.Minute).Format("2006-01-02 15:04")+" It was over #resolved").wants(303)
	r.get("ana", r.at("/edit/timeline")).wants(200, "Alarm orders-5xx at "+r.impact.Add(3*time.Minute).Format("15:04"), `Rollback <span class="nw">r-1</span> at`)
}

func TestFirstWaveOnPages(t *testing.T) {
	t.Parallel()
	r := newEvidenceRig(t)
	what, affected := "Orders failed", "10,000"
	_, err := r.coes.AddImpact(t.Context(), r.who["ana"], r.n, coe.ImpactEdit{What: &what, Affected: &affected})
	r.must(err)
	r.must(r.coes.Accept(t.Context(), r.who["ana"], r.n, r.bad.ID, coe.AcceptEdit{}))
	const want = "about 2,500 instead of 10,000 (Orders failed)"
	r.get("dan", r.at("")).wants(200, want)
	r.get("ana", r.at("/edit/evidence")).wants(200, want)
	r.get("ana", r.at("/edit/questions?draft=%d", r.bad.ID)).wants(200, want)
}

func TestOpenFromItem(t *testing.T) {
	t.Parallel()
	r := newEvidenceRig(t)
	run := fmt.Sprintf("/runs/%d/coe", r.chaos.ID)
	r.post("dan", run).wants(403)
	r.post("ana", run).leads("/coes/2")
	r.post("bo", run).leads("/coes/2")
	r.post("bo", fmt.Sprintf("/deployments/%d/coe", r.back.ID)).leads("/coes/3")
	r.post("bo", fmt.Sprintf("/deployments/%d/coe", r.bad.ID)).leads("/coes/3")
	r.get("dan", "/coes/2").wants(200, "checkout: the experiment “Lose a zone” deviated", "Nothing happens", "revealed by")
	r.get("dan", "/coes/3").wants(200, "checkout was rolled back from v2", "caused by", "rolled back by")
	r.must(r.g.Model(&r.chaos).Update("outcome", evidence.Held).Error)
	other := r.item(evidence.Item{Type: evidence.TypeDeployment, ExternalID: "d-2"}, 0)
	r.post("ana", fmt.Sprintf("/deployments/%d/coe", other.ID)).leads(fmt.Sprintf("/deployments/%d", other.ID))
	r.post("ana", "/runs/999/coe").wants(404)
}
