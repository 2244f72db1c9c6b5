package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"github.com/gin-gonic/gin"

	"coetracker/actions"
	"coetracker/people"
	"coetracker/templates"
)

// Inbox holds the digests of people whom Slack does not reach.
type Inbox interface {
	// Inbox gives somebody's latest digest: its day and its lines, none when
	// there is none.
	Inbox(ctx context.Context, personID int64) (people.Day, []string, error)
}

// minePage is what the person owes, and what waits for them.
func (s *Server) minePage(c *gin.Context) error {
	return s.showMine(c, http.StatusOK, c.Query("after"), nil, templates.VerbRefusal{})
}

// showMine shows the page; refused is the action whose form is shown again.
func (s *Server) showMine(c *gin.Context, status int, cursor string, refused *actions.Item, r templates.VerbRefusal) error {
	ctx, p := c.Request.Context(), who(c)
	m, err := s.Actions.Mine(ctx, p, cursor)
	if err != nil {
		return err
	}
	f := s.nav(c, "My actions", "actions", templates.Key{Press: "j k", Does: "down, up"})
	m.ToVerify = slices.DeleteFunc(m.ToVerify, func(it actions.Item) bool { return it.Hidden }) // only an owner sees an action of a COE that is closed to them
	page := templates.NewMine(f, m, p)
	page.Later = cursor != ""
	if m.Next != "" {
		page.Next = "/me/actions?after=" + url.QueryEscape(m.Next)
	}
	if s.Inbox != nil && cursor == "" {
		day, lines, err := s.Inbox.Inbox(ctx, p.ID)
		if err != nil {
			return err
		}
		page.Notices, page.Noticed = lines, actions.ShowDay(day, m.Today)
	}
	if refused != nil {
		page.Refuse(*refused, m.Today, r)
	}
	return render(c, status, templates.Mine, page)
}
