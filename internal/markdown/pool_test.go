package markdown

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestPool_AbandonsAndRefuses(t *testing.T) {
	t.Parallel()
	p := newPool(2, 20*time.Millisecond)
	release := make(chan struct{})
	stuck := func() (Rendered, error) { <-release; return Rendered{HTML: "late"}, nil }
	for i := range 2 {
		_, err := p.do(context.Background(), stuck)
		var refused *Refused
		if !errors.As(err, &refused) || !refused.Retry || !strings.Contains(refused.Reason, "longer than a second") {
			t.Fatalf("call %d: %v, want a refusal that may be tried again", i, err)
		}
	}
	_, err := p.do(context.Background(), func() (Rendered, error) {
		t.Error("ran although all places are held")
		return Rendered{}, nil
	})
	var refused *Refused
	if !errors.As(err, &refused) || !strings.Contains(refused.Reason, "busy") {
		t.Fatalf("with all places held: %v, want busy", err)
	}

	close(release) // the abandoned workers end and give their places back
	for range cap(p.places) {
		p.places <- struct{}{}
	}
	for range cap(p.places) {
		<-p.places
	}
	p.limit = 10 * time.Second
	r, err := p.do(context.Background(), func() (Rendered, error) { return Rendered{HTML: "x"}, nil })
	if err != nil || r.HTML != "x" {
		t.Errorf("afterwards: %q, %v", r.HTML, err)
	}
}

func TestPool_CallerGivesUp(t *testing.T) {
	t.Parallel()
	p := newPool(1, 10*time.Second)
	ctx, cancel := context.WithCancel(context.Background())
	release := make(chan struct{})
	defer close(release)
	_, err := p.do(ctx, func() (Rendered, error) { cancel(); <-release; return Rendered{}, nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
}

func TestPool_PanicIsAnError(t *testing.T) {
	t.Parallel()
	p := newPool(1, 10*time.Second)
	for range 3 { // the place is given back each time
		_, err := p.do(context.Background(), func() (Rendered, error) { panic("odd text") })
		var refused *Refused
		if err == nil || errors.As(err, &refused) {
			t.Fatalf("error %v, want an internal one", err)
		}
	}
}
