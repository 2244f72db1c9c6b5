package slackfake

import (
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
	"strings"
)

// Outcome is what a press or a submission led to.
type Outcome struct {
	Status int          `json:"status"` // of the program's answer, 0 when there was none
	Body   string       `json:"body"`
	View   *viewSummary `json:"view"` // opened or updated meanwhile
	Error  string       `json:"error,omitempty"`
}

// sign gives the signature of a body sent at a Unix second.
func sign(secret, second string, body []byte) string {
	m := hmac.New(sha256.New, []byte(secret))
	_, _ = fmt.Fprintf(m, "v0:%s:", second)
	_, _ = m.Write(body)
	return "v0=" + hex.EncodeToString(m.Sum(nil))
}

// send posts an interaction to the program and waits at most three seconds for
// its answer. The caller must not hold the lock: the program calls back.
func (s *Server) send(ctx context.Context, payload object) Outcome {
	kind := textAt(payload, "type")
	what := kind + " by " + textAt(payload["user"], "id")
	s.mu.Lock()
	appURL := s.appURL
	s.mu.Unlock()
	if appURL == "" {
		return s.unanswered(what, "the address of the program is not known")
	}
	raw, err := json.Marshal(payload)
	if err != nil {
		return s.unanswered(what, "the payload cannot be written as JSON")
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.deadline)
	defer cancel()
	status, body, err := s.post(ctx, strings.TrimRight(appURL, "/")+"/slack/interactions", raw)
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		s.mu.Lock()
		s.problem(kind, "", "the program did not answer within %s", s.deadline)
		s.mu.Unlock()
		return s.unanswered(what, fmt.Sprintf("no answer within %s", s.deadline))
	}
	if err != nil {
		return s.unanswered(what, "the program cannot be reached: "+err.Error())
	}
	s.mu.Lock()
	s.note(what, fmt.Sprint(status), status != http.StatusOK)
	s.mu.Unlock()
	return Outcome{Status: status, Body: body}
}

func (s *Server) unanswered(what, why string) Outcome {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.note(what, why, true)
	return Outcome{Error: why}
}

func (s *Server) post(ctx context.Context, to string, payload []byte) (int, string, error) {
	body := url.Values{"payload": {string(payload)}}.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	second := fmt.Sprint(s.now().Unix())
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("User-Agent", "Slackbot 1.0 (stand-in)")
	req.Header.Set("X-Slack-Request-Timestamp", second)
	req.Header.Set("X-Slack-Signature", sign(s.secret, second, []byte(body)))
	resp, err := s.client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, bodyLimit))
	return resp.StatusCode, string(answer), err
}

// envelope is what all interactions have in common. The caller holds the lock.
func (s *Server) envelope(kind, user string) object {
	name := user
	if p := s.find(user); p != nil {
		name = handle(p.Name)
	}
	return object{
		"type": kind, "api_app_id": appID, "token": "stand-in", "trigger_id": s.newTrigger(user),
		"team": object{"id": teamID, "domain": teamDomain}, "enterprise": nil, "is_enterprise_install": false,
		"user": object{"id": user, "username": name, "name": name, "team_id": teamID},
	}
}
