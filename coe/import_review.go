package coe

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"

	"gorm.io/gorm"

	"coetracker/coe/importer"
	"coetracker/internal/db"
	"coetracker/internal/fault"
	"coetracker/internal/files"
	"coetracker/people"
	"coetracker/timeline"
)

// Blobs keeps bytes by what is in them; files.Store is one.
type Blobs interface {
	Put(ctx context.Context, r io.Reader) (files.Ref, error)
}

// ImportReviewOptions say how a review that somebody wrote elsewhere is taken in.
type ImportReviewOptions struct {
	FileName string // of the original
	TeamID   *int64
	OwnerID  int64  // 0: who imports
	Title    string // "": that of the review
	Zone     string // "": that of the review
	Severity int    // 1 to 4; 0: as the review says, else 3
	Kind     Kind   // "": incident
	Events   []int  // indexes of the accepted events; nil is all
	Actions  []int  // indexes of the accepted actions; nil is all
}

// ImportReview makes a draft of a review that package importer took apart:
// sections with their text, the timeline, the actions with the owners that
// exactly one person here matches, and the original byte for byte as an
// attachment. The same bytes again give the document they gave before.
func (s *Store) ImportReview(ctx context.Context, p *people.Principal, r importer.Review, original []byte, o ImportReviewOptions) (c COE, unchanged bool, err error) {
	if !people.May(p, people.Create, people.Resource{}) {
		return COE{}, false, fault.Forbiddenf("Readers may not import a review. An administrator can give you the role writer.")
	}
	if s.Blobs == nil {
		return COE{}, false, fmt.Errorf("coe: Store.Blobs is not set, so the original of a review cannot be kept")
	}
	in := &reviewIn{s: s, p: p, r: r, o: o, usesCRLF: usesCRLF(string(original))}
	sum := sha256.Sum256(original)
	in.sha256 = hex.EncodeToString(sum[:])
	if err := in.prepare(ctx); err != nil {
		return COE{}, false, err
	}
	if known, err := in.known(s.DB.WithContext(ctx)); err != nil || known.ID != 0 {
		return known, known.ID != 0, err
	}
	if err := in.keep(ctx, original); err != nil {
		return COE{}, false, err
	}
	err = db.Tx(ctx, s.DB, func(tx *gorm.DB) error {
		if err := oneImport(tx); err != nil {
			return err
		}
		if c, err = in.known(tx); err != nil || c.ID != 0 {
			unchanged = c.ID != 0
			return err
		}
		c, err = in.write(tx)
		return err
	})
	return c, unchanged, err
}

// known finds the document that these bytes gave before, if p may see it.
func (in *reviewIn) known(tx *gorm.DB) (COE, error) {
	var c COE
	err := tx.Model(&COE{}).Where("coes.origin_sha256 = ?", in.sha256).Scopes(people.Visible(in.p)).Order("coes.number").Limit(1).Find(&c).Error
	return c, err
}

// reviewIn is one foreign review on its way in.
type reviewIn struct {
	s        *Store
	p        *people.Principal
	r        importer.Review
	o        ImportReviewOptions
	usesCRLF bool
	sha256   string
	original Attachment
	d        *Document // ids are those of the database
	entries  []timeline.Entry
}

// prepare does all that needs no transaction: checks, rendering, look-ups.
func (in *reviewIn) prepare(ctx context.Context) error {
	in.d = &Document{Sections: map[SectionName]Section{}, Answers: map[string]Answer{}}
	steps := []func(context.Context) error{in.header, in.sections, in.timeline, in.actions, in.services}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// keep stores the original before the transaction opens.
func (in *reviewIn) keep(ctx context.Context, original []byte) error {
	ref, err := in.s.Blobs.Put(ctx, bytes.NewReader(original))
	if err != nil {
		return err
	}
	in.original = Attachment{
		Key: db.NewKey(), Name: baseName(in.o.FileName), SHA256: ref.SHA256, Size: ref.Size,
		ContentType: files.SniffType(original), Purpose: "original", CreatedBy: in.p.PersonID(),
	}
	return nil
}

// write makes the document.
func (in *reviewIn) write(tx *gorm.DB) (COE, error) {
	w := &writeIn{tx: tx, p: in.p, s: in.s, now: db.Now(tx), d: in.d.clone(), owner: in.d.COE.OwnerID}
	c := &w.d.COE
	if err := checkReferences(tx, c, nil); err != nil {
		return *c, err
	}
	if err := w.number(); err != nil {
		return *c, err
	}
	c.StateSince = w.now
	if err := tx.Create(c).Error; err != nil {
		return *c, fmt.Errorf("insert COE-%d: %w", c.Number, err)
	}
	w.id = c.ID
	w.d.Attachments = []Attachment{in.original}
	w.d.stampActions(in.p, w.now)
	entries := func() error { return timeline.Insert(tx, in.p, c.ID, slices.Clone(in.entries)) }
	for _, write := range []func() error{w.named, w.texts, w.rows, w.actions, entries} {
		if err := write(); err != nil {
			return *c, fmt.Errorf("import a review as COE-%d: %w", c.Number, err)
		}
	}
	return w.record(map[string]any{"number": c.Number, "file": in.original.Name, "sha256": in.sha256, "entries": len(in.entries), "actions": len(in.d.Actions)})
}
