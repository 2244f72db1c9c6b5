package slackbot

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"coetracker/internal/db"

	"gorm.io/gorm/clause"
)

const (
	bodyLimit  = 1 << 20
	clockSkew  = 5 * time.Minute
	answerTime = 2500 * time.Millisecond // Slack gives up after three seconds
	workedOn   = 10 * time.Second        // a copy within this time is left to the first
	keepRaw    = 14 * 24 * time.Hour
)

// inbound is one request of Slack's as it came.
type inbound struct {
	DedupeKey  string `gorm:"primaryKey"`
	Kind       string
	ReceivedAt time.Time // wall clock
	Raw        string
	State      string // new, done, failed
	Error      string
}

// TableName maps to slack_inbound.
func (inbound) TableName() string { return "slack_inbound" }

// Handler takes Slack's callbacks: POST /slack/interactions and /slack/events.
// Each is verified on its raw bytes and stored before it is acted upon, so a
// copy that Slack or anybody else sends again changes nothing.
func (b *Bot) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /slack/interactions", func(w http.ResponseWriter, r *http.Request) { b.receive(w, r, b.interaction) })
	mux.HandleFunc("POST /slack/events", func(w http.ResponseWriter, r *http.Request) { b.receive(w, r, b.event) })
	return mux
}

// answer is what goes back to Slack: a status, and JSON or nothing.
type answer struct {
	status int
	body   any
}

var taken = answer{status: http.StatusOK}

// receive verifies a request and gives its raw body to f.
func (b *Bot) receive(w http.ResponseWriter, r *http.Request, f func(context.Context, []byte) answer) {
	if r.URL.RawQuery != "" {
		http.Error(w, "Slack sends nothing in the address.", http.StatusBadRequest)
		return
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyLimit))
	if err != nil {
		status := http.StatusBadRequest
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			status = http.StatusRequestEntityTooLarge
		}
		http.Error(w, "The body cannot be read.", status)
		return
	}
	if !b.genuine(r.Header, raw) {
		http.Error(w, "The signature does not fit.", http.StatusUnauthorized)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), answerTime)
	defer cancel()
	a := f(ctx, raw)
	if a.body != nil {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
	}
	w.WriteHeader(a.status)
	if a.body != nil {
		_ = json.NewEncoder(w).Encode(a.body)
	}
}

// genuine checks Slack's signature over the raw body and its time, at most
// five minutes off in either direction of the wall clock.
func (b *Bot) genuine(h http.Header, raw []byte) bool {
	second, err := strconv.ParseInt(h.Get("X-Slack-Request-Timestamp"), 10, 64)
	if err != nil || b.SigningSecret == "" {
		return false
	}
	if age := b.Wall().Sub(time.Unix(second, 0)); age > clockSkew || age < -clockSkew {
		return false
	}
	mac := hmac.New(sha256.New, []byte(b.SigningSecret))
	fmt.Fprintf(mac, "v0:%s:", h.Get("X-Slack-Request-Timestamp"))
	mac.Write(raw)
	want := "v0=" + hex.EncodeToString(mac.Sum(nil))
	return hmac.Equal([]byte(want), []byte(h.Get("X-Slack-Signature")))
}

// event takes the Events API. We subscribe to nothing yet: what comes is kept
// and acknowledged.
func (b *Bot) event(ctx context.Context, raw []byte) answer {
	var e struct {
		Type      string `json:"type"`
		Challenge string `json:"challenge"`
		EventID   string `json:"event_id"`
	}
	_ = json.Unmarshal(raw, &e) // stored all the same
	if e.Type == "url_verification" {
		return answer{http.StatusOK, map[string]string{"challenge": e.Challenge}}
	}
	key := e.EventID
	if key == "" {
		key = digest(string(raw))
	}
	if _, err := b.store(ctx, "event:"+key, "event", raw); err != nil {
		return answer{status: http.StatusServiceUnavailable} // Slack sends it again
	}
	b.finish(ctx, "event:"+key, nil)
	return taken
}

// interaction takes button presses and submitted modals.
func (b *Bot) interaction(ctx context.Context, raw []byte) answer {
	form, err := url.ParseQuery(string(raw))
	if err != nil || len(form["payload"]) != 1 {
		return answer{status: http.StatusBadRequest}
	}
	var in interaction
	if err := json.NewDecoder(bytes.NewReader([]byte(form.Get("payload")))).Decode(&in); err != nil {
		return answer{status: http.StatusBadRequest}
	}
	key := in.key()
	fresh, err := b.store(ctx, key, in.Type, raw)
	if err != nil {
		b.Log.ErrorContext(ctx, "a callback of Slack cannot be stored", "error", err)
		return answer{status: http.StatusServiceUnavailable}
	}
	if !fresh {
		return taken
	}
	var a answer
	switch in.Type {
	case "block_actions":
		a, err = b.pressed(ctx, in)
	case "view_submission":
		a, err = b.submitted(ctx, in)
	default: // view_closed and whatever comes later: nothing to do
		a = taken
	}
	if err != nil {
		b.Log.ErrorContext(ctx, "a callback of Slack failed", "type", in.Type, "error", err)
		a = b.apology(ctx, in)
	}
	b.finish(ctx, key, err)
	return a
}

// apology tells somebody that it did not work, in the place they look at.
func (b *Bot) apology(ctx context.Context, in interaction) answer {
	const text = "This did not work. Nothing was changed; try again in a moment."
	if in.Type == "view_submission" {
		return fieldError(in.firstInput(), text)
	}
	b.whisper(ctx, in, text)
	return taken
}

// store keeps a request. fresh is false for a copy of one that was dealt with,
// or is being dealt with just now; one that failed may be tried again.
func (b *Bot) store(ctx context.Context, key, kind string, raw []byte) (fresh bool, err error) {
	now := db.Instant(b.Wall())
	tx := b.DB.WithContext(ctx)
	r := tx.Clauses(clause.OnConflict{DoNothing: true}).
		Create(&inbound{DedupeKey: key, Kind: kind, ReceivedAt: now, Raw: strings.ToValidUTF8(string(raw), "\uFFFD"), State: "new"})
	if r.Error != nil || r.RowsAffected == 1 {
		return r.Error == nil, r.Error
	}
	q := tx.Model(&inbound{}).Where("dedupe_key = ? AND (state = 'failed' OR state = 'new' AND received_at < ?)", key, now.Add(-workedOn)).
		Updates(map[string]any{"state": "new", "received_at": now})
	return q.RowsAffected == 1, q.Error
}

// finish notes how it went.
func (b *Bot) finish(ctx context.Context, key string, failed error) {
	cols := map[string]any{"state": "done", "error": ""}
	if failed != nil {
		cols = map[string]any{"state": "failed", "error": failed.Error()}
	}
	err := b.DB.WithContext(context.WithoutCancel(ctx)).Model(&inbound{}).Where("dedupe_key = ?", key).Updates(cols).Error
	if err != nil {
		b.Log.ErrorContext(ctx, "the state of a callback cannot be stored", "error", err)
	}
}

// Purge removes the raw requests that are older than fourteen days, and gives
// their number.
func (b *Bot) Purge(ctx context.Context) (int64, error) {
	r := b.DB.WithContext(ctx).Delete(&inbound{}, "received_at < ?", db.Instant(b.Wall().Add(-keepRaw)))
	return r.RowsAffected, r.Error
}

func digest(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil))
}
