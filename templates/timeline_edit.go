package templates

import (
	"fmt"
	"html/template"
	"strings"
	"time"

	"coetracker/coe"
	"coetracker/timeline"
)

// TimelineEditPage is the timeline as it is written.
type TimelineEditPage struct {
	Frame
	Name      string // COE-17
	Number    int64
	State     Mark
	Outline   []OutlineItem
	Zone      string
	Sentences []string // what is out of order
	Groups    []TimelineEditGroup
	Raw       []TimelineEditRow // collected, not yet part of the timeline
	Strip     template.HTML
	Line      LineForm
	Paste     PasteForm
	Chosen    ChosenForm
	Nones     *NoneForm
	Undo      *TimelineUndo
	Next      NextLink
	Found     *EvidenceBox // what tools said that is not in the timeline yet
}

// TimelineEdit is the page of TimelineEditPage.
var TimelineEdit = page[TimelineEditPage]("timeline_edit.html")

// TimelineEditGroup is one phase.
type TimelineEditGroup struct {
	Class, Label, Note string
	Rows               []TimelineEditRow
}

// TimelineEditRow is one entry with what can be done with it, or a gap.
type TimelineEditRow struct {
	TimelineRow
	Name    string // which entry, for people who hear the page
	Chosen  bool
	Edit    string // address that opens its form
	Form    *EntryForm
	GapForm *EntryForm
	Start   string // address that begins an entry where a gap begins
	StartAt string
}

// EntryForm is the form of one entry.
type EntryForm struct {
	Form
	Open   bool
	Notice string
	Theirs []Fact // what somebody else saved meanwhile
}

// ChosenForm is what can be done with the chosen entries.
type ChosenForm struct {
	Zone  string
	Error string
	Zoned bool // the error is about the zone
}

// NoneForm takes reasons for key moments that did not happen.
type NoneForm struct {
	*EntryForm
	Missing string // in words
}

// PasteForm takes several lines at once.
type PasteForm struct {
	Text, Error string
	Draft       string
}

// TimelineUndo offers to take back what was just done to several entries.
type TimelineUndo struct {
	Do   string // undelete, restamp
	Was  string // what it takes
	Text string
}

// TimelineAsk says how the timeline is to be shown.
type TimelineAsk struct {
	Edit     string // key of the entry whose form is open
	After    string // key of the entry that the next line follows
	Line     string // what stands in the line
	Focus    bool
	Echo     *LineEcho
	Paste    PasteForm
	Chosen   ChosenForm
	Keys     []string // of the chosen entries
	Undo     *TimelineUndo
	Refusals []EntryRefusal
}

// EntryRefusal is a form of one entry that was not taken: it is shown again as
// it was typed.
type EntryRefusal struct {
	Form   string // "entry", "gap", "none"
	Key    string
	Error  FieldError
	Typed  func(name string) []string
	Theirs *timeline.Entry // as somebody else left it
	Faster bool            // somebody else was
}

// timelineEditor builds the forms of the page.
type timelineEditor struct {
	editor
	ask  TimelineAsk
	loc  *time.Location
	base string
	gaps map[string]time.Time // where a gap begins, by the entry before it
}

