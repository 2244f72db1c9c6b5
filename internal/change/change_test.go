package change_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"coetracker/internal/change"
	"coetracker/internal/db"
	"coetracker/internal/dbtest"
	"coetracker/internal/fault"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// aCOE makes a bare COE and gives its id.
func aCOE(t *testing.T, g *gorm.DB, number int64) (id int64) {
	t.Helper()
	now := dbtest.Start
	err := g.Exec("INSERT INTO people (id, email, name, created_at, updated_at) VALUES (?, ?, 'Ana', ?, ?)",
		number, fmt.Sprintf("ana%d@example.org", number), now, now).Error
	if err != nil {
		t.Fatal(err)
	}
	err = g.Raw(`INSERT INTO coes (uid, number, title, kind, severity, state_since, owner_id, created_at, updated_at)
		VALUES (?, ?, 'Cart was slow', 'incident', 2, ?, ?, ?, ?) RETURNING id`,
		fmt.Sprint("uid-", number), number, now, number, now, now).Scan(&id).Error
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func lines(t *testing.T, g *gorm.DB, coe int64) (out []string) {
	t.Helper()
	var rows []struct {
		Seq, PartID, Version int64
		Part                 string
	}
	if err := g.Table("coe_changes").Where("coe_id = ?", coe).Order("seq").Find(&rows).Error; err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		out = append(out, fmt.Sprintf("%d %s %d v%d", r.Seq, r.Part, r.PartID, r.Version))
	}
	return out
}

func TestRecordNumbersEachCOEByItself(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		a, b := aCOE(t, g, 1), aCOE(t, g, 2)
		record := func(coe int64, part string, id, version, want int64) {
			t.Helper()
			if seq, err := change.Record(g, coe, part, id, version); err != nil || seq != want {
				t.Fatalf("seq %d, %v; want %d", seq, err, want)
			}
		}
		record(a, "section", 7, 2, 1)
		record(b, "state", 0, 0, 1)
		record(a, "action", 3, 1, 2)
		if diff := cmp.Diff([]string{"1 section 7 v2", "2 action 3 v1"}, lines(t, g, a)); diff != "" {
			t.Error(diff)
		}
		if _, err := change.Record(g, 99, "state", 0, 0); !fault.Is(err, fault.NotFound) {
			t.Errorf("a missing COE gives %v, want not found", err)
		}
	})
}

func TestRecordIsPartOfTheTransaction(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		id := aCOE(t, g, 1)
		woken, stop := db.Listen(g, change.Topic)
		defer stop()
		db.Tx(t.Context(), g, func(tx *gorm.DB) error {
			_, err := change.Record(tx, id, "section", 1, 1)
			return errors.Join(err, errors.New("boom"))
		})
		if got := lines(t, g, id); len(got) != 0 || len(woken) != 0 {
			t.Errorf("an undone change left %v and %d wake-ups", got, len(woken))
		}
		if seq, err := change.Record(g, id, "section", 1, 1); seq != 1 || err != nil || len(woken) != 1 {
			t.Errorf("seq %d, %v, %d wake-ups; want 1 and one", seq, err, len(woken))
		}
	})
}

func TestRecordAtTheSameTimeLeavesNoGap(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		id := aCOE(t, g, 1)
		seqs := make([]int64, 8)
		var wg sync.WaitGroup
		for i := range seqs {
			wg.Go(func() {
				err := db.Tx(t.Context(), g, func(tx *gorm.DB) (err error) {
					seqs[i], err = change.Record(tx, id, "comment", int64(i), 1)
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		slices.Sort(seqs)
		if diff := cmp.Diff([]int64{1, 2, 3, 4, 5, 6, 7, 8}, seqs); diff != "" {
			t.Error(diff)
		}
	})
}
