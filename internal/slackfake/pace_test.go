package slackfake

import (
	"errors"
	"net/url"
	"testing"
	"time"

	"github.com/slack-go/slack"
)

func paced(o *Options) { o.Pace = true }

// wait gives the Retry-After that an error carries, or 0.
func wait(err error) time.Duration {
	var e *slack.RateLimitedError
	if errors.As(err, &e) {
		return e.RetryAfter
	}
	return 0
}

func TestOneMessageASecondPerConversationWithShortBursts(t *testing.T) {
	t.Parallel()
	b := setup(t, paced)
	d, other := b.open(t, "U1"), b.open(t, "U2")
	post := func(channel string) time.Duration {
		_, _, err := b.api.PostMessageContext(t.Context(), channel, text("x"))
		return wait(err)
	}
	for i := range postBurst {
		if d := post(d); d != 0 {
			t.Fatalf("message %d of a burst has to wait %v", i+1, d)
		}
	}
	if got := post(d); got != time.Second {
		t.Errorf("beyond the burst: wait %v, want 1 s", got)
	}
	if got := post(other); got != 0 {
		t.Errorf("another conversation waits %v", got)
	}
	b.clock.Advance(999 * time.Millisecond)
	if got := post(d); got != time.Second {
		t.Errorf("after 999 ms: wait %v", got)
	}
	b.clock.Advance(time.Millisecond)
	if got := post(d); got != 0 {
		t.Errorf("after a second: wait %v", got)
	}
	if n := len(b.messages(t, "user=U1")); n != postBurst+1 {
		t.Errorf("%d messages kept, want %d", n, postBurst+1)
	}
	b.noProblems(t)
}

func TestTiersPerMinute(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		form url.Values
		most int
	}{
		"users.lookupByEmail":   {url.Values{"email": {"mei@example.com"}}, 50},
		"conversations.open":    {url.Values{"users": {"U1"}}, 50},
		"conversations.history": {url.Values{"channel": {"D1"}}, 50},
		"chat.update":           {url.Values{"channel": {"D1"}, "ts": {"1.000001"}, "text": {"x"}}, 50},
		"users.info":            {url.Values{"user": {"U1"}}, 100},
		"views.open":            {url.Values{"view": {smallModal}, "trigger_id": {"1.1.x"}}, 100},
		"views.update":          {url.Values{"view": {smallModal}, "view_id": {"V1"}}, 100},
		"auth.test":             {url.Values{}, 600},
	}
	for method, tt := range tests {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			b := setup(t, paced)
			for i := range tt.most {
				if status, _, _ := b.call(t, method, tt.form); status != 200 {
					t.Fatalf("call %d of %d answered %d", i+1, tt.most, status)
				}
			}
			b.clock.Advance(15 * time.Second)
			status, header, body := b.call(t, method, tt.form)
			if status != 429 || header.Get("Retry-After") != "45" || errorCode(body) != "ratelimited" {
				t.Errorf("one more answered %d, Retry-After %q, %v", status, header.Get("Retry-After"), body)
			}
			b.clock.Advance(45 * time.Second)
			if status, _, _ := b.call(t, method, tt.form); status != 200 {
				t.Errorf("the next minute answered %d", status)
			}
		})
	}
}

func TestWorkspaceTakesSeveralHundredMessagesAMinute(t *testing.T) {
	t.Parallel()
	p, now := newPacer(), time.Unix(0, 0)
	for i := range perMinPosts {
		c := &call{method: "chat.postMessage", params: map[string]string{"channel": string(rune('A' + i))}}
		if s := p.wait(c, perMinPosts, now); s != 0 {
			t.Fatalf("message %d waits %d s", i+1, s)
		}
	}
	if s := p.wait(&call{method: "chat.postMessage"}, perMinPosts, now); s != 60 {
		t.Errorf("one more waits %d s, want 60", s)
	}
}

func TestWithoutPaceNobodyWaits(t *testing.T) {
	t.Parallel()
	b := setup(t)
	d := b.open(t, "U1")
	for range 3 * postBurst {
		b.post(t, d, text("x"))
	}
}
