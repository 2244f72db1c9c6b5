package demo

import (
	"fmt"
	"strings"
	"time"
)

// What tools of the company sent; all invented, written in the forms of the
// tools by hand.

// zoneLoss is the journal of one run of the experiment that takes a zone from
// the resizer. leader is how long nobody led, in seconds.
func zoneLoss(start time.Time, lasted time.Duration, leader int) string {
	at := func(d time.Duration) string { return start.Add(d).UTC().Format(time.RFC3339) }
	met := leader <= 30
	probe := func(output string, met bool) string {
		return fmt.Sprintf(`{"steady_state_met": %t, "probes": [
  {"activity": {"type": "probe", "name": "seconds without a leader", "tolerance": {"type": "range", "range": [0, 30]}, "provider": {"type": "python", "module": "resizer.probes", "func": "longest_gap"}}, "output": %s, "status": "succeeded", "tolerance_met": %t}]}`, met, output, met)
	}
	return fmt.Sprintf(`{"chaoslib-version": "1.30.0", "platform": "Linux", "node": "chaos-runner-2",
 "experiment": {"version": "1.0.0", "title": "zone-loss-resizer", "description": "Takes the network of one zone away from the resizer.",
  "tags": ["service:resizer", "environment:prod", "zone:b", "region:eu-central-1"],
  "steady-state-hypothesis": {"title": "A new leader is found within 30 s and pictures come on time", "probes": [
   {"type": "probe", "name": "seconds without a leader", "tolerance": {"type": "range", "range": [0, 30]}, "provider": {"type": "python", "module": "resizer.probes", "func": "longest_gap"}}]},
  "method": [{"type": "action", "name": "take the network of zone b away", "provider": {"type": "python", "module": "network.actions", "func": "isolate_zone", "arguments": {"zone": "b"}}}],
  "rollbacks": [{"type": "action", "name": "give the network back"}]},
 "start": %q, "end": %q, "status": "completed", "deviated": %t,
 "steady_states": {"before": %s, "after": %s, "during": []},
 "run": [{"activity": {"type": "action", "name": "take the network of zone b away", "provider": {"type": "python", "module": "network.actions", "func": "isolate_zone", "arguments": {"zone": "b"}}}, "status": "succeeded", "start": %q, "end": %q}],
 "rollbacks": [{"activity": {"type": "action", "name": "give the network back"}, "status": "succeeded"}]}`,
		at(0), at(lasted), !met, probe("0", true), probe(fmt.Sprint(leader), met), at(20*time.Second), at(lasted-time.Minute))
}

// cellLoss is a run of the experiment that loses one cell of the index.
func cellLoss(id, environment string, start time.Time, failed, alarm string, met bool) string {
	at := func(d time.Duration) string { return start.Add(d).UTC().Format(time.RFC3339) }
	state := map[bool]string{true: "held", false: "deviated"}[met]
	return fmt.Sprintf(`{"type": "experiment", "source": "cell-lab", "external_id": %q, "definition": "index-cell-loss", "title": "index-cell-loss",
 "service": "s3-index", "environment": %q, "region": "us-east-1", "state": "completed", "outcome": %q, "started_at": %q, "ended_at": %q, "initiator": "Tomás Lind",
 "hypothesis": "If one cell of the index is lost, fewer than 5 %% of GET requests fail and the rest are served within 200 ms.",
 "steady_state": [
  {"name": "GET requests that fail", "expected": "under 5 %%", "before": "0.1 %%", "after": %q, "met": %t},
  {"name": "The alarm on failures fires", "expected": "within 2 min", "before": "", "after": %q, "met": true},
  {"name": "99th percentile of the rest", "expected": "under 200 ms", "before": "96 ms", "after": "140 ms", "met": true}],
 "faults": [{"action": "stop all 40 servers of the cell", "state": "completed", "started_at": %q, "ended_at": %q}],
 "guards": [{"kind": "alarm", "name": "index-15-percent-failed"}],
 "recovery": ["servers started again"], "targets": [{"kind": "cell", "id": "s3-index-use1c-7", "region": "us-east-1", "zone": "c", "cell": "7"}]}`,
		id, environment, state, at(0), at(12*time.Minute), failed, met, alarm, at(time.Minute), at(9*time.Minute))
}

