package people

import (
	"testing"

	"coetracker/internal/dbtest"
	"coetracker/internal/fault"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"
)

func TestServicesByAlias(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		f, ctx := setup(t, g), t.Context()
		cart, err := f.AddService(ctx, f.admin, "Cart", ServiceEdit{Aliases: &[]string{"acme/cart"}})
		if err != nil {
			t.Fatal(err)
		}
		pay, err := f.AddService(ctx, f.admin, "pay", ServiceEdit{})
		if err != nil {
			t.Fatal(err)
		}
		got, err := ServicesByAlias(g, []string{"Cart", "cart", "ACME/Cart", " PAY ", "nobody\x00", ""})
		want := map[string]int64{"Cart": cart.ID, "ACME/Cart": cart.ID, " PAY ": pay.ID}
		if err != nil || !cmp.Equal(got, want) {
			t.Errorf("found %v, %v, want %v", got, err, want)
		}
		if err := AddAlias(g, pay.ID, " Shop/PAY "); err != nil {
			t.Fatal(err)
		}
		if err := AddAlias(g, pay.ID, "shop/pay"); err != nil {
			t.Errorf("again: %v", err)
		}
		if sv, err := f.ByAlias(ctx, "SHOP/pay"); err != nil || sv.ID != pay.ID {
			t.Errorf("the new name means %v, %v", sv, err)
		}
		wantFault(t, AddAlias(g, pay.ID, "acme/cart"), fault.Conflict, "another's alias")
		wantFault(t, AddAlias(g, cart.ID, "pay"), fault.Conflict, "another's name")
		wantFault(t, AddAlias(g, cart.ID, " "), fault.Invalid, "no alias")
		wantFault(t, AddAlias(g, 9999, "x"), fault.NotFound, "no service")
	})
}
