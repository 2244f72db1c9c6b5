package web_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"mime/multipart"
	"regexp"
	"strings"
	"testing"

	"coetracker/coe"
	"coetracker/people"
)

const foreign = `# Uploads failed for one in five customers

All times are PST.

## Summary

A deploy removed an index. Uploads failed.

## Timeline

- 2025-02-28 09:37 The command removed more servers than it was meant to
- 2025-02-28 09:40 Alarm pages the on-call
- 2025-02-28 13:54 All is normal again

## Action items

- Remove capacity more slowly, owner: bo
- Split the index into smaller cells
`

// upload sends a file as the form of /import does.
func (r *docs) upload(name, fileName string, b []byte, pairs ...string) answer {
	r.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for i := 0; i+1 < len(pairs); i += 2 {
		r.must(w.WriteField(pairs[i], pairs[i+1]))
	}
	f, err := w.CreateFormFile("file", fileName)
	r.must(err)
	_, err = f.Write(b)
	r.must(err)
	r.must(w.Close())
	return r.do(name, "POST", "/import/preview", body.String(), w.FormDataContentType())
}

// carries gives the fields that a preview's form sends on.
func carries(t *testing.T, a answer) []string {
	t.Helper()
	var out []string
	for _, m := range regexp.MustCompile(`<input type="hidden" name="([a-z_]+)" value="([^"]*)">`).FindAllStringSubmatch(a.body, -1) {
		out = append(out, m[1], m[2])
	}
	if len(out) < 4 {
		t.Fatalf("the preview carries %q", out)
	}
	return out
}