// NewTimelineEdit fills the page.
func NewTimelineEdit(f Frame, v View, findings []coe.Finding, ask TimelineAsk) TimelineEditPage {
	d := v.Document
	e := timelineEditor{editor: editor{View: v, d: d}, ask: ask, loc: d.COE.Location(), base: fmt.Sprintf("/coes/%d", d.COE.Number), gaps: map[string]time.Time{}}
	most := time.Duration(d.Policy().For(d.COE.Severity).GapMinutes) * time.Minute
	for _, g := range timeline.Gaps(d.Entries, most) {
		e.gaps[g.After.Key] = g.From
	}
	shown := NewTimelineView(d, v.Targets)
	p := TimelineEditPage{
		Frame: f, Name: d.COE.Name(), Number: d.COE.Number, State: StateMark(d.COE.State), Outline: OutlineOf(d, findings, "timeline"),
		Zone: shown.Zone, Sentences: shown.Sentences, Strip: shown.Strip, Chosen: ask.Chosen, Undo: ask.Undo, Next: nextOf(d, "timeline"),
	}
	p.Frame.Zone = d.COE.Zone
	for _, g := range shown.Groups {
		p.Groups = append(p.Groups, TimelineEditGroup{Class: g.Class, Label: g.Label, Note: g.Note, Rows: e.rows(g.Rows)})
	}
	p.Raw = e.rows(rawRows(d, e.loc))
	p.Line = LineForm{
		Action: e.base + "/timeline", EchoTo: e.base + "/timeline/echo", Draft: e.draft("timeline-line"), Label: "New entry: time, what happened, @who, #kind",
		Value: ask.Line, After: ask.After, Paste: "#pt", Focus: ask.Focus, Echo: TimelineLineHelp(),
	}
	if ask.Echo != nil {
		p.Line.Echo = *ask.Echo
	}
	p.Paste = ask.Paste
	p.Paste.Draft = e.draft("timeline-paste")
	p.Nones = e.nones()
	return p
}

// TimelineLineHelp stands under an empty line.
func TimelineLineHelp() LineEcho {
	return LineEcho{Parts: []EchoPart{{Words: "Such as ", Bold: "14:02 Rollback started @ana #deploy"}}}
}

// rawRows shows the entries that are collected but not published.
func rawRows(d *coe.Document, loc *time.Location) []TimelineRow {
	var out []TimelineRow
	last := ""
	for _, e := range d.Entries {
		if !e.Raw {
			continue
		}
		row := timelineRow(e, loc, nil)
		if e.At != nil {
			if day := e.At.In(loc).Format("Mon 2 Jan"); day != last {
				row.Day, last = day, day
			}
		}
		out = append(out, row)
	}
	return out
}

func (e timelineEditor) rows(rows []TimelineRow) []TimelineEditRow {
	out := make([]TimelineEditRow, len(rows))
	for i, r := range rows {
		out[i] = e.row(r)
	}
	return out
}

func (e timelineEditor) row(r TimelineRow) TimelineEditRow {
	row := TimelineEditRow{TimelineRow: r}
	x, ok := e.entry(func(x timeline.Entry) bool { return x.ID == r.ID })
	if !ok {
		return row
	}
	if r.Gap != "" {
		row.GapForm = e.gapForm(x)
		at := e.gaps[x.Key].In(e.loc)
		row.StartAt, row.Start = at.Format("15:04"), fmt.Sprintf("%s/edit/timeline?at=%s&after=%s#new", e.base, template.URLQueryEscaper(at.Format("2006-01-02 15:04 ")), x.Key)
		return row
	}
	row.Name = strings.TrimSpace(row.Time + " " + clipped(r.Plain, 40))
	row.Edit = fmt.Sprintf("%s/edit/timeline?edit=%s#e-%s", e.base, x.Key, x.Key)
	for _, k := range e.ask.Keys {
		row.Chosen = row.Chosen || k == x.Key
	}
	if r := e.refusal("entry", x.Key); r != nil || e.ask.Edit == x.Key {
		row.Form = e.entryForm(x, r)
	}
	return row
}

func (e timelineEditor) entry(is func(timeline.Entry) bool) (timeline.Entry, bool) {
	for _, x := range e.d.Entries {
		if is(x) {
			return x, true
		}
	}
	return timeline.Entry{}, false
}

func (e timelineEditor) refusal(form, key string) *EntryRefusal {
	for i := range e.ask.Refusals {
		if r := &e.ask.Refusals[i]; r.Form == form && r.Key == key {
			return r
		}
	}
	return nil
}

