package evidence

import "testing"

// Hand-made after the vendor's description; no message of a real account was at hand.
func ogBody(action, updated, more string) string {
	return `{"action":"` + action + `","alert":{"alertId":"a-1","message":"CPU is high","alias":"cpu-cart","tinyId":"28","tags":["env:prod","critical"],"entity":"cart-db","source":"cw",
		"createdAt":1795351257000,"updatedAt":` + updated + `,"username":"ada@example.com","priority":"P2","details":{"region":"us-east-1","runbook":"https://runbooks.example.com/cpu"}` + more + `},
		"source":{"name":"","type":"web"},"integrationName":"hook","integrationId":"i-1"}`
}

func TestOpsgenie(t *testing.T) {
	t.Parallel()
	head := "alarm id=a-1 service=cart-db env=prod region=us-east-1"
	where := " start=2026-11-22T12:40:57Z alarms=CPU is high severity=P2"
	runShapes(t, "opsgenie", []shape{
		{"create", ogBody("Create", "1795351257000000000", ""), []string{head + " state=create" + where}, ""},
		{"acknowledge", ogBody("Acknowledge", "1795351300000", ""), []string{head + " state=acknowledge" + where}, ""},
		{"note", ogBody("AddNote", "1795351310000", `,"note":"We look."`), []string{head + where + " text=We look."}, ""},
		{"close", ogBody("Close", "1795351400000", ""), []string{head + " state=close start=2026-11-22T12:40:57Z end=2026-11-22T12:43:20Z alarms=CPU is high severity=P2"}, ""},
		{"tag", ogBody("AddTags", "1795351310000", ""), []string{head + where}, ""},
		{
			"service named", `{"action":"Create","alert":{"alertId":"a-2","message":"x","details":{"service":"cart"},"entity":"host-1"},"integrationName":"hook"}`,
			[]string{"alarm id=a-2 service=cart state=create alarms=x"},
			"",
		},
		{
			"as the interface gives it", `{"data":[{"id":"a-3","tinyId":"5","alias":"x","message":"Down","status":"closed","acknowledged":false,"tags":["service:cart"],"createdAt":"2026-11-22T10:00:00.123Z","updatedAt":"2026-11-22T10:05:00Z","priority":"P3"}],"took":0.1}`,
			[]string{"alarm id=a-3 service=cart state=closed start=2026-11-22T10:00:00.123Z end=2026-11-22T10:05:00Z alarms=Down severity=P3"},
			"",
		},
		{
			"incident", `{"action":"CreateIncident","incident":{"incidentId":"i-9","message":"Down","createdAt":1795351257000,"priority":"P1","impactedServices":["cart"]}}`,
			[]string{"incident id=i-9 service=cart state=createincident start=2026-11-22T12:40:57Z severity=P1"},
			"",
		},
	})
}

func TestOpsgenie_Life(t *testing.T) {
	t.Parallel()
	all := sequence(t, "opsgenie", ogBody("Create", "1795351257000", ""), ogBody("Acknowledge", "1795351300000", ""),
		ogBody("AddNote", "1795351310000", `,"note":"a"`), ogBody("AddNote", "1795351320000", `,"note":"b"`), ogBody("Close", "1795351400000", ""))
	keysDiffer(t, all)
	if all[2].Rank != RankNone || !all[4].Rank.Ended() {
		t.Errorf("ranks %d and %d", all[2].Rank, all[4].Rank)
	}
}

func FuzzOpsgenie(f *testing.F) {
	fuzzTool(f, "opsgenie", ogBody("Close", "1795351400000", ""))
}
