package actions_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"coetracker/actions"
	"coetracker/internal/db"
	"coetracker/internal/dbtest"
	"coetracker/internal/fault"
	"coetracker/people"

	"gorm.io/gorm"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// The people of these tests. Ana owns COE-17 (open to all) and COE-18
// (restricted); Sam owns actions and is otherwise a reader; Rita reviews.
const (
	ana = int64(iota + 1)
	sam
	rita
	writer
	admin
)

type house struct {
	t     *testing.T
	g     *gorm.DB
	s     *actions.Store
	clock *dbtest.Clock
}

func build(t *testing.T, g *gorm.DB, clock *dbtest.Clock) *house {
	t.Helper()
	h := &house{t: t, g: g, clock: clock, s: &actions.Store{DB: g, Zone: time.UTC}}
	for _, p := range []people.Person{
		{Email: "ana@example.com", Name: "Ana Ruiz", Role: people.Writer},
		{Email: "sam@example.com", Name: "Sam Okafor", Role: people.Reader},
		{Email: "rita@example.com", Name: "Rita Berg", Role: people.Reviewer},
		{Email: "walt@example.com", Name: "Walt Iver", Role: people.Writer},
		{Email: "adm@example.com", Name: "Adam Min", Role: people.Admin},
	} {
		p.Version = 1
		if err := g.Create(&p).Error; err != nil {
			t.Fatal(err)
		}
	}
	h.coe(1, 17, "org")
	h.coe(2, 18, "restricted")
	return h
}

func (h *house) coe(id, number int, visibility string) {
	h.t.Helper()
	now := db.Now(h.g)
	h.exec(`INSERT INTO coes (id, uid, number, title, kind, severity, state_since, owner_id, visibility, created_at, updated_at)
		VALUES (?, ?, ?, ?, 'incident', 2, ?, ?, ?, ?, ?)`, id, fmt.Sprint("uid", id), number, fmt.Sprint("Secret title ", number), now, ana, visibility, now, now)
	h.exec("INSERT INTO coe_people (coe_id, person_id, role) VALUES (?, ?, 'reviewer')", id, rita)
}

func (h *house) exec(sql string, args ...any) {
	h.t.Helper()
	if err := h.g.Exec(sql, args...).Error; err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) who(id int64) *people.Principal {
	h.t.Helper()
	p, err := (&people.Store{DB: h.g, Zone: time.UTC}).Principal(context.Background(), id)
	if err != nil {
		h.t.Fatal(err)
	}
	return p
}

func (h *house) add(n actions.New) *actions.Action {
	h.t.Helper()
	if n.COEID == 0 {
		n.COEID = 1
	}
	a, err := h.s.Add(h.t.Context(), h.who(ana), n)
	if err != nil {
		h.t.Fatal(err)
	}
	return a
}

func (h *house) count(sql string, args ...any) (n int) {
	h.t.Helper()
	if err := h.g.Raw(sql, args...).Scan(&n).Error; err != nil {
		h.t.Fatal(err)
	}
	return n
}

func each(t *testing.T, f func(t *testing.T, h *house)) {
	t.Helper()
	clock := map[bool]*dbtest.Clock{}
	for _, pg := range []bool{false, true} {
		clock[pg] = dbtest.NewClock(dbtest.Start)
	}
	t.Run("sqlite", func(t *testing.T) {
		f(t, build(t, dbtest.New(t, dbtest.WithClock(clock[false])), clock[false]))
	})
	t.Run("postgres", func(t *testing.T) {
		f(t, build(t, dbtest.Postgres(t, dbtest.WithClock(clock[true])), clock[true]))
	})
}

func ptr(n int64) *int64 { return &n }

func wants(t *testing.T, err error, kind fault.Kind, field string) {
	t.Helper()
	f, ok := fault.Of(err)
	if !ok || f.Kind != kind || f.Field != field {
		t.Errorf("got %v, want %s %s", err, kind, field)
	}
}

