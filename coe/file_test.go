package coe

import (
	"bytes"
	"flag"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"coetracker/actions"
	"coetracker/internal/fault"
	"coetracker/people"
	"coetracker/timeline"
)

var update = flag.Bool("update", false, "write the golden files anew")

// rich is a document in which every field of the file is used.
func rich() *Document {
	at := func(h, m int) time.Time { return time.Date(2025, 9, 30, h, m, 5, 123456000, time.UTC) }
	ptr := func(h, m int) *time.Time { return ref(at(h, m)) }
	ana, bo, cleo, dan := ref(int64(1)), ref(int64(2)), ref(int64(3)), ref(int64(4))
	hash := strings.Repeat("0123456789abcdef", 4)
	d := &Document{
		COE: COE{
			UID: "0199a1b2-0000-7000-8000-000000000017", Number: 17, Title: "Checkout answered 503: the pool was \"full\"", Kind: Incident, Severity: 2,
			State: Published, StateSince: at(18, 0), OwnerID: 1, Visibility: Restricted, Zone: "Europe/London", WindowStart: ptr(14, 0), WindowEnd: ptr(15, 0),
			Tags: "pool retry-storm", Issue: 2, Reviewed: true, NextAction: 4, Effect: EffectWorked, EffectText: "No repeat.\nSeen on the graph.", EffectDue: "2026-01-15",
			NoneBecause: `{"engaged":"the alarm healed it"}`, OriginSHA256: hash, CreatedAt: at(16, 0), CreatedBy: ana, UpdatedAt: at(18, 1),
		},
		People: map[int64]people.Person{
			1: {ID: 1, Email: "ana@example.com"}, 2: {ID: 2, Email: "bo@example.com"},
			3: {ID: 3, Email: "cleo@example.com"}, 4: {ID: 4, Email: "dan@example.com"},
		},
		Team: &people.Team{ID: 1, Name: "Payments"}, Services: []people.Service{{ID: 1, Name: "cart, v2"}, {ID: 2, Name: "checkout"}},
		Named: []NamedPerson{
			{PersonID: 3, Role: RoleReviewer},
			{PersonID: 4, Role: RoleApprover},
			{PersonID: 2, Role: RoleWriter},
			{PersonID: 4, Role: RoleNamed},
			{PersonID: 2, Role: RolePresenter},
			{PersonID: 3, Role: RoleFacilitator},
		},
		Sections: map[SectionName]Section{
			"summary": {Name: "summary", Text: "Checkout answered 503 for an hour.\n\n- one\n  indented\n- two\n", UpdatedAt: at(17, 0), UpdatedBy: ana},
			"impact":  {Name: "impact", Text: "Customers could not pay.", CRLF: true, UpdatedAt: at(17, 1), UpdatedBy: bo},
			"other":   {Name: "other", Text: "## Summary <!-- coe:summary -->\n\\## Summary <!-- coe:summary -->\n  <!-- abcdefgh -->\nnote: stays", UpdatedAt: at(17, 2)},
		},
		Impacts: []Impact{
			{Key: "imp22222", What: "could not pay", Affected: "410", Total: "3,500", Place: "eu-west-1", FromAt: ptr(14, 1), ToAt: ptr(14, 50), CreatedAt: at(16, 1), UpdatedAt: at(16, 2)},
			{Key: "imp33333", What: "saw an old price", Unmeasured: true, ActionKey: "act22222", CreatedAt: at(16, 3), UpdatedAt: at(16, 3)},
		},
		Entries: []timeline.Entry{
			{Key: "ent22222", At: ptr(14, 0), Zone: "Europe/London", Precision: timeline.Exact, Kind: timeline.Trigger, Text: "A deploy went out.", Who: "release engineer", Source: "typed", Evidence: "[run](https://ci.example.com/7)", CreatedAt: at(16, 5), CreatedBy: ana, UpdatedAt: at(16, 5)},
			{Key: "ent33333", At: ptr(14, 9), EndAt: ptr(14, 12), Zone: "UTC+02:00", Precision: timeline.Approximate, Kind: timeline.Detected, DetectedHow: timeline.ByCustomer, Text: "A customer wrote\nkind: of angry", Source: "slack", SourceRef: "https://chat.example.com/p1", IsKey: true, GapNote: "nobody wrote\nfor a while", CreatedAt: at(16, 6), UpdatedAt: at(16, 6)},
			{Key: "ent44444", Zone: "UTC", Precision: timeline.Unknown, Kind: timeline.Note, Text: "Somebody restarted it.", Source: "import", Raw: true, CreatedAt: at(16, 7), UpdatedAt: at(16, 7)},
		},
		Metrics: []Metric{{
			Key: "met22222", Title: "Errors", Unit: "1/s", Caption: "The step at 14:01.", Query: "sum(rate(errors[1m]))", LiveURL: "https://graph.example.com/1", Zone: "UTC", Source: "prometheus", CapturedAt: ptr(16, 8),
			CSV: "time,errors\n2025-09-30T14:00:00Z,1\n2025-09-30T14:01:00Z,99\n", SHA256: hash, CreatedAt: at(16, 8), CreatedBy: bo, UpdatedAt: at(16, 9),
		}},
		Answers: map[string]Answer{
			"D1": {Question: "D1", Text: "At 14:01.", UpdatedAt: at(16, 10), UpdatedBy: ana},
			"D5": {Question: "D5", Text: "not an alarm", NA: true, MinutesSaved: ref(0), ActionKey: "act22222", UpdatedAt: at(16, 11), UpdatedBy: bo},
		},
		Whys: []Why{
			{ID: 1, Key: "why22222", Root: Happened, Text: "the pool was full", Evidence: "graph 1", Factor: "capacity", CreatedAt: at(16, 12), CreatedBy: ana, UpdatedAt: at(16, 12)},
			{ID: 2, Key: "why33333", ParentID: ref(int64(1)), Root: Happened, Text: "no limit was set", CreatedAt: at(16, 13), UpdatedAt: at(16, 13)},
			{ID: 3, Key: "why44444", Root: FoundLate, Text: "no alarm", DeclinedReason: "too rare", CreatedAt: at(16, 14), UpdatedAt: at(16, 14)},
		},
		WhyActions:  []WhyAction{{WhyID: 2, ActionID: 1}, {WhyID: 2, ActionID: 3}},
		Lessons:     []Lesson{{ID: 1, Key: "les22222", Kind: LongTerm, Text: "Pools need limits.", CreatedAt: at(16, 15), CreatedBy: bo, UpdatedAt: at(16, 15)}},
		LessonLinks: []LessonAction{{LessonID: 1, ActionID: 1}},
		Actions: []actions.Action{
			{
				ID: 1, Number: 1, Key: "act22222", Title: "Limit the pool", Detail: "Per host.\n\n    code", OwnerID: bo, Due: "2025-10-17", FirstDue: "2025-10-10", Priority: "P1", Type: "prevent", Horizon: "short",
				Criterion: "A run sheds load", ProofKind: "experiment", ProofTarget: "fis:EXTpool", TrackerURL: "https://t.example.com/1", State: actions.Verified, StateReason: "seen", StateSince: at(17, 3), VerifierID: ana,
				ClaimedBy: bo, ClaimedAt: ptr(17, 2), VerifiedBy: ana, VerifiedAt: ptr(17, 3), Moves: 1, AssignedAt: ptr(16, 16), Assignment: 1, CreatedAt: at(16, 16), CreatedBy: ana, UpdatedAt: at(17, 3),
			},
			{ID: 3, Number: 3, Key: "act33333", Title: "Alert on a full pool", Horizon: "long", State: actions.Open, StateSince: at(16, 17), CreatedAt: at(16, 17), UpdatedAt: at(16, 17)},
		},
		Moves:       []actions.Move{{ActionID: 1, OldDue: "2025-10-10", NewDue: "2025-10-17", Reason: "waits for the vendor", ByID: bo, AgreedID: ana, At: at(17, 1)}},
		Proofs:      []actions.Proof{{ActionID: 1, Kind: "experiment", Text: "https://chaos.example.com/9", ByID: bo, At: at(17, 2)}},
		Links:       []Link{{Key: "lnk22222", Type: "coe", Target: "COE-3", Role: "similar", Note: "the same pool", CreatedAt: at(16, 18), CreatedBy: ana, UpdatedAt: at(16, 18)}},
		Sharings:    []Sharing{{Key: "shr22222", Team: "Search", Asked: "Do you limit pools?", Answer: "Yes.", CreatedAt: at(16, 19), CreatedBy: ana, UpdatedAt: at(16, 20)}},
		Waivers:     []Waiver{{Rule: "L23", Place: "action/act33333", Reason: "waits for the team", ByID: ana, At: at(17, 4)}},
		Signoffs:    []Signoff{{PersonID: 3, Verdict: VerdictChanges, Text: "Say more.", Round: 1, At: at(17, 5)}, {PersonID: 4, Verdict: VerdictApproved, Round: 2, At: at(17, 30)}},
		States:      []StateChange{{FromState: Draft, ToState: InReview, ByID: ana, At: at(17, 4)}, {FromState: InReview, ToState: ChangesRequested, Reason: "Say more.", ByID: cleo, At: at(17, 5)}},
		Attachments: []Attachment{{Key: "att22222", Name: "review.md", SHA256: hash, Size: 812, ContentType: "text/markdown", Purpose: "original", CreatedAt: at(16, 21), CreatedBy: dan}},
	}
	return d
}

