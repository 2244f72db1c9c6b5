package evidence

import (
	"strings"
	"testing"
)

const pdIncident = `{"id":"P1","type":"incident","self":"https://api.pagerduty.com/incidents/P1","html_url":"https://acme.pagerduty.com/incidents/P1","status":"STATUS",
	"created_at":"2026-11-22T10:00:00Z","title":"Checkout fails","service":{"id":"S1","summary":"Checkout","type":"service_reference"},"priority":{"summary":"P1"},"urgency":"high"}`

func pdEvent(id, kind, at, data string) string {
	return `{"event":{"id":"` + id + `","event_type":"` + kind + `","resource_type":"incident","occurred_at":"` + at + `","agent":{"summary":"Ada"},"data":` + data + `}}`
}

func pdWith(status string) string { return strings.Replace(pdIncident, "STATUS", status, 1) }

func TestPagerDuty(t *testing.T) {
	t.Parallel()
	const ref = `"incident":{"id":"P1","type":"incident_reference","summary":"Checkout fails","html_url":"https://acme.pagerduty.com/incidents/P1"}`
	head, tail := "incident id=P1 service=Checkout state=", " severity=P1"
	runShapes(t, "pagerduty", []shape{
		{"triggered", pdEvent("e1", "incident.triggered", "2026-11-22T10:00:01Z", pdWith("triggered")), []string{head + "triggered start=2026-11-22T10:00:00Z" + tail}, ""},
		{"acknowledged", pdEvent("e2", "incident.acknowledged", "2026-11-22T10:02:00Z", pdWith("acknowledged")), []string{head + "acknowledged start=2026-11-22T10:00:00Z" + tail}, ""},
		{"resolved", pdEvent("e3", "incident.resolved", "2026-11-22T11:00:00Z", pdWith("resolved")), []string{head + "resolved start=2026-11-22T10:00:00Z end=2026-11-22T11:00:00Z" + tail}, ""},
		{"reopened", pdEvent("e4", "incident.reopened", "2026-11-22T11:05:00Z", pdWith("triggered")), []string{head + "reopened start=2026-11-22T11:05:00Z" + tail}, ""},
		{"no longer acknowledged", pdEvent("e5", "incident.unacknowledged", "2026-11-22T10:05:00Z", pdWith("triggered")), []string{head + "triggered start=2026-11-22T10:00:00Z" + tail}, ""},
		{"moved after the end", pdEvent("e6", "incident.reassigned", "2026-11-22T12:00:00Z", pdWith("resolved")), []string{head + "resolved start=2026-11-22T10:00:00Z" + tail}, ""},
		{"note", pdEvent("e7", "incident.annotated", "2026-11-22T10:03:00Z", `{"id":"N1","type":"incident_note","content":"We roll back.","trimmed":false,`+ref+`}`), []string{"incident id=P1 text=We roll back."}, ""},
		{"status update", pdEvent("e8", "incident.status_update_published", "2026-11-22T10:04:00Z", `{"id":"U1","type":"incident_status_update","message":"Going down.",`+ref+`}`), []string{"incident id=P1 text=Going down."}, ""},
		{"responder", pdEvent("e9", "incident.responder.added", "2026-11-22T10:04:00Z", `{"type":"incident_responder","message":"Please help","state":"pending","user":{"summary":"Bob"},`+ref+`}`), []string{"incident id=P1 text=Please help"}, ""},
		{"workflow", pdEvent("e10", "incident.workflow.started", "2026-11-22T10:04:00Z", `{"id":"W","type":"incident_workflow_instance",`+ref+`}`), []string{"incident id=P1"}, ""},
		{"service", pdEvent("e11", "service.updated", "2026-11-22T10:04:00Z", `{"id":"S1","type":"service"}`), []string{"ignored id=e11 state=service.updated"}, ""},
		{"trial", `{"event":{"id":"e12","event_type":"pagey.ping","resource_type":"pagey","occurred_at":"2026-11-22T10:04:00Z","data":{"message":"Hello","type":"ping"}}}`, []string{"ignored id=e12 state=pagey.ping"}, ""},
		{"list of the REST interface", `{"incidents":[` + strings.Replace(pdWith("resolved"), `"title"`, `"resolved_at":"2026-11-22T11:00:00Z","last_status_change_at":"2026-11-22T11:00:00Z","title"`, 1) + `],"limit":25}`, []string{head + "resolved start=2026-11-22T10:00:00Z end=2026-11-22T11:00:00Z" + tail}, ""},
		{
			"version 2", `{"messages":[{"id":"m1","event":"incident.resolve","created_on":"2026-11-22T11:00:00Z","incident":` + strings.Replace(pdWith("resolved"), `"type":"incident",`, "", 1) + `}]}`,
			[]string{head + "resolved start=2026-11-22T10:00:00Z end=2026-11-22T11:00:00Z" + tail},
			"",
		},
	})
}

func TestPagerDuty_Life(t *testing.T) {
	t.Parallel()
	all := sequence(t, "pagerduty",
		pdEvent("e1", "incident.triggered", "2026-11-22T10:00:01Z", pdWith("triggered")),
		pdEvent("e2", "incident.acknowledged", "2026-11-22T10:02:00Z", pdWith("acknowledged")),
		pdEvent("e3", "incident.resolved", "2026-11-22T11:00:00Z", pdWith("resolved")),
		pdEvent("e4", "incident.reopened", "2026-11-22T11:05:00Z", pdWith("triggered")),
		pdEvent("e5", "incident.resolved", "2026-11-22T11:30:00Z", pdWith("resolved")))
	keysDiffer(t, all)
	if all[0].DedupeKey != "e1" || all[3].Rank.Ended() || !all[4].Rank.Ended() {
		t.Errorf("key %q, ranks %d and %d", all[0].DedupeKey, all[3].Rank, all[4].Rank)
	}
	for i := 1; i < len(all); i++ {
		if !all[i].OccurredAt.After(all[i-1].OccurredAt) {
			t.Errorf("message %d is not after the one before", i)
		}
	}
}

func FuzzPagerDuty(f *testing.F) {
	fuzzTool(f, "pagerduty", pdEvent("e4", "incident.reopened", "2026-11-22T11:05:00Z", pdWith("triggered")), `{"messages":[{"id":"m1","event":"incident.resolve","incident":{"id":"a"}}]}`)
}
