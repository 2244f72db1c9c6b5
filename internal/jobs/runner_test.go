package jobs

import (
	"context"
	"testing"
	"time"

	"coetracker/internal/db"

	"gorm.io/gorm"
)

// hang is how long a test waits before it says that something hangs.
const hang = 30 * time.Second

// started makes a runner that only a wake-up moves.
func (b bench) started(t *testing.T, grace time.Duration, h Handler) *Runner {
	t.Helper()
	r := NewRunner(Config{DB: b.g, Wall: b.wall.Now, Handlers: map[string]Handler{"a": h}, Poll: time.Hour, Grace: grace})
	r.Start(t.Context())
	r.Start(t.Context()) // twice is once
	t.Cleanup(r.Stop)
	return r
}

func receive[T any](t *testing.T, c <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(hang):
		t.Fatal("nothing came")
	}
	return v
}

func TestEnqueueWakesTheRunnerAfterTheCommit(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bench) {
		ran := make(chan int64, 10)
		b.started(t, hang, func(_ context.Context, j Job) error { ran <- j.ID; return nil })
		for range 2 {
			err := db.Tx(t.Context(), b.g, func(tx *gorm.DB) error {
				_, err := Enqueue(tx, "a", nil, Opt{})
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			receive(t, ran)
		}
	})
}

func TestStopLetsTheJobFinish(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bench) {
		begun, may := make(chan bool), make(chan bool)
		r := b.started(t, hang, func(ctx context.Context, j Job) error { begun <- true; <-may; return ctx.Err() })
		b.add(t, "a", Opt{})
		receive(t, begun)
		stopped := make(chan bool)
		go func() { r.Stop(); close(stopped) }()
		close(may)
		receive(t, stopped)
		if j := b.only(t); j.State != Done {
			t.Errorf("the job is %s, want done", j.State)
		}
		r.Stop() // twice is once
	})
}

func TestStopCancelsWhatDoesNotFinish(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bench) {
		begun := make(chan bool, 1)
		r := b.started(t, time.Millisecond, func(ctx context.Context, j Job) error { begun <- true; <-ctx.Done(); return ctx.Err() })
		b.add(t, "a", Opt{Max: 1})
		receive(t, begun)
		r.Stop()
		if j := b.only(t); j.State != Ready || j.Attempt != 0 {
			t.Errorf("the job is %s after %d attempts, want ready and none counted", j.State, j.Attempt)
		}
	})
}

func TestStopBeforeStart(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bench) {
		r := NewRunner(Config{DB: b.g, Wall: b.wall.Now, Handlers: map[string]Handler{"a": func(context.Context, Job) error { t.Error("ran"); return nil }}})
		r.Stop()
		b.add(t, "a", Opt{})
		r.Start(t.Context())
		r.Stop()
		if j := b.only(t); j.State != Ready {
			t.Errorf("the job is %s, want untouched", j.State)
		}
	})
}

func TestEndOfContextStopsTaking(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bench) {
		ctx, cancel := context.WithCancel(t.Context())
		r := NewRunner(Config{DB: b.g, Wall: b.wall.Now, Handlers: map[string]Handler{"a": func(context.Context, Job) error { return nil }}, Poll: time.Hour})
		r.Start(ctx)
		cancel()
		done := make(chan bool)
		go func() { r.working.Wait(); close(done) }()
		receive(t, done)
		r.Stop()
	})
}

// The demo's button answers when its messages are out, also when the loop was
// quicker to take them.
func TestDrainWaitsForTheLoop(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bench) {
		begun, may := make(chan bool), make(chan bool)
		r := b.started(t, hang, func(context.Context, Job) error { begun <- true; <-may; return nil })
		b.add(t, "a", Opt{})
		receive(t, begun)
		drained := make(chan State)
		go func() {
			if n, err := r.Drain(t.Context()); n != 0 || err != nil {
				t.Errorf("ran %d, %v; want none of its own", n, err)
			}
			drained <- b.only(t).State
		}()
		select {
		case s := <-drained:
			t.Fatalf("drained while the job was %s", s)
		case <-time.After(5 * drainPause):
		}
		close(may)
		if s := receive(t, drained); s != Done {
			t.Errorf("the job is %s, want done", s)
		}
	})
}
