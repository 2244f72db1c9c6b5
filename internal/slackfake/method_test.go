package slackfake

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"
)

func TestEveryMethodAnswersSlackGo(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := t.Context()

	who, err := b.api.AuthTestContext(ctx)
	if err != nil || who.UserID != botUserID || who.TeamID != teamID || who.BotID != botID {
		t.Errorf("auth.test gave %+v, %v", who, err)
	}
	u, err := b.api.GetUserInfoContext(ctx, "U1")
	if err != nil || u.RealName != "Mei Tanaka" || u.TZ != "America/Los_Angeles" || u.TZOffset != -7*3600 || u.Profile.Email != "mei@example.com" {
		t.Errorf("users.info gave %+v, %v", u, err)
	}
	u, err = b.api.GetUserByEmailContext(ctx, "Ana@Example.com")
	if err != nil || u.ID != "U2" {
		t.Errorf("users.lookupByEmail gave %+v, %v", u, err)
	}
	if _, err = b.api.GetUserByEmailContext(ctx, "sam@example.com"); err == nil || err.Error() != "users_not_found" {
		t.Errorf("a deactivated person was found by address: %v", err)
	}
	d := b.open(t, "U1")
	if again := b.open(t, "U1"); d != "D1" || again != d {
		t.Errorf("conversations.open gave %s, then %s", d, again)
	}
	ts := b.post(t, d, text("You owe one action."), button("act:5", "done", "5"))
	if _, _, _, err = b.api.UpdateMessageContext(ctx, d, ts, text("Done.")); err != nil {
		t.Errorf("chat.update: %v", err)
	}
	h, err := b.api.GetConversationHistoryContext(ctx, &slack.GetConversationHistoryParameters{ChannelID: d})
	if err != nil || len(h.Messages) != 1 || h.Messages[0].Timestamp != ts || h.Messages[0].Edited == nil {
		t.Errorf("conversations.history gave %+v, %v", h, err)
	}
	b.noProblems(t)
}

func TestCallsWithoutRightsAreRefused(t *testing.T) {
	t.Parallel()
	b := setup(t, func(o *Options) { o.Scopes = []string{"chat:write", "users:read"} })
	_, err := b.client("xoxb-other").AuthTestContext(t.Context())
	if err == nil || err.Error() != "invalid_auth" {
		t.Errorf("another token: %v", err)
	}
	_, _, body := b.call(t, "auth.test", url.Values{"token": {""}})
	if errorCode(body) != "not_authed" {
		t.Errorf("no token: %v", body)
	}
	_, err = b.api.GetUserByEmailContext(t.Context(), "mei@example.com")
	var se slack.SlackErrorResponse
	if !errors.As(err, &se) || se.Err != "missing_scope" || se.Needed != "users:read.email" || se.Provided != "chat:write,users:read" {
		t.Errorf("missing scope: %+v, %v", se, err)
	}
	u, err := b.api.GetUserInfoContext(t.Context(), "U1")
	if err != nil || u.Profile.Email != "" {
		t.Errorf("the address is shown without users:read.email: %q, %v", u.Profile.Email, err)
	}
	if n := len(b.problems(t)); n != 3 {
		t.Errorf("%d problems, want 3", n)
	}
}

func TestHistoryScopeFollowsTheConversation(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.control(t, "POST", "/_fake/channels", `[{"id":"C9","name":"storage"}]`, nil)
	_, _, body := b.call(t, "conversations.history", url.Values{"channel": {"C9"}})
	if errorCode(body) != "missing_scope" || body["needed"] != "channels:history" {
		t.Errorf("got %v", body)
	}
}

