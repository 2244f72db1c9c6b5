package slackfake

import (
	"net/http"
	"slices"
	"time"
)

// responseURL is the right to answer one interaction a few times.
type responseURL struct {
	message *message // the one that was clicked
	user    string   // who clicked
	at      time.Time
	uses    int
}

// newResponseURL gives an address for answering a click. The caller holds the lock.
func (s *Server) newResponseURL(host string, m *message, user string) string {
	path := "/actions/" + teamID + "/" + s.nextID("") + "/" + randomHex(12)
	s.responseURLs[path] = &responseURL{message: m, user: user, at: s.now()}
	return "http://" + host + path
}

// serveResponseURL takes an answer to an interaction.
func (s *Server) serveResponseURL(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, bodyLimit)
	c := &call{method: "response_url", params: map[string]string{}}
	c.readJSON(r)
	s.mu.Lock()
	no := s.respond(s.responseURLs[r.URL.Path], c)
	if no != nil && no.text != "" {
		s.problem(c.method, no.code, "%s", no.text)
	}
	if no != nil {
		s.note(c.method, no.result(), true)
	} else {
		s.note(c.method, "ok", false)
	}
	s.mu.Unlock()
	switch {
	case no == nil:
		jsonReply(object{"ok": true}).write(w)
	case no.code == "used_url" || no.code == "expired_url":
		reply{status: http.StatusNotFound, body: refusalBody(no.code, nil)}.write(w)
	default:
		reply{status: http.StatusBadRequest, body: refusalBody(no.code, no.extra)}.write(w)
	}
}

// respond carries an answer out: a message to the one person only unless asked
// otherwise. The caller holds the lock.
func (s *Server) respond(u *responseURL, c *call) *refusal {
	switch {
	case u == nil:
		return blame("expired_url", "the response_url was never given out")
	case s.now().Sub(u.at) > responseURLLife:
		return refuse("expired_url")
	case u.uses >= responseURLUses:
		return refuse("used_url")
	case c.broken != nil:
		return c.broken
	}
	if no := respondParams(c); no != nil {
		return no
	}
	if c.params["metadata"] != "" && textAtJSON(c.params["metadata"], "event_type") == "" {
		delete(c.params, "metadata") // what a client writes that has none to send
	}
	in, no := readContent(c)
	if no != nil {
		return no
	}
	deleting := truth(c.params["delete_original"])
	if !deleting && in.text == "" && len(in.blocks) == 0 {
		return blame("no_text", "an answer needs text or blocks")
	}
	u.uses++
	switch {
	case deleting:
		s.messages = slices.DeleteFunc(s.messages, func(m *message) bool { return m == u.message })
	case truth(c.params["replace_original"]):
		s.change(u.message, in)
	case c.params["response_type"] == "in_channel":
		s.store(c, u.message.channel, in, in.text)
	default:
		s.ephemeral = append(s.ephemeral, &message{
			channel: u.message.channel, user: u.user, ts: s.nextTS(),
			text: in.text, blocks: s.withIDs(in.blocks),
		})
	}
	return nil
}

func respondParams(c *call) *refusal {
	known := []string{
		"text", "blocks", "attachments", "metadata", "response_type", "replace_original", "delete_original",
		"thread_ts", "reply_broadcast", "ts", "mrkdwn", "parse", "link_names", "unfurl_links", "unfurl_media",
	}
	for _, name := range sortedKeys(c.params) {
		if !slices.Contains(known, name) {
			return blame("invalid_arguments", "invalid additional property: %s", name)
		}
	}
	if t := c.params["response_type"]; t != "" && t != "in_channel" && t != "ephemeral" {
		return blame("invalid_arguments", "response_type is in_channel or ephemeral")
	}
	return nil
}

func textAtJSON(raw, key string) string {
	v, err := decode([]byte(raw))
	if err != nil {
		return ""
	}
	return textAt(v, key)
}
