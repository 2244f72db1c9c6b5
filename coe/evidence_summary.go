package coe

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"coetracker/evidence"
)

// summary is the first text of a document opened from an item: what was
// expected against what came out, in Markdown that people rewrite.
func (o *opening) summary() string {
	b := &strings.Builder{}
	if o.subject.Type == evidence.TypeExperiment {
		o.runSummary(b)
	} else {
		o.changeSummary(b)
	}
	return strings.TrimSpace(b.String())
}

func (o *opening) runSummary(b *strings.Builder) {
	i, d := &o.subject, o.subject.Details()
	fmt.Fprintf(b, "The experiment “%s” %s ran on %s%s. It %s.", plain(name(i)), code(i.ExternalID), plain(o.place()), o.times(), outcomeWord(i.Showed()))
	if d.Reason != "" {
		fmt.Fprintf(b, " The tool says: %s", plain(clipTo(d.Reason, 500)))
	}
	b.WriteString("\n\n| Expected | Result |\n| --- | --- |\n")
	fmt.Fprintf(b, "| %s | %s |\n", cell(cmp.Or(d.Hypothesis, o.hypothesis(), "No hypothesis was written down")), cell("It "+outcomeWord(i.Showed())+noted(i.OutcomeNote)))
	for n, c := range d.SteadyState {
		if n < 30 {
			fmt.Fprintf(b, "| %s | %s |\n", cell(joined(": ", c.Name, c.Expected)), cell(checkResult(c)))
		}
	}
	if len(d.SteadyState) == 0 && o.experiment != nil && o.experiment.SteadyState != "" {
		fmt.Fprintf(b, "| %s | %s |\n", cell("Steady state: "+o.experiment.SteadyState), cell("not measured by the tool"))
	}
	b.WriteString("\n")
	o.facts(b, []fact{
		{"Targets", targetLines(d.Targets)},
		{"Faults", faultLines(d.Faults)},
		{"Guards", o.guards(d.Guards)},
		{"Alarms that fired", itemNames(o.alarms)},
		{"Taken back by", plains(d.Recovery)},
		{"Where", plains(where(i))},
	})
}

func (o *opening) hypothesis() string {
	if o.experiment == nil {
		return ""
	}
	return o.experiment.Hypothesis
}

func noted(note string) string {
	if note == "" {
		return ""
	}
	return ": " + note
}

// checkResult says what a probe measured.
func checkResult(c evidence.Check) string {
	met := ""
	if c.Met != nil && *c.Met {
		met = "met"
	} else if c.Met != nil {
		met = "not met"
	}
	out := joined(", ", met, prefixed("before: ", c.Before), prefixed("after: ", c.After))
	return cmp.Or(out, "not said")
}

func prefixed(before, s string) string {
	if s == "" {
		return ""
	}
	return before + s
}

func joined(by string, list ...string) string {
	var out []string
	for _, s := range list {
		if s != "" {
			out = append(out, s)
		}
	}
	return strings.Join(out, by)
}

// cell is a tool's text in a cell of a table.
func cell(s string) string { return plain(clipTo(strings.Join(strings.Fields(s), " "), 300)) }

func (o *opening) changeSummary(b *strings.Builder) {
	i := &o.subject
	fmt.Fprintf(b, "%s was rolled back%s", plain(o.place()), o.times())
	if names := o.alarmNames(); len(names) > 0 {
		fmt.Fprintf(b, " after the alarm %s", code(names[0]))
	}
	b.WriteString(".")
	if reason := cmp.Or(i.Details().Reason, o.badReason()); reason != "" {
		fmt.Fprintf(b, " The tool says: %s", plain(clipTo(reason, 500)))
	}
	b.WriteString("\n\n| Expected | Result |\n| --- | --- |\n")
	expected := "The deployment goes through and stays"
	if v := o.badVersion(); v != "" {
		expected = "The deployment of " + shortVersion(v) + " goes through and stays"
	}
	fmt.Fprintf(b, "| %s | %s |\n\n", cell(expected), cell("It was taken back"+o.after()))
	o.facts(b, []fact{
		{"Versions", one1(o.versionWords())},
		{"Alarm", codeList(o.alarmNames())},
		{"Rolled back", one1(o.byWhom())},
		{"Reached", o.reach()},
		{"Times", o.minutes()},
	})
}

func (o *opening) badReason() string {
	if o.bad == nil {
		return ""
	}
	return o.bad.Details().Reason
}

// after says how long the bad version lived.
func (o *opening) after() string {
	if o.toRollback == nil {
		return ""
	}
	return " " + span(*o.toRollback) + " after it began"
}

