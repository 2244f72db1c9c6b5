package evidence

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// metricTools are the answers of metric stores.
func metricTools() []tool {
	return []tool{
		{"prometheus", knowsPrometheus, readPrometheus},
		{"cloudwatch", knowsCloudWatchMetrics, readCloudWatchMetrics},
		{"datadog", knowsDatadogQuery, readDatadogQuery},
		{"grafana", knowsGrafanaQuery, readGrafanaQuery},
		{"otlp", knowsOTLP, readOTLP},
	}
}

// textTools are the forms that are neither JSON nor YAML.
func textTools() []textTool {
	return append(chaosTextTools(), textTool{"csv", knowsCSV, readCSV})
}

const (
	// maxCurves is how many curves one answer may have; the rest is left out.
	maxCurves = MaxSeriesNames
	// maxCells bounds the memory of one answer: times by curves.
	maxCells = 4 << 20
)

// curve is one line of a graph as a tool gives it.
type curve struct {
	name   string
	times  []time.Time
	values []float64
}

// put adds a point. Infinity cannot be drawn and is a gap.
func (c *curve) put(at *time.Time, v float64) {
	if at == nil {
		return
	}
	if math.IsInf(v, 0) {
		v = math.NaN()
	}
	c.times, c.values = append(c.times, *at), append(c.values, v+0) // minus nothing is nothing
}

// metric makes one record of curves over the same span; none when there is
// nothing to draw.
func (o *result) metric(r Record, curves []curve, unit string) {
	curves = slices.DeleteFunc(curves, func(c curve) bool { return len(c.times) == 0 })
	if len(curves) == 0 {
		o.warn("The answer holds no values. Ask for another span, or look at the query.")
		return
	}
	if len(curves) > maxCurves {
		o.warn("The answer has %d curves, and a graph holds %d. The rest was left out: narrow the query.", len(curves), maxCurves)
		curves = curves[:maxCurves]
	}
	s, ok := assembleCurves(curves)
	if !ok {
		o.warn("The answer has too many points. Take a longer step or a shorter span.")
		return
	}
	if s.Len() > MaxSeriesPoints {
		o.warn("The answer has %s points, and a graph holds %s. It was thinned: each stretch keeps its lowest and highest value.", thousands(s.Len()), thousands(MaxSeriesPoints))
		s = s.Thin(MaxSeriesPoints)
	}
	s.Unit = cmp.Or(unit, commonUnit(s.Names))
	from, to := s.Span()
	r.Type, r.StartedAt, r.EndedAt, r.Series = TypeMetric, &from, &to, &s
	r.SubjectKey = cmp.Or(r.SubjectKey, hashOf(s.Names...))
	r.DedupeKey = s.Hash()
	r.Title = cmp.Or(r.Title, r.ExternalID, s.Names[0])
	o.add(r)
}

// assembleCurves lays curves over the union of their times; of two values for
// one time the later counts.
func assembleCurves(curves []curve) (Series, bool) {
	var s Series
	for _, c := range curves {
		s.Times = append(s.Times, c.times...)
	}
	slices.SortFunc(s.Times, time.Time.Compare)
	s.Times = slices.CompactFunc(s.Times, time.Time.Equal)
	if len(s.Times)*len(curves) > maxCells {
		return s, false
	}
	for _, c := range curves {
		values := slices.Repeat([]float64{math.NaN()}, len(s.Times))
		for i, at := range c.times {
			row, _ := slices.BinarySearchFunc(s.Times, at, time.Time.Compare)
			values[row] = c.values[i]
		}
		s.Names = append(s.Names, curveName(c.name, s.Names))
		s.Values = append(s.Values, values)
	}
	return s, true
}

// curveName makes a name that a series may have, unlike those before it.
func curveName(name string, taken []string) string {
	name = strings.Join(strings.Fields(strings.ToValidUTF8(name, "\uFFFD")), " ")
	name = cmp.Or(cutBytes(name, maxSeriesName-8), "value")
	for n, base := 2, name; slices.Contains(taken, name); n++ {
		name = fmt.Sprintf("%s #%d", base, n)
	}
	return name
}

// cutBytes cuts between two characters.
func cutBytes(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.TrimSpace(strings.ToValidUTF8(s[:most], ""))
}

// number reads a value as stores write it; what is no number is a gap.
func (n node) number() float64 {
	if f, ok := n.num(); ok {
		return f
	}
	return math.NaN()
}

// common gives the labels that all have with the same value.
func common(all []node) node {
	same := map[string]any{}
	for i, labels := range all {
		if i == 0 {
			for _, key := range labels.keys() {
				same[key] = labels.at(key).v
			}
			continue
		}
		for key := range same {
			if labels.at(key).str() != (node{same[key]}).str() || !labels.has(key) {
				delete(same, key)
			}
		}
	}
	return node{same}
}
