package evidence

import (
	"cmp"
	"slices"
	"strings"
)

// steadybitTool reads Steadybit: the events that an extension gets, and the
// platform's own webhook.
func steadybitTool() tool {
	return tool{name: "steadybit", knows: knowsSteadybit, read: readSteadybit}
}

func knowsSteadybit(m message) bool {
	event := m.doc.first("eventName", "event").str()
	return isExecution(m.doc.at("experimentExecution")) || isExecution(m.doc.at("experimentStepExecution")) || isExecution(m.doc.at("experimentStepTargetExecution")) ||
		m.doc.has("preflightActionExecutionId") || strings.HasPrefix(event, "experiment.execution.") || strings.HasPrefix(event, "killswitch.") || isExecution(m.doc)
}

func isExecution(e node) bool {
	if e.has("experimentKey") {
		return e.has("executionId") || e.has("id") && e.has("state")
	}
	return e.has("id", "key", "state", "steps") && (e.has("created") || e.has("started")) // as the interface gives it
}

func readSteadybit(m message, out *result) {
	doc := m.doc
	event := doc.first("eventName", "event").str()
	execution := doc.first("experimentExecution", "execution")
	switch {
	case isExecution(execution):
		addNamed(out, steadybitRun(doc, execution, event), execution.first("executionId", "id").str())
	case isExecution(doc):
		addNamed(out, steadybitRun(node{}, doc, ""), doc.first("executionId", "id").str())
	case isExecution(doc.at("experimentStepExecution")), isExecution(doc.at("experimentStepTargetExecution")):
		r := steadybitStep(doc, event)
		addNamed(out, r, r.Definition)
	default:
		out.ignore(doc.at("id").str(), event)
	}
}

// steadybitBase reads the envelope of an event.
func steadybitBase(doc, execution node) Record {
	key, id := execution.first("experimentKey", "key").str(), execution.first("executionId", "id").str()
	r := Record{
		Type: TypeExperiment, ExternalID: key + "/" + id, DedupeKey: cmp.Or(doc.at("id").str(), hashOf(key, id, doc.json(), execution.json())), Definition: key,
		Environment: doc.at("environment").first("name", "id").str(),
	}
	if s := doc.at("environment").str(); s != "" {
		r.Environment = s
	}
	if at := doc.first("eventTime", "time").time(); at != nil {
		r.OccurredAt = *at
	}
	r.Detail.Initiator = doc.at("principal").first("name", "username", "email").str()
	return r
}

// steadybitRun reads one execution of an experiment.
func steadybitRun(doc, execution node, event string) Record {
	r := steadybitBase(doc, execution)
	r.Title = execution.at("name").str()
	r.State = cmp.Or(execution.at("state").lower(), strings.TrimPrefix(event, "experiment.execution."))
	r.StartedAt, r.EndedAt = execution.first("startedTime", "started").time(), execution.first("endedTime", "ended").time()
	r.Outcome = steadybitOutcome(r.State)
	r.Detail.Hypothesis = execution.at("hypothesis").str()
	r.Detail.Reason = glued(" ", execution.first("reason", "failureReason").str(), execution.first("reasonDetails", "failureReasonDetails").str())
	r.Detail.Initiator = cmp.Or(r.Detail.Initiator, execution.at("createdBy").first("name", "username").str())
	for _, s := range execution.at("steps").list() {
		steadybitAction(&r, s)
	}
	r.Detail.Targets, r.Names = bounded(r.Detail.Targets), unique(r.Names...)
	r.Service = steadybitService(execution.at("steps").list())
	return r
}

// steadybitService is the one workload that the attacks are aimed at, or that
// they hit.
func steadybitService(steps []node) string {
	var names []string
	for _, s := range steps {
		predicate := s.at("radius", "predicate")
		for _, p := range append(predicate.at("predicates").list(), predicate) {
			if slices.Contains(workloadKeys, p.at("key").str()) && p.at("operator").str() == "EQUALS" {
				names = append(names, p.at("values").strs()...)
			}
		}
		for _, t := range s.at("targetExecutions").list() {
			for _, a := range t.first("attributes", "targetAttributes").list() {
				if slices.Contains(workloadKeys, a.at("key").str()) {
					names = append(names, a.at("value").str())
				}
			}
		}
	}
	if names = unique(names...); len(names) == 1 {
		return names[0]
	}
	return ""
}

