package web

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"coetracker/evidence"
	"coetracker/internal/fault"
	"coetracker/people"
	"coetracker/templates"
)

// shownDeliveries is how many deliveries one page shows.
const shownDeliveries = 50

func (s *Server) sourcesPage(c *gin.Context) error { return s.showSources(c, http.StatusOK, nil) }

// showSources lists the sources; add is the form with what was typed.
func (s *Server) showSources(c *gin.Context, status int, add *templates.Form) error {
	list, err := s.Evidence.Sources(c.Request.Context(), who(c))
	if err != nil {
		return err
	}
	n, services, err := s.names(c)
	if err != nil {
		return err
	}
	if add == nil {
		f := sourceForm(nil, services)
		add = &f
	}
	p := templates.NewSources(s.evidenceFrame(c, "Sources", n, templates.Key{Press: "j k", Does: "down, up"}), list, *add, n)
	if p.Views, err = s.views(c); err != nil {
		return err
	}
	return render(c, status, templates.Sources, p)
}

// sourceForm edits a source, or adds one for nil. A secret is never shown.
func sourceForm(src *evidence.Source, services []people.Service) templates.Form {
	f := templates.Form{Action: "/sources", Submit: "Add the source"}
	v, hint := evidence.Source{Verifier: evidence.VerifyNone}, "What the sender signs with or sends along, at least 8 characters. Not needed for an address alone and for Amazon SNS."
	if src != nil {
		v = *src
		f = templates.Form{Action: fmt.Sprintf("/sources/%d", src.ID), Submit: "Save", Version: src.Version}
		hint = "Leave it empty to keep the one there is. Exchange it below to keep the old one good for a while."
	}
	var service int64
	if v.ServiceID != nil {
		service = *v.ServiceID
	}
	tools := []templates.Option{{Label: "every tool"}}
	for _, t := range evidence.Tools() {
		tools = append(tools, templates.Option{Value: t, Label: templates.ToolWord(t), Selected: t == v.Tool})
	}
	f.Fields = []templates.Field{
		{Kind: "text", Name: "name", Label: "Name", Value: v.Name, Required: true, Auto: "off"},
		{Kind: "select", Name: "tool", Label: "Tool", Options: tools, Hint: "Messages of other tools are stored and not read."},
		{Kind: "select", Name: "verifier", Label: "How deliveries are verified", Options: templates.VerifierOptions(v.Verifier)},
		{Kind: "text", Name: "header", Label: "Header", Value: v.Header, Auto: "off", Hint: "The name of the header with a fixed value, such as X-Api-Key. For Grafana only where it is not the usual one."},
		{Kind: "password", Name: "secret", Label: "Secret", Auto: "off", Hint: hint},
		{Kind: "area", Name: "allowed", Label: "Accounts and topics", Value: v.Allowed, Rows: 3, Hint: "AWS accounts of 12 digits and ARNs of SNS topics that may send here, one a line. Empty: all, and topics are confirmed by hand."},
		{Kind: "select", Name: "service", Label: "Service of messages that name none", Options: optional("none", serviceOptions(services, service))},
	}
	return f
}

func sourceEdit(c *gin.Context) (evidence.SourceEdit, error) {
	service, err := optionalID(c, "service")
	e := evidence.SourceEdit{
		Name: field(c, "name"), Tool: field(c, "tool"), Verifier: field(c, "verifier"), Header: field(c, "header"),
		Secret: field(c, "secret"), Allowed: c.PostForm("allowed"), ServiceID: service,
	}
	return e, err
}

// refusedSource is refused without the secret: it does not go back into a page.
func refusedSource(c *gin.Context, f templates.Form, err error) (templates.Form, int, error) {
	f, status, err := refused(c, f, err)
	for i := range f.Fields {
		if f.Fields[i].Kind == "password" {
			f.Fields[i].Value = ""
		}
	}
	return f, status, err
}

// sourceAdd shows the page of the new source at once: its address is not kept.
func (s *Server) sourceAdd(c *gin.Context) error {
	var src evidence.Source
	token := ""
	e, err := sourceEdit(c)
	if err == nil {
		src, token, err = s.Evidence.AddSource(c.Request.Context(), who(c), e)
	}
	if err == nil {
		return s.showSource(c, http.StatusOK, &src, func(p *templates.SourcePage) { p.Address = s.hookAddress(c, token) })
	}
	_, services, nerr := s.names(c)
	if nerr != nil {
		return nerr
	}
	f, status, err := refusedSource(c, sourceForm(nil, services), err)
	if err != nil {
		return err
	}
	return s.showSources(c, status, &f)
}

// hookAddress is where a tool sends to.
func (s *Server) hookAddress(c *gin.Context, token string) string {
	base := s.BaseURL
	if base == "" {
		base = "http://" + c.Request.Host
	}
	return base + "/hooks/" + token
}

func (s *Server) sourceOf(c *gin.Context) (evidence.Source, error) {
	n, _ := id(c.Param("id")) // there is no source 0
	return s.Evidence.SourceByID(c.Request.Context(), who(c), n)
}

func (s *Server) sourcePage(c *gin.Context) error {
	src, err := s.sourceOf(c)
	if err != nil {
		return err
	}
	return s.showSource(c, http.StatusOK, &src, nil)
}

