package coe

import (
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"coetracker/actions"
	"coetracker/evidence"
	"coetracker/internal/db"
)

// RunSettled does what follows from a run of an experiment for the actions that
// name it as their proof, in the caller's transaction: where the last run held
// the action is verified, where it deviated or was halted a verified one is
// open again. A run that says neither is only listed. It goes by the times of
// the runs, not by the order in which they come, so an older run that comes
// late changes nothing; called again it changes nothing either.
func (s *Store) RunSettled(tx *gorm.DB, run *evidence.Item) error {
	if run.Type != evidence.TypeExperiment || run.ExperimentID == nil {
		return nil
	}
	named, err := withTarget(tx)
	if err != nil || len(named) == 0 { // most runs are nobody's proof
		return err
	}
	var known []evidence.Experiment
	if err := tx.Select("id, tool, definition, name").Order("id").Find(&known).Error; err != nil {
		return fmt.Errorf("list experiments: %w", err)
	}
	i := slices.IndexFunc(known, func(e evidence.Experiment) bool { return e.ID == *run.ExperimentID })
	for _, n := range named {
		if i < 0 || !targets(n.ProofTarget, known[i]) {
			continue
		}
		if err := settleAction(tx, n.ID, known, run); err != nil {
			return err
		}
	}
	return nil
}

// target is an action that names an experiment as its proof.
type target struct {
	ID          int64
	ProofTarget string
}

// withTarget lists these actions in the order of their ids, so that two
// transactions take them in one order.
func withTarget(tx *gorm.DB) (named []target, err error) {
	err = tx.Model(&actions.Action{}).Joins("JOIN coes ON coes.id = actions.coe_id AND coes.deleted_at IS NULL").
		Where("actions.deleted_at IS NULL AND actions.proof_kind = 'experiment' AND actions.proof_target <> ''").
		Select("actions.id, actions.proof_target").Order("actions.id").Scan(&named).Error
	if err != nil {
		return nil, fmt.Errorf("look for the actions of an experiment: %w", err)
	}
	return named, nil
}

func targets(target string, e evidence.Experiment) bool {
	return actions.NamesExperiment(target, e.Tool, e.Definition, e.Name)
}

// settleAction lists the run with one action and does what follows.
func settleAction(tx *gorm.DB, id int64, known []evidence.Experiment, run *evidence.Item) error {
	a, err := actions.ForRun(tx, id)
	if err != nil {
		return err
	}
	p := &proving{tx: tx, a: a, run: run, now: db.Now(tx), rows: map[int64]actions.Run{}}
	if err := p.read(known); err != nil {
		return fmt.Errorf("judge %s by run %s: %w", a.Ref(), run.Ref(), err)
	}
	if err := p.apply(); err != nil {
		return fmt.Errorf("judge %s by run %s: %w", a.Ref(), run.Ref(), err)
	}
	return nil
}

// proving is one action and the runs that speak about it.
type proving struct {
	tx   *gorm.DB
	a    *actions.Action
	run  *evidence.Item
	last *evidence.Item        // the last run that shows anything, nil for none
	rows map[int64]actions.Run // the run's own, and those that had an effect
	now  time.Time
}

func (p *proving) read(known []evidence.Experiment) error {
	var rows []actions.Run
	if err := p.tx.Where("action_id = ? AND (item_id = ? OR effect <> '')", p.a.ID, p.run.ID).Find(&rows).Error; err != nil {
		return err
	}
	for _, r := range rows {
		p.rows[r.ItemID] = r
	}
	var ids []int64
	for _, e := range known {
		if targets(p.a.ProofTarget, e) {
			ids = append(ids, e.ID)
		}
	}
	var others []evidence.Item
	err := p.tx.Where("experiment_id IN ? AND type = ? AND NOT dry_run AND ended_at > ? AND id <> ?", ids, evidence.TypeExperiment, p.a.CreatedAt, p.run.ID).
		// one that counted already still does while later news of it settle
		Where("settled OR EXISTS (SELECT 1 FROM action_runs x WHERE x.action_id = ? AND x.item_id = evidence_items.id)", p.a.ID).
		Where("COALESCE(NULLIF(outcome, ''), tool_outcome) IN ?", []evidence.Outcome{evidence.Held, evidence.Deviated, evidence.Halted}).
		Order("ended_at DESC, started_at DESC, id DESC").Limit(1).Find(&others).Error
	if err != nil {
		return err
	}
	if len(others) > 0 {
		p.last = &others[0]
	}
	if p.speaks(p.run) && (p.last == nil || after(p.run, p.last)) {
		p.last = p.run
	}
	return nil
}