func TestAddNumbersAndFillsTheDate(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		a := h.add(actions.New{Title: "  Cap retries\n at two ", OwnerID: ptr(sam), Priority: "P1"})
		if a.Number != 1 || a.Title != "Cap retries at two" || a.Due != "2026-04-02" || a.FirstDue != a.Due || a.Assignment != 1 || a.AssignedAt == nil {
			t.Errorf("added %+v", a) // 30 days from Tue 3 March
		}
		b := h.add(actions.New{Title: "Second", Due: "next fri"})
		if b.Number != 2 || b.Due != "2026-03-13" || b.Rank <= a.Rank || b.Key == a.Key {
			t.Errorf("added %+v", b)
		}
		if _, err := h.s.Delete(t.Context(), h.who(ana), actions.At{ID: b.ID}); err != nil {
			t.Fatal(err)
		}
		if c := h.add(actions.New{Title: "Third"}); c.Number != 3 || c.Due != "" {
			t.Errorf("added %+v, want number 3 without date", c)
		}
		if n := h.count("SELECT seq FROM coes WHERE id = 1"); n != 4 {
			t.Errorf("the COE is at change %d, want 4", n)
		}
		if n := h.count("SELECT count(*) FROM audit WHERE coe_id = 1 AND actor = 'ana@example.com'"); n != 4 {
			t.Errorf("%d audit rows, want 4", n)
		}
		if n := h.count("SELECT count(*) FROM jobs WHERE kind = ?", actions.JobChanged); n != 4 {
			t.Errorf("%d jobs, want 4", n)
		}
	})
}

func TestAddRefuses(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		h.exec("UPDATE people SET disabled_at = ? WHERE id = ?", dbtest.Start, writer)
		for field, n := range map[string]actions.New{
			"title":       {Title: " \n "},
			"owner":       {Title: "x", OwnerID: ptr(writer)},
			"priority":    {Title: "x", Priority: "P7"},
			"type":        {Title: "x", Type: "improve"},
			"horizon":     {Title: "x", Horizon: "medium"},
			"due":         {Title: "x", Due: "2026-03-02"},
			"verifier":    {Title: "x", OwnerID: ptr(sam), VerifierID: ptr(sam)},
			"tracker_url": {Title: "x", TrackerURL: "javascript:alert(1)"},
			"detail":      {Title: "x", Detail: strings.Repeat("x", 5000)},
			"proof_kind":  {Title: "x", ProofKind: "hope"},
			"criterion":   {Title: "x", Criterion: "a\x00b"},
		} {
			n.COEID = 1
			_, err := h.s.Add(t.Context(), h.who(ana), n)
			wants(t, err, fault.Invalid, field)
		}
		_, err := h.s.Add(t.Context(), h.who(ana), actions.New{COEID: 1, Title: "x", OwnerID: ptr(sam), Due: "sat"})
		wants(t, err, fault.Invalid, "due")
		if !strings.Contains(err.Error(), "a day off for Sam Okafor. Take Mon 9 Mar") {
			t.Errorf("a Saturday: %v", err)
		}
		_, err = h.s.Add(t.Context(), h.who(sam), actions.New{COEID: 1, Title: "x"})
		wants(t, err, fault.Forbidden, "")
		_, err = h.s.Add(t.Context(), h.who(sam), actions.New{COEID: 2, Title: "x"})
		wants(t, err, fault.NotFound, "")
		if n := h.count("SELECT count(*) FROM actions"); n != 0 {
			t.Errorf("%d actions were stored", n)
		}
	})
}

func TestAddLine(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		a, err := h.s.AddLine(t.Context(), h.who(ana), 1, "Add circuit breaker to client @sam in 2w !p1")
		if err != nil || a.Title != "Add circuit breaker to client" || *a.OwnerID != sam || a.Due != "2026-03-17" || a.Priority != "P1" {
			t.Errorf("%+v, %v", a, err)
		}
		_, err = h.s.AddLine(t.Context(), h.who(ana), 1, "Fix it @nobody fri")
		wants(t, err, fault.Invalid, "owner")
		_, err = h.s.AddLine(t.Context(), h.who(ana), 1, "Fix it @a fri") // Ana and Adam
		wants(t, err, fault.Invalid, "owner")
		_, err = h.s.AddLine(t.Context(), h.who(ana), 1, "Fix it @sam 04/05")
		wants(t, err, fault.Invalid, "line")
	})
}

func TestWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		own := h.add(actions.New{Title: "Of Sam", OwnerID: ptr(sam), Due: "fri"})
		hidden := h.add(actions.New{COEID: 2, Title: "Of Sam in secret", OwnerID: ptr(sam), Due: "fri"})
		other := h.add(actions.New{COEID: 2, Title: "Of Ana in secret", OwnerID: ptr(ana), Due: "fri"})
		ctx := t.Context()
		move := actions.NewDate{Due: "2026-03-16", Reason: "the parts arrive late"}
		for _, c := range []struct {
			name string
			who  int64
			id   int64
			do   func(*people.Principal, actions.At) error
			want fault.Kind
		}{
			{"the owner, a reader, moves", sam, own.ID, func(p *people.Principal, at actions.At) error { _, err := h.s.Move(ctx, p, at, move); return err }, ""},
			{"and in a restricted COE", sam, hidden.ID, func(p *people.Principal, at actions.At) error { _, err := h.s.Move(ctx, p, at, move); return err }, ""},
			{"but does not edit", sam, own.ID, func(p *people.Principal, at actions.At) error {
				_, err := h.s.Edit(ctx, p, at, actions.Fields{Title: new(string)})
				return err
			}, fault.Forbidden},
			{"nor decline", sam, own.ID, func(p *people.Principal, at actions.At) error { _, err := h.s.Decline(ctx, p, at, "no"); return err }, fault.Forbidden},
			{"a stranger does not claim", writer, own.ID, func(p *people.Principal, at actions.At) error {
				_, err := h.s.Done(ctx, p, at, actions.Evidence{})
				return err
			}, fault.Forbidden},
			{"nor sees a restricted one", writer, hidden.ID, func(p *people.Principal, at actions.At) error {
				_, err := h.s.Done(ctx, p, at, actions.Evidence{})
				return err
			}, fault.NotFound},
			{"nor does its reader see another", sam, other.ID, func(p *people.Principal, at actions.At) error { _, err := h.s.Get(ctx, p, at.ID); return err }, fault.NotFound},
			{"the COE's owner claims for the owner", ana, own.ID, func(p *people.Principal, at actions.At) error {
				_, err := h.s.Done(ctx, p, at, actions.Evidence{})
				return err
			}, ""},
			{"the owner does not verify", sam, own.ID, func(p *people.Principal, at actions.At) error { _, err := h.s.Verify(ctx, p, at); return err }, fault.Forbidden},
			{"nor a reviewer of another's action", rita, own.ID, func(p *people.Principal, at actions.At) error { _, err := h.s.Verify(ctx, p, at); return err }, fault.Forbidden},
			{"the COE's owner does", ana, own.ID, func(p *people.Principal, at actions.At) error { _, err := h.s.Verify(ctx, p, at); return err }, ""},
			{"nobody twice", ana, own.ID, func(p *people.Principal, at actions.At) error { _, err := h.s.Verify(ctx, p, at); return err }, fault.Conflict},
		} {
			err := c.do(h.who(c.who), actions.At{ID: c.id})
			if f, ok := fault.Of(err); (c.want == "") != (err == nil) || c.want != "" && (!ok || f.Kind != c.want) {
				t.Errorf("%s: %v, want %q", c.name, err, c.want)
			}
		}
	})
}

