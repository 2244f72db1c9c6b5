package coe

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"

	"coetracker/actions"
	"coetracker/coe/importer"
	"coetracker/internal/db"
	"coetracker/internal/fault"
	"coetracker/people"
	"coetracker/timeline"
)

// header makes the header of the draft.
func (in *reviewIn) header(context.Context) error {
	n := New{
		Title: in.title(), Kind: in.o.Kind, Severity: in.o.Severity, OwnerID: in.o.OwnerID, TeamID: in.o.TeamID, Zone: in.o.Zone,
		WindowStart: in.r.Started, WindowEnd: in.r.Resolved,
	}
	if n.Kind == "" {
		n.Kind = Incident
	}
	if n.Severity == 0 {
		n.Severity = SeverityOf(in.r.Severity)
	}
	if n.Zone == "" {
		n.Zone = in.r.Zone
	}
	if in.r.Started != nil && in.r.Resolved != nil && in.r.Resolved.Before(*in.r.Started) {
		n.WindowEnd = nil
	}
	c, err := in.s.prepare(in.p, n)
	if err != nil {
		return err
	}
	uid, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("name a COE: %w", err)
	}
	c.UID, c.OriginSHA256 = uid.String(), in.sha256
	in.d.COE = c
	return nil
}

// maxTitle is how many characters the title of a document has at most.
const maxTitle = 200

// title gives the title, shortened where the review's is too long.
func (in *reviewIn) title() string {
	for _, t := range []string{in.o.Title, in.r.Title, strings.TrimSuffix(baseName(in.o.FileName), path.Ext(in.o.FileName))} {
		if t = strings.Join(strings.Fields(t), " "); t != "" {
			return shorten(t, maxTitle)
		}
	}
	return "Imported review"
}

// shorten cuts a text to at most n characters, with an ellipsis.
func shorten(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return strings.TrimRightFunc(string(r[:n-1]), unicode.IsSpace) + "…"
	}
	return s
}

// baseName gives the name of a file without its folders.
func baseName(name string) string {
	name = path.Base(strings.ReplaceAll(name, "\\", "/"))
	if name == "." || name == "/" {
		return "review.md"
	}
	return shorten(strings.Join(strings.Fields(name), " "), 300)
}

// SeverityOf reads a severity as reviews write it: SEV-2, P1, critical. What
// says nothing is 3.
func SeverityOf(s string) int {
	s = strings.ToLower(s)
	for _, r := range s {
		if r >= '0' && r <= '9' {
			return min(max(int(r-'0'), 1), 4)
		}
	}
	for _, w := range []struct {
		words    string
		severity int
	}{{"critical blocker catastrophic", 1}, {"high major severe", 2}, {"medium moderate", 3}, {"low minor", 4}} {
		for word := range strings.FieldsSeq(w.words) {
			if strings.Contains(s, word) {
				return w.severity
			}
		}
	}
	return 3
}

// sections takes the texts over and renders them. A title that was cut stands
// in full in the section for the rest.
func (in *reviewIn) sections(ctx context.Context) error {
	for _, sec := range in.r.Sections {
		name := SectionName(sec.Name)
		if !slices.Contains(SectionNames[:], name) {
			name = "other"
		}
		in.appendText(name, sec.Markdown)
	}
	if full := strings.Join(strings.Fields(in.r.Title), " "); len([]rune(full)) > maxTitle {
		in.appendText("other", full)
	}
	for _, a := range in.chosenActions() {
		if len([]rune(a.Text)) > maxActionText {
			in.appendText("actions", a.Text)
		}
	}
	for _, name := range SectionNames {
		sec := in.d.Sections[name]
		if sec.Text == "" {
			continue
		}
		text, err := block("text", sec.Text)
		if err != nil {
			return of("section "+string(name), err)
		}
		out, err := in.s.render(ctx, "text", string(name)+"-", text)
		if err != nil {
			return of("section "+string(name), err)
		}
		sec.Text, sec.HTML, sec.Plain, sec.UpdatedBy = text, out.HTML, out.Text, in.p.PersonID()
		in.d.Sections[name] = sec
	}
	return nil
}

func (in *reviewIn) appendText(name SectionName, text string) {
	sec := in.d.Section(name)
	if sec.Text != "" {
		sec.Text += "\n\n"
	}
	sec.Text += text
	sec.CRLF = in.usesCRLF
	in.d.Sections[name] = sec
}

// chosen gives the accepted ones of a list; nil accepts all.
func chosen[T any](list []T, accepted []int) []T {
	if accepted == nil {
		return list
	}
	var out []T
	for i, x := range list {
		if slices.Contains(accepted, i) {
			out = append(out, x)
		}
	}
	return out
}

func (in *reviewIn) chosenActions() []importer.Action { return chosen(in.r.Actions, in.o.Actions) }

// prepareAtOnce is how many entries are prepared in one go.
const prepareAtOnce = 1000

// timeline prepares the accepted events as entries.
func (in *reviewIn) timeline(ctx context.Context) error {
	var edits []timeline.Edit
	for _, e := range chosen(in.r.Events, in.o.Events) {
		edits = append(edits, in.entry(e))
	}
	edits = append(in.statedMoments(), edits...)
	store := &timeline.Store{Host: in.s.Host, LinkID: in.s.LinkID}
	for part := range slices.Chunk(edits, prepareAtOnce) {
		list, err := store.Prepare(ctx, part)
		if err != nil {
			return of("timeline", err)
		}
		in.entries = append(in.entries, list...)
	}
	return nil
}

