package coe

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"
	"pgregory.net/rapid"

	"coetracker/actions"
	"coetracker/internal/dbtest"
	"coetracker/internal/fault"
	"coetracker/people"
)

// fileStore is a store as the program wires it.
func fileStore(g *gorm.DB) *Store { return &Store{DB: g, Zone: "UTC", Canonical: Write} }

// stored gives the bytes of a document in the form in which it is stored.
func stored(t testing.TB, d *Document) []byte {
	t.Helper()
	in := &intake{s: &Store{}, p: people.Operator(), bytes: []byte(mustWrite(t, d))}
	if err := in.prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	return []byte(mustWrite(t, in.d))
}

// export → import → export gives the same bytes, on both databases, for
// whatever people typed.
func TestStore_ImportFile_roundTrip(t *testing.T) {
	t.Parallel()
	open := map[string]func(testing.TB, ...dbtest.Option) *gorm.DB{"sqlite": dbtest.New, "postgres": dbtest.Postgres}
	for name, open := range open {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			one, two := fileStore(open(t)), fileStore(open(t))
			docs := []*Document{rich()}
			for i := range 12 {
				d := rapid.Custom(genDocument).Example(i)
				d.COE.Number, d.COE.UID = int64(100+i), fmt.Sprintf("0199a1b2-0000-7000-8000-%012x", 0x1000+i)
				docs = append(docs, d)
			}
			for _, d := range docs {
				first := stored(t, d)
				for _, s := range []*Store{one, two} {
					c, out, err := s.ImportFile(t.Context(), people.Operator(), first, ImportOptions{KeepState: true})
					if err != nil || out.Unchanged || out.NumberChanged || c.Number != d.COE.Number {
						t.Fatalf("COE-%d: %+v, %v", d.COE.Number, out, err)
					}
					again, err := s.Export(t.Context(), people.Operator(), c.Number)
					if err != nil {
						t.Fatal(err)
					}
					if diff := cmp.Diff(string(first), string(again)); diff != "" {
						t.Fatalf("COE-%d came back changed (-in +out):\n%s", c.Number, diff)
					}
					c2, out, err := s.ImportFile(t.Context(), people.Operator(), again, ImportOptions{KeepState: true})
					if err != nil || !out.Unchanged || c2.ID != c.ID {
						t.Fatalf("the same bytes again: %+v, %v", out, err)
					}
					first = again
				}
			}
			all, err := two.Numbers(t.Context(), people.Operator())
			if err != nil || len(all) != len(docs) || !slices.IsSorted(all) {
				t.Errorf("numbers %v, %v", all, err)
			}
		})
	}
}

func TestStore_ImportFile_makesPeopleAndTeams(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		s := fileStore(g)
		_, out, err := s.ImportFile(t.Context(), people.Operator(), stored(t, rich()), ImportOptions{KeepState: true})
		if err != nil {
			t.Fatal(err)
		}
		if len(out.People) != 4 || !slices.Equal(out.Teams, []string{"Payments"}) || !slices.Equal(out.Services, []string{"cart, v2", "checkout"}) {
			t.Errorf("made %+v", out)
		}
		var list []people.Person
		if err := g.Find(&list).Error; err != nil || len(list) != 4 {
			t.Fatalf("%d people, %v", len(list), err)
		}
		for _, p := range list {
			if p.Role != people.Reader || p.Active() {
				t.Errorf("%s is %s, active %v", p.Email, p.Role, p.Active())
			}
		}
		d, err := s.Load(t.Context(), people.Operator(), 17)
		if err != nil {
			t.Fatal(err)
		}
		if d.COE.Seq != 1 || d.Pending || d.Round() != 1 || len(d.Attachments) != 1 || d.Section("summary").HTML == "" || d.Entries[0].HTML == "" {
			t.Errorf("seq %d, pending %v, round %d, %d attachments", d.COE.Seq, d.Pending, d.Round(), len(d.Attachments))
		}
		text, err := s.SectionAt(t.Context(), people.Operator(), 17, "other", 1)
		if err != nil || text != d.Section("other").Text {
			t.Errorf("the history gives %q, %v", text, err)
		}
		if r, err := s.Issue(t.Context(), people.Operator(), 17); err != nil || r.Issue != 2 {
			t.Errorf("readers see %+v, %v", r.Issue, err)
		}
	})
}

func TestStore_ImportFile_refusesOtherBytes(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		s, b := fileStore(g), stored(t, rich())
		keep := ImportOptions{KeepState: true}
		if _, _, err := s.ImportFile(t.Context(), people.Operator(), b, keep); err != nil {
			t.Fatal(err)
		}
		other := bytes.Replace(b, []byte("for an hour"), []byte("for two hours"), 1)
		_, _, err := s.ImportFile(t.Context(), people.Operator(), other, keep)
		wants(t, err, fault.Conflict, "")
		var n int64
		if g.Model(&COE{}).Count(&n); n != 1 {
			t.Errorf("%d documents", n)
		}
	})
}

