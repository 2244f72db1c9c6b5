package slackbot_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"coetracker/internal/dbtest"
	"coetracker/internal/slackbot"
)

// sign gives Slack's signature of a body.
func sign(key string, at time.Time, body string) (stamp, signature string) {
	stamp = fmt.Sprint(at.Unix())
	mac := hmac.New(sha256.New, []byte(key))
	fmt.Fprintf(mac, "v0:%s:%s", stamp, body)
	return stamp, "v0=" + hex.EncodeToString(mac.Sum(nil))
}

func (r *rig) pressPayload(m fakeMessage, action, block, value string, by int64) string {
	raw, _ := json.Marshal(map[string]any{
		"type": "block_actions", "trigger_id": "1.2.none", "response_url": r.responseURL(m),
		"team": map[string]string{"id": "T0COESTAND"}, "user": map[string]string{"id": slackID(by), "team_id": "T0COESTAND"},
		"container": map[string]string{"type": "message", "message_ts": m.TS, "channel_id": m.Channel},
		"actions":   []map[string]string{{"type": "button", "action_id": action, "block_id": block, "value": value, "action_ts": fmt.Sprint(r.wall.Now().UnixNano())}},
	})
	r.wall.Advance(time.Millisecond)
	return string(raw)
}

// responseURL gets a fresh address for answers from the stand-in, by pressing
// a button that nobody listens to.
func (r *rig) responseURL(m fakeMessage) string {
	r.t.Helper()
	var got string
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		form, _ := url.ParseQuery(string(body))
		var p struct {
			URL string `json:"response_url"`
		}
		_ = json.Unmarshal([]byte(form.Get("payload")), &p)
		got = p.URL
	}))
	defer app.Close()
	r.fake.SetAppURL(app.URL)
	defer r.fake.SetAppURL(r.appURL)
	list := r.messages(0)
	for _, other := range list {
		if other.Channel == m.Channel && strings.Contains(string(other.Blocks), "action_move") {
			r.control("/_fake/press", map[string]any{"channel": other.Channel, "ts": other.TS, "action_id": "action_move"}, nil)
		}
	}
	return got
}

// callback sends a signed interaction.
func (r *rig) callback(payload string) outcome {
	body := url.Values{"payload": {payload}}.Encode()
	stamp, sig := sign(secret, r.wall.Now(), body)
	req, _ := http.NewRequest("POST", r.appURL+"/slack/interactions", strings.NewReader(body))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("X-Slack-Request-Timestamp", stamp)
	req.Header.Set("X-Slack-Signature", sig)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return outcome{}
	}
	defer resp.Body.Close()
	raw, _ := io.ReadAll(resp.Body)
	return outcome{Status: resp.StatusCode, Body: string(raw)}
}

