package evidence

import (
	"cmp"
	"strings"
)

// readEngine reads an engine: a plan until it has a status, then one run for
// each of its experiments.
func readEngine(doc, spec node, out *result) {
	status := doc.at("status", "experiments").list()
	for _, e := range spec.at("experiments").list() {
		name := e.at("name").str()
		r := enginePlan(doc, spec, e)
		if said := doc.at("status", "engineStatus").lower(); said != "" {
			r.State, r.Rank = said, RankOf(said)
			if said == "stopped" {
				r.Outcome = Aborted
			}
		}
		for _, s := range status {
			if s.at("name").str() == name {
				engineStatus(&r, s)
			}
		}
		out.add(r)
	}
}

func enginePlan(doc, spec, e node) Record {
	meta, app, name := doc.at("metadata"), spec.at("appinfo"), e.at("name").str()
	r := Record{Type: TypeExperiment, State: statePlanned, Definition: meta.at("name").str()}
	r.Title = strings.TrimSpace(r.Definition + " " + name)
	if uid := meta.at("uid").str(); uid != "" {
		r.ExternalID = litmusID(uid, name)
		r.SubjectKey = r.ExternalID
	} else {
		r.SubjectKey = "definition " + litmusID(litmusID(meta.at("namespace").str(), r.Definition), name)
	}
	r.Environment = cmp.Or(app.at("appns").str(), meta.at("namespace").str())
	labels := strings.Split(app.at("applabel").str(), ",")
	r.Service = named(tagList(labels), serviceTags...)
	if r.Service == "" && len(labels) == 1 {
		_, r.Service, _ = strings.Cut(labels[0], "=")
	}
	r.Names = kubernetes(r.Environment, r.Service)
	if !app.empty() {
		r.Detail.Targets = []Target{{Kind: app.at("appkind").str(), ID: app.at("applabel").str(), Namespace: app.at("appns").str()}}
	}
	r.Detail.SteadyState, r.Detail.Guards = engineProbes(e.at("spec", "probe"))
	r.Detail.Hypothesis = probeNames(r.Detail.SteadyState)
	env := map[string]any{}
	for _, v := range e.at("spec", "components", "env").list() {
		env[v.at("name").str()] = v.at("value").v
	}
	r.Detail.Faults = []Fault{{Action: name, Params: params(node{env})}}
	return r
}

// engineStatus reads what an engine knows of a run. Its verdict leaves open why
// a run failed.
func engineStatus(r *Record, s node) {
	verdict := word(s.at("verdict").str())
	r.State = s.at("status").lower()
	r.Rank = litmusRank(strings.ReplaceAll(r.State, " ", "_"), verdict)
	at := s.at("lastUpdateTime").time()
	if at != nil {
		r.OccurredAt = *at
	}
	if r.Rank.Ended() {
		r.EndedAt = at
	}
	r.Outcome = Unknown
	switch {
	case verdict == "pass" && len(r.Detail.SteadyState) > 0:
		r.Outcome = Held
	case verdict == "pass":
		r.Outcome = Inconclusive
	case verdict == "error":
		r.Outcome = Errored
	case verdict == "stopped" || strings.HasSuffix(r.State, "aborted") || r.State == "stopped":
		r.Outcome = Aborted
	}
}

func engineProbes(probes node) (checks []Check, guards []Guard) {
	for _, p := range probes.list() {
		c := Check{Name: p.at("name").str()}
		for _, key := range p.keys() {
			if strings.HasSuffix(key, "/inputs") {
				c.Expected = expectation(p.at(key))
			}
		}
		c.Expected = strings.TrimSpace(cmp.Or(c.Expected, p.at("type").str()))
		checks = append(checks, c)
		if p.at("runProperties", "stopOnFailure").truth() {
			guards = append(guards, Guard{Kind: p.at("type").str(), Name: c.Name})
		}
	}
	return checks, guards
}

// expectation finds what a probe compares with what.
func expectation(inputs node) string {
	if c := inputs.at("comparator"); c.isObject() {
		return strings.TrimSpace(inputs.first("query", "command").str() + " " + c.at("criteria").str() + " " + c.at("value").str())
	}
	for _, method := range []string{"get", "post"} {
		if m := inputs.at("method", method); m.isObject() {
			return strings.TrimSpace(strings.ToUpper(method) + " " + withoutUser(inputs.at("url").str()) + " " + m.at("criteria").str() + " " + m.at("responseCode").str())
		}
	}
	return brief(inputs)
}