func TestStore_ImportFile_takenNumber(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		s := fileStore(g)
		keep := ImportOptions{KeepState: true}
		if _, _, err := s.ImportFile(t.Context(), people.Operator(), stored(t, rich()), keep); err != nil {
			t.Fatal(err)
		}
		d := rich()
		d.COE.UID = "0199a1b2-0000-7000-8000-0000000000ff"
		b := stored(t, d)
		c, out, err := s.ImportFile(t.Context(), people.Operator(), b, keep)
		if err != nil || !out.NumberChanged || c.Number != 18 {
			t.Fatalf("number %d, %+v, %v", c.Number, out, err)
		}
		got, err := s.Export(t.Context(), people.Operator(), 18)
		if want := bytes.Replace(b, []byte("number: 17"), []byte("number: 18"), 1); err != nil || !bytes.Equal(got, want) {
			t.Errorf("more than the number changed: %v\n%s", err, cmp.Diff(string(want), string(got)))
		}
		if c, out, err = s.ImportFile(t.Context(), people.Operator(), b, keep); err != nil || !out.Unchanged || c.Number != 18 {
			t.Errorf("the same bytes again: %d, %+v, %v", c.Number, out, err)
		}
	})
}

// Who may not vouch for a state gets a draft of their own, still restricted.
func TestStore_ImportFile_asDraft(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		w := newWorld(t, g, nil)
		s, b := fileStore(g), stored(t, rich())
		_, _, err := s.ImportFile(t.Context(), w.bo, b, ImportOptions{KeepState: true})
		wants(t, err, fault.Forbidden, "")
		_, _, err = s.ImportFile(t.Context(), w.dan, b, ImportOptions{})
		wants(t, err, fault.Forbidden, "")
		c, _, err := s.ImportFile(t.Context(), w.bo, b, ImportOptions{})
		if err != nil {
			t.Fatal(err)
		}
		d, err := s.Load(t.Context(), w.bo, c.Number)
		if err != nil {
			t.Fatal(err)
		}
		if d.COE.State != Draft || d.COE.Issue != 0 || d.COE.Reviewed || d.COE.OwnerID != w.bo.ID || d.COE.Visibility != Restricted ||
			len(d.States)+len(d.Signoffs) != 0 || d.Actions[0].State != actions.ClaimedDone {
			t.Errorf("got %+v", d.COE)
		}
		_, out, err := s.ImportFile(t.Context(), w.bo, b, ImportOptions{})
		if err != nil || !out.Unchanged {
			t.Errorf("the same bytes again: %+v, %v", out, err)
		}
		_, _, err = s.ImportFile(t.Context(), w.person("eve", people.Writer, 0), b, ImportOptions{})
		wants(t, err, fault.Conflict, "") // she may not see it
	})
}

func TestStore_ImportFile_byHand(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		w := newWorld(t, g, nil)
		s := fileStore(g)
		b := []byte("---\ncoe: 1\ntitle:   It broke  twice\nkind: incident\nseverity: 3\n---\n## Summary <!-- coe:summary -->\nIt broke.\n")
		c, _, err := s.ImportFile(t.Context(), w.ana, b, ImportOptions{})
		if err != nil || c.Title != "It broke twice" || c.OwnerID != w.ana.ID || len(c.UID) != 36 || c.Number != 1 {
			t.Fatalf("%+v, %v", c, err)
		}
		if _, out, err := s.ImportFile(t.Context(), w.ana, b, ImportOptions{}); err != nil || !out.Unchanged {
			t.Errorf("the same bytes again: %+v, %v", out, err)
		}
		_, _, err = s.ImportFile(t.Context(), people.Operator(), bytes.Replace(b, []byte("broke."), []byte("was."), 1), ImportOptions{})
		wants(t, err, fault.Invalid, "owner")
	})
}

func TestStore_ImportFile_refuses(t *testing.T) {
	t.Parallel()
	s, good := fileStore(dbtest.New(t)), string(stored(t, rich()))
	for name, tt := range map[string]struct{ old, new, field string }{
		"address":        {"owner: ana@example.com", "owner: ana and bo", "email"},
		"script address": {"tracker: https:", "tracker: javascript:", "tracker"},
		"year":           {"at: 2025-09-30T14:00", "at: 1025-09-30T14:00", "time"},
		"empty row":      {"- Pools need limits.", "-", "text"},
		"declined inner": {"  evidence: graph 1", "  declined: no", "declined"},
		"long title":     {"- Limit the pool", "- " + strings.Repeat("a", 400), "title"},
	} {
		t.Run(name, func(t *testing.T) {
			b := strings.Replace(good, tt.old, tt.new, 1)
			if b == good {
				t.Fatal("nothing was replaced")
			}
			_, _, err := s.ImportFile(t.Context(), people.Operator(), []byte(b), ImportOptions{KeepState: true})
			wants(t, err, fault.Invalid, tt.field)
		})
	}
	all, err := s.Numbers(t.Context(), people.Operator())
	if err != nil || len(all) != 0 {
		t.Errorf("refused files left %v, %v", all, err)
	}
}
