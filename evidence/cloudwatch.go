package evidence

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"time"
)

// cloudWatchTool reads alarms of Amazon CloudWatch in the shapes in which one
// and the same alarm comes: EventBridge, SNS, a direct call of Lambda, and the
// answers of describe-alarms and describe-alarm-history.
func cloudWatchTool() tool {
	return tool{name: "cloudwatch", knows: knowsCloudWatch, read: readCloudWatch}
}

func knowsCloudWatch(m message) bool {
	doc := m.doc
	return isAWSEvent(m, "aws.cloudwatch", "alarmName", "state", "configuration") || doc.has("AlarmName", "NewStateValue") || doc.at("alarmData").has("alarmName", "state") ||
		doc.at("MetricAlarms").isList() || doc.at("CompositeAlarms").isList() || doc.at("AlarmHistoryItems").isList() ||
		doc.has("AlarmName", "StateValue")
}

func readCloudWatch(m message, out *result) {
	doc := m.doc
	switch {
	case isAWSEvent(m, "aws.cloudwatch", "alarmName", "state", "configuration"):
		readAlarmEvent(readAWSEvent(m), out)
	case doc.has("alarmData"):
		r := alarmData(doc.at("alarmData"), doc.at("alarmArn").str(), doc.at("time").time())
		r.Region = cmp.Or(r.Region, doc.at("region").str())
		keep(out, r)
	case doc.has("NewStateValue"):
		readAlarmMessage(m, out)
	case doc.has("AlarmHistoryItems"):
		for _, item := range doc.at("AlarmHistoryItems").list() {
			readAlarmHistory(item, out)
		}
	case doc.has("StateValue"):
		readDescribedAlarm(doc, out)
	default:
		for _, a := range slices.Concat(doc.at("MetricAlarms").list(), doc.at("CompositeAlarms").list()) {
			readDescribedAlarm(a, out)
		}
	}
}

// readAlarmEvent reads an event; a change of an alarm's configuration is of no
// use here.
func readAlarmEvent(e awsEvent, out *result) {
	arn := cmp.Or(e.resource(":alarm:"), e.detail.at("alarmArn").str())
	if e.detail.at("alarmName").empty() || strings.Contains(e.kind, "Configuration") {
		out.ignore(cmp.Or(arn, e.detail.at("alarmName").str()), e.detail.at("operation").str())
		return
	}
	r := alarmData(e.detail, arn, e.at)
	r.Region = cmp.Or(e.region, r.Region)
	if one := e.detail.at("alarmContributor"); one.isObject() { // each of them fires by itself
		r.SubjectKey = glued(" ", r.SubjectKey, cmp.Or(one.at("id").str(), params(one.at("attributes"))))
	}
	keep(out, r)
}

// alarmData reads what EventBridge and Lambda get in one shape.
func alarmData(d node, arn string, sent *time.Time) Record {
	state, before := d.at("state"), d.at("previousState")
	r := alarmRecord(d.at("alarmName").str(), arn)
	alarmTimes(&r, state.at("value").str(), firstTime(state.at("timestamp").time(), sent), before.at("value").str(), before.at("timestamp").time())
	conf := d.at("configuration")
	r.Detail.Reason, r.Detail.Text = state.at("reason").str(), conf.at("description").str()
	if by := state.at("actionsSuppressedBy").str(); by != "" {
		r.Detail.Text = glued("\n", r.Detail.Text, "Its actions were suppressed by "+by+".")
	}
	for _, child := range state.at("reasonData").inner().at("triggeringAlarms").list() {
		r.Alarms = aliases(append(r.Alarms, alarmName(child.at("arn").str()))...)
	}
	dimensions := map[string]string{}
	for _, metric := range conf.at("metrics").list() {
		of := metric.at("metricStat", "metric", "dimensions")
		for _, key := range of.keys() {
			dimensions[key] = of.at(key).str()
		}
	}
	alarmService(&r, dimensions, d.at("alarmTags"))
	return r
}

// alarmRecord is an alarm known by its ARN, or by its name where that is all
// there is.
func alarmRecord(name, arn string) Record {
	return Record{
		Type: TypeAlarm, ExternalID: cmp.Or(arn, name), SubjectKey: cmp.Or(arn, name), Title: name,
		Region: arnRegion(arn), Alarms: aliases(name),
	}
}

// alarmName is the name in the ARN of an alarm.
func alarmName(arn string) string { return strings.TrimPrefix(arnTail(arn), "alarm:") }

// alarmTimes tells when an alarm fired and was over. While there is too little
// data it does not fire; that is an end only if it did before.
func alarmTimes(r *Record, value string, at *time.Time, before string, since *time.Time) {
	r.State, r.OccurredAt = strings.ToLower(value), lastOf(at)
	fired := strings.EqualFold(before, "ALARM")
	switch r.State {
	case "alarm":
		r.Rank, r.StartedAt = RankRunning, at
		if fired && since != nil {
			r.StartedAt = since // only something else about it changed
		}
	case "ok":
		r.Rank, r.EndedAt = RankEnded, at
	case "insufficient_data":
		r.Rank = RankPending
		if fired {
			r.Rank, r.EndedAt = RankEnded, at
		}
	}
	if r.State != "alarm" && fired {
		r.StartedAt = since
	}
}

