// Package actions is owned, dated work: one owner and one day each, reminded
// until it is claimed done, and done only when it is proven.
package actions

import (
	"time"

	"coetracker/people"
)

// State is where an action stands.
type State string

// The states of an action.
const (
	Open        State = "open"
	InProgress  State = "in_progress"
	Blocked     State = "blocked"
	ClaimedDone State = "claimed_done"
	Verified    State = "verified"
	Declined    State = "declined"
)

// Action is one piece of work of one COE.
type Action struct {
	ID          int64
	COEID       int64 `gorm:"column:coe_id"`
	Number      int64 // A-5 within its COE, never reused
	Key         string
	Rank        string
	Title       string
	Detail      string
	OwnerID     *int64
	Due         people.Day // overdue from the next midnight in the owner's zone
	FirstDue    people.Day // the day first promised
	Priority    string     // P0 to P3, "" until chosen
	Type        string     // prevent, detect, diagnose, mitigate, repair, learn
	Horizon     string     // short, long
	Criterion   string     // success criterion
	ProofKind   string     // experiment, test, alarm_drill, deployment, graph, second_person
	ProofTarget string     // the experiment whose passing run proves it: tool:definition, or its name
	TrackerURL  string     `gorm:"column:tracker_url"`
	State       State
	StateReason string // why blocked, declined or rejected
	StateSince  time.Time
	VerifierID  *int64
	ClaimedBy   *int64
	ClaimedAt   *time.Time
	VerifiedBy  *int64
	VerifiedAt  *time.Time
	Moves       int // how often the due day moved
	AssignedAt  *time.Time
	Assignment  int64 // counts hand-overs; part of the assignment notice's key
	Version     int64
	CreatedAt   time.Time
	CreatedBy   *int64
	UpdatedAt   time.Time
	DeletedAt   *time.Time
	DeletedBy   *int64
}

// Move is one change of a due day.
type Move struct {
	ID       int64
	ActionID int64
	OldDue   people.Day
	NewDue   people.Day
	Reason   string
	ByID     *int64
	AgreedID *int64
	At       time.Time
}

// TableName maps to action_moves.
func (Move) TableName() string { return "action_moves" }

// Proof is what shows that an action had its effect.
type Proof struct {
	ID       int64
	ActionID int64
	Kind     string
	Text     string
	ByID     *int64
	At       time.Time
}

// TableName maps to action_proofs.
func (Proof) TableName() string { return "action_proofs" }
