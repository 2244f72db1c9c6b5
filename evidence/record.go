package evidence

import "time"

// Type is what a record is about.
type Type string

// The types of records. TypeMetric and TypeIgnored never become items.
const (
	TypeExperiment Type = "experiment"
	TypeDeployment Type = "deployment"
	TypeRollback   Type = "rollback"
	TypeAlarm      Type = "alarm"
	TypeIncident   Type = "incident"
	TypeMetric     Type = "metric"
	TypeIgnored    Type = "ignored" // understood, and of no use here
)

// Outcome is what an experiment showed, apart from whether it ran.
type Outcome string

// The outcomes. Only experiments have one.
const (
	Held         Outcome = "held"
	Deviated     Outcome = "deviated"
	Halted       Outcome = "halted"       // stopped by its own guard
	Aborted      Outcome = "aborted"      // stopped by somebody
	Errored      Outcome = "error"        // the tool failed; no fault was injected
	Inconclusive Outcome = "inconclusive" // ran and showed nothing
	Unknown      Outcome = "unknown"      // the tool does not say; a person decides
)

// Record is one statement of a tool about one thing. Times are UTC.
type Record struct {
	Type       Type
	ExternalID string // the tool's own name of the thing
	SubjectKey string // what is updated: equal for all records about one thing
	DedupeKey  string // equal for repeats of one statement, different otherwise

	Service     string // as the tool calls it, "" where it does not say
	Environment string
	Region      string
	State       string // the tool's own word in lower case
	Outcome     Outcome
	StartedAt   *time.Time
	EndedAt     *time.Time
	FromVersion string
	ToVersion   string
	RollsBack   string // external id of the deployment that this undoes
	Trigger     string // manual, alarm, circuit_breaker, health, analysis or the tool's word
	Alarms      []string
	DryRun      bool

	OccurredAt time.Time // when the tool says it happened; zero where it does not
	Rank       Rank
	Title      string
	Definition string   // what is run: template, experiment, engine; equal for all runs
	Names      []string // further names that may be known as aliases of a service, best first
	Detail     Detail

	Series *Series // of a TypeMetric
}

// Rank orders the states of one thing: a record of a lower rank never
// overwrites one of a higher rank, whatever the clocks say.
type Rank int

// The ranks, see RankOf.
const (
	RankNone     Rank = 0
	RankPending  Rank = 10
	RankStarting Rank = 20
	RankRunning  Rank = 30
	RankStopping Rank = 40
	RankEnded    Rank = 50
	RankRefined  Rank = 60 // an end that says more: failed, and then rolled back
)

// Detail is what some tools say and no rule needs.
type Detail struct {
	Hypothesis  string   `json:"hypothesis,omitempty"`
	SteadyState []Check  `json:"steady_state,omitempty"`
	Faults      []Fault  `json:"faults,omitempty"`
	Targets     []Target `json:"targets,omitempty"`
	Guards      []Guard  `json:"guards,omitempty"`   // stop conditions
	Recovery    []string `json:"recovery,omitempty"` // how the fault was taken away
	Reason      string   `json:"reason,omitempty"`   // why it failed or was stopped, in the tool's words
	Strategy    string   `json:"strategy,omitempty"`
	Step        string   `json:"step,omitempty"` // how far a deployment came, in the tool's words
	Wave        string   `json:"wave,omitempty"`
	Zone        string   `json:"zone,omitempty"`
	Cell        string   `json:"cell,omitempty"`
	Share       *float64 `json:"share,omitempty"` // of the fleet reached, 0 to 1
	BakeMinutes *float64 `json:"bake_minutes,omitempty"`
	Automatic   *bool    `json:"automatic,omitempty"` // of a rollback: started by a machine
	Initiator   string   `json:"initiator,omitempty"`
	Severity    string   `json:"severity,omitempty"`
	Text        string   `json:"text,omitempty"` // notes and descriptions of alarms and incidents
	Links       []Link   `json:"links,omitempty"`
}

// Check is one probe of a steady state.
type Check struct {
	Name     string `json:"name"`
	Expected string `json:"expected,omitempty"`
	Before   string `json:"before,omitempty"`
	After    string `json:"after,omitempty"`
	Met      *bool  `json:"met,omitempty"` // nil: not said
}

// Fault is one thing that was broken on purpose.
type Fault struct {
	Action    string     `json:"action"`
	Params    string     `json:"params,omitempty"` // "k=v k=v", sorted
	State     string     `json:"state,omitempty"`
	StartedAt *time.Time `json:"started_at,omitempty"`
	EndedAt   *time.Time `json:"ended_at,omitempty"`
}

// Target is one thing that a fault or a deployment reached.
type Target struct {
	Kind      string `json:"kind,omitempty"`
	ID        string `json:"id,omitempty"`
	Region    string `json:"region,omitempty"`
	Zone      string `json:"zone,omitempty"`
	Cell      string `json:"cell,omitempty"`
	Cluster   string `json:"cluster,omitempty"`
	Namespace string `json:"namespace,omitempty"`
	Account   string `json:"account,omitempty"`
}

// Guard is a condition that stops an experiment.
type Guard struct {
	Kind    string     `json:"kind,omitempty"`
	Name    string     `json:"name"`
	FiredAt *time.Time `json:"fired_at,omitempty"`
}

// Link leads out; only http and https addresses are kept.
type Link struct {
	Title string `json:"title"`
	URL   string `json:"url"`
}
