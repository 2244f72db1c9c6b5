package slackfake

import "net/http"

type page struct{}

func newPage() *page { return &page{} }

func (s *Server) pageRoutes(mux *http.ServeMux) {}
