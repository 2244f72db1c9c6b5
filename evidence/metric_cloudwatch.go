package evidence

import (
	"cmp"
	"strings"
)

// CloudWatch's two kinds of answers: GetMetricData, newest first, and
// GetMetricStatistics, in no order. Gaps are points that are not there.

func knowsCloudWatchMetrics(m message) bool {
	d := m.doc
	return d.at("MetricDataResults").isList() || d.at("Datapoints").isList() && (d.has("Label") || d.at("Datapoints").index(0).has("Timestamp"))
}

func readCloudWatchMetrics(m message, out *result) {
	if m.doc.has("Datapoints") {
		cloudwatchStatistics(m.doc, out)
		return
	}
	for _, note := range m.doc.at("Messages").list() {
		out.warn("CloudWatch says: %s", strings.TrimSpace(note.at("Code").str()+" "+note.at("Value").str()))
	}
	if m.doc.at("NextToken").str() != "" {
		out.warn("The answer goes on (NextToken): only its first part is here.")
	}
	var curves []curve
	for _, one := range m.doc.at("MetricDataResults").list() {
		c := curve{name: one.first("Label", "Id").str()}
		values := one.at("Values").list()
		for i, at := range one.at("Timestamps").list() {
			if i < len(values) {
				c.put(at.time(), values[i].number())
			}
		}
		if status := one.at("StatusCode").str(); status != "Complete" && status != "" {
			out.warn("%s is not complete: CloudWatch says %s.", cmp.Or(c.name, "A curve"), status)
		}
		curves = append(curves, c)
	}
	r := Record{}
	if len(curves) == 1 {
		r.ExternalID = curves[0].name
	}
	out.metric(r, curves, "")
}

func cloudwatchStatistics(d node, out *result) {
	label := d.at("Label").str()
	byName := map[string]*curve{}
	var order []string
	unit := ""
	put := func(name string, point, value node) {
		if byName[name] == nil {
			byName[name] = &curve{name: strings.TrimSpace(label + " " + name)}
			order = append(order, name)
		}
		byName[name].put(point.at("Timestamp").time(), value.number())
	}
	for _, p := range d.at("Datapoints").list() {
		unit = cmp.Or(unit, p.at("Unit").str())
		for _, name := range []string{"Average", "Sum", "Minimum", "Maximum", "SampleCount"} {
			if p.has(name) {
				put(name, p, p.at(name))
			}
		}
		for _, name := range p.at("ExtendedStatistics").keys() {
			put(name, p, p.at("ExtendedStatistics", name))
		}
	}
	var curves []curve
	for _, name := range order {
		curves = append(curves, *byName[name])
	}
	if unit == "None" {
		unit = ""
	}
	out.metric(Record{ExternalID: label}, curves, unit)
}
