package coe

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"coetracker/actions"
	"coetracker/people"
	"coetracker/timeline"
)

// nasty are pieces of typed text that could be taken for marks of the file.
var nasty = []string{
	"a", "word ", " ", "\n", "\n\n", "\\", "\\\\", "## Summary <!-- coe:summary -->", "## ", "# x", "<!--", "-->", "<!-- abcdefgh -->", "  <!-- abcdefgh -->",
	"- ", "-", "- item\n  more", "---", "```", "```csv", "kind: x", "kind:", "due: 2025-10-01", "<!-- D1 -->", "<!-- record -->", "🚀", "é", "日本", "\t", "coe: 1", ": ", "\"", "[", "]", ",", "|",
}

func text(rt *rapid.T, label string) string {
	return strings.Join(rapid.SliceOfN(rapid.SampledFrom(nasty), 0, 10).Draw(rt, label), "")
}

// typed is text that says something, as rows need it.
func typed(rt *rapid.T, label string) string { return text(rt, label) + "x" + text(rt, label) }

// oneLine is typed text as line keeps it.
func oneLine(rt *rapid.T, label string) string {
	r := []rune(strings.Join(strings.Fields(text(rt, label)), " "))
	return strings.TrimSpace(string(r[:min(len(r), 40)]))
}

func pick[T any](rt *rapid.T, label string, list ...T) T {
	return rapid.SampledFrom(list).Draw(rt, label)
}

// maker makes documents with local ids, as Read does.
type maker struct {
	rt   *rapid.T
	keys int
}

func (m *maker) key() string {
	m.keys++
	key := fmt.Sprintf("%08d", m.keys)
	return strings.NewReplacer("0", "a", "1", "b", "8", "c", "9", "d").Replace(key)
}

func (m *maker) time() time.Time {
	return time.Date(2025, 9, 30, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.Int64Range(0, 1e11).Draw(m.rt, "time")) * time.Microsecond)
}

func (m *maker) maybe() *time.Time {
	if rapid.Bool().Draw(m.rt, "there") {
		return ref(m.time())
	}
	return nil
}

func (m *maker) who() *int64 {
	if id := rapid.Int64Range(0, 4).Draw(m.rt, "who"); id > 0 {
		return &id
	}
	return nil
}

func (m *maker) day() people.Day {
	return people.Day(pick(m.rt, "day", "", "2025-10-01", "2025-10-15", "2026-02-28"))
}

// n gives how many rows of a kind there are.
func (m *maker) n() int { return rapid.IntRange(0, 3).Draw(m.rt, "rows") }

func genDocument(rt *rapid.T) *Document {
	m := &maker{rt: rt}
	d := &Document{COE: m.header(), Sections: map[SectionName]Section{}, Answers: map[string]Answer{}, People: map[int64]people.Person{}}
	for i, name := range []string{"ana", "bo", "cleo.o'hara", "dan+x"} {
		d.People[int64(i+1)] = people.Person{ID: int64(i + 1), Email: name + "@example.com"}
	}
	if rapid.Bool().Draw(rt, "team") {
		d.Team = &people.Team{ID: 1, Name: pick(rt, "team", "Payments", "42", "true", "A: b", "\"q\"")}
	}
	for i, name := range pick(rt, "services", nil, []string{"checkout"}, []string{"a, b", "c]"}, []string{"cart", "no", "éa"}) {
		d.Services = append(d.Services, people.Service{ID: int64(i + 1), Name: name})
	}
	for _, role := range []NamedRole{RoleWriter, RoleReviewer, RoleApprover, RolePresenter, RoleFacilitator, RoleNamed} {
		if who := m.who(); who != nil && *who != d.COE.OwnerID {
			d.Named = append(d.Named, NamedPerson{PersonID: *who, Role: role})
		}
	}
	m.sections(d)
	m.rows(d)
	m.actions(d)
	m.whys(d)
	m.history(d)
	timeline.Sort(d.Entries)
	return d
}

