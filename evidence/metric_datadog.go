package evidence

import (
	"cmp"
	"strings"
)

// Datadog's answers to queries: version 1 gives points in milliseconds, version
// 2 one list of times and a column for each curve.

func knowsDatadogQuery(m message) bool {
	d := m.doc
	if d.at("series").isList() && (d.has("resp_version") || d.at("series").index(0).has("pointlist") || d.has("res_type")) {
		return true
	}
	kind := d.at("data", "type").str()
	return kind == "timeseries_response" || kind == "scalar_response"
}

func readDatadogQuery(m message, out *result) {
	d := m.doc
	if message := d.first("error", "errors", "message").strs(); len(message) > 0 {
		out.warn("Datadog says: %s", strings.Join(message, ", "))
	}
	switch {
	case d.has("series"):
		datadogV1(d, out)
	case d.at("data", "type").str() == "timeseries_response":
		datadogV2(d.at("data", "attributes"), out)
	default:
		out.warn("This is a single number without a time. Query the timeseries instead.")
	}
}

func datadogV1(d node, out *result) {
	var curves []curve
	r, units := Record{}, map[string]bool{}
	for i, one := range d.at("series").list() {
		metric := one.first("metric", "display_name", "expression").str()
		name := metric
		if scope := cmp.Or(one.at("scope").str(), strings.Join(one.at("tag_set").strs(), ",")); scope != "" && scope != "*" {
			name += "{" + scope + "}"
		}
		c := curve{name: name}
		for _, p := range one.at("pointlist").list() {
			c.put(p.index(0).time(), p.index(1).number())
		}
		curves = append(curves, c)
		units[datadogUnit(one.at("unit"))] = true
		r.datadogTags(i, metric, append(one.at("tag_set").strs(), strings.Split(one.at("scope").str(), ",")...))
	}
	out.metric(r, curves, onlyOne(units))
}

func datadogV2(a node, out *result) {
	times, values := a.at("times").list(), a.at("values").list()
	var curves []curve
	r, units := Record{}, map[string]bool{}
	for i, column := range values {
		one := a.at("series").index(i)
		c := curve{name: cmp.Or(one.at("alias").str(), strings.Join(one.at("group_tags").strs(), ","), "query "+cmp.Or(one.at("query_index").str(), "0"))}
		cells := column.list()
		for row, at := range times {
			if row < len(cells) {
				c.put(at.time(), cells[row].number())
			}
		}
		curves = append(curves, c)
		units[datadogUnit(one.at("unit"))] = true
		r.datadogTags(i, "", one.at("group_tags").strs())
	}
	out.metric(r, curves, onlyOne(units))
}

// datadogUnit is the unit of the first part; the second is what it is per.
func datadogUnit(unit node) string {
	word := func(n node) string { return n.first("short_name", "name").str() }
	if !unit.isList() {
		return word(unit)
	}
	if per := word(unit.index(1)); per != "" {
		return word(unit.index(0)) + "/" + per
	}
	return word(unit.index(0))
}

func onlyOne(words map[string]bool) string {
	for word := range words {
		if len(words) == 1 {
			return word
		}
	}
	return ""
}

// datadogTags names the metric, the service and the rest, as long as all curves
// say the same.
func (r *Record) datadogTags(i int, metric string, tags []string) {
	var one Record
	for _, tag := range tags {
		one.byTag(tag)
	}
	if i == 0 {
		r.ExternalID, r.Service, r.Environment, r.Region = metric, one.Service, one.Environment, one.Region
		return
	}
	for have, says := range map[*string]string{&r.ExternalID: metric, &r.Service: one.Service, &r.Environment: one.Environment, &r.Region: one.Region} {
		if *have != says {
			*have = ""
		}
	}
}
