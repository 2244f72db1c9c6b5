package slackbot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"coetracker/internal/db"
	"coetracker/internal/notify"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// methodBlock is what all processes know of a method's limits.
type methodBlock struct {
	Method       string `gorm:"primaryKey"`
	ChannelID    string `gorm:"primaryKey"`
	BlockedUntil *time.Time
	NextAt       *time.Time // when the bucket is full again
	Reason       string
}

// TableName maps to slack_method_blocks.
func (methodBlock) TableName() string { return "slack_method_blocks" }

// pace is a token bucket: one call each interval, and burst at once.
type pace struct {
	every time.Duration
	burst int
}

// paces keep below Slack's limits for a workspace. Opening conversations and
// finding people happens once per person, most of it on the first morning, so
// these may burst; Slack's own 429 is honoured beyond that.
var paces = map[string]pace{
	"chat.postMessage":      {300 * time.Millisecond, 1}, // below 4 a second, also when some are late
	"chat.update":           {time.Minute / 45, 20},
	"conversations.history": {time.Minute / 45, 20},
	"conversations.open":    {time.Minute / 45, 200},
	"users.lookupByEmail":   {time.Minute / 45, 200},
	"users.info":            {time.Minute / 90, 200},
}

const (
	everyWorkspace = "*"
	perChannel     = time.Second // between two posts into one conversation
	longestTurn    = 5 * time.Second
)

// errBusy says that a call must wait longer than a worker should.
type errBusy struct {
	wait   time.Duration
	reason string
}

func (e *errBusy) Error() string { return "wait " + e.wait.String() + ": " + e.reason }

// turn waits until a call of this method may leave, or says with errBusy how
// long to stay away.
func (b *Bot) turn(ctx context.Context, method, channel string) error {
	var wait time.Duration
	err := db.Tx(ctx, b.DB, func(tx *gorm.DB) (err error) {
		wait, err = b.reserve(tx, method)
		return err
	})
	if err != nil {
		return err
	}
	if method == "chat.postMessage" {
		wait = max(wait, b.channelTurn(channel, wait))
	}
	if wait <= 0 {
		return nil
	}
	return b.Sleep(ctx, wait)
}

// reserve takes a place in the method's bucket, shared by all processes.
func (b *Bot) reserve(tx *gorm.DB, method string) (time.Duration, error) {
	now := db.Instant(b.Wall())
	if err := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&methodBlock{Method: method}).Error; err != nil {
		return 0, fmt.Errorf("pace %s: %w", method, err)
	}
	var rows []methodBlock
	if err := db.ForUpdate(tx).Where("method IN ? AND channel_id = ''", []string{method, everyWorkspace}).Order("method").Find(&rows).Error; err != nil {
		return 0, fmt.Errorf("pace %s: %w", method, err)
	}
	p, limited := paces[method]
	for _, row := range rows {
		if row.BlockedUntil != nil && row.BlockedUntil.After(now) {
			return 0, &errBusy{row.BlockedUntil.Sub(now), row.Reason}
		}
		if row.Method != method || !limited {
			continue
		}
		full := now
		if row.NextAt != nil && row.NextAt.After(now) {
			full = *row.NextAt
		}
		wait := full.Sub(now) - time.Duration(p.burst-1)*p.every
		if wait > longestTurn {
			return 0, &errBusy{wait, "our own pace"}
		}
		err := tx.Model(&methodBlock{}).Where("method = ? AND channel_id = ''", method).Update("next_at", full.Add(p.every)).Error
		return max(wait, 0), err
	}
	return 0, nil
}

// channelTurn keeps a second between two posts into one conversation. wait is
// what the call waits anyway.
func (b *Bot) channelTurn(channel string, wait time.Duration) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.Wall()
	at := now.Add(wait)
	if next := b.channels[channel]; next.After(at) {
		at = next
	}
	b.channels[channel] = at.Add(perChannel)
	if len(b.channels) > 5000 {
		for c, next := range b.channels {
			if next.Before(now) {
				delete(b.channels, c)
			}
		}
	}
	return at.Sub(now)
}

// block makes all processes leave a method alone for a while.
func (b *Bot) block(ctx context.Context, method string, wait time.Duration, reason string) {
	until := db.Instant(b.Wall().Add(wait))
	err := b.DB.WithContext(context.WithoutCancel(ctx)).Clauses(clause.OnConflict{
		Columns:   []clause.Column{{Name: "method"}, {Name: "channel_id"}},
		DoUpdates: clause.Assignments(map[string]any{"blocked_until": until, "reason": reason}),
	}).Create(&methodBlock{Method: method, BlockedUntil: &until, Reason: reason}).Error
	if err != nil {
		b.Log.ErrorContext(ctx, "a method's pause cannot be stored", "method", method, "error", err)
	}
}

// Blocked says why Slack does not take our calls at the moment, for
// administrators; "" when it does.
func (b *Bot) Blocked(ctx context.Context) (string, error) {
	var row methodBlock
	err := b.DB.WithContext(ctx).Take(&row, "method = ? AND channel_id = '' AND blocked_until > ?", everyWorkspace, db.Instant(b.Wall())).Error
	if db.IsNotFound(err) {
		return "", nil
	}
	return row.Reason, err
}

// workspacePause is how long everything rests when our access is broken; the
// next call after it is the probe.
const workspacePause = time.Minute

// call runs one call of a method in its turn and classifies what came of it.
// The class of success is ClassSent.
func (b *Bot) call(ctx context.Context, method, channel string, f func(ctx context.Context) error) notify.Result {
	if err := b.turn(ctx, method, channel); err != nil {
		var busy *errBusy
		if errors.As(err, &busy) {
			return notify.Result{Class: notify.ClassRefused, Wait: busy.wait, Text: busy.reason}
		}
		return notify.Result{Class: notify.ClassUnreachable, Text: err.Error()}
	}
	if !b.breaker.TryAcquirePermit() {
		return notify.Result{Class: notify.ClassRefused, Wait: breakFor, Text: "Slack failed too often in a row"}
	}
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	err := f(ctx)
	r := notify.Result{Class: notify.ClassSent}
	if err != nil {
		r = classify(err)
	}
	switch r.Class {
	case notify.ClassUncertain, notify.ClassUnreachable:
		b.breaker.RecordFailure()
	default:
		b.breaker.RecordSuccess()
	}
	switch r.Class {
	case notify.ClassRefused:
		b.block(ctx, method, r.Wait, r.Text)
	case notify.ClassWorkspace:
		b.block(ctx, everyWorkspace, workspacePause, r.Text)
		r.Wait = workspacePause
		b.Log.ErrorContext(ctx, "Slack refuses our access", "method", method, "text", r.Text)
	}
	return r
}
