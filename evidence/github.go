package evidence

import (
	"cmp"
	"strings"
)

// GitHub's deployment and all its statuses are one thing, by the deployment's
// id. A run of a workflow is a thing by its id and attempt; runs for pull
// requests deploy nothing and are ignored, as pushes, releases and all other
// events are.

// knowsGitHub goes by the header of a delivery, or by what all its deliveries
// and some answers of its API hold.
func knowsGitHub(m message) bool {
	if m.head.Get("X-Github-Event") != "" {
		return true
	}
	d := m.doc
	if d.at("repository", "full_name").str() != "" && d.at("object_kind").empty() {
		return d.has("sender") || d.has("pusher") || githubEvent(m) != ""
	}
	return d.has("zen", "hook_id") || isGitHubObject(d)
}

// isGitHubObject knows answers of the API: a deployment, its status, a run, or
// a list of runs.
func isGitHubObject(d node) bool {
	return d.has("sha", "task", "environment", "statuses_url") || d.has("state", "deployment_url") ||
		d.has("head_sha", "run_number", "workflow_id") || d.at("workflow_runs").isList()
}

// githubEvent is the kind of the event by the header, else by its keys.
func githubEvent(m message) string {
	if event := m.head.Get("X-Github-Event"); event != "" {
		return event
	}
	d := m.doc
	switch {
	case d.at("deployment_status").isObject():
		return "deployment_status"
	case d.at("workflow_job").isObject():
		return "workflow_job"
	case d.at("deployment").isObject():
		return "deployment"
	case d.at("workflow_run").isObject() && d.has("since"), d.at("workflow_run").isObject() && d.at("reviewers").isList():
		return "deployment_review"
	case d.at("workflow_run").isObject():
		return "workflow_run"
	}
	return ""
}

func readGitHub(m message, out *result) {
	d := m.doc
	switch githubEvent(m) {
	case "deployment", "deployment_protection_rule":
		githubCreated(d, d.at("deployment"), out)
	case "deployment_status":
		githubStatus(d, d.at("deployment"), d.at("deployment_status"), out)
	case "workflow_job":
		githubJob(d, out)
	case "deployment_review":
		githubReview(d, out)
	case "workflow_run":
		githubRun(d, d.at("workflow_run"), out)
	default:
		if isGitHubObject(d) {
			readGitHubObject(d, out)
			return
		}
		out.ignore("", d.at("action").str())
	}
}

func readGitHubObject(d node, out *result) {
	switch {
	case d.has("sha", "task", "environment", "statuses_url"):
		githubCreated(d, d, out)
	case d.has("state", "deployment_url"):
		githubStatus(d, node{map[string]any{"id": lastPart(d.at("deployment_url").str()), "environment": d.at("environment").v}}, d, out)
	case d.has("head_sha", "run_number", "workflow_id"):
		githubRun(d, d, out)
	}
	for _, run := range d.at("workflow_runs").list() {
		githubRun(run, run, out)
	}
}

// githubRepo gives owner/name of the repository.
func githubRepo(d node) string {
	address := d.first("repository_url", "deployment_url").str()
	if _, after, found := strings.Cut(address, "/repos/"); found {
		if parts := strings.SplitN(after, "/", 3); len(parts) > 1 {
			address = parts[0] + "/" + parts[1]
		}
	}
	return cmp.Or(d.at("repository", "full_name").str(), address)
}

// githubDeployment says what the deployment itself holds. Teams put further
// facts into its payload; the usual names for them are read.
func githubDeployment(d, dep node) Record {
	repo, payload := githubRepo(d), dep.at("payload")
	if inner := payload.inner(); inner.isObject() {
		payload = inner
	}
	r := Record{
		Type: TypeDeployment, ExternalID: dep.at("id").str(), SubjectKey: "deployment " + dep.at("id").str(),
		Service:     cmp.Or(payload.first("service", "app", "application", "component").str(), repo),
		Environment: dep.first("environment", "original_environment").str(),
		Region:      payload.first("region", "aws_region").str(),
		StartedAt:   dep.at("created_at").time(),
		FromVersion: payload.first("from_version", "previous_version", "previous_sha", "from_sha").str(),
		ToVersion:   dep.first("sha", "ref").str(),
		Trigger:     githubTrigger(payload.at("trigger").str(), d.at("workflow_run", "event").str()),
		Alarms:      payload.first("alarms", "alarm").strs(),
	}
	r.named(repo, lastPart(repo), payload.at("namespace").str())
	r.RollsBack = payload.first("rolls_back", "rollback_of", "rollback_deployment_id", "reverts", "failed_deployment_id").str()
	if saysRollback(dep.at("task").str()) || payload.at("rollback").truth() || r.RollsBack != "" ||
		saysRollback(payload.first("kind", "type", "action", "task").str()) {
		r.Type = TypeRollback
	}
	if payload.has("automatic") {
		automatic := payload.at("automatic").truth()
		r.Detail.Automatic = &automatic
	}
	r.Detail.Initiator = dep.at("creator", "login").str()
	r.Detail.Reason = payload.at("reason").str()
	r.Detail.Text = dep.at("description").str()
	r.Detail.Zone, r.Detail.Cell, r.Detail.Wave = payload.first("zone", "az").str(), payload.at("cell").str(), payload.at("wave").str()
	if home := d.at("repository", "html_url").str(); home != "" && dep.at("sha").str() != "" {
		r.Detail.link("Commit", home+"/commit/"+dep.at("sha").str())
	}
	r.Title = changeTitle(r)
	return r
}

// githubTrigger prefers what the team says to what started the workflow.
func githubTrigger(said, event string) string {
	switch {
	case said != "":
		return strings.ToLower(said)
	case event == "workflow_dispatch":
		return "manual"
	}
	return event
}

func githubCreated(d, dep node, out *result) {
	r := githubDeployment(d, dep)
	if r.ExternalID == "" {
		return
	}
	r.State = cmp.Or(d.at("action").str(), "created")
	r.Rank = RankPending
	r.DedupeKey = r.SubjectKey + " " + r.State
	out.add(r)
}

// githubStatus reads one status. A deployment becomes inactive when another one
// took its place: that says nothing of how it ended, and must not hide it.
func githubStatus(d, dep, status node, out *result) {
	r := githubDeployment(d, dep)
	if r.ExternalID == "" {
		return
	}
	r.State = status.at("state").lower()
	r.Environment = cmp.Or(status.at("environment").str(), r.Environment)
	at := status.first("created_at", "updated_at").time()
	r.OccurredAt = valueOf(at)
	r.Rank = RankOf(r.State)
	switch r.State {
	case "success", "failure", "error":
		r.EndedAt = at
	case "inactive":
		r.Rank = RankStarting
	}
	r.DedupeKey = "status " + cmp.Or(status.at("id").str(), r.ExternalID+" "+r.State+" "+status.at("created_at").str())
	text := status.at("description").str()
	if r.State == "failure" || r.State == "error" {
		r.Detail.Reason = cmp.Or(text, r.Detail.Reason)
	} else {
		r.Detail.Text = cmp.Or(text, r.Detail.Text)
	}
	r.Detail.link("Log", status.first("log_url", "target_url").str())
	r.Detail.link("Environment", status.at("environment_url").str())
	r.Title = changeTitle(r)
	out.add(r)
}
