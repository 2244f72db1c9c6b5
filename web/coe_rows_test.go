package web_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"strings"
	"testing"

	"coetracker/actions"
	"coetracker/coe"
)

func TestRows_Impact(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	n := r.coe()
	r.post("ana", "/coes/1/rows/impact", "what", "", "affected", "410 m").wants(422, "Say what customers could not do", `value="410 m"`)
	r.post("ana", "/coes/1/rows/impact", "what", "PUT", "from", "nonsense").wants(422, "does not begin with a time", `value="nonsense"`)
	r.post("ana", "/coes/1/rows/impact", "what", "PUT", "affected", "410 m", "total", "520 m", "from", "3 Mar 2026 09:38", "to", "13:54").wants(303)
	r.post("ana", "/coes/1/rows/impact", "what", "GET", "unmeasured", "1").wants(303)
	d := r.load(n)
	put := d.Impacts[0]
	if len(d.Impacts) != 2 || put.FromAt.Format("15:04") != "09:38" || put.ToAt.Format("15:04") != "13:54" || !d.Impacts[1].Unmeasured {
		t.Fatalf("impacts %+v", d.Impacts)
	}
	at := "/coes/1/rows/impact/" + put.Key
	same := []string{"version", "1", "what", "PUT", "affected", "410 m", "total", "520 m", "from", "2026-03-03 09:38", "to", "2026-03-03 13:54"}
	r.get("ana", "/coes/1/edit/impact").wants(200, "PUT: 410 m of 520 m", `value="2026-03-03 09:38"`, "GET: unmeasured", "Saved 10:00:00")
	r.post("ana", at, append(same, "do", "save")...).leads("/coes/1/edit/impact#r-" + put.Key)
	if got := r.load(n).Impacts[0].Version; got != 1 {
		t.Errorf("a save that changes nothing makes version %d", got)
	}
	r.post("ana", at, append(same, "do", "down")...).wants(303)
	if d = r.load(n); d.Impacts[0].What != "GET" || d.Impacts[1].Version != 2 {
		t.Errorf("after moving down: %+v", d.Impacts)
	}
	a := r.post("bo", at, "version", "1", "what", "Mine", "affected", "1", "do", "save")
	a.wants(409, "Meanwhile somebody else saved this row", "410 m", `value="Mine"`, `name="version" value="2"`)
	r.post("bo", at, "version", "1", "what", "", "do", "save").wants(422, `name="version" value="1"`)
	r.post("bo", at, "version", "2", "do", "delete").leads("/coes/1/edit/impact?deleted=impact%2F" + put.Key)
	if got := len(r.load(n).Impacts); got != 1 {
		t.Errorf("%d impacts after deleting one of two", got)
	}
	r.get("bo", "/coes/1/edit/impact?deleted=impact/"+put.Key).wants(200, "Put it back", at)
	r.post("bo", at, "do", "undelete").wants(303)
	if got := len(r.load(n).Impacts); got != 2 {
		t.Errorf("%d impacts after putting it back", got)
	}
	r.post("dan", at, append(same, "do", "save")...).wants(403)
	r.post("ana", "/coes/1/rows/nothing").wants(404)
}

// action adds an action to the document.
func (r *docs) action(n int64, title string) *actions.Action {
	r.t.Helper()
	a, err := r.actions.Add(r.t.Context(), r.who["ana"], actions.New{COEID: r.load(n).COE.ID, Title: title})
	r.must(err)
	return a
}

func TestRows_LessonsLinksSharing(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	n := r.coe()
	a := r.action(n, "Add an alarm")
	r.post("ana", "/coes/1/rows/lesson", "text", "Alarms must not share the pipe", "kind", "long").wants(303)
	l := r.load(n).Lessons[0]
	r.post("ana", "/coes/1/rows/lesson/"+l.Key, "version", "1", "text", "Alarms need their own pipe", "kind", "long", "link", a.Key, "do", "link").wants(303)
	d := r.load(n)
	if d.Lessons[0].Text != "Alarms need their own pipe" || len(d.LessonLinks) != 1 {
		t.Errorf("lesson %+v, links %v", d.Lessons[0], d.LessonLinks)
	}
	r.get("ana", "/coes/1/edit/lessons").wants(200, "Take A-1 away", "Long term: Alarms need their own pipe")
	r.post("ana", "/coes/1/rows/lesson/"+l.Key, "version", "2", "text", "Alarms need their own pipe", "kind", "long", "unlink", a.Key).wants(303)
	if got := len(r.load(n).LessonLinks); got != 0 {
		t.Errorf("%d links after unlinking", got)
	}
	r.post("ana", "/coes/1/rows/link", "type", "coe", "target", "thirteen").wants(422, "by its number, such as COE-13", `value="thirteen"`)
	r.post("ana", "/coes/1/rows/link", "type", "coe", "target", "coe-13").wants(303)
	r.post("ana", "/coes/1/rows/sharing", "team", "Search", "asked", "Look at your alarms").wants(303)
	r.get("ana", "/coes/1/edit/related").wants(200, "COE-13")
	r.get("ana", "/coes/1/edit/sharing").wants(200, "Search: Look at your alarms")
}

