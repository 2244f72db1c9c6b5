package templates

import (
	"fmt"
	"html/template"
	"strings"
	"time"

	"coetracker/actions"
	"coetracker/coe"
	"coetracker/people"
	"coetracker/timeline"
)

// NewCOEPage fills the read page. What it shows depends only on its input.
func NewCOEPage(f Frame, v View, findings []coe.Finding) COEPage {
	d := v.Document
	c := d.COE
	p := COEPage{
		Frame: f, Name: c.Name(), Number: c.Number, Heading: c.Title, Kind: KindWord(c.Kind), Severity: c.Severity,
		State: StateMark(c.State), Restricted: c.Visibility == coe.Restricted, Findings: len(coe.Blocking(findings)),
		Event: eventWords(d), Owner: PersonName(d.People[c.OwnerID]), ZoneLabel: ZoneWords(d),
		Prose: map[string]Prose{}, MayEdit: people.May(v.Who, people.Edit, d.Resource()),
	}
	if d.Team != nil {
		p.Team = d.Team.Name
	}
	for _, s := range d.Services {
		p.Services = append(p.Services, s.Name)
	}
	p.Checker = p.MayEdit || !d.Pending
	p.review(d)
	p.Survived = survived(d, v.Now)
	for _, name := range coe.SectionNames {
		p.Prose[string(name)] = prose(d.Section(name))
	}
	p.Summary, p.Impact = p.Prose["summary"], p.Prose["impact"]
	p.Impacts = impactRows(d)
	p.Timeline = NewTimelineView(d, v.Targets)
	p.EventFigure, p.EventCaption = eventFigure(d, v.Targets)
	p.Metrics = metricViews(d)
	p.Questions = answered(d)
	p.Whys, p.WhyCounts = whyRoots(d)
	p.lessons(d)
	p.Actions = ActionRows(d, v)
	p.related(d)
	p.Outline = OutlineOf(d, findings, "")
	return p
}

func (p *COEPage) review(d *coe.Document) {
	approved := map[int64]bool{}
	for _, id := range d.Approvals() {
		approved[id] = true
	}
	reviewers := d.Reviewers()
	for _, id := range reviewers {
		name := PersonName(d.People[id])
		if approved[id] {
			name += " ✓"
		}
		p.Reviewers = append(p.Reviewers, name)
	}
	if d.COE.State == coe.InReview && len(reviewers) > 0 {
		p.StateNote = fmt.Sprintf(", %d of %d needed approvals", len(approved), d.ApprovalsNeeded())
	}
	if d.COE.Issue > 0 {
		p.Issue = issueWords(d, p.MayEdit)
	}
	for _, s := range d.Signoffs {
		verdict := "approved"
		if s.Verdict == coe.VerdictChanges {
			verdict = "asked for changes"
		}
		text := ""
		if s.Text != "" {
			text = ": " + s.Text
		}
		p.Verdicts = append(p.Verdicts, fmt.Sprintf("%s %s on %s%s", PersonName(d.People[s.PersonID]), verdict, s.At.In(d.COE.Location()).Format("Mon 2 Jan, 15:04"), text))
	}
	for _, w := range d.Waivers {
		p.Waivers = append(p.Waivers, fmt.Sprintf("%s waived: %s", strings.TrimSpace(w.Rule+" "+w.Place), w.Reason))
	}
	if d.COE.Effect != "" {
		p.Effect = "Did the actions stop it? " + effectWord(d.COE.Effect) + ". " + d.COE.EffectText
	}
}

// issueWords says which text is shown: readers see the last issue, writers
// what it will become.
func issueWords(d *coe.Document, writes bool) string {
	issue := fmt.Sprintf("Issue %d", d.COE.Issue)
	if d.Pending && writes {
		issue = "Working text"
	}
	if d.Pending {
		issue += fmt.Sprintf(", changes pending since issue %d", d.COE.Issue)
	}
	return issue
}

func effectWord(e string) string {
	switch e {
	case coe.EffectWorked:
		return "Yes, they worked"
	case coe.EffectDidNot:
		return "No, they did not"
	}
	return "Unknown"
}

