package timeline

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"gorm.io/gorm"

	"coetracker/internal/audit"
	"coetracker/internal/change"
	"coetracker/internal/db"
	"coetracker/internal/fault"
	"coetracker/people"
)

// Store keeps the entries of COEs. Each exported verb is one transaction: it
// checks the rights of who asks (p), saves against a version, numbers the
// change and writes an audit row.
type Store struct {
	DB     *gorm.DB
	Host   string                 // our own host name; links to others are marked as foreign
	LinkID func(id string) string // the address an identifier in text links to, see markdown.Options
}

// Part is what change.Record calls an entry. A change of many entries at once
// has part id 0.
const Part = "entry"

// most bounds how many entries one call may touch.
const most = 2000

// Conflict is the detail of a refused save: the entry as it would have become,
// and as somebody else left it.
type Conflict struct {
	Yours, Theirs Entry
}

// List gives the entries of a COE that p may see, in the order of Sort: raw
// ones too, deleted ones not.
func (s *Store) List(ctx context.Context, p *people.Principal, coeID int64) ([]Entry, error) {
	tx := s.DB.WithContext(ctx)
	if _, err := may(tx, p, people.View, coeID); err != nil {
		return nil, err
	}
	var list []Entry
	err := tx.Where("coe_id = ? AND deleted_at IS NULL", coeID).Order("rank, id").Find(&list).Error
	Sort(list)
	return list, err
}

// Add adds one entry.
func (s *Store) Add(ctx context.Context, p *people.Principal, coeID int64, e Edit) (Entry, error) {
	list, err := s.AddMany(ctx, p, coeID, []Edit{e})
	if err != nil {
		return Entry{}, err
	}
	return list[0], nil
}

// AddMany adds entries in their order, all or none: the accepted rows of a
// preview, or what a tool reports.
func (s *Store) AddMany(ctx context.Context, p *people.Principal, coeID int64, edits []Edit) ([]Entry, error) {
	if _, err := may(s.DB.WithContext(ctx), p, people.Edit, coeID); err != nil {
		return nil, err
	}
	list, err := s.Prepare(ctx, edits)
	if err != nil {
		return nil, err
	}
	err = s.do(ctx, p, coeID, func(w *work) error { return Insert(w.tx, p, coeID, list, edits...) })
	return list, err
}

// Prepare checks and renders new entries without touching the database, for a
// verb of another package that then calls Insert in its transaction.
func (s *Store) Prepare(ctx context.Context, edits []Edit) ([]Entry, error) {
	if len(edits) > most {
		return nil, fault.Invalidf("entries", "%d entries are too many at once. At most %d are allowed.", len(edits), most)
	}
	list := make([]Entry, len(edits))
	for i, e := range edits {
		list[i] = Entry{Key: db.NewKey(), Zone: "UTC", Precision: Unknown, Kind: Note, Source: SourceTyped}
		if err := e.apply(&list[i]); err != nil {
			return nil, numbered(err, i, len(edits))
		}
		if err := s.render(ctx, &list[i]); err != nil {
			return nil, numbered(err, i, len(edits))
		}
	}
	return list, nil
}

// Insert writes entries that Prepare made, within a caller's transaction that
// has decided about rights. places may say behind which entries they go; the
// others go to the end.
func Insert(tx *gorm.DB, p *people.Principal, coeID int64, list []Entry, places ...Edit) error {
	if len(list) == 0 {
		return nil
	}
	w := &work{tx: tx, p: p, coeID: coeID, now: db.Now(tx)}
	last, err := w.lastRank()
	if err != nil {
		return err
	}
	for i := range list {
		e := &list[i]
		e.ID, e.COEID, e.Version, e.CreatedBy = 0, coeID, 1, p.PersonID()
		if i < len(places) && places[i].After != "" {
			if e.Rank, err = w.rankBehind(places[i].After); err != nil {
				return err
			}
			continue
		}
		last = db.Between(last, "")
		e.Rank = last
	}
	if err := tx.CreateInBatches(&list, 100).Error; err != nil {
		return fmt.Errorf("insert entries: %w", err)
	}
	for _, e := range list {
		if err := w.onlyKey(e); err != nil {
			return err
		}
	}
	id, version := int64(0), int64(0)
	if len(list) == 1 {
		id, version = list[0].ID, 1
	}
	return w.record(id, version, "entry.add", map[string]any{"count": len(list), "source": list[0].Source})
}

