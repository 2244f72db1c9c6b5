package evidence

import (
	"cmp"
	"regexp"
	"strings"
	"time"
)

// fisTool reads AWS Fault Injection Service: state changes from EventBridge,
// calls seen by CloudTrail, answers of the API, and experiment templates.
func fisTool() tool {
	return tool{name: "fis", knows: knowsFIS, read: readFIS}
}

func knowsFIS(m message) bool {
	doc := m.doc
	return isFISEvent(doc) || isFISExperiment(doc.at("experiment")) || isFISExperiment(doc) ||
		isFISExperiment(doc.at("experiments").index(0)) || isFISTemplate(doc) || isFISTemplate(doc.at("experimentTemplate")) ||
		doc.at("experimentTemplates").index(0).has("id", "creationTime") || isFISLog(doc)
}

// isFISLog knows a line of the log that an experiment writes.
func isFISLog(doc node) bool { return doc.has("id", "log_type", "event_timestamp", "details") }

func isFISEvent(doc node) bool {
	return isEventBridge(doc) && doc.at("source").str() == "aws.fis" || fisChange(doc).has("new-state")
}

// fisChange finds the state change in an event, or in what a rule leaves of one.
func fisChange(doc node) node {
	for _, d := range []node{doc.at("detail"), doc} {
		if d.has("experiment-id") || d.has("experiment-template-id") {
			return d
		}
	}
	return doc.at("detail")
}

func isFISExperiment(e node) bool {
	return e.has("id") && e.at("state").has("status") && (e.has("experimentTemplateId") || e.has("actions", "targets") || e.has("stopConditions"))
}

// isFISTemplate knows a template by its actions, each of which names its kind.
func isFISTemplate(t node) bool {
	actions := t.at("actions")
	if !actions.isObject() || t.has("state") || !(t.has("targets") || t.has("stopConditions") || t.has("roleArn")) {
		return false
	}
	for _, name := range actions.keys() {
		if !actions.at(name).has("actionId") {
			return false
		}
	}
	return !actions.empty()
}

func readFIS(m message, out *result) {
	doc := m.doc
	switch {
	case isFISEvent(doc):
		readFISEvent(m, out)
	case isFISExperiment(doc):
		addNamed(out, fisRun(doc), doc.at("id").str())
	case isFISTemplate(doc):
		r := fisDefinition(doc)
		addNamed(out, r, r.Definition, r.Title)
	case isFISLog(doc):
		readFISLog(doc, out)
	default:
		for _, e := range append(items(doc.at("experiment")), doc.at("experiments").list()...) {
			addNamed(out, fisRun(e), e.at("id").str())
		}
		for _, t := range append(items(doc.at("experimentTemplate")), doc.at("experimentTemplates").list()...) {
			out.add(fisDefinition(t))
		}
	}
}

// readFISLog reads the line that a run begins with; the others tell of single
// actions, and the last does not say how the run ended.
func readFISLog(doc node, out *result) {
	id, kind := doc.at("id").str(), doc.at("log_type").str()
	if kind != "experiment-start" {
		out.ignore(id, kind)
		return
	}
	details := doc.at("details")
	r := Record{
		Type: TypeExperiment, ExternalID: id, State: "running", Definition: details.at("experiment_template_id").str(),
		StartedAt: firstTime(details.at("experiment_start_time").time(), doc.at("event_timestamp").time()),
	}
	r.Title = "FIS experiment " + cmp.Or(r.Definition, id)
	out.add(r)
}

func readFISEvent(m message, out *result) {
	detail := fisChange(m.doc)
	if e := detail.at("responseElements", "experiment"); isFISExperiment(e) { // a call that CloudTrail saw
		r := fisRun(e)
		r.Region = cmp.Or(r.Region, m.region)
		if r.OccurredAt.IsZero() {
			r.OccurredAt = lastOf(m.at)
		}
		r.Detail.Initiator = detail.at("userIdentity", "arn").str()
		out.add(r)
		return
	}
	id := cmp.Or(detail.at("experiment-id").str(), fisIDIn(m.doc.at("resources").index(0).str()))
	if id == "" || detail.at("new-state", "status").empty() {
		out.ignore(m.key, detail.at("eventName").str())
		return
	}
	state := detail.at("new-state")
	if m.at == nil {
		out.warn("The time of the event of %s cannot be read.", id)
	}
	r := Record{
		Type: TypeExperiment, ExternalID: id, Region: m.region, State: state.at("status").lower(),
		Definition: detail.at("experiment-template-id").str(),
	}
	r.Title = "FIS experiment " + cmp.Or(r.Definition, id)
	r.Outcome = fisOutcome(r.State, state.at("reason").str())
	r.Detail.Reason = state.at("reason").str()
	r.Detail.Links = fisLinks(r.Region, id)
	if m.region != "" || m.account != "" {
		r.Detail.Targets = []Target{{Kind: "account", Region: m.region, Account: m.account}}
	}
	fisTimes(&r, m.at)
	out.add(r)
}

