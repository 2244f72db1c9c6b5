package timeline

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"coetracker/internal/db"
	"coetracker/internal/dbtest"
	"coetracker/internal/fault"
	"coetracker/people"
)

// shop is a store with one COE, which ana owns and dan may only read.
type shop struct {
	t        *testing.T
	ctx      context.Context
	g        *gorm.DB
	s        *Store
	coe      int64
	ana, dan *people.Principal
}

func each(t *testing.T, f func(t *testing.T, w *shop)) {
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) { f(t, newShop(t, g)) })
}

func newShop(t *testing.T, g *gorm.DB) *shop {
	w := &shop{t: t, ctx: t.Context(), g: g, s: &Store{DB: g}}
	w.ana, w.dan = w.person("ana", people.Writer), w.person("dan", people.Reader)
	now := db.Now(g)
	w.must(g.Raw(`INSERT INTO coes (uid, number, title, kind, severity, state_since, owner_id, created_at, updated_at)
		VALUES ('u', 1, 'T', 'incident', 2, ?, ?, ?, ?) RETURNING id`, now, w.ana.ID, now, now).Scan(&w.coe).Error)
	return w
}

func (w *shop) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *shop) person(name string, role people.Role) *people.Principal {
	p := people.Person{Email: name + "@example.com", Name: name, Role: role, Version: 1}
	w.must(w.g.Create(&p).Error)
	return &people.Principal{Person: p}
}

// typed is an edit for an entry at a clock time of 3 March 2026; "" is no time.
func typed(clock, text string) Edit {
	e := Edit{When: &When{Zone: "Europe/London"}, Text: &text}
	if clock != "" {
		when, err := time.Parse("2006-01-02 15:04", "2026-03-03 "+clock)
		if err != nil {
			panic(err)
		}
		e.When.At = &when
	}
	return e
}

func (w *shop) add(edits ...Edit) []Entry {
	w.t.Helper()
	list, err := w.s.AddMany(w.ctx, w.ana, w.coe, edits)
	w.must(err)
	return list
}

// shows lists the texts in their order.
func (w *shop) shows() string {
	w.t.Helper()
	list, err := w.s.List(w.ctx, w.dan, w.coe)
	w.must(err)
	var out []string
	for _, e := range list {
		out = append(out, e.Text)
	}
	return strings.Join(out, " ")
}

func (w *shop) seq() (n int64) {
	w.must(w.g.Table("coes").Where("id = ?", w.coe).Pluck("seq", &n).Error)
	return n
}

func refused(t *testing.T, err error, kind fault.Kind, field string) *fault.Error {
	t.Helper()
	e, ok := fault.Of(err)
	if !ok || e.Kind != kind || e.Field != field {
		t.Fatalf("got %v, want a fault %s on %q", err, kind, field)
	}
	return e
}

func TestStore_Add_keepsOrder(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *shop) {
		list := w.add(typed("10:05", "b"), typed("10:00", "a"), typed("10:05", "c"), typed("", "unknown"))
		if got := w.shows(); got != "a b c unknown" {
			t.Errorf("got %q", got)
		}
		behind := typed("10:05", "b2")
		behind.After = list[0].Key
		w.add(behind)
		if got := w.shows(); got != "a b b2 c unknown" {
			t.Errorf("got %q", got)
		}
		if w.seq() != 2 {
			t.Errorf("two calls took %d numbers", w.seq())
		}
		one, err := w.s.Add(w.ctx, w.ana, w.coe, typed("10:09", "*d*"))
		w.must(err)
		if !strings.Contains(one.HTML, "<em>d</em>") || one.Zone != "Europe/London" || one.Precision != Exact || one.Kind != Note || len(one.Key) != 8 {
			t.Errorf("got %+v", one)
		}
	})
}

