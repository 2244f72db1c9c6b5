package evidence

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// brief is what the tests of deployments look at.
type deployLine struct {
	Type                               Type
	ID, State, Undoes, Trigger, Alarms string
	From, To                           string
	Rank                               Rank
}

func deployLines(t *testing.T, file string) []deployLine {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	p, err := Parse(Input{Body: body})
	if err != nil {
		t.Fatal(err)
	}
	checkRecords(t, p)
	if want := filepath.Dir(file); p.Source != want {
		t.Errorf("source %q, want %q", p.Source, want)
	}
	var lines []deployLine
	for _, r := range p.Records {
		lines = append(lines, deployLine{
			Type: r.Type, ID: r.ExternalID, State: r.State, Undoes: r.RollsBack, Trigger: r.Trigger,
			Alarms: strings.Join(r.Alarms, ","), From: r.FromVersion, To: r.ToVersion, Rank: r.Rank,
		})
	}
	return lines
}

// TestOneToolKnowsEachMessage asserts that no message is known to two tools, and
// that each of ours is known to one.
func TestOneToolKnowsEachMessage(t *testing.T) {
	t.Parallel()
	for _, file := range slices.Concat(sampleFiles(t), ownFiles(t)) {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		docs, err := parseDocuments(body)
		if err != nil {
			continue // a table or a text
		}
		for _, doc := range docs {
			for _, m := range unwrap(message{doc: doc}, 0) {
				var known []string
				for _, tool := range tools() {
					if tool.knows(m) {
						known = append(known, tool.name)
					}
				}
				if len(slices.Compact(known)) > 1 {
					t.Errorf("%s is known to %v", goldenName(file), known)
				}
			}
		}
	}
}

