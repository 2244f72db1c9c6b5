package web

import (
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"coetracker/coe"
	"coetracker/templates"
)

// whyAdd adds a why, and opens the place of the next one when the button says
// so. Nothing typed, and one more asked for, ends the typing.
func (s *Server) whyAdd(c *gin.Context, n int64) error {
	do := c.PostForm("do")
	if field(c, "text") == "" && do == "sibling" {
		return toEdit(c, n, "whys", "", nil)
	}
	at := coe.WhyPlace{Root: coe.WhyRoot(field(c, "root")), Parent: field(c, "parent"), After: field(c, "after")}
	w, err := s.COEs.AddWhy(c.Request.Context(), who(c), n, at, whyEdit(c))
	if err != nil {
		return s.refuseEdit(c, n, "whys", "add", err)
	}
	return nextWhy(c, n, w, at.Parent, do)
}

// nextWhy goes on after a why was saved: one beside it, one below it, or back to it.
// The address has no fragment: it would keep the new field from taking the focus.
func nextWhy(c *gin.Context, n int64, w coe.Why, parent, do string) error {
	switch do {
	case "child":
		return toEdit(c, n, "whys", "", spotQuery(templates.WhySpot{Root: string(w.Root), Parent: w.Key}))
	case "sibling":
		return toEdit(c, n, "whys", "", spotQuery(templates.WhySpot{Root: string(w.Root), Parent: parent, After: w.Key}))
	case "action":
		c.Redirect(http.StatusSeeOther, coePath(n)+"/edit/actions?"+url.Values{"why": {w.Key}}.Encode())
		return nil
	}
	return toEdit(c, n, "whys", "r-"+w.Key, nil)
}

// whySave saves a why and then does what the button says.
func (s *Server) whySave(c *gin.Context, n int64, key, do string) error {
	ctx, p := c.Request.Context(), who(c)
	w, err := s.COEs.EditWhy(ctx, p, n, key, version(c), whyEdit(c))
	if err == nil {
		err = s.whyDo(c, n, key, do)
	}
	if err != nil {
		return s.refuseEdit(c, n, "whys", key, err)
	}
	parent := ""
	if do == "sibling" {
		if parent, err = s.parentOf(c, n, w); err != nil {
			return err
		}
	}
	return nextWhy(c, n, w, parent, do)
}

func (s *Server) whyDo(c *gin.Context, n int64, key, do string) error {
	ctx, p := c.Request.Context(), who(c)
	var err error
	switch do {
	case "up", "down", "in", "out":
		_, err = s.COEs.MoveWhy(ctx, p, n, key, coe.MoveWay(do))
	case "link":
		if field(c, "link") != "" {
			err = s.COEs.LinkWhy(ctx, p, n, key, field(c, "link"))
		}
	case "unlink":
		err = s.COEs.UnlinkWhy(ctx, p, n, key, field(c, "unlink"))
	}
	return err
}

// parentOf gives the key of the why above.
func (s *Server) parentOf(c *gin.Context, n int64, w coe.Why) (string, error) {
	if w.ParentID == nil {
		return "", nil
	}
	d, err := s.COEs.Load(c.Request.Context(), who(c), n)
	if err != nil {
		return "", err
	}
	for _, x := range d.Whys {
		if x.ID == *w.ParentID {
			return x.Key, nil
		}
	}
	return "", nil
}
