package templates

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"coetracker/coe"
	"coetracker/evidence"
)

// ChangesPage lists deployments and rollbacks.
type ChangesPage struct {
	Frame
	Views []ViewLink
	Rows  []ChangeLine
	Older string
}

// Changes is the page of ChangesPage.
var Changes = page[ChangesPage]("changes.html")

// ChangeLine is one deployment or rollback in the list.
type ChangeLine struct {
	Href, What string
	Kind       string
	Service    string
	When       string
	State      Mark
	Reached    string
	Pair       *LinkWords // the other one of the pair
}

// NewChanges fills the page.
func NewChanges(f Frame, list []evidence.Change, n EvidenceNames) ChangesPage {
	p := ChangesPage{Frame: f}
	for i := range list {
		c := &list[i]
		p.Rows = append(p.Rows, ChangeLine{
			Href: changeHref(&c.Item), What: versions(&c.Item), Kind: kindOf(&c.Item), Service: n.serviceFact(c.ServiceID, c.Service), When: n.when(c.StartedAt),
			State: ItemMark(&c.Item), Reached: reachWords(c.Reached()), Pair: pairWords(c),
		})
	}
	return p
}

func changeHref(i *evidence.Item) string { return fmt.Sprintf("/deployments/%d", i.ID) }

func kindOf(i *evidence.Item) string {
	if i.Type == evidence.TypeRollback {
		return "Rollback"
	}
	return "Deployment"
}

// versions writes 7.19 → 7.20, or what is known of it.
func versions(i *evidence.Item) string {
	from, to := versionWord(i.FromVersion), versionWord(i.ToVersion)
	switch {
	case from != "" && to != "":
		return from + " → " + to
	case to != "":
		return "to " + to
	case from != "":
		return "from " + from
	}
	return clipped(cmp.Or(i.Title, i.ExternalID), 80)
}

// versionWord is a version without what an ARN or an image says before it; a
// commit is cut to what people compare by eye.
func versionWord(v string) string {
	if strings.HasPrefix(v, "arn:") {
		v = v[strings.LastIndexAny(v, "/:")+1:]
	}
	if len(v) >= 40 && strings.Trim(v, "0123456789abcdef") == "" {
		return v[:10] + "…"
	}
	return clipped(v, 40)
}

// pairWords leads to the rollback of a deployment, to the deployment that a
// rollback undoes, or to the one whose version is brought back.
func pairWords(c *evidence.Change) *LinkWords {
	if c.Other == nil && c.Back != nil {
		return &LinkWords{Before: "goes back to", Text: versionWord(c.Back.ToVersion), Href: changeHref(c.Back)}
	}
	if c.Other == nil {
		return nil
	}
	l := &LinkWords{Href: changeHref(c.Other), Text: "rolled back"}
	took := ""
	if d, ok := c.ToRollback(); ok {
		took = "after " + briefly(d)
	}
	if c.Type == evidence.TypeRollback {
		l.Before, l.Text = "undoes", versions(c.Other)
	}
	l.After = took
	return l
}

// reachWords says how far a change came: "first wave, zone c, 2 % of the fleet".
func reachWords(r evidence.Reach) string {
	var out []string
	for _, w := range []struct{ name, value string }{{"wave", r.Wave}, {"zone", r.Zone}, {"cell", r.Cell}} {
		if w.value != "" {
			out = append(out, w.name+" "+w.value)
		}
	}
	if r.Share != nil {
		out = append(out, percent(r.Share)+" of the fleet")
	}
	return strings.Join(out, ", ")
}

// ChangePage is one deployment or rollback.
type ChangePage struct {
	Frame
	ID       int64
	Heading  string
	Kind     string
	State    Mark
	Source   string
	Under    string
	Facts    []Fact
	Notice   string
	Back     []LinkWords // the deployment whose version this one brings back, none or one
	Steps    []PairStep  // bad deployment, alarm, rollback
	COEs     []LinkWords
	Reach    *Form
	Rollback bool
	MayOpen  bool
	Links    []evidence.Link
}

// ChangeOf is the page of ChangePage.
var ChangeOf = page[ChangePage]("change.html")

// PairStep is one moment between a bad deployment and its rollback.
type PairStep struct {
	What, Href, When, After string
}

