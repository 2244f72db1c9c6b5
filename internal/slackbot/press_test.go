package slackbot_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"coetracker/actions"
)

// act is the block of an action's buttons in a message.
func act(t *testing.T, m fakeMessage, id int64) string {
	t.Helper()
	var blocks []struct {
		BlockID string `json:"block_id"`
	}
	if err := json.Unmarshal(m.Blocks, &blocks); err != nil {
		t.Fatal(err)
	}
	for _, b := range blocks {
		if strings.HasPrefix(b.BlockID, fmt.Sprintf("act:%d:", id)) {
			return b.BlockID
		}
	}
	t.Fatalf("action %d has no buttons in %s", id, m.Blocks)
	return ""
}

func TestDoneIsClaimedAtOnceAndTheMessageSaysSo(t *testing.T) {
	t.Parallel()
	eachRig(t, func(t *testing.T, r *rig) {
		first := r.add(1, mei, "Cap *retries*", "2026-03-17", "P2")
		other := r.add(1, mei, "Page on lag", "2026-03-17", "P2")
		r.morning()
		m := r.one(mei)
		r.press(m, "action_done", act(t, m, first), mei)
		if it := r.get(first); it.State != actions.ClaimedDone || *it.ClaimedBy != mei {
			t.Fatalf("the action is %+v", it.Action)
		}
		if it := r.get(other); it.State != actions.Open {
			t.Errorf("the other action is %s", it.State)
		}
		after := r.one(mei)
		blocks := string(after.Blocks)
		if !strings.Contains(blocks, "~A-1 Cap ") || !strings.Contains(blocks, "Done by Mei Tanaka, 10:00.") || string(after.Edited) == "null" || after.Text != "You owe 1 action." {
			t.Errorf("the message says %q %s", after.Text, blocks)
		}
		if strings.Contains(blocks, fmt.Sprintf("act:%d:", first)) || !strings.Contains(blocks, fmt.Sprintf("act:%d:", other)) {
			t.Errorf("the wrong buttons are left in %s", blocks)
		}
		// somebody still sees the old message and presses again
		r.exec("UPDATE actions SET state = 'open' WHERE id = ?", other) // no change, keeps m valid
		again := r.pressOld(m, "action_done", act(t, m, first), mei)
		if again.Status != 200 || r.count("SELECT count(*) FROM audit WHERE verb = 'action.done'") != 1 {
			t.Errorf("a second press: %+v", again)
		}
		if w := r.whispers(mei); len(w) != 1 || w[0] != "A-1 is claimed done already. Nothing was changed." {
			t.Errorf("the person was told %q", w)
		}
		r.wellFormed()
	})
}

// pressOld presses a button that the message does not show any more: the
// callback is made by hand and signed.
func (r *rig) pressOld(m fakeMessage, action, block string, by int64) outcome {
	r.t.Helper()
	id := strings.Split(block, ":")[1]
	out := r.callback(r.pressPayload(m, action, block, id, by))
	r.drain()
	return out
}

func TestProofIsAskedForInAModal(t *testing.T) {
	t.Parallel()
	eachRig(t, func(t *testing.T, r *rig) {
		id := r.add(1, mei, "Alarm on count", "2026-03-17", "P1")
		r.morning()
		m := r.one(mei)
		out := r.press(m, "action_done", act(t, m, id), mei)
		if out.View == nil || out.View.CallbackID != "done_proof" {
			t.Fatalf("no modal: %+v", out)
		}
		if it := r.get(id); it.State != actions.Open {
			t.Errorf("opening the modal made it %s", it.State)
		}
		res := r.submit(out.View.ID, map[string]string{"proof": "   "}, mei)
		if !strings.Contains(res.Body, `"proof":"A-1 is P1 and needs proof`) || r.get(id).State != actions.Open {
			t.Errorf("an empty proof: %+v", res)
		}
		res = r.submit(out.View.ID, map[string]string{"proof": "https://ci.example.com/run/7"}, mei)
		it := r.get(id)
		if res.Status != 200 || res.Body != "" || it.State != actions.ClaimedDone || len(it.Proofs) != 1 || it.Proofs[0].Text != "https://ci.example.com/run/7" {
			t.Errorf("with proof: %+v, %+v", res, it)
		}
		if m := r.one(mei); !strings.Contains(string(m.Blocks), "Done by Mei Tanaka") {
			t.Errorf("the message says %s", m.Blocks)
		}
		r.wellFormed()
	})
}

