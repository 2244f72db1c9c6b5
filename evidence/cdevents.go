package evidence

import (
	"cmp"
	"strings"
)

// A CDEvent about a service or an environment is one change, by its own id: its
// subject is the service, of which there are many changes. Events about an
// incident, or about a deployment (since 0.6), are one thing, by their subject;
// the rollout to one target belongs to the deployment. The version stands inside the type,
// such as dev.cdevents.service.rolledback.0.3.0, and does not matter.

func knowsCDEvents(m message) bool {
	if isEarlyCDEvent(m.doc) {
		return true
	}
	kind := m.doc.at("context", "type").str()
	return (strings.HasPrefix(kind, "dev.cdevents.") || strings.HasPrefix(kind, "cd.")) && m.doc.at("subject").isObject()
}

// isEarlyCDEvent knows the events of before the first release: CloudEvents, whose
// data are names and values.
func isEarlyCDEvent(d node) bool {
	return isCloudEvent(d) && strings.HasPrefix(d.at("type").str(), "cd.") && !d.has("context")
}

// earlyCDEvent puts such an event into the later form.
func earlyCDEvent(d node) node {
	part := func(name string) any { return cmp.Or[any](d.at("data", name).v, d.at(name).v) }
	subject := strings.SplitN(d.at("type").str()+"..", ".", 4)[1]
	id := part(subject + "id")
	if subject == "service" {
		id = part("servicename")
	}
	return node{map[string]any{
		"context": map[string]any{"id": d.at("id").v, "source": d.at("source").v, "type": d.at("type").v, "timestamp": d.at("time").v},
		"subject": map[string]any{"id": id, "content": map[string]any{
			"environment": map[string]any{"id": part("serviceenvid")}, "artifactId": part("serviceversion"), "name": part(subject + "name"),
		}},
	}}
}

func readCDEvent(m message, out *result) {
	if isEarlyCDEvent(m.doc) {
		m.doc = earlyCDEvent(m.doc)
	}
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
	case "deployment":
		cdDeployment(m.doc, word, out)
	case "targetrollout":
		cdTarget(m.doc, word, out)
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
		DedupeKey:   strings.TrimSpace(context.at("source").str() + " " + context.at("id").str() + " " + word),
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
		r.RollsBack = cmp.Or(r.RollsBack, cdRelated(d))
	}
	r.ExternalID = d.at("context", "id").str()
	r.SubjectKey = r.DedupeKey
	at := d.at("context", "timestamp").time()
	r.Rank, r.EndedAt = RankEnded, at
	if subject == "environment" {
		r.Environment = d.at("subject", "id").str()
		r.Title = strings.Join(oneEach("Environment", d.at("subject", "content", "name").str(), word), " ")
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

// cdRelated gives the event that this one is related to: for a rollback the
// deployment that it undoes, whose id is its event's.
func cdRelated(d node) string {
	related := ""
	for _, link := range d.at("context", "links").list() {
		id, kind := link.at("target", "contextId").str(), link.at("linkKind").lower()
		switch {
		case !strings.EqualFold(link.at("linkType").str(), "RELATION") || id == "":
		case saysRollback(kind) || strings.Contains(kind, "revert"):
			return id
		case related == "":
			related = id
		}
	}
	return related
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

// cdSubject is the key of a thing that several events are about.
func cdSubject(d node, id string) string {
	source := d.at("subject", "source")
	if source.empty() {
		source = d.at("context", "source")
	}
	return strings.TrimSpace(source.str() + " " + id)
}

// cdDeployment reads that a deployment is queued, started or finished.
func cdDeployment(d node, word string, out *result) {
	r := cdRecord(d, word)
	r.Type, r.ExternalID = TypeDeployment, d.at("subject", "id").str()
	if r.ExternalID == "" {
		return
	}
	r.SubjectKey = cdSubject(d, r.ExternalID)
	content, at := d.at("subject", "content"), d.at("context", "timestamp").time()
	r.Service = cmp.Or(content.at("service", "id").str(), packageName(r.ToVersion))
	switch word {
	case "started":
		r.StartedAt = at
	case "finished":
		r.State, r.Rank, r.EndedAt = cmp.Or(content.at("outcome").lower(), word), RankEnded, at
	}
	r.Detail.Reason = cmp.Or(content.at("errors").str(), r.Detail.Reason)
	r.Title = changeTitle(r)
	out.add(r)
}

// cdTarget reads how a deployment went at one target. It is no state of the
// whole.
func cdTarget(d node, word string, out *result) {
	content := d.at("subject", "content")
	id := content.at("deploymentId").str()
	if id == "" {
		out.ignore(d.at("subject", "id").str(), word)
		return
	}
	r := cdRecord(d, "")
	r.Type, r.ExternalID, r.SubjectKey = TypeDeployment, id, cdSubject(d, id)
	r.Service = cmp.Or(content.at("service", "id").str(), packageName(r.ToVersion))
	r.DedupeKey += " " + word
	name := cmp.Or(content.at("name").str(), d.at("subject", "id").str())
	r.Detail.Step = name + ": " + cmp.Or(content.at("outcome").lower(), word)
	r.Detail.Targets = []Target{{ID: cmp.Or(content.at("target").str(), name)}}
	r.Title = changeTitle(r)
	out.add(r)
}

func cdIncident(d node, word string, out *result) {
	r := cdRecord(d, word)
	r.Type = TypeIncident
	if r.ExternalID = d.at("subject", "id").str(); r.ExternalID == "" {
		return
	}
	r.SubjectKey = cdSubject(d, r.ExternalID)
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
