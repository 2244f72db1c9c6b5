package templates

// CheckPage lists all findings of the checker, and what was waived.
type CheckPage struct {
	Frame
	Name     string
	Number   int64
	Title    string
	Counts   string
	Blocking int
	MayEdit  bool
	Findings []CheckItem
	Waived   []FindingView
}

// Check is the page of CheckPage.
var Check = page[CheckPage]("check.html")

// CheckItem is a finding with the form that waives it.
type CheckItem struct {
	FindingView
	N     int    // makes ids
	Typed string // the reason that was refused
	Error string
	May   bool
}

// HistoryPage says what became of a document, and when.
type HistoryPage struct {
	Frame
	Name      string
	Number    int64
	Title     string
	States    []HistoryRow
	Signoffs  []HistoryRow
	Revisions []HistoryRow
	Texts     []HistoryRow
	Keep      *Form // names the present state
}

// History is the page of HistoryPage.
var History = page[HistoryPage]("history.html")

// HistoryRow is one line of a history.
type HistoryRow struct{ When, Who, What, Note, Href string }

// RevisionPage shows one revision, of the whole document or of one text, and
// what it changed.
type RevisionPage struct {
	Frame
	Name    string
	Number  int64
	Heading string
	Facts   []Fact
	Against string // what it is compared with, in words
	Hunks   []Hunk
	Text    string // the whole of it
	Restore *Form
}

// Revision is the page of RevisionPage.
var Revision = page[RevisionPage]("revision.html")

// Hunk is one changed place with what stands around it.
type Hunk struct {
	Line   int // of the newer text, from 1
	Pieces []DiffPiece
}

// BinPage lists deleted documents that the person may restore.
type BinPage struct {
	Frame
	Rows []BinRow
}

// Bin is the page of BinPage.
var Bin = page[BinPage]("bin.html")

// BinRow is one deleted document.
type BinRow struct {
	Number              int64
	Name, Title         string
	Deleted, By, Reason string
	Until               string // the day on which it goes for good
}
