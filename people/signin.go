package people

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"time"

	"coetracker/internal/db"
	"coetracker/internal/fault"

	"gorm.io/gorm"
)

// How long sign-in links and sessions live, on the wall clock.
const (
	LinkLife    = 15 * time.Minute
	SessionLife = 30 * 24 * time.Hour // from sign-in, used or not
	SessionIdle = 7 * 24 * time.Hour  // from the last use
)

// seenStep is how often the last use of a session is written down.
const seenStep = 5 * time.Minute

// SignInLink is a one-time link; only the hash of its token is kept.
type SignInLink struct {
	TokenHash string `gorm:"primaryKey"`
	PersonID  int64
	CreatedAt time.Time
	ExpiresAt time.Time
	UsedAt    *time.Time
}

// Session is one browser that is signed in; only the hash of its token is
// kept.
type Session struct {
	ID        int64
	TokenHash string
	PersonID  int64
	CreatedAt time.Time
	ExpiresAt time.Time
	SeenAt    time.Time
	UserAgent string
}

// newToken makes a secret of 256 bits for a URL or a cookie.
func newToken() string {
	var b [32]byte
	rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// hashToken is what the database keeps of a secret that cannot be guessed.
func hashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// NewLink makes a sign-in link for an active person and gives its token, which
// works once and for 15 minutes. Admins make them for everybody, others for
// themselves.
func (s *Store) NewLink(ctx context.Context, by *Principal, personID int64) (token string, err error) {
	if err := ownOrAdmin(by, personID); err != nil {
		return "", err
	}
	token, now := newToken(), s.wall()
	link := SignInLink{TokenHash: hashToken(token), PersonID: personID, CreatedAt: now, ExpiresAt: now.Add(LinkLife)}
	err = db.Tx(ctx, s.DB, func(tx *gorm.DB) error {
		p, err := byID(tx, personID)
		if err != nil {
			return err
		}
		if !p.Active() {
			return fault.Conflictf("%s is disabled and cannot sign in. Let them in again under People, or with: coe user add %s", p.Name, p.Email)
		}
		if err := tx.Create(&link).Error; err != nil {
			return err
		}
		return record(tx, by, "person.link", object("person", personID), nil)
	})
	if err != nil {
		return "", err
	}
	return token, nil
}

// SignIn spends a link and starts a session. Of any number of tries with one
// link, at the same moment too, one succeeds. A link that is spent, expired or
// unknown, or whose person is disabled, is always the same fault.NotFound.
func (s *Store) SignIn(ctx context.Context, token, userAgent string) (session string, p *Person, err error) {
	session = newToken()
	err = db.Tx(ctx, s.DB, func(tx *gorm.DB) error {
		if p, err = s.spend(tx, token); err != nil {
			return err
		}
		return s.startSession(tx, p, session, userAgent)
	})
	if err != nil {
		return "", nil, err
	}
	return session, p, nil
}

// spend marks the link used, provided that it still can be.
func (s *Store) spend(tx *gorm.DB, token string) (*Person, error) {
	hash, now := hashToken(token), s.wall()
	spent := tx.Model(&SignInLink{}).
		Where("token_hash = ? AND used_at IS NULL AND expires_at > ?", hash, now).
		Update("used_at", now)
	if spent.Error != nil {
		return nil, spent.Error
	}
	dead := fault.NotFoundf("This sign-in link does not work any more. A link works once and for 15 minutes: ask for a new one.")
	if spent.RowsAffected != 1 {
		return nil, dead
	}
	p := &Person{}
	err := tx.Where("id = (SELECT person_id FROM sign_in_links WHERE token_hash = ?)", hash).Take(p).Error
	if err != nil {
		return nil, err
	}
	if !p.Active() {
		return nil, dead
	}
	return p, nil
}

func (s *Store) startSession(tx *gorm.DB, p *Person, token, userAgent string) error {
	now := s.wall()
	row := Session{
		TokenHash: hashToken(token), PersonID: p.ID, CreatedAt: now,
		ExpiresAt: now.Add(SessionLife), SeenAt: now, UserAgent: clip(clean(userAgent), 200),
	}
	if err := tx.Create(&row).Error; err != nil {
		return err
	}
	return record(tx, &Principal{Person: *p}, "session.start", object("session", row.ID), nil)
}

func ownOrAdmin(by *Principal, personID int64) error {
	if by.active() && by.is(personID) {
		return nil
	}
	return admins(by)
}

// clip shortens a text to n characters.
func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}
