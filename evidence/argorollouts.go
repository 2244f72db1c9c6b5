package evidence

import (
	"cmp"
	"strconv"
	"strings"
	"time"
)

// argoRolloutsTool reads Argo Rollouts: Rollout objects, also as the body of a
// notification with the template {"rollout": {{toJson .rollout}}}, and the
// AnalysisRuns and Experiments that a Rollout owns.
func argoRolloutsTool() tool {
	return tool{name: "argorollouts", knows: knowsArgoRollouts, read: readArgoRollouts}
}

const (
	rolloutRevision = "rollout.argoproj.io/revision"
	rolloutHash     = "rollouts-pod-template-hash"
)

func knowsArgoRollouts(m message) bool {
	doc := m.doc
	if doc.at("rollout", "metadata").has("name") {
		return true
	}
	switch doc.at("kind").str() {
	case "Rollout", "AnalysisRun", "AnalysisTemplate", "ClusterAnalysisTemplate":
		return isArgo(doc)
	case "Experiment":
		return isArgo(doc) && (doc.at("spec").has("templates") || doc.at("spec").has("analyses"))
	case "ReplicaSet":
		return doc.at("metadata", "annotations").has(rolloutRevision) || doc.at("metadata", "labels").has(rolloutHash)
	case "ConfigMap":
		return strings.HasPrefix(doc.at("metadata", "name").str(), "argo-rollouts-notification")
	case "":
		template := doc.at("message").str()
		return strings.Contains(template, "{{") && strings.Contains(template, ".rollout.") ||
			doc.has("when", "send") && strings.HasPrefix(doc.at("when").str(), "rollout.")
	}
	return false
}

func isArgo(doc node) bool { return strings.HasPrefix(doc.at("apiVersion").str(), "argoproj.io/") }

func readArgoRollouts(m message, out *result) {
	doc := m.doc
	switch kind := doc.at("kind").str(); {
	case doc.has("rollout"):
		readRollout(doc.at("rollout"), out)
	case kind == "Rollout":
		readRollout(doc, out)
	case kind == "AnalysisRun", kind == "Experiment":
		readRolloutPart(doc, out)
	default:
		out.ignore(glued("/", doc.at("metadata", "namespace").str(), doc.at("metadata", "name").str()), "")
	}
}

// rolloutID names one revision of a rollout.
func rolloutID(uid, namespace, name, revision string) string {
	return glued("/", cmp.Or(uid, glued("/", namespace, name)), revision)
}

func rolloutRecord(meta node) Record {
	name, namespace := meta.at("name").str(), meta.at("namespace").str()
	labels := meta.at("labels")
	return Record{
		Type:       TypeDeployment,
		ExternalID: rolloutID(meta.at("uid").str(), namespace, name, meta.at("annotations", rolloutRevision).str()),
		Service:    name, Title: name, Environment: namespace,
		Names: aliases(glued("/", namespace, name), labels.at("app.kubernetes.io/name").str(), labels.at("app").str(), labels.at("app.kubernetes.io/instance").str()),
	}
}

// readRollout reads a rollout. One that was aborted stands for two things: the
// deployment, whose spec still names the bad version, and its rollback to the
// stable one.
func readRollout(doc node, out *result) {
	status := doc.at("status")
	if status.empty() {
		out.ignore(rolloutRecord(doc.at("metadata")).ExternalID, "")
		return
	}
	r := rolloutRecord(doc.at("metadata"))
	progress := rolloutCondition(status, "Progressing")
	aborted := status.at("abort").truth() || !status.at("abortedAt").empty()
	r.State = rolloutState(doc, progress, aborted)
	r.Rank = rolloutRank(r.State)
	r.ToVersion = status.at("currentPodHash").str()
	if stable := rolloutStable(status); stable != r.ToVersion {
		r.FromVersion = stable
	}
	rolloutTimes(&r, doc, progress, aborted)
	r.Detail = rolloutDetail(doc, progress, aborted)
	r.DedupeKey = glued("/", r.ExternalID, r.State, progress.at("reason").str(), status.at("abortedAt").str(), r.Detail.Step)
	if !aborted {
		if r.State == "degraded" {
			r.Trigger = triggerIn(r.Detail.Reason)
		}
		keep(out, r)
		return
	}
	r.Rank = RankRefined
	r.Trigger = cmp.Or(triggerIn(r.Detail.Reason), rolloutAnalysis(status), "manual")
	keep(out, r)
	keep(out, rolloutBack(r, status))
}

