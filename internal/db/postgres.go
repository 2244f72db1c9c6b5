package db

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
)

// pgDialector is gorm's PostgreSQL dialect with our own reading of errors.
type pgDialector struct{ *postgres.Dialector }

// Translate maps a driver error to gorm's names and to faults.
func (pgDialector) Translate(err error) error { return translate(err) }

// pgSettings bound every session: a statement that hangs must not hold a
// connection, nor a transaction its locks.
func pgSettings() map[string]string {
	return map[string]string{
		"application_name":                    "coe",
		"timezone":                            "UTC",
		"statement_timeout":                   "5000",
		"lock_timeout":                        "2000",
		"idle_in_transaction_session_timeout": "10000",
	}
}

func dialPostgres(c Config) (gorm.Dialector, *sql.DB, error) {
	cfg, err := pgx.ParseConfig(c.URL)
	if err != nil {
		return nil, nil, fmt.Errorf("the database address cannot be read: %w", err)
	}
	for k, v := range pgSettings() {
		if _, given := cfg.RuntimeParams[k]; !given {
			cfg.RuntimeParams[k] = v
		}
	}
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = 5 * time.Second
	}
	pool := stdlib.OpenDB(*cfg, stdlib.OptionAfterConnect(scanUTC))
	n := c.MaxConns
	if n == 0 {
		n = 20
	}
	pool.SetMaxOpenConns(n)
	pool.SetMaxIdleConns(n)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	pool.SetConnMaxLifetime(time.Hour)
	return pgDialector{postgres.New(postgres.Config{Conn: pool}).(*postgres.Dialector)}, pool, nil
}

// scanUTC makes timestamps arrive in UTC instead of the process's zone.
func scanUTC(_ context.Context, conn *pgx.Conn) error {
	conn.TypeMap().RegisterType(&pgtype.Type{
		Name: "timestamptz", OID: pgtype.TimestamptzOID,
		Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC},
	})
	return nil
}
