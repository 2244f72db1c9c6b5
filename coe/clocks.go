package coe

import (
	"time"

	"coetracker/people"
)

// Clock is one limit of a document's way to publication.
type Clock struct {
	Name string     // draft, review, publish
	Due  people.Day // last day on which it is kept
	Done people.Day // the day it was reached, "" while it runs
}

// Late reports whether the limit was or is being missed.
func (c Clock) Late(today people.Day) bool {
	if c.Done != "" {
		return c.Done > c.Due
	}
	return today > c.Due
}

// Clocks gives a document's limits by its team's policy and calendar: the
// draft within some working days of the event, the review within some of the
// draft, the publication within some of the first review. A limit whose
// beginning has not come yet is left out.
func Clocks(c COE, states []StateChange, policy people.Policy, cal people.Calendar) []Clock {
	limits := policy.For(c.Severity)
	created := cal.Today(c.CreatedAt)
	event := created
	if end := c.eventEnd(); end != nil {
		event = cal.Today(*end)
	}
	out := []Clock{
		{Name: "draft", Due: cal.AddWorking(event, limits.DraftDays), Done: created},
		{Name: "review", Due: cal.AddWorking(created, limits.ReviewDays)},
	}
	reviewed := first(states, InReview)
	if reviewed == nil {
		return out
	}
	out[1].Done = cal.Today(*reviewed)
	publish := Clock{Name: "publish", Due: cal.AddWorking(out[1].Done, limits.PublishDays)}
	if published := first(states, Published); published != nil {
		publish.Done = cal.Today(*published)
	}
	return append(out, publish)
}

// eventEnd gives when the event was over, else when it began; nil is unknown.
func (c COE) eventEnd() *time.Time {
	if c.WindowEnd != nil {
		return c.WindowEnd
	}
	return c.WindowStart
}

// first gives when a state was first entered; nil is never.
func first(states []StateChange, to State) *time.Time {
	for _, s := range states {
		if s.ToState == to {
			return &s.At
		}
	}
	return nil
}
