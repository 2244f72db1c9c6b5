package evidence

import (
	"cmp"
	"strconv"
	"strings"
)

// argoCDTool reads Argo CD: Application objects, also as the body of a
// notification with the template {"app": {{toJson .app}}}.
func argoCDTool() tool {
	return tool{name: "argocd", knows: knowsArgoCD, read: readArgoCD}
}

func knowsArgoCD(m message) bool {
	doc := m.doc
	if doc.at("app", "metadata").has("name") && doc.at("app").has("status") || isApplication(watched(doc)) {
		return true
	}
	switch doc.at("kind").str() {
	case "Application", "ApplicationSet", "AppProject":
		return isArgo(doc)
	case "ConfigMap":
		return strings.HasPrefix(doc.at("metadata", "name").str(), "argocd-")
	case "": // as the command line and the interface of Argo CD write it
		return isApplication(doc) || isArgoCDConfig(doc) || isApplication(doc.at("items").index(0))
	}
	return false
}

// watched gives the object of a change that is watched, by the interface of
// Argo CD or by kubectl get --watch --output-watch-events.
func watched(doc node) node {
	if result := doc.at("result"); result.isObject() {
		doc = result
	}
	if !doc.has("type") {
		return node{}
	}
	return doc.first("application", "object")
}

func isApplication(doc node) bool {
	kind := doc.at("kind").str()
	return kind == "Application" && isArgo(doc) || kind == "" && doc.at("spec").has("destination", "project") && doc.has("metadata", "status")
}

// isArgoCDConfig knows the templates and triggers of notifications.
func isArgoCDConfig(doc node) bool {
	template := doc.at("message").str()
	return strings.Contains(template, "{{") && strings.Contains(template, ".app.") ||
		doc.has("when", "send") && strings.HasPrefix(doc.at("when").str(), "app.")
}

func readArgoCD(m message, out *result) {
	doc := m.doc
	switch {
	case doc.has("app"):
		readApplication(doc.at("app"), out)
	case isApplication(watched(doc)):
		readApplication(watched(doc), out)
	case doc.at("kind").str() == "Application", doc.at("spec").has("destination", "project"):
		readApplication(doc, out)
	case isApplication(doc.at("items").index(0)):
		for _, app := range doc.at("items").list() {
			readApplication(app, out)
		}
	default:
		out.ignore(glued("/", doc.at("metadata", "namespace").str(), doc.at("metadata", "name").str()), "")
	}
}

// readApplication reads every entry of the history, and the operation that is not
// in it: one that goes on, or one that failed.
func readApplication(app node, out *result) {
	history := app.at("status", "history").list()
	deploys := make([]Record, 0, len(history))
	for i, entry := range history {
		r := applicationRecord(app, entry.at("id").str())
		r.State, r.Rank = "succeeded", RankEnded // only a sync that succeeded has an entry
		r.StartedAt = firstTime(entry.at("deployStartedAt").time(), entry.at("deployedAt").time())
		r.EndedAt = entry.at("deployedAt").time()
		r.ToVersion = appRevision(entry)
		r.Detail.Initiator, r.Trigger = initiatedBy(entry.at("initiatedBy"))
		if i > 0 {
			r.FromVersion = deploys[i-1].ToVersion
			markApplicationRollback(&r, deploys)
		}
		if i == len(history)-1 {
			applicationNow(&r, app)
		}
		deploys = append(deploys, r)
	}
	if op, ok := applicationOperation(app, deploys); ok {
		deploys = append(deploys, op)
	}
	for _, r := range deploys {
		r.DedupeKey = glued("/", r.ExternalID, r.State)
		keep(out, r)
	}
	if len(deploys) == 0 {
		out.ignore(applicationRecord(app, "").ExternalID, app.at("status", "health", "status").str())
	}
}

// applicationRecord is one deployment of an application.
func applicationRecord(app node, id string) Record {
	meta, spec := app.at("metadata"), app.at("spec")
	name, target := meta.at("name").str(), spec.at("destination")
	cluster := cmp.Or(target.at("name").str(), target.at("server").str())
	source := spec.first("source", "sources")
	if source.isList() {
		source = source.index(0)
	}
	r := Record{
		Type: TypeDeployment, ExternalID: glued("/", cmp.Or(meta.at("uid").str(), glued("/", meta.at("namespace").str(), name)), id),
		Service: name, Title: name, Environment: target.at("namespace").str(),
		Names: aliases(glued("/", target.at("namespace").str(), name), glued("/", meta.at("namespace").str(), name), source.at("repoURL").str()),
	}
	if cluster != "" || r.Environment != "" {
		r.Detail.Targets = []Target{{Kind: "cluster", Cluster: cluster, Namespace: r.Environment}}
	}
	r.Detail.Links = webLink("Repository", source.at("repoURL").str())
	return r
}

