// Package web is the browser's face of the program: every route in one list,
// one handler a form or page, one place that turns errors into answers.
package web

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"coetracker/actions"
	"coetracker/coe"
	"coetracker/evidence"
	"coetracker/internal/files"
	"coetracker/people"
	"coetracker/timeline"
	"coetracker/web/static"
)

// Server holds everything the handlers need, by name.
type Server struct {
	People   *people.Store
	COEs     *coe.Store
	Timeline *timeline.Store
	Actions  *actions.Store
	Evidence *evidence.Store
	Inbox    Inbox // digests that Slack did not carry, nil for none
	Files    files.Store
	Static   *static.Assets
	Slack    http.Handler // Slack's callbacks under /slack/, nil when Slack is off
	Log      *slog.Logger
	BaseURL  string       // how people reach this server, without a slash at the end
	Zone     string       // the instance's zone, for people without one
	Wall     people.Clock // sessions and requests
	Calendar people.Clock // due, overdue, created, everything shown
	Ready    func(context.Context) error
	Demo     Demo // nil unless this is the demo

	largeHook sync.Mutex // one large delivery is read at a time
}

// Demo is what the demo adds: its own time, which a button moves on.
type Demo interface {
	Words() string    // the demo's time as a person reads it
	SlackURL() string // address of the stand-in for Slack
	NextMorning(ctx context.Context) error
}

// maxBody is the largest form we take, in bytes.
const maxBody = 4 << 20

// Handler gives the whole server: headers first, then the cross-origin check,
// then sessions, then the routes.
func (s *Server) Handler() http.Handler {
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	r.HandleMethodNotAllowed = true
	r.RedirectTrailingSlash = false
	_ = r.SetTrustedProxies(nil)
	r.Use(s.logged, s.recovered, s.session)
	s.routes(r)
	r.NoRoute(s.noRoute)
	r.NoMethod(s.open(s.noMethod))

	cross := http.NewCrossOriginProtection()
	if s.BaseURL != "" {
		_ = cross.AddTrustedOrigin(s.BaseURL)
	}
	cross.AddInsecureBypassPattern("POST /hooks/{token}") // tools have no session that could be abused
	cross.SetDenyHandler(http.HandlerFunc(denyCrossOrigin))
	return headers(requestIDs(cross.Handler(limited(heads(r)))))
}

