package templates

import (
	"cmp"
	"fmt"
	"strings"

	"coetracker/evidence"
)

// InboxPage lists what belongs to no service yet, and takes files.
type InboxPage struct {
	Frame
	Views   []ViewLink
	Rows    []InboxRow
	More    bool // there is more than is shown
	MayKeep bool
	MayName bool   // may say that a name always means a service
	Error   string // of the files
	Pasted  string
	Files   []FileResult
	Tools   []Option
}

// Inbox is the page of InboxPage.
var Inbox = page[InboxPage]("inbox.html")

// InboxRow is one item without a service, with the form that gives it one.
type InboxRow struct {
	ID       int64
	Href     string
	What     string
	Kind     string
	Tool     string
	When     string
	Called   string // the best name that the tool gives
	Services []Option
	Error    string
}

// FileResult is what was understood of one file.
type FileResult struct {
	Name     string
	Words    string // "AWS FIS: 1 experiment"
	Bad      bool
	Repeat   bool
	Warnings []string
	Items    []LinkWords
}

// NewInbox fills the page.
func NewInbox(f Frame, items []evidence.Item, services []Option, n EvidenceNames) InboxPage {
	p := InboxPage{Frame: f}
	for i := range items {
		it := &items[i]
		r := InboxRow{ID: it.ID, Href: ItemHref(it), What: cmp.Or(it.Title, it.ExternalID), Kind: itemKind(it.Type), Tool: ToolWord(it.Tool), When: n.when(it.StartedAt), Services: services}
		if names := it.AllNames(); len(names) > 0 {
			r.Called = names[0]
		}
		p.Rows = append(p.Rows, r)
	}
	return p
}

// Refuse puts what is wrong beside the row that was sent, with what was chosen.
func (p *InboxPage) Refuse(id, service int64, sentence string) {
	for i := range p.Rows {
		if p.Rows[i].ID == id {
			p.Rows[i].Error = sentence
			p.Rows[i].Services = choose(p.Rows[i].Services, []string{fmt.Sprint(service)})
		}
	}
}

// ItemHref is the page of an item; incidents have none.
func ItemHref(i *evidence.Item) string {
	switch i.Type {
	case evidence.TypeExperiment:
		return fmt.Sprintf("/runs/%d", i.ID)
	case evidence.TypeDeployment, evidence.TypeRollback:
		return fmt.Sprintf("/deployments/%d", i.ID)
	case evidence.TypeAlarm:
		return fmt.Sprintf("/alarms/%d", i.ID)
	}
	return ""
}

func itemKind(t evidence.Type) string {
	if t == evidence.TypeExperiment {
		return "Run of an experiment"
	}
	return strings.ToUpper(string(t[:1])) + string(t[1:])
}

// NewFileResult says what a file held; err is why it could not be taken.
func NewFileResult(name string, parsed evidence.Parsed, repeat bool, err string) FileResult {
	r := FileResult{Name: name, Repeat: repeat, Warnings: parsed.Warnings}
	if err != "" {
		r.Bad, r.Words = true, err
		return r
	}
	counts := map[evidence.Type]int{}
	for _, rec := range parsed.Records {
		counts[rec.Type]++
	}
	var words []string
	for _, t := range []evidence.Type{evidence.TypeExperiment, evidence.TypeDeployment, evidence.TypeRollback, evidence.TypeAlarm, evidence.TypeIncident, evidence.TypeMetric} {
		if k := counts[t]; k > 0 {
			one := map[evidence.Type]string{evidence.TypeExperiment: "statement about an experiment", evidence.TypeMetric: "series of a metric"}[t]
			many := map[evidence.Type]string{evidence.TypeExperiment: "statements about experiments", evidence.TypeMetric: "series of metrics"}[t]
			words = append(words, plural(k, cmp.Or(one, "statement about "+article(t)), cmp.Or(many, "statements about "+string(t)+"s")))
		}
	}
	r.Bad = (parsed.Source == "" || parsed.Source == "unknown") && len(words) == 0
	if r.Bad {
		r.Words = "Nothing that we know."
		return r
	}
	if k := counts[evidence.TypeIgnored]; k > 0 {
		words = append(words, plural(k, "message", "messages")+" of no use here")
	}
	r.Words = ToolWord(parsed.Source) + ": " + cmp.Or(strings.Join(words, ", "), "nothing of use here") + "."
	if counts[evidence.TypeMetric] > 0 {
		r.Words += " Series are not kept here: give them to the part metrics of a COE."
	}
	if repeat {
		r.Words += " It was here already; nothing changed."
	}
	return r
}

func article(t evidence.Type) string {
	if t == evidence.TypeAlarm || t == evidence.TypeIncident {
		return "an " + string(t)
	}
	return "a " + string(t)
}
