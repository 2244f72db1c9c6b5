package evidence

import (
	"strings"
	"testing"
)

// githubBody is a delivery about the repository acme/shop.
func githubBody(rest string) string {
	return `{"repository":{"id":7,"name":"shop","full_name":"acme/shop","html_url":"https://github.com/acme/shop"},"sender":{"login":"ada"},` + rest + `}`
}

const githubDep = `"deployment":{"id":42,"sha":"0123456789012345678901234567890123456789","ref":"main","task":"deploy","payload":{},
	"environment":"production","created_at":"2026-11-22T10:00:00Z","creator":{"login":"ada"}}`

func githubStatusBody(id, state, at string) string {
	return githubBody(`"action":"created","deployment_status":{"id":` + id + `,"state":"` + state + `","environment":"production","description":"said ` + state +
		`","target_url":"","log_url":"https://github.com/acme/shop/actions/runs/1","created_at":"` + at + `"},` + githubDep)
}

func TestGitHub(t *testing.T) {
	t.Parallel()
	const sha = "0123456789012345678901234567890123456789"
	run := func(action, status, conclusion, event, name string) string {
		return githubBody(`"action":"` + action + `","workflow":{"name":"` + name + `"},"workflow_run":{"id":9,"run_attempt":2,"name":"` + name + `","event":"` + event +
			`","status":"` + status + `","conclusion":` + conclusion + `,"head_sha":"` + sha + `","run_started_at":"2026-11-22T10:00:00Z","updated_at":"2026-11-22T10:09:00Z"}`)
	}
	dep := "deployment id=42 service=acme/shop env=production state="
	runShapes(t, "github", []shape{
		{"failure", githubStatusBody("3", "failure", "2026-11-22T10:05:00Z"), []string{dep + "failure start=2026-11-22T10:00:00Z end=2026-11-22T10:05:00Z to=" + sha + " reason=said failure"}, ""},
		{"in progress", githubStatusBody("2", "in_progress", "2026-11-22T10:01:00Z"), []string{dep + "in_progress start=2026-11-22T10:00:00Z to=" + sha + " text=said in_progress"}, ""},
		{"inactive has no end", githubStatusBody("4", "inactive", "2026-11-29T10:01:00Z"), []string{dep + "inactive start=2026-11-22T10:00:00Z to=" + sha + " text=said inactive"}, ""},
		{
			"rollback by task", githubBody(`"action":"created","deployment":{"id":43,"sha":"` + sha + `","ref":"v1","task":"rollback","environment":"production","created_at":"2026-11-22T11:00:00Z"}`),
			[]string{"rollback id=43 service=acme/shop env=production state=created start=2026-11-22T11:00:00Z to=" + sha},
			"",
		},
		{
			"rollback by payload, in a text", githubBody(`"action":"created","deployment":{"id":44,"sha":"` + sha + `","task":"deploy","environment":"production","created_at":"2026-11-22T11:00:00Z",
				"payload":"{\"rolls_back\":42,\"service\":\"checkout\",\"region\":\"us-east-1\",\"previous_sha\":\"aa\",\"trigger\":\"alarm\",\"alarm\":\"errors\",\"reason\":\"too many errors\"}"}`),
			[]string{"rollback id=44 service=checkout env=production region=us-east-1 state=created start=2026-11-22T11:00:00Z from=aa to=" + sha + " undoes=42 trigger=alarm alarms=errors reason=too many errors"},
			"",
		},
		{"run failed", run("completed", "completed", `"failure"`, "push", "Deploy"), []string{"deployment id=9 service=acme/shop state=failure start=2026-11-22T10:00:00Z end=2026-11-22T10:09:00Z to=" + sha + " trigger=push"}, ""},
		{"run by hand", run("requested", "queued", `null`, "workflow_dispatch", "Roll back"), []string{"rollback id=9 service=acme/shop state=queued start=2026-11-22T10:00:00Z to=" + sha + " trigger=manual"}, ""},
		{"run of a pull request", run("completed", "completed", `"success"`, "pull_request", "CI"), []string{"ignored id=9 state=success"}, ""},
		{"skipped run", run("completed", "completed", `"skipped"`, "push", "CI"), []string{"ignored id=9 state=skipped"}, ""},
		{
			"job that deploys", githubBody(`"action":"completed","workflow_job":{"id":5,"status":"completed","conclusion":"success","name":"prod","completed_at":"2026-11-22T10:07:00Z"},` + githubDep),
			[]string{dep + "success start=2026-11-22T10:00:00Z end=2026-11-22T10:07:00Z to=" + sha},
			"",
		},
		{"job that does not", githubBody(`"action":"queued","workflow_job":{"id":5,"status":"queued"}`), []string{"ignored id=5 state=queued"}, ""},
		{
			"review approved", githubBody(`"action":"approved","since":"2026-11-22T10:02:00Z","comment":"go","workflow_job_runs":[{"environment":"prod"}],"workflow_run":{"id":9,"name":"Deploy","event":"push","head_sha":"` + sha + `"}`),
			[]string{"deployment id=9 service=acme/shop env=prod state=approved to=" + sha + " trigger=push reason=go"},
			"",
		},
		{"star", githubBody(`"action":"started","starred_at":null`), []string{"ignored state=started"}, ""},
		{
			"deployment as the API gives it", `[{"url":"https://api.github.com/repos/acme/shop/deployments/42","id":42,"sha":"` + sha + `","ref":"main","task":"deploy","environment":"production",
				"created_at":"2026-11-22T10:00:00Z","statuses_url":"https://api.github.com/repos/acme/shop/deployments/42/statuses","repository_url":"https://api.github.com/repos/acme/shop"}]`,
			[]string{dep + "created start=2026-11-22T10:00:00Z to=" + sha},
			"",
		},
		{
			"status as the API gives it", `{"id":3,"state":"success","environment":"production","created_at":"2026-11-22T10:05:00Z","deployment_url":"https://api.github.com/repos/acme/shop/deployments/42","repository_url":"https://api.github.com/repos/acme/shop"}`,
			[]string{dep + "success end=2026-11-22T10:05:00Z"},
			"",
		},
		{
			"runs as the API gives them", `{"total_count":1,"workflow_runs":[{"id":9,"run_attempt":1,"name":"Deploy","event":"push","status":"in_progress","conclusion":null,"head_sha":"` + sha + `","run_started_at":"2026-11-22T10:00:00Z","repository":{"full_name":"acme/shop"}}]}`,
			[]string{"deployment id=9 service=acme/shop state=in_progress start=2026-11-22T10:00:00Z to=" + sha + " trigger=push"},
			"",
		},
	})
}

