package evidence

import (
	"cmp"
	"regexp"
	"strings"
)

// codeDeployTool reads AWS CodeDeploy: EventBridge events, the body of an SNS
// trigger, and the answers of get-deployment and batch-get-deployments.
func codeDeployTool() tool {
	return tool{name: "codedeploy", knows: knowsCodeDeploy, read: readCodeDeploy}
}

func knowsCodeDeploy(m message) bool {
	doc := m.doc
	return isCodeDeployEvent(m) || isCodeDeployTrigger(doc) || isCodeDeployInfo(doc.at("deploymentInfo")) ||
		doc.at("deploymentsInfo").isList() || isCodeDeployInfo(doc) ||
		doc.at("deploymentGroupInfo").has("deploymentGroupName") || doc.at("deploymentGroupsInfo").isList() || isCodeDeployTarget(doc)
}

func isCodeDeployEvent(m message) bool {
	return isAWSEvent(m, "aws.codedeploy", "application", "deploymentGroup", "deploymentId", "state")
}

func isCodeDeployInfo(n node) bool { return n.has("applicationName", "deploymentId", "status") }

// isCodeDeployTrigger knows what CodeDeploy sends through SNS, about a
// deployment or about one instance of it.
func isCodeDeployTrigger(n node) bool {
	return n.has("deploymentId") && (n.has("eventTriggerName") || n.has("instanceId", "instanceStatus"))
}

func isCodeDeployTarget(n node) bool {
	return n.at("deploymentTarget").has("deploymentTargetType") || n.at("deploymentTargets").index(0).has("deploymentTargetType") ||
		n.at("instanceSummary").has("deploymentId")
}

func readCodeDeploy(m message, out *result) {
	doc := m.doc
	switch {
	case isCodeDeployEvent(m):
		readCodeDeployEvent(readAWSEvent(m), out)
	case doc.at("deploymentsInfo").isList():
		for _, d := range doc.at("deploymentsInfo").list() {
			readCodeDeployInfo(d, out)
		}
	case isCodeDeployInfo(doc.at("deploymentInfo")):
		readCodeDeployInfo(doc.at("deploymentInfo"), out)
	case isCodeDeployTrigger(doc) && !doc.has("applicationName", "status"):
		out.ignore(glued("/", doc.at("deploymentId").str(), afterLast(doc.at("instanceId").str(), "/")), doc.at("instanceStatus").str())
	case isCodeDeployInfo(doc):
		readCodeDeployInfo(doc, out)
	default: // groups and targets
		out.ignore(doc.at("deploymentGroupInfo", "deploymentGroupName").str(), "")
	}
}

func readCodeDeployEvent(e awsEvent, out *result) {
	id, state := e.detail.at("deploymentId").str(), e.detail.at("state").lower()
	if instance := e.detail.at("instanceId").str(); instance != "" || strings.Contains(e.kind, "Instance") || id == "" {
		out.ignore(glued("/", id, instance), state)
		return
	}
	r := codeDeployRecord(id, e.detail.at("application").str(), e.detail.at("deploymentGroup").str())
	r.Names = aliases(append(r.Names, e.resource(":deploymentgroup:"), e.resource(":application:"))...)
	r.Region = cmp.Or(e.detail.at("region").str(), e.region)
	r.State, r.OccurredAt = state, lastOf(e.at)
	switch state {
	case "start":
		r.Rank, r.StartedAt = RankStarting, e.at
	case "success", "failure", "stop":
		r.Rank, r.EndedAt = RankEnded, e.at
	case "ready":
		r.Rank = RankRunning
	}
	keep(out, r)
}

func codeDeployRecord(id, application, group string) Record {
	return Record{
		Type: TypeDeployment, ExternalID: id, Service: application, Title: application, Environment: group,
		Names: aliases(glued("/", application, group)),
	}
}

// readCodeDeployInfo reads a deployment as the API gives it, or as a trigger
// sends it, where objects are JSON in a text and keys begin with capitals.
func readCodeDeployInfo(d node, out *result) {
	r := codeDeployRecord(d.at("deploymentId").str(), d.at("applicationName").str(), d.at("deploymentGroupName").str())
	r.Region = d.at("region").str()
	r.State = d.at("status").lower()
	r.StartedAt = firstTime(d.at("createTime").time(), d.at("startTime").time())
	r.EndedAt = d.at("completeTime").time()
	r.FromVersion, r.ToVersion = codeDeployRevision(d.at("previousRevision")), codeDeployRevision(d.at("revision"))
	failure := asObject(d.at("errorInformation"))
	message := failure.first("message", "ErrorMessage").str()
	r.Trigger = codeDeployTrigger(failure.first("code", "ErrorCode").str())
	if r.Trigger == "alarm" {
		r.Alarms = codeDeployAlarms(message)
	}
	r.Detail = Detail{
		Reason: message, Strategy: d.at("deploymentConfigName").str(), Text: d.at("description").str(),
		Initiator: d.at("creator").str(), Share: codeDeployShare(asObject(d.at("deploymentOverview"))),
		BakeMinutes: d.at("blueGreenDeploymentConfiguration", "terminateBlueInstancesOnDeploymentSuccess", "terminationWaitTimeInMinutes").minutes(),
	}
	r.Rank = codeDeployRank(r.State)
	addCodeDeploy(r, asObject(d.first("rollbackInfo", "rollbackInformation")), out)
}