func TestNewDateModal(t *testing.T) {
	t.Parallel()
	eachRig(t, func(t *testing.T, r *rig) {
		id := r.add(1, mei, "Alarm on count", "2026-03-17", "P1")
		r.morning()
		m := r.one(mei)
		open := func() string {
			out := r.press(m, "action_move", act(t, r.one(mei), id), mei)
			if out.View == nil || out.View.CallbackID != "move_date" {
				t.Fatalf("no modal: %+v", out)
			}
			return out.View.ID
		}
		v := open()
		for _, c := range []struct{ due, reason, field, part string }{
			{"2026-03-16", "the parts come later", "due", "is past"},
			{"2026-03-21", "the parts come later", "due", "Sat 21 Mar is a day off for you. Take Mon 23 Mar, or say why a Saturday."},
			{"2026-03-20", "later", "reason", "at least 10 characters"},
			{"2026-03-20", "", "reason", "at least 10 characters"},
			{"2026-03-17", "the parts come later", "due", "already"},
		} {
			res := r.submit(v, map[string]string{"due": c.due, "reason": c.reason}, mei)
			var body struct {
				Action string            `json:"response_action"`
				Errors map[string]string `json:"errors"`
			}
			if err := json.Unmarshal([]byte(res.Body), &body); err != nil || body.Action != "errors" || len(body.Errors) != 1 || !strings.Contains(body.Errors[c.field], c.part) {
				t.Errorf("%s %q: %s", c.due, c.reason, res.Body)
			}
		}
		if it := r.get(id); it.Moves != 0 {
			t.Errorf("a refused move counts: %+v", it.Action)
		}
		res := r.submit(v, map[string]string{"due": "2026-03-20", "reason": "the parts come later"}, mei)
		it := r.get(id)
		if res.Body != "" || it.Due != "2026-03-20" || it.Moves != 1 || it.Moved[0].Reason != "the parts come later" || *it.Moved[0].ByID != mei {
			t.Errorf("moved: %+v %+v", res, it)
		}
		if m := r.one(mei); !strings.Contains(string(m.Blocks), "New date Fri 20 Mar") {
			t.Errorf("the message says %s", m.Blocks)
		}
		v = open() // a Saturday with a reason of its own
		res = r.submit(v, map[string]string{"due": "2026-03-21", "reason": "still waits for parts", "day_off": "the region is quiet then"}, mei)
		if it := r.get(id); res.Body != "" || it.Due != "2026-03-21" || it.Moves != 2 {
			t.Errorf("to a Saturday: %+v %+v", res, it.Action)
		}
		v = open()
		if _, err := r.store.Start(context.Background(), r.who(mei), actions.At{ID: id}); err != nil {
			t.Fatal(err)
		}
		res = r.submit(v, map[string]string{"due": "2026-03-24", "reason": "somebody else changed it"}, mei)
		if !strings.Contains(res.Body, "Somebody else changed A-1") || r.get(id).Moves != 2 {
			t.Errorf("a stale modal: %+v", res)
		}
		r.wellFormed()
	})
}

