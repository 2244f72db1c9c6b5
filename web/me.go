package web

import (
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"coetracker/people"
	"coetracker/templates"
)

func (s *Server) mePage(c *gin.Context) error { return s.showMe(c, http.StatusOK, nil) }

// showMe is a person's own page: name and zone, and where they are signed in.
func (s *Server) showMe(c *gin.Context, status int, refusal *templates.Form) error {
	p := who(c)
	sessions, err := s.People.Sessions(c.Request.Context(), p.ID)
	if err != nil {
		return err
	}
	f := s.meForm(p)
	if refusal != nil {
		f = *refusal
	}
	page := templates.FormPage{Frame: s.nav(c, "You", "me"), Heading: p.Name, Intro: "Reminders come at 09:00 in your zone, never on days off.", Form: f}
	page.Facts = append(page.Facts, templates.Fact{Name: "Role", Value: string(p.Role)}, templates.Fact{Name: "Signed in", Value: fmt.Sprintf("on %d devices or browsers", len(sessions))})
	if len(sessions) == 1 {
		page.Facts[1].Value = "here only"
	}
	page.More = []templates.Form{{Action: "/signout", Submit: "Sign out here"}, {Action: "/me/signout", Submit: "Sign out everywhere"}}
	return render(c, status, templates.FormOnly, page)
}

func (s *Server) meForm(p *people.Principal) templates.Form {
	return templates.Form{Action: "/me", Submit: "Save", Version: p.Version, Fields: []templates.Field{
		{Kind: "text", Name: "name", Label: "Name", Value: p.Name, Required: true, Auto: "name"},
		{Kind: "text", Name: "zone", Label: "Time zone", Hint: "Such as Europe/Berlin. Empty: the zone of your team, else " + s.Zone + ".", Value: p.Zone, Auto: "off"},
	}}
}

func (s *Server) meSave(c *gin.Context) error {
	p := who(c)
	name, zone := field(c, "name"), field(c, "zone")
	_, err := s.People.SetPerson(c.Request.Context(), p, p.ID, version(c), people.PersonEdit{Name: &name, Zone: &zone})
	if err == nil {
		return s.back(c, "/me", templates.Flash{Text: "Saved."})
	}
	f, status, err := refused(c, s.meForm(p), err)
	if err != nil {
		return err
	}
	return s.showMe(c, status, &f)
}

func (s *Server) meSignOut(c *gin.Context) error {
	p := who(c)
	if err := s.People.EndAllSessions(c.Request.Context(), p, p.ID); err != nil {
		return err
	}
	setCookie(c, sessionCookie, "", -1, s.secure())
	c.Redirect(http.StatusSeeOther, "/signin")
	return nil
}
