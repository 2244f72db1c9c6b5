package templates

import (
	"cmp"
	"fmt"
	"strings"

	"coetracker/coe"
	"coetracker/evidence"
)

// ExperimentsPage lists experiments: what is planned, and what ran.
type ExperimentsPage struct {
	Frame
	Views   []ViewLink
	Planned []ExperimentLine
	Ran     []ExperimentLine
	MayKeep bool
}

// Experiments is the page of ExperimentsPage.
var Experiments = page[ExperimentsPage]("experiments.html")

// ExperimentLine is one experiment in the list.
type ExperimentLine struct {
	Href, Name string
	Under      string
	Service    string
	When       string // of the plan, or of the last run
	WhenHref   string
	Owner      string
	Runs       string
	Outcome    Mark
}

// NewExperiments fills the page.
func NewExperiments(f Frame, rows []evidence.ExperimentRow, n EvidenceNames) ExperimentsPage {
	p := ExperimentsPage{Frame: f}
	for _, r := range rows {
		l := ExperimentLine{Href: fmt.Sprintf("/experiments/%d", r.ID), Name: r.Name, Service: n.service(r.ServiceID, ""), Owner: n.person(r.OwnerID), Under: clipped(r.Hypothesis, 120)}
		l.Runs = plural(r.Runs, "run", "runs")
		if r.DryRuns > 0 {
			l.Runs += ", " + plural(r.DryRuns, "dry run", "dry runs")
		}
		if r.Planned() {
			plan := l
			plan.When = cmp.Or(n.planDay(r.PlannedFor), "no day yet")
			if r.GameDay {
				plan.When += ", game day"
			}
			p.Planned = append(p.Planned, plan)
		}
		if r.Tool != "" || r.Last != nil {
			l.Outcome = Mark{"open", "Only dry runs"}
			if r.Last != nil {
				l.When, l.WhenHref, l.Outcome = n.when(r.Last.StartedAt), fmt.Sprintf("/runs/%d", r.Last.ID), RunMark(r.Last)
			}
			p.Ran = append(p.Ran, l)
		}
	}
	return p
}

// ExperimentPage is one experiment with all its runs.
type ExperimentPage struct {
	Frame
	Views       []ViewLink
	Heading     string
	ID, Version int64
	State       Mark
	Under       string // tool and definition
	Hypothesis  string
	Facts       []Fact
	Steady      []string
	Book        []string
	Expected    []string
	Runs        []RunLine
	Proofs      []LinkWords
	COEs        []LinkWords // that name it under Related
	Matched     bool        // a plan that runs came to by themselves
	MayKeep     bool
}

// Experiment is the page of ExperimentPage.
var Experiment = page[ExperimentPage]("experiment.html")

// RunLine is one run in a table.
type RunLine struct {
	N       int // 1 is the first run
	Href    string
	When    string
	Here    bool
	Outcome Mark
	Note    string
	Belongs []LinkWords
}

// NewExperiment fills the page.
func NewExperiment(f Frame, x evidence.Experiment, runs []evidence.Item, links map[int64][]coe.ItemLink, proofs []coe.RunProof, n EvidenceNames) ExperimentPage {
	p := ExperimentPage{Frame: f, Heading: x.Name, ID: x.ID, Version: x.Version, Hypothesis: x.Hypothesis, Matched: x.Matched()}
	p.Under = "no run has come in"
	if x.Tool != "" {
		p.Under = ToolWord(x.Tool) + ", " + x.Definition
	}
	p.State = Mark{"open", "Planned"}
	for i := range runs {
		if !runs[i].DryRun {
			p.State = RunMark(&runs[i])
			break
		}
	}
	p.Facts = known(
		Fact{"Service", n.service(x.ServiceID, "")}, Fact{"Environment", x.Environment},
		Fact{yesNo(&x.GameDay, "Game day", "Planned for"), n.planDay(x.PlannedFor)}, Fact{"Owner", n.person(x.OwnerID)}, Fact{"Rehearses", strings.Join(x.Modes(), ", ")},
	)
	p.Steady, p.Book, p.Expected = lines(x.SteadyState), lines(x.RunBook), x.Expected()
	p.Runs = runLines(runs, 0, links, proofs, n)
	p.Proofs = runProofLinks(proofs, 0)
	return p
}

