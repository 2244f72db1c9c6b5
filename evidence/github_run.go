package evidence

import (
	"cmp"
	"strings"
)

// githubRunRank ranks the status of a run or job; its conclusion has no bearing.
func githubRunRank(status string) Rank {
	switch status {
	case "completed":
		return RankEnded
	case "in_progress":
		return RankRunning
	}
	return RankPending
}

// githubJob reads a job that deploys: it belongs to the deployment. Other jobs
// are parts of a run.
func githubJob(d node, out *result) {
	job := d.at("workflow_job")
	if !d.at("deployment").isObject() {
		out.ignore(job.at("id").str(), job.at("status").str())
		return
	}
	r := githubDeployment(d, d.at("deployment"))
	status := cmp.Or(job.at("status").lower(), d.at("action").lower())
	r.State, r.Rank = status, githubRunRank(status)
	r.OccurredAt = valueOf(firstTime(job.at("started_at").time(), job.at("created_at").time()))
	if status == "completed" {
		r.State = cmp.Or(job.at("conclusion").lower(), status)
		r.EndedAt = job.at("completed_at").time()
		r.OccurredAt = valueOf(r.EndedAt)
	}
	r.DedupeKey = "job " + job.at("id").str() + " " + r.State
	r.Detail.Step = job.at("name").str()
	r.Detail.link("Job", job.at("html_url").str())
	out.add(r)
}

// githubRunRecord says what a run of a workflow holds.
func githubRunRecord(d, run node) Record {
	repo := githubRepo(d)
	if repo == "" {
		repo = githubRepo(run)
	}
	id, attempt := run.at("id").str(), cmp.Or(run.at("run_attempt").str(), "1")
	r := Record{
		Type: TypeDeployment, ExternalID: id, SubjectKey: "run " + id + " " + attempt,
		Service:   repo,
		StartedAt: firstTime(run.at("run_started_at").time(), run.at("created_at").time()),
		ToVersion: run.at("head_sha").str(),
		Trigger:   githubTrigger("", run.at("event").str()),
	}
	r.named(lastPart(repo))
	name := cmp.Or(run.at("name").str(), d.at("workflow", "name").str(), lastPart(run.at("path").str()))
	if saysRollback(name) || saysRollback(run.at("path").str()) {
		r.Type = TypeRollback
	}
	r.Title = strings.TrimSpace("Workflow " + name + " of " + repo)
	if n := run.at("run_number").str(); n != "" {
		r.Title += ", run " + n
	}
	r.Detail.Text = run.at("display_title").str()
	r.Detail.Initiator = cmp.Or(run.at("triggering_actor", "login").str(), run.at("actor", "login").str())
	r.Detail.link("Run", run.at("html_url").str())
	return r
}

func githubRun(d, run node, out *result) {
	r := githubRunRecord(d, run)
	status := cmp.Or(run.at("status").lower(), d.at("action").lower())
	r.State, r.Rank = status, githubRunRank(status)
	changed := run.at("updated_at").time()
	if status == "completed" {
		r.State = cmp.Or(run.at("conclusion").lower(), status)
		r.EndedAt = changed
	}
	if !deploysAnything(run.at("event").str()) || r.State == "skipped" || r.ExternalID == "" {
		out.ignore(r.ExternalID, r.State)
		return
	}
	r.OccurredAt = valueOf(firstTime(changed, r.StartedAt))
	r.DedupeKey = r.SubjectKey + " " + r.State + " " + run.at("updated_at").str()
	out.add(r)
}

// deploysAnything is false for runs that only look at somebody's proposal.
func deploysAnything(event string) bool {
	for _, prefix := range []string{"pull_request", "issue", "merge_group", "discussion", "check_"} {
		if strings.HasPrefix(event, prefix) {
			return false
		}
	}
	return true
}

// githubReview reads that a run waits for leave to deploy, or got an answer.
func githubReview(d node, out *result) {
	r := githubRunRecord(d, d.at("workflow_run"))
	if r.ExternalID == "" {
		return
	}
	r.State = d.at("action").lower()
	switch r.Rank = RankPending; r.State {
	case "approved":
		r.Rank = RankStarting
	case "rejected":
		r.Rank, r.EndedAt = RankEnded, d.at("since").time()
	}
	job := d.at("workflow_job_run")
	if job.empty() {
		job = d.at("workflow_job_runs").index(0)
	}
	r.Environment = cmp.Or(d.at("environment").str(), job.at("environment").str())
	r.OccurredAt = valueOf(firstTime(d.at("since").time(), r.StartedAt))
	r.DedupeKey = r.SubjectKey + " review " + r.State + " " + r.Environment
	r.Detail.Reason = d.at("comment").str()
	r.Detail.Initiator = cmp.Or(d.at("requestor", "login").str(), r.Detail.Initiator)
	out.add(r)
}