func TestProofGate(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		ctx, p := t.Context(), h.who(sam)
		a := h.add(actions.New{Title: "Alarm", OwnerID: ptr(sam), Priority: "P1", ProofKind: "alarm_drill"})
		at := actions.At{ID: a.ID}
		if _, err := h.s.Start(ctx, p, at); err != nil {
			t.Fatal(err)
		}
		_, err := h.s.Done(ctx, p, at, actions.Evidence{Text: "  "})
		wants(t, err, fault.Invalid, "proof")
		_, err = h.s.Done(ctx, p, at, actions.Evidence{})
		wants(t, err, fault.Invalid, "proof")
		it, err := h.s.Get(ctx, p, a.ID)
		if err != nil || it.State != actions.InProgress || it.Version != 2 {
			t.Fatalf("%+v, %v: want in progress, unchanged", it, err)
		}
		if _, err := h.s.Prove(ctx, p, at, actions.Evidence{Text: "fired after 90 s"}); err != nil {
			t.Fatal(err)
		}
		done, err := h.s.Done(ctx, p, actions.At{ID: a.ID, Version: 3}, actions.Evidence{})
		if err != nil || done.State != actions.ClaimedDone || *done.ClaimedBy != sam {
			t.Fatalf("%+v, %v: want claimed by Sam", done, err)
		}
		if _, err := h.s.Reject(ctx, h.who(ana), at, "the graph shows another region"); err != nil {
			t.Fatal(err)
		}
		it, _ = h.s.Get(ctx, p, a.ID)
		if it.State != actions.Open || it.StateReason != "the graph shows another region" || len(it.Proofs) != 1 || it.Proofs[0].Kind != "alarm_drill" {
			t.Errorf("after the rejection: %+v", it)
		}
		_, err = h.s.Done(ctx, p, actions.At{ID: a.ID, Version: 3}, actions.Evidence{Text: "again"})
		wants(t, err, fault.Conflict, "")
		if n := h.count("SELECT count(*) FROM action_proofs"); n != 1 {
			t.Errorf("%d proofs, want 1: a refused claim stores none", n)
		}
	})
}

func TestMovesAreKept(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		ctx, p := t.Context(), h.who(sam)
		a := h.add(actions.New{Title: "Alarm", OwnerID: ptr(sam), Due: "fri"})
		at := actions.At{ID: a.ID}
		for _, c := range []struct {
			d     actions.NewDate
			field string
		}{
			{actions.NewDate{Due: "2026-03-16", Reason: "short"}, "reason"},
			{actions.NewDate{Due: "2026-03-02", Reason: "a good reason"}, "due"},
			{actions.NewDate{Due: "2026-03-14", Reason: "a good reason"}, "due"},
			{actions.NewDate{Due: "", Reason: "a good reason"}, "due"},
			{actions.NewDate{Due: "2026-03-16", Reason: "a good reason", AgreedID: ptr(99)}, "agreed"},
		} {
			_, err := h.s.Move(ctx, p, at, c.d)
			wants(t, err, fault.Invalid, c.field)
		}
		if _, err := h.s.Move(ctx, p, at, actions.NewDate{Due: "2026-03-14", Reason: "a good reason", DayOffReason: "quiet on a Saturday", AgreedID: ptr(ana)}); err != nil {
			t.Fatal(err)
		}
		got, err := h.s.Move(ctx, p, at, actions.NewDate{Due: "2026-03-20", Reason: "another good reason"})
		if err != nil || got.Moves != 2 || got.FirstDue != "2026-03-06" {
			t.Fatalf("%+v, %v", got, err)
		}
		it, _ := h.s.Get(ctx, p, a.ID)
		if len(it.Moved) != 2 || it.Moved[0].OldDue != "2026-03-06" || *it.Moved[0].AgreedID != ana || it.Moved[1].NewDue != "2026-03-20" {
			t.Errorf("moves %+v", it.Moved)
		}
		twice, err := h.s.TwiceMovedList(ctx, 0)
		if err != nil || len(twice) != 1 || twice[0].ID != a.ID {
			t.Errorf("slipped twice: %+v, %v", twice, err)
		}
	})
}

