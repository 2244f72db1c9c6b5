package web

import (
	"net/url"

	"github.com/gin-gonic/gin"

	"coetracker/coe"
	"coetracker/evidence"
	"coetracker/internal/fault"
	"coetracker/people"
	"coetracker/templates"
)

// names is what pages about evidence need to name services, people and times.
func (s *Server) names(c *gin.Context) (templates.EvidenceNames, []people.Service, error) {
	n := templates.EvidenceNames{Services: map[int64]string{}, People: map[int64]string{}, Now: s.Calendar()}
	services, err := s.People.ListServices(c.Request.Context())
	if err != nil {
		return n, nil, err
	}
	for _, sv := range services {
		n.Services[sv.ID] = sv.Name
	}
	list, err := s.People.List(c.Request.Context(), people.Filter{})
	if err != nil {
		return n, nil, err
	}
	for _, p := range list {
		n.People[p.ID] = templates.PersonName(p)
	}
	n.Zone, err = people.LoadZone(s.zoneOf(who(c)))
	return n, services, err
}

// evidenceFrame is the frame of a page about evidence, with its zone.
func (s *Server) evidenceFrame(c *gin.Context, title string, n templates.EvidenceNames, keys ...templates.Key) templates.Frame {
	f := s.nav(c, title, "experiments", keys...)
	f.Zone = n.Zone.String()
	return f
}

// views are the tabs above the lists.
func (s *Server) views(c *gin.Context) ([]templates.ViewLink, error) {
	waiting, err := s.Evidence.Items(c.Request.Context(), who(c), evidence.ItemFilter{Unmatched: true, Limit: inboxRows})
	return templates.EvidenceViews(c.Request.URL.Path, len(waiting), mayAdmin(c)), err
}

// mayKeep tells whether somebody may plan, judge and assign.
func mayKeep(c *gin.Context) bool { return people.May(who(c), people.KeepItems, people.Resource{}) }

// onlyKeepers refuses readers where nothing else would.
func onlyKeepers(c *gin.Context) error {
	if mayKeep(c) {
		return nil
	}
	return fault.Forbiddenf("Readers may look at experiments, deployments and alarms but not change them. An administrator can make you a writer.")
}

// older is the address of the next page of a list.
func older(c *gin.Context, next string) string {
	if next == "" {
		return ""
	}
	q := url.Values{"before": {next}}
	if v := c.Query("service"); v != "" {
		q.Set("service", v)
	}
	return c.Request.URL.Path + "?" + q.Encode()
}

// links are the COEs that runs and changes belong to.
func (s *Server) itemLinks(c *gin.Context, items ...evidence.Item) (map[int64][]coe.ItemLink, error) {
	ids := make([]int64, len(items))
	for i := range items {
		ids[i] = items[i].ID
	}
	return s.COEs.ItemLinks(c.Request.Context(), who(c), ids...)
}
