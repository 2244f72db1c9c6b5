package web

import (
	"context"

	"github.com/gin-gonic/gin"

	"coetracker/templates"
)

// demoNext moves the demo's clock to the next working morning and sends what
// is due then. The morning is played to its end also for somebody who does not
// wait for the answer: a clock cannot be moved back.
func (s *Server) demoNext(c *gin.Context) error {
	if err := s.Demo.NextMorning(context.WithoutCancel(c.Request.Context())); err != nil {
		return err
	}
	path := ownReferer(c.Request)
	if path == "" {
		path = "/me/actions"
	}
	return s.back(c, path, templates.Flash{Text: "It is " + s.Demo.Words() + " now, and reminders went out."})
}