func TestMine(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		week := h.add(actions.New{Title: "This week", OwnerID: ptr(sam), Due: "fri"})
		h.add(actions.New{Title: "Later", OwnerID: ptr(sam), Due: "2026-05-04"})
		h.add(actions.New{Title: "Undated", OwnerID: ptr(sam)})
		secret := h.add(actions.New{COEID: 2, Title: "Secret text", Detail: "Secret detail", OwnerID: ptr(sam), Due: "today"})
		done := h.add(actions.New{Title: "Done", OwnerID: ptr(sam), Due: "2026-05-04", Priority: "P3"})
		if _, err := h.s.Done(ctx, h.who(sam), actions.At{ID: done.ID}, actions.Evidence{}); err != nil {
			t.Fatal(err)
		}
		h.clock.Advance(24 * time.Hour)
		m, err := h.s.Mine(ctx, h.who(sam), "")
		if err != nil {
			t.Fatal(err)
		}
		if got := titles(m.Overdue); got != "Secret text" || m.Overdue[0].Words != "1 day overdue" || !m.Overdue[0].Late {
			t.Errorf("overdue: %s", got)
		}
		if it := m.Overdue[0]; !it.Hidden || it.COETitle != "" || it.Detail != "" || it.COENumber != 18 || it.ID != secret.ID {
			t.Errorf("the restricted one shows %+v", it)
		}
		if got := titles(m.ThisWeek) + "|" + titles(m.Later) + "|" + titles(m.Done); got != "This week|Later,Undated|Done" {
			t.Errorf("lists: %s", got)
		}
		if m.ThisWeek[0].ID != week.ID || m.ThisWeek[0].COETitle != "Secret title 17" || m.ThisWeek[0].Words != "in 2 days" {
			t.Errorf("this week: %+v", m.ThisWeek[0])
		}
		m, err = h.s.Mine(ctx, h.who(ana), "")
		if err != nil || titles(m.ToVerify) != "Done" || titles(m.NeedsOwner) != "" {
			t.Errorf("Ana verifies %s (%v)", titles(m.ToVerify), err)
		}
		h.exec("UPDATE people SET disabled_at = ? WHERE id = ?", h.clock.Now(), sam)
		m, err = h.s.Mine(ctx, h.who(ana), "")
		if err != nil || titles(m.NeedsOwner) != "This week,Later,Undated,Secret text" {
			t.Errorf("without owner: %s (%v)", titles(m.NeedsOwner), err)
		}
		if _, err := h.s.SetOwner(ctx, h.who(ana), actions.At{ID: week.ID}, writer); err != nil {
			t.Errorf("the COE's owner hands over: %v", err)
		}
		h.exec("UPDATE coes SET deleted_at = ? WHERE id = 1", h.clock.Now())
		m, err = h.s.Mine(ctx, h.who(writer), "")
		if err != nil || len(m.ThisWeek) != 0 {
			t.Errorf("a deleted COE shows %s (%v)", titles(m.ThisWeek), err)
		}
	})
}

func titles(list []actions.Item) string {
	var out []string
	for _, it := range list {
		out = append(out, it.Title)
	}
	return strings.Join(out, ",")
}

func TestMinePagesWithoutGapsOrDoubles(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		for i := range 120 {
			due := ""
			if i%3 > 0 {
				due = fmt.Sprintf("2026-0%d-2%d", 3+i%3, i%2)
			}
			h.exec(`INSERT INTO actions (coe_id, number, key, rank, title, owner_id, due, state_since, created_at, updated_at) VALUES (1, ?, ?, 'n0', ?, ?, ?, ?, ?, ?)`,
				i+1, fmt.Sprint("k", i), fmt.Sprint("T", i), sam, due, dbtest.Start, dbtest.Start, dbtest.Start)
		}
		var seen []int64
		cursor, pages := "", 0
		for {
			m, err := h.s.Mine(t.Context(), h.who(sam), cursor)
			if err != nil {
				t.Fatal(err)
			}
			for _, it := range slices.Concat(m.Overdue, m.ThisWeek, m.Later) {
				seen = append(seen, it.ID)
			}
			pages++
			if cursor = m.Next; cursor == "" {
				break
			}
		}
		slices.Sort(seen)
		if pages != 3 || len(seen) != 120 || len(slices.Compact(seen)) != 120 {
			t.Errorf("%d pages, %d actions", pages, len(seen))
		}
		_, err := h.s.Mine(t.Context(), h.who(sam), "x_y")
		wants(t, err, fault.Invalid, "cursor")
	})
}