// serviceDimensions name a service, best first.
var serviceDimensions = []string{
	"ServiceName", "Service", "service", "FunctionName", "ApiName", "QueueName", "TableName", "TopicName",
	"DBClusterIdentifier", "DBInstanceIdentifier", "StreamName", "AutoScalingGroupName", "TargetGroup", "LoadBalancer",
}

// alarmService finds the service by the alarm's tags and the dimensions of what
// it watches.
func alarmService(r *Record, dimensions map[string]string, tags node) {
	names := []string{tags.first("service", "Service", "app", "application").str()}
	var full []string // of load balancers, whose names are in the middle
	for _, key := range serviceDimensions {
		if parts := strings.Split(dimensions[key], "/"); len(parts) == 3 && (key == "LoadBalancer" || key == "TargetGroup") {
			names, full = append(names, parts[1]), append(full, dimensions[key])
			continue
		}
		if key == "ServiceName" {
			names = append(names, dimensions[key], glued("/", dimensions["ClusterName"], dimensions[key]))
			continue
		}
		names = append(names, dimensions[key])
	}
	r.Environment = tags.first("environment", "Environment", "env", "stage").str()
	if r.Names = aliases(append(names, full...)...); len(r.Names) > 0 {
		r.Service, r.Names = r.Names[0], r.Names[1:]
	}
}

// readAlarmMessage reads what an alarm sends to SNS.
func readAlarmMessage(m message, out *result) {
	doc := m.doc
	region := regionNamed(doc.at("Region").str())
	arn := cmp.Or(doc.at("AlarmArn").str(), madeARN(region, doc.at("AWSAccountId").str(), doc.at("AlarmName").str()))
	r := alarmRecord(doc.at("AlarmName").str(), arn)
	r.Region = cmp.Or(r.Region, region)
	alarmTimes(&r, doc.at("NewStateValue").str(), firstTime(doc.at("StateChangeTime").time(), m.at), doc.at("OldStateValue").str(), nil)
	r.Detail.Reason, r.Detail.Text = doc.at("NewStateReason").str(), doc.at("AlarmDescription").str()
	for _, child := range doc.at("TriggeringChildren").list() {
		name := child.first("Arn", "AlarmArn", "AlarmName").str()
		r.Alarms = aliases(append(r.Alarms, cmp.Or(alarmName(cmp.Or(name, child.str())), name, child.str()))...)
	}
	metrics := append([]node{doc.at("Trigger")}, doc.at("Trigger", "Metrics").list()...)
	dimensions := map[string]string{}
	for _, metric := range metrics {
		readDimensions(dimensions, metric.at("Dimensions"))
		readDimensions(dimensions, metric.at("MetricStat", "Metric", "Dimensions"))
	}
	alarmService(&r, dimensions, doc.first("AlarmTags", "alarmTags"))
	keep(out, r)
}

// madeARN puts together the ARN that older messages leave out, so that they are
// of one thing with the other shapes.
func madeARN(region, account, name string) string {
	if !regionForm.MatchString(region) || strings.HasPrefix(region, "cn-") || strings.Contains(region, "gov") || account == "" || name == "" {
		return ""
	}
	return "arn:aws:cloudwatch:" + region + ":" + account + ":alarm:" + name
}

// readDimensions reads a list of names and values, in either spelling.
func readDimensions(into map[string]string, list node) {
	for _, d := range list.list() {
		into[d.first("name", "Name").str()] = d.first("value", "Value").str()
	}
}

// readDescribedAlarm reads where an alarm stands.
func readDescribedAlarm(a node, out *result) {
	r := alarmRecord(a.at("AlarmName").str(), a.at("AlarmArn").str())
	alarmTimes(&r, a.at("StateValue").str(), firstTime(a.at("StateTransitionedTimestamp").time(), a.at("StateUpdatedTimestamp").time()), "", nil)
	r.Detail.Reason, r.Detail.Text = a.at("StateReason").str(), a.at("AlarmDescription").str()
	for _, child := range a.at("StateReasonData").inner().at("triggeringAlarms").list() {
		r.Alarms = aliases(append(r.Alarms, alarmName(child.at("arn").str()))...)
	}
	dimensions := map[string]string{}
	readDimensions(dimensions, a.at("Dimensions"))
	for _, metric := range a.at("Metrics").list() {
		readDimensions(dimensions, metric.at("MetricStat", "Metric", "Dimensions"))
	}
	alarmService(&r, dimensions, node{})
	keep(out, r)
}

// historyForm is how the history sums up a change of state.
var historyForm = regexp.MustCompile(`(?i)^Alarm updated from (\w+) to (\w+)`)

// readAlarmHistory reads one change of state; changes of the configuration and
// actions taken are left out.
func readAlarmHistory(item node, out *result) {
	data := asObject(item.at("HistoryData"))
	state := data.at("newState")
	now, before := state.at("stateValue").str(), data.at("oldState", "stateValue").str()
	if said := historyForm.FindStringSubmatch(item.at("HistorySummary").str()); said != nil {
		now, before = cmp.Or(now, said[2]), cmp.Or(before, said[1])
	}
	if item.at("HistoryItemType").str() != "StateUpdate" || now == "" {
		return
	}
	r := alarmRecord(item.at("AlarmName").str(), item.at("AlarmArn").str())
	alarmTimes(&r, now, item.at("Timestamp").time(), before, nil)
	r.Detail.Reason = state.at("stateReason").str()
	keep(out, r)
}