func TestIllFormedCalls(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 4001)
	tests := map[string]struct {
		method string
		form   url.Values
		code   string // "" means let through
		part   string // of the problem
	}{
		"unknown method":          {"chat.scheduleMessage", url.Values{}, "unknown_method", "no method"},
		"unknown parameter":       {"chat.postMessage", url.Values{"channel": {"D1"}, "text": {"x"}, "client_msg_id": {"1"}}, "invalid_arguments", "client_msg_id"},
		"missing parameter":       {"chat.postMessage", url.Values{"text": {"x"}}, "invalid_arguments", "missing required field: channel"},
		"parameter twice":         {"users.info", url.Values{"user": {"U1", "U2"}}, "invalid_arguments", "given 2 times"},
		"post to a person":        {"chat.postMessage", url.Values{"channel": {"U1"}, "text": {"x"}}, "channel_not_found", "is a person"},
		"post to a name":          {"chat.postMessage", url.Values{"channel": {"#general"}, "text": {"x"}}, "channel_not_found", "not the id"},
		"nothing to say":          {"chat.postMessage", url.Values{"channel": {"D1"}}, "no_text", "text or blocks"},
		"long text":               {"chat.postMessage", url.Values{"channel": {"D1"}, "text": {long}}, "", "4001 characters"},
		"blocks are no JSON":      {"chat.postMessage", url.Values{"channel": {"D1"}, "blocks": {"[{"}}, "invalid_blocks_format", "JSON array"},
		"blocks are an object":    {"chat.postMessage", url.Values{"channel": {"D1"}, "blocks": {"{}"}}, "invalid_blocks_format", "JSON array"},
		"metadata without type":   {"chat.postMessage", url.Values{"channel": {"D1"}, "text": {"x"}, "metadata": {`{"event_payload":{}}`}}, "invalid_metadata_format", "event_type"},
		"metadata too deep":       {"chat.postMessage", url.Values{"channel": {"D1"}, "text": {"x"}, "metadata": {`{"event_type":"a","event_payload":{"a":{"b":{}}}}`}}, "invalid_metadata_schema", "flat"},
		"markdown and text":       {"chat.postMessage", url.Values{"channel": {"D1"}, "text": {"x"}, "markdown_text": {"x"}}, "markdown_text_conflict", "excludes"},
		"attachments are no list": {"chat.postMessage", url.Values{"channel": {"D1"}, "text": {"x"}, "attachments": {"{}"}}, "invalid_attachments", "array"},
		"update of nothing":       {"chat.update", url.Values{"channel": {"D1"}, "ts": {"1.5"}}, "message_not_found", ""},
		"bad ts":                  {"chat.update", url.Values{"channel": {"D1"}, "ts": {"yesterday"}, "text": {"x"}}, "message_not_found", "not a ts"},
		"bad oldest":              {"conversations.history", url.Values{"channel": {"D1"}, "oldest": {"x"}}, "invalid_ts_oldest", "oldest"},
		"bad limit":               {"conversations.history", url.Values{"channel": {"D1"}, "limit": {"1000"}}, "invalid_arguments", "limit"},
		"bad cursor":              {"conversations.history", url.Values{"channel": {"D1"}, "cursor": {"x"}}, "invalid_cursor", "cursor"},
		"open nobody":             {"conversations.open", url.Values{}, "users_list_not_supplied", "users"},
		"open a crowd":            {"conversations.open", url.Values{"users": {"U1,U2"}}, "invalid_user_combination", "several"},
		"view without trigger":    {"views.open", url.Values{"view": {smallModal}}, "invalid_arguments", "trigger_id"},
		"view with a made-up one": {"views.open", url.Values{"view": {smallModal}, "trigger_id": {"1.2.x"}}, "invalid_trigger_id", "never"},
		"update no view":          {"views.update", url.Values{"view": {smallModal}}, "invalid_arguments", "view_id"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.open(t, "U1")
			_, _, body := b.call(t, tt.method, tt.form)
			if errorCode(body) != tt.code || (body["ok"] == true) != (tt.code == "") {
				t.Errorf("answered %v, want %q", body, tt.code)
			}
			all := b.problems(t)
			if tt.part == "" && len(all) != 0 || tt.part != "" && (len(all) != 1 || !hasProblem(all, tt.method, tt.code, tt.part)) {
				t.Errorf("problems %+v, want %q", all, tt.part)
			}
		})
	}
}

const smallModal = `{"type":"modal","title":{"type":"plain_text","text":"x"},"blocks":[{"type":"divider"}]}`

func TestWellFormedCallsThatSlackRefusesAreNoProblem(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		method string
		form   url.Values
		code   string
	}{
		"unknown person":       {"users.info", url.Values{"user": {"U9"}}, "user_not_found"},
		"unknown address":      {"users.lookupByEmail", url.Values{"email": {"x@example.com"}}, "users_not_found"},
		"unknown conversation": {"chat.postMessage", url.Values{"channel": {"D9"}, "text": {"x"}}, "channel_not_found"},
		"not opened yet":       {"chat.postMessage", url.Values{"channel": {"D2"}, "text": {"x"}}, "channel_not_found"},
		"open unknown":         {"conversations.open", url.Values{"users": {"U9"}}, "user_not_found"},
		"open deactivated":     {"conversations.open", url.Values{"users": {"U3"}}, "user_disabled"},
		"only look":            {"conversations.open", url.Values{"users": {"U2"}, "prevent_creation": {"true"}}, "channel_not_found"},
		"no such view":         {"views.update", url.Values{"view": {smallModal}, "view_id": {"V9"}}, "not_found"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			_, _, body := b.call(t, tt.method, tt.form)
			if errorCode(body) != tt.code {
				t.Errorf("answered %v, want %s", body, tt.code)
			}
			b.noProblems(t)
		})
	}
}