func mustWrite(t testing.TB, d *Document) string {
	t.Helper()
	b, err := Write(d)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func mustRead(t testing.TB, b string) *File {
	t.Helper()
	f, err := Read([]byte(b))
	if err != nil {
		t.Fatalf("%v in\n%s", err, clipFile(b))
	}
	return f
}

func clipFile(s string) string {
	if len(s) > 4000 {
		return s[:4000] + "…"
	}
	return s
}

func TestWrite_golden(t *testing.T) {
	t.Parallel()
	got := mustWrite(t, rich())
	const path = "testdata/rich.md"
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("the file changed (-golden +now):\n%s", diff)
	}
}

// What the rich document holds comes back, field by field.
func TestRead_keepsEveryField(t *testing.T) {
	t.Parallel()
	want, got := rich(), mustRead(t, mustWrite(t, rich())).Document
	if diff := cmp.Diff(meaning(want), meaning(got)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// A field that somebody adds to a row later must come into the file: each field
// of the rich document is used at least once, or is known not to belong there.
func TestRich_usesEveryField(t *testing.T) {
	t.Parallel()
	none := " ID COEID Rank Version HTML Plain DeletedAt DeletedBy DeleteReason TeamID IssuedSeq Seq RankKey Warnings "
	d := rich()
	lists := []any{
		[]COE{d.COE},
		d.Impacts, d.Entries, d.Metrics,
		[]Answer{d.Answers["D1"], d.Answers["D5"]},
		d.Whys, d.Lessons, d.Actions,
		d.Moves, d.Proofs, d.Links, d.Sharings, d.Waivers, d.Signoffs, d.States, d.Attachments,
		[]Section{d.Sections["impact"]},
	}
	for _, list := range lists {
		rows := reflect.ValueOf(list)
		typ := rows.Type().Elem()
		for i := range typ.NumField() {
			used := strings.Contains(none, " "+typ.Field(i).Name+" ")
			for r := 0; r < rows.Len() && !used; r++ {
				v := rows.Index(r).Field(i)
				used = !v.IsZero() || v.Kind() == reflect.Pointer
			}
			if !used {
				t.Errorf("%s.%s is in no row of the rich document", typ.Name(), typ.Field(i).Name)
			}
		}
	}
}

// meaning gives a document in a form in which two are equal that say the
// same: rows as the file orders them, people by address, ids by key.
func meaning(d *Document) map[string]any {
	email := func(id *int64) string { return d.Person(id).Email }
	keys := map[int64]string{}
	for _, w := range d.Whys {
		keys[w.ID] = w.Key
	}
	number := map[int64]int64{}
	for _, a := range d.Actions {
		number[a.ID] = a.Number
	}
	out := map[string]any{}
	c := d.COE
	c.OwnerID, c.CreatedBy, c.NoneBecause = 0, nil, ""
	out["coe"], out["owner"], out["creator"], out["nones"] = c, email(&d.COE.OwnerID), email(d.COE.CreatedBy), d.COE.Nones()
	if d.Team != nil {
		out["team"] = d.Team.Name
	}
	services := []string{}
	for _, s := range d.Services {
		services = append(services, s.Name)
	}
	out["services"] = services
	named := map[string]bool{}
	for _, n := range d.Named {
		named[email(&n.PersonID)+" "+string(n.Role)] = true
	}
	out["named"] = named
	for _, s := range d.Sections {
		if s.Text == "" && !s.CRLF {
			continue
		}
		out["section "+string(s.Name)] = []any{s.Text, s.CRLF, s.UpdatedAt, email(s.UpdatedBy)}
	}
	n := &names{d: d}
	put := func(key string, mark string, bind func(f *fields)) {
		f := &fields{names: n, row: &rawRow{mark: mark}}
		bind(f)
		var list []any
		if x, ok := out[key]; ok {
			list = x.([]any)
		}
		row := []any{f.row.body, f.row.mark, f.row.series}
		for _, x := range f.row.fields {
			row = append(row, x.name+"="+x.value)
		}
		out[key] = append(list, row)
	}
	var refs []int64
	for _, x := range d.Impacts {
		put("impacts", "", x.bind)
	}
	for _, x := range d.Entries {
		put("entries", "", func(f *fields) { bindEntry(&x, f) })
	}
	for _, x := range d.Metrics {
		put("metrics", "", x.bind)
	}
	for id, x := range d.Answers {
		put("answer "+id, "", x.bind)
	}
	for _, x := range d.Whys {
		parent := ""
		if x.ParentID != nil {
			parent = keys[*x.ParentID]
		}
		put("why "+x.Key, "", func(f *fields) { x.bind(f, &parent, &refs) })
	}
	links := map[string]bool{}
	for _, l := range d.WhyActions {
		links["why "+keys[l.WhyID]+actionRef(number[l.ActionID])] = true
	}
	for _, l := range d.Lessons {
		put("lessons", "", func(f *fields) { l.bind(f, &refs) })
		for _, x := range d.LessonLinks {
			if x.LessonID == l.ID {
				links["lesson "+l.Key+actionRef(number[x.ActionID])] = true
			}
		}
	}
	out["links"] = links
	for _, x := range d.Actions {
		put("actions", "", func(f *fields) { bindAction(&x, f) })
	}
	for _, x := range d.Moves {
		ref := []int64{number[x.ActionID]}
		put("moves", "", func(f *fields) { bindMove(&x, f, &ref) })
	}
	for _, x := range d.Proofs {
		ref := []int64{number[x.ActionID]}
		put("proofs", "", func(f *fields) { bindProof(&x, f, &ref) })
	}
	for _, x := range d.Links {
		put("related", "", x.bind)
	}
	for _, x := range d.Sharings {
		put("sharing", "", x.bind)
	}
	for _, x := range d.Waivers {
		put("waiver "+x.Rule+" "+x.Place, "", x.bind)
	}
	for _, x := range d.Signoffs {
		put("signoffs", "", x.bind)
	}
	for _, x := range d.States {
		put("states", "", x.bind)
	}
	for _, x := range d.Attachments {
		put("attachments", "", x.bind)
	}
	return out
}

func actionRef(n int64) string { return " A-" + string(rune('0'+n)) }

// Write then Read then Write gives the same bytes, whatever people typed.
func TestFile_roundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		d := genDocument(rt)
		first := mustWrite(t, d)
		f, err := Read([]byte(first))
		if err != nil {
			rt.Fatalf("%v in\n%s", err, clipFile(first))
		}
		if second := mustWrite(t, f.Document); second != first {
			rt.Fatalf("bytes differ:\n%s", cmp.Diff(first, second))
		}
		if diff := cmp.Diff(meaning(d), meaning(f.Document)); diff != "" {
			rt.Fatalf("fields differ (-written +read):\n%s", diff)
		}
	})
}

