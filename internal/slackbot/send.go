package slackbot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"coetracker/internal/db"
	"coetracker/internal/notify"

	"github.com/slack-go/slack"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// eventType marks our messages; the payload holds the delivery's id and
// nothing else, because everybody in the workspace can read it.
const (
	eventType   = "coe_delivery"
	payloadKey  = "d"
	lookBefore  = 2 * time.Minute // clocks differ
	lookAfter   = 10 * time.Minute
	lookAgainIn = 15 * time.Second
)

// sentMessage is what we need to know of a message to write it anew.
type sentMessage struct {
	ChannelID  string `gorm:"primaryKey"`
	TS         string `gorm:"column:ts;primaryKey"`
	DeliveryID string
	RenderHash string
}

// TableName maps to slack_messages.
func (sentMessage) TableName() string { return "slack_messages" }

// errLate says that the turn to post came when the attempt may not be ours any
// more.
var errLate = errors.New("the attempt is too old to post")

// Send posts a digest into the direct conversation with its person, once.
func (b *Bot) Send(ctx context.Context, m notify.Message) notify.Result {
	channel, r := b.conversation(ctx, m.Person)
	if r.Class != notify.ClassSent {
		return r
	}
	shown := b.render(m)
	ts := ""
	r = b.call(ctx, "chat.postMessage", channel, func(ctx context.Context) (err error) {
		if !m.Until.IsZero() && b.Wall().After(m.Until) {
			return errLate
		}
		_, ts, err = b.api.PostMessageContext(ctx, channel, slack.MsgOptionText(shown.Text, false), slack.MsgOptionBlocks(shown.Blocks...),
			slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl(),
			slack.MsgOptionMetadata(slack.SlackMetadata{EventType: eventType, EventPayload: map[string]any{payloadKey: m.DeliveryID}}))
		return err
	})
	if r.Class == notify.ClassSent && ts == "" {
		return notify.Result{Class: notify.ClassUncertain, Text: "Slack's answer names no message"}
	}
	if r.Class == notify.ClassRecipient {
		b.forget(ctx, m.Person.ID)
	}
	r.Receipt = notify.Receipt{ChannelID: channel, TS: ts}
	return r
}

// forget makes the next delivery resolve the conversation anew.
func (b *Bot) forget(ctx context.Context, personID int64) {
	err := b.DB.WithContext(context.WithoutCancel(ctx)).Model(&identity{}).Where("person_id = ?", personID).
		Updates(map[string]any{"dm_channel_id": "", "checked_at": time.Unix(0, 0).UTC()}).Error
	if err != nil {
		b.Log.ErrorContext(ctx, "a Slack account cannot be marked for another check", "person", personID, "error", err)
	}
}

// Find looks for a delivery's message among the latest of the conversation.
func (b *Bot) Find(ctx context.Context, personID int64, deliveryID string, attempted time.Time) notify.Found {
	who, err := b.known(ctx, personID)
	if err != nil {
		return notify.Found{Wait: lookAgainIn, Text: err.Error()}
	}
	if who == nil || who.DMChannelID == "" {
		return notify.Found{} // no conversation was ever opened
	}
	var h *slack.GetConversationHistoryResponse
	r := b.call(ctx, "conversations.history", "", func(ctx context.Context) (err error) {
		h, err = b.api.GetConversationHistoryContext(ctx, &slack.GetConversationHistoryParameters{
			ChannelID: who.DMChannelID, Inclusive: true,
			Oldest: slackTime(attempted.Add(-lookBefore)), Latest: slackTime(attempted.Add(lookAfter)), Limit: 15, IncludeAllMetadata: true,
		})
		return err
	})
	switch {
	case r.Class == notify.ClassSent && h != nil && h.Ok:
		for _, m := range h.Messages {
			if m.Metadata.EventType == eventType && m.Metadata.EventPayload[payloadKey] == deliveryID {
				return notify.Found{Receipt: notify.Receipt{ChannelID: who.DMChannelID, TS: m.Timestamp}}
			}
		}
		return notify.Found{}
	case r.Class == notify.ClassRecipient, strings.HasPrefix(r.Text, "missing_scope"):
		return notify.Found{Unreadable: true, Text: r.Text}
	}
	return notify.Found{Wait: max(r.Wait, lookAgainIn), Text: r.Text}
}

// slackTime writes an instant as Slack's ts.
func slackTime(t time.Time) string {
	micros := t.UnixMicro()
	return fmt.Sprintf("%d.%06d", micros/1_000_000, micros%1_000_000)
}

// Update writes a sent message anew, unless it shows the same already.
func (b *Bot) Update(ctx context.Context, m notify.Message, at notify.Receipt) notify.Result {
	shown := b.render(m)
	var row sentMessage
	err := b.DB.WithContext(ctx).Take(&row, "channel_id = ? AND ts = ?", at.ChannelID, at.TS).Error
	switch {
	case db.IsNotFound(err):
		return notify.Result{Class: notify.ClassGone}
	case err != nil:
		return notify.Result{Class: notify.ClassUnreachable, Text: err.Error()}
	case row.RenderHash == shown.hash():
		return notify.Result{Class: notify.ClassSent}
	}
	r := b.call(ctx, "chat.update", "", func(ctx context.Context) error {
		_, _, _, err := b.api.UpdateMessageContext(ctx, at.ChannelID, at.TS, slack.MsgOptionText(shown.Text, false), slack.MsgOptionBlocks(shown.Blocks...))
		return err
	})
	code, _, _ := strings.Cut(r.Text, " ")
	if r.Class != notify.ClassSent && slices.Contains(goneCodes, strings.TrimSuffix(code, ":")) {
		err := b.DB.WithContext(ctx).Delete(&sentMessage{}, "channel_id = ? AND ts = ?", at.ChannelID, at.TS).Error
		if err == nil {
			return notify.Result{Class: notify.ClassGone, Text: r.Text}
		}
	}
	if r.Class == notify.ClassSent {
		err := b.DB.WithContext(ctx).Model(&sentMessage{}).Where("channel_id = ? AND ts = ?", at.ChannelID, at.TS).Update("render_hash", shown.hash()).Error
		if err != nil {
			return notify.Result{Class: notify.ClassUnreachable, Text: err.Error()}
		}
	}
	return r
}

// Recorded keeps where a message is and what it shows. A message that was
// found shows something we do not know.
func (b *Bot) Recorded(tx *gorm.DB, m *notify.Message, deliveryID string, r notify.Receipt) error {
	row := sentMessage{ChannelID: r.ChannelID, TS: r.TS, DeliveryID: deliveryID}
	if m != nil {
		row.RenderHash = b.render(*m).hash()
	}
	err := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&row).Error
	if err != nil {
		return fmt.Errorf("keep a Slack message: %w", err)
	}
	return nil
}

// number reads an id from a button's value; 0 for anything else.
func number(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}
