package jobs

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"
)

// taking names one taking of a job: a job can come back to this process while
// a handler that lost it has not noticed yet.
type taking struct{ ID, Fence int64 }

// flight is a job under way in this process.
type flight struct {
	until  int64 // end of its lease, wall clock in milliseconds
	cancel context.CancelCauseFunc
}

var (
	errFenced  = errors.New("the lease was lost")
	errStopped = errors.New("the program stops")
)

// board notes that a job is under way and gives the context it runs in.
func (r *Runner) board(ctx context.Context, j Job) (context.Context, context.CancelCauseFunc) {
	inner, cancel := context.WithCancelCause(ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.flying[taking{j.ID, j.Fence}] = flight{until: j.LeaseUntil, cancel: cancel}
	if r.grounded {
		cancel(errStopped)
	}
	return inner, cancel
}

// leave forgets a job that has ended.
func (r *Runner) leave(j Job) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.flying, taking{j.ID, j.Fence})
}

// cancelAll ends the jobs under way, and any that were just taken, because the
// program stops.
func (r *Runner) cancelAll() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.grounded = true
	for _, f := range r.flying {
		f.cancel(errStopped)
	}
}

// beats renews the leases of the jobs under way until the last has landed.
func (r *Runner) beats(ctx context.Context, landed <-chan struct{}) {
	tick := time.NewTicker(r.heartbeat)
	defer tick.Stop()
	for {
		select {
		case <-landed:
			return
		case <-tick.C:
			r.renew(ctx)
		}
	}
}

// renew renews the leases once and cancels the jobs that were lost. When the
// database does not answer, a job goes on until its lease has run out.
func (r *Runner) renew(ctx context.Context) {
	r.mu.Lock()
	under := slices.Collect(maps.Keys(r.flying))
	r.mu.Unlock()
	if len(under) == 0 {
		return
	}
	until := r.now() + r.lease.Milliseconds()
	held, err := r.beat(ctx, under, until)
	if err != nil {
		r.log.ErrorContext(ctx, "jobs: cannot renew leases", "error", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, t := range under {
		f, ok := r.flying[t]
		switch {
		case !ok: // has ended meanwhile
		case err == nil && slices.Contains(held, t):
			r.flying[t] = flight{until: until, cancel: f.cancel}
		case err == nil || f.until <= r.now():
			f.cancel(errFenced)
		}
	}
}
