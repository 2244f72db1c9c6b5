package evidence

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"coetracker/internal/dbtest"
	"coetracker/people"
)

// desk is a store with a source, the service cart, and somebody who keeps
// items.
type desk struct {
	*plans
	g      *gorm.DB
	clock  *dbtest.Clock
	cart   int64
	source Source
	posts  int
}

func newDesk(t testing.TB, open func(testing.TB, ...dbtest.Option) *gorm.DB) *desk {
	t.Helper()
	clock := dbtest.NewClock(dbtest.Start)
	g := open(t, dbtest.WithClock(clock))
	d := &desk{plans: newPlans(t, g), g: g, clock: clock}
	persons := &people.Store{DB: g, Wall: d.s.Wall, Zone: time.UTC}
	sv, err := persons.AddService(t.Context(), people.Operator(), "cart", people.ServiceEdit{Aliases: &[]string{"acme/cart", "shop/cart"}})
	d.must(err)
	d.cart = sv.ID
	d.source = Source{Name: "everything", TokenHash: pointer("hash"), Verifier: "none", Version: 1}
	d.must(g.Create(&d.source).Error)
	return d
}

// eachDesk runs a test on both databases.
func eachDesk(t *testing.T, f func(t *testing.T, d *desk)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); f(t, newDesk(t, dbtest.New)) })
	t.Run("postgres", func(t *testing.T) { t.Parallel(); f(t, newDesk(t, dbtest.Postgres)) })
}

func pointer[T any](v T) *T { return &v }

// arrive stores deliveries without reading them.
func (d *desk) arrive(bodies ...string) (ids []int64) {
	d.t.Helper()
	for _, body := range bodies {
		d.posts++
		row := Delivery{
			SourceID: d.source.ID, DedupeKey: fmt.Sprint("post ", d.posts), Headers: "{}", Body: []byte(body), Size: int64(len(body)),
			State: Received, ReceivedAt: d.clock.Now(),
		}
		d.must(d.g.Create(&row).Error)
		ids = append(ids, row.ID)
	}
	return ids
}

// tell keeps records that a tool made, as one delivery.
func (d *desk) tell(tool string, records ...Record) {
	d.t.Helper()
	id := d.arrive("{}")[0]
	d.must(d.s.keepAll(d.t.Context(), []reading{told(id, tool, d.clock.Now(), records)}))
}

func told(id int64, tool string, at time.Time, records []Record) reading {
	var out result
	r := reading{id: id, tool: tool, received: at}
	for _, record := range records {
		out.add(record)
	}
	for _, record := range out.records {
		record, _ = tidy(record, at)
		r.records, r.count = append(r.records, record), r.count+1
	}
	return r
}

func (d *desk) item(kind Type, key string) Item {
	d.t.Helper()
	var i Item
	if err := d.g.Where("type = ? AND subject_key = ?", kind, key).Take(&i).Error; err != nil {
		d.t.Fatalf("%s %s: %v", kind, key, err)
	}
	return i
}

func (d *desk) count(table string) (n int64) {
	d.t.Helper()
	d.must(d.g.Table(table).Count(&n).Error)
	return n
}

// clear takes out everything that arrived and what came of it.
func (d *desk) clear() {
	d.t.Helper()
	for _, table := range []string{"evidence_items", "experiments", "hook_deliveries"} {
		d.must(d.g.Exec("DELETE FROM " + table).Error)
	}
}

// rows gives all that projection makes, without what depends on when and in
// which order it was made.
func (d *desk) rows() string {
	d.t.Helper()
	var items []Item
	d.must(d.g.Order("type, tool, subject_key").Find(&items).Error)
	key, spans := map[int64]string{}, map[int64][]Span{}
	for _, i := range items {
		key[i.ID] = string(i.Type) + " " + i.SubjectKey
	}
	var all []Span
	d.must(d.g.Order("started_at").Find(&all).Error)
	for _, sp := range all {
		id := sp.ItemID
		sp.ItemID, sp.StartedAt, sp.EndedAt = 0, sp.StartedAt.UTC(), utc(sp.EndedAt)
		spans[id] = append(spans[id], sp)
	}
	var xs []Experiment
	d.must(d.g.Find(&xs).Error)
	experiments := map[int64]string{}
	for _, x := range xs {
		experiments[x.ID] = x.Tool + " " + x.Definition
	}
	said := map[string]string{}
	var statements []Statement
	d.must(d.g.Find(&statements).Error)
	for _, st := range statements {
		said[key[st.ItemID]+" "+st.DedupeKey] = st.Body
	}
	name := func(id *int64, names map[int64]string) string {
		if id == nil {
			return ""
		}
		return names[*id]
	}
	var out strings.Builder
	for _, i := range items {
		i.StartedAt, i.EndedAt, i.SettleUntil = utc(i.StartedAt), utc(i.EndedAt), utc(i.SettleUntil)
		links := []string{name(i.UndoesID, key), name(i.UndoneByID, key), name(i.ExperimentID, experiments)}
		mine := spans[i.ID]
		i.UndoesID, i.UndoneByID, i.ExperimentID = nil, nil, nil
		i.ID, i.Version, i.CreatedAt, i.UpdatedAt = 0, 0, time.Time{}, time.Time{}
		text, err := json.MarshalIndent(map[string]any{"item": i, "spans": mine, "links": links}, "", " ")
		d.must(err)
		out.Write(append(text, '\n'))
	}
	text, err := json.MarshalIndent(said, "", " ")
	d.must(err)
	return out.String() + string(text)
}

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	return pointer(t.UTC())
}
