package coe

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"gorm.io/gorm"

	"coetracker/actions"
	"coetracker/internal/db"
	"coetracker/internal/fault"
	"coetracker/people"
)

// againDays is how long the owner has to run an old experiment again.
const againDays = 14

// AskAgain looks for COEs whose stamp "reproduced and survived" has expired and
// gives their owners an action for each experiment that is to run again. It
// asks once for each old run, also where the action was declined or deleted.
// It gives how many actions it made. A COE that cannot be asked about keeps no
// other back: its error is given at the end.
func (s *Store) AskAgain(ctx context.Context) (int, error) {
	made := 0
	var failed []error
	for after := int64(0); ; {
		list, err := s.oldStamps(ctx, after)
		if err != nil || len(list) == 0 {
			return made, errors.Join(append(failed, err)...)
		}
		for _, n := range list {
			m, err := s.askAgain(ctx, n)
			made += m
			switch {
			case fault.Is(err, fault.Unavailable) || ctx.Err() != nil:
				return made, errors.Join(append(failed, err)...)
			case err != nil && !fault.Is(err, fault.NotFound): // deleted meanwhile
				failed = append(failed, err)
			}
		}
		after = list[len(list)-1]
	}
}

// oldStamps gives the numbers of documents with a last run that is too old and
// that nobody was asked about, in the order of their numbers.
func (s *Store) oldStamps(ctx context.Context, after int64) ([]int64, error) {
	tx := s.DB.WithContext(ctx)
	var list []int64
	err := tx.Raw(`SELECT DISTINCT c.number FROM coe_evidence e JOIN coes c ON c.id = e.coe_id AND c.deleted_at IS NULL
			JOIN evidence_items i ON i.id = e.item_id JOIN evidence_items r ON r.id = i.id OR r.experiment_id = i.experiment_id
		WHERE e.decision = 'accepted' AND e.relation IN ('reproduces','verifies') AND i.type = 'experiment' AND `+showsAnything+`
			AND r.ended_at < ? AND c.number > ?
			AND NOT EXISTS (SELECT 1 FROM evidence_items n WHERE n.experiment_id = r.experiment_id AND n.ended_at > r.ended_at AND n.settled AND NOT n.dry_run
				AND COALESCE(NULLIF(n.outcome, ''), n.tool_outcome) IN ('held','deviated','halted'))
			AND NOT EXISTS (SELECT 1 FROM action_runs x JOIN actions a ON a.id = x.action_id WHERE x.item_id = r.id AND a.coe_id = c.id AND a.created_at > r.ended_at)
		ORDER BY c.number LIMIT ?`, db.Now(tx).AddDate(0, 0, -survivedDays), after, sweepBatch).Scan(&list).Error
	if err != nil {
		return nil, fmt.Errorf("look for old proof: %w", err)
	}
	return list, nil
}

// askAgain makes the actions of one document, while nobody else does.
func (s *Store) askAgain(ctx context.Context, n int64) (made int, err error) {
	system := people.Operator()
	system.Email = "system"
	err = s.doLocked(ctx, system, n, people.Edit, func(w *work) error {
		made = 0
		list, err := survivals(w.tx, w.coe.ID)
		if err != nil {
			return err
		}
		stamp, ok := StampOf(list, w.coe.WindowStart, w.coe.Location(), w.now)
		if !ok || !stamp.Expired {
			return nil
		}
		for _, x := range list {
			if people.DayOf(*x.EndedAt, w.coe.Location()).Add(survivedDays) >= people.DayOf(w.now, w.coe.Location()) {
				continue // this one is good still
			}
			asked, err := wasAsked(w.tx, w.coe.ID, x.RunID)
			if err != nil {
				return err
			}
			if asked {
				continue
			}
			if err := s.again(w, x); err != nil {
				return err
			}
			made++
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("ask to run the experiments of COE-%d again: %w", n, err)
	}
	return made, nil
}

// wasAsked reports whether an action was made because this run is old: such a
// run ended before the action was written.
func wasAsked(tx *gorm.DB, coeID, run int64) (bool, error) {
	var n int64
	err := tx.Table("action_runs AS x").Joins("JOIN actions a ON a.id = x.action_id").Joins("JOIN evidence_items r ON r.id = x.item_id").
		Where("x.item_id = ? AND a.coe_id = ? AND a.created_at > r.ended_at", run, coeID).Count(&n).Error
	return n > 0, err
}

// again makes the action, with the old run beside it.
func (s *Store) again(w *work, x Survival) error {
	name := shown(cmp.Or(x.Name, x.Tool+":"+x.ExternalID))
	day := people.DayOf(*x.EndedAt, w.coe.Location()).Time().Format("2 Jan 2006")
	a, err := actions.AddBySystem(w.tx, actions.New{
		COEID: w.coe.ID, OwnerID: &w.coe.OwnerID, Title: "Run " + clip(name) + " again",
		Detail:   fmt.Sprintf("It held last on %s. After %d days nobody knows whether it still would.", day, survivedDays),
		Priority: "P2", Type: "learn", Criterion: "A run of " + clip(name) + " holds.", ProofKind: "experiment", ProofTarget: targetFor(x),
	}, againDays, s.location())
	if err != nil {
		return err
	}
	return w.tx.Create(&actions.Run{ActionID: a.ID, ItemID: x.RunID, Outcome: string(x.Outcome), At: w.now}).Error
}

// targetFor is what the action names, "" where the tool's word for the experiment
// is too long for that.
func targetFor(x Survival) string {
	const most = 300
	if t := shown(x.Target()); utf8.RuneCountInString(t) <= most {
		return t
	}
	return ""
}

// shown makes a tool's word one line of characters that can be shown.
func shown(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
}

// location is the instance's zone.
func (s *Store) location() *time.Location { return COE{Zone: s.Zone}.Location() }
