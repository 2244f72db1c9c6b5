package evidence

import "testing"

func gitlabBody(status, at string) string {
	return `{"object_kind":"deployment","status":"` + status + `","status_changed_at":"` + at + `","deployment_id":15,"deployable_url":"https://gitlab.example.com/shop/web/-/jobs/7",
		"environment":"production","project":{"id":30,"name":"Web","path_with_namespace":"shop/web"},"short_sha":"279484c0","user":{"username":"ada"},"ref":"main"}`
}

func TestGitLab(t *testing.T) {
	t.Parallel()
	pipeline := func(status, job string) string {
		return `{"object_kind":"pipeline","object_attributes":{"id":31,"ref":"main","sha":"bcbb","source":"web","status":"` + status + `","created_at":"2026-11-22 15:23:28 UTC","finished_at":"2026-11-22 15:26:29 UTC","url":"https://gitlab.example.com/p/31"},
			"project":{"id":1,"path_with_namespace":"shop/web"},"builds":[{"name":"unit","status":"success","environment":null},` + job + `]}`
	}
	runShapes(t, "gitlab", []shape{
		{"running", gitlabBody("running", "2021-04-28 21:50:00 +0200"), []string{"deployment id=15 service=shop/web env=production state=running start=2021-04-28T19:50:00Z to=279484c0"}, ""},
		{"failed", gitlabBody("failed", "2021-04-28 21:58:00 +0200"), []string{"deployment id=15 service=shop/web env=production state=failed end=2021-04-28T19:58:00Z to=279484c0"}, ""},
		{"canceled", gitlabBody("canceled", "2021-04-28T19:58:00Z"), []string{"deployment id=15 service=shop/web env=production state=canceled end=2021-04-28T19:58:00Z to=279484c0"}, ""},
		{"blocked", gitlabBody("blocked", ""), []string{"deployment id=15 service=shop/web env=production state=blocked to=279484c0"}, ""},
		{
			"pipeline that deployed", pipeline("success", `{"name":"ship","status":"success","environment":{"name":"production","action":"start"}}`),
			[]string{"deployment id=31 service=shop/web env=production state=success start=2026-11-22T15:23:28Z end=2026-11-22T15:26:29Z to=bcbb trigger=manual"},
			"",
		},
		{
			"pipeline with a rollback job", pipeline("failed", `{"name":"rollback","status":"failed","environment":{"name":"production","action":"start"}}`),
			[]string{"rollback id=31 service=shop/web env=production state=failed start=2026-11-22T15:23:28Z end=2026-11-22T15:26:29Z to=bcbb trigger=manual"},
			"",
		},
		{"pipeline that did not deploy", pipeline("success", `{"name":"ship","status":"manual","environment":{"name":"production"}}`), []string{"ignored id=31 state=success"}, ""},
		{"push", `{"object_kind":"push","ref":"refs/heads/main","project":{"id":1}}`, []string{"ignored state=push"}, ""},
		{
			"as the API gives it", `[{"id":15,"iid":2,"ref":"main","sha":"279484c09f","status":"success","created_at":"2026-11-22T10:00:00Z","updated_at":"2026-11-22T10:06:00Z","environment":{"id":9,"name":"production","external_url":"https://example.com"},
				"deployable":{"id":7,"name":"ship","started_at":"2026-11-22T10:01:00Z","finished_at":"2026-11-22T10:05:00Z","pipeline":{"id":3,"project_id":30},"web_url":"https://gitlab.example.com/j/7"}}]`,
			[]string{"deployment id=15 env=production state=success start=2026-11-22T10:01:00Z end=2026-11-22T10:05:00Z to=279484c09f"},
			"",
		},
	})
}

func TestGitLab_OneDeployment(t *testing.T) {
	t.Parallel()
	all := sequence(t, "gitlab", gitlabBody("created", "2021-04-28 21:49:00 +0200"), gitlabBody("running", "2021-04-28 21:50:00 +0200"), gitlabBody("success", "2021-04-28 21:55:00 +0200"))
	keysDiffer(t, all)
	if all[0].Rank >= all[1].Rank || all[1].Rank >= all[2].Rank {
		t.Errorf("ranks %d, %d, %d", all[0].Rank, all[1].Rank, all[2].Rank)
	}
	if all[0].SubjectKey != "30 15" {
		t.Errorf("subject %q", all[0].SubjectKey)
	}
	p := parsed(t, "gitlab", gitlabBody("success", ""), Header{"X-Gitlab-Event": {"Deployment Hook"}, "X-Gitlab-Event-Uuid": {"u-1"}})
	if p.Key != "u-1" {
		t.Errorf("key %q", p.Key)
	}
}

func FuzzGitLab(f *testing.F) {
	fuzzTool(f, "gitlab", gitlabBody("running", "2021-04-28 21:50:00 +0200"))
}
