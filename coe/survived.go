package coe

import (
	"fmt"
	"time"

	"gorm.io/gorm"

	"coetracker/evidence"
	"coetracker/people"
)

// Survival is an experiment that reproduces or verifies a COE, with its last
// run that showed anything.
type Survival struct {
	Subject    int64 // the experiment, or less than 0: minus the one run that belongs to none
	Name       string
	Tool       string
	Definition string
	RunID      int64 // 0: none has shown anything yet
	ExternalID string
	Outcome    evidence.Outcome
	EndedAt    *time.Time
}

// Target names the experiment for an action, "" for a run that belongs to none.
func (s *Survival) Target() string {
	if s.Subject < 0 {
		return ""
	}
	return targetOf(&evidence.Experiment{Tool: s.Tool, Definition: s.Definition, Name: s.Name})
}

// survivedDays is how long a stamp is good.
const survivedDays = 180

// Stamp says that a COE is "reproduced and survived": each experiment that
// reproduces or verifies it held in its last run.
type Stamp struct {
	Day     people.Day // of the oldest of these runs
	Until   people.Day // the last day on which the stamp is good
	Expired bool
}

// StampOf judges the last runs of a COE's experiments on a day. since is when
// the event began: an earlier run shows nothing of it; nil takes every run.
// Days are those of zone. ok is false where there is no experiment, or one
// that did not hold.
func StampOf(list []Survival, since *time.Time, zone *time.Location, now time.Time) (s Stamp, ok bool) {
	for _, x := range list {
		if x.Outcome != evidence.Held || x.EndedAt == nil || since != nil && x.EndedAt.Before(*since) {
			return Stamp{}, false
		}
		if day := people.DayOf(*x.EndedAt, zone); s.Day == "" || day < s.Day {
			s.Day = day
		}
	}
	if s.Day == "" {
		return Stamp{}, false
	}
	s.Until = s.Day.Add(survivedDays)
	s.Expired = people.DayOf(now, zone) > s.Until
	return s, true
}

// Stamp is StampOf for the document, in its zone.
func (d *Document) Stamp(now time.Time) (Stamp, bool) {
	return StampOf(d.Survivals, d.COE.WindowStart, d.COE.Location(), now)
}

// showsAnything is a condition on runs r: real, settled, and held or not.
const showsAnything = "r.type = 'experiment' AND r.settled AND NOT r.dry_run AND r.ended_at IS NOT NULL" +
	" AND COALESCE(NULLIF(r.outcome, ''), r.tool_outcome) IN ('held','deviated','halted')"

// survivals reads the experiments of a COE with their last runs, in one query.
func survivals(tx *gorm.DB, coeID int64) ([]Survival, error) {
	const linked = `SELECT DISTINCT COALESCE(i.experiment_id, -i.id) AS subject FROM coe_evidence e JOIN evidence_items i ON i.id = e.item_id
		WHERE e.coe_id = ? AND e.decision = 'accepted' AND e.relation IN ('reproduces','verifies') AND i.type = 'experiment'`
	var out []Survival
	err := tx.Raw(`WITH linked AS (`+linked+`), ranked AS (
			SELECT COALESCE(r.experiment_id, -r.id) AS subject, r.id, r.external_id, r.ended_at, COALESCE(NULLIF(r.outcome, ''), r.tool_outcome) AS showed,
				ROW_NUMBER() OVER (PARTITION BY COALESCE(r.experiment_id, -r.id) ORDER BY r.ended_at DESC, r.started_at DESC, r.id DESC) AS place
			FROM evidence_items r WHERE `+showsAnything+`
				AND (r.experiment_id IN (SELECT subject FROM linked) OR r.experiment_id IS NULL AND r.id IN (SELECT -subject FROM linked)))
		SELECT linked.subject, COALESCE(x.name, i.title, '') AS name, COALESCE(x.tool, i.tool, '') AS tool, COALESCE(x.definition, '') AS definition,
			COALESCE(ranked.id, 0) AS run_id, COALESCE(ranked.external_id, '') AS external_id, COALESCE(ranked.showed, '') AS outcome, ranked.ended_at AS ended_at
		FROM linked LEFT JOIN ranked ON ranked.subject = linked.subject AND ranked.place = 1
			LEFT JOIN experiments x ON x.id = linked.subject LEFT JOIN evidence_items i ON i.id = -linked.subject
		ORDER BY linked.subject`, coeID).Scan(&out).Error
	if err != nil {
		return nil, fmt.Errorf("read the experiments of a COE: %w", err)
	}
	return out, nil
}
