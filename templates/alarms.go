package templates

import (
	"cmp"
	"fmt"

	"coetracker/coe"
	"coetracker/evidence"
)

// AlarmsPage lists alarms.
type AlarmsPage struct {
	Frame
	Views []ViewLink
	Rows  []AlarmLine
	Older string
}

// Alarms is the page of AlarmsPage.
var Alarms = page[AlarmsPage]("alarms.html")

// AlarmLine is one alarm in the list.
type AlarmLine struct {
	Href, Name, Tool, Service string
	Last                      string
	Times                     string
	State                     Mark
}

// AlarmPage is one alarm with its firings.
type AlarmPage struct {
	Frame
	Heading string
	State   Mark
	Source  string
	Text    []string
	Facts   []Fact
	Spans   []FiringLine
	Links   []evidence.Link
	COEs    []LinkWords
}

// AlarmOf is the page of AlarmPage.
var AlarmOf = page[AlarmPage]("alarm.html")

// FiringLine is one firing.
type FiringLine struct{ When, Lasted, Times string }

// NewAlarms fills the list.
func NewAlarms(f Frame, list []evidence.Alarm, n EvidenceNames) AlarmsPage {
	p := AlarmsPage{Frame: f}
	for i := range list {
		a := &list[i]
		l := AlarmLine{Href: fmt.Sprintf("/alarms/%d", a.ID), Name: cmp.Or(a.Title, a.ExternalID), Tool: ToolWord(a.Tool), Service: n.serviceFact(a.ServiceID, a.Service), Times: itoa(int(a.Times)), State: ItemMark(&a.Item)}
		l.Last = "has not fired"
		if len(a.Spans) > 0 {
			l.Last = n.when(&a.Spans[0].StartedAt)
		}
		p.Rows = append(p.Rows, l)
	}
	return p
}

// NewAlarm fills the page of one alarm.
func NewAlarm(f Frame, a evidence.Alarm, links []coe.ItemLink, n EvidenceNames) AlarmPage {
	d := a.Details()
	p := AlarmPage{Frame: f, Heading: cmp.Or(a.Title, a.ExternalID), State: ItemMark(&a.Item), Source: sourceWords(&a.Item), Text: lines(d.Text), Links: d.Links, COEs: itemLinks(links)}
	p.Facts = known(Fact{"Service", n.serviceFact(a.ServiceID, a.Service)}, Fact{"Environment", a.Environment}, Fact{"Region", a.Region}, Fact{"Severity", d.Severity}, Fact{"Fired", plural(int(a.Times), "time", "times")}, Fact{"Reason", clipped(d.Reason, 300)})
	for _, s := range a.Spans {
		l := FiringLine{When: n.when(&s.StartedAt), Lasted: "still firing", Times: itoa(int(s.Times))}
		if s.EndedAt != nil {
			l.Lasted = Length(s.EndedAt.Sub(s.StartedAt))
		}
		p.Spans = append(p.Spans, l)
	}
	return p
}
