package timeline

import (
	"slices"
	"time"
)

// Kind says what sort of moment an entry is.
type Kind string

// The kinds of entry. Seven of them are key moments, see Kind.KeyMoment.
const (
	Trigger         Kind = "trigger"
	ImpactStart     Kind = "impact_start"
	Detected        Kind = "detected"
	Alarm           Kind = "alarm"
	Engaged         Kind = "engaged"
	Diagnosis       Kind = "diagnosis"
	Decision        Kind = "decision"
	Change          Kind = "change"
	MitigationStart Kind = "mitigation_start"
	Mitigated       Kind = "mitigated"
	Resolved        Kind = "resolved"
	Comms           Kind = "comms"
	Note            Kind = "note"
)

// Kinds lists every kind in the order in which forms offer them.
func Kinds() []Kind {
	return []Kind{
		Trigger, ImpactStart, Detected, Alarm, Engaged, Diagnosis, Decision,
		Change, MitigationStart, Mitigated, Resolved, Comms, Note,
	}
}

// KeyMoments lists the seven key moments in the order in which they must happen.
func KeyMoments() []Kind {
	return []Kind{Trigger, ImpactStart, Detected, Engaged, MitigationStart, Mitigated, Resolved}
}

// Valid reports whether k is one of the known kinds.
func (k Kind) Valid() bool { return slices.Contains(Kinds(), k) }

// Label gives the kind in words, in sentence case.
func (k Kind) Label() string {
	switch k {
	case Trigger:
		return "Trigger"
	case ImpactStart:
		return "Impact start"
	case Detected:
		return "Detected"
	case Alarm:
		return "Alarm"
	case Engaged:
		return "Engaged"
	case Diagnosis:
		return "Diagnosis"
	case Decision:
		return "Decision"
	case Change:
		return "Change"
	case MitigationStart:
		return "Mitigation start"
	case Mitigated:
		return "Mitigated"
	case Resolved:
		return "Resolved"
	case Comms:
		return "Communication"
	}
	return "Note"
}

// KeyMoment gives the number 1 to 7 of a key moment; ok is false for the others.
func (k Kind) KeyMoment() (n int, ok bool) {
	i := slices.Index(KeyMoments(), k)
	return i + 1, i >= 0
}

// Precision says how sure an entry's time is.
type Precision string

// The precisions. An entry of precision Unknown has no time and keeps its
// place between its neighbours.
const (
	Exact       Precision = "exact"
	Approximate Precision = "approximate"
	Unknown     Precision = "unknown"
)

// Valid reports whether p is one of the known precisions.
func (p Precision) Valid() bool { return p == Exact || p == Approximate || p == Unknown }

// How people came to know of the event: the values of Entry.DetectedHow.
const (
	ByAlarm     = "alarm"
	ByCanary    = "canary"
	ByCustomer  = "customer"
	ByColleague = "colleague"
	ByLuck      = "luck"
)

// DetectedHows lists the ways of detection in the order in which forms offer them.
func DetectedHows() []string { return []string{ByAlarm, ByCanary, ByCustomer, ByColleague, ByLuck} }

// Where an entry came from: the values of Entry.Source.
const (
	SourceTyped   = "typed"
	SourcePasted  = "pasted"
	SourceSlack   = "slack"
	SourceWebhook = "webhook"
	SourceImport  = "import"
)

// Sources lists the known origins of an entry.
func Sources() []string {
	return []string{SourceTyped, SourcePasted, SourceSlack, SourceWebhook, SourceImport}
}

// Entry is one line of a timeline, as stored.
type Entry struct {
	ID          int64
	COEID       int64      `gorm:"column:coe_id"`
	Key         string     // eight base32 characters, unique in the COE
	Rank        string     // text order among entries of the same time
	At          *time.Time // UTC, microseconds; nil when the precision is unknown
	Zone        string     // zone it was entered in: IANA name or UTC±hh:mm
	Precision   Precision
	EndAt       *time.Time // end of a span, UTC; nil for a moment
	Kind        Kind
	DetectedHow string // only for Kind Detected
	Text        string // Markdown as typed
	HTML        string `gorm:"column:html"` // rendered from Text at save, sanitised
	Who         string // a role, not a name
	Source      string
	SourceRef   string // where in the source: a permalink, a line, a delivery id
	Evidence    string // Markdown links, one a line
	IsKey       bool   // this entry counts as the key moment of its kind
	Raw         bool   // collected, not yet part of the published timeline
	GapNote     string // says why nothing was written down before the next entry
	Version     int64
	CreatedAt   time.Time
	CreatedBy   *int64
	UpdatedAt   time.Time
	DeletedAt   *time.Time
	DeletedBy   *int64
}

// Location gives the zone of the entry for showing its time; UTC when the
// stored name is not known here.
func (e Entry) Location() *time.Location {
	loc, _, err := LoadZone(e.Zone)
	if err != nil {
		return time.UTC
	}
	return loc
}

// Live reports whether the entry belongs to the published timeline: it is
// neither deleted nor raw.
func (e Entry) Live() bool { return e.DeletedAt == nil && !e.Raw }
