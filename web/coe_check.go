package web

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"coetracker/internal/fault"
	"coetracker/people"
	"coetracker/templates"
)

func (s *Server) checkPage(c *gin.Context) error {
	n, err := number(c)
	if err != nil {
		return err
	}
	return s.showCheck(c, http.StatusOK, n, nil)
}

// showCheck lists all findings; refused marks the one whose waiver was refused.
func (s *Server) showCheck(c *gin.Context, status int, n int64, refused func(i *templates.CheckItem)) error {
	d, err := s.COEs.View(c.Request.Context(), who(c), n)
	if err != nil {
		return err
	}
	may := people.May(who(c), people.Edit, d.Resource())
	if !may && d.Pending {
		return fault.Forbiddenf("The checker reads the working text, which only its writers see since issue %d was published.", d.COE.Issue)
	}
	f := s.nav(c, "Checker of "+d.COE.Name(), "coes")
	f.Zone = d.COE.Zone
	p := templates.NewCheckPage(f, d, s.findings(d), may)
	if refused != nil {
		for i := range p.Findings {
			refused(&p.Findings[i])
		}
	}
	return render(c, status, templates.Check, p)
}

// waive lifts one finding, with a reason.
func (s *Server) waive(c *gin.Context) error {
	n, err := number(c)
	if err != nil {
		return err
	}
	rule, place, reason := field(c, "rule"), field(c, "place"), c.PostForm("reason")
	err = s.COEs.Waive(c.Request.Context(), who(c), n, rule, place, reason)
	if f, ok := fault.Of(err); ok && f.Kind == fault.Invalid {
		return s.showCheck(c, http.StatusUnprocessableEntity, n, func(i *templates.CheckItem) {
			if i.Rule == rule && i.Place == place {
				i.Typed, i.Error = reason, f.Text
			}
		})
	}
	if err != nil {
		return err
	}
	return s.back(c, coePath(n)+"/check", templates.Flash{Text: rule + " is waived here. The reason stays visible."})
}

// unwaive lets a finding count again.
func (s *Server) unwaive(c *gin.Context) error {
	n, err := number(c)
	if err != nil {
		return err
	}
	rule := field(c, "rule")
	if err = s.COEs.Unwaive(c.Request.Context(), who(c), n, rule, field(c, "place")); err != nil {
		return err
	}
	return s.back(c, coePath(n)+"/check", templates.Flash{Text: rule + " counts again."})
}
