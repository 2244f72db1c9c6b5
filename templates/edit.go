package templates

import (
	"html/template"
	"strconv"

	"coetracker/coe"
	"coetracker/people"
)

// EditPage is the form of one part of a document, with the outline at the left
// and the checker's findings of this part at the right.
type EditPage struct {
	Frame
	Name      string // COE-17
	Number    int64
	State     Mark
	Part      string // the last word of the address
	Heading   string
	Intro     string
	Outline   []OutlineItem
	Header    *RowForm
	Text      *TextForm
	RowsTitle string
	Rows      []*RowForm
	Add       *RowForm
	Questions []QuestionGroup
	Answers   string // action of the form of all answers, with its draft key
	Draft     string
	Coverage  []string
	Trees     []WhyTree
	Findings  []FindingView
	Counts    string // "2 block, 1 warns"
	Blocking  int    // of the whole document
	Next      NextLink
	Undo      *Undo
	Capture   string // address where a graph can be fetched, "" for none
}

// Edit is the page of EditPage.
var Edit = page[EditPage]("edit.html")

// NextLink leads to the part that is usually written next.
type NextLink struct{ Href, Label string }

// Undo offers to put back what was just deleted.
type Undo struct{ Action, Text string }

// TextForm is the Markdown of one section.
type TextForm struct {
	Section   string
	Action    string
	PreviewAt string
	Keep      string // address that shows what is stored
	Label     string
	Hint      string
	Value     string
	Version   int64
	Draft     string
	Error     string
	Conflict  *TextConflict
	Preview   *template.HTML // nil until asked for
	Aside     bool           // the rows of the part come first, the text is folded below them
	Open      bool
}

// TextConflict shows what somebody else stored meanwhile beside what was typed.
type TextConflict struct {
	Theirs string
	By     string // who and when
	Diff   []DiffPiece
}

// Preview is the answer to a preview that a script asked for.
type Preview struct {
	HTML  template.HTML
	Error string
}

// PreviewPart is the part of Preview.
var PreviewPart = part[Preview]("edit.html", "preview")

// RowForm is the form of one row of a part, or of a new one.
type RowForm struct {
	Form
	ID         string // anchor, and the beginning of its fields' ids
	Summary    string
	Open       bool
	Up, Down   bool // where it can move
	Deletes    bool
	Two        bool // the fields stand in two columns
	Upload     bool // the form carries a file
	Linked     []LinkedAction
	LinkTo     []Option // actions that can be linked
	Theirs     []Fact   // what somebody else saved meanwhile
	TheirsHead string
	Keep       string // address that shows their version
}

// LinkedAction is an action that answers a row.
type LinkedAction struct {
	Key, Ref, Title string
	State           Mark
}

// QuestionGroup is the questions of one group in the form of all answers.
type QuestionGroup struct {
	Label     string
	ID        string
	Questions []QuestionForm
}

// QuestionForm is one question with its inputs.
type QuestionForm struct {
	ID, Text string
	Version  int64
	Was      string // mark of the answer that the form began with
	Fields   []Field
	Theirs   []Fact
}

// WhyTree is one of the three trees as it is edited.
type WhyTree struct {
	Root, Label, Count string
	Nodes              []*WhyForm
	Add                *WhyForm // a new one at the top, at the end
}

// WhyForm is one why of a tree, or the place of a new one.
type WhyForm struct {
	*RowForm
	Key      string // "" for a new one
	Text     Field
	Leaf     bool
	Answered string // what answers the leaf, in words
	Bad      bool   // nothing does
	In, Out  bool
	Focus    bool
	Nodes    []*WhyForm
}

// FindingView is one finding of the checker.
type FindingView struct {
	Class  string // b, w, i
	Level  string // Blocks review, Warns, Informs
	Rule   string
	Where  string
	Reason string
	Fix    string
	Href   string // where it is mended
	Place  string // as the checker names it
	Waived string // the reason
	By     string
}

// Choices are the lists a header chooses from.
type Choices struct {
	People   []people.Person
	Teams    []people.Team
	Services []people.Service
}

// Refusal is a form that was not taken: it is shown again as it was typed.
type Refusal struct {
	Form    string // which one of the page: "text", "header", "add", a row's key, a question
	Error   FieldError
	Typed   func(name string) []string
	Row     *coe.RowConflict
	Text    *coe.TextConflict
	Preview *template.HTML
}

// version is the one that the refused form began with, so that a change made
// meanwhile is still noticed when it is sent again.
func (r *Refusal) version(name string, otherwise int64) int64 {
	if v := r.Typed(name); len(v) > 0 {
		if n, err := strconv.ParseInt(v[0], 10, 64); err == nil {
			return n
		}
	}
	return otherwise
}

// EditAsk says which part of a document is to be edited, and how it stands.
type EditAsk struct {
	Part     string
	Findings []coe.Finding
	Choices  Choices
	Refusals []Refusal // none on a fresh page
	Deleted  string    // "part/key" of a row just deleted
	New      WhySpot   // where a new why is being typed
	Captures bool      // graphs can be fetched
}

// WhySpot is a place in a tree.
type WhySpot struct{ Root, Parent, After string }

// refusal finds the refusal of a form.
func (a EditAsk) refusal(form string) *Refusal {
	for i := range a.Refusals {
		if a.Refusals[i].Form == form {
			return &a.Refusals[i]
		}
	}
	return nil
}
