package coe

import (
	"slices"
	"testing"
	"time"

	"coetracker/internal/fault"
	"coetracker/people"
)

func TestStore_Delete(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.coe()
		wants(t, w.s.Delete(w.ctx, w.bo, 1, "x"), fault.Forbidden, "")
		w.must(w.s.Delete(w.ctx, w.ana, 1, ""))
		for _, p := range []*people.Principal{w.ana, w.bo, w.root} {
			_, err := w.s.ByNumber(w.ctx, p, 1)
			wants(t, err, fault.NotFound, "")
			page, err := w.s.List(w.ctx, p, Filter{}, "", 0)
			w.must(err)
			if len(page.Rows) != 0 {
				t.Errorf("%s still lists it", p.Name)
			}
		}
		for p, want := range map[*people.Principal]int{w.ana: 1, w.root: 1, w.bo: 0} {
			list, err := w.s.Bin(w.ctx, p)
			w.must(err)
			if len(list) != want {
				t.Errorf("%s sees %d in the bin, want %d", p.Name, len(list), want)
			}
		}
		wants(t, w.s.Restore(w.ctx, w.bo, 1), fault.NotFound, "")
		w.must(w.s.Restore(w.ctx, w.ana, 1))
		wants(t, w.s.Restore(w.ctx, w.ana, 1), fault.NotFound, "")
		if got := w.load(1).COE; got.DeletedAt != nil || got.Seq != c.Seq+2 {
			t.Errorf("restored %+v", got)
		}
		r := w.review()
		wants(t, w.s.Delete(w.ctx, w.ana, r.Number, "x"), fault.Forbidden, "")
		wants(t, w.s.Delete(w.ctx, w.root, r.Number, " "), fault.Invalid, "reason")
		w.must(w.s.Delete(w.ctx, w.root, r.Number, "Opened twice"))
	})
}

func TestStore_Purge(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		kept, gone := w.coe(), w.coe()
		attach := func(c COE, key, sha string) {
			w.must(w.g.Create(&Attachment{COEID: c.ID, Key: key, Name: "a.png", SHA256: sha, ContentType: "image/png", Purpose: "picture"}).Error)
		}
		attach(kept, "aaaaaaaa", "shared")
		attach(gone, "aaaaaaaa", "shared")
		attach(gone, "bbbbbbbb", "own")
		text := "because"
		y, err := w.s.AddWhy(w.ctx, w.ana, gone.Number, WhyPlace{Root: Happened}, WhyEdit{Text: &text})
		w.must(err)
		_, err = w.s.AddWhy(w.ctx, w.ana, gone.Number, WhyPlace{Parent: y.Key}, WhyEdit{Text: &text})
		w.must(err)
		_, err = w.s.SaveSection(w.ctx, w.ana, gone.Number, "summary", 0, "text", FromForm)
		w.must(err)
		w.must(w.s.Delete(w.ctx, w.ana, gone.Number, ""))
		w.clock.Advance(30 * 24 * time.Hour)
		got, err := w.s.Purge(w.ctx)
		w.must(err)
		if len(got.Numbers) != 0 {
			t.Errorf("purged on the 30th day: %v", got)
		}
		w.clock.Advance(time.Second)
		got, err = w.s.Purge(w.ctx)
		w.must(err)
		if !slices.Equal(got.Numbers, []int64{gone.Number}) || !slices.Equal(got.Files, []string{"own"}) {
			t.Errorf("purged %+v", got)
		}
		for _, table := range []string{"sections", "whys", "attachments", "coe_changes"} {
			var n int64
			w.must(w.g.Table(table).Where("coe_id = ?", gone.ID).Count(&n).Error)
			if n != 0 {
				t.Errorf("%d rows left in %s", n, table)
			}
		}
		if next := w.coe(); next.Number != gone.Number+1 {
			t.Errorf("the next number is %d", next.Number)
		}
	})
}
