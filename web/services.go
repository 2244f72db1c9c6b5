package web

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"coetracker/internal/fault"
	"coetracker/people"
	"coetracker/templates"
)

// targetNames are the times a service promises, in minutes.
var targetNames = []struct{ name, label string }{
	{"ttd", "Minutes to detect"}, {"tte", "Minutes to engage"}, {"ttm", "Minutes to mitigate"},
}

func (s *Server) servicesPage(c *gin.Context) error { return s.serviceList(c, http.StatusOK, nil) }

func (s *Server) serviceList(c *gin.Context, status int, add *templates.Form) error {
	ctx := c.Request.Context()
	list, err := s.People.ListServices(ctx)
	if err != nil {
		return err
	}
	teams, err := s.People.ListTeams(ctx)
	if err != nil {
		return err
	}
	aliases, err := s.aliases(c)
	if err != nil {
		return err
	}
	names := map[int64]string{}
	for _, t := range teams {
		names[t.ID] = t.Name
	}
	p := templates.TablePage{
		Frame: s.nav(c, "Services", "services"), Heading: "Services", Intro: "What can fail: who owns it, how critical it is, and how fast failures are to be seen and repaired.",
		Columns: []string{"Name", "Team", "Tier", "Detect, engage, mitigate", "Also called"}, AddTo: "Add a service",
	}
	admin := mayAdmin(c)
	if admin {
		if add == nil {
			f := serviceForm(nil, teams, nil)
			add = &f
		}
		p.Add = add
	}
	for _, sv := range list {
		team := ""
		if sv.TeamID != nil {
			team = names[*sv.TeamID]
		}
		r := templates.TableRow{Cells: []string{sv.Name, team, fmt.Sprint(sv.Tier), targetWords(&sv), strings.Join(aliases[sv.ID], ", ")}}
		if admin {
			r.Href = fmt.Sprintf("/services/%d", sv.ID)
		}
		p.Rows = append(p.Rows, r)
	}
	return render(c, status, templates.Table, p)
}

func (s *Server) aliases(c *gin.Context) (map[int64][]string, error) {
	list, err := s.People.ListAliases(c.Request.Context())
	out := map[int64][]string{}
	for _, a := range list {
		out[a.ServiceID] = append(out[a.ServiceID], a.Alias)
	}
	return out, err
}

func targetWords(sv *people.Service) string {
	var parts []string
	for _, t := range targetNames {
		if m, ok := sv.Target(t.name); ok {
			parts = append(parts, fmt.Sprintf("%d min", m))
		} else {
			parts = append(parts, "–")
		}
	}
	return strings.Join(parts, ", ")
}

func serviceForm(sv *people.Service, teams []people.Team, aliases []string) templates.Form {
	f := templates.Form{Action: "/services", Submit: "Add the service", Draft: "service-new"}
	v := people.Service{Tier: 3}
	if sv != nil {
		v = *sv
		f = templates.Form{Action: fmt.Sprintf("/services/%d", sv.ID), Submit: "Save", Version: sv.Version, Cancel: "/services", Leave: "Keep it as it is"}
	}
	var team int64
	if v.TeamID != nil {
		team = *v.TeamID
	}
	var tiers []templates.Option
	for n, label := range []string{"1, most critical", "2", "3", "4"} {
		tiers = append(tiers, templates.Option{Value: fmt.Sprint(n + 1), Label: label, Selected: v.Tier == n+1})
	}
	f.Fields = []templates.Field{
		{Kind: "text", Name: "name", Label: "Name", Value: v.Name, Required: true, Auto: "off"},
		{Kind: "select", Name: "team", Label: "Team", Options: optional("no team", teamOptions(teams, team))},
		{Kind: "select", Name: "tier", Label: "Tier", Options: tiers},
	}
	for _, t := range targetNames {
		value := ""
		if m, ok := v.Target(t.name); ok {
			value = fmt.Sprint(m)
		}
		f.Fields = append(f.Fields, templates.Field{Kind: "text", Name: t.name, Label: t.label, Value: value, Size: 6, Auto: "off"})
	}
	f.Fields = append(f.Fields, templates.Field{Kind: "area", Name: "aliases", Label: "Also called", Hint: "One a line: names under which tools report it.", Value: strings.Join(aliases, "\n"), Rows: 3})
	return f
}

