package actions

import (
	"strings"
	"testing"
	"time"

	"coetracker/internal/fault"
	"coetracker/people"
)

var at = time.Date(2025, 10, 1, 12, 0, 0, 0, time.UTC)

func id(n int64) *int64 { return &n }

func TestStatesAndTheirSteps(t *testing.T) {
	t.Parallel()
	steps := map[string]func(*Action) error{
		"start":   func(a *Action) error { return a.Start(at) },
		"block":   func(a *Action) error { return a.Block("waits for the vendor", at) },
		"claim":   func(a *Action) error { return a.Claim(id(1), false, at) },
		"verify":  func(a *Action) error { return a.Verify(id(2), at) },
		"reject":  func(a *Action) error { return a.Reject("the alarm did not fire", at) },
		"decline": func(a *Action) error { return a.Decline("replaced by A-2", at) },
		"reopen":  func(a *Action) error { return a.Reopen("the run failed", at) },
		"move": func(a *Action) error {
			_, _, err := a.MoveDue("2025-10-20", "the parts come later", id(1), nil, "2025-10-01", at)
			return err
		},
	}
	want := map[string]map[State]State{ // step: from → to; all others are refused
		"start":   {Open: InProgress, Blocked: InProgress},
		"block":   {Open: Blocked, InProgress: Blocked, Blocked: Blocked},
		"claim":   {Open: ClaimedDone, InProgress: ClaimedDone, Blocked: ClaimedDone},
		"verify":  {ClaimedDone: Verified},
		"reject":  {ClaimedDone: Open},
		"decline": {Open: Declined, InProgress: Declined, Blocked: Declined, ClaimedDone: Declined},
		"reopen":  {ClaimedDone: Open, Verified: Open, Declined: Open},
		"move":    {Open: Open, InProgress: InProgress, Blocked: Blocked},
	}
	for name, step := range steps {
		for _, from := range []State{Open, InProgress, Blocked, ClaimedDone, Verified, Declined} {
			a := Action{Number: 5, State: from, OwnerID: id(1), Priority: "P2", Due: "2025-10-10"}
			before, err := a, step(&a)
			to, ok := want[name][from]
			if ok && (err != nil || a.State != to) {
				t.Errorf("%s from %s: %s, %v; want %s", name, from, a.State, err, to)
			}
			if !ok && (!fault.Is(err, fault.Conflict) || a != before) {
				t.Errorf("%s from %s: %v, and the action is %+v; want a conflict and no change", name, from, err, a)
			}
			a = Action{State: from, DeletedAt: &at}
			if err := step(&a); !fault.Is(err, fault.Conflict) {
				t.Errorf("%s on a removed action gives %v", name, err)
			}
		}
	}
}

func TestClaimOfP0AndP1NeedsProof(t *testing.T) {
	t.Parallel()
	for priority, needs := range map[string]bool{"P0": true, "P1": true, "P2": false, "P3": false, "": false} {
		a := Action{Number: 1, State: InProgress, Priority: priority}
		err := a.Claim(id(1), false, at)
		if f, _ := fault.Of(err); needs && (f == nil || f.Field != "proof" || a.State != InProgress) {
			t.Errorf("%s without proof: %v, %s", priority, err, a.State)
		}
		if !needs && err != nil {
			t.Errorf("%s: %v", priority, err)
		}
		a.State = InProgress
		if err := a.Claim(id(1), true, at); err != nil || a.State != ClaimedDone || *a.ClaimedBy != 1 {
			t.Errorf("%s with proof: %v, %+v", priority, err, a)
		}
	}
}

func TestVerifierIsNeverTheOwner(t *testing.T) {
	t.Parallel()
	a := Action{State: ClaimedDone, OwnerID: id(1)}
	if err := a.Verify(id(1), at); !fault.Is(err, fault.Forbidden) || a.State != ClaimedDone {
		t.Errorf("the owner verifies: %v", err)
	}
	a = Action{State: Open, OwnerID: id(1), VerifierID: id(2)}
	if err := a.HandOver(2, at); err != nil || a.VerifierID != nil || a.Assignment != 1 || !a.AssignedAt.Equal(at) {
		t.Errorf("handed to its verifier: %v, %+v", err, a)
	}
	if err := a.HandOver(2, at); !fault.Is(err, fault.Invalid) {
		t.Errorf("handed to its owner: %v", err)
	}
}

func TestMoveDueCountsAndAsksForTheReason(t *testing.T) {
	t.Parallel()
	a := Action{Number: 5, State: Open}
	const today = people.Day("2025-10-01")
	if _, moved, err := a.MoveDue("2025-10-10", "", id(1), nil, today, at); err != nil || moved || a.FirstDue != "2025-10-10" || a.Moves != 0 {
		t.Fatalf("the first date: %v %v %+v", moved, err, a)
	}
	for reason, field := range map[string]string{"": "reason", "   later   ": "reason", "123456789": "reason"} {
		_, _, err := a.MoveDue("2025-10-20", reason, id(1), nil, today, at)
		if f, _ := fault.Of(err); f == nil || f.Field != field {
			t.Errorf("reason %q gives %v", reason, err)
		}
	}
	for _, to := range []people.Day{"", "2025-09-30", "2025-10-10"} {
		_, _, err := a.MoveDue(to, "needs a week of data", id(1), nil, today, at)
		if f, _ := fault.Of(err); f == nil || f.Field != "due" {
			t.Errorf("a move to %q gives %v", to, err)
		}
	}
	m, moved, err := a.MoveDue("2025-10-20", " needs a week of data ", id(1), id(2), today, at)
	if err != nil || !moved || m.OldDue != "2025-10-10" || m.NewDue != "2025-10-20" || m.Reason != "needs a week of data" || a.Moves != 1 || a.SlippedTwice() {
		t.Errorf("the first move: %+v %v %+v", m, err, a)
	}
	if _, _, err := a.MoveDue("2025-10-30", strings.Repeat("é", 10), id(1), nil, today, at); err != nil || !a.SlippedTwice() || a.FirstDue != "2025-10-10" {
		t.Errorf("the second move: %v %+v", err, a)
	}
}

func TestReasonsAreNeeded(t *testing.T) {
	t.Parallel()
	for name, step := range map[string]func(*Action) error{
		"block":   func(a *Action) error { return a.Block(" ", at) },
		"decline": func(a *Action) error { return a.Decline("", at) },
		"reject":  func(a *Action) error { a.State = ClaimedDone; return a.Reject("", at) },
		"reopen":  func(a *Action) error { a.State = Verified; return a.Reopen("\n", at) },
	} {
		a := Action{State: Open}
		if f, _ := fault.Of(step(&a)); f == nil || f.Field != "reason" {
			t.Errorf("%s without a reason gives %v", name, f)
		}
	}
}
