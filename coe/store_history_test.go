package coe

import (
	"strings"
	"testing"
	"time"

	"coetracker/internal/fault"
)

func TestStore_TextChanges(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.coe()
		_, err := w.s.SaveSection(w.ctx, w.ana, c.Number, "summary", 0, "first", FromForm)
		w.must(err)
		w.clock.Advance(time.Minute)
		_, err = w.s.SaveSection(w.ctx, w.bo, c.Number, "impact", 0, "second", FromForm)
		w.must(err)
		list, err := w.s.TextChanges(w.ctx, w.dan, c.Number, 10)
		w.must(err)
		if len(list) != 2 || list[0].Section != "impact" || list[0].ByName != "bo" || list[1].Version != 1 || list[1].Origin != FromForm {
			t.Errorf("text changes: %+v", list)
		}
		if list, err = w.s.TextChanges(w.ctx, w.dan, c.Number, 1); err != nil || len(list) != 1 {
			t.Errorf("limit 1 gives %d, %v", len(list), err)
		}
	})
}

func TestStore_Preview(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.coe()
		html, err := w.s.Preview(w.ctx, w.ana, c.Number, "impact", "Nobody could **pay**.\r\n<script>x</script>")
		w.must(err)
		if !strings.Contains(html, "<strong>pay</strong>") || strings.Contains(html, "<script") {
			t.Errorf("preview: %s", html)
		}
		if s := w.load(c.Number).Section("impact"); s.Text != "" || s.Version != 0 {
			t.Errorf("a preview saved %q", s.Text)
		}
		_, err = w.s.Preview(w.ctx, w.dan, c.Number, "impact", "x")
		wants(t, err, fault.Forbidden, "")
	})
}

func TestStore_Findings(t *testing.T) {
	t.Parallel()
	d := &Document{Waivers: []Waiver{{Rule: "L14", Place: "summary", Reason: "quoted"}}}
	s := &Store{}
	if got := s.Findings(d, time.Time{}); got != nil {
		t.Errorf("without a checker: %v", got)
	}
	s.Check = func(*Document, time.Time) []Finding {
		return []Finding{{Rule: "L14", Place: "summary"}, {Rule: "L14", Place: "impact"}}
	}
	got := s.Findings(d, time.Time{})
	if len(got) != 2 || !got[0].Waived || got[0].WaivedBecause != "quoted" || got[1].Waived {
		t.Errorf("findings: %+v", got)
	}
}
