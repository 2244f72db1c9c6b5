package evidence

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"
)

// ecsTool reads Amazon ECS: EventBridge events and the answers of
// describe-service-deployments, list-service-deployments, describe-services,
// describe-service-revisions.
func ecsTool() tool {
	return tool{name: "ecs", knows: knowsECS, read: readECS}
}

func knowsECS(m message) bool {
	doc := m.doc
	return isECSEvent(m) || doc.at("serviceDeployments").isList() || doc.at("serviceRevisions").isList() ||
		doc.has("serviceDeploymentArn") || isECSService(doc.at("service")) || isECSService(doc) ||
		doc.at("services").isList() && (isECSService(doc.at("services").index(0)) || doc.at("failures").isList())
}

func isECSEvent(m message) bool {
	return isAWSEvent(m, "aws.ecs", "eventName", "eventType", "deploymentId")
}

func isECSService(n node) bool {
	if n.has("serviceName") && (n.has("serviceArn") || n.has("clusterArn")) {
		return true
	}
	first := items(n.at("deployments")) // what a query has left of one
	return (n.has("serviceName") || n.has("serviceArn")) && len(first) > 0 && first[0].has("id", "taskDefinition")
}

func readECS(m message, out *result) {
	doc := m.doc
	switch {
	case isECSEvent(m):
		readECSEvent(readAWSEvent(m), out)
	case doc.has("serviceDeploymentArn"):
		readECSDeployment(doc, out)
	case isECSService(doc.at("service")):
		readECSService(doc.at("service"), out)
	case isECSService(doc):
		readECSService(doc, out)
	}
	for _, d := range doc.at("serviceDeployments").list() {
		readECSDeployment(d, out)
	}
	for _, r := range doc.at("serviceRevisions").list() {
		out.ignore(r.at("serviceRevisionArn").str(), "")
	}
	for _, s := range doc.at("services").list() {
		readECSService(s, out)
	}
}

// readECSEvent reads an event. Actions of a service and changes of a task say
// nothing about which deployment they belong to.
func readECSEvent(e awsEvent, out *result) {
	name, id := e.detail.at("eventName").str(), e.detail.first("deploymentId", "serviceDeploymentArn").str()
	if e.kind != "" && !strings.Contains(e.kind, "Deployment") || id == "" {
		out.ignore(cmp.Or(e.detail.at("taskArn").str(), e.resource("arn:")), cmp.Or(name, e.detail.at("lastStatus").str()))
		return
	}
	r := ecsService(e.resource(":service/"))
	r.ExternalID, r.SubjectKey = id, glued(" ", e.resource(":service/"), id)
	r.Region = cmp.Or(e.region, r.Region)
	r.State = strings.ToLower(strings.TrimPrefix(name, "SERVICE_DEPLOYMENT_"))
	r.Detail.Reason = e.detail.at("reason").str()
	at := firstTime(e.detail.at("updatedAt").time(), e.at)
	r.OccurredAt = lastOf(at)
	if r.Rank = RankOf(r.State); r.Rank.Ended() {
		r.EndedAt = at
	} else {
		r.StartedAt = at
	}
	r.Trigger = triggerIn(r.Detail.Reason)
	if !r.Rank.Ended() && rollbackWords.MatchString(r.Detail.Reason) || strings.Contains(r.State, "rollback") {
		r = ecsRollback(r)
	}
	keep(out, r)
}

var ecsDeploymentID = regexp.MustCompile(`ecs-svc/[0-9A-Za-z]+`)

// ecsRollback makes a rollback of a deployment that says it rolls back. The
// reason names a deployment: where that is not the rollback itself, it links the
// two. Where it is, the earlier deployment is brought back under its own id, so
// that the rollback needs a key of its own.
func ecsRollback(r Record) Record {
	r.Type = TypeRollback
	r.Detail.Automatic, r.Detail.Share = automatic(r.Trigger), nil
	named := ecsDeploymentID.FindString(r.Detail.Reason)
	if named == r.ExternalID {
		r.SubjectKey += "#rollback"
	} else {
		r.RollsBack = named
	}
	return r
}

