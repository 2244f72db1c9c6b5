package demo

import "coetracker/coe"

// story is one document of the demo as a person would tell it; write.go turns
// it into verbs of the stores, each on its own day.
type story struct {
	title      string
	kind       coe.Kind
	severity   int
	owner      string // the part of the address before the @
	team       string
	services   []string
	writers    []string
	reviewers  []string
	approvals  []string // who of them approved
	changes    string   // what a reviewer asked for instead
	restricted bool
	zone       string
	tags       string
	written    string // day and time it was begun, in the demo's zone
	until      coe.State
	sections   map[coe.SectionName]string
	impacts    []impact
	entries    []entry
	graphs     []graph
	answers    []answer
	whys       []why
	lessons    []lesson
	actions    []action
	links      []link
	sharings   []sharing
	waivers    []waiver
}

type impact struct {
	what, affected, total, place, from, to string
	unmeasured                             int // number of the action that will count it, 0: measured
}

type entry struct {
	at       string // day and time in the document's zone
	kind     string
	how      string
	text     string
	who      string
	evidence string
	gap      string
}

type graph struct{ title, unit, caption, csv string }

type answer struct {
	id, text string
	na       bool
	saved    int // minutes
	action   int
}

// why is a node of a tree; answers are numbers of actions.
type why struct {
	root     coe.WhyRoot
	text     string
	factor   string
	evidence string
	declined string
	answers  []int
	under    []why
}

type lesson struct {
	kind    coe.LessonKind
	text    string
	answers []int
}

type action struct {
	title, detail, owner, priority, kind, horizon, criterion, proof string
	target                                                          string // the experiment that proves it
	due                                                             string // YYYY-MM-DD
	moved                                                           []move
	state                                                           string // "", in_progress, blocked, claimed_done, verified, declined
	reason                                                          string
	on                                                              string // day and time of the last step
	proven                                                          string
}

type move struct{ on, to, reason string }

type link struct{ kind, target, role, note string }

type sharing struct{ team, asked, answer string }

type waiver struct {
	rule   string
	action int // the number of the action it is about
	reason string
}
