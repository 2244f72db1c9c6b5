package coe

import (
	"testing"

	"coetracker/actions"
)

// Messages that list actions must follow a COE that becomes restricted, goes
// to the bin or comes back.
func TestStore_MessagesFollowVisibility(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.coe()
		as := actions.Store{DB: w.g}
		_, err := as.Add(w.ctx, w.ana, actions.New{COEID: c.ID, Title: "Retry uploads once"})
		w.must(err)
		jobs := func() (n int64) {
			w.must(w.g.Table("jobs").Where("kind = ?", actions.JobChanged).Count(&n).Error)
			return n
		}
		before, restricted := jobs(), Restricted
		_, err = w.s.EditHeader(w.ctx, w.ana, c.Number, c.Version, HeaderEdit{Visibility: &restricted})
		w.must(err)
		if n := jobs(); n != before+1 {
			t.Errorf("restricting left %d jobs, want %d", n, before+1)
		}
		w.must(w.s.Delete(w.ctx, w.ana, c.Number, "made by mistake"))
		w.must(w.s.Restore(w.ctx, w.ana, c.Number))
		if n := jobs(); n != before+3 {
			t.Errorf("bin and back left %d jobs, want %d", n, before+3)
		}
	})
}