func TestBodiesAndTokensAreTakenWhereSlackTakesThem(t *testing.T) {
	t.Parallel()
	const form, jsonType = "application/x-www-form-urlencoded", "application/json; charset=utf-8"
	tests := map[string]struct {
		verb, path, kind, bearer, body, code string
	}{
		"form with bearer":      {"POST", "users.info", form, testToken, "user=U1", ""},
		"get with bearer":       {"GET", "users.info?user=U1", "", testToken, "", ""},
		"get with query token":  {"GET", "users.info?user=U1&token=" + testToken, "", "", "", "not_authed"},
		"get of a writer":       {"GET", "chat.postMessage?channel=D1&text=x", "", testToken, "", "invalid_arguments"},
		"json with bearer":      {"POST", "conversations.open", jsonType, testToken, `{"users":"U1","return_im":true}`, ""},
		"json with body token":  {"POST", "conversations.open", jsonType, "", `{"users":"U1","token":"` + testToken + `"}`, "not_authed"},
		"json for a form":       {"POST", "users.info", jsonType, testToken, `{"user":"U1"}`, "invalid_post_type"},
		"broken json":           {"POST", "conversations.open", jsonType, testToken, `{"users"`, "invalid_json"},
		"json list":             {"POST", "conversations.open", jsonType, testToken, `[]`, "json_not_object"},
		"plain text":            {"POST", "auth.test", "text/plain", testToken, "x", "invalid_post_type"},
		"parameters in address": {"POST", "users.info?user=U1", form, testToken, "", "invalid_arguments"},
		"no body at all":        {"POST", "auth.test", "", testToken, "", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			req, _ := http.NewRequestWithContext(t.Context(), tt.verb, b.url+"/api/"+tt.path, strings.NewReader(tt.body))
			req.Header.Set("Content-Type", tt.kind)
			if tt.bearer != "" {
				req.Header.Set("Authorization", "Bearer "+tt.bearer)
			}
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			raw, _ := io.ReadAll(resp.Body)
			var body map[string]any
			if json.Unmarshal(raw, &body) != nil || errorCode(body) != tt.code {
				t.Errorf("answered %d %s, want %q", resp.StatusCode, raw, tt.code)
			}
		})
	}
}

func TestTSGrowsWithinOneMicrosecondAndWhenTheClockStepsBack(t *testing.T) {
	t.Parallel()
	b := setup(t)
	d := b.open(t, "U1")
	var got []string
	for i := range 4 {
		if i == 2 {
			b.clock.Advance(-time.Hour)
		}
		got = append(got, b.post(t, d, text("x")))
	}
	want := []string{"1489593600.000123", "1489593600.000124", "1489593600.000125", "1489593600.000126"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestDeactivatedPersonTakesMessagesInSilence(t *testing.T) {
	t.Parallel()
	b := setup(t)
	d := b.open(t, "U1")
	b.control(t, "POST", "/_fake/users", `[{"id":"U1","name":"Mei Tanaka","email":"mei@example.com","deleted":true}]`, nil)
	b.post(t, d, text("x"))
	u, err := b.api.GetUserInfoContext(t.Context(), "U1")
	if err != nil || !u.Deleted || u.TZ != "" {
		t.Errorf("users.info gave %+v, %v", u, err)
	}
	b.noProblems(t)
}

func TestUpdateKeepsOrRemovesWhatItSays(t *testing.T) {
	t.Parallel()
	meta := slack.MsgOptionMetadata(slack.SlackMetadata{EventType: "coe_delivery", EventPayload: map[string]any{"d": "01J"}})
	tests := map[string]struct {
		change  url.Values
		text    string
		blocks  int
		hasMeta bool
	}{
		"text takes blocks away":  {url.Values{"text": {"done"}}, "done", 0, true},
		"blocks stay with blocks": {url.Values{"text": {"done"}, "blocks": {`[{"type":"divider"}]`}}, "done", 1, true},
		"empty metadata removes":  {url.Values{"text": {"done"}, "metadata": {"{}"}}, "done", 0, false},
		"only metadata":           {url.Values{"metadata": {"{}"}}, "old", 2, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			d := b.open(t, "U1")
			ts := b.post(t, d, text("old"), button("b", "a", "v"), meta)
			tt.change.Set("channel", d)
			tt.change.Set("ts", ts)
			if _, _, body := b.call(t, "chat.update", tt.change); body["ok"] != true {
				t.Fatalf("answered %v", body)
			}
			all := b.messages(t, "user=U1")
			if len(all) != 1 || all[0].Text != tt.text || len(all[0].Blocks) != tt.blocks || (all[0].Metadata != nil) != tt.hasMeta || !all[0].Edited {
				t.Errorf("kept %+v", all)
			}
		})
	}
}

func TestUpdateRefusesLongText(t *testing.T) {
	t.Parallel()
	b := setup(t)
	d := b.open(t, "U1")
	ts := b.post(t, d, text("x"))
	for n, code := range map[int]string{4000: "", 4001: "msg_too_long"} {
		_, _, body := b.call(t, "chat.update", url.Values{"channel": {d}, "ts": {ts}, "text": {strings.Repeat("é", n)}})
		if errorCode(body) != code {
			t.Errorf("%d characters: %v, want %q", n, body, code)
		}
	}
}

func TestLongTextIsCutAsSlackCutsIt(t *testing.T) {
	t.Parallel()
	b := setup(t)
	d := b.open(t, "U1")
	b.post(t, d, text(strings.Repeat("x", 4000)))
	b.noProblems(t)
	b.post(t, d, text(strings.Repeat("y", 4001)))
	all := b.messages(t, "")
	if len(all) != 3 || len(all[1].Text) != 4000 || all[2].Text != "y" {
		t.Errorf("%d messages kept, want 3", len(all))
	}
	if n := len(b.problems(t)); n != 1 {
		t.Errorf("%d problems, want 1", n)
	}
}
