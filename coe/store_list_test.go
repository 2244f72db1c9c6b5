package coe

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"coetracker/actions"
	"coetracker/internal/db"
	"coetracker/internal/fault"
	"coetracker/people"
	"coetracker/timeline"
)

// numbers gives the documents of a page.
func numbers(rows []ListRow) []int64 {
	var out []int64
	for _, r := range rows {
		out = append(out, r.COE.Number)
	}
	return out
}

// restrict hides a document.
func (w *world) restrict(c COE) {
	w.t.Helper()
	hidden := Restricted
	_, err := w.s.EditHeader(w.ctx, w.root, c.Number, w.load(c.Number).COE.Version, HeaderEdit{Visibility: &hidden})
	w.must(err)
}

func TestStore_List_pages(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for range 7 {
			w.coe()
		}
		w.restrict(COE{Number: 4})
		var got []int64
		cursor := ""
		for range 10 {
			page, err := w.s.List(w.ctx, w.dan, Filter{}, cursor, 2)
			w.must(err)
			got = append(got, numbers(page.Rows)...)
			if cursor = page.Next; cursor == "" {
				break
			}
		}
		if !slices.Equal(got, []int64{7, 6, 5, 3, 2, 1}) {
			t.Errorf("got %v", got)
		}
		_, err := w.s.List(w.ctx, w.dan, Filter{}, "x", 2)
		wants(t, err, fault.Invalid, "cursor")
		page, err := w.s.List(w.ctx, nil, Filter{}, "", 2)
		w.must(err)
		if len(page.Rows) != 0 {
			t.Errorf("nobody sees %d", len(page.Rows))
		}
	})
}

func TestStore_List_filters(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		svc := people.Service{Name: "checkout", Tier: 1, Targets: "{}", Version: 1}
		w.must(w.g.Create(&svc).Error)
		w.coe()
		_, err := w.s.Create(w.ctx, w.bo, New{Title: "100% of LOGINS failed", Kind: NearMiss, Severity: 1, Services: []int64{svc.ID}, Tags: "Cache  dns cache"})
		w.must(err)
		w.review()
		w.action(1, 1, actions.Open, func(a *actions.Action) { a.Due = "2026-03-02" })
		tests := map[string]struct {
			p      *people.Principal
			f      Filter
			wanted []int64
		}{
			"words":           {w.dan, Filter{Words: "logins 100%"}, []int64{2}},
			"a word of none":  {w.dan, Filter{Words: "1_0"}, nil},
			"a tag":           {w.dan, Filter{Words: "DNS"}, []int64{2}},
			"a number":        {w.dan, Filter{Words: "coe-1"}, []int64{1}},
			"kind":            {w.dan, Filter{Kind: NearMiss}, []int64{2}},
			"severities":      {w.dan, Filter{Severity: []int{2, 3}}, []int64{3, 1}},
			"state":           {w.dan, Filter{State: InReview}, []int64{3}},
			"service":         {w.dan, Filter{ServiceID: svc.ID}, []int64{2}},
			"team":            {w.dan, Filter{TeamID: w.team}, []int64{3, 1}},
			"owner":           {w.dan, Filter{OwnerID: w.bo.ID}, []int64{2}},
			"mine":            {w.ana, Filter{View: ViewMine}, []int64{3, 1}},
			"waiting for me":  {w.cleo, Filter{View: ViewWaiting}, []int64{3}},
			"waiting, nobody": {w.ana, Filter{View: ViewWaiting}, nil},
			"in review":       {w.dan, Filter{View: ViewInReview}, []int64{3}},
			"overdue":         {w.dan, Filter{View: ViewOverdue}, []int64{1}},
		}
		for name, tt := range tests {
			page, err := w.s.List(w.ctx, tt.p, tt.f, "", 0)
			if err != nil || !slices.Equal(numbers(page.Rows), tt.wanted) {
				t.Errorf("%s: got %v, %v; want %v", name, numbers(page.Rows), err, tt.wanted)
			}
		}
		_, err = w.s.List(w.ctx, w.dan, Filter{View: "all"}, "", 0)
		wants(t, err, fault.Invalid, "view")
		_, err = w.s.SignOff(w.ctx, w.cleo, 3, VerdictChanges, "Shorter, please.")
		w.must(err)
		page, err := w.s.List(w.ctx, w.ana, Filter{View: ViewWaiting}, "", 0)
		w.must(err)
		if !slices.Equal(numbers(page.Rows), []int64{3}) {
			t.Errorf("after a verdict it waits for its owner: %v", numbers(page.Rows))
		}
	})
}

