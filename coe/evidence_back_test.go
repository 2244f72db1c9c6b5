package coe

import (
	"slices"
	"testing"

	"coetracker/evidence"
)

// A deployment of an older version that nobody calls a rollback says so among
// the reasons.
func TestSuggestions_anEarlierVersion(t *testing.T) {
	eachScene(t, func(t *testing.T, s *scene) {
		deploy := func(id, version string, minutes int) {
			s.item(evidence.Item{Type: evidence.TypeDeployment, ExternalID: id, State: "success", ToVersion: version}, minutes)
		}
		deploy("one", "v1", -60*24)
		deploy("two", "v2", -20)
		deploy("back", "v1", 10)
		day := s.impact.AddDate(0, 0, -1).In(s.load(s.n).COE.Location()).Format("Mon 2 Jan")
		said := "It goes back to v1, which was deployed before on " + day
		for _, x := range s.suggested() {
			if got := slices.Contains(x.Reasons, said); got != (x.Item.ExternalID == "back") {
				t.Errorf("%s: %q", x.Item.ExternalID, x.Reasons)
			}
		}
		if n := len(s.suggested()); n != 2 {
			t.Errorf("%d suggestions", n)
		}
	})
}
