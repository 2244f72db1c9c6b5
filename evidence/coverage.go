package evidence

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"coetracker/internal/db"
	"coetracker/people"

	"gorm.io/gorm"
)

// QuietAfter is how long an alarm may be silent before we ask whether it works.
const QuietAfter = 180 * 24 * time.Hour

// Quiet is an alarm that has not fired for a long time, or never.
type Quiet struct {
	Name        string
	ServiceID   *int64
	ItemID      int64       // 0: no alarm of this name ever came in
	LastAt      *time.Time  // nil: never
	Experiments []ExpectsIt // that expect it
}

// ExpectsIt is an experiment that expects an alarm.
type ExpectsIt struct {
	ID   int64
	Name string
}

// ShortBake is a deployment whose failure showed after its bake time.
type ShortBake struct {
	Change
	BakedUntil time.Time
	Bake       *float64      // minutes, nil where nobody said
	Late       time.Duration // how long after the bake time the first sign came
	ByAlarm    bool          // the sign was an alarm, else the rollback itself
}

// QuietAlarms lists the alarms that experiments expect, and those that came in
// once, which have not fired within QuietAfter.
func (s *Store) QuietAlarms(ctx context.Context, p *people.Principal) ([]Quiet, error) {
	if err := canSee(p); err != nil {
		return nil, err
	}
	tx := s.DB.WithContext(ctx)
	var known []Item
	if err := tx.Where("type = 'alarm'").Order("id").Limit(maxCovered).Find(&known).Error; err != nil {
		return nil, err
	}
	last, err := lastFired(tx)
	if err != nil {
		return nil, err
	}
	var xs []Experiment
	if err := tx.Where("expected_alarms <> ''").Order("name, id").Limit(maxCovered).Find(&xs).Error; err != nil {
		return nil, err
	}
	return quiet(known, last, xs, db.Now(tx).Add(-QuietAfter)), nil
}

// maxCovered bounds what the coverage page looks at.
const maxCovered = 5000

// quiet is QuietAlarms on what was read.
func quiet(known []Item, last map[int64]time.Time, xs []Experiment, since time.Time) []Quiet {
	rows := map[string]*Quiet{}
	fired := map[string]bool{}
	for _, i := range known {
		name := strings.ToLower(shortName(cmp.Or(i.Title, i.ExternalID)))
		if t, ok := last[i.ID]; ok && !t.Before(since) {
			fired[name], fired[strings.ToLower(shortName(i.ExternalID))] = true, true
			continue
		}
		q := &Quiet{Name: shortName(cmp.Or(i.Title, i.ExternalID)), ServiceID: i.ServiceID, ItemID: i.ID}
		if t, ok := last[i.ID]; ok {
			q.LastAt = &t
		}
		rows[name] = q
	}
	for _, x := range xs {
		for _, n := range x.Expected() {
			key := strings.ToLower(shortName(n))
			if fired[key] {
				continue
			}
			if rows[key] == nil {
				rows[key] = &Quiet{Name: shortName(n), ServiceID: x.ServiceID}
			}
			rows[key].Experiments = append(rows[key].Experiments, ExpectsIt{x.ID, x.Name})
		}
	}
	var out []Quiet
	for key, q := range rows {
		if !fired[key] {
			out = append(out, *q)
		}
	}
	slices.SortFunc(out, func(a, b Quiet) int {
		return cmp.Or(len(b.Experiments)-len(a.Experiments), strings.Compare(a.Name, b.Name), cmp.Compare(a.ItemID, b.ItemID))
	})
	return out
}

// lastFired gives the last firing of each alarm.
func lastFired(tx *gorm.DB) (map[int64]time.Time, error) {
	var spans []Span
	err := tx.Where("item_id IN (SELECT id FROM evidence_items WHERE type = 'alarm') AND started_at = (SELECT max(l.started_at) FROM evidence_spans l WHERE l.item_id = evidence_spans.item_id)").
		Limit(maxCovered).Find(&spans).Error
	out := map[int64]time.Time{}
	for _, sp := range spans {
		out[sp.ItemID] = sp.StartedAt
	}
	return out, err
}

// ShortBakes lists the latest deployments that were rolled back and whose first
// sign of failure came after their bake time, the latest first.
func (s *Store) ShortBakes(ctx context.Context, p *people.Principal) ([]ShortBake, error) {
	if err := canSee(p); err != nil {
		return nil, err
	}
	tx := s.DB.WithContext(ctx)
	var items []Item
	err := tx.Where("type = 'deployment' AND undone_by_id IS NOT NULL AND started_at IS NOT NULL").Order("started_at DESC, id DESC").Limit(listed).Find(&items).Error
	if err != nil {
		return nil, err
	}
	list, err := pairs(tx, items)
	if err != nil {
		return nil, err
	}
	var out []ShortBake
	for _, c := range list {
		if b, short := shortBake(c); short {
			out = append(out, b)
		}
	}
	return out, nil
}

// shortBake compares the end of the bake time with the first sign of failure.
// A tool that knows a bake time ends its deployments after it; where a person
// said it, it begins with the tool's end.
func shortBake(c Change) (ShortBake, bool) {
	b := ShortBake{Change: c, Bake: c.Reached().BakeMinutes}
	back := c.Rollback()
	if back == nil || back.StartedAt == nil || c.EndedAt == nil && b.Bake == nil {
		return b, false
	}
	b.BakedUntil = *firstTime(c.EndedAt, c.StartedAt)
	if b.Bake != nil && (c.EndedAt == nil || c.Details().BakeMinutes == nil) {
		b.BakedUntil = b.BakedUntil.Add(time.Duration(*b.Bake * float64(time.Minute)))
	}
	sign := *back.StartedAt
	if c.Alarm != nil {
		sign, b.ByAlarm = c.Alarm.At, true
	}
	b.Late = sign.Sub(b.BakedUntil)
	return b, b.Late > 0
}
