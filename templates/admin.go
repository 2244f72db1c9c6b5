package templates

// TablePage lists people, teams or services, with a form to add one.
type TablePage struct {
	Frame
	Heading string
	Intro   string
	Columns []string
	Rows    []TableRow
	Add     *Form // nil for who may not
	AddTo   string
}

// Table is the page of TablePage.
var Table = page[TablePage]("table.html")

// TableRow is one line; the first cell names it.
type TableRow struct {
	Href  string // where it is changed, "" for who may not
	Cells []string
}

// FormPage is one form with what stands around it.
type FormPage struct {
	Frame
	Heading string
	Intro   string
	Form    Form
	More    []Form // further forms, each with its own button
	Facts   []Fact
	Back    string
	BackTo  string
	Token   string // a link just made, shown once
}

// FormOnly is the page of FormPage.
var FormOnly = page[FormPage]("formpage.html")

// Fact is one named fact.
type Fact struct{ Name, Value string }

// SetupPage says what an instance still needs.
type SetupPage struct {
	Frame
	Items []SetupItem
	Done  int
}

// Setup is the page of SetupPage.
var Setup = page[SetupPage]("setup.html")

// SetupItem is one line of the checklist.
type SetupItem struct {
	Done       bool
	What, Why  string
	Href, Link string
	Command    string // the same on the command line
}