// entryForm is the form of one entry, as it is stored or as it was typed.
func (e timelineEditor) entryForm(x timeline.Entry, r *EntryRefusal) *EntryForm {
	f := EntryForm{Form: Form{
		Action: e.base + "/timeline/" + x.Key, Submit: "Save the entry", Version: x.Version, Draft: e.draft("entry-" + x.Key),
		Cancel: fmt.Sprintf("%s/edit/timeline#e-%s", e.base, x.Key), Leave: "Leave it as it is",
	}}
	f.Fields = named(entryFields(x), "x")
	return f.refused(r)
}

func (e timelineEditor) gapForm(x timeline.Entry) *EntryForm {
	note := Field{Kind: "area", Name: "gap_note", ID: "gap-" + x.Key, Label: "Gap note", Hint: "What was happening, or why nothing was written down.", Value: x.GapNote, Rows: 2}
	f := EntryForm{Form: Form{Action: e.base + "/timeline/" + x.Key + "/gap", Submit: "Save the gap note", Version: x.Version, Draft: e.draft("gap-" + x.Key), Fields: []Field{note}}}
	return f.refused(e.refusal("gap", x.Key))
}

// refused shows a form again as it was typed. After a conflict its version is
// the newest, because what is shown is what it replaces.
func (f EntryForm) refused(r *EntryRefusal) *EntryForm {
	if r == nil {
		return &f
	}
	f.Open = true
	now := f.Fields
	f.Form = f.Fill(r.Typed)
	if !r.Faster {
		f.Form = f.Form.Refuse(r.Error)
		f.Version = begun(r.Typed, f.Version)
		return &f
	}
	f.Notice = "Somebody else changed this meanwhile. Nothing is lost: theirs is stored, yours stands in the form. Save to put yours in its place."
	f.Theirs, f.Leave = differing(now, f.Fields), "Keep theirs"
	return &f
}

// entryFields is everything an entry holds.
func entryFields(x timeline.Entry) []Field {
	at, until := EntryTime(x)
	fields := []Field{
		{Kind: "text", Name: "time", Label: "Time", Hint: "Any way of writing it: 14:02, ~14:02, +5, ??:??.", Value: at, Auto: "off", Required: true},
		{Kind: "text", Name: "end", Label: "Until", Hint: "Only for a span.", Value: until, Auto: "off"},
		{Kind: "text", Name: "zone", Label: "Zone of this time", Value: x.Zone, Auto: "off"},
		{Kind: "select", Name: "kind", Label: "Kind", Options: entryKinds(x.Kind)},
		{Kind: "select", Name: "detected_how", Label: "How it was detected", Hint: "Only for the kind Detected.", Options: choices(x.DetectedHow, "not said", timeline.DetectedHows(), sentence)},
		{Kind: "area", Name: "text", Label: "What happened", Value: x.Text, Rows: 3},
		{Kind: "text", Name: "who", Label: "Who, as a role", Value: x.Who, Auto: "off"},
		{Kind: "area", Name: "evidence", Label: "Evidence", Hint: "One a line: an address, or [its name](its address).", Value: x.Evidence, Rows: 2},
		{Kind: "area", Name: "gap_note", Label: "Gap note", Hint: "Why nothing is written down between this entry and the next.", Value: x.GapNote, Rows: 2},
		{Kind: "check", Name: "is_key", Label: "This entry is the key moment of its kind", Checked: x.IsKey},
		{Kind: "check", Name: "raw", Label: "Keep it out of the published timeline", Checked: x.Raw},
	}
	return fields
}

func entryKinds(chosen timeline.Kind) []Option {
	var out []Option
	for _, k := range timeline.Kinds() {
		out = append(out, Option{Value: string(k), Label: k.Label(), Selected: k == chosen})
	}
	return out
}

// EntryTime writes an entry's time, and the end of its span, as a form takes
// them; nothing that is stored is left out.
func EntryTime(x timeline.Entry) (at, until string) {
	if x.At == nil || x.Precision == timeline.Unknown {
		return "??:??", ""
	}
	at = stamp(x.At.In(x.Location()))
	if x.Precision == timeline.Approximate {
		at = "~" + at
	}
	if x.EndAt != nil {
		until = stamp(x.EndAt.In(x.Location()))
	}
	return at, until
}