func TestWeeklyListsLeaveRestrictedOut(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		h.exec("UPDATE people SET zone = 'Pacific/Kiritimati' WHERE id = ?", sam) // already tomorrow
		h.add(actions.New{Title: "Of Sam", OwnerID: ptr(sam), Due: "today"})
		h.add(actions.New{Title: "Of Ana", OwnerID: ptr(ana), Due: "today"})
		h.add(actions.New{COEID: 2, Title: "Secret", OwnerID: ptr(sam), Due: "today"})
		list, err := h.s.OverdueList(t.Context(), 0)
		if err != nil || titles(list) != "Of Sam" {
			t.Errorf("overdue: %s (%v)", titles(list), err)
		}
		h.clock.Advance(24 * time.Hour)
		list, err = h.s.OverdueList(t.Context(), 0)
		if err != nil || titles(list) != "Of Sam,Of Ana" {
			t.Errorf("overdue a day later: %s (%v)", titles(list), err)
		}
		if list, _ = h.s.OverdueList(t.Context(), 5); len(list) != 0 {
			t.Errorf("of another team: %s", titles(list))
		}
	})
}

func TestByRef(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		a := h.add(actions.New{Title: "Of Sam", OwnerID: ptr(sam)})
		for _, ref := range []string{"A-1", "a-1", " 1 "} {
			if it, err := h.s.ByRef(t.Context(), h.who(writer), 17, ref); err != nil || it.ID != a.ID {
				t.Errorf("%q: %v", ref, err)
			}
		}
		_, err := h.s.ByRef(t.Context(), h.who(sam), 17, "A-2")
		wants(t, err, fault.NotFound, "")
		_, err = h.s.ByRef(t.Context(), h.who(sam), 17, "five")
		wants(t, err, fault.Invalid, "action")
		_, err = h.s.ByRef(t.Context(), nil, 17, "A-1")
		wants(t, err, fault.NotFound, "")
		if _, err := h.s.Delete(t.Context(), h.who(ana), actions.At{ID: a.ID}); err != nil {
			t.Fatal(err)
		}
		_, err = h.s.Done(t.Context(), h.who(sam), actions.At{ID: a.ID}, actions.Evidence{})
		wants(t, err, fault.Conflict, "")
		if _, err := h.s.Undelete(t.Context(), h.who(ana), actions.At{ID: a.ID}); err != nil {
			t.Fatal(err)
		}
		if it, err := h.s.ByRef(t.Context(), h.who(sam), 17, "A-1"); err != nil || it.Version != 3 {
			t.Errorf("after undo: %+v, %v", it, err)
		}
	})
}

func TestPressedTwiceAtOnceChangesOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		a := h.add(actions.New{Title: "Of Sam", OwnerID: ptr(sam)})
		errs := make(chan error, 8)
		p := h.who(sam)
		for range cap(errs) {
			go func() {
				_, err := h.s.Done(context.Background(), p, actions.At{ID: a.ID}, actions.Evidence{})
				errs <- err
			}()
		}
		good := 0
		for range cap(errs) {
			if err := <-errs; err == nil {
				good++
			} else if !fault.Is(err, fault.Conflict) {
				t.Errorf("got %v", err)
			}
		}
		if n := h.count("SELECT count(*) FROM audit WHERE verb = 'action.done'"); good != 1 || n != 1 {
			t.Errorf("%d succeeded, %d audit rows; want 1 and 1", good, n)
		}
	})
}
