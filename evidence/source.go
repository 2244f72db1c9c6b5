package evidence

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"

	"coetracker/internal/audit"
	"coetracker/internal/db"
	"coetracker/internal/fault"
	"coetracker/people"

	"gorm.io/gorm"
)

// filesSource is the name of the source that takes the command line's and the
// browser's files.
const filesSource = "files"

// SourceEdit is everything that an administrator says of a source, as one form
// sends it.
type SourceEdit struct {
	Name      string
	Tool      string // "" takes every tool
	Verifier  string // one of the Verify constants
	Header    string // of VerifyHeader; of VerifyGrafana where it is not the usual one
	Secret    string // "" keeps the one there is
	Allowed   string // topic ARNs or account ids, one a line
	ServiceID int64  // 0: none
}

// canAdmin refuses everybody but administrators.
func canAdmin(p *people.Principal) error {
	if !people.May(p, people.AdminPages, people.Resource{}) {
		return fault.Forbiddenf("Only an administrator may see and change sources of evidence.")
	}
	return nil
}

func sourceDeed(tx *gorm.DB, p *people.Principal, verb string, id int64, detail map[string]any) error {
	return audit.Record(tx, audit.Entry{ActorID: p.PersonID(), Actor: p.Email, Verb: verb, Object: fmt.Sprintf("source:%d", id), Detail: detail})
}

// Sources gives all sources by name, for administrators.
func (s *Store) Sources(ctx context.Context, p *people.Principal) ([]Source, error) {
	if err := canAdmin(p); err != nil {
		return nil, err
	}
	var list []Source
	err := s.DB.WithContext(ctx).Order("name").Find(&list).Error
	return list, err
}

// SourceByID gives one source, for administrators.
func (s *Store) SourceByID(ctx context.Context, p *people.Principal, id int64) (Source, error) {
	if err := canAdmin(p); err != nil {
		return Source{}, err
	}
	return sourceBy(s.DB.WithContext(ctx), id)
}

func sourceBy(tx *gorm.DB, id int64) (Source, error) {
	var src Source
	err := tx.Take(&src, id).Error
	if db.IsNotFound(err) {
		err = fault.NotFoundf("There is no source %d.", id)
	}
	return src, err
}

// AddSource makes a source and gives the token of its address, which is kept
// nowhere and can only be replaced. A name that is taken, a missing secret and
// whatever else does not fit is a fault.Invalid of its field.
func (s *Store) AddSource(ctx context.Context, p *people.Principal, e SourceEdit) (Source, string, error) {
	if err := canAdmin(p); err != nil {
		return Source{}, "", err
	}
	if err := e.check(nil); err != nil {
		return Source{}, "", err
	}
	token := newToken()
	src := Source{TokenHash: tokenHash(token), TokenHint: tokenHint(token), Version: 1, CreatedBy: p.PersonID()}
	e.onto(&src)
	if err := s.sealInto(&src.Secret, e.Secret); err != nil {
		return Source{}, "", err
	}
	err := db.Tx(ctx, s.DB, func(tx *gorm.DB) error {
		src.ID, src.CreatedAt, src.UpdatedAt = 0, db.Now(tx), db.Now(tx)
		if err := sourceTaken(tx.Create(&src).Error, src.Name); err != nil {
			return err
		}
		return sourceDeed(tx, p, "source.add", src.ID, e.detail())
	})
	if err != nil {
		return Source{}, "", err
	}
	return src, token, nil
}

// SetSource changes a source that is still at this version.
func (s *Store) SetSource(ctx context.Context, p *people.Principal, id, version int64, e SourceEdit) (Source, error) {
	return s.changeSource(ctx, p, id, version, "source.set", e.detail(), func(src *Source) (map[string]any, error) {
		if src.TokenHash == nil {
			return nil, fault.Conflictf("This source takes files only. There is nothing to set.")
		}
		if err := e.check(src); err != nil {
			return nil, err
		}
		e.onto(src)
		cols := map[string]any{"name": src.Name, "tool": src.Tool, "verifier": src.Verifier, "header": src.Header, "allowed": src.Allowed, "service_id": src.ServiceID}
		if e.Secret != "" || !needsSecret(src.Verifier) {
			var sealed []byte
			if err := s.sealInto(&sealed, e.Secret); err != nil {
				return nil, err
			}
			cols["secret"], cols["secret2"] = sealed, nil
		}
		return cols, nil
	})
}

// DisableSource makes the address of a source unknown until it is enabled again;
// what has arrived stays.
func (s *Store) DisableSource(ctx context.Context, p *people.Principal, id, version int64) (Source, error) {
	return s.changeSource(ctx, p, id, version, "source.disable", nil, func(src *Source) (map[string]any, error) {
		if src.TokenHash == nil {
			return nil, fault.Conflictf("This source takes files only. It cannot be disabled.")
		}
		return map[string]any{"disabled_at": db.Now(s.DB)}, nil
	})
}

// EnableSource undoes DisableSource, and forgets the failures.
func (s *Store) EnableSource(ctx context.Context, p *people.Principal, id, version int64) (Source, error) {
	return s.changeSource(ctx, p, id, version, "source.enable", nil, func(*Source) (map[string]any, error) {
		return map[string]any{"disabled_at": nil, "failures": 0, "failure": "", "failed_at": nil}, nil
	})
}

// changeSource saves what change says of a source that is still at this version.
func (s *Store) changeSource(ctx context.Context, p *people.Principal, id, version int64, verb string, detail map[string]any, change func(*Source) (map[string]any, error)) (Source, error) {
	var src Source
	if err := canAdmin(p); err != nil {
		return src, err
	}
	err := db.Tx(ctx, s.DB, func(tx *gorm.DB) error {
		var err error
		if src, err = sourceBy(db.ForUpdate(tx), id); err != nil {
			return err
		}
		cols, err := change(&src)
		if err != nil {
			return err
		}
		if err := db.SaveVersioned(tx, &Source{}, id, version, cols); err != nil {
			return sourceTaken(err, src.Name)
		}
		if src, err = sourceBy(tx, id); err != nil {
			return err
		}
		return sourceDeed(tx, p, verb, id, detail)
	})
	return src, err
}

func sourceTaken(err error, name string) error {
	switch {
	case db.IsUnique(err):
		return fault.Invalidf("name", "There is a source named “%s” already. Choose another name.", name)
	case db.IsForeignKey(err):
		return fault.Invalidf("service", "This service is not there any more. Choose again.")
	}
	return err
}

// newToken makes what cannot be guessed: 256 bits.
func newToken() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// tokenHash is what the database keeps of a token.
func tokenHash(token string) *string {
	sum := sha256.Sum256([]byte(token))
	h := hex.EncodeToString(sum[:])
	return &h
}

// tokenHint is enough to tell two addresses apart, and too little to use one.
func tokenHint(token string) string { return "…" + token[len(token)-4:] }