// PersonName gives a name to show; who has left is a former member.
func PersonName(p people.Person) string {
	switch {
	case p.Name == "" && p.Email == "":
		return "nobody"
	case p.DisabledAt != nil:
		return p.Name + " (former member)"
	}
	return p.Name
}

func prose(s coe.Section) Prose {
	return Prose{HTML: stored(s.HTML), Empty: strings.TrimSpace(s.Text) == ""}
}

// eventWords says when it happened: Tue 28 Feb 2017, 09:38 to 13:54 PST.
func eventWords(d *coe.Document) string {
	from, to := window(d)
	if from == nil {
		return "no times yet"
	}
	loc := d.COE.Location()
	a := from.In(loc)
	if to == nil {
		return a.Format("Mon 2 Jan 2006, from 15:04 MST")
	}
	b := to.In(loc)
	if a.YearDay() == b.YearDay() && a.Year() == b.Year() {
		return a.Format("Mon 2 Jan 2006, 15:04") + " to " + b.Format("15:04 MST")
	}
	return a.Format("Mon 2 Jan 2006, 15:04") + " to " + b.Format("Mon 2 Jan, 15:04 MST")
}

// window is the event as the key moments tell it, else as the header does.
func window(d *coe.Document) (from, to *time.Time) {
	from, to = d.COE.WindowStart, d.COE.WindowEnd
	if e, ok := timeline.KeyMoment(d.Entries, timeline.ImpactStart); ok {
		from = e.At
	}
	if e, ok := timeline.KeyMoment(d.Entries, timeline.Resolved); ok && (from == nil || !e.At.Before(*from)) {
		to = e.At
	}
	return from, to
}

func impactRows(d *coe.Document) []ImpactRow {
	loc := d.COE.Location()
	var out []ImpactRow
	for _, i := range d.Impacts {
		r := ImpactRow{What: i.What, Affected: i.Affected, Total: i.Total, Place: i.Place, Unmeasured: i.Unmeasured, Share: coe.Share(i)}
		if a, ok := d.ActionByKey(i.ActionKey); ok {
			r.Action = fmt.Sprint(a.Number)
		}
		var times []string
		for _, t := range []*time.Time{i.FromAt, i.ToAt} {
			if t != nil {
				times = append(times, t.In(loc).Format("15:04"))
			}
		}
		r.Times = strings.Join(times, ", ")
		out = append(out, r)
	}
	return out
}

func (p *COEPage) lessons(d *coe.Document) {
	byLesson := map[int64][]string{}
	for _, l := range d.LessonLinks {
		if a, ok := d.Action(l.ActionID); ok {
			byLesson[l.LessonID] = append(byLesson[l.LessonID], fmt.Sprint(a.Number))
		}
	}
	for _, l := range d.Lessons {
		row := LessonRow{Text: l.Text, Actions: byLesson[l.ID]}
		switch l.Kind {
		case coe.Surprised:
			p.Surprised = append(p.Surprised, l.Text)
			continue
		case coe.WentWell:
			row.Text = "Went well: " + l.Text
		case coe.LongTerm:
			row.Term = "Long term."
		default:
			row.Term = "Short term."
		}
		p.Lessons = append(p.Lessons, row)
	}
}

func (p *COEPage) related(d *coe.Document) {
	for _, l := range d.Links {
		r := RelatedRow{Type: LinkWord(l.Type), Target: l.Target, Role: l.Role, Note: l.Note}
		if strings.HasPrefix(l.Target, "https://") || strings.HasPrefix(l.Target, "http://") {
			r.Href = l.Target
		}
		if n, ok := strings.CutPrefix(l.Target, "COE-"); ok && l.Type == "coe" {
			r.Href = "/coes/" + n
		}
		p.Related = append(p.Related, r)
	}
	for _, s := range d.Sharings {
		p.Sharings = append(p.Sharings, SharingRow{Team: s.Team, Asked: s.Asked, Answer: s.Answer})
	}
	for _, f := range d.Attachments {
		p.Files = append(p.Files, FileRow{Name: f.Name, Href: fmt.Sprintf("/coes/%d/files/%s", d.COE.Number, f.Key), Size: Bytes(f.Size)})
	}
}

