package actions

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"coetracker/internal/fault"
	"coetracker/people"
)

// shortestReason is how many characters the reason of a moved date has at least.
const shortestReason = 10

// proofExperiment is the kind of proof that arrives by itself.
const proofExperiment = "experiment"

// ProofKinds lists the kinds of proof, see Action.ProofKind.
func ProofKinds() []string {
	return []string{proofExperiment, proofTest, proofDrill, proofDeployment, proofGraph, proofPerson}
}

// NeedsProof reports whether the action is done only with proof: P0 and P1.
func (a *Action) NeedsProof() bool { return a.Priority == "P0" || a.Priority == "P1" }

// Start takes up an open or blocked action.
func (a *Action) Start(now time.Time) error {
	if err := a.only(Open, Blocked); err != nil {
		return err
	}
	a.enter(InProgress, "", now)
	return nil
}

// Unblock is Start under the name of its button.
func (a *Action) Unblock(now time.Time) error { return a.Start(now) }

// Block says what the owner waits for. Reminders go on.
func (a *Action) Block(reason string, now time.Time) error {
	if err := a.only(Open, InProgress, Blocked); err != nil {
		return err
	}
	if strings.TrimSpace(reason) == "" {
		return fault.Invalidf("reason", "Say what %s waits for.", a.Ref())
	}
	a.enter(Blocked, reason, now)
	return nil
}

// Claim says that the action is done; proven tells whether proof is there. P0
// and P1 without proof stay as they are: the fault is on the field proof.
func (a *Action) Claim(by *int64, proven bool, now time.Time) error {
	if err := a.only(Open, InProgress, Blocked); err != nil {
		return err
	}
	if a.NeedsProof() && !proven {
		return fault.Invalidf("proof", "%s is %s and needs proof: a link to the run, test, deployment or graph that shows it works.", a.Ref(), a.Priority)
	}
	a.enter(ClaimedDone, "", now)
	a.ClaimedBy, a.ClaimedAt = by, &now
	return nil
}

// AddProof checks one piece of proof and gives its row. An empty kind means
// the kind the action asks for.
func (a *Action) AddProof(kind, text string, by *int64, now time.Time) (Proof, error) {
	text = strings.TrimSpace(text)
	if kind == "" {
		kind = a.ProofKind
	}
	switch {
	case text == "":
		return Proof{}, fault.Invalidf("proof", "Say what shows that %s works: a link, or what was seen.", a.Ref())
	case utf8.RuneCountInString(text) > maxDetail:
		return Proof{}, fault.Invalidf("proof", "This proof has more than %d characters. Put the rest behind a link.", maxDetail)
	case kind != "" && !slices.Contains(ProofKinds(), kind):
		return Proof{}, fault.Invalidf("proof_kind", "%q is not a kind of proof. Take one of %s.", short(kind, 30), strings.Join(ProofKinds(), ", "))
	}
	return Proof{ActionID: a.ID, Kind: kind, Text: text, ByID: by, At: now}, nil
}

// MoveDue changes the due day and gives the record of it. The first day an
// action gets is a promise, not a move: moved is then false. reason has at
// least ten characters; agreed is who agreed, nil for nobody.
func (a *Action) MoveDue(to people.Day, reason string, by, agreed *int64, today people.Day, now time.Time) (m Move, moved bool, err error) {
	if err := a.only(Open, InProgress, Blocked); err != nil {
		return m, false, err
	}
	reason = strings.TrimSpace(reason)
	switch {
	case to == "":
		return m, false, fault.Invalidf("due", "A date is needed. Write fri, in 2w, 15 oct or 2025-10-15.")
	case to < today:
		return m, false, fault.Invalidf("due", "%s is past. Take a day from today on.", ShowDay(to, today))
	case to == a.Due:
		return m, false, fault.Invalidf("due", "%s is due on %s already. Take another day.", a.Ref(), ShowDay(to, today))
	case a.Due != "" && !longEnough(reason):
		return m, false, fault.Invalidf("reason", "Say why the date moves, in at least %d characters.", shortestReason)
	}
	old := a.Due
	a.Due = to
	if old == "" {
		a.FirstDue = to
		return m, false, nil
	}
	a.Moves++
	return Move{ActionID: a.ID, OldDue: old, NewDue: to, Reason: reason, ByID: by, AgreedID: agreed, At: now}, true, nil
}

