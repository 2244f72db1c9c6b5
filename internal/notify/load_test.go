package notify_test

import (
	"os"
	"testing"
	"time"

	"coetracker/internal/db"
	"coetracker/internal/dbtest"
	"coetracker/internal/notify"
)

// TestPlanningScales plans over many open actions that hit no milestone, the
// usual minute, and checks that the number of queries depends on batches only.
// COE_TEST_LONG=1 makes the organisation large.
func TestPlanningScales(t *testing.T) {
	t.Parallel()
	persons, perPerson := 50, 20
	if os.Getenv("COE_TEST_LONG") == "1" {
		persons, perPerson = 1000, 50
	}
	g := dbtest.New(t, dbtest.WithClock(dbtest.NewClock(tuesday)))
	for _, sql := range []string{
		`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < ?) INSERT INTO people (email, name, created_at, updated_at) SELECT 'p'||i||'@x', 'P', '2026-01-01 00:00:00+00:00', '2026-01-01 00:00:00+00:00' FROM n`,
		`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < ?) INSERT INTO coes (uid, number, title, kind, severity, state_since, owner_id, created_at, updated_at) SELECT 'u'||i, i, 'T', 'incident', 2, '2026-01-01 00:00:00+00:00', i, '2026-01-01 00:00:00+00:00', '2026-01-01 00:00:00+00:00' FROM n`,
	} {
		if err := g.Exec(sql, persons).Error; err != nil {
			t.Fatal(err)
		}
	}
	err := g.Exec(`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i+1 FROM n WHERE i < ?) INSERT INTO actions (coe_id, number, key, rank, title, owner_id, due, state_since, created_at, updated_at)
		SELECT i % ? + 1, i, 'k'||i, 'n0', 'x', i % ? + 1, '2027-01-04', '2026-01-01 00:00:00+00:00', '2026-01-01 00:00:00+00:00', '2026-01-01 00:00:00+00:00' FROM n`,
		persons*perPerson-1, persons, persons).Error
	if err != nil {
		t.Fatal(err)
	}
	s := &notify.Service{DB: g, Wall: func() time.Time { return tuesday }}
	count := db.CountQueries(g)
	defer count.Stop()
	n, err := s.PlanNow(t.Context())
	most := 16 + 5*persons/1000 + persons*perPerson/5000
	if err != nil || n != 0 || count.N() > most {
		t.Errorf("planned %d (%v) with %d queries, want 0 with at most %d:\n%s", n, err, count.N(), most, count.SQL())
	}
}
