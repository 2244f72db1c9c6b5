package evidence

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// codePipelineTool reads AWS CodePipeline: EventBridge events of pipelines,
// stages and actions, the form that notification rules send, and the answers of
// get-pipeline-state, get-pipeline-execution and list-pipeline-executions.
func codePipelineTool() tool {
	return tool{name: "codepipeline", knows: knowsCodePipeline, read: readCodePipeline}
}

func knowsCodePipeline(m message) bool {
	doc := m.doc
	return isAWSEvent(m, "aws.codepipeline", "pipeline", "execution-id", "state") || doc.at("stageStates").isList() || doc.at("pipelineExecutionSummaries").isList() ||
		doc.at("pipelineExecution").has("pipelineExecutionId") || doc.at("actionExecutionDetails").isList() ||
		doc.at("approval").has("pipelineName")
}

func readCodePipeline(m message, out *result) {
	doc := m.doc
	switch {
	case isAWSEvent(m, "aws.codepipeline", "pipeline", "execution-id", "state"):
		readPipelineEvent(m, out)
	case doc.at("stageStates").isList():
		readPipelineState(doc, out)
	case doc.has("pipelineExecution"):
		readPipelineExecution(doc.at("pipelineExecution"), out)
	case doc.at("pipelineExecutionSummaries").isList():
		for _, e := range doc.at("pipelineExecutionSummaries").list() {
			readPipelineExecution(e, out)
		}
	default: // single actions, and approvals that are asked for
		out.ignore(doc.at("approval", "pipelineName").str(), "")
	}
}

// pipelineRecord is one attempt of an execution. A stage that is retried keeps
// the execution's id.
func pipelineRecord(id, pipeline string, attempt node) Record {
	r := Record{Type: TypeDeployment, ExternalID: id, SubjectKey: id, Service: pipeline, Title: pipeline}
	if n, _ := attempt.num(); n > 1 {
		r.SubjectKey += "#" + strconv.FormatFloat(n, 'f', -1, 64)
	}
	return r
}

func readPipelineEvent(m message, out *result) {
	e := readAWSEvent(m)
	d := e.detail
	if d.at("execution-id").empty() {
		out.ignore(d.at("pipeline").str(), d.at("state").str())
		return
	}
	r := pipelineRecord(d.at("execution-id").str(), d.at("pipeline").str(), d.at("pipeline-execution-attempt"))
	r.Names = aliases(e.resource(":codepipeline:"))
	r.Region, r.State = e.region, d.at("state").lower()
	at := firstTime(e.at, d.at("start-time").time())
	r.OccurredAt = lastOf(at)
	r.Rank = RankOf(r.State)
	stage := glued("/", d.at("stage").str(), d.at("action").str())
	if stage == "" && (strings.Contains(e.kind, " Stage ") || strings.Contains(e.kind, " Action ")) {
		stage = "stage" // older events leave out which
	}
	if stage != "" {
		r = pipelineStep(r, d, stage)
	} else {
		pipelineTimes(&r, d, at)
	}
	more := m.doc.at("additionalAttributes")
	r.Detail.Reason = cmp.Or(pipelineFailures(more.at("failedActions")), d.at("execution-result", "external-execution-summary").str(), d.first("stop-execution-comments", "stop-execution-comment").str(), d.at("stop-execution", "reason").str())
	r.Detail.Step = cmp.Or(r.Detail.Step, more.at("failedStage").str())
	r.Detail.Links = webLink("Execution", d.at("execution-result", "external-execution-url").str())
	keep(out, pipelineRollback(r, pipelineTrigger{
		kind: d.at("execution-trigger", "trigger-type").str(), detail: d.at("execution-trigger", "trigger-detail").str(),
		execution: d.first("execution-type", "type").str(), target: d.at("rollback-metadata").first("rollback-target-pipeline-execution-id", "rollbackTargetPipelineExecutionId").str(),
	}))
}

// pipelineTimes reads when an attempt began and ended. The time at which the
// execution began is in every event; the one of the event is in whole seconds.
func pipelineTimes(r *Record, d node, at *time.Time) {
	began := d.at("start-time").time()
	if r.SubjectKey != r.ExternalID { // a further attempt
		began = d.at("last-retry-attempt-time").time()
	}
	if at != nil && began != nil && began.After(at.Add(time.Second)) {
		began = nil
	}
	r.StartedAt = began
	switch {
	case r.Rank.Ended():
		r.EndedAt = at
	case r.StartedAt == nil && (r.Rank == RankStarting || r.State == "resumed"):
		r.StartedAt = at
	}
}

// pipelineStep is what a stage or an action says about the execution: that it
// goes on. Only the pipeline tells that the execution is over.
func pipelineStep(r Record, d node, step string) Record {
	r.Detail.Step = step + " " + r.State
	if r.State == "succeeded" {
		r.State = "inprogress"
	}
	r.Rank = RankRunning
	return r
}