func (m *maker) header() COE {
	rt := m.rt
	start := m.maybe()
	c := COE{
		UID: fmt.Sprintf("0199a1b2-0000-7000-8000-%012x", rapid.Int64Range(0, 1<<47).Draw(rt, "uid")), Number: rapid.Int64Range(1, 900).Draw(rt, "number"),
		Title: pick(rt, "title", "x", "Checkout: down", "null", "12", "- a") + oneLine(rt, "title"), Kind: pick(rt, "kind", Incident, NearMiss, ProceduralMiss, ExperimentFinding, Win),
		Severity: rapid.IntRange(1, 4).Draw(rt, "severity"), State: pick(rt, "state", States()...), StateSince: m.time(), OwnerID: rapid.Int64Range(1, 4).Draw(rt, "owner"),
		Visibility: pick(rt, "visibility", Org, Restricted), Zone: pick(rt, "zone", "UTC", "Europe/London", "UTC-03:30"), WindowStart: start,
		Tags: tagWords(text(rt, "tags")), Issue: rapid.IntRange(0, 3).Draw(rt, "issue"), Reviewed: rapid.Bool().Draw(rt, "reviewed"), NextAction: rapid.Int64Range(5, 9).Draw(rt, "next"),
		Effect: pick(rt, "effect", "", EffectWorked, EffectUnknown), EffectText: text(rt, "effect"), EffectDue: string(m.day()), NoneBecause: "{}",
		OriginSHA256: pick(rt, "origin", "", strings.Repeat("a1", 32)), CreatedAt: m.time(), CreatedBy: m.who(), UpdatedAt: m.time(),
	}
	if start != nil && rapid.Bool().Draw(rt, "end") {
		c.WindowEnd = ref(start.Add(time.Hour))
	}
	if rapid.Bool().Draw(rt, "none") {
		e := HeaderEdit{NoneBecause: map[timeline.Kind]string{timeline.Engaged: "x" + oneLine(rt, "none"), timeline.Trigger: "unknown"}}
		if err := e.setNone(&c); err != nil {
			rt.Fatal(err)
		}
	}
	return c
}

func (m *maker) sections(d *Document) {
	for _, name := range SectionNames {
		if !rapid.Bool().Draw(m.rt, "written") {
			continue
		}
		s := Section{Name: name, Text: text(m.rt, string(name)), UpdatedAt: m.time(), UpdatedBy: m.who()}
		s.CRLF = strings.Contains(s.Text, "\n") && rapid.Bool().Draw(m.rt, "crlf")
		d.Sections[name] = s
	}
}

