package timeline

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"coetracker/internal/db"
	"coetracker/internal/fault"
	"coetracker/internal/markdown"
)

// Edit is what an entry begins with, or what changes of it. A nil field stays
// as it is.
type Edit struct {
	When        *When
	Kind        *Kind
	DetectedHow *string
	Text        *string // Markdown
	Who         *string
	Source      *string
	SourceRef   *string
	Evidence    *string
	IsKey       *bool
	Raw         *bool
	GapNote     *string
	After       string // only for a new entry: the key of the one it goes behind; "" is the end
}

// When is an entry's time. Without At the time is unknown.
type When struct {
	At, EndAt *time.Time
	Zone      string    // the zone it was entered in; "" is UTC
	Precision Precision // "" is exact
}

// Accept gives the edit that stores a proposed entry.
func (p Proposed) Accept(source string) Edit {
	return Edit{
		When: &When{At: p.At, EndAt: p.EndAt, Zone: p.Zone, Precision: p.Precision}, Kind: &p.Kind, DetectedHow: &p.DetectedHow,
		Text: &p.Text, Who: &p.Who, Source: &source, SourceRef: &p.SourceRef,
	}
}

// apply sets the fields of the entry, each checked.
func (e Edit) apply(x *Entry) error {
	for _, set := range []func(*Entry) error{e.setWhen, e.setKind, e.setTexts, e.setSource} {
		if err := set(x); err != nil {
			return err
		}
	}
	if e.Raw != nil {
		x.Raw = *e.Raw
	}
	if e.IsKey != nil {
		x.IsKey = *e.IsKey
	}
	if _, ok := x.Kind.KeyMoment(); !ok || x.Raw {
		x.IsKey = false
	}
	if strings.TrimSpace(x.Text) == "" {
		return fault.Invalidf("text", "Say what happened.")
	}
	return nil
}

func (e Edit) setWhen(x *Entry) error {
	if e.When == nil {
		return nil
	}
	w := *e.When
	zone := w.Zone
	if zone == "" {
		zone = "UTC"
	}
	_, name, err := LoadZone(zone)
	if err != nil {
		return err
	}
	if w.Precision == "" {
		w.Precision = Exact
	}
	if w.At == nil {
		w.Precision, w.EndAt = Unknown, nil
	}
	if !w.Precision.Valid() || w.At != nil && w.Precision == Unknown {
		return fault.Invalidf("precision", "%q is not a precision of a time. Choose exact or approximate.", clip(string(w.Precision), 20))
	}
	for _, t := range []*time.Time{w.At, w.EndAt} {
		if t != nil && (t.Year() < 1970 || t.Year() > 2199) {
			return fault.Invalidf("time", "The year %d cannot be right. Write the date too, such as 2025-09-30 14:02.", t.Year())
		}
	}
	x.At, x.EndAt, x.Zone, x.Precision = kept(w.At), kept(w.EndAt), name, w.Precision
	return nil
}

// kept brings a time into the form the database keeps.
func kept(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := db.Instant(*t)
	return &u
}

func (e Edit) setKind(x *Entry) error {
	if e.Kind != nil {
		if !e.Kind.Valid() {
			return fault.Invalidf("kind", "%q is not a kind of entry.", clip(string(*e.Kind), 40))
		}
		x.Kind = *e.Kind
	}
	if e.DetectedHow != nil {
		x.DetectedHow = *e.DetectedHow
	}
	if x.Kind != Detected {
		x.DetectedHow = ""
	}
	if x.DetectedHow != "" && !slices.Contains(DetectedHows(), x.DetectedHow) {
		return fault.Invalidf("detected_how", "%q is not a way to detect. Choose alarm, canary, customer, colleague or luck.", clip(x.DetectedHow, 40))
	}
	return nil
}

func (e Edit) setTexts(x *Entry) error {
	for _, f := range []struct {
		name string
		from *string
		to   *string
		most int // bytes
		line bool
	}{
		{"text", e.Text, &x.Text, markdown.MaxBytes, false},
		{"evidence", e.Evidence, &x.Evidence, 16 << 10, false},
		{"gap_note", e.GapNote, &x.GapNote, 4 << 10, false},
		{"who", e.Who, &x.Who, 400, true},
		{"source_ref", e.SourceRef, &x.SourceRef, 4 << 10, true},
	} {
		if f.from == nil {
			continue
		}
		s := *f.from
		if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
			return fault.Invalidf(f.name, "This text holds characters that cannot be stored. Paste it as plain text.")
		}
		s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
		if f.line {
			s = strings.Join(strings.Fields(s), " ")
		}
		if len(s) > f.most {
			return fault.Invalidf(f.name, "This text is %d bytes long. At most %d are allowed.", len(s), f.most)
		}
		*f.to = s
	}
	return nil
}

func (e Edit) setSource(x *Entry) error {
	if e.Source == nil {
		return nil
	}
	if !slices.Contains(Sources(), *e.Source) && *e.Source != sourceDemo {
		return fault.Invalidf("source", "%q is not a source of entries.", clip(*e.Source, 40))
	}
	x.Source = *e.Source
	return nil
}

// sourceDemo marks the entries of demonstration data; no form offers it.
const sourceDemo = "demo"

// columns gives what an edit may have changed.
func (e Edit) columns(x Entry) map[string]any {
	return map[string]any{
		"at": x.At, "end_at": x.EndAt, "zone": x.Zone, "precision": x.Precision, "kind": x.Kind, "detected_how": x.DetectedHow,
		"text": x.Text, "html": x.HTML, "who": x.Who, "source": x.Source, "source_ref": x.SourceRef, "evidence": x.Evidence,
		"is_key": x.IsKey, "raw": x.Raw, "gap_note": x.GapNote,
	}
}

// render makes the stored HTML of an entry's text.
func (s *Store) render(ctx context.Context, x *Entry) error {
	out, err := markdown.Render(ctx, x.Text, markdown.Options{HeadingShift: 2, IDPrefix: x.Key + "-", Host: s.Host, LinkID: s.LinkID})
	refused, ok := err.(*markdown.Refused)
	switch {
	case ok && refused.Retry:
		return fault.Unavailablef(err, "%s", refused.Reason)
	case ok:
		return fault.Invalidf("text", "%s", refused.Reason)
	case err != nil:
		return err
	}
	x.HTML = out.HTML
	return nil
}
