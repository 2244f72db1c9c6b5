package coe

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"coetracker/evidence"
	"coetracker/timeline"
)

// material is an item with all that its entries are made from.
type material struct {
	item  evidence.Item
	spans []evidence.Span
	said  []evidence.Record // of an incident, in order
	other *evidence.Item    // what it undoes, or what undid it
	from  time.Time         // alarms: the first firing from then on
	whole bool              // the end of a run too
}

// most bounds the notes that one incident brings along.
const mostNotes = 20

// entries are the timeline entries that accepting an item makes, the first of
// them the one whose text may be edited before.
func (m material) entries(zone string, role Role, rel Relation) []timeline.Edit {
	var out []timeline.Edit
	switch m.item.Type {
	case evidence.TypeDeployment:
		out = m.deployment(zone)
	case evidence.TypeRollback:
		out = m.rollback(zone, role)
	case evidence.TypeAlarm:
		out = m.alarm(zone)
	case evidence.TypeExperiment:
		out = m.experiment(zone, rel)
	default:
		out = m.incident(zone)
	}
	return out
}

// entry makes one entry that carries its evidence.
func (m material) entry(zone string, kind timeline.Kind, at time.Time, text string) timeline.Edit {
	source, ref, lines := timeline.SourceWebhook, m.item.Ref(), evidenceLines(&m.item)
	return timeline.Edit{
		When: &timeline.When{At: &at, Zone: zone, Precision: timeline.Exact}, Kind: &kind, Text: &text,
		Source: &source, SourceRef: &ref, Evidence: &lines,
	}
}

// start is when the item began, as far as anything tells.
func (m material) start() (time.Time, bool) {
	switch {
	case m.item.StartedAt != nil:
		return m.item.StartedAt.UTC(), true
	case len(m.spans) > 0:
		return m.spans[0].StartedAt.UTC(), true
	case m.item.EndedAt != nil:
		return m.item.EndedAt.UTC(), true
	}
	return time.Time{}, false
}

func (m material) deployment(zone string) []timeline.Edit {
	at, ok := m.start()
	if !ok {
		return nil
	}
	text := "Deployment of " + plain(subject(&m.item))
	if v := Versions(&m.item); v != "" {
		text += " " + code(v)
	}
	return []timeline.Edit{m.entry(zone, timeline.Change, at, text+" began"+inBrackets(plains(where(&m.item)))+".")}
}

func (m material) rollback(zone string, role Role) []timeline.Edit {
	at, ok := m.start()
	if !ok {
		return nil
	}
	kind := timeline.Change
	if role == RoleFix {
		kind = timeline.MitigationStart
	}
	text := "Rollback of " + plain(subject(&m.item))
	if v := Versions(&m.item); v != "" {
		text += " " + code(v)
	}
	out := []timeline.Edit{m.entry(zone, kind, at, text+" began"+inBrackets(m.rollbackFacts())+".")}
	if end := m.item.EndedAt; end != nil && !end.Before(at) {
		out = append(out, m.entry(zone, timeline.Change, end.UTC(), text+" ended"+stateWords(m.item.State)+"."))
	}
	return out
}

// rollbackFacts say what set a rollback off, and where.
func (m material) rollbackFacts() []string {
	var out []string
	if a := m.item.Reached().Automatic; a != nil && *a {
		out = append(out, "automatic")
	} else if a != nil {
		out = append(out, "by hand")
	}
	if names := m.item.AlarmNames(); len(names) > 0 {
		out = append(out, "after the alarm "+code(names[0]))
	}
	if m.other != nil {
		out = append(out, "it undoes "+code(shortVersion(m.other.ExternalID)))
	}
	return append(out, plains(where(&m.item))...)
}

// stateWords says how something ended in the tool's own word.
func stateWords(state string) string {
	if state == "" {
		return ""
	}
	return ": " + plain(state)
}

