package web

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"

	"coetracker/coe"
	"coetracker/internal/fault"
	"coetracker/people"
)

// apiPath is where machines ask.
const apiPath = "/api/v1"

// api adds the addresses for machines. They take a token and no session, only
// answer GET, and tell of failures as application/problem+json.
func (s *Server) api(r *gin.Engine) {
	group := r.Group(apiPath, s.bearer(people.ScopeGate))
	config := huma.DefaultConfig("Corrections of Errors", "1")
	config.DocsPath, config.SchemasPath, config.OpenAPIPath = "", "", "" // its pages load scripts from elsewhere
	config.CreateHooks = nil                                             // no links to schemas that are not served
	config.Servers = []*huma.Server{{URL: s.BaseURL + apiPath}}
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer", Description: "Made under /tokens or with: coe token create --scope gate"}}
	api := humagin.NewWithGroup(r, group, config)
	huma.Register(api, huma.Operation{
		OperationID: "gate", Method: http.MethodGet, Path: "/gate", Summary: "May this service be deployed?",
		Description: "Not while a P0 action of one of its COEs is overdue. Of restricted COEs it says only that there is such an action.",
		Security:    []map[string][]string{{"token": {}}}, Errors: []int{http.StatusUnauthorized, http.StatusNotFound, http.StatusServiceUnavailable},
	}, s.apiGate)
	group.GET("/openapi.json", func(c *gin.Context) { c.JSON(http.StatusOK, api.OpenAPI()) })
}

// bearer lets in who brings a token that is good for a scope.
func (s *Server) bearer(scope string) gin.HandlerFunc {
	return func(c *gin.Context) {
		kind, token, _ := strings.Cut(c.GetHeader("Authorization"), " ")
		if !strings.EqualFold(kind, "bearer") || strings.TrimSpace(token) == "" {
			refuseToken(c, "Send a token: Authorization: Bearer coe_…")
			return
		}
		_, err := s.People.UseToken(c.Request.Context(), strings.TrimSpace(token), scope)
		switch f, ok := fault.Of(err); {
		case ok && f.Kind == fault.NotFound:
			refuseToken(c, f.Text)
		case err != nil:
			writeProblem(c, s.problem(c.Request.Context(), err))
		default:
			c.Header("Cache-Control", "no-store")
		}
	}
}

func refuseToken(c *gin.Context, text string) {
	c.Header("WWW-Authenticate", `Bearer realm="coe"`)
	writeProblem(c, huma.Error401Unauthorized(text))
}

// noRoute answers what is no address: a machine gets no page.
func (s *Server) noRoute(c *gin.Context) {
	if strings.HasPrefix(c.Request.URL.Path, apiPath+"/") {
		writeProblem(c, huma.Error404NotFound("There is no such address. See "+apiPath+"/openapi.json."))
		return
	}
	s.page(s.noPage)(c)
}

// writeProblem answers outside of huma in the same form.
func writeProblem(c *gin.Context, p huma.StatusError) {
	c.Header("Content-Type", "application/problem+json")
	c.Header("Cache-Control", "no-store")
	c.AbortWithStatusJSON(p.GetStatus(), p)
}

// problem is the one place that turns an error into an answer for a machine.
func (s *Server) problem(ctx context.Context, err error) huma.StatusError {
	if f, ok := fault.Of(err); ok {
		switch f.Kind {
		case fault.NotFound:
			return huma.Error404NotFound(f.Text)
		case fault.Invalid:
			return huma.Error422UnprocessableEntity(f.Text)
		case fault.Conflict:
			return huma.Error409Conflict(f.Text)
		case fault.Forbidden:
			return huma.Error403Forbidden(f.Text)
		case fault.Unavailable:
			s.Log.Error("unavailable", "req", ctx.Value(idKey{}), "err", err)
			return huma.Error503ServiceUnavailable(f.Text)
		}
	}
	s.Log.Error("request failed", "req", ctx.Value(idKey{}), "err", err)
	return huma.Error500InternalServerError("Something went wrong here. The log has it under the request's id.")
}

// gateQuery is what is asked.
type gateQuery struct {
	Service string `query:"service" required:"true" minLength:"1" maxLength:"200" doc:"The service's name, or another name of it"`
}

// gateAnswer carries the answer; its fields are those of coe.DeployGate.
type gateAnswer struct{ Body coe.DeployGate }

func (s *Server) apiGate(ctx context.Context, q *gateQuery) (*gateAnswer, error) {
	g, err := s.COEs.Gate(ctx, q.Service)
	if err != nil {
		return nil, s.problem(ctx, err)
	}
	return &gateAnswer{Body: g}, nil
}
