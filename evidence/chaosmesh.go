package evidence

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// chaosMeshTool reads Chaos Mesh: its objects, and the experiments and archives
// of its dashboard. It has no verdicts; a person says what a run showed.
func chaosMeshTool() tool {
	return tool{name: "chaosmesh", knows: knowsChaosMesh, read: readChaosMesh}
}

func knowsChaosMesh(m message) bool {
	return strings.HasPrefix(m.doc.at("apiVersion").str(), "chaos-mesh.org/") || isMeshArchive(m.doc) || isMeshEvent(m.doc)
}

// isMeshArchive knows the dashboard's form, which holds the object inside.
func isMeshArchive(doc node) bool {
	return doc.has("uid", "kind", "name", "created_at") && !doc.has("apiVersion") && isMeshKind(doc.at("kind").str())
}

// isMeshEvent knows the dashboard's events.
func isMeshEvent(doc node) bool {
	return doc.has("object_id", "created_at", "reason") && isMeshKind(doc.at("kind").str())
}

func isMeshKind(kind string) bool {
	return strings.HasSuffix(kind, "Chaos") || kind == "Schedule" || kind == "Workflow"
}

// meshParts are objects that are parts of others, or no runs.
var meshParts = []string{"StatusCheck", "WorkflowNode", "PodHttpChaos", "PodIOChaos", "PodNetworkChaos", "PhysicalMachine", "RemoteCluster"}

func readChaosMesh(m message, out *result) {
	doc := m.doc
	kind := doc.at("kind").str()
	switch {
	case isMeshEvent(doc):
		out.ignore(doc.at("object_id").str(), doc.at("reason").str())
	case slices.Contains(meshParts, kind) || !isMeshKind(kind):
		out.ignore(doc.at("metadata", "name").str(), kind)
	case isMeshArchive(doc):
		out.add(meshArchive(doc))
	case kind == "Schedule":
		out.add(meshSchedule(doc))
	case kind == "Workflow":
		out.add(meshWorkflow(doc))
	default:
		out.add(meshRun(doc))
	}
}

// meshBase reads what all objects have in common.
func meshBase(doc node) Record {
	meta := doc.at("metadata")
	kind, name, space := doc.at("kind").str(), meta.at("name").str(), meta.at("namespace").str()
	r := Record{Type: TypeExperiment, State: statePlanned, Title: strings.TrimSpace(kind + " " + name), Environment: space}
	r.ExternalID = meta.at("uid").str()
	r.SubjectKey = cmp.Or(r.ExternalID, "definition "+kind+" "+space+"/"+name)
	r.Definition = cmp.Or(meta.at("labels", "managed-by").str(), meta.at("labels", "chaos-mesh.org/workflow").str(), meta.at("ownerReferences").index(0).at("name").str(), name)
	if at := meta.at("creationTimestamp").time(); at != nil {
		r.OccurredAt = *at
	}
	return r
}

// meshRun reads one fault. An object that has only just been applied has no
// status and is a plan.
func meshRun(doc node) Record {
	r := meshBase(doc)
	meta, spec, status := doc.at("metadata"), doc.at("spec"), doc.at("status")
	meshTarget(&r, spec)
	fault := meshFault(doc.at("kind").str(), spec)
	if old := status.at("experiment"); !old.at("phase").empty() || !old.at("podRecords").empty() {
		meshFirst(&r, &fault, status)
	} else if status.at("conditions").isList() || !status.at("experiment").empty() {
		r.State, r.Rank = meshState(doc)
		r.StartedAt = meta.at("creationTimestamp").time()
		applied, recovered := meshRecords(&r, status.at("experiment"))
		fault.State, fault.StartedAt, fault.EndedAt = r.State, applied, recovered
		if r.StartedAt == nil {
			r.StartedAt = applied
		}
		if r.Rank.Ended() {
			r.EndedAt = firstTime(recovered, meshEnd(r.StartedAt, spec.at("duration").str()))
			if once := meshOnce(doc); once && r.EndedAt == nil {
				r.EndedAt = applied // a kill is over when it is done
			}
		}
		r.OccurredAt = lastOf(r.StartedAt, applied, recovered, r.EndedAt)
	}
	r.DedupeKey = meshKey(&r, meta)
	r.Detail.Faults = []Fault{fault}
	return r
}

// meshKey tells repeats by the version of the object, where it has one.
func meshKey(r *Record, meta node) string {
	if version := meta.at("resourceVersion").str(); version != "" && r.ExternalID != "" {
		return hashOf(r.ExternalID, version, r.State)
	}
	return ""
}

// meshState uses the words of the dashboard.
func meshState(doc node) (string, Rank) {
	conditions := doc.at("status", "conditions")
	stop := doc.at("status", "experiment", "desiredPhase").lower() == "stop"
	switch {
	case condition(conditions, "Paused"):
		if meshOnce(doc) && condition(conditions, "AllInjected") {
			return "paused", RankEnded // nothing is left to be resumed
		}
		return "paused", RankRunning
	case condition(conditions, "AllRecovered"), meshOnce(doc) && condition(conditions, "AllInjected"):
		return "finished", RankEnded
	case stop && !doc.at("metadata", "deletionTimestamp").empty():
		return "deleting", RankStopping
	case condition(conditions, "AllInjected"):
		return "running", RankRunning
	case stop:
		return "recovering", RankStopping
	}
	return "injecting", RankStarting
}

