package slackfake

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// call is one API call, read but not judged.
type call struct {
	method string
	token  string
	params map[string]string
	json   bool     // came as a JSON body
	get    bool     // came by GET
	broken *refusal // the body could not be read
}

// refusal is an answer with ok false. A text makes it a problem: the caller
// should not have sent this. Without one the call was well formed and Slack
// says no for a reason the caller could not know.
type refusal struct {
	code  string
	text  string
	extra object
}

// reply is what goes over the wire.
type reply struct {
	status     int
	retryAfter string
	body       []byte
}

func refuse(code string) *refusal { return &refusal{code: code} }

// blame refuses a call that is ill-formed.
func blame(code, format string, args ...any) *refusal {
	text := fmt.Sprintf(format, args...)
	r := &refusal{code: code, text: text}
	if code == "invalid_arguments" {
		r.extra = object{"response_metadata": object{"messages": []string{"[ERROR] " + text}}}
	}
	return r
}

// readCall reads method, token and parameters from wherever Slack takes them.
func readCall(r *http.Request) *call {
	c := &call{method: r.PathValue("method"), params: map[string]string{}, get: r.Method == http.MethodGet}
	if bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		c.token = bearer
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case c.get:
		c.addForm(r.URL.Query())
	case kind == "application/json":
		c.json = true
		c.readJSON(r)
	case kind == "multipart/form-data":
		if err := r.ParseMultipartForm(bodyLimit); err != nil {
			c.broken = blame("invalid_form_data", "the form cannot be read: %v", err)
		}
		c.addForm(r.PostForm)
	case kind == "application/x-www-form-urlencoded" || kind == "" && r.ContentLength == 0:
		if err := r.ParseForm(); err != nil {
			c.broken = blame("invalid_form_data", "the form cannot be read: %v", err)
		}
		c.addForm(r.PostForm)
	default:
		c.broken = blame("invalid_post_type", "the content type %q is not taken", kind)
	}
	if !c.get && r.URL.RawQuery != "" && c.broken == nil {
		c.broken = blame("invalid_arguments", "parameters of a POST belong in its body, not in the address")
	}
	return c
}

func (c *call) addForm(values url.Values) {
	for _, key := range sortedKeys(values) {
		if len(values[key]) > 1 && c.broken == nil {
			c.broken = blame("invalid_arguments", "the parameter %s is given %d times", key, len(values[key]))
		}
		c.params[key] = values[key][0]
	}
	token, ok := c.params["token"]
	delete(c.params, "token")
	if ok && c.token == "" && !c.get {
		c.token = token
	}
}

func (c *call) readJSON(r *http.Request) {
	var raw map[string]json.RawMessage
	if err := json.NewDecoder(r.Body).Decode(&raw); err != nil {
		code := "invalid_json"
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) {
			code = "json_not_object"
		}
		c.broken = blame(code, "the JSON body cannot be read: %v", err)
		return
	}
	for key, value := range raw {
		var s string
		switch {
		case string(value) == "null":
		case json.Unmarshal(value, &s) == nil:
			c.params[key] = s
		default:
			c.params[key] = string(value)
		}
	}
}

// serveAPI answers one Web API call, after whatever fault waits for it.
func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost && r.Method != http.MethodGet {
		http.Error(w, "only GET and POST", http.StatusMethodNotAllowed)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, bodyLimit)
	c := readCall(r)
	if s.authorise(c) == nil {
		w.Header().Set("X-OAuth-Scopes", strings.Join(s.scopes, ","))
	}
	if f := s.takeFault(c.method); f != nil {
		s.hit(w, c, f)
		return
	}
	s.answer(c).write(w)
}

// answer judges a call, runs it and gives the reply.
func (s *Server) answer(c *call) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	body, no := s.run(c)
	if no == nil {
		s.note(c.what(), "ok", false)
		body["ok"] = true
		return jsonReply(body)
	}
	if no.text != "" {
		s.problem(c.method, no.code, "%s", no.text)
	}
	s.note(c.what(), no.result(), true)
	if seconds, limited := no.extra["retry_after"].(int); limited {
		return reply{status: http.StatusTooManyRequests, retryAfter: fmt.Sprint(seconds), body: refusalBody("ratelimited", nil)}
	}
	return reply{status: http.StatusOK, body: refusalBody(no.code, no.extra)}
}

// run checks what Slack checks, in Slack's order, and runs the method. The
// caller holds the lock.
func (s *Server) run(c *call) (object, *refusal) {
	m, ok := s.methods[c.method]
	if !ok {
		return nil, blame("unknown_method", "there is no method %s here", c.method)
	}
	if c.json && !m.json {
		return nil, blame("invalid_post_type", "%s takes a form, not JSON", c.method)
	}
	if c.get && !m.reads {
		return nil, blame("invalid_arguments", "%s is to be sent by POST", c.method)
	}
	if no := s.authorise(c); no != nil {
		return nil, no
	}
	if c.broken != nil {
		return nil, c.broken
	}
	if no := s.scoped(m.scope(c)); no != nil {
		return nil, no
	}
	if no := m.parameters(c); no != nil {
		return nil, no
	}
	if seconds := s.pace.wait(c, m.perMinute, s.now()); seconds > 0 {
		return nil, &refusal{code: "ratelimited", extra: object{"retry_after": seconds}}
	}
	return m.run(s, c)
}

func (s *Server) authorise(c *call) *refusal {
	if c.token == "" {
		return blame("not_authed", "no token was sent")
	}
	if s.token != "" && c.token != s.token {
		return blame("invalid_auth", "the token is not the one of this workspace")
	}
	return nil
}

func (s *Server) scoped(needed string) *refusal {
	if needed == "" || slices.Contains(s.scopes, needed) {
		return nil
	}
	no := blame("missing_scope", "the token lacks the scope %s", needed)
	no.extra = object{"needed": needed, "provided": strings.Join(s.scopes, ",")}
	return no
}

// what says in the delivery log what was called and whom it concerned.
func (c *call) what() string {
	for _, key := range []string{"channel", "users", "user", "email", "view_id"} {
		if c.params[key] != "" {
			return c.method + " " + c.params[key]
		}
	}
	return c.method
}

func (no *refusal) result() string {
	if seconds, ok := no.extra["retry_after"]; ok {
		return fmt.Sprintf("429, wait %v s", seconds)
	}
	if no.text != "" {
		return no.code + ": " + no.text
	}
	return no.code
}

func refusalBody(code string, extra object) []byte {
	body := object{"ok": false, "error": code}
	for key, value := range extra {
		body[key] = value
	}
	raw, _ := json.Marshal(body) // strings and lists of strings only
	return raw
}

func jsonReply(body object) reply {
	raw, err := json.Marshal(body)
	if err != nil {
		return reply{status: http.StatusOK, body: refusalBody("internal_error", nil)}
	}
	return reply{status: http.StatusOK, body: raw}
}

func (r reply) write(w http.ResponseWriter) {
	if r.retryAfter != "" {
		w.Header().Set("Retry-After", r.retryAfter)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(r.status)
	_, _ = w.Write(r.body)
}
