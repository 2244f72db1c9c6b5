package web

import (
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"coetracker/internal/fault"
	"coetracker/people"
	"coetracker/templates"
)

func (s *Server) tokensPage(c *gin.Context) error {
	return s.showTokens(c, http.StatusOK, templates.TokenForm(), "", "")
}

// showTokens shows the list; made is the text of a token that was just made.
func (s *Server) showTokens(c *gin.Context, status int, add templates.Form, made, what string) error {
	ctx := c.Request.Context()
	list, err := s.People.ListTokens(ctx, who(c))
	if err != nil {
		return err
	}
	all, err := s.People.List(ctx, people.Filter{Disabled: true})
	if err != nil {
		return err
	}
	names := map[int64]string{}
	for _, p := range all {
		names[p.ID] = templates.PersonName(p)
	}
	return render(c, status, templates.Tokens, templates.TokensPage{
		Frame: s.nav(c, "Tokens", "setup"), Made: made, For: what, Add: add, Rows: templates.TokenRows(list, names, s.Wall()),
	})
}

// tokenAdd makes a token and shows it on the answer itself: nothing keeps it
// until a next page.
func (s *Server) tokenAdd(c *gin.Context) error {
	n := people.NewToken{Name: field(c, "name"), Scope: field(c, "scope")}
	var err error
	if n.Name == "" {
		err = fault.Invalidf("name", "Say what uses the token, so that it can be revoked when that goes.")
	}
	if days := field(c, "days"); days != "" && err == nil {
		if n.Days, err = strconv.Atoi(days); err != nil || n.Days == 0 {
			err = fault.Invalidf("days", "%q is not a number of days. Write 1 to %d.", days, people.MaxTokenDays)
		}
	}
	if !mayAdmin(c) {
		err = nil // the verb says why
	}
	var made *people.APIToken
	text := ""
	if err == nil {
		made, text, err = s.People.CreateToken(c.Request.Context(), who(c), n)
	}
	if err != nil {
		f, status, err := refused(c, templates.TokenForm(), err)
		if err != nil {
			return err
		}
		return s.showTokens(c, status, f, "", "")
	}
	return s.showTokens(c, http.StatusOK, templates.TokenForm(), text, made.Name)
}

func (s *Server) tokenRevoke(c *gin.Context) error {
	n, err := id(c.Param("id"))
	if err != nil {
		return err
	}
	t, err := s.People.RevokeToken(c.Request.Context(), who(c), n)
	if err != nil {
		return err
	}
	return s.back(c, "/tokens", templates.Flash{Text: "The token of " + t.Name + " is not taken any more."})
}
