package templates

import (
	"cmp"
	"encoding/json"
	"fmt"
	"html/template"
	"strings"
	"time"

	"coetracker/coe"
	"coetracker/evidence"
)

// RunPage is one run of an experiment.
type RunPage struct {
	Frame
	ID         int64
	Eyebrow    string // "Run 6 of 6"
	Up         string // address of the experiment
	Outcome    Mark
	Source     string
	Heading    string
	Hypothesis string
	Facts      []Fact
	Notice     string // alarms still count, a dry run, what a tool did not say
	Figure     template.HTML
	Caption    string
	Checks     []CheckRow
	Said       string // who said what it showed
	Prepare    []string
	Book       []string
	Expected   []string
	Alarms     []AlarmWords
	Silent     []string
	Incidents  []AlarmWords
	Learned    []LinkWords
	Notes      StepNotes
	Judge      *Form
	Write      *Form
	Runs       []RunLine
	Before     string // address of the run before
	After      string
	MayOpen    bool // may open a COE from it
}

// RunOf is the page of RunPage.
var RunOf = page[RunPage]("run.html")

// StepNotes are the notes of the four steps, line by line.
type StepNotes struct{ Prepare, Detect, Respond, Learn []string }

// CheckRow is one line of hypothesis and result.
type CheckRow struct {
	Name, Expected, Before, Seen string
	Result                       Mark
}

// AlarmWords is an alarm that fired: "index-errors", "10:02, 2 min in".
type AlarmWords struct {
	Name, Href, When string
	Expected         bool
}

// NewRun fills the page. Forms are added by the caller.
func NewRun(f Frame, r evidence.Run, links map[int64][]coe.ItemLink, proofs []coe.RunProof, n EvidenceNames) RunPage {
	d := r.Details()
	p := RunPage{Frame: f, ID: r.ID, Outcome: RunMark(&r.Item), Source: sourceWords(&r.Item), Heading: cmp.Or(r.Title, r.Definition, r.ExternalID), Hypothesis: d.Hypothesis}
	p.Runs = runLines(r.Runs, r.ID, links, proofs, n)
	p.Eyebrow = "A run without an experiment"
	if x := r.Experiment; x != nil {
		p.Up, p.Heading = fmt.Sprintf("/experiments/%d", x.ID), x.Name
		p.Hypothesis = cmp.Or(x.Hypothesis, d.Hypothesis)
		p.Prepare, p.Book, p.Expected = lines(x.SteadyState), lines(x.RunBook), x.Expected()
		for i, l := range p.Runs {
			if !l.Here {
				continue
			}
			p.Eyebrow = fmt.Sprintf("Run %d of %d", l.N, len(p.Runs))
			if i+1 < len(p.Runs) {
				p.Before = p.Runs[i+1].Href
			}
			if i > 0 {
				p.After = p.Runs[i-1].Href
			}
		}
	}
	p.Facts = known(
		Fact{"Target", targetOf(r, n)}, Fact{"Fault", faultWords(d.Faults)}, Fact{"Ran", n.span(r.StartedAt, r.EndedAt)}, Fact{"Stop condition", guardWords(d.Guards, n)},
		Fact{"Taken away by", strings.Join(d.Recovery, ", ")}, Fact{"Started by", d.Initiator},
	)
	p.Notice, p.Said = runNotice(r, n), saidWords(r, n)
	p.Checks = checkRows(d.SteadyState)
	p.Figure, p.Caption = runFigure(r, n)
	p.Alarms, p.Silent = firedWords(r, n), r.Silent
	for _, i := range r.Incidents {
		p.Incidents = append(p.Incidents, AlarmWords{Name: cmp.Or(i.Title, i.ExternalID), When: incidentWords(i, r.Responses[i.ID], n)})
	}
	p.Learned = append(itemLinks(links[r.ID]), append(runProofLinks(proofs, r.ID), runProofLinks(proofs, 0)...)...)
	p.Notes = StepNotes{lines(r.Prepare), lines(r.Item.Detect), lines(r.Respond), lines(r.Learn)}
	return p
}

