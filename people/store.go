package people

import (
	"context"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"coetracker/internal/audit"
	"coetracker/internal/db"
	"coetracker/internal/fault"

	"gorm.io/gorm"
)

// Store keeps people, teams, services and sessions. Its verbs check the rights
// of who asks (by), write an audit row in the same transaction, and give
// faults whose sentences a user may read.
type Store struct {
	DB   *gorm.DB
	Wall Clock          // sign-in links and sessions; everything else goes by the calendar clock of DB
	Zone *time.Location // the instance's zone, for those without one; nil is UTC
}

func (s *Store) db(ctx context.Context) *gorm.DB { return s.DB.WithContext(ctx) }

func (s *Store) wall() time.Time { return db.Instant(s.Wall()) }

// record writes what by did into the audit log, inside the transaction.
func record(tx *gorm.DB, by *Principal, verb, object string, detail map[string]any) error {
	return audit.Record(tx, audit.Entry{ActorID: by.PersonID(), Actor: by.Email, Verb: verb, Object: object, Detail: detail})
}

// admins refuses everybody who may not change people, teams and services.
func admins(by *Principal) error {
	if !May(by, AdminPages, Resource{}) {
		return fault.Forbiddenf("Only an administrator may change people, teams and services.")
	}
	return nil
}

// label checks a name or another short text on one line: trimmed, not longer
// than most characters, without control characters.
func label(field, s string, most int) (string, error) {
	s = strings.TrimSpace(s)
	if n := utf8.RuneCountInString(s); n > most {
		return "", fault.Invalidf(field, "This %s has %d characters. At most %d are allowed.", field, n, most)
	}
	if !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
		return "", fault.Invalidf(field, "This %s holds characters that cannot be shown. Write it on one line of plain text.", field)
	}
	return s, nil
}

// name is a label that must not be empty.
func name(s string) (string, error) {
	s, err := label("name", s, 100)
	if err == nil && s == "" {
		err = fault.Invalidf("name", "A name is needed.")
	}
	return s, err
}

// distinct gives the ids without zeros and repetitions, in their order.
func distinct(ids []int64) []int64 {
	var out []int64
	seen := map[int64]bool{0: true}
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}

// nullable gives an id as the database keeps it: 0 is NULL.
func nullable(id int64) *int64 {
	if id == 0 {
		return nil
	}
	return &id
}
