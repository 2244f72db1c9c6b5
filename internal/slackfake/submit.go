package slackfake

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
)

// submission says what a person sent off in a modal.
type submission struct {
	ViewID string `json:"view_id"`
	Values object `json:"values"`
	User   string `json:"user"`
}

// submit sends a view_submission and does what the answer asks for.
func (s *Server) submit(ctx context.Context, sub submission) (Outcome, error) {
	payload, v, mark, err := s.prepareSubmit(sub)
	if err != nil {
		return Outcome{}, err
	}
	out := s.send(ctx, payload)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.follow(v, out)
	out.View = s.modifiedSince(v.user, mark)
	return out, nil
}

func (s *Server) prepareSubmit(sub submission) (payload object, v *view, mark int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v = s.views[sub.ViewID]
	if v == nil || !v.open {
		return nil, nil, 0, noSuch("view_id: there is no open view %q", sub.ViewID)
	}
	if s.top(v.user) != v {
		return nil, nil, 0, badControl("view_id: another view covers %s", v.id)
	}
	user := v.user
	if sub.User != "" {
		user = sub.User
	}
	if s.find(user) == nil {
		return nil, nil, 0, noSuch("user: there is no person %q", user)
	}
	values, err := readValues(listAt(v.body, "blocks"), sub.Values)
	if err != nil {
		return nil, nil, 0, badControl("%v", err)
	}
	v.typed, v.errors, v.notice = values, nil, ""
	payload = s.envelope("view_submission", user)
	payload["view"] = s.viewJSON(v, values)
	payload["response_urls"] = []any{}
	return payload, v, s.viewsModified, nil
}

// answerToSubmit is what a program may answer to a view_submission.
type answerToSubmit struct {
	ResponseAction string            `json:"response_action"`
	Errors         map[string]string `json:"errors"`
	View           json.RawMessage   `json:"view"`
}

// follow does what the answer to a submission asks for. An answer that Slack
// would not understand is a problem, and the modal stays. The caller holds the
// lock.
func (s *Server) follow(v *view, out Outcome) {
	if out.Status != http.StatusOK {
		v.notice = "The program did not take it. What was typed is kept; try again."
		return
	}
	var answer answerToSubmit
	if out.Body != "" {
		if err := json.Unmarshal([]byte(out.Body), &answer); err != nil {
			s.badAnswer(v, "the answer is neither empty nor a JSON object")
			return
		}
	}
	switch answer.ResponseAction {
	case "":
		s.close(v)
	case "clear":
		s.closeAll(v.user)
	case "errors":
		s.takeErrors(v, answer.Errors)
	case "update", "push":
		s.takeView(v, answer)
	default:
		s.badAnswer(v, fmt.Sprintf("there is no response_action %q", answer.ResponseAction))
	}
}

func (s *Server) badAnswer(v *view, text string) {
	s.problem("view_submission", "", "%s", text)
	v.notice = "Slack would not understand the program's answer: " + text + "."
}

// takeErrors shows the errors under their fields; they may name input blocks only.
func (s *Server) takeErrors(v *view, errors map[string]string) {
	if len(errors) == 0 {
		s.badAnswer(v, "response_action errors comes without errors")
		return
	}
	for _, block := range sortedKeys(errors) {
		if !slices.ContainsFunc(listAt(v.body, "blocks"), func(b any) bool {
			return textAt(b, "type") == "input" && textAt(b, "block_id") == block
		}) {
			s.badAnswer(v, fmt.Sprintf("errors names %q, which is no input block of the view", block))
			return
		}
	}
	v.errors = errors
}

func (s *Server) takeView(v *view, answer answerToSubmit) {
	body, no := readView(string(answer.View))
	if no != nil {
		s.badAnswer(v, "the view of the answer is refused: "+no.text)
		return
	}
	if answer.ResponseAction == "update" {
		v.typed = nil
		s.show(v, body)
		return
	}
	if len(s.stacks[v.user]) >= maxStack {
		s.badAnswer(v, fmt.Sprintf("more than %d views cannot be laid over each other", maxStack))
		return
	}
	s.push(v.user, body)
}

// dismiss closes the view on top, or all of them, and tells the program when
// the view asked for that.
func (s *Server) dismiss(ctx context.Context, viewID string) error {
	s.mu.Lock()
	v := s.views[viewID]
	if v == nil || !v.open {
		s.mu.Unlock()
		return noSuch("view_id: there is no open view %q", viewID)
	}
	payload := s.envelope("view_closed", v.user)
	payload["view"] = s.viewJSON(v, nil)
	payload["is_cleared"] = false
	notify, _ := v.body["notify_on_close"].(bool)
	s.close(v)
	s.mu.Unlock()
	if notify {
		s.send(ctx, payload)
	}
	return nil
}
