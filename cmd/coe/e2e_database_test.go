package main_test

import (
	"encoding/base64"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"coetracker/internal/db"
	"coetracker/internal/dbtest"
	"coetracker/migrations"
)

// onBoth runs a test with a program on an empty data folder, and with one on
// an empty PostgreSQL database.
func onBoth(t *testing.T, f func(t *testing.T, p *program), env ...string) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, newProgram(t, env...)) })
	t.Run("postgres", func(t *testing.T) { f(t, newProgram(t, append(env, onPostgres(t)...)...)) })
}

// onPostgres gives the settings for a database of its own, without any table.
func onPostgres(t *testing.T) []string {
	t.Helper()
	g := dbtest.Empty(t, true)
	var at struct{ Name, Folder, Port, Person string }
	err := g.Raw(`SELECT current_database() AS name, current_setting('unix_socket_directories') AS folder,
		current_setting('port') AS port, current_user AS person`).Scan(&at).Error
	if err != nil {
		t.Fatal(err)
	}
	u := url.URL{Scheme: "postgres", User: url.User(at.Person), RawQuery: url.Values{"host": {at.Folder}, "port": {at.Port}, "sslmode": {"disable"}}.Encode()}
	if given := os.Getenv("COE_TEST_POSTGRES"); given != "" {
		g, err := url.Parse(given)
		if err != nil {
			t.Fatal(err)
		}
		u = *g
	}
	u.Path = "/" + at.Name
	key := base64.StdEncoding.EncodeToString(make([]byte, 32))
	return []string{"COE_DATABASE_URL=" + u.String(), "COE_SECRET_KEY=" + key}
}

// open opens the program's database beside it, as an operator with SQL would.
func (p *program) open() *gorm.DB {
	p.t.Helper()
	g, err := db.Open(p.t.Context(), db.Config{URL: p.variable("COE_DATABASE_URL"), Path: p.data + "/coe.db", Now: time.Now, MaxConns: 2})
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { db.Close(g) })
	return g
}

// applied gives how often each step of the schema was applied.
func (p *program) applied() map[int64]int {
	p.t.Helper()
	var rows []struct {
		VersionID int64
		N         int
	}
	if err := p.open().Raw("SELECT version_id, count(*) AS n FROM goose_db_version GROUP BY version_id").Scan(&rows).Error; err != nil {
		p.t.Fatal(err)
	}
	out := map[int64]int{}
	for _, r := range rows {
		out[r.VersionID] = r.N
	}
	return out
}

// Servers that start together migrate once, and both of them serve.
func TestServersStartTogether(t *testing.T) {
	onBoth(t, func(t *testing.T, a *program) {
		programs := []*program{a, a.with("COE_ADDR=" + freeAddr(t)), a.with("COE_ADDR=" + freeAddr(t))}
		var running []*process
		for _, p := range programs {
			running = append(running, p.start("serve", "--log", "warn"))
		}
		for i, p := range programs {
			p.await(running[i])
		}
		steps, err := migrations.Steps("sqlite")
		if err != nil {
			t.Fatal(err)
		}
		applied := a.applied()
		for _, s := range steps {
			if applied[s.Version] != 1 {
				t.Errorf("step %d was applied %d times", s.Version, applied[s.Version])
			}
		}
		if len(applied) > len(steps)+1 { // goose notes version 0 too
			t.Errorf("applied %v", applied)
		}
		a.want(0, "user", "add", "ana@example.org")
		session := a.signIn("ana@example.org")
		for _, p := range programs { // one session is good at each of them
			b := newBrowser(t, p.url())
			b.cookie = session.cookie
			b.get("/coes").wants(200)
		}
	})
}

func TestMigrateTogether(t *testing.T) {
	onBoth(t, func(t *testing.T, p *program) {
		var running []*process
		for range 3 {
			running = append(running, p.start("migrate", "up"))
		}
		did := 0
		for _, r := range running {
			if code := r.wait(); code != 0 {
				t.Fatalf("exit code %d\n%s", code, r.tail())
			}
			if strings.Contains(r.stdout.String(), "applied 00001") {
				did++
			}
		}
		if did != 1 {
			t.Errorf("%d of 3 say that they applied the first step", did)
		}
		if out := p.want(0, "migrate", "status"); strings.Contains(out, "missing") {
			t.Errorf("status:\n%s", out)
		}
	})
}

// A program that is older than the schema says so and touches nothing.
func TestNewerSchemaIsRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, p *program) {
		p.want(0, "migrate", "up")
		if err := p.open().Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, ?)", true).Error; err != nil {
			t.Fatal(err)
		}
		for _, args := range []string{"serve", "migrate up", "user list", "audit verify"} {
			if out := p.want(3, strings.Fields(args)...); !strings.Contains(out, "the database is at schema 99999") || !strings.Contains(out, "start the newer program") {
				t.Errorf("coe %s says %q", args, out)
			}
		}
		if !refused(p.url()) {
			t.Error("somebody listens")
		}
	})
}

func TestOlderSchemaIsRefusedByCommands(t *testing.T) {
	onBoth(t, func(t *testing.T, p *program) {
		p.want(0, "migrate", "up")
		if err := p.open().Exec("DELETE FROM goose_db_version WHERE version_id = (SELECT max(version_id) FROM goose_db_version)").Error; err != nil {
			t.Fatal(err)
		}
		if out := p.want(3, "user", "list"); !strings.Contains(out, "run `coe migrate up`") {
			t.Errorf("says %q", out)
		}
	})
}