// ItemLinks names the COEs that something belongs to.
func ItemLinks(list []coe.ItemLink) []LinkWords { return itemLinks(list) }

// known leaves out facts that nobody knows.
func known(facts ...Fact) []Fact {
	var out []Fact
	for _, f := range facts {
		if f.Value != "" {
			out = append(out, f)
		}
	}
	return out
}

// runLines numbers runs from the first on; the list is the latest first.
func runLines(runs []evidence.Item, here int64, links map[int64][]coe.ItemLink, proofs []coe.RunProof, n EvidenceNames) []RunLine {
	var out []RunLine
	for i := range runs {
		r := &runs[i]
		l := RunLine{N: len(runs) - i, Href: fmt.Sprintf("/runs/%d", r.ID), When: n.when(r.StartedAt), Here: r.ID == here, Outcome: RunMark(r), Note: clipped(r.OutcomeNote, 120)}
		l.Belongs = append(runProofLinks(proofs, r.ID), itemLinks(links[r.ID])...)
		out = append(out, l)
	}
	return out
}

// ExperimentForm is the form to plan an experiment, or to change one. modes are
// words that COEs use for what fails.
func ExperimentForm(e evidence.ExperimentEdit, services, owners []Option, modes []string) Form {
	hint := "What it rehearses, in the words of the whys and tags of COEs, separated by commas."
	if len(modes) > 0 {
		hint += " Used so far: " + strings.Join(modes, ", ") + "."
	}
	return Form{Submit: "Save the experiment", Fields: []Field{
		{Kind: "text", Name: "name", Label: "Name", Hint: "The name that the tool will use: the run that arrives is matched by it.", Value: e.Name, Required: true, Auto: "off"},
		{Kind: "select", Name: "service", Label: "Service", Options: services},
		{Kind: "text", Name: "environment", Label: "Environment", Value: e.Environment, Size: 20, Auto: "off"},
		{Kind: "area", Name: "hypothesis", Label: "Hypothesis", Hint: "If this fails, then that still holds.", Value: e.Hypothesis, Rows: 3},
		{Kind: "area", Name: "steady_state", Label: "Steady state", Hint: "What is measured and what is expected, one a line.", Value: e.SteadyState, Rows: 4},
		{Kind: "area", Name: "run_book", Label: "Run book", Hint: "How it is run and how it is stopped, a step a line.", Value: e.RunBook, Rows: 5},
		{Kind: "area", Name: "expected_alarms", Label: "Alarms that should fire", Hint: "Their names, one a line.", Value: e.ExpectedAlarms, Rows: 3},
		{Kind: "text", Name: "failure_mode", Label: "Failure mode", Hint: hint, Value: e.FailureMode, Auto: "off"},
		{Kind: "select", Name: "owner", Label: "Owner", Options: owners},
		{Kind: "date", Name: "planned_for", Label: "Day of the next run", Hint: "A run of the service on that day, or a day before or after it, is matched to this plan when no other plan fits.", Value: string(e.PlannedFor), Size: 14},
		{Kind: "check", Name: "game_day", Label: "It is a game day: people practise, not only machines", Checked: e.GameDay},
	}}
}

// ExperimentFacts is what an experiment says, to compare with what was typed.
func ExperimentFacts(x evidence.Experiment, n EvidenceNames) []Fact {
	return known(
		Fact{"Theirs: name", x.Name}, Fact{"Service", n.service(x.ServiceID, "")}, Fact{"Environment", x.Environment}, Fact{"Hypothesis", x.Hypothesis}, Fact{"Steady state", x.SteadyState},
		Fact{"Run book", x.RunBook}, Fact{"Alarms that should fire", x.ExpectedAlarms}, Fact{"Failure mode", x.FailureMode}, Fact{"Owner", n.person(x.OwnerID)}, Fact{"Day of the next run", string(x.PlannedFor)},
	)
}
