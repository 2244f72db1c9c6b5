package web_test

import (
	"fmt"
	"testing"

	"coetracker/evidence"
	"coetracker/people"
)

// Times on pages about evidence stand in the zone of the person who looks, and
// in the instance's only for people without one.
func TestEvidenceStandsInOnesOwnZone(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	r.service("index")
	r.drop("ana", map[string]string{"a.json": `{"type": "deployment", "source": "d", "external_id": "d1", "service": "index", "state": "succeeded", "started_at": "2026-03-01T20:00:00Z", "ended_at": "2026-03-01T20:06:00Z", "version": "2"}`}).wants(200)
	r.project()
	var i evidence.Item
	r.must(r.g.Take(&i).Error)
	path := fmt.Sprintf("/deployments/%d", i.ID)
	for _, c := range []struct{ zone, day string }{{"Asia/Tokyo", "Mon 2 Mar 2026, 05:00 to 05:06"}, {"", "Sun 1 Mar 2026, 20:00 to 20:06"}} {
		var p people.Person
		r.must(r.g.Take(&p, r.who["ana"].ID).Error)
		_, err := r.persons.SetPerson(t.Context(), people.Operator(), p.ID, p.Version, people.PersonEdit{Zone: &c.zone})
		r.must(err)
		r.get("ana", path).wants(200, c.day)
	}
}
