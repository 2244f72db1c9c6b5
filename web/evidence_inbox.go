package web

import (
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"coetracker/evidence"
	"coetracker/internal/fault"
	"coetracker/people"
	"coetracker/templates"
)

const (
	inboxRows = 100
	mostFiles = 20 // in one form
)

// inboxPage lists what belongs to no service yet, and takes files.
func (s *Server) inboxPage(c *gin.Context) error { return s.showInbox(c, http.StatusOK, nil) }

// showInbox shows it; add completes the page with what a form led to.
func (s *Server) showInbox(c *gin.Context, status int, add func(p *templates.InboxPage)) error {
	items, err := s.Evidence.Items(c.Request.Context(), who(c), evidence.ItemFilter{Unmatched: true, Limit: inboxRows})
	if err != nil {
		return err
	}
	n, services, err := s.names(c)
	if err != nil {
		return err
	}
	p := templates.NewInbox(s.evidenceFrame(c, "Unmatched", n, templates.Key{Press: "j k", Does: "down, up"}), items, optional("choose a service", serviceOptions(services)), n)
	p.More, p.MayKeep = len(items) == inboxRows, mayKeep(c)
	p.MayName = people.May(who(c), people.AdminPages, people.Resource{})
	p.Views = templates.EvidenceViews("/evidence", len(items), mayAdmin(c))
	p.Tools = []templates.Option{{Label: "find out by its keys"}}
	for _, t := range evidence.Tools() {
		p.Tools = append(p.Tools, templates.Option{Value: t, Label: templates.ToolWord(t), Selected: c.PostForm("tool") == t})
	}
	if add != nil {
		add(&p)
	}
	return render(c, status, templates.Inbox, p)
}

// inboxAssign says which service an item is about.
func (s *Server) inboxAssign(c *gin.Context) error {
	num, err := id(c.Param("id"))
	if err != nil {
		return err
	}
	if err := onlyKeepers(c); err != nil {
		return err
	}
	service, err := optionalID(c, "service")
	if err == nil && service == 0 {
		err = fault.Invalidf("service", "Choose the service it belongs to.")
	}
	alias := ""
	if c.PostForm("always") != "" {
		alias = field(c, "alias")
	}
	if err == nil {
		err = s.Evidence.AssignService(c.Request.Context(), who(c), num, service, alias)
	}
	if f, ok := fault.Of(err); ok && (f.Kind == fault.Invalid || f.Kind == fault.Conflict) {
		status := http.StatusUnprocessableEntity
		if f.Kind == fault.Conflict {
			status = http.StatusConflict
		}
		return s.showInbox(c, status, func(p *templates.InboxPage) { p.Refuse(num, service, f.Text) })
	}
	if err != nil {
		return err
	}
	said := "It has its service."
	if alias != "" {
		said = alias + " means this service from now on."
	}
	return s.back(c, "/evidence", templates.Flash{Text: said})
}

// inboxDrop takes files and says what was understood of each.
func (s *Server) inboxDrop(c *gin.Context) error {
	if err := onlyKeepers(c); err != nil {
		return err
	}
	form, err := c.MultipartForm()
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return err
	}
	var files []*multipart.FileHeader
	if err == nil {
		files = slices.DeleteFunc(form.File["file"], func(h *multipart.FileHeader) bool { return h.Size == 0 })
	}
	pasted := c.PostForm("pasted")
	if len(files) == 0 && strings.TrimSpace(pasted) != "" {
		r, err := s.takeText(c, "pasted.txt", []byte(pasted))
		if err != nil {
			return err
		}
		return s.dropped(c, pasted, r)
	}
	if len(files) == 0 || len(files) > mostFiles {
		said := "Choose at least one file that is not empty, or paste what a tool sent."
		if len(files) > 0 {
			said = fmt.Sprintf("These are %d files. Send at most %d at once.", len(files), mostFiles)
		}
		return s.showInbox(c, http.StatusUnprocessableEntity, func(p *templates.InboxPage) { p.Error = said })
	}
	var results []templates.FileResult
	for _, h := range files {
		r, err := s.takeFile(c, h)
		if err != nil {
			return err
		}
		results = append(results, r)
	}
	return s.dropped(c, "", results...)
}

// dropped says what was understood; a text that was not stays in its field.
func (s *Server) dropped(c *gin.Context, pasted string, results ...templates.FileResult) error {
	status := http.StatusUnprocessableEntity // when nothing could be read
	for _, r := range results {
		if !r.Bad {
			status, pasted = http.StatusOK, ""
		}
	}
	return s.showInbox(c, status, func(p *templates.InboxPage) { p.Files, p.Pasted = results, pasted })
}

// takeFile hands one file over. A file that cannot be read is a result; what
// went wrong here is an error.
func (s *Server) takeFile(c *gin.Context, h *multipart.FileHeader) (templates.FileResult, error) {
	f, err := h.Open()
	if err != nil {
		return templates.FileResult{}, err
	}
	defer f.Close()
	body, err := io.ReadAll(f)
	if err != nil {
		return templates.FileResult{}, err
	}
	return s.takeText(c, h.Filename, body)
}

func (s *Server) takeText(c *gin.Context, name string, body []byte) (templates.FileResult, error) {
	got, parsed, err := s.Evidence.AddFile(c.Request.Context(), who(c), name, field(c, "tool"), body)
	if ft, ok := fault.Of(err); ok && ft.Kind == fault.Invalid {
		return templates.NewFileResult(name, parsed, false, ft.Text), nil
	}
	if err != nil {
		return templates.FileResult{}, err
	}
	return templates.NewFileResult(name, parsed, got.Repeat, ""), nil
}