// rolloutBack is the rollback of an aborted rollout: traffic goes back to the
// stable version at once.
func rolloutBack(r Record, status node) Record {
	back := r
	back.Type, back.RollsBack, back.ExternalID, back.Rank = TypeRollback, r.ExternalID, r.ExternalID+"#rollback", RankEnded
	back.DedupeKey = r.DedupeKey + "#rollback"
	back.State, back.FromVersion, back.ToVersion = "rolled_back", r.ToVersion, rolloutStable(status)
	back.StartedAt = r.EndedAt
	back.Detail.Automatic = automatic(r.Trigger)
	return back
}

// rolloutStable is the version that traffic goes back to. Older versions keep it
// with the strategy.
func rolloutStable(status node) string {
	return cmp.Or(status.at("stableRS").str(), status.at("canary", "stableRS").str(), status.at("blueGreen", "activeSelector").str())
}

// rolloutAnalysis tells from the state of the analyses whether one of them failed.
func rolloutAnalysis(status node) string {
	for _, key := range []string{"currentBackgroundAnalysisRunStatus", "currentStepAnalysisRunStatus"} {
		switch status.at("canary", key, "status").lower() {
		case "failed", "error", "inconclusive":
			return "analysis"
		}
	}
	for _, key := range []string{"prePromotionAnalysisRunStatus", "postPromotionAnalysisRunStatus"} {
		switch status.at("blueGreen", key, "status").lower() {
		case "failed", "error", "inconclusive":
			return "analysis"
		}
	}
	return ""
}

// rolloutCondition gives the condition of this type.
func rolloutCondition(status node, kind string) node {
	for _, c := range status.at("conditions").list() {
		if c.at("type").str() == kind {
			return c
		}
	}
	return node{}
}

// rolloutState is the phase; older versions have none, so it is worked out as
// their own command line does.
func rolloutState(doc, progress node, aborted bool) string {
	status := doc.at("status")
	hash := status.at("currentPodHash").str()
	switch {
	case !status.at("phase").empty():
		return status.at("phase").lower()
	case aborted:
		return "aborted"
	case progress.at("status").lower() == "false", rolloutCondition(status, "InvalidSpec").at("status").lower() == "true":
		return "degraded"
	case doc.at("spec", "paused").truth() || !status.at("pauseConditions").empty():
		return "paused"
	case hash != "" && hash == rolloutStable(status):
		return "healthy"
	}
	return "progressing"
}

func rolloutRank(state string) Rank {
	if state == "paused" {
		return RankRunning
	}
	return RankOf(state)
}

// rolloutTimes finds when the revision began and ended: conditions tell what
// became of it last.
func rolloutTimes(r *Record, doc, progress node, aborted bool) {
	status := doc.at("status")
	if progress.empty() { // the controller refused it before it began
		progress = rolloutCondition(status, "InvalidSpec")
	}
	changed := progress.at("lastUpdateTime").time()
	r.OccurredAt = lastOf(changed, status.at("abortedAt").time())
	if doc.at("metadata", "annotations", rolloutRevision).str() == "1" {
		r.StartedAt = doc.at("metadata", "creationTimestamp").time()
	}
	switch {
	case aborted:
		r.EndedAt = firstTime(status.at("abortedAt").time(), changed)
	case r.Rank.Ended():
		r.EndedAt = changed
	case progress.at("reason").str() == "NewReplicaSetCreated" && r.StartedAt == nil:
		r.StartedAt = changed
	}
}

