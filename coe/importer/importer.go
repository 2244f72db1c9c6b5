// Package importer turns an incident review that somebody else wrote, in
// Markdown or plain text, into a structured draft.
//
// It reads by rules about how people write, never by where a text comes from,
// and invents nothing: what the text does not say stays empty, and a warning
// says so. Every word of the source ends in a field that people see; Review
// lists those that do not, which is to be none.
package importer

import (
	"strings"
	"time"

	"coetracker/internal/fault"
	"coetracker/timeline"
)

// Options are what the importer cannot read from the text.
type Options struct {
	Zone        string // the zone the person gave; used when the text states none
	DefaultZone string // the zone when neither text nor person say; UTC when empty
	FileName    string // gives a title or a date where the text has none
}

// Review is an incident review taken apart.
type Review struct {
	Title      string
	Zone       string // IANA name or UTC±hh:mm
	ZoneStated bool   // the text itself names the zone
	Started    *time.Time
	Detected   *time.Time
	Mitigated  *time.Time
	Resolved   *time.Time
	Severity   string // as written; "" when the text does not say
	Services   []string
	Events     []Event
	Actions    []Action
	Warnings   []Warning
	Sections   []Section
	Unplaced   []Unplaced
}

// Event is one entry of the timeline.
type Event struct {
	At, End       *time.Time // UTC; At is nil when the time is unknown
	Zone          string     // IANA name or UTC±hh:mm
	Precision     timeline.Precision
	Kind          timeline.Kind
	DetectedHow   string
	Text          string // Markdown
	Line, LineEnd int    // lines of the source, from 1
}

// Action is one action item.
type Action struct {
	Text  string
	Owner string // as written; "" when the text names nobody
	Due   string // YYYY-MM-DD; "" when the text names no day
	Done  bool
	Line  int
}

// Warning is a sentence about something a person should look at.
type Warning struct {
	Line    int
	Message string
}

// Section is the text of one section of the document to come.
type Section struct {
	Name     string // summary impact timeline metrics questions whys lessons actions related sharing other
	Markdown string
}

// Unplaced is words of the source that no field shows.
type Unplaced struct {
	Line int
	Text string
}

// Duration is resolved − started, nil when either is unknown or it would be negative.
func (r Review) Duration() *time.Duration {
	if r.Started == nil || r.Resolved == nil {
		return nil
	}
	return timeline.NotNegative(*r.Started, *r.Resolved)
}

// maxBytes bounds a review; real ones are under 30 kB.
const maxBytes = 4 << 20

// maxLines bounds how long reading one takes, some seconds; real ones have some
// hundred.
const maxLines = 50_000

// Parse reads a review. The error is a fault.Invalid: the bytes are no text,
// the text is too long, or a zone in the options is not known.
func Parse(src []byte, o Options) (Review, error) {
	if len(src) > maxBytes {
		return Review{}, fault.Invalidf("file", "The file is larger than 4 MB. A review is text of some kilobytes; check that this is the right file.")
	}
	text, repaired, err := decode(src)
	if err != nil {
		return Review{}, err
	}
	if n := strings.Count(text, "\n") + 1; n > maxLines {
		return Review{}, fault.Invalidf("file", "The text has %d lines. A review has some hundred, and at most %d are read; check that this is the right file.", n, maxLines)
	}
	d := newDoc(text, o)
	if repaired {
		d.warn(1, "The file is not UTF-8; it was read as Western European text. Check letters with accents.")
	}
	if err := d.readZone(); err != nil {
		return Review{}, err
	}
	d.readDate()
	d.readTimeline()
	d.readKeyLines()
	d.resolveEvents()
	d.readMoments()
	d.readActions()
	d.readFacts()
	d.writeSections()
	d.remarks()
	return d.finish(), nil
}