func stamp(t time.Time) string {
	switch {
	case t.Nanosecond() != 0:
		return t.Format("2006-01-02 15:04:05.000000")
	case t.Second() != 0:
		return t.Format("2006-01-02 15:04:05")
	}
	return t.Format("2006-01-02 15:04")
}

// nones takes reasons for the key moments that are missing.
func (e timelineEditor) nones() *NoneForm {
	reasons := e.d.COE.Nones()
	f := EntryForm{Form: Form{Action: e.base + "/timeline/none", Submit: "Save the reasons", Version: e.d.COE.Version, Draft: e.draft("timeline-none")}}
	var missing []string
	for _, k := range timeline.KeyMoments() {
		if _, ok := timeline.KeyMoment(e.d.Entries, k); ok {
			continue
		}
		label := strings.ToLower(k.Label())
		f.Fields = append(f.Fields, Field{Kind: "text", Name: "none_" + string(k), Label: "No “" + label + "” because", Value: reasons[k], Auto: "off"})
		if reasons[k] == "" {
			missing = append(missing, label)
		}
	}
	if len(f.Fields) == 0 {
		return nil
	}
	return &NoneForm{EntryForm: f.refused(e.refusal("none", "")), Missing: strings.Join(missing, ", ")}
}

// TimelineEcho says what was understood of a typed line.
func TimelineEcho(d *coe.Document, l timeline.Line, answers []Option) LineEcho {
	if !l.HasTime {
		return LineEcho{Warning: "No time yet. Begin with one such as 14:02, +5, T+10m, or ??:?? when nobody knows it."}
	}
	if l.Ask != "" {
		return LineEcho{Error: l.Ask, Answers: answers}
	}
	e := LineEcho{Warning: l.Warning, Parts: []EchoPart{{Words: "Understood: ", Bold: l.Echo}}}
	if l.DayMoved {
		e.Warning = strings.TrimSpace("The time goes back by more than 6 h, so the next day was taken. " + e.Warning)
	}
	if n, ok := l.Kind.KeyMoment(); ok {
		e.Parts = append(e.Parts, EchoPart{Words: "key moment ", Bold: fmt.Sprintf("%d, %s", n, strings.ToLower(l.Kind.Label()))})
	} else if l.Kind != timeline.Note {
		e.Parts = append(e.Parts, EchoPart{Words: "kind ", Bold: strings.ToLower(l.Kind.Label())})
	}
	if l.Who != "" {
		e.Parts = append(e.Parts, EchoPart{Words: "by ", Bold: l.Who})
	}
	if p, ok := endsPhase(d, l); ok {
		e.Parts = append(e.Parts, p)
	}
	return e
}

// endsPhase says which phase an entry would end, and how long it took.
func endsPhase(d *coe.Document, l timeline.Line) (EchoPart, bool) {
	phases := map[timeline.Kind]timeline.Phase{timeline.Detected: timeline.Detect, timeline.Engaged: timeline.Engage, timeline.Mitigated: timeline.Mitigate, timeline.Resolved: timeline.Resolve}
	phase, ok := phases[l.Kind]
	if !ok || l.At == nil {
		return EchoPart{}, false
	}
	with := append([]timeline.Entry{}, d.Entries...)
	with = append(with, timeline.Entry{At: l.At, Kind: l.Kind, Text: l.Text, Precision: l.Precision, Key: "new", Rank: "zzzz"})
	for _, g := range timeline.Phases(with) {
		if g.Phase == phase && g.Length != nil && !g.Open {
			return EchoPart{Words: "ends phase ", Bold: string(phase) + ", " + Length(*g.Length)}, true
		}
	}
	return EchoPart{}, false
}
