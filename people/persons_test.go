package people

import (
	"testing"

	"coetracker/internal/db"
	"coetracker/internal/dbtest"
	"coetracker/internal/fault"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"
)

func TestAddPerson(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		f, ctx := setup(t, g), t.Context()
		pay, net := f.team(t, "payments", TeamEdit{}), f.team(t, "network", TeamEdit{})
		got, err := f.AddPerson(ctx, f.admin, NewPerson{
			Email: " Ana.Meyer@Example.ORG ", Zone: "Europe/Berlin", ManagerID: f.admin.ID, Teams: []int64{net.ID, pay.ID, net.ID},
		})
		if err != nil {
			t.Fatal(err)
		}
		stored, err := f.ByEmail(ctx, "ANA.meyer@example.org")
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(got, stored); d != "" {
			t.Errorf("what was given back is not what is stored:\n%s", d)
		}
		if stored.Email != "ana.meyer@example.org" || stored.Name != "Ana Meyer" || stored.Role != Writer || stored.Version != 1 || !stored.Active() {
			t.Errorf("stored %+v", stored)
		}
		if !stored.CreatedAt.Equal(dbtest.Start) {
			t.Errorf("created at %s, want the calendar clock's %s", stored.CreatedAt, dbtest.Start)
		}
		p, err := f.Principal(ctx, stored.ID)
		if err != nil || !cmp.Equal(p.Teams, []int64{pay.ID, net.ID}) {
			t.Errorf("teams %v, %v", p.Teams, err)
		}
		if n := audited(t, g, "person.add"); n != 2 {
			t.Errorf("%d audit rows, want 2", n)
		}
	})
}

func TestAddPersonRefuses(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		f, ctx := setup(t, g), t.Context()
		for _, c := range []struct {
			name string
			by   *Principal
			n    NewPerson
			want fault.Kind
		}{
			{"an address twice, in another case", f.admin, NewPerson{Email: "ROOT@example.org"}, fault.Conflict},
			{"no address", f.admin, NewPerson{Email: "ana"}, fault.Invalid},
			{"an address with a name", f.admin, NewPerson{Email: "Ana <ana@example.org>"}, fault.Invalid},
			{"a line break", f.admin, NewPerson{Email: "ana@example.org", Name: "Ana\nAdmin"}, fault.Invalid},
			{"a NUL", f.admin, NewPerson{Email: "a\x00na@example.org"}, fault.Invalid},
			{"an unknown role", f.admin, NewPerson{Email: "ana@example.org", Role: "boss"}, fault.Invalid},
			{"an unknown zone", f.admin, NewPerson{Email: "ana@example.org", Zone: "PST8"}, fault.Invalid},
			{"an unknown manager", f.admin, NewPerson{Email: "ana@example.org", ManagerID: 999}, fault.Invalid},
			{"an unknown team", f.admin, NewPerson{Email: "ana@example.org", Teams: []int64{999}}, fault.Invalid},
			{"by a writer", someone(7, Writer), NewPerson{Email: "ana@example.org"}, fault.Forbidden},
			{"by nobody", nil, NewPerson{Email: "ana@example.org"}, fault.Forbidden},
		} {
			_, err := f.AddPerson(ctx, c.by, c.n)
			wantFault(t, err, c.want, c.name)
		}
		list, err := f.List(ctx, Filter{Disabled: true})
		if err != nil || len(list) != 1 {
			t.Errorf("%d people after refusals, %v, want 1", len(list), err)
		}
	})
}

func TestSetPerson(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		f, ctx := setup(t, g), t.Context()
		ana := f.person(t, NewPerson{Email: "ana@example.org", Role: Reader, ManagerID: f.admin.ID})
		ben := f.person(t, NewPerson{Email: "ben@example.org"})

		p, err := f.SetPerson(ctx, ana, ana.ID, 1, PersonEdit{Name: ptr("Ana M."), Zone: ptr("Asia/Tokyo")})
		if err != nil || p.Name != "Ana M." || p.Zone != "Asia/Tokyo" || p.Version != 2 {
			t.Fatalf("own name and zone: %+v, %v", p, err)
		}
		_, err = f.SetPerson(ctx, ana, ana.ID, 1, PersonEdit{Zone: ptr("")})
		wantFault(t, err, fault.Conflict, "an old version")
		_, err = f.SetPerson(ctx, ana, ana.ID, 2, PersonEdit{Role: ptr(Admin)})
		wantFault(t, err, fault.Forbidden, "own role")
		_, err = f.SetPerson(ctx, ana, ben.ID, 1, PersonEdit{Name: ptr("Other")})
		wantFault(t, err, fault.Forbidden, "somebody else's name")
		_, err = f.SetPerson(ctx, f.admin, ana.ID, 2, PersonEdit{ManagerID: &ana.ID})
		wantFault(t, err, fault.Invalid, "own manager")
		_, err = f.SetPerson(ctx, f.admin, ana.ID, 2, PersonEdit{Email: ptr("BEN@example.org")})
		wantFault(t, err, fault.Conflict, "somebody else's address")
		_, err = f.SetPerson(ctx, f.admin, 999, 1, PersonEdit{Name: ptr("X")})
		wantFault(t, err, fault.NotFound, "nobody")

		team := f.team(t, "payments", TeamEdit{})
		p, err = f.SetPerson(ctx, f.admin, ana.ID, 2, PersonEdit{Role: ptr(Reviewer), ManagerID: ptr(int64(0)), Teams: &[]int64{team.ID}})
		if err != nil || p.Role != Reviewer || p.ManagerID != nil || p.Version != 3 {
			t.Fatalf("by an admin: %+v, %v", p, err)
		}
		members, err := f.Members(ctx, team.ID)
		if err != nil || len(members) != 1 || members[0].ID != ana.ID {
			t.Errorf("members %v, %v", members, err)
		}
		if n := audited(t, g, "person.set"); n != 2 {
			t.Errorf("%d audit rows, want 2: one for each change that happened", n)
		}
	})
}