// fisTimes says what the one time of an event is the time of.
func fisTimes(r *Record, at *time.Time) {
	if at == nil {
		return
	}
	r.OccurredAt = *at
	switch RankOf(r.State) {
	case RankStarting, RankRunning:
		r.StartedAt = at
	case RankEnded:
		r.EndedAt = at
	}
}

func fisIDIn(arn string) string {
	_, id, _ := strings.Cut(arn, ":experiment/")
	return id
}

// fisOutcome keeps to what the state says: a run that completed may have shown
// anything.
func fisOutcome(state, reason string) Outcome {
	switch state {
	case "stopped":
		if strings.Contains(strings.ToLower(reason), "stop condition") {
			return Halted
		}
		return Aborted
	case "failed", "cancelled", "canceled":
		return Errored
	}
	return Unknown
}

var (
	regionForm  = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]$`)
	fisIDForm   = regexp.MustCompile(`^[A-Za-z0-9-]+$`)
	regionOfARN = regexp.MustCompile(`arn:aws[a-z-]*:[a-z0-9-]+:([a-z]{2}(?:-[a-z]+)+-[0-9]):`)
)

func fisLinks(region, id string) []Link {
	if !regionForm.MatchString(region) || !fisIDForm.MatchString(id) {
		return nil
	}
	return []Link{{Title: "Experiment in the AWS console", URL: "https://" + region + ".console.aws.amazon.com/fis/home?region=" + region + "#ExperimentDetails:ExperimentId=" + id}}
}

// fisRun reads an experiment as the API gives it.
func fisRun(e node) Record {
	state := e.at("state")
	r := Record{
		Type: TypeExperiment, ExternalID: e.at("id").str(), State: state.at("status").lower(),
		StartedAt: e.at("startTime").time(), EndedAt: e.at("endTime").time(),
		DryRun: e.at("experimentOptions", "actionsMode").lower() == "skip-all",
	}
	r.OccurredAt = lastOf(e.at("creationTime").time(), r.StartedAt, r.EndedAt)
	r.Outcome = fisOutcome(r.State, state.at("reason").str())
	fisPlan(&r, e)
	r.Definition = e.at("experimentTemplateId").str()
	r.Title = cmp.Or(e.at("description").str(), named(e.at("tags"), "Name"), r.Title, "FIS experiment "+cmp.Or(r.Definition, r.ExternalID))
	r.Detail.Reason = state.at("reason").str()
	if code := state.at("error", "code").str(); code != "" {
		r.Detail.Reason = strings.TrimSpace(r.Detail.Reason + " " + code + " " + state.at("error", "location").str())
	}
	if r.Outcome == Halted { // which of several fired is not said
		for _, g := range r.Detail.Guards {
			r.Alarms = append(r.Alarms, g.Name)
		}
	}
	r.Detail.Links = fisLinks(r.Region, r.ExternalID)
	r.Detail.Text = fisReports(e)
	return r
}

func fisReports(e node) string {
	var arns []string
	for _, report := range e.at("experimentReport", "s3Reports").list() {
		arns = append(arns, report.at("arn").str())
	}
	if arns = unique(arns...); len(arns) == 0 {
		return ""
	}
	return "Report: " + strings.Join(arns, ", ")
}

// fisDefinition reads a template. One from a file has no id of its own.
func fisDefinition(t node) Record {
	tags := t.at("tags")
	r := Record{Type: TypeExperiment, ExternalID: t.at("id").str(), State: statePlanned, DryRun: t.at("experimentOptions", "actionsMode").lower() == "skip-all"}
	r.OccurredAt = lastOf(t.at("creationTime").time(), t.at("lastUpdateTime").time())
	fisPlan(&r, t)
	r.Detail.Hypothesis = cmp.Or(named(tags, "hypothesis"), t.at("description").str())
	r.Title = cmp.Or(t.at("description").str(), named(tags, "Name"), r.Title)
	r.Definition = cmp.Or(r.ExternalID, named(tags, "Name"), t.at("description").str())
	r.SubjectKey = cmp.Or(r.ExternalID, "template "+hashOf(t.at("description").str(), t.at("actions").json()))
	return r
}

// fisPlan reads what a run and its template have in common.
func fisPlan(r *Record, e node) {
	tags := e.at("tags")
	r.Service = cmp.Or(named(tags, serviceTags[:len(serviceTags)-1]...), fisTargetTag(e.at("targets"), serviceTags[:4]...))
	r.Environment = cmp.Or(named(tags, environmentTags...), fisTargetTag(e.at("targets"), environmentTags...))
	r.Detail.Hypothesis = named(tags, "hypothesis")
	r.Detail.Faults = fisFaults(e.at("actions"))
	r.Detail.Targets, r.Names = fisTargets(e.at("targets"), named(tags, cellTags...))
	r.Detail.Guards = fisGuards(e.at("stopConditions"))
	var ids []string
	for _, f := range r.Detail.Faults {
		ids = append(ids, f.Action)
	}
	r.Title = strings.Join(unique(ids...), ", ")
	for _, t := range r.Detail.Targets {
		r.Region = cmp.Or(r.Region, t.Region)
	}
	for _, arn := range []node{e.at("arn"), e.at("stopConditions").index(0).at("value")} {
		if found := regionOfARN.FindStringSubmatch(arn.str()); found != nil {
			r.Region = cmp.Or(found[1], r.Region)
			break
		}
	}
}

// fisTargetTag gives the one value that the tags or the parameters of the
// targets have under these names, "" where they differ.
func fisTargetTag(targets node, names ...string) string {
	var found []string
	for _, name := range targets.keys() {
		t := targets.at(name)
		found = append(found, cmp.Or(named(t.at("resourceTags"), names...), named(t.at("parameters"), names...)))
	}
	if found = unique(found...); len(found) != 1 || placeholder(found[0]) {
		return ""
	}
	return found[0]
}

func fisFaults(actions node) []Fault {
	var faults []Fault
	for _, name := range actions.keys() {
		a := actions.at(name)
		faults = append(faults, Fault{
			Action: cmp.Or(a.at("actionId").str(), name), Params: params(a.at("parameters")), State: a.at("state", "status").lower(),
			StartedAt: a.at("startTime").time(), EndedAt: a.at("endTime").time(),
		})
	}
	return faults
}

// fisTargets gives the targets, and the names of the resources among them.
func fisTargets(targets node, cell string) (all []Target, names []string) {
	for _, name := range targets.keys() {
		t := targets.at(name)
		one := Target{Kind: t.at("resourceType").str(), Zone: fisZone(t), Cell: cell}
		one.Region = regionOfZone(one.Zone)
		one.Cluster, one.Namespace = t.at("parameters").first("clusterIdentifier", "cluster").str(), t.at("parameters", "namespace").str()
		arns := t.at("resourceArns").strs()
		for _, arn := range arns {
			if placeholder(arn) {
				continue
			}
			hit := one
			hit.ID = arn
			if parts := strings.SplitN(arn, ":", 6); len(parts) == 6 {
				hit.Region, hit.Account = cmp.Or(parts[3], hit.Region), parts[4]
			}
			all, names = append(all, hit), append(names, arn)
		}
		if len(arns) == 0 {
			one.ID = strings.TrimSpace(t.at("selectionMode").str() + " " + params(t.at("resourceTags")))
			all = append(all, one)
		}
		names = append(names, named(t.at("resourceTags"), serviceTags[:3]...), t.at("parameters").first("service", "selectorValue").str())
	}
	return bounded(all), unique(names...)
}

func fisZone(target node) string {
	zones := target.at("parameters", "availabilityZoneIdentifier").strs()
	for _, f := range target.at("filters").list() {
		if strings.HasSuffix(strings.ToLower(f.at("path").str()), "availabilityzone") {
			zones = append(zones, f.at("values").strs()...)
		}
	}
	for _, z := range zones {
		if !placeholder(z) {
			return z
		}
	}
	return ""
}

// regionOfZone gives us-east-1 of us-east-1a, "" for anything else.
func regionOfZone(zone string) string {
	if zone == "" || !regionForm.MatchString(zone[:len(zone)-1]) {
		return ""
	}
	return zone[:len(zone)-1]
}

func fisGuards(conditions node) []Guard {
	var guards []Guard
	for _, c := range conditions.list() {
		value := c.at("value").str()
		if value == "" {
			continue
		}
		if _, name, ok := strings.Cut(value, ":alarm:"); ok {
			value = name
		}
		guards = append(guards, Guard{Kind: strings.TrimPrefix(c.at("source").str(), "aws:"), Name: value})
	}
	return guards
}
