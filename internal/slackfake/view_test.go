package slackfake

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"
)

func jsonBody(s string) io.Reader { return strings.NewReader(s) }

// opened presses a button whose answer is the modal.
func (b *bundle) opened(t *testing.T) *viewSummary {
	t.Helper()
	b.opensModal(t, modal())
	_, _, out := b.pressed(t)
	if out.View == nil {
		t.Fatalf("no view was opened: %+v", out)
	}
	b.answer(nil)
	return out.View
}

func (b *bundle) submitted(t *testing.T, view, values string) (int, Outcome) {
	t.Helper()
	var out Outcome
	status := b.control(t, "POST", "/_fake/submit", fmt.Sprintf(`{"view_id":%q,"user":"U1","values":%s}`, view, values), &out)
	return status, out
}

func answering(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, body)
	}
}

func TestPressReportsTheViewItOpened(t *testing.T) {
	t.Parallel()
	b := setup(t)
	v := b.opened(t)
	if v.CallbackID != "move" || len(v.Blocks) != 3 || v.ID == "" {
		t.Errorf("view %+v", v)
	}
	b.noProblems(t)
}

func TestTriggers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.pressed(t)
	b.press(t, "D1", b.messages(t, "")[0].TS, "done", "U1")
	late, once := b.callbacks[0].parsed.TriggerID, b.callbacks[1].parsed.TriggerID
	b.clock.Advance(triggerLife)
	if _, err := b.api.OpenViewContext(t.Context(), once, modal()); err != nil {
		t.Errorf("within 3 s: %v", err)
	}
	if _, err := b.api.OpenViewContext(t.Context(), once, modal()); err == nil || err.Error() != "exchanged_trigger_id" {
		t.Errorf("a second time: %v", err)
	}
	b.clock.Advance(time.Millisecond)
	if _, err := b.api.OpenViewContext(t.Context(), late, modal()); err == nil || err.Error() != "expired_trigger_id" {
		t.Errorf("after 3 s: %v", err)
	}
	b.noProblems(t)
}

func TestInvalidViewIsWordedAsSlackDoes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.pressed(t)
	bad := modal()
	bad.Title.Text = strings.Repeat("x", 25)
	_, err := b.api.OpenViewContext(t.Context(), b.last(t).parsed.TriggerID, bad)
	e, ok := err.(slack.SlackErrorResponse)
	want := "[ERROR] must be less than 25 characters [json-pointer:/view/title/text]"
	if !ok || e.Err != "invalid_arguments" || len(e.ResponseMetadata.Messages) != 2 || e.ResponseMetadata.Messages[1] != want {
		t.Errorf("got %#v", err)
	}
}

func TestUpdateOfAView(t *testing.T) {
	t.Parallel()
	b := setup(t)
	v := b.opened(t)
	next := modal()
	next.CallbackID = "sure"
	if _, err := b.api.UpdateViewContext(t.Context(), next, "", "1.wrong", v.ID); err == nil || err.Error() != "hash_conflict" {
		t.Errorf("with another hash: %v", err)
	}
	got, err := b.api.UpdateViewContext(t.Context(), next, "", "", v.ID)
	if err != nil || got.ID != v.ID || got.CallbackID != "sure" || got.PrivateMetadata != "A-5" || got.Hash == "" {
		t.Errorf("update gave %+v, %v", got, err)
	}
	if _, err := b.api.UpdateViewContext(t.Context(), next, "", got.Hash, v.ID); err != nil {
		t.Errorf("with the right hash: %v", err)
	}
	b.noProblems(t)
}

func TestPressInAView(t *testing.T) {
	t.Parallel()
	b := setup(t)
	v := b.opened(t)
	b.answer(func(w http.ResponseWriter, _ *http.Request) {
		next := modal()
		next.CallbackID = "next"
		if _, err := b.api.UpdateViewContext(context.Background(), next, "", "", v.ID); err != nil {
			t.Error(err)
		}
	})
	var out Outcome
	b.control(t, "POST", "/_fake/press", fmt.Sprintf(`{"view_id":%q,"action_id":"day","value":"2017-03-21","user":"U1"}`, v.ID), &out)
	ic := b.last(t).parsed
	if ic.Container.ViewID != v.ID || ic.View.ID != v.ID || ic.ActionCallback.BlockActions[0].SelectedDate != "2017-03-21" {
		t.Errorf("payload %+v", ic)
	}
	if out.View == nil || out.View.CallbackID != "next" {
		t.Errorf("outcome %+v", out)
	}
}

