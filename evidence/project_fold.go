package evidence

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"coetracker/internal/db"
	"coetracker/people"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// settling is how long after its end what fires still belongs to a run.
const settling = 10 * time.Minute

// fold works out items from their statements and saves what changed: runs,
// rollbacks and alarms first, then deployments in their order, since those
// depend on rollbacks and on the deployments before them, then what depends on
// these.
func (s *Store) fold(tx *gorm.DB, set []*subject) error {
	if err := work(tx, set); err != nil {
		return err
	}
	deployment := func(s *subject) bool { return s.item.Type == TypeDeployment }
	others := slices.DeleteFunc(slices.Clone(set), deployment)
	deployments := slices.DeleteFunc(slices.Clone(set), func(s *subject) bool { return !deployment(s) })
	restored, err := restoredAfter(tx, deployments, others)
	if err != nil {
		return err
	}
	others = append(others, restored...)
	if err := pointBack(tx, others); err != nil {
		return err
	}
	if err := pointRestored(tx, others, deployments); err != nil {
		return err
	}
	if err := saveAll(tx, others); err != nil {
		return err
	}
	undone, err := undoneBy(tx, others, deployments)
	if err != nil {
		return err
	}
	if err := foldDeployments(tx, append(deployments, undone...)); err != nil {
		return err
	}
	after, err := deployedAfter(tx, append(slices.Concat(others, undone), deployments...))
	if err != nil {
		return err
	}
	if err := foldDeployments(tx, after); err != nil {
		return err
	}
	for _, run := range others {
		if err := s.settle(tx, &run.item); err != nil {
			return err
		}
	}
	return nil
}

// refresh folds items anew that nothing new was said about.
func (s *Store) refresh(tx *gorm.DB, ids []int64) error {
	for part := range slices.Chunk(ids, projectBatch) {
		set, err := lock(tx, tx.Where("id IN ?", part))
		if err != nil {
			return err
		}
		for _, one := range set {
			one.anew = true
		}
		if err := s.fold(tx, set); err != nil {
			return err
		}
	}
	return nil
}

// lock reads items for a change.
func lock(tx, where *gorm.DB) ([]*subject, error) {
	var items []Item
	if err := db.ForUpdate(tx).Where(where).Order("id").Find(&items).Error; err != nil {
		return nil, fmt.Errorf("lock items: %w", err)
	}
	set := make([]*subject, len(items))
	for i, item := range items {
		set[i] = &subject{stored: item}
	}
	return set, nil
}

// work folds the statements of each item and resolves its service and its
// experiment. Nothing is saved.
func work(tx *gorm.DB, set []*subject) error {
	var names []string
	for _, s := range set {
		if err := s.work(tx); err != nil {
			return err
		}
		if !s.stored.ServiceSet {
			names = append(names, s.item.AllNames()...)
		}
	}
	byName, err := people.ServicesByAlias(tx, names)
	if err != nil {
		return fmt.Errorf("find services: %w", err)
	}
	for _, s := range set {
		s.resolve(byName)
	}
	return nil
}

func (s *subject) work(tx *gorm.DB) error {
	stored, err := s.statements(tx)
	if err != nil {
		return err
	}
	records := make([]Record, 0, len(stored))
	for _, st := range stored {
		r, err := st.record()
		if err != nil {
			return err
		}
		records = append(records, r)
	}
	item, spans := Fold(records)
	s.item, s.spans = s.stored.over(item), spans
	if len(stored) == maxStatements {
		return s.keepOlder(tx, stored[len(stored)-1].OccurredAt)
	}
	return nil
}

// statements are all that was said of an item. Of a new one that is only what
// was said just now.
func (s *subject) statements(tx *gorm.DB) ([]Statement, error) {
	if !s.isNew || db.IsPostgres(tx) { // there another may have made it meanwhile
		return statementsOf(tx, s.stored.ID, maxStatements)
	}
	all := make([]Statement, 0, len(s.said))
	for _, st := range s.said {
		all = append(all, st)
	}
	return all, nil
}

