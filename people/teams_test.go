package people

import (
	"testing"

	"coetracker/internal/db"
	"coetracker/internal/dbtest"
	"coetracker/internal/fault"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"
)

func TestTeams(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		f, ctx := setup(t, g), t.Context()
		days := []TeamHoliday{{Day: "2026-01-01", Name: "New year"}, {Day: "2025-12-25"}, {Day: "2025-12-25", Name: "twice"}}
		team, err := f.AddTeam(ctx, f.admin, " payments ", TeamEdit{
			Zone: ptr("Europe/Berlin"), Days: ptr("sun-thu"), Channel: ptr("#payments"), Policy: ptr(`{"review_days": 4}`), Holidays: &days,
		})
		if err != nil {
			t.Fatal(err)
		}
		stored, err := f.TeamByName(ctx, "payments")
		if err != nil || !cmp.Equal(stored, team) {
			t.Fatalf("stored %+v, %v, want %+v", stored, err, team)
		}
		if stored.WorkingDays != "mon,tue,wed,thu,sun" || stored.Clocks().For(1).ReviewDays != 4 || stored.Version != 1 {
			t.Errorf("stored %+v", stored)
		}
		off, err := f.Holidays(ctx, team.ID)
		want := []TeamHoliday{{TeamID: team.ID, Day: "2025-12-25"}, {TeamID: team.ID, Day: "2026-01-01", Name: "New year"}}
		if err != nil || !cmp.Equal(off, want) {
			t.Errorf("holidays %v, %v, want %v", off, err, want)
		}

		team, err = f.SetTeam(ctx, f.admin, team.ID, 1, TeamEdit{Name: ptr("pay"), Policy: ptr(""), Holidays: &[]TeamHoliday{}})
		if err != nil || team.Name != "pay" || team.Policy != "{}" || team.Channel != "#payments" || team.Version != 2 {
			t.Errorf("changed: %+v, %v", team, err)
		}
		if off, err := f.Holidays(ctx, team.ID); err != nil || len(off) != 0 {
			t.Errorf("holidays after clearing: %v, %v", off, err)
		}
		if p, err := PolicyOf(g, 0); err != nil || p != DefaultPolicy() {
			t.Errorf("policy without a team: %v, %v", p, err)
		}
	})
}

func TestTeamsRefuse(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		f, ctx := setup(t, g), t.Context()
		pay := f.team(t, "payments", TeamEdit{})
		f.team(t, "network", TeamEdit{})
		add := func(by *Principal, name string, e TeamEdit) error {
			_, err := f.AddTeam(ctx, by, name, e)
			return err
		}
		set := func(id, version int64, e TeamEdit) error {
			_, err := f.SetTeam(ctx, f.admin, id, version, e)
			return err
		}
		for _, c := range []struct {
			name string
			err  error
			want fault.Kind
		}{
			{"a name twice", add(f.admin, "payments", TeamEdit{}), fault.Conflict},
			{"no name", add(f.admin, " ", TeamEdit{}), fault.Invalid},
			{"by a reviewer", add(someone(8, Reviewer), "new", TeamEdit{}), fault.Forbidden},
			{"an unknown zone", add(f.admin, "new", TeamEdit{Zone: ptr("here")}), fault.Invalid},
			{"unknown days", add(f.admin, "new", TeamEdit{Days: ptr("always")}), fault.Invalid},
			{"an unknown policy", add(f.admin, "new", TeamEdit{Policy: ptr(`{"x": 1}`)}), fault.Invalid},
			{"a holiday that is no day", add(f.admin, "new", TeamEdit{Holidays: &[]TeamHoliday{{Day: "2025-02-30"}}}), fault.Invalid},
			{"an old version", set(pay.ID, 7, TeamEdit{Zone: ptr("")}), fault.Conflict},
			{"another team's name", set(pay.ID, 1, TeamEdit{Name: ptr("network")}), fault.Conflict},
			{"no such team", set(999, 1, TeamEdit{Zone: ptr("")}), fault.NotFound},
			{"a member of no team", f.AddMember(ctx, f.admin, 999, f.admin.ID), fault.NotFound},
			{"nobody as a member", f.AddMember(ctx, f.admin, pay.ID, 999), fault.NotFound},
			{"a member by a writer", f.AddMember(ctx, someone(8, Writer), pay.ID, 8), fault.Forbidden},
		} {
			wantFault(t, c.err, c.want, c.name)
		}
		if list, err := f.ListTeams(ctx); err != nil || len(list) != 2 || list[0].Name != "network" {
			t.Errorf("teams after refusals: %v, %v", list, err)
		}
	})
}

func TestMembers(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		f, ctx := setup(t, g), t.Context()
		team := f.team(t, "payments", TeamEdit{})
		for range 2 { // the second changes nothing
			if err := f.AddMember(ctx, f.admin, team.ID, f.admin.ID); err != nil {
				t.Fatal(err)
			}
		}
		all, err := f.Memberships(ctx)
		if err != nil || !cmp.Equal(all, []TeamMember{{TeamID: team.ID, PersonID: f.admin.ID}}) {
			t.Errorf("memberships %v, %v", all, err)
		}
		for range 2 {
			if err := f.RemoveMember(ctx, f.admin, team.ID, f.admin.ID); err != nil {
				t.Fatal(err)
			}
		}
		if list, err := f.Members(ctx, team.ID); err != nil || len(list) != 0 {
			t.Errorf("members after removal: %v, %v", list, err)
		}
	})
}

func TestCalendarsInFourQueries(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		f, ctx := setup(t, g), t.Context()
		west := f.team(t, "west", TeamEdit{Zone: ptr("America/New_York"), Holidays: &[]TeamHoliday{{Day: "2025-07-04"}}})
		gulf := f.team(t, "gulf", TeamEdit{Days: ptr("sun-thu"), Holidays: &[]TeamHoliday{{Day: "2025-12-02"}}})
		ana := f.person(t, NewPerson{Email: "ana@example.org", Zone: "Asia/Tokyo", Teams: []int64{gulf.ID}})
		ben := f.person(t, NewPerson{Email: "ben@example.org", Teams: []int64{west.ID, gulf.ID}})
		count := db.CountQueries(g)
		defer count.Stop()
		got, err := f.Calendars(ctx, []int64{ana.ID, ben.ID, f.admin.ID, 999, ana.ID})
		if err != nil || len(got) != 3 || count.N() != 4 {
			t.Fatalf("%d calendars in %d queries, %v; want 3 in 4", len(got), count.N(), err)
		}
		for _, c := range []struct {
			who  *Principal
			zone string
			days string
			off  map[Day]bool
		}{
			{ana, "Asia/Tokyo", "sun-thu", map[Day]bool{"2025-12-02": true}},
			{ben, "America/New_York", "mon-thu", map[Day]bool{"2025-07-04": true, "2025-12-02": true}},
			{f.admin, "UTC", "mon-fri", map[Day]bool{}},
		} {
			cal := got[c.who.ID]
			if cal.Zone.String() != c.zone || cal.WorkingDays != week(t, c.days) || !cmp.Equal(cal.Holidays, c.off) {
				t.Errorf("%s: %v, want %s %s %v", c.who.Email, cal, c.zone, c.days, c.off)
			}
		}
		count.Reset()
		if none, err := f.Calendars(ctx, nil); err != nil || len(none) != 0 || count.N() != 0 {
			t.Errorf("for nobody: %v, %v in %d queries", none, err, count.N())
		}
	})
}
