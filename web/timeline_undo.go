package web

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"coetracker/internal/fault"
	"coetracker/templates"
	"coetracker/timeline"
)

// An undo travels in the address of the page that offers it, so that nothing
// is kept on the server and going back offers it again. It can do nothing that
// its sender may not do, and a changed entry refuses it.
const (
	undoDeleted = "undelete"
	undoMoved   = "restamp"
	longestUndo = 20_000 // bytes of address
	widestUndo  = 2 << 20
)

// wasAt is a timeline.Shifted in few bytes.
type wasAt struct {
	Key       string             `json:"k"`
	Version   int64              `json:"v"`
	At        *time.Time         `json:"a,omitempty"`
	EndAt     *time.Time         `json:"e,omitempty"`
	Zone      string             `json:"z"`
	Precision timeline.Precision `json:"p"`
}

func undoDelete(keys []string) url.Values {
	return url.Values{"undo": {undoDeleted}, "was": {strings.Join(keys, ",")}}
}

// undoShift offers to put the times back; for very many entries there is no
// room in an address, and shifting back does the same.
func undoShift(moved []timeline.Shifted) url.Values {
	list := make([]wasAt, len(moved))
	for i, m := range moved {
		list[i] = wasAt{m.Key, m.Version, m.Was.At, m.Was.EndAt, m.Was.Zone, m.Was.Precision}
	}
	raw, err := json.Marshal(list)
	if err != nil {
		return nil
	}
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.BestCompression)
	_, _ = w.Write(raw)
	_ = w.Close()
	text := base64.RawURLEncoding.EncodeToString(b.Bytes())
	if len(text) > longestUndo {
		return nil
	}
	return url.Values{"undo": {undoMoved}, "was": {text}}
}

func movedBack(text string) ([]timeline.Shifted, error) {
	broken := fault.Invalidf("was", "This can no longer be undone. Shift the entries back instead.")
	packed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil, broken
	}
	raw, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), widestUndo))
	if err != nil {
		return nil, broken
	}
	var list []wasAt
	if err := json.Unmarshal(raw, &list); err != nil || len(list) == 0 {
		return nil, broken
	}
	out := make([]timeline.Shifted, len(list))
	for i, x := range list {
		out[i] = timeline.Shifted{Key: x.Key, Version: x.Version, Was: timeline.When{At: x.At, EndAt: x.EndAt, Zone: x.Zone, Precision: x.Precision}}
	}
	return out, nil
}

// undoOf reads from the address what the page offers to undo.
func undoOf(c *gin.Context) *templates.TimelineUndo {
	u := &templates.TimelineUndo{Do: c.Query("undo"), Was: c.Query("was")}
	switch u.Do {
	case undoDeleted:
		u.Text = "Deleted entries can be put back."
	case undoMoved:
		u.Text = "The times can be put back as they were."
	default:
		return nil
	}
	return u
}

// undo takes back what was done to several entries.
func (s *Server) undo(c *gin.Context) error {
	n, err := number(c)
	if err != nil {
		return err
	}
	h, err := s.COEs.ByNumber(c.Request.Context(), who(c), n)
	if err != nil {
		return err
	}
	if c.PostForm("do") == undoDeleted {
		err = s.Timeline.Undelete(c.Request.Context(), who(c), h.ID, strings.Split(c.PostForm("was"), ","))
	} else {
		var list []timeline.Shifted
		if list, err = movedBack(c.PostForm("was")); err == nil {
			err = s.Timeline.Restamp(c.Request.Context(), who(c), h.ID, list)
		}
	}
	if err != nil {
		return err
	}
	return s.back(c, fmt.Sprintf("%s/edit/timeline", coePath(n)), templates.Flash{Text: "It is as it was."})
}
