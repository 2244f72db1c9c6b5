package coe

import (
	"coetracker/evidence"
	"coetracker/timeline"
)

// Question is one incident question; its id is stable for ever.
type Question struct {
	ID     string // D1 … P6
	Group  string // D, E, G, M, C, P
	Text   string
	Halves bool // "what would have halved it": takes minutes saved and an action
}

// GroupLabel names a group of questions.
func GroupLabel(group string) string {
	switch group {
	case "D":
		return "Detection"
	case "E":
		return "Engagement"
	case "G":
		return "Diagnosis"
	case "M":
		return "Mitigation"
	case "C":
		return "Change"
	}
	return "Prevention"
}

// Questions lists the incident questions in order. Those of group C are asked
// only when a deployment or a configuration change is linked.
func Questions() []Question {
	return []Question{
		{ID: "D1", Group: "D", Text: "When did impact start, and when did we know?"},
		{ID: "D2", Group: "D", Text: "How did we learn of it: alarm, canary, customer, colleague or luck?"},
		{ID: "D3", Group: "D", Text: "Was that within the time expected for this service?"},
		{ID: "D4", Group: "D", Text: "Which earlier signal was missed?"},
		{ID: "D5", Group: "D", Text: "What would have halved the time to detect?", Halves: true},
		{ID: "D6", Group: "D", Text: "Is a new alarm needed, and is it an action?"},
		{ID: "E1", Group: "E", Text: "Who was paged, and who was pulled in later?"},
		{ID: "E2", Group: "E", Text: "Did escalation work; would earlier have been shorter?"},
		{ID: "G1", Group: "G", Text: "How was the cause found, and which hypotheses were wrong?"},
		{ID: "G2", Group: "G", Text: "Was any activity of our own under way: deploy, config push, maintenance, experiment?"},
		{ID: "G3", Group: "G", Text: "What made it hard or easy?"},
		{ID: "G4", Group: "G", Text: "What would have halved the time to diagnose?", Halves: true},
		{ID: "M1", Group: "M", Text: "How did people know what to do; which runbook, was it right, when was it last practised?"},
		{ID: "M2", Group: "M", Text: "When was impact back to the level before?"},
		{ID: "M3", Group: "M", Text: "How was recovery proven?"},
		{ID: "M4", Group: "M", Text: "What would have halved the time to mitigate?", Halves: true},
		{ID: "C1", Group: "C", Text: "Which change was it, by pipeline or by hand?"},
		{ID: "C2", Group: "C", Text: "Which wave, cell and zone had it reached, and how long had it baked?"},
		{ID: "C3", Group: "C", Text: "Which alarm should have rolled it back; did it, and if not, why?"},
		{ID: "C4", Group: "C", Text: "Why did the tests before it pass?"},
		{ID: "C5", Group: "C", Text: "If by hand: when was it reviewed and rehearsed?"},
		{ID: "C6", Group: "C", Text: "Could the command itself have refused?"},
		{ID: "P1", Group: "P", Text: "Was there a backlog item, or an open action of an earlier COE, that would have prevented it; why was it not done?"},
		{ID: "P2", Group: "P", Text: "Could an automatic check have stopped it?"},
		{ID: "P3", Group: "P", Text: "When was the last readiness review; would a question of it have caught this?"},
		{ID: "P4", Group: "P", Text: "Did an experiment or a game day cover this failure; why not?"},
		{ID: "P5", Group: "P", Text: "Why did existing tests miss it?"},
		{ID: "P6", Group: "P", Text: "Have we seen this before?"},
	}
}

// QuestionByID finds a question.
func QuestionByID(id string) (Question, bool) {
	for _, q := range Questions() {
		if q.ID == id {
			return q, true
		}
	}
	return Question{}, false
}

// HasChange reports whether a deployment, a rollback or a configuration change
// belongs to the document, so that the questions of group C are asked. One that
// was dismissed as not to blame does not count.
func (d *Document) HasChange() bool {
	dismissed := map[string]bool{}
	for _, l := range d.Links {
		if !isChange(evidence.Type(l.Type)) {
			continue
		}
		if l.Role != dismissedRole {
			return true
		}
		dismissed[l.Target] = true
	}
	for _, e := range d.Entries {
		if e.Kind == timeline.Change && (e.SourceRef == "" || !dismissed[e.SourceRef]) {
			return true
		}
	}
	return false
}
