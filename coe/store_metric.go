package coe

import (
	"context"
	"net/url"
	"time"

	"coetracker/evidence"
	"coetracker/internal/fault"
	"coetracker/people"
	"coetracker/timeline"
)

// MetricEdit changes a stored series and what stands with it. A nil field
// stays as it is.
type MetricEdit struct {
	Title   *string
	Unit    *string // "": taken from the names of the curves where they agree
	Caption *string // what the reader should see
	Query   *string
	LiveURL *string
	Zone    *string // of times in CSV that name none; "": the document's
	CSV     *string // CSV or TSV as pasted, or a metric store's answer as JSON; kept as canonical CSV
}

// series is a series as pasted or fetched, read before the transaction opens.
type series struct {
	zone     string
	source   string // the tool whose answer it is, "" for CSV
	captured *time.Time
	warnings []string // of the tool about its answer
	evidence.Series
}

// AddMetric stores a series at the end of the graphs.
func (s *Store) AddMetric(ctx context.Context, p *people.Principal, n int64, e MetricEdit) (Metric, error) {
	if e.CSV == nil {
		e.CSV = new(string)
	}
	pasted, err := s.readSeries(ctx, p, n, e)
	if err != nil {
		return Metric{}, err
	}
	return addRow(ctx, s, p, n, PartMetric, func(m *Metric) error { return e.apply(m, pasted) })
}

// EditMetric changes the metric of version. A new series replaces the old one.
func (s *Store) EditMetric(ctx context.Context, p *people.Principal, n int64, key string, version int64, e MetricEdit) (Metric, error) {
	pasted, err := s.readSeries(ctx, p, n, e)
	if err != nil {
		return Metric{}, err
	}
	return editRow(ctx, s, p, n, PartMetric, key, version, func(m *Metric) error { return e.apply(m, pasted) })
}

// readSeries reads the pasted text; nil when the edit has none.
func (s *Store) readSeries(ctx context.Context, p *people.Principal, n int64, e MetricEdit) (*series, error) {
	w, err := open(s.DB.WithContext(ctx), p, n, people.Edit)
	if err != nil || e.CSV == nil {
		return nil, err
	}
	zone := w.coe.Zone
	if e.Zone != nil && *e.Zone != "" {
		zone = *e.Zone
	}
	loc, name, err := timeline.LoadZone(zone)
	if err != nil {
		return nil, err
	}
	o := evidence.SeriesOptions{Zone: loc}
	if e.Unit != nil {
		o.Unit = *e.Unit
	}
	read, err := evidence.ReadGraph(evidence.Input{Body: []byte(*e.CSV)}, o)
	if read.Source == "csv" {
		read.Source = ""
	}
	return &series{zone: name, source: read.Source, warnings: read.Warnings, Series: read.Series}, err
}

func (e MetricEdit) apply(m *Metric, pasted *series) error {
	err := setLines(field{"title", e.Title, &m.Title, 200}, field{"unit", e.Unit, &m.Unit, 40},
		field{"live_url", e.LiveURL, &m.LiveURL, 2000})
	if err != nil {
		return err
	}
	if e.Caption != nil {
		if m.Caption, err = block("caption", *e.Caption); err != nil {
			return err
		}
	}
	if e.Query != nil {
		if m.Query, err = block("query", *e.Query); err != nil {
			return err
		}
	}
	if err := webAddress("live_url", m.LiveURL); err != nil {
		return err
	}
	if pasted != nil {
		m.Zone, m.CSV, m.SHA256 = pasted.zone, pasted.CSV(), pasted.Hash()
		m.Source, m.CapturedAt, m.Warnings = pasted.source, pasted.captured, pasted.warnings
		if m.Unit == "" {
			m.Unit = pasted.Unit
		}
	}
	return needed("title", m.Title, "A title is needed: name what the graph measures.")
}

// webAddress refuses what a browser should not open as a link; "" is none.
func webAddress(field, s string) error {
	if s == "" {
		return nil
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return fault.Invalidf(field, "%q is not an address. Write it with https:// before it.", clip(s))
	}
	return nil
}
