package evidence

import "testing"

// A version that ran before comes back without being called a rollback.
func TestDeploymentsGoBack(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		deploy := func(id, version, state string, minute int) {
			d.tell("github", Record{Type: TypeDeployment, ExternalID: id, Service: "cart", State: state, StartedAt: minuteAt(minute), EndedAt: minuteAt(minute + 1), ToVersion: version})
		}
		deploy("one", "v1", "succeeded", 0)
		deploy("again", "v1", "succeeded", 10) // nothing in between
		deploy("two", "v2", "succeeded", 20)
		deploy("bad", "v3", "failed", 30)
		deploy("back", "v1", "succeeded", 40)
		deploy("never", "v3", "succeeded", 50) // it did not run before: it failed
		d.tell("gitlab", Record{Type: TypeDeployment, ExternalID: "other tool", Service: "cart", State: "succeeded", StartedAt: minuteAt(60), EndedAt: minuteAt(61), ToVersion: "v2"})
		d.tell("github", Record{Type: TypeDeployment, ExternalID: "tried", Service: "cart", State: "succeeded", DryRun: true, StartedAt: minuteAt(70), EndedAt: minuteAt(71), ToVersion: "v2"})
		d.tell("github", Record{Type: TypeRollback, ExternalID: "undo", Service: "cart", State: "succeeded", StartedAt: minuteAt(80), EndedAt: minuteAt(81), ToVersion: "v2"})
		deploy("next", "v9", "succeeded", 90)
		deploy("as undone", "v2", "succeeded", 100)
		list, _, err := d.s.Changes(t.Context(), d.dan, 0, Page{})
		d.must(err)
		back := map[string]string{}
		for _, c := range list {
			if c.Back != nil {
				back[c.ExternalID] = c.Back.ExternalID
			}
		}
		if len(list) != 11 || len(back) != 2 || back["back"] != "again" || back["as undone"] != "undo" {
			t.Errorf("of %d deployments these go back: %v, want back to again and as undone to undo", len(list), back)
		}
	})
}