func TestStore_Add_refuses(t *testing.T) {
	t.Parallel()
	w := newShop(t, dbtest.New(t))
	str := func(s string) *string { return &s }
	kind, early := Kind("boom"), time.Date(25, 3, 3, 10, 0, 0, 0, time.UTC)
	tests := map[string]struct {
		field  string
		change func(*Edit)
	}{
		"no text":        {"text", func(e *Edit) { e.Text = str(" \n") }},
		"NUL":            {"text", func(e *Edit) { e.Text = str("a\x00") }},
		"a long text":    {"text", func(e *Edit) { e.Text = str(strings.Repeat("x", 65<<10)) }},
		"kind":           {"kind", func(e *Edit) { e.Kind = &kind }},
		"how":            {"detected_how", func(e *Edit) { k := Detected; e.Kind, e.DetectedHow = &k, str("smell") }},
		"source":         {"source", func(e *Edit) { e.Source = str("rumour") }},
		"zone":           {"zone", func(e *Edit) { e.When.Zone = "IST" }},
		"precision":      {"precision", func(e *Edit) { e.When.Precision = "vague" }},
		"the year 25":    {"time", func(e *Edit) { e.When.At = &early }},
		"behind nothing": {"after", func(e *Edit) { e.After = "aaaaaaaa" }},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			e := typed("10:00", "x")
			tt.change(&e)
			_, err := w.s.Add(w.ctx, w.ana, w.coe, e)
			refused(t, err, fault.Invalid, tt.field)
		})
	}
	_, err := w.s.AddMany(w.ctx, w.ana, w.coe, []Edit{typed("10:00", "fine"), typed("10:01", "")})
	if e, _ := fault.Of(err); e == nil || !strings.HasPrefix(e.Text, "Entry 2:") {
		t.Errorf("got %v", err)
	}
	_, err = w.s.Add(w.ctx, w.dan, w.coe, typed("10:00", "x"))
	refused(t, err, fault.Forbidden, "")
	_, err = w.s.Add(w.ctx, w.ana, 99, typed("10:00", "x"))
	refused(t, err, fault.NotFound, "")
	if w.shows() != "" || w.seq() != 0 {
		t.Errorf("stored %q, seq %d", w.shows(), w.seq())
	}
}

func TestStore_EditEntry(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *shop) {
		e := w.add(typed("10:00", "a"))[0]
		same, err := w.s.EditEntry(w.ctx, w.ana, w.coe, e.Key, 1, typed("10:00", "a"))
		w.must(err)
		if same.Version != 1 || w.seq() != 1 {
			t.Errorf("an edit that changes nothing: version %d, seq %d", same.Version, w.seq())
		}
		edited, err := w.s.EditEntry(w.ctx, w.ana, w.coe, e.Key, 1, typed("", "**b**"))
		w.must(err)
		if edited.Version != 2 || edited.At != nil || edited.Precision != Unknown || !strings.Contains(edited.HTML, "<strong>") {
			t.Errorf("got %+v", edited)
		}
		_, err = w.s.EditEntry(w.ctx, w.ana, w.coe, e.Key, 1, typed("10:00", "mine"))
		c, _ := refused(t, err, fault.Conflict, "").Detail.(*Conflict)
		if c == nil || c.Yours.Text != "mine" || c.Theirs.Text != "**b**" {
			t.Errorf("conflict %+v", c)
		}
		_, err = w.s.EditEntry(w.ctx, w.dan, w.coe, e.Key, 2, typed("10:00", "x"))
		refused(t, err, fault.Forbidden, "")
	})
}

func TestStore_EditEntry_oneKeyOfAKind(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *shop) {
		detected, note, yes := Detected, Note, true
		first, second, third := typed("10:00", "a"), typed("10:05", "b"), typed("10:06", "c")
		first.Kind, second.Kind, third.Kind = &detected, &detected, &note
		first.IsKey, third.IsKey = &yes, &yes
		list := w.add(first, second, third)
		_, err := w.s.EditEntry(w.ctx, w.ana, w.coe, list[1].Key, 1, Edit{IsKey: &yes})
		w.must(err)
		now, err := w.s.List(w.ctx, w.ana, w.coe)
		w.must(err)
		if now[0].IsKey || !now[1].IsKey || now[2].IsKey || now[0].Version != 2 {
			t.Errorf("got %+v", now)
		}
	})
}

func TestStore_shifts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *shop) {
		list := w.add(typed("10:00", "a"), typed("10:30", "b"), typed("", "c"))
		keys := []string{list[0].Key, list[1].Key, list[2].Key}
		clock := func() string {
			now, err := w.s.List(w.ctx, w.ana, w.coe)
			w.must(err)
			var out []string
			for _, e := range now {
				if e.At != nil {
					out = append(out, e.Text+e.At.In(e.Location()).Format(" 02 15:04 ")+e.At.UTC().Format("15:04"))
				}
			}
			return strings.Join(out, ", ")
		}
		before := clock()
		done, err := w.s.ShiftZone(w.ctx, w.ana, w.coe, keys, "PST")
		w.must(err)
		if got := clock(); got != "a 03 10:00 18:00, b 03 10:30 18:30" || done[0].Odd {
			t.Errorf("zone: %s, %+v", got, done)
		}
		w.must(w.s.Restamp(w.ctx, w.ana, w.coe, done))
		if got := clock(); got != before {
			t.Errorf("undone: %s, before: %s", got, before)
		}
		refused(t, w.s.Restamp(w.ctx, w.ana, w.coe, done), fault.Conflict, "")
		done, err = w.s.ShiftDays(w.ctx, w.ana, w.coe, keys[:1], 26) // over the change to summer time
		w.must(err)
		if got := clock(); got != "b 03 10:30 10:30, a 29 10:00 09:00" {
			t.Errorf("days: %s", got)
		}
		odd, err := w.s.ShiftDays(w.ctx, w.ana, w.coe, keys[:1], -1000000)
		refused(t, err, fault.Invalid, "days")
		if odd != nil || len(done) != 1 || done[0].Version != 4 {
			t.Errorf("shifted %+v, %+v", done, odd)
		}
		_, err = w.s.ShiftZone(w.ctx, w.ana, w.coe, []string{keys[0], "aaaaaaaa"}, "PST")
		refused(t, err, fault.NotFound, "")
		_, err = w.s.ShiftZone(w.ctx, w.ana, w.coe, nil, "PST")
		refused(t, err, fault.Invalid, "entries")
		_, err = w.s.ShiftZone(w.ctx, w.ana, w.coe, keys, "IST")
		refused(t, err, fault.Invalid, "zone")
	})
}

