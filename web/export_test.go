package web

import "github.com/gin-gonic/gin"

// Routes gives every address the server answers, for the access test.
func (s *Server) Routes() gin.RoutesInfo {
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	s.routes(r)
	return r.Routes()
}
