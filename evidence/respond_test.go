package evidence

import (
	"testing"
)

// The steps of an incident during a run name who took it up, and when.
func TestRunsTellWhoResponded(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		d.tell("fis", Record{Type: TypeExperiment, ExternalID: "EXP1", Definition: "EXT1", Service: "cart", State: "completed", StartedAt: minuteAt(0), EndedAt: minuteAt(20)})
		step := func(state, who string, minute int) Record {
			return Record{
				Type: TypeIncident, ExternalID: "P1", SubjectKey: "P1", DedupeKey: state + who, Service: "cart", State: state, Rank: RankRunning,
				StartedAt: minuteAt(2), OccurredAt: *minuteAt(minute), Detail: Detail{Initiator: who},
			}
		}
		d.tell("pagerduty", step("resolved", "Dan", 15), step("acknowledged", "Ana", 4))
		d.tell("pagerduty", step("triggered", "", 2), step("acknowledged", "Eve", 6))
		run := d.item(TypeExperiment, "EXP1")
		r, err := d.s.RunByID(t.Context(), d.dan, run.ID)
		d.must(err)
		if len(r.Incidents) != 1 {
			t.Fatalf("%d incidents", len(r.Incidents))
		}
		want := []Response{{*minuteAt(2), "triggered", ""}, {*minuteAt(4), "acknowledged", "Ana"}, {*minuteAt(15), "resolved", "Dan"}}
		got := r.Responses[r.Incidents[0].ID]
		if len(got) != len(want) {
			t.Fatalf("steps %v, want %v", got, want)
		}
		for n, w := range want {
			if !got[n].At.Equal(w.At) || got[n].What != w.What || got[n].Who != w.Who {
				t.Errorf("step %d: %v, want %v", n, got[n], w)
			}
		}
	})
}
