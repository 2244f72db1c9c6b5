package coe

import (
	"coetracker/actions"
	"coetracker/people"
	"coetracker/timeline"
)

// Document is one COE with all its parts, as a page, the checker and the file
// format need it. Deleted rows are left out; rows are in document order.
type Document struct {
	COE         COE
	People      map[int64]people.Person // everyone the document mentions
	Team        *people.Team
	Services    []people.Service // by name
	Named       []NamedPerson
	Sections    map[SectionName]Section // a missing one is empty
	Impacts     []Impact
	Entries     []timeline.Entry // sorted by time, ties in entry order
	Metrics     []Metric
	Answers     map[string]Answer // by question id
	Whys        []Why             // by root, then rank
	WhyActions  []WhyAction
	Lessons     []Lesson
	LessonLinks []LessonAction
	Actions     []actions.Action // by number
	Moves       []actions.Move   // by action, then time
	Proofs      []actions.Proof
	Runs        []actions.ShownRun // of experiments that actions name, newest first; not in the file
	Survivals   []Survival         // the last runs of the experiments that reproduce or verify it, see Stamp
	Links       []Link
	Sharings    []Sharing
	Waivers     []Waiver
	Signoffs    []Signoff
	States      []StateChange
	Attachments []Attachment
	Pending     bool // text or rows changed since the last issue, see LiveParts
}

// Person gives a person of the document; nobody is a person without a name.
func (d *Document) Person(id *int64) people.Person {
	if id == nil {
		return people.Person{}
	}
	return d.People[*id]
}

// Section gives one section, empty when nothing was written.
func (d *Document) Section(name SectionName) Section {
	s := d.Sections[name]
	s.Name, s.COEID = name, d.COE.ID
	return s
}

// Action finds an action by id.
func (d *Document) Action(id int64) (actions.Action, bool) {
	for _, a := range d.Actions {
		if a.ID == id {
			return a, true
		}
	}
	return actions.Action{}, false
}

// ActionByKey finds an action by its key.
func (d *Document) ActionByKey(key string) (actions.Action, bool) {
	for _, a := range d.Actions {
		if key != "" && a.Key == key {
			return a, true
		}
	}
	return actions.Action{}, false
}