// keepOlder keeps what older statements said that are not folded any more. A
// stretch that reaches into the folded ones goes on.
func (s *subject) keepOlder(tx *gorm.DB, from time.Time) error {
	s.from = from
	var last []Span
	err := tx.Where("item_id = ? AND started_at < ?", s.stored.ID, from).Order("started_at DESC").Limit(1).Find(&last).Error
	if err != nil {
		return fmt.Errorf("read the span before: %w", err)
	}
	if len(last) == 1 && len(s.spans) > 0 {
		was, is := last[0], &s.spans[0]
		if was.EndedAt == nil || is.StartedAt.Sub(*was.EndedAt) <= flapping {
			is.StartedAt, is.Times = was.StartedAt, max(was.Times, is.Times)
		}
	}
	if len(s.spans) > 0 && (s.item.Type != TypeAlarm || len(s.spans) == 1) {
		s.item.StartedAt = earlier(&s.spans[0].StartedAt, s.item.StartedAt)
	}
	if s.item.Type != TypeAlarm {
		s.item.StartedAt = earlier(s.stored.StartedAt, s.item.StartedAt)
	}
	return nil
}

// over lays what was folded over an item, and keeps what people said and what is
// worked out elsewhere.
func (i Item) over(f Item) Item {
	i.ExternalID = cmp.Or(f.ExternalID, i.ExternalID)
	i.Title, i.Service, i.Names = f.Title, f.Service, f.Names
	i.Environment, i.Region = f.Environment, f.Region
	i.State, i.Rank, i.ToolOutcome = f.State, f.Rank, f.ToolOutcome
	i.StartedAt, i.EndedAt, i.Gap = f.StartedAt, f.EndedAt, f.Gap
	i.FromVersion, i.ToVersion, i.Undoes = f.FromVersion, f.ToVersion, f.Undoes
	i.Cause, i.Alarms, i.DryRun = f.Cause, f.Alarms, f.DryRun
	i.Definition, i.Detail = f.Definition, f.Detail
	if i.Type == TypeExperiment && i.EndedAt != nil {
		until := i.EndedAt.Add(settling)
		i.SettleUntil = &until
	}
	return i
}

// resolve finds the service by the names that tools use, else takes the one of
// the source. What a person said stays.
func (s *subject) resolve(byName map[string]int64) {
	if s.item.ServiceSet {
		return
	}
	for _, name := range s.item.AllNames() {
		if id := byName[name]; id != 0 {
			s.item.ServiceID = &id
			return
		}
	}
	if s.item.ServiceID == nil {
		s.item.ServiceID = s.fallback
	}
}

// saveAll saves what changed of items and their spans.
func saveAll(tx *gorm.DB, set []*subject) error {
	for _, s := range set {
		if err := s.save(tx); err != nil {
			return err
		}
	}
	return saveSpans(tx, set)
}

func (s *subject) save(tx *gorm.DB) error {
	if s.moved() {
		if err := matchExperiment(tx, &s.item); err != nil {
			return err
		}
	}
	if s.item.Showed() != s.stored.Showed() || !same(s.item.ExperimentID, s.stored.ExperimentID) {
		s.item.Settled = false // what follows from the run is to be done again
	}
	cols := differences(s.stored, s.item)
	if len(cols) == 0 {
		return nil
	}
	cols["version"] = gorm.Expr("version + 1")
	if s.isNew {
		delete(cols, "version")
	} else {
		s.item.Version++
	}
	if err := tx.Model(&Item{}).Where("id = ?", s.item.ID).Updates(cols).Error; err != nil {
		return fmt.Errorf("save item %d: %w", s.item.ID, err)
	}
	return nil
}

func (s *subject) changed() bool { return len(differences(s.stored, s.item)) > 0 }

// moved reports whether others may depend on what is new about this one.
func (s *subject) moved() bool { return s.isNew || s.anew || s.changed() }

