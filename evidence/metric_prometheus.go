package evidence

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Answers of Prometheus' HTTP interface, and of the stores that speak it. One
// answer is one graph. Alerts that it lists are alarms; rules and facts about the
// server are of no use here.

func knowsPrometheus(m message) bool {
	d := m.doc
	if isPrometheusResult(d) {
		return true
	}
	if status := d.at("status").str(); status != "success" && status != "error" {
		return false
	}
	data := d.at("data")
	return data.has("resultType", "result") || d.has("errorType", "error") || data.at("alerts").isList() ||
		data.at("groups").isList() || data.has("goVersion") || data.has("activeTargets") || data.isList()
}

// isPrometheusResult knows the data of an answer, cut out of it.
func isPrometheusResult(d node) bool {
	return slices.Contains([]string{"matrix", "vector", "scalar", "string"}, d.at("resultType").str()) && d.has("result")
}

func readPrometheus(m message, out *result) {
	d, data := m.doc, m.doc.at("data")
	if isPrometheusResult(d) {
		data = d
	}
	for _, w := range d.at("warnings").strs() {
		out.warn("Prometheus warns: %s", w)
	}
	for _, note := range d.at("infos").strs() {
		out.warn("Prometheus notes: %s", note)
	}
	switch {
	case d.at("status").str() == "error":
		out.warn("Prometheus refused the query (%s): %s", d.at("errorType").str(), d.at("error").str())
	case data.at("alerts").isList():
		for _, a := range data.at("alerts").list() {
			out.add(prometheusAlert(a))
		}
	case data.at("groups").isList():
		prometheusRules(data.at("groups").list(), out)
	case data.at("resultType").str() == "string":
		out.warn("The answer is a text. Query numbers instead.")
	case data.at("resultType").str() == "matrix", data.at("resultType").str() == "vector":
		prometheusGraph(data.at("result").list(), out)
	case data.at("resultType").str() == "scalar":
		c := curve{name: "scalar"}
		c.put(data.at("result").index(0).time(), data.at("result").index(1).number())
		out.metric(Record{}, []curve{c}, "")
	}
}

func prometheusGraph(result []node, out *result) {
	var all []node
	for _, one := range result {
		all = append(all, one.at("metric"))
	}
	shared := common(all)
	var curves []curve
	for _, one := range result {
		name := curveLabel(one.at("metric"), shared, len(result) > 1)
		c := curve{name: name}
		for _, p := range one.at("values").list() {
			c.put(p.index(0).time(), p.index(1).number())
		}
		c.put(one.at("value").index(0).time(), one.at("value").index(1).number())
		if one.has("histograms") || one.has("histogram") {
			out.warn("Of the histograms in the answer only counts and sums were kept. Ask for histogram_quantile of them.")
			curves = append(curves, histogramCurves(name, append(one.at("histograms").list(), one.at("histogram")))...)
		}
		curves = append(curves, c)
	}
	r := Record{ExternalID: shared.at("__name__").str()}
	if len(result) > 0 {
		r.labelled(shared)
	}
	out.metric(r, curves, "")
}

// histogramCurves draws how many values native histograms hold, and their sum.
func histogramCurves(name string, points []node) []curve {
	counts, sums := curve{name: name + " count"}, curve{name: name + " sum"}
	for _, p := range points {
		if one := p.index(1); one.has("count", "sum") {
			counts.put(p.index(0).time(), one.at("count").number())
			sums.put(p.index(0).time(), one.at("sum").number())
		}
	}
	return []curve{counts, sums}
}

// prometheusRules reads the alerts in a list of rules.
func prometheusRules(groups []node, out *result) {
	for _, group := range groups {
		for _, rule := range group.at("rules").list() {
			for _, a := range rule.at("alerts").list() {
				out.add(prometheusAlert(a))
			}
		}
	}
}

// curveLabel writes labels as Prometheus does. Of several curves only what
// tells them apart is named.
func curveLabel(labels, shared node, several bool) string {
	var b strings.Builder
	name := labels.at("__name__").str()
	for _, key := range labels.keys() {
		if key == "__name__" || several && shared.has(key) {
			continue
		}
		if b.Len() > 0 {
			b.WriteString(", ")
		}
		b.WriteString(key + "=" + strconv.Quote(labels.at(key).str()))
	}
	if b.Len() == 0 {
		return cmp.Or(name, "value")
	}
	return name + "{" + b.String() + "}"
}

// prometheusAlert reads an alert as the server that watches the rule lists it,
// with neither fingerprint nor end.
func prometheusAlert(a node) Record {
	labels := a.at("labels")
	id := fingerprint(labels)
	r := Record{
		Type: TypeAlarm, ExternalID: id, SubjectKey: id, State: a.at("state").lower(), StartedAt: a.at("activeAt").time(),
		Title: cmp.Or(labels.at("alertname").str(), "Alert "+id), Alarms: oneEach(labels.at("alertname").str()),
	}
	r.labelled(labels)
	r.annotated(a.at("annotations"))
	if r.State == "pending" { // it may never fire
		r.OccurredAt, r.StartedAt = valueOf(r.StartedAt), nil
	}
	r.DedupeKey = id + " " + a.at("activeAt").str() + " " + r.State
	return r
}
