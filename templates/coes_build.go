package templates

import (
	"fmt"
	"strings"
	"time"

	"coetracker/coe"
	"coetracker/people"
	"coetracker/timeline"
)

// NewCOERow shows one document in a list.
func NewCOERow(r coe.ListRow, now time.Time) COERow {
	c := r.COE
	row := COERow{
		Number: c.Number, Name: c.Name(), Title: c.Title, Severity: c.Severity, State: StateMark(c.State),
		Restricted: c.Visibility == coe.Restricted, Strip: strip(r).SVG(), StripWords: stripWords(r), Age: Age(ageDays(c, now)),
	}
	names := make([]string, len(r.Services))
	for i, s := range r.Services {
		names[i] = s.Name
	}
	under := []string{KindWord(c.Kind)}
	if len(names) > 0 {
		under = append(under, strings.Join(names, ", "))
	}
	row.Under = strings.Join(append(under, r.OwnerName), " · ")
	row.Actions, row.Overdue = countWords(r.Actions)
	return row
}

// strip is the event as a list draws it.
func strip(r coe.ListRow) FigureStrip {
	m := r.Moments
	return FigureStrip{Start: m[timeline.ImpactStart], Detected: m[timeline.Detected], Engaged: m[timeline.Engaged], Mitigated: m[timeline.Mitigated], Resolved: m[timeline.Resolved]}
}

func stripWords(r coe.ListRow) string {
	if r.COE.Kind == coe.Win {
		return "no event"
	}
	return strip(r).Words()
}

// countWords counts what is open with its whole, and what is overdue.
func countWords(n coe.ActionCount) (words, overdue string) {
	switch {
	case n.Total == 0:
		return "none yet", ""
	case n.Verified == n.Total:
		words = fmt.Sprintf("all %d verified", n.Total)
	default:
		words = fmt.Sprintf("%d of %d open", n.Open, n.Total)
	}
	if n.Overdue > 0 {
		overdue = fmt.Sprintf("%d overdue", n.Overdue)
	}
	return words, overdue
}

// ageDays counts calendar days since the document was made, in its own zone.
func ageDays(c coe.COE, now time.Time) int {
	loc := c.Location()
	return people.DayOf(now, loc).Sub(people.DayOf(c.CreatedAt, loc))
}
