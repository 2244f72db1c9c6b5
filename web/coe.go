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
)

// number reads {n} of the address.
func number(c *gin.Context) (int64, error) {
	n, err := strconv.ParseInt(c.Param("n"), 10, 64)
	if err != nil || n < 1 {
		return 0, fault.NotFoundf(notThere)
	}
	return n, nil
}

// coePage is the read page; admins who open a restricted COE are recorded.
func (s *Server) coePage(c *gin.Context) error {
	n, err := number(c)
	if err != nil {
		return err
	}
	return s.showCOE(c, http.StatusOK, n, nil)
}

// showCOE shows the read page; mark puts a refusal beside its form.
func (s *Server) showCOE(c *gin.Context, status int, n int64, mark func(p *templates.COEPage)) error {
	d, err := s.COEs.View(c.Request.Context(), who(c), n)
	if err != nil {
		return err
	}
	if !working(c, d) {
		if d, err = s.COEs.Issued(c.Request.Context(), who(c), d); err != nil {
			return err
		}
	}
	f := s.nav(c, d.COE.Name()+" "+d.COE.Title, "coes", templates.Key{Press: "e", Does: "edit"}, templates.Key{Press: "g 3", Does: "section 3"})
	f.Zone = templates.ZoneWords(d)
	findings := s.findings(d)
	p := templates.NewCOEPage(f, s.view(c, d), findings)
	p.Steps, p.Sign = s.steps(c, d, findings)
	p.Ask, p.Bin = s.effectForm(c, d), binForm(c, d)
	if err := s.showEvidence(c, &p, d); err != nil {
		return err
	}
	if mark != nil {
		mark(&p)
	}
	return render(c, status, templates.COE, p)
}

// view is what templates need to show a document to the person who asks.
func (s *Server) view(c *gin.Context, d *coe.Document) templates.View {
	return templates.View{Document: d, Who: who(c), Now: s.Calendar(), Zone: s.Zone, Targets: targets(d)}
}

func (s *Server) findings(d *coe.Document) []coe.Finding { return s.COEs.Findings(d, s.Calendar()) }

// targets takes the strictest time expected of the affected services.
func targets(d *coe.Document) templates.Targets {
	var t templates.Targets
	for _, sv := range d.Services {
		t.Detect = stricter(t.Detect, sv, "ttd")
		t.Engage = stricter(t.Engage, sv, "tte")
		t.Mitigate = stricter(t.Mitigate, sv, "ttm")
	}
	return t
}

func stricter(now *time.Duration, sv people.Service, name string) *time.Duration {
	m, ok := sv.Target(name)
	if v := time.Duration(m) * time.Minute; ok && (now == nil || v < *now) {
		return &v
	}
	return now
}
