package evidence

import (
	"context"
	"time"

	"coetracker/internal/db"
	"coetracker/people"

	"gorm.io/gorm"
)

// listed bounds a list of experiments, deployments or alarms on one page.
const listed = 200

// ExperimentRow is an experiment in a list, with its latest run.
type ExperimentRow struct {
	Experiment
	Last    *Item // the latest run that was no dry run, nil for none
	Runs    int   // without dry runs
	DryRuns int
}

// Planned reports whether a run is still to come: its day has a plan and no run
// has come in since the day before it.
func (r ExperimentRow) Planned() bool { return waiting(r.Experiment, r.Last) }

func waiting(x Experiment, last *Item) bool {
	if x.PlannedFor == "" {
		return x.Tool == "" && last == nil
	}
	return last == nil || last.StartedAt == nil || people.Day(last.StartedAt.UTC().Format("2006-01-02")) < x.PlannedFor.Add(-1)
}

// Experiments lists experiments: the planned ones by day first, then those that
// ran, the latest first. serviceID 0 gives those of all services.
func (s *Store) Experiments(ctx context.Context, p *people.Principal, serviceID int64) ([]ExperimentRow, error) {
	if err := canSee(p); err != nil {
		return nil, err
	}
	tx := s.DB.WithContext(ctx)
	q := tx.Model(&Experiment{}).Select("experiments.*").
		Joins("LEFT JOIN (SELECT experiment_id, max(started_at) AS ran FROM evidence_items WHERE type = 'experiment' AND NOT dry_run GROUP BY experiment_id) r ON r.experiment_id = experiments.id")
	if serviceID != 0 {
		q = q.Where("experiments.service_id = ?", serviceID)
	}
	var list []Experiment
	err := q.Order("CASE WHEN r.ran IS NULL THEN 0 ELSE 1 END, CASE WHEN planned_for = '' THEN '9' ELSE planned_for END, r.ran DESC, experiments.id").Limit(listed).Find(&list).Error
	if err != nil {
		return nil, err
	}
	return withRuns(tx, list)
}

// withRuns counts the runs of experiments and finds the latest of each.
func withRuns(tx *gorm.DB, list []Experiment) ([]ExperimentRow, error) {
	ids := make([]int64, len(list))
	for i, x := range list {
		ids[i] = x.ID
	}
	var counts []struct {
		ExperimentID int64
		DryRun       bool
		N            int
	}
	err := tx.Model(&Item{}).Select("experiment_id, dry_run, count(*) AS n").Where("experiment_id IN ? AND type = 'experiment'", ids).
		Group("experiment_id, dry_run").Scan(&counts).Error
	if err != nil {
		return nil, err
	}
	var last []Item
	err = tx.Where("type = 'experiment' AND NOT dry_run AND experiment_id IN ?", ids).
		Where("NOT EXISTS (SELECT 1 FROM evidence_items l WHERE l.experiment_id = evidence_items.experiment_id AND l.type = 'experiment' AND NOT l.dry_run AND " +
			"(COALESCE(l.started_at, l.created_at) > COALESCE(evidence_items.started_at, evidence_items.created_at) OR " +
			"COALESCE(l.started_at, l.created_at) = COALESCE(evidence_items.started_at, evidence_items.created_at) AND l.id > evidence_items.id))").
		Find(&last).Error
	if err != nil {
		return nil, err
	}
	rows, at := make([]ExperimentRow, len(list)), map[int64]*ExperimentRow{}
	for i, x := range list {
		rows[i].Experiment = x
		at[x.ID] = &rows[i]
	}
	for _, c := range counts {
		if c.DryRun {
			at[c.ExperimentID].DryRuns = c.N
		} else {
			at[c.ExperimentID].Runs = c.N
		}
	}
	for i := range last {
		at[*last[i].ExperimentID].Last = &last[i]
	}
	return rows, nil
}

