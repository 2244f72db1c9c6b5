package web

import (
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"coetracker/coe"
	"coetracker/internal/fault"
	"coetracker/people"
	"coetracker/templates"
)

// editPage is the form of one part of a document.
func (s *Server) editPage(c *gin.Context) error {
	n, err := number(c)
	if err != nil {
		return err
	}
	if c.Param("part") == "questions" && c.Query("draft") != "" {
		return s.draftAnswer(c, n)
	}
	spot := templates.WhySpot{Root: c.Query("root"), Parent: c.Query("parent"), After: c.Query("after")}
	return s.showEdit(c, http.StatusOK, n, templates.EditAsk{Part: c.Param("part"), Deleted: c.Query("deleted"), New: spot})
}

// showEdit shows a part as it is stored, with the forms that were refused as
// they were typed.
func (s *Server) showEdit(c *gin.Context, status int, n int64, ask templates.EditAsk) error {
	if _, ok := templates.EditSection(ask.Part); !ok {
		return fault.NotFoundf(notThere)
	}
	d, err := s.editable(c, n)
	if err != nil {
		return err
	}
	if ask.Part == "header" {
		if ask.Choices, err = s.choices(c); err != nil {
			return err
		}
	}
	ask.Findings = s.findings(d)
	ask.Captures = len(s.COEs.Metrics.Prometheus) > 0
	f := s.nav(c, "Editing "+d.COE.Name()+": "+ask.Part, "coes", templates.Key{Press: "g 3", Does: "section 3"}, templates.Key{Press: "Esc Tab", Does: "leave the text"})
	return render(c, status, templates.Edit, templates.NewEditPage(f, s.view(c, d), ask))
}

// editable reads a document that the person may change.
func (s *Server) editable(c *gin.Context, n int64) (*coe.Document, error) {
	d, err := s.COEs.View(c.Request.Context(), who(c), n)
	if err != nil {
		return nil, err
	}
	if !people.May(who(c), people.Edit, d.Resource()) {
		return nil, fault.Forbiddenf("You may read this COE but not change it. Its owner, its writers and its team may.")
	}
	return d, nil
}

func (s *Server) choices(c *gin.Context) (out templates.Choices, err error) {
	ctx := c.Request.Context()
	if out.People, err = s.People.List(ctx, people.Filter{}); err != nil {
		return out, err
	}
	if out.Teams, err = s.People.ListTeams(ctx); err != nil {
		return out, err
	}
	out.Services, err = s.People.ListServices(ctx)
	return out, err
}

// refuseEdit shows the page of a part again when a field was refused (422) or
// somebody else was faster (409); every other error is given back.
func (s *Server) refuseEdit(c *gin.Context, n int64, part, form string, err error) error {
	r, status, err := refusalOf(c, form, err)
	if err != nil {
		return err
	}
	ask := templates.EditAsk{Part: part, Refusals: []templates.Refusal{r}}
	if part == "whys" && form == "add" {
		ask.New = templates.WhySpot{Root: field(c, "root"), Parent: field(c, "parent"), After: field(c, "after")}
	}
	return s.showEdit(c, status, n, ask)
}

// refusalOf turns a fault into what the page shows again.
func refusalOf(c *gin.Context, form string, err error) (templates.Refusal, int, error) {
	r := again(c, form)
	f, ok := fault.Of(err)
	if !ok || f.Kind != fault.Invalid && f.Kind != fault.Conflict {
		return r, 0, err
	}
	r.Error = templates.FieldError{Field: f.Field, Text: f.Text}
	if f.Field == "series" {
		r.Error.Field = "csv"
	}
	if f.Kind == fault.Invalid {
		return r, http.StatusUnprocessableEntity, nil
	}
	r.Row, _ = f.Detail.(*coe.RowConflict)
	r.Text, _ = f.Detail.(*coe.TextConflict)
	if r.Row != nil && r.Row.Theirs != nil || r.Text != nil {
		r.Error = templates.FieldError{} // both versions say more
	}
	return r, http.StatusConflict, nil
}

// again is a form to be shown as it was typed.
func again(c *gin.Context, form string) templates.Refusal {
	return templates.Refusal{Form: form, Typed: func(name string) []string { return c.PostFormArray(name) }}
}

// toEdit leads back to the page of a part.
func toEdit(c *gin.Context, n int64, part, anchor string, query url.Values) error {
	at := coePath(n) + "/edit/" + part
	if len(query) > 0 {
		at += "?" + query.Encode()
	}
	if anchor != "" {
		at += "#" + anchor
	}
	c.Redirect(http.StatusSeeOther, at)
	return nil
}

// textSave stores the Markdown of one section.
func (s *Server) textSave(c *gin.Context) error {
	n, err := number(c)
	if err != nil {
		return err
	}
	section := coe.SectionName(c.Param("section"))
	part := templates.EditOf(section)
	text, ok := c.GetPostForm("text")
	if !ok {
		return fault.Invalidf("text", "The form came without its text. Load the page again and repeat your change.")
	}
	if _, err = s.COEs.SaveSection(c.Request.Context(), who(c), n, section, version(c), text, coe.FromForm); err != nil {
		return s.refuseEdit(c, n, part, "text", err)
	}
	return toEdit(c, n, part, "", nil)
}

// preview shows a text as readers will see it, without saving it: as a piece
// for a script, as the whole page with the text still in its form without one.
func (s *Server) preview(c *gin.Context) error {
	n, err := number(c)
	if err != nil {
		return err
	}
	section := coe.SectionName(field(c, "section"))
	html, err := s.COEs.Preview(c.Request.Context(), who(c), n, section, c.PostForm("text"))
	if c.GetHeader("HX-Request") != "" {
		if f, ok := fault.Of(err); ok && f.Kind == fault.Invalid {
			return render(c, http.StatusUnprocessableEntity, templates.PreviewPart, templates.Preview{Error: f.Text})
		}
		if err != nil {
			return err
		}
		return render(c, http.StatusOK, templates.PreviewPart, templates.NewPreview(html))
	}
	if err != nil {
		return s.refuseEdit(c, n, templates.EditOf(section), "text", err)
	}
	r, shown := again(c, "text"), templates.NewPreview(html)
	r.Preview = &shown.HTML
	return s.showEdit(c, http.StatusOK, n, templates.EditAsk{Part: templates.EditOf(section), Refusals: []templates.Refusal{r}})
}
