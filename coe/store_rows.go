package coe

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"coetracker/internal/fault"
	"coetracker/people"
)

// ImpactEdit changes a row of customer impact. A nil field stays as it is.
type ImpactEdit struct {
	What       *string
	Affected   *string
	Total      *string
	Unmeasured *bool
	ActionKey  *string
	Place      *string
	Window     *Window // from when to when
}

func (e ImpactEdit) apply(i *Impact) error {
	err := setLines(
		field{"what", e.What, &i.What, 500}, field{"affected", e.Affected, &i.Affected, 100},
		field{"total", e.Total, &i.Total, 100}, field{"place", e.Place, &i.Place, 300},
	)
	if err != nil {
		return err
	}
	if e.Unmeasured != nil {
		i.Unmeasured = *e.Unmeasured
	}
	if e.ActionKey != nil {
		if err := isKey("action", *e.ActionKey); err != nil {
			return err
		}
		i.ActionKey = *e.ActionKey
	}
	if e.Window != nil {
		i.FromAt, i.ToAt = instant(e.Window.Start), instant(e.Window.End)
		if i.FromAt != nil && i.ToAt != nil && i.ToAt.Before(*i.FromAt) {
			return fault.Invalidf("to", "The impact ends before it starts. Check both times.")
		}
	}
	return needed("what", i.What, "Say what customers could not do.")
}

// AddImpact adds a row of customer impact at the end.
func (s *Store) AddImpact(ctx context.Context, p *people.Principal, n int64, e ImpactEdit) (Impact, error) {
	return addRow(ctx, s, p, n, PartImpact, e.apply)
}

// EditImpact changes the impact row of version.
func (s *Store) EditImpact(ctx context.Context, p *people.Principal, n int64, key string, version int64, e ImpactEdit) (Impact, error) {
	return editRow(ctx, s, p, n, PartImpact, key, version, e.apply)
}

// LessonEdit changes a lesson. A nil field stays as it is.
type LessonEdit struct {
	Kind *LessonKind
	Text *string
}

func (e LessonEdit) apply(l *Lesson) (err error) {
	if e.Kind != nil {
		l.Kind = *e.Kind
	}
	if l.Kind == "" {
		l.Kind = ShortTerm
	}
	if !slices.Contains([]LessonKind{ShortTerm, LongTerm, WentWell, Surprised}, l.Kind) {
		return fault.Invalidf("kind", "%q is not a kind of lesson. Choose short, long, went_well or surprised.", clip(string(l.Kind)))
	}
	if e.Text != nil {
		if l.Text, err = block("text", *e.Text); err != nil {
			return err
		}
	}
	return needed("text", l.Text, "Say what was learned.")
}

// AddLesson adds a lesson at the end.
func (s *Store) AddLesson(ctx context.Context, p *people.Principal, n int64, e LessonEdit) (Lesson, error) {
	return addRow(ctx, s, p, n, PartLesson, e.apply)
}

// EditLesson changes the lesson of version.
func (s *Store) EditLesson(ctx context.Context, p *people.Principal, n int64, key string, version int64, e LessonEdit) (Lesson, error) {
	return editRow(ctx, s, p, n, PartLesson, key, version, e.apply)
}

// LinkEdit changes a link to something related. A nil field stays as it is.
type LinkEdit struct {
	Type   *string
	Target *string
	Role   *string
	Note   *string
}

// LinkTypes lists what a document can link to, in the order of forms.
func LinkTypes() []string {
	return []string{"coe", "experiment", "deployment", "rollback", "ticket", "runbook", "other"}
}

func (e LinkEdit) apply(l *Link) error {
	if e.Type != nil {
		l.Type = *e.Type
	}
	if !slices.Contains(LinkTypes(), l.Type) {
		return fault.Invalidf("type", "%q is not a type of link. Choose %s.", clip(l.Type), strings.Join(LinkTypes(), ", "))
	}
	err := setLines(field{"target", e.Target, &l.Target, 2000}, field{"role", e.Role, &l.Role, 60}, field{"note", e.Note, &l.Note, 1000})
	if err != nil {
		return err
	}
	if l.Type == "coe" {
		l.Target = strings.ToUpper(l.Target)
		if !coeNumber.MatchString(l.Target) {
			return fault.Invalidf("target", "Write the other COE by its number, such as COE-13.")
		}
	}
	return needed("target", l.Target, "Say what is linked: an address, a number or a name.")
}

// AddLink adds a link at the end.
func (s *Store) AddLink(ctx context.Context, p *people.Principal, n int64, e LinkEdit) (Link, error) {
	return addRow(ctx, s, p, n, PartLink, e.apply)
}

// EditLink changes the link of version.
func (s *Store) EditLink(ctx context.Context, p *people.Principal, n int64, key string, version int64, e LinkEdit) (Link, error) {
	return editRow(ctx, s, p, n, PartLink, key, version, e.apply)
}

// SharingEdit changes what was asked of another team. A nil field stays as it is.
type SharingEdit struct {
	Team   *string
	Asked  *string
	Answer *string
}

func (e SharingEdit) apply(s *Sharing) error {
	err := setLines(field{"team", e.Team, &s.Team, 200}, field{"asked", e.Asked, &s.Asked, 2000}, field{"answer", e.Answer, &s.Answer, 2000})
	if err != nil {
		return err
	}
	return needed("team", s.Team, "Name the team that could have this too.")
}

// AddSharing adds a team at the end.
func (s *Store) AddSharing(ctx context.Context, p *people.Principal, n int64, e SharingEdit) (Sharing, error) {
	return addRow(ctx, s, p, n, PartSharing, e.apply)
}

// EditSharing changes the sharing row of version.
func (s *Store) EditSharing(ctx context.Context, p *people.Principal, n int64, key string, version int64, e SharingEdit) (Sharing, error) {
	return editRow(ctx, s, p, n, PartSharing, key, version, e.apply)
}

// field is one line of an edit: where it comes from and goes to.
type field struct {
	name string
	from *string
	to   *string
	most int // characters
}

// setLines checks and takes over the lines that were given.
func setLines(fields ...field) error {
	for _, f := range fields {
		if f.from == nil {
			continue
		}
		s, err := line(f.name, *f.from, f.most)
		if err != nil {
			return err
		}
		*f.to = s
	}
	return nil
}

var (
	coeNumber = regexp.MustCompile(`^COE-[1-9][0-9]{0,8}$`)
	rowKey    = regexp.MustCompile(`^[a-z2-7]{8}$`)
)

// isKey refuses what cannot be a row's key; "" is no row.
func isKey(field, s string) error {
	if s == "" || rowKey.MatchString(s) {
		return nil
	}
	return fault.Invalidf(field, "%q is not the key of a row.", clip(s))
}
