package web

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"coetracker/coe"
	"coetracker/internal/fault"
	"coetracker/templates"
	"coetracker/timeline"
)

// rowPage gives the part whose page shows rows of a kind.
func rowPage(part coe.Part) (string, error) {
	switch part {
	case coe.PartImpact:
		return "impact", nil
	case coe.PartMetric:
		return "metrics", nil
	case coe.PartWhy:
		return "whys", nil
	case coe.PartLesson:
		return "lessons", nil
	case coe.PartLink:
		return "related", nil
	case coe.PartSharing:
		return "sharing", nil
	}
	return "", fault.NotFoundf(notThere)
}

// rowOf reads which rows of which document an address means.
func rowOf(c *gin.Context) (n int64, part coe.Part, page string, err error) {
	part = coe.Part(c.Param("row"))
	if n, err = number(c); err == nil {
		page, err = rowPage(part)
	}
	return n, part, page, err
}

// rowAdd adds a row.
func (s *Server) rowAdd(c *gin.Context) error {
	n, part, page, err := rowOf(c)
	if err != nil {
		return err
	}
	if part == coe.PartWhy {
		return s.whyAdd(c, n)
	}
	key, err := s.addRow(c, n, part)
	if err != nil {
		return s.refuseEdit(c, n, page, "add", err)
	}
	return toEdit(c, n, page, "r-"+key, nil)
}

func (s *Server) addRow(c *gin.Context, n int64, part coe.Part) (key string, err error) {
	ctx, p := c.Request.Context(), who(c)
	switch part {
	case coe.PartImpact:
		e, err := s.impactEdit(c, n)
		if err != nil {
			return "", err
		}
		row, err := s.COEs.AddImpact(ctx, p, n, e)
		return row.Key, err
	case coe.PartLesson:
		row, err := s.COEs.AddLesson(ctx, p, n, lessonEdit(c))
		return row.Key, err
	case coe.PartLink:
		row, err := s.COEs.AddLink(ctx, p, n, linkEdit(c))
		return row.Key, err
	case coe.PartSharing:
		row, err := s.COEs.AddSharing(ctx, p, n, sharingEdit(c))
		return row.Key, err
	case coe.PartMetric:
		e, err := newMetric(c)
		if err != nil {
			return "", err
		}
		row, err := s.COEs.AddMetric(ctx, p, n, e)
		s.warn(c, row.Warnings)
		return row.Key, err
	}
	return "", fault.NotFoundf(notThere)
}

// rowSave changes a row. What was typed is saved before anything else is done
// with the row, so that no button loses it.
func (s *Server) rowSave(c *gin.Context) error {
	n, part, page, err := rowOf(c)
	if err != nil {
		return err
	}
	ctx, p, key, do := c.Request.Context(), who(c), c.Param("key"), rowDeed(c)
	switch do {
	case "undelete":
		err = s.COEs.UndeleteRow(ctx, p, n, part, key)
	case "delete":
		if err = s.COEs.DeleteRow(ctx, p, n, part, key, version(c)); err == nil {
			return toEdit(c, n, page, "", url.Values{"deleted": {string(part) + "/" + key}})
		}
	default:
		if part == coe.PartWhy {
			return s.whySave(c, n, key, do)
		}
		if err = s.editRow(c, n, part, key); err == nil {
			err = s.rowDo(c, n, part, key, do)
		}
	}
	if err != nil {
		return s.refuseEdit(c, n, page, key, err)
	}
	return toEdit(c, n, page, "r-"+key, nil)
}

// rowDeed is what the pressed button says.
func rowDeed(c *gin.Context) string {
	if c.PostForm("unlink") != "" {
		return "unlink"
	}
	return c.PostForm("do")
}

func (s *Server) editRow(c *gin.Context, n int64, part coe.Part, key string) error {
	ctx, p, v := c.Request.Context(), who(c), version(c)
	var err error
	switch part {
	case coe.PartImpact:
		var e coe.ImpactEdit
		if e, err = s.impactEdit(c, n); err == nil {
			_, err = s.COEs.EditImpact(ctx, p, n, key, v, e)
		}
	case coe.PartLesson:
		_, err = s.COEs.EditLesson(ctx, p, n, key, v, lessonEdit(c))
	case coe.PartLink:
		_, err = s.COEs.EditLink(ctx, p, n, key, v, linkEdit(c))
	case coe.PartSharing:
		_, err = s.COEs.EditSharing(ctx, p, n, key, v, sharingEdit(c))
	case coe.PartMetric:
		var row coe.Metric
		row, err = s.COEs.EditMetric(ctx, p, n, key, v, metricEdit(c))
		s.warn(c, row.Warnings)
	}
	return err
}

// rowDo does with a row what its second button says.
func (s *Server) rowDo(c *gin.Context, n int64, part coe.Part, key, do string) error {
	ctx, p := c.Request.Context(), who(c)
	switch do {
	case "up", "down":
		return s.moveRow(c, n, part, key, do)
	case "link":
		if part == coe.PartLesson && field(c, "link") != "" {
			return s.COEs.LinkLesson(ctx, p, n, key, field(c, "link"))
		}
	case "unlink":
		if part == coe.PartLesson {
			return s.COEs.UnlinkLesson(ctx, p, n, key, field(c, "unlink"))
		}
	}
	return nil
}

