package coe

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"coetracker/internal/db"
	"coetracker/internal/fault"
	"coetracker/internal/markdown"
	"coetracker/people"
	"coetracker/timeline"
)

// ImportOptions say how a file of our own format is taken in.
type ImportOptions struct {
	// KeepState keeps state, issues, sign-offs and waivers. Only the operator
	// may vouch for them; everybody else gets a draft of their own.
	KeepState bool
}

// ImportOutcome says what an import did besides making the document.
type ImportOutcome struct {
	Unchanged     bool     // the same bytes are here already; nothing was done
	NumberChanged bool     // the file's number is taken, the document has the next free one
	People        []string // addresses of people who were unknown and are disabled readers now
	Teams         []string // teams that were unknown
	Services      []string // services that were unknown
	FilesLeft     int      // attachments left out: their importer may not read such bytes here
}

// ImportFile takes in a file that Write wrote. It keeps uid, keys and, where it
// is free, the number; it adds no attachment. A uid that is here with other
// bytes is a fault.Conflict. Visibility is always kept.
func (s *Store) ImportFile(ctx context.Context, p *people.Principal, b []byte, o ImportOptions) (COE, ImportOutcome, error) {
	if !people.May(p, people.Create, people.Resource{}) {
		return COE{}, ImportOutcome{}, fault.Forbiddenf("Readers may not import a COE. An administrator can give you the role writer.")
	}
	if o.KeepState && !p.IsOperator() {
		return COE{}, ImportOutcome{}, fault.Forbiddenf("Only the command line on the database keeps the state of an imported COE.")
	}
	in := &intake{s: s, p: p, o: o, bytes: b}
	if err := in.prepare(ctx); err != nil {
		return COE{}, ImportOutcome{}, err
	}
	var c COE
	var out ImportOutcome
	err := db.Tx(ctx, s.DB, func(tx *gorm.DB) error {
		if err := oneImport(tx); err != nil {
			return err
		}
		var err error
		c, out, err = in.run(tx)
		return err
	})
	return c, out, err
}

// oneImport makes imports take turns: each finds what the one before it made,
// be it the same bytes, a number, or a person who was unknown until then. It
// holds the row that gives new documents their numbers.
func oneImport(tx *gorm.DB) error {
	var value int64
	if err := db.ForUpdate(tx).Table("counters").Where("name = 'coe'").Pluck("value", &value).Error; err != nil {
		return fmt.Errorf("wait for other imports: %w", err)
	}
	return nil
}

// intake is one file on its way in.
type intake struct {
	s     *Store
	p     *people.Principal
	o     ImportOptions
	bytes []byte
	d     *Document // as read and checked; ids are those of the file
	exact bool      // the bytes are canonical, so an export gives them again
}

// prepare does all that needs no database: reading, checking, rendering.
func (in *intake) prepare(ctx context.Context) error {
	f, err := Read(in.bytes)
	if err != nil {
		return err
	}
	in.d = f.Document
	if in.d.COE.OwnerID == 0 && !in.p.IsOperator() { // a file by hand is its importer's
		in.d.COE.OwnerID = readNames(in.d).person(in.p.Email)
	}
	if err := in.d.normalise(); err != nil {
		return err
	}
	if err := in.render(ctx); err != nil {
		return err
	}
	again, err := Write(in.d)
	in.exact = bytes.Equal(again, in.bytes) && in.d.COE.UID != ""
	return err
}

// render makes the stored forms of all texts.
func (in *intake) render(ctx context.Context) error {
	for _, name := range SectionNames {
		sec, ok := in.d.Sections[name]
		if !ok {
			continue
		}
		out, err := in.s.render(ctx, "text", string(name)+"-", sec.Text)
		if err != nil {
			return of("section "+string(name), err)
		}
		sec.HTML, sec.Plain = out.HTML, out.Text
		in.d.Sections[name] = sec
	}
	for _, id := range slices.Sorted(maps.Keys(in.d.Answers)) {
		a := in.d.Answers[id]
		out, err := in.s.render(ctx, "text", id+"-", a.Text)
		if err != nil {
			return of("answer "+id, err)
		}
		a.HTML = out.HTML
		in.d.Answers[id] = a
	}
	return in.renderEntries(ctx)
}

// renderEntries checks the entries by the rules of their form.
func (in *intake) renderEntries(ctx context.Context) error {
	store := &timeline.Store{Host: in.s.Host, LinkID: in.s.LinkID}
	for i := range in.d.Entries {
		e := &in.d.Entries[i]
		list, err := store.Prepare(ctx, []timeline.Edit{entryEdit(*e)})
		if err != nil {
			return of("entry "+e.Key, err)
		}
		made := list[0]
		made.Key, made.Rank, made.CreatedAt, made.CreatedBy, made.UpdatedAt = e.Key, e.Rank, e.CreatedAt, e.CreatedBy, e.UpdatedAt
		out, err := markdown.Render(ctx, made.Text, markdown.Options{HeadingShift: 2, IDPrefix: e.Key + "-", Host: in.s.Host, LinkID: in.s.LinkID})
		if err != nil {
			return of("entry "+e.Key, markdownFault("text", err))
		}
		made.HTML = out.HTML
		*e = made
	}
	return nil
}

