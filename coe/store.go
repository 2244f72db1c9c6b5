package coe

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"coetracker/actions"
	"coetracker/internal/audit"
	"coetracker/internal/change"
	"coetracker/internal/db"
	"coetracker/internal/fault"
	"coetracker/internal/markdown"
	"coetracker/people"
)

// Store keeps documents. Each exported verb is one transaction: it checks the
// rights of who asks (p), saves against a version, numbers the change and
// writes an audit row. Errors whose sentences a user may read are faults.
type Store struct {
	DB     *gorm.DB
	Zone   string                 // display zone of new documents, IANA name or UTC±hh:mm; "" is UTC
	Host   string                 // our own host name; links to others are marked as foreign
	LinkID func(id string) string // the address an identifier in text links to, see markdown.Options

	// Check runs the checker; no document enters review without it. Waivers
	// are applied afterwards.
	Check func(d *Document, now time.Time) []Finding
	// Canonical writes the file that a named revision keeps.
	Canonical func(d *Document) ([]byte, error)
	// Blobs keeps the bytes of attachments; an import of a foreign review needs it.
	Blobs Blobs
	// Metrics is where graphs may be fetched from; empty for nowhere.
	Metrics Metrics
}

// The parts of a document under which its changes are recorded, besides those
// of Part.
const (
	partHeader  = "coe"
	partSection = "section"
	partAnswer  = "answer"
	partState   = "state"
	partSignoff = "signoff"
	partWaiver  = "waiver"

	partAttachment = "attachment"
)

// LiveParts lists the parts whose changes are public at once and leave nothing
// pending for the next issue.
func LiveParts() []string {
	return []string{partState, partSignoff, partWaiver, actions.PartState, "comment"}
}

// work is one verb at work on one document.
type work struct {
	tx  *gorm.DB
	p   *people.Principal
	coe COE
	res people.Resource
	now time.Time
}

// do runs a verb: one transaction, in which the right is checked first.
func (s *Store) do(ctx context.Context, p *people.Principal, n int64, v people.Verb, fn func(w *work) error) error {
	return db.Tx(ctx, s.DB, func(tx *gorm.DB) error {
		w, err := open(tx, p, n, v)
		if err != nil {
			return err
		}
		return fn(w)
	})
}

// doLocked is do for verbs that decide by the whole document: it holds the
// header's row, which every change of a part has to update, so that nothing
// changes meanwhile.
func (s *Store) doLocked(ctx context.Context, p *people.Principal, n int64, v people.Verb, fn func(w *work) error) error {
	return db.Tx(ctx, s.DB, func(tx *gorm.DB) error {
		var id int64
		if err := db.ForUpdate(tx).Model(&COE{}).Where("number = ?", n).Limit(1).Pluck("id", &id).Error; err != nil {
			return fmt.Errorf("lock COE-%d: %w", n, err)
		}
		w, err := open(tx, p, n, v)
		if err != nil {
			return err
		}
		return fn(w)
	})
}

// open finds a document and checks that p may do v with it.
func open(tx *gorm.DB, p *people.Principal, n int64, v people.Verb) (*work, error) {
	c, r, err := find(tx, n)
	if err != nil {
		return nil, err
	}
	if err := allow(p, v, r); err != nil {
		return nil, err
	}
	return &work{tx: tx, p: p, coe: c, res: r, now: db.Now(tx)}, nil
}

// find reads a document's header, also of a deleted one.
func find(tx *gorm.DB, n int64) (COE, people.Resource, error) {
	var c COE
	err := tx.Where("number = ?", n).Take(&c).Error
	if db.IsNotFound(err) {
		return c, people.Resource{}, people.NoSuchCOE()
	}
	if err != nil {
		return c, people.Resource{}, fmt.Errorf("find COE-%d: %w", n, err)
	}
	r, err := people.ResourceOf(tx, c.ID)
	return c, r, err
}

// record numbers the change and writes it into the audit log.
func (w *work) record(part string, id, version int64, verb string, detail map[string]any) error {
	seq, err := change.Record(w.tx, w.coe.ID, part, id, version)
	if err != nil {
		return err
	}
	w.coe.Seq = seq
	return w.audit(verb, fmt.Sprintf("%s:%d", part, id), detail)
}

func (w *work) audit(verb, object string, detail map[string]any) error {
	return audit.Record(w.tx, audit.Entry{
		ActorID: w.p.PersonID(), Actor: w.p.Email, Verb: verb, Object: object, COEID: &w.coe.ID, Detail: detail,
	})
}

// saveHeader changes columns of the header row as part of a verb that has
// decided already.
func (w *work) saveHeader(cols map[string]any) error {
	if err := db.SaveVersioned(w.tx, &COE{}, w.coe.ID, w.coe.Version, cols); err != nil {
		return err
	}
	w.coe.Version++
	return nil
}

// ByNumber finds a document that p may see. One that is invisible or in the
// bin is a fault.NotFound like one that never was.
func (s *Store) ByNumber(ctx context.Context, p *people.Principal, n int64) (COE, error) {
	w, err := open(s.DB.WithContext(ctx), p, n, people.View)
	if err != nil {
		return COE{}, err
	}
	return w.coe, nil
}

// render makes the two stored forms of a Markdown text. A refused text is a
// fault.Invalid on field that names the line.
func (s *Store) render(ctx context.Context, field, ids, src string) (markdown.Rendered, error) {
	out, err := markdown.Render(ctx, src, markdown.Options{HeadingShift: 2, IDPrefix: ids, Host: s.Host, LinkID: s.LinkID})
	return out, markdownFault(field, err)
}

func markdownFault(field string, err error) error {
	refused, ok := err.(*markdown.Refused)
	switch {
	case !ok:
		return err
	case refused.Retry:
		return fault.Unavailablef(err, "%s", refused.Reason)
	case refused.Line > 0:
		return fault.Invalidf(field, "Line %d: %s", refused.Line, refused.Reason)
	}
	return fault.Invalidf(field, "%s", refused.Reason)
}
