package web

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"coetracker/coe"
	"coetracker/internal/fault"
	"coetracker/people"
	"coetracker/templates"
	"coetracker/timeline"
)

// pasted is several lines with the day and the zone they are read in.
type pasted struct {
	text, day, zone string
	take            []string // ticked rows; nil before anybody ticked
	all             bool     // tick every row
	refused         string   // why they were not stored
}

func pastedForm(c *gin.Context) pasted {
	return pasted{text: strings.ReplaceAll(c.PostForm("text"), "\r\n", "\n"), day: field(c, "day"), zone: field(c, "zone")}
}

// mark tells whether what is taken is what was shown.
func (p pasted) mark() string {
	sum := sha256.Sum256([]byte(p.day + "\x00" + p.zone + "\x00" + p.text))
	return hex.EncodeToString(sum[:12])
}

// pastePreview shows what is understood of pasted lines; nothing is stored.
func (s *Server) pastePreview(c *gin.Context) error {
	n, err := number(c)
	if err != nil {
		return err
	}
	p := pastedForm(c)
	if c.PostForm("tick") == "none" {
		p.take = []string{}
	}
	p.all = c.PostForm("tick") == "all"
	return s.showPaste(c, http.StatusOK, n, p)
}

func (s *Server) showPaste(c *gin.Context, status int, n int64, p pasted) error {
	d, err := s.editable(c, n)
	if err != nil {
		return err
	}
	list, err := s.understand(d, &p)
	page := templates.PastePage{Frame: s.nav(c, "Paste into "+d.COE.Name(), "coes", templates.Key{Press: "j k", Does: "down, up"}), Name: d.COE.Name(), Number: n}
	if f, ok := fault.Of(err); ok && f.Kind == fault.Invalid {
		status = http.StatusUnprocessableEntity
		switch f.Field {
		case "day":
			page.DayError = f.Text
		case "zone":
			page.ZoneError = f.Text
		default:
			page.Error = f.Text
		}
	} else if err != nil {
		return err
	}
	if err == nil && len(list) == 0 {
		return s.showTimeline(c, http.StatusUnprocessableEntity, n, templates.TimelineAsk{Paste: templates.PasteForm{Text: p.text, Error: "No line with a time was found. Each entry begins with a time such as 14:02."}})
	}
	page.Text, page.Day, page.Zone, page.Read = p.text, p.day, p.zone, p.mark()
	page.Lines = strings.Count(strings.TrimRight(p.text, "\n"), "\n") + 1
	page.Rows = templates.NewProposedRows(list, func(i int) bool {
		if p.take == nil {
			return p.all || list[i].Ticked
		}
		return slices.Contains(p.take, strconv.Itoa(i))
	})
	for _, r := range page.Rows {
		if r.Ticked {
			page.Ticked++
		}
	}
	page.Intro = fmt.Sprintf("%d lines, %d entries understood, %d ticked. Tick what belongs to the story; nothing is stored until you take it.", page.Lines, len(page.Rows), page.Ticked)
	if p.refused != "" {
		page.Error = p.refused
	}
	return render(c, status, templates.Paste, page)
}

// understand reads the lines. Day and zone that were not asked yet are those
// of the timeline so far.
func (s *Server) understand(d *coe.Document, p *pasted) ([]timeline.Proposed, error) {
	if p.zone == "" {
		p.zone = d.COE.Zone
	}
	loc, name, err := timeline.LoadZone(p.zone)
	if err != nil {
		return nil, err
	}
	in := timeline.Context{Zone: loc, ZoneName: name, Now: s.Calendar()}
	if start, ok := timeline.KeyMoment(d.Entries, timeline.ImpactStart); ok {
		in.ImpactStart = start.At
	}
	if at := pasteDay(d); at != nil && p.day == "" {
		p.day = string(people.DayOf(*at, loc))
	}
	if p.day != "" {
		day, err := people.ParseDay(p.day)
		if err != nil {
			return nil, fault.Invalidf("day", "%q is not a day. Write it as 2025-10-15.", p.day)
		}
		from := day.Midnight(loc)
		in.Window = &from
	}
	if err := bounded(p.text); err != nil {
		return nil, err
	}
	list := timeline.ParsePaste(p.text, in)
	for i := range list {
		if stands(d, list[i]) {
			list[i].Ticked, list[i].Warning = false, strings.TrimSpace(list[i].Warning+" It stands in the timeline already.")
		}
	}
	return list, nil
}

// What one paste may hold: timeline reads no more bytes of it, and a preview of
// more lines is too long for a page.
const (
	largestPaste = 1 << 20
	longestPaste = 5000 // lines
)

// bounded refuses a paste of which a part would be left unread, or which makes
// a page that no browser shows.
func bounded(text string) error {
	if len(text) > largestPaste {
		return fault.Invalidf("text", "This is more than 1 MB. Paste it in pieces.")
	}
	if n := strings.Count(text, "\n") + 1; n > longestPaste {
		return fault.Invalidf("text", "These are %d lines. Paste at most %d at once.", n, longestPaste)
	}
	return nil
}

// stands reports whether the timeline holds this entry already.
func stands(d *coe.Document, p timeline.Proposed) bool {
	return slices.ContainsFunc(d.Entries, func(e timeline.Entry) bool {
		return e.Text == p.Text && sameMinute(e.At, p.At)
	})
}

func sameMinute(a, b *time.Time) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Truncate(time.Minute).Equal(b.Truncate(time.Minute))
}

// pasteTake stores the ticked entries, all or none. What is stored is what was
// shown: a text that changed since is shown again.
func (s *Server) pasteTake(c *gin.Context) error {
	n, err := number(c)
	if err != nil {
		return err
	}
	p := pastedForm(c)
	p.take = append([]string{}, c.PostFormArray("take")...)
	if c.PostForm("read") != p.mark() {
		p.take, p.refused = nil, "The lines, the day or the zone changed since they were understood. Look at them again, then take them."
		return s.showPaste(c, http.StatusUnprocessableEntity, n, p)
	}
	d, err := s.editable(c, n)
	if err != nil {
		return err
	}
	list, err := s.understand(d, &p)
	if err != nil {
		return err
	}
	var edits []timeline.Edit
	for i, x := range list {
		if slices.Contains(p.take, strconv.Itoa(i)) {
			edits = append(edits, x.Accept(timeline.SourcePasted))
		}
	}
	if len(edits) == 0 {
		p.refused = "Tick the entries that are to be taken."
		return s.showPaste(c, http.StatusUnprocessableEntity, n, p)
	}
	stored, err := s.Timeline.AddMany(c.Request.Context(), who(c), d.COE.ID, edits)
	if f, ok := fault.Of(err); ok && f.Kind == fault.Invalid {
		p.refused = f.Text
		return s.showPaste(c, http.StatusUnprocessableEntity, n, p)
	}
	if err != nil {
		return err
	}
	keys := make([]string, len(stored))
	for i, e := range stored {
		keys[i] = e.Key
	}
	return s.back(c, coePath(n)+"/edit/timeline", templates.Flash{Text: counted(len(keys), "taken.")})
}