// run decides what to do with the file and does it.
func (in *intake) run(tx *gorm.DB) (COE, ImportOutcome, error) {
	old, err := in.known(tx)
	if err != nil {
		return COE{}, ImportOutcome{}, err
	}
	if old != nil {
		return old.COE, ImportOutcome{Unchanged: true}, nil
	}
	w := &writeIn{tx: tx, p: in.p, s: in.s, now: db.Now(tx), d: in.d.clone(), people: map[int64]int64{}}
	if err := w.ensure(); err != nil {
		return COE{}, ImportOutcome{}, err
	}
	if err := in.keepOwnFiles(w); err != nil {
		return COE{}, ImportOutcome{}, err
	}
	if err := in.header(w); err != nil {
		return COE{}, ImportOutcome{}, err
	}
	c, err := w.write(in)
	return c, w.out, err
}

// known finds the document that the same bytes gave before. The same uid with
// other bytes is refused.
func (in *intake) known(tx *gorm.DB) (*Document, error) {
	var c COE
	q := tx.Model(&c).Where("coes.origin_sha256 = ?", in.hash()).Scopes(people.Visible(in.p)) // what p may not see, they do not meet
	if in.d.COE.UID != "" {
		q = tx.Where("uid = ?", in.d.COE.UID)
	}
	err := q.Limit(1).Find(&c).Error
	if err != nil || c.ID == 0 {
		return nil, err
	}
	r, err := people.ResourceOf(tx, c.ID)
	if err != nil {
		return nil, err
	}
	refused := fault.Conflictf("This COE is here already, with other content. An import makes new documents only; change the one that is here.")
	if !people.May(in.p, people.View, r) {
		return nil, refused
	}
	d, err := load(tx, c)
	if err != nil {
		return nil, err
	}
	same, err := in.same(d)
	if err == nil && !same {
		err = refused
	}
	return d, err
}

// same reports whether importing the file again would give the document as it
// is now.
func (in *intake) same(d *Document) (bool, error) {
	if d.COE.OriginSHA256 == in.hash() {
		return true, nil
	}
	now, err := Write(d)
	if err != nil || bytes.Equal(now, in.bytes) {
		return err == nil, err
	}
	want := in.d.clone()
	want.COE.Number = d.COE.Number
	if !in.o.KeepState {
		want.asDraft(0, d.COE.StateSince)
		want.COE.OwnerID = readNames(want).person(d.Person(&d.COE.OwnerID).Email)
		want.Named = withoutOwner(want.Named, want.COE.OwnerID)
	}
	again, err := Write(want)
	return bytes.Equal(now, again), err
}

// keepOwnFiles takes out attachments whose bytes the importer may not read
// here. A file names bytes by their hash only, and knowing a hash must not
// open what somebody else attached to a COE that is closed to them.
func (in *intake) keepOwnFiles(w *writeIn) error {
	if in.p.IsOperator() || len(w.d.Attachments) == 0 {
		return nil
	}
	var asked, readable []string
	for _, a := range w.d.Attachments {
		asked = append(asked, a.SHA256)
	}
	err := w.tx.Model(&Attachment{}).Joins("JOIN coes ON coes.id = attachments.coe_id").
		Where("attachments.sha256 IN ? AND attachments.deleted_at IS NULL", asked).Scopes(people.Visible(in.p)).
		Distinct().Pluck("attachments.sha256", &readable).Error
	if err != nil {
		return fmt.Errorf("look for attached files: %w", err)
	}
	before := len(w.d.Attachments)
	w.d.Attachments = slices.DeleteFunc(w.d.Attachments, func(a Attachment) bool { return !slices.Contains(readable, a.SHA256) })
	w.out.FilesLeft = before - len(w.d.Attachments)
	return nil
}

func (in *intake) hash() string {
	sum := sha256.Sum256(in.bytes)
	return hex.EncodeToString(sum[:])
}

// header makes the header row as it will be stored, but for number and times.
func (in *intake) header(w *writeIn) error {
	c := &w.d.COE
	if !in.o.KeepState {
		owner := w.people[c.OwnerID]
		if !in.p.IsOperator() {
			owner = in.p.ID
		}
		w.d.asDraft(0, w.now)
		w.owner = owner
	}
	if w.owner == 0 {
		w.owner = w.people[c.OwnerID]
	}
	if c.UID == "" {
		uid, err := uuid.NewV7()
		if err != nil {
			return fmt.Errorf("name a COE: %w", err)
		}
		c.UID = uid.String()
	}
	if !in.exact || w.out.FilesLeft > 0 { // an export gives other bytes
		c.OriginSHA256 = in.hash()
	}
	if c.StateSince.IsZero() {
		c.StateSince = w.now
	}
	return w.number()
}

// number keeps the file's number where it is free, else takes the next one,
// and sees to it that it is never given out again.
func (w *writeIn) number() error {
	c := &w.d.COE
	want := c.Number
	if want > 0 {
		var taken int64
		if err := w.tx.Model(&COE{}).Where("number = ?", want).Count(&taken).Error; err != nil {
			return err
		}
		if taken == 0 {
			return w.tx.Exec("UPDATE counters SET value = ? WHERE name = 'coe' AND value < ?", want, want).Error
		}
	}
	err := w.tx.Raw("UPDATE counters SET value = value + 1 WHERE name = 'coe' RETURNING value").Scan(&c.Number).Error
	if err != nil {
		return fmt.Errorf("number a COE: %w", err)
	}
	if c.Number == 0 {
		return errors.New("number a COE: the counter is missing")
	}
	w.out.NumberChanged = want > 0
	return nil
}
