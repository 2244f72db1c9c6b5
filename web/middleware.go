package web

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/gin-gonic/gin"

	"coetracker/internal/fault"
	"coetracker/people"
	"coetracker/templates"
)

// policy is the Content-Security-Policy of every answer.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"

// headers sets what every answer carries, errors and redirects included.
func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

type idKey struct{}

// requestIDs gives every request a number an admin can find in the log.
func requestIDs(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var b [6]byte
		_, _ = rand.Read(b[:])
		id := hex.EncodeToString(b[:2]) + "-" + hex.EncodeToString(b[2:])
		w.Header().Set("X-Request-Id", id)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), idKey{}, id)))
	})
}

func requestID(c *gin.Context) string {
	id, _ := c.Request.Context().Value(idKey{}).(string)
	return id
}

func denyCrossOrigin(w http.ResponseWriter, _ *http.Request) {
	http.Error(w, "This request came from another site and was refused.", http.StatusForbidden)
}

// logged writes one line a request.
func (s *Server) logged(c *gin.Context) {
	start := s.Wall()
	c.Next()
	s.Log.Info("request", "req", requestID(c), "method", c.Request.Method, "route", c.FullPath(),
		"status", c.Writer.Status(), "ms", s.Wall().Sub(start).Milliseconds())
}

// recovered turns a panic into a 500 that is logged with its stack.
func (s *Server) recovered(c *gin.Context) {
	defer func() {
		if p := recover(); p != nil {
			if p == http.ErrAbortHandler {
				panic(p)
			}
			s.broken(c, fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
			c.Abort()
		}
	}()
	c.Next()
}

const whoKey = "who"

// session finds the person behind the cookie; without one the request goes on
// as nobody's.
func (s *Server) session(c *gin.Context) {
	token := cookie(c, sessionCookie, s.secure())
	if token == "" || strings.HasPrefix(c.Request.URL.Path, "/static/") || strings.HasPrefix(c.Request.URL.Path, apiPath+"/") {
		c.Next()
		return
	}
	p, err := s.People.Session(c.Request.Context(), token)
	if err != nil && !fault.Is(err, fault.NotFound) {
		s.fail(c, err)
		c.Abort()
		return
	}
	if err == nil {
		c.Set(whoKey, p)
	}
	c.Next()
}

// who is the signed-in person, nil for nobody.
func who(c *gin.Context) *people.Principal {
	p, _ := c.Get(whoKey)
	pr, _ := p.(*people.Principal)
	return pr
}

const (
	sessionCookie = "session"
	flashCookie   = "flash"
)

// cookieName adds the __Host- prefix exactly when the server is reached by https.
func cookieName(name string, secure bool) string {
	if secure {
		return "__Host-" + name
	}
	return name
}

func cookie(c *gin.Context, name string, secure bool) string {
	k, err := c.Request.Cookie(cookieName(name, secure))
	if err != nil {
		return ""
	}
	return k.Value
}

func setCookie(c *gin.Context, name, value string, maxAge int, secure bool) {
	http.SetCookie(c.Writer, &http.Cookie{
		Name: cookieName(name, secure), Value: value, Path: "/", MaxAge: maxAge,
		HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode,
	})
}

// setFlash keeps a message for the next page.
func setFlash(c *gin.Context, f templates.Flash, secure bool) {
	parts := []string{f.Kind, f.Text, f.Href, f.Link}
	setCookie(c, flashCookie, base64.RawURLEncoding.EncodeToString([]byte(strings.Join(parts, "\x00"))), 60, secure)
}

// takeFlash reads the message once. A forged one can only show text to the
// person who forged it; links other than own paths are dropped.
func takeFlash(c *gin.Context, secure bool) (templates.Flash, bool) {
	raw := cookie(c, flashCookie, secure)
	if raw == "" {
		return templates.Flash{}, false
	}
	setCookie(c, flashCookie, "", -1, secure)
	b, err := base64.RawURLEncoding.DecodeString(raw)
	parts := strings.Split(string(b), "\x00")
	if err != nil || len(parts) != 4 {
		return templates.Flash{}, false
	}
	f := templates.Flash{Kind: parts[0], Text: parts[1], Href: parts[2], Link: parts[3]}
	if !strings.HasPrefix(f.Href, "/") || strings.HasPrefix(f.Href, "//") || strings.Contains(f.Href, "\\") {
		f.Href, f.Link = "", ""
	}
	return f, true
}
