package jobs

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"coetracker/internal/db"
	"coetracker/internal/dbtest"
	"coetracker/internal/fault"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// bench is a queue with both clocks in hand.
type bench struct {
	g              *gorm.DB
	wall, calendar *dbtest.Clock
}

// each runs f on both databases.
func each(t *testing.T, f func(t *testing.T, b bench)) {
	t.Helper()
	for _, postgres := range []bool{false, true} {
		t.Run(map[bool]string{false: "sqlite", true: "postgres"}[postgres], func(t *testing.T) {
			b := bench{wall: dbtest.NewClock(dbtest.Start.Add(1000 * time.Hour)), calendar: dbtest.NewClock(dbtest.Start)}
			open := dbtest.New
			if postgres {
				open = dbtest.Postgres
			}
			b.g = open(t, dbtest.WithClock(b.calendar))
			f(t, b)
		})
	}
}

// runner makes a runner whose failed jobs wait as long as they may.
func (b bench) runner(handlers map[string]Handler) *Runner {
	return NewRunner(Config{
		DB: b.g, Wall: b.wall.Now, Handlers: handlers,
		Jitter: func(limit time.Duration) time.Duration { return limit },
	})
}

func (b bench) add(t *testing.T, kind string, o Opt) bool {
	t.Helper()
	added, err := Enqueue(b.g, kind, map[string]int{"n": 7}, o)
	if err != nil {
		t.Fatal(err)
	}
	return added
}

func (b bench) only(t *testing.T) Job {
	t.Helper()
	var all []Job
	if err := b.g.Find(&all).Error; err != nil || len(all) != 1 {
		t.Fatalf("%d jobs, %v; want one", len(all), err)
	}
	return all[0]
}

func drain(t *testing.T, r *Runner, want int) {
	t.Helper()
	if n, err := r.Drain(t.Context()); err != nil || n != want {
		t.Fatalf("ran %d, %v; want %d", n, err, want)
	}
}

func TestJobRunsWithItsArguments(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bench) {
		var got []string
		r := b.runner(map[string]Handler{"greet": func(_ context.Context, j Job) error {
			var args struct{ N int }
			err := j.Decode(&args)
			got = append(got, fmt.Sprint(args.N, j.Key(), j.Attempt))
			return err
		}})
		b.add(t, "greet", Opt{Key: "k"})
		b.add(t, "unknown here", Opt{})
		drain(t, r, 1)
		if diff := cmp.Diff([]string{"7k1"}, got); diff != "" {
			t.Error(diff)
		}
		done, err := List(t.Context(), b.g, Done, 0, 10)
		if err != nil || len(done) != 1 || *done[0].FinishedAt != b.wall.Now().UnixMilli() {
			t.Errorf("done: %+v, %v; want the one, now", done, err)
		}
		if left, _ := List(t.Context(), b.g, Ready, 0, 10); len(left) != 1 {
			t.Errorf("%d jobs are left, want the unknown kind", len(left))
		}
	})
}

func TestJobIsPartOfTheTransaction(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bench) {
		boom := errors.New("boom")
		err := db.Tx(t.Context(), b.g, func(tx *gorm.DB) error {
			if added, err := Enqueue(tx, "a", nil, Opt{Key: "k"}); err != nil || !added {
				t.Errorf("added %v, %v", added, err)
			}
			return boom
		})
		var n int64
		b.g.Model(&Job{}).Count(&n)
		if !errors.Is(err, boom) || n != 0 {
			t.Errorf("%v and %d jobs, want boom and none", err, n)
		}
	})
}

func TestOneOfEightWins(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bench) {
		var added, ran atomic.Int32
		count := map[string]Handler{"a": func(context.Context, Job) error { ran.Add(1); return nil }}
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if ok, err := Enqueue(b.g, "a", nil, Opt{Key: "same"}); err != nil {
					t.Error(err)
				} else if ok {
					added.Add(1)
				}
				if _, err := b.runner(count).Drain(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if added.Load() != 1 || ran.Load() != 1 {
			t.Errorf("%d added it and %d ran it, want one each", added.Load(), ran.Load())
		}
		if ok := b.add(t, "a", Opt{Key: "same"}); ok {
			t.Error("a finished job's key was given again")
		}
		if ok := b.add(t, "b", Opt{Key: "same"}); !ok {
			t.Error("another kind could not have the key")
		}
	})
}

