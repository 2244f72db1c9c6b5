package evidence

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
	"time"
)

// chaosToolkitTool reads the Chaos Toolkit: what its HTTP channel posts, its
// journals, and experiments that have not run.
func chaosToolkitTool() tool {
	return tool{name: "chaostoolkit", knows: knowsChaosToolkit, read: readChaosToolkit}
}

// maxLasting bounds the seconds that a run may have lasted.
const maxLasting = 400 * 24 * 3600

var toolkitEvent = regexp.MustCompile(`^(run|validate|init|discover|discovery)-[a-z]+$`)

func knowsChaosToolkit(m message) bool {
	doc := m.doc
	return isToolkitPost(doc) || isJournal(doc) || isToolkitExperiment(doc) || isToolkitSchema(doc) || isDiscovery(doc)
}

func isToolkitPost(doc node) bool {
	return doc.has("name", "payload") && (doc.has("phase") || doc.has("ts")) && toolkitEvent.MatchString(doc.at("name").str())
}

func isJournal(doc node) bool {
	return doc.at("experiment").has("title") && doc.has("status") && (doc.has("run") || doc.has("steady_states") || doc.has("chaoslib-version"))
}

func isToolkitExperiment(doc node) bool {
	return doc.at("title").str() != "" && (doc.at("method").isList() || doc.has("steady-state-hypothesis")) && !doc.has("$schema")
}

func isToolkitSchema(doc node) bool {
	return doc.has("$schema") && doc.at("properties").has("method", "title")
}

func isDiscovery(doc node) bool {
	return doc.has("activities") && (doc.has("chaoslib_version") || doc.has("chaoslib-version"))
}

func readChaosToolkit(m message, out *result) {
	doc := m.doc
	switch {
	case isToolkitPost(doc):
		readToolkitPost(doc, out)
	case isJournal(doc):
		addNamed(out, journal(doc, "journal"), doc.at("experiment", "title").str(), doc.at("start").str())
	case isToolkitExperiment(doc):
		out.add(toolkitDefinition(doc))
	default:
		out.ignore("", "")
	}
}

func readToolkitPost(doc node, out *result) {
	name, payload := doc.at("name").str(), doc.at("payload")
	if isJournal(payload) {
		r := journal(payload, name)
		if at := doc.at("ts").time(); at != nil {
			r.OccurredAt = *at
		}
		addNamed(out, r, r.Title, payload.at("start").str())
		return
	}
	event, isRun := strings.CutPrefix(name, "run-")
	if !isRun || !payload.has("title") {
		out.ignore("", name)
		return
	}
	out.add(toolkitStart(doc, event))
}

// toolkitStart reads a post that carries the experiment alone. It names neither
// the beginning of the run nor the machine, so that its key is of its own; the
// run it belongs to is the one of the same definition that begins just after.
func toolkitStart(doc node, event string) Record {
	payload, ts := doc.at("payload"), doc.at("ts")
	r := Record{Type: TypeExperiment, State: event, SubjectKey: "run of " + sha(payload.at("title").str()+ts.str()), StartedAt: ts.time()}
	r.DedupeKey = sha(doc.at("name").str() + payload.at("title").str() + ts.str())
	switch event {
	case "failed":
		r.Outcome = Errored
	case "interrupted":
		r.Outcome = Aborted
	}
	if event != "started" {
		r.StartedAt, r.EndedAt = nil, r.StartedAt
	}
	toolkitPlan(&r, payload)
	r.Detail.Faults = toolkitFaults(payload.at("method"))
	r.Detail.Reason = clipped(doc.at("error").str(), 2*maxParam)
	return r
}

func toolkitDefinition(e node) Record {
	r := Record{Type: TypeExperiment, State: statePlanned, SubjectKey: "definition " + sha(e.at("title").str())}
	toolkitPlan(&r, e)
	r.Detail.SteadyState = toolkitChecks(e, node{})
	r.Detail.Faults = toolkitFaults(e.at("method"))
	return r
}

