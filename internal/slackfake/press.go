package slackfake

import (
	"context"
	"fmt"
	"net/http"
)

// press says which element a person used, and with what value.
type press struct {
	Channel  string `json:"channel"`
	TS       string `json:"ts"`
	ViewID   string `json:"view_id"`
	BlockID  string `json:"block_id"`
	ActionID string `json:"action_id"`
	User     string `json:"user"`
	Value    any    `json:"value"`

	host string // under which the person reached us, for the response_url
}

// refusedControl is why a control call makes no sense, with an HTTP status.
type refusedControl struct {
	status int
	text   string
}

func (e *refusedControl) Error() string { return e.text }

func noSuch(format string, args ...any) error {
	return &refusedControl{http.StatusNotFound, fmt.Sprintf(format, args...)}
}

func badControl(format string, args ...any) error {
	return &refusedControl{http.StatusUnprocessableEntity, fmt.Sprintf(format, args...)}
}

// press sends the block_actions of a click and reports what came of it.
func (s *Server) press(ctx context.Context, p press) (Outcome, error) {
	payload, user, mark, err := s.preparePress(p)
	if err != nil {
		return Outcome{}, err
	}
	out := s.send(ctx, payload)
	s.mu.Lock()
	defer s.mu.Unlock()
	out.View = s.modifiedSince(user, mark)
	return out, nil
}

// preparePress makes the payload; mark is the count of views before the click.
func (s *Server) preparePress(p press) (payload object, user string, mark int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	blocks, user, err := s.pressedOn(p)
	if err != nil {
		return nil, "", 0, err
	}
	if p.User != "" {
		user = p.User
	}
	if s.find(user) == nil {
		return nil, "", 0, noSuch("user: there is no person %q", user)
	}
	block, element := locate(blocks, p.BlockID, p.ActionID)
	if element == nil {
		return nil, "", 0, noSuch("action_id: there is no %q to press", p.ActionID)
	}
	action, err := s.action(block, element, p.Value)
	if err != nil {
		return nil, "", 0, badControl("value: %v", err)
	}
	payload = s.envelope("block_actions", user)
	payload["actions"] = []any{action}
	if p.ViewID != "" {
		s.aboutView(payload, s.views[p.ViewID])
	} else {
		s.aboutMessage(payload, s.message(p.Channel, p.TS), p.host, user)
	}
	return payload, user, s.viewsModified, nil
}

// pressedOn gives the blocks of the message or view, and whose it is.
func (s *Server) pressedOn(p press) (blocks []any, user string, err error) {
	if p.ViewID != "" {
		v := s.views[p.ViewID]
		if v == nil || !v.open {
			return nil, "", noSuch("view_id: there is no open view %q", p.ViewID)
		}
		return listAt(v.body, "blocks"), v.user, nil
	}
	m := s.message(p.Channel, p.TS)
	if m == nil {
		return nil, "", noSuch("ts: there is no message %q in %q", p.TS, p.Channel)
	}
	return m.blocks, m.user, nil
}

// locate finds an element by its action, in one block when that is given.
func locate(blocks []any, blockID, actionID string) (string, object) {
	for _, b := range blocks {
		id := textAt(b, "block_id")
		if blockID != "" && id != blockID {
			continue
		}
		for _, e := range interactive(b) {
			if textAt(e, "action_id") == actionID {
				return id, e
			}
		}
	}
	return "", nil
}

// action is the entry of actions for one element.
func (s *Server) action(block string, e object, value any) (object, error) {
	kind := textAt(e, "type")
	a := object{}
	switch kind {
	case "button":
		a["text"] = e["text"]
		for _, key := range []string{"value", "style"} {
			if v, ok := e[key]; ok {
				a[key] = v
			}
		}
	case "overflow", "static_select", "radio_buttons":
		if value == nil {
			value = textAt(first(offeredOptions(e)), "value")
		}
		fallthrough
	default:
		state, err := elementState(e, value)
		if err != nil {
			return nil, err
		}
		a = state
	}
	a["type"], a["action_id"], a["block_id"] = kind, e["action_id"], block
	a["action_ts"] = formatTS(s.now().UnixMicro())
	return a, nil
}

func first(list []any) any {
	if len(list) == 0 {
		return nil
	}
	return list[0]
}

func (s *Server) aboutMessage(payload object, m *message, host, user string) {
	name := "directmessage"
	if ch := s.findChannel(m.channel); ch != nil {
		name = ch.Name
	}
	payload["container"] = object{"type": "message", "message_ts": m.ts, "channel_id": m.channel, "is_ephemeral": false}
	payload["channel"] = object{"id": m.channel, "name": name}
	payload["message"] = m.slack(true)
	payload["state"] = object{"values": object{}}
	payload["response_url"] = s.newResponseURL(host, m, user)
}

func (s *Server) aboutView(payload object, v *view) {
	values := v.typed
	if values == nil {
		values, _ = readValues(listAt(v.body, "blocks"), nil) // nothing sent, nothing to refuse
	}
	payload["container"] = object{"type": "view", "view_id": v.id}
	payload["view"] = s.viewJSON(v, values)
}
