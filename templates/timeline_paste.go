package templates

import (
	"fmt"
	"strings"
	"time"

	"coetracker/timeline"
)

// PastePage shows what was understood of pasted lines, before it is stored.
type PastePage struct {
	Frame
	Name      string // COE-17
	Number    int64
	Intro     string
	Text      string
	Lines     int
	Day, Zone string
	DayError  string
	ZoneError string
	Error     string
	Read      string // mark of the text, day and zone that were understood
	Rows      []ProposedRow
	Ticked    int
}

// Paste is the page of PastePage.
var Paste = page[PastePage]("timeline_paste.html")

// ProposedRow is one entry that was understood.
type ProposedRow struct {
	Index   int
	Ticked  bool
	Time    string
	Text    string
	Who     string
	Kind    string // in words, "" for a note
	Sure    string
	Warning string
	Source  string // line 3
	Label   string
}

// NewProposedRows shows proposals; ticked says which are to be taken.
func NewProposedRows(list []timeline.Proposed, ticked func(i int) bool) []ProposedRow {
	out := make([]ProposedRow, len(list))
	for i, p := range list {
		r := ProposedRow{Index: i, Ticked: ticked(i), Time: proposedTime(p), Text: p.Text, Who: p.Who, Sure: sureWord(p.Confidence), Warning: p.Warning, Source: sourceLines(p.Line, p.LineEnd)}
		if p.Kind != timeline.Note && p.Kind != "" {
			r.Kind = strings.ToLower(p.Kind.Label())
		}
		r.Label = "Take " + r.Time + ", " + clipped(p.Text, 30)
		out[i] = r
	}
	return out
}

func proposedTime(p timeline.Proposed) string {
	e := timeline.Entry{At: p.At, EndAt: p.EndAt, Zone: p.Zone, Precision: p.Precision}
	return shownTime(e)
}

// shownTime is a time with its day and zone: 28 Feb 10:09 PST.
func shownTime(e timeline.Entry) string {
	if e.At == nil {
		return "unknown"
	}
	loc := e.Location()
	at := e.At.In(loc)
	s := at.Format("2 Jan 2006 ")
	if e.Precision == timeline.Approximate {
		s += "~"
	}
	s += at.Format("15:04")
	if e.EndAt != nil {
		s += "–" + e.EndAt.In(loc).Format("15:04")
	}
	return s + " " + zoneShort(at)
}

// zoneShort is the usual short name of a zone at a moment, else its offset.
func zoneShort(t time.Time) string {
	name, seconds := t.Zone()
	if name == "" || name[0] == '+' || name[0] == '-' {
		return timeline.OffsetName(seconds / 60)
	}
	return name
}

func sureWord(c timeline.Confidence) string {
	switch c {
	case timeline.Likely:
		return "likely"
	case timeline.Doubtful:
		return "look at it"
	}
	return "sure"
}

func sourceLines(from, to int) string {
	if to > from {
		return fmt.Sprintf("lines %d–%d", from, to)
	}
	return fmt.Sprintf("line %d", from)
}