// NewChange fills the page. The form is added by the caller.
func NewChange(f Frame, c evidence.Change, links []coe.ItemLink, n EvidenceNames) ChangePage {
	d, r := c.Details(), c.Reached()
	service := n.service(c.ServiceID, c.Service)
	p := ChangePage{
		Frame: f, ID: c.ID, Kind: kindOf(&c.Item), State: ItemMark(&c.Item), Source: sourceWords(&c.Item),
		Heading: strings.TrimSpace(service + " " + versions(&c.Item)), Under: c.Title, Rollback: c.Type == evidence.TypeRollback, COEs: itemLinks(links), Links: d.Links,
	}
	if p.Under == p.Heading || p.Under == versions(&c.Item) {
		p.Under = ""
	}
	p.Facts = known(
		Fact{"Service", n.serviceFact(c.ServiceID, c.Service)}, Fact{"Environment", strings.Trim(c.Environment+", "+c.Region, ", ")}, Fact{"Ran", n.span(c.StartedAt, c.EndedAt)},
		Fact{"From", c.FromVersion}, Fact{"To", c.ToVersion}, Fact{"Trigger", strings.ReplaceAll(c.Cause, "_", " ")}, Fact{"Alarms named", strings.Join(c.AlarmNames(), ", ")},
		Fact{"How", yesNo(r.Automatic, "by itself", "by hand")}, Fact{"Reached", reachWords(r)}, Fact{"First wave", firstWave(r)}, Fact{"Bake time", minuteWords(r.BakeMinutes)},
		Fact{"Strategy", d.Strategy}, Fact{"Step", d.Step}, Fact{"Started by", d.Initiator}, Fact{"Why", clipped(d.Reason, 300)},
	)
	p.Notice, p.Back = changeNotice(&c), backWords(&c, n)
	p.Steps = pairSteps(&c, n)
	return p
}

func changeNotice(c *evidence.Change) string {
	var out []string
	if c.DryRun {
		out = append(out, "This was a dry run: nothing was changed.")
	}
	if c.Gap {
		out = append(out, "Its beginning was not reported.")
	}
	return strings.Join(out, " ")
}

// backWords lead to the last deployment of the version that a deployment brings
// back, if it brings one back.
func backWords(c *evidence.Change, n EvidenceNames) []LinkWords {
	if c.Back == nil {
		return nil
	}
	return []LinkWords{{
		Before: "It goes back to an earlier version,", Text: versionWord(c.Back.ToVersion), Href: changeHref(c.Back),
		After: "deployed before on " + n.when(c.Back.StartedAt) + ". The tool does not call it a rollback.",
	}}
}

func firstWave(r evidence.Reach) string {
	if r.FirstWave == nil {
		return ""
	}
	return percent(r.FirstWave) + " of the fleet"
}

// pairSteps tells the way from the bad deployment over the alarm to the rollback.
func pairSteps(c *evidence.Change, n EvidenceNames) []PairStep {
	bad, back := c.Bad(), c.Rollback()
	if bad == nil || back == nil {
		return nil
	}
	after := func(d time.Duration, ok bool) string {
		if !ok {
			return ""
		}
		return briefly(d) + " after the deployment began"
	}
	steps := []PairStep{{What: "Deployment " + versions(bad), Href: changeHref(bad), When: n.when(bad.StartedAt)}}
	if c.Alarm != nil {
		steps = append(steps, PairStep{What: "Alarm " + cmp.Or(c.Alarm.Title, c.Alarm.ExternalID), Href: fmt.Sprintf("/alarms/%d", c.Alarm.ID), When: n.when(&c.Alarm.At), After: after(c.ToAlarm())})
	}
	return append(steps, PairStep{What: "Rollback " + versions(back), Href: changeHref(back), When: n.when(back.StartedAt), After: after(c.ToRollback())})
}

// ReachForm lets people complete what a tool did not say.
func ReachForm(i *evidence.Item) Form {
	r := i.Reached()
	number := func(v *float64, times float64) string {
		if v == nil {
			return ""
		}
		return figureNumber(*v * times)
	}
	automatic := Field{Kind: "select", Name: "automatic", Label: "It was started", Options: []Option{
		{Label: "not known"}, {Value: "yes", Label: "by itself", Selected: r.Automatic != nil && *r.Automatic}, {Value: "no", Label: "by hand", Selected: r.Automatic != nil && !*r.Automatic},
	}}
	return Form{Action: changeHref(i) + "/reach", Submit: "Save how far it came", Version: i.Version, Fields: []Field{
		{Kind: "text", Name: "wave", Label: "Wave reached", Value: r.Wave, Size: 20, Auto: "off"},
		{Kind: "text", Name: "zone", Label: "Zone reached", Value: r.Zone, Size: 20, Auto: "off"},
		{Kind: "text", Name: "cell", Label: "Cell reached", Value: r.Cell, Size: 20, Auto: "off"},
		{Kind: "text", Name: "share", Label: "Share of the fleet reached, in percent", Value: number(r.Share, 100), Size: 8, Auto: "off"},
		{Kind: "text", Name: "first_wave", Label: "Share of the fleet in the first wave, in percent", Hint: "What the impact would have been if it had stopped there is worked out from it.", Value: number(r.FirstWave, 100), Size: 8, Auto: "off"},
		{Kind: "text", Name: "bake_minutes", Label: "Bake time, in minutes", Value: number(r.BakeMinutes, 1), Size: 8, Auto: "off"},
		automatic,
	}}
}
