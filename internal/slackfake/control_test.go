package slackfake

import (
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestUsersAreAddedAndReplaced(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var got []Person
	b.control(t, "POST", "/_fake/users", `{"id":"U2","name":"Ana R.","email":"ana@example.org","tz":"UTC"}`, nil)
	b.control(t, "POST", "/_fake/users", `[{"id":"W4","name":"Kim"}]`, nil)
	b.control(t, "GET", "/_fake/users", "", &got)
	want := []Person{
		{ID: "U1", Name: "Mei Tanaka", Email: "mei@example.com", TZ: "America/Los_Angeles"},
		{ID: "U2", Name: "Ana R.", Email: "ana@example.org", TZ: "UTC"},
		{ID: "U3", Name: "Sam Okafor", Email: "sam@example.com", Deleted: true},
		{ID: "W4", Name: "Kim"},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Person{})); diff != "" {
		t.Error(diff)
	}
	for body, status := range map[string]int{`[{"id":"X1"}]`: 422, `[{"name":"nobody"}]`: 422, `x`: 400} {
		if got := b.control(t, "POST", "/_fake/users", body, nil); got != status {
			t.Errorf("%s answered %d, want %d", body, got, status)
		}
	}
}

func TestAnswersNameTheScopes(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *Options) { o.Scopes = []string{"chat:write", "im:write"} })
	if _, header, _ := b.call(t, "auth.test", map[string][]string{}); header.Get("X-OAuth-Scopes") != "chat:write,im:write" {
		t.Errorf("scopes %q", header.Get("X-OAuth-Scopes"))
	}
	if _, header, _ := b.call(t, "auth.test", map[string][]string{"token": {"xoxb-other"}}); header.Get("X-OAuth-Scopes") != "" {
		t.Error("another token is told the scopes")
	}
}

func TestProblemsBeginEmpty(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if got := b.problems(t); got == nil || len(got) != 0 {
		t.Errorf("got %v", got)
	}
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	d := b.open(t, "U1")
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			if _, _, err := b.api.PostMessageContext(t.Context(), d, text(fmt.Sprint(i))); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	seen := map[string]bool{}
	last := ""
	for _, m := range b.messages(t, "user=U1") {
		if seen[m.Text] || m.TS <= last {
			t.Errorf("message %s has ts %s after %s", m.Text, m.TS, last)
		}
		seen[m.Text], last = true, m.TS
	}
	if len(seen) != 40 {
		t.Errorf("%d messages kept, want 40", len(seen))
	}
}
