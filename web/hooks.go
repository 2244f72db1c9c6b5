package web

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"coetracker/evidence"
	"coetracker/internal/fault"
)

// Bounds of a delivery. What is larger than hookPlain is read by one request at a
// time, what is larger than hookLimit not to its end.
const (
	hookPlain = 2 << 20
	hookLimit = 25 << 20
)

// hookAnswer is what a sender is told. Senders look at the status; the rest is for
// who reads their logs.
type hookAnswer struct {
	Status   string `json:"status"` // accepted, duplicate, refused, unknown, busy
	Delivery int64  `json:"delivery,omitempty"`
}

// hookTake takes a delivery of a tool. Its answers are 202, 401 for a wrong
// credential, 404 for an unknown address, and 503 when it could not be stored:
// other ones make senders switch themselves off.
func (s *Server) hookTake(c *gin.Context) error {
	ctx, token := c.Request.Context(), c.Param("token")
	c.Header("Cache-Control", "no-store")
	src, err := s.Evidence.SourceOf(ctx, token) // before a byte of the body is kept
	if err != nil {
		return s.hookRefused(c, err)
	}
	body, large, err := s.hookBody(c.Request)
	if err != nil {
		return s.hookRefused(c, fault.Unavailablef(err, "The body broke off."))
	}
	r, err := s.Evidence.ReceiveFor(ctx, src, evidence.Header(c.Request.Header), body, max(c.Request.ContentLength, int64(len(body))), large)
	if err != nil {
		return s.hookRefused(c, err)
	}
	answer := hookAnswer{Status: "accepted", Delivery: r.DeliveryID}
	if r.Repeat {
		answer.Status = "duplicate"
	}
	c.JSON(http.StatusAccepted, answer)
	return nil
}

// hookRefused answers what was not taken.
func (s *Server) hookRefused(c *gin.Context, err error) error {
	switch {
	case errors.Is(err, evidence.ErrCredential):
		c.JSON(http.StatusUnauthorized, hookAnswer{Status: "refused"})
	case fault.Is(err, fault.NotFound):
		c.JSON(http.StatusNotFound, hookAnswer{Status: "unknown"})
	default:
		if !errors.Is(err, context.Canceled) {
			s.Log.Error("a delivery was not stored", "req", requestID(c), "err", err)
		}
		c.Header("Retry-After", "5")
		c.JSON(http.StatusServiceUnavailable, hookAnswer{Status: "busy"})
	}
	return nil
}

// hookBody reads the body; large says that it is its beginning only.
func (s *Server) hookBody(r *http.Request) (body []byte, large bool, err error) {
	if r.ContentLength > hookPlain {
		s.largeHook.Lock()
		defer s.largeHook.Unlock()
		return readHook(r.Body, nil)
	}
	head, err := io.ReadAll(io.LimitReader(r.Body, hookPlain+1))
	if err != nil || len(head) <= hookPlain {
		return head, false, err
	}
	s.largeHook.Lock()
	defer s.largeHook.Unlock()
	return readHook(r.Body, head)
}

func readHook(from io.Reader, head []byte) (body []byte, large bool, err error) {
	rest, err := io.ReadAll(io.LimitReader(from, int64(hookLimit+1-len(head))))
	body = append(head, rest...)
	return body, len(body) > hookLimit, err
}

// hookHandshake answers CloudEvents senders that ask first whether they may send.
func (s *Server) hookHandshake(c *gin.Context) error {
	if _, err := s.Evidence.SourceOf(c.Request.Context(), c.Param("token")); err != nil {
		return s.hookRefused(c, err)
	}
	c.Header("Allow", "OPTIONS, POST")
	if origin := c.GetHeader("WebHook-Request-Origin"); origin != "" {
		c.Header("WebHook-Allowed-Origin", origin)
		c.Header("WebHook-Allowed-Rate", "*")
	}
	c.Status(http.StatusOK)
	return nil
}

// isHook reports whether a request is a delivery.
func isHook(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/hooks/") }
