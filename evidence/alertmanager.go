package evidence

import (
	"cmp"
	"time"
)

// Each alert of a group is one statement about the alert of its fingerprint.
// Repeats say the same: their keys are equal. An alert that fires again later is
// the same alarm.

func knowsAlertmanager(m message) bool {
	d := m.doc
	if isAPIAlert(d) {
		return true
	}
	group := d.has("groupKey") || d.has("receiver") || d.has("commonLabels")
	first := d.at("alerts").index(0)
	cut := d.has("status") && first.at("labels").isObject() && first.has("status", "startsAt") // made by hand or passed on
	return d.at("alerts").isList() && (group || cut) && !knowsGrafana(m)
}

// isAPIAlert knows an alert as Alertmanager's own interface lists it.
func isAPIAlert(d node) bool {
	return d.at("labels").isObject() && d.has("startsAt", "annotations") && (d.has("fingerprint") || d.has("generatorURL"))
}

func readAlertmanager(m message, out *result) {
	if isAPIAlert(m.doc) {
		out.add(alertRecord(m.doc))
		return
	}
	for _, a := range m.doc.at("alerts").list() {
		if !isNamedAlert(a) {
			out.warn("An alert without labels and a fingerprint was left out: nothing names it.")
			continue
		}
		r := alertRecord(a)
		r.Detail.link("Alertmanager", m.doc.at("externalURL").str())
		out.add(r)
	}
	if n, _ := m.doc.at("truncatedAlerts").num(); n > 0 {
		out.warn("%.0f more alerts of the group were left out by Alertmanager (max_alerts).", n)
	}
}

// isNamedAlert reports whether anything tells an alert from others.
func isNamedAlert(a node) bool {
	return a.at("fingerprint").str() != "" || !a.at("labels").empty()
}

// alertRecord reads one alert of Alertmanager or Grafana. While it fires, its
// end is absent, year 1, or a guess: only that of a resolved one counts.
func alertRecord(a node) Record {
	labels := a.at("labels")
	state := cmp.Or(a.at("status").lower(), a.at("status", "state").lower())
	id := cmp.Or(a.at("fingerprint").str(), fingerprint(labels))
	r := Record{Type: TypeAlarm, ExternalID: id, SubjectKey: id, State: cmp.Or(state, "firing"), StartedAt: a.at("startsAt").time()}
	r.labelled(labels)
	r.annotated(a.at("annotations"))
	r.Rank = RankRunning
	r.OccurredAt = valueOf(r.StartedAt)
	if state == "resolved" {
		r.Rank, r.EndedAt = RankEnded, a.at("endsAt").time()
		r.OccurredAt = valueOf(firstTime(r.EndedAt, r.StartedAt))
	}
	// Grafana names the rule apart when it has no data for it.
	r.Alarms = oneEach(labels.at("rulename").str(), labels.at("alertname").str())
	r.Title = cmp.Or(glued(": ", labels.at("alertname").str(), labels.at("rulename").str()), "Alert "+id)
	r.Detail.link("Source", a.at("generatorURL").str())
	started := a.at("startsAt").str()
	if r.StartedAt != nil {
		started = r.StartedAt.Format(time.RFC3339Nano)
	}
	r.DedupeKey = id + " " + started + " " + r.State
	return r
}
