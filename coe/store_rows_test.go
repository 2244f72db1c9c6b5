package coe

import (
	"slices"
	"strings"
	"testing"
	"time"

	"coetracker/actions"
	"coetracker/internal/dbtest"
	"coetracker/internal/fault"
	"coetracker/people"
)

func TestStore_rows_lifeOfARow(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.coe()
		str := func(s string) *string { return &s }
		first, err := w.s.AddImpact(w.ctx, w.ana, 1, ImpactEdit{What: str(" Could not\n pay "), Affected: str("2.9 bn")})
		w.must(err)
		second, err := w.s.AddImpact(w.ctx, w.bo, 1, ImpactEdit{What: str("Saw old prices")})
		w.must(err)
		if first.What != "Could not pay" || len(first.Key) != 8 || first.Key == second.Key || first.Rank >= second.Rank {
			t.Errorf("added %+v and %+v", first, second)
		}
		seq := w.load(1).COE.Seq
		same, err := w.s.EditImpact(w.ctx, w.ana, 1, first.Key, 1, ImpactEdit{Affected: str("2.9 bn")})
		w.must(err)
		if same.Version != 1 || w.load(1).COE.Seq != seq {
			t.Errorf("an edit that changes nothing made version %d", same.Version)
		}
		edited, err := w.s.EditImpact(w.ctx, w.ana, 1, first.Key, 1, ImpactEdit{Total: str("3 bn")})
		w.must(err)
		_, err = w.s.EditImpact(w.ctx, w.bo, 1, first.Key, 1, ImpactEdit{Place: str("us-east-1")})
		c, _ := wants(t, err, fault.Conflict, "").Detail.(*RowConflict)
		if c == nil || c.TheirVersion != 2 || c.Theirs.(Impact).Total != "3 bn" || c.Yours.(Impact).Place != "us-east-1" {
			t.Errorf("conflict %+v", c)
		}
		w.must(w.s.MoveRow(w.ctx, w.ana, 1, PartImpact, second.Key, ""))
		if got := impacts(w); !slices.Equal(got, []string{"Saw old prices", "Could not pay"}) {
			t.Errorf("moved first: %q", got)
		}
		w.must(w.s.MoveRow(w.ctx, w.ana, 1, PartImpact, second.Key, first.Key))
		wants(t, w.s.DeleteRow(w.ctx, w.ana, 1, PartImpact, first.Key, 1), fault.Conflict, "")
		w.must(w.s.DeleteRow(w.ctx, w.ana, 1, PartImpact, first.Key, edited.Version))
		if got := impacts(w); !slices.Equal(got, []string{"Saw old prices"}) {
			t.Errorf("deleted: %q", got)
		}
		wants(t, w.s.DeleteRow(w.ctx, w.ana, 1, PartImpact, first.Key, 3), fault.NotFound, "")
		w.must(w.s.UndeleteRow(w.ctx, w.ana, 1, PartImpact, first.Key))
		if got := impacts(w); !slices.Equal(got, []string{"Could not pay", "Saw old prices"}) {
			t.Errorf("restored: %q", got)
		}
	})
}

func impacts(w *world) []string {
	var out []string
	for _, i := range w.load(1).Impacts {
		out = append(out, i.What)
	}
	return out
}

func TestStore_rows_refuse(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.New(t), nil)
	w.coe()
	str := func(s string) *string { return &s }
	now := dbtest.Start
	early := now.Add(-time.Minute)
	lesson := LessonKind("loud")
	add := map[string]struct {
		field string
		run   func() error
	}{
		"impact of nothing": {"what", func() error { _, err := w.s.AddImpact(w.ctx, w.ana, 1, ImpactEdit{}); return err }},
		"impact backwards": {"to", func() error {
			_, err := w.s.AddImpact(w.ctx, w.ana, 1, ImpactEdit{What: str("x"), Window: &Window{&now, &early}})
			return err
		}},
		"impact with no key": {"action", func() error {
			_, err := w.s.AddImpact(w.ctx, w.ana, 1, ImpactEdit{What: str("x"), ActionKey: str("A-1")})
			return err
		}},
		"empty lesson": {"text", func() error { _, err := w.s.AddLesson(w.ctx, w.ana, 1, LessonEdit{}); return err }},
		"kind of lesson": {"kind", func() error {
			_, err := w.s.AddLesson(w.ctx, w.ana, 1, LessonEdit{Kind: &lesson, Text: str("x")})
			return err
		}},
		"link of no type": {"type", func() error { _, err := w.s.AddLink(w.ctx, w.ana, 1, LinkEdit{Target: str("x")}); return err }},
		"link to no COE": {"target", func() error {
			_, err := w.s.AddLink(w.ctx, w.ana, 1, LinkEdit{Type: str("coe"), Target: str("17")})
			return err
		}},
		"sharing with nobody": {"team", func() error { _, err := w.s.AddSharing(w.ctx, w.ana, 1, SharingEdit{Asked: str("x")}); return err }},
		"a why of nothing":    {"text", func() error { _, err := w.s.AddWhy(w.ctx, w.ana, 1, WhyPlace{Root: Happened}, WhyEdit{}); return err }},
		"a why in no tree": {"root", func() error {
			_, err := w.s.AddWhy(w.ctx, w.ana, 1, WhyPlace{Root: "luck"}, WhyEdit{Text: str("x")})
			return err
		}},
		"an unknown question": {"question", func() error { _, err := w.s.SaveAnswer(w.ctx, w.ana, 1, "d1", 0, AnswerEdit{}); return err }},
		"n/a without reason":  {"text", func() error { _, err := w.s.SaveAnswer(w.ctx, w.ana, 1, "D1", 0, AnswerEdit{NA: true}); return err }},
		"a part of no rows":   {"part", func() error { return w.s.DeleteRow(w.ctx, w.ana, 1, "section", "aaaaaaaa", 1) }},
	}
	for name, tt := range add {
		t.Run(name, func(t *testing.T) { wants(t, tt.run(), fault.Invalid, tt.field) })
	}
	_, err := w.s.AddLesson(w.ctx, w.dan, 1, LessonEdit{Text: str("x")})
	wants(t, err, fault.Forbidden, "")
}

