// Package jobs is the queue of work that is done outside a request. A job is
// enqueued in the transaction that needs it done, so that both happen or
// neither; it runs at least once, on any process that works on the database.
//
// A worker holds a job by a lease that it renews while it works. When it dies
// the lease runs out and another takes the job; each taking has its own fence
// number, and only the latest may finish the job. Handlers must be idempotent.
//
// Two clocks rule a job: run_at is on the calendar clock, which a demo or a
// test may move; leases and the wait between attempts are on the wall clock.
package jobs

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"coetracker/internal/db"

	"gorm.io/gorm"
)

// State is where a job stands.
type State string

// The states of a job.
const (
	Ready   State = "ready"   // waits for its time
	Running State = "running" // held by a worker, or by one that died
	Done    State = "done"
	Parked  State = "parked" // given up; it waits for a person
)

// topic is what Enqueue notifies of in this process.
const topic = "jobs"

// defaultMax is how often a job is tried unless Opt says otherwise.
const defaultMax = 10

// Job is one row of the queue. Instants are whole milliseconds since 1970 UTC.
type Job struct {
	ID          int64 `gorm:"primaryKey"`
	Kind        string
	UniqueKey   *string
	Args        string // JSON
	State       State
	RunAt       int64 // calendar clock
	NotBefore   int64 // wall clock: the wait after a failed attempt
	Attempt     int   // 1 while the first attempt runs
	Fence       int64 // counts every taking, also those that do not count as an attempt
	MaxAttempts int
	Worker      string
	LeaseUntil  int64 // wall clock
	LastError   string
	CreatedAt   int64  `gorm:"autoCreateTime:false"` // calendar clock
	FinishedAt  *int64 // wall clock
}

// TableName names the table.
func (Job) TableName() string { return "jobs" }

// Key is the unique key, empty for none.
func (j Job) Key() string {
	if j.UniqueKey == nil {
		return ""
	}
	return *j.UniqueKey
}

// Decode reads the arguments into v. Arguments that cannot be read will not
// be better next time, so the error parks the job.
func (j Job) Decode(v any) error {
	if err := json.Unmarshal([]byte(j.Args), v); err != nil {
		return Fatal(fmt.Errorf("read the arguments: %w", err))
	}
	return nil
}

// Last reports whether a failure of this attempt parks the job.
func (j Job) Last() bool { return j.Attempt >= j.MaxAttempts }

// Opt says when and how often a job runs; its zero value means now, up to ten
// attempts, and no key.
type Opt struct {
	// Key makes the job unique among those of its kind, finished ones too
	// until they are purged after 30 days.
	Key string
	// RunAt is on the calendar clock.
	RunAt time.Time
	// Max is the number of attempts, 0 for ten.
	Max int
}

// Enqueue adds a job in the caller's transaction. added is false when one of
// this kind and key is there already; nothing changes then. args becomes JSON.
func Enqueue(tx *gorm.DB, kind string, args any, o Opt) (added bool, err error) {
	text, err := json.Marshal(args)
	if err != nil {
		return false, fmt.Errorf("enqueue %s: %w", kind, err)
	}
	now := db.Now(tx)
	j := Job{Kind: kind, Args: string(text), RunAt: now.UnixMilli(), MaxAttempts: o.Max, CreatedAt: now.UnixMilli()}
	if !o.RunAt.IsZero() {
		j.RunAt = o.RunAt.UnixMilli()
	}
	if o.Max == 0 {
		j.MaxAttempts = defaultMax
	}
	if o.Key != "" {
		j.UniqueKey = &o.Key
	}
	r := tx.Exec(`INSERT INTO jobs (kind, unique_key, args, run_at, max_attempts, created_at) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (kind, unique_key) WHERE unique_key IS NOT NULL DO NOTHING`,
		j.Kind, j.UniqueKey, j.Args, j.RunAt, j.MaxAttempts, j.CreatedAt)
	if r.Error != nil {
		return false, fmt.Errorf("enqueue %s: %w", kind, r.Error)
	}
	if r.RowsAffected == 1 && j.RunAt <= now.UnixMilli() {
		db.Notify(tx, topic)
	}
	return r.RowsAffected == 1, nil
}

type fatal struct{ error }

func (e fatal) Unwrap() error { return e.error }

// Fatal makes a handler's error park the job at once: trying again is useless.
func Fatal(err error) error {
	if err == nil {
		err = errors.New("given up")
	}
	return fatal{err}
}

type retryAfter struct {
	error
	wait time.Duration
}

func (e retryAfter) Unwrap() error { return e.error }

// RetryAfter makes a handler's error put the job off for d on the wall clock,
// at least a second, without counting the attempt: the other side asked for
// patience.
func RetryAfter(d time.Duration, err error) error {
	if err == nil {
		err = errors.New("put off")
	}
	return retryAfter{error: err, wait: max(d, time.Second)}
}
