package coe

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"coetracker/internal/db"
	"coetracker/internal/fault"
	"coetracker/internal/markdown"
	"coetracker/people"
)

// Origin says by which way a change of text came.
type Origin string

// The origins of a change.
const (
	FromForm    Origin = "form"
	FromREST    Origin = "rest"
	FromCLI     Origin = "cli"
	FromImport  Origin = "import"
	FromSlack   Origin = "slack"
	FromPush    Origin = "push"
	FromRestore Origin = "restore"
	FromDemo    Origin = "demo"
	FromLive    Origin = "live"
)

// TextConflict is the detail of a refused save of text. It holds both texts,
// so that neither is lost.
type TextConflict struct {
	Section      SectionName
	Yours        string // what the refused save would have stored
	Theirs       string // what is stored now
	TheirVersion int64
	ByName       string // who stored it last, "" when unknown
	At           time.Time
	Missed       []SectionUpdate // from the version the save began with up to now
}

// draft is a text about to be stored: rendered already.
type draft struct {
	section Section // as it was read
	change  Change
	text    string
	crlf    bool
	out     markdown.Rendered
	origin  Origin
}

// ApplyChange is the one way by which text changes. The change must fit the
// text of version base; when that is not the present version it is a
// fault.Conflict with a *TextConflict. An empty change is not stored.
func (s *Store) ApplyChange(ctx context.Context, p *people.Principal, n int64, name SectionName, base int64, c Change, origin Origin) (Section, error) {
	sec, err := s.readSection(ctx, p, n, name, people.Edit)
	if err != nil {
		return Section{}, err
	}
	if err := knownVersion(sec, base); err != nil {
		return Section{}, err
	}
	if base != sec.Version {
		old, err := textAt(s.DB.WithContext(ctx), sec, base)
		if err != nil {
			return Section{}, err
		}
		yours, err := Apply(old, c)
		if err != nil {
			return Section{}, err
		}
		return Section{}, textConflict(s.DB.WithContext(ctx), sec, base, yours)
	}
	text, err := Apply(sec.Text, c)
	if err != nil {
		return Section{}, err
	}
	return s.store(ctx, p, n, &draft{section: sec, change: c, text: text, crlf: sec.CRLF, origin: origin})
}

// SaveSection stores a whole text that somebody began to edit at version base.
// It works out the change and goes the way of ApplyChange. A text equal to the
// present one is not stored again, whatever its base.
func (s *Store) SaveSection(ctx context.Context, p *people.Principal, n int64, name SectionName, base int64, full string, origin Origin) (Section, error) {
	if err := storable("text", full); err != nil {
		return Section{}, err
	}
	sec, err := s.readSection(ctx, p, n, name, people.Edit)
	if err != nil {
		return Section{}, err
	}
	if err := knownVersion(sec, base); err != nil {
		return Section{}, err
	}
	text := lf(full)
	if text == sec.Text {
		return sec, nil
	}
	if base != sec.Version {
		old, err := textAt(s.DB.WithContext(ctx), sec, base)
		if err != nil || old == text { // nothing was typed, so nothing is in conflict
			return sec, err
		}
		return Section{}, textConflict(s.DB.WithContext(ctx), sec, base, text)
	}
	d := &draft{section: sec, change: Diff(sec.Text, text), text: text, crlf: sec.CRLF, origin: origin}
	if origin == FromImport || origin == FromPush {
		d.crlf = usesCRLF(full)
	}
	return s.store(ctx, p, n, d)
}

// usesCRLF reports whether every line of the text ends in CRLF.
func usesCRLF(text string) bool {
	n := strings.Count(text, "\r\n")
	return n > 0 && n == strings.Count(text, "\n")
}

func knownVersion(sec Section, base int64) error {
	if base < 0 || base > sec.Version {
		return fault.Invalidf("version", "The version %d does not exist. The latest is %d.", base, sec.Version)
	}
	return nil
}

// readSection finds a section of a document with which p may do v.
func (s *Store) readSection(ctx context.Context, p *people.Principal, n int64, name SectionName, v people.Verb) (Section, error) {
	tx := s.DB.WithContext(ctx)
	w, err := open(tx, p, n, v)
	if err != nil {
		return Section{}, err
	}
	return findSection(tx, w.coe.ID, name)
}

func findSection(tx *gorm.DB, coeID int64, name SectionName) (Section, error) {
	var sec Section
	if !slices.Contains(SectionNames[:], name) {
		return sec, fault.NotFoundf("There is no section %q.", clip(string(name)))
	}
	err := tx.Where("coe_id = ? AND name = ?", coeID, name).Take(&sec).Error
	return sec, err
}

