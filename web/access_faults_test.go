package web_test

import (
	"bufio"
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// fault is one line of the program made wrong on purpose.
type fault struct {
	name     string
	file     string
	old, new string
	quick    bool // also in the short run
}

// faults are those that such programs have had. Each must be found by a test of
// this folder whose name begins as in faultTests.
var faults = []fault{
	{"everybody sees restricted documents", "people/policy.go", "if !r.Restricted || p.Role == Admin", "if true || p.Role == Admin", false},
	{"the team sees its restricted documents", "people/policy.go", "return p.in(r.Writers) || p.in(r.Reviewers)", "return edits(p, r) || p.in(r.Writers) || p.in(r.Reviewers)", false},
	{"writers of any team edit", "people/policy.go", "if t == r.Team {", "if t != 0 {", false},
	{"readers edit what they own", "people/policy.go", "\tif p.Role == Reader {\n\t\treturn false\n\t}\n\tif p.is(r.Owner)", "\tif p.is(r.Owner)", false},
	{"the owner signs off", "people/policy.go", "return !p.is(r.Owner) && (p.Role == Admin", "return (p.Role == Admin", false},
	{"any reviewer signs off", "people/policy.go", "(p.Role == Admin || p.Role == Reviewer) && p.in(r.Reviewers)", "(p.Role == Admin || p.Role == Reviewer)", false},
	{"owners verify their own actions", "people/policy.go", "p.Role == Reader || p.is(r.ActionOwner)", "p.Role == Reader", false},
	{"deleted documents are still there", "people/resource.go", "Deleted: h.DeletedAt != nil", "Deleted: false", false},
	{"refusals tell what exists", "coe/words.go", "if !people.May(p, people.View, r) {", "if false {", false},
	{"views of administrators leave no trace", "coe/store_load.go", "d.COE.Visibility == Org || p.Role != people.Admin", "d.COE.Visibility != \"\"", false},
	{"the list asks for no rights", "coe/store_list.go", "q.Scopes(people.Visible(p)).Order", "q.Order", false},
	{"the bin is everybody's", "coe/store_delete.go", "if p.Role != people.Admin {\n\t\tq = q", "if false {\n\t\tq = q", false},
	{"a row is found by its key alone", "coe/row.go", "Where(where, ", "Where(\"(1 = 1 OR \"+where+\") AND key = '\"+key+\"'\", ", false},
	{"the weekly page shows restricted actions", "coe/store_weekly.go", "c.deleted_at IS NULL AND c.visibility = 'org' AND", "c.deleted_at IS NULL AND", false},
	{"the owner of a hidden action reads its detail", "actions/mine.go", "it.Detail, it.Criterion, it.ProofTarget, it.TrackerURL = \"\", \"\", \"\", \"\"", "it.Criterion, it.ProofTarget, it.TrackerURL = \"\", \"\", \"\"", false},
	{"digests are shown as they were planned", "internal/notify/message.go", "!a.OwnerIs(me) && f.seen[c.ID]", "!a.OwnerIs(me)", false},
	{"a session without a person", "web/page.go", "\t\tif who(c) == nil {", "\t\tif false {", false},
	{"sessions of former members", "people/session.go", " AND people.disabled_at IS NULL", "", false},
	{"sessions that ran out", "people/session.go", "sessions.expires_at > ? AND", "(1 = 1 OR sessions.expires_at > ?) AND", false},
	{"sessions that nobody used", "people/session.go", "sessions.seen_at > ?\"", "(1 = 1 OR sessions.seen_at > ?)\"", false},
	{"sign-in links work twice", "people/signin.go", "token_hash = ? AND used_at IS NULL AND", "token_hash = ? AND", false},
	{"sign-in links never end", "people/signin.go", "used_at IS NULL AND expires_at > ?", "used_at IS NULL AND (1 = 1 OR expires_at > ?)", false},
	{"no Content-Security-Policy", "web/middleware.go", "h.Set(\"Content-Security-Policy\", policy)", "_ = policy", false},
	{"requests of other sites are taken", "web/server.go", "cross.Handler(limited(heads(r)))", "limited(heads(r))", true},
	{"an export asks for no rights", "web/export.go", "s.COEs.View(c.Request.Context(), who(c), n)", "s.COEs.View(c.Request.Context(), people.Operator(), n)", true},
	{"e-mail addresses for everybody", "web/people.go", "\t\tif admin {\n\t\t\tr.Cells", "\t\tif true {\n\t\t\tr.Cells", false},
	{"everybody changes people", "web/people.go", "\tif !mayAdmin(c) {", "\tif false {", false},
	{"readers read what was not issued", "web/coe_history.go", "return !d.Pending ||", "return true ||", false},
	{"readers keep evidence", "people/policy.go", "case Create, KeepItems:\n\t\treturn p.Role != Reader", "case KeepItems:\n\t\treturn true\n\tcase Create:\n\t\treturn p.Role != Reader", false},
	{"runs name documents for everybody", "coe/failure_modes.go", "Scopes(people.Visible(p)).Order(\"coes.number DESC\").Scan(&rows)", "Order(\"coes.number DESC\").Scan(&rows)", false},
	{"coverage counts what is hidden", "coe/failure_modes.go", "tx.Table(\"coes\").Scopes(people.Visible(p)).Where(\"coes.visibility = 'org' AND ", "tx.Table(\"coes\").Where(\"", false},
	{"everybody sees sources", "evidence/source.go", "if !people.May(p, people.AdminPages, people.Resource{}) {", "if p == nil {", false},
	{"an address leads anywhere", "web/action.go", "text[0] != '/' || text[1] == '/' || text[1] == '\\\\'", "false", false},
}

const faultTests = "^Test(Access|CrossOrigin|SignIn|Session|Redirects)"

// Planted faults: the module is copied, one line made wrong, and the tests of
// this folder have to say so. The short run plants two, COE_TEST_LONG=1 all.
func TestPlantedFaultsAreFound(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program several times")
	}
	if len(faults) < 12 {
		t.Errorf("%d faults, want at least 12", len(faults))
	}
	root := moduleRoot(t)
	for _, f := range faults {
		source, err := os.ReadFile(filepath.Join(root, f.file))
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(source), f.old); n != 1 {
			t.Errorf("%s: %q stands %d times in %s, want once", f.name, f.old, n, f.file)
			continue
		}
		if !long() && !f.quick {
			continue
		}
		t.Run(strings.ReplaceAll(f.name, " ", "_"), func(t *testing.T) { plant(t, root, f) })
	}
}