func targetOf(r evidence.Run, n EvidenceNames) string {
	parts := []string{n.serviceFact(r.ServiceID, r.Service), r.Environment, r.Region}
	targets := r.Details().Targets
	for i, t := range targets {
		if i == 3 {
			parts = append(parts, fmt.Sprintf("%d more", len(targets)-i))
			break
		}
		words := clipped(versionWord(t.ID), 60)
		for _, w := range []struct{ name, value string }{{"zone", t.Zone}, {"cell", t.Cell}} {
			if w.value != "" {
				words = strings.TrimSpace(words + " " + w.name + " " + w.value)
			}
		}
		parts = append(parts, cmp.Or(words, t.Kind))
	}
	var out []string
	for _, w := range parts {
		if w != "" {
			out = append(out, w)
		}
	}
	return strings.Join(out, ", ")
}

func faultWords(list []evidence.Fault) string {
	var out []string
	for i, f := range list {
		if i == 3 {
			return strings.Join(out, "; ") + fmt.Sprintf("; %d more", len(list)-i)
		}
		out = append(out, strings.TrimSpace(f.Action+" "+clipped(f.Params, 80)))
	}
	return strings.Join(out, "; ")
}

func guardWords(list []evidence.Guard, n EvidenceNames) string {
	var out []string
	for _, g := range list {
		words := g.Name + ", not reached"
		if g.FiredAt != nil {
			words = g.Name + ", reached " + g.FiredAt.In(n.Zone).Format("15:04")
		}
		out = append(out, words)
	}
	return strings.Join(out, "; ")
}

func runNotice(r evidence.Run, n EvidenceNames) string {
	var out []string
	if r.DryRun {
		out = append(out, "This was a dry run: no fault was injected, and it proves nothing.")
	}
	if r.SettleUntil != nil && !r.Settled && r.SettleUntil.After(n.Now) {
		out = append(out, "Alarms until "+r.SettleUntil.In(n.Zone).Format("15:04")+" still belong to it.")
	}
	if r.Gap {
		out = append(out, "Its beginning was not reported.")
	}
	if reason := r.Details().Reason; reason != "" {
		out = append(out, "The tool says: "+clipped(reason, 300))
	}
	return strings.Join(out, " ")
}

// saidWords says who judged the run.
func saidWords(r evidence.Run, n EvidenceNames) string {
	if r.Outcome == "" {
		if r.ToolOutcome == "" || r.ToolOutcome == evidence.Unknown {
			return "The tool does not say what it showed. Somebody who was there has to."
		}
		return "So says the tool."
	}
	words := OutcomeWord(r.Outcome) + ", says " + n.person(r.OutcomeBy)
	if r.OutcomeAt != nil {
		words += " on " + r.OutcomeAt.In(n.Zone).Format("Mon 2 Jan 2006")
	}
	if r.OutcomeNote != "" {
		words += ": " + r.OutcomeNote
	}
	if r.ToolOutcome != "" && r.ToolOutcome != r.Outcome {
		words += " (the tool said: " + strings.ToLower(OutcomeWord(r.ToolOutcome)) + ")"
	}
	return words
}

func checkRows(list []evidence.Check) []CheckRow {
	var out []CheckRow
	for _, c := range list {
		row := CheckRow{Name: c.Name, Expected: rangeWords(c.Expected), Before: c.Before, Seen: c.After, Result: Mark{"open", "Not said"}}
		if c.Met != nil && *c.Met {
			row.Result = Mark{"held", "Held"}
		} else if c.Met != nil {
			row.Result = Mark{"failed", "Deviated"}
		}
		out = append(out, row)
	}
	return out
}

// rangeWords writes the ranges of the Chaos Toolkit as people do: 0 to 30.
func rangeWords(s string) string {
	var r struct{ Range []json.Number }
	list := []json.Number{}
	if json.Unmarshal([]byte(s), &r) == nil {
		list = r.Range
	} else if json.Unmarshal([]byte(s), &list) != nil {
		return s
	}
	if len(list) != 2 {
		return s
	}
	return list[0].String() + " to " + list[1].String()
}

func firedWords(r evidence.Run, n EvidenceNames) []AlarmWords {
	var out []AlarmWords
	for _, a := range r.Alarms {
		w := AlarmWords{Name: cmp.Or(a.Title, a.ExternalID), Href: fmt.Sprintf("/alarms/%d", a.ID), When: a.At.In(n.Zone).Format("15:04"), Expected: a.Expected}
		if r.StartedAt != nil {
			w.When += ", " + briefly(a.At.Sub(*r.StartedAt)) + " in"
		}
		out = append(out, w)
	}
	return out
}

