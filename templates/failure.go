package templates

// FailurePage says what is the case, what it means, and one thing to do.
type FailurePage struct {
	Frame
	Heading string
	Text    string
	Request string // shown for an admin to look up, only when something broke
	Href    string
	Link    string
}

// Failure is the page of FailurePage.
var Failure = page[FailurePage]("failure.html")
