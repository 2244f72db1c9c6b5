package evidence

import (
	"cmp"
	"strings"
	"time"
)

// Datadog's messages: requests to and answers of its DORA interface, incidents,
// and the webhooks of monitors (datadog_monitor.go). A request without an id is a
// thing by service, environment and start.

func knowsDatadogEvent(m message) bool {
	d := m.doc
	if isDatadogMonitor(m) {
		return true
	}
	data := d.at("data")
	if data.isList() {
		data = data.index(0)
	}
	return isDORA(data) || data.at("type").str() == "incidents" && data.at("attributes").isObject()
}

func isDORA(data node) bool {
	a := data.at("attributes")
	return strings.HasPrefix(data.at("type").str(), "dora_") ||
		a.has("started_at") && (a.has("service") || a.has("services") || a.at("git").isObject())
}

func readDatadogEvent(m message, out *result) {
	if isDatadogMonitor(m) {
		datadogMonitor(m, out)
		return
	}
	all := []node{m.doc.at("data")}
	if all[0].isList() {
		all = all[0].list()
	}
	for _, data := range all {
		switch kind := data.at("type").str(); {
		case kind == "incidents":
			datadogIncident(data, out)
		case strings.Contains(kind, "patch"), data.at("attributes").has("change_failure") && !data.at("attributes").has("started_at"):
			datadogPatch(data, out)
		case !data.at("attributes").isObject():
			out.ignore(data.at("id").str(), "") // the answer to a request
		case strings.Contains(kind, "failure"), strings.Contains(kind, "incident"), kind == "" && isDORAFailure(data.at("attributes")):
			datadogFailure(data, out)
		default:
			datadogDeployment(data, out)
		}
	}
}

func isDORAFailure(a node) bool { return a.has("services") || a.has("severity") || a.has("name") }

// doraRecord reads what deployments and failures share.
func doraRecord(data node) Record {
	a := data.at("attributes")
	services := a.at("services").strs()
	r := Record{
		ExternalID:  cmp.Or(data.at("id").str(), a.at("id").str()),
		Service:     a.at("service").str(),
		Environment: a.first("env", "environment").str(),
		StartedAt:   a.at("started_at").time(),
		EndedAt:     a.at("finished_at").time(),
		ToVersion:   cmp.Or(a.at("version").str(), a.at("git", "commit_sha").str()),
	}
	repo := strings.TrimSuffix(a.at("git", "repository_url").str(), ".git")
	if r.Service == "" && len(services) > 0 {
		r.Service = services[0]
	}
	r.named(append(services, repoPath(repo), lastPart(repo))...)
	r.SubjectKey = cmp.Or(r.ExternalID, strings.Join(oneEach(r.Service, r.Environment, a.at("started_at").str()), " "))
	r.ExternalID = cmp.Or(r.ExternalID, r.SubjectKey)
	r.Detail.link("Repository", repo)
	for _, tag := range a.at("custom_tags").strs() {
		if region, ok := strings.CutPrefix(tag, "region:"); ok {
			r.Region = region
		}
	}
	return r
}

// repoPath takes owner/name out of the address of a repository.
func repoPath(address string) string {
	_, path, found := strings.Cut(address, "://")
	if !found {
		return ""
	}
	_, path, _ = strings.Cut(path, "/")
	return path
}

func datadogDeployment(data node, out *result) {
	a := data.at("attributes")
	r := doraRecord(data)
	r.Type, r.State, r.Rank = TypeDeployment, "started", RankStarting
	if r.EndedAt != nil {
		r.State, r.Rank = "finished", RankEnded
	}
	if a.at("change_failure").truth() {
		r.State, r.Rank = "change_failure", RankRefined
	}
	if saysRollback(a.at("deployment_type").str()) {
		r.Type = TypeRollback
	}
	r.Title = changeTitle(r)
	out.add(r)
}

