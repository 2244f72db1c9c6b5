package people

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// The people of the table: each stands in one relation to the COE and its
// action. Their role is chosen beside it.
const (
	owner, writer, reviewerNamed, presenter, teammate, actionOwner, verifier, stranger = 1, 2, 3, 4, 5, 6, 7, 8
)

const theTeam = 9

func relations() map[string]int64 {
	return map[string]int64{
		"owner": owner, "writer": writer, "reviewer": reviewerNamed, "named": presenter,
		"teammate": teammate, "action owner": actionOwner, "verifier": verifier, "stranger": stranger,
	}
}

func someone(id int64, role Role) *Principal {
	p := &Principal{Person: Person{ID: id, Role: role}}
	if id == teammate {
		p.Teams = []int64{theTeam}
	}
	return p
}

func allVerbs() []Verb {
	return []Verb{View, Comment, Edit, ChangeState, SignOff, Manage, Delete, Restore, SeeBin, ActOnAction, SeeAction, Verify, Create, AdminPages}
}

// rule writes product.md §10 down a second time, as lists of who, independent
// of the code: for a COE that is there and that this person can see.
func rule(v Verb, relation string, role Role, freshDraft bool) bool {
	is := func(names ...string) bool { return slices.Contains(names, relation) }
	admin, writes := role == Admin, role != Reader
	switch v {
	case View, SeeAction:
		return true
	case Comment, Create:
		return writes
	case Edit:
		return admin || writes && is("owner", "writer", "teammate")
	case ActOnAction:
		return admin || is("action owner") || writes && is("owner", "writer", "teammate")
	case ChangeState, Manage:
		return admin || writes && is("owner")
	case Delete:
		return admin || writes && is("owner") && freshDraft
	case SignOff:
		return is("reviewer") && (admin || role == Reviewer)
	case Verify:
		return writes && !is("action owner") && (admin || is("owner", "verifier"))
	case AdminPages:
		return admin
	}
	return false // bin verbs need a deleted COE
}

// expected adds what invisibility and the bin do to the rule.
func expected(v Verb, relation string, role Role, r Resource) bool {
	admin := role == Admin
	sees := !r.Restricted || admin || slices.Contains([]string{"owner", "writer", "reviewer", "named"}, relation)
	switch {
	case v == Create || v == AdminPages:
		return rule(v, relation, role, false)
	case r.Deleted:
		return (v == SeeBin || v == Restore) && (admin || relation == "owner")
	case !sees && (v == SeeAction || v == ActOnAction):
		return relation == "action owner"
	case !sees:
		return false
	}
	return rule(v, relation, role, r.State == "draft" && !r.Reviewed)
}

func TestMayEveryRoleRelationStateAndVisibility(t *testing.T) {
	t.Parallel()
	cells := 0
	for relation, id := range relations() {
		for _, role := range []Role{Reader, Writer, Reviewer, Admin} {
			for _, r := range resources() {
				for _, v := range allVerbs() {
					cells++
					if got, want := May(someone(id, role), v, r), expected(v, relation, role, r); got != want {
						t.Errorf("%s with role %s, %s on %s: may = %v, want %v", relation, role, v, describe(r), got, want)
					}
				}
			}
		}
	}
	if want := 8 * 4 * 48 * 14; cells != want {
		t.Errorf("looked at %d cells, want %d", cells, want)
	}
}

func resources() []Resource {
	var all []Resource
	for _, state := range []string{"draft", "in_review", "changes_requested", "approved", "published", "closed"} {
		for _, restricted := range []bool{false, true} {
			for _, deleted := range []bool{false, true} {
				for _, reviewed := range []bool{false, true} {
					all = append(all, Resource{
						COEID: 1, Owner: owner, Team: theTeam, Writers: []int64{writer}, Reviewers: []int64{reviewerNamed},
						Named: []int64{presenter}, ActionOwner: actionOwner, Verifier: verifier,
						State: state, Restricted: restricted, Deleted: deleted, Reviewed: reviewed,
					})
				}
			}
		}
	}
	return all
}

func describe(r Resource) string {
	return fmt.Sprintf("%s (restricted %v, deleted %v, reviewed %v)", r.State, r.Restricted, r.Deleted, r.Reviewed)
}

func TestNobodyAndDisabledMayNothing(t *testing.T) {
	t.Parallel()
	gone := someone(owner, Admin)
	gone.DisabledAt = new(time.Time)
	for _, r := range resources() {
		for _, v := range allVerbs() {
			if May(nil, v, r) || May(gone, v, r) {
				t.Errorf("%s on %s: somebody without access may", v, describe(r))
			}
		}
	}
}

func TestMaySpecialCases(t *testing.T) {
	t.Parallel()
	ownAction := Resource{Owner: owner, Reviewers: []int64{reviewerNamed}, ActionOwner: owner}
	ownerReviews := Resource{Owner: owner, Reviewers: []int64{owner}}
	orphan := Resource{Owner: owner, ActionOwner: 0}
	secret := Resource{Owner: owner, Restricted: true, ActionOwner: actionOwner, Verifier: verifier}
	for _, c := range []struct {
		name string
		p    *Principal
		v    Verb
		r    Resource
		want bool
	}{
		{"an owner who named themselves signs off", someone(owner, Admin), SignOff, ownerReviews, false},
		{"the COE's owner verifies their own action", someone(owner, Writer), Verify, ownAction, false},
		{"an admin verifies their own action", someone(owner, Admin), Verify, ownAction, false},
		{"a reviewer verifies the COE owner's action", someone(reviewerNamed, Writer), Verify, ownAction, true},
		{"a reviewer verifies another's action", someone(reviewerNamed, Writer), Verify, Resource{Owner: owner, Reviewers: []int64{reviewerNamed}, ActionOwner: actionOwner}, false},
		{"a stranger acts on an action nobody owns", someone(stranger, Writer), ActOnAction, orphan, false},
		{"the verifier of a restricted COE who is not named on it", someone(verifier, Writer), Verify, secret, false},
		{"a reader acts on their action of a restricted COE", someone(actionOwner, Reader), ActOnAction, secret, true},
		{"a reader views the restricted COE of their action", someone(actionOwner, Reader), View, secret, false},
		{"a person in no team edits a COE without a team", someone(stranger, Writer), Edit, Resource{Owner: owner}, false},
		{"the operator edits", Operator(), Edit, secret, true},
		{"the operator signs off, who is nobody", Operator(), SignOff, secret, false},
		{"an unknown verb", someone(owner, Admin), Verb("fly"), Resource{Owner: owner}, false},
	} {
		if got := May(c.p, c.v, c.r); got != c.want {
			t.Errorf("%s: may = %v, want %v", c.name, got, c.want)
		}
	}
}