func TestRows_Metrics(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	n := r.coe()
	r.post("ana", "/coes/1/rows/metric", "title", "Errors", "csv", "no numbers here").wants(422, "no numbers here</textarea>")
	r.post("ana", "/coes/1/rows/metric", "title", "Errors", "unit", "%", "csv", "time,errors\n2026-03-03T09:00:00Z,1\n2026-03-03T09:01:00Z,80\n").wants(303)
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	r.must(w.WriteField("title", "Latency"))
	f, err := w.CreateFormFile("file", "latency.csv")
	r.must(err)
	fmt.Fprint(f, "time,p99\n2026-03-03 09:00,12\n2026-03-03 09:01,900\n")
	r.must(w.Close())
	r.do("ana", "POST", "/coes/1/rows/metric", b.String(), w.FormDataContentType()).wants(303)
	d := r.load(n)
	if len(d.Metrics) != 2 || d.Metrics[1].Title != "Latency" || !strings.Contains(d.Metrics[1].CSV, "900") {
		t.Fatalf("metrics %+v", d.Metrics)
	}
	m := d.Metrics[0]
	r.post("ana", "/coes/1/rows/metric/"+m.Key, "version", "1", "title", "Errors", "unit", "%", "caption", "Four of five fail within a minute", "live_url", "ftp://x", "do", "save").wants(422, "is not an address", "Four of five")
	r.post("ana", "/coes/1/rows/metric/"+m.Key, "version", "1", "title", "Errors", "unit", "%", "caption", "Four of five fail within a minute", "do", "save").wants(303)
	if got := r.load(n).Metrics[0]; got.Caption == "" || got.CSV != m.CSV {
		t.Errorf("after a new caption: %+v", got)
	}
}

