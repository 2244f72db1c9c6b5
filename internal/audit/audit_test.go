package audit_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"coetracker/internal/audit"
	"coetracker/internal/db"
	"coetracker/internal/dbtest"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// write records n entries of a COE.
func write(t *testing.T, g *gorm.DB, coe int64, n int) {
	t.Helper()
	err := db.Tx(t.Context(), g, func(tx *gorm.DB) error {
		for i := range n {
			e := audit.Entry{
				Actor: "ana@example.org", Verb: fmt.Sprint("edit ", i), Object: fmt.Sprint("coe:", coe), COEID: &coe,
				Detail: map[string]any{"reason": "<b> & é"}, RequestID: "r-1",
			}
			if err := audit.Record(tx, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func verbs(rows []audit.Row) (out []string) {
	for _, r := range rows {
		out = append(out, r.Verb)
	}
	return out
}

func TestListPagesNewestFirst(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		write(t, g, 17, 3)
		write(t, g, 18, 1)
		first, err := audit.List(t.Context(), g, 17, 0, 2)
		if err != nil {
			t.Fatal(err)
		}
		next, err := audit.List(t.Context(), g, 17, first[1].ID, 2)
		if err != nil {
			t.Fatal(err)
		}
		all, err := audit.List(t.Context(), g, 0, 0, 100)
		if err != nil || len(all) != 4 {
			t.Errorf("%d rows in all, %v; want 4", len(all), err)
		}
		if diff := cmp.Diff([]string{"edit 2", "edit 1", "edit 0"}, append(verbs(first), verbs(next)...)); diff != "" {
			t.Error(diff)
		}
		if r := first[0]; !r.At.Equal(dbtest.Start) || *r.COEID != 17 || r.Object != "coe:17" || r.RequestID != "r-1" || r.ActorID != nil {
			t.Errorf("row %+v is not what was recorded", r)
		}
	})
}

func TestUndoneTransactionLeavesNoRow(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		boom := errors.New("boom")
		db.Tx(t.Context(), g, func(tx *gorm.DB) error {
			return errors.Join(audit.Record(tx, audit.Entry{Actor: "cli", Verb: "delete", Object: "coe:1"}), boom)
		})
		if rows, err := audit.List(t.Context(), g, 0, 0, 10); err != nil || len(rows) != 0 {
			t.Errorf("%d rows, %v; want none", len(rows), err)
		}
		if err := audit.Record(g, audit.Entry{Verb: "delete"}); err == nil {
			t.Error("an entry without actor was taken")
		}
	})
}

func TestSealAndVerify(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		seal := func(want int) {
			t.Helper()
			if n, err := audit.Seal(t.Context(), g); err != nil || n != want {
				t.Fatalf("sealed %d, %v; want %d", n, err, want)
			}
		}
		verify := func(want int64) {
			t.Helper()
			if bad, err := audit.Verify(t.Context(), g); err != nil || bad != want {
				t.Errorf("first bad row is %d, %v; want %d", bad, err, want)
			}
		}
		seal(0)
		verify(0)
		write(t, g, 1, 205) // more than a batch
		verify(0)
		seal(205)
		write(t, g, 1, 2)
		seal(2)
		seal(0)
		verify(0)
		if n, hash, err := audit.Head(t.Context(), g); n != 207 || len(hash) != 64 || err != nil {
			t.Errorf("head %d %q %v, want 207 and a hash", n, hash, err)
		}
		rows, _ := audit.List(t.Context(), g, 1, 0, 300)
		oldest := func(i int) audit.Row { return rows[len(rows)-i] } // the chain's i-th
		g.Exec("UPDATE audit SET detail = '{}' WHERE id = ?", oldest(203).ID)
		verify(oldest(203).ID)
		g.Exec("DELETE FROM audit WHERE id = ?", oldest(5).ID)
		verify(oldest(6).ID)
	})
}

func TestSealersTakeTurns(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		write(t, g, 1, 50)
		var wg sync.WaitGroup
		counts := make([]int, 4)
		for i := range counts {
			wg.Go(func() {
				var err error
				if counts[i], err = audit.Seal(t.Context(), g); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if sum := counts[0] + counts[1] + counts[2] + counts[3]; sum != 50 {
			t.Errorf("sealed %d in all, want 50", sum)
		}
		if bad, err := audit.Verify(t.Context(), g); bad != 0 || err != nil {
			t.Errorf("first bad row is %d, %v", bad, err)
		}
	})
}
