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

// showEvidence fills the read page with the experiments, deployments and
// rollbacks of the document, and with what else may belong to it.
func (s *Server) showEvidence(c *gin.Context, p *templates.COEPage, d *coe.Document) error {
	refs, err := s.COEs.ReferencesOf(c.Request.Context(), d)
	if err != nil {
		return err
	}
	experiments, err := s.COEs.ExperimentsOf(c.Request.Context(), d)
	if err != nil {
		return err
	}
	var found coe.Suggested
	if people.May(who(c), people.Edit, d.Resource()) {
		if found, err = s.COEs.SuggestedFor(c.Request.Context(), who(c), d); err != nil {
			return err
		}
	}
	p.ShowEvidence(d, refs, experiments, found)
	return nil
}

// evidencePage is where what tools said is taken into a document.
func (s *Server) evidencePage(c *gin.Context) error {
	n, err := number(c)
	if err != nil {
		return err
	}
	return s.showCollect(c, http.StatusOK, n, templates.EvidenceAsk{})
}

func (s *Server) showCollect(c *gin.Context, status int, n int64, ask templates.EvidenceAsk) error {
	d, err := s.editable(c, n)
	if err != nil {
		return err
	}
	found, err := s.COEs.SuggestedFor(c.Request.Context(), who(c), d)
	if err != nil {
		return err
	}
	list, err := s.COEs.EvidenceOf(c.Request.Context(), who(c), d)
	if err != nil {
		return err
	}
	f := s.nav(c, "Editing "+d.COE.Name()+": evidence", "coes", templates.Key{Press: "j k", Does: "down, up"})
	return render(c, status, templates.CollectEvidence, templates.NewEvidencePage(f, s.view(c, d), s.findings(d), found, list, ask))
}

// refuseCollect shows the page again with what was typed, and the refusal
// beside its field.
func (s *Server) refuseCollect(c *gin.Context, n int64, err error) error {
	f, ok := fault.Of(err)
	if !ok || f.Kind != fault.Invalid {
		return err
	}
	ask := templates.EvidenceAsk{Typed: func(name string) []string { return c.PostFormArray(name) }, Error: templates.FieldError{Field: f.Field, Text: f.Text}}
	return s.showCollect(c, http.StatusUnprocessableEntity, n, ask)
}

// ticked is the item of the address that stands for all ticked ones.
const ticked = "ticked"

// evidenceAccept takes one item over, or all that are ticked.
func (s *Server) evidenceAccept(c *gin.Context) error {
	n, err := number(c)
	if err != nil {
		return err
	}
	ids := []string{c.Param("item")}
	if ids[0] == ticked {
		ids = c.PostFormArray("item")
	}
	list := make([]coe.AcceptItem, len(ids))
	for i, x := range ids {
		if list[i], err = acceptItem(c, x); err != nil {
			return err
		}
	}
	if err := s.COEs.AcceptAll(c.Request.Context(), who(c), n, list); err != nil {
		return s.refuseCollect(c, n, err)
	}
	said := "It is in the timeline."
	if len(list) > 1 {
		said = fmt.Sprintf("%d are in the timeline.", len(list))
	}
	return s.back(c, evidencePath(n), templates.Flash{Text: said})
}

// acceptItem reads the fields of one item.
func acceptItem(c *gin.Context, item string) (coe.AcceptItem, error) {
	num, err := id(item)
	if err != nil {
		return coe.AcceptItem{}, err
	}
	e := coe.AcceptEdit{Role: coe.Role(field(c, "role-"+item)), Relation: coe.Relation(field(c, "relation-"+item)), Text: c.PostForm("text-" + item)}
	return coe.AcceptItem{ItemID: num, AcceptEdit: e}, nil
}

func evidencePath(n int64) string { return coePath(n) + "/edit/evidence" }

// evidenceDismiss keeps an item from being suggested again.
func (s *Server) evidenceDismiss(c *gin.Context) error {
	n, item, err := evidenceItem(c)
	if err != nil {
		return err
	}
	reason := "reason-" + c.Param("item")
	if err := s.COEs.Dismiss(c.Request.Context(), who(c), n, item, c.PostForm(reason)); err != nil {
		if f, ok := fault.Of(err); ok && f.Kind == fault.Invalid {
			err = fault.Invalidf(reason, "%s", f.Text)
		}
		return s.refuseCollect(c, n, err)
	}
	return s.back(c, evidencePath(n), templates.Flash{Text: "It is not suggested any more."})
}

