package evidence

import (
	"cmp"
	"slices"
	"strings"
)

// gremlinTool reads Gremlin: its webhook, and attacks and scenario runs as its
// API gives them. It has no verdict; a person says what an attack showed.
func gremlinTool() tool {
	return tool{name: "gremlin", knows: knowsGremlin, read: readGremlin}
}

func knowsGremlin(m message) bool {
	return isGremlinHook(m.doc) || isGremlinAttack(m.doc) || isGremlinScenario(m.doc)
}

func isGremlinHook(doc node) bool {
	return hasWith(doc, "attackId", "attackStatus", "attackType", "stage") || hasWith(doc, "attack_id", "attack_status", "attack_type", "stage")
}

// hasWith wants the first key and one of the others.
func hasWith(doc node, first string, others ...string) bool {
	if !doc.has(first) {
		return false
	}
	for _, key := range others {
		if doc.has(key) {
			return true
		}
	}
	return false
}

func isGremlinAttack(doc node) bool {
	return doc.has("guid", "stage") && (doc.has("stageLifecycle") || doc.has("command") || doc.has("attack_configuration") || doc.has("kind"))
}

func isGremlinScenario(doc node) bool {
	return (doc.has("scenario_id") || doc.has("scenarioId") || doc.has("guid")) && (doc.has("run_number") || doc.has("runNumber") || doc.has("hypothesis") && doc.has("steps"))
}

func readGremlin(m message, out *result) {
	switch doc := m.doc; {
	case isGremlinHook(doc):
		r := gremlinHook(doc)
		addNamed(out, r, r.ExternalID)
	case isGremlinAttack(doc):
		r := gremlinAttack(doc)
		addNamed(out, r, r.ExternalID)
	default:
		r := gremlinScenario(doc)
		addNamed(out, r, r.Definition)
	}
}

func gremlinHook(doc node) Record {
	kind, status, stage := doc.first("attackType", "attack_type").str(), doc.first("attackStatus", "attack_status").str(), doc.at("stage").str()
	r := Record{
		Type: TypeExperiment, ExternalID: doc.first("attackId", "attack_id").str(), State: cmp.Or(status, stage),
		Title: "Gremlin attack " + kind, Definition: doc.first("scenarioName", "scenario_name", "attackName", "attack_name").str(),
		Service: doc.first("service", "serviceName", "service_name").str(), Environment: doc.first("environment", "env").str(),
	}
	r.Definition = cmp.Or(r.Definition, kind)
	r.DedupeKey = hashOf(r.ExternalID, stage, status)
	r.SubjectKey = cmp.Or(r.ExternalID, hashOf(doc.json()))
	r.Detail.Faults = []Fault{{Action: kind, State: stage}}
	r.Detail.Hypothesis = doc.at("hypothesis").str()
	r.Detail.Initiator = doc.first("user", "createdBy", "triggeredBy").str()
	at := doc.first("time", "timestamp").time()
	r.Rank = max(gremlinRank(status), gremlinRank(stage))
	if at != nil {
		r.OccurredAt = *at
		switch {
		case r.Rank.Ended():
			r.EndedAt = at
		case r.Rank >= RankStarting:
			r.StartedAt = at
		}
	}
	return r
}

// gremlinRank knows the stages of attacks, such as HaltRequested and
// TargetNotFound.
func gremlinRank(stage string) Rank {
	switch s := strings.ToLower(stage); {
	case s == "":
		return RankNone
	case strings.HasSuffix(s, "requested"), strings.HasSuffix(s, "triggered"), s == "haltdistributed", s == "rollbackstarted":
		return RankStopping
	case s == "pending", s == "distributed", s == "notstarted":
		return RankPending
	case strings.HasSuffix(s, "halted"), strings.HasSuffix(s, "failed"), strings.HasSuffix(s, "aborted"), strings.HasSuffix(s, "notfound"), strings.HasSuffix(s, "expired"):
		return RankEnded
	default:
		return RankOf(s)
	}
}

