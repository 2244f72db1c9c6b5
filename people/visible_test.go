package people

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"coetracker/internal/db"
	"coetracker/internal/dbtest"
	"coetracker/internal/fault"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"
	"pgregory.net/rapid"
)

// world is a random set of COEs over a few people, as rows and as resources.
type world struct {
	resources []Resource // by COEID; ActionOwner is the owner of its one action
	people    []*Principal
}

// drawWorld makes COEs 1, 2, … with every mix of owner, team, named people,
// visibility, deletion and one action each.
func drawWorld(t *rapid.T, persons []*Principal, teams []int64) world {
	w := world{people: persons}
	who := rapid.Custom(func(t *rapid.T) int64 { return rapid.SampledFrom(persons).Draw(t, "person").ID })
	some := rapid.SliceOfNDistinct(who, 0, 2, rapid.ID[int64])
	for n := range rapid.IntRange(1, 4).Draw(t, "COEs") {
		r := Resource{
			COEID: int64(n + 1), Owner: who.Draw(t, "owner"), State: rapid.SampledFrom([]string{"draft", "in_review", "published", "closed"}).Draw(t, "state"),
			Restricted: rapid.Bool().Draw(t, "restricted"), Deleted: rapid.IntRange(0, 3).Draw(t, "deleted") == 0, Reviewed: rapid.Bool().Draw(t, "reviewed"),
			Writers: some.Draw(t, "writers"), Reviewers: some.Draw(t, "reviewers"), Named: some.Draw(t, "named"),
		}
		if rapid.Bool().Draw(t, "has team") {
			r.Team = rapid.SampledFrom(teams).Draw(t, "team")
		}
		if rapid.Bool().Draw(t, "has action owner") {
			r.ActionOwner = who.Draw(t, "action owner")
		}
		w.resources = append(w.resources, r)
	}
	return w
}

// store replaces all COEs of the database by those of the world.
func (w world) store(t *rapid.T, g *gorm.DB) {
	err := db.Tx(t.Context(), g, func(tx *gorm.DB) error {
		if err := tx.Exec("DELETE FROM coes").Error; err != nil {
			return err
		}
		for _, r := range w.resources {
			if err := insertCOE(tx, r); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func insertCOE(tx *gorm.DB, r Resource) error {
	now := db.Now(tx)
	row := map[string]any{
		"id": r.COEID, "uid": fmt.Sprint("uid-", r.COEID), "number": r.COEID, "title": "T", "kind": "incident", "severity": 2,
		"state": r.State, "state_since": now, "owner_id": r.Owner, "team_id": nullable(r.Team), "visibility": "org",
		"reviewed": r.Reviewed, "created_at": now, "updated_at": now,
	}
	if r.Restricted {
		row["visibility"] = "restricted"
	}
	if r.Deleted {
		row["deleted_at"] = now
	}
	if err := tx.Table("coes").Create(row).Error; err != nil {
		return err
	}
	for role, ids := range map[string][]int64{"writer": r.Writers, "reviewer": r.Reviewers, "facilitator": r.Named} {
		for _, id := range ids {
			if err := tx.Table("coe_people").Create(map[string]any{"coe_id": r.COEID, "person_id": id, "role": role}).Error; err != nil {
				return err
			}
		}
	}
	return tx.Table("actions").Create(map[string]any{
		"coe_id": r.COEID, "number": 1, "key": "k", "rank": "m", "title": "A", "owner_id": nullable(r.ActionOwner),
		"state_since": now, "created_at": now, "updated_at": now,
	}).Error
}

// may lists the COEs that the policy lets somebody do something with.
func (w world) may(p *Principal, v Verb) []int64 {
	ids := []int64{}
	for _, r := range w.resources {
		if May(p, v, r) {
			ids = append(ids, r.COEID)
		}
	}
	return ids
}

// cast is everybody who looks: each role with and without a team, a disabled
// admin, the operator, and nobody.
func cast(t *testing.T, f fixture) (persons, viewers []*Principal, teams []int64) {
	t.Helper()
	for _, name := range []string{"one", "two"} {
		teams = append(teams, f.team(t, name, TeamEdit{}).ID)
	}
	for i, role := range []Role{Reader, Writer, Reviewer, Admin, Writer, Admin} {
		persons = append(persons, f.person(t, NewPerson{Email: fmt.Sprintf("p%d@example.org", i), Role: role, Teams: teams[:i%3]}))
	}
	last := persons[len(persons)-1]
	if err := f.Disable(t.Context(), Operator(), last.ID); err != nil {
		t.Fatal(err)
	}
	gone, err := f.Principal(t.Context(), last.ID)
	if err != nil {
		t.Fatal(err)
	}
	persons[len(persons)-1] = gone
	return persons, append(slices.Clone(persons), Operator(), nil), teams
}

// Visible is May(View) as a condition, VisibleActions is May(SeeAction).
func TestVisibleEqualsMay(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		persons, viewers, teams := cast(t, setup(t, g))
		rapid.Check(t, func(t *rapid.T) {
			w := drawWorld(t, persons, teams)
			w.store(t, g)
			for _, p := range viewers {
				compare(t, "Visible", p, g.Table("coes").Scopes(Visible(p)), w.may(p, View))
				compare(t, "Visible, joined", p, g.Table("actions").Joins("JOIN coes ON coes.id = actions.coe_id").Scopes(Visible(p)), w.may(p, View))
				compare(t, "Visible after Or", p, g.Table("coes").Where("coes.number > 0").Or("coes.title = ?", "T").Scopes(Visible(p)), w.may(p, View))
				compare(t, "Visible after Or alone", p, g.Table("coes").Or("coes.title = ?", "T").Scopes(Visible(p)), w.may(p, View))
				compare(t, "VisibleActions", p, g.Table("actions").Joins("JOIN coes ON coes.id = actions.coe_id").Scopes(VisibleActions(p)), w.may(p, SeeAction))
			}
		})
	})
}

func compare(t *rapid.T, what string, p *Principal, q *gorm.DB, want []int64) {
	t.Helper()
	got := []int64{}
	if err := q.Order("coes.id").Pluck("coes.id", &got).Error; err != nil {
		t.Fatal(err)
	}
	if !cmp.Equal(got, want) {
		t.Fatalf("%s for %+v: %v, but the policy says %v", what, p, got, want)
	}
}

// What is read back of a COE is what the policy was asked about.
func TestResourcesReadWhatIsStored(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		persons, _, teams := cast(t, setup(t, g))
		count := db.CountQueries(g)
		defer count.Stop()
		rapid.Check(t, func(t *rapid.T) {
			w := drawWorld(t, persons, teams)
			w.store(t, g)
			want := map[int64]Resource{}
			for _, r := range w.resources {
				r.ActionOwner = 0
				want[r.COEID] = sorted(r)
			}
			count.Reset()
			got, err := Resources(g, append(slices.Collect(maps.Keys(want)), 999))
			if err != nil || count.N() != 2 {
				t.Fatalf("%v in %d queries, want 2", err, count.N())
			}
			for id, r := range got {
				got[id] = sorted(r)
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Fatal(d)
			}
		})
		if _, err := ResourceOf(g, 999); !fault.Is(err, fault.NotFound) || err.Error() != NoSuchCOE().Error() {
			t.Errorf("a COE that is not there: %v", err)
		}
	})
}

func sorted(r Resource) Resource {
	for _, ids := range []*[]int64{&r.Writers, &r.Reviewers, &r.Named} {
		*ids = slices.Sorted(slices.Values(*ids))
	}
	return r
}