func TestSubmitTakesEveryShapeOfValues(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"Slack's shape": `{"why":{"reason":{"type":"plain_text_input","value":"a flood"}},"to":{"day":{"type":"datepicker","selected_date":"2017-03-21"}},
			"who":{"owner":{"type":"static_select","selected_option":{"value":"8"}}}}`,
		"bare in Slack's shape": `{"why":{"reason":"a flood"},"to":{"day":"2017-03-21"},"who":{"owner":"8"}}`,
		"by action":             `{"reason":"a flood","day":"2017-03-21","owner":8}`,
		"by block":              `{"why":"a flood","to":"2017-03-21","who":"8"}`,
		"mixed":                 `{"why":"a flood","day":"2017-03-21","who":{"owner":"8"}}`,
	}
	for name, values := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			v := b.opened(t)
			status, out := b.submitted(t, v.ID, values)
			if status != 200 || out.Status != 200 || out.View != nil {
				t.Fatalf("answered %d %+v", status, out)
			}
			ic := b.last(t).parsed
			state := ic.View.State.Values
			if ic.Type != slack.InteractionTypeViewSubmission || ic.View.CallbackID != "move" || ic.View.PrivateMetadata != "A-5" || ic.View.Hash == "" {
				t.Errorf("payload %+v", ic.View)
			}
			owner := state["who"]["owner"].SelectedOption
			if state["why"]["reason"].Value != "a flood" || state["to"]["day"].SelectedDate != "2017-03-21" || owner.Value != "8" || owner.Text.Text != "Mei" {
				t.Errorf("state %+v", state)
			}
			if status, _ := b.submitted(t, v.ID, values); status != 404 {
				t.Errorf("a closed view answered %d", status)
			}
			b.noProblems(t)
		})
	}
}

func TestSubmitOfNothingSendsNulls(t *testing.T) {
	t.Parallel()
	b := setup(t)
	v := b.opened(t)
	b.submitted(t, v.ID, `null`)
	var payload struct {
		View struct {
			State struct {
				Values map[string]map[string]map[string]any
			}
		}
	}
	if err := json.Unmarshal([]byte(formPayload(t, b.last(t).body)), &payload); err != nil {
		t.Fatal(err)
	}
	got := payload.View.State.Values["why"]["reason"]
	if v, ok := got["value"]; !ok || v != nil {
		t.Errorf("an empty field is sent as %v", got)
	}
}

func TestSubmitThatMakesNoSense(t *testing.T) {
	t.Parallel()
	b := setup(t)
	v := b.opened(t)
	for _, values := range []string{`{"colour":"red"}`, `{"owner":"9"}`, `{"why":{"other":"x"}}`} {
		if status, _ := b.submitted(t, v.ID, values); status != 422 {
			t.Errorf("%s answered %d", values, status)
		}
	}
	if status, _ := b.submitted(t, "V9", `{}`); status != 404 {
		t.Errorf("an unknown view answered %d", status)
	}
	if len(b.callbacks) != 1 {
		t.Errorf("%d callbacks, want only that of the press", len(b.callbacks))
	}
}

func TestAnswersToASubmission(t *testing.T) {
	t.Parallel()
	next := modal()
	next.CallbackID = "next"
	view, _ := json.Marshal(next)
	tests := map[string]struct {
		answer  string
		view    string // callback_id of the view reported, "" for none
		open    int    // views still open to the person
		problem string
	}{
		"nothing closes":     {``, "", 0, ""},
		"an empty object":    {`{}`, "", 0, ""},
		"clear":              {`{"response_action":"clear"}`, "", 0, ""},
		"errors stay":        {`{"response_action":"errors","errors":{"why":"Say why."}}`, "", 1, ""},
		"update":             {`{"response_action":"update","view":` + string(view) + `}`, "next", 1, ""},
		"push":               {`{"response_action":"push","view":` + string(view) + `}`, "next", 2, ""},
		"errors of a stray":  {`{"response_action":"errors","errors":{"other":"x"}}`, "", 1, "no input block"},
		"errors without any": {`{"response_action":"errors"}`, "", 1, "without errors"},
		"unknown action":     {`{"response_action":"dance"}`, "", 1, "dance"},
		"no JSON":            {`OK`, "", 1, "neither empty nor"},
		"an invalid view":    {`{"response_action":"update","view":{"type":"modal"}}`, "", 1, "missing required field"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			v := b.opened(t)
			b.answer(answering(tt.answer))
			_, out := b.submitted(t, v.ID, `{"reason":"x"}`)
			if got := callbackOf(out.View); got != tt.view || out.Body != tt.answer {
				t.Errorf("outcome %+v", out)
			}
			b.fake.mu.Lock()
			open := len(b.fake.stacks["U1"])
			b.fake.mu.Unlock()
			if open != tt.open {
				t.Errorf("%d views open, want %d", open, tt.open)
			}
			all := b.problems(t)
			if (len(all) == 0) != (tt.problem == "") || tt.problem != "" && !hasProblem(all, "view_submission", "", tt.problem) {
				t.Errorf("problems %+v", all)
			}
		})
	}
}

func callbackOf(v *viewSummary) string {
	if v == nil {
		return ""
	}
	return v.CallbackID
}

func TestNoMoreThanThreeViews(t *testing.T) {
	t.Parallel()
	b := setup(t)
	v := b.opened(t)
	raw, _ := json.Marshal(modal())
	b.answer(answering(`{"response_action":"push","view":` + string(raw) + `}`))
	for range maxStack - 1 {
		_, out := b.submitted(t, v.ID, `{}`)
		if status, _ := b.submitted(t, v.ID, `{}`); status != 422 {
			t.Errorf("a covered view answered %d", status)
		}
		v = out.View
	}
	b.noProblems(t)
	if _, out := b.submitted(t, v.ID, `{}`); out.View != nil {
		t.Errorf("a fourth view opened: %+v", out.View)
	}
	if all := b.problems(t); len(all) != 1 || !hasProblem(all, "view_submission", "", "more than 3") {
		t.Errorf("problems %+v", all)
	}
}
