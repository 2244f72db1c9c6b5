package evidence

import "testing"

func TestDatadog(t *testing.T) {
	t.Parallel()
	runShapes(t, "datadog", []shape{
		{
			"deployment that goes on", `{"data":{"attributes":{"service":"shopist","env":"prod","version":"1.2","started_at":1693491974000000000,"custom_tags":["region:us-east-1"]}}}`,
			[]string{"deployment id=shopist prod 1693491974000000000 service=shopist env=prod region=us-east-1 state=started start=2023-08-31T14:26:14Z to=1.2"},
			"",
		},
		{
			"deployment by id", `{"data":{"attributes":{"id":"d-1","service":"shopist","started_at":1693491974000000000,"finished_at":1693491984000000000,"git":{"commit_sha":"66adc935","repository_url":"https://github.com/acme/shop.git"}}}}`,
			[]string{"deployment id=d-1 service=shopist state=finished start=2023-08-31T14:26:14Z end=2023-08-31T14:26:24Z to=66adc935"},
			"",
		},
		{
			"failure", `{"data":{"attributes":{"services":["shopist","cart"],"env":"prod","name":"Webserver is down","severity":"High","started_at":1693491974000000000,"finished_at":1693491984000000000,"git":{"commit_sha":"66adc935"}}}}`,
			[]string{"incident id=shopist prod 1693491974000000000 service=shopist env=prod state=resolved start=2023-08-31T14:26:14Z end=2023-08-31T14:26:24Z severity=High"},
			"",
		},
		{
			"failure that goes on, typed", `{"data":{"type":"dora_incident","id":"f-1","attributes":{"services":["cart"],"name":"down","started_at":1693491974000000000}}}`,
			[]string{"incident id=f-1 service=cart state=active start=2023-08-31T14:26:14Z"},
			"",
		},
		{
			"list of deployments", `{"data":[{"id":"a","type":"dora_deployment","attributes":{"service":"cart","started_at":1693491974000000000,"finished_at":1693491984000000000,"change_failure":true}},
				{"id":"b","type":"dora_deployment","attributes":{"service":"cart","started_at":1693491994000000000,"finished_at":1693491999000000000,"deployment_type":"rollback"}}]}`,
			[]string{
				"deployment id=a service=cart state=change_failure start=2023-08-31T14:26:14Z end=2023-08-31T14:26:24Z",
				"rollback id=b service=cart state=finished start=2023-08-31T14:26:34Z end=2023-08-31T14:26:39Z",
			},
			"",
		},
		{"answer to a request", `{"data":{"id":"a","type":"dora_deployment"}}`, []string{"ignored id=a"}, ""},
		{
			"patch with a rollback", `{"data":{"id":"a","type":"dora_deployment_patch_request","attributes":{"change_failure":true,"remediation":{"id":"b","type":"rollback"}}}}`,
			[]string{"deployment id=a state=change_failure", "rollback id=b undoes=a"},
			"",
		},
		{
			"patch with a fix", `{"data":{"id":"a","type":"dora_deployment_patch_request","attributes":{"change_failure":true,"remediation":{"id":"b","type":"rollforward"}}}}`,
			[]string{"deployment id=a state=change_failure"},
			"",
		},
		{"patch that takes it back", `{"data":{"id":"a","type":"dora_deployment_patch_request","attributes":{"change_failure":false}}}`, []string{"ignored id=a"}, ""},
		{
			"incident", `{"data":{"type":"incidents","id":"i","attributes":{"title":"Slow","state":"resolved","severity":"SEV-2","created":"2026-11-22T10:01:00+00:00","detected":"2026-11-22T10:00:00+00:00","resolved":"2026-11-22T11:00:00+00:00","modified":"2026-11-22T11:00:01+00:00",
				"fields":{"services":{"value":["checkout"]},"root_cause":{"value":"a bad deploy"}}}}}`,
			[]string{"incident id=i service=checkout state=resolved start=2026-11-22T10:00:00Z end=2026-11-22T11:00:00Z severity=SEV-2 reason=a bad deploy"},
			"",
		},
		{
			"monitor fires", `{"id":"77","event_type":"query_alert_monitor","title":"[Triggered on {host:a}] CPU is high","last_updated":"1693491974000","date":"1693491970000","body":"look","org":{"id":"1","name":"acme"},"tags":"service:cart,env:prod","alert_id":"5","link":"https://app.datadoghq.com/event/77"}`,
			[]string{"alarm id=5 service=cart env=prod state=triggered start=2023-08-31T14:26:14Z alarms=CPU is high text=look"},
			"",
		},
		{
			"monitor recovers", `{"id":"78","event_type":"query_alert_monitor","title":"[Recovered] CPU is high","last_updated":"1693491984000","org":{"id":"1"},"alert_id":"5","alert_transition":"Recovered"}`,
			[]string{"alarm id=5 state=recovered end=2023-08-31T14:26:24Z alarms=CPU is high"},
			"",
		},
	})
}

func FuzzDatadog(f *testing.F) {
	fuzzTool(f, "datadog", `{"data":{"attributes":{"services":["a"],"name":"n","started_at":1693491974000000000}}}`,
		`{"id":"78","event_type":"m","title":"[Recovered] CPU","last_updated":"1693491984000","org":{"id":"1"}}`,
		`{"status":"ok","series":[{"metric":"m","pointlist":[[1641344100000,1]]}]}`)
}
