package people

import (
	"context"

	"coetracker/internal/db"

	"gorm.io/gorm"
)

// Disable takes away somebody's access: all their sessions and sign-in links
// end at once, and what they own waits for a new owner. Their rows stay. The
// last admin cannot be disabled; disabling twice changes nothing. Admins only.
func (s *Store) Disable(ctx context.Context, by *Principal, id int64) error {
	if err := admins(by); err != nil {
		return err
	}
	return db.Tx(ctx, s.DB, func(tx *gorm.DB) error {
		p, err := byID(tx, id)
		if err != nil || !p.Active() {
			return err
		}
		if err := notLastAdmin(tx, p); err != nil {
			return err
		}
		if err := endAccess(tx, id); err != nil {
			return err
		}
		if err := db.SaveVersioned(tx, &Person{}, id, p.Version, map[string]any{"disabled_at": db.Now(tx)}); err != nil {
			return err
		}
		return record(tx, by, "person.disable", object("person", id), nil)
	})
}

// Enable gives a disabled person their access back, in the role they had.
// Enabling twice changes nothing. Admins only.
func (s *Store) Enable(ctx context.Context, by *Principal, id int64) error {
	if err := admins(by); err != nil {
		return err
	}
	return db.Tx(ctx, s.DB, func(tx *gorm.DB) error {
		p, err := byID(tx, id)
		if err != nil || p.Active() {
			return err
		}
		if err := db.SaveVersioned(tx, &Person{}, id, p.Version, map[string]any{"disabled_at": nil}); err != nil {
			return err
		}
		return record(tx, by, "person.enable", object("person", id), nil)
	})
}

// endAccess removes every link and every session of a person. The links go
// first: whoever spends one at this moment is waited for, and the session that
// they got goes too.
func endAccess(tx *gorm.DB, personID int64) error {
	if err := tx.Where("person_id = ?", personID).Delete(&SignInLink{}).Error; err != nil {
		return err
	}
	return tx.Where("person_id = ?", personID).Delete(&Session{}).Error
}
