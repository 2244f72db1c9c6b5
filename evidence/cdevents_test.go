package evidence

import (
	"encoding/base64"
	"testing"
)

func cdBody(kind, rest string) string {
	return `{"context":{"id":"e-1","source":"/ci","type":"dev.cdevents.` + kind + `","timestamp":"2026-11-22T10:00:00.5Z"},` + rest + `}`
}

func TestCDEvents(t *testing.T) {
	t.Parallel()
	const service = `"subject":{"id":"/shop/checkout","source":"/k8s","type":"service","content":{"environment":{"id":"prod"},"artifactId":"pkg:oci/checkout@1.4.1"}}`
	const incident = `"subject":{"id":"i-7","source":"/mon","content":{"description":"slow","environment":{"id":"prod"},"service":{"id":"checkout"}}}`
	rolled := "rollback id=e-1 service=/shop/checkout env=prod state=rolledback end=2026-11-22T10:00:00.5Z from=1.4.2 to=pkg:oci/checkout@1.4.1 trigger=alarm alarms=errors reason=error ratio"
	custom := `,"customData":{"fromVersion":"1.4.2","trigger":"alarm","alarms":["errors"],"reason":"error ratio"}`
	event := cdBody("service.rolledback.0.3.0", service+custom)
	runShapes(t, "cdevents", []shape{
		{"rolled back", event, []string{rolled}, ""},
		{"in CloudEvents", `{"specversion":"1.0","id":"e-1","source":"/ci","type":"dev.cdevents.service.rolledback.0.3.0","data":` + event + `}`, []string{rolled}, ""},
		{"in CloudEvents as base64", `{"specversion":"1.0","id":"e-1","source":"/ci","type":"x","data_base64":"` + base64.StdEncoding.EncodeToString([]byte(event)) + `"}`, []string{rolled}, ""},
		{
			"rolled back, with links", `{"context":{"id":"e-1","source":"/ci","type":"dev.cdevents.service.rolledback.0.3.0","links":[{"linkType":"PATH","from":{"contextId":"p"}},{"linkType":"RELATION","linkKind":"TRIGGER","target":{"contextId":"t"}},
				{"linkType":"RELATION","linkKind":"ROLLBACK","target":{"contextId":"d-9"}}]},"subject":{"id":"checkout","content":{"environment":{"id":"prod"}}}}`,
			[]string{"rollback id=e-1 service=checkout env=prod state=rolledback undoes=d-9"},
			"",
		},
		{"an old version", cdBody("service.upgraded.0.1.0", service), []string{"deployment id=e-1 service=/shop/checkout env=prod state=upgraded end=2026-11-22T10:00:00.5Z to=pkg:oci/checkout@1.4.1"}, ""},
		{"removed", cdBody("service.removed.0.3.0-draft", service), []string{"deployment id=e-1 service=/shop/checkout env=prod state=removed end=2026-11-22T10:00:00.5Z to=pkg:oci/checkout@1.4.1"}, ""},
		{"environment", cdBody("environment.modified.0.3.0", `"subject":{"id":"prod","content":{"name":"production"}}`), []string{"deployment id=e-1 env=prod state=modified end=2026-11-22T10:00:00.5Z"}, ""},
		{"deployment finished", cdBody("deployment.finished.0.1.0", `"subject":{"id":"d-1","content":{"environment":{"id":"prod"},"artifactId":"pkg:oci/checkout@1.4.2","outcome":"failure","errors":"probe failed"}}`), []string{"deployment id=d-1 service=checkout env=prod state=failure end=2026-11-22T10:00:00.5Z to=pkg:oci/checkout@1.4.2 reason=probe failed"}, ""},
		{"rollout to a target", cdBody("targetrollout.started.0.1.0", `"subject":{"id":"t-1","content":{"name":"us-east-1","deploymentId":"d-1","environment":{"id":"prod"}}}`), []string{"deployment id=d-1 env=prod"}, ""},
		{"incident resolved", cdBody("incident.resolved.0.3.0", incident), []string{"incident id=i-7 service=checkout env=prod state=resolved end=2026-11-22T10:00:00.5Z text=slow"}, ""},
		{"pipeline", cdBody("pipelinerun.finished.0.2.0", `"subject":{"id":"p"}`), []string{"ignored id=e-1 state=finished"}, ""},
	})
	p := parsed(t, "cdevents", event, Header{"Ce-Specversion": {"1.0"}, "Ce-Id": {"e-1"}, "Ce-Source": {"/ci"}})
	if got := said(p.Records[0]); got != rolled {
		t.Errorf("binary: %s", got)
	}
}

func TestCDEvents_IncidentIsOne(t *testing.T) {
	t.Parallel()
	body := func(id, word string) string {
		return `{"context":{"id":"` + id + `","source":"/mon","type":"dev.cdevents.incident.` + word + `.0.3.0","timestamp":"2026-11-22T10:00:00Z"},"subject":{"id":"i-7","content":{"service":{"id":"checkout"}}}}`
	}
	all := sequence(t, "cdevents", body("1", "detected"), body("2", "reported"), body("3", "resolved"))
	keysDiffer(t, all)
	if all[0].StartedAt == nil || all[2].EndedAt == nil || all[2].StartedAt != nil || !all[2].Rank.Ended() {
		t.Errorf("%s; %s", said(all[0]), said(all[2]))
	}
}

func TestCDEvents_DeploymentIsOne(t *testing.T) {
	t.Parallel()
	body := func(id, kind, content string) string {
		return `{"context":{"id":"` + id + `","source":"/cd","type":"dev.cdevents.` + kind + `.0.1.0","timestamp":"2026-11-22T10:00:00Z"},"subject":{"id":"d-1","content":{` + content + `}}}`
	}
	all := sequence(t, "cdevents", body("1", "deployment.queued", ""), body("2", "deployment.started", ""),
		body("3", "targetrollout.finished", `"deploymentId":"d-1","name":"a","outcome":"success"`), body("4", "deployment.finished", `"outcome":"success"`))
	keysDiffer(t, all)
	if all[0].Rank >= all[1].Rank || all[1].Rank >= all[3].Rank || all[2].Rank != RankNone || all[2].Detail.Step != "a: success" {
		t.Errorf("ranks %d, %d, %d, %d", all[0].Rank, all[1].Rank, all[2].Rank, all[3].Rank)
	}
}

func FuzzCDEvents(f *testing.F) {
	fuzzTool(f, "cdevents", `{"context":{"type":"dev.cdevents.service.deployed.0.3.0"},"subject":{}}`, `{"context":{"id":1,"type":"dev.cdevents.incident.detected.0"},"subject":{}}`,
		cdBody("service.upgraded.0.1.0", `"subject":{"id":"a"}`), cdBody("incident.resolved.0.1.0", `"subject":{"id":"a"}`))
}