func TestTheLastAdminStays(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		f, ctx := setup(t, g), t.Context()
		wantFault(t, f.Disable(ctx, Operator(), f.admin.ID), fault.Conflict, "disable the only admin")
		_, err := f.SetPerson(ctx, f.admin, f.admin.ID, 1, PersonEdit{Role: ptr(Writer)})
		wantFault(t, err, fault.Conflict, "demote the only admin")

		second := f.person(t, NewPerson{Email: "second@example.org", Role: Admin})
		if err := f.Disable(ctx, second, f.admin.ID); err != nil {
			t.Fatal(err)
		}
		wantFault(t, f.Disable(ctx, second, second.ID), fault.Conflict, "disable the last admin left")
		if err := f.Enable(ctx, second, f.admin.ID); err != nil {
			t.Fatal(err)
		}
		if err := f.Disable(ctx, second, second.ID); err != nil {
			t.Errorf("an admin goes while another stays: %v", err)
		}
	})
}

// Two admins who demote each other at the same moment must leave one.
func TestAdminsDemoteEachOther(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		f, ctx := setup(t, g), t.Context()
		second := f.person(t, NewPerson{Email: "second@example.org", Role: Admin})
		errs := make(chan error)
		for _, id := range []int64{f.admin.ID, second.ID} {
			go func() { errs <- f.Disable(ctx, Operator(), id) }()
		}
		refused := 0
		for range 2 {
			if err := <-errs; fault.Is(err, fault.Conflict) {
				refused++
			} else if err != nil {
				t.Error(err)
			}
		}
		left, err := f.List(ctx, Filter{Role: Admin})
		if err != nil || refused != 1 || len(left) != 1 {
			t.Errorf("%d refused, %d admins left, %v; want 1 and 1", refused, len(left), err)
		}
	})
}

func TestDisable(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		f, ctx := setup(t, g), t.Context()
		ana := f.person(t, NewPerson{Email: "ana@example.org", SlackID: "U1"})
		session := f.signIn(t, ana.ID)
		link, err := f.NewLink(ctx, ana, ana.ID)
		if err != nil {
			t.Fatal(err)
		}
		wantFault(t, f.Disable(ctx, ana, ana.ID), fault.Forbidden, "by a writer")
		for range 2 { // the second changes nothing
			if err := f.Disable(ctx, f.admin, ana.ID); err != nil {
				t.Fatal(err)
			}
		}
		_, err = f.Session(ctx, session)
		wantFault(t, err, fault.NotFound, "the session of a disabled person")
		_, _, err = f.SignIn(ctx, link, "")
		wantFault(t, err, fault.NotFound, "the link of a disabled person")
		_, err = f.NewLink(ctx, f.admin, ana.ID)
		wantFault(t, err, fault.Conflict, "a new link")
		gone, err := f.BySlackID(ctx, "U1")
		if err != nil || gone.Active() || gone.Version != 2 {
			t.Errorf("former member: %+v, %v", gone, err)
		}
		if n := audited(t, g, "person.disable"); n != 1 {
			t.Errorf("%d audit rows, want 1", n)
		}
		if err := f.Enable(ctx, f.admin, ana.ID); err != nil {
			t.Fatal(err)
		}
		_, _, err = f.SignIn(ctx, link, "")
		wantFault(t, err, fault.NotFound, "a link from before")
	})
}

func TestList(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		f, ctx := setup(t, g), t.Context()
		team := f.team(t, "payments", TeamEdit{})
		ana := f.person(t, NewPerson{Email: "ana@example.org", Teams: []int64{team.ID}})
		ben := f.person(t, NewPerson{Email: "ben@example.org", Teams: []int64{team.ID}})
		if err := f.Disable(ctx, f.admin, ben.ID); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			name string
			f    Filter
			want []int64
		}{
			{"all", Filter{}, []int64{ana.ID, f.admin.ID}},
			{"former members too", Filter{Disabled: true}, []int64{ana.ID, ben.ID, f.admin.ID}},
			{"a page", Filter{Disabled: true, After: "ana@example.org", Limit: 1}, []int64{ben.ID}},
			{"a team", Filter{Team: team.ID}, []int64{ana.ID}},
			{"admins", Filter{Role: Admin}, []int64{f.admin.ID}},
		} {
			list, err := f.List(ctx, c.f)
			var got []int64
			for _, p := range list {
				got = append(got, p.ID)
			}
			if err != nil || !cmp.Equal(got, c.want) {
				t.Errorf("%s: %v, %v, want %v", c.name, got, err, c.want)
			}
		}
		many, err := f.ByIDs(ctx, []int64{ana.ID, 0, 999, ana.ID})
		if err != nil || len(many) != 1 || many[ana.ID].Email != "ana@example.org" {
			t.Errorf("ByIDs: %v, %v", many, err)
		}
	})
}

func TestPrincipalTakesTwoQueries(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		f := setup(t, g)
		var ids []int64
		for _, n := range []string{"a", "b", "c", "d"} {
			ids = append(ids, f.team(t, n, TeamEdit{}).ID)
		}
		ana := f.person(t, NewPerson{Email: "ana@example.org", Teams: ids})
		count := db.CountQueries(g)
		defer count.Stop()
		p, err := f.Principal(t.Context(), ana.ID)
		if err != nil || len(p.Teams) != 4 || count.N() != 2 {
			t.Errorf("%d teams in %d queries, %v; want 4 in 2", len(p.Teams), count.N(), err)
		}
	})
}
