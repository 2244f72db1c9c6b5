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
		Restricted: c.Visibility == coe.Restricted, StripWords: stripWords(r), Age: Age(ageDays(c, now)),
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

// stripWords says how long impact lasted and how much of it nobody saw.
func stripWords(r coe.ListRow) string {
	start, ok := r.Moments[timeline.ImpactStart]
	if !ok {
		if r.COE.Kind == coe.Win {
			return "no event"
		}
		return "no times yet"
	}
	words := "not over yet"
	if end, ok := r.Moments[timeline.Mitigated]; ok && !end.Before(start) {
		words = Length(end.Sub(start))
	}
	if seen, ok := r.Moments[timeline.Detected]; ok && seen.After(start) {
		words += ", " + Length(seen.Sub(start)) + " unseen"
	}
	return words
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
