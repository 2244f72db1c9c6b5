package main_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const gated = `---
coe: 1
title: Checkout broke
kind: win
severity: 2
state: published
owner: ana@example.com
services: [checkout, search]
visibility: VISIBLE
zone: UTC
issue: 1
---

## Summary <!-- coe:summary -->

It broke.

## Actions <!-- coe:actions -->

- ACTION
  number: 1
  state: open
  owner: ana@example.com
  due: 2026-03-09
  priority: P0
  horizon: short
  <!-- abcdefga -->
`

func TestGate(t *testing.T) {
	p := newProgram(t, "COE_TEST_NOW=2026-03-09T12:00:00Z")
	if out := p.want(3, "gate", "checkout"); !strings.Contains(out, "no database") {
		t.Errorf("without a database: %s", out)
	}
	p.want(0, "migrate", "up")
	p.want(0, "user", "add", "ana@example.com", "--name", "Ana Ruiz", "--role", "admin")
	for name, words := range map[string][]string{"open.md": {"VISIBLE", "org", "ACTION", "Limit the retries"}, "closed.md": {"VISIBLE", "restricted", "ACTION", "Secret work"}} {
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, []byte(strings.NewReplacer(words...).Replace(gated)), 0o600); err != nil {
			t.Fatal(err)
		}
		p.want(0, "import", file)
	}
	p.want(0, "service", "set", "checkout", "--alias", "chk")
	if out := p.want(0, "gate", "checkout"); !strings.Contains(out, "checkout may be deployed") {
		t.Error(out)
	}
	if out := p.want(3, "gate", "chekout"); !strings.Contains(out, `there is no service called "chekout"`) {
		t.Error(out)
	}
	p.want(2, "gate")

	later := p.with("COE_TEST_NOW=2026-03-10T00:00:00Z")
	out := later.want(1, "gate", "CHK")
	for _, want := range []string{"checkout is not to be deployed", "A-1  due 2026-03-09  Limit the retries  (Ana Ruiz)", "and 1 of restricted COEs"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not said: %s", want, out)
		}
	}
	_, fromDatabase, _ := later.run("gate", "checkout", "--json")

	// The same, asked of a server.
	later.want(2, "token", "create")
	later.want(2, "token", "create", "--scope", "everything")
	token := last(later.want(0, "token", "create", "--scope", "gate", "--name", "pipeline"))
	if !strings.HasPrefix(token, "coe_") {
		t.Fatalf("the last line is %q", token)
	}
	if list := later.want(0, "token", "list"); !strings.Contains(list, "pipeline") || strings.Contains(list, token) {
		t.Error(list)
	}
	later.serve()
	pipeline := newProgram(t, "COE_URL="+later.url()+"/", "COE_TOKEN="+token)
	code, fromServer, stderr := pipeline.run("gate", "chk", "--json")
	if code != 1 || stderr != "" || answerOf(t, fromServer) != answerOf(t, fromDatabase) || !strings.Contains(fromServer, `"restricted":true`) || strings.Contains(fromServer, "Secret") {
		t.Errorf("exit %d %s\nserver %s\ndatabase %s", code, stderr, fromServer, fromDatabase)
	}
	if _, err := os.Stat(pipeline.data); !os.IsNotExist(err) {
		t.Error("asking a server made a data folder")
	}
	if out := pipeline.want(3, "gate", "chekout"); !strings.Contains(out, "404") || !strings.Contains(out, "There is no such service.") {
		t.Error(out)
	}
	if out := pipeline.with("COE_TOKEN=coe_x").want(3, "gate", "checkout"); !strings.Contains(out, "401") || strings.Contains(out, "coe_x") {
		t.Error(out)
	}
	later.want(2, "token", "revoke", "first")
	later.want(1, "token", "revoke", "99")
	later.want(0, "token", "revoke", "1")
	pipeline.want(3, "gate", "checkout")
	nobody := pipeline.with("COE_URL=http://" + freeAddr(t))
	if out := nobody.want(3, "gate", "checkout"); strings.Contains(out, token) {
		t.Errorf("the token is said: %s", out)
	}
}

// answerOf is an answer of the gate without the time it was given at.
func answerOf(t *testing.T, text string) string {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		t.Fatalf("%v in %q", err, text)
	}
	if m["checked_at"] == "" {
		t.Error("no checked_at")
	}
	delete(m, "checked_at")
	b, _ := json.Marshal(m)
	return string(b)
}

// A token goes to the server that was named and to no other.
func TestGateFollowsNobody(t *testing.T) {
	asked := ""
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked = r.Header.Get("Authorization") }))
	defer elsewhere.Close()
	for what, h := range map[string]http.HandlerFunc{
		"a redirect": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere.URL, http.StatusFound) },
		"a page":     func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>hello</html>")) },
		"other JSON": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"ok":true}`)) },
		"null":       func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`null`)) },
		"a wrong type": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`{"service":"x","allowed":"yes"}`))
		},
		"a broken half": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"service":"x","allo`)) },
	} {
		server := httptest.NewServer(h)
		p := newProgram(t, "COE_URL="+server.URL, "COE_TOKEN=coe_secret")
		if out := p.want(3, "gate", "checkout"); asked != "" || strings.Contains(out, "coe_secret") {
			t.Errorf("%s: %s, asked elsewhere with %q", what, out, asked)
		}
		server.Close()
	}
}

// A command that works on the database only refuses the settings of a server
// rather than answer from somewhere else.
func TestServerSettingsAreForTheGate(t *testing.T) {
	p := newProgram(t)
	for _, args := range []string{"user list", "serve", "migrate status", "action COE-1 A-1 done", "import x.md", "lint x.md", "token list", "export --all", "evidence replay", "slackfake"} {
		out := p.with("COE_URL=https://coe.example.com", "COE_TOKEN=coe_x").want(2, strings.Fields(args)...)
		if first, _, _ := strings.Cut(args, " "); !strings.Contains(out, "COE_URL is set, but `coe "+first+"` works on the database") {
			t.Errorf("coe %s says %q", args, out)
		}
	}
	if out := p.want(2, "user", "list", "--url", "https://coe.example.com"); !strings.Contains(out, "COE_URL is set") {
		t.Error(out)
	}
	for env, says := range map[string]string{
		"COE_URL=https://coe.example.com": "COE_URL is set without COE_TOKEN",
		"COE_TOKEN=coe_x":                 "COE_TOKEN is set without COE_URL",
		"COE_URL=coe.example.com":         `COE_URL: "coe.example.com" is not an address`,
		"COE_URL=https://a/b?c":           "is not an address",
	} {
		if out := p.with(env).want(2, "gate", "checkout"); !strings.Contains(out, says) {
			t.Errorf("%s: %s", env, out)
		}
	}
	p.with("COE_URL=https://coe.example.com", "COE_TOKEN=coe_x").want(0, "version")
	if _, err := os.Stat(p.data); !os.IsNotExist(err) {
		t.Error("a refused command made a data folder")
	}
}
