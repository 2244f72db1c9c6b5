package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"coetracker/coe"
)

func TestCOEPages_Rights(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	n := r.coe()
	secret, err := r.coes.Create(t.Context(), r.who["ana"], coe.New{Title: "Keys were readable", Kind: coe.Incident, Severity: 1, Visibility: coe.Restricted})
	r.must(err)
	at, hidden := fmt.Sprintf("/coes/%d", n), fmt.Sprintf("/coes/%d", secret.Number)
	parts := strings.Fields("header impact metrics questions whys lessons related sharing summary other timeline-text actions-text")
	for _, c := range []struct {
		who, path string
		want      int
	}{
		{"ana", "/coes", 200},
		{"dan", "/coes", 200},
		{"ana", "/coes/new", 200},
		{"dan", "/coes/new", 403},
		{"ana", at, 200},
		{"dan", at, 200},
		{"dan", at + "/check", 200},
		{"dan", at + "/history", 200},
		{"dan", at + "/edit/impact", 403},
		{"cleo", at + "/edit/impact", 403},
		{"root", at + "/edit/impact", 200},
		{"ana", at + "/edit/nothing", 404},
		{"ana", "/coes/99", 404},
		{"ana", "/coes/x", 404},
		{"ana", "/bin", 200},
		{"bo", hidden, 404},
		{"bo", hidden + "/edit/impact", 404},
		{"bo", hidden + "/check", 404},
		{"bo", hidden + "/history", 404},
		{"root", hidden, 200},
		{"ana", hidden, 200},
		{"", at, 303},
		{"", at + "/edit/impact", 303},
	} {
		if got := r.get(c.who, c.path); got.status != c.want {
			t.Errorf("%s %s: %d, want %d", c.who, c.path, got.status, c.want)
		}
	}
	for _, p := range parts {
		r.get("bo", at+"/edit/"+p).wants(200, "Next: ", `aria-label="Checker"`)
	}
}

func TestCOEList(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	n := r.coe()
	for i := range 60 {
		_, err := r.coes.Create(t.Context(), r.who["bo"], coe.New{Title: fmt.Sprintf("Near thing %d", i), Kind: coe.NearMiss, Severity: 4})
		r.must(err)
	}
	r.get("dan", "/coes").wants(200, "Near thing 59", "Older", "before=12").without("Checkout answered", "Near thing 5<")
	r.get("dan", "/coes?before=12").wants(200, "Checkout answered 503").without("Older", "Near thing 59")
	r.get("dan", "/coes?kind=incident").wants(200, "Checkout answered 503").without("Near thing")
	r.get("dan", "/coes?severity=2&state=draft&owner="+fmt.Sprint(r.who["ana"].ID)).wants(200, "Checkout").without("Near thing")
	r.get("dan", "/coes?q=checkout").wants(200, "Checkout answered 503").without("Near thing")
	r.get("dan", "/coes?state=closed").wants(200, "Nothing matches", "Show all")
	r.get("dan", "/coes?owner=abc").wants(200, "Nothing matches")
	r.get("dan", "/coes?view=nonsense").wants(422)
	r.get("dan", "/coes?q=COE-1").leads(fmt.Sprintf("/coes/%d", n))
	r.get("dan", "/coes?q=coe-999").wants(200, "Nothing matches")
	r.get("dan", "/coes?q=503").wants(200, "Checkout answered 503")
}

func TestCOENew(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	good := []string{"title", "Uploads failed", "kind", "incident", "severity", "1", "zone", "Europe/London", "start", "2 Mar 2026 14:02", "end", "15:10", "team", fmt.Sprint(r.team)}
	r.post("ana", "/coes/new", good...).leads("/coes/1/edit/impact")
	c := r.load(1).COE
	if c.OwnerID != r.who["ana"].ID || c.Severity != 1 || c.Zone != "Europe/London" || c.WindowStart.Format("15:04") != "14:02" || c.WindowEnd.Sub(*c.WindowStart).Minutes() != 68 {
		t.Errorf("made %+v", c)
	}
	r.post("ana", "/coes/new", "title", " ", "kind", "incident", "severity", "1", "zone", "UTC", "start", "yesterday 10:00").wants(422, "A title is needed", `value="yesterday 10:00"`)
	r.post("ana", "/coes/new", "title", "Uploads failed", "kind", "incident", "severity", "1", "zone", "BST").wants(422, "BST can mean several zones", `value="Uploads failed"`)
	r.post("ana", "/coes/new", "title", "Uploads failed", "kind", "incident", "severity", "1", "zone", "UTC", "start", "soon").wants(422, "does not begin with a time")
	r.post("dan", "/coes/new", good...).wants(http.StatusForbidden)
}

