package coe

import (
	"strings"
	"testing"

	"coetracker/evidence"
	"coetracker/people"
)

// Tags that say where or whose, and not what failed, are no failure modes.
func TestFailureModesAreNoNames(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		sv := people.Service{Name: "Checkout", Tier: 1, Targets: "{}", Version: 1}
		w.must(w.g.Create(&sv).Error)
		w.must(w.g.Create(&people.ServiceAlias{Alias: "shop/checkout", ServiceID: sv.ID}).Error)
		_, err := w.s.Create(w.ctx, w.ana, New{
			Title: "t", Kind: Incident, Severity: 3,
			Tags: "us-east-1 eu-central-1a europe-west4-b us-gov-west-1 ap-southeast-2 checkout shop/checkout incident zone-loss us-east-fails eu-west-3",
		})
		w.must(err)
		w.must(w.g.Create(&evidence.Experiment{Name: "region", FailureMode: "eu-west-3", Version: 1, CreatedAt: w.clock.Now(), UpdatedAt: w.clock.Now()}).Error)
		list, err := w.s.FailureModes(w.ctx, w.dan)
		w.must(err)
		var got []string
		for _, m := range list {
			got = append(got, m.Word)
		}
		if want := "us-east-fails,zone-loss,eu-west-3"; strings.Join(got, ",") != want {
			t.Errorf("failure modes %v, want %s", got, want)
		}
	})
}
