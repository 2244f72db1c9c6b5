package coe

import (
	"fmt"
	"time"

	"coetracker/actions"
	"coetracker/people"
)

// The answers to the effectiveness question: did the actions stop it?
const (
	EffectWorked  = "worked"
	EffectDidNot  = "did_not"
	EffectUnknown = "unknown"
)

// effectDays is how long after the last action its effect is asked about.
const effectDays = 90

// Settled reports whether every action is verified or declined.
func (d *Document) Settled() bool { return len(unsettled(d.Actions)) == 0 }

// EffectDay gives the day the effectiveness question falls due: 90 days after
// the last action was verified, on the calendar of the document's zone. Where
// none was verified it counts from the last decline, else from publication.
// It is "" while an action is unsettled or before the first issue.
func EffectDay(d *Document) people.Day {
	if d.COE.Issue == 0 || !d.Settled() {
		return ""
	}
	var verified, declined time.Time
	for _, a := range d.Actions {
		switch {
		case a.State == actions.Verified && a.VerifiedAt != nil && a.VerifiedAt.After(verified):
			verified = *a.VerifiedAt
		case a.State == actions.Declined && a.StateSince.After(declined):
			declined = a.StateSince
		}
	}
	from := verified
	if from.IsZero() {
		from = later(declined, d.publishedAt())
	}
	return people.DayOf(from, d.COE.Location()).Add(effectDays)
}

// publishedAt gives when the document first went out.
func (d *Document) publishedAt() time.Time {
	for _, s := range d.States {
		if s.ToState == Published {
			return s.At
		}
	}
	return d.COE.StateSince
}

func missingForClosing(d *Document) []string {
	var out []string
	for _, a := range unsettled(d.Actions) {
		out = append(out, fmt.Sprintf("A-%d is neither verified nor declined.", a.Number))
	}
	if d.COE.Effect == "" {
		out = append(out, "The effectiveness question is not answered.")
	}
	return out
}

func unsettled(list []actions.Action) []actions.Action {
	var out []actions.Action
	for _, a := range list {
		if a.State != actions.Verified && a.State != actions.Declined {
			out = append(out, a)
		}
	}
	return out
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
