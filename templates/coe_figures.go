package templates

import (
	"html/template"
	"math"
	"strconv"
	"strings"
	"time"

	"coetracker/coe"
	"coetracker/evidence"
	"coetracker/people"
	"coetracker/timeline"
)

// MetricView is one stored series as a graph and as a table.
type MetricView struct {
	Key, Title, Caption, Live, Zone string
	Query, SHA256                   string
	Version                         int64
	From                            string // where the numbers come from, "" for pasted
	SVG                             template.HTML
	Points                          int
	Names                           []string
	Rows                            [][]string
}

// moments are the key moments that are known, by kind.
func moments(d *coe.Document) map[timeline.Kind]time.Time {
	out := map[timeline.Kind]time.Time{}
	for _, k := range timeline.KeyMoments() {
		if e, ok := timeline.KeyMoment(d.Entries, k); ok {
			out[k] = *e.At
		}
	}
	return out
}

// marks are the key moments as figures show them.
func marks(d *coe.Document) []FigureMoment {
	var out []FigureMoment
	known := moments(d)
	for _, k := range timeline.KeyMoments() {
		if t, ok := known[k]; ok {
			n, _ := k.KeyMoment()
			out = append(out, FigureMoment{N: n, At: t, Label: strings.ToLower(k.Label())})
		}
	}
	return out
}

// axis is the one time scale of all figures of a document.
func axis(d *coe.Document) (FigureAxis, bool) {
	var times []time.Time
	for _, m := range marks(d) {
		times = append(times, m.At)
	}
	if len(times) < 2 {
		return FigureAxis{}, false
	}
	return NewFigureAxis(d.COE.Location(), times...)
}

func eventFigure(d *coe.Document, t Targets) (template.HTML, string) {
	a, ok := axis(d)
	if !ok {
		return "", ""
	}
	m := moments(d)
	f := FigureEvent{ID: "evt", Axis: a, From: m[timeline.ImpactStart], To: m[timeline.Resolved], Moments: marks(d), Spans: []FigureSpan{
		{Name: "Detect", From: m[timeline.ImpactStart], To: m[timeline.Detected], Target: length(t.Detect), Goal: "allowed"},
		{Name: "Engage", From: m[timeline.Detected], To: m[timeline.Engaged], Target: length(t.Engage), Goal: "allowed"},
		{Name: "Mitigate", From: m[timeline.Engaged], To: m[timeline.Mitigated], Target: length(t.Mitigate), Goal: "aimed for"},
		{Name: "Resolve", From: m[timeline.Mitigated], To: m[timeline.Resolved]},
	}}
	return f.SVG(), "The same scale runs through the graphs and the strip below the timeline. Shaded: impact. Numbers: the key moments."
}

func length(d *time.Duration) time.Duration {
	if d == nil {
		return 0
	}
	return *d
}

// coverStrip shows which minutes of the impact the timeline tells about.
func coverStrip(d *coe.Document, most time.Duration) template.HTML {
	a, ok := axis(d)
	if !ok {
		return ""
	}
	m := moments(d)
	to := m[timeline.Resolved]
	if to.IsZero() {
		to = m[timeline.Mitigated]
	}
	f := FigureCover{ID: "cover", Axis: a, From: m[timeline.ImpactStart], To: to}
	for _, g := range timeline.Gaps(d.Entries, most) {
		f.Dark = append(f.Dark, FigureDark{From: g.From, To: g.To, Noted: g.Note != ""})
	}
	return f.SVG()
}

// tableRows is how many rows of a series a page lists; the file has all.
const tableRows = 400

func metricViews(d *coe.Document) []MetricView {
	a, _ := axis(d)
	m := moments(d)
	var out []MetricView
	for i, row := range d.Metrics {
		v := MetricView{Key: row.Key, Title: row.Title, Caption: row.Caption, Query: row.Query, SHA256: row.SHA256, Live: row.LiveURL, Zone: row.Zone, Version: row.Version}
		zone, err := people.LoadZone(row.Zone)
		if err != nil {
			zone = time.UTC
		}
		v.From = origin(row, zone)
		s, err := evidence.ParseSeries(row.CSV, evidence.SeriesOptions{Zone: time.UTC, Unit: row.Unit})
		if err == nil {
			v.Points, v.Names, v.Rows = s.Len(), s.Names, seriesRows(s, zone)
			from, to := s.Span()
			ax := a
			if from.After(a.To) || to.Before(a.From) || a.Zone == nil {
				ax = FigureAxis{}
			}
			v.SVG = FigureMetric{ID: "g" + strconv.Itoa(i+1), Title: row.Title, Series: s, Axis: ax, Zone: d.COE.Location(), Moments: marks(d), From: m[timeline.Detected], To: m[timeline.Mitigated]}.SVG()
		}
		out = append(out, v)
	}
	return out
}

// origin says which query gave the numbers, and when.
func origin(m coe.Metric, zone *time.Location) string {
	switch {
	case m.CapturedAt != nil:
		return "Stored from " + m.Source + " on " + m.CapturedAt.In(zone).Format("2 Jan 2006, 15:04 MST")
	case m.Source != "":
		return "Stored from a file of " + m.Source
	}
	return ""
}

func seriesRows(s evidence.Series, zone *time.Location) [][]string {
	s = s.Thin(tableRows)
	var out [][]string
	for i, t := range s.Times {
		row := []string{t.In(zone).Format("2 Jan 2006 15:04:05")}
		for c := range s.Names {
			row = append(row, cell(s, i, c))
		}
		out = append(out, row)
	}
	return out
}

func cell(s evidence.Series, i, c int) string {
	v := s.Values[c][i]
	if math.IsNaN(v) {
		return ""
	}
	return strconv.FormatFloat(v, 'g', 6, 64)
}
