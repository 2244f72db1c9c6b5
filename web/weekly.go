package web

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"coetracker/people"
	"coetracker/templates"
)

// weeklyPage is the agenda of the weekly review.
func (s *Server) weeklyPage(c *gin.Context) error {
	now := s.Calendar()
	w, err := s.COEs.Weekly(c.Request.Context(), who(c), now)
	if err != nil {
		return err
	}
	zone, err := people.LoadZone(s.Zone)
	if err != nil {
		zone = time.UTC
	}
	f := s.nav(c, "Weekly review", "weekly", templates.Key{Press: "j k", Does: "down, up"})
	return render(c, http.StatusOK, templates.Weekly, templates.NewWeekly(f, w, now, zone))
}