// plant makes one fault in a copy of the module and runs the tests there.
func plant(t *testing.T, root string, f fault) {
	dir := t.TempDir()
	copyModule(t, root, dir)
	file := filepath.Join(dir, f.file)
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(source), f.old, f.new, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	tests := filepath.Join(dir, "tests")
	// paths are trimmed so that what did not change is built once for all copies
	build := exec.CommandContext(ctx, "go", "test", "-c", "-trimpath", "-o", tests, "./web")
	build.Dir = dir
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%s: it does not build: %v\n%s", f.name, err, out)
	}
	run := exec.CommandContext(ctx, tests, "-test.v", "-test.run", faultTests, "-test.timeout", "9m")
	run.Dir, run.Env = filepath.Join(dir, "web"), append(os.Environ(), "COE_TEST_LONG=", "COE_TEST_FAULT=1")
	said, err := firstFailure(run)
	if err != nil {
		t.Errorf("%s: %v", f.name, err)
	}
	if said == "" {
		t.Errorf("nobody noticed: %s", f.name)
	}
	t.Logf("%s: %s", f.name, said)
}

// firstFailure runs tests until one of them fails and gives what it said, and
// nothing when all pass.
func firstFailure(run *exec.Cmd) (said string, err error) {
	out, err := run.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := run.Start(); err != nil {
		return "", err
	}
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	ran, spoke := false, ""
	for lines.Scan() {
		text := strings.TrimSpace(lines.Text())
		ran = ran || strings.HasPrefix(text, "=== RUN")
		if spoke == "" && strings.Contains(text, "_test.go:") {
			spoke = text
		}
		if strings.HasPrefix(text, "--- FAIL: ") || strings.HasPrefix(text, "panic: ") {
			_ = run.Process.Kill()
			_ = run.Wait()
			return tail(text + " " + spoke), nil
		}
	}
	if err := run.Wait(); err != nil || !ran {
		return "", fmt.Errorf("the tests did not run to their end: %w", err)
	}
	return "", nil
}

// note logs what a test looked at, but where a planted fault is to be found.
func note(t *testing.T, format string, args ...any) {
	if os.Getenv("COE_TEST_FAULT") == "" {
		t.Helper()
		t.Logf(format, args...)
	}
}

func tail(s string) string {
	if len(s) > 300 {
		return s[:300]
	}
	return s
}

func moduleRoot(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// copyModule copies what a build of the tests needs.
func copyModule(t *testing.T, from, to string) {
	t.Helper()
	left := []string{".git", "node_modules", "bin", "demo-data", "coe-data", "browser", "assets"}
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			if slices.Contains(left, d.Name()) {
				return fs.SkipDir
			}
			return os.MkdirAll(filepath.Join(to, rel), 0o700)
		}
		if !d.Type().IsRegular() {
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, rel), b, 0o600)
	})
	if err != nil {
		t.Fatal(fmt.Errorf("copy the module: %w", err))
	}
}
