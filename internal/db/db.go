// Package db opens the database and holds what every store needs from it:
// one way to run a transaction, to save a row against its version, and to tell
// the kinds of database error apart.
//
// Two databases are supported, SQLite (a file, the default) and PostgreSQL.
// Instants are kept in UTC with microseconds on both. Days without a zone are
// text "YYYY-MM-DD", which both compare correctly.
package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"time"

	"gorm.io/gorm"
)

// ErrNoDatabase says that there is no SQLite file where one was expected and
// that this command may not make one. Test for it with errors.Is.
var ErrNoDatabase = errors.New("there is no database here; `coe migrate up` or `coe serve` makes one")

// Config says which database to open, and how.
type Config struct {
	// URL is a postgres:// or postgresql:// address; empty means SQLite.
	URL string
	// Path is the SQLite file. It is used only when URL is empty.
	Path string
	// Create allows Open to make the SQLite file where there is none.
	Create bool
	// Now is the calendar clock: it fills created_at and updated_at.
	Now func() time.Time
	// Log receives slow statements (warn) and failed ones (debug), without
	// their values. Nil logs nothing.
	Log *slog.Logger
	// MaxConns bounds the pool; 0 means 4 on SQLite and 20 on PostgreSQL.
	MaxConns int
	// NoSync gives up durability for speed on SQLite. Only for tests.
	NoSync bool
}

// Open opens the database without migrating it and proves that it answers.
// The caller closes it with Close.
func Open(ctx context.Context, c Config) (*gorm.DB, error) {
	if c.Now == nil {
		return nil, errors.New("db: Config.Now is needed")
	}
	dialector, pool, err := dial(c)
	if err != nil {
		return nil, err
	}
	if err := pool.PingContext(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("open database: %w", translate(err))
	}
	st := newState(c.Log)
	g, err := gorm.Open(dialector, &gorm.Config{
		SkipDefaultTransaction: true, // a single statement is atomic by itself; verbs use Tx
		TranslateError:         true,
		Logger:                 st,
		NowFunc:                func() time.Time { return Instant(c.Now()) },
		DisableAutomaticPing:   true,
		Plugins:                map[string]gorm.Plugin{},
	})
	if err != nil {
		pool.Close()
		return nil, fmt.Errorf("open database: %w", err)
	}
	if err := g.Use(st); err != nil {
		pool.Close()
		return nil, err
	}
	return g, nil
}

// dial chooses the database by the address.
func dial(c Config) (gorm.Dialector, *sql.DB, error) {
	if c.URL == "" {
		return dialSQLite(c)
	}
	u, err := url.Parse(c.URL)
	if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") {
		return nil, nil, errors.New("the database address must begin with postgres:// or be empty for SQLite")
	}
	return dialPostgres(c)
}

// Close closes the pool. Closing twice is harmless.
func Close(g *gorm.DB) error {
	pool, err := g.DB()
	if err != nil {
		return err
	}
	return pool.Close()
}

// Exists reports whether there is a SQLite database file at path. An empty
// file, as left by a crash before the first write, does not count.
func Exists(path string) (bool, error) {
	fi, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if fi.IsDir() {
		return false, fmt.Errorf("%s is a folder, not a database file", path)
	}
	return fi.Size() > 0, nil
}

// IsPostgres reports whether this handle talks to PostgreSQL.
func IsPostgres(g *gorm.DB) bool { return g.Dialector.Name() == "postgres" }

// Now gives the calendar time of this handle, in UTC with microseconds.
func Now(g *gorm.DB) time.Time { return g.NowFunc() }

// Instant brings a time into the form both databases keep without loss: UTC,
// whole microseconds, no monotonic reading.
func Instant(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }
