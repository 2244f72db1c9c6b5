package people

import (
	"context"
	"time"

	"coetracker/internal/db"
	"coetracker/internal/fault"

	"gorm.io/gorm"
)

// sessionRow is a live session with its person, once for each team.
type sessionRow struct {
	Person    Person `gorm:"embedded"`
	SessionID int64
	SeenAt    time.Time
	TeamID    *int64
}

// Session gives who is signed in with this token, with their rights as they
// are now, in one query; every few minutes a second one notes the use. No
// session, one that ran out or went unused too long, and one of a disabled
// person are the same fault.NotFound.
func (s *Store) Session(ctx context.Context, token string) (*Principal, error) {
	now := s.wall()
	var rows []sessionRow
	err := s.db(ctx).Table("sessions").
		Select("people.*, sessions.id AS session_id, sessions.seen_at, team_members.team_id").
		Joins("JOIN people ON people.id = sessions.person_id").
		Joins("LEFT JOIN team_members ON team_members.person_id = people.id").
		Where("sessions.token_hash = ? AND people.disabled_at IS NULL", hashToken(token)).
		Where("sessions.expires_at > ? AND sessions.seen_at > ?", now, now.Add(-SessionIdle)).
		Order("team_members.team_id").Scan(&rows).Error
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, fault.NotFoundf("You are not signed in. Sign in again.")
	}
	p := &Principal{Person: rows[0].Person}
	for _, r := range rows {
		if r.TeamID != nil {
			p.Teams = append(p.Teams, *r.TeamID)
		}
	}
	if now.Sub(rows[0].SeenAt) >= seenStep {
		err = s.db(ctx).Model(&Session{}).Where("id = ? AND seen_at < ?", rows[0].SessionID, now).Update("seen_at", now).Error
		if fault.Is(err, fault.Unavailable) {
			err = nil // a database too busy to note the use can still answer the request
		}
	}
	return p, err
}

// EndSession signs out; an unknown token changes nothing.
func (s *Store) EndSession(ctx context.Context, token string) error {
	return db.Tx(ctx, s.DB, func(tx *gorm.DB) error {
		var rows []Session
		if err := tx.Where("token_hash = ?", hashToken(token)).Find(&rows).Error; err != nil || len(rows) == 0 {
			return err
		}
		p, err := byID(tx, rows[0].PersonID)
		if err != nil {
			return err
		}
		if err := tx.Delete(&rows[0]).Error; err != nil {
			return err
		}
		return record(tx, &Principal{Person: *p}, "session.end", object("session", rows[0].ID), nil)
	})
}

// EndAllSessions signs a person out everywhere and makes their unused sign-in
// links worthless: their own choice, or an admin's.
func (s *Store) EndAllSessions(ctx context.Context, by *Principal, personID int64) error {
	if err := ownOrAdmin(by, personID); err != nil {
		return err
	}
	return db.Tx(ctx, s.DB, func(tx *gorm.DB) error {
		if err := endAccess(tx, personID); err != nil {
			return err
		}
		return record(tx, by, "session.end_all", object("person", personID), nil)
	})
}

// EndOneSession ends a session of this person by its id, as shown by Sessions.
// One of somebody else is a fault.NotFound.
func (s *Store) EndOneSession(ctx context.Context, by *Principal, personID, sessionID int64) error {
	if err := ownOrAdmin(by, personID); err != nil {
		return err
	}
	return db.Tx(ctx, s.DB, func(tx *gorm.DB) error {
		r := tx.Where("id = ? AND person_id = ?", sessionID, personID).Delete(&Session{})
		if r.Error != nil {
			return r.Error
		}
		if r.RowsAffected == 0 {
			return fault.NotFoundf("There is no such session.")
		}
		return record(tx, by, "session.end", object("session", sessionID), nil)
	})
}

// Sessions lists a person's live sessions, the last used first.
func (s *Store) Sessions(ctx context.Context, personID int64) ([]Session, error) {
	now := s.wall()
	var list []Session
	err := s.db(ctx).Where("person_id = ? AND expires_at > ? AND seen_at > ?", personID, now, now.Add(-SessionIdle)).
		Order("seen_at DESC, id DESC").Find(&list).Error
	return list, err
}

// Purge deletes sessions and links that ran out, and says how many.
func (s *Store) Purge(ctx context.Context) (n int64, err error) {
	now := s.wall()
	err = db.Tx(ctx, s.DB, func(tx *gorm.DB) error {
		old := tx.Where("expires_at <= ? OR seen_at <= ?", now, now.Add(-SessionIdle)).Delete(&Session{})
		if old.Error != nil {
			return old.Error
		}
		links := tx.Where("expires_at <= ?", now).Delete(&SignInLink{})
		n = old.RowsAffected + links.RowsAffected
		return links.Error
	})
	return n, err
}
