package coe

import (
	"slices"
	"testing"
	"time"

	"coetracker/internal/fault"
	"coetracker/people"
	"coetracker/timeline"
)

func TestStore_EditHeader(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.coe()
		title, zone, severity := "  Checkout\nwas down ", "PST", 1
		from := time.Date(2026, 3, 1, 9, 0, 0, 123456789, time.FixedZone("x", 3600))
		e := HeaderEdit{
			Title: &title, Zone: &zone, Severity: &severity, Window: &Window{Start: &from},
			Presenter: &[]int64{w.dan.ID}, NoneBecause: map[timeline.Kind]string{timeline.Engaged: "an automatic rollback"},
		}
		got, err := w.s.EditHeader(w.ctx, w.bo, 1, c.Version, e)
		w.must(err)
		d := w.load(1)
		if got.Version != 2 || d.COE.Title != "Checkout was down" || d.COE.Zone != "America/Los_Angeles" || d.COE.Severity != 1 || d.COE.Kind != Incident {
			t.Errorf("got %+v", d.COE)
		}
		if !d.COE.WindowStart.Equal(from.Truncate(time.Microsecond)) || d.COE.Nones()[timeline.Engaged] == "" || len(d.Named) != 1 {
			t.Errorf("window %v, none %v, named %v", d.COE.WindowStart, d.COE.Nones(), d.Named)
		}
		_, err = w.s.EditHeader(w.ctx, w.ana, 1, c.Version, HeaderEdit{Title: &title})
		conflict, _ := wants(t, err, fault.Conflict, "").Detail.(*RowConflict)
		if conflict == nil || conflict.TheirVersion != 2 || conflict.Yours.(COE).Title != "Checkout was down" {
			t.Errorf("conflict %+v", conflict)
		}
		_, err = w.s.EditHeader(w.ctx, w.bo, 1, 2, HeaderEdit{Presenter: &[]int64{}, NoneBecause: map[timeline.Kind]string{timeline.Engaged: ""}})
		w.must(err)
		if d := w.load(1); len(d.Named) != 0 || len(d.COE.Nones()) != 0 || d.COE.Title != "Checkout was down" {
			t.Errorf("named %v, none %v", d.Named, d.COE.Nones())
		}
	})
}

func TestStore_EditHeader_rights(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.coe()
		edit := func(p *people.Principal, e HeaderEdit) error {
			c, err := w.s.ByNumber(w.ctx, w.root, 1)
			w.must(err)
			_, err = w.s.EditHeader(w.ctx, p, 1, c.Version, e)
			return err
		}
		hidden, owner := Restricted, w.bo.ID
		for _, e := range []HeaderEdit{{Visibility: &hidden}, {OwnerID: &owner}, {Writers: &[]int64{w.bo.ID}}, {Named: &[]int64{w.dan.ID}}} {
			wants(t, edit(w.bo, e), fault.Forbidden, "")
		}
		w.must(edit(w.bo, HeaderEdit{Reviewers: &[]int64{w.cleo.ID}}))
		wants(t, edit(w.bo, HeaderEdit{Reviewers: &[]int64{w.ana.ID}}), fault.Invalid, "reviewer")
		wants(t, edit(w.bo, HeaderEdit{Reviewers: &[]int64{w.cleo.ID, w.bo.ID}}), fault.Invalid, "reviewer") // a writer signs nothing off
		wants(t, edit(w.bo, HeaderEdit{Approvers: &[]int64{w.dan.ID}}), fault.Invalid, "approver")
		wants(t, edit(w.ana, HeaderEdit{Writers: &[]int64{99}}), fault.Invalid, "writer")
		wants(t, edit(w.cleo, HeaderEdit{Tags: new(string)}), fault.Forbidden, "")
		w.must(edit(w.ana, HeaderEdit{Visibility: &hidden, Writers: &[]int64{w.dan.ID, w.bo.ID}}))
		wants(t, edit(w.bo, HeaderEdit{Presenter: &[]int64{w.root.ID}}), fault.Forbidden, "")
		now := w.clock.Now()
		w.must(w.g.Model(&people.Person{}).Where("id = ?", w.cleo.ID).Update("disabled_at", now).Error)
		w.must(edit(w.ana, HeaderEdit{Reviewers: &[]int64{w.cleo.ID}})) // was named before
		wants(t, edit(w.ana, HeaderEdit{Approvers: &[]int64{w.cleo.ID}}), fault.Invalid, "approver")
		w.must(edit(w.ana, HeaderEdit{OwnerID: &owner}))
		wants(t, edit(w.bo, HeaderEdit{OwnerID: &w.dan.ID}), fault.Invalid, "owner")
		wants(t, edit(w.ana, HeaderEdit{Tags: new(string)}), fault.NotFound, "")
		d, err := w.s.Load(w.ctx, w.bo, 1)
		w.must(err)
		if d.COE.OwnerID != w.bo.ID || !slices.Equal(d.Reviewers(), []int64{w.cleo.ID}) {
			t.Errorf("owner %d, reviewers %v", d.COE.OwnerID, d.Reviewers())
		}
	})
}