// An action is overdue from the midnight of its owner, wherever that is.
func TestStore_List_overdueByTheOwnersDay(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.coe()
		w.must(w.g.Model(&people.Person{}).Where("id = ?", w.bo.ID).Update("zone", "Asia/Tokyo").Error)
		w.must(w.g.Model(&people.Person{}).Where("id = ?", w.cleo.ID).Update("zone", "America/Los_Angeles").Error)
		due := func(a *actions.Action) { a.Due = "2026-03-03" }
		w.action(c.ID, 1, actions.InProgress, due)
		w.action(c.ID, 2, actions.Open, due, func(a *actions.Action) { a.OwnerID = &w.cleo.ID })
		w.action(c.ID, 3, actions.Open, due, func(a *actions.Action) { a.OwnerID = nil })
		w.action(c.ID, 4, actions.Verified, due)
		w.action(c.ID, 5, actions.Open, func(a *actions.Action) { a.Due = "" })
		for _, tt := range []struct {
			at      string
			overdue int
		}{{"2026-03-03T14:59:00Z", 0}, {"2026-03-03T15:00:00Z", 1}, {"2026-03-04T00:00:00Z", 2}, {"2026-03-04T08:00:00Z", 3}} {
			now, err := time.Parse(time.RFC3339, tt.at)
			w.must(err)
			w.clock.Set(now)
			page, err := w.s.List(w.ctx, w.dan, Filter{}, "", 0)
			w.must(err)
			if got := page.Rows[0].Actions; got != (ActionCount{Total: 5, Open: 4, Overdue: tt.overdue, Verified: 1}) {
				t.Errorf("at %s: %+v, want %d overdue", tt.at, got, tt.overdue)
			}
		}
	})
}

func TestStore_List_rows(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		svc := people.Service{Name: "checkout", Tier: 1, Targets: "{}", Version: 1}
		w.must(w.g.Create(&svc).Error)
		c := w.coe()
		_, err := w.s.EditHeader(w.ctx, w.ana, c.Number, c.Version, HeaderEdit{Services: &[]int64{svc.ID}})
		w.must(err)
		entry := func(kind timeline.Kind, minute int, key, raw bool) {
			at := w.clock.Now().Add(time.Duration(minute) * time.Minute)
			e := timeline.Entry{COEID: c.ID, Key: db.NewKey(), Rank: "n0", At: &at, Zone: "UTC", Precision: timeline.Exact, Kind: kind, Text: "x", Source: "typed", IsKey: key, Raw: raw, Version: 1}
			w.must(w.g.Create(&e).Error)
		}
		entry(timeline.Detected, 5, false, false)
		entry(timeline.Detected, 9, true, false)
		entry(timeline.Mitigated, 1, false, true)
		entry(timeline.ImpactStart, 3, false, false)
		page, err := w.s.List(w.ctx, w.dan, Filter{}, "", 0)
		w.must(err)
		r := page.Rows[0]
		if r.OwnerName != "ana" || r.TeamName != "Payments" || len(r.Services) != 1 || r.Services[0].Name != "checkout" {
			t.Errorf("row %+v", r)
		}
		if len(r.Moments) != 2 || r.Moments[timeline.Detected].Sub(r.Moments[timeline.ImpactStart]) != 6*time.Minute {
			t.Errorf("moments %v", r.Moments)
		}
	})
}

