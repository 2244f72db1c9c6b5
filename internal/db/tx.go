package db

import (
	"context"
	"time"

	"coetracker/internal/fault"

	"gorm.io/gorm"
)

// retries is how often Tx runs a transaction again that PostgreSQL undid.
const retries = 2

type hooksKey struct{}

// hooks are what a transaction wants done once it is committed.
type hooks struct{ after []func() }

// Tx runs fn in one transaction: committed when fn returns nil, undone when it
// returns an error or panics. It is the only place that opens one. Inside
// another Tx it becomes a savepoint of that one.
//
// fn must use the handle it is given, do nothing slow or remote, and be ready
// to run again: PostgreSQL may undo it for serialization or deadlock, and then
// it is run at most twice more. Nothing else is retried. A busy database or a
// timeout comes back as fault.Unavailable.
func Tx(ctx context.Context, g *gorm.DB, fn func(tx *gorm.DB) error) error {
	if inTx(g) {
		return translate(g.WithContext(joined(ctx, g)).Transaction(fn))
	}
	release, err := stateOf(g).turn(ctx, g)
	if err != nil {
		return err
	}
	defer release()
	for try := 0; ; try++ {
		h := &hooks{}
		err := g.WithContext(context.WithValue(ctx, hooksKey{}, h)).Transaction(fn)
		if err == nil {
			release()
			h.run()
			return nil
		}
		if try == retries || !isRetryable(err) || ctx.Err() != nil {
			return translate(err)
		}
	}
}

// AfterCommit runs f once the transaction of tx is committed, and never when
// it is undone. Outside a transaction it runs f at once.
func AfterCommit(tx *gorm.DB, f func()) {
	if h, ok := tx.Statement.Context.Value(hooksKey{}).(*hooks); ok && inTx(tx) {
		h.after = append(h.after, f)
		return
	}
	f()
}

func (h *hooks) run() {
	for _, f := range h.after {
		f()
	}
}

// inTx reports whether g is already inside a transaction.
func inTx(g *gorm.DB) bool {
	c, ok := g.Statement.ConnPool.(gorm.TxCommitter)
	return ok && c != nil
}

// joined gives ctx the commit hooks of the transaction g is in.
func joined(ctx context.Context, g *gorm.DB) context.Context {
	return context.WithValue(ctx, hooksKey{}, g.Statement.Context.Value(hooksKey{}))
}

// turn waits for this process's turn to write. SQLite has one writer at a
// time and lets the others poll, which is unfair to the slow; a queue in the
// process is not. PostgreSQL needs none. Releasing twice is harmless.
func (s *state) turn(ctx context.Context, g *gorm.DB) (release func(), err error) {
	if IsPostgres(g) {
		return func() {}, nil
	}
	wait := time.NewTimer(busyTimeout)
	defer wait.Stop()
	select {
	case s.writer <- struct{}{}:
	case <-ctx.Done():
		return nil, translate(ctx.Err())
	case <-wait.C:
		return nil, fault.Unavailablef(nil, "The database is busy. Try again in a moment.")
	}
	done := false
	return func() {
		if !done {
			done = true
			<-s.writer
		}
	}, nil
}
