package coe

import (
	"time"

	"coetracker/timeline"
)

// How far from the event things are looked for.
const (
	lookBefore = 6 * time.Hour
	lookAfter  = time.Hour
	longest    = 24 * time.Hour // an event without an end, and a span that never ended
)

// event is when it happened, by the key moments, else by the header. to is nil
// while no end is known; from is nil when nothing is.
func event(c COE, entries []timeline.Entry) (from, to *time.Time) {
	from, to = c.WindowStart, c.WindowEnd
	if e, ok := timeline.KeyMoment(entries, timeline.Trigger); ok && from == nil {
		from = e.At
	}
	if e, ok := timeline.KeyMoment(entries, timeline.ImpactStart); ok {
		from = e.At
	}
	for _, k := range []timeline.Kind{timeline.Resolved, timeline.Mitigated} {
		if e, ok := timeline.KeyMoment(entries, k); ok && from != nil && !e.At.Before(*from) {
			return from, e.At
		}
	}
	if from != nil && to != nil && to.Before(*from) {
		to = nil
	}
	return from, to
}

// lookFor is where things that belong to an event are looked for.
func lookFor(from time.Time, to *time.Time) (time.Time, time.Time) {
	end := from.Add(longest)
	if to != nil {
		end = *to
	}
	return from.Add(-lookBefore).UTC(), end.Add(lookAfter).UTC()
}
