package web

import (
	"net/http"
	"path"
	"strings"

	"github.com/gin-gonic/gin"

	"coetracker/internal/fault"
	"coetracker/templates"
)

// sessionDays is how long a sign-in lasts at most.
const sessionDays = 30

func (s *Server) signInPage(c *gin.Context) error {
	return render(c, http.StatusOK, templates.SignIn, templates.SignInPage{Frame: s.frame(c, "Sign in")})
}

// signInLink only shows a form: previews and scanners open links too, and must
// not spend them.
func (s *Server) signInLink(c *gin.Context) error {
	return render(c, http.StatusOK, templates.SignIn, templates.SignInPage{Frame: s.frame(c, "Sign in"), Token: c.Param("token")})
}

// signIn spends a link, once. The field takes the whole link or its last part.
func (s *Server) signIn(c *gin.Context) error {
	token := strings.TrimSpace(c.PostForm("token"))
	if strings.Contains(token, "/") {
		token = path.Base(token)
	}
	session, _, err := s.People.SignIn(c.Request.Context(), token, c.Request.UserAgent())
	if fault.Is(err, fault.NotFound) {
		return render(c, http.StatusGone, templates.SignIn, templates.SignInPage{Frame: s.frame(c, "Sign in"), Spent: true})
	}
	if err != nil {
		return err
	}
	setCookie(c, sessionCookie, session, sessionDays*24*60*60, s.secure())
	c.Redirect(http.StatusSeeOther, "/coes")
	return nil
}

func (s *Server) signOut(c *gin.Context) error {
	if err := s.People.EndSession(c.Request.Context(), cookie(c, sessionCookie, s.secure())); err != nil {
		return err
	}
	setCookie(c, sessionCookie, "", -1, s.secure())
	c.Redirect(http.StatusSeeOther, "/signin")
	return nil
}

func (s *Server) noPage(*gin.Context) error { return fault.NotFoundf(notThere) }

func (s *Server) noMethod(c *gin.Context) error {
	s.failure(c, http.StatusMethodNotAllowed, templates.FailurePage{Heading: "That does not work here", Text: "This address does not take such a request.", Href: "/coes", Link: "All COEs"})
	return nil
}