// workloadKeys are the attributes that name what a target belongs to.
var workloadKeys = []string{"k8s.deployment", "k8s.statefulset", "k8s.daemonset", "service.name"}

// steadybitOutcome: a check that does not hold fails the experiment, an attack
// that cannot be made is an error.
func steadybitOutcome(state string) Outcome {
	switch state {
	case "completed":
		return Held
	case "failed":
		return Deviated
	case "errored":
		return Errored
	case "canceled", "cancelled":
		return Aborted
	}
	return Unknown
}

// steadybitAction reads a step: an attack is a fault, a check a part of the
// steady state.
func steadybitAction(r *Record, s node) {
	name := s.first("customLabel", "actionName", "actionId").str()
	state := s.at("state").lower()
	if s.at("actionKind").lower() == "check" {
		c := Check{Name: name, Expected: params(s.at("parameters")), After: state}
		switch state {
		case "completed":
			c.Met = boolean(true)
		case "failed":
			c.Met = boolean(false)
			r.Detail.Guards = append(r.Detail.Guards, Guard{Kind: "check", Name: name, FiredAt: s.first("endedTime", "ended").time()})
		}
		r.Detail.SteadyState = append(r.Detail.SteadyState, c)
		return
	}
	if !slices.Contains([]string{"", "attack"}, s.at("actionKind").lower()) || s.at("actionId").str() == "" && s.at("type").lower() == "wait" {
		return
	}
	r.Detail.Faults = append(r.Detail.Faults, Fault{
		Action: cmp.Or(s.at("actionId").str(), name), Params: params(s.at("parameters")), State: state,
		StartedAt: s.first("startedTime", "started").time(), EndedAt: s.first("endedTime", "ended").time(),
	})
	for _, t := range s.at("targetExecutions").list() {
		steadybitTarget(r, t.first("type", "targetType").str(), t.first("name", "targetName").str(), t.first("attributes", "targetAttributes"))
	}
}

// steadybitTarget reads the attributes of a target, a list of pairs or an
// object of lists.
func steadybitTarget(r *Record, kind, name string, attributes node) {
	if attributes.isList() {
		object := map[string]any{}
		for _, a := range attributes.list() {
			object[a.at("key").str()] = a.at("value").v
		}
		attributes = node{object}
	}
	get := func(keys ...string) string {
		for _, s := range attributes.first(keys...).strs() {
			return s
		}
		return ""
	}
	t := Target{
		Kind: kind, ID: cmp.Or(get("steadybit.label"), name), Region: get("aws.region", "gcp.region", "azure.location"), Zone: get("aws.zone", "gcp.zone", "azure.zone"),
		Cluster: get("k8s.cluster-name"), Namespace: get("k8s.namespace"), Account: get("aws.account"),
	}
	r.Detail.Targets = append(r.Detail.Targets, t)
	r.Region = cmp.Or(r.Region, t.Region, regionOfZone(t.Zone))
	workload := get(workloadKeys...)
	r.Names = append(r.Names, kubernetes(t.Namespace, workload)...)
}

// steadybitStep reads an event about one step or one target. It says that the
// experiment is running, and no more about its end.
func steadybitStep(doc node, event string) Record {
	target := doc.at("experimentStepTargetExecution")
	step := doc.first("experimentStepExecution", "experimentStepTargetExecution")
	r := steadybitBase(doc, step)
	r.State, r.Rank = "running", RankRunning
	r.Detail.Step = strings.TrimPrefix(event, "experiment.execution.")
	if s := doc.at("experimentStepExecution"); s.isObject() {
		steadybitAction(&r, s)
	}
	if target.isObject() {
		steadybitTarget(&r, target.at("targetType").str(), target.at("targetName").str(), target.at("targetAttributes"))
	}
	r.Names = unique(r.Names...)
	return r
}
