package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"coetracker/internal/fault"
	"coetracker/people"
	"coetracker/templates"
)

// handler is how every page and form is written: parse, call one verb, render,
// and return what went wrong.
type handler func(c *gin.Context) error

// page adapts a handler that needs a signed-in person.
func (s *Server) page(h handler) gin.HandlerFunc {
	return func(c *gin.Context) {
		if who(c) == nil {
			s.unsigned(c)
			return
		}
		var tooLarge *http.MaxBytesError
		if err := c.Request.ParseForm(); errors.As(err, &tooLarge) { // else its fields would just be missing
			s.broken(c, err)
			return
		}
		if err := h(c); err != nil {
			s.fail(c, err)
		}
	}
}

// open adapts a handler that anyone may call.
func (s *Server) open(h handler) gin.HandlerFunc {
	return func(c *gin.Context) {
		if err := h(c); err != nil {
			s.fail(c, err)
		}
	}
}

// unsigned answers somebody without a session: a page leads to the sign-in,
// everything else is refused.
func (s *Server) unsigned(c *gin.Context) {
	if c.Request.Method == http.MethodGet {
		c.Redirect(http.StatusSeeOther, "/signin")
		return
	}
	s.failure(c, http.StatusUnauthorized, templates.FailurePage{
		Heading: "You are not signed in",
		Text:    "Your session has ended. What you typed is kept in this browser; sign in and send it again.",
		Href:    "/signin", Link: "Sign in",
	})
}

const notThere = "It does not exist, or you may not see it."

// fail is the one place that turns an error into an answer.
func (s *Server) fail(c *gin.Context, err error) {
	f, ok := fault.Of(err)
	if !ok {
		s.broken(c, err)
		return
	}
	p := templates.FailurePage{Text: f.Text}
	status := http.StatusInternalServerError
	switch f.Kind {
	case fault.NotFound:
		status, p.Heading, p.Text, p.Href, p.Link = http.StatusNotFound, "There is no such page", notThere, "/coes", "All COEs"
	case fault.Invalid:
		status, p.Heading = http.StatusUnprocessableEntity, "That could not be taken"
	case fault.Conflict:
		status, p.Heading = http.StatusConflict, "Somebody else was faster"
	case fault.Forbidden:
		status, p.Heading = http.StatusForbidden, "You may not do this"
	case fault.Unavailable:
		status, p.Heading, p.Request = http.StatusServiceUnavailable, "We could not answer", requestID(c)
		c.Header("Retry-After", "5")
		s.Log.Error("unavailable", "req", requestID(c), "path", c.FullPath(), "err", err)
	}
	if p.Href == "" {
		if back := ownReferer(c.Request); back != "" {
			p.Href, p.Link = back, "Back"
		}
	}
	s.failure(c, status, p)
}

// broken answers an internal error: logged once with the request id, its text
// never shown.
func (s *Server) broken(c *gin.Context, err error) {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		s.failure(c, http.StatusRequestEntityTooLarge, templates.FailurePage{Heading: "Too much at once", Text: "One form may carry up to 4 MB. Send less, or in pieces."})
		return
	}
	if errors.Is(err, context.Canceled) && c.Request.Context().Err() != nil {
		c.AbortWithStatus(499)
		return
	}
	s.Log.Error("request failed", "req", requestID(c), "method", c.Request.Method, "route", c.FullPath(), "err", err)
	s.failure(c, http.StatusInternalServerError, templates.FailurePage{
		Heading: "We could not answer", Text: "Something went wrong here, not with what you typed. Go back, your text is still there, and try again.",
		Request: requestID(c), Href: "/coes", Link: "All COEs",
	})
}

func (s *Server) failure(c *gin.Context, status int, p templates.FailurePage) {
	p.Frame = s.frame(c, p.Heading)
	render(c, status, templates.Failure, p)
}

// render writes a page; a template that fails is an internal error.
func render[T any](c *gin.Context, status int, p *templates.Page[T], v T) error {
	c.Header("Content-Type", "text/html; charset=utf-8")
	c.Header("Cache-Control", "no-store")
	var b strings.Builder
	if err := p.Render(&b, v); err != nil {
		return err
	}
	c.Status(status)
	_, err := c.Writer.WriteString(b.String())
	return err
}

// ownReferer gives the path of the page the person came from, if it is ours.
func ownReferer(r *http.Request) string {
	u, err := url.Parse(r.Referer())
	if err != nil || u.Host != r.Host || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "//") {
		return ""
	}
	return u.RequestURI()
}

// back answers a form: 303 to a page of ours, with a flash.
func (s *Server) back(c *gin.Context, path string, f templates.Flash) error {
	setFlash(c, f, s.secure())
	c.Redirect(http.StatusSeeOther, path)
	return nil
}

// frame builds what every page shows around its content.
func (s *Server) frame(c *gin.Context, title string) templates.Frame {
	f := templates.Frame{
		Title: title, Path: c.Request.URL.Path,
		CSS: s.Static.URL("style.css"), JS: s.Static.URL("app.js"), Icon: s.Static.URL("favicon.svg"),
	}
	if p := who(c); p != nil {
		f.SignedIn = true
		f.Me = templates.Me{ID: p.ID, Name: p.Name}
		f.MayCreate = people.May(p, people.Create, people.Resource{})
		f.Admin = people.May(p, people.AdminPages, people.Resource{})
	}
	if s.Demo != nil {
		f.Demo = &templates.DemoBar{Now: s.Demo.Words(), Slack: s.Demo.SlackURL()}
	}
	if fl, ok := takeFlash(c, s.secure()); ok {
		f.Flashes = append(f.Flashes, fl)
	}
	return f
}

// nav is frame with the current item of the main navigation.
func (s *Server) nav(c *gin.Context, title, item string, keys ...templates.Key) templates.Frame {
	f := s.frame(c, title)
	f.Nav = item
	f.Keys = append(keys, templates.Key{Press: "/", Does: "find"}, templates.Key{Press: "?", Does: "all keys"})
	return f
}
