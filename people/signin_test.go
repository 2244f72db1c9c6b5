package people

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"coetracker/internal/db"
	"coetracker/internal/dbtest"
	"coetracker/internal/fault"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"
)

func (f fixture) signIn(t *testing.T, personID int64) (session string) {
	t.Helper()
	link, err := f.NewLink(t.Context(), Operator(), personID)
	if err != nil {
		t.Fatal(err)
	}
	session, _, err = f.SignIn(t.Context(), link, "test browser")
	if err != nil {
		t.Fatal(err)
	}
	return session
}

func TestSignInOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		f, ctx := setup(t, g), t.Context()
		team := f.team(t, "payments", TeamEdit{})
		ana := f.person(t, NewPerson{Email: "ana@example.org", Teams: []int64{team.ID}})
		link, err := f.NewLink(ctx, f.admin, ana.ID)
		if err != nil {
			t.Fatal(err)
		}
		session, p, err := f.SignIn(ctx, link, "Firefox \x00\xff"+strings.Repeat("x", 500))
		if err != nil || p.ID != ana.ID {
			t.Fatalf("signed in as %v, %v", p, err)
		}
		who, err := f.Session(ctx, session)
		if err != nil || !cmp.Equal(who, ana) {
			t.Errorf("session of %+v, %v, want %+v", who, err, ana)
		}
		_, _, err = f.SignIn(ctx, link, "")
		wantFault(t, err, fault.NotFound, "a second use")
		for _, token := range []string{link, session} {
			if b, err := base64.RawURLEncoding.DecodeString(token); err != nil || len(b) != 32 {
				t.Errorf("token %q holds %d bytes, %v, want 32", token, len(b), err)
			}
		}
		var stored []string
		g.Raw("SELECT token_hash FROM sign_in_links UNION SELECT token_hash FROM sessions").Scan(&stored)
		if all := strings.Join(stored, " "); len(stored) != 2 || strings.Contains(all, link) || strings.Contains(all, session) {
			t.Errorf("stored %v, want two hashes and no token", stored)
		}
	})
}

func TestDeadLinksAnswerAlike(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		f, ctx := setup(t, g), t.Context()
		ana := f.person(t, NewPerson{Email: "ana@example.org"})
		link := func() string {
			token, err := f.NewLink(ctx, f.admin, ana.ID)
			if err != nil {
				t.Fatal(err)
			}
			return token
		}
		spent, expired := link(), link()
		if _, _, err := f.SignIn(ctx, spent, ""); err != nil {
			t.Fatal(err)
		}
		f.wall.Advance(LinkLife)
		disabled := link()
		if err := g.Exec("UPDATE people SET disabled_at = created_at WHERE id = ?", ana.ID).Error; err != nil {
			t.Fatal(err)
		}
		texts := map[string]bool{}
		for name, token := range map[string]string{"spent": spent, "expired": expired, "unknown": newToken(), "empty": "", "binary": "\x00\xff", "disabled": disabled} {
			_, _, err := f.SignIn(ctx, token, "")
			wantFault(t, err, fault.NotFound, name)
			texts[err.Error()] = true
		}
		if len(texts) != 1 {
			t.Errorf("%d different answers, want 1: %v", len(texts), texts)
		}
	})
}

func TestLinksLiveToTheSecond(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		f, ctx := setup(t, g), t.Context()
		link, err := f.NewLink(ctx, f.admin, f.admin.ID)
		if err != nil {
			t.Fatal(err)
		}
		f.wall.Advance(LinkLife - time.Millisecond)
		if _, _, err := f.SignIn(ctx, link, ""); err != nil {
			t.Errorf("just before the end: %v", err)
		}
	})
}

func TestFiftyAtOnceOneWins(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		f, ctx := setup(t, g), t.Context()
		link, err := f.NewLink(ctx, f.admin, f.admin.ID)
		if err != nil {
			t.Fatal(err)
		}
		errs := make(chan error)
		for range 50 {
			go func() {
				_, _, err := f.SignIn(ctx, link, "")
				errs <- err
			}()
		}
		won := 0
		for range 50 {
			if err := <-errs; err == nil {
				won++
			} else if !fault.Is(err, fault.NotFound) {
				t.Errorf("a loser's error: %v", err)
			}
		}
		list, err := f.Sessions(ctx, f.admin.ID)
		if err != nil || won != 1 || len(list) != 1 {
			t.Errorf("%d won and %d sessions, %v; want 1 and 1", won, len(list), err)
		}
	})
}

func TestWhoMayMakeLinks(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		f, ctx := setup(t, g), t.Context()
		ana := f.person(t, NewPerson{Email: "ana@example.org", Role: Reader})
		if _, err := f.NewLink(ctx, ana, ana.ID); err != nil {
			t.Errorf("for oneself: %v", err)
		}
		_, err := f.NewLink(ctx, ana, f.admin.ID)
		wantFault(t, err, fault.Forbidden, "for somebody else")
		_, err = f.NewLink(ctx, nil, ana.ID)
		wantFault(t, err, fault.Forbidden, "by nobody")
		_, err = f.NewLink(ctx, f.admin, 999)
		wantFault(t, err, fault.NotFound, "for nobody")
	})
}

