package web

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"coetracker/coe"
	"coetracker/internal/fault"
	"coetracker/people"
	"coetracker/templates"
)

// steps lists where this person may take the document now, each with what is
// still missing for it, and the forms of reviewers and owners.
func (s *Server) steps(c *gin.Context, d *coe.Document, findings []coe.Finding) (out []templates.StepForm, sign *templates.SignForm) {
	for _, to := range d.COE.State.Next() {
		if to == coe.ChangesRequested || to == coe.Published && d.COE.State == coe.Published && !d.Pending {
			continue // reviewers ask for changes with their verdict; nothing to re-issue
		}
		f, refused := fault.Of(coe.Step(d, to, who(c), findings, s.Calendar()))
		if refused && f.Kind != fault.Invalid || to == coe.Approved && !people.May(who(c), people.ChangeState, d.Resource()) {
			continue
		}
		step := stepForm(d.COE, to)
		if refused {
			if gate, ok := f.Detail.(*coe.Gate); ok {
				step.Refused = gate.Missing
			}
		}
		out = append(out, step)
	}
	if d.COE.State == coe.InReview && people.May(who(c), people.SignOff, d.Resource()) {
		sign = &templates.SignForm{Approved: slices.Contains(d.Approvals(), who(c).ID)}
	}
	return out, sign
}

func stepForm(c coe.COE, to coe.State) templates.StepForm {
	f := templates.StepForm{To: string(to), Main: true}
	switch to {
	case coe.InReview:
		f.Verb = "Ask for review"
		if c.State == coe.ChangesRequested {
			f.Verb, f.NeedReason, f.Label = "Ask for review again", true, "What changed since"
		}
	case coe.Approved:
		f.Verb = "Take it as approved"
	case coe.Published:
		f.Verb = "Publish it"
		if c.Issue > 0 {
			f.Verb, f.NeedReason, f.Label = fmt.Sprintf("Publish issue %d", c.Issue+1), true, fmt.Sprintf("What changed since issue %d", c.Issue)
		}
	case coe.Closed:
		f.Verb, f.Main = "Close it", false
	}
	return f
}

// effectForm asks the owner about the effect of the actions once that is due.
func (s *Server) effectForm(c *gin.Context, d *coe.Document) *templates.EffectForm {
	due := coe.EffectDay(d)
	if d.COE.State != coe.Published || due == "" || people.DayOf(s.Calendar(), d.COE.Location()) < due || !people.May(who(c), people.ChangeState, d.Resource()) {
		return nil
	}
	f := &templates.EffectForm{Due: due.Time().Format("Mon 2 Jan 2006"), Text: d.COE.EffectText}
	for _, o := range []templates.Option{{Value: coe.EffectWorked, Label: "Yes, they worked"}, {Value: coe.EffectDidNot, Label: "No, they did not"}, {Value: coe.EffectUnknown, Label: "We do not know"}} {
		o.Selected = o.Value == d.COE.Effect
		f.Options = append(f.Options, o)
	}
	return f
}

// binForm is for who may delete the document.
func binForm(c *gin.Context, d *coe.Document) *templates.BinForm {
	if !people.May(who(c), people.Delete, d.Resource()) {
		return nil
	}
	return &templates.BinForm{NeedReason: d.COE.State != coe.Draft || d.COE.Reviewed || d.COE.OwnerID != who(c).ID}
}

// refuseCOE shows the document again, with what was refused beside its form.
func (s *Server) refuseCOE(c *gin.Context, n int64, err error, mark func(p *templates.COEPage, sentence string, missing []string)) error {
	f, ok := fault.Of(err)
	if !ok || f.Kind != fault.Invalid {
		return err
	}
	var missing []string
	if gate, ok := f.Detail.(*coe.Gate); ok {
		missing = gate.Missing
	}
	return s.showCOE(c, http.StatusUnprocessableEntity, n, func(p *templates.COEPage) {
		p.Flashes = append(p.Flashes, templates.Flash{Kind: "bad", Text: f.Text, Href: "#review", Link: "Go there"})
		mark(p, f.Text, missing)
	})
}

// stateSave takes the document to another state.
func (s *Server) stateSave(c *gin.Context) error {
	n, err := number(c)
	if err != nil {
		return err
	}
	to, reason := coe.State(field(c, "to")), c.PostForm("reason")
	now, err := s.COEs.SetState(c.Request.Context(), who(c), n, to, reason)
	if err != nil {
		return s.refuseCOE(c, n, err, func(p *templates.COEPage, sentence string, missing []string) {
			for i := range p.Steps {
				if p.Steps[i].To == string(to) {
					p.Steps[i].Error, p.Steps[i].Refused, p.Steps[i].Reason = sentence, missing, reason
				}
			}
		})
	}
	return s.back(c, coePath(n), templates.Flash{Text: stateWords(now)})
}

// stateWords says what a step led to, and what comes next.
func stateWords(c coe.COE) string {
	switch c.State {
	case coe.InReview:
		return c.Name() + " is in review. Its reviewers can approve it or ask for changes."
	case coe.ChangesRequested:
		return c.Name() + " goes back to its owner."
	case coe.Approved:
		return c.Name() + " is approved. Its owner can publish it."
	case coe.Published:
		return fmt.Sprintf("Issue %d of %s is published.", c.Issue, c.Name())
	}
	return c.Name() + " is closed."
}

// signOff stores a reviewer's verdict.
func (s *Server) signOff(c *gin.Context) error {
	n, err := number(c)
	if err != nil {
		return err
	}
	text := c.PostForm("text")
	done, err := s.COEs.SignOff(c.Request.Context(), who(c), n, field(c, "verdict"), text)
	if err != nil {
		return s.refuseCOE(c, n, err, func(p *templates.COEPage, sentence string, _ []string) {
			if p.Sign != nil {
				p.Sign.Text, p.Sign.Error = text, sentence
			}
		})
	}
	words := stateWords(done.COE)
	if done.COE.State == coe.InReview {
		words = "Your approval is stored."
		if len(done.Missing) > 0 {
			words += " Still missing: " + done.Missing[0]
		}
	}
	return s.back(c, coePath(n), templates.Flash{Text: words})
}

// effectSave stores whether the actions had their effect.
func (s *Server) effectSave(c *gin.Context) error {
	n, err := number(c)
	if err != nil {
		return err
	}
	effect, text := field(c, "effect"), c.PostForm("text")
	if _, err = s.COEs.AnswerEffect(c.Request.Context(), who(c), n, effect, text); err != nil {
		return s.refuseCOE(c, n, err, func(p *templates.COEPage, sentence string, _ []string) {
			if p.Ask != nil {
				p.Ask.Text, p.Ask.Error = text, sentence
			}
		})
	}
	return s.back(c, coePath(n)+"#review", templates.Flash{Text: "The answer is stored. The COE can be closed."})
}