// routes is every address of the program. A new one needs its row in the
// table of the access test.
func (s *Server) routes(r *gin.Engine) {
	r.GET("/livez", s.open(s.live))
	r.GET("/readyz", s.open(s.ready))
	r.GET("/static/:file", gin.WrapH(http.StripPrefix("/static/", s.Static.Handler())))
	r.GET("/signin", s.open(s.signInPage))
	r.GET("/signin/:token", s.open(s.signInLink))
	r.POST("/signin", s.open(s.signIn))
	r.POST("/hooks/:token", s.open(s.hookTake))
	r.OPTIONS("/hooks/:token", s.open(s.hookHandshake))
	if s.Slack != nil {
		r.POST("/slack/interactions", gin.WrapH(s.Slack))
		r.POST("/slack/events", gin.WrapH(s.Slack))
	}

	if s.Demo != nil {
		r.POST("/demo/next", s.page(s.demoNext))
	}

	r.GET("/", s.page(s.home))
	r.POST("/signout", s.page(s.signOut))
	r.GET("/coes", s.page(s.coeList))
	r.GET("/coes/new", s.page(s.coeNewPage))
	r.POST("/coes/new", s.page(s.coeNew))
	r.GET("/coes/:n", s.page(s.coePage))
	r.GET("/coes/:n/edit/:part", s.page(s.editPage))
	r.POST("/coes/:n/header", s.page(s.headerSave))
	r.POST("/coes/:n/text/:section", s.page(s.textSave))
	r.POST("/coes/:n/preview", s.page(s.preview))
	r.GET("/coes/:n/edit/metrics/fetch", s.page(s.capturePage))
	r.POST("/coes/:n/metrics/fetch", s.page(s.capture))
	r.POST("/coes/:n/answers", s.page(s.answersSave))
	r.POST("/coes/:n/rows/:row", s.page(s.rowAdd))
	r.POST("/coes/:n/rows/:row/:key", s.page(s.rowSave))
	r.POST("/coes/:n/state", s.page(s.stateSave))
	r.POST("/coes/:n/signoff", s.page(s.signOff))
	r.POST("/coes/:n/effect", s.page(s.effectSave))
	r.GET("/coes/:n/check", s.page(s.checkPage))
	r.POST("/coes/:n/waive", s.page(s.waive))
	r.POST("/coes/:n/unwaive", s.page(s.unwaive))
	r.GET("/coes/:n/history", s.page(s.historyPage))
	r.GET("/coes/:n/history/:rev", s.page(s.revisionPage))
	r.GET("/coes/:n/texts/:section/:version", s.page(s.textPage))
	r.POST("/coes/:n/texts/:section/:version", s.page(s.textRestore))
	r.POST("/coes/:n/revisions", s.page(s.revisionKeep))
	r.POST("/coes/:n/delete", s.page(s.coeDelete))
	r.POST("/coes/:n/restore", s.page(s.coeRestore))
	r.GET("/bin", s.page(s.binPage))

	r.GET("/coes/:n/edit/evidence", s.page(s.evidencePage))
	r.POST("/coes/:n/evidence/:item/accept", s.page(s.evidenceAccept))
	r.POST("/coes/:n/evidence/:item/dismiss", s.page(s.evidenceDismiss))
	r.POST("/coes/:n/evidence/:item/reconsider", s.page(s.evidenceReconsider))
	r.POST("/coes/:n/evidence/:item/role", s.page(s.evidenceRole))
	r.POST("/runs/:id/coe", s.page(s.openFromItem))
	r.POST("/deployments/:id/coe", s.page(s.openFromItem))
	r.GET("/coes/:n/edit/timeline", s.page(s.timelinePage))
	r.POST("/coes/:n/timeline", s.page(s.entryAdd))
	r.POST("/coes/:n/timeline/echo", s.page(s.entryEcho))
	r.POST("/coes/:n/timeline/paste", s.page(s.pastePreview))
	r.POST("/coes/:n/timeline/take", s.page(s.pasteTake))
	r.POST("/coes/:n/timeline/chosen", s.page(s.entriesDo))
	r.POST("/coes/:n/timeline/undo", s.page(s.undo))
	r.POST("/coes/:n/timeline/none", s.page(s.noneSave))
	r.POST("/coes/:n/timeline/:key", s.page(s.entrySave))
	r.POST("/coes/:n/timeline/:key/gap", s.page(s.gapSave))
	r.GET("/coes/:n/edit/actions", s.page(s.actionsPage))
	r.POST("/coes/:n/actions", s.page(s.actionAdd))
	r.POST("/coes/:n/actions/echo", s.page(s.actionEcho))
	for verb, do := range s.deeds() {
		r.POST("/actions/:id/"+verb, s.page(s.actionDo(verb, do)))
	}
	r.POST("/actions/:id/undelete", s.page(s.actionUndelete))
	r.GET("/me/actions", s.page(s.minePage))
	r.GET("/weekly", s.page(s.weeklyPage))
	r.GET("/import", s.page(s.importPage))
	r.POST("/import/preview", s.page(s.importPreview))
	r.POST("/import", s.page(s.importStore))
	r.GET("/coes/:n/export.md", s.page(s.exportFile(".md", "text/markdown; charset=utf-8", coe.Write)))
	r.GET("/coes/:n/export.json", s.page(s.exportFile(".json", "application/json; charset=utf-8", coe.WriteJSON)))
	r.GET("/coes/:n/files/:key", s.page(s.attachmentFile))

	r.GET("/experiments", s.page(s.experimentsPage))
	r.GET("/experiments/new", s.page(s.experimentNewPage))
	r.POST("/experiments/new", s.page(s.experimentNew))
	r.GET("/experiments/:id", s.page(s.experimentPage))
	r.GET("/experiments/:id/edit", s.page(s.experimentEditPage))
	r.POST("/experiments/:id", s.page(s.experimentSave))
	r.POST("/experiments/:id/detach", s.page(s.experimentDetach))
	r.GET("/runs/:id", s.page(s.runPage))
	r.POST("/runs/:id/outcome", s.page(s.runOutcome))
	r.POST("/runs/:id/notes", s.page(s.runNotes))
	r.GET("/deployments", s.page(s.deploymentsPage))
	r.GET("/deployments/:id", s.page(s.deploymentPage))
	r.POST("/deployments/:id/reach", s.page(s.deploymentReach))
	r.GET("/alarms", s.page(s.alarmsPage))
	r.GET("/alarms/:id", s.page(s.alarmPage))
	r.GET("/evidence", s.page(s.inboxPage))
	r.POST("/evidence", s.page(s.inboxDrop))
	r.POST("/evidence/:id/service", s.page(s.inboxAssign))
	r.GET("/coverage", s.page(s.coveragePage))

	r.GET("/me", s.page(s.mePage))
	r.POST("/me", s.page(s.meSave))
	r.POST("/me/signout", s.page(s.meSignOut))
	r.GET("/people", s.page(s.peoplePage))
	r.POST("/people", s.page(s.personAdd))
	r.GET("/people/:id", s.page(s.personPage))
	r.POST("/people/:id", s.page(s.personSave))
	r.POST("/people/:id/link", s.page(s.personDo(s.personLink)))
	r.POST("/people/:id/disable", s.page(s.personDo(s.personDisable)))
	r.POST("/people/:id/enable", s.page(s.personDo(s.personEnable)))
	r.POST("/people/:id/signout", s.page(s.personDo(s.personSignOut)))
	r.GET("/teams", s.page(s.teamsPage))
	r.POST("/teams", s.page(s.teamAdd))
	r.GET("/teams/:id", s.page(s.teamPage))
	r.POST("/teams/:id", s.page(s.teamSave))
	r.GET("/services", s.page(s.servicesPage))
	r.POST("/services", s.page(s.serviceAdd))
	r.GET("/services/:id", s.page(s.servicePage))
	r.POST("/services/:id", s.page(s.serviceSave))
	r.GET("/sources", s.page(s.sourcesPage))
	r.POST("/sources", s.page(s.sourceAdd))
	r.GET("/sources/:id", s.page(s.sourcePage))
	r.POST("/sources/:id", s.page(s.sourceSave))
	r.POST("/sources/:id/rotate", s.page(s.sourceRotate))
	r.POST("/sources/:id/replay", s.page(s.sourceReplay))
	r.POST("/sources/:id/disable", s.page(s.sourceSwitch))
	r.POST("/sources/:id/enable", s.page(s.sourceSwitch))
	r.GET("/sources/:id/deliveries/:d", s.page(s.deliveryPage))
	r.GET("/tokens", s.page(s.tokensPage))
	r.POST("/tokens", s.page(s.tokenAdd))
	r.POST("/tokens/:id/revoke", s.page(s.tokenRevoke))
	r.GET("/setup", s.page(s.setupPage))
	s.api(r)
}