// RunsOf lists the runs of an experiment, the latest first.
func (s *Store) RunsOf(ctx context.Context, p *people.Principal, experimentID int64) ([]Item, error) {
	if err := canSee(p); err != nil {
		return nil, err
	}
	return runsOf(s.DB.WithContext(ctx), experimentID)
}

func runsOf(tx *gorm.DB, experimentID int64) ([]Item, error) {
	var list []Item
	return list, tx.Where("type = 'experiment' AND experiment_id = ?", experimentID).
		Order("COALESCE(started_at, created_at) DESC, id DESC").Limit(listed).Find(&list).Error
}

// Run is one run of an experiment with everything its page shows.
type Run struct {
	Item
	Experiment *Experiment
	Spans      []Span
	Alarms     []Fired              // that fired while it ran or settled, in order
	Silent     []string             // expected alarms that did not fire
	Incidents  []Item               // of its service at that time
	Responses  map[int64][]Response // steps of the incidents, by their id
	Runs       []Item               // all of the experiment, the latest first
}

// Fired is an alarm, or another thing with a beginning, inside a window.
type Fired struct {
	Item
	At       time.Time
	Until    *time.Time
	Expected bool
}

// Until is when what follows from a run is over: its settle window, else its
// end, else nil while it goes on.
func (r Run) Until() *time.Time {
	if r.SettleUntil != nil {
		return r.SettleUntil
	}
	return r.EndedAt
}

// RunByID gives a run with its experiment, the alarms that fired during it and
// the incidents of its service.
func (s *Store) RunByID(ctx context.Context, p *people.Principal, id int64) (Run, error) {
	if err := canSee(p); err != nil {
		return Run{}, err
	}
	tx := s.DB.WithContext(ctx)
	item, err := itemOf(tx, id, TypeExperiment)
	if err != nil {
		return Run{}, err
	}
	r := Run{Item: item}
	if err := tx.Where("item_id = ?", id).Order("started_at").Find(&r.Spans).Error; err != nil {
		return r, err
	}
	var expected []string
	if item.ExperimentID != nil {
		x, err := experimentBy(tx, *item.ExperimentID)
		if err != nil {
			return r, err
		}
		r.Experiment, expected = &x, x.Expected()
		if r.Runs, err = runsOf(tx, x.ID); err != nil {
			return r, err
		}
	}
	if err := r.detect(tx, expected); err != nil {
		return r, err
	}
	r.Responses, err = responses(tx, r.Incidents)
	return r, err
}

// detect finds what fired between the start of the run and the end of its
// settle window: alarms of its service, expected ones of any, and its own
// guards.
func (r *Run) detect(tx *gorm.DB, expected []string) error {
	if r.StartedAt == nil {
		r.Silent = expected
		return nil
	}
	until := db.Now(tx)
	if u := r.Until(); u != nil {
		until = *u
	}
	fired, err := firedIn(tx, []Type{TypeAlarm, TypeIncident}, *r.StartedAt, until)
	if err != nil {
		return err
	}
	wanted := append(append([]string{}, expected...), r.AlarmNames()...)
	for _, g := range r.Details().Guards {
		wanted = append(wanted, g.Name)
	}
	seen := map[string]bool{}
	for _, f := range fired {
		f.Expected = f.named(expected) != ""
		ours := r.ServiceID != nil && f.ServiceID != nil && *r.ServiceID == *f.ServiceID
		switch {
		case f.Type == TypeIncident && ours:
			r.Incidents = append(r.Incidents, f.Item)
		case f.Type == TypeAlarm && (ours || f.named(wanted) != ""):
			r.Alarms = append(r.Alarms, f)
			for _, n := range expected {
				seen[n] = seen[n] || f.named([]string{n}) != ""
			}
		}
	}
	for _, n := range expected {
		if !seen[n] {
			r.Silent = append(r.Silent, n)
		}
	}
	return nil
}
