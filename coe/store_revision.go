package coe

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"coetracker/internal/db"
	"coetracker/internal/fault"
	"coetracker/people"
)

// issue keeps the document as it goes out, as its canonical file.
func (s *Store) issue(w *work, d *Document) error {
	_, err := s.revision(w, d, fmt.Sprintf("Issue %d", d.COE.Issue), d.COE.Issue)
	return err
}

// revision keeps a named state of the document.
func (s *Store) revision(w *work, d *Document, name string, issue int) (Revision, error) {
	if s.Canonical == nil {
		return Revision{}, errors.New("coe: Store.Canonical is not set, so no revision can be kept")
	}
	raw, err := s.Canonical(d)
	if err != nil {
		return Revision{}, fmt.Errorf("write %s as a file: %w", d.COE.Name(), err)
	}
	var last int
	err = w.tx.Model(&Revision{}).Where(mine, w.coe.ID).Order("number DESC").Limit(1).Pluck("number", &last).Error
	if err != nil {
		return Revision{}, err
	}
	sum := sha256.Sum256(raw)
	r := Revision{
		COEID: w.coe.ID, Number: last + 1, Name: name, Issue: issue, Bytes: raw,
		SHA256: hex.EncodeToString(sum[:]), CreatedBy: w.p.PersonID(),
	}
	if err := w.tx.Create(&r).Error; err != nil {
		return Revision{}, fmt.Errorf("keep revision %d of %s: %w", r.Number, d.COE.Name(), err)
	}
	return r, nil
}

// Keep names the present state of the document, so that it can be compared
// with and gone back to.
func (s *Store) Keep(ctx context.Context, p *people.Principal, n int64, name string) (Revision, error) {
	var out Revision
	name, err := line("name", name, 200)
	if err != nil {
		return out, err
	}
	if err := needed("name", name, "Name the revision, such as \"before the review\"."); err != nil {
		return out, err
	}
	err = s.doLocked(ctx, p, n, people.Edit, func(w *work) error {
		d, err := load(w.tx, w.coe)
		if err != nil {
			return err
		}
		if out, err = s.revision(w, d, name, 0); err != nil {
			return err
		}
		return w.audit("coe.keep", fmt.Sprintf("revision:%d", out.ID), map[string]any{"name": name, "number": out.Number})
	})
	return out, err
}

// Issue gives the last published issue, which is what readers see.
func (s *Store) Issue(ctx context.Context, p *people.Principal, n int64) (Revision, error) {
	return s.findRevision(ctx, p, n, "issue > 0", "This COE was not published yet.")
}

// RevisionByNumber gives one named revision with its file.
func (s *Store) RevisionByNumber(ctx context.Context, p *people.Principal, n int64, number int) (Revision, error) {
	return s.findRevision(ctx, p, n, fmt.Sprintf("number = %d", number), "There is no such revision.")
}

func (s *Store) findRevision(ctx context.Context, p *people.Principal, n int64, where, missing string) (Revision, error) {
	w, err := open(s.DB.WithContext(ctx), p, n, people.View)
	if err != nil {
		return Revision{}, err
	}
	var r Revision
	err = w.tx.Where(mine, w.coe.ID).Where(where).Order("number DESC").Take(&r).Error
	if db.IsNotFound(err) {
		return r, fault.NotFoundf("%s", missing)
	}
	return r, err
}

// Revisions lists the named revisions, the newest first, without their bytes.
func (s *Store) Revisions(ctx context.Context, p *people.Principal, n int64) ([]Revision, error) {
	w, err := open(s.DB.WithContext(ctx), p, n, people.View)
	if err != nil {
		return nil, err
	}
	var list []Revision
	err = w.tx.Omit("bytes").Where(mine, w.coe.ID).Order("number DESC").Find(&list).Error
	return list, err
}
