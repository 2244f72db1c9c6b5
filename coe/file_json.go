package coe

import (
	"bytes"
	"encoding/json"
	"time"

	"coetracker/actions"
	"coetracker/people"
	"coetracker/timeline"
)

// The types of this file are the JSON form of a document, for tools that read
// an export. Names stay as they are; new ones may be added. Instants are RFC
// 3339 in UTC, days YYYY-MM-DD, people e-mail addresses, teams and services
// names, actions A-1. What is not known is null or left out.
type jsonDocument struct {
	Format     int                      `json:"format"` // 1
	UID        string                   `json:"uid"`
	Number     int64                    `json:"number"`
	Title      string                   `json:"title"`
	Kind       Kind                     `json:"kind"`
	Severity   int                      `json:"severity"`
	State      State                    `json:"state"`
	StateSince *time.Time               `json:"state_since"`
	Owner      string                   `json:"owner"`
	People     []jsonNamed              `json:"people"`
	Team       string                   `json:"team,omitempty"`
	Services   []string                 `json:"services"`
	Tags       string                   `json:"tags,omitempty"`
	Visibility Visibility               `json:"visibility"`
	Zone       string                   `json:"zone"`
	Started    *time.Time               `json:"window_start"`
	Ended      *time.Time               `json:"window_end"`
	Issue      int                      `json:"issue"`
	None       map[timeline.Kind]string `json:"none_because,omitempty"`
	Effect     string                   `json:"effect,omitempty"`
	EffectText string                   `json:"effect_text,omitempty"`
	EffectDue  string                   `json:"effect_due,omitempty"`
	Sections   []jsonSection            `json:"sections"` // those with text, in document order
	Impacts    []jsonImpact             `json:"impacts"`
	Entries    []jsonEntry              `json:"timeline"`
	Metrics    []jsonMetric             `json:"metrics"`
	Answers    []jsonAnswer             `json:"answers"`
	Whys       []jsonWhy                `json:"whys"` // flat, a parent before its children
	Lessons    []jsonLesson             `json:"lessons"`
	Actions    []jsonAction             `json:"actions"`
	Links      []jsonLink               `json:"related"`
	Sharings   []jsonSharing            `json:"sharing"`
	Waivers    []jsonWaiver             `json:"waivers"`
	Signoffs   []jsonSignoff            `json:"signoffs"`
	States     []jsonState              `json:"state_changes"`
	Files      []jsonFile               `json:"files"`
	CreatedAt  *time.Time               `json:"created_at"`
	CreatedBy  string                   `json:"created_by,omitempty"`
}

type jsonNamed struct {
	Email string    `json:"email"`
	Role  NamedRole `json:"role"`
}

type jsonSection struct {
	Name     SectionName `json:"name"`
	Markdown string      `json:"markdown"`
}

type jsonImpact struct {
	Key        string     `json:"key"`
	What       string     `json:"what"`
	Affected   string     `json:"affected"`
	Total      string     `json:"total"`
	Unmeasured bool       `json:"unmeasured"`
	Action     string     `json:"action,omitempty"` // that will measure it
	Place      string     `json:"place,omitempty"`
	From       *time.Time `json:"from"`
	To         *time.Time `json:"to"`
}

type jsonEntry struct {
	Key         string             `json:"key"`
	At          *time.Time         `json:"at"`
	End         *time.Time         `json:"end"`
	Zone        string             `json:"zone"`
	Precision   timeline.Precision `json:"precision"`
	Kind        timeline.Kind      `json:"kind"`
	DetectedHow string             `json:"detected_how,omitempty"`
	Text        string             `json:"text"`
	Who         string             `json:"who,omitempty"`
	Source      string             `json:"source"`
	SourceRef   string             `json:"source_ref,omitempty"`
	Evidence    string             `json:"evidence,omitempty"`
	KeyMoment   bool               `json:"key_moment"`
	Raw         bool               `json:"raw"`
	GapNote     string             `json:"gap_note,omitempty"`
}

type jsonMetric struct {
	Key     string `json:"key"`
	Title   string `json:"title"`
	Unit    string `json:"unit"`
	Caption string `json:"caption"`
	Query   string `json:"query,omitempty"`
	LiveURL string `json:"live_url,omitempty"`
	Zone    string `json:"zone"`
	CSV     string `json:"csv"`
	SHA256  string `json:"sha256"`

	Source     string     `json:"source,omitempty"`
	CapturedAt *time.Time `json:"captured_at,omitempty"`
}

