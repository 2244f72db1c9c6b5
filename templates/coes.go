package templates

import "html/template"

// COEsPage lists documents, newest first.
type COEsPage struct {
	Frame
	Views    []ViewLink
	Filters  []SelectField
	Query    string
	Rows     []COERow
	Older    string // address of the next page, "" at the end
	Scale    bool   // some row has an event strip, so its legend is shown
	Filtered bool
}

// COEs is the page of COEsPage.
var COEs = page[COEsPage]("coes.html")

// ViewLink is one saved view.
type ViewLink struct {
	Label, Href string
	Count       string // "" when not counted
	Here        bool
}

// SelectField is one filter or form field with a list of choices.
type SelectField struct {
	Name, Label string
	Options     []Option
	Error       string
	Hint        string
}

// Option is one choice.
type Option struct {
	Value, Label string
	Selected     bool
}

// COERow is one document in a list.
type COERow struct {
	Number     int64
	Name       string
	Title      string
	Under      string // kind, services, owner
	Severity   int
	State      Mark
	Restricted bool
	Strip      template.HTML
	StripWords string
	Actions    string
	Overdue    string // "1 overdue"
	Age        string
}

// COENewPage is the form for a new document.
type COENewPage struct {
	Frame
	Form Form
}

// COENew is the page of COENewPage.
var COENew = page[COENewPage]("coe_new.html")