func gremlinAttack(doc node) Record {
	r := Record{
		Type: TypeExperiment, ExternalID: doc.at("guid").str(), State: doc.at("stage").str(),
		StartedAt: doc.at("startTime").time(), EndedAt: doc.at("endTime").time(),
	}
	command := doc.at("attack_configuration", "command")
	for _, c := range []node{doc.at("command"), doc} {
		if command.empty() {
			command = c
		}
	}
	kind := command.first("infraCommandType", "commandType", "type", "kind").str()
	r.Title = "Gremlin attack " + kind
	r.Definition = cmp.Or(doc.at("sourceScenario", "scenarioId").str(), kind)
	r.Rank = gremlinRank(r.State)
	if doc.at("stageLifecycle").lower() == "complete" {
		r.Rank = RankEnded
	}
	r.OccurredAt = lastOf(doc.first("updateTime", "updatedAt", "createTime").time(), r.StartedAt, r.EndedAt)
	r.DedupeKey = hashOf(r.ExternalID, r.State, r.OccurredAt.String())
	r.Detail.Initiator = doc.first("createUser", "create_user", "createSource").str()
	r.Detail.Reason = doc.at("reason").str()
	r.Detail.Faults = []Fault{{Action: kind, Params: params(node{gremlinArgs(command)}), State: r.State, StartedAt: r.StartedAt, EndedAt: r.EndedAt}}
	tags := doc.at("target", "strategy", "attrs", "multiSelectTags")
	if tags.empty() {
		tags = doc.at("target", "strategy", "multiSelectTags")
	}
	labels := doc.at("target", "containers").first("labels", "multiSelectLabels")
	r.Service, r.Environment = firstOf(labels, serviceTags), firstOf(labels, environmentTags)
	for _, key := range tags.keys() {
		values := tags.at(key).strs()
		r.Detail.Targets = append(r.Detail.Targets, Target{Kind: key, ID: strings.Join(values, " ")})
		if len(values) == 1 && key == "service" {
			r.Service = values[0]
		}
		if len(values) == 1 && key == "region" {
			r.Region = values[0]
		}
		if len(values) == 1 && slices.Contains(environmentTags, key) {
			r.Environment = values[0]
		}
		if len(values) == 1 && slices.Contains(zoneTags, key) {
			r.Region = cmp.Or(r.Region, regionOfZone(values[0]))
		}
	}
	return r
}

// firstOf gives the value of the first of these names that has just one.
func firstOf(labels node, names []string) string {
	for _, name := range names {
		if values := labels.at(name).strs(); len(values) == 1 {
			return values[0]
		}
	}
	return ""
}

func gremlinArgs(command node) any {
	if args := command.first("infraCommandArgs", "args"); args.isObject() {
		return args.v
	} else if args.isList() {
		return map[string]any{"args": strings.Join(args.strs(), " ")}
	}
	return nil
}

func gremlinScenario(doc node) Record {
	id, number := doc.first("scenario_id", "scenarioId", "guid").str(), doc.first("run_number", "runNumber").str()
	r := Record{
		Type: TypeExperiment, ExternalID: id, Definition: id, Title: cmp.Or(doc.at("name").str(), "Gremlin scenario "+id),
		State: statePlanned, StartedAt: doc.first("start_time", "startTime", "started_at").time(), EndedAt: doc.first("end_time", "endTime", "ended_at").time(),
	}
	if number != "" {
		r.ExternalID = id + "/" + number
		r.State = cmp.Or(doc.first("stage", "lifecycle", "state").str(), doc.at("stage_info", "stage").str(), "running")
		if r.Rank = gremlinRank(r.State); r.EndedAt != nil {
			r.Rank = RankEnded
		}
	}
	r.Detail.Hypothesis = doc.at("hypothesis").str()
	r.Detail.Initiator = doc.first("trigger_by", "triggered_by", "create_user").str()
	r.Detail.Text = doc.at("results", "notes").str()
	for _, s := range doc.at("steps").list() {
		for _, a := range s.at("attacks").list() {
			r.Detail.Faults = append(r.Detail.Faults, Fault{Action: a.first("attackType", "type").str()})
		}
	}
	return r
}
