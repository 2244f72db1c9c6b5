package web

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"coetracker/actions"
	"coetracker/internal/fault"
	"coetracker/people"
	"coetracker/templates"
)

// deed does one thing with one action and says that it is done.
type deed func(c *gin.Context, at actions.At) (a *actions.Action, said string, err error)

// deeds is everything that can be done with an action, by the last word of the
// address.
func (s *Server) deeds() map[string]deed {
	return map[string]deed{
		"done": s.doDone, "prove": s.doProve, "move": s.doMove, "handover": s.doHandOver, "edit": s.doEdit,
		"start":   simply(s.Actions.Start, "is in progress."),
		"verify":  simply(s.Actions.Verify, "is verified."),
		"delete":  simply(s.Actions.Delete, "is deleted."),
		"block":   because(s.Actions.Block, "is blocked. Reminders go on."),
		"reject":  because(s.Actions.Reject, "is open again, with what is still missing."),
		"reopen":  because(s.Actions.Reopen, "is open again."),
		"decline": because(s.Actions.Decline, "is declined. It stays visible with the reason."),
	}
}

// simply makes a deed of a verb that needs no words.
func simply(do func(context.Context, *people.Principal, actions.At) (*actions.Action, error), said string) deed {
	return func(c *gin.Context, at actions.At) (*actions.Action, string, error) {
		a, err := do(c.Request.Context(), who(c), at)
		return a, said, err
	}
}

// because makes a deed of a verb that needs a reason.
func because(do func(context.Context, *people.Principal, actions.At, string) (*actions.Action, error), said string) deed {
	return func(c *gin.Context, at actions.At) (*actions.Action, string, error) {
		a, err := do(c.Request.Context(), who(c), at, c.PostForm("reason"))
		return a, said, err
	}
}

// actionDo adapts a deed: afterwards it leads back to where the form stood; a
// refused form is shown again with what was typed.
func (s *Server) actionDo(verb string, do deed) handler {
	return func(c *gin.Context) error {
		n, err := id(c.Param("id"))
		if err != nil {
			return err
		}
		a, said, err := do(c, actions.At{ID: n, Version: version(c)})
		if err != nil {
			return s.refuseDeed(c, n, verb, err)
		}
		to := ownPath(c.PostForm("back"), "/me/actions")
		if verb == "delete" {
			at, _, _ := strings.Cut(to, "#") // the row is not there any more
			at, _, _ = strings.Cut(at, "?")
			to = fmt.Sprintf("%s?deleted=%d", at, a.ID)
		}
		return s.back(c, to, templates.Flash{Text: a.Ref() + " " + said})
	}
}

// actionUndelete puts an action back and leads to its list.
func (s *Server) actionUndelete(c *gin.Context) error {
	n, err := id(c.Param("id"))
	if err != nil {
		return err
	}
	if _, err := s.Actions.Undelete(c.Request.Context(), who(c), actions.At{ID: n}); err != nil {
		return err
	}
	it, err := s.Actions.Get(c.Request.Context(), who(c), n)
	if err != nil {
		return err
	}
	return s.back(c, fmt.Sprintf("%s/edit/actions#a%d", coePath(it.COENumber), it.Number), templates.Flash{Text: it.Ref() + " is back."})
}

func (s *Server) doDone(c *gin.Context, at actions.At) (*actions.Action, string, error) {
	a, err := s.Actions.Done(c.Request.Context(), who(c), at, actions.Evidence{Kind: field(c, "proof_kind"), Text: field(c, "proof")})
	return a, "is done and waits to be verified.", err
}

func (s *Server) doProve(c *gin.Context, at actions.At) (*actions.Action, string, error) {
	a, err := s.Actions.Prove(c.Request.Context(), who(c), at, actions.Evidence{Kind: field(c, "proof_kind"), Text: field(c, "proof")})
	return a, "has one more proof.", err
}

