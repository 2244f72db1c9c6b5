package templates

import (
	"html/template"
	"time"

	"coetracker/coe"
	"coetracker/people"
)

// COEPage is the read page of one document: it needs no script.
type COEPage struct {
	Frame
	Name         string // COE-17
	Number       int64
	Heading      string
	Kind         string
	Severity     int
	State        Mark
	StateNote    string // ", 2 of 3 reviewers approve"
	Issue        string
	Restricted   bool
	Event        string
	Owner, Team  string
	Services     []string
	Reviewers    []string
	EventFigure  template.HTML
	EventCaption string
	Outline      []OutlineItem
	Summary      Prose
	Impact       Prose
	Impacts      []ImpactRow
	ZoneLabel    string
	Timeline     TimelineView
	Metrics      []MetricView
	Prose        map[string]Prose
	Questions    []QuestionView
	Whys         []WhyRoot
	WhyCounts    []string
	Lessons      []LessonRow
	Surprised    []string
	Actions      []ActionRow
	Related      []RelatedRow
	Evidence     []ItemView // experiments, deployments and rollbacks under Related
	Waves        []string   // what stopping at the first wave would have meant
	Found        *EvidenceBox
	Sharings     []SharingRow
	Files        []FileRow
	MayEdit      bool
	Checker      bool // the checker's findings may be seen
	Steps        []StepForm
	Sign         *SignForm
	Ask          *EffectForm
	Bin          *BinForm
	Verdicts     []string
	Waivers      []string
	Effect       string
	Findings     int // blocking
	Survived     *SurvivedView
}

// COE is the page of COEPage.
var COE = page[COEPage]("coe.html")

// OutlineItem is one line of the outline at the left.
type OutlineItem struct {
	N     int
	ID    string // the section's anchor
	Href  string
	Label string
	Count string
	Bad   bool
	Here  bool
}

// Prose is one section's stored HTML.
type Prose struct {
	HTML  template.HTML
	Empty bool
}

// ImpactRow is one row of the impact table.
type ImpactRow struct {
	What, Affected, Total, Share, Place, Times string
	Unmeasured                                 bool
	Action                                     string
}

// StepForm is a button that takes the document to another state.
type StepForm struct {
	To, Verb   string
	NeedReason bool
	Label      string // of the reason
	Reason     string
	Main       bool
	Refused    []string // why the step would be refused now
	Error      string   // what was wrong with it, when somebody just tried
}

// SignForm is a reviewer's form: approve, or ask for changes.
type SignForm struct {
	Approved bool // the reviewer approved already in this round
	Text     string
	Error    string
}

// EffectForm asks the owner whether the actions had their effect.
type EffectForm struct {
	Due     string // "Fri 10 Oct"
	Options []Option
	Text    string
	Error   string
}

// BinForm deletes the document for 30 days, and then for good.
type BinForm struct {
	NeedReason bool
	Reason     string
	Error      string
}

// LessonRow is one lesson with the actions it led to.
type LessonRow struct {
	Term, Text string
	Actions    []string
}

// RelatedRow is one related thing.
type RelatedRow struct{ Type, Target, Href, Role, Note string }

// SharingRow is what was asked of one team.
type SharingRow struct{ Team, Asked, Answer string }

// FileRow is one attachment.
type FileRow struct{ Name, Href, Size string }

// View is what a page needs to show a document to somebody.
type View struct {
	Document *coe.Document
	Who      *people.Principal
	Now      time.Time // calendar clock
	Zone     string    // the instance's zone, for owners without one
	Targets  Targets
	// Experiments are those that an action can name as its proof; only pages
	// on which actions are written fill it.
	Experiments []Option
}

// Targets are the times expected of the affected services, nil when none is set.
type Targets struct{ Detect, Engage, Mitigate *time.Duration }
