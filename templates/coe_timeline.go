package templates

import (
	"fmt"
	"html/template"
	"strings"
	"time"

	"coetracker/coe"
	"coetracker/timeline"
)

// TimelineView is the timeline as the read page and the edit page show it.
type TimelineView struct {
	Zone      string
	Day       string // the one day of all entries, "" when there are more
	Entries   int
	Evidence  int // entries with evidence
	Groups    []TimelineGroup
	Sentences []string      // what is out of order
	Strip     template.HTML // covered and dark stretches
}

// TimelineGroup is one phase.
type TimelineGroup struct {
	Class, Label, Note string
	Rows               []TimelineRow
}

// TimelineRow is one entry, or a gap when Gap is set.
type TimelineRow struct {
	ID       int64
	Key      string
	Version  int64
	Day      string // shown where the day changes
	Time     string
	Full     string // date, time and zone, for the title
	T        string // T+12
	Mark     int    // number of the key moment, 0 for none
	KeyRow   bool
	Text     template.HTML
	Plain    string
	Kind     string // in words, "" for a note
	Who      string
	Evidence []template.HTML
	Raw      bool
	Gap      string // "35 min without an entry, 11:02 to 11:37"
	GapNote  string
}

// NewTimelineView groups the entries by phase and finds what is missing.
func NewTimelineView(d *coe.Document, t Targets) TimelineView {
	loc := d.COE.Location()
	v := TimelineView{Zone: ZoneWords(d), Day: onlyDay(d.Entries, loc), Entries: len(d.Entries), Sentences: timeline.Disorder(d.Entries)}
	start, hasStart := timeline.KeyMoment(d.Entries, timeline.ImpactStart)
	most := time.Duration(d.Policy().For(d.COE.Severity).GapMinutes) * time.Minute
	gaps := map[string]timeline.Gap{}
	for _, g := range timeline.Gaps(d.Entries, most) {
		gaps[g.After.Key] = g
	}
	marks := keyMarks(d.Entries)
	lastDay := ""
	for _, g := range timeline.Phases(d.Entries) {
		tg := TimelineGroup{Class: "p-" + string(g.Phase), Label: phaseLabel(g), Note: phaseNote(g, t)}
		for _, e := range g.Entries {
			row := timelineRow(e, loc, marks)
			if hasStart && e.At != nil {
				row.T = tPlus(e.At.Sub(*start.At))
			}
			if e.At != nil && v.Day == "" {
				if day := e.At.In(loc).Format("2 Jan"); day != lastDay {
					row.Day, lastDay = day, day
				}
			}
			if len(row.Evidence) > 0 {
				v.Evidence++
			}
			tg.Rows = append(tg.Rows, row)
			if gap, ok := gaps[e.Key]; ok {
				tg.Rows = append(tg.Rows, TimelineRow{ID: e.ID, Version: e.Version, GapNote: gap.Note, Gap: fmt.Sprintf("%s without an entry, %s to %s",
					Length(gap.To.Sub(gap.From)), gap.From.In(loc).Format("15:04"), gap.To.In(loc).Format("15:04"))})
			}
		}
		v.Groups = append(v.Groups, tg)
	}
	v.Strip = coverStrip(d, most)
	return v
}

// onlyDay gives the day on which all entries lie, "" when there are several.
func onlyDay(entries []timeline.Entry, loc *time.Location) string {
	day := ""
	for _, e := range entries {
		if e.At == nil {
			continue
		}
		d := e.At.In(loc).Format("Mon 2 Jan 2006")
		if day != "" && d != day {
			return ""
		}
		day = d
	}
	return day
}

// ZoneWords names the document's zone as it was on the day of the event: "PST"
// says more at a glance than the name of a city.
func ZoneWords(d *coe.Document) string {
	from, _ := window(d)
	if from == nil {
		return d.COE.Zone
	}
	short := from.In(d.COE.Location()).Format("MST")
	if short == d.COE.Zone || strings.HasPrefix(d.COE.Zone, "UTC") || strings.HasPrefix(short, "+") || strings.HasPrefix(short, "-") {
		return d.COE.Zone
	}
	return short
}

// keyMarks numbers the entries that count as key moments, by entry key.
func keyMarks(entries []timeline.Entry) map[string]int {
	marks := map[string]int{}
	for _, k := range timeline.KeyMoments() {
		if e, ok := timeline.KeyMoment(entries, k); ok {
			n, _ := k.KeyMoment()
			marks[e.Key] = n
		}
	}
	return marks
}

func timelineRow(e timeline.Entry, loc *time.Location, marks map[string]int) TimelineRow {
	r := TimelineRow{
		ID: e.ID, Key: e.Key, Version: e.Version, Time: clock(e, loc), Mark: marks[e.Key], KeyRow: marks[e.Key] > 0,
		Text: stored(e.HTML), Plain: e.Text, Who: e.Who, Raw: e.Raw,
	}
	if e.HTML == "" {
		r.Text = nw(e.Text)
	}
	if e.At != nil {
		r.Full = e.At.In(e.Location()).Format("Mon 2 Jan 2006 15:04:05 ") + e.Zone
	}
	if e.Kind != timeline.Note {
		r.Kind = strings.ToLower(e.Kind.Label())
		if e.DetectedHow != "" {
			r.Kind += " by " + e.DetectedHow
		}
	}
	for _, l := range lines(e.Evidence) {
		r.Evidence = append(r.Evidence, links(l))
	}
	return r
}

func clock(e timeline.Entry, loc *time.Location) string {
	if e.At == nil || e.Precision == timeline.Unknown {
		return "??:??"
	}
	s := e.At.In(loc).Format("15:04")
	if e.Precision == timeline.Approximate {
		s = "~" + s
	}
	if e.EndAt != nil {
		s += "–" + e.EndAt.In(loc).Format("15:04")
	}
	return s
}

// tPlus counts minutes from the start of impact.
func tPlus(d time.Duration) string {
	m := int(d.Round(time.Minute).Minutes())
	if m < 0 {
		return fmt.Sprintf("T−%d", -m)
	}
	return fmt.Sprintf("T+%d", m)
}

func phaseLabel(g timeline.Group) string {
	label := g.Phase.Label()
	switch {
	case label == "":
		return "Entries"
	case g.Open && g.Phase != timeline.After && g.Phase != timeline.Before:
		return label + ", still open"
	case g.Length != nil:
		return label + ", " + Length(*g.Length)
	}
	return label
}

func phaseNote(g timeline.Group, t Targets) string {
	switch {
	case g.Phase == timeline.Detect && t.Detect != nil:
		return "Expected for this service: " + Length(*t.Detect)
	case g.Phase == timeline.Engage && t.Engage != nil:
		return "Expected: " + Length(*t.Engage)
	case g.Phase == timeline.Mitigate && t.Mitigate != nil:
		return "Aimed for: " + Length(*t.Mitigate)
	}
	return ""
}
