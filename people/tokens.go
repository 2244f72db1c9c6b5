package people

import (
	"context"
	"fmt"
	"time"

	"coetracker/internal/db"
	"coetracker/internal/fault"

	"gorm.io/gorm"
)

// ScopeGate lets a token ask whether a service may be deployed, and nothing
// else.
const ScopeGate = "gate"

// Scopes lists what a token may be made for.
func Scopes() []string { return []string{ScopeGate} }

// How long tokens live, in days on the wall clock.
const (
	TokenDays    = 90 // unless said otherwise
	MaxTokenDays = 730
)

// tokenMark begins every token, so that scanners for secrets know it.
const tokenMark = "coe_"

// APIToken lets a machine ask without a person; only the hash of the token is
// kept.
type APIToken struct {
	ID        int64
	Name      string
	Hash      string
	Hint      string // its last four characters
	Scope     string
	CreatedAt time.Time
	CreatedBy *int64
	ExpiresAt time.Time
	RevokedAt *time.Time
	UsedAt    *time.Time // last use, to about five minutes
}

// TableName maps to api_tokens.
func (APIToken) TableName() string { return "api_tokens" }

// Good reports whether the token is taken at a moment of the wall clock.
func (t *APIToken) Good(now time.Time) bool { return t.RevokedAt == nil && now.Before(t.ExpiresAt) }

// NewToken is a token to be made.
type NewToken struct {
	Name  string // what uses it; the scope when empty
	Scope string
	Days  int // 0: 90
}

// CreateToken makes a token and gives its text, which nobody can see again.
// Admins only.
func (s *Store) CreateToken(ctx context.Context, by *Principal, n NewToken) (*APIToken, string, error) {
	if err := tokenAdmins(by); err != nil {
		return nil, "", err
	}
	if n.Scope != ScopeGate {
		return nil, "", fault.Invalidf("scope", "%s is not a scope. Take gate.", quote(n.Scope))
	}
	if n.Name == "" {
		n.Name = n.Scope
	}
	if n.Days == 0 {
		n.Days = TokenDays
	}
	if n.Days < 1 || n.Days > MaxTokenDays {
		return nil, "", fault.Invalidf("days", "A token lives 1 to %d days.", MaxTokenDays)
	}
	called, err := name(n.Name)
	if err != nil {
		return nil, "", err
	}
	text, now := tokenMark+newToken(), s.wall()
	row := &APIToken{
		Name: called, Hash: hashToken(text), Hint: text[len(text)-4:], Scope: n.Scope,
		CreatedAt: now, CreatedBy: by.PersonID(), ExpiresAt: now.AddDate(0, 0, n.Days),
	}
	err = db.Tx(ctx, s.DB, func(tx *gorm.DB) error {
		row.ID = 0 // the transaction may run again
		if err := tx.Create(row).Error; err != nil {
			return fmt.Errorf("store a token: %w", err)
		}
		return record(tx, by, "token.create", object("token", row.ID), map[string]any{"name": row.Name, "scope": row.Scope, "expires": row.ExpiresAt})
	})
	if err != nil {
		return nil, "", err
	}
	return row, text, nil
}

// ListTokens gives all tokens, also those that are not taken any more, the
// newest first. Admins only.
func (s *Store) ListTokens(ctx context.Context, by *Principal) ([]APIToken, error) {
	if err := tokenAdmins(by); err != nil {
		return nil, err
	}
	var list []APIToken
	return list, s.db(ctx).Order("id DESC").Limit(maxTokens).Find(&list).Error
}

// maxTokens bounds the list of tokens.
const maxTokens = 500

// RevokeToken ends a token at once; one that has ended stays so. Admins only.
func (s *Store) RevokeToken(ctx context.Context, by *Principal, id int64) (*APIToken, error) {
	if err := tokenAdmins(by); err != nil {
		return nil, err
	}
	var row APIToken
	err := db.Tx(ctx, s.DB, func(tx *gorm.DB) error {
		row = APIToken{}
		err := db.ForUpdate(tx).Take(&row, "id = ?", id).Error
		if db.IsNotFound(err) {
			return fault.NotFoundf("There is no such token.")
		}
		if err != nil || row.RevokedAt != nil {
			return err
		}
		now := s.wall()
		row.RevokedAt = &now
		if err := tx.Model(&APIToken{}).Where("id = ?", id).Update("revoked_at", now).Error; err != nil {
			return fmt.Errorf("revoke a token: %w", err)
		}
		return record(tx, by, "token.revoke", object("token", id), map[string]any{"name": row.Name})
	})
	if err != nil {
		return nil, err
	}
	return &row, nil
}

// UseToken finds a token that is good for a scope and notes that it was used.
// One that is unknown, expired, revoked or made for something else is always
// the same fault.NotFound.
func (s *Store) UseToken(ctx context.Context, text, scope string) (*APIToken, error) {
	var row APIToken
	err := s.db(ctx).Where("hash = ?", hashToken(text)).Take(&row).Error
	if err != nil && !db.IsNotFound(err) {
		return nil, fmt.Errorf("look for a token: %w", err)
	}
	now := s.wall()
	if err != nil || !row.Good(now) || row.Scope != scope {
		return nil, fault.NotFoundf("This token is not known, has expired, was revoked or is for something else. An administrator can make a new one.")
	}
	if row.UsedAt == nil || now.Sub(*row.UsedAt) >= seenStep {
		if err := s.db(ctx).Model(&APIToken{}).Where("id = ?", row.ID).Update("used_at", now).Error; err != nil {
			return nil, fmt.Errorf("note the use of a token: %w", err)
		}
		row.UsedAt = &now
	}
	return &row, nil
}

func tokenAdmins(by *Principal) error {
	if !May(by, AdminPages, Resource{}) {
		return fault.Forbiddenf("Only an administrator may see and make tokens.")
	}
	return nil
}
