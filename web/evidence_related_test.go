package web_test

import (
	"testing"

	"coetracker/coe"
)

// A row under Related leads to the experiment that it names, and the
// experiment's page back to the COE.
func TestRelatedExperimentsLeadBothWays(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	r.service("index")
	r.post("ana", "/experiments/new", "name", "cell loss", "hypothesis", "Nobody notices").leads("/experiments/1")
	c, err := r.coes.Create(t.Context(), r.who["ana"], coe.New{Title: "The index was slow", Kind: coe.Incident, Severity: 3})
	r.must(err)
	kind, target, role := "experiment", "Cell Loss", "revealed by"
	_, err = r.coes.AddLink(t.Context(), r.who["ana"], c.Number, coe.LinkEdit{Type: &kind, Target: &target, Role: &role})
	r.must(err)
	r.get("dan", "/coes/1").wants(200, `<a href="/experiments/1">Cell Loss`)
	r.get("dan", "/experiments/1").wants(200, `revealed <a href="/coes/1">`, "The index was slow")
}
