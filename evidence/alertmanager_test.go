package evidence

import (
	"testing"
	"time"
)

func amAlert(status, starts, ends, labels string) string {
	return `{"status":"` + status + `","labels":{` + labels + `},"annotations":{"summary":"p99 high","description":"look at it"},"startsAt":"` + starts +
		`","endsAt":"` + ends + `","generatorURL":"http://prom/graph","fingerprint":"f1"}`
}

func amBody(status string, alerts string) string {
	return `{"version":"4","groupKey":"{}:{}","truncatedAlerts":2,"status":"` + status + `","receiver":"coe","groupLabels":{},"commonLabels":{},"commonAnnotations":{},"externalURL":"http://am","alerts":[` + alerts + `]}`
}

func TestAlertmanager(t *testing.T) {
	t.Parallel()
	const labels = `"alertname":"Slow","service":"checkout","env":"prod","region":"us-east-1","severity":"page"`
	fires := "alarm id=f1 service=checkout env=prod region=us-east-1 state=firing start=2026-11-22T12:40:57.704Z alarms=Slow severity=page text=p99 high/look at it"
	runShapes(t, "alertmanager", []shape{
		{
			"two alerts of one group", amBody("firing", amAlert("firing", "2026-11-22T12:40:57.704Z", "0001-01-01T00:00:00Z", labels)+","+
				`{"status":"resolved","labels":{"alertname":"Errors","job":"cart","namespace":"shop"},"annotations":{},"startsAt":"2026-11-22T12:00:00Z","endsAt":"2026-11-22T12:30:00Z","fingerprint":"f2"}`),
			[]string{fires, "alarm id=f2 service=cart state=resolved start=2026-11-22T12:00:00Z end=2026-11-22T12:30:00Z alarms=Errors"},
			"2 more alerts",
		},
		{
			"an end while it fires is a guess", `[{"labels":{"alertname":"Slow","app":"cart"},"annotations":{},"startsAt":"2026-11-22T12:40:57.704+01:00","endsAt":"2099-01-01T00:00:00Z","fingerprint":"f1","status":{"state":"active","inhibitedBy":[],"silencedBy":[]},"updatedAt":"2026-11-22T12:41:00Z"}]`,
			[]string{"alarm id=f1 service=cart state=active start=2026-11-22T11:40:57.704Z alarms=Slow"},
			"",
		},
	})
}

func TestAlertmanager_RepeatsSayTheSame(t *testing.T) {
	t.Parallel()
	const labels = `"alertname":"Slow"`
	first := amBody("firing", amAlert("firing", "2026-11-22T12:40:57.704Z", "0001-01-01T00:00:00Z", labels))
	repeat := amBody("firing", amAlert("firing", "2026-11-22T12:40:57.704Z", "0001-01-01T00:00:00Z", labels+`,"severity":"x"`))
	over := amBody("resolved", amAlert("resolved", "2026-11-22T12:40:57.704Z", "2026-11-22T12:41:29.704Z", labels))
	later := amBody("firing", amAlert("firing", "2026-11-23T12:40:57.704Z", "0001-01-01T00:00:00Z", labels))
	all := sequence(t, "alertmanager", first, repeat, over, later)
	if all[0].DedupeKey != all[1].DedupeKey {
		t.Error("a repeat has another key")
	}
	keysDiffer(t, all[1:])
	if a, b := parsed(t, "alertmanager", first, nil), parsed(t, "alertmanager", over, nil); a.Key == b.Key || a.Key != parsed(t, "alertmanager", first, nil).Key {
		t.Error("deliveries that differ have one key, or repeats have two")
	}
	if got := all[2].OccurredAt; !got.Equal(time.Date(2026, 11, 22, 12, 41, 29, 704e6, time.UTC)) {
		t.Errorf("resolved at %v", got)
	}
}

// The numbers are those that Alertmanager itself gave to these labels.
func TestFingerprint(t *testing.T) {
	t.Parallel()
	for want, labels := range map[string]string{
		"74f8ade79864a3ec": `{"alertname":"CheckoutLatencyHigh","az":"us-west-2a","cluster":"prod-cell-3","instance":"127.0.0.1:18932","job":"checkout","region":"us-west-2","service":"checkout","severity":"ticket","team":"payments"}`,
		"723218e53ba65d2f": `{"alertname":"CheckoutErrorRateHigh","az":"us-west-2a","cluster":"prod-cell-3","region":"us-west-2","service":"checkout","severity":"page","team":"payments"}`,
	} {
		docs, err := parseJSON([]byte(labels))
		if err != nil {
			t.Fatal(err)
		}
		if got := fingerprint(docs[0]); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestGrafana(t *testing.T) {
	t.Parallel()
	runShapes(t, "grafana", []shape{
		{
			"resolved, with a zone", `{"version":"1","orgId":1,"status":"resolved","receiver":"coe","externalURL":"https://grafana.example.com/","title":"x","state":"ok","groupKey":"k","alerts":[
				{"status":"resolved","labels":{"alertname":"Slow","service":"checkout","grafana_folder":"Shop"},"annotations":{},"startsAt":"2026-05-05T13:04:57.62+02:00","endsAt":"2026-05-05T13:10:00+02:00","generatorURL":"/alerting/grafana/x/view","fingerprint":"c4","values":{"B":22},"valueString":"[ value=22 ]"}]}`,
			[]string{"alarm id=c4 service=checkout state=resolved start=2026-05-05T11:04:57.62Z end=2026-05-05T11:10:00Z alarms=Slow text=[ value=22 ]"},
			"",
		},
		{
			"a rule of the old kind", `{"title":"[Alerting] Slow","ruleId":7,"ruleName":"Slow","ruleUrl":"https://grafana.example.com/d/a","state":"alerting","orgId":2,"tags":{"service":"cart","severity":"page"},"message":"look","evalMatches":[{"value":100}]}`,
			[]string{"alarm id=7 service=cart state=alerting alarms=Slow severity=page text=look"},
			"",
		},
	})
	p := parsed(t, "grafana", `{"ruleId":7,"ruleName":"Slow","ruleUrl":"x","state":"ok","orgId":2}`, nil)
	if r := p.Records[0]; r.SubjectKey != "2 7" || !r.Rank.Ended() {
		t.Errorf("subject %q, rank %d", r.SubjectKey, r.Rank)
	}
	for address, want := range map[string]string{
		"?orgId=1": "https://g/?orgId=1", "/a": "https://g/a", "https://h/a": "https://h/a", "javascript:x": "", "": "",
	} {
		if got := grafanaAddress("https://g", address); got != want {
			t.Errorf("%q becomes %q, want %q", address, got, want)
		}
	}
}

func FuzzAlertmanager(f *testing.F) {
	fuzzTool(f, "alertmanager", amBody("firing", amAlert("firing", "2026-11-22T12:40:57.704Z", "0001-01-01T00:00:00Z", `"a":"b"`)))
}

func FuzzGrafana(f *testing.F) {
	fuzzTool(f, "grafana", `{"ruleId":7,"ruleName":"Slow","ruleUrl":"x","state":"ok","orgId":2}`)
}