func pipelineFailures(failed node) string {
	var all []string
	for _, f := range failed.list() {
		all = append(all, glued(": ", f.at("action").str(), f.at("additionalInformation").str()))
	}
	return strings.Join(all, "\n")
}

// pipelineTrigger is what began an execution.
type pipelineTrigger struct {
	kind, detail string // StartPipelineExecution, Webhook, ManualRollback …, and who or what
	execution    string // STANDARD or ROLLBACK
	target       string // the execution that a rollback goes back to
}

var uuidForm = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// pipelineRollback says what began an execution, and that it is a rollback where
// it is one. An automatic rollback names the execution that failed.
func pipelineRollback(r Record, t pipelineTrigger) Record {
	if !strings.HasPrefix(t.detail, "{") {
		r.Detail.Initiator = t.detail
	}
	if t.kind == "StartPipelineExecution" {
		r.Trigger = "manual"
	}
	if strings.ToUpper(t.execution) != "ROLLBACK" && t.target == "" && !strings.HasSuffix(t.kind, "Rollback") {
		return r
	}
	r.Type, r.ToVersion = TypeRollback, t.target
	switch t.kind {
	case "ManualRollback":
		r.Trigger = "manual"
	case "AutomatedRollback":
		r.Trigger = "health" // the stage failed or one of its conditions did
		if id := uuidForm.FindString(t.detail); id != t.target && id != r.ExternalID {
			r.RollsBack = id
		}
	}
	r.Detail.Automatic = automatic(r.Trigger)
	return r
}

// readPipelineExecution reads an execution as get-pipeline-execution and
// list-pipeline-executions give it.
func readPipelineExecution(e node, out *result) {
	id := e.at("pipelineExecutionId").str()
	if id == "" {
		return
	}
	r := pipelineRecord(id, e.at("pipelineName").str(), node{})
	r.State = e.at("status").lower()
	r.StartedAt = e.at("startTime").time()
	updated := e.at("lastUpdateTime").time()
	r.OccurredAt = lastOf(updated, r.StartedAt)
	if r.Rank = RankOf(r.State); r.Rank.Ended() {
		r.EndedAt = updated
	}
	source := e.first("artifactRevisions", "sourceRevisions").index(0)
	r.ToVersion = source.at("revisionId").str()
	r.Detail.Text = source.at("revisionSummary").str()
	r.Detail.Links = webLink("Revision", source.at("revisionUrl").str())
	r.Detail.Reason = cmp.Or(e.at("statusSummary").str(), e.at("stopTrigger", "reason").str())
	r.Detail.Strategy = e.at("executionMode").str()
	back := pipelineRollback(r, pipelineTrigger{
		kind: e.at("trigger", "triggerType").str(), detail: e.at("trigger", "triggerDetail").str(),
		execution: e.at("executionType").str(), target: e.at("rollbackMetadata", "rollbackTargetPipelineExecutionId").str(),
	})
	back.ToVersion = cmp.Or(r.ToVersion, back.ToVersion)
	keep(out, back)
}

// readPipelineState reads where each execution stands in a pipeline: in the last
// stage that it has reached.
func readPipelineState(doc node, out *result) {
	pipeline, stages := doc.at("pipelineName").str(), doc.at("stageStates").list()
	reached := map[string]int{}
	var order []string
	for i, s := range stages {
		if id := s.at("latestExecution", "pipelineExecutionId").str(); id != "" {
			if _, seen := reached[id]; !seen {
				order = append(order, id)
			}
			reached[id] = i
		}
	}
	if len(order) == 0 {
		out.ignore(pipeline, "")
		out.warn("The state of pipeline %s names no execution.", pipeline)
	}
	for _, id := range order {
		i := reached[id]
		keep(out, pipelineAtStage(pipelineRecord(id, pipeline, node{}), stages[i], i == len(stages)-1))
	}
}

func pipelineAtStage(r Record, stage node, last bool) Record {
	execution := stage.at("latestExecution")
	r.State = execution.at("status").lower()
	r.Detail.Step = stage.at("stageName").str()
	var changed *time.Time
	for _, a := range stage.at("actionStates").list() {
		at := a.at("latestExecution", "lastStatusChange").time()
		if at != nil && (changed == nil || at.After(*changed)) {
			changed = at
		}
		r.Detail.Reason = cmp.Or(r.Detail.Reason, a.at("latestExecution", "errorDetails", "message").str())
	}
	r.OccurredAt = lastOf(changed)
	if r.State == "succeeded" && !last {
		r.State = "inprogress"
	}
	if r.Rank = RankOf(r.State); r.Rank.Ended() {
		r.EndedAt = changed
	}
	if execution.at("type").lower() == "rollback" {
		r.Type = TypeRollback
	}
	return r
}
