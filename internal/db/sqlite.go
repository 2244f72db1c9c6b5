package db

import (
	"database/sql"
	"net/url"
	"path/filepath"
	"strconv"
	"time"

	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	_ "modernc.org/sqlite" // the driver named "sqlite", pure Go
)

// busyTimeout is how long a statement waits for another writer. It matches
// PostgreSQL's statement timeout, so that both give up alike.
const busyTimeout = 5 * time.Second

// liteDialector is gorm's SQLite dialect with our own reading of errors:
// gorm's knows only the error type of another driver.
type liteDialector struct{ *sqlite.Dialector }

// Translate maps a driver error to gorm's names and to faults.
func (liteDialector) Translate(err error) error { return translate(err) }

func dialSQLite(c Config) (gorm.Dialector, *sql.DB, error) {
	ok, err := Exists(c.Path)
	if err != nil {
		return nil, nil, err
	}
	if !ok && !c.Create {
		return nil, nil, ErrNoDatabase
	}
	dsn, err := sqliteDSN(c)
	if err != nil {
		return nil, nil, err
	}
	pool, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, nil, err
	}
	n := c.MaxConns
	if n == 0 {
		n = 4 // one writes, the others read beside it; more only adds caches
	}
	pool.SetMaxOpenConns(n)
	pool.SetMaxIdleConns(n)
	return liteDialector{sqlite.New(sqlite.Config{Conn: pool}).(*sqlite.Dialector)}, pool, nil
}

// sqliteDSN writes the address with every setting in it, because each new
// connection of the pool starts from the address alone.
func sqliteDSN(c Config) (string, error) {
	abs, err := filepath.Abs(c.Path)
	if err != nil {
		return "", err
	}
	sync := "FULL"
	if c.NoSync {
		sync = "OFF"
	}
	q := url.Values{
		"_pragma": {
			"busy_timeout(" + strconv.FormatInt(busyTimeout.Milliseconds(), 10) + ")",
			"journal_mode(WAL)",
			"synchronous(" + sync + ")",
			"foreign_keys(1)",
			"cache_size(-2000)", // KiB for each connection
			"mmap_size(0)",
			"journal_size_limit(67108864)",
			"trusted_schema(0)",
		},
		"_txlock":      {"immediate"}, // a deferred transaction that turns to writing fails at once when busy
		"_timezone":    {"UTC"},       // times compare as text
		"_time_format": {"sqlite"},
		"mode":         {"rw"},
	}
	if c.Create {
		q.Set("mode", "rwc")
	}
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(abs), RawQuery: q.Encode()}
	return u.String(), nil
}