// TestDeploymentsAndRollbacks asserts what counts of each tool's shapes; the
// golden files hold the rest.
func TestDeploymentsAndRollbacks(t *testing.T) {
	t.Parallel()
	const (
		ecsARN   = "arn:aws:ecs:eu-west-1:111122223333:service-deployment/shop/checkout/Kx7Qp2"
		ecsFrom  = "arn:aws:ecs:eu-west-1:111122223333:service-revision/shop/checkout/41"
		ecsTo    = "arn:aws:ecs:eu-west-1:111122223333:service-revision/shop/checkout/42"
		oldSHA   = "3f1c2a9b7d5e4c6f8a0b1c2d3e4f5a6b7c8d9e0f"
		newSHA   = "b7e6d5c4f3a2918070605040302010ffeeddccbb"
		pipeA    = "aaaaaaaa-1111-4222-8333-444444444444"
		pipeB    = "bbbbbbbb-1111-4222-8333-444444444444"
		pipeC    = "cccccccc-1111-4222-8333-444444444444"
		rollout  = "0b1c2d3e-0000-4000-8000-00000000c0de/8"
		app      = "a11ce000-0000-4000-8000-00000000beef"
		one      = "1111111111111111111111111111111111111111"
		two      = "2222222222222222222222222222222222222222"
		canary   = "test/podinfo/6f9d8c7b54"
		pipeline = "01K0EXECUTION0000000000001"
	)
	for file, want := range map[string][]deployLine{
		"ecs/service-deployment-rolled-back-by-alarm.json": {
			{Type: TypeDeployment, ID: ecsARN, State: "rollback_successful", Trigger: "alarm", Alarms: "checkout-5xx", From: ecsFrom, To: ecsTo, Rank: RankRefined},
			{Type: TypeRollback, ID: ecsARN + "#rollback", State: "rollback_successful", Undoes: ecsARN, Trigger: "alarm", Alarms: "checkout-5xx", From: ecsTo, To: ecsFrom, Rank: RankEnded},
		},
		"ecs/service-deployment-rolling-back-by-circuit-breaker.json": {
			{Type: TypeDeployment, ID: ecsARN, State: "rollback_in_progress", Trigger: "circuit_breaker", From: ecsFrom, To: ecsTo, Rank: RankStopping},
			{Type: TypeRollback, ID: ecsARN + "#rollback", State: "rollback_in_progress", Undoes: ecsARN, Trigger: "circuit_breaker", From: ecsTo, To: ecsFrom, Rank: RankRunning},
		},
		"ecs/service-deployment-stopped-by-hand.json": {
			{Type: TypeDeployment, ID: ecsARN, State: "stopped", Trigger: "manual", From: ecsFrom, To: ecsTo, Rank: RankEnded},
		},
		"ecs/rollback-3-rolling-back.json": {
			{Type: TypeRollback, ID: "ecs-svc/3333333333333333333", State: "in_progress", Undoes: "ecs-svc/2222222222222222222", Trigger: "circuit_breaker", Rank: RankRunning},
		},
		"ecs/event-restored-under-its-own-id.json": {
			{Type: TypeRollback, ID: "ecs-svc/1111111111111111111", State: "in_progress", Trigger: "circuit_breaker", Rank: RankRunning},
		},
		"ecs/services-falling-revision.json": {
			{Type: TypeRollback, ID: "ecs-svc/1111111111111111111", State: "in_progress", Undoes: "ecs-svc/2222222222222222222", Trigger: "circuit_breaker", From: "checkout:42", To: "checkout:41", Rank: RankRunning},
			{Type: TypeDeployment, ID: "ecs-svc/2222222222222222222", State: "failed", Trigger: "circuit_breaker", To: "checkout:42", Rank: RankEnded},
		},
		"codedeploy/rollback-3-stopped-by-alarm.json": {
			{Type: TypeDeployment, ID: "d-BADBADBAD", State: "stopped", Trigger: "alarm", Alarms: "checkout-5xx,checkout-p99", From: oldSHA, To: newSHA, Rank: RankEnded},
			{Type: TypeRollback, ID: "d-ROLLBACK1", Undoes: "d-BADBADBAD", Trigger: "alarm", Alarms: "checkout-5xx,checkout-p99", From: newSHA, To: oldSHA},
		},
		"codedeploy/rollback-4-succeeded.json": {
			{Type: TypeRollback, ID: "d-ROLLBACK1", State: "succeeded", Undoes: "d-BADBADBAD", Trigger: "alarm", From: newSHA, To: oldSHA, Rank: RankEnded},
		},
		"codedeploy/sns-trigger-rollback.json": {
			{Type: TypeRollback, ID: "d-ROLLBACK1", State: "succeeded", Undoes: "d-BADBADBAD", Rank: RankEnded},
		},
		"codepipeline/rollback-4-rollback-started.json": {
			{Type: TypeRollback, ID: pipeC, State: "started", Undoes: pipeB, Trigger: "health", To: pipeA, Rank: RankStarting},
		},
		"codepipeline/rollback-2-action-failed.json": {{Type: TypeDeployment, ID: pipeB, State: "failed", Rank: RankRunning}},
		"codepipeline/stopped.json":                  {{Type: TypeDeployment, ID: pipeB, State: "stopped", Rank: RankEnded}},
		"codepipeline/superseded.json":               {{Type: TypeDeployment, ID: pipeA, State: "superseded", Rank: RankEnded}},
		"argorollouts/rollback-3-aborted-by-analysis.json": {
			{Type: TypeDeployment, ID: rollout, State: "degraded", Trigger: "analysis", From: "5c8b7a6d4", To: "6d9f8c7b5", Rank: RankRefined},
			{Type: TypeRollback, ID: rollout + "#rollback", State: "rolled_back", Undoes: rollout, Trigger: "analysis", From: "6d9f8c7b5", To: "5c8b7a6d4", Rank: RankEnded},
		},
		"argorollouts/aborted-by-hand.json": {
			{Type: TypeDeployment, ID: rollout, State: "degraded", Trigger: "manual", From: "5c8b7a6d4", To: "6d9f8c7b5", Rank: RankRefined},
			{Type: TypeRollback, ID: rollout + "#rollback", State: "rolled_back", Undoes: rollout, Trigger: "manual", From: "6d9f8c7b5", To: "5c8b7a6d4", Rank: RankEnded},
		},
		"argocd/rolled-back-by-hand.json": {
			{Type: TypeDeployment, ID: app + "/5", State: "succeeded", Trigger: "automated", To: one, Rank: RankEnded},
			{Type: TypeDeployment, ID: app + "/6", State: "succeeded", Trigger: "automated", From: one, To: two, Rank: RankEnded},
			{Type: TypeRollback, ID: app + "/7", State: "succeeded", Undoes: app + "/6", Trigger: "manual", From: two, To: one, Rank: RankEnded},
		},
		"flagger/rollback-3-rolling-back.json": {
			{Type: TypeDeployment, ID: canary, State: "progressing", Trigger: "analysis", To: "6f9d8c7b54", Rank: RankRunning},
			{Type: TypeRollback, ID: canary + "#rollback", State: "rolling_back", Undoes: canary, Trigger: "analysis", From: "6f9d8c7b54", Rank: RankRunning},
		},
		"flagger/progress-deadline.json": {
			{Type: TypeDeployment, ID: canary, State: "failed", Trigger: "health", To: "6f9d8c7b54", Rank: RankEnded},
			{Type: TypeRollback, ID: canary + "#rollback", State: "rolled_back", Undoes: canary, Trigger: "health", From: "6f9d8c7b54", Rank: RankEnded},
		},
		"flux/rollback-2-rolled-back.json": {
			{Type: TypeRollback, ID: "HelmRelease/shop/checkout@1.7.2#rollback-1795180231", State: "rollbacksucceeded", Trigger: "health", To: "1.7.2", Rank: RankEnded},
		},
		"spinnaker/rollback-2-failed.json": {
			{Type: TypeDeployment, ID: pipeline, State: "terminal", Trigger: "docker", To: "1.8.0", Rank: RankEnded},
			{Type: TypeRollback, ID: pipeline + "/s2", State: "succeeded", Undoes: pipeline, From: "checkout-prod-v042", To: "checkout-prod-v041", Rank: RankEnded},
		},
		"spinnaker/undone-by-hand-wrapped.json": {{Type: TypeRollback, ID: pipeline, State: "succeeded", Trigger: "manual", Rank: RankEnded}},
		"cloudwatch/composite-suppressed.json": {
			{Type: TypeAlarm, ID: "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:checkout-broken", State: "alarm", Alarms: "checkout-broken,checkout-5xx", Rank: RankRunning},
		},
	} {
		if got := deployLines(t, file); !slices.Equal(got, want) {
			t.Errorf("%s: got\n%+v\nwant\n%+v", file, got, want)
		}
	}
}

// TestOneAlarmInFourShapes asserts that the shapes of one change of an alarm give
// the same thing at the same time.
func TestOneAlarmInFourShapes(t *testing.T) {
	t.Parallel()
	const arn = `arn:aws:cloudwatch:eu-west-1:1:alarm:a`
	for name, body := range map[string]string{
		"eventbridge": `{"id":"1","detail-type":"CloudWatch Alarm State Change","source":"aws.cloudwatch","time":"2026-11-20T10:11:02Z","resources":["` + arn + `"],
			"detail":{"alarmName":"a","state":{"value":"ALARM","timestamp":"2026-11-20T10:11:01.731+0000"},"previousState":{"value":"OK"}}}`,
		"sns":             `{"AlarmName":"a","AlarmArn":"` + arn + `","NewStateValue":"ALARM","OldStateValue":"OK","StateChangeTime":"2026-11-20T10:11:01.731+0000"}`,
		"lambda":          `{"source":"aws.cloudwatch","alarmArn":"` + arn + `","time":"2026-11-20T10:11:02Z","alarmData":{"alarmName":"a","state":{"value":"ALARM","timestamp":"2026-11-20T10:11:01.731+0000"}}}`,
		"describe-alarms": `{"MetricAlarms":[{"AlarmName":"a","AlarmArn":"` + arn + `","StateValue":"ALARM","StateUpdatedTimestamp":"2026-11-20T11:11:01.731000+01:00"}],"CompositeAlarms":[]}`,
	} {
		p, err := Parse(Input{Body: []byte(body)})
		if err != nil || p.Source != "cloudwatch" || len(p.Records) != 1 {
			t.Fatalf("%s: %+v, %v", name, p, err)
		}
		r := p.Records[0]
		if r.Type != TypeAlarm || r.SubjectKey != arn || r.State != "alarm" || r.Region != "eu-west-1" || r.EndedAt != nil ||
			r.StartedAt == nil || r.StartedAt.Format("15:04:05.000") != "10:11:01.731" {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

// TestTimesAreThoseInside asserts that the time of the envelope gives way to the
// one inside, which may be a minute earlier.
func TestTimesAreThoseInside(t *testing.T) {
	t.Parallel()
	body, err := os.ReadFile("testdata/ecs/rollback-1-in-progress.json")
	if err != nil {
		t.Fatal(err)
	}
	p, err := Parse(Input{Body: body})
	if err != nil || len(p.Records) != 1 {
		t.Fatalf("%+v, %v", p, err)
	}
	if at := p.Records[0].OccurredAt.Format("15:04:05"); at != "14:01:12" {
		t.Errorf("it occurred at %s", at)
	}
	p, err = Parse(Input{Body: []byte(strings.Replace(string(body), "2026-11-20T14:01:12Z", "", 1))})
	if err != nil || len(p.Records) != 1 || p.Records[0].OccurredAt.Format("15:04:05") != "14:02:31" {
		t.Errorf("without the inner time: %+v, %v", p, err)
	}
}

// TestFlaggerKeepsNoToken asserts that what people put into the metadata of a
// webhook stays out of the record.
func TestFlaggerKeepsNoToken(t *testing.T) {
	t.Parallel()
	p, err := Parse(Input{Body: []byte(`{"name":"a","namespace":"b","phase":"Failed","checksum":"c","metadata":{"token":"s3cret","eventMessage":"m"}}`)})
	if err != nil || len(p.Records) != 2 {
		t.Fatalf("%+v, %v", p, err)
	}
	for _, r := range p.Records {
		if strings.Contains(encode(r), "s3cret") {
			t.Errorf("the token is kept: %+v", r)
		}
	}
}

// TestRollbackStoriesInAnyOrder tells the story of a rollback at each tool in
// many orders and with repeats: it always ends in the same rows.
func TestRollbackStoriesInAnyOrder(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"ecs", "codedeploy", "codepipeline", "argorollouts", "flagger", "flux", "spinnaker"} {
		t.Run(tool, func(t *testing.T) {
			t.Parallel()
			files, err := filepath.Glob(filepath.Join("testdata", tool, "rollback-*.json"))
			if err != nil || len(files) < 2 {
				t.Fatalf("%d files, %v", len(files), err)
			}
			var bodies [][]byte
			var straight []int
			for i, file := range files {
				body, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				bodies, straight = append(bodies, body), append(straight, i)
			}
			s := newStory(t, tool, bodies)
			want := folded(s, straight)
			r := rand.New(rand.NewPCG(3, 4))
			for range 1000 {
				order := disorder(r, len(s.posts))
				if got := folded(s, order); got != want {
					t.Fatalf("%v: got\n%s\nwant\n%s", order, got, want)
				}
			}
		})
	}
}

func FuzzECS(f *testing.F) {
	fuzzTool(f, "ecs", `{"services":[{"serviceName":"a","clusterArn":"b","desiredCount":-1,"deployments":[{"status":"PRIMARY","taskDefinition":"x:1"},{"taskDefinition":"x:9"}]}]}`)
}

func FuzzCodeDeploy(f *testing.F) {
	fuzzTool(f, "codedeploy", `{"deploymentInfo":{"applicationName":"a","deploymentId":"d","status":"Failed","deploymentOverview":{"Succeeded":-1,"Failed":"x"}}}`)
}

func FuzzCodePipeline(f *testing.F) {
	fuzzTool(f, "codepipeline", `{"pipelineExecution":{"pipelineExecutionId":"a","status":"Cancelled"}}`)
}

func FuzzArgoRollouts(f *testing.F) {
	fuzzTool(f, "argorollouts", `{"rollout":{"metadata":{"name":"a"},"spec":{"strategy":{"canary":{"steps":[{"setWeight":101}]}}},"status":{"currentStepIndex":99,"abort":"true"}}}`)
}

func FuzzArgoCD(f *testing.F) {
	fuzzTool(f, "argocd", `{"app":{"metadata":{"name":"a"},"status":{"history":[{"id":"x","revision":"1"},{"revision":"2"},{"revision":"1"}]}}}`)
}

func FuzzFlagger(f *testing.F) {
	fuzzTool(f, "flagger", `{"name":"a","namespace":"b","phase":"Promoting","checksum":1,"metadata":{"eventMessage":"weight 999"}}`)
}

func FuzzFlux(f *testing.F) {
	fuzzTool(f, "flux", `{"involvedObject":{"kind":"HelmRelease","name":"a"},"reason":"RollbackFailed","severity":"error","timestamp":"x"}`)
}

func FuzzSpinnaker(f *testing.F) {
	fuzzTool(f, "spinnaker", `{"details":{"type":"orca:pipeline:failed"},"content":{"executionId":"a","execution":{"stages":[{"type":"rollbackCluster"}]}}}`)
}

func FuzzCloudWatchAlarms(f *testing.F) {
	fuzzTool(f, "cloudwatch", `{"AlarmHistoryItems":[{"HistoryItemType":"StateUpdate","HistoryData":"{\"newState\":{\"stateValue\":\"ALARM\"}}","AlarmName":"a"}]}`)
}

// TestDetailsAlone asserts that the detail of an event, which rules may pass on
// without its envelope, is read as the event would be.
func TestDetailsAlone(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"eventType":"ERROR","eventName":"SERVICE_DEPLOYMENT_FAILED","deploymentId":"ecs-svc/1","updatedAt":"2026-11-20T10:00:00Z"}`: "ecs ecs-svc/1 failed",
		`{"application":"a","deploymentGroup":"g","deploymentId":"d-1","state":"FAILURE","region":"eu-west-1"}`:                       "codedeploy d-1 failure",
		`{"pipeline":"p","execution-id":"e-1","state":"SUCCEEDED","version":3}`:                                                       "codepipeline e-1 succeeded",
		`{"alarmName":"a","state":{"value":"OK"},"previousState":{"value":"ALARM"},"configuration":{}}`:                               "cloudwatch a ok",
	} {
		p, err := Parse(Input{Body: []byte(body)})
		if err != nil || len(p.Records) != 1 {
			t.Fatalf("%s: %+v, %v", body, p, err)
		}
		if got := p.Source + " " + p.Records[0].ExternalID + " " + p.Records[0].State; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestPlacesInNames(t *testing.T) {
	t.Parallel()
	for names, want := range map[[2]string][3]string{
		{"prod-wave-2", "checkout"}:       {"2", "", ""},
		{"cell_7", "checkout"}:            {"", "7", ""},
		{"prod", "checkout/eu-west-1b"}:   {"", "", "eu-west-1b"},
		{"prod", "microwave-12/cellular"}: {"", "", ""},
		{"prod", "arn:aws:ecs:eu-west-1"}: {"", "", ""},
	} {
		r := Record{Environment: names[0], Names: []string{names[1]}}
		r.place()
		if got := [3]string{r.Detail.Wave, r.Detail.Cell, r.Detail.Zone}; got != want {
			t.Errorf("%v: got %v, want %v", names, got, want)
		}
	}
}
