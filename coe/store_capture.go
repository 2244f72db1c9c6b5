package coe

import (
	"context"
	"slices"
	"time"

	"coetracker/evidence"
	"coetracker/internal/db"
	"coetracker/internal/fault"
	"coetracker/people"
)

// Metrics is where graphs may be fetched from.
type Metrics struct {
	Fetch      evidence.Fetch
	Prometheus []string // base addresses that an administrator configured
}

// CaptureEdit asks Prometheus for a graph of a document.
type CaptureEdit struct {
	Title   string
	Caption string
	Unit    string
	LiveURL string
	Range   evidence.RangeQuery // an empty Base is the first one configured
}

// CaptureMetric fetches a graph and stores its numbers, its query and their
// hash at the end of the graphs. It is never asked again by itself: what was
// seen stays.
func (s *Store) CaptureMetric(ctx context.Context, p *people.Principal, n int64, e CaptureEdit) (Metric, error) {
	if len(s.Metrics.Prometheus) == 0 || s.Metrics.Fetch == nil {
		return Metric{}, fault.Invalidf("query", "No Prometheus is configured. Set COE_PROMETHEUS_URL, or paste the numbers as CSV.")
	}
	w, err := open(s.DB.WithContext(ctx), p, n, people.Edit)
	if err != nil {
		return Metric{}, err
	}
	edit := MetricEdit{Title: &e.Title, Caption: &e.Caption, Unit: &e.Unit, LiveURL: &e.LiveURL, Query: &e.Range.Query}
	if err := edit.apply(&Metric{}, nil); err != nil { // before anything is fetched
		return Metric{}, err
	}
	if e.Range.Base == "" {
		e.Range.Base = s.Metrics.Prometheus[0]
	}
	if !slices.Contains(s.Metrics.Prometheus, e.Range.Base) {
		return Metric{}, fault.Invalidf("base", "This address is not configured. Choose one of the list.")
	}
	got, err := evidence.QueryRange(ctx, s.Metrics.Fetch, e.Range)
	if err != nil {
		return Metric{}, err
	}
	now := db.Now(s.DB)
	if got.Series.Unit == "" {
		got.Series.Unit = e.Unit
	}
	fetched := &series{zone: w.coe.Zone, source: got.Source, captured: &now, warnings: got.Warnings, Series: got.Series}
	return addRow(ctx, s, p, n, PartMetric, func(m *Metric) error { return edit.apply(m, fetched) })
}

// CaptureSpan is the stretch that a graph of this document usually shows: the
// event with half an hour around it, an hour until now where it has no window.
func (c *COE) CaptureSpan(now time.Time) (from, to time.Time) {
	const around = 30 * time.Minute
	if c.WindowStart == nil {
		return now.Add(-2 * around), now
	}
	to = *c.WindowStart
	if c.WindowEnd != nil && c.WindowEnd.After(to) {
		to = *c.WindowEnd
	}
	return c.WindowStart.Add(-around), to.Add(around)
}
