package actions_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"coetracker/actions"
	"coetracker/internal/db"
	"coetracker/internal/fault"
)

// item stores something that came in from a tool and gives its id.
func (h *house) item(typ, tool, ext, outcome string, experiment any, ended time.Time) (id int64) {
	h.t.Helper()
	h.exec(`INSERT INTO evidence_items (type, tool, subject_key, external_id, title, tool_outcome, experiment_id, started_at, ended_at, settled, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, typ, tool, tool+ext, ext, "Title of "+ext, outcome, experiment, ended.Add(-time.Minute), ended, true, ended, ended)
	if err := h.g.Raw("SELECT MAX(id) FROM evidence_items").Scan(&id).Error; err != nil {
		h.t.Fatal(err)
	}
	return id
}

func (h *house) experiment(tool, definition, name string) (id int64) {
	h.t.Helper()
	now := db.Now(h.g)
	h.exec("INSERT INTO experiments (tool, definition, name, created_at, updated_at) VALUES (?, ?, ?, ?, ?)", tool, definition, name, now, now)
	if err := h.g.Raw("SELECT MAX(id) FROM experiments").Scan(&id).Error; err != nil {
		h.t.Fatal(err)
	}
	return id
}

func TestProofTargetGoesWithTheKind(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		a := h.add(actions.New{Title: "Limit the pool", ProofTarget: "  fis:EXT1 "})
		if a.ProofKind != "experiment" || a.ProofTarget != "fis:EXT1" {
			t.Errorf("added %q %q", a.ProofKind, a.ProofTarget)
		}
		_, err := h.s.Add(t.Context(), h.who(ana), actions.New{COEID: 1, Title: "x", ProofKind: "test", ProofTarget: "fis:EXT1"})
		wants(t, err, fault.Invalid, "proof_target")
		kind, none := "test", ""
		_, err = h.s.Edit(t.Context(), h.who(ana), actions.At{ID: a.ID}, actions.Fields{ProofKind: &kind})
		wants(t, err, fault.Invalid, "proof_target")
		b, err := h.s.Edit(t.Context(), h.who(ana), actions.At{ID: a.ID}, actions.Fields{ProofKind: &kind, ProofTarget: &none})
		if err != nil || b.ProofKind != "test" || b.ProofTarget != "" {
			t.Errorf("edited to %+v, %v", b, err)
		}
	})
}

func TestNamesExperiment(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		target string
		want   bool
	}{
		{"fis:EXT1", true},
		{"FIS:ext1", true},
		{" lose a zone ", true},
		{"LOSE A ZONE", true},
		{"EXT1", false},
		{"", false},
		{"litmus:EXT1", false},
	} {
		if got := actions.NamesExperiment(c.target, "fis", "EXT1", "Lose a zone"); got != c.want {
			t.Errorf("%q: %v, want %v", c.target, got, c.want)
		}
	}
	if actions.NamesExperiment(":", "", "", "Plan") || !actions.NamesExperiment("plan", "", "", "Plan") {
		t.Error("a plan without a tool goes by its name only")
	}
}

// A P0 or P1 that names an experiment is not verified by a person while the
// experiment has not held, whoever they are.
func TestVerifyWaitsForTheExperiment(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		exp := h.experiment("fis", "EXT1", "Lose a zone")
		now := db.Now(h.g)
		a := h.add(actions.New{Title: "Limit the pool", OwnerID: ptr(sam), Priority: "P1", ProofTarget: "Lose a ZONE"})
		at := actions.At{ID: a.ID}
		claim := func() {
			t.Helper()
			if _, err := h.s.Done(t.Context(), h.who(sam), at, actions.Evidence{Kind: "test", Text: "https://ci.example.com/7"}); err != nil {
				t.Fatal(err)
			}
		}
		refused := func(say string) {
			t.Helper()
			for _, who := range []int64{ana, admin} {
				_, err := h.s.Verify(t.Context(), h.who(who), at)
				wants(t, err, fault.Invalid, "proof")
				if !strings.Contains(err.Error(), "the experiment Lose a ZONE") || !strings.Contains(err.Error(), say) {
					t.Errorf("%v does not say %q", err, say)
				}
			}
		}
		claim()
		h.item("experiment", "fis", "EXP0", "held", exp, now.Add(-time.Hour))
		refused("has not held since it was written")
		h.item("experiment", "fis", "EXP2", "deviated", exp, now.Add(2*time.Hour))
		h.item("experiment", "fis", "EXP1", "held", exp, now.Add(time.Hour))
		refused("deviated in its last run, fis:EXP2")
		h.item("experiment", "fis", "EXP3", "held", exp, now.Add(3*time.Hour))
		h.item("experiment", "fis", "EXP4", "inconclusive", exp, now.Add(4*time.Hour))
		if v, err := h.s.Verify(t.Context(), h.who(ana), at); err != nil || v.State != actions.Verified {
			t.Errorf("after a run that held: %v", err)
		}

		// Another priority, and another kind, are a person's to verify.
		for _, n := range []actions.New{{Priority: "P2", ProofTarget: "fis:EXT9"}, {Priority: "P0", ProofKind: "experiment"}} {
			n.Title, n.OwnerID = "Other", ptr(sam)
			a = h.add(n)
			at = actions.At{ID: a.ID}
			claim()
			if _, err := h.s.Verify(t.Context(), h.who(ana), at); err != nil {
				t.Errorf("%+v: %v", n, err)
			}
		}
	})
}

func TestProofNamesThingsThatExist(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		now := db.Now(h.g)
		run := h.item("experiment", "fis", "EXP1", "held", nil, now)
		bad := h.item("experiment", "fis", "EXP2", "deviated", nil, now)
		dep := h.item("deployment", "ecs", "ecs-svc/1", "", nil, now)
		quiet := h.item("alarm", "cloudwatch", "HighErrors", "", nil, now)
		loud := h.item("alarm", "cloudwatch", "PoolFull", "", nil, now)
		h.exec("INSERT INTO evidence_spans (item_id, started_at) VALUES (?, ?)", loud, now)
		h.exec(`INSERT INTO metrics (coe_id, key, rank, title, csv, sha256, created_at, updated_at) VALUES (1, 'met22222', 'n', 'Errors', '', '', ?, ?)`, now, now)
		a := h.add(actions.New{Title: "Limit the pool", OwnerID: ptr(sam), Priority: "P1"})
		for _, c := range []struct{ kind, text, stored, refused string }{
			{"experiment", "fis:EXP1", fmt.Sprintf("fis:EXP1 (/runs/%d)", run), ""},
			{"experiment", fmt.Sprintf("/runs/%d, twice", run), fmt.Sprintf("/runs/%d, twice", run), ""},
			{"experiment", "fis:EXP2", "", "Run fis:EXP2 is recorded as deviated."},
			{"experiment", fmt.Sprintf("see /runs/%d", bad), "", "recorded as deviated"},
			{"experiment", "fis:EXP9", "", "Nothing called fis:EXP9 has come in."},
			{"experiment", "/runs/999999", "", "There is no /runs/999999 here."},
			{"experiment", fmt.Sprintf("/deployments/%d", run), "", "There is no /deployments/"},
			{"experiment", fmt.Sprintf("/deployments/%d", dep), "", "ecs:ecs-svc/1 is no run of an experiment."},
			{"experiment", "https://chaos.example.com/9", "https://chaos.example.com/9", ""},
			{"deployment", "ecs:ecs-svc/1", fmt.Sprintf("ecs:ecs-svc/1 (/deployments/%d)", dep), ""},
			{"deployment", "fis:EXP1", "", "fis:EXP1 is no deployment."},
			{"alarm_drill", "PoolFull", fmt.Sprintf("PoolFull (/alarms/%d)", loud), ""},
			{"alarm_drill", "Title of PoolFull", fmt.Sprintf("Title of PoolFull (/alarms/%d)", loud), ""},
			{"alarm_drill", fmt.Sprintf("/alarms/%d", quiet), "", "was never seen firing"},
			{"alarm_drill", "the pager rang", "the pager rang", ""},
			{"graph", "Errors", "Errors (/coes/17#m-met22222)", ""},
			{"graph", "Latency fell", "Latency fell", ""},
			{"test", "ci:77", "ci:77", ""},
			{"test", "https://ci.example.com/runs/12", "https://ci.example.com/runs/12", ""},
			{"second_person", "Rita looked at /runs/999999", "", "There is no /runs/999999 here."},
		} {
			_, err := h.s.Prove(t.Context(), h.who(sam), actions.At{ID: a.ID}, actions.Evidence{Kind: c.kind, Text: c.text})
			if c.refused != "" {
				wants(t, err, fault.Invalid, "proof")
				if err != nil && !strings.Contains(err.Error(), c.refused) {
					t.Errorf("%s %q: %v, want %q", c.kind, c.text, err, c.refused)
				}
				continue
			}
			it, gerr := h.s.Get(t.Context(), h.who(sam), a.ID)
			if err != nil || gerr != nil || len(it.Proofs) == 0 || it.Proofs[len(it.Proofs)-1].Text != c.stored {
				t.Errorf("%s %q: stored %+v, %v %v", c.kind, c.text, it.Proofs, err, gerr)
			}
		}
	})
}
