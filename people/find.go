package people

import (
	"context"
	"strings"

	"coetracker/internal/db"
	"coetracker/internal/fault"

	"gorm.io/gorm"
)

// ByID finds a person, disabled ones too.
func (s *Store) ByID(ctx context.Context, id int64) (*Person, error) { return byID(s.db(ctx), id) }

func byID(tx *gorm.DB, id int64) (*Person, error) {
	return onePerson(tx.Where("id = ?", id), "There is no such person.")
}

// ByEmail finds a person by address in any spelling, disabled ones too.
func (s *Store) ByEmail(ctx context.Context, email string) (*Person, error) {
	normal, err := NormalEmail(email)
	if err != nil {
		return nil, err
	}
	return onePerson(s.db(ctx).Where("email = ?", normal), "There is nobody with the address "+normal+".")
}

// BySlackID finds a person by their Slack user id, disabled ones too.
func (s *Store) BySlackID(ctx context.Context, id string) (*Person, error) {
	const text = "No member has this Slack account."
	if id == "" || strings.ContainsRune(id, 0) {
		return nil, fault.NotFoundf(text)
	}
	return onePerson(s.db(ctx).Where("slack_id = ?", id).Order("disabled_at IS NOT NULL, id"), text)
}

func onePerson(q *gorm.DB, missing string) (*Person, error) {
	p := &Person{}
	err := q.Take(p).Error
	if db.IsNotFound(err) {
		return nil, fault.NotFoundf("%s", missing)
	}
	if err != nil {
		return nil, err
	}
	return p, nil
}

// ByIDs finds many people in one query; unknown ids are left out.
func (s *Store) ByIDs(ctx context.Context, ids []int64) (map[int64]Person, error) {
	return byIDs(s.db(ctx), ids)
}

func byIDs(tx *gorm.DB, ids []int64) (map[int64]Person, error) {
	out := map[int64]Person{}
	ids = distinct(ids)
	if len(ids) == 0 {
		return out, nil
	}
	var list []Person
	if err := tx.Where("id IN ?", ids).Find(&list).Error; err != nil {
		return nil, err
	}
	for _, p := range list {
		out[p.ID] = p
	}
	return out, nil
}

// Filter narrows a list of people.
type Filter struct {
	Team     int64  // 0: all
	Role     Role   // empty: all
	Disabled bool   // former members too
	After    string // the address the page before ended with
	Limit    int    // 0: all
}

// List gives people by address.
func (s *Store) List(ctx context.Context, f Filter) ([]Person, error) {
	q := s.db(ctx).Where("email > ?", clean(f.After)).Order("email")
	if !f.Disabled {
		q = q.Where("disabled_at IS NULL")
	}
	if f.Role != "" {
		q = q.Where("role = ?", f.Role)
	}
	if f.Team != 0 {
		q = q.Where("id IN (SELECT person_id FROM team_members WHERE team_id = ?)", f.Team)
	}
	if f.Limit > 0 {
		q = q.Limit(f.Limit)
	}
	var list []Person
	return list, q.Find(&list).Error
}

// HasAdmin reports whether anybody can administer the instance. Until then
// only the operator can.
func (s *Store) HasAdmin(ctx context.Context) (bool, error) {
	list, err := s.List(ctx, Filter{Role: Admin, Limit: 1})
	return len(list) > 0, err
}

// Principal gives a person with their teams, in two queries. A disabled person
// comes back too: the policy lets them do nothing.
func (s *Store) Principal(ctx context.Context, personID int64) (*Principal, error) {
	p, err := s.ByID(ctx, personID)
	if err != nil {
		return nil, err
	}
	var teams []int64
	err = s.db(ctx).Model(&TeamMember{}).Where("person_id = ?", personID).Order("team_id").Pluck("team_id", &teams).Error
	if err != nil {
		return nil, err
	}
	return &Principal{Person: *p, Teams: teams}, nil
}
