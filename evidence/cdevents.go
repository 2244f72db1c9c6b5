package evidence

import (
	"cmp"
	"strings"
)

// A CDEvent about a service or an environment is one change, by its own id: its
// subject is the service, of which there are many changes. Events about an
// incident are one thing, by their subject. The version stands inside the type,
// such as dev.cdevents.service.rolledback.0.3.0, and does not matter.

func knowsCDEvents(m message) bool {
	kind := m.doc.at("context", "type").str()
	return (strings.HasPrefix(kind, "dev.cdevents.") || strings.HasPrefix(kind, "cd.")) && m.doc.at("subject").isObject()
}

func readCDEvent(m message, out *result) {
	kind := m.doc.at("context", "type").str()
	parts := strings.Split(strings.TrimPrefix(strings.TrimPrefix(kind, "dev."), "cdevents."), ".")
	if parts[0] == "cd" {
		parts = parts[1:]
	}
	if len(parts) < 2 || m.doc.at("context", "id").str() == "" {
		return
	}
	switch subject, word := parts[0], strings.ToLower(parts[1]); subject {
	case "service", "environment":
		cdChange(m.doc, subject, word, out)
	case "incident":
		cdIncident(m.doc, word, out)
	default:
		out.ignore(m.doc.at("context", "id").str(), word)
	}
}

// cdRecord reads what all events hold.
func cdRecord(d node, word string) Record {
	context, content := d.at("context"), d.at("subject", "content")
	custom := d.at("customData")
	if inner := custom.inner(); inner.isObject() {
		custom = inner
	}
	at := context.at("timestamp").time()
	r := Record{
		DedupeKey:   strings.TrimSpace(context.at("source").str() + " " + context.at("id").str()),
		Environment: cmp.Or(content.at("environment", "id").str(), content.at("environment").str()),
		Region:      custom.first("region", "aws_region").str(),
		State:       word,
		OccurredAt:  valueOf(at),
		FromVersion: custom.first("fromVersion", "from_version", "previousArtifactId", "previousVersion").str(),
		ToVersion:   content.at("artifactId").str(),
		RollsBack:   custom.first("rollsBack", "rolls_back", "rollbackOf").str(),
		Trigger:     custom.at("trigger").lower(),
		Alarms:      custom.first("alarms", "alarm").strs(),
	}
	r.Detail.Severity = custom.first("severity", "priority").str()
	r.Detail.Reason = custom.first("reason", "rollbackReason").str()
	r.Detail.Text = content.at("description").str()
	r.Detail.Initiator = custom.first("reportedBy", "initiator", "user").str()
	for _, key := range []string{"ticketURI", "uri", "url"} {
		r.Detail.link(key, content.at(key).str())
	}
	return r
}

// cdChange reads a change of a service, or of a whole environment.
func cdChange(d node, subject, word string, out *result) {
	r := cdRecord(d, word)
	r.Type = TypeDeployment
	if word == "rolledback" {
		r.Type = TypeRollback
	}
	r.ExternalID = d.at("context", "id").str()
	r.SubjectKey = r.DedupeKey
	at := d.at("context", "timestamp").time()
	r.Rank, r.EndedAt = RankEnded, at
	if subject == "environment" {
		r.Environment = cmp.Or(d.at("subject", "content", "name").str(), d.at("subject", "id").str())
		r.Title = "Environment " + r.Environment + " " + word
		out.add(r)
		return
	}
	r.Service = d.at("subject", "id").str()
	r.named(lastPart(r.Service), packageName(r.ToVersion))
	switch r.Title = changeTitle(r); word {
	case "removed", "published":
		r.Title = strings.TrimSpace("Service "+r.Service) + " " + word
	}
	out.add(r)
}

// packageName takes the name out of a package URL, pkg:oci/name@version.
func packageName(purl string) string {
	path, found := strings.CutPrefix(purl, "pkg:")
	if !found {
		return ""
	}
	path, _, _ = strings.Cut(path, "?")
	path, _, _ = strings.Cut(path, "@")
	return lastPart(path)
}

func cdIncident(d node, word string, out *result) {
	r := cdRecord(d, word)
	r.Type = TypeIncident
	if r.ExternalID = d.at("subject", "id").str(); r.ExternalID == "" {
		return
	}
	source := d.at("subject", "source")
	if source.empty() {
		source = d.at("context", "source")
	}
	r.SubjectKey = strings.TrimSpace(source.str() + " " + r.ExternalID)
	service := d.at("subject", "content", "service")
	r.Service = cmp.Or(service.at("id").str(), service.str())
	r.named(lastPart(r.Service), lastPart(service.at("source").str()), packageName(r.ToVersion))
	if r.ToVersion != "" { // what runs there, not where a change led
		r.Detail.Targets, r.ToVersion = []Target{{Kind: "artifact", ID: r.ToVersion}}, ""
	}
	at := d.at("context", "timestamp").time()
	if r.Rank = RankStarting; word == "resolved" {
		r.Rank, r.EndedAt = RankEnded, at
	} else {
		r.StartedAt = at
	}
	r.Title = cmp.Or(r.Detail.Text, "Incident "+r.ExternalID)
	out.add(r)
}