func TestWhys(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	n := r.coe()
	a := r.action(n, "Refuse to remove more than 5 %")
	r.get("ana", "/coes/1/edit/whys").wants(200, "Why it happened", "Why it was found late", "Why it was fixed late")
	r.post("ana", "/coes/1/rows/why", "root", "happened", "text", "", "do", "save").wants(422, "Say what the reason is")
	top := r.post("ana", "/coes/1/rows/why", "root", "happened", "text", "The subsystem lost its hosts", "do", "child").wants(303)
	w := r.load(n).Whys[0]
	if want := "/coes/1/edit/whys?parent=" + w.Key + "&root=happened"; top.to != want {
		t.Errorf("leads to %s, want %s", top.to, want)
	}
	r.get("ana", top.to).wants(200, "autofocus", `name="parent" value="`+w.Key+`"`)
	next := r.post("ana", "/coes/1/rows/why", "root", "happened", "parent", w.Key, "text", "A command removed too many", "do", "sibling").wants(303)
	child := r.load(n).Whys[1]
	if !strings.Contains(next.to, "after="+child.Key) || child.ParentID == nil || *child.ParentID != w.ID {
		t.Errorf("a child %+v leads to %s", child, next.to)
	}
	r.post("ana", "/coes/1/rows/why", "root", "happened", "parent", w.Key, "after", child.Key, "text", "", "do", "sibling").leads("/coes/1/edit/whys")
	r.post("ana", "/coes/1/rows/why", "root", "happened", "parent", w.Key, "text", "Restart had not been tried for years", "do", "save").wants(303)
	second := r.load(n).Whys[2]
	at := "/coes/1/rows/why/"
	r.post("ana", at+second.Key, "version", "1", "text", second.Text, "do", "in").wants(303)
	if got := r.load(n).Whys[2]; got.ParentID == nil || *got.ParentID != child.ID {
		t.Errorf("moved in: %+v", got)
	}
	r.post("ana", at+second.Key, "version", "2", "text", second.Text, "do", "out").wants(303)
	r.post("ana", at+second.Key, "version", "3", "text", second.Text, "do", "up").wants(303)
	r.post("ana", at+second.Key, "version", "4", "text", second.Text, "do", "up").wants(422, "cannot move up")
	r.post("ana", at+child.Key, "version", "1", "text", "A command removed too many hosts", "factor", "process", "evidence", "log", "declined", "", "link", a.Key, "do", "link").wants(303)
	r.post("ana", at+second.Key, "version", "4", "text", second.Text, "declined", "Rebuilt this quarter anyway", "do", "save").wants(303)
	r.get("ana", "/coes/1/edit/whys").wants(200, "2 leaves", "1 with an action", "1 declined", "0 open", "A-1 Refuse to remove more than 5 %", "Declined: Rebuilt this quarter anyway", `data-do="outdent"`)
	r.post("ana", at+second.Key, "version", "5", "text", second.Text, "do", "action").leads("/coes/1/edit/actions?why=" + second.Key)
	r.get("ana", "/coes/1/edit/actions?why="+second.Key).wants(200, "The action you add now answers", `name="why" value="`+second.Key+`"`)
	r.post("ana", "/coes/1/actions", "line", "", "why", second.Key).wants(422, `name="why" value="`+second.Key+`"`)
	r.post("ana", "/coes/1/actions", "line", "Practise a restart", "why", second.Key).leads("/coes/1/edit/whys#r-" + second.Key)
	r.get("ana", "/coes/1/edit/whys").wants(200, "A-2 Practise a restart", "2 with an action")
	r.post("bo", at+child.Key, "version", "1", "text", "My words", "do", "save").wants(409, "My words</textarea>", "A command removed too many hosts", `name="version" value="2"`)
	r.post("ana", at+w.Key, "version", "1", "do", "delete").wants(303)
	if got := len(r.load(n).Whys); got != 0 {
		t.Errorf("%d whys after deleting the top", got)
	}
	r.post("ana", at+w.Key, "do", "undelete").wants(303)
	if got := len(r.load(n).Whys); got != 3 {
		t.Errorf("%d whys after putting the top back", got)
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	n := r.coe()
	a := r.action(n, "Alarm on refused writes")
	page := r.get("ana", "/coes/1/edit/questions").wants(200, "Detection", "Prevention", "What would have halved the time to detect?").without("Which change was it")
	was := func(q string) string { return hidden(page, q+".was") }
	r.post("ana", "/coes/1/answers", "group", "G",
		"D1.text", "At 09:38; at 09:40", "D1.version", "0", "D1.was", was("D1"),
		"D2.text", "", "D2.version", "0", "D2.was", was("D2"),
		"D3.text", "", "D3.na", "1", "D3.version", "0", "D3.was", was("D3"),
		"D5.text", "An alarm", "D5.minutes", "20", "D5.action", a.Key, "D5.version", "0", "D5.was", was("D5"),
		"G4.text", "A map", "G4.minutes", "many", "G4.version", "0", "G4.was", was("G4"),
	).wants(422, "Say why this question does not apply", "as a whole number", `value="many"`, "A map</textarea>", "At 09:38; at 09:40</textarea>")
	d := r.load(n)
	if len(d.Answers) != 2 || *d.Answers["D5"].MinutesSaved != 20 || d.Answers["D5"].ActionKey != a.Key || d.Answers["D1"].Version != 1 {
		t.Errorf("answers %+v", d.Answers)
	}
	page = r.get("ana", "/coes/1/edit/questions")
	r.post("bo", "/coes/1/answers", "D1.text", "At 09:37", "D1.version", "1", "D1.was", was("D1")).leads("/coes/1/edit/questions#r-D")
	r.post("ana", "/coes/1/answers", "D1.text", "At 09:36", "D1.version", "1", "D1.was", was("D1")).wants(409, "At 09:36</textarea>", "At 09:37", `name="D1.version" value="2"`)
	r.post("ana", "/coes/1/answers", "D1.text", "At 09:38; at 09:40", "D1.version", "1", "D1.was", was("D1")).wants(303)
	if got := r.load(n).Answers["D1"]; got.Text != "At 09:37" {
		t.Errorf("a form that did not touch D1 made it %q", got.Text)
	}
	// A field refused must not turn an old form into one of the present version.
	r.post("ana", "/coes/1/answers", "D1.text", "", "D1.na", "1", "D1.version", "1", "D1.was", was("D1")).
		wants(422, `name="D1.version" value="1"`, `name="D1.was" value="`+was("D1")+`"`)
	_, err := r.coes.AddLink(t.Context(), r.who["ana"], n, coe.LinkEdit{Type: ptr("deployment"), Target: ptr("api 4.2")})
	r.must(err)
	r.get("ana", "/coes/1/edit/questions").wants(200, "Which change was it")
}

// hidden finds the value of a hidden field.
func hidden(a answer, name string) string {
	_, rest, _ := strings.Cut(a.body, `name="`+name+`" value="`)
	value, _, _ := strings.Cut(rest, `"`)
	return value
}
