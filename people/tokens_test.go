package people

import (
	"strings"
	"testing"
	"time"

	"coetracker/internal/dbtest"
	"coetracker/internal/fault"

	"gorm.io/gorm"
)

func TestTokens(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		f, ctx := setup(t, g), t.Context()
		row, text, err := f.CreateToken(ctx, f.admin, NewToken{Name: " CI of checkout ", Scope: ScopeGate})
		if err != nil || row.Name != "CI of checkout" || !strings.HasPrefix(text, "coe_") || len(text) < 40 || !strings.HasSuffix(text, row.Hint) || len(row.Hint) != 4 {
			t.Fatalf("made %+v %q, %v", row, text, err)
		}
		if got := row.ExpiresAt.Sub(wallStart); got != TokenDays*24*time.Hour {
			t.Errorf("lives %v", got)
		}
		var stored string
		g.Raw("SELECT hash || name || hint FROM api_tokens").Scan(&stored)
		if strings.Contains(stored, text) || strings.Contains(stored, strings.TrimPrefix(text, "coe_")) {
			t.Error("the token itself is stored")
		}
		used, err := f.UseToken(ctx, text, ScopeGate)
		if err != nil || used.ID != row.ID || used.UsedAt == nil || !used.UsedAt.Equal(wallStart) {
			t.Errorf("used %+v, %v", used, err)
		}
		f.wall.Advance(time.Minute)
		if used, err = f.UseToken(ctx, text, ScopeGate); err != nil || !used.UsedAt.Equal(wallStart) {
			t.Errorf("a minute later %+v, %v, want the use before", used, err)
		}
		f.wall.Advance(time.Hour)
		if used, err = f.UseToken(ctx, text, ScopeGate); err != nil || !used.UsedAt.Equal(wallStart.Add(time.Hour+time.Minute)) {
			t.Errorf("an hour later %+v, %v", used, err)
		}
		for what, token := range map[string]string{"unknown": "coe_" + strings.Repeat("x", 43), "empty": "", "the hash": row.Hash} {
			_, err := f.UseToken(ctx, token, ScopeGate)
			wantFault(t, err, fault.NotFound, what)
		}
		_, err = f.UseToken(ctx, text, "everything")
		wantFault(t, err, fault.NotFound, "another scope")

		_, short, err := f.CreateToken(ctx, Operator(), NewToken{Scope: ScopeGate, Days: 1})
		if err != nil {
			t.Fatal(err)
		}
		f.wall.Advance(24*time.Hour - time.Microsecond)
		if _, err := f.UseToken(ctx, short, ScopeGate); err != nil {
			t.Errorf("in its last moment: %v", err)
		}
		f.wall.Advance(time.Microsecond)
		_, err = f.UseToken(ctx, short, ScopeGate)
		wantFault(t, err, fault.NotFound, "expired")

		for range 2 {
			if got, err := f.RevokeToken(ctx, f.admin, row.ID); err != nil || got.RevokedAt == nil {
				t.Errorf("revoked %+v, %v", got, err)
			}
		}
		_, err = f.UseToken(ctx, text, ScopeGate)
		wantFault(t, err, fault.NotFound, "revoked")
		list, err := f.ListTokens(ctx, f.admin)
		if err != nil || len(list) != 2 || list[0].Name != "gate" || list[1].RevokedAt == nil {
			t.Errorf("listed %+v, %v", list, err)
		}
		if made, ended := audited(t, g, "token.create"), audited(t, g, "token.revoke"); made != 2 || ended != 1 {
			t.Errorf("%d made and %d revoked in the audit log, want 2 and 1", made, ended)
		}
	})
}

func TestTokensAreForAdmins(t *testing.T) {
	t.Parallel()
	f, ctx := setup(t, dbtest.New(t)), t.Context()
	row, _, err := f.CreateToken(ctx, f.admin, NewToken{Scope: ScopeGate})
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range []Role{Reader, Writer, Reviewer} {
		p := f.person(t, NewPerson{Email: string(role) + "@example.org", Role: role})
		_, _, err := f.CreateToken(ctx, p, NewToken{Scope: ScopeGate})
		wantFault(t, err, fault.Forbidden, "create")
		_, err = f.ListTokens(ctx, p)
		wantFault(t, err, fault.Forbidden, "list")
		_, err = f.RevokeToken(ctx, p, row.ID)
		wantFault(t, err, fault.Forbidden, "revoke")
	}
	for field, n := range map[string]NewToken{
		"scope": {Scope: "all"}, "days": {Scope: ScopeGate, Days: MaxTokenDays + 1}, "name": {Scope: ScopeGate, Name: strings.Repeat("x", 101)},
	} {
		_, _, err := f.CreateToken(ctx, f.admin, n)
		if e, ok := fault.Of(err); !ok || e.Kind != fault.Invalid || e.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	_, err = f.RevokeToken(ctx, f.admin, 99)
	wantFault(t, err, fault.NotFound, "unknown")
}
