package slackfake

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"
)

func TestSignatureOfAKnownVector(t *testing.T) {
	t.Parallel()
	got := sign(testSecret, "1531420618", []byte("token=xyzz0WbapA4vBCDEFa0cx6qm&team_id=T1DC2JH3J&text="))
	if want := "v0=0bc6aa92b22f83fbdf614d484f7dd1cbeba5d96ba61c2127b2fdfb286f5707c7"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// pressed posts a message with a button and presses it.
func (b *bundle) pressed(t *testing.T) (channel, ts string, out Outcome) {
	t.Helper()
	channel = b.open(t, "U1")
	ts = b.post(t, channel, text("x"), button("act:5", "done", "5"),
		slack.MsgOptionMetadata(slack.SlackMetadata{EventType: "coe_delivery", EventPayload: map[string]any{"d": "01J"}}))
	return channel, ts, b.press(t, channel, ts, "done", "U1")
}

func TestPressIsSignedSoThatSlackGoAcceptsIt(t *testing.T) {
	t.Parallel()
	now := time.Now() // slack-go compares with the clock of the machine
	b := setup(t, func(o *Options) { o.Now = func() time.Time { return now } })
	b.pressed(t)
	got := b.last(t)
	for secret, good := range map[string]bool{testSecret: true, "another": false} {
		v, err := slack.NewSecretsVerifier(got.header, secret)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = v.Write(got.body)
		if err := v.Ensure(); (err == nil) != good {
			t.Errorf("secret %q: %v", secret, err)
		}
	}
	if kind := got.header.Get("Content-Type"); kind != "application/x-www-form-urlencoded" {
		t.Errorf("content type %q", kind)
	}
}

func TestPressSendsBlockActions(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.answer(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "taken") })
	d, ts, out := b.pressed(t)
	if out.Status != 200 || out.Body != "taken" || out.View != nil || out.Error != "" {
		t.Errorf("outcome %+v", out)
	}
	ic := b.last(t).parsed
	got := map[string]any{
		"type": string(ic.Type), "user": ic.User.ID, "user team": ic.User.TeamID, "team": ic.Team.ID, "app": ic.APIAppID,
		"channel": ic.Channel.ID, "container": ic.Container.ChannelID + " " + ic.Container.MessageTs,
		"message": ic.Message.Timestamp, "blocks": len(ic.Message.Blocks.BlockSet), "metadata": ic.Message.Metadata.EventPayload["d"],
	}
	want := map[string]any{
		"type": "block_actions", "user": "U1", "user team": teamID, "team": teamID, "app": appID,
		"channel": d, "container": d + " " + ts, "message": ts, "blocks": 2, "metadata": "01J",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(ic.ActionCallback.BlockActions) != 1 {
		t.Fatalf("%d actions", len(ic.ActionCallback.BlockActions))
	}
	a := ic.ActionCallback.BlockActions[0]
	if a.ActionID != "done" || a.BlockID != "act:5" || a.Value != "5" || a.Type != "button" || a.Text.Text != "Done" || a.ActionTs == "" {
		t.Errorf("action %+v", a)
	}
	if ic.TriggerID == "" || ic.ResponseURL == "" {
		t.Errorf("trigger %q, response_url %q", ic.TriggerID, ic.ResponseURL)
	}
	b.noProblems(t)
}

func TestPressOfMenusAndDates(t *testing.T) {
	t.Parallel()
	b := setup(t)
	d := b.open(t, "U1")
	_, _, body := b.call(t, "chat.postMessage", map[string][]string{"channel": {d}, "text": {"x"}, "blocks": {`[{"type":"actions","block_id":"a","elements":[
		{"type":"overflow","action_id":"more","options":[{"text":{"type":"plain_text","text":"Snooze"},"value":"snooze"},{"text":{"type":"plain_text","text":"Hand over"},"value":"hand"}]},
		{"type":"datepicker","action_id":"day","initial_date":"2017-03-20"},
		{"type":"checkboxes","action_id":"boxes","options":[{"text":{"type":"plain_text","text":"A"},"value":"a"},{"text":{"type":"plain_text","text":"B"},"value":"b"}]}]}]`}})
	ts := body["ts"].(string)
	tests := []struct {
		body string
		want func(*slack.BlockAction) string
		says string
	}{
		{`"action_id":"more"`, func(a *slack.BlockAction) string { return a.SelectedOption.Value }, "snooze"},
		{`"action_id":"more","value":"hand"`, func(a *slack.BlockAction) string { return a.SelectedOption.Value }, "hand"},
		{`"action_id":"day","value":"2017-03-21"`, func(a *slack.BlockAction) string { return a.SelectedDate }, "2017-03-21"},
		{`"action_id":"boxes","block_id":"a","value":["b"]`, func(a *slack.BlockAction) string { return a.SelectedOptions[0].Value }, "b"},
	}
	for _, tt := range tests {
		if status := b.control(t, "POST", "/_fake/press", fmt.Sprintf(`{"channel":%q,"ts":%q,"user":"U1",%s}`, d, ts, tt.body), nil); status != 200 {
			t.Fatalf("%s answered %d", tt.body, status)
		}
		if got := tt.want(b.last(t).parsed.ActionCallback.BlockActions[0]); got != tt.says {
			t.Errorf("%s sent %q, want %q", tt.body, got, tt.says)
		}
	}
}

