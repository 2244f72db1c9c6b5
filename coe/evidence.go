package coe

import (
	"fmt"
	"slices"
	"time"

	"coetracker/evidence"
	"coetracker/internal/fault"
	"coetracker/timeline"
)

// Role is what a change was for a document.
type Role string

// The roles. Only deployments and rollbacks have one. A dismissed change was
// looked at and is not to blame; it stays in the timeline.
const (
	RoleCause     Role = "cause"
	RoleSuspect   Role = "suspect"
	RoleFix       Role = "fix"
	RoleDismissed Role = "dismissed"
)

// Relation ties a document to an experiment, a deployment or a rollback.
type Relation string

// The relations: the first three are of experiments, the others of deployments
// and rollbacks.
const (
	RevealedBy   Relation = "revealed_by"
	Reproduces   Relation = "reproduces"
	Verifies     Relation = "verifies"
	CausedBy     Relation = "caused_by"
	FixedBy      Relation = "fixed_by"
	RolledBackBy Relation = "rolled_back_by"
)

// What was decided about an item, as evidence.Decision keeps it.
const (
	Accepted  = "accepted"
	Dismissed = "dismissed"
)

// Suggestion is an item that may belong to a document, with what speaks for it.
type Suggestion struct {
	Item     evidence.Item
	Spans    []evidence.Span
	Reasons  []string        // short phrases, the strongest first
	Entries  []timeline.Edit // what accepting it puts on the timeline, at least one
	Role     Role            // what it is taken for unless the person says otherwise
	Relation Relation        // likewise
	Distance time.Duration   // between its nearest span and the start of the impact
	Other    *evidence.Item  // what it undoes, or what undid it
}

// Suggested is what may belong to a document.
type Suggested struct {
	List []Suggestion // the nearest first, at most 50
	More bool         // there are others, farther away
	// From and To bound what was looked for. Both are nil when nobody knows yet
	// when it happened.
	From, To *time.Time
}

// AcceptEdit says how an item is taken over.
type AcceptEdit struct {
	Role     Role     // of a change; "" is what was suggested
	Relation Relation // "" is the one that goes with the type and the role
	Text     string   // of the first entry, Markdown; "" is what was suggested
}

// AcceptItem is an item with how it is taken over.
type AcceptItem struct {
	ItemID int64
	AcceptEdit
}

// Linked is an item about which something was decided, or that stands under
// Related.
type Linked struct {
	Item     evidence.Item
	Spans    []evidence.Span
	Decision evidence.Decision // its Decision is "" when only the Related row is there
	Other    *evidence.Item    // the deployment that it undoes, or the rollback that undid it
	Impact   string            // what the impact would have been at the first wave, "" when it cannot be told
}

// Mention is a document to which an item belongs.
type Mention struct {
	Number   int64
	Title    string
	Kind     Kind
	State    State
	Role     Role
	Relation Relation
	Opened   bool // the document was opened from this item
}

// Undone is what Reconsider took away, and what it left because somebody has
// written in it.
type Undone struct {
	Entries     int
	KeptEntries int
	KeptLink    bool
}

// Roles lists the roles of a change in the order in which forms offer them.
func Roles() []Role { return []Role{RoleSuspect, RoleCause, RoleFix, RoleDismissed} }

// Label gives the role in words.
func (r Role) Label() string {
	switch r {
	case RoleCause:
		return "Cause"
	case RoleSuspect:
		return "Suspect"
	case RoleFix:
		return "Fix"
	case RoleDismissed:
		return "Dismissed: looked at, not to blame"
	}
	return ""
}

// Relations lists the relations that an item of a type can have to a document.
func Relations(t evidence.Type) []Relation {
	switch t {
	case evidence.TypeExperiment:
		return []Relation{RevealedBy, Reproduces, Verifies}
	case evidence.TypeDeployment, evidence.TypeRollback:
		return []Relation{CausedBy, FixedBy, RolledBackBy}
	}
	return nil
}

// Label gives the relation in words.
func (r Relation) Label() string {
	switch r {
	case RevealedBy:
		return "revealed by"
	case Reproduces:
		return "reproduces it"
	case Verifies:
		return "verifies the fix"
	case CausedBy:
		return "caused by"
	case FixedBy:
		return "fixed by"
	case RolledBackBy:
		return "rolled back by"
	}
	return ""
}

// dismissedRole is what the Related row of a dismissed change says. HasChange
// reads it, so that no change is asked about when all were dismissed.
const dismissedRole = "dismissed, not to blame"

// linkRole is what the Related row says of a decision.
func linkRole(role Role, rel Relation) string {
	switch {
	case role == RoleDismissed:
		return dismissedRole
	case role == RoleSuspect && rel == CausedBy:
		return "suspected: caused by"
	}
	return rel.Label()
}

// isChange reports whether an item has a role.
func isChange(t evidence.Type) bool {
	return t == evidence.TypeDeployment || t == evidence.TypeRollback
}

// hasLink reports whether an item gets a row under Related.
func hasLink(t evidence.Type) bool { return len(Relations(t)) > 0 }

// usual is what an item is taken for unless somebody says otherwise: a run that
// held reveals nothing.
func usual(i *evidence.Item) (Role, Relation) {
	switch i.Type {
	case evidence.TypeExperiment:
		if i.Showed() == evidence.Held {
			return "", Verifies
		}
		return "", RevealedBy
	case evidence.TypeDeployment:
		return RoleSuspect, CausedBy
	case evidence.TypeRollback:
		return RoleFix, RolledBackBy
	}
	return "", ""
}

// settle fills what was not said and refuses what does not go with the type.
func (e *AcceptEdit) settle(i *evidence.Item) error {
	t := i.Type
	role, rel := usual(i)
	if e.Role == "" {
		e.Role = role
	}
	if isChange(t) && !slices.Contains(Roles(), e.Role) {
		return fault.Invalidf("role", "%q is not a role of a change. Choose cause, suspect, fix or dismissed.", clip(string(e.Role)))
	}
	if !isChange(t) {
		e.Role = ""
	}
	if e.Relation == "" {
		e.Relation = relationOf(t, e.Role, rel)
	}
	list := Relations(t)
	if len(list) == 0 || e.Role == RoleDismissed {
		e.Relation = ""
		return nil
	}
	if !slices.Contains(list, e.Relation) {
		return fault.Invalidf("relation", "%q does not go with this. Choose %s.", clip(string(e.Relation)), labels(list))
	}
	return nil
}

// relationOf is the relation that goes with a role.
func relationOf(t evidence.Type, role Role, usual Relation) Relation {
	switch {
	case role == RoleCause || role == RoleSuspect:
		return CausedBy
	case role == RoleFix && t == evidence.TypeDeployment:
		return FixedBy
	}
	return usual
}

func labels(list []Relation) string {
	out := ""
	for i, r := range list {
		if i > 0 {
			out += ", "
		}
		out += string(r)
	}
	return out
}

// ItemPath is the address of an item's page.
func ItemPath(t evidence.Type, id int64) string {
	switch t {
	case evidence.TypeExperiment:
		return fmt.Sprintf("/runs/%d", id)
	case evidence.TypeDeployment, evidence.TypeRollback:
		return fmt.Sprintf("/deployments/%d", id)
	}
	return fmt.Sprintf("/alarms/%d", id)
}
