package templates

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"coetracker/coe"
	"coetracker/evidence"
	"coetracker/people"
)

// EvidenceNames is what pages about experiments, deployments and alarms need to
// name what they show.
type EvidenceNames struct {
	Services map[int64]string
	People   map[int64]string
	Zone     *time.Location
	Now      time.Time
}

func (n EvidenceNames) service(id *int64, tool string) string {
	if id != nil && n.Services[*id] != "" {
		return n.Services[*id]
	}
	return tool
}

// serviceFact also says that what a tool names is no service here yet.
func (n EvidenceNames) serviceFact(id *int64, tool string) string {
	if name := n.service(id, ""); name != "" || tool == "" {
		return name
	}
	return tool + ", unmatched"
}

func (n EvidenceNames) person(id *int64) string {
	if id == nil {
		return ""
	}
	return cmp.Or(n.People[*id], "a former member")
}

func (n EvidenceNames) when(t *time.Time) string {
	if t == nil {
		return "time not known"
	}
	return t.In(n.Zone).Format("Mon 2 Jan 2006, 15:04")
}

// span says when something ran, its end with the day where that is another.
func (n EvidenceNames) span(from, to *time.Time) string {
	if from == nil {
		return "time not known"
	}
	if to == nil {
		return n.when(from) + ", not ended"
	}
	a, b := from.In(n.Zone), to.In(n.Zone)
	if people.DayOf(a, n.Zone) == people.DayOf(b, n.Zone) {
		return a.Format("Mon 2 Jan 2006, 15:04") + " to " + b.Format("15:04")
	}
	return a.Format("Mon 2 Jan 2006, 15:04") + " to " + b.Format("Mon 2 Jan, 15:04")
}

// planDay writes the day of a plan with how far away it is.
func (n EvidenceNames) planDay(day people.Day) string {
	if day == "" {
		return ""
	}
	today := people.DayOf(n.Now, n.Zone)
	words := day.Time().Format("Mon 2 Jan 2006")
	switch d := day.Sub(today); {
	case d == 0:
		return words + ", today"
	case d == 1:
		return words + ", tomorrow"
	case d > 1:
		return fmt.Sprintf("%s, in %d days", words, d)
	case d == -1:
		return words + ", yesterday"
	default:
		return fmt.Sprintf("%s, %d days ago", words, -d)
	}
}

// OutcomeWord says what an experiment showed.
func OutcomeWord(o evidence.Outcome) string {
	switch o {
	case evidence.Held:
		return "Held"
	case evidence.Deviated:
		return "Deviated"
	case evidence.Halted:
		return "Stopped by its own guard"
	case evidence.Aborted:
		return "Aborted by somebody"
	case evidence.Errored:
		return "The tool failed, no fault was injected"
	case evidence.Inconclusive:
		return "Inconclusive"
	}
	return "Nobody has judged it yet"
}

// Outcomes lists what a person may say that a run showed.
func Outcomes() []evidence.Outcome {
	return []evidence.Outcome{evidence.Held, evidence.Deviated, evidence.Halted, evidence.Aborted, evidence.Errored, evidence.Inconclusive, evidence.Unknown}
}

// RunMark is a run's outcome as a page shows it, or that it still runs. A dry
// run says so.
func RunMark(i *evidence.Item) Mark { return dry(i, runMark(i)) }

// dry marks what was only tried.
func dry(i *evidence.Item, m Mark) Mark {
	if i.DryRun {
		m.Label += ", dry run"
	}
	return m
}

func runMark(i *evidence.Item) Mark {
	words := OutcomeWord(i.Showed())
	switch i.Showed() {
	case evidence.Held:
		return Mark{"held", words}
	case evidence.Deviated, evidence.Halted:
		return Mark{"failed", words}
	case evidence.Aborted:
		return Mark{"declined", words}
	case evidence.Errored:
		return Mark{"blocked", words}
	}
	if !i.Rank.Ended() && i.EndedAt == nil {
		return Mark{"progress", "Running"}
	}
	return Mark{"open", words}
}

// ItemMark is where a deployment, a rollback, an alarm or an incident stands. A
// dry run says so.
func ItemMark(i *evidence.Item) Mark { return dry(i, itemMark(i)) }

func itemMark(i *evidence.Item) Mark {
	word := strings.ReplaceAll(i.State, "_", " ")
	if word == "" {
		word = "unknown"
	}
	word = strings.ToUpper(word[:1]) + word[1:]
	flat := strings.NewReplacer(" ", "", "_", "", "-", "").Replace(strings.ToLower(i.State))
	bad := []string{"failed", "failure", "error", "errored", "degraded", "rolledback", "rollbackfailed", "firing", "alarm", "triggered"}
	switch {
	case i.Type == evidence.TypeDeployment && i.UndoneByID != nil:
		if flat != "rolledback" {
			word += ", rolled back"
		}
		return Mark{"failed", word}
	case slices.Contains(bad, flat):
		return Mark{"failed", word}
	case flat == "unknown" || flat == "":
		return Mark{"declined", word}
	case !i.Rank.Ended():
		return Mark{"progress", word}
	}
	return Mark{"held", word}
}

