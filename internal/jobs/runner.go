package jobs

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	mathrand "math/rand/v2"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"coetracker/internal/db"

	"gorm.io/gorm"
)

// Handler does one job. ctx ends when the lease is lost, the program stops or
// the time limit is over. An error tries the job again later, see Fatal and
// RetryAfter for the exceptions.
type Handler func(ctx context.Context, j Job) error

// Config says what a Runner works on. DB, Wall and Handlers are needed.
type Config struct {
	DB       *gorm.DB
	Wall     func() time.Time // wall clock; the calendar clock is DB's
	Handlers map[string]Handler
	Log      *slog.Logger

	Workers   int           // jobs at a time, 4
	Poll      time.Duration // how often to look without being woken, 1 s
	Lease     time.Duration // how long a dead worker keeps its jobs, 20 s
	Heartbeat time.Duration // how often a live one renews, 5 s
	Limit     time.Duration // how long one attempt may take, 10 min
	Grace     time.Duration // how long Stop lets running jobs finish, 10 s
	// Jitter picks the wait before the next attempt between 0 and limit; nil
	// means evenly at random.
	Jitter func(limit time.Duration) time.Duration
}

// Runner takes due jobs and hands them to their handlers.
type Runner struct {
	db       *gorm.DB
	wall     func() time.Time
	handlers map[string]Handler
	kinds    []string
	log      *slog.Logger
	name     string
	jitter   func(time.Duration) time.Duration

	workers                             int
	poll, lease, heartbeat, limit, wait time.Duration

	kick    chan struct{}
	ending  chan struct{}  // closed by Stop
	working sync.WaitGroup // the loops and the jobs under way

	mu       sync.Mutex
	started  bool
	stopped  bool
	grounded bool // jobs under way were cancelled
	flying   map[taking]flight
}

// NewRunner makes a runner that does nothing yet.
func NewRunner(c Config) *Runner {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Jitter == nil {
		c.Jitter = func(limit time.Duration) time.Duration { return mathrand.N(limit + 1) }
	}
	host, _ := os.Hostname() // only for people who look at the table
	return &Runner{
		db: c.DB, wall: c.Wall, log: c.Log, jitter: c.Jitter,
		handlers:  maps.Clone(c.Handlers),
		kinds:     slices.Sorted(maps.Keys(c.Handlers)),
		name:      host + "-" + strconv.Itoa(os.Getpid()) + "-" + rand.Text()[:8],
		workers:   or(c.Workers, 4),
		poll:      or(c.Poll, time.Second),
		lease:     or(c.Lease, 20*time.Second),
		heartbeat: or(c.Heartbeat, 5*time.Second),
		limit:     or(c.Limit, 10*time.Minute),
		wait:      or(c.Grace, 10*time.Second),
		kick:      make(chan struct{}, 1),
		ending:    make(chan struct{}),
		flying:    map[taking]flight{},
	}
}

func or[T ~int | ~int64](value, fallback T) T {
	if value == 0 {
		return fallback
	}
	return value
}

// now is the wall clock in milliseconds.
func (r *Runner) now() int64 { return r.wall().UnixMilli() }

// calendar is the calendar clock in milliseconds.
func (r *Runner) calendar() int64 { return db.Now(r.db).UnixMilli() }

// Start begins to work in the background until ctx ends or Stop is called.
// Starting twice, or after Stop, does nothing.
func (r *Runner) Start(ctx context.Context) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.started || r.stopped {
		return
	}
	r.started = true
	woken, unlisten := db.Listen(r.db, topic)
	r.working.Go(func() { defer unlisten(); r.loop(ctx, woken) })
}

// Stop takes no more jobs, lets those under way finish for the grace time,
// then cancels them and waits. A cancelled job is ready again and its attempt
// does not count. It may be called before Start and more than once.
func (r *Runner) Stop() {
	r.mu.Lock()
	if !r.stopped {
		r.stopped = true
		close(r.ending)
	}
	r.mu.Unlock()
	done := make(chan struct{})
	go func() { r.working.Wait(); close(done) }()
	patience := time.NewTimer(r.wait)
	defer patience.Stop()
	select {
	case <-done:
	case <-patience.C:
		r.cancelAll()
		<-done
	}
}

// Kick makes a started runner look for due jobs at once.
func (r *Runner) Kick() {
	select {
	case r.kick <- struct{}{}:
	default:
	}
}

// RunOnce takes one batch of due jobs, runs them one after another, and gives
// their number. It is for tests and for commands without a server.
func (r *Runner) RunOnce(ctx context.Context) (int, error) {
	taken, err := r.claim(ctx, r.workers)
	if err != nil {
		return 0, fmt.Errorf("take jobs: %w", err)
	}
	for _, j := range taken {
		r.run(ctx, j)
	}
	return len(taken), nil
}

// Drain runs jobs until none is due and none is under way in this runner's own
// loop, and gives the number of those it ran itself. Jobs that failed and wait
// for their next attempt are not due.
func (r *Runner) Drain(ctx context.Context) (int, error) {
	total := 0
	for {
		n, err := r.RunOnce(ctx)
		total += n
		if err != nil {
			return total, err
		}
		if n > 0 {
			continue
		}
		busy, err := r.busy(ctx)
		if err != nil || !busy {
			return total, err
		}
		select {
		case <-ctx.Done():
			return total, ctx.Err()
		case <-time.After(drainPause):
		}
	}
}