// entry gives the edit that stores an event. A span that would end before it
// begins loses its end, so that no duration is negative.
func (in *reviewIn) entry(e importer.Event) timeline.Edit {
	at, end := plausible(e.At), plausible(e.End)
	if at != nil && end != nil && end.Before(*at) {
		end = nil
	}
	text := e.Text
	if strings.TrimSpace(text) == "" {
		text = e.Kind.Label()
	}
	source, line := timeline.SourceImport, fmt.Sprintf("line %d", e.Line)
	when := &timeline.When{At: at, EndAt: end, Zone: e.Zone, Precision: e.Precision}
	if at != nil && e.Precision == timeline.Unknown {
		when.Precision = timeline.Approximate
	}
	key := in.isMoment(e)
	return timeline.Edit{When: when, Kind: &e.Kind, DetectedHow: &e.DetectedHow, Text: &text, Source: &source, SourceRef: &line, IsKey: &key}
}

// plausible drops a time that cannot be stored: a misread year.
func plausible(t *time.Time) *time.Time {
	if t == nil || t.Year() < 1970 || t.Year() > 2199 {
		return nil
	}
	return t
}

// moments gives the key instants of the review by the kind of their entry.
func (in *reviewIn) moments() map[timeline.Kind]*time.Time {
	return map[timeline.Kind]*time.Time{
		timeline.ImpactStart: in.r.Started, timeline.Detected: in.r.Detected,
		timeline.Mitigated: in.r.Mitigated, timeline.Resolved: in.r.Resolved,
	}
}

// isMoment reports whether of several events of a kind this is the one whose
// time the review gives for it.
func (in *reviewIn) isMoment(e importer.Event) bool {
	stated := in.moments()[e.Kind]
	if stated == nil || e.At == nil || !e.At.Equal(*stated) {
		return false
	}
	n := 0
	for _, x := range in.r.Events {
		if x.Kind == e.Kind {
			n++
		}
	}
	return n > 1
}

// statedMoments makes entries of key instants that the review states outside
// of its timeline, so that the durations of the page are those of the text.
func (in *reviewIn) statedMoments() []timeline.Edit {
	var out []timeline.Edit
	for _, kind := range timeline.KeyMoments() {
		at := plausible(in.moments()[kind])
		told := slices.ContainsFunc(in.r.Events, func(e importer.Event) bool { return e.Kind == kind })
		if at == nil || told {
			continue
		}
		text, source := kind.Label()+", as the text of the review says.", timeline.SourceImport
		out = append(out, timeline.Edit{When: &timeline.When{At: at, Zone: in.r.Zone, Precision: timeline.Exact}, Kind: &kind, Text: &text, Source: &source})
	}
	return out
}

// actions makes the accepted actions, those marked done as claims.
func (in *reviewIn) actions(ctx context.Context) error {
	rank := ""
	for i, x := range in.chosenActions() {
		rank = db.Between(rank, "")
		text := strings.TrimSpace(lf(x.Text))
		first, _, more := strings.Cut(text, "\n")
		first = strings.Join(strings.Fields(first), " ")
		a := actions.Action{ID: int64(i + 1), Number: int64(i + 1), Key: db.NewKey(), Rank: rank, Title: shorten(first, maxActionTitle), Horizon: "short", State: actions.Open}
		if more || a.Title != first {
			a.Detail = shorten(text, maxActionText)
		}
		if a.Title == "" {
			a.Title = fmt.Sprintf("Action of line %d", x.Line)
		}
		if day, err := people.ParseDay(x.Due); err == nil {
			a.Due, a.FirstDue = day, day
		}
		if x.Done {
			a.State = actions.ClaimedDone
		}
		owner, err := in.owner(ctx, x.Owner)
		if err != nil {
			return err
		}
		a.OwnerID = owner
		in.d.Actions = append(in.d.Actions, a)
	}
	in.d.COE.NextAction = int64(len(in.d.Actions) + 1)
	return nil
}

// owner finds the one person that a name or an address means; nobody where it
// means none or several.
func (in *reviewIn) owner(ctx context.Context, word string) (*int64, error) {
	if strings.TrimSpace(word) == "" {
		return nil, nil
	}
	p, err := (&actions.Store{DB: in.s.DB}).FindOwner(ctx, word)
	if fault.Is(err, fault.Invalid) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &p.ID, nil
}

// stampActions notes when the actions were made, given and claimed.
func (d *Document) stampActions(p *people.Principal, now time.Time) {
	for i := range d.Actions {
		a := &d.Actions[i]
		a.StateSince, a.CreatedAt, a.UpdatedAt, a.CreatedBy = now, now, now, p.PersonID()
		if a.OwnerID != nil {
			a.AssignedAt, a.Assignment = &now, 1
		}
		if a.State == actions.ClaimedDone {
			a.ClaimedAt = &now
		}
	}
}

// services links the services that are known here under the names of the text;
// the others stay in the text.
func (in *reviewIn) services(ctx context.Context) error {
	for _, name := range in.r.Services {
		sv, err := people.ByAlias(in.s.DB.WithContext(ctx), name)
		if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Invalid) {
			continue
		}
		if err != nil {
			return err
		}
		in.d.Services = append(in.d.Services, *sv)
	}
	return nil
}
