package coe

import "testing"

// partial is an answer of Prometheus that is not complete, as it says.
const partial = `{"status":"success","warnings":["one of two shards did not answer"],"data":{"resultType":"matrix","result":[{"metric":{"__name__":"up"},"values":[[1782900000,"1"],[1782900060,"0"]]}]}}`

// What a tool says about its numbers comes with the row once and is not kept.
func TestMetricsTellWarnings(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.coe()
		title, body, csv := "Up", partial, "time,up\n2026-07-01 10:00,1\n2026-07-01 10:01,0\n"
		m, err := w.s.AddMetric(w.ctx, w.ana, 1, MetricEdit{Title: &title, CSV: &body})
		w.must(err)
		if len(m.Warnings) != 1 || m.Warnings[0] != "Prometheus warns: one of two shards did not answer" {
			t.Errorf("added with %q", m.Warnings)
		}
		edited, err := w.s.EditMetric(w.ctx, w.ana, 1, m.Key, m.Version, MetricEdit{CSV: &body})
		w.must(err)
		if len(edited.Warnings) != 1 {
			t.Errorf("edited with %q", edited.Warnings)
		}
		whole, err := w.s.EditMetric(w.ctx, w.ana, 1, m.Key, edited.Version, MetricEdit{CSV: &csv})
		w.must(err)
		if got := w.load(1).Metrics[0].Warnings; len(whole.Warnings)+len(got) != 0 {
			t.Errorf("complete numbers with %q, loaded with %q", whole.Warnings, got)
		}
	})
}