func (s *Server) doMove(c *gin.Context, at actions.At) (*actions.Action, string, error) {
	d := actions.NewDate{Due: field(c, "due"), Reason: c.PostForm("reason"), DayOffReason: field(c, "day_off_reason")}
	agreed, err := s.somebody(c, "agreed")
	if err != nil {
		return nil, "", err
	}
	if agreed != 0 {
		d.AgreedID = &agreed
	}
	a, err := s.Actions.Move(c.Request.Context(), who(c), at, d)
	if err != nil {
		return nil, "", err
	}
	today, err := s.today(c)
	said := "is due " + actions.ShowDay(a.Due, today) + "."
	switch {
	case a.Moves == 1:
		said += " It moved once."
	case a.Moves > 1:
		said += fmt.Sprintf(" It moved %d times and is in the weekly review.", a.Moves)
	}
	return a, said, err
}

func (s *Server) doHandOver(c *gin.Context, at actions.At) (*actions.Action, string, error) {
	to, err := s.somebody(c, "to")
	if err == nil && to == 0 {
		err = fault.Invalidf("to", "Name the new owner.")
	}
	if err != nil {
		return nil, "", err
	}
	a, err := s.Actions.SetOwner(c.Request.Context(), who(c), at, to)
	if f, ok := fault.Of(err); ok && f.Kind == fault.Invalid {
		err = fault.Invalidf("to", "%s", f.Text)
	}
	if err != nil {
		return nil, "", err
	}
	p, err := s.People.ByID(c.Request.Context(), to)
	if err != nil {
		return nil, "", err
	}
	return a, "belongs to " + p.Name + " now.", nil
}

func (s *Server) doEdit(c *gin.Context, at actions.At) (*actions.Action, string, error) {
	f := actions.Fields{
		Title: typed(c, "title"), Detail: typed(c, "detail"), Priority: typed(c, "priority"), Type: typed(c, "type"), Horizon: typed(c, "horizon"),
		Criterion: typed(c, "criterion"), ProofKind: typed(c, "proof_kind"), ProofTarget: typed(c, "proof_target"), TrackerURL: typed(c, "tracker_url"),
	}
	if typed(c, "verifier") != nil {
		v, err := s.somebody(c, "verifier")
		if err != nil {
			return nil, "", err
		}
		f.VerifierID = &v
	}
	a, err := s.Actions.Edit(c.Request.Context(), who(c), at, f)
	return a, "is saved.", err
}

// refuseDeed shows a refused form again: on the person's own page when it came
// from there or when there is no other that they may see, else alone.
func (s *Server) refuseDeed(c *gin.Context, n int64, verb string, err error) error {
	f, ok := fault.Of(err)
	if !ok || f.Kind != fault.Invalid && f.Kind != fault.Conflict {
		return err
	}
	status := http.StatusUnprocessableEntity
	if f.Kind == fault.Conflict {
		status = http.StatusConflict
	}
	it, gone := s.Actions.Get(c.Request.Context(), who(c), n)
	if fault.Is(gone, fault.NotFound) {
		return err // it was removed meanwhile
	}
	if gone != nil {
		return gone
	}
	r := templates.VerbRefusal{
		Verb: verb, Error: templates.FieldError{Field: f.Field, Text: f.Text}, Conflict: f.Kind == fault.Conflict,
		Typed: func(name string) []string { return c.PostFormArray(name) },
	}
	back := ownPath(c.PostForm("back"), "/me/actions")
	if it.Hidden || strings.HasPrefix(back, "/me/actions") {
		return s.showMine(c, status, "", it, r)
	}
	return s.showOneAction(c, status, it, back, r)
}

// showOneAction shows one action alone with its refused form.
func (s *Server) showOneAction(c *gin.Context, status int, it *actions.Item, back string, r templates.VerbRefusal) error {
	d, err := s.COEs.View(c.Request.Context(), who(c), it.COENumber)
	if err != nil {
		return err
	}
	owners, err := s.People.List(c.Request.Context(), people.Filter{})
	if err != nil {
		return err
	}
	v := s.view(c, d)
	if v.Experiments, err = s.experimentChoices(c); err != nil {
		return err
	}
	row, ok := templates.ActionRowOf(v, it.ID, owners, back)
	if !ok {
		return fault.NotFoundf(notThere)
	}
	row.Refuse(r)
	return render(c, status, templates.OneAction, templates.OneActionPage{
		Frame: s.nav(c, it.Ref()+" of "+d.COE.Name(), "coes"), Name: d.COE.Name(), Number: it.COENumber, Back: back, Row: row, Choices: v.Experiments,
	})
}
