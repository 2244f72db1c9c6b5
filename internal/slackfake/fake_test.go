package slackfake

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slack-go/slack"
)

const (
	testToken  = "xoxb-test-token"
	testSecret = "8f742231b10e8888abcd99yyyzzz85a5"
)

// clock is a wall clock that tests move by hand.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// bundle is a stand-in behind a loopback server, with slack-go as its client
// and a program that answers callbacks with app.
type bundle struct {
	fake  *Server
	url   string
	api   *slack.Client
	clock *clock

	mu        sync.Mutex
	app       http.HandlerFunc
	callbacks []callback
}

type callback struct {
	header http.Header
	body   []byte
	parsed slack.InteractionCallback
}

func setup(t *testing.T, change ...func(*Options)) *bundle {
	t.Helper()
	b := &bundle{clock: &clock{now: time.Date(2017, 3, 15, 16, 0, 0, 123000, time.UTC)}}
	app := httptest.NewServer(http.HandlerFunc(b.receive))
	t.Cleanup(app.Close)
	o := Options{Token: testToken, SigningSecret: testSecret, AppURL: app.URL, Now: b.clock.Now}
	for _, f := range change {
		f(&o)
	}
	b.fake = New(o)
	srv := httptest.NewServer(b.fake.Handler())
	t.Cleanup(srv.Close)
	b.url = srv.URL
	b.api = b.client(testToken)
	b.control(t, "POST", "/_fake/users", `[
		{"id":"U1","name":"Mei Tanaka","email":"mei@example.com","tz":"America/Los_Angeles"},
		{"id":"U2","name":"Ana Ruiz","email":"ana@example.com","tz":"Europe/Madrid"},
		{"id":"U3","name":"Sam Okafor","email":"sam@example.com","tz":"","deleted":true}]`, nil)
	return b
}

func (b *bundle) client(token string) *slack.Client {
	return slack.New(token, slack.OptionAPIURL(b.url+"/api/"), slack.OptionHTTPClient(&http.Client{}))
}

// receive is the program: it keeps each callback and answers as the test said.
func (b *bundle) receive(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	parsed, _ := slack.InteractionCallbackParse(r)
	b.mu.Lock()
	b.callbacks = append(b.callbacks, callback{r.Header, body, parsed})
	app := b.app
	b.mu.Unlock()
	if app != nil {
		r.Body = io.NopCloser(bytes.NewReader(body))
		app(w, r)
	}
}

// answer sets what the program does with the next callbacks.
func (b *bundle) answer(h http.HandlerFunc) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.app = h
}

func (b *bundle) last(t *testing.T) callback {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.callbacks) == 0 {
		t.Fatal("the program was not called")
	}
	return b.callbacks[len(b.callbacks)-1]
}

// control sends a control call and decodes the answer; it gives the status.
func (b *bundle) control(t *testing.T, method, path, body string, into any) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, b.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, _ := io.ReadAll(resp.Body)
	if into != nil {
		if err := json.Unmarshal(raw, into); err != nil {
			t.Fatalf("%s %s answered %d %s", method, path, resp.StatusCode, raw)
		}
	}
	return resp.StatusCode
}

// call posts a form without slack-go, which cannot be made to misbehave.
func (b *bundle) call(t *testing.T, method string, form url.Values) (int, http.Header, map[string]any) {
	t.Helper()
	if !form.Has("token") {
		form.Set("token", testToken)
	}
	resp, err := http.PostForm(b.url+"/api/"+method, form)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var body map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&body); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, body
}

func (b *bundle) problems(t *testing.T) []Problem {
	t.Helper()
	var all []Problem
	b.control(t, "GET", "/_fake/problems", "", &all)
	return all
}

func (b *bundle) noProblems(t *testing.T) {
	t.Helper()
	if all := b.problems(t); len(all) != 0 {
		t.Errorf("problems: %+v", all)
	}
}

func (b *bundle) messages(t *testing.T, query string) []shownMessage {
	t.Helper()
	var all []shownMessage
	b.control(t, "GET", "/_fake/messages?"+query, "", &all)
	return all
}

// open opens the direct message with a person.
func (b *bundle) open(t *testing.T, user string) string {
	t.Helper()
	ch, _, _, err := b.api.OpenConversationContext(t.Context(), &slack.OpenConversationParameters{Users: []string{user}})
	if err != nil {
		t.Fatal(err)
	}
	return ch.ID
}

func (b *bundle) post(t *testing.T, channel string, options ...slack.MsgOption) string {
	t.Helper()
	_, ts, err := b.api.PostMessageContext(t.Context(), channel, options...)
	if err != nil {
		t.Fatal(err)
	}
	return ts
}

func text(s string) slack.MsgOption { return slack.MsgOptionText(s, false) }

// button makes an actions block with one button.
func button(block, action, value string) slack.MsgOption {
	b := slack.NewButtonBlockElement(action, value, slack.NewTextBlockObject("plain_text", "Done", false, false))
	return slack.MsgOptionBlocks(
		slack.NewSectionBlock(slack.NewTextBlockObject("mrkdwn", "*A-5* of COE-17", false, false), nil, nil),
		slack.NewActionBlock(block, b))
}

// modal is a view with a text field, a menu and a date.
func modal() slack.ModalViewRequest {
	label := func(s string) *slack.TextBlockObject { return slack.NewTextBlockObject("plain_text", s, false, false) }
	return slack.ModalViewRequest{
		Type: slack.VTModal, Title: label("Move the date"), Submit: label("Move"), CallbackID: "move", PrivateMetadata: "A-5",
		Blocks: slack.Blocks{BlockSet: []slack.Block{
			slack.NewInputBlock("why", label("Why"), nil, slack.NewPlainTextInputBlockElement(nil, "reason")),
			slack.NewInputBlock("to", label("Date"), nil, slack.NewDatePickerBlockElement("day")),
			slack.NewInputBlock("who", label("Owner"), nil, slack.NewOptionsSelectBlockElement("static_select", nil, "owner",
				slack.NewOptionBlockObject("7", label("Ana"), nil), slack.NewOptionBlockObject("8", label("Mei"), nil))).WithOptional(true),
		}},
	}
}

// opensModal answers callbacks by opening a modal first.
func (b *bundle) opensModal(t *testing.T, view slack.ModalViewRequest) {
	b.answer(func(w http.ResponseWriter, r *http.Request) {
		ic, err := slack.InteractionCallbackParse(r)
		if err != nil {
			t.Error(err)
		}
		if _, err := b.api.OpenViewContext(context.Background(), ic.TriggerID, view); err != nil {
			t.Error(err)
		}
		w.WriteHeader(http.StatusOK)
	})
}

func (b *bundle) press(t *testing.T, channel, ts, action, user string) Outcome {
	t.Helper()
	raw, _ := json.Marshal(map[string]string{"channel": channel, "ts": ts, "action_id": action, "user": user})
	var out Outcome
	if status := b.control(t, "POST", "/_fake/press", string(raw), &out); status != http.StatusOK {
		t.Fatalf("press answered %d", status)
	}
	return out
}

func errorCode(body map[string]any) string {
	s, _ := body["error"].(string)
	return s
}

func hasProblem(all []Problem, method, code, part string) bool {
	return slices.ContainsFunc(all, func(p Problem) bool {
		return p.Method == method && p.Error == code && strings.Contains(p.Text, part)
	})
}

func formPayload(t *testing.T, body []byte) string {
	t.Helper()
	values, err := url.ParseQuery(string(body))
	if err != nil {
		t.Fatal(err)
	}
	return values.Get("payload")
}