func TestFile_64KB(t *testing.T) {
	t.Parallel()
	d := rich()
	big := strings.Repeat("- a\n  ## x <!-- coe:summary -->\n", 3000)[:maxText]
	d.Sections["summary"] = Section{Name: "summary", Text: big}
	d.Lessons[0].Text = big
	f := mustRead(t, mustWrite(t, d)).Document
	if f.Sections["summary"].Text != big || f.Lessons[0].Text != big {
		t.Error("a text of 64 KB came back changed")
	}
}

// The beginnings that people type, in a file that Write did not write.
func TestRead_byHand(t *testing.T) {
	t.Parallel()
	src := "\ufeff---\r\ncoe: 1\r\ntitle: 'It''s down'\r\nkind: near_miss\r\nseverity: 3\r\nowner: Ana@Example.com\r\nservices: a, b\r\nzone: CET\r\n---\r\n" +
		"## Summary <!-- coe:summary -->\r\nText\r\nmore\r\n## Lessons <!-- coe:lessons -->\r\n\r\n- Learned\r\n  kind: short\r\n  <!-- abcdefgh -->"
	f := mustRead(t, src)
	d := f.Document
	if d.COE.Title != "It's down" || d.Person(&d.COE.OwnerID).Email != "ana@example.com" || len(d.Services) != 2 || d.COE.Zone != "Europe/Berlin" || d.COE.State != Draft {
		t.Errorf("front matter: %+v", d.COE)
	}
	if s := d.Sections["summary"]; s.Text != "Text\nmore" || s.CRLF {
		t.Errorf("summary %q", s.Text)
	}
	if len(d.Lessons) != 1 || d.Lessons[0].Text != "Learned" {
		t.Errorf("lessons %+v", d.Lessons)
	}
	for place, line := range map[string]int{"summary": 10, "lesson/abcdefgh": 15, "lesson/unknown": 1, "lessons": 13, "": 1} {
		if got := f.Line(Finding{Place: place}); got != line {
			t.Errorf("%q is on line %d, want %d", place, got, line)
		}
	}
	if got := f.Line(Finding{Place: "summary", Line: 2}); got != 12 {
		t.Errorf("the second line of the summary is on line %d", got)
	}
}

