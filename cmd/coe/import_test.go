package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const review = `# Search was slow

## Timeline

All times in UTC on 2025-09-30.

- 09:00 Impact starts
- 09:30 Alarm fired
- 10:00 Resolved

## Action items

- [ ] Add an alarm
`

// ours is a COE by hand in our own format; its action has an owner and a day.
func ours(uid, number, due, owner string) string {
	return fmt.Sprintf(`---
coe: 1
uid: %s
number: %s
title: It broke
kind: win
severity: 3
state: published
owner: ana@example.com
visibility: restricted
zone: UTC
issue: 1
---

## Summary <!-- coe:summary -->

It broke.

## Impact <!-- coe:impact -->

Nobody noticed.

## Lessons <!-- coe:lessons -->

- Learned
  kind: short
  <!-- abcdefgh -->

## Actions <!-- coe:actions -->

- Add an alarm
  number: 1
  state: open
  owner: %s
  due: %s
  horizon: short
  criterion: It rings
  proof_kind: test
  <!-- abcdefga -->
`, uid, number, owner, due)
}

const uid = "0199a1b2-0000-7000-8000-00000000000"

// out runs a command and gives exit code, stdout and stderr.
func (c cli) out(args ...string) (int, string, string) {
	var stdout, stderr bytes.Buffer
	env := []string{"COE_DATA=" + c.data, "COE_TEST_NOW=2025-10-01T09:00:00Z", "COE_TIMEZONE=Europe/Berlin"}
	code := run(context.Background(), args, env, strings.NewReader(""), &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

func lines(t *testing.T, ndjson string) []map[string]any {
	t.Helper()
	var out []map[string]any
	for l := range strings.Lines(ndjson) {
		var m map[string]any
		if err := json.Unmarshal([]byte(l), &m); err != nil {
			t.Fatalf("%v in %q", err, l)
		}
		out = append(out, m)
	}
	return out
}

func TestImport_dryRun(t *testing.T) {
	t.Parallel()
	c := cli{t, filepath.Join(t.TempDir(), "none")}
	one, two := c.file("one.md", review), c.file("two.md", ours(uid+"1", "7", "2025-10-10", "ana@example.com"))
	folder := filepath.Dir(c.file("z.md", strings.ReplaceAll(review, "All times in UTC on", "All on")))
	missing := filepath.Join(folder, "missing.md")
	code, out, _ := c.out("import", "--dry-run", "--json", one, missing, two, folder)
	got := lines(t, out)
	if code != exitFail || len(got) != 4 {
		t.Fatalf("exit %d\n%s", code, out)
	}
	if got[0]["file"] != one || got[0]["started_at"] != "2025-09-30T09:00:00+00:00" || got[0]["duration_minutes"] != 60.0 {
		t.Errorf("first line %v", got[0])
	}
	if got[1]["file"] != missing || got[1]["error"] == nil || len(got[1]) != 2 {
		t.Errorf("second line %v", got[1])
	}
	if got[2]["title"] != "It broke" || got[2]["severity"] != "3" || len(got[2]["actions"].([]any)) != 1 {
		t.Errorf("third line %v", got[2])
	}
	if zone := got[3]["timezone"].(map[string]any); zone["value"] != "Europe/Berlin" || zone["stated"] != false || got[3]["started_at"] != "2025-09-30T09:00:00+02:00" {
		t.Errorf("fourth line %v", got[3])
	}
	if code, out, _ = c.out("import", "--dry-run", one); code != exitDone || !strings.Contains(out, "3 events, 1 actions") {
		t.Errorf("exit %d: %s", code, out)
	}
	if code, _, _ = c.out("import", "--dry-run", "--zone", "Mars", one); code != exitUsage {
		t.Errorf("a wrong zone: exit %d", code)
	}
	if _, err := os.Stat(c.data); !os.IsNotExist(err) {
		t.Errorf("a dry run made the data folder: %v", err)
	}
	if code, _, _ = c.out("import", one); code != exitFail {
		t.Errorf("without a database: exit %d", code)
	}
}

func TestImport_reviewAndExport(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	one := c.file("one.md", review)
	if code, _, stderr := c.out("import", one); code != exitUsage || !strings.Contains(stderr, "--as") {
		t.Errorf("nobody can own it: exit %d, %s", code, stderr)
	}
	c.want(exitDone, "user", "add", "ana@example.com", "--role", "admin")
	c.want(exitDone, "team", "add", "Search")
	if code, out, stderr := c.out("import", one, "--team", "Search"); code != exitDone || out != one+" → COE-1\n" {
		t.Fatalf("exit %d: %s%s", code, out, stderr)
	}
	if code, out, _ := c.out("import", one); code != exitDone || out != one+" → unchanged\n" {
		t.Errorf("exit %d: %s", code, out)
	}
	c.want(exitDone, "user", "add", "bo@example.com", "--role", "admin")
	other := c.file("other.md", review+"\nmore\n")
	if code, _, _ := c.out("import", other); code != exitUsage {
		t.Errorf("two admins: exit %d", code)
	}
	if code, out, _ := c.out("import", other, "--as", "bo@example.com", "--json"); code != exitDone || lines(t, out)[0]["coe"] != "COE-2" {
		t.Errorf("exit %d: %s", code, out)
	}
	dir := filepath.Join(t.TempDir(), "out")
	c.want(exitDone, "export", "--all", "--dir", dir)
	b, err := os.ReadFile(filepath.Join(dir, "COE-2.md"))
	if err != nil || !bytes.Contains(b, []byte("\nowner: bo@example.com\n")) {
		t.Errorf("%s, %v", b, err)
	}
	if got := c.want(exitDone, "export", "COE-2"); got != string(b) {
		t.Error("the standard output differs from the file")
	}
	if js := c.want(exitDone, "export", "COE-1", "--format", "json"); !json.Valid([]byte(js)) || !strings.Contains(js, `"team": "Search"`) {
		t.Errorf("json: %s", js)
	}
	for _, wrong := range [][]string{{}, {"--all"}, {"COE-1", "COE-2"}, {"--all", "COE-1"}, {"COE-1", "--format", "html"}, {"one"}} {
		c.want(exitUsage, append([]string{"export"}, wrong...)...)
	}
	c.want(exitNo, "export", "COE-99")

	fresh := newCLI(t)
	if code, out, _ := fresh.out("import", dir); code != exitDone || strings.Count(out, " → COE-") != 2 {
		t.Errorf("exit %d: %s", code, out)
	}
	if again := fresh.want(exitDone, "export", "COE-2"); again != string(b) {
		t.Error("export, import and export differ")
	}
}

func TestImport_ours(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	path := c.file("a.md", ours(uid+"1", "7", "2025-10-10", "ana@example.com"))
	if code, out, stderr := c.out("import", path); code != exitDone || out != path+" → COE-7\n" || !strings.Contains(stderr, "ana@example.com") {
		t.Fatalf("exit %d: %s%s", code, out, stderr)
	}
	if got := c.want(exitDone, "export", "COE-7"); !strings.Contains(got, "\nstate: published\n") || !strings.Contains(got, "\nvisibility: restricted\n") {
		t.Errorf("exported %s", got)
	}
	changed := c.file("b.md", ours(uid+"1", "7", "2025-10-17", "ana@example.com"))
	taken := c.file("c.md", ours(uid+"2", "7", "2025-10-10", "ana@example.com"))
	code, out, stderr := c.out("import", path, changed, taken)
	if code != exitNo || out != path+" → unchanged\n"+taken+" → COE-8\n" || !strings.Contains(stderr, "COE-7 is taken") {
		t.Errorf("exit %d: %s%s", code, out, stderr)
	}
}

func TestLint(t *testing.T) {
	t.Parallel()
	c := cli{t, filepath.Join(t.TempDir(), "none")}
	good := c.file("good.md", ours(uid+"1", "7", "2025-10-10", "ana@example.com"))
	if code, out, stderr := c.out("lint", good, "--json"); code != exitDone || out != "" {
		t.Errorf("exit %d: %s%s", code, out, stderr)
	}
	bad := c.file("bad.md", ours(uid+"1", "7", "2025-09-30", "the team"))
	code, out, stderr := c.out("lint", bad, "--json")
	got := lines(t, out)
	if code != exitNo || len(got) != 2 || stderr == "" {
		t.Fatalf("exit %d: %s", code, out)
	}
	want := map[string]any{"target": bad, "rule": "L22", "level": "block", "place": "action/abcdefga", "line": 31.0, "waived": false}
	for k, v := range want {
		if got[0][k] != v {
			t.Errorf("%s is %v, want %v", k, got[0][k], v)
		}
	}
	if len(got[0]) != 8 || got[1]["rule"] != "L23" {
		t.Errorf("findings %v", got)
	}
	waived := c.file("waived.md", ours(uid+"1", "7", "2025-09-30", "ana@example.com")+"\n## Record <!-- coe:record -->\n\n- it waits\n  rule: L23\n  at: 2025-09-30T09:00:00Z\n  <!-- waiver -->\n")
	if code, out, _ := c.out("lint", waived, "--json"); code != exitDone || lines(t, out)[0]["waived"] != true {
		t.Errorf("exit %d: %s", code, out)
	}
	if code, out, _ := c.out("lint", good, waived); code != exitDone || !strings.Contains(out, "nothing found") || !strings.Contains(out, "L23 waived") {
		t.Errorf("exit %d: %s", code, out)
	}
	if code, _, stderr := c.out("lint", c.file("foreign.md", review)); code != exitFail || !strings.Contains(stderr, "import it first") {
		t.Errorf("exit %d: %s", code, stderr)
	}
	if code, _, _ := c.out("lint", bad, "missing.md"); code != exitFail {
		t.Errorf("a missing file: exit %d", code)
	}
	if _, err := os.Stat(c.data); !os.IsNotExist(err) {
		t.Errorf("lint of a file made the data folder: %v", err)
	}
	if code, _, _ := c.out("lint", "COE-7"); code != exitFail {
		t.Errorf("without a database: exit %d", code)
	}
}

func TestLint_stored(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	path := c.file("a.md", ours(uid+"1", "7", "2025-10-10", "ana@example.com"))
	if code, _, stderr := c.out("import", path); code != exitDone {
		t.Fatal(stderr)
	}
	code, out, _ := c.out("lint", "COE-7", "--json")
	got := lines(t, out)
	if code != exitNo || len(got) != 1 || got[0]["rule"] != "L22" || got[0]["target"] != "COE-7" {
		t.Errorf("a former member owns the action: exit %d\n%s", code, out)
	}
	if code, _, _ := c.out("lint", "COE-99"); code != exitNo {
		t.Errorf("no such COE: exit %d", code)
	}
}
