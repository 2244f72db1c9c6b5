package web

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"coetracker/coe"
	"coetracker/evidence"
	"coetracker/internal/fault"
	"coetracker/templates"
)

// capturePage asks what Prometheus is to be asked.
func (s *Server) capturePage(c *gin.Context) error {
	n, err := number(c)
	if err != nil {
		return err
	}
	d, err := s.editable(c, n)
	if err != nil {
		return err
	}
	return s.showCapture(c, http.StatusOK, d.COE, s.captureForm(d.COE))
}

func (s *Server) showCapture(c *gin.Context, status int, h coe.COE, f templates.Form) error {
	page := templates.FormPage{
		Frame: s.nav(c, "A graph for "+h.Name(), "coes"), Heading: "Fetch a graph from Prometheus", Form: f,
		Intro: "The numbers are stored with the document and drawn from there for ever. They are not asked for again.",
		Back:  coePath(h.Number) + "/edit/metrics", BackTo: h.Name() + ", metrics",
	}
	if len(s.COEs.Metrics.Prometheus) == 0 {
		page.Form, page.Intro = templates.Form{}, "No Prometheus is configured. An administrator sets COE_PROMETHEUS_URL; until then paste the numbers as CSV."
	}
	return render(c, status, templates.FormOnly, page)
}

func (s *Server) captureForm(h coe.COE) templates.Form {
	from, to := h.CaptureSpan(s.Calendar())
	stamp := func(t time.Time) string { return t.In(h.Location()).Format("2006-01-02 15:04") }
	f := templates.Form{
		Action: coePath(h.Number) + "/metrics/fetch", Submit: "Fetch and store", Draft: "capture-" + strconv.FormatInt(h.Number, 10),
		Cancel: coePath(h.Number) + "/edit/metrics", Leave: "Back without a graph",
		Fields: []templates.Field{
			{Kind: "text", Name: "title", Label: "Title", Hint: "What is measured.", Required: true},
			{Kind: "area", Name: "query", Label: "Query", Hint: "PromQL, such as sum(rate(http_requests_total{code=~\"5..\"}[5m])).", Rows: 3},
			{Kind: "text", Name: "from", Label: "From", Hint: "In " + h.Zone + ".", Value: stamp(from), Size: 20, Auto: "off"},
			{Kind: "text", Name: "to", Label: "To", Value: stamp(to), Size: 20, Auto: "off"},
			{Kind: "text", Name: "step", Label: "Step in seconds", Hint: "Empty: as fine as 1,000 points allow.", Size: 8, Auto: "off"},
			{Kind: "text", Name: "unit", Label: "Unit", Size: 12, Auto: "off"},
			{Kind: "text", Name: "caption", Label: "What the reader should see"},
			{Kind: "text", Name: "live_url", Label: "Address of the live graph"},
		},
	}
	if bases := s.COEs.Metrics.Prometheus; len(bases) > 1 {
		base := templates.Field{Kind: "select", Name: "base", Label: "Prometheus"}
		for _, b := range bases {
			base.Options = append(base.Options, templates.Option{Value: b, Label: b})
		}
		f.Fields = append([]templates.Field{base}, f.Fields...)
	}
	return f
}

// capture fetches a graph and stores its numbers.
func (s *Server) capture(c *gin.Context) error {
	n, err := number(c)
	if err != nil {
		return err
	}
	d, err := s.editable(c, n)
	if err != nil {
		return err
	}
	e, err := s.captureEdit(c, d.COE)
	var row coe.Metric
	if err == nil {
		row, err = s.COEs.CaptureMetric(c.Request.Context(), who(c), n, e)
	}
	if err != nil {
		if f, ok := fault.Of(err); ok && f.Kind == fault.Unavailable { // the server asked, not ours
			err = fault.Invalidf("query", "%s", f.Text)
		}
		form, status, err := refused(c, s.captureForm(d.COE), err)
		if err != nil {
			return err
		}
		return s.showCapture(c, status, d.COE, form)
	}
	s.warn(c, row.Warnings)
	return toEdit(c, n, "metrics", "r-"+row.Key, nil)
}

// warn says on the next page what a tool said about its numbers.
func (s *Server) warn(c *gin.Context, warnings []string) {
	if len(warnings) == 0 {
		return
	}
	const most = 3 // a cookie carries them
	said := "The numbers are stored. " + strings.ReplaceAll(strings.Join(warnings[:min(most, len(warnings))], " "), "\x00", "")
	if r := []rune(said); len(r) > 600 {
		said = string(r[:600]) + "…"
	}
	setFlash(c, templates.Flash{Kind: "warn", Text: said}, s.secure())
}

func (s *Server) captureEdit(c *gin.Context, h coe.COE) (coe.CaptureEdit, error) {
	e := coe.CaptureEdit{
		Title: field(c, "title"), Caption: field(c, "caption"), Unit: field(c, "unit"), LiveURL: field(c, "live_url"),
		Range: evidence.RangeQuery{Base: field(c, "base"), Query: field(c, "query")},
	}
	w, err := eventWindow(c, s.timesOf(h), "from", "to")
	if err != nil {
		return e, err
	}
	e.Range.From, e.Range.To = h.CaptureSpan(s.Calendar())
	if w.Start != nil {
		e.Range.From = *w.Start
	}
	if w.End != nil {
		e.Range.To = *w.End
	}
	if text := field(c, "step"); text != "" {
		seconds, err := strconv.ParseFloat(text, 64)
		if err != nil || seconds <= 0 || seconds > 86400 {
			return e, fault.Invalidf("step", "“%s” is no step. Write seconds between 1 and 86,400.", text)
		}
		e.Range.Step = time.Duration(seconds * float64(time.Second))
	}
	return e, nil
}
