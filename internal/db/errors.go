package db

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"strings"

	"coetracker/internal/fault"

	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm"
	modernc "modernc.org/sqlite"
)

// IsUnique reports whether err says that a row with this key is there already.
func IsUnique(err error) bool { return errors.Is(err, gorm.ErrDuplicatedKey) }

// IsForeignKey reports whether err says that a row this one points to is
// missing, or that others still point to a row to be deleted.
func IsForeignKey(err error) bool { return errors.Is(err, gorm.ErrForeignKeyViolated) }

// IsNotFound reports whether a First or Take found no row.
func IsNotFound(err error) bool { return errors.Is(err, gorm.ErrRecordNotFound) }

// translate gives driver errors the names the rest of the program tests for:
// gorm's for constraints, fault.Unavailable for whatever may work a moment
// later. Other errors come back as they are. It is applied to every statement.
func translate(err error) error {
	if err == nil {
		return nil
	}
	if _, done := fault.Of(err); done {
		return err
	}
	var lite *modernc.Error
	if errors.As(err, &lite) {
		return translateLite(lite.Code(), err)
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return translatePg(pg.Code, err)
	}
	if isConnection(err) {
		return fault.Unavailablef(err, "The database does not answer. Try again in a moment.")
	}
	return err
}

// translateLite reads SQLite's extended result codes.
func translateLite(code int, err error) error {
	switch code {
	case 1555, 2067, 2579: // primary key, unique, rowid
		return fmt.Errorf("%w: %w", gorm.ErrDuplicatedKey, err)
	case 787, 1811: // foreign key, and the same found by a trigger
		return fmt.Errorf("%w: %w", gorm.ErrForeignKeyViolated, err)
	case 275:
		return fmt.Errorf("%w: %w", gorm.ErrCheckConstraintViolated, err)
	}
	switch code & 0xff {
	case 5, 6: // busy, locked
		return fault.Unavailablef(err, "The database is busy. Try again in a moment.")
	case 13: // full
		return fault.Unavailablef(err, "The disk of the database is full. Ask an administrator to make room.")
	}
	return err
}

// translatePg reads PostgreSQL's SQLSTATE.
func translatePg(code string, err error) error {
	switch code {
	case "23505":
		return fmt.Errorf("%w: %w", gorm.ErrDuplicatedKey, err)
	case "23503":
		return fmt.Errorf("%w: %w", gorm.ErrForeignKeyViolated, err)
	case "23514":
		return fmt.Errorf("%w: %w", gorm.ErrCheckConstraintViolated, err)
	case "22021": // a zero byte, or bytes that are no UTF-8; SQLite takes them
		return fault.Invalidf("", "This holds characters that cannot be stored or looked for. Write it as plain text.")
	case "57014", "55P03", "40001", "40P01", "25P03", "25P04":
		// a timeout of statement, lock, or transaction; serialization; deadlock
		return fault.Unavailablef(err, "The database is busy. Try again in a moment.")
	}
	for _, class := range []string{"08", "53", "57P"} { // connection, resources, shutdown
		if strings.HasPrefix(code, class) {
			return fault.Unavailablef(err, "The database does not answer. Try again in a moment.")
		}
	}
	return err
}

// isConnection reports whether the server could not be reached or took too
// long. A cancelled request is not one: nobody waits for that answer.
func isConnection(err error) bool {
	if errors.Is(err, context.Canceled) {
		return false
	}
	var connect *pgconn.ConnectError
	var network net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, driver.ErrBadConn) ||
		errors.As(err, &connect) || errors.As(err, &network)
}

// isRetryable reports whether PostgreSQL undid the transaction for a reason
// that a second run of it may not meet: serialization, deadlock, or a plan
// prepared before a migration.
func isRetryable(err error) bool {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return false
	}
	return pg.Code == "40001" || pg.Code == "40P01" ||
		pg.Code == "0A000" && strings.Contains(pg.Message, "cached plan")
}