// LinkWord names a type of link.
func LinkWord(t string) string {
	switch t {
	case "coe":
		return "COE"
	case "":
		return ""
	}
	return strings.ToUpper(t[:1]) + t[1:]
}

// Bytes says a size in words.
func Bytes(n int64) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d bytes", n)
	case n < 1_000_000:
		return fmt.Sprintf("%.1f kB", float64(n)/1000)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}

// OutlineOf lists the sections with their counts; findings that block turn a
// count red. edit is "" on the read page, else the part being edited.
func OutlineOf(d *coe.Document, findings []coe.Finding, edit string) []OutlineItem {
	labels := []string{"Summary", "Impact", "Timeline", "Metrics", "Questions", "Five whys", "Lessons", "Actions", "Related", "Sharing"}
	counts := map[string]int{"timeline": len(d.Entries), "metrics": len(d.Metrics), "lessons": len(d.Lessons), "actions": len(d.Actions), "related": len(d.Links)}
	bad := map[string]int{}
	for _, f := range coe.Blocking(findings) {
		bad[PlacePart(f.Place)]++
	}
	head := OutlineItem{N: 0, ID: "s0", Label: "Header", Href: outlineHref(d, edit, "header", 0), Here: edit == "header"}
	out := []OutlineItem{head}
	for i, label := range labels {
		name := string(coe.SectionNames[i])
		it := OutlineItem{N: i + 1, ID: fmt.Sprintf("s%d", i+1), Label: label, Href: outlineHref(d, edit, name, i+1), Here: edit == name}
		if n := counts[name]; n > 0 {
			it.Count = itoa(n)
		}
		if n := bad[name]; n > 0 && edit != "" {
			it.Count, it.Bad = itoa(n), true
		}
		if name == "whys" && coe.CoverageOf(d).Open > 0 {
			it.Count, it.Bad = fmt.Sprintf("%d open", coe.CoverageOf(d).Open), true
		}
		out = append(out, it)
	}
	return out
}

// SectionOf gives the section a finding belongs to: its place is a section's
// name, or a row such as action/k7x2m9qp.
func SectionOf(place string) string {
	part, _, row := strings.Cut(place, "/")
	if !row {
		return part
	}
	switch part {
	case "action", "metric", "why", "lesson":
		return part + "s"
	case "entry":
		return "timeline"
	case "answer":
		return "questions"
	case "link":
		return "related"
	}
	return part
}

func outlineHref(d *coe.Document, edit, name string, n int) string {
	if edit == "" {
		return fmt.Sprintf("#s%d", n)
	}
	return fmt.Sprintf("/coes/%d/edit/%s", d.COE.Number, name)
}

// QuestionView is one question with its answer.
type QuestionView struct {
	ID, Text string
	NA       bool
	Answer   template.HTML
	Saved    string
}

func answered(d *coe.Document) []QuestionView {
	var out []QuestionView
	for _, q := range coe.Questions() {
		a, ok := d.Answers[q.ID]
		if !ok || strings.TrimSpace(a.Text) == "" {
			continue
		}
		v := QuestionView{ID: q.ID, Text: q.Text, NA: a.NA, Answer: stored(a.HTML)}
		if a.MinutesSaved != nil {
			v.Saved = fmt.Sprintf("Saves %d min.", *a.MinutesSaved)
		}
		if act, ok := d.ActionByKey(a.ActionKey); ok {
			v.Saved += fmt.Sprintf(" A-%d", act.Number)
		}
		out = append(out, v)
	}
	return out
}

// today is the calendar day in the zone of an action's owner.
func today(d *coe.Document, a actions.Action, v View) people.Day {
	zone := d.Person(a.OwnerID).Zone
	if zone == "" {
		zone = v.Zone
	}
	loc, err := people.LoadZone(zone)
	if err != nil {
		loc = time.UTC
	}
	return people.DayOf(v.Now, loc)
}
