package main_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
)

// slack is the stand-in for Slack, by its controls under /_fake/.
type slack struct {
	t    *testing.T
	base string
}

// message is what somebody sees in Slack.
type message struct {
	Channel, User, TS, Text string
	Blocks                  []block
	Edited                  bool
}

type block struct {
	Type     string
	BlockID  string `json:"block_id"`
	Text     struct{ Text string }
	Elements []struct {
		ActionID string `json:"action_id"`
		Value    string
		Text     any
	}
}

// outcome is what a press or a submission led to.
type outcome struct {
	Status int
	Body   string
	Error  string
	View   *struct {
		ID         string
		CallbackID string `json:"callback_id"`
	}
}

// call sends a control and decodes its answer.
func (s *slack) call(method, at string, in, out any) {
	s.t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		s.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.base+at, bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	resp, err := (&http.Client{Timeout: guard}).Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		s.t.Fatalf("%s %s: %s, %v\n%s", method, at, resp.Status, err, b)
	}
	if err := json.Unmarshal(b, out); err != nil {
		s.t.Fatal(err)
	}
}

// messages lists what a person got, oldest first; of everybody for "".
func (s *slack) messages(user string) (list []message) {
	s.t.Helper()
	s.call("GET", "/_fake/messages?user="+url.QueryEscape(user), nil, &list)
	return list
}

// users gives ids by e-mail address.
func (s *slack) users() map[string]string {
	s.t.Helper()
	var list []struct{ ID, Email string }
	s.call("GET", "/_fake/users", nil, &list)
	out := map[string]string{}
	for _, u := range list {
		out[u.Email] = u.ID
	}
	return out
}

// perPerson counts messages.
func (s *slack) perPerson() map[string]int {
	s.t.Helper()
	out := map[string]int{}
	for _, m := range s.messages("") {
		out[m.User]++
	}
	return out
}

// wellFormed fails the test when a call was not as Slack wants it.
func (s *slack) wellFormed() {
	s.t.Helper()
	var list []struct{ Method, Error, Text string }
	if s.call("GET", "/_fake/problems", nil, &list); len(list) != 0 {
		s.t.Errorf("problems: %v", list)
	}
}

// press uses a button of an action's row.
func (s *slack) press(m message, button, actionID string) outcome {
	s.t.Helper()
	var out outcome
	s.call("POST", "/_fake/press", map[string]any{"channel": m.Channel, "ts": m.TS, "user": m.User, "action_id": button, "block_id": m.blockOf(actionID)}, &out)
	if out.Status != http.StatusOK {
		s.t.Errorf("%s of %s: answered %d %s", button, actionID, out.Status, out.Error)
	}
	return out
}

// submit sends a modal off.
func (s *slack) submit(view, user string, values map[string]any) outcome {
	s.t.Helper()
	var out outcome
	s.call("POST", "/_fake/submit", map[string]any{"view_id": view, "user": user, "values": values}, &out)
	if out.Status != http.StatusOK {
		s.t.Errorf("submit %v: answered %d %s", values, out.Status, out.Error)
	}
	return out
}

// again gives a message as it stands now.
func (s *slack) again(m message) message {
	s.t.Helper()
	for _, now := range s.messages(m.User) {
		if now.TS == m.TS {
			return now
		}
	}
	s.t.Fatalf("message %s is gone", m.TS)
	return m
}

// blockOf is the block with the buttons of an action, empty for none.
func (m message) blockOf(actionID string) string {
	for _, b := range m.Blocks {
		if len(b.Elements) > 0 && b.Elements[0].Value == actionID && b.Elements[0].ActionID != "" {
			return b.BlockID
		}
	}
	return ""
}

// words is everything the message says.
func (m message) words() string {
	var all []string
	for _, b := range m.Blocks {
		all = append(all, b.Text.Text)
		for _, e := range b.Elements {
			if s, ok := e.Text.(string); ok {
				all = append(all, s)
			}
		}
	}
	return strings.Join(all, "\n")
}

// action finds the row whose title holds words and gives the action's id as
// its buttons carry it.
func (m message) action(t *testing.T, words string) string {
	t.Helper()
	found := false
	for _, b := range m.Blocks {
		if strings.Contains(b.Text.Text, words) {
			found = true
		}
		if found && b.Type == "actions" {
			return b.Elements[0].Value
		}
	}
	t.Fatalf("no row with buttons says %q:\n%s", words, m.words())
	return ""
}

// callback sends an interaction to the server as Slack itself would: signed.
func callback(t *testing.T, base, secret string, payload map[string]any) (int, string) {
	t.Helper()
	raw, err := json.Marshal(payload)
	if err != nil {
		t.Fatal(err)
	}
	body := form("payload", string(raw)).Encode()
	second := strconv.FormatInt(time.Now().Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "v0:%s:%s", second, body)
	req, err := http.NewRequestWithContext(t.Context(), "POST", base+"/slack/interactions", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("X-Slack-Request-Timestamp", second)
	req.Header.Set("X-Slack-Signature", "v0="+hex.EncodeToString(mac.Sum(nil)))
	resp, err := (&http.Client{Timeout: guard}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b)
}