func rolloutDetail(doc, progress node, aborted bool) Detail {
	strategy, status := doc.at("spec", "strategy"), doc.at("status")
	invalid := rolloutCondition(status, "InvalidSpec").at("message").str()
	d := Detail{Reason: cmp.Or(invalid, status.at("message").str(), progress.at("message").str())}
	if aborted {
		d.Reason = cmp.Or(progress.at("message").str(), status.at("message").str())
	}
	switch {
	case strategy.has("canary"):
		d.Strategy = "canary"
	case strategy.has("blueGreen"):
		d.Strategy = "blueGreen"
	}
	var images []string
	for _, c := range doc.at("spec", "template", "spec", "containers").list() {
		images = append(images, c.at("image").str())
	}
	d.Text = strings.Join(aliases(images...), "\n")
	steps := strategy.at("canary", "steps").list()
	at, err := strconv.Atoi(status.at("currentStepIndex").str())
	if err != nil || len(steps) == 0 || at < 0 {
		return d
	}
	d.Step = strconv.Itoa(min(at, len(steps))) + "/" + strconv.Itoa(len(steps))
	if !aborted { // an abort takes the weight back, and the step to the first
		d.Share = rolloutShare(status, steps, at)
	}
	return d
}

// rolloutShare is the weight of the canary, else that of the last step it has taken.
func rolloutShare(status node, steps []node, at int) *float64 {
	if weight := status.at("canary", "weights", "canary", "weight"); !weight.empty() {
		return weight.percent()
	}
	if at >= len(steps) {
		return shareOf(1, 1)
	}
	var share *float64
	for _, step := range steps[:at+1] {
		if step.has("setWeight") {
			share = step.at("setWeight").percent()
		}
	}
	return share
}

// readRolloutPart reads an analysis or an experiment that is part of a rollout:
// what it says about that deployment, which goes on until the rollout itself
// says that it is over.
func readRolloutPart(doc node, out *result) {
	meta, phase := doc.at("metadata"), doc.at("status", "phase").lower()
	for _, owner := range meta.at("ownerReferences").list() {
		revision := meta.at("annotations", rolloutRevision).str()
		if owner.at("kind").str() != "Rollout" || revision == "" {
			continue
		}
		name, namespace := owner.at("name").str(), meta.at("namespace").str()
		r := Record{
			Type: TypeDeployment, ExternalID: rolloutID(owner.at("uid").str(), namespace, name, revision), Service: name, Title: name,
			Environment: namespace, Names: aliases(glued("/", namespace, name)), State: "progressing", Rank: RankRunning,
			ToVersion: meta.at("labels", rolloutHash).str(), OccurredAt: lastOf(analysisTime(doc)...),
		}
		r.Detail.Step = glued(" ", meta.at("name").str(), phase)
		if phase == "failed" || phase == "error" || phase == "inconclusive" {
			r.State, r.Trigger = phase, "analysis"
			r.Detail.Reason = cmp.Or(doc.at("status", "message").str(), rolloutCondition(doc.at("status"), "Progressing").at("message").str())
		}
		r.DedupeKey = glued("/", meta.at("uid").str(), meta.at("name").str(), phase, meta.at("resourceVersion").str())
		keep(out, r)
		return
	}
	out.ignore(glued("/", meta.at("namespace").str(), meta.at("name").str()), phase)
}

// analysisTime gives the instants of an analysis or experiment.
func analysisTime(doc node) []*time.Time {
	status := doc.at("status")
	times := []*time.Time{status.at("startedAt").time(), status.at("completedAt").time(), status.at("availableAt").time()}
	for _, result := range status.at("metricResults").list() {
		for _, m := range result.at("measurements").list() {
			times = append(times, m.at("finishedAt").time())
		}
	}
	return times
}