// versionWords tells both ways: out, and back.
func (o *opening) versionWords() string {
	var out []string
	if o.bad != nil && Versions(o.bad) != "" {
		out = append(out, "out: "+code(Versions(o.bad)))
	}
	if v := Versions(&o.subject); v != "" && o.subject.Type == evidence.TypeRollback {
		out = append(out, "back: "+code(v))
	} else if v != "" {
		out = append(out, code(v))
	}
	return strings.Join(out, ", ")
}

func (o *opening) byWhom() string {
	r, who := o.subject.Reached(), o.subject.Details().Initiator
	words := ""
	if r.Automatic != nil && *r.Automatic {
		words = "automatically"
	} else if r.Automatic != nil {
		words = "by hand"
	}
	return joined(", ", words, prefixed("trigger: ", plain(o.subject.Cause)), prefixed("started by ", plain(who)))
}

// reach is how far the bad deployment had come.
func (o *opening) reach() []string {
	i := &o.subject
	if o.bad != nil {
		i = o.bad
	}
	out := plains(where(i))
	r := i.Reached()
	if own := o.subject.Reached(); r.Share == nil {
		r.Share = own.Share
	}
	if r.Share != nil {
		out = append(out, percent(*r.Share)+" of the fleet")
	}
	if r.BakeMinutes != nil {
		out = append(out, "baked "+digits(*r.BakeMinutes)+" min")
	}
	return out
}

// minutes are the times from the bad deployment to alarm and rollback.
func (o *opening) minutes() []string {
	var out []string
	if o.toAlarm != nil {
		out = append(out, span(*o.toAlarm)+" from the deployment to the alarm")
	}
	if o.toAlarm != nil && o.toRollback != nil && *o.toRollback >= *o.toAlarm {
		out = append(out, span(*o.toRollback-*o.toAlarm)+" from the alarm to the rollback")
	} else if o.toRollback != nil {
		out = append(out, span(*o.toRollback)+" from the deployment to the rollback")
	}
	return out
}

// times says when the subject happened, in the document's zone.
func (o *opening) times() string {
	from, to := o.subject.StartedAt, o.subject.EndedAt
	if from == nil {
		return ""
	}
	loc := zoneOf(o.zone)
	a := from.In(loc)
	if to == nil || to.Before(*from) {
		return a.Format(" on Mon 2 Jan 2006 at 15:04 MST")
	}
	b := to.In(loc)
	if a.Format(time.DateOnly) == b.Format(time.DateOnly) {
		return a.Format(" on Mon 2 Jan 2006, 15:04") + b.Format(" to 15:04 MST")
	}
	return a.Format(" from Mon 2 Jan 2006 15:04") + b.Format(" to Mon 2 Jan 15:04 MST")
}

// fact is a line of the list below the table.
type fact struct {
	name   string
	values []string
}

func (o *opening) facts(b *strings.Builder, list []fact) {
	for _, f := range list {
		if len(f.values) > 0 {
			fmt.Fprintf(b, "- **%s:** %s\n", f.name, strings.Join(f.values, "; "))
		}
	}
}

func one1(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

func codeList(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = code(n)
	}
	return out
}

func itemNames(items []evidence.Item) []string {
	var out []string
	for i := range items {
		out = append(out, code(name(&items[i])))
	}
	return out
}

// targetLines are at most ten of what the fault reached, the rest counted.
func targetLines(list []evidence.Target) []string {
	var out []string
	for n, t := range list {
		if n == 10 {
			return append(out, fmt.Sprintf("and %d more", len(list)-n))
		}
		what := joined(" ", t.Kind, t.ID)
		out = append(out, joined(", ", prefixedCode(what), plain(t.Region), named("zone", plain(t.Zone)), named("cell", plain(t.Cell)),
			prefixed("cluster ", plain(t.Cluster)), prefixed("namespace ", plain(t.Namespace))))
	}
	return out
}

func prefixedCode(s string) string {
	if s == "" {
		return ""
	}
	return code(s)
}

func faultLines(list []evidence.Fault) []string {
	var out []string
	for n, f := range list {
		if n == 10 {
			return append(out, fmt.Sprintf("and %d more", len(list)-n))
		}
		out = append(out, joined(" ", code(f.Action), prefixedCode(clipTo(f.Params, 200)), bracketed(f.State)))
	}
	return out
}

func bracketed(s string) string {
	if s == "" {
		return ""
	}
	return "(" + plain(s) + ")"
}

func (o *opening) guards(list []evidence.Guard) []string {
	var out []string
	for _, g := range list {
		when := "did not fire"
		if g.FiredAt != nil {
			when = "fired at " + g.FiredAt.In(zoneOf(o.zone)).Format("15:04")
		}
		out = append(out, joined(" ", plain(g.Kind), code(g.Name), "("+when+")"))
	}
	return out
}