// evidenceReconsider takes a decision back.
func (s *Server) evidenceReconsider(c *gin.Context) error {
	n, item, err := evidenceItem(c)
	if err != nil {
		return err
	}
	out, err := s.COEs.Reconsider(c.Request.Context(), who(c), n, item)
	if err != nil {
		return s.refuseCollect(c, n, err)
	}
	return s.back(c, evidencePath(n), templates.Flash{Text: undoneWords(out)})
}

// undoneWords say what was taken out, and what stays because people wrote in it.
func undoneWords(u coe.Undone) string {
	out := []string{"It may be suggested again."}
	if u.Entries == 1 {
		out = append(out, "Its timeline entry is gone.")
	} else if u.Entries > 1 {
		out = append(out, fmt.Sprintf("%d timeline entries are gone.", u.Entries))
	}
	if u.KeptEntries > 0 {
		out = append(out, fmt.Sprintf("%d of its entries stay, because somebody changed them.", u.KeptEntries))
	}
	if u.KeptLink {
		out = append(out, "Its row under Related stays, because somebody changed it.")
	}
	return strings.Join(out, " ")
}

// evidenceRole changes what an item was for the event.
func (s *Server) evidenceRole(c *gin.Context) error {
	n, item, err := evidenceItem(c)
	if err != nil {
		return err
	}
	err = s.COEs.SetEvidenceRole(c.Request.Context(), who(c), n, item, coe.Role(field(c, "role")), coe.Relation(field(c, "relation")))
	if err != nil {
		return s.refuseCollect(c, n, err)
	}
	return s.back(c, evidencePath(n), templates.Flash{Text: "Saved. Related says so too."})
}

func evidenceItem(c *gin.Context) (n, item int64, err error) {
	if n, err = number(c); err != nil {
		return 0, 0, err
	}
	item, err = id(c.Param("item"))
	return n, item, err
}

// openFromItem opens a COE from a run or a change with one click. One that was
// opened before is shown instead.
func (s *Server) openFromItem(c *gin.Context) error {
	num, err := id(c.Param("id"))
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	_, before, err := s.COEs.OpenedFrom(ctx, who(c), num)
	if err != nil {
		return err
	}
	opened, err := s.COEs.CreateFrom(ctx, who(c), num)
	if f, ok := fault.Of(err); ok && f.Kind == fault.Invalid {
		return s.back(c, strings.TrimSuffix(c.Request.URL.Path, "/coe"), templates.Flash{Kind: "bad", Text: f.Text})
	}
	if err != nil {
		return err
	}
	said := opened.Name() + " is open. Read what was filled in, and say who was affected."
	if before {
		said = opened.Name() + " was opened from this already."
	}
	return s.back(c, coePath(opened.Number), templates.Flash{Text: said})
}

// draftAnswer shows the questions with the answer to C2 drafted from a change.
// Nothing is stored before the person saves it.
func (s *Server) draftAnswer(c *gin.Context, n int64) error {
	d, err := s.editable(c, n)
	if err != nil {
		return err
	}
	list, err := s.COEs.EvidenceOf(c.Request.Context(), who(c), d)
	if err != nil {
		return err
	}
	text := strings.TrimSpace(d.Answers["C2"].Text)
	for _, l := range list {
		if strconv.FormatInt(l.Item.ID, 10) == c.Query("draft") && l.Decision.Decision == coe.Accepted {
			text = strings.TrimSpace(text + "\n\n" + coe.ChangeDraft(&l.Item, d.Impacts))
		}
	}
	typed := func(name string) []string {
		if name == "C2.text" {
			return []string{text}
		}
		return nil
	}
	return s.showEdit(c, http.StatusOK, n, templates.EditAsk{Part: "questions", Refusals: []templates.Refusal{{Form: "C2", Typed: typed}}})
}