func (m material) alarm(zone string) []timeline.Edit {
	first, ok := m.start()
	times := int64(0)
	until := (*time.Time)(nil)
	found := false
	for _, s := range m.spans {
		if s.StartedAt.Before(m.from) {
			continue
		}
		if !found {
			first, ok, found = s.StartedAt.UTC(), true, true
		}
		times += max(s.Times, 1)
		until = s.EndedAt
	}
	if !ok {
		return nil
	}
	text := "The alarm " + code(name(&m.item)) + " fired"
	if times > 1 && until != nil {
		text += fmt.Sprintf(", %d times until %s", times, until.In(zoneOf(zone)).Format("15:04"))
	}
	return []timeline.Edit{m.entry(zone, timeline.Alarm, first, text+".")}
}

func (m material) experiment(zone string, rel Relation) []timeline.Edit {
	at, ok := m.start()
	if !ok {
		return nil
	}
	kind := timeline.Note
	if rel == RevealedBy {
		kind = timeline.Trigger
	}
	what := "The experiment “" + plain(name(&m.item)) + "”"
	var faults []string
	for _, f := range m.item.Details().Faults {
		if len(faults) < 3 {
			faults = append(faults, code(f.Action))
		}
	}
	if m.item.DryRun {
		faults = append(faults, "a dry run")
	}
	began := what + " began"
	if m.item.Service != "" { // the tool's own number of a run is no place
		began += " on " + plain(m.item.Service)
	}
	out := []timeline.Edit{m.entry(zone, kind, at, began+inBrackets(faults)+".")}
	if end := m.item.EndedAt; m.whole && end != nil && !end.Before(at) {
		out = append(out, m.entry(zone, timeline.Note, end.UTC(), what+" ended; it "+outcomeWord(m.item.Showed())+"."))
	}
	return out
}

// incident tells of its opening, of who took it up, of notes and of its end.
func (m material) incident(zone string) []timeline.Edit {
	at, ok := m.start()
	if !ok {
		return nil
	}
	what := "The incident “" + plain(name(&m.item)) + "”"
	out := []timeline.Edit{m.entry(zone, timeline.Comms, at, what+" was opened in "+plain(m.item.Tool)+".")}
	engaged, notes, seen := false, 0, map[string]bool{}
	for _, r := range m.said {
		if r.OccurredAt.IsZero() || r.OccurredAt.Before(at) {
			continue
		}
		state := strings.ToLower(r.State)
		switch text := strings.TrimSpace(r.Detail.Text); {
		case !engaged && strings.HasPrefix(state, "ack"):
			engaged = true
			out = append(out, m.entry(zone, timeline.Engaged, r.OccurredAt.UTC(), "Somebody took up "+"the"+what[3:]+"."))
		case text != "" && !seen[text] && notes < mostNotes && r.OccurredAt.After(at):
			notes++
			out = append(out, m.entry(zone, timeline.Note, r.OccurredAt.UTC(), plain(clipTo(text, 1000))))
		}
		seen[strings.TrimSpace(r.Detail.Text)] = true
	}
	if end := m.item.EndedAt; end != nil && end.After(at) {
		out = append(out, m.entry(zone, timeline.Comms, end.UTC(), what+" was closed in "+plain(m.item.Tool)+"."))
	}
	return out
}

func plains(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = plain(s)
	}
	return out
}

func zoneOf(zone string) *time.Location {
	loc, _, err := timeline.LoadZone(zone)
	if err != nil {
		return time.UTC
	}
	return loc
}

// records reads stored statements.
func records(list []evidence.Statement) []evidence.Record {
	var out []evidence.Record
	for _, s := range list {
		var r evidence.Record
		if json.Unmarshal([]byte(s.Body), &r) == nil { // written by us
			if r.OccurredAt.IsZero() {
				r.OccurredAt = s.OccurredAt
			}
			out = append(out, r)
		}
	}
	return out
}