// ToolWord names a tool as people know it.
func ToolWord(tool string) string {
	names := map[string]string{
		"fis": "AWS FIS", "chaostoolkit": "Chaos Toolkit", "litmus": "LitmusChaos", "chaosmesh": "Chaos Mesh", "gremlin": "Gremlin", "chaosmonkey": "Chaos Monkey", "steadybit": "Steadybit",
		"ecs": "Amazon ECS", "codedeploy": "AWS CodeDeploy", "codepipeline": "AWS CodePipeline", "argorollouts": "Argo Rollouts", "argocd": "Argo CD", "flagger": "Flagger", "flux": "Flux",
		"spinnaker": "Spinnaker", "github": "GitHub", "gitlab": "GitLab", "cdevents": "CDEvents", "datadog": "Datadog", "generic": "our own format", "cloudwatch": "CloudWatch",
		"alertmanager": "Alertmanager", "grafana": "Grafana", "pagerduty": "PagerDuty", "opsgenie": "Opsgenie",
		"prometheus": "Prometheus", "otlp": "OpenTelemetry (OTLP)", "csv": "CSV",
	}
	return cmp.Or(names[tool], tool, "no tool")
}

// sourceWords says where an item comes from: the tool, and its short name there.
func sourceWords(i *evidence.Item) string {
	id := i.ExternalID
	if strings.HasPrefix(id, "arn:") {
		id = id[strings.LastIndexAny(id, "/:")+1:]
	}
	if len(id) >= 32 && !strings.ContainsFunc(id, func(r rune) bool { return !strings.ContainsRune("0123456789abcdef", r) }) {
		id = id[:8] // a sum: nobody reads more of it
	}
	return strings.TrimSuffix(ToolWord(i.Tool)+", "+clipped(id, 60), ", ")
}

// EvidenceViews are the tabs of all pages about evidence. here is the address of
// the current one.
func EvidenceViews(here string, unmatched int, admin bool) []ViewLink {
	views := []ViewLink{
		{Label: "Experiments", Href: "/experiments"},
		{Label: "Deployments", Href: "/deployments"},
		{Label: "Alarms", Href: "/alarms"},
		{Label: "Unmatched", Href: "/evidence"},
		{Label: "Coverage", Href: "/coverage"},
	}
	if unmatched > 0 {
		views[3].Count = itoa(unmatched)
	}
	if admin {
		views = append(views, ViewLink{Label: "Sources", Href: "/sources"})
	}
	for i := range views {
		views[i].Here = views[i].Href == here
	}
	return views
}

// LinkWords is a link with the words before and after it.
type LinkWords struct{ Before, Text, Href, After string }

// itemLinks names the COEs that an item belongs to.
func itemLinks(list []coe.ItemLink) []LinkWords {
	var out []LinkWords
	for _, l := range list {
		before := map[string]string{
			"revealed_by": "revealed", "reproduces": "reproduced in", "verifies": "verifies", "caused_by": "caused", "fixed_by": "fixed", "rolled_back_by": "rolled back in",
		}[l.Relation]
		if before == "" && l.Role == "dismissed" {
			before = "not to blame for"
		}
		out = append(out, LinkWords{Before: before, Text: l.Name(), Href: fmt.Sprintf("/coes/%d", l.Number), After: clipped(l.Title, 80)})
	}
	return out
}

// runProofLinks names the actions that a run verified or reopened.
func runProofLinks(list []coe.RunProof, runID int64) []LinkWords {
	var out []LinkWords
	for _, r := range list {
		if r.ItemID != runID {
			continue
		}
		l := LinkWords{Before: r.Effect, Text: fmt.Sprintf("A-%d of COE-%d", r.Number, r.COENumber), Href: fmt.Sprintf("/coes/%d#a%d", r.COENumber, r.Number)}
		if r.ItemID == 0 {
			l.Before, l.After = "is to prove", "not verified by a run yet; a run counts 10 minutes after it ended, when its late alarms are in"
		} else if r.Effect == "" {
			l.Before = "was run for"
		}
		out = append(out, l)
	}
	return out
}

// percent writes a share from 0 to 1.
func percent(share *float64) string {
	if share == nil {
		return ""
	}
	return figureNumber(*share*100) + " %"
}

func minuteWords(m *float64) string {
	if m == nil {
		return ""
	}
	return figureNumber(*m) + " min"
}

func yesNo(b *bool, yes, no string) string {
	switch {
	case b == nil:
		return ""
	case *b:
		return yes
	}
	return no
}

// Refused reports whether a field of the form was refused.
func (f Form) Refused() bool {
	return slices.ContainsFunc(f.Fields, func(x Field) bool { return x.Error != "" })
}
