package evidence

import (
	"math/rand/v2"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"coetracker/internal/db"
)

// TestProjectionIsTheSameInEveryOrder sends each story in many orders, with
// repeats and in batches of any size, and compares every row.
func TestProjectionIsTheSameInEveryOrder(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		orders := 20
		if db.IsPostgres(d.g) {
			orders = 10
		}
		if os.Getenv("COE_TEST_LONG") == "1" {
			orders = 1000
		}
		r := rand.New(rand.NewPCG(3, 4))
		for _, s := range stories(t) {
			want := d.play(s, r, nil)
			for n := range orders {
				order := disorder(r, len(s.posts))
				if got := d.play(s, r, order); got != want {
					t.Fatalf("%s, order %d %v:\n%s", s.name, n, order, cmp.Diff(want, got))
				}
			}
		}
	})
}

// play sends a story and gives the rows that come of it.
func (d *desk) play(s story, r *rand.Rand, order []int) string {
	d.t.Helper()
	d.clear()
	if order == nil {
		for i := range s.posts {
			order = append(order, i)
		}
	}
	var bodies []string
	for _, i := range order {
		bodies = append(bodies, string(s.bodies[i]))
	}
	ids := d.arrive(bodies...)
	for len(ids) > 0 {
		n := 1 + r.IntN(len(ids))
		d.must(d.s.Project(d.t.Context(), ids[:n]...))
		ids = ids[n:]
	}
	return d.rows()
}