// showSource shows one source; add completes the page with what a form led to.
func (s *Server) showSource(c *gin.Context, status int, src *evidence.Source, add func(*templates.SourcePage)) error {
	ctx := c.Request.Context()
	before, _ := strconv.ParseInt(c.Query("before"), 10, 64)
	list, err := s.Evidence.Deliveries(ctx, who(c), src.ID, before, shownDeliveries)
	if err != nil {
		return err
	}
	confirmations, err := s.Evidence.Confirmations(ctx, who(c), src.ID)
	if err != nil {
		return err
	}
	n, services, err := s.names(c)
	if err != nil {
		return err
	}
	p := templates.NewSource(s.evidenceFrame(c, src.Name, n, templates.Key{Press: "j k", Does: "down, up"}), src, list, confirmations, n)
	if len(list) == shownDeliveries {
		p.Older = fmt.Sprintf("/sources/%d?before=%d#deliveries", src.ID, list[len(list)-1].ID)
	}
	p.Settings = sourceForm(src, services)
	if add != nil {
		add(&p)
	}
	address := p.Address
	if p.Placeholder = address == ""; p.Placeholder {
		address = "ADDRESS"
	}
	p.Setups = evidence.Setups(src, address)
	return render(c, status, templates.SourceOne, p)
}

func (s *Server) sourceSave(c *gin.Context) error {
	src, err := s.sourceOf(c)
	if err != nil {
		return err
	}
	e, err := sourceEdit(c)
	if err == nil {
		_, err = s.Evidence.SetSource(c.Request.Context(), who(c), src.ID, version(c), e)
	}
	if err == nil {
		return s.back(c, sourcePath(src.ID), templates.Flash{Text: e.Name + " is saved."})
	}
	_, services, nerr := s.names(c)
	if nerr != nil {
		return nerr
	}
	f, status, err := refusedSource(c, sourceForm(&src, services), err)
	if err != nil {
		return err
	}
	return s.showSource(c, status, &src, func(p *templates.SourcePage) { p.Settings = f })
}

func sourcePath(n int64) string { return fmt.Sprintf("/sources/%d", n) }

// sourceRotate exchanges address or secret. What was made is shown at once, as it
// is not kept.
func (s *Server) sourceRotate(c *gin.Context) error {
	src, err := s.sourceOf(c)
	if err != nil {
		return err
	}
	what := evidence.Rotation(field(c, "what"))
	next, shown, err := s.Evidence.Rotate(c.Request.Context(), who(c), src.ID, version(c), what, field(c, "secret"))
	if f, ok := fault.Of(err); ok && f.Kind == fault.Invalid && f.Field == "secret" {
		return s.showSource(c, http.StatusUnprocessableEntity, &src, func(p *templates.SourcePage) { p.SecretError = f.Text })
	}
	switch {
	case err != nil:
		return err
	case shown == "" && what == evidence.RotateDone:
		return s.back(c, sourcePath(src.ID), templates.Flash{Text: "Only the new address and secret are good now."})
	case shown == "":
		return s.back(c, sourcePath(src.ID), templates.Flash{Text: "The new secret is good, beside the old one."})
	}
	return s.showSource(c, http.StatusOK, &next, func(p *templates.SourcePage) {
		if what == evidence.RotateToken {
			p.Address = s.hookAddress(c, shown)
		} else {
			p.Secret = shown
		}
	})
}

func (s *Server) sourceReplay(c *gin.Context) error {
	src, err := s.sourceOf(c)
	if err != nil {
		return err
	}
	n, err := s.Evidence.Replay(c.Request.Context(), who(c), src.ID)
	if err != nil {
		return err
	}
	text := fmt.Sprintf("%d deliveries are being read again.", n)
	if n == 1 {
		text = "1 delivery is being read again."
	}
	return s.back(c, sourcePath(src.ID), templates.Flash{Text: text})
}

// sourceSwitch disables or enables a source, by the end of the address.
func (s *Server) sourceSwitch(c *gin.Context) error {
	src, err := s.sourceOf(c)
	if err != nil {
		return err
	}
	do, text := s.Evidence.DisableSource, src.Name+" takes no more deliveries."
	if c.FullPath() == "/sources/:id/enable" {
		do, text = s.Evidence.EnableSource, src.Name+" takes deliveries again."
	}
	if _, err := do(c.Request.Context(), who(c), src.ID, version(c)); err != nil {
		return err
	}
	return s.back(c, sourcePath(src.ID), templates.Flash{Text: text})
}

// deliveryPage shows a stored delivery as text.
func (s *Server) deliveryPage(c *gin.Context) error {
	src, err := s.sourceOf(c)
	if err != nil {
		return err
	}
	num, err := id(c.Param("d"))
	if err != nil {
		return err
	}
	d, err := s.Evidence.DeliveryByID(c.Request.Context(), who(c), src.ID, num)
	if err != nil {
		return err
	}
	n, _, err := s.names(c)
	if err != nil {
		return err
	}
	return render(c, http.StatusOK, templates.DeliveryOne, templates.NewDelivery(s.evidenceFrame(c, fmt.Sprintf("Delivery %d", d.ID), n), &src, &d, n))
}