func TestGitHub_DeploymentAndItsStatusesAreOne(t *testing.T) {
	t.Parallel()
	all := sequence(t, "github",
		githubBody(`"action":"created",`+githubDep),
		githubStatusBody("1", "queued", "2026-11-22T10:00:30Z"),
		githubStatusBody("2", "in_progress", "2026-11-22T10:01:00Z"),
		githubStatusBody("3", "success", "2026-11-22T10:05:00Z"),
		githubStatusBody("4", "inactive", "2026-11-29T10:01:00Z"))
	keysDiffer(t, all)
	for i := 1; i < 4; i++ {
		if all[i].Rank < all[i-1].Rank {
			t.Errorf("%s ranks below %s", all[i].State, all[i-1].State)
		}
	}
	if all[4].Rank >= all[3].Rank {
		t.Error("inactive hides how the deployment ended")
	}
	again := parsed(t, "github", githubStatusBody("3", "success", "2026-11-22T10:05:00Z"), nil).Records[0]
	if again.DedupeKey != all[3].DedupeKey {
		t.Error("a repeat has another key")
	}
}

func TestGitHub_HeaderTellsTheEvent(t *testing.T) {
	t.Parallel()
	head := Header{"X-Github-Event": {"deployment"}, "X-Github-Delivery": {"g-1"}}
	p := parsed(t, "github", `{"action":"created",`+githubDep+`}`, head)
	if p.Records[0].Type != TypeDeployment || p.Key != "g-1" {
		t.Errorf("%s, key %q", said(p.Records[0]), p.Key)
	}
	p = parsed(t, "github", githubBody(`"ref":"refs/heads/main"`), Header{"X-Github-Event": {"push"}})
	if p.Records[0].Type != TypeIgnored {
		t.Error(said(p.Records[0]))
	}
	if links := parsed(t, "github", githubStatusBody("3", "success", "2026-11-22T10:05:00Z"), nil).Records[0].Detail.Links; len(links) != 2 || !strings.HasSuffix(links[0].URL, "0123456789") {
		t.Errorf("links %v", links)
	}
}

func FuzzGitHub(f *testing.F) {
	fuzzTool(f, "github", githubStatusBody("3", "success", "2026-11-22T10:05:00Z"))
}
