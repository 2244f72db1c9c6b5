package evidence

import (
	"cmp"
	"slices"
)

// GitLab's deployment is a thing by its project and its own id. A pipeline is
// one only if one of its jobs deployed into an environment; merge requests,
// pushes, releases and the rest are ignored. A rollback is a deployment of an
// older commit there: the message does not say that it is one.

func knowsGitLab(m message) bool {
	if m.head.Get("X-Gitlab-Event") != "" || m.doc.at("object_kind").str() != "" && m.doc.at("repository", "full_name").empty() {
		return true
	}
	return isGitLabDeployment(m.doc)
}

// isGitLabDeployment knows the answer of the deployments API.
func isGitLabDeployment(d node) bool {
	return d.has("iid", "sha", "status", "deployable") && d.at("environment").isObject()
}

func readGitLab(m message, out *result) {
	d := m.doc
	switch kind := d.at("object_kind").str(); {
	case kind == "deployment":
		gitlabDeployment(d, out)
	case kind == "pipeline":
		gitlabPipeline(d, out)
	case kind == "" && isGitLabDeployment(d):
		gitlabObject(d, out)
	default:
		out.ignore("", kind)
	}
}

func gitlabRecord(project node, id string) Record {
	path := project.at("path_with_namespace").str()
	r := Record{
		Type: TypeDeployment, ExternalID: id, SubjectKey: project.at("id").str() + " " + id,
		Service: cmp.Or(path, project.at("name").str()),
	}
	r.named(lastPart(path), project.at("name").str())
	return r
}

// gitlabState sets the state and the time it holds for.
func (r *Record) gitlabState(state node, at node) {
	r.State, r.Rank = state.lower(), RankOf(state.lower())
	changed := at.time()
	r.OccurredAt = valueOf(changed)
	switch r.State {
	case "running":
		r.StartedAt = firstTime(r.StartedAt, changed)
	case "skipped":
		r.Rank, r.EndedAt = RankEnded, changed
	case "blocked", "manual", "scheduled", "preparing", "waiting_for_resource":
		r.Rank = RankPending
	default:
		if r.Rank.Ended() {
			r.EndedAt = changed
		}
	}
	r.DedupeKey = r.SubjectKey + " " + r.State + " " + at.str()
}

func gitlabDeployment(d node, out *result) {
	version := cmp.Or(d.at("short_sha").str(), d.at("sha").str(), lastPart(d.at("commit_url").str()), d.at("ref").str())
	id, job, place := d.at("deployment_id").str(), d.at("deployable_id").str(), d.first("environment", "environment_slug").str()
	r := gitlabRecord(d.at("project"), id)
	switch {
	case id != "":
	case job != "": // before GitLab 14 only the job had an id
		r = gitlabRecord(d.at("project"), job)
		r.SubjectKey = d.at("project", "id").str() + " job " + job
	case place != "" && version != "" && r.Service != "": // cut short on its way
		r.ExternalID = place + "@" + version
		r.SubjectKey = r.Service + " " + r.ExternalID
	default:
		out.ignore("", d.at("status").str())
		return
	}
	r.Environment, r.ToVersion = place, version
	r.gitlabState(d.at("status"), d.at("status_changed_at"))
	r.Detail.Initiator = d.at("user", "username").str()
	r.Detail.Text = d.at("commit_title").str()
	r.Detail.link("Job", d.at("deployable_url").str())
	r.Detail.link("Commit", d.at("commit_url").str())
	r.Detail.link("Environment", d.at("environment_external_url").str())
	r.Title = changeTitle(r)
	out.add(r)
}

// gitlabObject reads a deployment as the API gives it.
func gitlabObject(d node, out *result) {
	job := d.at("deployable")
	project := job.at("project")
	if project.at("id").empty() {
		project = node{map[string]any{"id": job.at("pipeline", "project_id").v}}
	}
	r := gitlabRecord(project, d.at("id").str())
	r.Environment = d.at("environment", "name").str()
	r.ToVersion = d.first("sha", "ref").str()
	r.StartedAt = firstTime(job.at("started_at").time(), d.at("created_at").time())
	r.gitlabState(d.at("status"), d.at("updated_at"))
	if r.EndedAt != nil {
		r.EndedAt = firstTime(job.at("finished_at").time(), r.EndedAt)
	}
	r.Detail.Initiator = d.at("user", "username").str()
	r.Detail.Step = job.at("name").str()
	r.Detail.link("Job", job.at("web_url").str())
	r.Detail.link("Environment", d.at("environment", "external_url").str())
	r.Title = changeTitle(r)
	out.add(r)
}

// gitlabPipeline takes a pipeline for a deployment if a job of it worked on an
// environment.
func gitlabPipeline(d node, out *result) {
	p := d.at("object_attributes")
	job, found := gitlabDeployJob(d.at("builds").list())
	if !found || p.at("id").str() == "" {
		out.ignore(p.at("id").str(), p.at("status").str())
		return
	}
	r := gitlabRecord(d.at("project"), p.at("id").str())
	r.SubjectKey = d.at("project", "id").str() + " pipeline " + r.ExternalID
	r.Environment = job.at("environment", "name").str()
	r.ToVersion = p.first("sha", "ref").str()
	r.StartedAt = firstTime(p.at("started_at").time(), p.at("created_at").time())
	at := p.at("finished_at")
	if at.empty() {
		at = p.at("created_at")
	}
	r.gitlabState(p.at("status"), at)
	if r.Trigger = p.at("source").lower(); r.Trigger == "web" {
		r.Trigger = "manual"
	}
	if saysRollback(job.at("name").str()) {
		r.Type = TypeRollback
	}
	r.Detail.Initiator = d.at("user", "username").str()
	r.Detail.Step = job.at("name").str()
	r.Detail.link("Pipeline", p.at("url").str())
	r.Detail.link("Commit", d.at("commit", "url").str())
	r.Title = changeTitle(r)
	out.add(r)
}

// gitlabDeployJob finds the job that went furthest into an environment.
func gitlabDeployJob(jobs []node) (node, bool) {
	for _, state := range []string{"success", "failed", "canceled", "canceling", "running"} {
		i := slices.IndexFunc(jobs, func(job node) bool {
			action := job.at("environment", "action").str()
			return job.at("status").str() == state && job.at("environment", "name").str() != "" && (action == "" || action == "start")
		})
		if i >= 0 {
			return jobs[i], true
		}
	}
	return node{}, false
}
