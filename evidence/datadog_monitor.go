package evidence

import (
	"cmp"
	"regexp"
	"strings"
)

// The webhook of a Datadog monitor: in its standard form, in forms that teams
// make of its variables under their usual names, and as EventBridge gets it.
// Without a key of its own a thing is the monitor and the scope that its title
// names.

// datadogPartner begins the source of events that Datadog sends to EventBridge.
const datadogPartner = "aws.partner/datadog.com"

func isDatadogMonitor(m message) bool {
	d := m.doc
	if strings.HasPrefix(d.at("source").str(), datadogPartner) {
		return d.at("detail", "meta", "monitor").isObject()
	}
	kind, titled := d.first("event_type", "eventType").lower(), d.first("title", "alert_title", "event_title").str() != ""
	switch {
	case d.has("event_type", "title", "last_updated", "org"):
		return true
	case d.first("alert_transition", "alertTransition").str() != "":
		return titled || d.first("alert_id", "alertId", "monitor_id", "aggreg_key", "alert_cycle_key").str() != ""
	}
	return titled && (strings.HasSuffix(kind, "_monitor") || strings.HasSuffix(kind, "_alert"))
}

// datadogMonitor reads one notification.
func datadogMonitor(m message, out *result) {
	d := m.doc
	if d.at("detail", "meta").isObject() {
		datadogPartnerEvent(m, out)
		return
	}
	word, scope, name := monitorTitle(d.first("title", "alert_title", "event_title").str())
	name = cmp.Or(d.at("monitor_name").str(), name)
	word = cmp.Or(d.first("alert_transition", "alertTransition", "transition").lower(), word, "triggered")
	scope = cmp.Or(d.first("alert_scope", "alertScope").str(), scope)
	at := firstTime(d.first("last_updated", "date").time(), d.at("timestamp").time(), m.at)
	id := cmp.Or(d.first("alert_id", "alertId", "monitor_id").str(), hashOf(name, scope))
	r := Record{
		Type: TypeAlarm, ExternalID: id, SubjectKey: d.first("aggreg_key", "alert_cycle_key").str(),
		DedupeKey: cmp.Or(d.first("id", "event_id").str(), hashOf(d.json())), State: word,
		OccurredAt: valueOf(at), Title: cmp.Or(name, "Monitor "+id), Alarms: oneEach(name), Service: d.at("service").str(),
	}
	if r.SubjectKey == "" {
		r.SubjectKey = glued(" ", id, scope)
	}
	for _, tag := range append(tagsOf(d.at("tags")), strings.Split(scope, ",")...) {
		r.byTag(tag)
	}
	r.monitorState(word)
	r.Detail.Severity = d.first("alert_priority", "priority").str()
	r.Detail.Text = d.first("body", "text_only_msg", "event_msg", "eventMessage", "event_message", "alert_status").str()
	r.Detail.link("Event", d.first("link", "url").str())
	out.add(r)
}

// monitorState ranks the word for what changed.
func (r *Record) monitorState(word string) {
	at := r.OccurredAt
	r.Rank = RankRunning
	ended := word == "recovered" || word == "ok" || strings.HasPrefix(word, "resolved")
	switch {
	case ended:
		r.Rank = RankEnded
		if !at.IsZero() {
			r.EndedAt = &at
		}
	case !at.IsZero():
		r.StartedAt = &at
	}
}

// datadogPartnerEvent reads what Datadog sends to EventBridge.
func datadogPartnerEvent(m message, out *result) {
	detail := m.doc.at("detail")
	monitor, result := detail.at("meta", "monitor"), detail.at("meta", "result")
	word, name, id := detail.at("meta", "transition", "trans_name").lower(), monitor.at("name").str(), monitor.at("id").str()
	group := result.first("group", "group_key").str()
	r := Record{
		Type: TypeAlarm, ExternalID: id, SubjectKey: glued(" ", id, group), DedupeKey: m.doc.at("id").str(), State: cmp.Or(word, "triggered"),
		OccurredAt: valueOf(firstTime(result.at("result_ts").time(), m.at)), Title: cmp.Or(name, "Monitor "+id), Alarms: oneEach(name),
	}
	for _, tag := range tagsOf(detail.at("tags")) {
		r.byTag(tag)
	}
	r.monitorState(r.State)
	r.Detail.Severity, r.Detail.Text = detail.at("priority").str(), monitor.at("message").str()
	out.add(r)
}

var monitorBracket = regexp.MustCompile(`^\[([^\]]*)\]\s*`)

// monitorTitle parts "[P1] [Triggered on {host:a}] name".
func monitorTitle(title string) (word, scope, name string) {
	for {
		found := monitorBracket.FindStringSubmatch(title)
		if found == nil {
			return word, scope, title
		}
		title = title[len(found[0]):]
		inside := strings.ToLower(found[1])
		if len(inside) == 2 && inside[0] == 'p' { // the priority
			continue
		}
		if word == "" {
			word, _, _ = strings.Cut(inside, " on ")
			word = strings.Trim(word, ": ")
		}
		if _, rest, open := strings.Cut(found[1], "{"); open {
			scope, _, _ = strings.Cut(rest, "}")
		}
	}
}
