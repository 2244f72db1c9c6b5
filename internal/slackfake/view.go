package slackfake

import (
	"fmt"
	"slices"
	"time"
)

// maxStack is how many modals Slack lays over each other.
const maxStack = 3

// view is a modal that is or was open to one person.
type view struct {
	id       string
	user     string
	body     object // as the program sent it, ids filled in
	hash     string
	open     bool
	modified int // when, on the server's count of openings and updates

	typed  map[string]map[string]any // what the person had entered, after a refusal
	errors map[string]string         // by block, what the program said about it
	notice string                    // said above the form
}

// trigger is the right to open one view within three seconds of a click.
type trigger struct {
	user  string
	at    time.Time
	spent bool
}

// newTrigger gives a trigger_id for a person. The caller holds the lock.
func (s *Server) newTrigger(user string) string {
	s.serial++
	id := fmt.Sprintf("%d.%d.%s", s.now().UnixMicro(), s.serial, randomHex(16))
	s.triggers[id] = &trigger{user: user, at: s.now()}
	return id
}

func (s *Server) viewsOpen(c *call) (object, *refusal) {
	body, no := readView(c.params["view"])
	if no != nil {
		return nil, no
	}
	t := s.triggers[c.params["trigger_id"]]
	switch {
	case c.params["trigger_id"] == "" && c.params["interactivity_pointer"] == "":
		return nil, blame("invalid_arguments", "missing required field: trigger_id")
	case t == nil:
		return nil, blame("invalid_trigger_id", "the trigger_id was never given out")
	case t.spent:
		return nil, refuse("exchanged_trigger_id")
	case s.now().Sub(t.at) > triggerLife:
		return nil, refuse("expired_trigger_id")
	case s.externalIDTaken(body, ""):
		return nil, blame("duplicate_external_id", "another open view has this external_id")
	}
	t.spent = true
	s.closeAll(t.user) // a view opened anew takes the place of what was there
	v := s.push(t.user, body)
	return object{"view": s.viewJSON(v, nil)}, nil
}

// push lays a new view over what the person sees. The caller holds the lock.
func (s *Server) push(user string, body object) *view {
	v := &view{id: s.nextID("V"), user: user, open: true}
	s.views[v.id] = v
	s.stacks[user] = append(s.stacks[user], v)
	s.show(v, body)
	return v
}

// show puts content into a view: its blocks get ids, what was typed is kept.
func (s *Server) show(v *view, body object) {
	s.withIDs(listAt(body, "blocks"))
	s.viewsModified++
	v.body, v.modified = body, s.viewsModified
	v.hash = fmt.Sprintf("%d.%s", s.now().Unix(), randomHex(4))
	v.errors, v.notice = nil, ""
}

// readView decodes and judges a modal.
func readView(raw string) (object, *refusal) {
	v, err := decode([]byte(raw))
	if err != nil {
		return nil, blame("invalid_arguments", "view is not JSON")
	}
	if len(raw) > maxViewBytes {
		return nil, blame("view_too_large", "the view has %d bytes, more than %d", len(raw), maxViewBytes)
	}
	if found := checkView(v); len(found) > 0 {
		_, messages := worded(found)
		no := blame("invalid_arguments", "%s", found[0])
		all := append([]string{"[ERROR] failed to match all allowed schemas [json-pointer:/view]"}, messages...)
		no.extra = object{"response_metadata": object{"messages": all}}
		return nil, no
	}
	return v.(object), nil // checkView refuses all else
}

func (s *Server) externalIDTaken(body object, except string) bool {
	id := textAt(body, "external_id")
	for _, v := range s.views {
		if id != "" && v.open && v.id != except && textAt(v.body, "external_id") == id {
			return true
		}
	}
	return false
}

func (s *Server) viewsUpdate(c *call) (object, *refusal) {
	body, no := readView(c.params["view"])
	if no != nil {
		return nil, no
	}
	if c.params["view_id"] == "" && c.params["external_id"] == "" {
		return nil, blame("invalid_arguments", "missing required field: view_id")
	}
	v := s.openView(c.params["view_id"], c.params["external_id"])
	switch {
	case v == nil:
		return nil, refuse("not_found")
	case c.params["hash"] != "" && c.params["hash"] != v.hash:
		return nil, refuse("hash_conflict")
	case s.externalIDTaken(body, v.id):
		return nil, blame("duplicate_external_id", "another open view has this external_id")
	}
	s.show(v, body)
	return object{"view": s.viewJSON(v, nil)}, nil
}

func (s *Server) openView(id, external string) *view {
	for _, v := range s.views {
		if v.open && (v.id == id || id == "" && textAt(v.body, "external_id") == external) {
			return v
		}
	}
	return nil
}

// close takes a view away. The caller holds the lock.
func (s *Server) close(v *view) {
	v.open = false
	stack := s.stacks[v.user]
	for i := range stack {
		if stack[i] == v {
			s.stacks[v.user] = append(stack[:i:i], stack[i+1:]...)
			return
		}
	}
}

func (s *Server) closeAll(user string) {
	for _, v := range slices.Clone(s.stacks[user]) {
		s.close(v)
	}
}

// top gives the view that a person sees, or nil.
func (s *Server) top(user string) *view {
	stack := s.stacks[user]
	if len(stack) == 0 {
		return nil
	}
	return stack[len(stack)-1]
}

// viewJSON is a view as Slack describes one, with the state that was entered.
func (s *Server) viewJSON(v *view, values map[string]map[string]any) object {
	if values == nil {
		values = map[string]map[string]any{}
	}
	o := object{
		"id": v.id, "team_id": teamID, "type": "modal", "hash": v.hash, "root_view_id": v.id, "previous_view_id": nil,
		"app_id": appID, "bot_id": botID, "app_installed_team_id": teamID, "state": object{"values": values},
		"title": v.body["title"], "submit": v.body["submit"], "close": v.body["close"], "blocks": v.body["blocks"],
		"callback_id": textAt(v.body, "callback_id"), "private_metadata": textAt(v.body, "private_metadata"),
		"external_id": textAt(v.body, "external_id"),
	}
	for _, key := range []string{"clear_on_close", "notify_on_close"} {
		flag, _ := v.body[key].(bool)
		o[key] = flag
	}
	stack := s.stacks[v.user]
	for i := range stack {
		if stack[i] == v && i > 0 {
			o["root_view_id"], o["previous_view_id"] = stack[0].id, stack[i-1].id
		}
	}
	return o
}

// viewSummary is a view as press and submit report it.
type viewSummary struct {
	ID         string `json:"id"`
	CallbackID string `json:"callback_id"`
	Blocks     []any  `json:"blocks"`
}

// modifiedSince gives the view that was opened or updated last for a person
// after a mark, or nil.
func (s *Server) modifiedSince(user string, mark int) *viewSummary {
	var last *view
	for _, v := range s.views {
		if v.user == user && v.open && v.modified > mark && (last == nil || v.modified > last.modified) {
			last = v
		}
	}
	if last == nil {
		return nil
	}
	return &viewSummary{ID: last.id, CallbackID: textAt(last.body, "callback_id"), Blocks: listAt(last.body, "blocks")}
}
