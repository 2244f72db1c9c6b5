package slackfake

import (
	"embed"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"time"
)

//go:embed page.html page.css
var pageFiles embed.FS

// pageMessages is how many messages the page shows at most.
const pageMessages = 200

// page holds what the page is made of.
type page struct {
	html *template.Template
	css  []byte
}

// newPage reads the embedded files; a test runs it, so they are known to be good.
func newPage() *page {
	css, _ := pageFiles.ReadFile("page.css")
	return &page{html: template.Must(template.ParseFS(pageFiles, "page.html")), css: css}
}

// pageData is what page.html shows.
type pageData struct {
	AppURL   string
	Who      string // id of the person or channel
	Title    string
	Zone     string
	Tabs     []tab
	Modal    *shownView
	Messages []paintedMessage
	Log      []logLine
	Problems []Problem
	Waiting  []*fault
	Methods  []string
	Kinds    []kindName
	Failed   string // why the last press or submission came to nothing
}

type tab struct {
	Href    string
	Name    string
	Count   int
	Current bool
}

type paintedMessage struct {
	Anchor    string
	When      string
	Changed   string
	Blocks    []shownBlock
	Text      []mark // when there are no blocks
	Ephemeral bool
	InThread  bool
}

type shownView struct {
	ID, Title, Submit, Close, User, Notice string
	Blocks                                 []shownBlock
}

type logLine struct {
	When, What, Result string
	Bad                bool
}

type kindName struct{ Kind, Name string }

func faultChoices() []kindName {
	return []kindName{
		{"ok", "a proper answer"},
		{"429", "429, Retry-After 30"},
		{"ratelimited", "ratelimited, with status 200"},
		{"500", "500, refused"},
		{"503_after", "503 after accepting"},
		{"drop_before", "hang up before accepting"},
		{"drop_after", "hang up after accepting"},
		{"slow", "5 s late"},
		{"truncated", "half of the answer"},
		{"html", "a page of HTML"},
		{"empty", "an empty object"},
		{"ok_false", "ok false, without an error"},
		{"channel_not_found", "channel_not_found"},
		{"invalid_auth", "invalid_auth"},
		{"user_disabled", "user_disabled"},
	}
}

func (s *Server) pageRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /{$}", s.showPage)
	mux.HandleFunc("GET /page.css", s.showCSS)
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("POST /press", s.pagePress)
	mux.HandleFunc("POST /submit", s.pageSubmit)
	mux.HandleFunc("POST /dismiss", s.pageDismiss)
	mux.HandleFunc("POST /break", s.pageBreak)
}

func (s *Server) showCSS(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(s.page.css)
}

func (s *Server) showPage(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	data := s.pageData(r.URL.Query().Get("who"))
	s.mu.Unlock()
	data.Failed = r.URL.Query().Get("failed")
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	if err := s.page.html.Execute(w, data); err != nil {
		s.log.Error("the page cannot be shown", "error", err)
	}
}

// pageData gathers what one person or channel sees. The caller holds the lock.
func (s *Server) pageData(who string) pageData {
	d := pageData{AppURL: s.appURL, Methods: s.methodNames(), Kinds: faultChoices(), Problems: slices.Clone(s.problems)}
	for _, f := range s.faults {
		waiting := *f
		d.Waiting = append(d.Waiting, &waiting)
	}
	if who == "" && len(s.people) > 0 {
		who = s.people[0].ID
	}
	d.Who = who
	zone := time.UTC
	for _, p := range s.people {
		d.addTab(p.ID, p.Name, s.countFor(p.ID, ""), who)
		if p.ID == who {
			zone = zoneOf(p)
		}
	}
	for _, ch := range s.channels {
		d.addTab(ch.ID, "#"+ch.Name, s.countFor("", ch.ID), who)
	}
	d.Zone = zone.String()
	d.Messages = s.paintMessages(who, zone)
	if v := s.top(who); v != nil {
		d.Modal = s.paintView(v)
	}
	for _, e := range slices.Backward(s.entries) {
		if len(d.Log) == 30 {
			break
		}
		d.Log = append(d.Log, logLine{e.At.In(zone).Format("15:04:05"), e.What, e.Result, e.Bad})
	}
	return d
}

func (d *pageData) addTab(id, name string, count int, who string) {
	if id == who {
		d.Title = name
	}
	d.Tabs = append(d.Tabs, tab{Href: whoURL(id), Name: name, Count: count, Current: id == who})
}

func whoURL(id string) string { return "/?" + url.Values{"who": {id}}.Encode() }

func zoneOf(p *Person) *time.Location {
	zone, err := time.LoadLocation(p.TZ)
	if err != nil {
		return time.UTC
	}
	return zone
}

func (s *Server) countFor(user, channel string) int {
	n := 0
	for _, m := range s.messages {
		if user != "" && m.user == user || channel != "" && m.channel == channel {
			n++
		}
	}
	return n
}

// paintMessages gives a person's or a channel's messages, the newest first.
func (s *Server) paintMessages(who string, zone *time.Location) []paintedMessage {
	all := slices.Concat(s.messages, s.ephemeral)
	slices.SortStableFunc(all, func(a, b *message) int {
		x, _ := parseTS(a.ts)
		y, _ := parseTS(b.ts)
		return int(max(-1, min(1, y-x)))
	})
	var out []paintedMessage
	for _, m := range all {
		if len(out) == pageMessages {
			break
		}
		if m.user != who && m.channel != who || who == "" {
			continue
		}
		out = append(out, s.paintMessage(m, who, zone))
	}
	return out
}

func (s *Server) paintMessage(m *message, who string, zone *time.Location) paintedMessage {
	people := s.peopleChoices()
	presser := m.user
	if presser == "" && len(people) > 0 {
		presser = people[0].Value // somebody has to press in a channel
	}
	p := &blockPainter{people: people, prefix: "m" + m.ts, press: hidden{Channel: m.channel, TS: m.ts, User: presser, Who: who}}
	shown := paintedMessage{
		Anchor: "m" + m.ts, When: when(m.ts, zone), Blocks: p.paint(m.blocks),
		Ephemeral: slices.Contains(s.ephemeral, m), InThread: m.threadTS != "" && m.threadTS != m.ts,
	}
	if len(m.blocks) == 0 {
		shown.Text = mrkdwn(m.text)
	}
	if m.edited != "" {
		shown.Changed = when(m.edited, zone)
	}
	return shown
}

func when(ts string, zone *time.Location) string {
	micro, _ := parseTS(ts)
	return time.UnixMicro(micro).In(zone).Format("Mon 2 Jan 2006, 15:04:05")
}

func (s *Server) paintView(v *view) *shownView {
	p := &blockPainter{people: s.peopleChoices(), prefix: v.id, view: v, typed: v.typed}
	shown := &shownView{
		ID: v.id, User: v.user, Title: textAt(objectAt(v.body, "title"), "text"), Submit: textAt(objectAt(v.body, "submit"), "text"),
		Close: textAt(objectAt(v.body, "close"), "text"), Notice: v.notice, Blocks: p.paint(listAt(v.body, "blocks")),
	}
	if shown.Close == "" {
		shown.Close = "Cancel"
	}
	return shown
}

func (s *Server) peopleChoices() []choice {
	var out []choice
	for _, p := range s.people {
		if !p.Deleted {
			out = append(out, choice{Value: p.ID, Label: p.Name})
		}
	}
	return out
}