// meshOnce tells the faults that last for no time.
func meshOnce(doc node) bool {
	return slices.Contains([]string{"pod-kill", "container-kill"}, doc.at("spec", "action").str())
}

// meshFirst reads the status that objects had before version 2.
func meshFirst(r *Record, fault *Fault, status node) {
	experiment := status.at("experiment")
	r.State = cmp.Or(experiment.at("phase").lower(), "running")
	r.Rank = RankOf(r.State)
	r.StartedAt = firstTime(experiment.at("startTime").time(), r.StartedAt)
	if r.Rank.Ended() {
		r.EndedAt = experiment.at("endTime").time()
	}
	r.OccurredAt = lastOf(&r.OccurredAt, r.StartedAt, r.EndedAt)
	r.Detail.Reason = cmp.Or(experiment.at("reason").str(), status.at("reason").str())
	fault.State, fault.StartedAt, fault.EndedAt = r.State, r.StartedAt, r.EndedAt
	for _, p := range experiment.at("podRecords").list() {
		r.Detail.Targets = append(r.Detail.Targets, Target{Kind: "pod", ID: p.at("name").str(), Namespace: p.at("namespace").str()})
	}
	r.Detail.Targets = bounded(r.Detail.Targets)
}

// condition tells whether a condition of a Kubernetes object holds.
func condition(conditions node, kind string) bool {
	for _, c := range conditions.list() {
		if c.at("type").str() == kind {
			return c.at("status").truth()
		}
	}
	return false
}

// meshRecords reads what was hit, and when the fault came and went.
func meshRecords(r *Record, experiment node) (applied, recovered *time.Time) {
	for _, c := range experiment.at("containerRecords").list() {
		id := c.at("id").str()
		space, pod, _ := strings.Cut(id, "/")
		r.Detail.Targets = append(r.Detail.Targets, Target{Kind: c.at("selectorKey").str(), ID: cmp.Or(pod, id), Namespace: spaceOf(space, pod)})
		for _, e := range c.at("events").list() {
			at, ok := e.at("timestamp").time(), e.at("type").lower() == "succeeded"
			switch op := e.at("operation").lower(); {
			case !ok:
				r.Detail.Reason = cmp.Or(r.Detail.Reason, clipped(e.at("message").str(), 2*maxParam))
			case op == "apply" && at != nil && (applied == nil || at.Before(*applied)):
				applied = at
			case op == "recover" && at != nil && (recovered == nil || at.After(*recovered)):
				recovered = at
			}
		}
	}
	r.Detail.Targets = bounded(r.Detail.Targets)
	if recovered != nil {
		r.Detail.Recovery = []string{"recovered by Chaos Mesh"}
	}
	return applied, recovered
}

func spaceOf(space, pod string) string {
	if pod == "" {
		return ""
	}
	return space
}

// meshEnd adds a duration such as 30s to the beginning.
func meshEnd(start *time.Time, duration string) *time.Time {
	d, err := time.ParseDuration(duration)
	if start == nil || err != nil || d < 0 {
		return nil
	}
	end := start.Add(d)
	return &end
}

// meshTarget reads the selector.
func meshTarget(r *Record, spec node) {
	selector := spec.at("selector")
	labels := selector.at("labelSelectors")
	r.Service = cmp.Or(r.Service, named(labels, serviceTags...))
	spaces := append(selector.at("namespaces").strs(), selector.at("pods").keys()...)
	space := ""
	if len(spaces) > 0 {
		space = spaces[0]
		r.Environment = space
	}
	r.Names = unique(append(r.Names, kubernetes(space, r.Service)...)...)
	if r.Region = cmp.Or(r.Region, spec.at("awsRegion").str()); r.Region == "" {
		r.Region = spec.at("region").str()
	}
	if id := spec.first("ec2Instance", "instance", "vmName").str(); id != "" {
		r.Detail.Targets = append(r.Detail.Targets, Target{Kind: "instance", ID: id, Region: r.Region})
		return
	}
	if !selector.empty() {
		r.Detail.Targets = append(r.Detail.Targets, Target{Kind: strings.TrimSpace("pods " + spec.at("mode").str() + " " + spec.at("value").str()), ID: params(labels), Namespace: space})
	}
}

// meshFault reads the action and what it is set to.
func meshFault(kind string, spec node) Fault {
	rest := map[string]any{}
	for _, key := range spec.keys() {
		if !slices.Contains([]string{"action", "selector", "mode", "value", "secretName"}, key) {
			rest[key] = spec.at(key).v
		}
	}
	return Fault{Action: strings.TrimSpace(kind + " " + spec.at("action").str()), Params: params(node{rest})}
}
