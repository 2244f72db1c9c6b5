package dbtest_test

import (
	"testing"
	"time"

	"coetracker/internal/db"
	"coetracker/internal/dbtest"
	"coetracker/migrations"

	"gorm.io/gorm"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func TestEachGivesFreshMigratedDatabases(t *testing.T) {
	t.Parallel()
	for range 2 { // the second finds nothing of the first
		dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
			if err := migrations.Check(t.Context(), g); err != nil {
				t.Fatal(err)
			}
			var n int64
			if err := g.Table("jobs").Count(&n).Error; err != nil || n != 0 {
				t.Fatalf("%d jobs, %v; want none", n, err)
			}
			err := g.Exec("INSERT INTO jobs (kind, args, run_at, max_attempts, created_at) VALUES ('a', '{}', 1, 1, 1)").Error
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestSameSeesTheRowsOfTheOther(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		if err := g.Exec("INSERT INTO jobs (kind, args, run_at, max_attempts, created_at) VALUES ('a', '{}', 1, 1, 1)").Error; err != nil {
			t.Fatal(err)
		}
		var n int64
		if err := dbtest.Same(t, g).Table("jobs").Count(&n).Error; err != nil || n != 1 {
			t.Fatalf("%d jobs, %v; want 1", n, err)
		}
	})
}

func TestClockIsTheDatabases(t *testing.T) {
	t.Parallel()
	clock := dbtest.NewClock(dbtest.Start)
	g := dbtest.New(t, dbtest.WithClock(clock))
	clock.Advance(time.Hour)
	if got, want := db.Now(g), dbtest.Start.Add(time.Hour); !got.Equal(want) {
		t.Errorf("now is %s, want %s", got, want)
	}
}
