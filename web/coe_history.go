package web

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"coetracker/coe"
	"coetracker/internal/fault"
	"coetracker/people"
	"coetracker/templates"
)

// historied is how many changes of text the history shows.
const historied = 200

func (s *Server) historyPage(c *gin.Context) error {
	n, err := number(c)
	if err != nil {
		return err
	}
	return s.showHistory(c, http.StatusOK, n, nil)
}

// working reports whether a person sees the working text and its changes: all
// do until the first issue, afterwards only who may edit.
func working(c *gin.Context, d *coe.Document) bool {
	return !d.Pending || people.May(who(c), people.Edit, d.Resource())
}

// showHistory shows the history; bad is why a name for a revision was refused.
func (s *Server) showHistory(c *gin.Context, status int, n int64, bad error) error {
	ctx := c.Request.Context()
	d, err := s.COEs.View(ctx, who(c), n)
	if err != nil {
		return err
	}
	revisions, err := s.COEs.Revisions(ctx, who(c), n)
	if err != nil {
		return err
	}
	var texts []coe.TextChange
	if working(c, d) {
		if texts, err = s.COEs.TextChanges(ctx, who(c), n, historied); err != nil {
			return err
		}
	} else {
		revisions = issues(revisions)
		if d, err = s.COEs.Issued(ctx, who(c), d); err != nil {
			return err
		}
	}
	f := s.nav(c, "History of "+d.COE.Name(), "coes")
	f.Zone = d.COE.Zone
	p := templates.NewHistoryPage(f, d, revisions, texts)
	if people.May(who(c), people.Edit, d.Resource()) {
		keep := templates.Form{Action: coePath(n) + "/revisions", Submit: "Name this revision", Fields: []templates.Field{{Kind: "text", Name: "name", Label: "Name of the revision", Hint: "Keeps the document as it is now, to compare with later. Such as: before the review."}}}
		if bad != nil {
			if keep, status, err = refused(c, keep, bad); err != nil {
				return err
			}
		}
		p.Keep = &keep
	}
	return render(c, status, templates.History, p)
}

// issues keeps the published ones.
func issues(list []coe.Revision) []coe.Revision {
	var out []coe.Revision
	for _, r := range list {
		if r.Issue > 0 {
			out = append(out, r)
		}
	}
	return out
}

// revisionKeep names the present state of the document.
func (s *Server) revisionKeep(c *gin.Context) error {
	n, err := number(c)
	if err != nil {
		return err
	}
	r, err := s.COEs.Keep(c.Request.Context(), who(c), n, c.PostForm("name"))
	if f, ok := fault.Of(err); ok && f.Kind == fault.Invalid {
		return s.showHistory(c, http.StatusUnprocessableEntity, n, err)
	}
	if err != nil {
		return err
	}
	return s.back(c, coePath(n)+"/history", templates.Flash{Text: fmt.Sprintf("Revision %d is kept.", r.Number)})
}

// revisionPage shows a named revision and what it changed since the one before.
func (s *Server) revisionPage(c *gin.Context) error {
	n, err := number(c)
	if err != nil {
		return err
	}
	at, err := strconv.Atoi(c.Param("rev"))
	if err != nil {
		return fault.NotFoundf(notThere)
	}
	ctx := c.Request.Context()
	d, err := s.COEs.View(ctx, who(c), n)
	if err != nil {
		return err
	}
	r, err := s.COEs.RevisionByNumber(ctx, who(c), n, at)
	if err != nil {
		return err
	}
	if r.Issue == 0 && !working(c, d) {
		return fault.NotFoundf(notThere)
	}
	before, err := s.COEs.RevisionByNumber(ctx, who(c), n, at-1)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	if before.Issue == 0 && !working(c, d) {
		before = coe.Revision{}
	}
	if err = s.unaddressed(c, &r, &before); err != nil {
		return err
	}
	return render(c, http.StatusOK, templates.Revision, templates.NewRevisionPage(s.nav(c, r.Name, "coes"), d, r, before))
}

// unaddressed writes names in place of the e-mail addresses by which a file
// names people: on a page only administrators see addresses.
func (s *Server) unaddressed(c *gin.Context, list ...*coe.Revision) error {
	if mayAdmin(c) {
		return nil
	}
	all, err := s.People.List(c.Request.Context(), people.Filter{Disabled: true})
	if err != nil {
		return err
	}
	pairs := make([]string, 0, 2*len(all))
	for _, p := range all {
		pairs = append(pairs, p.Email, p.Name)
	}
	names := strings.NewReplacer(pairs...)
	for _, r := range list {
		r.Bytes = []byte(names.Replace(string(r.Bytes)))
	}
	return nil
}

// textPage shows one version of one section's text, and what it changed.
func (s *Server) textPage(c *gin.Context) error {
	n, err := number(c)
	if err != nil {
		return err
	}
	at, err := strconv.ParseInt(c.Param("version"), 10, 64)
	if err != nil || at < 1 {
		return fault.NotFoundf(notThere)
	}
	ctx, section := c.Request.Context(), coe.SectionName(c.Param("section"))
	d, err := s.COEs.View(ctx, who(c), n)
	if err != nil {
		return err
	}
	if !working(c, d) {
		return fault.NotFoundf(notThere)
	}
	text, err := s.COEs.SectionAt(ctx, who(c), n, section, at)
	if err != nil {
		return err
	}
	before, err := s.COEs.SectionAt(ctx, who(c), n, section, at-1)
	if err != nil {
		return err
	}
	p := templates.NewTextPage(s.nav(c, fmt.Sprintf("%s, rev %d", section, at), "coes"), d, section, at, before, text)
	now := d.Section(section)
	if people.May(who(c), people.Edit, d.Resource()) && text != now.Text {
		p.Restore = &templates.Form{Action: c.Request.URL.Path, Version: now.Version, Submit: fmt.Sprintf("Store rev %d again as a new one", at)}
	}
	return render(c, http.StatusOK, templates.Revision, p)
}

// textRestore stores an earlier text again as the newest.
func (s *Server) textRestore(c *gin.Context) error {
	n, err := number(c)
	if err != nil {
		return err
	}
	at, err := strconv.ParseInt(c.Param("version"), 10, 64)
	if err != nil {
		return fault.NotFoundf(notThere)
	}
	ctx, section := c.Request.Context(), coe.SectionName(c.Param("section"))
	text, err := s.COEs.SectionAt(ctx, who(c), n, section, at)
	if err != nil {
		return err
	}
	now, err := s.COEs.SaveSection(ctx, who(c), n, section, version(c), text, coe.FromRestore)
	if err == nil && now.Text != text { // the text the form began with was the same, so nothing was stored
		err = fault.Conflictf("Somebody else changed this section meanwhile. Look at it, then go back to rev %d if it is still right.", at)
	}
	if err != nil {
		return err
	}
	return toEdit(c, n, templates.EditOf(section), "", nil)
}
