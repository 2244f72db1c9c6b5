package web

import (
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"coetracker/evidence"
	"coetracker/people"
	"coetracker/templates"
)

// experimentsPage lists what is planned and what ran.
func (s *Server) experimentsPage(c *gin.Context) error {
	rows, err := s.Evidence.Experiments(c.Request.Context(), who(c), chosen(c, "service"))
	if err != nil {
		return err
	}
	n, _, err := s.names(c)
	if err != nil {
		return err
	}
	f := s.evidenceFrame(c, "Experiments", n, templates.Key{Press: "j k", Does: "down, up"})
	p := templates.NewExperiments(f, rows, n)
	p.MayKeep = mayKeep(c)
	if p.Views, err = s.views(c); err != nil {
		return err
	}
	return render(c, http.StatusOK, templates.Experiments, p)
}

// experimentPage is one experiment with its runs.
func (s *Server) experimentPage(c *gin.Context) error {
	x, err := s.experiment(c)
	if err != nil {
		return err
	}
	runs, err := s.Evidence.RunsOf(c.Request.Context(), who(c), x.ID)
	if err != nil {
		return err
	}
	links, err := s.itemLinks(c, runs...)
	if err != nil {
		return err
	}
	proofs, err := s.COEs.RunProofs(c.Request.Context(), who(c), x, idsOf(runs)...)
	if err != nil {
		return err
	}
	n, _, err := s.names(c)
	if err != nil {
		return err
	}
	named, err := s.COEs.ExperimentLinks(c.Request.Context(), who(c), x)
	if err != nil {
		return err
	}
	p := templates.NewExperiment(s.evidenceFrame(c, x.Name, n), x, runs, links, proofs, n)
	p.COEs = templates.ItemLinks(named)
	p.MayKeep = mayKeep(c)
	return render(c, http.StatusOK, templates.Experiment, p)
}

func idsOf(items []evidence.Item) []int64 {
	out := make([]int64, len(items))
	for i := range items {
		out[i] = items[i].ID
	}
	return out
}

func (s *Server) experiment(c *gin.Context) (evidence.Experiment, error) {
	n, err := id(c.Param("id"))
	if err != nil {
		return evidence.Experiment{}, err
	}
	return s.Evidence.ExperimentByID(c.Request.Context(), who(c), n)
}

// experimentNewPage is the form for a plan; the coverage page names the failure
// mode that it is to rehearse.
func (s *Server) experimentNewPage(c *gin.Context) error {
	if err := onlyKeepers(c); err != nil {
		return err
	}
	return s.experimentForm(c, nil, evidence.ExperimentEdit{FailureMode: c.Query("mode"), OwnerID: who(c).ID, ServiceID: max(0, chosen(c, "service"))}, nil)
}

func (s *Server) experimentNew(c *gin.Context) error {
	if err := onlyKeepers(c); err != nil {
		return err
	}
	e, err := experimentEdit(c)
	var x evidence.Experiment
	if err == nil {
		x, err = s.Evidence.PlanExperiment(c.Request.Context(), who(c), e)
	}
	if err != nil {
		return s.experimentForm(c, nil, e, err)
	}
	return s.back(c, experimentPath(x.ID), templates.Flash{Text: x.Name + " is planned. A run that fits it is matched by itself."})
}

func experimentPath(id int64) string { return fmt.Sprintf("/experiments/%d", id) }

func (s *Server) experimentEditPage(c *gin.Context) error {
	if err := onlyKeepers(c); err != nil {
		return err
	}
	x, err := s.experiment(c)
	if err != nil {
		return err
	}
	return s.experimentForm(c, &x, evidence.EditOf(x), nil)
}

func (s *Server) experimentSave(c *gin.Context) error {
	if err := onlyKeepers(c); err != nil {
		return err
	}
	x, err := s.experiment(c)
	if err != nil {
		return err
	}
	e, err := experimentEdit(c)
	if err == nil {
		_, err = s.Evidence.SetExperiment(c.Request.Context(), who(c), x.ID, version(c), e)
	}
	if err != nil {
		return s.experimentForm(c, &x, e, err)
	}
	return s.back(c, experimentPath(x.ID), templates.Flash{Text: e.Name + " is saved."})
}

// experimentDetach takes runs out of a plan they do not belong to.
func (s *Server) experimentDetach(c *gin.Context) error {
	x, err := s.experiment(c)
	if err != nil {
		return err
	}
	made, err := s.Evidence.Detach(c.Request.Context(), who(c), x.ID, version(c))
	if err != nil {
		return err
	}
	return s.back(c, experimentPath(x.ID), templates.Flash{Text: "Its runs are taken out. The plan waits for a run again.", Href: experimentPath(made.ID), Link: "The runs"})
}

// experimentForm shows the form; x is nil for a new plan, and refusal is why it
// could not be saved.
func (s *Server) experimentForm(c *gin.Context, x *evidence.Experiment, e evidence.ExperimentEdit, refusal error) error {
	n, services, err := s.names(c)
	if err != nil {
		return err
	}
	owners, err := s.People.List(c.Request.Context(), people.Filter{})
	if err != nil {
		return err
	}
	modes, err := s.COEs.FailureModes(c.Request.Context(), who(c))
	if err != nil {
		return err
	}
	var words []string
	for _, m := range modes {
		words = append(words, m.Word)
	}
	f := templates.ExperimentForm(e, optional("no service", serviceOptions(services, e.ServiceID)), optional("nobody yet", personOptions(owners, e.OwnerID)), words[:min(len(words), 12)])
	f.Action, f.Cancel, f.Leave, f.Draft = "/experiments/new", "/experiments", "Do not plan it", fmt.Sprintf("experiment-new-%d", who(c).ID)
	p := templates.FormPage{Heading: "Plan an experiment or a game day", Back: "/experiments", BackTo: "Experiments", Intro: "Write down what you expect before you break anything. The run that arrives is compared with it."}
	if x != nil {
		f.Action, f.Version, f.Cancel, f.Leave, f.Draft = experimentPath(x.ID), x.Version, experimentPath(x.ID), "Keep it as it is", fmt.Sprintf("experiment-%d-%d", x.ID, who(c).ID)
		p.Heading, p.Back, p.BackTo, p.Intro = x.Name, experimentPath(x.ID), x.Name, ""
	}
	status := http.StatusOK
	if refusal != nil {
		if f, status, err = refused(c, f, refusal); err != nil {
			return err
		}
		if status == http.StatusConflict && x != nil {
			p.Facts = templates.ExperimentFacts(*x, n)
		}
	}
	p.Form, p.Frame = f, s.evidenceFrame(c, p.Heading, n)
	return render(c, status, templates.FormOnly, p)
}

// experimentEdit reads the form.
func experimentEdit(c *gin.Context) (evidence.ExperimentEdit, error) {
	e := evidence.ExperimentEdit{
		Name: field(c, "name"), Environment: field(c, "environment"), Hypothesis: c.PostForm("hypothesis"), SteadyState: c.PostForm("steady_state"), RunBook: c.PostForm("run_book"),
		ExpectedAlarms: c.PostForm("expected_alarms"), FailureMode: field(c, "failure_mode"), GameDay: c.PostForm("game_day") != "", PlannedFor: people.Day(field(c, "planned_for")),
	}
	var err error
	if e.ServiceID, err = optionalID(c, "service"); err != nil {
		return e, err
	}
	e.OwnerID, err = optionalID(c, "owner")
	return e, err
}
