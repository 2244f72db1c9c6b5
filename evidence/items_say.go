package evidence

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"coetracker/internal/audit"
	"coetracker/internal/db"
	"coetracker/internal/fault"
	"coetracker/people"

	"gorm.io/gorm"
)

// Notes are the four parts of what people write about a run.
type Notes struct{ Prepare, Detect, Respond, Learn string }

// SetOutcome says what a run showed, in place of what its tool said; an empty
// outcome takes that back. What follows from the run is worked out anew.
func (s *Store) SetOutcome(ctx context.Context, p *people.Principal, id, version int64, o Outcome, note string) (Item, error) {
	note, err := textBlock("note", note)
	if err != nil {
		return Item{}, err
	}
	if o != "" && !slices.Contains(allOutcomes(), o) {
		return Item{}, fault.Invalidf("outcome", "This is no outcome. Write held, deviated, halted, aborted, error, inconclusive or unknown.")
	}
	return s.say(ctx, p, id, version, "outcome", func(tx *gorm.DB, i *Item) (map[string]any, error) {
		if i.Type != TypeExperiment {
			return nil, fault.Invalidf("outcome", "Only experiments have an outcome.")
		}
		before := i.Showed()
		now := db.Now(tx)
		i.Outcome, i.OutcomeNote, i.OutcomeBy, i.OutcomeAt = o, note, p.PersonID(), &now
		if o == "" {
			i.OutcomeBy, i.OutcomeAt = nil, nil
		}
		if i.Showed() != before {
			i.Settled = false // what follows from it is to be done again
		}
		return map[string]any{
			"outcome": i.Outcome, "outcome_note": note, "outcome_by": i.OutcomeBy, "outcome_at": i.OutcomeAt, "settled": i.Settled,
		}, nil
	})
}

func allOutcomes() []Outcome {
	return []Outcome{Held, Deviated, Halted, Aborted, Errored, Inconclusive, Unknown}
}

// SetNotes keeps what people write about a run: how it was prepared, what was
// detected, who responded, what was learned.
func (s *Store) SetNotes(ctx context.Context, p *people.Principal, id, version int64, n Notes) (Item, error) {
	cols := map[string]any{}
	for field, text := range map[string]string{"prepare": n.Prepare, "detect": n.Detect, "respond": n.Respond, "learn": n.Learn} {
		text, err := textBlock(field, text)
		if err != nil {
			return Item{}, err
		}
		cols[field] = text
	}
	return s.say(ctx, p, id, version, "notes", func(*gorm.DB, *Item) (map[string]any, error) { return cols, nil })
}

// SetReach completes what a tool says of how far a deployment or rollback came.
// Shares are between 0 and 1, the bake time in minutes.
func (s *Store) SetReach(ctx context.Context, p *people.Principal, id, version int64, r Reach) (Item, error) {
	if err := r.check(); err != nil {
		return Item{}, err
	}
	text, err := json.Marshal(r)
	if err != nil {
		return Item{}, err
	}
	return s.say(ctx, p, id, version, "reach", func(_ *gorm.DB, i *Item) (map[string]any, error) {
		if i.Type != TypeDeployment && i.Type != TypeRollback {
			return nil, fault.Invalidf("reach", "Only deployments and rollbacks reach waves, zones and cells.")
		}
		return map[string]any{"reach": string(text)}, nil
	})
}

func (r *Reach) check() (err error) {
	for field, text := range map[string]*string{"wave": &r.Wave, "zone": &r.Zone, "cell": &r.Cell} {
		if *text, err = oneLine(field, *text, 200); err != nil {
			return err
		}
	}
	for field, share := range map[string]*float64{"share": r.Share, "first_wave": r.FirstWave} {
		if share != nil && !(*share >= 0 && *share <= 1) {
			return fault.Invalidf(field, "A share of the fleet is between 0 and 100 %%.")
		}
	}
	if b := r.BakeMinutes; b != nil && !(*b >= 0 && *b <= 60*24*365) {
		return fault.Invalidf("bake_minutes", "The bake time is in minutes, from 0 to a year.")
	}
	return nil
}

// say changes what people say of an item that is still at this version.
func (s *Store) say(ctx context.Context, p *people.Principal, id, version int64, what string, change func(*gorm.DB, *Item) (map[string]any, error)) (Item, error) {
	if err := canKeep(p); err != nil {
		return Item{}, err
	}
	var item Item
	err := db.Tx(ctx, s.DB, func(tx *gorm.DB) (err error) {
		if item, err = itemOf(db.ForUpdate(tx), id, everyType()...); err != nil {
			return err
		}
		cols, err := change(tx, &item)
		if err != nil {
			return err
		}
		if err := db.SaveVersioned(tx, &Item{}, id, version, cols); err != nil {
			return err
		}
		if err := itemDeed(tx, p, what, &item, cols); err != nil {
			return err
		}
		if item, err = itemOf(tx, id, everyType()...); err != nil {
			return err
		}
		return s.settle(tx, &item)
	})
	if err != nil {
		return Item{}, err
	}
	return item, nil
}

// itemDeed writes what was said of an item into the audit log.
func itemDeed(tx *gorm.DB, p *people.Principal, verb string, i *Item, detail map[string]any) error {
	return audit.Record(tx, audit.Entry{ActorID: p.PersonID(), Actor: p.Email, Verb: "evidence." + verb, Object: fmt.Sprintf("evidence:%d", i.ID), Detail: detail})
}
