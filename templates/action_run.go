package templates

import (
	"fmt"
	"html/template"
	"regexp"
	"strings"
	"time"

	"coetracker/actions"
)

// RunRow is a run of the experiment that proves an action.
type RunRow struct{ Href, Name, Words string }

// runRow says what a run showed and what it did to the action.
func runRow(x actions.ShownRun, zone *time.Location) RunRow {
	r := RunRow{Href: fmt.Sprintf("/runs/%d", x.ItemID), Name: clipped(x.Ref(), 40)}
	if x.Title != "" {
		r.Name = clipped(x.Title, 60) + " (" + clipped(x.Ref(), 28) + ")"
	}
	if x.EndedAt != nil {
		r.Words = " of " + x.EndedAt.In(zone).Format("Mon 2 Jan 2006, 15:04 MST")
	}
	r.Words += ": " + outcomeOfRun(x.Outcome)
	switch x.Effect {
	case actions.RunVerified:
		r.Words += ", which verified it"
	case actions.RunReopened:
		r.Words += ", which opened it again"
	}
	r.Words += "."
	return r
}

func outcomeOfRun(outcome string) string {
	switch outcome {
	case "error":
		return "the tool failed"
	case "unknown", "":
		return "outcome unknown"
	}
	return outcome
}

// ownPage is an address of ours that a proof can name.
var ownPage = regexp.MustCompile(`(^|[\s(])(/(?:runs|deployments|alarms|coes)/[0-9]{1,18}(?:#[A-Za-z0-9-]{1,40})?)\b`)

// proofLinks is links that also leads to our own pages, such as /runs/12.
func proofLinks(s string) template.HTML {
	var b strings.Builder
	last := 0
	for _, m := range ownPage.FindAllStringSubmatchIndex(s, -1) {
		b.WriteString(string(links(s[last:m[4]])))
		href := template.HTMLEscapeString(s[m[4]:m[5]])
		b.WriteString(`<a href="` + href + `">` + href + `</a>`)
		last = m[5]
	}
	b.WriteString(string(links(s[last:])))
	return template.HTML(b.String()) //nolint:gosec // every piece is escaped above
}
