package evidence

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"coetracker/people"
)

// Item is one thing in the world: a run of an experiment, a deployment, a
// rollback, an alarm, an incident. The first fields are folded from what tools
// said; those from ServiceID on are worked out or said by people.
type Item struct {
	ID          int64
	Type        Type
	Tool        string
	SubjectKey  string
	ExternalID  string
	Title       string
	Service     string // as the tool calls it
	Names       string // further names, one a line
	Environment string
	Region      string
	State       string
	Rank        Rank
	ToolOutcome Outcome // of an experiment
	StartedAt   *time.Time
	EndedAt     *time.Time
	SettleUntil *time.Time // alarms up to then belong to the run
	Settled     bool       // SettleUntil has passed and what follows from the run was done
	FromVersion string
	ToVersion   string
	Undoes      string // external id of the deployment a rollback undoes
	Cause       string // trigger: manual, alarm, circuit_breaker, …
	Alarms      string // JSON list of names
	DryRun      bool
	Gap         bool // its beginning was not seen
	Definition  string
	Detail      string // Detail as JSON

	ServiceID    *int64
	ServiceSet   bool // a person said so: names are not looked up any more
	ExperimentID *int64
	UndoesID     *int64 // the deployment that this rollback undoes
	UndoneByID   *int64 `gorm:"column:undone_by_id"` // the rollback that undid this deployment
	Outcome      Outcome
	OutcomeBy    *int64
	OutcomeNote  string
	OutcomeAt    *time.Time
	Prepare      string
	Detect       string
	Respond      string
	Learn        string
	Reach        string // Reach as JSON
	Version      int64
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

// TableName names the table.
func (Item) TableName() string { return "evidence_items" }

// Showed is the outcome that counts: what a person said, else what the tool said.
func (i *Item) Showed() Outcome {
	if i.Outcome != "" {
		return i.Outcome
	}
	return i.ToolOutcome
}

// AlarmNames are the alarms that a deployment, rollback or run names.
func (i *Item) AlarmNames() []string {
	var names []string
	_ = json.Unmarshal([]byte(i.Alarms), &names) // written by us
	return names
}

// Details reads what only some tools say.
func (i *Item) Details() Detail {
	var d Detail
	_ = json.Unmarshal([]byte(i.Detail), &d) // written by us
	return d
}

// AllNames are the names under which the service may be known, best first.
func (i *Item) AllNames() []string {
	names := slices.DeleteFunc(append([]string{i.Service}, strings.Split(i.Names, "\n")...), func(s string) bool { return s == "" })
	return slices.Compact(names)
}

// Ref names the item in documents, as tool:external-id.
func (i *Item) Ref() string { return i.Tool + ":" + i.ExternalID }

// Reach is how far a deployment or rollback came, as people complete what the
// tool says. Zero values are unknown.
type Reach struct {
	Wave        string   `json:"wave,omitempty"`
	Zone        string   `json:"zone,omitempty"`
	Cell        string   `json:"cell,omitempty"`
	Share       *float64 `json:"share,omitempty"` // of the fleet, 0 to 1
	FirstWave   *float64 `json:"first_wave,omitempty"`
	BakeMinutes *float64 `json:"bake_minutes,omitempty"`
	Automatic   *bool    `json:"automatic,omitempty"`
}

// Span is a stretch in which a thing was going on. EndedAt is nil while it is.
type Span struct {
	ItemID    int64     `gorm:"primaryKey"`
	StartedAt time.Time `gorm:"primaryKey"`
	EndedAt   *time.Time
	Times     int64 // how often an alarm fired within it
}

// TableName names the table.
func (Span) TableName() string { return "evidence_spans" }

// Statement is a stored record.
type Statement struct {
	ItemID     int64  `gorm:"primaryKey"`
	DedupeKey  string `gorm:"primaryKey"`
	DeliveryID *int64
	OccurredAt time.Time
	Body       string // Record as JSON
}

// TableName names the table.
func (Statement) TableName() string { return "evidence_records" }

// Experiment is what is planned, or has run at least once. Its runs are items.
type Experiment struct {
	ID             int64
	Tool           string // "" until a run has come in
	Definition     string // what the tool calls it
	Name           string
	ServiceID      *int64
	Environment    string
	Hypothesis     string
	SteadyState    string
	RunBook        string
	ExpectedAlarms string // names, one a line
	FailureMode    string // what it rehearses, see Coverage
	GameDay        bool
	PlannedFor     people.Day
	OwnerID        *int64
	Version        int64
	CreatedAt      time.Time
	CreatedBy      *int64
	UpdatedAt      time.Time
}

// Source is an address that takes webhooks, with its credentials.
type Source struct {
	ID         int64
	Name       string
	Tool       string  // "" takes every tool
	TokenHash  *string // nil: takes files only
	Token2Hash *string `gorm:"column:token2_hash"`
	TokenHint  string
	Verifier   string
	Header     string // name of the header, for a static one
	Secret     []byte // sealed
	Secret2    []byte // sealed; both are good during a rotation
	Allowed    string // topic ARNs or account ids, one a line; empty allows all
	ServiceID  *int64 // of events that name none
	Failures   int64  // refused since the last good delivery
	FailedAt   *time.Time
	Failure    string
	ReceivedAt *time.Time
	DisabledAt *time.Time
	Version    int64
	CreatedAt  time.Time
	CreatedBy  *int64
	UpdatedAt  time.Time
}

// TableName names the table.
func (Source) TableName() string { return "hook_sources" }

// DeliveryState is what became of a delivery.
type DeliveryState string

// The states of a delivery.
const (
	Received   DeliveryState = "received"
	Projected  DeliveryState = "projected"
	NothingNew DeliveryState = "ignored"
	Failed     DeliveryState = "failed" // kept, and read again after a better parser comes
)

// Delivery is one message as it arrived.
type Delivery struct {
	ID          int64
	SourceID    int64
	DedupeKey   string
	Tool        string
	Name        string // of a file
	Headers     string // JSON, without credentials
	Body        []byte
	Size        int64 // as it arrived
	Cut         bool  // Body holds only its beginning
	State       DeliveryState
	Failure     string
	Warnings    string // one a line
	Records     int64
	Repeats     int64
	ReceivedAt  time.Time
	ProjectedAt *time.Time
	ByID        *int64
}

// TableName names the table.
func (Delivery) TableName() string { return "hook_deliveries" }

// Decision is what was decided about an item for one COE.
type Decision struct {
	COEID     int64  `gorm:"column:coe_id;primaryKey"`
	ItemID    int64  `gorm:"primaryKey"`
	Decision  string // accepted, dismissed
	Role      string // of a change: cause, suspect, fix, dismissed
	Relation  string // revealed_by, reproduces, verifies, caused_by, fixed_by, rolled_back_by
	LinkKey   string // the row under Related
	EntryKeys string // the timeline entries, separated by blanks
	Reason    string
	DecidedBy *int64
	DecidedAt time.Time
}

// TableName names the table.
func (Decision) TableName() string { return "coe_evidence" }
