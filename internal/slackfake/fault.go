package slackfake

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// fault is one entry of the fault script; the package doc lists the kinds.
type fault struct {
	Method     string          `json:"method"`
	Kind       string          `json:"kind"`
	After      int             `json:"after"`
	Times      int             `json:"times"`
	RetryAfter json.RawMessage `json:"retry_after,omitempty"`
	Seconds    float64         `json:"seconds,omitempty"`

	base   string // kind without _before or _after
	accept bool   // the call is carried out before it is spoilt
}

// UnmarshalJSON refuses unknown fields: a misspelt one would let a test pass
// that broke nothing.
func (f *fault) UnmarshalJSON(raw []byte) error {
	type fields fault
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	return d.Decode((*fields)(f))
}

var slackErrorForm = regexp.MustCompile(`^[a-z][a-z_]*[a-z]$`)

// acceptedByDefault tells for each kind whether Slack would have done the work.
func acceptedByDefault() map[string]bool {
	return map[string]bool{
		"ok": true, "slow": true, "truncated": true,
		"429": false, "500": false, "502": false, "503": false, "504": false,
		"drop": false, "html": false, "empty": false, "ok_false": false,
	}
}

// prepare checks a fault as it was sent and fills in what was left out. The
// error is a sentence for whoever sent it.
func (f *fault) prepare(known map[string]method) error {
	if f.Method == "" {
		f.Method = "*"
	}
	if _, ok := known[f.Method]; !ok && f.Method != "*" {
		return fmt.Errorf("method: there is no method %s here; use one of %s or *", f.Method, strings.Join(sortedKeys(known), ", "))
	}
	if f.Times == 0 {
		f.Times = 1
	}
	if f.Times < 0 || f.After < 0 || f.Seconds < 0 || f.Seconds > 600 {
		return fmt.Errorf("after, times and seconds cannot be negative, and seconds goes to 600")
	}
	kinds := acceptedByDefault()
	base, suffix := f.Kind, ""
	for _, end := range []string{"_before", "_after"} {
		if b, found := strings.CutSuffix(f.Kind, end); found {
			base, suffix = b, end
		}
	}
	accept, ok := kinds[base]
	if ok {
		f.base, f.accept = base, accept && suffix != "_before" || suffix == "_after"
		return nil
	}
	first, _, _ := strings.Cut(f.Kind, "_")
	if _, clash := kinds[first]; clash || !slackErrorForm.MatchString(f.Kind) {
		return fmt.Errorf("kind: %q is none of %s, nor the name of a Slack error", f.Kind, strings.Join(sortedKeys(kinds), ", "))
	}
	f.base = f.Kind
	return nil
}

// takeFault gives the fault that this call of a method meets, or nil. Every
// waiting fault of the method counts the call; the first that is due hits.
func (s *Server) takeFault(name string) *fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.methods[name]; !ok {
		return nil
	}
	var due *fault
	var left []*fault
	for _, f := range s.faults {
		switch {
		case f.Method != name && f.Method != "*":
		case f.After > 0:
			f.After--
		case due == nil:
			due = f
			f.Times--
		}
		if f.Times > 0 {
			left = append(left, f)
		}
	}
	s.faults = left
	return due
}

// hit answers a call the way its fault asks for.
func (s *Server) hit(w http.ResponseWriter, c *call, f *fault) {
	if f.base == "slow" {
		seconds := f.Seconds
		if seconds == 0 {
			seconds = 5
		}
		s.sleep(time.Duration(seconds * float64(time.Second)))
	}
	proper := reply{status: http.StatusOK, body: []byte(`{"ok":true}`)}
	if f.accept {
		proper = s.answer(c)
	}
	s.mu.Lock()
	s.note(c.what(), "fault "+f.Kind, f.base != "ok")
	s.mu.Unlock()
	f.spoil(w, proper)
}

func (f *fault) spoil(w http.ResponseWriter, proper reply) {
	switch f.base {
	case "ok", "slow":
		proper.write(w)
	case "429":
		reply{status: http.StatusTooManyRequests, retryAfter: f.retryAfter(), body: refusalBody("ratelimited", nil)}.write(w)
	case "500", "502", "503", "504":
		status, _ := strconv.Atoi(f.base)
		writeHTML(w, status)
	case "drop":
		hangUp(w)
	case "truncated":
		proper.body = proper.body[:len(proper.body)/2]
		proper.write(w)
	case "html":
		writeHTML(w, http.StatusOK)
	case "empty":
		reply{status: http.StatusOK, body: []byte("{}")}.write(w)
	case "ok_false":
		reply{status: http.StatusOK, body: []byte(`{"ok":false}`)}.write(w)
	default:
		reply{status: http.StatusOK, body: refusalBody(f.base, nil)}.write(w)
	}
}

// retryAfter is the header's text: 30 when nothing was said, a string as it is.
func (f *fault) retryAfter() string {
	if len(f.RetryAfter) == 0 || string(f.RetryAfter) == "null" {
		return "30"
	}
	var s string
	if json.Unmarshal(f.RetryAfter, &s) == nil {
		return s
	}
	return string(f.RetryAfter)
}

func writeHTML(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "<!DOCTYPE html>\n<title>%d</title>\n<p>Something in between answered, not Slack.</p>\n", status)
}

// hangUp closes the connection without an answer.
func hangUp(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // the server's own way to drop a connection it cannot give away
	}
	_ = conn.Close()
}
