package evidence

import (
	"cmp"
	"strings"
	"time"
)

// Grafana's alerts look like Alertmanager's, with more about where to look. Its
// older messages, one rule each, are read too.

func knowsGrafana(m message) bool {
	d := m.doc
	if d.has("ruleName", "state") && (d.has("ruleId") || d.has("ruleUrl")) {
		return true
	}
	if !d.at("alerts").isList() {
		return false
	}
	first := d.at("alerts").index(0)
	if d.at("version").str() == "4" { // also of alerts that Grafana sends to an Alertmanager
		return false
	}
	return d.at("version").str() == "1" || d.has("orgId") ||
		first.has("valueString") || first.has("silenceURL") || first.has("dashboardURL") ||
		d.has("status") && (first.at("labels").has("grafana_folder") || first.at("labels").has("datasource_uid"))
}

func readGrafana(m message, out *result) {
	d := m.doc
	if d.has("ruleName") {
		grafanaRule(d, m.at, out)
		return
	}
	home := strings.TrimSuffix(d.at("externalURL").str(), "/")
	for _, a := range d.at("alerts").list() {
		if !isNamedAlert(a) {
			out.warn("An alert without labels and a fingerprint was left out: nothing names it.")
			continue
		}
		r := alertRecord(a)
		if r.Detail.Text == "" {
			r.Detail.Text = a.at("valueString").str()
		}
		for _, l := range []struct{ title, key string }{{"Source", "generatorURL"}, {"Dashboard", "dashboardURL"}, {"Panel", "panelURL"}, {"Picture", "imageURL"}} {
			r.Detail.link(l.title, grafanaAddress(home, a.at(l.key).str()))
		}
		if folder := a.at("labels", "grafana_folder").str(); folder != "" {
			r.named(append(r.Names, folder)...)
		}
		out.add(r)
	}
	if n, _ := d.at("truncatedAlerts").num(); n > 0 {
		out.warn("%.0f more alerts of the group were left out by Grafana.", n)
	}
}

// grafanaAddress completes an address that is relative to Grafana's own.
func grafanaAddress(home, address string) string {
	switch {
	case address == "", strings.Contains(address, "://"):
		return address
	case strings.HasPrefix(address, "/"), strings.HasPrefix(address, "?"):
		return home + "/" + strings.TrimPrefix(address, "/")
	}
	return ""
}

// grafanaRule reads the message of alerting before Grafana 8. It has no times:
// those of the delivery are all there is.
func grafanaRule(d node, at *time.Time, out *result) {
	name := d.at("ruleName").str()
	r := Record{
		Type: TypeAlarm, ExternalID: cmp.Or(d.at("ruleId").str(), name), State: d.at("state").lower(),
		Title: name, Alarms: oneEach(name), OccurredAt: valueOf(at),
	}
	r.SubjectKey = strings.TrimSpace(d.at("orgId").str() + " " + r.ExternalID)
	r.labelled(d.at("tags"))
	switch r.State {
	case "ok":
		r.Rank, r.EndedAt = RankEnded, at
	case "pending", "paused":
		r.Rank = RankPending
	default:
		r.Rank, r.StartedAt = RankRunning, at
	}
	r.Detail.Text = cmp.Or(d.at("message").str(), d.at("title").str())
	r.Detail.link("Rule", d.at("ruleUrl").str())
	r.Detail.link("Picture", d.at("imageUrl").str())
	r.DedupeKey = hashOf(d.json())
	out.add(r)
}
