package coe

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"coetracker/timeline"
)

// liveEntries lists the entries of the published timeline.
func liveEntries(d *Document) []timeline.Entry {
	return slices.DeleteFunc(slices.Clone(d.Entries), func(e timeline.Entry) bool { return !e.Live() })
}

// hasTimeline reports whether this kind of COE tells a course of events.
func (c *checker) hasTimeline() bool {
	return slices.Contains(Mandatory(c.d.COE.Kind), "timeline")
}

// wholeTimeline is L08: the timeline starts before detection and ends after
// recovery. An empty one is L01's.
func wholeTimeline(c *checker) []Finding {
	live := liveEntries(c.d)
	if !c.hasTimeline() || len(live) == 0 {
		return nil
	}
	var out []Finding
	if detected, ok := timeline.KeyMoment(live, timeline.Detected); ok && !startsBefore(live, *detected.At) {
		out = append(out, Finding{
			Level: Block, Place: "timeline",
			Reason: "The timeline starts with the detection. What set it off came earlier.",
			Fix:    "Add what was the case before: the trigger, and when the impact started.",
		})
	}
	if reason := c.endsEarly(live); reason != "" {
		out = append(out, Finding{
			Level: Block, Place: "timeline", Reason: reason,
			Fix: "Add the entry that tells when everything was back to normal, and mark it as resolved.",
		})
	}
	return out
}

// startsBefore reports whether something lies before the detection. Trigger
// and impact may fall into the same minute as it.
func startsBefore(live []timeline.Entry, detected time.Time) bool {
	return slices.ContainsFunc(live, func(e timeline.Entry) bool {
		start := e.Kind == timeline.Trigger || e.Kind == timeline.ImpactStart
		return e.At != nil && (e.At.Before(detected) || start && e.At.Equal(detected))
	})
}

// endsEarly says why the timeline does not reach the recovery.
func (c *checker) endsEarly(live []timeline.Entry) string {
	nones := c.d.COE.Nones()
	if has(live, timeline.Resolved) || nones[timeline.Resolved] != "" {
		return ""
	}
	mitigated, ok := timeline.KeyMoment(live, timeline.Mitigated)
	if !ok {
		if has(live, timeline.Mitigated) || nones[timeline.Mitigated] != "" || c.d.COE.Kind != Incident && !has(live, timeline.ImpactStart) {
			return ""
		}
		return "The timeline ends before the recovery: no entry says when it was over."
	}
	later := func(e timeline.Entry) bool { return e.At != nil && e.At.After(*mitigated.At) }
	if slices.ContainsFunc(live, later) {
		return ""
	}
	return "The timeline ends with the mitigation and does not tell the full recovery."
}

func has(live []timeline.Entry, k timeline.Kind) bool {
	return slices.ContainsFunc(live, func(e timeline.Entry) bool { return e.Kind == k })
}

// keyMoments is L09: each key moment is there, or a reason says why there is
// none, and they are in order.
func keyMoments(c *checker) []Finding {
	live := liveEntries(c.d)
	if !c.hasTimeline() || len(live) == 0 && c.d.COE.Kind != Incident {
		return nil
	}
	nones := c.d.COE.Nones()
	var out []Finding
	for _, k := range timeline.KeyMoments() {
		if has(live, k) || strings.TrimSpace(nones[k]) != "" {
			continue
		}
		out = append(out, Finding{
			Level: c.levelFor(), Place: "timeline/" + string(k),
			Reason: fmt.Sprintf("No entry is marked as %s.", strings.ToLower(k.Label())),
			Fix:    "Mark the entry that tells it, or say why there is none.",
		})
	}
	for _, sentence := range timeline.Disorder(live) {
		out = append(out, Finding{
			Level: c.levelFor(), Place: "timeline", Reason: sentence,
			Fix: "Correct the time that is wrong. Zones and dates are the usual cause.",
		})
	}
	return out
}
