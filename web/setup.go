package web

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"coetracker/coe"
	"coetracker/people"
	"coetracker/templates"
)

// setupPage lists what an instance needs before its first COE is reviewed, and
// what of it is there. It is read from the data, never ticked by hand.
func (s *Server) setupPage(c *gin.Context) error {
	if !mayAdmin(c) {
		return onlyAdmins(c)
	}
	ctx := c.Request.Context()
	list, err := s.People.List(ctx, people.Filter{})
	if err != nil {
		return err
	}
	teams, err := s.People.ListTeams(ctx)
	if err != nil {
		return err
	}
	services, err := s.People.ListServices(ctx)
	if err != nil {
		return err
	}
	members, err := s.People.Memberships(ctx)
	if err != nil {
		return err
	}
	first, err := s.COEs.List(ctx, who(c), coe.Filter{}, "", 1)
	if err != nil {
		return err
	}
	p := templates.SetupPage{Frame: s.nav(c, "Setup", "setup"), Items: []templates.SetupItem{
		{What: "Add the people who write and own", Why: "Owners get reminders; writers edit the COEs of their teams.", Done: len(list) > 1, Href: "/people", Link: "People", Command: "coe user add ana@example.com --name 'Ana Ruiz' --team Storage"},
		{What: "Add teams and put people into them", Why: "A team's zone, working days and days off decide when things fall due.", Done: len(teams) > 0 && len(members) > 0, Href: "/teams", Link: "Teams", Command: "coe team add Storage --zone Europe/Berlin --days mon-fri"},
		{What: "Add services with their owners and targets", Why: "A COE names the services it is about; their targets say what late means.", Done: len(services) > 0, Href: "/services", Link: "Services", Command: "coe service add s3-index --team Storage --tier 1 --target ttd=5"},
		{What: "Give somebody the role reviewer", Why: "A COE is approved by a named reviewer who does not own it.", Done: reviewers(list) > 0 && len(list) > 1, Href: "/people", Link: "People", Command: "coe user set ruth@example.com --role reviewer"},
		{What: "Connect Slack", Why: "Without it reminders wait under Actions only.", Done: s.Slack != nil, Command: "COE_SLACK_BOT_TOKEN=… COE_SLACK_SIGNING_SECRET=… coe serve"},
		{What: "Write or import the first COE", Why: "Paste a review you have; it becomes a draft with timeline and actions.", Done: len(first.Rows) > 0, Href: "/import", Link: "Import"},
	}}
	for _, i := range p.Items {
		if i.Done {
			p.Done++
		}
	}
	return render(c, http.StatusOK, templates.Setup, p)
}

func reviewers(list []people.Person) int {
	n := 0
	for _, p := range list {
		if p.Role == people.Reviewer || p.Role == people.Admin {
			n++
		}
	}
	return n
}