// journal reads a journal, and the posts that carry one: of one run they have
// one subject key.
func journal(j node, event string) Record {
	e, start, where := j.at("experiment"), j.at("start").str(), j.at("node").str()
	title := e.at("title").str()
	id := sha(title + start + where)
	r := Record{
		Type: TypeExperiment, ExternalID: id, SubjectKey: id, DedupeKey: sha(event + start + where + title),
		State: j.at("status").lower(), StartedAt: j.at("start").time(), EndedAt: j.at("end").time(),
	}
	if lasted, ok := j.at("duration").num(); ok && r.EndedAt == nil && r.StartedAt != nil && lasted >= 0 && lasted < maxLasting {
		end := r.StartedAt.Add(time.Duration(lasted * float64(time.Second))).Truncate(time.Microsecond)
		r.EndedAt = &end
	}
	toolkitPlan(&r, e)
	r.Outcome = journalOutcome(j)
	if r.DryRun && r.Outcome == Held { // nothing was broken, so nothing was shown
		r.Outcome = Inconclusive
	}
	if r.Outcome == Deviated {
		r.Rank = RankRefined
	}
	r.Detail.SteadyState = toolkitChecks(e, j.at("steady_states"))
	r.Detail.Faults, r.Detail.Reason = journalFaults(j)
	for _, b := range j.at("rollbacks").list() {
		r.Detail.Recovery = append(r.Detail.Recovery, strings.TrimSpace(b.at("activity", "name").str()+" "+b.at("status").str()))
	}
	if len(r.Detail.Faults) == 0 {
		r.Detail.Faults = toolkitFaults(e.at("method"))
	}
	return r
}

func sha(s string) string {
	h := sha256.Sum256([]byte(s))
	return hex.EncodeToString(h[:])
}

// journalOutcome tells what a run showed. The status alone does not: it says
// completed of runs that deviated, that never began and whose action failed.
func journalOutcome(j node) Outcome {
	before, after := j.at("steady_states", "before"), j.at("steady_states", "after")
	status := j.at("status").lower()
	switch {
	case j.at("deviated").truth():
		return Deviated
	case unmet(before):
		return Inconclusive
	case unmet(after) || anyUnmet(j.at("steady_states", "during")): // 2018: deviated is not said
		return Deviated
	case failedAction(j).isObject():
		return Errored
	case status == "interrupted" || status == "aborted":
		return Aborted
	case status == "failed":
		return Errored
	case status != "completed":
		return Unknown
	case !before.isObject() && !after.isObject() || len(before.at("probes").list())+len(after.at("probes").list()) == 0:
		return Inconclusive
	}
	return Held
}

func unmet(state node) bool { return state.at("steady_state_met").lower() == "false" }

func anyUnmet(states node) bool {
	for _, s := range states.list() {
		if unmet(s) {
			return true
		}
	}
	return false
}

func failedAction(j node) node {
	for _, step := range j.at("run").list() {
		if step.at("activity", "type").str() == "action" && step.at("status").lower() == "failed" {
			return step
		}
	}
	return node{}
}

// toolkitPlan reads what an experiment says of itself. Tags such as
// service:checkout are a convention.
func toolkitPlan(r *Record, e node) {
	tags, config := tagList(e.at("tags").strs()), e.at("configuration")
	r.Title = e.at("title").str()
	r.Definition = r.Title
	r.Service = named(tags, serviceTags[:len(serviceTags)-1]...)
	r.Environment = cmp.Or(named(tags, environmentTags...), named(config, environmentTags...))
	zone := named(tags, zoneTags...)
	r.Region = cmp.Or(named(tags, "region"), named(config, "region", "aws_region"), regionOfZone(zone))
	dry := e.at("dry").lower()
	r.DryRun = dry != "" && dry != "false" && dry != "pause" // of these only pauses are left out
	r.Detail.Hypothesis = cmp.Or(e.at("steady-state-hypothesis", "title").str(), e.at("description").str())
	r.Detail.Targets, r.Names = toolkitTargets(e, Target{Region: r.Region, Zone: zone, Cell: named(tags, cellTags...), Cluster: named(tags, "cluster")})
}