func TestPressThatMakesNoSense(t *testing.T) {
	t.Parallel()
	b := setup(t)
	d := b.open(t, "U1")
	ts := b.post(t, d, text("x"), button("b", "done", "5"))
	tests := map[string]int{
		fmt.Sprintf(`{"channel":%q,"ts":"1.000001","action_id":"done","user":"U1"}`, d):                404,
		fmt.Sprintf(`{"channel":%q,"ts":%q,"action_id":"other","user":"U1"}`, d, ts):                   404,
		fmt.Sprintf(`{"channel":%q,"ts":%q,"action_id":"done","user":"U9"}`, d, ts):                    404,
		fmt.Sprintf(`{"channel":%q,"ts":%q,"action_id":"done","block_id":"other","user":"U1"}`, d, ts): 404,
		`{"view_id":"V9","action_id":"done","user":"U1"}`:                                              404,
		`[]`: 400,
	}
	for body, want := range tests {
		if status := b.control(t, "POST", "/_fake/press", body, nil); status != want {
			t.Errorf("%s answered %d, want %d", body, status, want)
		}
	}
	if len(b.callbacks) != 0 {
		t.Errorf("%d callbacks were sent", len(b.callbacks))
	}
}

func TestProgramThatDoesNotAnswerInTime(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.fake.deadline = 20 * time.Millisecond
	b.answer(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body); <-r.Context().Done() })
	_, _, out := b.pressed(t)
	if out.Status != 0 || out.Error == "" {
		t.Errorf("outcome %+v", out)
	}
	if all := b.problems(t); len(all) != 1 || !hasProblem(all, "block_actions", "", "did not answer within") {
		t.Errorf("problems %+v", all)
	}
}

func TestProgramThatIsNotThere(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(nil)
	gone.Close()
	for _, address := range []string{"", gone.URL} {
		b := setup(t)
		b.fake.SetAppURL(address)
		_, _, out := b.pressed(t)
		if out.Status != 0 || out.Error == "" {
			t.Errorf("%q: outcome %+v", address, out)
		}
		b.noProblems(t)
	}
}

func TestRedirectsOfTheProgramAreNotFollowed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.answer(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/signin", http.StatusSeeOther) })
	if _, _, out := b.pressed(t); out.Status != http.StatusSeeOther {
		t.Errorf("outcome %+v", out)
	}
}

func TestResponseURL(t *testing.T) {
	t.Parallel()
	b := setup(t)
	d, ts, _ := b.pressed(t)
	to := b.last(t).parsed.ResponseURL
	answer := func(options ...slack.MsgOption) error {
		_, _, err := b.api.PostMessageContext(t.Context(), "", options...)
		return err
	}
	if err := answer(slack.MsgOptionResponseURL(to, "ephemeral"), text("Only for you.")); err != nil {
		t.Errorf("ephemeral: %v", err)
	}
	if err := answer(slack.MsgOptionResponseURL(to, "in_channel"), text("For all.")); err != nil {
		t.Errorf("in_channel: %v", err)
	}
	if err := answer(slack.MsgOptionReplaceOriginal(to), text("Changed.")); err != nil {
		t.Errorf("replace: %v", err)
	}
	var hidden []shownMessage
	b.control(t, "GET", "/_fake/ephemeral?user=U1", "", &hidden)
	if len(hidden) != 1 || hidden[0].Text != "Only for you." || hidden[0].Channel != d {
		t.Errorf("ephemeral %+v", hidden)
	}
	all := b.messages(t, "user=U1")
	if len(all) != 2 || all[0].TS != ts || all[0].Text != "Changed." || !all[0].Edited || all[1].Text != "For all." {
		t.Errorf("messages %+v", all)
	}
	if err := answer(slack.MsgOptionDeleteOriginal(to)); err != nil {
		t.Errorf("delete: %v", err)
	}
	if all = b.messages(t, "user=U1"); len(all) != 1 {
		t.Errorf("%d messages after deleting", len(all))
	}
	b.noProblems(t)
}

func TestResponseURLEnds(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.pressed(t)
	send := func(to, body string) int {
		resp, err := http.Post(to, "application/json", jsonBody(body))
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		return resp.StatusCode
	}
	first := b.last(t).parsed.ResponseURL
	for i := range responseURLUses {
		if status := send(first, `{"text":"x"}`); status != 200 {
			t.Fatalf("use %d answered %d", i+1, status)
		}
	}
	if status := send(first, `{"text":"x"}`); status != 404 {
		t.Errorf("the sixth use answered %d", status)
	}
	b.noProblems(t)
	_, ts, _ := b.pressed(t)
	b.press(t, "D1", ts, "done", "U1")
	second := b.last(t).parsed.ResponseURL
	for body, want := range map[string]int{`{"text":"x","colour":"red"}`: 400, `{"text":"x","response_type":"all"}`: 400, `{}`: 400, `{`: 400} {
		if status := send(second, body); status != want {
			t.Errorf("%s answered %d, want %d", body, status, want)
		}
	}
	b.clock.Advance(responseURLLife)
	if status := send(second, `{"text":"x"}`); status != 200 {
		t.Errorf("after 30 min: %d", status)
	}
	b.clock.Advance(time.Second)
	if status := send(second, `{"text":"x"}`); status != 404 {
		t.Errorf("after 30 min and a second: %d", status)
	}
	if n := len(b.problems(t)); n != 4 {
		t.Errorf("%d problems, want 4", n)
	}
}

func TestOutcomeHasTheAgreedShape(t *testing.T) {
	t.Parallel()
	raw, _ := json.Marshal(Outcome{Status: 200, View: &viewSummary{ID: "V1", CallbackID: "move", Blocks: []any{}}})
	if want := `{"status":200,"body":"","view":{"id":"V1","callback_id":"move","blocks":[]}}`; string(raw) != want {
		t.Errorf("got %s", raw)
	}
	raw, _ = json.Marshal(Outcome{Status: 200, Body: "x"})
	if want := `{"status":200,"body":"x","view":null}`; string(raw) != want {
		t.Errorf("got %s", raw)
	}
}
