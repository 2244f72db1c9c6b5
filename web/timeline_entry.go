package web

import (
	"fmt"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"coetracker/coe"
	"coetracker/internal/fault"
	"coetracker/templates"
	"coetracker/timeline"
)

// entrySave changes one entry.
func (s *Server) entrySave(c *gin.Context) error {
	n, err := number(c)
	if err != nil {
		return err
	}
	key := c.Param("key")
	d, err := s.editable(c, n)
	if err != nil {
		return err
	}
	now, ok := entryOf(d, key)
	if !ok {
		return fault.NotFoundf("This entry is not there any more.")
	}
	kind := timeline.Kind(field(c, "kind"))
	isKey, raw := field(c, "is_key") != "", field(c, "raw") != ""
	e := timeline.Edit{Kind: &kind, DetectedHow: typed(c, "detected_how"), Text: typed(c, "text"), Who: typed(c, "who"), Evidence: typed(c, "evidence"), GapNote: typed(c, "gap_note"), IsKey: &isKey, Raw: &raw}
	if e.When, err = s.when(c, d, now); err == nil {
		_, err = s.Timeline.EditEntry(c.Request.Context(), who(c), d.COE.ID, key, version(c), e)
	}
	if err != nil {
		return s.refuseEntry(c, n, "entry", key, err)
	}
	return s.back(c, fmt.Sprintf("%s/edit/timeline#e-%s", coePath(n), key), templates.Flash{Text: "The entry is saved."})
}

func entryOf(d *coe.Document, key string) (timeline.Entry, bool) {
	for _, e := range d.Entries {
		if e.Key == key {
			return e, true
		}
	}
	return timeline.Entry{}, false
}

// gapSave says why nothing was written down behind an entry.
func (s *Server) gapSave(c *gin.Context) error {
	n, err := number(c)
	if err != nil {
		return err
	}
	h, err := s.COEs.ByNumber(c.Request.Context(), who(c), n)
	if err != nil {
		return err
	}
	key := c.Param("key")
	if _, err := s.Timeline.EditEntry(c.Request.Context(), who(c), h.ID, key, version(c), timeline.Edit{GapNote: typed(c, "gap_note")}); err != nil {
		return s.refuseEntry(c, n, "gap", key, err)
	}
	return s.back(c, fmt.Sprintf("%s/edit/timeline#e-%s", coePath(n), key), templates.Flash{Text: "The gap note is saved."})
}

// noneSave keeps why key moments did not happen.
func (s *Server) noneSave(c *gin.Context) error {
	n, err := number(c)
	if err != nil {
		return err
	}
	h, err := s.COEs.ByNumber(c.Request.Context(), who(c), n)
	if err != nil {
		return err
	}
	if nones := nonesEdit(c, h); nones != nil {
		_, err = s.COEs.EditHeader(c.Request.Context(), who(c), n, version(c), coe.HeaderEdit{NoneBecause: nones})
	}
	if err != nil {
		return s.refuseEntry(c, n, "none", "", err)
	}
	return s.back(c, coePath(n)+"/edit/timeline#none", templates.Flash{Text: "The reasons are saved."})
}

// refuseEntry shows the page again with the refused form as it was typed.
func (s *Server) refuseEntry(c *gin.Context, n int64, form, key string, err error) error {
	f, ok := fault.Of(err)
	if !ok || f.Kind != fault.Invalid && f.Kind != fault.Conflict {
		return err
	}
	r := templates.EntryRefusal{
		Form: form, Key: key, Error: templates.FieldError{Field: f.Field, Text: f.Text}, Faster: f.Kind == fault.Conflict,
		Typed: func(name string) []string { return c.PostFormArray(name) },
	}
	status := http.StatusUnprocessableEntity
	if r.Faster {
		status = http.StatusConflict
	}
	return s.showTimeline(c, status, n, templates.TimelineAsk{Refusals: []templates.EntryRefusal{r}})
}

// entriesDo does one thing with all chosen entries and offers to undo it.
func (s *Server) entriesDo(c *gin.Context) error {
	n, err := number(c)
	if err != nil {
		return err
	}
	h, err := s.COEs.ByNumber(c.Request.Context(), who(c), n)
	if err != nil {
		return err
	}
	keys, do := c.PostFormArray("e"), c.PostForm("do")
	undo, said, err := s.doChosen(c, h.ID, keys, do)
	if f, ok := fault.Of(err); ok && f.Kind == fault.Invalid {
		ask := templates.TimelineAsk{Keys: keys, Chosen: templates.ChosenForm{Zone: c.PostForm("zone"), Error: f.Text, Zoned: f.Field == "zone"}}
		return s.showTimeline(c, http.StatusUnprocessableEntity, n, ask)
	}
	if err != nil {
		return err
	}
	to := coePath(n) + "/edit/timeline"
	if len(undo) > 0 {
		to += "?" + undo.Encode()
	}
	return s.back(c, to, templates.Flash{Text: said})
}

func (s *Server) doChosen(c *gin.Context, coeID int64, keys []string, do string) (undo url.Values, said string, err error) {
	ctx, p := c.Request.Context(), who(c)
	var moved []timeline.Shifted
	switch do {
	case "zone":
		if field(c, "zone") == "" {
			return nil, "", fault.Invalidf("zone", "Say which zone they are: PST, UTC+02:00 or Europe/London.")
		}
		moved, err = s.Timeline.ShiftZone(ctx, p, coeID, keys, field(c, "zone"))
	case "day":
		moved, err = s.Timeline.ShiftDays(ctx, p, coeID, keys, 1)
	case "back":
		moved, err = s.Timeline.ShiftDays(ctx, p, coeID, keys, -1)
	case "hide":
		return nil, counted(len(keys), "hidden from the published timeline."), s.Timeline.Star(ctx, p, coeID, keys, false)
	case "star":
		return nil, counted(len(keys), "published."), s.Timeline.Star(ctx, p, coeID, keys, true)
	case "delete":
		return undoDelete(keys), counted(len(keys), "deleted."), s.Timeline.Delete(ctx, p, coeID, keys)
	default:
		err = fault.Invalidf("do", "Choose what to do with these entries.")
	}
	if err != nil {
		return nil, "", err
	}
	said = counted(len(moved), "moved.")
	odd := 0
	for _, m := range moved {
		if m.Odd {
			odd++
		}
	}
	if odd > 0 {
		said += " " + counted(odd, "in an hour that the clock skipped or showed twice; look at it.")
	}
	return undoShift(moved), said, nil
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 entry is " + what
	}
	return fmt.Sprintf("%d entries are %s", n, what)
}
