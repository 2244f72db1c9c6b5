package markdown

import (
	"context"
	"fmt"
	"time"
)

// workerPool runs work that cannot be cancelled. A caller that gives up leaves
// the worker behind; the worker keeps its place until it ends, so there are
// never more of them than places.
type workerPool struct {
	places chan struct{}
	limit  time.Duration
}

func newPool(places int, limit time.Duration) *workerPool {
	return &workerPool{places: make(chan struct{}, places), limit: limit}
}

type result struct {
	rendered Rendered
	err      error
}

// do runs work and waits for it until ctx ends or the pool's limit has passed.
func (p *workerPool) do(ctx context.Context, work func() (Rendered, error)) (Rendered, error) {
	waiting, cancel := context.WithTimeout(ctx, p.limit)
	defer cancel()
	select {
	case p.places <- struct{}{}:
	case <-waiting.Done():
		return Rendered{}, p.gaveUp(ctx, "The server is busy with other texts. Try again in a moment; what you typed is kept here.")
	}
	done := make(chan result, 1) // buffered: an abandoned worker must not wait for a reader
	go func() {
		defer func() { <-p.places }()
		done <- guarded(work)
	}()
	select {
	case r := <-done:
		return r.rendered, r.err
	case <-waiting.Done():
		return Rendered{}, p.gaveUp(ctx, "This text took longer than a second to show. Try again, or make its lists, quotes and links simpler.")
	}
}

func (p *workerPool) gaveUp(ctx context.Context, reason string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return &Refused{Reason: reason, Retry: true}
}

// guarded turns a panic of the parser into an error: one odd text must not end
// the process.
func guarded(work func() (Rendered, error)) (r result) {
	defer func() {
		if v := recover(); v != nil {
			r = result{err: fmt.Errorf("render markdown: the parser failed: %v", v)}
		}
	}()
	rendered, err := work()
	return result{rendered, err}
}