func (m *maker) rows(d *Document) {
	rt := m.rt
	for range m.n() {
		d.Impacts = append(d.Impacts, Impact{
			Key: m.key(), What: typed(rt, "what"), Affected: oneLine(rt, "affected"), Total: oneLine(rt, "total"), Unmeasured: rapid.Bool().Draw(rt, "un"),
			ActionKey: pick(rt, "action", "", "abcdefgh"), Place: oneLine(rt, "place"), FromAt: m.maybe(), ToAt: m.maybe(), CreatedAt: m.time(), UpdatedAt: m.time(),
		})
	}
	for range m.n() {
		e := timeline.Entry{
			Key: m.key(), At: m.maybe(), Zone: pick(rt, "zone", "UTC", "Asia/Kolkata", "UTC+05:45"), Precision: timeline.Exact, EndAt: m.maybe(), Kind: pick(rt, "kind", timeline.Kinds()...),
			DetectedHow: pick(rt, "how", append(timeline.DetectedHows(), "")...), Text: typed(rt, "entry"), Who: text(rt, "who"), Source: pick(rt, "source", timeline.Sources()...), SourceRef: text(rt, "ref"),
			Evidence: text(rt, "evidence"), IsKey: rapid.Bool().Draw(rt, "key"), Raw: rapid.Bool().Draw(rt, "raw"), GapNote: text(rt, "gap"), CreatedAt: m.time(), CreatedBy: m.who(), UpdatedAt: m.time(),
		}
		e.Rank = e.Key
		if e.At == nil {
			e.Precision = timeline.Unknown
		}
		d.Entries = append(d.Entries, e)
	}
	for range m.n() {
		d.Metrics = append(d.Metrics, Metric{
			Key: m.key(), Title: typed(rt, "title"), Unit: oneLine(rt, "unit"), Caption: text(rt, "caption"), Query: text(rt, "query"), LiveURL: pick(rt, "url", "", "https://graph.example.com/?a=b&c"), Zone: "UTC",
			CSV: text(rt, "csv"), SHA256: strings.Repeat("0f", 32), Source: pick(rt, "source", "", "prometheus"), CapturedAt: m.maybe(), CreatedAt: m.time(), CreatedBy: m.who(), UpdatedAt: m.time(),
		})
	}
	for _, id := range []string{"D1", "D5", "C1", "X99"} {
		if rapid.Bool().Draw(rt, "answered") {
			a := Answer{Question: id, Text: text(rt, "answer"), NA: rapid.Bool().Draw(rt, "na"), ActionKey: pick(rt, "action", "", "abcdefgh"), UpdatedAt: m.time(), UpdatedBy: m.who()}
			a.NA = a.NA && strings.TrimSpace(a.Text) != ""
			if n := rapid.IntRange(-1, 9).Draw(rt, "minutes"); n >= 0 {
				a.MinutesSaved = &n
			}
			d.Answers[id] = a
		}
	}
	for range m.n() {
		d.Links = append(d.Links, Link{Key: m.key(), Type: pick(rt, "type", LinkTypes()[1:]...), Target: "x" + oneLine(rt, "target"), Role: oneLine(rt, "role"), Note: text(rt, "note"), CreatedAt: m.time(), CreatedBy: m.who(), UpdatedAt: m.time()})
	}
	for range m.n() {
		d.Sharings = append(d.Sharings, Sharing{Key: m.key(), Team: "x" + oneLine(rt, "team"), Asked: text(rt, "asked"), Answer: text(rt, "answer"), CreatedAt: m.time(), CreatedBy: m.who(), UpdatedAt: m.time()})
	}
	for range m.n() {
		d.Attachments = append(d.Attachments, Attachment{
			Key: m.key(), Name: typed(rt, "name"), SHA256: strings.Repeat("ab", 32), Size: rapid.Int64Range(0, 1e6).Draw(rt, "size"),
			ContentType: pick(rt, "content", "", "text/plain"), Purpose: pick(rt, "purpose", "original", "evidence", "picture"), CreatedAt: m.time(), CreatedBy: m.who(),
		})
	}
}

func (m *maker) actions(d *Document) {
	rt := m.rt
	numbers := rapid.Permutation([]int64{1, 2, 4}).Draw(rt, "order")[:m.n()]
	for i, n := range numbers {
		id := int64(i + 1)
		a := actions.Action{
			ID: id, Number: n, Key: m.key(), Rank: fmt.Sprintf("n%d", i), Title: typed(rt, "title"), Detail: text(rt, "detail"), OwnerID: m.who(), Due: m.day(), FirstDue: m.day(),
			Priority: pick(rt, "priority", "", "P0", "P1", "P2", "P3"), Type: pick(rt, "type", append(actions.Types(), "")...), Horizon: pick(rt, "horizon", "short", "long"), Criterion: text(rt, "criterion"),
			ProofKind: pick(rt, "proof", append(actions.ProofKinds(), "")...), ProofTarget: text(rt, "target"), TrackerURL: pick(rt, "tracker", "", "https://t.example.com/1"), State: pick(rt, "state", actions.Open, actions.Blocked, actions.ClaimedDone, actions.Verified, actions.Declined),
			StateReason: text(rt, "reason"), StateSince: m.time(), VerifierID: m.who(), ClaimedBy: m.who(), ClaimedAt: m.maybe(), VerifiedBy: m.who(), VerifiedAt: m.maybe(), Moves: rapid.IntRange(0, 2).Draw(rt, "moves"),
			AssignedAt: m.maybe(), Assignment: rapid.Int64Range(0, 3).Draw(rt, "assignment"), CreatedAt: m.time(), CreatedBy: m.who(), UpdatedAt: m.time(),
		}
		for range m.n() {
			d.Moves = append(d.Moves, actions.Move{ActionID: id, OldDue: m.day(), NewDue: m.day(), Reason: typed(rt, "reason"), ByID: m.who(), AgreedID: m.who(), At: m.time()})
			d.Proofs = append(d.Proofs, actions.Proof{ActionID: id, Kind: pick(rt, "kind", "", "test"), Text: typed(rt, "proof"), ByID: m.who(), At: m.time()})
		}
		d.Actions = append(d.Actions, a)
	}
	number := func(id int64) int64 { a, _ := d.Action(id); return a.Number }
	slices.SortStableFunc(d.Moves, func(a, b actions.Move) int { return int(number(a.ActionID) - number(b.ActionID)) })
	slices.SortStableFunc(d.Proofs, func(a, b actions.Proof) int { return int(number(a.ActionID) - number(b.ActionID)) })
	slices.SortFunc(d.Actions, func(a, b actions.Action) int { return int(a.Number - b.Number) })
}