// appRevision is what was deployed; an application of several sources has as many.
func appRevision(n node) string {
	if all := n.at("revisions").strs(); len(all) > 0 {
		return strings.Join(all, ",")
	}
	return n.at("revision").str()
}

// initiatedBy tells who began an operation.
func initiatedBy(n node) (who, trigger string) {
	switch who = n.at("username").str(); {
	case who != "":
		return who, "manual"
	case n.at("automated").truth():
		return "", "automated"
	}
	return "", ""
}

// markApplicationRollback tells a rollback from a deployment: it goes back to a
// revision that was there before. Going forward again to what a rollback had
// undone is a deployment.
func markApplicationRollback(r *Record, before []Record) {
	last := before[len(before)-1]
	if r.ToVersion == "" || r.ToVersion == last.ToVersion || last.Type == TypeRollback && last.FromVersion == r.ToVersion {
		return
	}
	for _, d := range before {
		if d.ToVersion == r.ToVersion {
			r.Type, r.RollsBack = TypeRollback, last.ExternalID
			r.Detail.Automatic = automatic(r.Trigger)
			return
		}
	}
}

// applicationNow adds to the last entry what the operation that made it and the
// health say.
func applicationNow(r *Record, app node) {
	op := app.at("status", "operationState")
	started := op.at("startedAt").time()
	later := started != nil && r.EndedAt != nil && started.After(*r.EndedAt) // another one, which changed nothing
	if appRevision(op.at("syncResult")) == r.ToVersion && !op.at("finishedAt").empty() && !later {
		r.Detail.Reason = op.at("message").str()
		if who, trigger := initiatedBy(op.at("operation", "initiatedBy")); r.Detail.Initiator == "" {
			r.Detail.Initiator, r.Trigger = who, trigger
			if r.Type == TypeRollback {
				r.Detail.Automatic = automatic(trigger)
			}
		}
	}
	if health := app.at("status", "health"); health.at("status").lower() == "degraded" {
		r.State, r.Rank = "degraded", RankRefined
		r.OccurredAt = lastOf(health.at("lastTransitionTime").time(), r.EndedAt)
		r.Detail.Reason = cmp.Or(health.at("message").str(), r.Detail.Reason)
	}
}

// applicationOperation is the operation that the history does not hold. It gets
// the id that its entry will have; one that failed will have none.
func applicationOperation(app node, deploys []Record) (r Record, ok bool) {
	op := app.at("status", "operationState")
	phase, started := op.at("phase").lower(), op.at("startedAt").time()
	dry := op.at("operation", "sync", "dryRun").truth()
	if phase == "" || started == nil || phase == "succeeded" && len(deploys) > 0 && !dry {
		return r, false
	}
	id := "1"
	var last Record
	if len(deploys) > 0 {
		last = deploys[len(deploys)-1]
		if last.EndedAt != nil && started.Before(*last.EndedAt) {
			return r, false
		}
		id = nextHistoryID(afterLast(last.ExternalID, "/"))
	}
	switch {
	case dry: // it changed nothing, so it gets no entry either
		id = "dry-run-" + op.at("startedAt").str()
	case phase == "failed", phase == "error":
		id = "failed-" + op.at("startedAt").str()
	}
	r = applicationRecord(app, id)
	r.DryRun = dry
	r.State, r.Rank = phase, RankOf(phase)
	if phase == "terminating" {
		r.Rank = RankStopping
	}
	r.StartedAt, r.EndedAt = started, op.at("finishedAt").time()
	r.OccurredAt = lastOf(r.StartedAt, r.EndedAt)
	r.FromVersion = last.ToVersion
	r.ToVersion = cmp.Or(appRevision(op.at("syncResult")), appRevision(op.at("operation", "sync")))
	r.Detail.Reason = op.at("message").str()
	r.Detail.Initiator, r.Trigger = initiatedBy(op.at("operation", "initiatedBy"))
	if len(deploys) > 0 {
		markApplicationRollback(&r, deploys)
	}
	return r, true
}

func nextHistoryID(id string) string {
	n, ok := node{id}.num()
	if !ok {
		return id + "+1"
	}
	return strconv.FormatFloat(n+1, 'f', -1, 64)
}