// EditEntry changes the entry of version. A version somebody else has replaced
// is a fault.Conflict with a *Conflict. An edit that changes nothing is not
// saved.
func (s *Store) EditEntry(ctx context.Context, p *people.Principal, coeID int64, key string, version int64, e Edit) (Entry, error) {
	now, err := s.get(ctx, p, coeID, key)
	if err != nil {
		return Entry{}, err
	}
	yours := now
	if err := e.apply(&yours); err != nil {
		return Entry{}, err
	}
	if err := s.render(ctx, &yours); err != nil {
		return Entry{}, err
	}
	err = s.do(ctx, p, coeID, func(w *work) error {
		theirs, err := w.find(key)
		if err != nil {
			return err
		}
		if theirs.Version != version || theirs.Version != now.Version {
			return fault.Conflictf("Somebody else changed this entry meanwhile. Both versions are shown; choose what stays.").
				With(&Conflict{Yours: yours, Theirs: theirs})
		}
		if reflect.DeepEqual(yours, now) {
			return nil
		}
		if err := w.save(&yours, e.columns(yours), "entry.edit"); err != nil {
			return err
		}
		return w.onlyKey(yours)
	})
	return yours, err
}

// get reads an entry that p may change.
func (s *Store) get(ctx context.Context, p *people.Principal, coeID int64, key string) (Entry, error) {
	tx := s.DB.WithContext(ctx)
	if _, err := may(tx, p, people.Edit, coeID); err != nil {
		return Entry{}, err
	}
	return (&work{tx: tx, coeID: coeID}).find(key)
}

// work is one verb at work on one COE's entries.
type work struct {
	tx    *gorm.DB
	p     *people.Principal
	coeID int64
	now   time.Time
}

func (s *Store) do(ctx context.Context, p *people.Principal, coeID int64, fn func(w *work) error) error {
	return db.Tx(ctx, s.DB, func(tx *gorm.DB) error {
		if _, err := may(tx, p, people.Edit, coeID); err != nil {
			return err
		}
		return fn(&work{tx: tx, p: p, coeID: coeID, now: db.Now(tx)})
	})
}

// may checks the right; what may not be seen does not exist.
func may(tx *gorm.DB, p *people.Principal, v people.Verb, coeID int64) (people.Resource, error) {
	r, err := people.ResourceOf(tx, coeID)
	switch {
	case err != nil:
		return r, err
	case people.May(p, v, r):
		return r, nil
	case !people.May(p, people.View, r):
		return r, people.NoSuchCOE()
	}
	return r, fault.Forbiddenf("You may read this COE but not change it. Its owner, its writers and its team may.")
}

func (w *work) find(key string) (Entry, error) {
	var e Entry
	err := db.ForUpdate(w.tx).Where("coe_id = ? AND key = ? AND deleted_at IS NULL", w.coeID, key).Take(&e).Error
	if db.IsNotFound(err) {
		return e, fault.NotFoundf("This entry is not there any more. Somebody may have deleted it; it can be restored.")
	}
	return e, err
}

// save writes columns of an entry and records it.
func (w *work) save(e *Entry, cols map[string]any, verb string) error {
	if err := db.SaveVersioned(w.tx, &Entry{}, e.ID, e.Version, cols); err != nil {
		return err
	}
	e.Version++
	e.UpdatedAt = w.now
	return w.record(e.ID, e.Version, verb, map[string]any{"key": e.Key})
}

func (w *work) record(id, version int64, verb string, detail map[string]any) error {
	if _, err := change.Record(w.tx, w.coeID, Part, id, version); err != nil {
		return err
	}
	return audit.Record(w.tx, audit.Entry{
		ActorID: w.p.PersonID(), Actor: w.p.Email, Verb: verb, Object: fmt.Sprintf("%s:%d", Part, id), COEID: &w.coeID, Detail: detail,
	})
}

// onlyKey takes the mark of the key moment from other entries of the kind.
func (w *work) onlyKey(e Entry) error {
	if !e.IsKey {
		return nil
	}
	return w.tx.Model(&Entry{}).Where("coe_id = ? AND kind = ? AND is_key AND id <> ?", w.coeID, e.Kind, e.ID).
		Updates(map[string]any{"is_key": false, "version": gorm.Expr("version + 1")}).Error
}

func (w *work) lastRank() (string, error) {
	var last string
	err := w.tx.Model(&Entry{}).Where("coe_id = ?", w.coeID).Order("rank DESC").Limit(1).Pluck("rank", &last).Error
	return last, err
}

// rankBehind gives the rank right behind an entry.
func (w *work) rankBehind(key string) (string, error) {
	var rank, next string
	err := w.tx.Model(&Entry{}).Where("coe_id = ? AND key = ?", w.coeID, key).Limit(1).Pluck("rank", &rank).Error
	if err == nil && rank == "" {
		err = fault.Invalidf("after", "The entry %s is not in this timeline.", clip(key, 20))
	}
	if err != nil {
		return "", err
	}
	err = w.tx.Model(&Entry{}).Where("coe_id = ? AND rank > ?", w.coeID, rank).Order("rank").Limit(1).Pluck("rank", &next).Error
	return db.Between(rank, next), err
}

// numbered says which of several entries a refusal is about.
func numbered(err error, i, n int) error {
	e, ok := fault.Of(err)
	if !ok || n == 1 {
		return err
	}
	return fault.New(e.Kind, "Entry %d: %s", i+1, e.Text).With(e.Detail)
}