func TestWhoMayPress(t *testing.T) {
	t.Parallel()
	eachRig(t, func(t *testing.T, r *rig) {
		id := r.add(1, mei, "Alarm on count", "2026-03-17", "P2")
		r.morning()
		m := r.one(mei)
		block := act(t, m, id)
		r.control("/_fake/users", []map[string]any{{"id": "U0099", "name": "Stranger", "email": "stranger@example.com"}}, nil)
		r.press(m, "action_done", block, 99)
		r.press(m, "action_done", block, sam) // a writer, but neither owner nor of the COE
		if it := r.get(id); it.State != actions.Open {
			t.Fatalf("a stranger made it %s", it.State)
		}
		if w := r.whispers(99); len(w) != 1 || !strings.Contains(w[0], "does not belong to a member") {
			t.Errorf("the stranger was told %q", w)
		}
		if w := r.whispers(sam); len(w) != 1 || !strings.Contains(w[0], "Only the owner of A-1") {
			t.Errorf("Sam was told %q", w)
		}
		r.pressOld(m, "action_snooze", block, mei)
		if w := r.whispers(mei); len(w) != 1 || !strings.Contains(w[0], "another version") {
			t.Errorf("an unknown button: %q", w)
		}
		r.exec("UPDATE coes SET visibility = 'restricted' WHERE id = 1")
		r.pressOld(m, "action_done", block, mei)
		if w := r.whispers(mei); len(w) != 2 || !strings.Contains(w[1], base+"/me/actions") || r.get(id).State != actions.Open {
			t.Errorf("in a restricted COE: %q", w)
		}
		r.exec("UPDATE actions SET deleted_at = ? WHERE id = ?", tuesday, id)
		r.pressOld(m, "action_done", block, mei)
		if w := r.whispers(mei); len(w) != 3 || !strings.Contains(w[2], "does not exist any more") {
			t.Errorf("a removed action: %q", w)
		}
		r.wellFormed()
	})
}

func TestTheSamePressTwentyTimesChangesOnce(t *testing.T) {
	t.Parallel()
	eachRig(t, func(t *testing.T, r *rig) {
		id := r.add(1, mei, "Alarm on count", "2026-03-17", "P2")
		r.morning()
		m := r.one(mei)
		payload := r.pressPayload(m, "action_done", act(t, m, id), fmt.Sprint(id), mei)
		got := make(chan outcome, 20)
		for range cap(got) {
			go func() { got <- r.callback(payload) }()
		}
		for range cap(got) {
			if out := <-got; out.Status != 200 {
				t.Errorf("answered %+v", out)
			}
		}
		r.drain()
		if n := r.count("SELECT count(*) FROM audit WHERE verb = 'action.done'"); n != 1 {
			t.Errorf("%d claims, want 1", n)
		}
		if w := r.whispers(mei); len(w) != 0 {
			t.Errorf("copies of one press were answered: %q", w)
		}
	})
}

func TestChangesElsewhereReachTheMessage(t *testing.T) {
	t.Parallel()
	eachRig(t, func(t *testing.T, r *rig) {
		one := r.add(1, mei, "Declined in the browser", "2026-03-17", "P2")
		two := r.add(1, mei, "Handed over", "2026-03-17", "P2")
		r.add(1, mei, "Made restricted", "2026-03-17", "P2")
		r.morning()
		p := r.who(ana)
		if _, err := r.store.Decline(t.Context(), p, actions.At{ID: one}, "replaced by A-9"); err != nil {
			t.Fatal(err)
		}
		if _, err := r.store.SetOwner(t.Context(), p, actions.At{ID: two}, sam); err != nil {
			t.Fatal(err)
		}
		r.drain()
		blocks := string(r.one(mei).Blocks)
		for _, want := range []string{"Declined.", "Handed over to Sam Okafor."} {
			if !strings.Contains(blocks, want) {
				t.Errorf("%q is not in %s", want, blocks)
			}
		}
		r.exec("UPDATE coes SET visibility = 'restricted' WHERE id = 1")
		if _, err := r.store.Start(t.Context(), r.who(ana), actions.At{ID: 3}); err != nil {
			t.Fatal(err)
		}
		r.drain()
		if m := r.one(mei); strings.Contains(string(m.Blocks), "Made restricted") || !strings.Contains(string(m.Blocks), "COE-17: 1 action due Tue 17 Mar") {
			t.Errorf("after the COE was restricted: %s", m.Blocks)
		}
		r.wall.Advance(time.Minute)
		r.drain()
		r.wellFormed()
	})
}