// addCodeDeploy adds a deployment or rollback. Either end may name the other:
// a bad deployment names its rollback, of which nothing else is known yet.
func addCodeDeploy(r Record, back node, out *result) {
	bad := back.first("rollbackTriggeringDeploymentId", "RollbackTriggeringDeploymentId").str()
	undoing := back.first("rollbackDeploymentId", "RollbackDeploymentId").str()
	said := back.first("rollbackMessage", "RollbackMessage").str()
	creator := strings.ToLower(r.Detail.Initiator)
	if creator == "codedeployrollback" || creator == "cloudformationrollback" || bad != "" && bad != r.ExternalID {
		if r.Type = TypeRollback; bad != r.ExternalID {
			r.RollsBack = bad
		}
		r.Trigger = cmp.Or(r.Trigger, triggerIn(said))
		machine := true // rolling back by hand is an ordinary deployment
		r.Detail.Automatic = &machine
		r.Detail.Reason = cmp.Or(r.Detail.Reason, said)
		keep(out, r)
		return
	}
	keep(out, r)
	if undoing == "" || undoing == r.ExternalID {
		return
	}
	machine := true
	keep(out, Record{
		Type: TypeRollback, ExternalID: undoing, RollsBack: r.ExternalID, Service: r.Service, Title: r.Title, Names: r.Names,
		Environment: r.Environment, Region: r.Region, FromVersion: r.ToVersion, ToVersion: r.FromVersion, Trigger: r.Trigger,
		Alarms: r.Alarms, OccurredAt: lastOf(r.EndedAt, r.StartedAt), Detail: Detail{Reason: cmp.Or(said, r.Detail.Reason), Automatic: &machine},
	})
}

// codeDeployRank adds the words of triggers to the known ones.
func codeDeployRank(state string) Rank {
	if state == "aborted" || state == "stopped" {
		return RankEnded
	}
	return RankOf(state)
}

// codeDeployTrigger tells from the code of an error what stopped a deployment.
func codeDeployTrigger(code string) string {
	switch {
	case strings.HasPrefix(code, "ALARM"):
		return "alarm"
	case strings.HasPrefix(code, "HEALTH"):
		return "health"
	case code == "MANUAL_STOP":
		return "manual"
	}
	return ""
}

var (
	angleNames = regexp.MustCompile(`<([^<>]+)>`)
	alarmList  = regexp.MustCompile(`(?i)alarms?: *([^<>]+)$`)
)

// codeDeployAlarms finds the names that a message gives between < and >, or
// after its last colon.
func codeDeployAlarms(message string) []string {
	var names []string
	form := angleNames
	if !form.MatchString(message) {
		form = alarmList
	}
	for _, m := range form.FindAllStringSubmatch(message, -1) {
		for name := range strings.SplitSeq(m[1], ",") {
			names = append(names, strings.Trim(name, " ."))
		}
	}
	return aliases(names...)
}

// codeDeployRevision names what is deployed: the commit, the object, or the hash
// of the application specification.
func codeDeployRevision(n node) string {
	if commit := n.at("gitHubLocation", "commitId").str(); commit != "" {
		return commit
	}
	if s3 := n.at("s3Location"); s3.has("key") {
		where := "s3://" + glued("/", s3.at("bucket").str(), s3.at("key").str())
		return glued("#", where, cmp.Or(s3.at("version").str(), strings.Trim(s3.at("eTag").str(), `"`)))
	}
	return cmp.Or(n.at("appSpecContent", "sha256").str(), n.at("string", "sha256").str())
}

// codeDeployShare is the share of the targets that the new version has reached.
func codeDeployShare(overview node) *float64 {
	var reached, all float64
	for _, key := range overview.keys() {
		n, _ := overview.at(key).num()
		all += n
		if key == "Succeeded" || key == "Failed" || key == "InProgress" || key == "Ready" {
			reached += n
		}
	}
	return shareOf(reached, all)
}

// asObject reads an object that may be JSON in a text.
func asObject(n node) node {
	if inner := n.inner(); inner.isObject() {
		return inner
	}
	return n
}
