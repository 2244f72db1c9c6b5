// Package coe is the document: a Correction of Errors with its sections, rows,
// states, gates and revisions, its checker and its file format.
package coe

import "time"

// Kind says what happened.
type Kind string

// The kinds of COE.
const (
	Incident          Kind = "incident"           // customers felt it
	NearMiss          Kind = "near_miss"          // they could have
	ProceduralMiss    Kind = "procedural_miss"    // a plan went otherwise than written
	ExperimentFinding Kind = "experiment_finding" // found by a chaos experiment
	Win               Kind = "win"                // an improvement worth copying
)

// State is where a COE stands between draft and closed.
type State string

// The states, in the order a COE usually goes through them.
const (
	Draft            State = "draft"
	InReview         State = "in_review"
	ChangesRequested State = "changes_requested"
	Approved         State = "approved"
	Published        State = "published"
	Closed           State = "closed"
)

// Visibility says who may read a COE.
type Visibility string

// Org is readable by everyone signed in, Restricted by owner, named people and admins.
const (
	Org        Visibility = "org"
	Restricted Visibility = "restricted"
)

// COE is the header row of a document. Its parts are rows of their own.
type COE struct {
	ID           int64
	UID          string // UUIDv7, kept through export and import
	Number       int64  // COE-17; taken from a counter, never reused
	Title        string
	Kind         Kind
	Severity     int // 1 (worst) to 4
	State        State
	StateSince   time.Time
	OwnerID      int64
	TeamID       *int64
	Visibility   Visibility
	Zone         string // display zone of the document, IANA name or fixed offset
	WindowStart  *time.Time
	WindowEnd    *time.Time
	Tags         string // space-separated
	Issue        int    // last published issue, 0 before the first
	IssuedSeq    int64  // seq at the last issue
	Reviewed     bool   // has been in review at least once
	NextAction   int64  // the next action's number, never reused
	Effect       string // answer to the effectiveness question: "", worked, did_not, unknown
	EffectText   string
	EffectDue    string // the day the question falls due, "" before
	NoneBecause  string // JSON object: key moment kind → why there is none
	OriginSHA256 string `gorm:"column:origin_sha256"` // of the imported bytes
	Seq          int64  // counts every change of any part
	Version      int64  // of this row
	CreatedAt    time.Time
	CreatedBy    *int64
	UpdatedAt    time.Time
	DeletedAt    *time.Time
	DeletedBy    *int64
	DeleteReason string
}

// TableName is needed because gorm would call it co_es.
func (COE) TableName() string { return "coes" }

// NamedPerson is one person's part in one COE besides its owner.
type NamedPerson struct {
	COEID    int64     `gorm:"column:coe_id;primaryKey"`
	PersonID int64     `gorm:"primaryKey"`
	Role     NamedRole `gorm:"primaryKey"`
}

// TableName maps to coe_people.
func (NamedPerson) TableName() string { return "coe_people" }

// NamedRole is what a named person does for a COE.
type NamedRole string

// The named roles.
const (
	RoleWriter      NamedRole = "writer"
	RoleReviewer    NamedRole = "reviewer"
	RoleApprover    NamedRole = "approver" // bar raiser
	RolePresenter   NamedRole = "presenter"
	RoleFacilitator NamedRole = "facilitator"
	RoleNamed       NamedRole = "named" // may read a restricted COE
)

// COEService links a COE to an affected service.
type COEService struct {
	COEID     int64 `gorm:"column:coe_id;primaryKey"`
	ServiceID int64 `gorm:"primaryKey"`
}

// TableName maps to coe_services.
func (COEService) TableName() string { return "coe_services" }

// SectionName names a prose section; the names are those of import and export.
type SectionName string

// SectionNames lists all sections in document order; "other" holds imported
// text that belongs to none.
var SectionNames = [...]SectionName{"summary", "impact", "timeline", "metrics", "questions", "whys", "lessons", "actions", "related", "sharing", "other"}

// Section is one section's Markdown, exactly as typed, and what was made of it at save.
type Section struct {
	ID        int64
	COEID     int64 `gorm:"column:coe_id"`
	Name      SectionName
	Text      string // LF inside
	HTML      string `gorm:"column:html"` // sanitised, made once at save
	Plain     string
	CRLF      bool `gorm:"column:crlf"` // the original used CRLF; export writes it back
	Version   int64
	UpdatedAt time.Time
	UpdatedBy *int64
}

// SectionUpdate is one change of one section's text, never renumbered.
type SectionUpdate struct {
	SectionID int64  `gorm:"primaryKey"`
	Version   int64  `gorm:"primaryKey"`
	Changes   string // JSON change set in UTF-16 units, see Change
	AuthorID  *int64
	At        time.Time
	Origin    string
}

// Impact is one row of customer impact: how many of how many, where, when.
type Impact struct {
	ID         int64
	COEID      int64 `gorm:"column:coe_id"`
	Key        string
	Rank       string
	What       string
	Affected   string // as typed: "2.9 bn"
	Total      string
	Unmeasured bool
	ActionKey  string // the action that will measure it
	Place      string // regions, zones, cells
	FromAt     *time.Time
	ToAt       *time.Time
	Version    int64
	CreatedAt  time.Time
	UpdatedAt  time.Time
	DeletedAt  *time.Time
	DeletedBy  *int64
}

// Answer answers one incident question (D1 … P6).
type Answer struct {
	ID           int64
	COEID        int64 `gorm:"column:coe_id"`
	Question     string
	Text         string
	HTML         string `gorm:"column:html"`
	NA           bool   `gorm:"column:na"` // not applicable; Text holds the reason
	MinutesSaved *int
	ActionKey    string
	Version      int64
	UpdatedAt    time.Time
	UpdatedBy    *int64
}

