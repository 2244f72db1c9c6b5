package db_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"coetracker/internal/db"
	"coetracker/internal/dbtest"
	"coetracker/internal/fault"

	"gorm.io/gorm"
)

func TestPostgresSessionsAreBounded(t *testing.T) {
	t.Parallel()
	g := dbtest.Postgres(t)
	want := map[string]string{"statement_timeout": "5s", "lock_timeout": "2s", "idle_in_transaction_session_timeout": "10s", "TimeZone": "UTC"}
	for name, value := range want {
		var got string
		if err := g.Raw("SELECT current_setting(?)", name).Scan(&got).Error; err != nil || got != value {
			t.Errorf("%s is %q (%v), want %s", name, got, err, value)
		}
	}
}

func TestPostgresTimeoutsAreUnavailable(t *testing.T) {
	t.Parallel()
	g := notes(t, dbtest.Postgres(t, dbtest.WithConns(2)))
	err := db.Tx(t.Context(), g, func(tx *gorm.DB) error {
		if err := tx.Exec("SET LOCAL statement_timeout = 1").Error; err != nil {
			return err
		}
		return tx.Exec("SELECT pg_sleep(60)").Error
	})
	if !fault.Is(err, fault.Unavailable) {
		t.Errorf("a slow statement gives %v, want unavailable", err)
	}
	err = db.Tx(t.Context(), g, func(tx *gorm.DB) error {
		if err := tx.Exec("LOCK TABLE notes").Error; err != nil {
			return err
		}
		return db.Tx(t.Context(), g, func(other *gorm.DB) error {
			other.Exec("SET LOCAL lock_timeout = 1")
			return other.Create(&note{Day: "b"}).Error
		})
	})
	if !fault.Is(err, fault.Unavailable) {
		t.Errorf("a held lock gives %v, want unavailable", err)
	}
	short, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	err = db.Tx(t.Context(), g, func(*gorm.DB) error {
		return db.Tx(t.Context(), g, func(*gorm.DB) error {
			return db.Tx(short, g, func(*gorm.DB) error { return nil }) // the pool has two
		})
	})
	if !fault.Is(err, fault.Unavailable) {
		t.Errorf("a used-up pool gives %v, want unavailable", err)
	}
}

// Two transactions read the same and write on it: one is undone by PostgreSQL
// and must come through on its second run.
func TestPostgresSerializationIsRetried(t *testing.T) {
	t.Parallel()
	g := notes(t, dbtest.Postgres(t))
	g.Create(&note{Day: "counter", Version: 0})
	var both sync.WaitGroup
	both.Add(2)
	var wg sync.WaitGroup
	runs := make(chan int, 2)
	for range 2 {
		wg.Go(func() {
			n := 0
			err := db.Tx(t.Context(), g, func(tx *gorm.DB) error {
				n++
				tx.Exec("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")
				var row note
				if err := tx.Take(&row).Error; err != nil {
					return err
				}
				if n == 1 {
					both.Done()
					both.Wait() // both have read before either writes
				}
				return tx.Model(&row).Update("version", row.Version+1).Error
			})
			if err != nil {
				t.Error(err)
			}
			runs <- n
		})
	}
	wg.Wait()
	var row note
	if g.Take(&row); row.Version != 2 {
		t.Errorf("counted %d, want 2", row.Version)
	}
	if sum := <-runs + <-runs; sum < 3 {
		t.Errorf("%d runs, want one to be run again", sum)
	}
}

// What nobody can store is a fault of who typed it, not of the program.
func TestPostgresRefusesCharactersPolitely(t *testing.T) {
	t.Parallel()
	g := notes(t, dbtest.Postgres(t))
	for _, text := range []string{"a\x00b", "a\xffb"} {
		var n int64
		if err := g.Model(&note{}).Where("day = ?", text).Count(&n).Error; !fault.Is(err, fault.Invalid) {
			t.Errorf("%q gives %v, want invalid", text, err)
		}
	}
}
