package web

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"coetracker/people"
	"coetracker/templates"
)

func (s *Server) teamsPage(c *gin.Context) error { return s.teamList(c, http.StatusOK, nil) }

func (s *Server) teamList(c *gin.Context, status int, add *templates.Form) error {
	teams, err := s.People.ListTeams(c.Request.Context())
	if err != nil {
		return err
	}
	members, err := s.People.Memberships(c.Request.Context())
	if err != nil {
		return err
	}
	count := map[int64]int{}
	for _, m := range members {
		count[m.TeamID]++
	}
	p := templates.TablePage{
		Frame: s.nav(c, "Teams", "teams"), Heading: "Teams", Intro: "A team owns services and COEs. Its working days and days off decide when reminders come and dates fall due.",
		Columns: []string{"Name", "People", "Zone", "Working days", "Channel"}, AddTo: "Add a team",
	}
	admin := mayAdmin(c)
	if admin {
		if add == nil {
			f := teamForm(nil, nil)
			add = &f
		}
		p.Add = add
	}
	for _, t := range teams {
		r := templates.TableRow{Cells: []string{t.Name, fmt.Sprint(count[t.ID]), t.Zone, t.WorkingDays, t.Channel}}
		if admin {
			r.Href = fmt.Sprintf("/teams/%d", t.ID)
		}
		p.Rows = append(p.Rows, r)
	}
	return render(c, status, templates.Table, p)
}

func teamForm(t *people.Team, holidays []people.TeamHoliday) templates.Form {
	f := templates.Form{Action: "/teams", Submit: "Add the team", Draft: "team-new"}
	v := people.Team{WorkingDays: "mon-fri", Policy: "{}"}
	if t != nil {
		v = *t
		f = templates.Form{Action: fmt.Sprintf("/teams/%d", t.ID), Submit: "Save", Version: t.Version, Cancel: "/teams", Leave: "Keep it as it is"}
	}
	var off []string
	for _, h := range holidays {
		off = append(off, strings.TrimSpace(string(h.Day)+" "+h.Name))
	}
	f.Fields = []templates.Field{
		{Kind: "text", Name: "name", Label: "Name", Value: v.Name, Required: true, Auto: "off"},
		{Kind: "text", Name: "zone", Label: "Time zone", Hint: "Such as Europe/Berlin. Empty: the zone of the instance.", Value: v.Zone, Auto: "off"},
		{Kind: "text", Name: "days", Label: "Working days", Hint: "Such as mon-fri or sun-thu.", Value: v.WorkingDays, Auto: "off"},
		{Kind: "area", Name: "holidays", Label: "Days off", Hint: "One a line: 2026-12-25 Christmas.", Value: strings.Join(off, "\n"), Rows: 5},
		{Kind: "text", Name: "channel", Label: "Slack channel", Hint: "Such as #storage.", Value: v.Channel, Auto: "off"},
		{Kind: "area", Name: "policy", Label: "Policy", Hint: "JSON over the defaults; {} takes all of them.", Value: v.Policy, Rows: 4},
	}
	return f
}

func teamEdit(c *gin.Context) (people.TeamEdit, error) {
	off, err := people.ParseHolidays(c.PostForm("holidays"))
	if err != nil {
		return people.TeamEdit{}, err
	}
	name, zone, days, channel, policy := field(c, "name"), field(c, "zone"), field(c, "days"), field(c, "channel"), field(c, "policy")
	return people.TeamEdit{Name: &name, Zone: &zone, Days: &days, Channel: &channel, Policy: &policy, Holidays: &off}, nil
}

func (s *Server) teamAdd(c *gin.Context) error {
	if err := onlyAdmins(c); err != nil {
		return err
	}
	e, err := teamEdit(c)
	if err == nil {
		_, err = s.People.AddTeam(c.Request.Context(), who(c), *e.Name, e)
	}
	if err == nil {
		return s.back(c, "/teams", templates.Flash{Text: "The team " + *e.Name + " is there."})
	}
	f, status, err := refused(c, teamForm(nil, nil), err)
	if err != nil {
		return err
	}
	return s.teamList(c, status, &f)
}

func (s *Server) teamPage(c *gin.Context) error { return s.showTeam(c, http.StatusOK, nil) }

func (s *Server) showTeam(c *gin.Context, status int, refusal *templates.Form) error {
	if err := onlyAdmins(c); err != nil {
		return err
	}
	t, err := s.teamOf(c)
	if err != nil {
		return err
	}
	off, err := s.People.Holidays(c.Request.Context(), t.ID)
	if err != nil {
		return err
	}
	f := teamForm(t, off)
	if refusal != nil {
		f = *refusal
	}
	return render(c, status, templates.FormOnly, templates.FormPage{Frame: s.nav(c, t.Name, "teams"), Heading: t.Name, Intro: "People join a team on their own page.", Back: "/teams", BackTo: "Teams", Form: f})
}

func (s *Server) teamOf(c *gin.Context) (*people.Team, error) {
	n, err := id(c.Param("id"))
	if err != nil {
		return nil, err
	}
	return s.People.TeamByID(c.Request.Context(), n)
}

func (s *Server) teamSave(c *gin.Context) error {
	if err := onlyAdmins(c); err != nil {
		return err
	}
	t, err := s.teamOf(c)
	if err != nil {
		return err
	}
	e, err := teamEdit(c)
	if err == nil {
		_, err = s.People.SetTeam(c.Request.Context(), who(c), t.ID, version(c), e)
	}
	if err == nil {
		return s.back(c, "/teams", templates.Flash{Text: *e.Name + " is saved."})
	}
	f, status, err := refused(c, teamForm(t, nil), err)
	if err != nil {
		return err
	}
	return s.showTeam(c, status, &f)
}