// toolkitTargets gives what the arguments of actions select, else the place the
// tags name.
func toolkitTargets(e node, place Target) (all []Target, names []string) {
	for _, a := range e.at("method").list() {
		args := a.at("provider", "arguments")
		if a.at("type").str() != "action" || !args.isObject() {
			continue
		}
		t := place
		t.Namespace = args.first("ns", "namespace").str()
		t.ID = args.first("name", "label_selector", "deployment_name", "instance_id", "service", "cluster").str()
		if t.ID == "" || strings.Contains(t.ID, "${") {
			continue
		}
		t.Kind = a.at("provider", "module").str()
		all = append(all, t)
		names = append(names, args.first("service", "deployment_name").str())
	}
	if len(all) == 0 && place != (Target{}) {
		all = []Target{place}
	}
	return bounded(all), unique(names...)
}

// toolkitFaults gives the actions of a method that has not run. Early forms hold
// an action under that name.
func toolkitFaults(method node) []Fault {
	var faults []Fault
	for _, step := range method.list() {
		a := step
		if inner := step.at("action"); inner.isObject() {
			a = inner
		} else if step.at("type").str() != "action" {
			continue
		}
		faults = append(faults, toolkitFault(a))
	}
	return faults
}

func toolkitFault(activity node) Fault {
	provider := activity.at("provider")
	f := Fault{Action: activity.first("name", "title").str()}
	args := provider.at("arguments")
	what := cmp.Or(strings.Trim(provider.at("module").str()+"."+provider.at("func").str(), "."), provider.at("path").str(),
		strings.TrimSpace(provider.at("method").str()+" "+withoutUser(provider.at("url").str())))
	if f.Params = params(args); !args.isObject() {
		f.Params = brief(args)
	}
	f.Params = strings.TrimSpace(what + " " + f.Params)
	return f
}

var userInfo = regexp.MustCompile(`://[^/@\s]*@`)

// withoutUser takes user and password out of an address.
func withoutUser(url string) string { return userInfo.ReplaceAllString(url, "://") }

// journalFaults gives the actions that ran, and why one failed.
func journalFaults(j node) (faults []Fault, reason string) {
	for _, step := range j.at("run").list() {
		if step.at("activity", "type").str() != "action" {
			continue
		}
		f := toolkitFault(step.at("activity"))
		f.State, f.StartedAt, f.EndedAt = step.at("status").lower(), step.at("start").time(), step.at("end").time()
		faults = append(faults, f)
	}
	trace := failedAction(j).at("exception").strs()
	if len(trace) > 0 {
		lines := strings.Split(strings.TrimSpace(trace[len(trace)-1]), "\n")
		reason = clipped(strings.TrimSpace(lines[len(lines)-1]), 2*maxParam)
	}
	return faults, reason
}

// toolkitChecks puts what each probe is to give beside what it gave before and
// after.
func toolkitChecks(e, states node) []Check {
	var checks []Check
	before, after := states.at("before", "probes").list(), states.at("after", "probes").list()
	for i, probe := range e.at("steady-state-hypothesis", "probes").list() {
		c := Check{Name: probe.first("name", "title").str(), Expected: brief(probe.at("tolerance"))}
		if i < len(before) {
			c.Before, c.Met = gave(before[i])
		}
		if i < len(after) {
			c.After, c.Met = gave(after[i])
		}
		checks = append(checks, c)
	}
	return checks
}

// gave tells the output of a probe and whether it was within tolerance.
func gave(probe node) (text string, met *bool) {
	output := probe.at("output")
	text = brief(output)
	if status := output.at("status"); output.isObject() && !status.empty() {
		text = status.str()
	}
	if probe.at("status").lower() == "failed" && text == "" {
		text = "failed"
	}
	if said := probe.at("tolerance_met"); said.str() != "" {
		met = boolean(said.truth())
	}
	return text, met
}
