package web

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"coetracker/people"
	"coetracker/templates"
)

// coeDelete puts a document in the bin.
func (s *Server) coeDelete(c *gin.Context) error {
	n, err := number(c)
	if err != nil {
		return err
	}
	reason := c.PostForm("reason")
	if err = s.COEs.Delete(c.Request.Context(), who(c), n, reason); err != nil {
		return s.refuseCOE(c, n, err, func(p *templates.COEPage, sentence string, _ []string) {
			if p.Bin != nil {
				p.Bin.Reason, p.Bin.Error = reason, sentence
			}
		})
	}
	return s.back(c, "/coes", templates.Flash{Text: "It lies in the bin for 30 days.", Href: "/bin", Link: "Open the bin"})
}

// binPage lists what the person may restore.
func (s *Server) binPage(c *gin.Context) error {
	list, err := s.COEs.Bin(c.Request.Context(), who(c))
	if err != nil {
		return err
	}
	var ids []int64
	for _, d := range list {
		if d.DeletedBy != nil {
			ids = append(ids, *d.DeletedBy)
		}
	}
	persons, err := s.People.ByIDs(c.Request.Context(), ids)
	if err != nil {
		return err
	}
	p := templates.BinPage{Frame: s.nav(c, "Bin", "coes")}
	for _, d := range list {
		r := templates.BinRow{Number: d.Number, Name: d.Name(), Title: d.Title, Reason: d.DeleteReason}
		if d.DeletedAt != nil {
			day := people.DayOf(*d.DeletedAt, d.Location())
			r.Deleted, r.Until = day.Time().Format("Mon 2 Jan"), day.Add(30).Time().Format("Mon 2 Jan")
		}
		if d.DeletedBy != nil {
			r.By = templates.PersonName(persons[*d.DeletedBy])
		}
		p.Rows = append(p.Rows, r)
	}
	return render(c, http.StatusOK, templates.Bin, p)
}

// coeRestore takes a document out of the bin.
func (s *Server) coeRestore(c *gin.Context) error {
	n, err := number(c)
	if err != nil {
		return err
	}
	if err = s.COEs.Restore(c.Request.Context(), who(c), n); err != nil {
		return err
	}
	return s.back(c, coePath(n), templates.Flash{Text: "It is back as it was."})
}
