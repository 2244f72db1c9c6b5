package people

import (
	"context"

	"coetracker/internal/db"
	"coetracker/internal/fault"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// AddMember puts a person into a team; once is enough. Admins only.
func (s *Store) AddMember(ctx context.Context, by *Principal, teamID, personID int64) error {
	return s.changeMember(ctx, by, "team.member_add", teamID, personID, func(tx *gorm.DB, m *TeamMember) error {
		return tx.Clauses(clause.OnConflict{DoNothing: true}).Create(m).Error
	})
}

// RemoveMember takes a person out of a team; who is not in it stays out.
// Admins only.
func (s *Store) RemoveMember(ctx context.Context, by *Principal, teamID, personID int64) error {
	return s.changeMember(ctx, by, "team.member_remove", teamID, personID, func(tx *gorm.DB, m *TeamMember) error {
		return tx.Delete(m).Error
	})
}

func (s *Store) changeMember(ctx context.Context, by *Principal, verb string, teamID, personID int64, change func(*gorm.DB, *TeamMember) error) error {
	if err := admins(by); err != nil {
		return err
	}
	return db.Tx(ctx, s.DB, func(tx *gorm.DB) error {
		if _, err := teamByID(tx, teamID); err != nil {
			return err
		}
		if _, err := byID(tx, personID); err != nil {
			return err
		}
		if err := change(tx, &TeamMember{TeamID: teamID, PersonID: personID}); err != nil {
			return err
		}
		return record(tx, by, verb, object("team", teamID), map[string]any{"person": personID})
	})
}

// Members gives a team's people by address, without former members.
func (s *Store) Members(ctx context.Context, teamID int64) ([]Person, error) {
	return s.List(ctx, Filter{Team: teamID})
}

// Memberships gives every membership, for lists that show teams beside people.
func (s *Store) Memberships(ctx context.Context) ([]TeamMember, error) {
	var list []TeamMember
	return list, s.db(ctx).Order("team_id, person_id").Find(&list).Error
}

// setTeams makes these the teams of a person, and no others.
func setTeams(tx *gorm.DB, personID int64, teamIDs []int64) error {
	if err := tx.Where("person_id = ?", personID).Delete(&TeamMember{}).Error; err != nil {
		return err
	}
	var rows []TeamMember
	for _, id := range distinct(teamIDs) {
		rows = append(rows, TeamMember{TeamID: id, PersonID: personID})
	}
	if len(rows) == 0 {
		return nil
	}
	err := tx.Create(&rows).Error
	if db.IsForeignKey(err) {
		return fault.Invalidf("team", "One of these teams does not exist. Add it first.")
	}
	return err
}
