package web

import (
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"coetracker/coe"
	"coetracker/evidence"
	"coetracker/people"
	"coetracker/templates"
)

// runPage is one run of an experiment.
func (s *Server) runPage(c *gin.Context) error { return s.showRun(c, "", nil) }

// showRun shows a run; part names the form that was refused, and why.
func (s *Server) showRun(c *gin.Context, part string, refusal error) error {
	num, err := id(c.Param("id"))
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	r, err := s.Evidence.RunByID(ctx, who(c), num)
	if err != nil {
		return err
	}
	links, err := s.itemLinks(c, append(append([]evidence.Item{}, r.Runs...), r.Item)...)
	if err != nil {
		return err
	}
	var proofs []coe.RunProof
	if r.Experiment != nil {
		if proofs, err = s.COEs.RunProofs(ctx, who(c), *r.Experiment, idsOf(r.Runs)...); err != nil {
			return err
		}
	}
	n, _, err := s.names(c)
	if err != nil {
		return err
	}
	p := templates.NewRun(s.evidenceFrame(c, "", n), r, links, proofs, n)
	p.Title = p.Heading + ", " + p.Eyebrow
	p.MayOpen = people.May(who(c), people.Create, people.Resource{})
	status := http.StatusOK
	if mayKeep(c) {
		if status, err = s.runForms(c, &p, &r.Item, part, refusal); err != nil {
			return err
		}
	}
	return render(c, status, templates.RunOf, p)
}

// runForms adds the forms that judge a run and keep its notes.
func (s *Server) runForms(c *gin.Context, p *templates.RunPage, r *evidence.Item, part string, refusal error) (status int, err error) {
	judge, notes := templates.JudgeForm(r), templates.NotesForm(r, fmt.Sprintf("run-%d-notes-%d", r.ID, who(c).ID))
	status = http.StatusOK
	if refusal != nil && part == "outcome" {
		judge, status, err = refused(c, judge, refusal)
	} else if refusal != nil {
		notes, status, err = refused(c, notes, refusal)
	}
	p.Judge, p.Write = &judge, &notes
	return status, err
}

func runPath(id int64) string { return fmt.Sprintf("/runs/%d", id) }

// runOutcome keeps what a person says that a run showed.
func (s *Server) runOutcome(c *gin.Context) error {
	num, err := id(c.Param("id"))
	if err != nil {
		return err
	}
	if err := onlyKeepers(c); err != nil {
		return err
	}
	i, err := s.Evidence.SetOutcome(c.Request.Context(), who(c), num, version(c), evidence.Outcome(field(c, "outcome")), field(c, "note"))
	if err != nil {
		return s.showRun(c, "outcome", err)
	}
	return s.back(c, runPath(num), templates.Flash{Text: "Saved: " + templates.OutcomeWord(i.Showed()) + "."})
}

// runNotes keeps the notes of the four steps.
func (s *Server) runNotes(c *gin.Context) error {
	num, err := id(c.Param("id"))
	if err != nil {
		return err
	}
	if err := onlyKeepers(c); err != nil {
		return err
	}
	notes := evidence.Notes{Prepare: c.PostForm("prepare"), Detect: c.PostForm("detect"), Respond: c.PostForm("respond"), Learn: c.PostForm("learn")}
	if _, err := s.Evidence.SetNotes(c.Request.Context(), who(c), num, version(c), notes); err != nil {
		return s.showRun(c, "notes", err)
	}
	return s.back(c, runPath(num)+"#notes", templates.Flash{Text: "The notes are saved."})
}