type jsonAnswer struct {
	Question      string `json:"question"`
	Text          string `json:"text"`
	NotApplicable bool   `json:"not_applicable"`
	MinutesSaved  *int   `json:"minutes_saved"`
	Action        string `json:"action,omitempty"`
}

type jsonWhy struct {
	Key      string   `json:"key"`
	Root     WhyRoot  `json:"root"`
	Parent   string   `json:"parent,omitempty"` // key
	Text     string   `json:"text"`
	Evidence string   `json:"evidence,omitempty"`
	Factor   string   `json:"factor,omitempty"`
	Declined string   `json:"declined,omitempty"`
	Actions  []string `json:"actions"`
}

type jsonLesson struct {
	Key     string     `json:"key"`
	Kind    LessonKind `json:"kind"`
	Text    string     `json:"text"`
	Actions []string   `json:"actions"`
}

type jsonAction struct {
	Ref         string        `json:"ref"`
	Key         string        `json:"key"`
	Title       string        `json:"title"`
	Detail      string        `json:"detail,omitempty"`
	Owner       string        `json:"owner,omitempty"`
	Due         people.Day    `json:"due,omitempty"`
	FirstDue    people.Day    `json:"first_due,omitempty"`
	Priority    string        `json:"priority,omitempty"`
	Type        string        `json:"type,omitempty"`
	Horizon     string        `json:"horizon"`
	Criterion   string        `json:"criterion,omitempty"`
	ProofKind   string        `json:"proof_kind,omitempty"`
	ProofTarget string        `json:"proof_target,omitempty"`
	Tracker     string        `json:"tracker,omitempty"`
	State       actions.State `json:"state"`
	StateReason string        `json:"state_reason,omitempty"`
	StateSince  *time.Time    `json:"state_since"`
	Verifier    string        `json:"verifier,omitempty"`
	ClaimedAt   *time.Time    `json:"claimed_at"`
	ClaimedBy   string        `json:"claimed_by,omitempty"`
	VerifiedAt  *time.Time    `json:"verified_at"`
	VerifiedBy  string        `json:"verified_by,omitempty"`
	Moves       []jsonMove    `json:"moves"`
	Proofs      []jsonProof   `json:"proofs"`
	CreatedAt   *time.Time    `json:"created_at"`
}

type jsonMove struct {
	Old    people.Day `json:"old"`
	New    people.Day `json:"new"`
	Reason string     `json:"reason"`
	By     string     `json:"by,omitempty"`
	Agreed string     `json:"agreed,omitempty"`
	At     *time.Time `json:"at"`
}

type jsonProof struct {
	Kind string     `json:"kind"`
	Text string     `json:"text"`
	By   string     `json:"by,omitempty"`
	At   *time.Time `json:"at"`
}

type jsonLink struct {
	Key    string `json:"key"`
	Type   string `json:"type"`
	Target string `json:"target"`
	Role   string `json:"role,omitempty"`
	Note   string `json:"note,omitempty"`
}

type jsonSharing struct {
	Key    string `json:"key"`
	Team   string `json:"team"`
	Asked  string `json:"asked"`
	Answer string `json:"answer"`
}

type jsonWaiver struct {
	Rule   string     `json:"rule"`
	Place  string     `json:"place"`
	Reason string     `json:"reason"`
	By     string     `json:"by,omitempty"`
	At     *time.Time `json:"at"`
}

type jsonSignoff struct {
	By      string     `json:"by"`
	Verdict string     `json:"verdict"`
	Text    string     `json:"text,omitempty"`
	Round   int        `json:"round"`
	At      *time.Time `json:"at"`
}

type jsonState struct {
	From   State      `json:"from"`
	To     State      `json:"to"`
	Reason string     `json:"reason,omitempty"`
	By     string     `json:"by,omitempty"`
	At     *time.Time `json:"at"`
}

type jsonFile struct {
	Key         string `json:"key"`
	Name        string `json:"name"`
	SHA256      string `json:"sha256"`
	Size        int64  `json:"size"`
	ContentType string `json:"content_type"`
	Purpose     string `json:"purpose"`
}

// WriteJSON gives a document as JSON for other tools. Unlike the file of Write
// it cannot be read back.
func WriteJSON(d *Document) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // Markdown is full of <, > and &
	enc.SetIndent("", "  ")
	err := enc.Encode(d.json())
	return b.Bytes(), err
}
