package slackbot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"coetracker/actions"
	"coetracker/internal/db"
	"coetracker/internal/fault"
	"coetracker/internal/jobs"
	"coetracker/internal/notify"
	"coetracker/people"

	"github.com/slack-go/slack"
	"gorm.io/gorm"
)

// pressed acts on a button. Whatever happens, the person gets an answer: the
// message changes, a modal opens, or a sentence is shown to them alone.
func (b *Bot) pressed(ctx context.Context, in interaction) (answer, error) {
	if len(in.Actions) == 0 {
		return taken, nil
	}
	act := in.Actions[0]
	if act.ActionID != actionDone && act.ActionID != actionMove {
		b.whisper(ctx, in, "This button is of another version of this program. Open "+b.page("/me/actions")+" instead.")
		return taken, nil
	}
	p, it, err := b.target(ctx, in, number(act.Value))
	if err != nil {
		return taken, b.tell(ctx, in, err)
	}
	if !it.Live() {
		b.again(ctx, it.ID)
		b.whisper(ctx, in, fmt.Sprintf("%s is %s already. Nothing was changed.", it.Ref(), it.State.Words()))
		return taken, nil
	}
	if act.ActionID == actionMove {
		return taken, b.tell(ctx, in, b.openMove(ctx, in, it))
	}
	if it.NeedsProof() && len(it.Proofs) == 0 {
		return taken, b.tell(ctx, in, b.openProof(ctx, in, it))
	}
	_, err = b.Actions.Done(ctx, p, actions.At{ID: it.ID}, actions.Evidence{})
	return taken, b.tell(ctx, in, err)
}

// target finds who acts and on what. A fault is a sentence for that person.
func (b *Bot) target(ctx context.Context, in interaction, actionID int64) (*people.Principal, *actions.Item, error) {
	if in.foreign() {
		return nil, nil, fault.Forbiddenf("People of other workspaces cannot change anything here.")
	}
	p, err := b.whois(ctx, in.User.ID)
	if err != nil {
		return nil, nil, err
	}
	if !p.Active() {
		return nil, nil, fault.Forbiddenf("You are a former member here, so this cannot be done.")
	}
	it, err := b.Actions.Get(ctx, p, actionID)
	if fault.Is(err, fault.NotFound) {
		return nil, nil, fault.NotFoundf("This action does not exist any more.")
	}
	if err != nil {
		return nil, nil, err
	}
	if it.Restricted {
		return nil, nil, fault.Forbiddenf("This action is changed on its page only: %s", b.page("/me/actions"))
	}
	return p, it, nil
}

// tell shows a fault to the person who pressed; other errors come back.
func (b *Bot) tell(ctx context.Context, in interaction, err error) error {
	f, ok := fault.Of(err)
	if !ok {
		return err
	}
	b.whisper(ctx, in, f.Text)
	return nil
}

// again leaves a job that writes the messages anew which list an action.
func (b *Bot) again(ctx context.Context, actionID int64) {
	err := db.Tx(ctx, b.DB, func(tx *gorm.DB) error {
		_, err := jobs.Enqueue(tx, actions.JobChanged, actions.ChangedArgs{ActionID: actionID}, jobs.Opt{})
		return err
	})
	if err != nil {
		b.Log.WarnContext(ctx, "messages cannot be written anew", "action", actionID, "error", err)
	}
}

// JobReply is the kind of job that shows a sentence to one person.
const JobReply = "slack_reply"

type replyArgs struct {
	URL  string `json:"url"`
	Text string `json:"text"`
}

// whisper shows a sentence to the person who acted, and nobody else.
func (b *Bot) whisper(ctx context.Context, in interaction, text string) {
	if !b.mayPost(in.ResponseURL) {
		b.Log.WarnContext(ctx, "a response_url is not one of Slack's", "url", in.ResponseURL)
		return
	}
	err := db.Tx(context.WithoutCancel(ctx), b.DB, func(tx *gorm.DB) error {
		_, err := jobs.Enqueue(tx, JobReply, replyArgs{URL: in.ResponseURL, Text: text}, jobs.Opt{Max: 4})
		return err
	})
	if err != nil {
		b.Log.ErrorContext(ctx, "an answer to a button cannot be kept", "error", err)
	}
}

// mayPost keeps us from calling just any address: response_urls are Slack's
// own, or those of the stand-in on this machine that was configured.
func (b *Bot) mayPost(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.User != nil {
		return false
	}
	if u.Scheme == "https" && u.Host == "hooks.slack.com" {
		return true
	}
	api, err := url.Parse(b.APIURL)
	if err != nil || !loopback(api.Host) {
		return false
	}
	return u.Scheme == api.Scheme && loopback(u.Host) && u.Port() == api.Port()
}

// reply does a JobReply.
func (b *Bot) reply(ctx context.Context, j jobs.Job) error {
	var args replyArgs
	if err := j.Decode(&args); err != nil {
		return err
	}
	if !b.mayPost(args.URL) {
		return jobs.Fatal(errors.New("the response_url is not one of Slack's"))
	}
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	err := slack.PostWebhookCustomHTTPContext(ctx, args.URL, b.http, &slack.WebhookMessage{Text: escape(args.Text), ResponseType: "ephemeral"})
	if err == nil {
		return nil
	}
	if r := classify(err); r.Class == notify.ClassRefused {
		return jobs.RetryAfter(r.Wait, err)
	}
	if strings.Contains(err.Error(), "404") {
		return jobs.Fatal(err) // used up or older than half an hour
	}
	return err
}

// about is what a modal carries: it may be forged, so it says only what to
// look at, never what is allowed.
type about struct {
	ActionID int64 `json:"a"`
	Version  int64 `json:"v"`
}

func (a about) String() string {
	raw, _ := json.Marshal(a) // two numbers
	return string(raw)
}
