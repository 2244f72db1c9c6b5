package slackfake

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// Options say whose Slack this is. Now is required: it is the wall clock of
// message ids, signatures, trigger ids and pacing. The rest may be left zero.
type Options struct {
	Token         string           // the bot token; empty takes any token
	SigningSecret string           // signs what is sent to the program
	AppURL        string           // where the program listens, without a path
	Scopes        []string         // of the token; empty means what the program's manifest asks for
	Now           func() time.Time // wall clock
	Log           *slog.Logger     // nil logs nothing
	Client        *http.Client     // calls the program; nil takes a plain one
	Pace          bool             // answer 429 beyond Slack's limits
}

// Who we are: one workspace, one app, its bot.
const (
	teamID     = "T0COESTAND"
	teamName   = "Stand-in"
	teamDomain = "stand-in"
	appID      = "A0COESTAND"
	botID      = "B0COESTAND"
	botUserID  = "U0COEBOT"
	botName    = "coe"
)

// Limits of time, as Slack sets them.
const (
	callbackDeadline = 3 * time.Second
	triggerLife      = 3 * time.Second
	responseURLLife  = 30 * time.Minute
	responseURLUses  = 5
	bodyLimit        = 1 << 20
	logKept          = 200
)

// Server is the stand-in. It is safe for use by many at once.
type Server struct {
	token, secret string
	scopes        []string
	now           func() time.Time
	sleep         func(time.Duration) // waits of the slow fault
	deadline      time.Duration       // for the program to answer
	log           *slog.Logger
	client        *http.Client
	methods       map[string]method
	page          *page

	mu            sync.Mutex
	appURL        string
	people        []*Person
	channels      []channel
	opened        map[string]string // conversation id of a direct message → person
	messages      []*message        // in order of ts
	ephemeral     []*message
	lastMicro     int64
	serial        int64
	triggers      map[string]*trigger
	responseURLs  map[string]*responseURL
	views         map[string]*view
	stacks        map[string][]*view // per person, the top last
	pace          *pacer             // nil: never 429 by itself
	faults        []*fault
	problems      []Problem
	entries       []entry // recent calls, oldest first
	viewsModified int     // counts openings and updates, to tell what a press caused
}

// Problem is one ill-formed call, or a callback that was not answered well.
type Problem struct {
	At     time.Time `json:"at"`
	Method string    `json:"method"` // an API method, or the callback's type
	Error  string    `json:"error"`  // what was answered, or "" when the call was let through
	Text   string    `json:"text"`
}

// entry is a line of the delivery log.
type entry struct {
	At     time.Time
	What   string // method or callback, and whom it concerned
	Result string
	Bad    bool
}

// defaultScopes are what the manifest of the program asks for.
func defaultScopes() []string {
	return []string{"chat:write", "commands", "im:history", "im:write", "users:read", "users:read.email"}
}

// New makes a stand-in without people or messages.
func New(o Options) *Server {
	s := &Server{
		token: o.Token, secret: o.SigningSecret, scopes: o.Scopes, appURL: o.AppURL,
		now: o.Now, sleep: time.Sleep, deadline: callbackDeadline, log: o.Log,
		page:   newPage(),
		opened: map[string]string{}, triggers: map[string]*trigger{}, responseURLs: map[string]*responseURL{},
		views: map[string]*view{}, stacks: map[string][]*view{},
	}
	if len(s.scopes) == 0 {
		s.scopes = defaultScopes()
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if o.Pace {
		s.pace = newPacer()
	}
	s.client = withoutRedirects(o.Client)
	s.methods = methodTable()
	return s
}

// withoutRedirects gives a client that, like Slack's callbacks, follows nothing.
func withoutRedirects(c *http.Client) *http.Client {
	if c == nil {
		c = &http.Client{}
	}
	own := *c
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &own
}

// SetAppURL says where the program listens, for when that is known only later.
func (s *Server) SetAppURL(u string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.appURL = u
}

// Handler serves the API, the controls under /_fake/ and the page.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/api/{method}", s.serveAPI)
	mux.HandleFunc("POST /actions/{team}/{id}/{key}", s.serveResponseURL)
	mux.HandleFunc("GET /_fake/users", s.listUsers)
	mux.HandleFunc("POST /_fake/users", s.putUsers)
	mux.HandleFunc("GET /_fake/channels", s.listChannels)
	mux.HandleFunc("POST /_fake/channels", s.putChannels)
	mux.HandleFunc("GET /_fake/messages", s.listMessages)
	mux.HandleFunc("GET /_fake/ephemeral", s.listEphemeral)
	mux.HandleFunc("POST /_fake/press", s.controlPress)
	mux.HandleFunc("POST /_fake/submit", s.controlSubmit)
	mux.HandleFunc("GET /_fake/faults", s.listFaults)
	mux.HandleFunc("POST /_fake/faults", s.addFaults)
	mux.HandleFunc("DELETE /_fake/faults", s.clearFaults)
	mux.HandleFunc("GET /_fake/problems", s.listProblems)
	s.pageRoutes(mux)
	return http.NewCrossOriginProtection().Handler(mux)
}

// problem keeps an ill-formed call. The caller holds the lock.
func (s *Server) problem(method, code, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	s.problems = append(s.problems, Problem{At: s.now().UTC(), Method: method, Error: code, Text: text})
	s.log.Warn("ill-formed call", "method", method, "error", code, "text", text)
}

// note adds a line to the delivery log. The caller holds the lock.
func (s *Server) note(what, result string, bad bool) {
	s.entries = append(s.entries, entry{At: s.now(), What: what, Result: result, Bad: bad})
	if len(s.entries) > logKept {
		s.entries = s.entries[len(s.entries)-logKept:]
	}
	s.log.Info("slack stand-in", "what", what, "result", result)
}

// nextID gives a fresh id with a prefix such as V. The caller holds the lock.
func (s *Server) nextID(prefix string) string {
	s.serial++
	return fmt.Sprintf("%s0%09d", prefix, s.serial)
}

func randomHex(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: crypto/rand stops the program instead
	return hex.EncodeToString(b)
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, "the answer cannot be written as JSON", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
