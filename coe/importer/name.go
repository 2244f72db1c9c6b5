package importer

import (
	"strings"

	"coetracker/timeline"
)

// The names of sections.
const (
	inSummary   = "summary"
	inImpact    = "impact"
	inTimeline  = "timeline"
	inMetrics   = "metrics"
	inQuestions = "questions"
	inWhys      = "whys"
	inLessons   = "lessons"
	inActions   = "actions"
	inRelated   = "related"
	inSharing   = "sharing"
	inOther     = "other"
)

// sectionNames lists the names in the order of the document.
func sectionNames() []string {
	return []string{inSummary, inImpact, inTimeline, inMetrics, inQuestions, inWhys, inLessons, inActions, inRelated, inSharing, inOther}
}

// classify gives the section that a heading belongs to by its words; "" when
// they say nothing.
func classify(title string) string {
	t := strings.ToLower(plain(title))
	if t == "" || len(t) > 120 {
		return ""
	}
	has := func(phrases ...string) bool { return timeline.Says(t, phrases...) }
	switch {
	case has("timeline*", "time line", "chronology", "chronological", "sequence of events", "course of events", "incident log", "event log", "timetable", "log of events"):
		return inTimeline
	case has("actions taken", "action taken", "steps taken", "measures taken", "immediate response"):
		return inQuestions
	case has("questions"):
		return inQuestions
	case has("lessons learned", "lessons learnt") && !has("action*"):
		return inLessons
	case has("action", "actions", "action-items", "actionables", "follow-up*", "follow up*", "followup*", "next steps", "remediation*", "todo*", "to do", "to-do", "corrective*", "preventive*", "preventative*", "prevention", "preventing", "prevent", "committed to", "recommendation*", "future work", "improvements", "tasks", "what we will do", "what will we do", "what we are doing", "what are we doing", "what we re doing"):
		return inActions
	case has("lesson*", "went well", "went wrong", "went poorly", "went badly", "didn't go well", "not go well", "got lucky", "were lucky", "learned", "learnt", "learnings", "takeaway*", "retrospective", "conclusion*", "what worked", "what helped", "what hindered", "what hurt", "what didn't work", "could have gone better", "reflection*"):
		return inLessons
	case has("root cause*", "cause", "causes", "contributing*", "five whys", "5 whys", "why", "whys", "trigger*", "analysis", "underlying*"):
		return inWhys
	case has("impact*", "affected*", "severity", "scope", "consequences", "customer experience", "blast radius"):
		return inImpact
	case has("metric*", "stats", "statistics", "graph*", "dashboards", "figures", "measurements"):
		return inMetrics
	case has("detection", "detected", "diagnosis", "mitigation*", "resolution*", "resolved", "recovery", "response", "escalation", "identified", "workaround*", "restoration", "fix", "how was it fixed", "key events"):
		return inQuestions
	case has("summary", "overview", "tl dr", "tldr", "abstract", "synopsis", "at a glance", "introduction", "what happened", "description"):
		return inSummary
	case has("related", "reference*", "links", "see also", "resources", "further reading", "supporting*"):
		return inRelated
	case has("sharing", "communication*", "comms"):
		return inSharing
	}
	return ""
}

// canonical reports whether a heading says no more than its section's name.
func canonical(title, name string) bool {
	return strings.EqualFold(plain(title), name)
}
