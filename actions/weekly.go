package actions

import (
	"context"
	"slices"
	"time"

	"coetracker/people"

	"gorm.io/gorm"
)

// listLimit bounds the lists of the weekly review.
const listLimit = 500

// OverdueList lists the open actions that are overdue in their owners' zones,
// the longest overdue first; teamID narrows it to the COEs of a team, 0 is
// all. Restricted COEs are left out for everybody.
func (s *Store) OverdueList(ctx context.Context, teamID int64) ([]Item, error) {
	tx, now := s.DB.WithContext(ctx), s.now()
	latest := people.DayOf(now.Add(14*time.Hour), time.UTC) // the latest day it is anywhere
	list, err := s.items(tx, people.Operator(), weeklyRows(tx, teamID).
		Where("actions.due <> '' AND actions.due < ?", latest).Order("actions.due, actions.id").Limit(listLimit))
	return slices.DeleteFunc(list, func(it Item) bool { return !it.Late }), err
}

// TwiceMovedList lists the open actions whose date moved at least twice and
// lies behind the first promise, those with most moves first; otherwise as
// OverdueList.
func (s *Store) TwiceMovedList(ctx context.Context, teamID int64) ([]Item, error) {
	tx := s.DB.WithContext(ctx)
	return s.items(tx, people.Operator(), weeklyRows(tx, teamID).
		Where("actions.moves >= 2 AND actions.due > actions.first_due").Order("actions.moves DESC, actions.due, actions.id").Limit(listLimit))
}

func weeklyRows(tx *gorm.DB, teamID int64) *gorm.DB {
	q := liveRows(tx).Where("coes.visibility = 'org'")
	if teamID != 0 {
		q = q.Where("coes.team_id = ?", teamID)
	}
	return q
}