func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		f, ctx := setup(t, g), t.Context()
		ana := f.person(t, NewPerson{Email: "ana@example.org"})
		idle, used := f.signIn(t, ana.ID), f.signIn(t, ana.ID)
		alive := func(token string) bool {
			_, err := f.Session(ctx, token)
			if err != nil && !fault.Is(err, fault.NotFound) {
				t.Fatal(err)
			}
			return err == nil
		}
		for day := 1; day <= 29; day++ {
			f.wall.Advance(24 * time.Hour)
			if !alive(used) {
				t.Fatalf("a session used daily ended on day %d", day)
			}
			if day == 7 && alive(idle) {
				t.Error("a session that went unused for 7 days lives on")
			}
		}
		f.wall.Advance(24 * time.Hour)
		if alive(used) {
			t.Error("a session lives on after 30 days")
		}
		if n, err := f.Purge(ctx); err != nil || n != 4 {
			t.Errorf("purged %d, %v, want 2 sessions and 2 links", n, err)
		}
	})
}

func TestEndSessions(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		f, ctx := setup(t, g), t.Context()
		ana, ben := f.person(t, NewPerson{Email: "ana@example.org"}), f.person(t, NewPerson{Email: "ben@example.org"})
		one, two, three := f.signIn(t, ana.ID), f.signIn(t, ana.ID), f.signIn(t, ana.ID)
		for range 2 { // ending what has ended is no error
			if err := f.EndSession(ctx, one); err != nil {
				t.Fatal(err)
			}
		}
		_, err := f.Session(ctx, one)
		wantFault(t, err, fault.NotFound, "after sign-out")
		list, err := f.Sessions(ctx, ana.ID)
		if err != nil || len(list) != 2 || list[0].UserAgent != "test browser" {
			t.Fatalf("sessions %+v, %v", list, err)
		}
		wantFault(t, f.EndOneSession(ctx, ben, ben.ID, list[0].ID), fault.NotFound, "another's session as one's own")
		wantFault(t, f.EndOneSession(ctx, ben, ana.ID, list[0].ID), fault.Forbidden, "another's session")
		wantFault(t, f.EndAllSessions(ctx, ben, ana.ID), fault.Forbidden, "another's sessions")
		if err := f.EndOneSession(ctx, ana, ana.ID, list[0].ID); err != nil {
			t.Fatal(err)
		}
		if err := f.EndAllSessions(ctx, f.admin, ana.ID); err != nil {
			t.Fatal(err)
		}
		for _, token := range []string{two, three} {
			_, err := f.Session(ctx, token)
			wantFault(t, err, fault.NotFound, "after all ended")
		}
	})
}

func TestSessionTakesAtMostTwoQueries(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		f, ctx := setup(t, g), t.Context()
		var teams []int64
		for _, n := range []string{"a", "b", "c"} {
			teams = append(teams, f.team(t, n, TeamEdit{}).ID)
		}
		ana := f.person(t, NewPerson{Email: "ana@example.org", Teams: teams})
		session := f.signIn(t, ana.ID)
		count := db.CountQueries(g)
		defer count.Stop()
		for _, want := range []int{1, 2, 1} { // fresh, a while later, at once again
			count.Reset()
			p, err := f.Session(ctx, session)
			if err != nil || len(p.Teams) != 3 || count.N() != want {
				t.Errorf("%d teams in %d queries, %v; want 3 in %d", len(p.Teams), count.N(), err, want)
			}
			if want == 1 {
				f.wall.Advance(time.Hour)
			}
			if want == 2 {
				f.wall.Advance(time.Second)
			}
		}
	})
}

// Who spends a link while all their sessions are ended is not signed in
// afterwards.
func TestEndAllSessionsWhileSigningIn(t *testing.T) {
	t.Parallel()
	f, ctx := setup(t, dbtest.Postgres(t)), t.Context()
	ana := f.person(t, NewPerson{Email: "ana@example.org"})
	link, err := f.NewLink(ctx, Operator(), ana.ID)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	err = db.Tx(ctx, f.DB, func(tx *gorm.DB) error { // as SignIn does it
		p, err := f.spend(tx, link)
		if err != nil {
			return err
		}
		if err := f.startSession(tx, p, "token", ""); err != nil {
			return err
		}
		go func() { ended <- f.EndAllSessions(ctx, Operator(), ana.ID) }()
		for waiting := int64(0); waiting == 0; { // until it waits for this transaction
			if err := f.DB.Raw("SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").Scan(&waiting).Error; err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	_, err = f.Session(ctx, "token")
	wantFault(t, err, fault.NotFound, "a session of before the end")
}
