package evidence

import (
	"cmp"
	"slices"
	"strings"
)

// PagerDuty's messages of version 3 hold one event; its data are an incident, or
// something that belongs to one: a note, a status update, a bridge, a field. Those
// fold into the incident. Files may hold the data alone, or what its REST
// interface answers.

// pagerdutyParts are the types of data that belong to an incident.
var pagerdutyParts = []string{
	"incident_note", "incident_status_update", "incident_conference_bridge", "incident_field_values",
	"incident_responder", "incident_workflow_instance", "incident_role", "incident_task",
}

// pagerdutyMessage takes the envelope of EventBridge off.
func pagerdutyMessage(d node) node {
	if strings.HasPrefix(d.at("source").str(), "aws.partner/pagerduty.com") && d.at("detail").isObject() {
		return d.at("detail")
	}
	return d
}

func knowsPagerDuty(m message) bool {
	d := pagerdutyMessage(m.doc)
	switch {
	case d.at("event").has("event_type", "data"), d.at("webhook_subscription").isObject():
		return true
	case isPagerDutyData(d), isPagerDutyData(d.at("incident")), isPagerDutyData(d.at("incidents").index(0)):
		return true
	}
	return d.at("messages").index(0).has("event", "incident") // version 2
}

// isPagerDutyData knows data that stand alone.
func isPagerDutyData(d node) bool {
	switch kind := d.at("type").str(); {
	case slices.Contains(pagerdutyParts, kind):
		return d.at("incident").isObject()
	case kind == "incident":
		return d.has("id") && (d.has("self") || d.has("html_url")) && d.at("service").isObject()
	case kind == "service":
		return d.has("self", "html_url", "summary")
	}
	return false
}

func readPagerDuty(m message, out *result) {
	d := pagerdutyMessage(m.doc)
	switch {
	case d.at("event").has("event_type"):
		pagerdutyEvent(d.at("event"), out)
	case d.at("webhook_subscription").isObject():
		out.ignore(d.at("webhook_subscription", "id").str(), "")
	case d.at("messages").isList():
		for _, one := range d.at("messages").list() {
			pagerdutyV2(one, out)
		}
	case d.at("incidents").isList():
		for _, one := range d.at("incidents").list() {
			pagerdutyData(one, node{}, out)
		}
	case d.at("incident", "type").str() == "incident":
		pagerdutyData(d.at("incident"), node{}, out)
	default:
		pagerdutyData(d, node{}, out)
	}
}

func pagerdutyEvent(event node, out *result) {
	if !strings.HasPrefix(event.at("event_type").str(), "incident") {
		out.ignore(event.at("id").str(), event.at("event_type").str())
		return
	}
	pagerdutyData(event.at("data"), event, out)
}

// pagerdutyV2 reads a message of the version before.
func pagerdutyV2(one node, out *result) {
	event := map[string]any{}
	for k, v := range map[string]any{"id": one.at("id").v, "occurred_at": one.at("created_on").v} {
		event[k] = v
	}
	word := one.at("event").str()
	if v3, known := map[string]string{"incident.trigger": "triggered", "incident.acknowledge": "acknowledged", "incident.resolve": "resolved"}[word]; known {
		word = "incident." + v3
	}
	event["event_type"] = word
	pagerdutyData(one.at("incident"), node{event}, out)
}

// pagerdutyData reads data; event is empty where they stand alone.
func pagerdutyData(data, event node, out *result) {
	kind := data.at("type").str()
	incident := data
	if slices.Contains(pagerdutyParts, kind) || data.at("incident").isObject() {
		incident = data.at("incident")
	} else if kind != "incident" && kind != "" && kind != "incident_reference" {
		out.ignore(data.at("id").str(), "")
		return
	}
	if incident.at("id").str() == "" {
		out.ignore(event.at("id").str(), "")
		return
	}
	r := pagerdutyIncident(incident)
	if kind == "incident" || kind == "" {
		r.pagerdutyState(incident, event)
	}
	r.pagerdutyPart(data)
	if at := event.at("occurred_at").time(); at != nil {
		r.OccurredAt = *at
	}
	r.Detail.Initiator = event.at("agent", "summary").str()
	r.DedupeKey = event.at("id").str()
	if r.DedupeKey == "" {
		r.DedupeKey = hashOf(event.json(), data.json())
	}
	out.add(r)
}

func pagerdutyIncident(incident node) Record {
	id, service := incident.at("id").str(), incident.at("service")
	r := Record{
		Type: TypeIncident, ExternalID: id, SubjectKey: id,
		Title:     incident.first("title", "summary", "description").str(),
		Service:   service.first("summary", "name").str(),
		Names:     oneEach(service.at("id").str()),
		StartedAt: incident.at("created_at").time(),
	}
	r.Detail.Severity = cmp.Or(incident.at("priority").first("summary", "name").str(), incident.at("urgency").str())
	r.Detail.link("Incident", incident.at("html_url").str())
	r.Detail.link("Bridge", incident.at("conference_bridge", "conference_url").str())
	return r
}

// pagerdutyState goes by the event where it says the state, else by the status
// of the incident.
func (r *Record) pagerdutyState(incident, event node) {
	r.State = incident.at("status").lower()
	word := strings.TrimPrefix(event.at("event_type").str(), "incident.")
	if slices.Contains([]string{"triggered", "acknowledged", "resolved", "reopened"}, word) {
		r.State = word
	}
	r.Rank = RankOf(r.State)
	at, reopened := event.at("occurred_at").time(), incident.at("reopened_at").time()
	if r.StartedAt == nil && word == "triggered" {
		r.StartedAt = at
	}
	switch {
	case r.State == "reopened": // what goes on now began then
		r.Rank, r.StartedAt = RankStarting, firstTime(at, reopened, r.StartedAt)
	case r.State == "resolved":
		r.EndedAt = firstTime(incident.at("resolved_at").time(), incident.at("last_status_change_at").time())
		if r.EndedAt == nil && word == "resolved" {
			r.EndedAt = at
		}
		r.Detail.Reason = incident.at("resolve_reason", "type").str()
	}
	r.OccurredAt = valueOf(firstTime(at, incident.at("last_status_change_at").time(), r.EndedAt, reopened, r.StartedAt))
}

// pagerdutyPart takes over what belongs to an incident: what people wrote, the
// address of a call, and fields that say where it is.
func (r *Record) pagerdutyPart(data node) {
	switch data.at("type").str() {
	case "incident_note":
		r.Detail.Text = data.at("content").str()
	case "incident_status_update":
		r.Detail.Text = data.at("message").str()
	case "incident_conference_bridge":
		r.Detail.link("Bridge", data.at("conference_url").str())
	case "incident_responder":
		r.Detail.Text = strings.TrimSpace(data.at("message").str())
	}
	for _, field := range slices.Concat(data.at("custom_fields").list(), data.at("incident", "custom_fields").list()) {
		switch value := field.at("value").str(); field.at("name").lower() {
		case "environment", "env":
			r.Environment = cmp.Or(r.Environment, value)
		case "region":
			r.Region = cmp.Or(r.Region, value)
		case "service":
			r.Service = cmp.Or(r.Service, value)
		}
	}
}
