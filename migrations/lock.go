package migrations

import (
	"context"
	"database/sql"
	"net/url"

	"gorm.io/gorm"
)

// lockID is the number of our advisory lock on PostgreSQL: "coe" in ASCII.
const lockID = 0x636f65

// lock waits until no other process migrates this database, then holds the
// others off until unlock. A process that dies lets go by itself.
func lock(ctx context.Context, g *gorm.DB) (unlock func(), err error) {
	if g.Dialector.Name() == "postgres" {
		return lockPostgres(ctx, g)
	}
	return lockSQLite(ctx, g)
}

func lockPostgres(ctx context.Context, g *gorm.DB) (func(), error) {
	pool, err := g.DB()
	if err != nil {
		return nil, err
	}
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, err
	}
	if err := (patience{}).SessionLock(ctx, conn); err != nil {
		conn.Close()
		return nil, err
	}
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", lockID); err != nil {
		conn.Close()
		return nil, err
	}
	return func() {
		ctx := context.WithoutCancel(ctx)
		conn.ExecContext(ctx, "SELECT pg_advisory_unlock($1)", lockID)
		patience{}.SessionUnlock(ctx, conn)
		conn.Close()
	}, nil
}

// lockSQLite takes the write lock of a small database beside the real one: the
// real one's is needed by the migrations themselves. It works between
// processes on every system SQLite works on.
func lockSQLite(ctx context.Context, g *gorm.DB) (func(), error) {
	var file string
	row := g.WithContext(ctx).Raw("SELECT file FROM pragma_database_list WHERE name = 'main'").Row()
	if err := row.Scan(&file); err != nil {
		return nil, err
	}
	if file == "" { // in memory: nobody else can see it
		return func() {}, nil
	}
	q := url.Values{"_txlock": {"exclusive"}, "_pragma": {"busy_timeout(120000)", "synchronous(OFF)"}}
	u := url.URL{Scheme: "file", Path: file + ".migrating", RawQuery: q.Encode()}
	side, err := sql.Open("sqlite", u.String())
	if err != nil {
		return nil, err
	}
	tx, err := side.BeginTx(ctx, nil)
	if err != nil {
		side.Close()
		return nil, err
	}
	return func() { tx.Rollback(); side.Close() }, nil
}

// patience lifts the session's time limits while a migration runs: building
// an index on a large table may take longer than any request may. It is given
// to goose in the place of a lock, because that is where goose shows us the
// connection it works on.
type patience struct{}

// SessionLock lifts the limits of this connection.
func (patience) SessionLock(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, "SELECT set_config('statement_timeout', '0', false), set_config('lock_timeout', '0', false)")
	return err
}

// SessionUnlock puts back the limits the connection was opened with.
func (patience) SessionUnlock(ctx context.Context, conn *sql.Conn) error {
	if _, err := conn.ExecContext(ctx, "RESET statement_timeout"); err != nil {
		return err
	}
	_, err := conn.ExecContext(ctx, "RESET lock_timeout")
	return err
}