// speaks reports whether a run shows anything of the action: it was real,
// ended after the action was written, and held or did not.
func (p *proving) speaks(run *evidence.Item) bool {
	showed := run.Showed()
	return !run.DryRun && run.EndedAt != nil && run.EndedAt.After(p.a.CreatedAt) && (showed == evidence.Held || failed(showed))
}

func failed(o evidence.Outcome) bool { return o == evidence.Deviated || o == evidence.Halted }

// after orders runs by their times.
func after(a, b *evidence.Item) bool {
	if !a.EndedAt.Equal(*b.EndedAt) {
		return a.EndedAt.After(*b.EndedAt)
	}
	if a.StartedAt != nil && b.StartedAt != nil && !a.StartedAt.Equal(*b.StartedAt) {
		return a.StartedAt.After(*b.StartedAt)
	}
	return a.ID > b.ID
}

// apply verifies or reopens the action where the runs ask for it, and lists
// the run.
func (p *proving) apply() error {
	switch {
	case p.shallVerify():
		if err := p.verify(); err != nil {
			return err
		}
	case p.shallReopen():
		if err := p.reopen(); err != nil {
			return err
		}
	}
	return p.list()
}

// shallVerify: the last run held and did not have its effect yet. A run that
// verified the action and was overruled by a person does not do it again, but
// one that was overruled by a run which does not count any more does.
func (p *proving) shallVerify() bool {
	if p.last == nil || p.last.Showed() != evidence.Held || p.a.Finished() || p.ownWord() {
		return false
	}
	row, known := p.rows[p.last.ID]
	if !known || row.Effect != actions.RunVerified || row.Outcome != string(evidence.Held) {
		return true
	}
	for _, r := range p.rows {
		if r.Effect == actions.RunReopened && !r.At.Before(row.At) {
			return true
		}
	}
	return false
}

// ownWord reports whether only the action's own owner says that the last run
// held: nobody verifies their own action.
func (p *proving) ownWord() bool {
	return p.last.Outcome == evidence.Held && p.last.ToolOutcome != evidence.Held && p.last.OutcomeBy != nil && p.a.OwnerIs(*p.last.OutcomeBy)
}

// shallReopen: the action is verified, and the last run failed since, or the
// run that had verified it does not hold any more.
func (p *proving) shallReopen() bool {
	if p.a.State != actions.Verified || p.last != nil && p.last.Showed() == evidence.Held {
		return false
	}
	if _, by := p.verifiedBy(); by {
		return true
	}
	if p.last == nil {
		return false
	}
	since := p.a.StateSince
	if p.a.VerifiedAt != nil {
		since = *p.a.VerifiedAt
	}
	return knownAt(p.last).After(since)
}

// knownAt is when a run came to show what it shows: at its end, or when a
// person said so.
func knownAt(run *evidence.Item) time.Time {
	if run.Outcome != "" && run.OutcomeAt != nil {
		return later(*run.OutcomeAt, *run.EndedAt)
	}
	return *run.EndedAt
}

// verifiedBy gives the run by which the action is verified; ok is false where
// a person did it.
func (p *proving) verifiedBy() (item int64, ok bool) {
	for _, r := range p.rows {
		if p.a.VerifiedBy == nil && p.a.VerifiedAt != nil && r.Effect == actions.RunVerified && r.At.Equal(*p.a.VerifiedAt) {
			return r.ItemID, true
		}
	}
	return 0, false
}

func (p *proving) verify() error {
	zone, err := p.zone()
	if err != nil {
		return err
	}
	proof := fmt.Sprintf("Run %s held on %s. %s", runName(p.last), runTime(p.last, zone), runPage(p.last))
	if err := actions.ProveByRun(p.tx, p.a, proof, p.detail()); err != nil {
		return err
	}
	if p.a.VerifiedAt != nil { // one instant in both: verifiedBy finds the run by it
		p.now = *p.a.VerifiedAt
	}
	return p.effect(p.last, actions.RunVerified)
}