func (m *maker) whys(d *Document) {
	rt := m.rt
	for i := range m.n() * 2 {
		w := Why{
			ID: int64(i + 1), Key: m.key(), Rank: fmt.Sprintf("n%d", i), Root: pick(rt, "root", Happened, FoundLate, FixedLate), Text: typed(rt, "why"), Evidence: text(rt, "evidence"), Factor: oneLine(rt, "factor"),
			DeclinedReason: text(rt, "declined"), CreatedAt: m.time(), CreatedBy: m.who(), UpdatedAt: m.time(),
		}
		if p := rapid.IntRange(0, i).Draw(rt, "parent"); p > 0 {
			w.ParentID, w.Root = &d.Whys[p-1].ID, d.Whys[p-1].Root
			w.ParentID = ref(*w.ParentID)
			d.Whys[p-1].DeclinedReason = ""
		}
		d.Whys = append(d.Whys, w)
		for _, a := range d.Actions {
			if rapid.Bool().Draw(rt, "linked") {
				d.WhyActions = append(d.WhyActions, WhyAction{WhyID: w.ID, ActionID: a.ID})
			}
		}
	}
	for i := range m.n() {
		l := Lesson{ID: int64(i + 1), Key: m.key(), Kind: pick(rt, "kind", ShortTerm, LongTerm, WentWell, Surprised), Text: typed(rt, "lesson"), CreatedAt: m.time(), CreatedBy: m.who(), UpdatedAt: m.time()}
		d.Lessons = append(d.Lessons, l)
		for _, a := range d.Actions {
			if rapid.Bool().Draw(rt, "linked") {
				d.LessonLinks = append(d.LessonLinks, LessonAction{LessonID: l.ID, ActionID: a.ID})
			}
		}
	}
}

func (m *maker) history(d *Document) {
	rt := m.rt
	for i := range m.n() {
		d.Waivers = append(d.Waivers, Waiver{Rule: fmt.Sprintf("L%02d", i+1), Place: oneLine(rt, "place"), Reason: text(rt, "reason"), ByID: m.who(), At: m.time()})
	}
	at := m.time()
	for range m.n() {
		at = at.Add(time.Second)
		d.Signoffs = append(d.Signoffs, Signoff{PersonID: rapid.Int64Range(1, 4).Draw(rt, "by"), Verdict: pick(rt, "verdict", VerdictApproved, VerdictChanges), Text: text(rt, "text"), Round: rapid.IntRange(1, 3).Draw(rt, "round"), At: at})
		d.States = append(d.States, StateChange{FromState: pick(rt, "from", States()...), ToState: pick(rt, "to", States()...), Reason: text(rt, "reason"), ByID: m.who(), At: at})
	}
}
