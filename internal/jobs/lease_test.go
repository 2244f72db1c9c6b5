package jobs

import (
	"context"
	"errors"
	"testing"
	"time"
)

// take claims the only job as a worker would that then dies.
func (b bench) take(t *testing.T, r *Runner) Job {
	t.Helper()
	taken, err := r.claim(t.Context(), 10)
	if err != nil || len(taken) != 1 {
		t.Fatalf("took %d jobs, %v; want one", len(taken), err)
	}
	return taken[0]
}

func TestDeadWorkersJobIsTakenAfterTheLease(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bench) {
		attempts := []int{}
		handlers := map[string]Handler{"a": func(_ context.Context, j Job) error {
			attempts = append(attempts, j.Attempt)
			return nil
		}}
		dead, alive := b.runner(handlers), b.runner(handlers)
		b.add(t, "a", Opt{})
		old := b.take(t, dead)
		b.wall.Advance(20*time.Second - time.Millisecond)
		drain(t, alive, 0)
		b.wall.Advance(time.Millisecond)
		drain(t, alive, 1)
		if len(attempts) != 1 || attempts[0] != 2 {
			t.Errorf("attempts %v, want the second", attempts)
		}
		ok, err := dead.finish(t.Context(), old, map[string]any{"state": Parked, "finished_at": 1})
		if err != nil || ok {
			t.Errorf("the dead worker finished: %v, %v; want fenced out", ok, err)
		}
		if j := b.only(t); j.State != Done {
			t.Errorf("the job is %s, want done", j.State)
		}
	})
}

func TestFencedOutWhileTheNextOneWorks(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bench) {
		handlers := map[string]Handler{"a": func(context.Context, Job) error { return nil }}
		r := b.runner(handlers)
		b.add(t, "a", Opt{})
		first := b.take(t, r)
		b.wall.Advance(20 * time.Second)
		second := b.take(t, r) // the same process: only the fence tells them apart
		if ok, err := r.finish(t.Context(), first, r.outcome(first, nil, false)); ok || err != nil {
			t.Errorf("the first finished: %v, %v", ok, err)
		}
		if ok, err := r.finish(t.Context(), second, r.outcome(second, nil, false)); !ok || err != nil {
			t.Errorf("the second did not finish: %v, %v", ok, err)
		}
	})
}

func TestHeartbeatKeepsTheLease(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bench) {
		handlers := map[string]Handler{"a": func(context.Context, Job) error { return nil }}
		slow, other := b.runner(handlers), b.runner(handlers)
		b.add(t, "a", Opt{})
		j := b.take(t, slow)
		ctx, _ := slow.board(t.Context(), j)
		for range 5 {
			b.wall.Advance(15 * time.Second)
			slow.renew(t.Context())
			drain(t, other, 0)
		}
		if ctx.Err() != nil {
			t.Fatal("a renewed job was cancelled")
		}
		b.wall.Advance(20 * time.Second)
		drain(t, other, 1)
		slow.renew(t.Context())
		if !errors.Is(context.Cause(ctx), errFenced) {
			t.Errorf("the loser's context ended for %v, want the lost lease", context.Cause(ctx))
		}
	})
}

func TestWorkerThatDiesOnTheLastAttemptParksTheJob(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bench) {
		r := b.runner(map[string]Handler{"a": func(context.Context, Job) error { t.Error("ran again"); return nil }})
		b.add(t, "a", Opt{Max: 1})
		b.take(t, r)
		b.wall.Advance(20 * time.Second)
		drain(t, r, 0)
		if j := b.only(t); j.State != Parked || j.LastError != lost {
			t.Errorf("%+v, want parked because the worker died", j)
		}
	})
}

func TestDatabaseThatDoesNotAnswerEndsTheJobWithItsLease(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bench) {
		r := b.runner(map[string]Handler{"a": func(context.Context, Job) error { return nil }})
		b.add(t, "a", Opt{})
		j := b.take(t, r)
		ctx, _ := r.board(t.Context(), j)
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		r.renew(gone)
		if ctx.Err() != nil {
			t.Fatal("cancelled while the lease holds")
		}
		b.wall.Advance(20 * time.Second)
		r.renew(gone)
		if ctx.Err() == nil {
			t.Error("goes on after the lease ran out")
		}
	})
}
