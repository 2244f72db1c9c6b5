package evidence

import "testing"

func TestGeneric(t *testing.T) {
	t.Parallel()
	runShapes(t, "generic", []shape{
		{
			"deployment", `{"type":"deployment","source":"deployer","external_id":"d-1","service":"checkout","environment":"prod","region":"us-east-1","state":"Succeeded",
				"started_at":"2026-11-22T12:40:00Z","finished_at":1795351920,"from_version":"1.4.1","version":"1.4.2"}`,
			[]string{"deployment id=d-1 service=checkout env=prod region=us-east-1 state=succeeded start=2026-11-22T12:40:00Z end=2026-11-22T12:52:00Z from=1.4.1 to=1.4.2"},
			"",
		},
		{
			"rollback", `{"type":"rollback","external_id":"d-2","service":"checkout","state":"succeeded","rolls_back":"d-1","trigger":"alarm","alarms":["errors"],"automatic":true,"share":0.05,"reason":"errors"}`,
			[]string{"rollback id=d-2 service=checkout state=succeeded undoes=d-1 trigger=alarm alarms=errors reason=errors"},
			"",
		},
		{
			"a deployment that undoes one is a rollback", `{"type":"deployment","external_id":"d-3","service":"checkout","rolls_back":"d-1","started_at":"2026-11-22T12:40:00Z"}`,
			[]string{"rollback id=d-3 service=checkout state=started start=2026-11-22T12:40:00Z undoes=d-1"},
			"",
		},
		{
			"experiment", `{"type":"experiment","external_id":"x-1","service":"checkout","state":"completed","outcome":"Deviated","dry_run":true,"hypothesis":"h","definition":"az-loss"}`,
			[]string{"experiment id=x-1 service=checkout state=completed outcome=deviated"},
			"",
		},
		{"experiment without outcome", `{"type":"experiment","external_id":"x-2","outcome":"great"}`, []string{"experiment id=x-2 state=started outcome=unknown"}, ""},
		{"alarm", `{"type":"alert","external_id":"a","service":"cart","state":"firing","severity":"page","occurred_at":"2026-11-22T12:40:00Z","text":"hot"}`, []string{"alarm id=a service=cart state=firing alarms=a severity=page text=hot"}, ""},
		{"incident without id", `{"type":"incident","service":"cart","state":"open","started_at":"2026-11-22T12:40:00Z"}`, []string{"incident id=cart - 2026-11-22T12:40:00Z service=cart state=open start=2026-11-22T12:40:00Z"}, ""},
		{
			"the DORA shape without a type", `{"service":"cart","env":"prod","version":"2","started_at":1693491974000000000,"finished_at":1693491984000000000,"git":{"commit_sha":"ab"}}`,
			[]string{"deployment id=cart prod 1693491974000000000 service=cart env=prod state=finished start=2023-08-31T14:26:14Z end=2023-08-31T14:26:24Z to=2"},
			"",
		},
		{
			"by kind, with other names", `{"kind":"rollback","external_id":"d-4","service":"cart","rolls_back_id":"d-3","alarm_names":["errors"],"failure_reason":"errors","status":"done"}`,
			[]string{"rollback id=d-4 service=cart state=done undoes=d-3 alarms=errors reason=errors"},
			"",
		},
		{"without type and times", `{"source":"ci","external_id":"7","service":"cart","version":"2","state":"succeeded"}`, []string{"deployment id=7 service=cart state=succeeded to=2"}, ""},
		{
			"a failure without a type", `{"services":["cart","web"],"name":"down","severity":"High","started_at":1693491974000000000}`,
			[]string{"incident id=cart - 1693491974000000000 service=cart state=started start=2023-08-31T14:26:14Z severity=High"},
			"",
		},
		{
			"many", `{"events":[{"type":"deployment","external_id":"d-1","state":"failed"},{"type":"holiday"},{"type":"rollback","external_id":"d-2","state":"done"}]}`,
			[]string{"deployment id=d-1 state=failed", "rollback id=d-2 state=done"},
			"left out",
		},
		{"in CloudEvents", `{"specversion":"1.0","id":"1","source":"/d","type":"com.example.deploy","data":{"type":"deployment","external_id":"d-1","state":"failed"}}`, []string{"deployment id=d-1 state=failed"}, ""},
		{"YAML", "type: deployment\nexternal_id: d-1\nstate: failed\nstarted_at: 2026-11-22T12:40:00Z\n", []string{"deployment id=d-1 state=failed start=2026-11-22T12:40:00Z"}, ""},
	})
}

func TestGeneric_Keys(t *testing.T) {
	t.Parallel()
	body := func(state, more string) string {
		return `{"type":"deployment","source":"s","external_id":"d-1","state":"` + state + `"` + more + `}`
	}
	all := sequence(t, "generic", body("running", ""), body("running", `,"title":"again"`), body("failed", ""), body("running", `,"idempotency_key":"k-1"`))
	if all[0].SubjectKey != "s d-1" || all[0].DedupeKey != all[1].DedupeKey {
		t.Errorf("subject %q, keys %q and %q", all[0].SubjectKey, all[0].DedupeKey, all[1].DedupeKey)
	}
	keysDiffer(t, all[1:])
	p := parsed(t, "generic", body("running", ""), Header{"Idempotency-Key": {"k-2"}})
	if p.Key != "k-2" || p.Records[0].DedupeKey != "k-2" || all[3].DedupeKey != "k-1" {
		t.Errorf("keys %q, %q, %q", p.Key, p.Records[0].DedupeKey, all[3].DedupeKey)
	}
}

func TestGeneric_Detail(t *testing.T) {
	t.Parallel()
	p := parsed(t, "generic", `{"type":"experiment","external_id":"x","zone":"us-east-1a","share":2,"bake_minutes":"15","automatic":"false","wave":1,
		"steady_state":[{"name":"ok","expected":200,"before":200,"after":503,"met":false}],"faults":[{"action":"kill","params":"pods=1"}],
		"guards":[{"kind":"alarm","name":"errors","fired_at":"2026-11-22T12:40:00Z"}],"targets":["i-1",{"kind":"pod","id":"a","cluster":"c"}],
		"links":[{"title":"Run","url":"https://example.com/1"},{"url":"javascript:alert(1)"},"https://example.com/2"]}`, nil)
	d := p.Records[0].Detail
	if d.Share != nil || d.BakeMinutes == nil || *d.BakeMinutes != 15 || d.Automatic == nil || *d.Automatic || d.Wave != "1" || d.Zone != "us-east-1a" {
		t.Errorf("%+v", d)
	}
	if len(d.SteadyState) != 1 || d.SteadyState[0].Met == nil || *d.SteadyState[0].Met || d.SteadyState[0].After != "503" {
		t.Errorf("steady state %+v", d.SteadyState)
	}
	if len(d.Faults) != 1 || len(d.Guards) != 1 || d.Guards[0].FiredAt == nil || len(d.Targets) != 2 || len(d.Links) != 2 {
		t.Errorf("%+v", d)
	}
}

func FuzzGeneric(f *testing.F) {
	fuzzTool(f, "generic", `{"events":[{"type":"rollback","external_id":"d-2","state":"done","rolls_back":1,"share":0.1}]}`,
		`{"service":"cart","version":"2","started_at":1693491974000000000}`, "type: experiment\nexternal_id: 1\n")
}
