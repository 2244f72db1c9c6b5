package web

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"coetracker/coe"
	"coetracker/internal/fault"
	"coetracker/people"
	"coetracker/templates"
	"coetracker/timeline"
)

// timelinePage is the timeline as it is written. The address may open an
// entry's form (edit), begin a line (at), say which entry the next line
// follows (after), and offer to undo what was done to several.
func (s *Server) timelinePage(c *gin.Context) error {
	n, err := number(c)
	if err != nil {
		return err
	}
	ask := templates.TimelineAsk{Edit: c.Query("edit"), Line: c.Query("at"), After: c.Query("after"), Focus: c.Query("at") != "" || c.Query("after") != ""}
	ask.Undo = undoOf(c)
	return s.showTimeline(c, http.StatusOK, n, ask)
}

func (s *Server) showTimeline(c *gin.Context, status int, n int64, ask templates.TimelineAsk) error {
	d, err := s.editable(c, n)
	if err != nil {
		return err
	}
	f := s.nav(c, "Editing "+d.COE.Name()+": timeline", "coes", templates.Key{Press: "a", Does: "new entry"}, templates.Key{Press: "j k", Does: "down, up"})
	found, err := s.COEs.SuggestedFor(c.Request.Context(), who(c), d)
	if err != nil {
		return err
	}
	p := templates.NewTimelineEdit(f, s.view(c, d), s.findings(d), ask)
	p.Found = templates.NewEvidenceBox(d, found)
	return render(c, status, templates.TimelineEdit, p)
}

// lineTimes is what a time typed into the line is read against: the entry it
// follows, else the last of the timeline.
func (s *Server) lineTimes(d *coe.Document, after string) timeline.Context {
	in := s.timesOf(d.COE)
	if start, ok := timeline.KeyMoment(d.Entries, timeline.ImpactStart); ok {
		in.ImpactStart = start.At
	}
	for _, e := range d.Entries {
		if e.At != nil && !e.Raw {
			in.Previous = e.At
		}
	}
	for _, e := range d.Entries {
		if e.Key == after && e.At != nil {
			in.Previous = e.At
		}
	}
	return in
}

// entryAdd stores an entry typed on one line; several lines are shown first.
func (s *Server) entryAdd(c *gin.Context) error {
	n, err := number(c)
	if err != nil {
		return err
	}
	line := c.PostForm("line")
	if answer := c.PostForm("answer"); answer != "" {
		line = answer
	}
	if strings.ContainsAny(strings.TrimSpace(line), "\r\n") {
		return s.showPaste(c, http.StatusOK, n, pasted{text: line})
	}
	d, err := s.editable(c, n)
	if err != nil {
		return err
	}
	after := field(c, "after")
	parsed, err := timeline.ParseLine(line, s.lineTimes(d, after))
	if err == nil {
		err = refusedLine(line, parsed)
	}
	var e timeline.Entry
	if err == nil {
		e, err = s.Timeline.Add(c.Request.Context(), who(c), d.COE.ID, newEntry(parsed, d, after))
	}
	if f, ok := fault.Of(err); ok && f.Kind == fault.Invalid {
		echo := s.echo(d, line, after)
		echo.Error = f.Text
		return s.showTimeline(c, http.StatusUnprocessableEntity, n, templates.TimelineAsk{Line: line, After: after, Focus: true, Echo: &echo})
	}
	if err != nil {
		return err
	}
	said := "The entry is stored."
	if e.At != nil {
		said = e.At.In(d.COE.Location()).Format("Mon 2 Jan 15:04 MST") + " is stored."
	}
	return s.back(c, coePath(n)+"/edit/timeline?"+url.Values{"after": {e.Key}}.Encode()+"#new", templates.Flash{Text: said})
}

// refusedLine says why a line cannot be stored as it was understood.
func refusedLine(line string, parsed timeline.Line) error {
	switch {
	case strings.TrimSpace(line) == "":
		return fault.Invalidf("line", "Type a time, then what happened.")
	case !parsed.HasTime:
		return fault.Invalidf("line", "Begin with a time such as 14:02, or with ??:?? when nobody knows it.")
	case parsed.Ask != "":
		return fault.Invalidf("line", "%s", parsed.Ask)
	case parsed.Text == "":
		return fault.Invalidf("line", "Say what happened, behind the time.")
	}
	return nil
}

// newEntry is what a line stores. An entry without a time goes behind the one
// it was typed after.
func newEntry(l timeline.Line, d *coe.Document, after string) timeline.Edit {
	source := timeline.SourceTyped
	e := timeline.Edit{When: &timeline.When{At: l.At, EndAt: l.EndAt, Zone: l.Zone, Precision: l.Precision}, Kind: &l.Kind, DetectedHow: &l.DetectedHow, Text: &l.Text, Who: &l.Who, Source: &source}
	if l.At == nil {
		for _, x := range d.Entries {
			if x.Key == after || after == "" {
				e.After = x.Key
			}
		}
	}
	return e
}