func TestRead_refuses(t *testing.T) {
	t.Parallel()
	const front = "---\ncoe: 1\ntitle: T\nkind: incident\nseverity: 1\n---\n\n" // 7 lines
	row := func(section, text string) string { return front + "## X <!-- coe:" + section + " -->\n\n" + text }
	tests := map[string]struct{ src, line string }{
		"nothing":             {"", "Line 1:"},
		"foreign text":        {"# A review\n", "Line 1:"},
		"no end":              {"---\ncoe: 1\n", "Line 2:"},
		"another format":      {"---\ncoe: 2\n", "Line 2:"},
		"unknown key":         {"---\ncoe: 1\ntittle: x\n", "Line 3:"},
		"twice":               {"---\ncoe: 1\ncoe: 1\n", "Line 3:"},
		"no title":            {"---\ncoe: 1\n---\n", "Line 3: the front matter has no title"},
		"bad kind":            {"---\ncoe: 1\nkind: outage\n", "Line 3:"},
		"bad list":            {"---\ncoe: 1\ntags: [a\n", "Line 3:"},
		"bad quotes":          {"---\ncoe: 1\ntitle: \"a\n", "Line 3:"},
		"bad window":          {"---\ncoe: 1\nwindow: 2025/2026\n", "Line 3:"},
		"bad role":            {"---\ncoe: 1\nnamed: [a@example.com (king)]\n", "Line 3:"},
		"not UTF-8":           {front + "\xff", "Line 8:"},
		"NUL":                 {front + "\x00", "Line 8:"},
		"text before":         {front + "text", "Line 8:"},
		"unknown section":     {front + "## X <!-- coe:epilogue -->", "Line 8:"},
		"section twice":       {front + "## X <!-- coe:summary -->\n\n## X <!-- coe:summary -->\n", "Line 10:"},
		"text behind rows":    {row("lessons", "- a\n  kind: short\n  <!-- abcdefgh -->\n\ntext\n"), "Line 14:"},
		"unknown field":       {row("lessons", "- a\n  kind: short\n  size: 3\n  <!-- abcdefgh -->\n"), "Line 12:"},
		"field twice":         {row("lessons", "- a\n  kind: short\n  kind: short\n  <!-- abcdefgh -->\n"), "Line 12:"},
		"missing kind":        {row("lessons", "- a\n  <!-- abcdefgh -->\n"), "Line 10:"},
		"key twice":           {row("lessons", "- a\n  kind: short\n  <!-- abcdefgh -->\n\n- b\n  kind: short\n  <!-- abcdefgh -->\n"), "Line 14:"},
		"stray line":          {row("lessons", "- a\n  kind: short\n  more\n  <!-- abcdefgh -->\n"), "Line 12:"},
		"bad time":            {row("timeline", "- a\n  at: noon\n  <!-- abcdefgh -->\n"), "Line 11:"},
		"unknown action":      {row("lessons", "- a\n  kind: short\n  actions: A-1\n  <!-- abcdefgh -->\n"), "Line 10:"},
		"bad action":          {row("lessons", "- a\n  kind: short\n  actions: one\n  <!-- abcdefgh -->\n"), "Line 12:"},
		"parent below":        {row("whys", "- a\n  root: happened\n  parent: abcdefgh\n  <!-- abcdefga -->\n"), "Line 10:"},
		"row of another kind": {row("lessons", "- a\n  <!-- waiver -->\n"), "Line 10:"},
		"unclosed series":     {row("metrics", "- a\n  ```csv\n  1\n  <!-- abcdefgh -->\n"), "Line 13:"},
		"bad hash":            {row("files", "- a\n  sha256: ../../etc/passwd\n  purpose: original\n  <!-- abcdefgh -->\n"), "Line 11:"},
		"rows in other":       {row("other", "- a\n  <!-- abcdefgh -->\n"), "Line 10:"},
		"record twice":        {row("record", "- a\n  <!-- record -->\n\n- a\n  <!-- record -->\n"), "Line 13:"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Read([]byte(tt.src))
			if e := wants(t, err, fault.Invalid, "file"); !strings.HasPrefix(e.Text, tt.line) {
				t.Errorf("says %q, want %q", e.Text, tt.line)
			}
		})
	}
}