func TestStore_SaveAnswer(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.coe()
		minutes := 12
		a, err := w.s.SaveAnswer(w.ctx, w.ana, 1, "D5", 0, AnswerEdit{Text: "An *alarm*\r\n", MinutesSaved: &minutes})
		w.must(err)
		if a.Version != 1 || a.Text != "An *alarm*\n" || !strings.Contains(a.HTML, "<em>") {
			t.Errorf("got %+v", a)
		}
		same, err := w.s.SaveAnswer(w.ctx, w.ana, 1, "D5", 1, AnswerEdit{Text: "An *alarm*\n", MinutesSaved: &minutes})
		w.must(err)
		if same.Version != 1 {
			t.Errorf("the same answer made version %d", same.Version)
		}
		_, err = w.s.SaveAnswer(w.ctx, w.bo, 1, "D5", 0, AnswerEdit{Text: "A canary"})
		c, _ := wants(t, err, fault.Conflict, "").Detail.(*RowConflict)
		if c == nil || c.Yours.(Answer).Text != "A canary" || c.Theirs.(Answer).Text != "An *alarm*\n" {
			t.Errorf("conflict %+v", c)
		}
		na, err := w.s.SaveAnswer(w.ctx, w.bo, 1, "D5", 1, AnswerEdit{Text: "Found in a drill", NA: true})
		w.must(err)
		if got := w.load(1).Answers["D5"]; na.Version != 2 || !got.NA || got.MinutesSaved != nil {
			t.Errorf("stored %+v", got)
		}
	})
}

// outline writes the tree of one root as a nested list.
func outline(w *world, root WhyRoot) string {
	d := w.load(1)
	t := &tree{list: d.Whys}
	var b strings.Builder
	var walk func(parent *int64, depth int)
	walk = func(parent *int64, depth int) {
		for _, y := range t.children(parent, root) {
			b.WriteString(strings.Repeat("-", depth) + y.Text + " ")
			walk(&y.ID, depth+1)
		}
	}
	walk(nil, 0)
	return strings.TrimSpace(b.String())
}

