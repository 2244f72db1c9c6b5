package coe

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"coetracker/internal/db"
	"coetracker/people"
)

// sweepBatch bounds how many documents one sweep looks at.
const sweepBatch = 100

// RefreshEffectDue sets the day of the effectiveness question on published
// documents whose last action was settled, and clears it where one was opened
// again. It gives how many it changed, at most 100 at a time; the reminder
// planner calls it before it plans.
func (s *Store) RefreshEffectDue(ctx context.Context) (int, error) {
	const unsettled = "EXISTS (SELECT 1 FROM actions a WHERE a.coe_id = coes.id AND a.deleted_at IS NULL AND a.state NOT IN ('verified','declined'))"
	var numbers []int64
	err := s.DB.WithContext(ctx).Model(&COE{}).
		Where("state = ? AND effect = '' AND deleted_at IS NULL", Published).
		Where("(effect_due = '' AND NOT "+unsettled+") OR (effect_due <> '' AND "+unsettled+")").
		Order("id").Limit(sweepBatch).Pluck("number", &numbers).Error
	if err != nil {
		return 0, fmt.Errorf("look for settled COEs: %w", err)
	}
	for i, n := range numbers {
		if err := s.refreshEffectDue(ctx, n); err != nil {
			return i, err
		}
	}
	return len(numbers), nil
}

func (s *Store) refreshEffectDue(ctx context.Context, n int64) error {
	system := people.Operator()
	system.Email = "system"
	return s.doLocked(ctx, system, n, people.ChangeState, func(w *work) error {
		d, err := load(w.tx, w.coe)
		if err != nil {
			return err
		}
		due := string(EffectDay(d))
		if due == w.coe.EffectDue {
			return nil
		}
		if err := w.saveHeader(map[string]any{"effect_due": due}); err != nil {
			return err
		}
		return w.record(partState, w.coe.ID, w.coe.Version, "coe.effect_due", map[string]any{"due": due})
	})
}

// today gives the calendar day in each zone that people have, for conditions
// on due days: an action is overdue from the midnight of its owner.
type today struct {
	sql  string // an expression for the day of the person joined as o
	args []any
}

// todayByOwner reads the zones in use, which are few.
func todayByOwner(tx *gorm.DB, instance string) (today, error) {
	var zones []string
	if err := tx.Model(&people.Person{}).Where("zone <> ''").Distinct().Pluck("zone", &zones).Error; err != nil {
		return today{}, err
	}
	now := db.Now(tx)
	t := today{sql: "CASE o.zone"}
	here := COE{Zone: instance}.Location()
	for _, name := range zones {
		zone, err := people.LoadZone(name)
		if err != nil {
			zone = here
		}
		t.sql += " WHEN ? THEN ?"
		t.args = append(t.args, name, string(people.DayOf(now, zone)))
	}
	if len(zones) == 0 { // a CASE needs a WHEN
		return today{sql: "?", args: []any{string(people.DayOf(now, here))}}, nil
	}
	t.sql += " ELSE ? END"
	t.args = append(t.args, string(people.DayOf(now, here)))
	return t, nil
}

// overdue is a condition on actions a, whose owner is joined as o.
func (t today) overdue() (string, []any) {
	return "(a.state IN ('open','in_progress','blocked') AND a.due <> '' AND a.due < " + t.sql + ")", t.args
}
