package web

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"coetracker/internal/fault"
	"coetracker/people"
	"coetracker/templates"
)

// mayAdmin reports whether the person may change people, teams and services.
func mayAdmin(c *gin.Context) bool {
	return people.May(who(c), people.AdminPages, people.Resource{})
}

// onlyAdmins refuses everybody else.
func onlyAdmins(c *gin.Context) error {
	if !mayAdmin(c) {
		return fault.Forbiddenf("Only an administrator may change people, teams and services.")
	}
	return nil
}

func roleOptions(chosen people.Role) []templates.Option {
	var out []templates.Option
	for _, r := range []struct {
		role  people.Role
		label string
	}{{people.Reader, "Reader: reads"}, {people.Writer, "Writer: creates and edits"}, {people.Reviewer, "Reviewer: signs off where named"}, {people.Admin, "Administrator"}} {
		out = append(out, templates.Option{Value: string(r.role), Label: r.label, Selected: r.role == chosen})
	}
	return out
}

func teamOptions(teams []people.Team, chosen ...int64) []templates.Option {
	return options(teams, func(t people.Team) (int64, string) { return t.ID, t.Name }, chosen...)
}

// options makes a list of choices of anything with an id and a name.
func options[T any](list []T, of func(T) (int64, string), chosen ...int64) []templates.Option {
	var out []templates.Option
	for _, x := range list {
		n, label := of(x)
		o := templates.Option{Value: fmt.Sprint(n), Label: label}
		for _, k := range chosen {
			o.Selected = o.Selected || k == n
		}
		out = append(out, o)
	}
	return out
}

// optional puts an empty choice first.
func optional(label string, list []templates.Option) []templates.Option {
	return append([]templates.Option{{Label: label}}, list...)
}

func (s *Server) peoplePage(c *gin.Context) error { return s.peopleList(c, http.StatusOK, nil) }

// peopleList shows everybody; e-mail addresses are for administrators.
func (s *Server) peopleList(c *gin.Context, status int, add *templates.Form) error {
	ctx := c.Request.Context()
	admin := mayAdmin(c)
	list, err := s.People.List(ctx, people.Filter{Disabled: admin})
	if err != nil {
		return err
	}
	teams, err := s.People.ListTeams(ctx)
	if err != nil {
		return err
	}
	members, err := s.People.Memberships(ctx)
	if err != nil {
		return err
	}
	in := teamNames(teams, members)
	p := templates.TablePage{
		Frame: s.nav(c, "People", "people"), Heading: "People", Intro: "Who writes, owns and reviews. Everybody signed in sees this list; e-mail addresses are for administrators.",
		Columns: []string{"Name", "Role", "Teams", "Zone"}, AddTo: "Add somebody",
	}
	if admin {
		p.Columns = append(p.Columns, "E-mail")
		if add == nil {
			f := s.personForm(nil, teams, list, nil)
			add = &f
		}
		p.Add = add
	}
	for _, m := range list {
		r := templates.TableRow{Cells: []string{templates.PersonName(m), string(m.Role), strings.Join(in[m.ID], ", "), m.Zone}}
		if admin {
			r.Cells = append(r.Cells, m.Email)
			r.Href = fmt.Sprintf("/people/%d", m.ID)
		}
		p.Rows = append(p.Rows, r)
	}
	return render(c, status, templates.Table, p)
}

func teamNames(teams []people.Team, members []people.TeamMember) map[int64][]string {
	names := map[int64]string{}
	for _, t := range teams {
		names[t.ID] = t.Name
	}
	out := map[int64][]string{}
	for _, m := range members {
		out[m.PersonID] = append(out[m.PersonID], names[m.TeamID])
	}
	return out
}

// personForm is the form of a new person (m nil) or of one that is there.
func (s *Server) personForm(m *people.Person, teams []people.Team, all []people.Person, in []int64) templates.Form {
	f := templates.Form{Action: "/people", Submit: "Add and make a sign-in link", Draft: "person-new"}
	var p people.Person
	if m != nil {
		p = *m
		f = templates.Form{Action: fmt.Sprintf("/people/%d", m.ID), Submit: "Save", Version: m.Version, Cancel: "/people", Leave: "Keep it as it is"}
	} else {
		p.Role = people.Writer
	}
	var manager int64
	if p.ManagerID != nil {
		manager = *p.ManagerID
	}
	f.Fields = []templates.Field{
		{Kind: "email", Name: "email", Label: "E-mail", Value: p.Email, Required: true, Auto: "off"},
		{Kind: "text", Name: "name", Label: "Name", Value: p.Name, Auto: "off"},
		{Kind: "select", Name: "role", Label: "Role", Options: roleOptions(p.Role)},
		{Kind: "text", Name: "zone", Label: "Time zone", Hint: "Such as Europe/Berlin or UTC+02:00. Empty: the zone of the team.", Value: p.Zone, Auto: "off"},
		{Kind: "select", Name: "manager", Label: "Manager", Options: optional("nobody", options(all, func(x people.Person) (int64, string) { return x.ID, x.Name }, manager))},
		{Kind: "multi", Name: "teams", Label: "Teams", Options: teamOptions(teams, in...)},
	}
	return f
}

func personEdit(c *gin.Context) (people.PersonEdit, error) {
	role, err := people.ParseRole(field(c, "role"))
	if err != nil {
		return people.PersonEdit{}, err
	}
	manager, err := optionalID(c, "manager")
	if err != nil {
		return people.PersonEdit{}, err
	}
	teams, err := ids(c, "teams")
	if err != nil {
		return people.PersonEdit{}, err
	}
	email, name, zone := field(c, "email"), field(c, "name"), field(c, "zone")
	return people.PersonEdit{Email: &email, Name: &name, Role: &role, Zone: &zone, ManagerID: &manager, Teams: &teams}, nil
}

