package evidence

import (
	"strings"
)

// meshSchedule reads a schedule: the plan of what it runs.
func meshSchedule(doc node) Record {
	r := meshBase(doc)
	spec := doc.at("spec")
	meshStep(&r, spec.at("type").str(), spec)
	r.Detail.Strategy = spec.at("schedule").str()
	r.DedupeKey = meshKey(&r, doc.at("metadata"))
	return r
}

// meshStep reads the fault of a template or a schedule, which lies under its
// kind written with a small letter.
func meshStep(r *Record, kind string, holder node) {
	for _, key := range holder.keys() {
		if !strings.EqualFold(key, kind) || !holder.at(key).isObject() {
			continue
		}
		spec := holder.at(key)
		if kind == "Schedule" {
			meshStep(r, spec.at("type").str(), spec)
			return
		}
		meshTarget(r, spec)
		r.Detail.Faults = append(r.Detail.Faults, meshFault(kind, spec))
	}
}

// meshWorkflow reads a workflow with its faults and checks. A check may stop it.
func meshWorkflow(doc node) Record {
	r := meshBase(doc)
	for _, t := range doc.at("spec", "templates").list() {
		kind := t.at("templateType").str()
		if kind == "StatusCheck" {
			check := t.at("statusCheck")
			r.Detail.SteadyState = append(r.Detail.SteadyState, Check{Name: t.at("name").str(), Expected: meshExpected(check)})
			if t.at("abortWithStatusCheck").truth() {
				r.Detail.Guards = append(r.Detail.Guards, Guard{Kind: kind, Name: t.at("name").str()})
			}
			continue
		}
		meshStep(&r, kind, t)
	}
	r.Detail.Targets = bounded(r.Detail.Targets)
	status := doc.at("status")
	if start := status.at("startTime").time(); start != nil {
		r.StartedAt, r.EndedAt = start, status.at("endTime").time()
		r.State, r.Rank = "running", RankRunning
		if r.EndedAt != nil || condition(status.at("conditions"), "Accomplished") {
			r.State, r.Rank = "finished", RankEnded
		}
		r.OccurredAt = lastOf(r.StartedAt, r.EndedAt)
	}
	if doc.at("metadata", "annotations", "workflow.chaos-mesh.org/abort").truth() {
		r.Detail.Reason = "The workflow was aborted."
	}
	r.DedupeKey = meshKey(&r, doc.at("metadata"))
	return r
}

func meshExpected(check node) string {
	http := check.at("http")
	return strings.TrimSpace(http.at("method").str() + " " + withoutUser(http.at("url").str()) + " " + http.at("criteria", "statusCode").str())
}

// meshArchive reads an experiment as the dashboard keeps it.
func meshArchive(doc node) Record {
	object := doc.at("kube_object")
	if inner := object.inner(); inner.isObject() {
		object = inner
	}
	var r Record
	switch kind := doc.at("kind").str(); {
	case kind == "Schedule":
		r = meshSchedule(dashboardObject(object, doc))
	case kind == "Workflow":
		r = meshWorkflow(dashboardObject(object, doc))
	default:
		r = meshRun(dashboardObject(object, doc))
	}
	r.DedupeKey = ""
	r.StartedAt = firstTime(doc.first("start_time", "created_at").time(), r.StartedAt)
	r.EndedAt = firstTime(doc.first("finished_at", "finish_time", "deleted_at").time(), r.EndedAt)
	r.State = doc.at("status").lower()
	if r.State == "" || r.EndedAt != nil || doc.at("archived").truth() { // only what is over goes without a status
		r.State = "finished"
	}
	r.Rank = RankOf(r.State)
	if r.Rank.Ended() && r.EndedAt == nil {
		r.EndedAt = meshEnd(r.StartedAt, object.at("spec", "duration").str())
	}
	r.OccurredAt = lastOf(r.StartedAt, r.EndedAt)
	return r
}

// dashboardObject gives the object with the names that the dashboard has beside it.
func dashboardObject(object, doc node) node {
	meta := map[string]any{"uid": doc.at("uid").v, "name": doc.at("name").v, "namespace": doc.at("namespace").v}
	for _, key := range object.at("metadata").keys() {
		if _, set := meta[key]; !set {
			meta[key] = object.at("metadata", key).v
		}
	}
	return node{map[string]any{"kind": doc.at("kind").v, "metadata": meta, "spec": object.at("spec").v, "status": object.at("status").v}}
}
