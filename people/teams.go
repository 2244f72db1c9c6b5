package people

import (
	"context"
	"maps"

	"coetracker/internal/db"
	"coetracker/internal/fault"

	"gorm.io/gorm"
)

// TeamEdit holds the changes to a team; what is nil stays.
type TeamEdit struct {
	Name     *string
	Zone     *string        // IANA name or fixed offset, empty: the instance's
	Days     *string        // "mon-fri" or "mon,tue,thu"
	Channel  *string        // Slack channel for announcements
	Policy   *string        // JSON, see ParsePolicy
	Holidays *[]TeamHoliday // all days off; TeamID is filled in
}

// AddTeam adds a team; its working days are Monday to Friday unless given. A
// name that is there already is a fault.Conflict. Admins only.
func (s *Store) AddTeam(ctx context.Context, by *Principal, teamName string, e TeamEdit) (*Team, error) {
	e.Name = &teamName
	if err := admins(by); err != nil {
		return nil, err
	}
	cols, err := e.columns()
	if err != nil {
		return nil, err
	}
	t := &Team{}
	err = db.Tx(ctx, s.DB, func(tx *gorm.DB) error {
		t = &Team{Name: cols["name"].(string), WorkingDays: "mon,tue,wed,thu,fri", Policy: "{}", Version: 1}
		if err := tx.Create(t).Error; err != nil {
			return takenName(err, "team", t.Name)
		}
		if err := tx.Model(t).Updates(cols).Error; err != nil {
			return err
		}
		if err := e.saveHolidays(tx, t.ID); err != nil {
			return err
		}
		return record(tx, by, "team.add", object("team", t.ID), e.detail(cols))
	})
	if err != nil {
		return nil, err
	}
	return t, nil
}

// SetTeam changes a team that is still at this version. Admins only.
func (s *Store) SetTeam(ctx context.Context, by *Principal, id, version int64, e TeamEdit) (*Team, error) {
	if err := admins(by); err != nil {
		return nil, err
	}
	cols, err := e.columns()
	if err != nil {
		return nil, err
	}
	t := &Team{}
	err = db.Tx(ctx, s.DB, func(tx *gorm.DB) error {
		if _, err := teamByID(tx, id); err != nil {
			return err
		}
		if err := db.SaveVersioned(tx, &Team{}, id, version, cols); err != nil {
			return takenName(err, "team", value(e.Name))
		}
		if err := e.saveHolidays(tx, id); err != nil {
			return err
		}
		if t, err = teamByID(tx, id); err != nil {
			return err
		}
		return record(tx, by, "team.set", object("team", id), e.detail(cols))
	})
	if err != nil {
		return nil, err
	}
	return t, nil
}

// columns checks the fields and gives them as the database keeps them.
func (e TeamEdit) columns() (cols map[string]any, err error) {
	cols = map[string]any{}
	text := func(col string, v *string, check func(string) (string, error)) {
		if v != nil && err == nil {
			cols[col], err = check(*v)
		}
	}
	text("name", e.Name, name)
	text("zone", e.Zone, zoneText)
	text("working_days", e.Days, ParseWorkingDays)
	text("channel", e.Channel, func(s string) (string, error) { return label("channel", s, 100) })
	text("policy", e.Policy, policyText)
	return cols, err
}

// policyText keeps a policy as it was written once it can be read.
func policyText(s string) (string, error) {
	if _, err := ParsePolicy(s); err != nil {
		return "", err
	}
	if s == "" {
		s = "{}"
	}
	return s, nil
}

func (e TeamEdit) saveHolidays(tx *gorm.DB, teamID int64) error {
	if e.Holidays == nil {
		return nil
	}
	if err := tx.Where("team_id = ?", teamID).Delete(&TeamHoliday{}).Error; err != nil {
		return err
	}
	var rows []TeamHoliday
	seen := map[Day]bool{}
	for _, h := range *e.Holidays {
		day, err := ParseDay(string(h.Day))
		if err != nil {
			return err
		}
		text, err := label("holidays", h.Name, 100)
		if err != nil {
			return err
		}
		if !seen[day] {
			seen[day] = true
			rows = append(rows, TeamHoliday{TeamID: teamID, Day: day, Name: text})
		}
	}
	if len(rows) == 0 {
		return nil
	}
	return tx.CreateInBatches(rows, 200).Error
}

func (e TeamEdit) detail(cols map[string]any) map[string]any {
	d := maps.Clone(cols)
	if e.Holidays != nil {
		d["holidays"] = len(*e.Holidays)
	}
	return d
}

// ListTeams gives all teams by name.
func (s *Store) ListTeams(ctx context.Context) ([]Team, error) {
	var list []Team
	return list, s.db(ctx).Order("name").Find(&list).Error
}

// TeamByID finds a team.
func (s *Store) TeamByID(ctx context.Context, id int64) (*Team, error) {
	return teamByID(s.db(ctx), id)
}

func teamByID(tx *gorm.DB, id int64) (*Team, error) {
	t := &Team{}
	err := tx.Where("id = ?", id).Take(t).Error
	if db.IsNotFound(err) {
		return nil, fault.NotFoundf("There is no such team.")
	}
	return t, err
}

// TeamByName finds a team by its exact name.
func (s *Store) TeamByName(ctx context.Context, teamName string) (*Team, error) {
	t := &Team{}
	err := s.db(ctx).Where("name = ?", clean(teamName)).Take(t).Error
	if db.IsNotFound(err) {
		return nil, fault.NotFoundf("There is no team named %s. An admin adds teams under Teams, or with: coe team add", quote(teamName))
	}
	return t, err
}

// Holidays gives a team's days off in order.
func (s *Store) Holidays(ctx context.Context, teamID int64) ([]TeamHoliday, error) {
	var list []TeamHoliday
	return list, s.db(ctx).Where("team_id = ?", teamID).Order("day").Find(&list).Error
}

// Clocks gives the team's policy. What was stored was checked, so a policy
// that cannot be read, left by a newer version, counts as the defaults.
func (t *Team) Clocks() Policy {
	p, err := ParsePolicy(t.Policy)
	if err != nil {
		return DefaultPolicy()
	}
	return p
}

// PolicyOf gives the policy of a COE's team; without a team, the defaults.
func PolicyOf(tx *gorm.DB, teamID int64) (Policy, error) {
	if teamID == 0 {
		return DefaultPolicy(), nil
	}
	t, err := teamByID(tx, teamID)
	if err != nil {
		return Policy{}, err
	}
	return t.Clocks(), nil
}

// takenName names the thing in place of the database's words.
func takenName(err error, kind, text string) error {
	if db.IsUnique(err) {
		return fault.Conflictf("There is a %s named %s already. Choose another name.", kind, quote(text))
	}
	return err
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