func (p *proving) reopen() error {
	zone, err := p.zone()
	if err != nil {
		return err
	}
	before, err := p.lastHeld()
	if err != nil {
		return err
	}
	cause, reason := p.last, ""
	switch {
	case cause == nil && before == nil: // what verified it was taken away
		cause, reason = p.run, "The run that had verified it does not count any more."
	case cause == nil || before != nil && before.ID == cause.ID:
		cause, reason = before, fmt.Sprintf("Run %s of %s, which had verified it, is recorded as %s now. %s", runName(before), runTime(before, zone), recorded(before), runPage(before))
	case before == nil:
		reason = fmt.Sprintf("Run %s %s on %s, after it had been verified. %s", runName(cause), failedWords(cause), runTime(cause, zone), runPage(cause))
	case before.Showed() == evidence.Held:
		reason = fmt.Sprintf("Run %s %s on %s (%s), after run %s had held on %s (%s).",
			runName(cause), failedWords(cause), runTime(cause, zone), runPage(cause), runName(before), runTime(before, zone), runPage(before))
	default:
		reason = fmt.Sprintf("Run %s of %s (%s), which had verified it, is recorded as %s now, and run %s of %s %s (%s).",
			runName(before), runTime(before, zone), runPage(before), recorded(before), runName(cause), runTime(cause, zone), failedWords(cause), runPage(cause))
	}
	if err := actions.ReopenByRun(p.tx, p.a, reason, p.detail()); err != nil {
		return err
	}
	return p.effect(cause, actions.RunReopened)
}

// lastHeld is the run that verified the action last, nil where none did.
func (p *proving) lastHeld() (*evidence.Item, error) {
	var row actions.Run
	for _, r := range p.rows {
		if r.Effect == actions.RunVerified && r.At.After(row.At) {
			row = r
		}
	}
	if row.ItemID == 0 {
		return nil, nil
	}
	if row.ItemID == p.run.ID {
		return p.run, nil
	}
	var it []evidence.Item
	err := p.tx.Where("id = ?", row.ItemID).Find(&it).Error
	if err != nil || len(it) == 0 {
		return nil, err
	}
	return &it[0], nil
}

func (p *proving) detail() map[string]any {
	d := map[string]any{"run": p.run.ID, "outcome": p.run.Showed()}
	if p.last != nil {
		d["last_run"], d["last_outcome"] = p.last.ID, p.last.Showed()
	}
	return d
}

// effect writes down what a run did.
func (p *proving) effect(run *evidence.Item, e actions.RunEffect) error {
	row := actions.Run{ActionID: p.a.ID, ItemID: run.ID, Outcome: string(run.Showed()), Effect: e, At: p.now}
	p.rows[run.ID] = row
	return p.put(row)
}

// list keeps the run beside the action, whatever it showed.
func (p *proving) list() error {
	row, known := p.rows[p.run.ID]
	at := p.run.EndedAt
	if at == nil {
		at = p.run.StartedAt
	}
	if !known && (p.run.DryRun || at == nil || !at.After(p.a.CreatedAt)) {
		return nil
	}
	showed := string(p.run.Showed())
	if known && row.Outcome == showed {
		return nil
	}
	if !known {
		row = actions.Run{ActionID: p.a.ID, ItemID: p.run.ID, At: p.now}
	}
	row.Outcome = showed
	return p.put(row)
}

func (p *proving) put(row actions.Run) error {
	return p.tx.Clauses(clause.OnConflict{
		Columns: []clause.Column{{Name: "action_id"}, {Name: "item_id"}}, DoUpdates: clause.AssignmentColumns([]string{"outcome", "effect", "at"}),
	}).Create(&row).Error
}

// zone is that of the document.
func (p *proving) zone() (*time.Location, error) {
	var c COE
	err := p.tx.Select("zone").Take(&c, "id = ?", p.a.COEID).Error
	return c.Location(), err
}

func runTime(run *evidence.Item, zone *time.Location) string {
	if run.EndedAt == nil {
		return "an unknown day"
	}
	return run.EndedAt.In(zone).Format("Mon 2 Jan 2006, 15:04 MST")
}

// runName names a run in a sentence; some tools name theirs by long hashes.
func runName(run *evidence.Item) string {
	if len(run.ExternalID) <= 40 {
		return run.Ref()
	}
	return run.Tool + ":" + run.ExternalID[:12] + "…"
}

func runPage(run *evidence.Item) string { return fmt.Sprintf("/runs/%d", run.ID) }

// failedWords says what a failed run did.
func failedWords(run *evidence.Item) string {
	if run.Showed() == evidence.Halted {
		return "was halted"
	}
	return string(run.Showed())
}

// recorded says as what a run counts that does not prove anything any more.
func recorded(run *evidence.Item) string {
	switch {
	case run.DryRun:
		return "a dry run"
	case run.Showed() == "":
		return string(evidence.Unknown)
	}
	return string(run.Showed())
}