// SlippedTwice reports whether the date moved at least twice and lies behind
// the first promise: such an action goes to the weekly meeting.
func (a *Action) SlippedTwice() bool { return a.Moves >= 2 && a.Due > a.FirstDue }

// HandOver gives the action to another owner, who has not seen it yet.
func (a *Action) HandOver(to int64, now time.Time) error {
	if a.Finished() {
		return a.only(Open, InProgress, Blocked, ClaimedDone)
	}
	if a.OwnerIs(to) {
		return fault.Invalidf("owner", "This person owns %s already.", a.Ref())
	}
	a.OwnerID, a.AssignedAt = &to, &now
	a.Assignment++
	if a.VerifierID != nil && *a.VerifierID == to {
		a.VerifierID = nil // nobody verifies their own action
	}
	return nil
}

// Verify accepts a claim. by is nil for the operator; the owner never
// verifies.
func (a *Action) Verify(by *int64, now time.Time) error {
	if err := a.only(ClaimedDone); err != nil {
		return err
	}
	if by != nil && a.OwnerIs(*by) {
		return fault.Forbiddenf("You own %s, so somebody else verifies it.", a.Ref())
	}
	a.enter(Verified, "", now)
	a.VerifiedBy, a.VerifiedAt = by, &now
	return nil
}

// Prove verifies an action because a run shows that it works, whether anybody
// claimed it or not.
func (a *Action) Prove(now time.Time) error {
	if err := a.only(Open, InProgress, Blocked, ClaimedDone); err != nil {
		return err
	}
	a.enter(Verified, "", now)
	a.VerifiedBy, a.VerifiedAt = nil, &now
	return nil
}

// Reject opens a claimed action again, and says why.
func (a *Action) Reject(reason string, now time.Time) error {
	if err := a.only(ClaimedDone); err != nil {
		return err
	}
	return a.backToOpen(reason, "Say what is still missing.", now)
}

// Reopen opens an action that was claimed, verified or declined, such as after
// a run that failed.
func (a *Action) Reopen(reason string, now time.Time) error {
	if err := a.only(ClaimedDone, Verified, Declined); err != nil {
		return err
	}
	return a.backToOpen(reason, "Say why "+a.Ref()+" is open again.", now)
}

func (a *Action) backToOpen(reason, ask string, now time.Time) error {
	if strings.TrimSpace(reason) == "" {
		return fault.Invalidf("reason", "%s", ask)
	}
	a.enter(Open, reason, now)
	a.ClaimedBy, a.ClaimedAt, a.VerifiedBy, a.VerifiedAt = nil, nil, nil, nil
	return nil
}

// Decline says that the action will not be done, and why; it stays visible.
func (a *Action) Decline(reason string, now time.Time) error {
	if err := a.only(Open, InProgress, Blocked, ClaimedDone); err != nil {
		return err
	}
	if strings.TrimSpace(reason) == "" {
		return fault.Invalidf("reason", "Say why %s will not be done. It stays visible with the reason.", a.Ref())
	}
	a.enter(Declined, reason, now)
	return nil
}

// enter changes the state and says since when and why.
func (a *Action) enter(s State, reason string, now time.Time) {
	a.State, a.StateReason, a.StateSince = s, strings.TrimSpace(reason), now
}

// only refuses a step from any other state.
func (a *Action) only(states ...State) error {
	if a.DeletedAt != nil {
		return fault.Conflictf("%s was removed.", a.Ref())
	}
	if slices.Contains(states, a.State) {
		return nil
	}
	return fault.Conflictf("%s is %s now, so this cannot be done.", a.Ref(), a.State.Words())
}

// Words gives the state as people read it.
func (s State) Words() string {
	switch s {
	case InProgress:
		return "in progress"
	case ClaimedDone:
		return "claimed done"
	}
	return string(s)
}

func longEnough(reason string) bool {
	return utf8.RuneCountInString(strings.TrimSpace(reason)) >= shortestReason
}

// Bounds of what may be typed, in characters.
const (
	maxTitle  = 300
	maxDetail = 4000
)