// moveRow moves a row by one place; at the end of its list it stays.
func (s *Server) moveRow(c *gin.Context, n int64, part coe.Part, key, do string) error {
	d, err := s.COEs.Load(c.Request.Context(), who(c), n)
	if err != nil {
		return err
	}
	keys := rowKeys(d, part)
	i := slices.Index(keys, key)
	after := ""
	switch {
	case i < 0 || do == "up" && i == 0 || do == "down" && i == len(keys)-1:
		return nil
	case do == "down":
		after = keys[i+1]
	case i > 1:
		after = keys[i-2]
	}
	return s.COEs.MoveRow(c.Request.Context(), who(c), n, part, key, after)
}

func rowKeys(d *coe.Document, part coe.Part) []string {
	switch part {
	case coe.PartImpact:
		return keysOf(d.Impacts, func(r coe.Impact) string { return r.Key })
	case coe.PartMetric:
		return keysOf(d.Metrics, func(r coe.Metric) string { return r.Key })
	case coe.PartLesson:
		return keysOf(d.Lessons, func(r coe.Lesson) string { return r.Key })
	case coe.PartLink:
		return keysOf(d.Links, func(r coe.Link) string { return r.Key })
	case coe.PartSharing:
		return keysOf(d.Sharings, func(r coe.Sharing) string { return r.Key })
	}
	return nil
}

func keysOf[T any](rows []T, of func(T) string) []string {
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = of(r)
	}
	return out
}

// typed is a field of the form, nil when the form has none of that name.
func typed(c *gin.Context, name string) *string {
	if v, ok := c.GetPostForm(name); ok {
		return &v
	}
	return nil
}

// impactEdit reads the form; its times are understood in the document's zone.
func (s *Server) impactEdit(c *gin.Context, n int64) (coe.ImpactEdit, error) {
	unmeasured := c.PostForm("unmeasured") != ""
	e := coe.ImpactEdit{What: typed(c, "what"), Affected: typed(c, "affected"), Total: typed(c, "total"), Unmeasured: &unmeasured, ActionKey: typed(c, "action"), Place: typed(c, "place")}
	h, err := s.COEs.ByNumber(c.Request.Context(), who(c), n)
	if err != nil {
		return e, err
	}
	w, err := eventWindow(c, s.timesOf(h), "from", "to")
	e.Window = &w
	return e, err
}

// timesOf is what times typed into a document's forms are read against.
func (s *Server) timesOf(h coe.COE) timeline.Context {
	return timeline.Context{Window: h.WindowStart, Zone: h.Location(), ZoneName: h.Zone, Now: s.Calendar()}
}

func lessonEdit(c *gin.Context) coe.LessonEdit {
	e := coe.LessonEdit{Text: typed(c, "text")}
	if k := typed(c, "kind"); k != nil {
		kind := coe.LessonKind(*k)
		e.Kind = &kind
	}
	return e
}

func linkEdit(c *gin.Context) coe.LinkEdit {
	return coe.LinkEdit{Type: typed(c, "type"), Target: typed(c, "target"), Role: typed(c, "role"), Note: typed(c, "note")}
}

func sharingEdit(c *gin.Context) coe.SharingEdit {
	return coe.SharingEdit{Team: typed(c, "team"), Asked: typed(c, "asked"), Answer: typed(c, "answer")}
}

func metricEdit(c *gin.Context) coe.MetricEdit {
	return coe.MetricEdit{Title: typed(c, "title"), Unit: typed(c, "unit"), Caption: typed(c, "caption"), Query: typed(c, "query"), LiveURL: typed(c, "live_url")}
}

// newMetric takes the numbers from the file when there is one, else from what
// was pasted. Those of a file stand in the form when it is refused.
func newMetric(c *gin.Context) (coe.MetricEdit, error) {
	e := metricEdit(c)
	e.Zone, e.CSV = typed(c, "zone"), typed(c, "csv")
	head, err := c.FormFile("file")
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return e, err
	}
	if err != nil || head.Size == 0 {
		return e, nil // no file was chosen
	}
	f, err := head.Open()
	if err != nil {
		return e, fmt.Errorf("open an uploaded file: %w", err)
	}
	defer f.Close()
	raw, err := io.ReadAll(f)
	if err != nil {
		return e, fmt.Errorf("read an uploaded file: %w", err)
	}
	text := string(raw)
	if !utf8.ValidString(text) {
		return e, fault.Invalidf("file", "The file is no plain text. Save it as CSV in UTF-8.")
	}
	e.CSV = &text
	c.Request.PostForm.Set("csv", text)
	return e, nil
}

func whyEdit(c *gin.Context) coe.WhyEdit {
	return coe.WhyEdit{Text: typed(c, "text"), Evidence: typed(c, "evidence"), Factor: typed(c, "factor"), Declined: typed(c, "declined")}
}

// spotQuery leads to the place of a new why.
func spotQuery(at templates.WhySpot) url.Values {
	q := url.Values{"root": {at.Root}}
	if at.Parent != "" {
		q.Set("parent", at.Parent)
	}
	if at.After != "" {
		q.Set("after", at.After)
	}
	return q
}