func TestImport(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	r.get("ana", "/import").wants(200, "Import a review", `enctype="multipart/form-data"`, `value="1" selected>Payments`)
	r.get("dan", "/import").wants(403)
	r.get("", "/import").wants(303)
	r.upload("dan", "x.md", []byte(foreign)).wants(403)
	r.upload("ana", "empty.md", nil).wants(422, "Paste a review, or choose its file.")
	r.upload("ana", "x.png", []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x00")).wants(422)

	page := r.upload("ana", "s3.md", []byte(foreign), "team", fmt.Sprint(r.team)).wants(200, "Read this before it is stored", "s3.md", "Times found, 3 of 3 taken", "28 Feb 2025 09:37 PST", "line 11",
		"Actions found, 2", "Choose one. The text does not say.", `value="Uploads failed for one in five customers"`, "A deploy removed an index.", "America/Los_Angeles, as the text says", "no owner")
	if n, err := r.coes.Numbers(t.Context(), people.Operator()); err != nil || len(n) != 0 {
		t.Fatalf("a preview stored %v, %v", n, err)
	}
	fields := append(carries(t, page), "title", "Uploads failed", "zone", "America/Los_Angeles", "kind", "incident", "team", fmt.Sprint(r.team), "take", "0", "take", "2", "act", "0")
	r.post("ana", "/import", fields...).wants(422, "Choose one. The text does not say.", "Times found, 2 of 3 taken", `value="Uploads failed"`, "Read this before it is stored")
	r.post("dan", "/import", append(fields, "severity", "2")...).wants(403)
	r.post("ana", "/import", append(fields, "severity", "2")...).leads("/coes/1")
	d := r.load(1)
	if d.COE.Title != "Uploads failed" || d.COE.Severity != 2 || d.COE.State != coe.Draft || d.COE.OwnerID != r.who["ana"].ID || *d.COE.TeamID != r.team || d.COE.Zone != "America/Los_Angeles" {
		t.Errorf("header %+v", d.COE)
	}
	if len(d.Entries) != 2 || len(d.Actions) != 1 || d.Person(d.Actions[0].OwnerID).Name != "bo" || len(d.Attachments) != 1 {
		t.Errorf("%d entries, %d actions, %d files", len(d.Entries), len(d.Actions), len(d.Attachments))
	}
	file := r.get("dan", "/coes/1/files/"+d.Attachments[0].Key).wants(200)
	if file.body != foreign {
		t.Error("the original is not kept byte for byte")
	}
	r.post("ana", "/import", append(fields, "severity", "2")...).leads("/coes/1")
	if len(r.load(1).Entries) != 2 {
		t.Error("the same bytes were stored again")
	}
	r.post("ana", "/import", "source", "").wants(422, "came without the review")
	r.post("ana", "/import", append(carries(t, page), "title", "", "severity", "2")...).wants(422, "A title is needed")
	r.post("ana", "/import", append(carries(t, page), "title", "x", "severity", "2", "take", "99")...).wants(422, "Read it again")
}

// Pasted text without a zone is read in the one that is asked, and a changed
// zone is looked at first.
func TestImport_Zone(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	text := strings.Replace(foreign, "All times are PST.", "", 1)
	page := r.post("ana", "/import/preview", "text", text, "zone", "Europe/Berlin")
	page.wants(422) // the preview's own form carries the source
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	r.must(w.WriteField("text", text))
	r.must(w.WriteField("zone", "Europe/Berlin"))
	r.must(w.Close())
	page = r.do("ana", "POST", "/import/preview", b.String(), w.FormDataContentType()).wants(200, "28 Feb 2025 09:37 CET", "The text names none", "pasted.md")
	fields := append(carries(t, page), "title", "Uploads failed", "severity", "1", "take", "0")
	r.post("ana", "/import", append(fields, "zone", "UTC")...).wants(422, "The zone changed.", "28 Feb 2025 09:37 UTC")
	r.post("ana", "/import/preview", append(fields, "zone", "Asia/Tokyo")...).wants(200, "28 Feb 2025 09:37 JST", "Times found, 1 of 3 taken")
	r.post("ana", "/import/preview", append(fields, "zone", "Nowhere/Land")...).wants(422, "is not a known time zone")
	r.post("ana", "/import", append(fields, "zone", "Europe/Berlin")...).leads("/coes/1")
	if e := r.load(1).Entries[0]; at(e) != "2025-02-28 08:37" {
		t.Errorf("stored at %s", at(e))
	}
}

func TestImport_OwnFile(t *testing.T) {
	t.Parallel()
	from, to := newDocs(t), newDocs(t)
	n := from.coe()
	from.lines(n, "2026-03-02 09:38 Requests fail #impact")
	b := from.get("dan", fmt.Sprintf("/coes/%d/export.md", n)).wants(200, "Checkout answered 503").body
	page := to.upload("bo", "COE-1.md", []byte(b)).wants(200, "Checkout answered 503", "1 entry").without("Severity</label>")
	to.post("bo", "/import", carries(t, page)...).leads("/coes/1")
	d := to.load(1)
	if d.COE.OwnerID != to.who["bo"].ID || len(d.Entries) != 1 || d.COE.State != coe.Draft {
		t.Errorf("owner %d, %d entries, %s", d.COE.OwnerID, len(d.Entries), d.COE.State)
	}
	to.post("bo", "/import", carries(t, page)...).leads("/coes/1")
	broken := strings.Replace(b, "severity: 2", "severity: many", 1)
	to.upload("bo", "COE-1.md", []byte(broken)).wants(422, "Line ")
	changed := strings.Replace(b, "Checkout answered 503", "Checkout answered 500", 1)
	to.post("bo", "/import", "source", base64.RawURLEncoding.EncodeToString([]byte(changed)), "file_name", "x.md", "read", "").wants(409)
}

func TestExport(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	n := r.coe()
	secret, err := r.coes.Create(t.Context(), r.who["ana"], coe.New{Title: "Keys were readable", Kind: coe.Incident, Severity: 1, Visibility: coe.Restricted})
	r.must(err)
	md := r.get("dan", fmt.Sprintf("/coes/%d/export.md", n)).wants(200, "---\ncoe: 1\n", "title: Checkout answered 503")
	if got := md.header.Get("Content-Disposition"); got != `attachment; filename=COE-1.md` {
		t.Errorf("disposition %q", got)
	}
	if got := md.header.Get("Content-Type"); got != "text/markdown; charset=utf-8" {
		t.Errorf("type %q", got)
	}
	if csp := md.header.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "sandbox") || md.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("headers %v", md.header)
	}
	r.get("dan", fmt.Sprintf("/coes/%d/export.json", n)).wants(200, `"Checkout answered 503"`)
	for _, name := range []string{"bo", "cleo", "dan"} {
		r.get(name, fmt.Sprintf("/coes/%d/export.md", secret.Number)).wants(404)
		r.get(name, fmt.Sprintf("/coes/%d/export.json", secret.Number)).wants(404)
	}
	r.get("root", fmt.Sprintf("/coes/%d/export.md", secret.Number)).wants(200, "Keys were readable")
	r.get("ana", "/coes/99/export.md").wants(404)
	r.get("", fmt.Sprintf("/coes/%d/export.md", n)).wants(303)
	r.get("ana", fmt.Sprintf("/coes/%d/files/abcdefgh", n)).wants(404)
}

// Files of people are saved, not run; only pictures are shown.
func TestFiles(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	n := r.coe()
	d := r.load(n)
	keep := func(key, name string, b []byte) {
		ref, err := r.coes.Blobs.Put(t.Context(), bytes.NewReader(b))
		r.must(err)
		r.must(r.g.Create(&coe.Attachment{COEID: d.COE.ID, Key: key, Name: name, SHA256: ref.SHA256, Size: ref.Size, ContentType: "text/html", Purpose: "evidence"}).Error)
	}
	keep("aaaaaaaa", `bad"name\.svg`, []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`))
	keep("bbbbbbbb", "page.html", []byte("<html><script>alert(1)</script></html>"))
	keep("cccccccc", "graph.png", []byte("\x89PNG\r\n\x1a\n0000000000000000"))
	for key, want := range map[string]string{"aaaaaaaa": "attachment", "bbbbbbbb": "attachment", "cccccccc": "inline"} {
		a := r.get("dan", fmt.Sprintf("/coes/%d/files/%s", n, key)).wants(200)
		if got := a.header.Get("Content-Disposition"); !strings.HasPrefix(got, want) {
			t.Errorf("%s: disposition %q, want %s", key, got, want)
		}
		if kind := a.header.Get("Content-Type"); want == "attachment" && kind != "application/octet-stream" || want == "inline" && kind != "image/png" {
			t.Errorf("%s: type %q", key, kind)
		}
		if csp := a.header.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "sandbox") || a.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: headers %v", key, a.header)
		}
	}
}