func TestOnlyGenuineCallbacksAreTaken(t *testing.T) {
	t.Parallel()
	now := time.Unix(1531420618, 0)
	const vector = "token=xyzz0WbapA4vBCDEFa0cx6qm&team_id=T1DC2JH3J&text="
	bot, err := slackbot.New(slackbot.Config{Token: token, SigningSecret: secret, BaseURL: base, DB: dbtest.New(t), Wall: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	stamp, good := sign(secret, now, vector)
	if good != "v0=0bc6aa92b22f83fbdf614d484f7dd1cbeba5d96ba61c2127b2fdfb286f5707c7" {
		t.Fatalf("the known vector gives %s", good)
	}
	old, oldSig := sign(secret, now.Add(-301*time.Second), vector)
	late, lateSig := sign(secret, now.Add(301*time.Second), vector)
	edge, edgeSig := sign(secret, now.Add(-300*time.Second), vector)
	_, wrong := sign("other", now, vector)
	for name, c := range map[string]struct {
		body, stamp, sig, query string
		want                    int
	}{
		"genuine, but no interaction": {vector, stamp, good, "", 400},
		"five minutes old":            {vector, edge, edgeSig, "", 400},
		"a byte changed":              {vector + "x", stamp, good, "", 401},
		"another secret":              {vector, stamp, wrong, "", 401},
		"no headers":                  {vector, "", "", "", 401},
		"another version":             {vector, stamp, "v1" + good[2:], "", 401},
		"upper case":                  {vector, stamp, "v0=" + strings.ToUpper(good[3:]), "", 401},
		"too old":                     {vector, old, oldSig, "", 401},
		"from the future":             {vector, late, lateSig, "", 401},
		"a payload in the address":    {vector, stamp, good, "?payload=%7B%7D", 400},
		"two megabytes":               {strings.Repeat("x", 2<<20), stamp, good, "", 413},
	} {
		req := httptest.NewRequest("POST", "/slack/interactions"+c.query, strings.NewReader(c.body))
		req.Header.Set("X-Slack-Request-Timestamp", c.stamp)
		req.Header.Set("X-Slack-Signature", c.sig)
		w := httptest.NewRecorder()
		bot.Handler().ServeHTTP(w, req)
		if w.Code != c.want {
			t.Errorf("%s: %d, want %d", name, w.Code, c.want)
		}
	}
}

func TestNewRefusesToWorkWithoutASecret(t *testing.T) {
	t.Parallel()
	if _, err := slackbot.New(slackbot.Config{Token: token}); err == nil {
		t.Error("a bot without a signing secret starts")
	}
	if _, err := slackbot.New(slackbot.Config{SigningSecret: secret}); err == nil {
		t.Error("a bot without a token starts")
	}
}

func TestEvents(t *testing.T) {
	t.Parallel()
	eachRig(t, func(t *testing.T, r *rig) {
		send := func(body string) (int, string) {
			stamp, sig := sign(secret, r.wall.Now(), body)
			req, _ := http.NewRequest("POST", r.appURL+"/slack/events", bytes.NewBufferString(body))
			req.Header.Set("X-Slack-Request-Timestamp", stamp)
			req.Header.Set("X-Slack-Signature", sig)
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			raw, _ := io.ReadAll(resp.Body)
			return resp.StatusCode, strings.TrimSpace(string(raw))
		}
		if code, body := send(`{"type":"url_verification","challenge":"abc"}`); code != 200 || body != `{"challenge":"abc"}` {
			t.Errorf("url_verification: %d %s", code, body)
		}
		for range 3 {
			if code, _ := send(`{"type":"event_callback","event_id":"Ev1","event":{"blocks":[{"type":7}]}}`); code != 200 {
				t.Errorf("an event is answered %d", code)
			}
		}
		if n := r.count("SELECT count(*) FROM slack_inbound WHERE state = 'done'"); n != 1 {
			t.Errorf("%d events kept, want 1", n)
		}
		r.wall.Advance(15 * 24 * time.Hour)
		if n, err := r.bot.Purge(t.Context()); err != nil || n != 1 {
			t.Errorf("purged %d, %v", n, err)
		}
	})
}

func TestAnswersGoToSlackOnly(t *testing.T) {
	t.Parallel()
	eachRig(t, func(t *testing.T, r *rig) {
		hit := false
		trap := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hit = true }))
		defer trap.Close()
		for _, address := range []string{trap.URL + "/x", "http://169.254.169.254/latest", "https://hooks.slack.com.example.com/x", "https://x@hooks.slack.com/", "http://hooks.slack.com/x", ""} {
			payload := fmt.Sprintf(`{"type":"block_actions","response_url":%q,"user":{"id":"U0002"},"actions":[{"action_id":"nothing","action_ts":%q}]}`, address, address)
			if out := r.callback(payload); out.Status != 200 {
				t.Errorf("%s: %+v", address, out)
			}
		}
		r.drain()
		if n := r.count("SELECT count(*) FROM jobs WHERE kind = 'slack_reply'"); hit || n != 0 {
			t.Errorf("%d answers were meant for foreign addresses, trap hit: %v", n, hit)
		}
	})
}
