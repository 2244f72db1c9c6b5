package evidence

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// litmusTool reads LitmusChaos: ChaosResult and ChaosEngine objects, schedules,
// and the runs that ChaosCenter lists.
func litmusTool() tool {
	return tool{name: "litmus", knows: knowsLitmus, read: readLitmus}
}

func knowsLitmus(m message) bool {
	return strings.HasPrefix(m.doc.at("apiVersion").str(), "litmuschaos.io/") || len(centerRuns(m.doc)) > 0
}

func readLitmus(m message, out *result) {
	doc := m.doc
	for _, run := range centerRuns(doc) {
		out.add(centerRun(run))
	}
	switch doc.at("kind").str() {
	case "ChaosResult":
		out.add(litmusResult(doc))
	case "ChaosEngine":
		readEngine(doc, doc.at("spec"), out)
	case "ChaosSchedule":
		readEngine(doc, doc.at("spec", "engineTemplateSpec"), out)
	default: // ChaosExperiment describes a fault, no run of one
		if len(out.records) == 0 {
			out.ignore(doc.at("metadata", "name").str(), doc.at("kind").lower())
		}
	}
}

// litmusResult reads what one run of one fault showed. The object is used again
// for each run of its engine; the run is told by the label chaosUID.
func litmusResult(doc node) Record {
	meta, spec, status := doc.at("metadata"), doc.at("spec"), litmusStatus(doc)
	phase, verdict := status.at("phase").lower(), word(status.at("verdict").str())
	experiment := spec.at("experiment").str()
	id := litmusID(cmp.Or(meta.at("labels", "chaosUID").str(), engineRun(doc)), experiment)
	r := Record{
		Type: TypeExperiment, ExternalID: id, SubjectKey: id, Definition: cmp.Or(spec.at("engine").str(), meta.at("labels", "engineName").str()),
		State: cmp.Or(phase, verdict), Environment: meta.at("namespace").str(),
	}
	r.Title = cmp.Or(strings.TrimSpace(r.Definition+" "+experiment), meta.at("name").str())
	r.DedupeKey = hashOf(meta.at("uid").str(), meta.at("resourceVersion").str(), id, r.State, verdict)
	r.Rank = litmusRank(phase, verdict)
	probes := litmusProbes(doc.at("status"))
	r.Outcome = litmusOutcome(doc.at("status"), status, probes)
	r.Detail.SteadyState = probes
	r.Detail.Hypothesis = probeNames(probes)
	r.Detail.Faults = []Fault{{Action: experiment, State: cmp.Or(phase, verdict)}}
	r.Detail.Reason = litmusReason(status)
	history := doc.at("status", "history")
	if runs := count(history, "passedRuns") + count(history, "failedRuns") + count(history, "stoppedRuns"); runs == 0 || runs == 1 && r.Rank.Ended() {
		r.StartedAt = meta.at("creationTimestamp").time() // that of the first run
	}
	for _, by := range meta.at("managedFields").list() {
		r.OccurredAt = lastOf(known0(r.OccurredAt), by.at("time").time(), r.StartedAt)
	}
	for _, t := range items(history.at("targets")) {
		name := t.at("name").str()
		r.Detail.Targets = append(r.Detail.Targets, Target{Kind: t.at("kind").str(), ID: name, Namespace: meta.at("namespace").str()})
		r.Names = append(r.Names, kubernetes(meta.at("namespace").str(), name)...)
		if s := t.at("chaosStatus").str(); s == "reverted" {
			r.Detail.Recovery = append(r.Detail.Recovery, name+" reverted")
		}
	}
	r.Detail.Targets, r.Names = bounded(r.Detail.Targets), unique(r.Names...)
	r.Service = litmusService(r.Detail.Targets)
	return r
}

// litmusService is the one workload that was hit; a pod or a node is no service.
func litmusService(targets []Target) string {
	var names []string
	for _, t := range targets {
		switch strings.ToLower(t.Kind) {
		case "deployment", "statefulset", "daemonset", "deploymentconfig", "rollout":
			names = append(names, t.ID)
		}
	}
	if names = unique(names...); len(names) == 1 {
		return names[0]
	}
	return ""
}

// litmusStatus finds the verdict where the releases have kept it.
func litmusStatus(doc node) node {
	for _, status := range []node{
		doc.at("status", "experimentStatus"), doc.at("status", "experimentstatus"), // since and before version 2
		doc.at("spec", "experimentstatus"), doc.at("spec", "experimentStatus"), doc.at("spec", "status"), // the first ones
	} {
		if status.isObject() {
			return status
		}
	}
	return node{}
}

func litmusID(run, experiment string) string {
	return strings.Trim(run+"/"+experiment, "/")
}

// engineRun tells runs apart where the label is missing: by the count of runs.
func engineRun(doc node) string {
	meta, history := doc.at("metadata"), doc.at("status", "history")
	n := count(history, "passedRuns") + count(history, "failedRuns") + count(history, "stoppedRuns")
	if v := word(litmusStatus(doc).at("verdict").str()); v == "awaited" || v == "" {
		n++
	}
	return cmp.Or(meta.at("uid").str(), meta.at("namespace").str()+"/"+meta.at("name").str()) + "#" + strconv.Itoa(max(n, 1))
}

