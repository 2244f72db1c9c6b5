package evidence

import (
	"cmp"
	"strings"
)

// Our own form, for scripts and tools that have none of their own. It is one
// object, a list of them, or {"events": [...]}. A deployment looks like this:
//
//	{"type": "deployment", "source": "deployer", "external_id": "d-1042", "service": "checkout",
//	 "environment": "prod", "region": "us-east-1", "state": "succeeded",
//	 "started_at": "2026-11-22T12:40:00Z", "finished_at": "2026-11-22T12:52:00Z",
//	 "from_version": "1.4.1", "version": "1.4.2",
//	 "git": {"commit_sha": "0a1b2c3", "repository_url": "https://example.com/shop/checkout"}}
//
// type is deployment, rollback, experiment, alarm or incident. Times are RFC 3339
// or Unix seconds to nanoseconds. source and external_id name the thing: what is
// sent again under them changes it. Two messages with the same source,
// external_id and state say the same, unless each has its own Idempotency-Key, as
// a header or as idempotency_key. Alarms and incidents may come back: of those,
// messages with another started_at, ended_at or occurred_at are new.
//
// All types: title, state, occurred_at, started_at, ended_at, names (of the
// service, for matching), zone, cell, wave, severity, reason, text, initiator,
// trigger (manual, alarm, circuit_breaker, health, analysis or a word of one's
// own), alarms (names), links [{"title", "url"}], url. Deployments and rollbacks:
// from_version, to_version or version, rolls_back (external_id of the deployment
// that is undone), automatic, share (0 to 1 of the fleet), bake_minutes, strategy,
// step. Experiments: outcome (held, deviated, halted, aborted, error,
// inconclusive, unknown), definition (equal for all runs), dry_run, hypothesis,
// steady_state [{"name", "expected", "before", "after", "met"}], faults
// [{"action", "params", "state", "started_at", "ended_at"}], guards [{"kind",
// "name", "fired_at"}], recovery. All: targets [{"kind", "id", "region", "zone",
// "cell", "cluster", "namespace", "account"}].
//
// The names of the common model are read too: kind, rolls_back_id, alarm_names,
// definition_ref, failure_reason. Left out, type is guessed as Datadog's DORA interface would: with a name, a
// severity or services it is an incident, else a deployment.

// genericTypes are the types that may be sent.
var genericTypes = map[string]Type{
	"deployment": TypeDeployment, "deploy": TypeDeployment, "rollback": TypeRollback, "experiment": TypeExperiment,
	"alarm": TypeAlarm, "alert": TypeAlarm, "incident": TypeIncident, "redeploy": TypeDeployment,
}

// genericWord is the type as it was sent.
func genericWord(d node) string { return d.first("type", "kind").lower() }

func knowsGeneric(m message) bool {
	d := m.doc
	if d.at("events").isList() {
		d = d.at("events").index(0)
	}
	return isGeneric(d)
}

// isGeneric asks for plain texts where other tools have objects or nothing.
func isGeneric(d node) bool {
	_, typed := genericTypes[genericWord(d)]
	service := d.at("service").str() != "" || len(d.at("services").strs()) > 0
	timed := d.has("started_at") || d.has("occurred_at") || d.has("ended_at") || d.has("finished_at")
	switch {
	case d.has("specversion"), d.has("self"), d.at("attributes").isObject(), d.has("detail-type"), d.has("apiVersion"):
		return false
	case typed && d.at("external_id").str() != "":
		return true
	case typed:
		return service && (timed || d.at("state").str() != "")
	case d.has("type"), d.has("kind"):
		return false
	case service && d.at("external_id").str() != "":
		return true
	}
	return service && timed && (d.has("version") || d.has("to_version") || d.at("git").isObject() || d.has("severity") || d.has("external_id"))
}

func readGeneric(m message, out *result) {
	if events := m.doc.at("events"); events.isList() {
		for _, one := range events.list() {
			if isGeneric(one) {
				genericEvent(one, m, out)
				continue
			}
			out.warn("An event without a known type and an external_id was left out.")
		}
		return
	}
	genericEvent(m.doc, m, out)
}

