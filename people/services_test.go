package people

import (
	"testing"

	"coetracker/internal/dbtest"
	"coetracker/internal/fault"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"
)

func TestServices(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		f, ctx := setup(t, g), t.Context()
		team := f.team(t, "payments", TeamEdit{})
		sv, err := f.AddService(ctx, f.admin, "Checkout", ServiceEdit{
			TeamID: &team.ID, Tier: ptr(1), Targets: &map[string]int{"ttd": 5, "ttm": 60}, Aliases: &[]string{"checkout-prod", " CART ", "cart", ""},
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{"Checkout", "checkout-prod", "Cart", "CHECKOUT-PROD", " cart "} {
			if got, err := f.ByAlias(ctx, text); err != nil || !cmp.Equal(got, sv) {
				t.Errorf("ByAlias(%q) = %+v, %v, want %+v", text, got, err, sv)
			}
		}
		_, err = f.ByAlias(ctx, "search\x00")
		wantFault(t, err, fault.NotFound, "an unknown alias")
		ttm, ok := sv.Target("ttm")
		if _, unset := sv.Target("tte"); ttm != 60 || !ok || unset || sv.Tier != 1 || *sv.TeamID != team.ID || sv.Version != 1 {
			t.Errorf("stored %+v", sv)
		}

		sv, err = f.SetService(ctx, f.admin, sv.ID, 1, ServiceEdit{TeamID: ptr(int64(0)), Targets: &map[string]int{}, Aliases: &[]string{"basket"}})
		if err != nil || sv.TeamID != nil || sv.Targets != "{}" || sv.Version != 2 {
			t.Errorf("changed: %+v, %v", sv, err)
		}
		names, err := f.ListAliases(ctx)
		if err != nil || !cmp.Equal(names, []ServiceAlias{{Alias: "basket", ServiceID: sv.ID}}) {
			t.Errorf("aliases %v, %v", names, err)
		}
		if n := audited(t, g, "service.set"); n != 1 {
			t.Errorf("%d audit rows, want 1", n)
		}
	})
}

func TestServicesRefuse(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		f, ctx := setup(t, g), t.Context()
		first, err := f.AddService(ctx, f.admin, "checkout", ServiceEdit{Aliases: &[]string{"cart"}})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			name    string
			by      *Principal
			service string
			e       ServiceEdit
			want    fault.Kind
		}{
			{"a name twice", f.admin, "checkout", ServiceEdit{}, fault.Conflict},
			{"another's alias as name", f.admin, "cart", ServiceEdit{}, fault.Conflict},
			{"another's alias", f.admin, "search", ServiceEdit{Aliases: &[]string{"CART"}}, fault.Conflict},
			{"another's name as alias", f.admin, "search", ServiceEdit{Aliases: &[]string{"Checkout"}}, fault.Conflict},
			{"an unknown team", f.admin, "search", ServiceEdit{TeamID: ptr(int64(999))}, fault.Invalid},
			{"tier 5", f.admin, "search", ServiceEdit{Tier: ptr(5)}, fault.Invalid},
			{"an unknown target", f.admin, "search", ServiceEdit{Targets: &map[string]int{"mttr": 5}}, fault.Invalid},
			{"a target of 0", f.admin, "search", ServiceEdit{Targets: &map[string]int{"ttd": 0}}, fault.Invalid},
			{"by a writer", someone(8, Writer), "search", ServiceEdit{}, fault.Forbidden},
		} {
			_, err := f.AddService(ctx, c.by, c.service, c.e)
			wantFault(t, err, c.want, c.name)
		}
		_, err = f.SetService(ctx, f.admin, first.ID, 9, ServiceEdit{Tier: ptr(2)})
		wantFault(t, err, fault.Conflict, "an old version")
		_, err = f.SetService(ctx, f.admin, 999, 1, ServiceEdit{Tier: ptr(2)})
		wantFault(t, err, fault.NotFound, "no such service")
		if list, err := f.ListServices(ctx); err != nil || len(list) != 1 {
			t.Errorf("services after refusals: %v, %v", list, err)
		}
	})
}

func TestEnsure(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		f, ctx := setup(t, g), t.Context()
		id, made, err := EnsurePerson(g, "Zoe@example.org", "")
		again, madeAgain, err2 := EnsurePerson(g, "zoe@EXAMPLE.org", "Other")
		if err != nil || err2 != nil || !made || madeAgain || id == 0 || id != again {
			t.Errorf("person %d %v %v, then %d %v %v", id, made, err, again, madeAgain, err2)
		}
		if p, err := f.ByID(ctx, id); err != nil || p.Active() || p.Role != Reader || p.Name != "Zoe" {
			t.Errorf("made %+v, %v, want a disabled reader", p, err)
		}
		if id, made, err := EnsurePerson(g, "root@example.org", ""); err != nil || made || id != f.admin.ID {
			t.Errorf("somebody who is here: %d %v %v", id, made, err)
		}
		for name, ensure := range map[string]func(*gorm.DB, string) (int64, bool, error){"team": EnsureTeam, "service": EnsureService} {
			id, made, err := ensure(g, "payments")
			again, madeAgain, err2 := ensure(g, "payments")
			if err != nil || err2 != nil || !made || madeAgain || id == 0 || id != again {
				t.Errorf("%s %d %v %v, then %d %v %v", name, id, made, err, again, madeAgain, err2)
			}
			_, _, err = ensure(g, "")
			wantFault(t, err, fault.Invalid, "a "+name+" without a name")
		}
	})
}