// ecsService gives a deployment of the service with this ARN, in its new form
// service/CLUSTER/NAME or its old form service/NAME.
func ecsService(arn string) Record {
	path := strings.TrimPrefix(arnTail(arn), "service/")
	return Record{
		Type: TypeDeployment, Service: afterLast(path, "/"), Title: afterLast(path, "/"), Region: arnRegion(arn), Names: aliases(arn, path),
	}
}

// readECSDeployment reads one of describe-service-deployments, whose rollback is
// part of the same object, or one of list-service-deployments, which says less.
func readECSDeployment(d node, out *result) {
	r := ecsService(d.at("serviceArn").str())
	r.ExternalID = d.at("serviceDeploymentArn").str()
	r.State = d.at("status").lower()
	if r.StartedAt = d.at("startedAt").time(); r.StartedAt == nil && r.State != "pending" {
		r.StartedAt = d.at("createdAt").time()
	}
	if r.EndedAt = d.at("finishedAt").time(); r.EndedAt == nil && r.State == "stopped" {
		r.EndedAt = d.at("stoppedAt").time()
	}
	r.OccurredAt = lastOf(d.at("updatedAt").time(), d.at("createdAt").time(), r.StartedAt, r.EndedAt)
	r.FromVersion = cmp.Or(d.at("sourceServiceRevisions").index(0).at("arn").str(), d.at("sourceServiceRevision", "arn").str())
	r.ToVersion = cmp.Or(d.at("targetServiceRevision", "arn").str(), d.at("targetServiceRevisionArn").str())
	r.Alarms = d.at("alarms", "triggeredAlarmNames").strs()
	r.Trigger = ecsTrigger(d)
	r.Detail = ecsDetail(d)
	if target := d.at("targetServiceRevision"); !strings.Contains(r.State, "rollback") {
		running, _ := target.at("runningTaskCount").num()
		wanted, _ := target.at("requestedTaskCount").num()
		r.Detail.Share = shareOf(running, wanted)
	}
	r.DedupeKey = hashOf(r.ExternalID, d.json())
	keep(out, r)
	if back := d.at("rollback"); r.ExternalID != "" && (!back.empty() || strings.HasPrefix(r.State, "rollback")) {
		keep(out, ecsUndone(r, back))
	}
}

// ecsUndone is the rollback of a service deployment.
func ecsUndone(r Record, back node) Record {
	undone := r
	undone.Type, undone.RollsBack = TypeRollback, r.ExternalID
	undone.ExternalID += "#rollback"
	undone.DedupeKey = hashOf(r.DedupeKey, "rollback")
	undone.StartedAt = firstTime(back.at("startedAt").time())
	undone.FromVersion, undone.ToVersion = r.ToVersion, cmp.Or(back.at("serviceRevisionArn").str(), r.FromVersion)
	undone.Detail.Reason = cmp.Or(back.at("reason").str(), r.Detail.Reason)
	undone.Detail.Automatic = automatic(r.Trigger)
	undone.Detail.Share = nil
	undone.Rank = RankRunning
	switch {
	case r.EndedAt != nil:
		undone.Rank = RankEnded
	case r.State == "rollback_requested":
		undone.Rank = RankStarting
	}
	return undone
}

// ecsTrigger tells what stopped a deployment.
func ecsTrigger(d node) string {
	status := d.at("status").lower()
	back := !d.at("rollback").empty() || strings.Contains(status, "rollback") || strings.HasPrefix(status, "stop")
	switch {
	case !d.at("alarms", "triggeredAlarmNames").empty() || d.at("alarms", "status").lower() == "triggered":
		return "alarm"
	case d.at("deploymentCircuitBreaker", "status").lower() == "triggered":
		return "circuit_breaker"
	case !back:
		return ""
	}
	if t := triggerIn(d.at("rollback", "reason").str() + " " + d.at("statusReason").str()); t != "" {
		return t
	}
	if strings.HasPrefix(status, "stop") || status == "rollback_requested" {
		return "manual"
	}
	return ""
}

func ecsDetail(d node) Detail {
	conf := d.at("deploymentConfiguration")
	return Detail{
		Reason:      cmp.Or(d.at("statusReason").str(), d.at("rollback", "reason").str()),
		Strategy:    conf.at("strategy").str(),
		Step:        d.at("lifecycleStage").str(),
		BakeMinutes: conf.at("bakeTimeInMinutes").minutes(),
	}
}

