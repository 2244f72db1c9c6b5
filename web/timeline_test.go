package web_test

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"coetracker/coe"
	"coetracker/internal/db"
	"coetracker/timeline"
)

// pst makes a document of a day in 2017 whose times are Pacific.
func (r *docs) pst() int64 {
	r.t.Helper()
	start := timeOf("2017-02-28T17:30:00Z")
	c, err := r.coes.Create(r.t.Context(), r.who["ana"], coe.New{Title: "Requests failed", Kind: coe.Incident, Severity: 1, TeamID: &r.team, Zone: "America/Los_Angeles", WindowStart: &start})
	r.must(err)
	return c.Number
}

// lines types one line after the other.
func (r *docs) lines(n int64, lines ...string) []timeline.Entry {
	r.t.Helper()
	after := ""
	for _, l := range lines {
		a := r.post("ana", fmt.Sprintf("/coes/%d/timeline", n), "line", l, "after", after).wants(303)
		u, err := url.Parse(a.to)
		r.must(err)
		after = u.Query().Get("after")
	}
	return r.load(n).Entries
}

func timeOf(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

func at(e timeline.Entry) string {
	if e.At == nil {
		return "unknown"
	}
	return e.At.UTC().Format("2006-01-02 15:04")
}

func TestTimelineLine(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	n := r.pst()
	page := fmt.Sprintf("/coes/%d/timeline", n)
	r.get("ana", fmt.Sprintf("/coes/%d/edit/timeline", n)).wants(200, "No entry yet", `data-echo="/coes/1/timeline/echo"`, "Key moments without an entry: trigger, impact start")
	r.get("dan", fmt.Sprintf("/coes/%d/edit/timeline", n)).wants(403)
	r.get("ana", "/coes/9/edit/timeline").wants(404)

	list := r.lines(n, "09:38 GET and LIST begin to fail #impact", "+2 Alarm pages the index on-call #detected:alarm", "9:43 @index-oncall opens the bridge @index-oncall #engaged", "~9:56 Servers cannot be put back", "??:?? Somebody reads the command", "23:10-23:40 Checks run", "04:00 Checks end")
	want := []string{"2017-02-28 17:38", "2017-02-28 17:40", "2017-02-28 17:43", "2017-02-28 17:56", "unknown", "2017-03-01 07:10", "2017-03-01 12:00"}
	if len(list) != len(want) {
		t.Fatalf("%d entries, want %d", len(list), len(want))
	}
	for i, w := range want {
		if at(list[i]) != w || list[i].Zone != "America/Los_Angeles" {
			t.Errorf("entry %d is %s %s, want %s", i, at(list[i]), list[i].Zone, w)
		}
	}
	if list[1].Kind != timeline.Detected || list[1].DetectedHow != "alarm" || list[2].Who != "index-oncall" || list[3].Precision != timeline.Approximate || list[5].EndAt == nil {
		t.Errorf("read as %+v", list)
	}

	// What cannot be stored keeps the line.
	for _, c := range []struct{ line, says string }{
		{"", "Type a time"}, {"Rollback started", "Begin with a time"}, {"10:05", "Say what happened"}, {"10:05 #deploy", "Say what happened"},
	} {
		r.post("ana", page, "line", c.line, "after", list[0].Key).wants(422, c.says, `name="line" type="text" value="`+c.line+`"`, `name="after" value="`+list[0].Key+`"`)
	}
	r.post("dan", page, "line", "10:05 Rollback").wants(403)
	if got := len(r.load(n).Entries); got != len(want) {
		t.Errorf("%d entries, want %d", got, len(want))
	}
}

// A zone with several meanings and an hour that came twice are asked, and the
// answer is one press.
func TestTimelineLine_Questions(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	n := r.pst()
	page := fmt.Sprintf("/coes/%d/timeline", n)
	a := r.post("ana", page, "line", "14:02 CST Rollback <started>").wants(422, "CST can mean America/Chicago", `name="answer" value="14:02 America/Chicago Rollback &lt;started&gt;"`, ">Asia/Shanghai</button>")
	a.without("<started>")
	// Enter presses the first button of a form, which must not be an answer.
	form := a.body[strings.Index(a.body, `<form class="entry"`):]
	if first := form[strings.Index(form, "<button"):]; strings.Contains(first[:strings.Index(first, ">")], "answer") {
		t.Error("Enter would answer the question")
	}
	r.post("ana", page, "line", "14:02 CST Rollback", "answer", "14:02 Asia/Shanghai Rollback").wants(303)
	if e := r.load(n).Entries[0]; at(e) != "2017-03-01 06:02" || e.Zone != "Asia/Shanghai" || e.Text != "Rollback" {
		t.Errorf("stored %s %s %q", at(e), e.Zone, e.Text)
	}
	r.post("ana", page, "line", "2017-11-05 01:30 It began again").wants(422, "showed 01:30 twice", `value="2017-11-05 01:30 UTC-08:00 It began again"`)
	r.post("ana", page, "line", "x", "answer", "2017-11-05 01:30 UTC-08:00 It began again").wants(303)
	if list := r.load(n).Entries; at(list[1]) != "2017-11-05 09:30" {
		t.Errorf("stored %s", at(list[1]))
	}
}

func TestTimelineEcho(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	n := r.pst()
	r.lines(n, "09:38 Requests fail #impact", "9:40 Alarm #detected", "9:43 Bridge #engaged")
	echo := fmt.Sprintf("/coes/%d/timeline/echo", n)
	r.post("ana", echo, "line", "13:18 Index is whole @index-oncall #mitigated").
		wants(200, "Understood: <b>Tue 28 Feb 2017 13:18 PST, T+3h40m</b>", "key moment <b>6, mitigated</b>", "by <b>index-oncall</b>", "ends phase <b>mitigate, 3 h 35", "").without("<html", "<form")
	r.post("ana", echo, "line", "02:00 Night").wants(200, "the next day was taken")
	r.post("ana", echo, "line", "<script>").wants(200, "No time yet").without("<script>")
	r.post("ana", echo, "line", "14:02 IST x").wants(200, "IST can mean")
	r.post("ana", echo, "line", "").wants(200, "Such as")
	r.post("dan", echo, "line", "14:02 x").wants(200)
	r.post("ana", "/coes/7/timeline/echo", "line", "14:02 x").wants(404)
	if len(r.load(n).Entries) != 3 {
		t.Error("an echo stored something")
	}
}

func TestTimelineEdit(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	n := r.pst()
	e := r.lines(n, "09:38:12 Requests fail #impact", "9:40 Alarm #detected")[0]
	base := fmt.Sprintf("/coes/%d/timeline/%s", n, e.Key)
	r.get("ana", fmt.Sprintf("/coes/%d/edit/timeline?edit=%s", n, e.Key)).wants(200, `value="2017-02-28 09:38:12"`, `value="America/Los_Angeles"`, "Save the entry")
	form := []string{"version", "1", "time", "2017-02-28 09:38:12", "end", "", "zone", "America/Los_Angeles", "kind", "impact_start", "text", "Reads fail\r\nin every zone", "who", "store team", "evidence", "[Graph 1](https://example.com/g)\r\nhttps://example.com/log"}
	with := func(pairs ...string) []string {
		out := append([]string{}, form...)
		for i := 0; i < len(pairs); i += 2 {
			for j := 0; j < len(out); j += 2 {
				if out[j] == pairs[i] {
					out = append(out[:j], out[j+2:]...)
					break
				}
			}
			out = append(out, pairs[i], pairs[i+1])
		}
		return out
	}
	for _, c := range []struct{ name, value, says string }{
		{"time", "noon", "does not begin with a time"},
		{"time", "09:38 and more", "was not understood"},
		{"time", "9:38 CST", "CST can mean"},
		{"zone", "Mars/Base", "is not a known time zone"},
		{"end", "2017-02-27 09:00", "ends before it begins"},
		{"text", " ", "Say what happened."},
		{"kind", "party", "is not a kind"},
		{"detected_how", "magic", ""},
	} {
		a := r.post("ana", base, with(c.name, c.value)...)
		if c.name == "detected_how" {
			continue // only a detection has one
		}
		a.wants(422, c.says, "store team", "[Graph 1](https://example.com/g)")
	}
	// A refused form keeps the version it began with.
	r.must(r.g.Exec("UPDATE entries SET version = 7 WHERE key = ?", e.Key).Error)
	r.post("ana", base, with("text", " ")...).wants(422, `name="version" value="1"`)
	r.must(r.g.Exec("UPDATE entries SET version = 1, text = 'Requests fail', evidence = '', who = '' WHERE key = ?", e.Key).Error)

	r.post("ana", base, form...).leads(fmt.Sprintf("/coes/%d/edit/timeline#e-%s", n, e.Key))
	got := r.load(n).Entries[0]
	if !got.At.Equal(*e.At) || got.Text != "Reads fail\nin every zone" || got.Who != "store team" || strings.Count(got.Evidence, "\n") != 1 || got.Version != 2 {
		t.Errorf("stored %+v", got)
	}
	r.post("ana", base, with("version", "2", "time", "9:45", "end", "10:05", "zone", "UTC", "gap_note", "Nobody looked", "is_key", "1")...).wants(303)
	got = r.load(n).Entries[0]
	if at(got) != "2017-02-28 09:45" || got.EndAt.Format("15:04") != "10:05" || got.GapNote != "Nobody looked" || !got.IsKey {
		t.Errorf("stored %s to %v, note %q, key %v", at(got), got.EndAt, got.GapNote, got.IsKey)
	}

	// Somebody else was faster: both are shown, and the next save takes mine.
	a := r.post("bo", base, with("version", "2", "text", "My words")...).wants(409, "Somebody else changed this meanwhile", "Theirs:", "Reads fail", "My words", "Keep theirs")
	v := regexp.MustCompile(`name="version" value="(\d+)"`).FindAllStringSubmatch(a.body, -1)
	r.post("bo", base, with("version", v[len(v)-1][1], "text", "x")...)
	r.post("bo", base, with("version", "3", "text", "My words")...).wants(303)
	r.post("dan", base, form...).wants(403)
	r.post("ana", fmt.Sprintf("/coes/%d/timeline/zzzzzzzz", n), form...).wants(404)
}

func TestTimelineGapsAndNones(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	n := r.pst()
	list := r.lines(n, "09:38 Requests fail #impact", "10:04 Restart #mitigation", "11:02 Proposal refused", "13:18 Whole #mitigated")
	edit := fmt.Sprintf("/coes/%d/edit/timeline", n)
	r.get("ana", edit).wants(200, "58 min without an entry, 10:04 to 11:02", "Start an entry at 10:04", "Write a gap note", "Key moments without an entry: trigger, detected, engaged, resolved")
	r.get("ana", edit+"?at=2017-02-28+10:04+&after="+list[1].Key).wants(200, `value="2017-02-28 10:04 "`, "autofocus")
	gap := fmt.Sprintf("/coes/%d/timeline/%s/gap", n, list[1].Key)
	r.post("ana", gap, "version", "1", "gap_note", strings.Repeat("x", 5000)).wants(422, "bytes long", strings.Repeat("x", 5000))
	r.post("ana", gap, "version", "1", "gap_note", "The index replayed its log.").wants(303)
	r.post("bo", gap, "version", "1", "gap_note", "We waited.").wants(409, "The index replayed its log.", "We waited.")
	r.get("ana", edit).wants(200, "Gap note: The index replayed its log.", "Change the gap note")

	version := fmt.Sprint(r.load(n).COE.Version)
	none := fmt.Sprintf("/coes/%d/timeline/none", n)
	r.post("ana", none, "version", version, "none_trigger", "It was always so").leads(edit + "#none")
	r.post("bo", none, "version", version, "none_trigger", "Nobody knows").wants(409, "It was always so", "Nobody knows")
	if got := r.load(n).COE.Nones()[timeline.Trigger]; got != "It was always so" {
		t.Errorf("stored %q", got)
	}
	r.post("dan", none, "version", version, "none_trigger", "x").wants(403)
}

func TestTimelineChosen(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	n := r.pst()
	list := r.lines(n, "2017-02-28 09:38 UTC Requests fail #impact", "9:40 UTC Alarm", "2017-02-28 10:04 Restart")
	do := fmt.Sprintf("/coes/%d/timeline/chosen", n)
	times := func() string {
		var out []string
		for _, e := range r.load(n).Entries {
			out = append(out, at(e)[5:])
		}
		return strings.Join(out, ", ")
	}
	undo := func(a answer) {
		t.Helper()
		u, err := url.Parse(a.wants(303).to)
		r.must(err)
		q := u.Query()
		r.get("ana", a.to).wants(200, ">Undo</button>")
		r.post("ana", u.Path[:strings.Index(u.Path, "/edit")]+"/timeline/undo", "do", q.Get("undo"), "was", q.Get("was")).wants(303)
	}
	before := times()
	r.post("ana", do, "do", "zone", "e", list[0].Key, "e", list[1].Key).wants(422, "Say which zone they are", `value="`+list[0].Key+`" checked`)
	r.post("ana", do, "do", "zone", "zone", "CST", "e", list[0].Key).wants(422, "CST can mean several zones", `value="CST"`)
	r.post("ana", do, "do", "day").wants(422, "Choose between 1")
	r.post("ana", do, "do", "day", "e", "zzzzzzzz").wants(404)
	r.post("dan", do, "do", "day", "e", list[0].Key).wants(403)

	moved := r.post("ana", do, "do", "zone", "zone", "PST", "e", list[0].Key, "e", list[1].Key)
	if got := times(); got != "02-28 17:38, 02-28 17:40, 02-28 18:04" {
		t.Errorf("shifted to %s", got)
	}
	undo(moved)
	if got := times(); got != before {
		t.Errorf("undone to %s, want %s", got, before)
	}
	undo(r.post("ana", do, "do", "day", "e", list[2].Key))
	if got := times(); got != before {
		t.Errorf("undone to %s, want %s", got, before)
	}
	gone := r.post("ana", do, "do", "delete", "e", list[1].Key)
	if len(r.load(n).Entries) != 2 {
		t.Error("not deleted")
	}
	undo(gone)
	r.post("ana", do, "do", "hide", "e", list[2].Key).wants(303)
	r.get("ana", fmt.Sprintf("/coes/%d/edit/timeline", n)).wants(200, "Collected, not published", "Restart")
	r.get("dan", fmt.Sprintf("/coes/%d", n)).wants(200).without("Restart")
	r.post("ana", do, "do", "star", "e", list[2].Key).wants(303)
	r.get("dan", fmt.Sprintf("/coes/%d", n)).wants(200, "Restart")

	stale := r.post("ana", do, "do", "back", "e", list[0].Key)
	r.post("ana", do, "do", "day", "e", list[0].Key)
	u, _ := url.Parse(stale.to)
	r.post("ana", fmt.Sprintf("/coes/%d/timeline/undo", n), "do", "restamp", "was", u.Query().Get("was")).wants(409)
	r.post("ana", fmt.Sprintf("/coes/%d/timeline/undo", n), "do", "restamp", "was", "nonsense").wants(422)
}

const chat = `ana.ruiz [10:09 AM]
The status page cannot be changed.
sam [10:15 AM]
First notice is out.
mei [10:22 AM]
Other services report the same cause.`

func TestTimelinePaste(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	n := r.pst()
	r.lines(n, "09:38 Requests fail #impact")
	base := fmt.Sprintf("/coes/%d/timeline", n)
	page := r.post("ana", base+"/paste", "text", chat).wants(200, "6 lines, 3 entries understood, 0 ticked", `value="2017-02-28"`, `value="America/Los_Angeles"`, "28 Feb 2017 10:15 PST", "First notice is out.", "sam", "lines 3–4")
	if len(r.load(n).Entries) != 1 {
		t.Fatal("a preview stored something")
	}
	read := regexp.MustCompile(`name="read" value="([0-9a-f]+)"`).FindStringSubmatch(page.body)[1]
	fields := []string{"text", strings.ReplaceAll(chat, "\n", "\r\n"), "day", "2017-02-28", "zone", "America/Los_Angeles", "read", read}
	r.post("ana", base+"/take", fields...).wants(422, "Tick the entries", "First notice is out.")
	r.post("ana", base+"/take", append(fields, "take", "0", "day", "2017-03-01")...) // the first value counts
	r.post("ana", base+"/take", "text", chat, "day", "2017-03-01", "zone", "America/Los_Angeles", "read", read, "take", "1").wants(422, "changed since they were understood", "1 Mar 2017 10:15 PST")
	r.post("dan", base+"/take", append(fields, "take", "1")...).wants(403)
	r.post("ana", base+"/take", append(fields, "take", "1", "take", "2")...).leads(fmt.Sprintf("/coes/%d/edit/timeline", n))
	list := r.load(n).Entries
	if len(list) != 4 || at(list[2]) != "2017-02-28 18:15" || list[2].Source != "pasted" || list[2].Who != "sam" {
		t.Errorf("stored %d: %+v", len(list), list)
	}
	r.post("ana", base+"/paste", "text", chat).wants(200, "0 ticked", "It stands in the timeline already.")
	r.post("ana", base+"/paste", "text", chat, "zone", "UTC", "day", "2017-03-02").wants(200, "2 Mar 2017 10:15 UTC")
	r.post("ana", base+"/paste", "text", chat, "tick", "all").wants(200, "3 ticked")
	r.post("ana", base+"/paste", "text", "10:15 Rollback\n10:20 Back", "tick", "none").wants(200, "0 ticked")
	r.post("ana", base+"/paste", "text", "10:15 Rollback\n10:20 Back").wants(200, "2 ticked")
	r.post("ana", base+"/paste", "text", chat, "zone", "Nowhere").wants(422, "is not a known time zone", "First notice is out.")
	r.post("ana", base+"/paste", "text", chat, "day", "someday").wants(422, "is not a day", "First notice is out.")
	r.post("ana", base+"/paste", "text", "no times at all").wants(422, "No line with a time was found", "no times at all")
	r.post("ana", base, "line", chat).wants(200, "Look before it is stored", "First notice is out.")
	r.post("dan", base+"/paste", "text", chat).wants(403)
}

func TestTimelinePage_QueriesDoNotGrow(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	n := r.pst()
	count := func() int {
		q := db.CountQueries(r.g)
		defer q.Stop()
		r.get("ana", fmt.Sprintf("/coes/%d/edit/timeline", n)).wants(200)
		return q.N()
	}
	r.lines(n, "09:38 Requests fail #impact")
	few := count()
	for i := range 30 {
		r.lines(n, fmt.Sprintf("10:%02d Something %d", i, i))
	}
	if many := count(); many != few {
		t.Errorf("%d queries for 31 entries, %d for one", many, few)
	}
}
