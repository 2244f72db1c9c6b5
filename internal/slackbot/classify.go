package slackbot

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"coetracker/internal/notify"
	"coetracker/people"

	"github.com/slack-go/slack"
)

const (
	politeWait = time.Minute // when Slack does not say how long
	limitWait  = time.Hour   // when the workspace's quota is used up
)

// What Slack's errors mean for us.
var (
	refusedCodes   = codes("ratelimited rate_limited message_limit_exceeded")
	uncertainCodes = codes("service_unavailable internal_error fatal_error request_timeout")
	workspaceCodes = codes("invalid_auth not_authed account_inactive token_revoked token_expired missing_scope org_login_required team_added_to_org not_allowed_token_type two_factor_setup_required enterprise_is_restricted team_access_not_granted")
	recipientCodes = codes("channel_not_found is_archived not_in_channel user_disabled user_not_found users_not_found user_not_visible messages_tab_disabled restricted_action restricted_action_read_only_channel restricted_action_thread_only_channel restricted_action_non_threadable_channel ekm_access_denied no_permission cannot_dm_bot")
	ourCodes       = codes("invalid_blocks invalid_blocks_format msg_blocks_too_long no_text metadata_too_large metadata_must_be_sent_from_app invalid_metadata_format invalid_metadata_schema too_many_attachments markdown_text_conflict invalid_arguments msg_too_long invalid_arg_name invalid_array_arg invalid_charset invalid_form_data invalid_post_type missing_post_type unknown_method")
	goneCodes      = codes("message_not_found cant_update_message edit_window_closed is_inactive channel_not_found")
)

func codes(list string) []string { return strings.Fields(list) }

// classify says what is known after a call came back with an error.
func classify(err error) notify.Result {
	var limited *slack.RateLimitedError
	var said slack.SlackErrorResponse
	switch {
	case errors.As(err, &limited):
		return notify.Result{Class: notify.ClassRefused, Wait: limited.RetryAfter, Text: "ratelimited"}
	case errors.As(err, &said):
		return classifyCode(said)
	case neverLeft(err), errors.Is(err, errLate):
		return notify.Result{Class: notify.ClassUnreachable, Text: err.Error()}
	}
	// 5xx, a hang-up, a timeout, half an answer, a page of HTML
	return notify.Result{Class: notify.ClassUncertain, Text: err.Error()}
}

func classifyCode(said slack.SlackErrorResponse) notify.Result {
	r := notify.Result{Class: notify.ClassUnknown, Text: describe(said)}
	switch code := said.Err; {
	case slices.Contains(refusedCodes, code):
		r.Class, r.Wait = notify.ClassRefused, politeWait
		if code == "message_limit_exceeded" {
			r.Wait = limitWait
		}
	case slices.Contains(uncertainCodes, code):
		r.Class = notify.ClassUncertain
	case slices.Contains(workspaceCodes, code):
		r.Class = notify.ClassWorkspace
	case slices.Contains(recipientCodes, code):
		r.Class = notify.ClassRecipient
	case slices.Contains(ourCodes, code):
		r.Class = notify.ClassOurs
	}
	return r
}

// describe keeps what an administrator needs to mend it.
func describe(said slack.SlackErrorResponse) string {
	text := said.Err
	if said.Needed != "" {
		text += fmt.Sprintf(" (needs %s, has %s)", said.Needed, said.Provided)
	}
	if len(said.ResponseMetadata.Messages) > 0 {
		text += ": " + strings.Join(said.ResponseMetadata.Messages, "; ")
	}
	return text
}

// neverLeft reports whether a call failed before any byte of it was sent.
func neverLeft(err error) bool {
	var op *net.OpError
	var dns *net.DNSError
	if errors.As(err, &dns) || errors.As(err, &op) && op.Op == "dial" {
		return true
	}
	text := err.Error()
	return strings.Contains(text, "tls: ") || strings.Contains(text, "x509: ")
}

// patience makes all forms of 429 alike: Retry-After becomes whole seconds,
// also when it is a date or missing. It bounds what is read of an answer.
type patience struct {
	next http.RoundTripper
	wall people.Clock
}

func (p *patience) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := p.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode == http.StatusTooManyRequests {
		wait := retryAfter(resp.Header.Get("Retry-After"), p.wall())
		resp.Header.Set("Retry-After", strconv.Itoa(int((wait+time.Second-1)/time.Second)))
	}
	resp.Body = limited{io.LimitReader(resp.Body, answerBytes), resp.Body}
	return resp, nil
}

type limited struct {
	io.Reader
	io.Closer
}

// retryAfter reads a number of seconds or a date; a minute when it says neither.
func retryAfter(v string, now time.Time) time.Duration {
	if n, err := strconv.Atoi(strings.TrimSpace(v)); err == nil && n >= 0 && n <= 24*3600 {
		return time.Duration(n) * time.Second
	}
	if at, err := http.ParseTime(v); err == nil {
		return min(max(at.Sub(now), time.Second), time.Hour)
	}
	return politeWait
}
