package evidence

import (
	"strings"
)

// OpenTelemetry's JSON form of metrics, in both spellings of its keys. Each
// metric of each resource is one graph; its points by their attributes are the
// curves. Histograms give their count and sum. Sums are kept as they are sent,
// and the text says whether they run on or start anew. Traces and logs are of no
// use here.

func knowsOTLP(m message) bool {
	d := m.doc
	for _, key := range []string{"resourceMetrics", "resource_metrics", "resourceSpans", "resourceLogs"} {
		if d.at(key).isList() {
			return true
		}
	}
	return false
}

func readOTLP(m message, out *result) {
	for _, resource := range m.doc.first("resourceMetrics", "resource_metrics").list() {
		attributes := otlpAttributes(resource.at("resource", "attributes"))
		for _, scope := range resource.first("scopeMetrics", "scope_metrics", "instrumentationLibraryMetrics").list() {
			for _, metric := range scope.at("metrics").list() {
				otlpMetric(metric, attributes, out)
			}
		}
	}
}

// otlpAttributes makes an object of a list of keys and values.
func otlpAttributes(list node) node {
	m := map[string]any{}
	for _, one := range list.list() {
		value := one.at("value")
		m[one.at("key").str()] = value.first("stringValue", "string_value", "intValue", "int_value", "doubleValue", "double_value", "boolValue", "bool_value").str()
	}
	return node{m}
}

func otlpMetric(metric, resource node, out *result) {
	name := metric.at("name").str()
	r := Record{
		ExternalID: name, Title: name,
		Service:     resource.first("service.name", "service").str(),
		Environment: resource.first("deployment.environment.name", "deployment.environment").str(),
		Region:      resource.at("cloud.region").str(),
	}
	r.named(resource.at("k8s.deployment.name").str(), resource.at("service.namespace").str(), resource.at("k8s.namespace.name").str())
	r.SubjectKey = strings.TrimSpace(r.Service + " " + name)
	r.Detail.Zone = resource.first("cloud.availability_zone", "cloud.zone").str()
	r.Detail.Text = metric.at("description").str()
	data := metric.first("gauge", "sum", "histogram", "exponentialHistogram", "exponential_histogram", "summary")
	switch data.first("aggregationTemporality", "aggregation_temporality").str() {
	case "1", "AGGREGATION_TEMPORALITY_DELTA":
		r.Detail.Text = strings.TrimSpace(r.Detail.Text + "\nEach value counts from the one before (delta).")
	case "2", "AGGREGATION_TEMPORALITY_CUMULATIVE":
		r.Detail.Text = strings.TrimSpace(r.Detail.Text + "\nThe values run on from a start (cumulative).")
	}
	out.metric(r, otlpCurves(name, data.first("dataPoints", "data_points").list()), metric.at("unit").str())
}

func otlpCurves(name string, points []node) []curve {
	byName := map[string]int{}
	var curves []curve
	put := func(name string, point, value node) {
		i, known := byName[name]
		if !known {
			i = len(curves)
			byName[name] = i
			curves = append(curves, curve{name: name})
		}
		curves[i].put(point.first("timeUnixNano", "time_unix_nano").time(), value.number())
	}
	for _, p := range points {
		label := otlpLabel(otlpAttributes(p.at("attributes")))
		if value := p.first("asDouble", "as_double", "asInt", "as_int"); !value.empty() {
			put(name+label, p, value)
			continue
		}
		for _, part := range []string{"count", "sum"} {
			if p.has(part) {
				put(name+" "+part+label, p, p.at(part))
			}
		}
		for _, q := range p.first("quantileValues", "quantile_values").list() {
			put(name+" p"+q.at("quantile").str()+label, p, q.at("value"))
		}
	}
	return curves
}

func otlpLabel(attributes node) string {
	var parts []string
	for _, key := range attributes.keys() {
		parts = append(parts, key+"="+attributes.at(key).str())
	}
	if len(parts) == 0 {
		return ""
	}
	return "{" + strings.Join(parts, ", ") + "}"
}