func TestRunAtIsOnTheCalendarAndTheWaitOnTheWall(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bench) {
		fails := true
		r := b.runner(map[string]Handler{"a": func(context.Context, Job) error {
			if fails {
				return errors.New("not yet")
			}
			return nil
		}})
		b.add(t, "a", Opt{RunAt: dbtest.Start.Add(time.Hour)})
		b.wall.Advance(2 * time.Hour)
		drain(t, r, 0)
		b.calendar.Advance(time.Hour)
		drain(t, r, 1)
		j := b.only(t)
		if j.State != Ready || j.LastError != "not yet" || j.NotBefore != b.wall.Now().Add(time.Second).UnixMilli() {
			t.Errorf("after a failure: %+v, want ready in a second of the wall clock", j)
		}
		b.calendar.Advance(time.Hour)
		drain(t, r, 0)
		b.wall.Advance(time.Second)
		fails = false
		drain(t, r, 1)
		if j := b.only(t); j.State != Done || j.Attempt != 2 || j.LastError != "" {
			t.Errorf("at the end: %+v, want done by the second attempt", j)
		}
	})
}

func TestPoisonJobParks(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bench) {
		r := b.runner(map[string]Handler{
			"a": func(context.Context, Job) error { panic("poison \x00") },
			"b": func(_ context.Context, j Job) error { return fmt.Errorf("wrapped: %w", Fatal(errors.New("useless"))) },
			"c": func(_ context.Context, j Job) error { var n int; return j.Decode(&n) },
		})
		for _, kind := range []string{"a", "b", "c"} {
			b.add(t, kind, Opt{Max: 3})
		}
		ran := 0
		for range 3 {
			n, err := r.Drain(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			ran += n
			b.wall.Advance(maxWait)
		}
		parked, err := List(t.Context(), b.g, Parked, 0, 10)
		if err != nil || len(parked) != 3 || ran != 5 {
			t.Fatalf("%d parked after %d attempts, %v; want 3 after 5", len(parked), ran, err)
		}
		attempts := []int{parked[2].Attempt, parked[1].Attempt, parked[0].Attempt}
		if diff := cmp.Diff([]int{3, 1, 1}, attempts); diff != "" {
			t.Error(diff)
		}
		if parked[2].LastError != "panic: poison " || !strings.HasSuffix(parked[1].LastError, "useless") {
			t.Errorf("reasons %q and %q", parked[2].LastError, parked[1].LastError)
		}
		next, err := List(t.Context(), b.g, Parked, parked[1].ID, 10)
		if err != nil || len(next) != 1 || next[0].Kind != "a" {
			t.Errorf("second page %+v, %v; want a alone", next, err)
		}
		if err := Retry(b.g, parked[2].ID); err != nil {
			t.Error(err)
		}
		drain(t, r, 1)
		if err := Discard(b.g, parked[1].ID); err != nil {
			t.Error(err)
		}
		if err := Retry(b.g, parked[1].ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("retry of a discarded job: %v", err)
		}
	})
}

func TestRetryAfterDoesNotCount(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bench) {
		r := b.runner(map[string]Handler{"a": func(_ context.Context, j Job) error {
			if j.Fence < 4 {
				return RetryAfter(30*time.Second, errors.New("too many requests"))
			}
			return nil
		}})
		b.add(t, "a", Opt{Max: 1})
		for range 3 {
			drain(t, r, 1)
			b.wall.Advance(29 * time.Second)
			drain(t, r, 0)
			b.wall.Advance(time.Second)
		}
		drain(t, r, 1)
		if j := b.only(t); j.State != Done || j.Attempt != 1 {
			t.Errorf("%+v, want done at attempt 1", j)
		}
	})
}

func TestBackoffDoublesToTenMinutes(t *testing.T) {
	t.Parallel()
	for attempt, want := range map[int]time.Duration{0: time.Second, 1: time.Second, 2: 2 * time.Second, 5: 16 * time.Second, 11: 10 * time.Minute, 1000: 10 * time.Minute} {
		if got := backoff(attempt); got != want {
			t.Errorf("after attempt %d at most %s, want %s", attempt, got, want)
		}
	}
}

func TestPurgeKeepsThirtyDays(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bench) {
		fine := func(context.Context, Job) error { return nil }
		r := b.runner(map[string]Handler{"a": fine, "bad": func(context.Context, Job) error { return Fatal(errors.New("no")) }})
		b.add(t, "a", Opt{})
		b.add(t, "bad", Opt{})
		drain(t, r, 2)
		b.wall.Advance(Retention)
		if n, err := Purge(t.Context(), b.g, b.wall.Now()); err != nil || n != 0 {
			t.Errorf("purged %d, %v on the day; want none", n, err)
		}
		b.wall.Advance(time.Millisecond)
		if n, err := Purge(t.Context(), b.g, b.wall.Now()); err != nil || n != 1 {
			t.Errorf("purged %d, %v; want the done one", n, err)
		}
		if j := b.only(t); j.State != Parked {
			t.Errorf("%+v is left, want the parked one", j)
		}
	})
}
