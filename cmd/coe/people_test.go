package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"coetracker/internal/db"
	"coetracker/internal/fault"
	"coetracker/people"
)

// cli runs commands on a data folder of its own.
type cli struct {
	t    *testing.T
	data string
}

func newCLI(t *testing.T) cli {
	t.Helper()
	c := cli{t, filepath.Join(t.TempDir(), "data")}
	c.want(exitDone, "migrate", "up")
	return c
}

// want runs a command, expects its exit code and gives its stdout.
func (c cli) want(code int, args ...string) string {
	c.t.Helper()
	var stdout, stderr bytes.Buffer
	env := []string{"COE_DATA=" + c.data, "COE_BASE_URL=https://coe.example.org/"}
	if got := run(context.Background(), args, env, strings.NewReader(""), &stdout, &stderr); got != code {
		c.t.Errorf("coe %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), got, code, &stdout, &stderr)
	}
	if code != exitDone && stderr.Len() == 0 {
		c.t.Errorf("coe %s: no word on what is wrong", strings.Join(args, " "))
	}
	return stdout.String()
}

// row finds a line of a list by its first word, as cells.
func (c cli) row(list, first string) []string {
	c.t.Helper()
	for _, line := range strings.Split(list, "\n") {
		if cells := regexp.MustCompile(` {2,}`).Split(line, -1); cells[0] == first {
			return cells
		}
	}
	c.t.Errorf("no line of %s in\n%s", first, list)
	return nil
}

func (c cli) file(name, text string) string {
	c.t.Helper()
	path := filepath.Join(c.t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		c.t.Fatal(err)
	}
	return path
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
	return lines[len(lines)-1]
}

func TestUserCommands(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	out := c.want(exitDone, "user", "add", "Ana.Meyer@example.org")
	link := regexp.MustCompile(`^https://coe\.example\.org/signin/([A-Za-z0-9_-]{43})$`)
	if !link.MatchString(lastLine(out)) || !strings.Contains(out, "no administrator yet") {
		t.Errorf("user add printed\n%s", out)
	}
	c.want(exitDone, "team", "add", "payments")
	out = c.want(exitDone, "user", "add", "root@example.org", "--role", "admin", "--name", "Root", "--zone", "Europe/Berlin", "--team", "payments", "--manager", "ana.meyer@example.org")
	if strings.Contains(out, "administrator yet") {
		t.Errorf("with an admin: %s", out)
	}
	list := c.want(exitDone, "user", "list")
	if got := strings.Join(c.row(list, "root@example.org"), "|"); got != "root@example.org|Root|admin|Europe/Berlin|payments|ana.meyer@example.org|active" {
		t.Errorf("listed %s", got)
	}

	c.want(exitDone, "user", "set", "root@example.org", "--zone", "", "--team", "", "--manager", "")
	c.want(exitDone, "user", "disable", "ana.meyer@example.org")
	list = c.want(exitDone, "user", "list")
	if got := strings.Join(c.row(list, "root@example.org"), "|"); got != "root@example.org|Root|admin|-|-|-|active" {
		t.Errorf("after set: %s", got)
	}
	if got := c.row(list, "ana.meyer@example.org"); got[len(got)-1] != "disabled" {
		t.Errorf("after disable: %s", got)
	}
	c.want(exitDone, "user", "add", "ana.meyer@example.org", "--role", "reviewer") // comes back
	if got := c.row(c.want(exitDone, "user", "list"), "ana.meyer@example.org"); got[2] != "reviewer" || got[len(got)-1] != "active" {
		t.Errorf("after coming back: %s", got)
	}

	token := link.FindStringSubmatch(lastLine(c.want(exitDone, "user", "link", "root@example.org")))
	if token == nil {
		t.Fatal("user link printed no link")
	}
	signInOnce(t, c.data, token[1])
}

// signInOnce spends the link that a command printed, on the database it used.
func signInOnce(t *testing.T, data, token string) {
	t.Helper()
	g, err := db.Open(t.Context(), db.Config{Path: filepath.Join(data, "coe.db"), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close(g)
	s := &people.Store{DB: g, Wall: time.Now}
	if _, p, err := s.SignIn(t.Context(), token, ""); err != nil || p.Email != "root@example.org" {
		t.Errorf("signed in %v, %v", p, err)
	}
	if _, _, err := s.SignIn(t.Context(), token, ""); !fault.Is(err, fault.NotFound) {
		t.Errorf("a second time: %v", err)
	}
}

func TestUserCommandsRefuse(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	c.want(exitDone, "user", "add", "root@example.org", "--role", "admin")
	for _, r := range []struct {
		code int
		args string
	}{
		{exitUsage, "user"},
		{exitUsage, "user fly"},
		{exitUsage, "user add"},
		{exitUsage, "user add a@example.org b@example.org"},
		{exitUsage, "user add ana"},
		{exitUsage, "user add ana@example.org --role boss"},
		{exitUsage, "user add ana@example.org --zone Mars"},
		{exitUsage, "user add ana@example.org --colour red"},
		{exitNo, "user add ana@example.org --team nobody"},
		{exitNo, "user add ana@example.org --manager nobody@example.org"},
		{exitNo, "user add ROOT@example.org"},
		{exitUsage, "user set root@example.org"},
		{exitNo, "user set nobody@example.org --name N"},
		{exitNo, "user set root@example.org --role writer"},
		{exitNo, "user disable root@example.org"},
		{exitNo, "user link nobody@example.org"},
	} {
		c.want(r.code, strings.Fields(r.args)...)
	}
	if list := c.want(exitDone, "user", "list"); strings.Count(list, "\n") != 2 {
		t.Errorf("after refusals:\n%s", list)
	}
	none := cli{t, filepath.Join(t.TempDir(), "none")}
	for _, args := range [][]string{{"user", "add", "a@example.org"}, {"user", "list"}, {"team", "list"}, {"service", "list"}} {
		none.want(exitFail, args...)
	}
	if _, err := os.Stat(none.data); !os.IsNotExist(err) {
		t.Errorf("a refused command made %s", none.data)
	}
}

func TestTeamAndServiceCommands(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	days := c.file("days.txt", "2025-12-25 Christmas\n2026-01-01\n")
	policy := c.file("policy.json", `{"review_days": 4}`)
	c.want(exitDone, "team", "add", "pay", "--zone", "Asia/Dubai", "--days", "sun-thu", "--holidays", days, "--channel", "#pay", "--policy", policy)
	c.want(exitDone, "team", "set", "pay", "--days", "mon-thu")
	if got := strings.Join(c.row(c.want(exitDone, "team", "list", "pay"), "pay"), "|"); got != "pay|Asia/Dubai|mon,tue,wed,thu|0|2|#pay" {
		t.Errorf("team: %s", got)
	}
	c.want(exitDone, "service", "add", "checkout", "--team", "pay", "--tier", "1", "--target", "ttd=5", "--target", "ttm=60", "--alias", "Cart", "--alias", "basket")
	c.want(exitDone, "service", "set", "checkout", "--target", "ttm=", "--target", "tte=10")
	if got := strings.Join(c.row(c.want(exitDone, "service", "list"), "checkout"), "|"); got != "checkout|pay|1|ttd=5 tte=10|basket, cart" {
		t.Errorf("service: %s", got)
	}
	for _, r := range []struct {
		code int
		args string
	}{
		{exitNo, "team add pay"},
		{exitUsage, "team add new --days never"},
		{exitUsage, "team add new --policy " + days},
		{exitUsage, "team add new --holidays " + policy},
		{exitFail, "team add new --policy " + days + ".missing"},
		{exitUsage, "team set pay"},
		{exitNo, "team set nobody --channel x"},
		{exitNo, "service add checkout"},
		{exitNo, "service add cart"},
		{exitNo, "service add new --team nobody"},
		{exitUsage, "service add new --tier 5"},
		{exitUsage, "service add new --tier one"},
		{exitUsage, "service add new --target ttd"},
		{exitUsage, "service add new --target mttr=5"},
		{exitNo, "service list nobody"},
	} {
		c.want(r.code, strings.Fields(r.args)...)
	}
}