// incidentWords tell the steps of an incident: "10:02 triggered, 10:04
// acknowledged by Ana, 10:30 resolved".
func incidentWords(i evidence.Item, steps []evidence.Response, n EvidenceNames) string {
	var out []string
	for k, s := range steps {
		if k == 12 {
			out = append(out, fmt.Sprintf("%d more steps", len(steps)-k))
			break
		}
		words := s.At.In(n.Zone).Format("15:04") + " " + strings.ReplaceAll(s.What, "_", " ")
		if s.Who != "" {
			words += " by " + s.Who
		}
		out = append(out, words)
	}
	if len(out) == 0 {
		return i.State
	}
	return strings.Join(out, ", ")
}

// runFigure draws the run, its faults and the alarms on one axis.
func runFigure(r evidence.Run, n EvidenceNames) (template.HTML, string) {
	if r.StartedAt == nil {
		return "", ""
	}
	end := n.Now
	if u := r.Until(); u != nil {
		end = *u
	}
	a, ok := NewFigureAxis(n.Zone, *r.StartedAt, end)
	if !ok || !end.After(*r.StartedAt) {
		return "", ""
	}
	f := FigureEvent{ID: "run", Axis: a, From: *r.StartedAt, To: end}
	if r.EndedAt != nil {
		f.To = *r.EndedAt
		f.Spans = append(f.Spans, FigureSpan{Name: "Run", From: *r.StartedAt, To: *r.EndedAt})
	}
	what := "run"
	if from, to := faultTimes(r.Details().Faults); from != nil && to != nil && to.After(*from) {
		f.From, f.To, what = *from, *to, "fault"
		f.Spans = append(f.Spans, FigureSpan{Name: "Fault", From: *from, To: *to})
	}
	if r.EndedAt != nil && r.SettleUntil != nil {
		f.Spans = append(f.Spans, FigureSpan{Name: "Settle", From: *r.EndedAt, To: *r.SettleUntil})
	}
	f.Moments = []FigureMoment{{N: 1, At: f.From, Label: what + " starts"}}
	for i, al := range r.Alarms {
		if i == 6 {
			break
		}
		f.Moments = append(f.Moments, FigureMoment{N: i + 2, At: al.At, Label: "alarm " + cmp.Or(al.Title, al.ExternalID)})
	}
	var words []string
	for _, m := range f.Moments {
		words = append(words, fmt.Sprintf("%d %s", m.N, m.Label))
	}
	return f.SVG(), strings.Join(words, ", ") + ". Shaded: while the " + what + " lasted."
}

// faultTimes gives the beginning of the first fault and the end of the last.
func faultTimes(list []evidence.Fault) (from, to *time.Time) {
	for _, f := range list {
		if f.StartedAt != nil && (from == nil || f.StartedAt.Before(*from)) {
			from = f.StartedAt
		}
		if f.EndedAt != nil && (to == nil || f.EndedAt.After(*to)) {
			to = f.EndedAt
		}
	}
	return from, to
}

// JudgeForm lets a person say what a run showed.
func JudgeForm(r *evidence.Item) Form {
	f := Form{Action: fmt.Sprintf("/runs/%d/outcome", r.ID), Submit: "Save what it showed", Version: r.Version}
	choice := Field{Kind: "select", Name: "outcome", Label: "What did it show?", Options: []Option{{Label: "what the tool says: " + strings.ToLower(OutcomeWord(r.ToolOutcome))}}}
	for _, o := range Outcomes() {
		choice.Options = append(choice.Options, Option{Value: string(o), Label: OutcomeWord(o), Selected: o == r.Outcome})
	}
	f.Fields = []Field{choice, {Kind: "text", Name: "note", Label: "What you saw", Hint: "One line. It stands beside the outcome.", Value: r.OutcomeNote, Auto: "off"}}
	return f
}

// NotesForm takes the notes of the four steps.
func NotesForm(r *evidence.Item, draft string) Form {
	return Form{Action: fmt.Sprintf("/runs/%d/notes", r.ID), Submit: "Save the notes", Version: r.Version, Draft: draft, Fields: []Field{
		{Kind: "area", Name: "prepare", Label: "Prepare", Value: r.Prepare, Rows: 3},
		{Kind: "area", Name: "detect", Label: "Detect", Value: r.Detect, Rows: 3},
		{Kind: "area", Name: "respond", Label: "Respond", Hint: "Who did what, and when.", Value: r.Respond, Rows: 3},
		{Kind: "area", Name: "learn", Label: "Learn", Value: r.Learn, Rows: 3},
	}}
}