func serviceEdit(c *gin.Context) (people.ServiceEdit, error) {
	team, err := optionalID(c, "team")
	if err != nil {
		return people.ServiceEdit{}, err
	}
	tier, err := strconv.Atoi(field(c, "tier"))
	if err != nil {
		return people.ServiceEdit{}, fault.Invalidf("tier", "Choose a tier from 1 to 4.")
	}
	targets := map[string]int{}
	for _, t := range targetNames {
		text := field(c, t.name)
		if text == "" {
			continue
		}
		if targets[t.name], err = strconv.Atoi(text); err != nil {
			return people.ServiceEdit{}, fault.Invalidf(t.name, "%q is not a number of minutes. Write a whole number, or leave it empty.", text)
		}
	}
	name, aliases := field(c, "name"), strings.Fields(c.PostForm("aliases"))
	return people.ServiceEdit{Name: &name, TeamID: &team, Tier: &tier, Targets: &targets, Aliases: &aliases}, nil
}

func (s *Server) serviceAdd(c *gin.Context) error {
	if err := onlyAdmins(c); err != nil {
		return err
	}
	e, err := serviceEdit(c)
	if err == nil {
		_, err = s.People.AddService(c.Request.Context(), who(c), *e.Name, e)
	}
	if err == nil {
		return s.back(c, "/services", templates.Flash{Text: "The service " + *e.Name + " is there."})
	}
	teams, lerr := s.People.ListTeams(c.Request.Context())
	if lerr != nil {
		return lerr
	}
	f, status, err := refused(c, serviceForm(nil, teams, nil), err)
	if err != nil {
		return err
	}
	return s.serviceList(c, status, &f)
}

func (s *Server) servicePage(c *gin.Context) error { return s.showService(c, http.StatusOK, nil) }

func (s *Server) showService(c *gin.Context, status int, refusal *templates.Form) error {
	if err := onlyAdmins(c); err != nil {
		return err
	}
	sv, teams, err := s.serviceAndTeams(c)
	if err != nil {
		return err
	}
	aliases, err := s.aliases(c)
	if err != nil {
		return err
	}
	f := serviceForm(sv, teams, aliases[sv.ID])
	if refusal != nil {
		f = *refusal
	}
	return render(c, status, templates.FormOnly, templates.FormPage{Frame: s.nav(c, sv.Name, "services"), Heading: sv.Name, Back: "/services", BackTo: "Services", Form: f})
}

func (s *Server) serviceAndTeams(c *gin.Context) (*people.Service, []people.Team, error) {
	n, err := id(c.Param("id"))
	if err != nil {
		return nil, nil, err
	}
	sv, err := s.People.ServiceByID(c.Request.Context(), n)
	if err != nil {
		return nil, nil, err
	}
	teams, err := s.People.ListTeams(c.Request.Context())
	return sv, teams, err
}

func (s *Server) serviceSave(c *gin.Context) error {
	if err := onlyAdmins(c); err != nil {
		return err
	}
	sv, teams, err := s.serviceAndTeams(c)
	if err != nil {
		return err
	}
	e, err := serviceEdit(c)
	if err == nil {
		_, err = s.People.SetService(c.Request.Context(), who(c), sv.ID, version(c), e)
	}
	if err == nil {
		return s.back(c, "/services", templates.Flash{Text: *e.Name + " is saved."})
	}
	f, status, err := refused(c, serviceForm(sv, teams, nil), err)
	if err != nil {
		return err
	}
	return s.showService(c, status, &f)
}