func TestStore_whys(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.coe()
		add := func(text, parent, after string) Why {
			y, err := w.s.AddWhy(w.ctx, w.ana, 1, WhyPlace{Root: Happened, Parent: parent, After: after}, WhyEdit{Text: &text})
			w.must(err)
			return y
		}
		move := func(y Why, way MoveWay) {
			_, err := w.s.MoveWhy(w.ctx, w.ana, 1, y.Key, way)
			w.must(err)
		}
		shows := func(want string) {
			t.Helper()
			if got := outline(w, Happened); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
		a := add("a", "", "")
		c := add("c", "", "")
		b := add("b", "", a.Key)
		a1 := add("a1", a.Key, "")
		add("a2", a.Key, "")
		shows("a -a1 -a2 b c")
		move(c, MoveUp)
		shows("a -a1 -a2 c b")
		move(c, MoveIn)
		shows("a -a1 -a2 -c b")
		move(a1, MoveDown)
		move(a1, MoveDown)
		shows("a -a2 -c -a1 b")
		move(c, MoveOut)
		shows("a -a2 -a1 c b")
		_, err := w.s.MoveWhy(w.ctx, w.ana, 1, a.Key, MoveUp)
		wants(t, err, fault.Invalid, "way")
		_, err = w.s.MoveWhy(w.ctx, w.ana, 1, b.Key, MoveDown)
		wants(t, err, fault.Invalid, "way")
		reason := "Not worth it"
		_, err = w.s.EditWhy(w.ctx, w.ana, 1, a.Key, a.Version, WhyEdit{Declined: &reason})
		wants(t, err, fault.Invalid, "declined")
		_, err = w.s.EditWhy(w.ctx, w.ana, 1, b.Key, b.Version, WhyEdit{Declined: &reason})
		w.must(err)
		text := "below b"
		_, err = w.s.AddWhy(w.ctx, w.ana, 1, WhyPlace{Parent: b.Key}, WhyEdit{Text: &text})
		wants(t, err, fault.Invalid, "parent")

		w.must(w.s.DeleteRow(w.ctx, w.ana, 1, PartWhy, a1.Key, 3))
		w.clock.Advance(time.Minute)
		w.must(w.s.DeleteRow(w.ctx, w.ana, 1, PartWhy, a.Key, 1))
		shows("c b")
		wants(t, w.s.UndeleteRow(w.ctx, w.ana, 1, PartWhy, a1.Key), fault.Conflict, "")
		w.must(w.s.UndeleteRow(w.ctx, w.ana, 1, PartWhy, a.Key))
		shows("a -a2 c b") // a1 went before and stays away
		w.must(w.s.UndeleteRow(w.ctx, w.ana, 1, PartWhy, a1.Key))
		shows("a -a2 -a1 c b")
	})
}

func TestStore_LinkWhy(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.coe()
		text := "the alarm was off"
		y, err := w.s.AddWhy(w.ctx, w.ana, 1, WhyPlace{Root: FoundLate}, WhyEdit{Text: &text})
		w.must(err)
		l, err := w.s.AddLesson(w.ctx, w.ana, 1, LessonEdit{Text: &text})
		w.must(err)
		a := w.action(c.ID, 1, actions.Open)
		other := w.action(w.coe().ID, 1, actions.Open, func(a *actions.Action) { a.Key = "zzzzzzzz" })
		wants(t, w.s.LinkWhy(w.ctx, w.ana, 1, y.Key, other.Key), fault.Invalid, "action")
		w.must(w.s.LinkWhy(w.ctx, w.ana, 1, y.Key, a.Key))
		w.must(w.s.LinkLesson(w.ctx, w.ana, 1, l.Key, a.Key))
		seq := w.load(1).COE.Seq
		w.must(w.s.LinkWhy(w.ctx, w.ana, 1, y.Key, a.Key))
		d := w.load(1)
		if len(d.WhyActions) != 1 || len(d.LessonLinks) != 1 || d.COE.Seq != seq || CoverageOf(d).WithAction != 1 {
			t.Errorf("links %v %v, seq %d after %d", d.WhyActions, d.LessonLinks, d.COE.Seq, seq)
		}
		w.must(w.s.UnlinkWhy(w.ctx, w.ana, 1, y.Key, a.Key))
		w.must(w.s.UnlinkLesson(w.ctx, w.ana, 1, l.Key, a.Key))
		d = w.load(1)
		if len(d.WhyActions) != 0 || len(d.LessonLinks) != 0 || CoverageOf(d).Open != 1 {
			t.Errorf("links %v %v", d.WhyActions, d.LessonLinks)
		}
	})
}

// A why that is deleted while somebody puts another below it takes that one
// along; else it would stay behind below nothing, and nobody would see it.
func TestStore_DeleteRow_whyAddedMeanwhile(t *testing.T) {
	t.Parallel()
	clock := dbtest.NewClock(dbtest.Start)
	w := newWorld(t, dbtest.Postgres(t, dbtest.WithClock(clock)), clock)
	c := w.coe()
	text := "because"
	top, err := w.s.AddWhy(w.ctx, w.ana, c.Number, WhyPlace{Root: "happened"}, WhyEdit{Text: &text})
	w.must(err)
	deleted := make(chan error, 1)
	w.must(w.s.doLocked(w.ctx, w.ana, c.Number, people.Edit, func(add *work) error { // as AddWhy does it
		if _, err := readTree(add); err != nil {
			return err
		}
		below := Why{Root: top.Root, ParentID: &top.ID, Text: text}
		if err := insertRow[Why](add, PartWhy, &below, "n5"); err != nil {
			return err
		}
		go func() { deleted <- w.s.DeleteRow(w.ctx, w.ana, c.Number, PartWhy, top.Key, top.Version) }()
		for waiting := int64(0); waiting == 0; { // until the delete waits for this transaction
			if err := w.g.Raw("SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").Scan(&waiting).Error; err != nil {
				return err
			}
		}
		return nil
	}))
	w.must(<-deleted)
	if left := w.load(c.Number).Whys; len(left) != 0 {
		t.Errorf("%d whys stay behind", len(left))
	}
}
