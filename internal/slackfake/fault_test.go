package slackfake

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"
)

// breakNext adds faults over the wire.
func (b *bundle) breakNext(t *testing.T, faults string) {
	t.Helper()
	if status := b.control(t, "POST", "/_fake/faults", faults, nil); status != http.StatusOK {
		t.Fatalf("faults answered %d", status)
	}
}

func TestFaultKinds(t *testing.T) {
	t.Parallel()
	status := func(code int) func(error) bool {
		return func(err error) bool {
			var e slack.StatusCodeError
			return errors.As(err, &e) && e.Code == code
		}
	}
	slackError := func(code string) func(error) bool {
		return func(err error) bool {
			var e slack.SlackErrorResponse
			return errors.As(err, &e) && e.Err == code
		}
	}
	limited := func(d time.Duration) func(error) bool {
		return func(err error) bool {
			var e *slack.RateLimitedError
			return errors.As(err, &e) && e.RetryAfter == d
		}
	}
	hungUp := func(err error) bool { return errors.Is(err, io.EOF) }
	none := func(err error) bool { return err == nil }
	says := func(part string) func(error) bool {
		return func(err error) bool { return err != nil && strings.Contains(err.Error(), part) }
	}
	tests := []struct {
		fault  string
		seen   func(error) bool
		stored int
		hasTS  bool
	}{
		{`{"kind":"ok"}`, none, 1, true},
		{`{"kind":"429"}`, limited(30 * time.Second), 0, false},
		{`{"kind":"429","retry_after":7}`, limited(7 * time.Second), 0, false},
		{`{"kind":"429","retry_after":""}`, status(429), 0, false},
		{`{"kind":"429","retry_after":"Wed, 15 Mar 2017 16:01:00 GMT"}`, says("parsing"), 0, false},
		{`{"kind":"ratelimited"}`, slackError("ratelimited"), 0, false},
		{`{"kind":"500"}`, status(500), 0, false},
		{`{"kind":"503"}`, status(503), 0, false},
		{`{"kind":"503_after"}`, status(503), 1, false},
		{`{"kind":"502_after"}`, status(502), 1, false},
		{`{"kind":"drop_before"}`, hungUp, 0, false},
		{`{"kind":"drop_after"}`, hungUp, 1, false},
		{`{"kind":"slow","seconds":12}`, none, 1, true},
		{`{"kind":"truncated"}`, says("unexpected EOF"), 1, false},
		{`{"kind":"truncated_before"}`, says("unexpected EOF"), 0, false},
		{`{"kind":"html"}`, says("invalid character"), 0, false},
		{`{"kind":"html_after"}`, says("invalid character"), 1, false},
		{`{"kind":"empty"}`, none, 0, false},
		{`{"kind":"empty_after"}`, none, 1, false},
		{`{"kind":"ok_false"}`, none, 0, false},
		{`{"kind":"channel_not_found"}`, slackError("channel_not_found"), 0, false},
		{`{"kind":"some_future_error"}`, slackError("some_future_error"), 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.fault, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			var slept time.Duration
			b.fake.sleep = func(d time.Duration) { slept += d }
			d := b.open(t, "U1")
			b.breakNext(t, "["+strings.Replace(tt.fault, "{", `{"method":"chat.postMessage",`, 1)+"]")
			_, ts, err := b.api.PostMessageContext(t.Context(), d, text("x"))
			if !tt.seen(err) || (ts != "") != tt.hasTS {
				t.Errorf("the client saw ts %q, error %v (%T)", ts, err, err)
			}
			if n := len(b.messages(t, "")); n != tt.stored {
				t.Errorf("%d messages kept, want %d", n, tt.stored)
			}
			if late := strings.Contains(tt.fault, "slow"); (slept == 12*time.Second) != late {
				t.Errorf("slept %v", slept)
			}
			if _, ts, err := b.api.PostMessageContext(t.Context(), d, text("y")); err != nil || ts == "" {
				t.Errorf("the next call: %q, %v", ts, err)
			}
			b.noProblems(t)
		})
	}
}

func TestSlowCallLandsThoughTheCallerLeft(t *testing.T) {
	t.Parallel()
	b := setup(t)
	d := b.open(t, "U1")
	b.breakNext(t, `[{"method":"chat.postMessage","kind":"slow"}]`)
	gone, leave := context.WithCancel(t.Context())
	b.fake.sleep = func(time.Duration) { leave() }
	form := url.Values{"token": {testToken}, "channel": {d}, "text": {"late"}}
	req := httptest.NewRequestWithContext(gone, "POST", "/api/chat.postMessage", strings.NewReader(form.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	b.fake.Handler().ServeHTTP(httptest.NewRecorder(), req)
	if all := b.messages(t, "user=U1"); gone.Err() == nil || len(all) != 1 || all[0].Text != "late" {
		t.Errorf("kept %+v", all)
	}
}

func TestFaultScript(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.breakNext(t, `[{"method":"auth.test","kind":"first_error","after":1,"times":2},{"method":"*","kind":"second_error","after":4}]`)
	var got []string
	for range 6 {
		if _, err := b.api.AuthTestContext(t.Context()); err != nil {
			got = append(got, err.Error())
		} else {
			got = append(got, "ok")
		}
	}
	if s := strings.Join(got, " "); s != "ok first_error first_error ok second_error ok" {
		t.Errorf("got %s", s)
	}
}

func TestFaultsOfOtherMethodsWait(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.breakNext(t, `{"method":"users.info","kind":"500"}`)
	if _, err := b.api.AuthTestContext(t.Context()); err != nil {
		t.Error(err)
	}
	var waiting []fault
	b.control(t, "GET", "/_fake/faults", "", &waiting)
	if len(waiting) != 1 || waiting[0].Method != "users.info" || waiting[0].Times != 1 {
		t.Errorf("waiting %+v", waiting)
	}
	b.breakNext(t, `[]`)
	if _, err := b.api.GetUserInfoContext(t.Context(), "U1"); err != nil {
		t.Errorf("a cleared fault hit: %v", err)
	}
}

func TestFaultsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	tests := map[string]int{
		`[{"method":"chat.postMessage","kind":"drop_befor"}]`:     422,
		`[{"method":"chat.postMessage","kind":"Slow"}]`:           422,
		`[{"method":"chat.postMessage","kind":""}]`:               422,
		`[{"method":"chat.delete","kind":"500"}]`:                 422,
		`[{"method":"chat.postMessage","kind":"500","after":-1}]`: 422,
		`[{"method":"chat.postMessage","kind":"500","times":-1}]`: 422,
		`[null]`: 422,
		`[{"method":"chat.postMessage","kind":"500","colour":"red"}]`: 400,
		`nonsense`: 400,
	}
	b := setup(t)
	for body, want := range tests {
		if status := b.control(t, "POST", "/_fake/faults", body, nil); status != want {
			t.Errorf("%s answered %d, want %d", body, status, want)
		}
	}
}