// centerRuns finds the runs in an answer of ChaosCenter, whatever its release
// calls them.
func centerRuns(doc node) []node {
	var runs []node
	data := doc.at("data")
	for _, query := range []string{"listExperimentRun", "getExperimentRun", "listWorkflowRuns", "getWorkflowRuns"} {
		answer := data.at(query)
		if isCenterRun(answer) {
			runs = append(runs, answer)
		}
		for _, key := range []string{"experimentRuns", "workflowRuns", "workflow_runs"} {
			runs = append(runs, answer.at(key).list()...)
		}
	}
	for _, key := range []string{"experimentRuns", "workflowRuns"} { // what a person cut out of it
		if list := doc.at(key).list(); len(list) > 0 && isCenterRun(list[0]) {
			runs = append(runs, list...)
		}
	}
	if isCenterRun(doc) {
		runs = append(runs, doc)
	}
	return runs
}

func isCenterRun(n node) bool {
	return n.has("phase") && (n.has("experimentRunID") || n.has("workflowRunID") || n.has("workflow_run_id"))
}

// centerRun reads one run of ChaosCenter; what its faults did is JSON in a text.
func centerRun(n node) Record {
	data := n.first("executionData", "execution_data")
	if inner := data.inner(); inner.isObject() {
		data = inner
	}
	phase := cmp.Or(n.at("phase").lower(), data.at("phase").lower())
	r := Record{
		Type: TypeExperiment, ExternalID: n.first("experimentRunID", "workflowRunID", "workflow_run_id").str(),
		Definition: n.first("experimentName", "workflowName", "workflow_name").str(), State: phase,
		StartedAt: data.at("startedAt").time(), EndedAt: data.at("finishedAt").time(),
		Environment: cmp.Or(n.at("infra", "environmentID").str(), data.at("namespace").str()),
	}
	r.Title = r.Definition
	r.Rank = litmusRank(phase, "")
	if !r.Rank.Ended() {
		r.EndedAt = nil
	}
	r.OccurredAt = lastOf(n.first("updatedAt", "last_updated").time(), r.StartedAt, r.EndedAt)
	if by := n.at("createdBy"); by.isObject() {
		r.Detail.Initiator = by.first("username", "email").str()
	}
	if score := n.first("resiliencyScore", "resiliency_score").str(); score != "" {
		r.Detail.Text = "Resiliency score " + score
	}
	outcomes := centerFaults(&r, data.at("nodes"))
	r.Outcome = centerOutcome(phase, outcomes)
	return r
}

// centerFaults reads the nodes that are faults and gives what each showed.
func centerFaults(r *Record, nodes node) []Outcome {
	var outcomes []Outcome
	for _, key := range nodes.keys() {
		n := nodes.at(key)
		data := n.at("chaosData")
		if !data.isObject() {
			continue
		}
		verdict := data.first("experimentVerdict", "faultVerdict").str()
		r.Detail.Faults = append(r.Detail.Faults, Fault{
			Action: data.first("experimentName", "faultName").str(), State: strings.ToLower(verdict),
			StartedAt: n.at("startedAt").time(), EndedAt: n.at("finishedAt").time(),
		})
		status := data.at("chaosResult", "status")
		probes := litmusProbes(status)
		experiment := status.at("experimentStatus")
		if !experiment.isObject() {
			experiment = node{map[string]any{"verdict": verdict, "phase": data.first("experimentStatus", "faultStatus").v, "failStep": data.at("failStep").v, "probeSuccessPercentage": data.at("probeSuccessPercentage").v}}
		}
		r.Detail.SteadyState = append(r.Detail.SteadyState, probes...)
		r.Detail.Reason = cmp.Or(r.Detail.Reason, litmusReason(experiment))
		outcomes = append(outcomes, litmusOutcome(status, experiment, probes))
	}
	r.Detail.Hypothesis = probeNames(r.Detail.SteadyState)
	return outcomes
}

// centerOutcome is the worst of what the faults showed, else what the phase says.
func centerOutcome(phase string, outcomes []Outcome) Outcome {
	for _, worst := range []Outcome{Deviated, Halted, Aborted, Errored, Inconclusive, Held} {
		for _, o := range outcomes {
			if o == worst && (worst != Held && worst != Inconclusive || litmusRank(phase, "").Ended()) {
				return o
			}
		}
	}
	switch phase {
	case "completed_with_probe_failure":
		return Deviated
	case "error", "completed_with_error", "timeout", "failed":
		return Errored
	case "stopped", "terminated":
		return Aborted
	}
	return Unknown
}