// entryEcho says what is understood of a line while it is typed.
func (s *Server) entryEcho(c *gin.Context) error {
	n, err := number(c)
	if err != nil {
		return err
	}
	d, err := s.COEs.Load(c.Request.Context(), who(c), n)
	if err == nil && !working(c, d) { // +5 must not tell the times of entries that are not out yet
		d, err = s.COEs.Issued(c.Request.Context(), who(c), d)
	}
	if err != nil {
		return err
	}
	return render(c, http.StatusOK, templates.Echo, s.echo(d, c.PostForm("line"), field(c, "after")))
}

func (s *Server) echo(d *coe.Document, line, after string) templates.LineEcho {
	if strings.TrimSpace(line) == "" {
		return templates.TimelineLineHelp()
	}
	parsed, err := timeline.ParseLine(line, s.lineTimes(d, after))
	if f, ok := fault.Of(err); ok {
		return templates.LineEcho{Error: f.Text}
	}
	return templates.TimelineEcho(d, parsed, answered(line, parsed.Choices))
}

// answered writes each possible answer to a question about a time into the
// line: in place of the zone that was typed, else behind the time.
func answered(line string, choices []string) []templates.Option {
	st, n, ok := timeline.Scan(line, timeline.Typed)
	if !ok {
		return nil
	}
	head, rest := strings.TrimRight(line[:n], " "), strings.TrimLeft(line[n:], " ")
	var out []templates.Option
	for _, zone := range choices {
		with := head + " " + zone
		if st.Zone != "" {
			with = strings.ReplaceAll(head, st.Zone, zone)
		}
		out = append(out, templates.Option{Value: with + " " + rest, Label: zone})
	}
	return out
}

// when reads the time of an entry's form. A time that reads as it is stored
// stays what it is, to the microsecond.
func (s *Server) when(c *gin.Context, d *coe.Document, now timeline.Entry) (*timeline.When, error) {
	text, until, zone := field(c, "time"), field(c, "end"), field(c, "zone")
	if at, end := templates.EntryTime(now); text == at && until == end && zone == now.Zone {
		return nil, nil
	}
	loc, name, err := timeline.LoadZone(zone)
	if err != nil {
		return nil, err
	}
	in := s.entryTimes(d, now, loc, text)
	in.Zone, in.ZoneName = loc, name
	u, err := formTime("time", text, in)
	if err != nil {
		return nil, err
	}
	w := &timeline.When{At: u.At, EndAt: u.EndAt, Zone: u.Zone, Precision: u.Precision}
	if until == "" || u.At == nil {
		return w, nil
	}
	in.Previous = u.At
	end, err := formTime("end", until, in)
	if err != nil {
		return nil, err
	}
	if end.At == nil || end.At.Before(*u.At) {
		return nil, fault.Invalidf("end", "The span ends before it begins. Check both times.")
	}
	w.EndAt = end.At
	return w, nil
}

// entryTimes is what the time of a stored entry is read against: its own day,
// and the entry before it for a time such as +5.
func (s *Server) entryTimes(d *coe.Document, now timeline.Entry, loc *time.Location, text string) timeline.Context {
	in := s.lineTimes(d, "")
	in.Previous = nil
	var before *time.Time
	for _, e := range d.Entries {
		if e.Key == now.Key {
			break
		}
		if e.At != nil {
			before = e.At
		}
	}
	if now.At != nil {
		day := people.DayOf(*now.At, loc).Midnight(loc)
		in.Window = &day
	}
	if before != nil && strings.HasPrefix(strings.TrimSpace(text), "+") {
		in.Previous = before
	}
	return in
}

// formTime reads a field that holds one time and nothing else.
func formTime(name, text string, in timeline.Context) (timeline.Understood, error) {
	u, rest, err := timeline.ParseTime(text, in)
	if f, ok := fault.Of(err); ok {
		return u, fault.Invalidf(name, "%s", f.Text)
	}
	switch {
	case err != nil:
		return u, err
	case rest != "":
		return u, fault.Invalidf(name, "Only a time belongs here; %q was not understood.", rest)
	case u.Ask != "":
		return u, fault.Invalidf(name, "%s Write the answer behind the time, or as its zone.", u.Ask)
	}
	return u, nil
}

// pasteDay is the moment on whose day a paste begins: the last entry, else the
// start of the event.
func pasteDay(d *coe.Document) *time.Time {
	at := d.COE.WindowStart
	for _, e := range d.Entries {
		if e.At != nil && !e.Raw {
			at = e.At
		}
	}
	return at
}
