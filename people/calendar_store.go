package people

import (
	"context"
	"time"

	"gorm.io/gorm"
)

// Calendars gives the calendars of many people in four queries, however many
// they are. Unknown ids are left out.
func (s *Store) Calendars(ctx context.Context, personIDs []int64) (map[int64]Calendar, error) {
	return Calendars(s.db(ctx), personIDs, s.Zone)
}

// Calendars is Store.Calendars inside a caller's transaction; instance is the
// zone of those who have none.
func Calendars(tx *gorm.DB, personIDs []int64, instance *time.Location) (map[int64]Calendar, error) {
	out := map[int64]Calendar{}
	persons, err := byIDs(tx, personIDs)
	if err != nil || len(persons) == 0 {
		return out, err
	}
	teams, err := teamsOf(tx, distinct(personIDs))
	if err != nil {
		return nil, err
	}
	var holidays []TeamHoliday
	err = tx.Where("team_id IN (SELECT team_id FROM team_members WHERE person_id IN ?)", distinct(personIDs)).Find(&holidays).Error
	if err != nil {
		return nil, err
	}
	byTeam := map[int64][]TeamHoliday{}
	for _, h := range holidays {
		byTeam[h.TeamID] = append(byTeam[h.TeamID], h)
	}
	zones := map[string]*time.Location{}
	for id, p := range persons {
		var off []TeamHoliday
		for _, t := range teams[id] {
			off = append(off, byTeam[t.ID]...)
		}
		out[id] = calendarFor(&p, teams[id], off, instance, cached(zones))
	}
	return out, nil
}

// teamsOf gives each person's teams, the oldest first.
func teamsOf(tx *gorm.DB, personIDs []int64) (map[int64][]Team, error) {
	var members []TeamMember
	if err := tx.Where("person_id IN ?", personIDs).Order("team_id").Find(&members).Error; err != nil {
		return nil, err
	}
	var teams []Team
	err := tx.Where("id IN (SELECT team_id FROM team_members WHERE person_id IN ?)", personIDs).Find(&teams).Error
	if err != nil {
		return nil, err
	}
	byID := map[int64]Team{}
	for _, t := range teams {
		byID[t.ID] = t
	}
	out := map[int64][]Team{}
	for _, m := range members {
		if t, ok := byID[m.TeamID]; ok {
			out[m.PersonID] = append(out[m.PersonID], t)
		}
	}
	return out, nil
}

// cached loads each zone once: it is a file each time.
func cached(zones map[string]*time.Location) func(string) (*time.Location, error) {
	return func(name string) (*time.Location, error) {
		if zone, ok := zones[name]; ok {
			return zone, nil
		}
		zone, err := LoadZone(name)
		if err == nil {
			zones[name] = zone
		}
		return zone, err
	}
}
