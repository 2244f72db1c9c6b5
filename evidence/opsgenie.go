package evidence

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Opsgenie (and the alerts of Jira Service Management) send one action on one
// alert or incident. There is no id of the event: alert, action and time make one.

func knowsOpsgenie(m message) bool {
	d := m.doc
	if isOpsgenieAlert(d.at("data")) || isOpsgenieAlert(d.at("data").index(0)) {
		return true
	}
	if d.at("action").str() == "" {
		return false
	}
	return d.at("alert").has("alertId") || d.at("alert").has("message", "alias") || d.at("incident").has("incidentId") ||
		d.at("incident").has("message", "tinyId")
}

// isOpsgenieAlert knows an alert as the alert interface gives it.
func isOpsgenieAlert(d node) bool { return d.has("tinyId", "message", "status", "createdAt") }

func readOpsgenie(m message, out *result) {
	all := m.doc.at("data").list()
	if isOpsgenieAlert(m.doc.at("data")) {
		all = []node{m.doc.at("data")}
	}
	if len(all) == 0 {
		opsgenieAction(m.doc, out)
	}
	for _, alert := range all {
		if isOpsgenieAlert(alert) {
			opsgenieAction(node{map[string]any{"alert": alert.v, "action": alert.at("status").v}}, out)
		}
	}
}

func opsgenieAction(d node, out *result) {
	subject, kind := d.at("alert"), TypeAlarm
	if !subject.isObject() {
		subject, kind = d.at("incident"), TypeIncident
	}
	id := subject.first("alertId", "incidentId", "id", "alias").str()
	if id == "" {
		return
	}
	r := Record{
		Type: kind, ExternalID: id, SubjectKey: id, StartedAt: subject.at("createdAt").time(),
		Title: cmp.Or(subject.at("message").str(), "Alert "+id),
	}
	if kind == TypeAlarm {
		r.Alarms = oneEach(subject.at("message").str())
	}
	r.opsgenieWhere(subject)
	r.opsgenieState(d, subject)
	r.Detail.Severity = subject.at("priority").str()
	r.Detail.Text = cmp.Or(subject.first("note", "description").str(), d.first("note", "description").str())
	r.Detail.Initiator = subject.first("username", "userId").str()
	out.add(r)
}

// opsgenieState takes the action for the state, unless it leaves the alert as it
// was: a note, a tag, a team.
func (r *Record) opsgenieState(d, subject node) {
	action := d.at("action").lower()
	at := firstTime(subject.at("updatedAt").time(), r.StartedAt)
	r.OccurredAt = valueOf(at)
	r.DedupeKey = r.SubjectKey + " " + action
	if at != nil {
		r.DedupeKey += " " + at.Format(time.RFC3339Nano)
	}
	switch {
	case strings.HasPrefix(action, "close"), strings.HasPrefix(action, "resolve"), strings.HasPrefix(action, "delete"):
		r.State, r.Rank, r.EndedAt = action, RankEnded, firstTime(subject.at("closedAt").time(), subject.at("updatedAt").time())
	case strings.HasPrefix(action, "create"), action == "open", slices.Contains([]string{"acknowledge", "unacknowledge", "snooze", "snoozeended", "escalate", "escalatenext", "reopen"}, action):
		r.State, r.Rank = action, RankStarting
	}
}

func (r *Record) opsgenieWhere(subject node) {
	details := subject.at("details")
	for _, tag := range tagsOf(subject.at("tags")) {
		r.byTag(tag)
	}
	entity, services := subject.at("entity").str(), subject.first("impactedServices", "impactedServiceIds").strs()
	r.Service = cmp.Or(details.first(serviceLabels...).str(), r.Service, entity)
	if r.Service == "" && len(services) > 0 {
		r.Service = services[0]
	}
	r.Environment = cmp.Or(details.first(environmentLabels...).str(), r.Environment)
	r.Region = cmp.Or(details.first(regionLabels...).str(), r.Region)
	r.named(append([]string{entity, subject.at("alias").str()}, services...)...)
	for _, key := range details.keys() {
		r.Detail.link(key, details.at(key).str())
	}
}