// limited bounds the body of every request.
func limited(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		most := int64(maxBody)
		if isHook(r) { // never answered with 413
			most = hookLimit + 2
		}
		r.Body = http.MaxBytesReader(w, r.Body, most)
		next.ServeHTTP(w, r)
	})
}

// heads answers HEAD as GET without the body.
func heads(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodHead {
			next.ServeHTTP(w, r)
			return
		}
		g := r.Clone(r.Context())
		g.Method = http.MethodGet
		next.ServeHTTP(bodyless{w}, g)
	})
}

type bodyless struct{ http.ResponseWriter }

func (bodyless) Write(b []byte) (int, error) { return len(b), nil }

func (s *Server) secure() bool { return strings.HasPrefix(s.BaseURL, "https://") }

func (s *Server) live(c *gin.Context) error {
	c.String(http.StatusOK, "live\n")
	return nil
}

// ready asks the own database only: a Slack that is down must not take us out
// of service.
func (s *Server) ready(c *gin.Context) error {
	ctx, cancel := context.WithTimeout(c.Request.Context(), 2*time.Second)
	defer cancel()
	if err := s.Ready(ctx); err != nil {
		s.Log.Warn("not ready", "err", err)
		c.String(http.StatusServiceUnavailable, "not ready\n")
		return nil
	}
	c.String(http.StatusOK, "ready\n")
	return nil
}

func (s *Server) home(c *gin.Context) error {
	c.Redirect(http.StatusSeeOther, "/coes")
	return nil
}