// store renders the text and then writes it in one transaction, unless
// somebody was faster.
func (s *Store) store(ctx context.Context, p *people.Principal, n int64, d *draft) (Section, error) {
	if d.change.Empty() {
		return d.section, nil
	}
	if len(d.text) > maxText {
		return Section{}, fault.Invalidf("text", "This section would be %d KB long. At most %d KB are allowed.", (len(d.text)+1023)>>10, maxText>>10)
	}
	var err error
	if d.out, err = s.render(ctx, "text", string(d.section.Name)+"-", d.text); err != nil {
		return Section{}, err
	}
	var out Section
	err = s.do(ctx, p, n, people.Edit, func(w *work) error {
		out, err = findSection(db.ForUpdate(w.tx), w.coe.ID, d.section.Name)
		if err != nil {
			return err
		}
		if out.Version != d.section.Version {
			return textConflict(w.tx, out, d.section.Version, d.text)
		}
		return w.writeText(&out, d)
	})
	return out, err
}

// writeText appends the change and stores what it makes of the text.
func (w *work) writeText(sec *Section, d *draft) error {
	by := w.p.PersonID()
	up := SectionUpdate{SectionID: sec.ID, Version: sec.Version + 1, Changes: d.change.JSON(), AuthorID: by, At: w.now, Origin: string(d.origin)}
	if err := w.tx.Create(&up).Error; err != nil {
		return fmt.Errorf("store an update of %s: %w", sec.Name, err)
	}
	err := db.SaveVersioned(w.tx, &Section{}, sec.ID, sec.Version, map[string]any{
		"text": d.text, "html": d.out.HTML, "plain": d.out.Text, "crlf": d.crlf, "updated_by": by,
	})
	if err != nil {
		return err
	}
	sec.Version++
	sec.Text, sec.HTML, sec.Plain, sec.CRLF = d.text, d.out.HTML, d.out.Text, d.crlf
	sec.UpdatedAt, sec.UpdatedBy = w.now, by
	return w.record(partSection, sec.ID, sec.Version, "section.edit",
		map[string]any{"section": sec.Name, "version": sec.Version, "origin": d.origin})
}

// textConflict puts both texts side by side.
func textConflict(tx *gorm.DB, sec Section, base int64, yours string) error {
	c := &TextConflict{Section: sec.Name, Yours: yours, Theirs: sec.Text, TheirVersion: sec.Version, At: sec.UpdatedAt}
	var err error
	if c.Missed, err = updates(tx, sec.ID, base, sec.Version); err != nil {
		return err
	}
	if sec.UpdatedBy != nil {
		if err := tx.Model(&people.Person{}).Where("id = ?", *sec.UpdatedBy).Limit(1).Pluck("name", &c.ByName).Error; err != nil {
			return err
		}
	}
	return fault.Conflictf("Somebody else changed this section meanwhile. Both texts are shown; neither is lost.").With(c)
}

// SectionAt gives the text of an earlier version, rebuilt from its changes.
func (s *Store) SectionAt(ctx context.Context, p *people.Principal, n int64, name SectionName, version int64) (string, error) {
	sec, err := s.readSection(ctx, p, n, name, people.View)
	if err != nil {
		return "", err
	}
	if version < 0 || version > sec.Version {
		return "", fault.NotFoundf("The version %d does not exist. The latest is %d.", version, sec.Version)
	}
	return textAt(s.DB.WithContext(ctx), sec, version)
}

// Updates lists the changes of a section after a version, the oldest first,
// at most limit of them; 0 is all.
func (s *Store) Updates(ctx context.Context, p *people.Principal, n int64, name SectionName, after int64, limit int) ([]SectionUpdate, error) {
	sec, err := s.readSection(ctx, p, n, name, people.View)
	if err != nil {
		return nil, err
	}
	to := sec.Version
	if limit > 0 {
		to = min(to, after+int64(limit))
	}
	return updates(s.DB.WithContext(ctx), sec.ID, after, to)
}

func updates(tx *gorm.DB, sectionID, after, to int64) ([]SectionUpdate, error) {
	var list []SectionUpdate
	err := tx.Where("section_id = ? AND version > ? AND version <= ?", sectionID, after, to).Order("version").Find(&list).Error
	return list, err
}

// textAt rebuilds a text from the beginning.
func textAt(tx *gorm.DB, sec Section, version int64) (string, error) {
	if version == sec.Version {
		return sec.Text, nil
	}
	list, err := updates(tx, sec.ID, 0, version)
	if err != nil {
		return "", err
	}
	text, err := Replay("", list)
	if err != nil {
		return "", fmt.Errorf("rebuild version %d of section %d: %w", version, sec.ID, err)
	}
	return text, nil
}

// Replay applies stored updates one after the other.
func Replay(text string, list []SectionUpdate) (string, error) {
	for _, u := range list {
		c, err := ParseChange([]byte(u.Changes))
		if err == nil {
			text, err = Apply(text, c)
		}
		if err != nil { // stored changes fit, or the history is damaged: not the user's fault
			return "", errors.New("update " + fmt.Sprint(u.Version) + " does not fit: " + err.Error())
		}
	}
	return text, nil
}
