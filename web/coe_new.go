package web

import (
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"coetracker/coe"
	"coetracker/internal/fault"
	"coetracker/people"
	"coetracker/templates"
	"coetracker/timeline"
)

func (s *Server) coeNewPage(c *gin.Context) error {
	if err := mayCreate(c); err != nil {
		return err
	}
	f, err := s.newForm(c)
	if err != nil {
		return err
	}
	return s.showNew(c, http.StatusOK, f)
}

func mayCreate(c *gin.Context) error {
	if !people.May(who(c), people.Create, people.Resource{}) {
		return fault.Forbiddenf("Readers may not create a COE. An administrator can give you the role writer.")
	}
	return nil
}

func (s *Server) showNew(c *gin.Context, status int, f templates.Form) error {
	return render(c, status, templates.COENew, templates.COENewPage{Frame: s.nav(c, "New COE", "coes"), Form: f})
}

// newForm has the person's team and zone filled in.
func (s *Server) newForm(c *gin.Context) (templates.Form, error) {
	ctx, p := c.Request.Context(), who(c)
	teams, err := s.People.ListTeams(ctx)
	if err != nil {
		return templates.Form{}, err
	}
	services, err := s.People.ListServices(ctx)
	if err != nil {
		return templates.Form{}, err
	}
	owners, err := s.People.List(ctx, people.Filter{})
	if err != nil {
		return templates.Form{}, err
	}
	var team int64
	if len(p.Teams) > 0 {
		team = p.Teams[0]
	}
	zone := p.Zone
	if zone == "" {
		zone = s.Zone
	}
	return templates.Form{Action: "/coes/new", Submit: "Create the draft", Draft: "coe-new-" + strconv.FormatInt(p.ID, 10), Cancel: "/coes", Leave: "Do not create one", Fields: []templates.Field{
		{Kind: "text", Name: "title", Label: "Title", Hint: "Name the problem people saw, not the system: “Uploads failed for one in five customers”.", Required: true},
		{Kind: "select", Name: "kind", Label: "Kind", Options: kindOptions("", coe.Incident)},
		{Kind: "select", Name: "severity", Label: "Severity", Options: severityOptions("3")},
		{Kind: "select", Name: "owner", Label: "Owner", Hint: "Exactly one person sees it through.", Options: personOptions(owners, p.ID)},
		{Kind: "select", Name: "team", Label: "Team", Options: optional("no team", teamOptions(teams, team))},
		{Kind: "multi", Name: "services", Label: "Affected services", Options: serviceOptions(services)},
		{Kind: "text", Name: "zone", Label: "Time zone of the document", Hint: "Times are typed and shown in it. Such as Europe/London or UTC+02:00.", Value: zone, Auto: "off"},
		{Kind: "text", Name: "start", Label: "Impact began", Hint: "Day and time, such as 30 Sep 2025 14:02. Leave it empty when nobody knows yet.", Auto: "off"},
		{Kind: "text", Name: "end", Label: "Impact ended", Auto: "off"},
		{Kind: "select", Name: "visibility", Label: "Who may read it", Options: visibilityOptions(coe.Org)},
	}}, nil
}

func visibilityOptions(chosen coe.Visibility) []templates.Option {
	return []templates.Option{
		{Value: string(coe.Org), Label: "Everybody who signs in", Selected: chosen == coe.Org},
		{Value: string(coe.Restricted), Label: "Only named people and administrators", Selected: chosen == coe.Restricted},
	}
}

// coeNew makes the draft and opens its header's neighbour, the impact.
func (s *Server) coeNew(c *gin.Context) error {
	n, err := s.readNew(c)
	var made coe.COE
	if err == nil {
		made, err = s.COEs.Create(c.Request.Context(), who(c), n)
	}
	if err == nil {
		return s.back(c, coePath(made.Number)+"/edit/impact", templates.Flash{Text: made.Name() + " is a draft now. Begin with what customers could not do; the summary is written last."})
	}
	f, ferr := s.newForm(c)
	if ferr != nil {
		return ferr
	}
	f, status, err := refused(c, f, err)
	if err != nil {
		return err
	}
	return s.showNew(c, status, f)
}

func (s *Server) readNew(c *gin.Context) (coe.New, error) {
	n := coe.New{Title: field(c, "title"), Kind: coe.Kind(field(c, "kind")), Visibility: coe.Visibility(field(c, "visibility")), Zone: field(c, "zone")}
	n.Severity, _ = strconv.Atoi(field(c, "severity"))
	owner, err := optionalID(c, "owner")
	if err != nil {
		return n, err
	}
	team, err := optionalID(c, "team")
	if err != nil {
		return n, err
	}
	if n.OwnerID = owner; team != 0 {
		n.TeamID = &team
	}
	if n.Services, err = ids(c, "services"); err != nil {
		return n, err
	}
	zone := n.Zone
	if zone == "" {
		zone = s.Zone
	}
	loc, name, err := timeline.LoadZone(zone)
	if err != nil {
		return n, err
	}
	in := timeline.Context{Zone: loc, ZoneName: name, Now: s.Calendar()}
	w, err := eventWindow(c, in, "start", "end")
	n.WindowStart, n.WindowEnd = w.Start, w.End
	return n, err
}

// eventWindow reads two times; the second one is understood after the first.
func eventWindow(c *gin.Context, in timeline.Context, from, to string) (coe.Window, error) {
	start, err := instant(c, from, in)
	if err != nil {
		return coe.Window{}, err
	}
	if start != nil {
		in.Previous = start
	}
	end, err := instant(c, to, in)
	return coe.Window{Start: start, End: end}, err
}

// instant reads one time as people type it; an empty field is no time.
func instant(c *gin.Context, name string, in timeline.Context) (*time.Time, error) {
	text := field(c, name)
	if text == "" {
		return nil, nil
	}
	u, rest, err := timeline.ParseTime(text, in)
	if f, ok := fault.Of(err); ok {
		return nil, fault.Invalidf(name, "%s", f.Text)
	}
	switch {
	case err != nil:
		return nil, err
	case u.Ask != "":
		return nil, fault.Invalidf(name, "%s", u.Ask)
	case rest != "":
		return nil, fault.Invalidf(name, "Only a day and a time belong here; %q was not understood.", rest)
	case u.At == nil:
		return nil, fault.Invalidf(name, "Write a day and a time, or leave the field empty.")
	}
	return u.At, nil
}