// saveSpans makes the stored spans those that were folded.
func saveSpans(tx *gorm.DB, set []*subject) error {
	have, err := storedSpans(tx, set)
	if err != nil {
		return fmt.Errorf("read spans: %w", err)
	}
	var put []Span
	for _, s := range set {
		is := map[int64]Span{} // by start
		for _, sp := range s.spans {
			sp.ItemID = s.item.ID
			is[sp.StartedAt.UnixMicro()] = sp
		}
		for _, was := range have[s.item.ID] {
			sp, stays := is[was.StartedAt.UnixMicro()]
			switch {
			case stays && sp.Times == was.Times && sameTime(sp.EndedAt, was.EndedAt):
				delete(is, was.StartedAt.UnixMicro())
			case !stays:
				if err := tx.Where("item_id = ? AND started_at = ?", was.ItemID, was.StartedAt).Delete(&Span{}).Error; err != nil {
					return fmt.Errorf("take out a span: %w", err)
				}
			}
		}
		for _, sp := range is {
			put = append(put, sp)
		}
	}
	if len(put) == 0 {
		return nil
	}
	slices.SortFunc(put, func(a, b Span) int {
		return cmp.Or(cmp.Compare(a.ItemID, b.ItemID), a.StartedAt.Compare(b.StartedAt))
	})
	err = tx.Clauses(clause.OnConflict{
		Columns:   []clause.Column{{Name: "item_id"}, {Name: "started_at"}},
		DoUpdates: clause.AssignmentColumns([]string{"ended_at", "times"}),
	}).CreateInBatches(put, 500).Error
	if err != nil {
		return fmt.Errorf("save spans: %w", err)
	}
	return nil
}

// storedSpans reads the spans that may change: of an item with more statements
// than are folded, those since the oldest of these.
func storedSpans(tx *gorm.DB, set []*subject) (map[int64][]Span, error) {
	var ids []int64
	for _, s := range set {
		if (!s.isNew || db.IsPostgres(tx)) && s.from.IsZero() {
			ids = append(ids, s.item.ID)
		}
	}
	have, err := SpansOf(tx, ids)
	if err != nil {
		return nil, err
	}
	for _, s := range set {
		if s.from.IsZero() {
			continue
		}
		var late []Span
		if err := tx.Where("item_id = ? AND started_at >= ?", s.item.ID, s.from).Find(&late).Error; err != nil {
			return nil, err
		}
		have[s.item.ID] = late
	}
	return have, nil
}

func sameTime(a, b *time.Time) bool {
	return a == nil && b == nil || a != nil && b != nil && a.Equal(*b)
}

// differences are the columns that a fold changed.
func differences(was, is Item) map[string]any {
	cols := map[string]any{}
	put := func(name string, same bool, v any) {
		if !same {
			cols[name] = v
		}
	}
	put("external_id", was.ExternalID == is.ExternalID, is.ExternalID)
	put("title", was.Title == is.Title, is.Title)
	put("service", was.Service == is.Service, is.Service)
	put("names", was.Names == is.Names, is.Names)
	put("environment", was.Environment == is.Environment, is.Environment)
	put("region", was.Region == is.Region, is.Region)
	put("state", was.State == is.State, is.State)
	put("rank", was.Rank == is.Rank, is.Rank)
	put("tool_outcome", was.ToolOutcome == is.ToolOutcome, is.ToolOutcome)
	put("started_at", sameTime(was.StartedAt, is.StartedAt), is.StartedAt)
	put("ended_at", sameTime(was.EndedAt, is.EndedAt), is.EndedAt)
	put("settle_until", sameTime(was.SettleUntil, is.SettleUntil), is.SettleUntil)
	put("settled", was.Settled == is.Settled, is.Settled)
	put("from_version", was.FromVersion == is.FromVersion, is.FromVersion)
	put("to_version", was.ToVersion == is.ToVersion, is.ToVersion)
	put("undoes", was.Undoes == is.Undoes, is.Undoes)
	put("cause", was.Cause == is.Cause, is.Cause)
	put("alarms", was.Alarms == is.Alarms, is.Alarms)
	put("dry_run", was.DryRun == is.DryRun, is.DryRun)
	put("gap", was.Gap == is.Gap, is.Gap)
	put("definition", was.Definition == is.Definition, is.Definition)
	put("detail", was.Detail == is.Detail, is.Detail)
	put("service_id", same(was.ServiceID, is.ServiceID), is.ServiceID)
	put("experiment_id", same(was.ExperimentID, is.ExperimentID), is.ExperimentID)
	put("undoes_id", same(was.UndoesID, is.UndoesID), is.UndoesID)
	put("undone_by_id", same(was.UndoneByID, is.UndoneByID), is.UndoneByID)
	return cols
}