func count(n node, key string) int {
	f, _ := n.at(key).num()
	return int(max(0, min(f, 1<<30)))
}

// word gives the letters at the beginning in lower case: verdicts of some
// releases end in an emoji.
func word(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	if end := strings.IndexFunc(s, func(c rune) bool { return (c < 'a' || c > 'z') && c != '/' }); end >= 0 {
		s = s[:end]
	}
	return s
}

// litmusEnds are the phases, of faults and of the workflows around them, after
// which nothing comes.
var litmusEnds = []string{"error", "stopped", "aborted", "failed", "succeeded", "terminated", "timeout", "skipped"}

func litmusRank(phase, verdict string) Rank {
	switch {
	case strings.HasPrefix(phase, "completed"), slices.Contains(litmusEnds, phase), strings.HasSuffix(phase, "aborted"),
		slices.Contains([]string{"pass", "fail", "error", "stopped"}, verdict):
		return RankEnded
	case phase == "" && verdict == "":
		return RankPending
	}
	return RankRunning
}

// litmusOutcome: a pass says something only where there were probes to pass.
func litmusOutcome(status, experiment node, probes []Check) Outcome {
	verdict, phase := word(experiment.at("verdict").str()), experiment.at("phase").lower()
	broken := anyBroken(probes)
	switch {
	case verdict == "pass" && len(probes) > 0:
		return Held
	case verdict == "pass":
		return Inconclusive
	case verdict == "fail" && phase == "completed_with_probe_failure":
		return Deviated
	case verdict == "error", phase == "error", phase == "completed_with_error", !experiment.at("errorOutput").empty(), !status.at("errorOutput").empty():
		return Errored
	case verdict == "stopped" && broken: // a probe with stopOnFailure
		return Halted
	case verdict == "stopped":
		return Aborted
	case verdict == "fail" && (broken || partly(experiment) || postChaos(experiment)):
		return Deviated
	case verdict == "fail" && failStep(experiment) != "":
		return Errored
	}
	return Unknown
}

func anyBroken(probes []Check) bool {
	return slices.ContainsFunc(probes, func(c Check) bool { return c.Met != nil && !*c.Met })
}

// partly tells of probes of which some failed.
func partly(experiment node) bool {
	share, ok := experiment.at("probeSuccessPercentage").num()
	return ok && share > 0 && share < 100
}

// postChaos tells of a target that was not well after the fault had gone.
func postChaos(experiment node) bool {
	step := strings.ToLower(failStep(experiment))
	return strings.Contains(step, "post-chaos") || strings.Contains(step, "post chaos")
}

func failStep(experiment node) string {
	if s := experiment.at("failStep").str(); s != "N/A" {
		return s
	}
	return ""
}

func litmusReason(experiment node) string {
	output := experiment.at("errorOutput")
	reason := output.at("reason").str()
	if inner := output.at("reason").inner(); inner.isObject() { // JSON in a text
		reason = cmp.Or(inner.first("reason", "message").str(), params(inner))
	}
	return strings.TrimSpace(cmp.Or(strings.TrimSpace(output.at("errorCode").str()+" "+reason), failStep(experiment)))
}

func probeNames(probes []Check) string {
	var names []string
	for _, p := range probes {
		names = append(names, p.Name)
	}
	return strings.Join(unique(names...), ", ")
}

// litmusProbes reads the probes in the two forms they have had: one verdict, or
// one for each time it looked.
func litmusProbes(status node) []Check {
	var checks []Check
	for _, p := range append(items(status.at("probeStatuses")), items(status.at("probeStatus"))...) {
		c := Check{Name: p.at("name").str(), Expected: strings.TrimSpace(p.at("type").str() + " " + p.at("mode").str())}
		s := p.at("status")
		if verdict := s.at("verdict").str(); verdict != "" {
			c.After = strings.TrimSpace(verdict + " " + s.at("description").str())
			c.Met = passed(verdict)
		}
		for _, key := range s.keys() {
			switch strings.ToLower(strings.ReplaceAll(key, " ", "")) {
			case "prechaos":
				c.Before = plainVerdict(s.at(key).str())
				c.Met = worse(c.Met, passed(c.Before))
			case "postchaos", "continuous", "onchaos", "duringchaos":
				c.After = plainVerdict(s.at(key).str())
				c.Met = worse(c.Met, passed(c.After))
			}
		}
		checks = append(checks, c)
	}
	return checks
}

// plainVerdict takes the emoji off.
func plainVerdict(s string) string {
	return strings.TrimSpace(strings.Map(func(c rune) rune {
		if c > 0x2000 {
			return -1
		}
		return c
	}, s))
}

func passed(verdict string) *bool {
	switch word(verdict) {
	case "passed", "pass":
		return boolean(true)
	case "failed", "fail", "better": // "Better Luck Next Time" before version 2
		return boolean(false)
	}
	return nil
}

func worse(a, b *bool) *bool {
	if a == nil || b != nil && !*b {
		return b
	}
	return a
}
