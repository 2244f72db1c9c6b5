package slackfake

import (
	"regexp"
	"unicode/utf8"
)

// message is one message as kept: what was posted, and what became of it.
type message struct {
	channel     string
	user        string // whose direct message it is, "" in a channel
	ts          string
	threadTS    string
	broadcast   bool
	text        string
	blocks      []any
	attachments []any
	metadata    object
	edited      string // ts of the last change, or ""
}

var (
	conversationForm = regexp.MustCompile(`^[CDG][A-Za-z0-9_.-]+$`)
	userForm         = regexp.MustCompile(`^[UW][A-Za-z0-9_.-]+$`)
	eventTypeForm    = regexp.MustCompile(`^[A-Za-z0-9_]+$`)
)

// content is what a message says, read from the parameters of a call.
type content struct {
	text        string
	blocks      []any // nil: not given
	attachments []any
	metadata    object // nil: not given
}

func (s *Server) chatPostMessage(c *call) (object, *refusal) {
	channel, no := s.conversation(c)
	if no != nil {
		return nil, no
	}
	in, no := readContent(c)
	if no != nil {
		return nil, no
	}
	if in.text == "" && len(in.blocks) == 0 && len(in.attachments) == 0 {
		return nil, blame("no_text", "a message needs text or blocks")
	}
	if thread := c.params["thread_ts"]; thread != "" {
		if _, ok := parseTS(thread); !ok {
			return nil, blame("invalid_arguments", "thread_ts is not a ts")
		}
	}
	texts := []string{in.text}
	if n := utf8.RuneCountInString(in.text); n > maxPostText {
		s.problem(c.method, "", "the text has %d characters; Slack cuts what is longer than %d into several messages", n, maxPostText)
		if len(in.blocks) == 0 {
			texts = cutText(in.text)
		}
	}
	first := s.store(c, channel, in, texts[0])
	for _, more := range texts[1:] {
		s.store(c, channel, content{}, more)
	}
	return object{"channel": channel, "ts": first.ts, "message": first.slack(true)}, nil
}

// store keeps one message. The caller holds the lock.
func (s *Server) store(c *call, channel string, in content, text string) *message {
	m := &message{
		channel: channel, user: s.opened[channel], ts: s.nextTS(), text: text, blocks: s.withIDs(in.blocks),
		attachments: in.attachments, threadTS: c.params["thread_ts"], broadcast: truth(c.params["reply_broadcast"]),
	}
	if len(in.metadata) > 0 {
		m.metadata = in.metadata
	}
	s.messages = append(s.messages, m)
	return m
}

func cutText(text string) []string {
	runes := []rune(text)
	var parts []string
	for len(runes) > maxPostText {
		parts = append(parts, string(runes[:maxPostText]))
		runes = runes[maxPostText:]
	}
	return append(parts, string(runes))
}

// conversation gives the conversation a call is about, when there is one.
func (s *Server) conversation(c *call) (string, *refusal) {
	id := c.params["channel"]
	if _, ok := s.opened[id]; ok || s.findChannel(id) != nil {
		return id, nil
	}
	switch {
	case userForm.MatchString(id):
		return "", blame("channel_not_found", "%s is a person; open a conversation first and use its id", id)
	case !conversationForm.MatchString(id):
		return "", blame("channel_not_found", "%q is not the id of a conversation", id)
	}
	return "", refuse("channel_not_found")
}

func (s *Server) chatUpdate(c *call) (object, *refusal) {
	channel, no := s.conversation(c)
	if no != nil {
		return nil, no
	}
	if _, ok := parseTS(c.params["ts"]); !ok {
		return nil, blame("message_not_found", "ts is not a ts")
	}
	m := s.message(channel, c.params["ts"])
	if m == nil {
		return nil, refuse("message_not_found")
	}
	in, no := readContent(c)
	if no != nil {
		return nil, no
	}
	if n := utf8.RuneCountInString(in.text); n > maxPostText {
		return nil, blame("msg_too_long", "the text has %d characters, more than %d", n, maxPostText)
	}
	if in.text == "" && in.blocks == nil && in.attachments == nil && in.metadata == nil {
		return nil, blame("no_text", "there is nothing to change")
	}
	s.change(m, in)
	return object{"channel": channel, "ts": m.ts, "text": m.text, "message": m.slack(true)}, nil
}

// change applies an update: a text without blocks takes the blocks away,
// metadata stays unless given, and an empty object removes it.
func (s *Server) change(m *message, in content) {
	switch {
	case in.blocks != nil:
		m.text, m.blocks = in.text, s.withIDs(in.blocks)
	case in.text != "":
		m.text, m.blocks = in.text, nil
	}
	if in.attachments != nil {
		m.attachments = in.attachments
	}
	if in.metadata != nil {
		m.metadata = in.metadata
		if len(in.metadata) == 0 {
			m.metadata = nil
		}
	}
	m.edited = formatTS(s.now().UnixMicro())
}

func (s *Server) message(channel, ts string) *message {
	for _, m := range s.messages {
		if m.channel == channel && m.ts == ts {
			return m
		}
	}
	return nil
}

// slack is the message as the API shows it.
func (m *message) slack(withMetadata bool) object {
	o := object{
		"type": "message", "user": botUserID, "bot_id": botID, "app_id": appID, "team": teamID, "ts": m.ts, "text": m.text,
		"bot_profile": object{"id": botID, "app_id": appID, "name": botName, "deleted": false, "team_id": teamID},
	}
	if len(m.blocks) > 0 {
		o["blocks"] = m.blocks
	}
	if len(m.attachments) > 0 {
		o["attachments"] = m.attachments
	}
	if m.threadTS != "" {
		o["thread_ts"] = m.threadTS
	}
	if m.edited != "" {
		o["edited"] = object{"user": botUserID, "ts": m.edited}
	}
	if withMetadata && m.metadata != nil {
		o["metadata"] = m.metadata
	}
	return o
}

// withIDs gives blocks and elements the ids that were left out, as Slack does.
// It changes the blocks it is given, which nobody else holds yet.
func (s *Server) withIDs(blocks []any) []any {
	for _, b := range blocks {
		block, ok := b.(object)
		if !ok {
			continue
		}
		if textAt(block, "block_id") == "" {
			block["block_id"] = s.nextID("b")
		}
		for _, e := range interactive(block) {
			if textAt(e, "action_id") == "" {
				e["action_id"] = s.nextID("a")
			}
		}
	}
	return blocks
}

// interactive gives the elements of a block that a person can use.
func interactive(block any) []object {
	candidates := listAt(block, "elements")
	if textAt(block, "type") == "context" {
		candidates = nil
	}
	for _, key := range []string{"accessory", "element"} {
		if e := objectAt(block, key); e != nil && textAt(e, "type") != "image" {
			candidates = append(candidates[:len(candidates):len(candidates)], e)
		}
	}
	var found []object
	for _, e := range candidates {
		if o, ok := e.(object); ok {
			found = append(found, o)
		}
	}
	return found
}
