package coe

import (
	"strings"
	"testing"

	"coetracker/internal/fault"
)

func TestStore_metrics(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.coe()
		str := func(s string) *string { return &s }
		pasted := "time,errors (%)\n2026-07-01 10:00,1\n2026-07-01 10:01,5.50\n"
		m, err := w.s.AddMetric(w.ctx, w.ana, 1, MetricEdit{Title: str("Errors"), CSV: &pasted})
		w.must(err)
		if !strings.Contains(m.CSV, "2026-07-01T09:00:00Z,1\n") || m.Unit != "%" || m.Zone != "Europe/London" || len(m.SHA256) != 64 {
			t.Errorf("stored %+v", m)
		}
		edited, err := w.s.EditMetric(w.ctx, w.bo, 1, m.Key, 1, MetricEdit{Caption: str("Five percent at the worst"), LiveURL: str("https://graphs.example.com/x")})
		w.must(err)
		if edited.Version != 2 || edited.SHA256 != m.SHA256 || w.load(1).Metrics[0].CSV != m.CSV {
			t.Errorf("edited %+v", edited)
		}
		replaced, err := w.s.EditMetric(w.ctx, w.ana, 1, m.Key, 2, MetricEdit{CSV: &pasted, Zone: str("UTC")})
		w.must(err)
		if replaced.SHA256 == m.SHA256 || replaced.Zone != "UTC" {
			t.Errorf("replaced %+v", replaced)
		}
		_, err = w.s.AddMetric(w.ctx, w.ana, 1, MetricEdit{CSV: &pasted})
		wants(t, err, fault.Invalid, "title")
		_, err = w.s.EditMetric(w.ctx, w.ana, 1, m.Key, 3, MetricEdit{LiveURL: str("javascript:alert(1)")})
		wants(t, err, fault.Invalid, "live_url")
		if _, err = w.s.AddMetric(w.ctx, w.ana, 1, MetricEdit{Title: str("x")}); !fault.Is(err, fault.Invalid) {
			t.Errorf("without a series: %v", err)
		}
		_, err = w.s.EditMetric(w.ctx, w.dan, 1, m.Key, 3, MetricEdit{CSV: str("nonsense")})
		wants(t, err, fault.Forbidden, "")
	})
}
