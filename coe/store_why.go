package coe

import (
	"context"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"coetracker/actions"
	"coetracker/internal/db"
	"coetracker/internal/fault"
	"coetracker/people"
)

// WhyEdit changes a why. A nil field stays as it is.
type WhyEdit struct {
	Text     *string
	Evidence *string
	Factor   *string
	Declined *string // why nothing is done about it; only where no why is below
}

// WhyPlace says where a new why goes: below Parent, or at the top of Root when
// that is "", and behind its sibling After, or last when that is "".
type WhyPlace struct {
	Root   WhyRoot
	Parent string
	After  string
}

// MoveWay is a step in a tree.
type MoveWay string

// The ways a why can move, with all below it.
const (
	MoveUp   MoveWay = "up"   // before its elder sibling
	MoveDown MoveWay = "down" // behind its younger sibling
	MoveIn   MoveWay = "in"   // below its elder sibling, as the last
	MoveOut  MoveWay = "out"  // behind its parent
)

func (e WhyEdit) apply(w *Why) (err error) {
	if e.Text != nil {
		if w.Text, err = block("text", *e.Text); err != nil {
			return err
		}
	}
	if err := needed("text", w.Text, "Say what the reason is: because …"); err != nil {
		return err
	}
	if e.Evidence != nil {
		if w.Evidence, err = block("evidence", *e.Evidence); err != nil {
			return err
		}
	}
	if e.Factor != nil {
		if w.Factor, err = line("factor", *e.Factor, 60); err != nil {
			return err
		}
	}
	if e.Declined != nil {
		w.DeclinedReason, err = line("declined", *e.Declined, 1000)
	}
	return err
}

// AddWhy adds a "because" at a place of a tree.
func (s *Store) AddWhy(ctx context.Context, p *people.Principal, n int64, at WhyPlace, e WhyEdit) (Why, error) {
	var out Why
	if err := e.apply(&out); err != nil {
		return out, err
	}
	err := s.doLocked(ctx, p, n, people.Edit, func(w *work) error { // a delete must see the new why
		t, err := readTree(w)
		if err != nil {
			return err
		}
		if out.Root, out.ParentID, err = t.place(at); err != nil {
			return err
		}
		rank, err := t.rankBehind(out.Root, out.ParentID, at.After)
		if err != nil {
			return err
		}
		return insertRow[Why](w, PartWhy, &out, rank)
	})
	return out, err
}

// EditWhy changes the why of version.
func (s *Store) EditWhy(ctx context.Context, p *people.Principal, n int64, key string, version int64, e WhyEdit) (Why, error) {
	if e.Declined != nil && *e.Declined != "" {
		if err := s.mustBeLeaf(ctx, p, n, key); err != nil {
			return Why{}, err
		}
	}
	return editRow[Why](ctx, s, p, n, PartWhy, key, version, e.apply)
}

func (s *Store) mustBeLeaf(ctx context.Context, p *people.Principal, n int64, key string) error {
	w, err := open(s.DB.WithContext(ctx), p, n, people.Edit)
	if err != nil {
		return err
	}
	t, err := readTree(w)
	if err != nil {
		return err
	}
	if i := t.find(key); i >= 0 && len(t.children(&t.list[i].ID, t.list[i].Root)) > 0 {
		return fault.Invalidf("declined", "Only a why that nothing lies below can be declined. Decline the last ones of this branch.")
	}
	return nil
}

// MoveWhy moves a why and all below it by one step.
func (s *Store) MoveWhy(ctx context.Context, p *people.Principal, n int64, key string, way MoveWay) (Why, error) {
	var out Why
	err := s.doLocked(ctx, p, n, people.Edit, func(w *work) error {
		t, err := readTree(w)
		if err != nil {
			return err
		}
		i := t.find(key)
		if i < 0 {
			return noWhy()
		}
		out = t.list[i]
		if err := t.move(&out, way); err != nil {
			return err
		}
		return saveRow[Why](w, PartWhy, &out, "move", map[string]any{"way": way})
	})
	return out, err
}

// deleteWhy takes a why out with all below it, under one time.
func deleteWhy(w *work, key string, version int64) error {
	t, err := readTree(w)
	if err != nil {
		return err
	}
	i := t.find(key)
	if i < 0 {
		return noWhy()
	}
	if top := t.list[i]; top.Version != version {
		return rowConflict(&RowConflict{Part: string(PartWhy), Key: key, Theirs: top, TheirVersion: top.Version, At: top.UpdatedAt})
	}
	return w.markWhys(t.below(t.list[i]), &w.now, "delete")
}