// cloudWatch is one change of an alarm as EventBridge tells it.
func cloudWatch(name, service, text, from, to string, at, before time.Time) string {
	stamp := func(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000-0700") }
	return fmt.Sprintf(`{"version": "0", "id": "demo-%s-%d", "detail-type": "CloudWatch Alarm State Change", "source": "aws.cloudwatch", "account": "123456789012", "time": %q, "region": "eu-central-1",
 "resources": ["arn:aws:cloudwatch:eu-central-1:123456789012:alarm:%s"],
 "detail": {"alarmName": %q, "alarmTags": {"service": %q}, "configuration": {"description": %q, "metrics": [{"id": "m1", "metricStat": {"metric": {"dimensions": {"ServiceName": %q}, "name": "Failed", "namespace": "Company/Services"}, "period": 60, "stat": "Sum"}, "returnData": true}]},
  "previousState": {"value": %q, "timestamp": %q, "reason": "so far"}, "state": {"value": %q, "timestamp": %q, "reason": "Threshold crossed."}}}`,
		name, at.Unix(), at.UTC().Format(time.RFC3339), name, name, service, text, service, from, stamp(before), to, stamp(at))
}

// firing is an alarm that fires and ends.
func firing(name, service, text string, from, to time.Time) []string {
	return []string{
		cloudWatch(name, service, text, "OK", "ALARM", from, from.Add(-72*time.Hour)),
		cloudWatch(name, service, text, "ALARM", "OK", to, from),
	}
}

// badRelease is a deployment of the resizer and the rollback that an alarm led to.
const badRelease = `{"events": [
 {"type": "deployment", "source": "deployer", "external_id": "resizer-512", "service": "resizer", "environment": "prod", "region": "eu-central-1", "state": "succeeded",
  "started_at": "2026-03-13T06:30:00Z", "finished_at": "2026-03-13T06:36:00Z", "from_version": "5.11", "version": "5.12", "wave": "first", "zone": "a", "cell": "2", "share": 0.05, "bake_minutes": 5, "initiator": "Jonas Weber",
  "alarms": ["resizer-5xx"]},
 {"type": "rollback", "source": "deployer", "external_id": "resizer-512-back", "rolls_back": "resizer-512", "service": "resizer", "environment": "prod", "region": "eu-central-1", "state": "succeeded",
  "started_at": "2026-03-13T06:44:00Z", "finished_at": "2026-03-13T06:47:00Z", "from_version": "5.12", "version": "5.11", "trigger": "alarm", "automatic": true, "alarms": ["resizer-5xx"], "share": 0.05, "wave": "first",
  "reason": "resizer-5xx fired while the second wave waited"}]}`

// goodRelease is an ordinary deployment.
const goodRelease = `{"type": "deployment", "source": "deployer", "external_id": "kinesis-frontend-88", "service": "kds-fe", "environment": "prod", "region": "us-east-1", "state": "succeeded",
 "started_at": "2026-03-16T13:05:00Z", "finished_at": "2026-03-16T14:20:00Z", "from_version": "87", "version": "88", "wave": "last", "share": 1, "bake_minutes": 60, "initiator": "Mei Tanaka"}`

// nobodys is an alarm of something that is no service of the company's list.
const nobodys = `{"receiver": "coe", "status": "resolved", "version": "4", "groupKey": "{}:{alertname=\"UploadLatencyHigh\"}", "truncatedAlerts": 0,
 "groupLabels": {"alertname": "UploadLatencyHigh"}, "commonLabels": {"alertname": "UploadLatencyHigh"}, "commonAnnotations": {},
 "alerts": [{"status": "resolved", "labels": {"alertname": "UploadLatencyHigh", "service": "upload-gateway", "region": "eu-central-1", "severity": "page"}, "annotations": {"summary": "Half of all uploads take longer than 4 s"},
  "startsAt": "2026-03-17T15:20:00Z", "endsAt": "2026-03-17T15:42:00Z", "fingerprint": "5f0c2a9d71be4e03"}]}`

// lined joins lines of a text.
func lined(list ...string) string { return strings.Join(list, "\n") }
