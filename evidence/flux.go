package evidence

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"
)

// fluxTool reads the events of Flux's notification controller. Only those of
// Kustomizations and HelmReleases are about what runs.
func fluxTool() tool {
	return tool{name: "flux", knows: knowsFlux, read: readFlux}
}

func knowsFlux(m message) bool {
	return m.doc.at("involvedObject").has("kind", "name") && m.doc.has("reason", "severity")
}

func readFlux(m message, out *result) {
	doc := m.doc
	object, reason := doc.at("involvedObject"), doc.at("reason").str()
	kind, name, namespace := object.at("kind").str(), object.at("name").str(), object.at("namespace").str()
	id := glued("/", kind, namespace, name)
	if kind != "HelmRelease" && kind != "Kustomization" || strings.HasPrefix(reason, "Drift") {
		out.ignore(id, reason)
		return
	}
	meta, text := doc.at("metadata"), doc.at("message").str()
	revision := cmp.Or(fluxMeta(meta, "revision"), fluxChart(text))
	r := Record{
		Type: TypeDeployment, ExternalID: glued("@", id, revision), Service: name, Title: name,
		Names:     aliases(glued("/", namespace, name), id, fluxMeta(meta, "service"), fluxMeta(meta, "application"), fluxMeta(meta, "app")),
		ToVersion: revision, State: strings.ToLower(reason), Rank: fluxRank(reason),
		Environment: cmp.Or(fluxMeta(meta, "environment"), fluxMeta(meta, "env"), strings.ReplaceAll(namespace, "flux-system", "")),
		Region:      fluxMeta(meta, "region"),
	}
	r.Detail = Detail{Reason: text, Severity: doc.at("severity").lower(), Strategy: kind, Text: fluxMeta(meta, "summary")}
	at := firstTime(doc.at("timestamp").time(), m.at)
	r.OccurredAt = lastOf(at)
	if r.Rank.Ended() {
		r.EndedAt = at
	} else {
		r.StartedAt = at
	}
	if strings.HasSuffix(reason, "Failed") {
		r.Trigger = fluxTrigger(reason, text)
	}
	switch {
	case isFluxRollback(reason, text):
		r = fluxRollback(r, reason, text)
	case strings.HasPrefix(reason, "Uninstall"): // takes away what a deployment before brought
		r.ExternalID, r.FromVersion, r.ToVersion = r.ExternalID+"#uninstall", revision, ""
	}
	keep(out, r)
}

// fluxMeta finds a value under a key, with or without the group of the API
// before it.
func fluxMeta(meta node, key string) string {
	for _, k := range meta.keys() {
		if k == key || strings.HasSuffix(k, "toolkit.fluxcd.io/"+key) {
			return meta.at(k).str()
		}
	}
	return ""
}

var fluxChartForm = regexp.MustCompile(`with chart [^\s@]+@([^\s:]+)`)

// fluxChart finds the version of the chart in the text of an event.
func fluxChart(text string) string {
	if found := fluxChartForm.FindStringSubmatch(text); found != nil {
		return strings.TrimSuffix(found[1], ".")
	}
	return ""
}

// fluxRank ranks reasons, which are many and end in what they mean.
func fluxRank(reason string) Rank {
	switch {
	case strings.HasPrefix(reason, "Test"):
		return RankRefined // the release has ended before
	case strings.HasSuffix(reason, "Succeeded"), strings.HasSuffix(reason, "Failed"), strings.HasSuffix(reason, "Error"),
		strings.HasSuffix(reason, "Exceeded"), reason == "MissingRollbackTarget":
		return RankEnded
	case reason == "DependencyNotReady":
		return RankPending
	}
	return RankRunning
}

// fluxTrigger tells what made a release fail.
func fluxTrigger(reason, text string) string {
	switch {
	case strings.HasPrefix(reason, "Test"):
		return "analysis"
	case strings.HasPrefix(reason, "HealthCheck"), healthWords.MatchString(text):
		return "health"
	}
	return ""
}

// isFluxRollback knows a remediation: going back, or taking away a first release.
func isFluxRollback(reason, text string) bool {
	return strings.HasPrefix(reason, "Rollback") || strings.HasPrefix(reason, "Remediat") ||
		strings.HasPrefix(reason, "Uninstall") && strings.Contains(strings.ToLower(text), "remediation")
}

// fluxRollback makes a rollback of its own of every remediation: the same
// revision can be gone back to more than once, and no id tells them apart. Events
// name the release that is gone back to; older ones, and those of a release that
// is taken away, the one that failed.
func fluxRollback(r Record, reason, text string) Record {
	if strings.HasPrefix(reason, "Uninstall") || !strings.Contains(text, "to previous release") && fluxChart(text) == "" {
		r.RollsBack, r.FromVersion, r.ToVersion = r.ExternalID, r.ToVersion, ""
	}
	r.Type, r.SubjectKey = TypeRollback, r.ExternalID+"#rollback-"+strconv.FormatInt(r.OccurredAt.Unix(), 10)
	r.ExternalID = r.SubjectKey
	r.Trigger = "health" // an upgrade that did not become ready, or failed its tests
	machine := true
	r.Detail.Automatic = &machine
	return r
}