// personAdd adds somebody and shows their sign-in link, once.
func (s *Server) personAdd(c *gin.Context) error {
	if err := onlyAdmins(c); err != nil {
		return err
	}
	ctx := c.Request.Context()
	e, err := personEdit(c)
	var p *people.Person
	if err == nil {
		p, err = s.People.AddPerson(ctx, who(c), people.NewPerson{Email: *e.Email, Name: *e.Name, Role: *e.Role, Zone: *e.Zone, ManagerID: *e.ManagerID, Teams: *e.Teams})
	}
	if err != nil {
		teams, list, lerr := s.teamsAndPeople(c)
		if lerr != nil {
			return lerr
		}
		f, status, err := refused(c, s.personForm(nil, teams, list, nil), err)
		if err != nil {
			return err
		}
		return s.peopleList(c, status, &f)
	}
	return s.showLink(c, p)
}

func (s *Server) teamsAndPeople(c *gin.Context) ([]people.Team, []people.Person, error) {
	teams, err := s.People.ListTeams(c.Request.Context())
	if err != nil {
		return nil, nil, err
	}
	list, err := s.People.List(c.Request.Context(), people.Filter{})
	return teams, list, err
}

// showLink shows a new sign-in link on a page of its own; it is stored hashed
// and cannot be shown again.
func (s *Server) showLink(c *gin.Context, p *people.Person) error {
	token, err := s.People.NewLink(c.Request.Context(), who(c), p.ID)
	if err != nil {
		return err
	}
	return render(c, http.StatusOK, templates.FormOnly, templates.FormPage{
		Frame: s.nav(c, "Sign-in link for "+p.Name, "people"), Heading: "Sign-in link for " + p.Name, Intro: "Give it to them on a way you trust.",
		Back: "/people", BackTo: "People", Token: s.BaseURL + "/signin/" + token,
	})
}

func (s *Server) personPage(c *gin.Context) error { return s.showPerson(c, http.StatusOK, nil) }

func (s *Server) showPerson(c *gin.Context, status int, refusal *templates.Form) error {
	if err := onlyAdmins(c); err != nil {
		return err
	}
	p, err := s.personOf(c)
	if err != nil {
		return err
	}
	teams, list, err := s.teamsAndPeople(c)
	if err != nil {
		return err
	}
	pr, err := s.People.Principal(c.Request.Context(), p.ID)
	if err != nil {
		return err
	}
	f := s.personForm(p, teams, list, pr.Teams)
	if refusal != nil {
		f = *refusal
	}
	page := templates.FormPage{Frame: s.nav(c, p.Name, "people"), Heading: p.Name, Back: "/people", BackTo: "People", Form: f}
	at := fmt.Sprintf("/people/%d", p.ID)
	if p.DisabledAt == nil {
		page.More = []templates.Form{{Action: at + "/link", Submit: "Make a sign-in link"}, {Action: at + "/signout", Submit: "End all their sessions"}, {Action: at + "/disable", Submit: "Disable: they leave"}}
	} else {
		page.Intro = "A former member since " + p.DisabledAt.Format("2 Jan 2006") + "."
		page.More = []templates.Form{{Action: at + "/enable", Submit: "Let them in again"}}
	}
	return render(c, status, templates.FormOnly, page)
}

func (s *Server) personOf(c *gin.Context) (*people.Person, error) {
	n, err := id(c.Param("id"))
	if err != nil {
		return nil, err
	}
	return s.People.ByID(c.Request.Context(), n)
}

func (s *Server) personSave(c *gin.Context) error {
	if err := onlyAdmins(c); err != nil {
		return err
	}
	p, err := s.personOf(c)
	if err != nil {
		return err
	}
	e, err := personEdit(c)
	if err == nil {
		_, err = s.People.SetPerson(c.Request.Context(), who(c), p.ID, version(c), e)
	}
	if err == nil {
		return s.back(c, "/people", templates.Flash{Text: p.Name + " is saved."})
	}
	teams, list, lerr := s.teamsAndPeople(c)
	if lerr != nil {
		return lerr
	}
	f, status, err := refused(c, s.personForm(p, teams, list, nil), err)
	if err != nil {
		return err
	}
	return s.showPerson(c, status, &f)
}

// personDo is one of the buttons beside a person's form.
func (s *Server) personDo(do func(c *gin.Context, p *people.Person) (string, error)) handler {
	return func(c *gin.Context) error {
		if err := onlyAdmins(c); err != nil {
			return err
		}
		p, err := s.personOf(c)
		if err != nil {
			return err
		}
		said, err := do(c, p)
		if err != nil || said == "" {
			return err
		}
		return s.back(c, fmt.Sprintf("/people/%d", p.ID), templates.Flash{Text: said})
	}
}

func (s *Server) personLink(c *gin.Context, p *people.Person) (string, error) {
	return "", s.showLink(c, p)
}

func (s *Server) personDisable(c *gin.Context, p *people.Person) (string, error) {
	return p.Name + " is a former member now. Their open actions wait for a new owner.", s.People.Disable(c.Request.Context(), who(c), p.ID)
}

func (s *Server) personEnable(c *gin.Context, p *people.Person) (string, error) {
	return p.Name + " may sign in again.", s.People.Enable(c.Request.Context(), who(c), p.ID)
}

func (s *Server) personSignOut(c *gin.Context, p *people.Person) (string, error) {
	return "All sessions of " + p.Name + " have ended.", s.People.EndAllSessions(c.Request.Context(), who(c), p.ID)
}
