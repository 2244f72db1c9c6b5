package people

import "time"

// Verb is something a person wants to do with a COE or one of its parts.
type Verb string

// The verbs of product.md §10. A verb that is not listed is always refused.
const (
	View        Verb = "view"         // read the working text and everything in it
	Comment     Verb = "comment"      // comment on it
	Edit        Verb = "edit"         // change the document, its rows and its header
	ChangeState Verb = "change_state" // send to review, publish, close, re-issue
	SignOff     Verb = "sign_off"     // approve or ask for changes
	Manage      Verb = "manage"       // owner, visibility, named people
	Delete      Verb = "delete"       // put a never-reviewed draft in the bin
	Restore     Verb = "restore"      // take it out of the bin
	SeeBin      Verb = "see_bin"      // see that it lies in the bin
	ActOnAction Verb = "act"          // claim, block, move, hand over: the action's owner
	SeeAction   Verb = "see_action"   // number, text and date of one action
	Verify      Verb = "verify"       // verify or reject a claimed action
	Create      Verb = "create"       // make a COE, import
	AdminPages  Verb = "admin"        // /setup; change people, teams, services, sources, tokens
	SeeItems    Verb = "see_items"    // read experiments, deployments, rollbacks and alarms
	KeepItems   Verb = "keep_items"   // add evidence, say what a run showed, plan experiments
)

// Resource is all that the policy needs to know of a COE, and of one of its
// actions when ActionOwner is set.
type Resource struct {
	COEID       int64
	Owner       int64
	Team        int64 // 0: none
	Writers     []int64
	Reviewers   []int64 // reviewers and approvers
	Named       []int64 // presenters, facilitators and others named
	Restricted  bool
	State       string
	Reviewed    bool // it has been in review at least once
	Deleted     bool
	ActionOwner int64 // 0: no action, or one without owner
	Verifier    int64 // the action's named verifier, 0: none
}

// Principal is a person with what the policy needs to know of them. A nil
// Principal is somebody who is not signed in.
type Principal struct {
	Person
	Teams []int64
}

// Operator is the command line on the database: every right, audited as cli.
func Operator() *Principal {
	return &Principal{Person: Person{ID: 0, Email: "cli", Name: "operator", Role: Admin}}
}

// IsOperator reports whether this is the command line without --as.
func (p *Principal) IsOperator() bool { return p != nil && p.ID == 0 }

// PersonID gives the id to store as author: nil for the operator.
func (p *Principal) PersonID() *int64 {
	if p == nil || p.ID == 0 {
		return nil
	}
	id := p.ID
	return &id
}

// May is the one decision: may this person do this with this COE? It is pure;
// Visible is its twin for queries, and a property test keeps them equal.
func May(p *Principal, v Verb, r Resource) bool {
	if !p.active() {
		return false
	}
	switch v {
	case Create, KeepItems:
		return p.Role != Reader
	case SeeItems:
		return true
	case AdminPages:
		return p.Role == Admin
	case SeeBin, Restore:
		return r.Deleted && (p.Role == Admin || p.is(r.Owner))
	case SeeAction, ActOnAction:
		return !r.Deleted && (p.is(r.ActionOwner) || May(p, actionVerb(v), r))
	}
	if r.Deleted || !sees(p, r) {
		return false
	}
	switch v {
	case View:
		return true
	case Comment:
		return p.Role != Reader
	case Edit:
		return edits(p, r)
	case ChangeState, Manage:
		return p.Role == Admin || p.Role != Reader && p.is(r.Owner)
	case SignOff:
		return !p.is(r.Owner) && (p.Role == Admin || p.Role == Reviewer) && p.in(r.Reviewers)
	case Delete:
		return p.Role == Admin || p.is(r.Owner) && p.Role != Reader && r.State == "draft" && !r.Reviewed
	case Verify:
		return verifies(p, r)
	}
	return false
}

// actionVerb is what somebody who does not own the action needs on its COE.
func actionVerb(v Verb) Verb {
	if v == SeeAction {
		return View
	}
	return Edit
}

func (p *Principal) active() bool { return p != nil && p.DisabledAt == nil }

func (p *Principal) is(id int64) bool { return id != 0 && p.ID == id }

func (p *Principal) in(ids []int64) bool {
	for _, id := range ids {
		if p.is(id) {
			return true
		}
	}
	return false
}

func sees(p *Principal, r Resource) bool {
	if !r.Restricted || p.Role == Admin || p.is(r.Owner) {
		return true
	}
	return p.in(r.Writers) || p.in(r.Reviewers) || p.in(r.Named)
}

func edits(p *Principal, r Resource) bool {
	if p.Role == Admin {
		return true
	}
	if p.Role == Reader {
		return false
	}
	if p.is(r.Owner) || p.in(r.Writers) {
		return true
	}
	if r.Team == 0 {
		return false
	}
	for _, t := range p.Teams {
		if t == r.Team {
			return true
		}
	}
	return false
}

// verifies: the COE's owner, the named verifier, or, where the COE's owner owns
// the action, a reviewer of the COE; admins too; never the action's owner, and
// never a reader, who changes nothing of a COE.
func verifies(p *Principal, r Resource) bool {
	if p.Role == Reader || p.is(r.ActionOwner) {
		return false
	}
	if p.Role == Admin || p.is(r.Owner) || p.is(r.Verifier) {
		return true
	}
	return r.ActionOwner == r.Owner && p.in(r.Reviewers)
}

// Clock tells the time; two of them run in the program, see docs/design.md.
type Clock func() time.Time
