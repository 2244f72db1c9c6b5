package evidence

import (
	"cmp"
	"strings"
)

// The answer of Grafana to the queries of a panel, as the panel's inspector
// shows it: frames of columns, times in milliseconds. All frames make one graph.

func knowsGrafanaQuery(m message) bool {
	results := m.doc.at("results")
	for _, key := range results.keys() {
		if results.at(key, "frames").isList() {
			return true
		}
	}
	return false
}

func readGrafanaQuery(m message, out *result) {
	results := m.doc.at("results")
	var curves []curve
	unit := map[string]bool{}
	for _, ref := range results.keys() {
		if text := results.at(ref, "error").str(); text != "" {
			out.warn("Grafana says of query %s: %s", ref, text)
		}
		for _, frame := range results.at(ref, "frames").list() {
			curves = append(curves, grafanaFrame(ref, frame, unit)...)
		}
	}
	out.metric(Record{}, curves, onlyOne(unit))
}

// grafanaFrame makes a curve of each column of numbers.
func grafanaFrame(ref string, frame node, unit map[string]bool) []curve {
	fields, columns := frame.at("schema", "fields").list(), frame.at("data", "values")
	var times []node
	for i, f := range fields {
		if f.at("type").str() == "time" {
			times = columns.index(i).list()
			break
		}
	}
	var curves []curve
	for i, f := range fields {
		if f.at("type").str() != "number" {
			continue
		}
		c := curve{name: grafanaName(ref, frame, f)}
		values := columns.index(i).list()
		for row, at := range times {
			if row < len(values) {
				c.put(at.time(), values[row].number())
			}
		}
		unit[f.at("config", "unit").str()] = true
		curves = append(curves, c)
	}
	return curves
}

func grafanaName(ref string, frame, field node) string {
	labels := field.at("labels")
	var parts []string
	for _, key := range labels.keys() {
		parts = append(parts, key+"="+labels.at(key).str())
	}
	name := cmp.Or(field.at("config", "displayNameFromDS").str(), field.at("config", "displayName").str())
	if name != "" {
		return name
	}
	name = cmp.Or(frame.at("schema", "name").str(), field.at("name").str(), ref)
	if len(parts) > 0 {
		name += "{" + strings.Join(parts, ", ") + "}"
	}
	return name
}