// readECSService reads one of describe-services. It has no word for a rollback:
// the newest deployment runs an older revision of the task definition.
func readECSService(s node, out *result) {
	all := items(s.at("deployments"))
	if len(all) == 0 {
		out.ignore(s.at("serviceArn").str(), s.at("status").str())
	}
	for _, d := range all {
		r := ecsServiceDeployment(s, d)
		reason := r.Detail.Reason
		undone, falls := ecsFalling(d, all)
		if falls || rollbackWords.MatchString(reason) {
			r = ecsRollback(r)
			if falls {
				r.RollsBack, r.FromVersion = undone.at("id").str(), ecsRevision(undone)
			}
		} else {
			r.FromVersion = ecsReplaced(d, all)
		}
		keep(out, r)
	}
}

func ecsServiceDeployment(s, d node) Record {
	arn := s.at("serviceArn").str()
	r := ecsService(arn)
	r.Service = cmp.Or(s.at("serviceName").str(), r.Service)
	r.Title = r.Service
	if cluster := afterLast(s.at("clusterArn").str(), "/"); cluster != "" {
		r.Names = aliases(arn, cluster+"/"+r.Service)
	}
	r.Environment = ecsEnvironment(s.at("tags"))
	r.ExternalID = d.at("id").str()
	r.SubjectKey = glued(" ", arn, r.ExternalID)
	r.StartedAt = d.at("createdAt").time()
	r.ToVersion = ecsRevision(d)
	r.State = cmp.Or(d.at("rolloutState").lower(), d.at("status").lower())
	r.Detail.Reason = d.at("rolloutStateReason").str()
	running, _ := d.at("runningCount").num()
	wanted, _ := s.at("desiredCount").num()
	r.Detail.Share = shareOf(running, wanted)
	updated := d.at("updatedAt").time()
	r.OccurredAt = lastOf(updated, r.StartedAt)
	r.Rank = RankOf(r.State)
	if d.at("rolloutState").empty() && r.State == "inactive" || r.State == "primary" && wanted > 0 && running == wanted {
		r.Rank = RankEnded // services that only know the status of a deployment
	}
	if r.Rank.Ended() && updated != nil && (r.StartedAt == nil || !updated.Before(*r.StartedAt)) {
		r.EndedAt = updated
	}
	if r.State == "failed" || rollbackWords.MatchString(r.Detail.Reason) {
		r.Trigger = triggerIn(r.Detail.Reason)
	}
	return r
}

// ecsEnvironment finds the environment among the tags of a service, which are
// there when they were asked for.
func ecsEnvironment(tags node) string {
	for _, tag := range tags.list() {
		switch tag.at("key").lower() {
		case "environment", "env", "stage":
			return tag.at("value").str()
		}
	}
	return ""
}

// ecsFalling gives the deployment that the primary one replaces with an older
// revision of the same task definition.
func ecsFalling(d node, all []node) (undone node, falls bool) {
	family, revision := taskRevision(d)
	if d.at("status").lower() != "primary" || revision == 0 {
		return node{}, false
	}
	highest := revision
	for _, other := range all {
		f, n := taskRevision(other)
		if f == family && n > highest && other.at("id").str() != d.at("id").str() {
			undone, highest, falls = other, n, true
		}
	}
	return undone, falls
}

// ecsReplaced gives the revision that the primary deployment takes the place of,
// while there is a deployment that still runs it.
func ecsReplaced(d node, all []node) string {
	family, revision := taskRevision(d)
	found, highest := "", 0
	for _, other := range all {
		f, n := taskRevision(other)
		if d.at("status").lower() == "primary" && f == family && n < revision && n > highest {
			found, highest = ecsRevision(other), n
		}
	}
	return found
}

// ecsRevision gives the task definition as family:revision.
func ecsRevision(d node) string { return afterLast(d.at("taskDefinition").str(), "/") }

func taskRevision(d node) (family string, revision int) {
	family, number, _ := strings.Cut(ecsRevision(d), ":")
	revision, err := strconv.Atoi(number)
	if err != nil {
		return family, 0
	}
	return family, revision
}