// drainPause is the wait for jobs that the loop is busy with.
const drainPause = 10 * time.Millisecond

// busy reports whether this runner holds a job.
func (r *Runner) busy(ctx context.Context) (bool, error) {
	var held int64
	err := r.db.WithContext(ctx).Model(&Job{}).Where("state = ? AND worker = ?", Running, r.name).Count(&held).Error
	return held > 0, err
}

// loop hands due jobs to free workers until the end, and then waits for those
// under way.
func (r *Runner) loop(ctx context.Context, woken <-chan struct{}) {
	work := context.WithoutCancel(ctx) // jobs outlive ctx for the grace time
	var crew sync.WaitGroup
	landed := make(chan struct{})
	r.working.Go(func() { r.beats(work, landed) })
	defer func() { crew.Wait(); close(landed) }()
	slots := make(chan struct{}, r.workers)
	for !r.over(ctx) {
		taken := r.fill(ctx, r.workers-len(slots))
		for _, j := range taken {
			slots <- struct{}{}
			crew.Go(func() { r.run(work, j); <-slots; r.Kick() })
		}
		if len(taken) == 0 { // else there may be more
			r.sleep(ctx, woken)
		}
	}
}

// fill takes jobs for the free workers. A database that does not answer is
// logged and asked again at the next poll.
func (r *Runner) fill(ctx context.Context, free int) []Job {
	if free == 0 {
		return nil
	}
	taken, err := r.claim(ctx, free)
	if err != nil && ctx.Err() == nil {
		r.log.ErrorContext(ctx, "jobs: cannot take jobs", "error", err)
	}
	return taken
}

// over reports whether no more jobs may be taken.
func (r *Runner) over(ctx context.Context) bool {
	select {
	case <-r.ending:
		return true
	default:
		return ctx.Err() != nil
	}
}

// sleep waits for a reason to look again.
func (r *Runner) sleep(ctx context.Context, woken <-chan struct{}) {
	poll := time.NewTimer(r.poll)
	defer poll.Stop()
	select {
	case <-ctx.Done():
	case <-r.ending:
	case <-woken:
	case <-r.kick:
	case <-poll.C:
	}
}

// run does one attempt of a job and writes how it went.
func (r *Runner) run(ctx context.Context, j Job) {
	began := r.wall()
	inner, cancel := r.board(ctx, j)
	defer cancel(nil)
	err := r.attempt(inner, j)
	stopped := err != nil && errors.Is(context.Cause(inner), errStopped)
	r.leave(j)
	ok, writeErr := r.finish(context.WithoutCancel(ctx), j, r.outcome(j, err, stopped))
	log := r.log.With("job", j.ID, "kind", j.Kind, "attempt", j.Attempt, "took", r.wall().Sub(began))
	switch {
	case writeErr != nil:
		log.ErrorContext(ctx, "jobs: the result cannot be written; the job will run again", "error", writeErr)
	case !ok:
		log.WarnContext(ctx, "jobs: somebody else has this job now")
	case err != nil:
		log.WarnContext(ctx, "jobs: attempt failed", "error", err, "last", j.Last())
	}
}

// attempt calls the handler and turns a panic into an error.
func (r *Runner) attempt(ctx context.Context, j Job) (err error) {
	defer func() {
		if p := recover(); p != nil {
			r.log.ErrorContext(ctx, "jobs: handler panicked", "kind", j.Kind, "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, r.limit)
	defer cancel()
	return r.handlers[j.Kind](ctx, j)
}

const (
	baseWait = time.Second
	maxWait  = 10 * time.Minute
)

// backoff is the longest wait after this attempt: 1 s, doubled each time, at
// most 10 min. The wait itself is anything up to it, so that jobs that failed
// together do not come back together.
func backoff(attempt int) time.Duration {
	return min(baseWait<<min(max(attempt-1, 0), 20), maxWait)
}

// outcome gives the columns to set after an attempt.
func (r *Runner) outcome(j Job, err error, stopped bool) map[string]any {
	var later retryAfter
	var dead fatal
	again := func(wait time.Duration, attempt int) map[string]any {
		return map[string]any{
			"state": Ready, "attempt": attempt, "worker": "",
			"not_before": r.wall().Add(wait).UnixMilli(), "last_error": short(err),
		}
	}
	switch {
	case err == nil:
		return map[string]any{"state": Done, "finished_at": r.now(), "last_error": ""}
	case stopped:
		return again(0, j.Attempt-1)
	case errors.As(err, &dead):
		return map[string]any{"state": Parked, "finished_at": r.now(), "last_error": short(err)}
	case errors.As(err, &later):
		return again(later.wait, j.Attempt-1)
	case j.Last():
		return map[string]any{"state": Parked, "finished_at": r.now(), "last_error": short(err)}
	}
	return again(r.jitter(backoff(j.Attempt)), j.Attempt)
}

// short keeps an error readable in a list.
func short(err error) string {
	const most = 2000
	text := err.Error()
	if len(text) > most {
		text = text[:most] + " …"
	}
	return strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "")
}
