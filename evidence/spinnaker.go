package evidence

import (
	"cmp"
	"slices"
	"strings"
)

// spinnakerTool reads the events that Spinnaker's Echo sends on: bare, wrapped
// under payload, or flattened to texts of JSON.
func spinnakerTool() tool {
	return tool{name: "spinnaker", knows: knowsSpinnaker, read: readSpinnaker}
}

func knowsSpinnaker(m message) bool {
	return asObject(echoEvent(m.doc).at("details")).has("type") && echoEvent(m.doc).has("content") || isSpinnakerExecution(m.doc)
}

// isSpinnakerExecution knows an execution as the interface of Gate gives it.
func isSpinnakerExecution(doc node) bool {
	return doc.has("application", "status", "trigger", "buildTime") && doc.at("stages").isList()
}

// echoEvent takes the wrapper off, if there is one.
func echoEvent(doc node) node {
	if doc.has("details", "content") {
		return doc
	}
	for _, key := range doc.keys() {
		if inner := doc.at(key); inner.has("details", "content") {
			return inner
		}
	}
	return node{asObject(doc.at("payload")).v}
}

func readSpinnaker(m message, out *result) {
	event := echoEvent(m.doc)
	if isSpinnakerExecution(m.doc) {
		event = node{map[string]any{
			"details": map[string]any{"type": "orca:" + cmp.Or(m.doc.at("type").lower(), "pipeline") + ":" + m.doc.at("status").lower()},
			"content": map[string]any{"execution": m.doc.v},
		}}
	}
	details, content := asObject(event.at("details")), asObject(event.at("content"))
	kind := details.at("type").str()
	execution := content.at("execution")
	id := cmp.Or(execution.at("id").str(), content.at("executionId").str())
	if !strings.HasPrefix(kind, "orca:") || strings.HasPrefix(kind, "orca:task:") || id == "" {
		out.ignore(cmp.Or(id, event.at("eventId").str()), kind)
		return
	}
	r := spinnakerRecord(id, execution, details)
	switch {
	case r.State != "":
	case strings.HasPrefix(kind, "orca:stage:"): // the stage may be over, the pipeline goes on
		r.State = "running"
	default:
		r.State = afterLast(kind, ":")
	}
	r.Rank = spinnakerRank(r.State)
	if strings.HasPrefix(kind, "orca:stage:") && r.Rank >= RankStopping {
		r.Rank, r.EndedAt = RankRunning, nil // only the pipeline tells that it is over
	}
	if r.Rank.Ended() && r.EndedAt == nil {
		r.EndedAt = details.at("created").time()
	}
	r.OccurredAt = lastOf(firstTime(details.at("created").time(), m.at, r.EndedAt, r.StartedAt))
	r.DedupeKey = cmp.Or(event.at("eventId").str(), m.key)
	stages := spinnakerStages(execution, content)
	if strings.HasPrefix(kind, "orca:orchestration:") && !spinnakerDeploys(stages) {
		out.ignore(id, kind) // somebody edited a pipeline or an application
		return
	}
	addSpinnaker(r, stages, out)
}

func spinnakerRecord(id string, execution, details node) Record {
	app := cmp.Or(execution.at("application").str(), details.at("application").str())
	pipeline := execution.at("name").str()
	r := Record{
		Type: TypeDeployment, ExternalID: id, Service: app, Title: cmp.Or(glued(" ", app, pipeline), id), Names: aliases(glued("/", app, pipeline)),
		State: execution.at("status").lower(), StartedAt: firstTime(execution.at("startTime").time(), execution.at("buildTime").time()),
		EndedAt: execution.at("endTime").time(), ToVersion: spinnakerVersion(execution.at("trigger")),
	}
	r.Detail.Initiator = cmp.Or(execution.at("trigger", "user").str(), execution.at("authentication", "user").str())
	r.Trigger = execution.at("trigger", "type").lower()
	r.Detail.Reason = execution.at("cancellationReason").str()
	r.DryRun = execution.at("trigger", "dryRun").truth()
	return r
}

// spinnakerVersion finds what is deployed in what began the pipeline.
func spinnakerVersion(trigger node) string {
	for _, a := range trigger.first("artifacts", "resolvedExpectedArtifacts").list() {
		a = node{cmp.Or[any](a.at("boundArtifact").v, a.v)}
		if v := cmp.Or(a.at("version").str(), a.at("reference").str()); v != "" {
			return v
		}
	}
	return cmp.Or(trigger.at("tag").str(), trigger.at("buildInfo", "number").str(), trigger.at("hash").str())
}

// spinnakerRank adds the words of Orca to the known ones.
func spinnakerRank(state string) Rank {
	switch state {
	case "not_started", "buffered":
		return RankPending
	case "failed_continue", "skipped":
		return RankEnded
	case "paused", "suspended", "redirect":
		return RankRunning
	}
	return RankOf(state)
}