// datadogPatch reads that a deployment was a failure, and which one undid it.
func datadogPatch(data node, out *result) {
	a := data.at("attributes")
	id, failed := datadogPatched(data.at("id").str(), a, a), a.at("change_failure").truth()
	if id == "" || !failed {
		out.ignore(id, "")
		return
	}
	r := Record{
		Type: TypeDeployment, ExternalID: id, State: "change_failure", Rank: RankRefined, Title: "Deployment " + id,
		Service: a.at("service").str(), Environment: a.first("env", "environment").str(), ToVersion: a.at("version").str(),
	}
	out.add(r)
	cure := a.at("remediation")
	if cured := datadogPatched(cure.at("id").str(), a, cure); cured != "" && saysRollback(cure.at("type").str()) {
		out.add(Record{
			Type: TypeRollback, ExternalID: cured, RollsBack: id, DedupeKey: "remediation of " + id,
			Title: "Rollback of deployment " + id, Service: r.Service, Environment: r.Environment,
			FromVersion: r.ToVersion, ToVersion: cure.at("version").str(),
		})
	}
}

// datadogPatched names a deployment that a patch speaks of: by its id, else by
// service, environment and version.
func datadogPatched(id string, a, versioned node) string {
	service, version := a.at("service").str(), versioned.at("version").str()
	if id != "" || service == "" || version == "" {
		return id
	}
	return strings.Join(oneEach(service, a.first("env", "environment").str(), version), " ")
}

func datadogFailure(data node, out *result) {
	a := data.at("attributes")
	r := doraRecord(data)
	r.Type, r.State, r.Rank, r.ToVersion = TypeIncident, "active", RankRunning, ""
	if r.EndedAt != nil {
		r.State, r.Rank = "resolved", RankEnded
	}
	r.Detail.Severity = a.at("severity").str()
	r.Title = cmp.Or(a.at("name").str(), "Failure of "+r.Service)
	out.add(r)
}

// datadogIncident reads an incident as the interface for incidents gives it.
func datadogIncident(data node, out *result) {
	a := data.at("attributes")
	field := func(name string) node { return a.at("fields", name, "value") }
	services := field("services").strs()
	r := Record{
		Type: TypeIncident, ExternalID: data.at("id").str(),
		State:     cmp.Or(a.at("state").lower(), field("state").lower()),
		StartedAt: firstTime(a.at("customer_impact_start").time(), a.at("detected").time(), a.at("created").time()),
		EndedAt:   a.at("resolved").time(),
		Title:     a.at("title").str(),
	}
	if len(services) > 0 {
		r.Service = services[0]
	}
	r.named(services...)
	if r.Rank = RankOf(r.State); r.State == "stable" {
		r.Rank = RankStopping
	}
	r.OccurredAt = valueOf(firstTime(a.at("modified").time(), r.EndedAt, r.StartedAt))
	r.DedupeKey = r.ExternalID + " " + r.State + " " + r.OccurredAt.Format(time.RFC3339Nano)
	r.Detail.Severity = cmp.Or(a.at("severity").str(), field("severity").str())
	if strings.EqualFold(r.Detail.Severity, "unknown") {
		r.Detail.Severity = ""
	}
	r.Detail.Text = field("summary").str()
	r.Detail.Reason = field("root_cause").str()
	r.Detail.Initiator = a.at("created_by", "data", "attributes", "name").str()
	out.add(r)
}

// tagsOf splits tags that may be a list, or one text with commas.
func tagsOf(n node) []string {
	if n.isList() {
		return n.strs()
	}
	return strings.Split(n.str(), ",")
}

// byTag takes over what a tag such as service:checkout says.
func (r *Record) byTag(tag string) {
	key, value, found := strings.Cut(strings.TrimSpace(tag), ":")
	if !found {
		return
	}
	switch strings.ToLower(key) {
	case "service":
		r.Service = cmp.Or(r.Service, value)
	case "env", "environment":
		r.Environment = cmp.Or(r.Environment, value)
	case "region":
		r.Region = cmp.Or(r.Region, value)
	case "version":
		r.ToVersion = cmp.Or(r.ToVersion, value)
	}
}
