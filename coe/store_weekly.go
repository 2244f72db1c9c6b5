package coe

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"coetracker/actions"
	"coetracker/internal/fault"
	"coetracker/people"
)

// weekRows bounds each list of the weekly page.
const weekRows = 100

// Weekly is what the weekly review talks about. It never holds anything
// restricted, for administrators neither.
type Weekly struct {
	InReview   []ListRow      // by severity, then the longest in review first
	Overdue    []WeeklyAction // the longest overdue first
	TwiceMoved []WeeklyAction // open, and its day moved at least twice
	Verified   []WeeklyAction // proven within the last seven days
	Closed     []ListRow      // closed within the last seven days
	Wins       []ListRow      // published within the last seven days
}

// WeeklyAction is an action with what the page shows beside it.
type WeeklyAction struct {
	actions.Action
	COENumber int64
	COETitle  string
	OwnerName string
}

// Weekly gathers the weekly page in a fixed number of queries.
func (s *Store) Weekly(ctx context.Context, p *people.Principal, now time.Time) (Weekly, error) {
	var out Weekly
	if !people.May(p, people.View, people.Resource{}) {
		return out, fault.Forbiddenf("Sign in to see the weekly review.")
	}
	tx := s.DB.WithContext(ctx)
	day, err := todayByOwner(tx, s.Zone)
	if err != nil {
		return out, err
	}
	w := &week{tx: tx, day: day}
	since := now.AddDate(0, 0, -7)
	overdue, args := day.overdue()
	const moving = "a.state IN ('open','in_progress','blocked')"
	out.Overdue = w.actions("a.due, a.id", overdue, args...)
	out.TwiceMoved = w.actions("a.moves DESC, a.id", moving+" AND a.moves >= 2")
	out.Verified = w.actions("a.verified_at DESC, a.id", "a.state = 'verified' AND a.verified_at > ?", since)
	reviewing := w.coes("severity, state_since, id", "state = 'in_review'")
	closed := w.coes("state_since DESC, id", "state = 'closed' AND state_since > ?", since)
	wins := w.coes("state_since DESC, id", "kind = 'win' AND state IN ('published','closed') AND id IN "+
		"(SELECT coe_id FROM state_changes WHERE to_state = 'published' AND from_state <> 'published' AND at > ?)", since)
	rows, err := w.rows(reviewing, closed, wins)
	out.InReview, out.Closed, out.Wins = rows[0], rows[1], rows[2]
	return out, err
}

// week runs the queries of the page until one fails.
type week struct {
	tx  *gorm.DB
	day today
	err error
}

func (w *week) actions(order, where string, args ...any) []WeeklyAction {
	var list []WeeklyAction
	if w.err != nil {
		return nil
	}
	w.err = w.tx.Table("actions a").Select("a.*, c.number AS coe_number, c.title AS coe_title, o.name AS owner_name").
		Joins("JOIN coes c ON c.id = a.coe_id").Joins("LEFT JOIN people o ON o.id = a.owner_id").
		Where("c.deleted_at IS NULL AND c.visibility = 'org' AND a.deleted_at IS NULL").
		Where(where, args...).Order(order).Limit(weekRows).Scan(&list).Error
	return list
}

func (w *week) coes(order, where string, args ...any) []COE {
	var list []COE
	if w.err != nil {
		return nil
	}
	w.err = w.tx.Where("deleted_at IS NULL AND visibility = 'org'").Where(where, args...).Order(order).Limit(weekRows).Find(&list).Error
	return list
}

// rows completes several lists at once.
func (w *week) rows(lists ...[]COE) ([][]ListRow, error) {
	out := make([][]ListRow, len(lists))
	var all []COE
	for _, l := range lists {
		all = append(all, l...)
	}
	if w.err != nil {
		return out, fmt.Errorf("gather the weekly review: %w", w.err)
	}
	rows, err := rowsOf(w.tx, all, w.day)
	if err != nil {
		return out, err
	}
	for i, l := range lists {
		out[i], rows = rows[:len(l)], rows[len(l):]
	}
	return out, nil
}
