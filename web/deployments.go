package web

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"coetracker/coe"
	"coetracker/evidence"
	"coetracker/internal/fault"
	"coetracker/people"
	"coetracker/templates"
)

// deploymentsPage lists deployments and rollbacks.
func (s *Server) deploymentsPage(c *gin.Context) error {
	list, next, err := s.Evidence.Changes(c.Request.Context(), who(c), chosen(c, "service"), evidence.Page{Before: c.Query("before")})
	if err != nil {
		return err
	}
	n, _, err := s.names(c)
	if err != nil {
		return err
	}
	p := templates.NewChanges(s.evidenceFrame(c, "Deployments", n, templates.Key{Press: "j k", Does: "down, up"}), list, n)
	p.Older = older(c, next)
	if p.Views, err = s.views(c); err != nil {
		return err
	}
	return render(c, http.StatusOK, templates.Changes, p)
}

// deploymentPage is one deployment or rollback.
func (s *Server) deploymentPage(c *gin.Context) error { return s.showDeployment(c, nil) }

func (s *Server) showDeployment(c *gin.Context, refusal error) error {
	num, err := id(c.Param("id"))
	if err != nil {
		return err
	}
	d, err := s.Evidence.ChangeByID(c.Request.Context(), who(c), num)
	if err != nil {
		return err
	}
	links, err := s.itemLinks(c, d.Item)
	if err != nil {
		return err
	}
	n, _, err := s.names(c)
	if err != nil {
		return err
	}
	p := templates.NewChange(s.evidenceFrame(c, "", n), d, links[d.ID], n)
	p.Title = p.Heading
	p.MayOpen = people.May(who(c), people.Create, people.Resource{}) && coe.Opens(&d.Item) == nil
	status := http.StatusOK
	if mayKeep(c) {
		f := templates.ReachForm(&d.Item)
		if refusal != nil {
			if f, status, err = refused(c, f, refusal); err != nil {
				return err
			}
		}
		p.Reach = &f
	}
	return render(c, status, templates.ChangeOf, p)
}

// deploymentReach completes how far a change came.
func (s *Server) deploymentReach(c *gin.Context) error {
	num, err := id(c.Param("id"))
	if err != nil {
		return err
	}
	if err := onlyKeepers(c); err != nil {
		return err
	}
	r, err := reach(c)
	if err == nil {
		_, err = s.Evidence.SetReach(c.Request.Context(), who(c), num, version(c), r)
	}
	if err != nil {
		return s.showDeployment(c, err)
	}
	return s.back(c, fmt.Sprintf("/deployments/%d", num), templates.Flash{Text: "How far it came is saved."})
}

// reach reads the form; shares are typed in percent.
func reach(c *gin.Context) (evidence.Reach, error) {
	r := evidence.Reach{Wave: field(c, "wave"), Zone: field(c, "zone"), Cell: field(c, "cell")}
	var err error
	for name, to := range map[string]**float64{"share": &r.Share, "first_wave": &r.FirstWave, "bake_minutes": &r.BakeMinutes} {
		text := strings.TrimSpace(strings.TrimSuffix(strings.ReplaceAll(field(c, name), ",", "."), "%"))
		if text == "" {
			continue
		}
		v, perr := strconv.ParseFloat(text, 64)
		if perr != nil {
			err = fault.Invalidf(name, "This is no number. Write it as 2.5, without a unit.")
			continue
		}
		if name != "bake_minutes" {
			v /= 100
		}
		*to = &v
	}
	if v := field(c, "automatic"); v != "" {
		yes := v == "yes"
		r.Automatic = &yes
	}
	return r, err
}

// alarmsPage lists alarms.
func (s *Server) alarmsPage(c *gin.Context) error {
	list, next, err := s.Evidence.Alarms(c.Request.Context(), who(c), chosen(c, "service"), evidence.Page{Before: c.Query("before")})
	if err != nil {
		return err
	}
	n, _, err := s.names(c)
	if err != nil {
		return err
	}
	p := templates.NewAlarms(s.evidenceFrame(c, "Alarms", n, templates.Key{Press: "j k", Does: "down, up"}), list, n)
	p.Older = older(c, next)
	if p.Views, err = s.views(c); err != nil {
		return err
	}
	return render(c, http.StatusOK, templates.Alarms, p)
}

// alarmPage is one alarm with its firings.
func (s *Server) alarmPage(c *gin.Context) error {
	num, err := id(c.Param("id"))
	if err != nil {
		return err
	}
	a, err := s.Evidence.AlarmByID(c.Request.Context(), who(c), num)
	if err != nil {
		return err
	}
	links, err := s.itemLinks(c, a.Item)
	if err != nil {
		return err
	}
	n, _, err := s.names(c)
	if err != nil {
		return err
	}
	p := templates.NewAlarm(s.evidenceFrame(c, "", n), a, links[a.ID], n)
	p.Title = p.Heading
	return render(c, http.StatusOK, templates.AlarmOf, p)
}

// coveragePage tells what no experiment rehearses.
func (s *Server) coveragePage(c *gin.Context) error {
	ctx := c.Request.Context()
	modes, err := s.COEs.FailureModes(ctx, who(c))
	if err != nil {
		return err
	}
	rows, err := s.Evidence.Experiments(ctx, who(c), 0)
	if err != nil {
		return err
	}
	last := map[int64]*evidence.Item{}
	for _, r := range rows {
		last[r.ID] = r.Last
	}
	quiet, err := s.Evidence.QuietAlarms(ctx, who(c))
	if err != nil {
		return err
	}
	bakes, err := s.Evidence.ShortBakes(ctx, who(c))
	if err != nil {
		return err
	}
	n, _, err := s.names(c)
	if err != nil {
		return err
	}
	p := templates.NewCoverage(s.evidenceFrame(c, "Coverage", n, templates.Key{Press: "j k", Does: "down, up"}), modes, last, quiet, bakes, n)
	p.MayKeep = mayKeep(c)
	if p.Views, err = s.views(c); err != nil {
		return err
	}
	return render(c, http.StatusOK, templates.Coverage, p)
}
