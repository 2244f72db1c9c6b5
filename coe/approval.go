package coe

import (
	"fmt"
	"slices"
	"strings"

	"coetracker/actions"
	"coetracker/people"
)

// The verdicts of a sign-off.
const (
	VerdictApproved = "approved"
	VerdictChanges  = "changes_requested"
)

// Round counts how many times the document entered review; sign-offs of
// earlier rounds do not count.
func (d *Document) Round() int {
	n := 0
	for _, s := range d.States {
		if s.ToState == InReview {
			n++
		}
	}
	return max(1, n)
}

// Reviewers lists who may sign off: named reviewers and approvers, without
// the owner, each once.
func (d *Document) Reviewers() []int64 {
	var out []int64
	for _, n := range d.Named {
		named := n.Role == RoleReviewer || n.Role == RoleApprover
		if named && n.PersonID != d.COE.OwnerID && !slices.Contains(out, n.PersonID) {
			out = append(out, n.PersonID)
		}
	}
	return out
}

// Approvals lists the reviewers whose last verdict in this round approves.
func (d *Document) Approvals() []int64 {
	round, last := d.Round(), map[int64]string{}
	for _, s := range d.Signoffs {
		if s.Round == round {
			last[s.PersonID] = s.Verdict
		}
	}
	var out []int64
	for _, id := range d.Reviewers() {
		if last[id] == VerdictApproved {
			out = append(out, id)
		}
	}
	return out
}

// Policy gives the clocks of the document's team; a team without a readable
// policy has the default one.
func (d *Document) Policy() people.Policy {
	if d.Team == nil {
		return people.DefaultPolicy()
	}
	policy, err := people.ParsePolicy(d.Team.Policy)
	if err != nil {
		return people.DefaultPolicy()
	}
	return policy
}

// ApprovalsNeeded gives how many distinct reviewers must approve.
func (d *Document) ApprovalsNeeded() int { return d.Policy().For(d.COE.Severity).Reviewers }

// MissingForApproval says, a sentence each, what keeps the document from being
// approved: approvals of this round, and what its actions lack.
func MissingForApproval(d *Document) []string {
	var out []string
	needed, got, named := d.ApprovalsNeeded(), len(d.Approvals()), d.Reviewers()
	if len(named) < needed {
		out = append(out, fmt.Sprintf("Severity %d needs %s, but %s named. Name %s.",
			d.COE.Severity, count(needed, "approval"), are(len(named), "reviewer"), count(needed-len(named), "more reviewer")))
	} else if got < needed {
		out = append(out, fmt.Sprintf("%d of %s given. %s can approve.", got, count(needed, "approval"), d.names(d.undecided())))
	}
	for _, a := range d.Actions {
		if lacks := lacking(a); len(lacks) > 0 {
			out = append(out, fmt.Sprintf("A-%d has no %s.", a.Number, strings.Join(lacks, ", no ")))
		}
	}
	return out
}

// undecided lists the reviewers who have not approved in this round.
func (d *Document) undecided() []int64 {
	approved := d.Approvals()
	return slices.DeleteFunc(d.Reviewers(), func(id int64) bool { return slices.Contains(approved, id) })
}

// lacking lists what an action needs before its document is approved. Declined
// ones need nothing any more.
func lacking(a actions.Action) []string {
	var out []string
	for _, f := range []struct {
		missing bool
		name    string
	}{{a.OwnerID == nil, "owner"}, {a.Due == "", "date"}, {a.Type == "", "type"}, {a.Priority == "", "priority"}} {
		if f.missing && a.State != actions.Declined {
			out = append(out, f.name)
		}
	}
	return out
}

func (d *Document) names(ids []int64) string {
	var out []string
	for _, id := range ids {
		out = append(out, d.People[id].Name)
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}
