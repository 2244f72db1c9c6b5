package people

import (
	"testing"
	"time"

	"coetracker/internal/dbtest"
	"coetracker/internal/fault"

	"gorm.io/gorm"
)

// fixture is a store whose wall clock the test moves.
type fixture struct {
	*Store
	wall  *dbtest.Clock
	admin *Principal
}

// wallStart differs from the calendar's dbtest.Start, so that a test shows
// which of the two clocks something goes by.
var wallStart = time.Date(2027, 6, 1, 8, 0, 0, 0, time.UTC)

func setup(t *testing.T, g *gorm.DB) fixture {
	t.Helper()
	clock := dbtest.NewClock(wallStart)
	f := fixture{Store: &Store{DB: g, Wall: clock.Now, Zone: time.UTC}, wall: clock}
	f.admin = f.person(t, NewPerson{Email: "root@example.org", Role: Admin})
	return f
}

// person adds somebody and gives them with their rights.
func (f fixture) person(t *testing.T, n NewPerson) *Principal {
	t.Helper()
	p, err := f.AddPerson(t.Context(), Operator(), n)
	if err != nil {
		t.Fatalf("add %s: %v", n.Email, err)
	}
	pr, err := f.Principal(t.Context(), p.ID)
	if err != nil {
		t.Fatal(err)
	}
	return pr
}

func (f fixture) team(t *testing.T, name string, e TeamEdit) *Team {
	t.Helper()
	team, err := f.AddTeam(t.Context(), Operator(), name, e)
	if err != nil {
		t.Fatalf("add team %s: %v", name, err)
	}
	return team
}

func wantFault(t *testing.T, err error, kind fault.Kind, what string) {
	t.Helper()
	if !fault.Is(err, kind) {
		t.Errorf("%s: error %v, want %s", what, err, kind)
	}
}

func ptr[T any](v T) *T { return &v }

// audited counts the audit rows of a verb.
func audited(t *testing.T, g *gorm.DB, verb string) int64 {
	t.Helper()
	var n int64
	if err := g.Table("audit").Where("verb = ?", verb).Count(&n).Error; err != nil {
		t.Fatal(err)
	}
	return n
}
