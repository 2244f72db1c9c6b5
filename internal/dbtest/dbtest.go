// Package dbtest gives each test a fresh, migrated database: a SQLite file,
// and where PostgreSQL's binaries are installed also a PostgreSQL database.
// Only test files import it.
//
// Environment: COE_TEST_POSTGRES is the address of a running cluster (else the
// process starts its own), COE_TEST_POSTGRES_REQUIRED=1 turns the skip without
// PostgreSQL into a failure, COE_TEST_PG_LEDGER names a file that gets a line
// for each test run on PostgreSQL.
package dbtest

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"coetracker/internal/db"
	"coetracker/migrations"

	"gorm.io/gorm"
)

// Option changes how a test database is opened.
type Option func(*db.Config)

// WithClock makes the database take its times from c.
func WithClock(c *Clock) Option { return func(cfg *db.Config) { cfg.Now = c.Now } }

// WithConns bounds the pool, which tests of waiting need.
func WithConns(n int) Option { return func(cfg *db.Config) { cfg.MaxConns = n } }

// New gives a migrated SQLite database in a file of its own, closed and
// removed with the test. Its clock stands at Start unless WithClock is given.
func New(t testing.TB, opts ...Option) *gorm.DB {
	t.Helper()
	path := filepath.Join(t.TempDir(), "coe.db")
	template, err := liteTemplate()
	if err != nil {
		t.Fatalf("dbtest: %v", err)
	}
	if err := os.WriteFile(path, template, 0o600); err != nil {
		t.Fatalf("dbtest: %v", err)
	}
	return open(t, db.Config{Path: path, NoSync: true}, opts)
}

// Postgres gives a migrated PostgreSQL database of its own, dropped with the
// test. Without PostgreSQL the test is skipped, or fails when
// COE_TEST_POSTGRES_REQUIRED=1.
func Postgres(t testing.TB, opts ...Option) *gorm.DB {
	t.Helper()
	return open(t, db.Config{URL: postgresURL(t, true)}, opts)
}

// Empty gives a database without any table: SQLite, or PostgreSQL as Postgres
// does. It is for tests of migrations.
func Empty(t testing.TB, postgres bool, opts ...Option) *gorm.DB {
	t.Helper()
	if postgres {
		return open(t, db.Config{URL: postgresURL(t, false)}, opts)
	}
	return open(t, db.Config{Path: filepath.Join(t.TempDir(), "coe.db"), Create: true, NoSync: true}, opts)
}

// Each runs f as subtest "sqlite" and as subtest "postgres". f may call
// t.Parallel.
func Each(t *testing.T, f func(t *testing.T, g *gorm.DB), opts ...Option) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, New(t, opts...)) })
	t.Run("postgres", func(t *testing.T) { f(t, Postgres(t, opts...)) })
}

// Same opens a further handle to the database of g, as another process would.
// It is closed with the test.
func Same(t testing.TB, g *gorm.DB, opts ...Option) *gorm.DB {
	t.Helper()
	if db.IsPostgres(g) {
		var name string
		if err := g.Raw("SELECT current_database()").Scan(&name).Error; err != nil {
			t.Fatalf("dbtest: %v", err)
		}
		return open(t, db.Config{URL: withDatabase(mustCluster(t), name)}, opts)
	}
	var file string
	if err := g.Raw("SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(&file).Error; err != nil {
		t.Fatalf("dbtest: %v", err)
	}
	return open(t, db.Config{Path: file, NoSync: true, Create: true}, opts)
}

func open(t testing.TB, cfg db.Config, opts []Option) *gorm.DB {
	t.Helper()
	cfg.Now = NewClock(Start).Now
	if cfg.URL != "" {
		cfg.MaxConns = 10 // many tests share one cluster
	}
	for _, o := range opts {
		o(&cfg)
	}
	g, err := db.Open(t.Context(), cfg)
	if err != nil {
		t.Fatalf("dbtest: %v", err)
	}
	t.Cleanup(func() { db.Close(g) })
	return g
}

// liteTemplate migrates one SQLite file for the whole process and keeps its
// bytes: copying a file is much faster than migrating.
var liteTemplate = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "coelite")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	ctx, path := context.Background(), filepath.Join(dir, "coe.db")
	g, err := db.Open(ctx, db.Config{Path: path, Create: true, NoSync: true, Now: NewClock(Start).Now})
	if err != nil {
		return nil, err
	}
	defer db.Close(g)
	if _, err := migrations.Up(ctx, g); err != nil {
		return nil, err
	}
	if err := g.Exec("PRAGMA wal_checkpoint(TRUNCATE)").Error; err != nil {
		return nil, err
	}
	if err := db.Close(g); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// Start is where the clock of a test database stands: Tuesday, 3 March 2026,
// 10:00 UTC.
var Start = time.Date(2026, 3, 3, 10, 0, 0, 0, time.UTC)

// Clock is a clock that moves only when told.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock makes a clock that stands at t.
func NewClock(t time.Time) *Clock { return &Clock{now: t} }

// Now is where the clock stands; it fits db.Config.Now.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock on by d.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Set puts the clock to t.
func (c *Clock) Set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}
