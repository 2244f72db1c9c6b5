package coe

import (
	"slices"
	"time"

	"coetracker/people"
)

// LintInput is what the checker must know besides the document. The same
// document and input always give the same findings.
type LintInput struct {
	Now       time.Time                 // the calendar clock
	Zone      string                    // of owners without one, IANA name or UTC±hh:mm; "" is the document's
	Calendars map[int64]people.Calendar // of the actions' owners; one that is missing works Monday to Friday
	Guidance  map[SectionName]string    // text of the template, which is no content
	FormOnly  bool                      // a file without a database: owners by the form of their address, days off by the weekday
}

// rule is one rule of the checker.
type rule struct {
	id    string
	check func(c *checker) []Finding
}

// rules lists the rules in the order in which findings are shown.
func rules() []rule {
	return []rule{
		{"L01", mandatorySections},
		{"L05", measuredImpact},
		{"L08", wholeTimeline},
		{"L09", keyMoments},
		{"L17", answeredLeaves},
		{"L22", oneOwner},
		{"L23", reasonableDue},
		{"L24", actionable},
		{"L25", provable},
	}
}

// checker is one run of the checker over one document.
type checker struct {
	d  *Document
	in LintInput
}

// Lint lists what the checker notices, by rule and then in document order.
// Waivers are not applied: Document.Waive does that.
func Lint(d *Document, in LintInput) []Finding {
	c := &checker{d, in}
	var out []Finding
	for _, r := range rules() {
		for _, f := range r.check(c) {
			f.Rule = r.id
			out = append(out, f)
		}
	}
	return out
}

// ActionOwners lists the people whose calendars Lint asks for, each once.
func (d *Document) ActionOwners() []int64 {
	var out []int64
	for _, a := range d.Actions {
		if a.OwnerID != nil && !slices.Contains(out, *a.OwnerID) {
			out = append(out, *a.OwnerID)
		}
	}
	return out
}

// one makes the usual list of findings: one, or none.
func one(f Finding) []Finding { return []Finding{f} }

// levelFor gives Block for incidents, else Warn.
func (c *checker) levelFor() Level {
	if c.d.COE.Kind == Incident {
		return Block
	}
	return Warn
}