func genericEvent(d node, m message, out *result) {
	r := Record{
		Type:        genericType(d),
		ExternalID:  d.first("external_id", "id").str(),
		Service:     d.at("service").str(),
		Environment: d.first("environment", "env").str(),
		Region:      d.at("region").str(),
		State:       d.first("state", "status").lower(),
		StartedAt:   d.at("started_at").time(),
		EndedAt:     d.first("ended_at", "finished_at").time(),
		FromVersion: d.at("from_version").str(),
		RollsBack:   d.first("rolls_back", "rolls_back_id").str(),
		Trigger:     d.at("trigger").lower(),
		Alarms:      d.first("alarms", "alarm_names", "alarm").strs(),
		DryRun:      d.at("dry_run").truth(),
		OccurredAt:  valueOf(d.first("occurred_at", "time", "timestamp").time()),
		Title:       d.first("title", "name").str(),
		Definition:  d.first("definition", "definition_ref").str(),
		Detail:      genericDetail(d),
	}
	r.ToVersion = cmp.Or(d.first("to_version", "version").str(), d.at("git", "commit_sha").str())
	services := d.at("services").strs()
	if r.Service == "" && len(services) > 0 {
		r.Service = services[0]
	}
	repo := strings.TrimSuffix(d.at("git", "repository_url").str(), ".git")
	r.named(append(append(d.at("names").strs(), services...), repoPath(repo), lastPart(repo))...)
	r.Detail.link("Repository", repo)
	if r.Type == TypeDeployment && r.RollsBack != "" { // it says what it undoes
		r.Type = TypeRollback
	}
	r.genericKeys(d, m)
	switch r.Type {
	case TypeDeployment, TypeRollback:
		r.Title = cmp.Or(r.Title, changeTitle(r))
	case TypeAlarm:
		r.Alarms = oneEach(append(r.Alarms, cmp.Or(r.Title, r.ExternalID))...)
	}
	r.Title = cmp.Or(r.Title, r.ExternalID)
	out.add(r)
}

func genericType(d node) Type {
	kind := genericTypes[genericWord(d)]
	switch {
	case kind != "":
		return kind
	case d.has("severity"), d.has("services"), d.has("name") && !d.has("version"):
		return TypeIncident
	}
	return TypeDeployment
}

// genericKeys names the thing and the statement.
func (r *Record) genericKeys(d node, m message) {
	source := d.at("source").str()
	if r.ExternalID == "" { // as good a name as can be had
		started := cmp.Or(d.first("started_at", "occurred_at", "ended_at", "finished_at").str(), "-")
		r.ExternalID = strings.Join([]string{cmp.Or(r.Service, "-"), cmp.Or(r.Environment, "-"), started}, " ")
	}
	r.SubjectKey = strings.TrimSpace(source + " " + r.ExternalID)
	if r.State == "" {
		r.State = map[bool]string{true: "finished", false: "started"}[r.EndedAt != nil]
	}
	key := cmp.Or(m.head.Get("Idempotency-Key"), d.at("idempotency_key").str())
	r.DedupeKey = cmp.Or(key, r.SubjectKey+" "+r.State)
	if comesBack := r.Type == TypeAlarm || r.Type == TypeIncident; comesBack && key == "" {
		for _, at := range []string{"started_at", "ended_at", "finished_at", "occurred_at"} {
			r.DedupeKey = strings.TrimSpace(r.DedupeKey + " " + d.at(at).str())
		}
	}
	if r.Type == TypeExperiment {
		r.Outcome = genericOutcome(d.at("outcome").lower())
	}
}

func genericOutcome(word string) Outcome {
	for _, o := range []Outcome{Held, Deviated, Halted, Aborted, Errored, Inconclusive} {
		if word == string(o) {
			return o
		}
	}
	return Unknown
}
