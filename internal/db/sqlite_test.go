package db_test

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"coetracker/internal/db"
	"coetracker/internal/dbtest"
	"coetracker/internal/fault"

	"gorm.io/gorm"
)

func TestSQLiteOpensWithOurSettings(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a folder? with #signs & 100%")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "coe.db")
	cfg := db.Config{Path: path, Create: true, Now: dbtest.NewClock(dbtest.Start).Now}
	g, err := db.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close(g)
	want := map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "5000", "mmap_size": "0", "cache_size": "-2000"}
	for name, value := range want {
		var got string
		if err := g.Raw("PRAGMA " + name).Scan(&got).Error; err != nil || got != value {
			t.Errorf("%s is %q (%v), want %s", name, got, err, value)
		}
	}
	if ok, err := db.Exists(path); err != nil || !ok {
		t.Errorf("exists: %v, %v; want the file where it was asked for", ok, err)
	}
	cfg.Create = false
	again, err := db.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	db.Close(again)
}

func TestSQLiteWritersQueueAndLoseNothing(t *testing.T) {
	t.Parallel()
	g := notes(t, dbtest.New(t))
	g.Create(&note{Day: "counter", Version: 0})
	other := dbtest.Same(t, g)
	var wg sync.WaitGroup
	errs := make(chan error, 16)
	for i := range 16 {
		h := g
		if i%2 == 1 {
			h = other
		}
		wg.Go(func() {
			errs <- db.Tx(t.Context(), h, func(tx *gorm.DB) error {
				var n note
				if err := tx.Take(&n).Error; err != nil {
					return err
				}
				return tx.Model(&n).Update("version", n.Version+1).Error
			})
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
	var n note
	if g.Take(&n); n.Version != 16 {
		t.Errorf("counted %d, want 16", n.Version)
	}
}

func TestSQLiteBusyIsUnavailable(t *testing.T) {
	t.Parallel()
	g := notes(t, dbtest.New(t))
	other := dbtest.Same(t, g, dbtest.WithConns(1))
	other.Exec("PRAGMA busy_timeout = 1")
	err := db.Tx(t.Context(), g, func(tx *gorm.DB) error {
		if err := tx.Create(&note{Day: "a"}).Error; err != nil {
			return err
		}
		inner := other.Create(&note{Day: "b"}).Error
		if !fault.Is(inner, fault.Unavailable) {
			t.Errorf("a second writer gets %v, want unavailable", inner)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
