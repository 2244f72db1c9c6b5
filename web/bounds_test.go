package web_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"coetracker/people"
	"coetracker/timeline"
)

// A paste is read whole or not at all, and never fills a page that no browser
// shows.
func TestPaste_bounded(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	at := fmt.Sprintf("/coes/%d/timeline/paste", r.coe())
	r.post("ana", at, "text", strings.Repeat("1:00 a\n", 5001), "day", "2026-03-01").wants(422, "5002 lines", "at most 5000")
	r.post("ana", at, "text", "1:00 a\n"+strings.Repeat("long ", 250_000)+"\n2:00 b", "day", "2026-03-01").wants(422, "more than 1 MB")
	r.post("ana", at, "text", strings.Repeat("1:00 a\n", 200), "day", "2026-03-01").wants(200, "200 entries understood")
}

// So is a review.
func TestImport_bounded(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	body := "--x\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\n" + strings.Repeat("1:00 a\n", 5_001) + "\r\n--x--\r\n"
	r.do("ana", "POST", "/import/preview", body, "multipart/form-data; boundary=x").wants(422, "5001 times and actions were found")
}

// A file that is too large says so, instead of asking for the title that was
// typed beside it.
func TestMetric_tooLarge(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	body := "--x\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nErrors\r\n" +
		"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n" + strings.Repeat("1,2\n", 1<<20) + "\r\n--x--\r\n"
	r.do("ana", "POST", fmt.Sprintf("/coes/%d/rows/metric", r.coe()), body, "multipart/form-data; boundary=x").wants(413, "up to 4 MB")
}

// An export is always the document of this moment: the time of its header does
// not move when a part changes.
func TestExport_neverStale(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	n := r.coe()
	path := fmt.Sprintf("/coes/%d/export.md", n)
	_, err := r.coes.SaveSection(t.Context(), r.who["ana"], n, "summary", 0, "A newer text.", "form")
	r.must(err)
	r.do("ana", "GET", path, "", "", "If-Modified-Since", "Fri, 01 Jan 2100 00:00:00 GMT").wants(200, "A newer text.")
}

// After an action is deleted its page opens, whatever the address it was
// deleted from asked for.
func TestActionDelete_backWithQuery(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	at := fmt.Sprintf("/coes/%d/edit/actions", r.coe())
	r.post("ana", "/coes/1/actions", "line", "Add a fuse @bo").wants(303)
	id := r.load(1).Actions[0].ID
	r.post("ana", fmt.Sprintf("/actions/%d/delete", id), "version", "1", "back", at+"?added=1#new").leads(fmt.Sprintf("%s?deleted=%d", at, id))
}

// What is understood of a line after an entry that is not out yet does not tell
// a reader when that was.
func TestEntryEcho_pending(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	n := r.coe()
	d := r.load(n)
	r.must(r.g.Exec("UPDATE coes SET state = 'published', issue = 1, issued_seq = seq").Error)
	raw, err := r.coes.Export(t.Context(), people.Operator(), n)
	r.must(err)
	r.must(r.g.Exec("INSERT INTO revisions (coe_id, number, name, issue, bytes, sha256, created_at) VALUES (?, 1, 'Issue 1', 1, ?, '', ?)", d.COE.ID, raw, r.clock.Now()).Error)
	at := r.clock.Now().Add(-77 * time.Minute)
	text := "Secret so far"
	e, err := (&timeline.Store{DB: r.g}).Add(t.Context(), r.who["ana"], d.COE.ID, timeline.Edit{When: &timeline.When{At: &at}, Text: &text})
	r.must(err)
	line := []string{"line", "+5 then", "after", e.Key}
	when := at.Add(5 * time.Minute).Format("15:04")
	r.post("ana", fmt.Sprintf("/coes/%d/timeline/echo", n), line...).wants(200, when)
	r.post("dan", fmt.Sprintf("/coes/%d/timeline/echo", n), line...).wants(200).without(when)
}