func TestStore_listsDoNotGrow(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		count := func() string {
			c := db.CountQueries(w.g)
			defer c.Stop()
			_, err := w.s.List(w.ctx, w.dan, Filter{View: ViewOverdue}, "", 0)
			w.must(err)
			n := c.N()
			_, err = w.s.Weekly(w.ctx, w.dan, w.clock.Now())
			w.must(err)
			return fmt.Sprintf("%d and %d queries", n, c.N()-n)
		}
		fill := func(n int) {
			for range n {
				c := w.review()
				for i := range 3 {
					w.action(c.ID, int64(i), actions.Open, func(a *actions.Action) { a.Due = "2026-01-01" })
				}
			}
		}
		fill(1)
		before := count()
		fill(9)
		if after := count(); after != before {
			t.Errorf("%s with 10 documents, %s with 1", after, before)
		}
	})
}

func TestStore_Weekly(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.review()
		hidden := w.review()
		overdue := func(a *actions.Action) { a.Due = "2026-02-20" }
		moved := func(a *actions.Action) { a.Moves = 2 }
		w.action(c.ID, 1, actions.Open, overdue)
		w.action(c.ID, 2, actions.Blocked, moved)
		w.action(c.ID, 3, actions.Verified)
		w.action(hidden.ID, 1, actions.Open, overdue, moved)
		w.action(hidden.ID, 2, actions.Verified)
		w.restrict(hidden)
		win, err := w.s.Create(w.ctx, w.ana, New{Title: "Half the pages", Kind: Win, Severity: 4})
		w.must(err)
		w.must(w.g.Model(&COE{}).Where("id = ?", win.ID).Updates(map[string]any{"state": Closed, "state_since": w.clock.Now()}).Error)
		w.must(w.g.Create(&StateChange{COEID: win.ID, FromState: Approved, ToState: Published, At: w.clock.Now()}).Error)
		w.clock.Advance(time.Hour)
		for _, p := range []*people.Principal{w.dan, w.root} {
			got, err := w.s.Weekly(w.ctx, p, w.clock.Now())
			w.must(err)
			if !slices.Equal(numbers(got.InReview), []int64{1}) || !slices.Equal(numbers(got.Wins), []int64{3}) || !slices.Equal(numbers(got.Closed), []int64{3}) {
				t.Errorf("in review %v, wins %v, closed %v", numbers(got.InReview), numbers(got.Wins), numbers(got.Closed))
			}
			for name, list := range map[string][]WeeklyAction{"1": got.Overdue, "2": got.TwiceMoved, "3": got.Verified} {
				if len(list) != 1 || fmt.Sprint(list[0].Number) != name || list[0].COENumber != 1 || list[0].OwnerName != "bo" || list[0].COETitle == "" {
					t.Errorf("want only A-%s: %+v", name, list)
				}
			}
		}
		_, err = w.s.Weekly(w.ctx, nil, w.clock.Now())
		wants(t, err, fault.Forbidden, "")
		later, err := w.s.Weekly(w.ctx, w.dan, w.clock.Now().AddDate(0, 0, 8))
		w.must(err)
		if len(later.Verified)+len(later.Closed)+len(later.Wins) != 0 {
			t.Errorf("a week later: %+v", later)
		}
	})
}

// A search is bounded: every word is a condition, and databases take only so
// many of them.
func TestStore_List_manyWords(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.coe()
		page, err := w.s.List(w.ctx, w.ana, Filter{Words: strings.Repeat("checkout ", 20)}, "", 0)
		if err != nil || len(page.Rows) != 1 {
			t.Errorf("twenty words find %d, %v", len(page.Rows), err)
		}
		_, err = w.s.List(w.ctx, w.ana, Filter{Words: strings.Repeat("a ", 30_000)}, "", 0)
		wants(t, err, fault.Invalid, "words")
	})
}