// Metric is a stored series with its caption.
type Metric struct {
	ID      int64
	COEID   int64 `gorm:"column:coe_id"`
	Key     string
	Rank    string
	Title   string
	Unit    string
	Caption string // what the reader should see
	Query   string
	LiveURL string `gorm:"column:live_url"`
	Zone    string
	CSV     string `gorm:"column:csv"` // canonical, see evidence.Series
	SHA256  string `gorm:"column:sha256"`
	// Source is the tool whose answer the numbers are, "" where they were pasted.
	Source     string
	CapturedAt *time.Time // when they were asked for; nil unless Query was asked here
	// Warnings is what the tool said about the numbers when they were taken:
	// that they are not complete, for example. They are told once and not kept.
	Warnings  []string `gorm:"-"`
	Version   int64
	CreatedAt time.Time
	CreatedBy *int64
	UpdatedAt time.Time
	DeletedAt *time.Time
	DeletedBy *int64
}

// WhyRoot is one of the three trees.
type WhyRoot string

// The three roots.
const (
	Happened  WhyRoot = "happened"
	FoundLate WhyRoot = "found_late"
	FixedLate WhyRoot = "fixed_late"
)

// Why is one "because" in a tree. A node without children is a leaf, a
// contributing factor: covered by an action, declined with a reason, or open.
type Why struct {
	ID             int64
	COEID          int64 `gorm:"column:coe_id"`
	Key            string
	Rank           string
	ParentID       *int64
	Root           WhyRoot
	Text           string
	Evidence       string
	Factor         string
	DeclinedReason string
	Version        int64
	CreatedAt      time.Time
	CreatedBy      *int64
	UpdatedAt      time.Time
	DeletedAt      *time.Time
	DeletedBy      *int64
}

// TableName is needed because gorm would call it whies.
func (Why) TableName() string { return "whys" }

// WhyAction links a leaf to the action that answers it.
type WhyAction struct {
	WhyID    int64 `gorm:"primaryKey"`
	ActionID int64 `gorm:"primaryKey"`
}

// LessonKind sorts lessons.
type LessonKind string

// The kinds of lesson.
const (
	ShortTerm LessonKind = "short"
	LongTerm  LessonKind = "long"
	WentWell  LessonKind = "went_well"
	Surprised LessonKind = "surprised"
)

// Lesson is one thing learned.
type Lesson struct {
	ID        int64
	COEID     int64 `gorm:"column:coe_id"`
	Key       string
	Rank      string
	Kind      LessonKind
	Text      string
	Version   int64
	CreatedAt time.Time
	CreatedBy *int64
	UpdatedAt time.Time
	DeletedAt *time.Time
	DeletedBy *int64
}

// LessonAction links a lesson to an action.
type LessonAction struct {
	LessonID int64 `gorm:"primaryKey"`
	ActionID int64 `gorm:"primaryKey"`
}

// Link points to something related: an earlier COE, a ticket, a runbook …
type Link struct {
	ID        int64
	COEID     int64 `gorm:"column:coe_id"`
	Key       string
	Rank      string
	Type      string // coe, experiment, deployment, rollback, ticket, runbook, other
	Target    string // COE-13, a URL, or a name
	Role      string
	Note      string
	Version   int64
	CreatedAt time.Time
	CreatedBy *int64
	UpdatedAt time.Time
	DeletedAt *time.Time
	DeletedBy *int64
}

// Sharing records what was asked of another team.
type Sharing struct {
	ID        int64
	COEID     int64 `gorm:"column:coe_id"`
	Key       string
	Rank      string
	Team      string
	Asked     string
	Answer    string
	Version   int64
	CreatedAt time.Time
	CreatedBy *int64
	UpdatedAt time.Time
	DeletedAt *time.Time
	DeletedBy *int64
}

// Revision is a named state of the whole COE as its canonical file.
type Revision struct {
	ID        int64
	COEID     int64 `gorm:"column:coe_id"`
	Number    int
	Name      string
	Issue     int // the issue it is, 0 for none
	Bytes     []byte
	SHA256    string `gorm:"column:sha256"`
	CreatedAt time.Time
	CreatedBy *int64
}

// Waiver lifts one finding of the checker, with a reason that stays visible.
type Waiver struct {
	ID     int64
	COEID  int64 `gorm:"column:coe_id"`
	Rule   string
	Place  string
	Reason string
	ByID   *int64
	At     time.Time
}

// Signoff is one reviewer's verdict in one round of review.
type Signoff struct {
	ID       int64
	COEID    int64 `gorm:"column:coe_id"`
	PersonID int64
	Verdict  string // approved, changes_requested
	Text     string
	Round    int
	At       time.Time
}

// StateChange is one step between states.
type StateChange struct {
	ID        int64
	COEID     int64 `gorm:"column:coe_id"`
	FromState State
	ToState   State
	Reason    string
	ByID      *int64
	At        time.Time
}

// Attachment is a file that belongs to a COE, stored by content.
type Attachment struct {
	ID          int64
	COEID       int64 `gorm:"column:coe_id"`
	Key         string
	Name        string
	SHA256      string `gorm:"column:sha256"`
	Size        int64
	ContentType string
	Purpose     string // original, evidence, picture
	CreatedAt   time.Time
	CreatedBy   *int64
	DeletedAt   *time.Time
	DeletedBy   *int64
}