// spinnakerStages gives the stages of an execution; an event about one stage may
// hold it alone.
func spinnakerStages(execution, content node) []node {
	if all := execution.at("stages").list(); len(all) > 0 {
		return all
	}
	stage := content.first("stageDetails", "context")
	if content.at("context").isObject() {
		return []node{{map[string]any{
			"type": stage.at("type").v, "name": stage.at("name").v, "context": content.at("context").v, "status": content.at("context", "status").v,
		}}}
	}
	return nil
}

// rollbackStages undo something; an undone manifest rolls forward as a new version.
var rollbackStages = []string{"rollbackCluster", "rollbackServerGroup", "undoRolloutManifest", "undoRollout", "rollbackService"}

// spinnakerDeploys reports whether any stage changes what runs.
func spinnakerDeploys(stages []node) bool {
	return slices.ContainsFunc(stages, func(s node) bool {
		kind := s.at("type").str()
		return isSpinnakerDeploy(kind) || slices.Contains(rollbackStages, kind)
	})
}

func isSpinnakerDeploy(kind string) bool {
	return strings.Contains(strings.ToLower(kind), "deploy") || strings.Contains(kind, "ServerGroup") && !slices.Contains(rollbackStages, kind)
}

// addSpinnaker adds an execution and the rollbacks in it. One that does nothing
// else is itself the rollback.
func addSpinnaker(r Record, stages []node, out *result) {
	deploys := false
	var back []node
	for _, s := range stages {
		spinnakerPlace(&r, s.at("context"))
		kind := s.at("type").str()
		deploys = deploys || isSpinnakerDeploy(kind)
		if status := s.at("status").lower(); slices.Contains(rollbackStages, kind) && status != "not_started" && status != "skipped" {
			back = append(back, s)
		}
		if strings.Contains(strings.ToLower(kind), "canary") && s.at("status").lower() == "terminal" {
			r.Trigger = "analysis"
		}
		if s.at("status").lower() == "terminal" {
			r.Detail.Step = cmp.Or(s.at("name").str(), kind)
			r.Detail.Reason = cmp.Or(r.Detail.Reason, spinnakerError(s.at("context")))
		}
	}
	if len(back) > 0 && !deploys {
		r.Type = TypeRollback
		r.Detail.Automatic = automatic(r.Trigger)
		spinnakerVersions(&r, back[0].at("context"))
		keep(out, r)
		return
	}
	keep(out, r)
	for _, s := range back {
		keep(out, spinnakerRollback(r, s))
	}
}

// spinnakerPlace finds where a stage deploys.
func spinnakerPlace(r *Record, context node) {
	cluster := context.at("clusters").index(0)
	r.Environment = cmp.Or(r.Environment, context.first("account", "credentials").str(), cluster.at("account").str())
	r.Region = cmp.Or(r.Region, context.at("region").str(), context.at("regions").index(0).str())
}

func spinnakerError(context node) string {
	failure := context.at("exception", "details")
	return cmp.Or(glued("\n", failure.at("errors").strs()...), failure.at("error").str(), context.at("failureMessage").str())
}

// spinnakerRollback is a rollback within the pipeline that deployed.
func spinnakerRollback(r Record, stage node) Record {
	back := r
	back.Type, back.RollsBack = TypeRollback, r.ExternalID
	back.ExternalID = r.ExternalID + "#rollback"
	if id := cmp.Or(stage.at("id").str(), stage.at("refId").str()); id != "" {
		back.ExternalID = r.ExternalID + "/" + id
	}
	if back.DedupeKey != "" {
		back.DedupeKey += strings.TrimPrefix(back.ExternalID, r.ExternalID)
	}
	back.State = cmp.Or(stage.at("status").lower(), r.State)
	back.Rank = spinnakerRank(back.State)
	back.StartedAt, back.EndedAt = stage.at("startTime").time(), stage.at("endTime").time()
	back.FromVersion, back.ToVersion = "", ""
	spinnakerVersions(&back, stage.at("context"))
	machine := true
	back.Detail.Automatic = &machine
	back.Trigger = ""
	if r.Trigger == "analysis" {
		back.Trigger = r.Trigger
	}
	back.Detail.Step = cmp.Or(stage.at("name").str(), stage.at("type").str())
	return back
}

// spinnakerVersions finds what a rollback took away and what it brought back.
func spinnakerVersions(r *Record, context node) {
	c := context.at("rollbackContext")
	image := context.at("outputs", "imagesToRestore").index(0)
	r.FromVersion = cmp.Or(c.at("rollbackServerGroupName").str(), context.at("serverGroupName").str(), r.FromVersion)
	r.ToVersion = cmp.Or(c.at("restoreServerGroupName").str(), context.at("imagesToRestore").index(0).at("image").str(), image.at("image").str(), r.ToVersion)
}
