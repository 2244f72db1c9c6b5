package slackbot

import (
	"context"
	"fmt"
	"time"

	"coetracker/internal/db"
	"coetracker/internal/fault"
	"coetracker/internal/notify"
	"coetracker/people"

	"github.com/slack-go/slack"
	"gorm.io/gorm/clause"
)

// identity says who a person is in the workspace.
type identity struct {
	PersonID    int64 `gorm:"primaryKey"`
	SlackUserID string
	DMChannelID string `gorm:"column:dm_channel_id"`
	Zone        string // as Slack knows it
	Deleted     bool
	CheckedAt   time.Time
}

// TableName maps to slack_identities.
func (identity) TableName() string { return "slack_identities" }

// checkEvery is how long we believe that somebody is still there. Slack takes
// messages to people who left without a word.
const checkEvery = 24 * time.Hour

// conversation gives the id of the direct conversation with a person, opening
// it when needed. Any class but ClassSent says why there is none; nothing was
// posted then.
func (b *Bot) conversation(ctx context.Context, p people.Person) (string, notify.Result) {
	row, err := b.known(ctx, p.ID)
	if err != nil {
		return "", notify.Result{Class: notify.ClassUnreachable, Text: err.Error()}
	}
	now := db.Instant(b.Wall())
	if row == nil || now.Sub(row.CheckedAt) >= checkEvery || p.SlackID != "" && row.SlackUserID != p.SlackID {
		if row, err = b.check(ctx, p, row); err != nil {
			return "", harmless(err)
		}
	}
	if row.Deleted {
		return "", notify.Result{Class: notify.ClassRecipient, Text: "the account is deactivated"}
	}
	if row.DMChannelID != "" {
		return row.DMChannelID, notify.Result{Class: notify.ClassSent}
	}
	r := b.call(ctx, "conversations.open", "", func(ctx context.Context) error {
		ch, _, _, err := b.api.OpenConversationContext(ctx, &slack.OpenConversationParameters{Users: []string{row.SlackUserID}})
		if err == nil {
			row.DMChannelID = ch.ID
		}
		return err
	})
	if r.Class != notify.ClassSent || row.DMChannelID == "" {
		return "", harmless(&failure{r})
	}
	if err := b.remember(ctx, row); err != nil {
		return "", notify.Result{Class: notify.ClassUnreachable, Text: err.Error()}
	}
	return row.DMChannelID, r
}

// failure carries a result through an error.
type failure struct{ notify.Result }

func (f *failure) Error() string { return f.Text }

// harmless turns a lost answer into "nothing happened": looking somebody up or
// opening a conversation may be repeated freely.
func harmless(err error) notify.Result {
	f, ok := err.(*failure)
	if !ok {
		return notify.Result{Class: notify.ClassUnreachable, Text: err.Error()}
	}
	switch f.Class {
	case notify.ClassUncertain, notify.ClassSent:
		f.Class = notify.ClassUnreachable
	case notify.ClassOurs, notify.ClassUnknown:
		f.Class = notify.ClassUnknown
	}
	return f.Result
}

func (b *Bot) known(ctx context.Context, personID int64) (*identity, error) {
	row := &identity{}
	err := b.DB.WithContext(ctx).Take(row, "person_id = ?", personID).Error
	if db.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read who somebody is in Slack: %w", err)
	}
	return row, nil
}

// check asks Slack who a person is: by the id we were given or found before,
// else by address.
func (b *Bot) check(ctx context.Context, p people.Person, old *identity) (*identity, error) {
	id := p.SlackID
	if id == "" && old != nil {
		id = old.SlackUserID
	}
	var u *slack.User
	var r notify.Result
	if id != "" {
		r = b.call(ctx, "users.info", "", func(ctx context.Context) (err error) { u, err = b.api.GetUserInfoContext(ctx, id); return err })
	} else {
		r = b.call(ctx, "users.lookupByEmail", "", func(ctx context.Context) (err error) {
			u, err = b.api.GetUserByEmailContext(ctx, p.Email)
			return err
		})
	}
	if r.Class == notify.ClassSent && (u == nil || u.ID == "") {
		r = notify.Result{Class: notify.ClassUnreachable, Text: "Slack's answer names nobody"}
	}
	if r.Class != notify.ClassSent {
		return nil, &failure{r}
	}
	row := &identity{PersonID: p.ID, SlackUserID: u.ID, Zone: u.TZ, Deleted: u.Deleted || u.IsBot || u.IsStranger, CheckedAt: db.Instant(b.Wall())}
	if old != nil && old.SlackUserID == u.ID {
		row.DMChannelID = old.DMChannelID
	}
	return row, b.remember(ctx, row)
}

func (b *Bot) remember(ctx context.Context, row *identity) error {
	err := b.DB.WithContext(ctx).Clauses(clause.OnConflict{
		Columns:   []clause.Column{{Name: "person_id"}},
		DoUpdates: clause.AssignmentColumns([]string{"slack_user_id", "dm_channel_id", "zone", "deleted", "checked_at"}),
	}).Create(row).Error
	if db.IsUnique(err) {
		return &failure{notify.Result{Class: notify.ClassRecipient, Text: "this Slack account belongs to another member already"}}
	}
	return err
}

// whois finds the member behind a Slack account: linked before, or with the
// same address in our own workspace. A fault says politely that there is none.
func (b *Bot) whois(ctx context.Context, slackID string) (*people.Principal, error) {
	var row identity
	err := b.DB.WithContext(ctx).Take(&row, "slack_user_id = ?", slackID).Error
	if err == nil {
		return b.People.Principal(ctx, row.PersonID)
	}
	if !db.IsNotFound(err) {
		return nil, fmt.Errorf("find a member by Slack account: %w", err)
	}
	p, err := b.People.BySlackID(ctx, slackID)
	if fault.Is(err, fault.NotFound) {
		p, err = b.byAddress(ctx, slackID)
	}
	if err != nil {
		return nil, err
	}
	return b.People.Principal(ctx, p.ID)
}

func (b *Bot) byAddress(ctx context.Context, slackID string) (*people.Person, error) {
	unlinked := fault.NotFoundf("This Slack account does not belong to a member here. Ask an administrator to add you under your address in Slack.")
	var u *slack.User
	r := b.call(ctx, "users.info", "", func(ctx context.Context) (err error) { u, err = b.api.GetUserInfoContext(ctx, slackID); return err })
	if r.Class != notify.ClassSent || u == nil {
		return nil, unlinked
	}
	if u.Deleted || u.IsBot || u.IsStranger || u.IsRestricted || u.IsUltraRestricted || u.Profile.Email == "" {
		return nil, unlinked
	}
	p, err := b.People.ByEmail(ctx, u.Profile.Email)
	if err != nil {
		return nil, unlinked
	}
	row := &identity{PersonID: p.ID, SlackUserID: u.ID, Zone: u.TZ, CheckedAt: db.Instant(b.Wall())}
	if old, err := b.known(ctx, p.ID); err != nil || old != nil {
		return nil, unlinked // the member is linked to another account
	}
	return p, b.remember(ctx, row)
}