// A wall clock time that a zone skipped or showed twice is pointed out.
func TestStore_ShiftZone_oddTimes(t *testing.T) {
	t.Parallel()
	w := newShop(t, dbtest.New(t))
	skipped := typed("01:30", "skipped")
	when := time.Date(2026, 3, 29, 1, 30, 0, 0, time.UTC)
	skipped.When = &When{At: &when, Zone: "UTC"}
	twice := typed("01:30", "twice")
	again := time.Date(2026, 10, 25, 1, 30, 0, 0, time.UTC)
	twice.When = &When{At: &again, Zone: "UTC"}
	list := w.add(skipped, twice, typed("10:00", "plain"))
	done, err := w.s.ShiftZone(w.ctx, w.ana, w.coe, []string{list[0].Key, list[1].Key, list[2].Key}, "Europe/London")
	w.must(err)
	if !done[0].Odd || !done[1].Odd || done[2].Odd {
		t.Errorf("got %+v", done)
	}
}

func TestStore_starAndDelete(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *shop) {
		raw := true
		collected := typed("10:01", "b")
		collected.Raw = &raw
		list := w.add(typed("10:00", "a"), collected)
		keys := []string{list[0].Key, list[1].Key}
		w.must(w.s.Star(w.ctx, w.ana, w.coe, keys[1:], true))
		now, err := w.s.List(w.ctx, w.ana, w.coe)
		w.must(err)
		if now[1].Raw || now[1].Version != 2 {
			t.Errorf("starred %+v", now[1])
		}
		refused(t, w.s.Delete(w.ctx, w.dan, w.coe, keys), fault.Forbidden, "")
		w.must(w.s.Delete(w.ctx, w.ana, w.coe, keys))
		if got := w.shows(); got != "" {
			t.Errorf("deleted: %q", got)
		}
		refused(t, w.s.Delete(w.ctx, w.ana, w.coe, keys), fault.NotFound, "")
		w.must(w.s.Undelete(w.ctx, w.ana, w.coe, keys))
		if got := w.shows(); got != "a b" {
			t.Errorf("restored: %q", got)
		}
		var verbs []string
		w.must(w.g.Table("audit").Order("id").Pluck("verb", &verbs).Error)
		if !slices.Equal(verbs, []string{"entry.add", "entry.star", "entry.delete", "entry.undelete"}) {
			t.Errorf("audited %q", verbs)
		}
	})
}

func TestProposed_Accept(t *testing.T) {
	t.Parallel()
	w := newShop(t, dbtest.New(t))
	day := time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC)
	proposed := ParsePaste("10:02 Alarm fired\n10:05-10:09 Rolled back", Context{Zone: time.UTC, ZoneName: "UTC", Window: &day, Now: day})
	var edits []Edit
	for _, p := range proposed {
		edits = append(edits, p.Accept(SourcePasted))
	}
	list := w.add(edits...)
	if len(list) != 2 || list[0].Source != SourcePasted || list[1].EndAt == nil || list[1].EndAt.Sub(*list[1].At) != 4*time.Minute {
		t.Errorf("stored %+v", list)
	}
}

// However many entries somebody asks for, the answer is a sentence.
func TestStore_Undelete_bounded(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *shop) {
		for _, n := range []int{0, 70_000} {
			err := w.s.Undelete(w.ctx, w.ana, w.coe, make([]string, n))
			if f, ok := fault.Of(err); !ok || f.Kind != fault.Invalid || f.Field != "entries" {
				t.Errorf("%d entries: %v", n, err)
			}
		}
	})
}
