package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/gin-gonic/gin"

	"coetracker/internal/fault"
	"coetracker/people"
	"coetracker/templates"
)

// actionsPage is the list of a document's actions as they are written.
func (s *Server) actionsPage(c *gin.Context) error {
	n, err := number(c)
	if err != nil {
		return err
	}
	return s.showActions(c, http.StatusOK, n, nil)
}

// showActions shows the list; shape changes it before it is shown.
func (s *Server) showActions(c *gin.Context, status int, n int64, shape func(*templates.ActionsEditPage)) error {
	d, err := s.editable(c, n)
	if err != nil {
		return err
	}
	owners, err := s.People.List(c.Request.Context(), people.Filter{})
	if err != nil {
		return err
	}
	f := s.nav(c, "Editing "+d.COE.Name()+": actions", "coes", templates.Key{Press: "a", Does: "add"}, templates.Key{Press: "j k", Does: "down, up"})
	v := s.view(c, d)
	if v.Experiments, err = s.experimentChoices(c); err != nil {
		return err
	}
	p := templates.NewActionsEdit(f, v, s.findings(d), owners)
	if gone, err := id(c.Query("deleted")); err == nil {
		p.Undo = &templates.Undo{Action: fmt.Sprintf("/actions/%d/undelete", gone), Text: "The action is deleted."}
	}
	p.Line.Focus = c.Query("added") != ""
	for _, w := range d.Whys {
		if w.Key == c.Query("why") || w.Key == c.PostForm("why") {
			p.Line.For, p.Line.ForWords, p.Line.Focus = w.Key, w.Text, true
		}
	}
	if shape != nil {
		shape(&p)
	}
	return render(c, status, templates.ActionsEdit, p)
}

// experimentChoices lists the experiments that an action can name as its proof.
func (s *Server) experimentChoices(c *gin.Context) ([]templates.Option, error) {
	list, err := s.COEs.ProofTargets(c.Request.Context())
	if err != nil {
		return nil, err
	}
	var out []templates.Option
	for _, e := range list {
		out = append(out, templates.Option{Value: e.Target, Label: e.Name})
	}
	return out, nil
}

// actionAdd stores an action typed on one line.
func (s *Server) actionAdd(c *gin.Context) error {
	n, err := number(c)
	if err != nil {
		return err
	}
	h, err := s.COEs.ByNumber(c.Request.Context(), who(c), n)
	if err != nil {
		return err
	}
	line := c.PostForm("line")
	a, err := s.Actions.AddLine(c.Request.Context(), who(c), h.ID, line)
	if f, ok := fault.Of(err); ok && f.Kind == fault.Invalid {
		echo, eerr := s.understandAction(c, line)
		if eerr != nil {
			return eerr
		}
		echo.Error = f.Text
		return s.showActions(c, http.StatusUnprocessableEntity, n, func(p *templates.ActionsEditPage) {
			p.Line.Value, p.Line.Echo, p.Line.Focus = line, echo, true
		})
	}
	if err != nil {
		return err
	}
	if why := field(c, "why"); why != "" {
		if err := s.COEs.LinkWhy(c.Request.Context(), who(c), n, why, a.Key); err != nil {
			return err
		}
		return s.back(c, coePath(n)+"/edit/whys#r-"+why, templates.Flash{Text: a.Ref() + " is stored and answers this why."})
	}
	return s.back(c, coePath(n)+"/edit/actions?added=1#new", templates.Flash{Text: a.Ref() + " is stored."})
}

// actionEcho says what is understood of a line while it is typed.
func (s *Server) actionEcho(c *gin.Context) error {
	n, err := number(c)
	if err != nil {
		return err
	}
	if _, err := s.COEs.ByNumber(c.Request.Context(), who(c), n); err != nil {
		return err
	}
	echo, err := s.understandAction(c, c.PostForm("line"))
	if err != nil {
		return err
	}
	return render(c, http.StatusOK, templates.Echo, echo)
}

func (s *Server) understandAction(c *gin.Context, line string) (templates.LineEcho, error) {
	if line == "" {
		return templates.ActionLineHelp(), nil
	}
	ctx := c.Request.Context()
	parsed, err := s.Actions.Understand(ctx, who(c), line)
	if err != nil {
		return templates.LineEcho{}, err
	}
	owner, asked := "", ""
	if parsed.OwnerWord != "" {
		switch p, err := s.Actions.FindOwner(ctx, parsed.OwnerWord); {
		case err == nil:
			owner = p.Name
		case fault.Is(err, fault.Invalid):
			asked = err.Error()
		default:
			return templates.LineEcho{}, err
		}
	}
	today, err := s.today(c)
	if err != nil {
		return templates.LineEcho{}, err
	}
	echo := templates.ActionEcho(parsed, owner, today)
	if asked != "" {
		echo.Error = asked
	}
	return echo, nil
}

// somebody reads a person from a form: one of a list by number, or a word that
// means exactly one. An empty field is nobody.
func (s *Server) somebody(c *gin.Context, name string) (int64, error) {
	text := field(c, name)
	if text == "" {
		return 0, nil
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, nil
	}
	p, err := s.Actions.FindOwner(c.Request.Context(), text)
	if f, ok := fault.Of(err); ok && f.Kind == fault.Invalid {
		return 0, fault.Invalidf(name, "%s", f.Text)
	}
	if err != nil {
		return 0, err
	}
	return p.ID, nil
}

// today is the calendar day of the person who asks.
func (s *Server) today(c *gin.Context) (people.Day, error) {
	all, err := s.People.Calendars(c.Request.Context(), []int64{who(c).ID})
	return all[who(c).ID].Today(s.Calendar()), err
}

// ownPath is an address of ours to go back to, else otherwise.
func ownPath(text, otherwise string) string {
	u, err := url.Parse(text)
	if err != nil || u.IsAbs() || u.Host != "" || len(text) < 2 || text[0] != '/' || text[1] == '/' || text[1] == '\\' {
		return otherwise
	}
	return text
}