// undeleteWhy puts a why back with what was deleted together with it.
func undeleteWhy(w *work, key string) error {
	top, err := findRow[Why](w, PartWhy, key, true)
	if err != nil {
		return err
	}
	gone := &tree{}
	if err := w.tx.Where(mine+" AND deleted_at = ?", w.coe.ID, *top.DeletedAt).Find(&gone.list).Error; err != nil {
		return err
	}
	if top.ParentID != nil {
		t, err := readTree(w)
		if err != nil {
			return err
		}
		if t.byID(*top.ParentID) == nil {
			return fault.Conflictf("The why above this one is deleted too. Restore that one.")
		}
	}
	return w.markWhys(gone.below(top), nil, "undelete")
}

// markWhys deletes or restores several whys as one change.
func (w *work) markWhys(list []Why, at *time.Time, verb string) error {
	ids := make([]int64, len(list))
	for i, x := range list {
		ids[i] = x.ID
	}
	var by *int64
	if at != nil {
		by = w.p.PersonID()
	}
	err := w.tx.Model(&Why{}).Where("id IN ?", ids).Updates(map[string]any{
		"deleted_at": at, "deleted_by": by, "version": gorm.Expr("version + 1"),
	}).Error
	if err != nil {
		return err
	}
	return w.record(string(PartWhy), list[0].ID, list[0].Version+1, "why."+verb, map[string]any{"key": list[0].Key, "count": len(list)})
}

// LinkWhy says that an action answers a why; UnlinkWhy takes that back. Both
// are without effect when it is so already.
func (s *Store) LinkWhy(ctx context.Context, p *people.Principal, n int64, key, actionKey string) error {
	return s.link(ctx, p, n, PartWhy, key, actionKey, true)
}

// UnlinkWhy takes an action away from a why.
func (s *Store) UnlinkWhy(ctx context.Context, p *people.Principal, n int64, key, actionKey string) error {
	return s.link(ctx, p, n, PartWhy, key, actionKey, false)
}

// LinkLesson says that an action follows from a lesson; UnlinkLesson takes
// that back.
func (s *Store) LinkLesson(ctx context.Context, p *people.Principal, n int64, key, actionKey string) error {
	return s.link(ctx, p, n, PartLesson, key, actionKey, true)
}

// UnlinkLesson takes an action away from a lesson.
func (s *Store) UnlinkLesson(ctx context.Context, p *people.Principal, n int64, key, actionKey string) error {
	return s.link(ctx, p, n, PartLesson, key, actionKey, false)
}

func (s *Store) link(ctx context.Context, p *people.Principal, n int64, part Part, key, actionKey string, on bool) error {
	return s.do(ctx, p, n, people.Edit, func(w *work) error {
		var a actions.Action
		err := w.tx.Where(live+" AND key = ?", w.coe.ID, actionKey).Take(&a).Error
		if db.IsNotFound(err) {
			return fault.Invalidf("action", "The action %s is not in this document.", clip(actionKey))
		}
		if err != nil {
			return err
		}
		id, version, row, err := w.linkRow(part, key, a.ID)
		if err != nil {
			return err
		}
		r := w.tx.Clauses(clause.OnConflict{DoNothing: true})
		verb := ".link"
		if on {
			r = r.Create(row)
		} else {
			r, verb = w.tx.Delete(row), ".unlink"
		}
		if r.Error != nil || r.RowsAffected == 0 {
			return r.Error
		}
		return w.record(string(part), id, version, string(part)+verb, map[string]any{"key": key, "action": a.Number})
	})
}

// linkRow gives the row that ties a why or a lesson to an action.
func (w *work) linkRow(part Part, key string, actionID int64) (id, version int64, row any, err error) {
	if part == PartLesson {
		l, err := findRow[Lesson](w, part, key, false)
		return l.ID, l.Version, &LessonAction{LessonID: l.ID, ActionID: actionID}, err
	}
	y, err := findRow[Why](w, part, key, false)
	return y.ID, y.Version, &WhyAction{WhyID: y.ID, ActionID: actionID}, err
}

func noWhy() error {
	return fault.NotFoundf("This why is not there any more. Somebody may have deleted it; it can be restored.")
}

func same(a, b *int64) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}