func TestIsFile(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]bool{
		"---\ncoe: 1\n": true, "\ufeff---\r\ntitle: x\r\ncoe: 1\r\n": true, "---\ntitle: x\n---\ncoe: 1": false,
		"# Review\ncoe: 1": false, "": false, "---": false, "----\ncoe: 1": false,
	} {
		if got := IsFile([]byte(src)); got != want {
			t.Errorf("%q: %v", src, got)
		}
	}
}

// Read never panics, and what it takes it gives back the same from then on.
func FuzzRead(f *testing.F) {
	rich, _ := Write(rich())
	f.Add(rich)
	f.Add([]byte("---\ncoe: 1\ntitle: T\nkind: incident\nseverity: 1\n---\n\n## X <!-- coe:lessons -->\n\n- a\n  kind: short\n  <!-- abcdefgh -->\n"))
	f.Add([]byte("---\ncoe: 1\ntitle: T\nkind: incident\nseverity: 1\n---\n## X <!-- coe:metrics -->\n-\n  ```csv bare\n\n  ```\n  <!-- abcdefgh -->"))
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := Read(b)
		if err != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Fatalf("not a fault: %v", err)
			}
			return
		}
		if file.Document.COE.OwnerID == 0 {
			return // cannot be written before somebody owns it
		}
		one, err := Write(file.Document)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Read(one)
		if err != nil {
			t.Fatalf("%v in\n%s", err, one)
		}
		if two, _ := Write(again.Document); !bytes.Equal(one, two) {
			t.Fatal(cmp.Diff(string(one), string(two)))
		}
	})
}
