package slackfake

import (
	"math"
	"time"
)

// A conversation takes one message a second and forgives a short burst.
const postBurst = 5

// pacer counts calls against Slack's limits: per method in windows of a
// minute, and messages per conversation. It is guarded by the server's lock.
type pacer struct {
	windows map[string]*window
	buckets map[string]*bucket
}

type window struct {
	start time.Time
	calls int
}

type bucket struct {
	tokens float64
	at     time.Time
}

func newPacer() *pacer {
	return &pacer{windows: map[string]*window{}, buckets: map[string]*bucket{}}
}

// wait says how many whole seconds the caller has to wait, and counts the call
// when that is none. A nil pacer never makes anybody wait.
func (p *pacer) wait(c *call, perMinute int, now time.Time) int {
	if p == nil {
		return 0
	}
	w := p.windows[c.method]
	if w == nil || now.Before(w.start) || now.Sub(w.start) >= time.Minute {
		w = &window{start: now}
		p.windows[c.method] = w
	}
	if w.calls >= perMinute {
		return wholeSeconds(w.start.Add(time.Minute).Sub(now))
	}
	if c.method == "chat.postMessage" {
		if d := p.post(c.params["channel"], now); d > 0 {
			return wholeSeconds(d)
		}
	}
	w.calls++
	return 0
}

// post takes a token from the conversation's bucket, or says how long until
// there is one.
func (p *pacer) post(channel string, now time.Time) time.Duration {
	b := p.buckets[channel]
	if b == nil || now.Before(b.at) {
		b = &bucket{tokens: postBurst, at: now}
		p.buckets[channel] = b
	}
	b.tokens = math.Min(postBurst, b.tokens+now.Sub(b.at).Seconds())
	b.at = now
	if b.tokens < 1 {
		return time.Duration((1 - b.tokens) * float64(time.Second))
	}
	b.tokens--
	return 0
}

func wholeSeconds(d time.Duration) int {
	return max(1, int(math.Ceil(d.Seconds())))
}