func TestHeader(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	n := r.coe()
	cleo := fmt.Sprint(r.who["cleo"].ID)
	form := func(more ...string) []string {
		c := r.load(n).COE
		return append([]string{"version", fmt.Sprint(c.Version), "title", c.Title, "kind", string(c.Kind), "severity", fmt.Sprint(c.Severity), "zone", c.Zone, "tags", c.Tags, "team", fmt.Sprint(r.team)}, more...)
	}
	r.post("ana", "/coes/1/header", form("add_person", cleo, "add_role", "reviewer", "none_resolved", "still open")...).leads("/coes/1/edit/header")
	d := r.load(n)
	if got := d.Reviewers(); len(got) != 1 || got[0] != r.who["cleo"].ID || d.COE.Nones()["resolved"] != "still open" {
		t.Errorf("reviewers %v, nones %v", got, d.COE.Nones())
	}
	v := d.COE.Version
	r.post("ana", "/coes/1/header", form("reviewer", cleo, "none_resolved", "still open")...).leads("/coes/1/edit/header")
	if got := r.load(n).COE.Version; got != v {
		t.Errorf("a save that changes nothing makes version %d of %d", got, v)
	}
	r.post("ana", "/coes/1/header", form("reviewer", cleo, "add_person", fmt.Sprint(r.who["ana"].ID), "add_role", "reviewer")...).wants(422, "The owner never signs off")
	r.post("bo", "/coes/1/header", append([]string{"version", "1", "title", "Checkout was slow"}, "reviewer", cleo)...).wants(409, "Meanwhile somebody else saved", "Checkout answered 503", `value="Checkout was slow"`)
	r.get("bo", "/coes/1/edit/header").wants(200).without(`name="owner"`, `name="visibility"`)
}

func TestText(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	n := r.coe()
	r.post("ana", "/coes/1/text/impact", "version", "0", "text", "Nobody could pay.\r\n\r\nFor an hour.").leads("/coes/1/edit/impact")
	if s := r.load(n).Section("impact"); s.Text != "Nobody could pay.\n\nFor an hour." || s.Version != 1 {
		t.Errorf("stored %q, version %d", s.Text, s.Version)
	}
	r.get("ana", "/coes/1/edit/impact").wants(200, "Saved 10:00:00, rev 1", "<textarea id=\"md\"", "\nNobody could pay.")
	a := r.post("bo", "/coes/1/text/impact", "version", "0", "text", "Some could not pay.")
	a.wants(409, "Nobody could pay.\n\nFor an hour.</textarea>", "Some could not pay.</textarea>", `name="version" value="1"`, "ana, Tue 3 Mar", "<ins>", "Save my text")
	r.post("bo", "/coes/1/text/impact", "version", "1", "text", "Some could not pay.").leads("/coes/1/edit/impact")
	r.post("dan", "/coes/1/text/impact", "version", "2", "text", "x").wants(403)
	r.post("ana", "/coes/1/text/nothing", "version", "0", "text", "x").wants(404)
	r.post("ana", "/coes/1/text/impact", "version", "2").wants(422)
	r.post("ana", "/coes/1/text/impact", "version", "9", "text", "kept though").wants(422, "kept though")
	r.post("ana", "/coes/1/text/timeline", "version", "0", "text", "Before we had entries.").leads("/coes/1/edit/timeline-text")
}

func TestPreview(t *testing.T) {
	t.Parallel()
	r := newDocs(t)
	n := r.coe()
	r.post("ana", "/coes/1/preview", "section", "impact", "version", "0", "text", "**All** of it\n<script>x</script>", "preview", "1").
		wants(200, "<strong>All</strong>", "**All** of it", "As readers see it").without("<script>x")
	a := r.do("ana", "POST", "/coes/1/preview", "section=impact&text=**All**", "application/x-www-form-urlencoded", "HX-Request", "true")
	a.wants(200, "<strong>All</strong>").without("<html", "<textarea")
	if s := r.load(n).Section("impact"); s.Version != 0 {
		t.Errorf("a preview made version %d", s.Version)
	}
	r.post("dan", "/coes/1/preview", "section", "impact", "text", "x").wants(403)
	r.post("ana", "/coes/1/preview", "section", "nothing", "text", "x").wants(404)
}
