package dbtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"coetracker/internal/db"
	"coetracker/migrations"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// Main runs the tests of a package and then stops the PostgreSQL cluster this
// process started, if any. A package that uses Each has
//
//	func TestMain(m *testing.M) { dbtest.Main(m) }
//
// Without it the cluster dies with the process too, but leaves a temporary
// folder that only the next run removes.
func Main(m *testing.M) {
	code := m.Run()
	own.stop()
	os.Exit(code)
}

// own is the cluster of this process, started by the first test that needs it.
var own shared

type shared struct {
	once    sync.Once
	cluster *Cluster
	url     string
	err     error
}

// address gives the cluster's address, starting one when none is given.
func (s *shared) address() (string, error) {
	s.once.Do(func() {
		if s.url = os.Getenv("COE_TEST_POSTGRES"); s.url != "" {
			return
		}
		if s.cluster, s.err = StartCluster(false); s.err == nil {
			s.url = s.cluster.URL
		}
	})
	return s.url, s.err
}

func (s *shared) stop() {
	s.once.Do(func() {}) // nobody starts one from now on
	if s.cluster != nil {
		s.cluster.Stop()
	}
}

// mustCluster gives the cluster's address, or skips or fails the test.
func mustCluster(t testing.TB) string {
	t.Helper()
	address, err := own.address()
	switch {
	case err == nil:
		return address
	case os.Getenv("COE_TEST_POSTGRES_REQUIRED") == "1":
		t.Fatalf("dbtest: PostgreSQL is required here: %v", err)
	default:
		t.Skipf("dbtest: no PostgreSQL: %v", err)
	}
	return ""
}

// postgresURL makes a database for one test and gives its address.
func postgresURL(t testing.TB, migrated bool) string {
	t.Helper()
	address := mustCluster(t)
	template := "template0"
	if migrated {
		var err error
		if template, err = pgTemplate(address); err != nil {
			t.Fatalf("dbtest: %v", err)
		}
	}
	name := "t_" + strings.ToLower(rand.Text())
	create := "CREATE DATABASE " + name + " TEMPLATE " + template
	if err := admin(t.Context(), address, create); err != nil {
		t.Fatalf("dbtest: %v", err)
	}
	t.Cleanup(func() {
		if err := admin(context.Background(), address, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("dbtest: %v", err)
		}
	})
	enterLedger(t)
	return withDatabase(address, name)
}

// enterLedger leaves a line, so that whoever ran the tests can see that the
// ones for PostgreSQL were run at all.
func enterLedger(t testing.TB) {
	file := os.Getenv("COE_TEST_PG_LEDGER")
	if file == "" {
		return
	}
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatalf("dbtest: %v", err)
	}
	defer f.Close()
	fmt.Fprintln(f, t.Name())
}

var templates struct {
	sync.Mutex
	made map[string]string // by address
}

// pgTemplate migrates one database for the whole cluster, under a name that
// changes with the migrations, and gives that name. Processes that come at the
// same time wait for the one that makes it.
func pgTemplate(address string) (string, error) {
	templates.Lock()
	defer templates.Unlock()
	if name := templates.made[address]; name != "" {
		return name, nil
	}
	sum, err := migrations.Sum("postgres")
	if err != nil {
		return "", err
	}

	name := "coe_" + sum[:16]
	if err := makeTemplate(address, name); err != nil {
		return "", fmt.Errorf("make the PostgreSQL template: %w", err)
	}
	templates.made = map[string]string{address: name}
	return name, nil
}

func makeTemplate(address, name string) error {
	ctx := context.Background()
	pool, err := adminPool(address)
	if err != nil {
		return err
	}
	defer pool.Close()
	conn, err := pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close() // lets go of the lock
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock(7)"); err != nil {
		return err
	}
	var n int
	if err := conn.QueryRowContext(ctx, "SELECT count(*) FROM pg_database WHERE datname = $1", name).Scan(&n); err != nil || n > 0 {
		return err
	}
	half := name + "_half" // a run that was killed half-way must not leave a template
	for _, q := range []string{"DROP DATABASE IF EXISTS " + half, "CREATE DATABASE " + half + " TEMPLATE template0"} {
		if _, err := conn.ExecContext(ctx, q); err != nil {
			return err
		}
	}
	if err := migrate(ctx, withDatabase(address, half)); err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, "ALTER DATABASE "+half+" RENAME TO "+name)
	return err
}

func migrate(ctx context.Context, address string) error {
	g, err := db.Open(ctx, db.Config{URL: address, Now: NewClock(Start).Now})
	if err != nil {
		return err
	}
	_, err = migrations.Up(ctx, g)
	if e := db.Close(g); err == nil {
		err = e
	}
	return err
}

// adminPool opens the cluster itself, without the time limits of db.Open.
func adminPool(address string) (*sql.DB, error) {
	cfg, err := pgx.ParseConfig(withDatabase(address, "postgres"))
	if err != nil {
		return nil, err
	}
	return stdlib.OpenDB(*cfg), nil
}

func admin(ctx context.Context, address, statement string) error {
	pool, err := adminPool(address)
	if err != nil {
		return err
	}
	defer pool.Close()
	if _, err := pool.ExecContext(ctx, statement); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}

// withDatabase gives the address of another database of the same cluster.
func withDatabase(address, name string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address // db.Open says what is wrong with it
	}
	u.Path = "/" + name
	return u.String()
}
