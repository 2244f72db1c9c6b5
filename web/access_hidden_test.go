package web_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gorm.io/gorm"

	"coetracker/coe"
)

// What may not be seen answers as what does not exist: same status, same
// headers, same bytes, but for the number that was asked for.
func TestAccessHiddenAnswersAsAbsent(t *testing.T) {
	t.Parallel()
	w, compared := newWorld(t), 0
	for _, r := range tableOfAccess() {
		if !r.doc || r.right == "restores" {
			continue
		}
		for _, who := range signedIn {
			for _, kind := range []string{restricted, deleted} {
				if rights[r.right].cell(who, kind) != absent {
					continue
				}
				for _, q := range r.requests(w, who, w.docs[kind]) {
					compared++
					if got, want := w.answer(who, q), w.answer(who, q.absent(w.docs[kind])); got != want {
						t.Errorf("%s %s as %s on %s differs from one that is not there:\n%s", q.method, q.path, who, kind, difference(got, want))
					}
				}
			}
		}
	}
	if compared < 500 {
		t.Errorf("only %d answers compared", compared)
	}
}

const nowhere = "99991" // the number of no document and of no action

var (
	docPath    = regexp.MustCompile(`^/coes/[0-9]+`)
	actionPath = regexp.MustCompile(`^/actions/[0-9]+`)
)

// absent is the same request about what never was.
func (q request) absent(d *doc) request {
	q.path = docPath.ReplaceAllString(q.path, "/coes/"+nowhere)
	q.path = actionPath.ReplaceAllString(q.path, "/actions/"+nowhere)
	return q
}

// answer is what somebody gets, without the number that was asked for.
func (w *world) answer(who string, q request) (text string) {
	w.undone(func(*gorm.DB) { text = plain(w.do(who, q)) })
	if part := docPath.FindString(q.path); part != "" {
		text = strings.ReplaceAll(text, strings.TrimPrefix(part, "/coes/"), "N")
	}
	if part := actionPath.FindString(q.path); part != "" {
		text = strings.ReplaceAll(text, part, "/actions/N")
	}
	return text
}

// plain is all of an answer but its request id, its lines in order: headers
// come in any.
func plain(rec *httptest.ResponseRecorder) string {
	id := rec.Header().Get("X-Request-Id")
	lines := strings.Split(strings.ReplaceAll(everything(rec), id, ""), "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// Lists, counts, searches and numbers are the same as if what somebody may not
// see had never been: every page about no document in particular is, byte for
// byte, what it is without the hidden documents.
func TestAccessHiddenLeavesNoTrace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, r := range tableOfAccess() {
		if r.doc || r.method() != http.MethodGet {
			continue
		}
		for _, who := range signedIn {
			if r.route == "GET /me/actions" && who == assignee || r.route == "GET /bin" && (who == owner || who == admin) {
				continue // the two exceptions, see matrix.exception
			}
			for _, q := range r.requests(w, who, nil) {
				with, without := w.answer(who, q), ""
				w.undone(func(tx *gorm.DB) {
					for _, d := range w.docs {
						if !w.sees(who, d) {
							w.must(tx.Exec("DELETE FROM coes WHERE id = ?", d.coe.ID).Error)
						}
					}
					without = plain(w.do(who, q))
				})
				if with != without {
					t.Errorf("%s as %s tells of what is hidden:\n%s", q.path, who, difference(with, without))
				}
			}
		}
	}
}

func difference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	var out []string
	for _, l := range x {
		if !slices.Contains(y, l) {
			out = append(out, "here:  "+l)
		}
	}
	for _, l := range y {
		if !slices.Contains(x, l) {
			out = append(out, "there: "+l)
		}
	}
	if len(out) > 8 {
		out = out[:8]
	}
	return strings.Join(out, "\n")
}

// Requests that name two things, one of which belongs to another document,
// change neither and tell nothing of the other.
func TestAccessTwoDocumentsInOneRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, who := range []string{teammate, owner, admin} {
		for _, foreign := range []*doc{w.docs[restricted], w.docs[deleted], w.docs[org]} {
			before := w.rowsOf(foreign)
			for _, q := range crossed(w.docs[other], foreign) {
				q.method, q.path = methodOf(q), strings.Replace(q.path, ":n", fmt.Sprint(w.docs[other].coe.Number), 1)
				w.crossed(who, q, foreign, before)
			}
		}
	}
}

func methodOf(q request) string {
	if q.form == nil {
		return http.MethodGet
	}
	return http.MethodPost
}

func (w *world) crossed(who string, q request, foreign *doc, before string) {
	w.t.Helper()
	w.undone(func(tx *gorm.DB) {
		changes := w.look(tx).changes
		rec := w.do(who, q)
		if rec.Code == http.StatusInternalServerError {
			w.t.Errorf("%s %s %v as %s on %s: %s", q.method, q.path, q.form, who, foreign.kind, w.log.take())
		}
		if w.look(tx).changes != changes && w.rowsOf(foreign) != before {
			w.t.Errorf("%s %s %v as %s changed a row of the %s document", q.method, q.path, q.form, who, foreign.kind)
		}
		if leaks := w.leaks(who, q, rec, func(string) bool { return false }); len(leaks) > 0 {
			w.t.Errorf("%s %s %v as %s: %v left", q.method, q.path, q.form, who, leaks)
		}
		if strings.Contains(everything(rec), foreign.mark) {
			w.t.Errorf("%s %s %v as %s shows words of the %s document", q.method, q.path, q.form, who, foreign.kind)
		}
		var strays int64
		w.must(tx.Raw(`SELECT (SELECT count(*) FROM why_actions x JOIN whys y ON y.id = x.why_id JOIN actions a ON a.id = x.action_id WHERE a.coe_id <> y.coe_id)
			+ (SELECT count(*) FROM lesson_actions x JOIN lessons l ON l.id = x.lesson_id JOIN actions a ON a.id = x.action_id WHERE a.coe_id <> l.coe_id)
			+ (SELECT count(*) FROM whys x JOIN whys p ON p.id = x.parent_id WHERE p.coe_id <> x.coe_id)`).Scan(&strays).Error)
		if strays != 0 {
			w.t.Errorf("%s %s %v as %s tied two documents together", q.method, q.path, q.form, who)
		}
		w.log.take()
	})
}

// crossed are the requests about document :n that name a thing of another.
func crossed(d, f *doc) (out []request) {
	for kind, key := range f.keys() {
		save := values("version", "1")
		for name, v := range rowForms[kind] {
			save[name] = v
		}
		at := "/coes/:n/rows/" + kind + "/" + key
		for _, do := range []string{"", "delete", "undelete", "up", "down", "in", "out", "child", "sibling"} {
			form := values("version", "1", "do", do)
			for name, v := range save {
				form[name] = v
			}
			out = append(out, request{path: at, form: form})
		}
	}
	out = append(out,
		request{path: "/coes/:n/rows/lesson/" + d.lesson, form: values("version", "1", "text", "t", "kind", "short", "do", "link", "link", f.open.Key)},
		request{path: "/coes/:n/rows/lesson/" + d.lesson, form: values("version", "1", "text", "t", "kind", "short", "unlink", f.open.Key)},
		request{path: "/coes/:n/rows/why/" + d.leaf, form: values("version", "1", "text", "t", "do", "link", "link", f.open.Key)},
		request{path: "/coes/:n/rows/why/" + d.leaf, form: values("version", "1", "text", "t", "unlink", f.open.Key)},
		request{path: "/coes/:n/rows/why", form: values("text", "t", "root", "happened", "parent", f.why)},
		request{path: "/coes/:n/rows/why", form: values("text", "t", "root", "happened", "after", f.why)},
		request{path: "/coes/:n/rows/impact", form: values("what", "w", "unmeasured", "1", "action", f.open.Key)},
		request{path: "/coes/:n/answers", form: values("D2.text", "t", "D2.version", "0", "D2.was", "x", "D2.action", f.open.Key)},
		request{path: "/coes/:n/edit/whys?root=happened&parent=" + f.why},
		request{path: "/coes/:n/edit/whys?root=happened&after=" + f.leaf},
		request{path: "/coes/:n/edit/lessons?deleted=lesson/" + f.lesson},
		request{path: fmt.Sprintf("/coes/:n/edit/actions?deleted=%d", f.removed.ID)},
		request{path: "/coes/:n/edit/actions?why=" + f.leaf},
		request{path: "/coes/:n/edit/timeline?edit=" + f.entries[0]},
		request{path: "/coes/:n/edit/timeline?after=" + f.entries[0]},
		request{path: "/coes/:n/timeline/" + f.entries[0], form: values("version", "1", "kind", "note", "text", "t", "time", "2026-03-01 10:20", "zone", "UTC")},
		request{path: "/coes/:n/timeline/" + f.entries[0] + "/gap", form: values("version", "1", "gap_note", "t")},
		request{path: "/coes/:n/timeline/undo", form: values("do", "undelete", "was", f.gone)},
		request{path: "/coes/:n/timeline", form: values("line", "??:?? nobody knows", "after", f.entries[0])},
		request{path: "/coes/:n/files/" + f.attachment},
	)
	for _, do := range []string{"day", "back", "star", "hide", "delete"} {
		out = append(out, request{path: "/coes/:n/timeline/chosen", form: values("do", do, "e", f.entries[0])},
			request{path: "/coes/:n/timeline/chosen", form: values("do", do, "e", d.entries[0], "e", f.entries[0])})
	}
	return out
}

// rowsOf writes down every row of a document, as the stores see it now.
func (w *world) rowsOf(d *doc) string {
	w.t.Helper()
	var b strings.Builder
	owned := w.owned()
	for _, table := range slices.Sorted(maps.Keys(owned)) {
		var rows []map[string]any
		w.must(w.server.COEs.DB.Raw("SELECT * FROM "+table+" WHERE "+owned[table]+" ORDER BY rowid", map[string]any{"id": d.coe.ID}).Scan(&rows).Error)
		fmt.Fprintln(&b, table, rows)
	}
	return b.String()
}

// The weekly page never shows a restricted document, not to its owner and not
// to administrators: it is read in front of everybody.
func TestAccessWeeklyShowsNothingRestricted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, who := range signedIn {
		text := everything(w.do(who, request{method: http.MethodGet, path: "/weekly"}))
		for _, d := range w.docs {
			shown := strings.Contains(text, d.mark) || strings.Contains(text, fmt.Sprint(d.coe.Number))
			if open := d.kind == org || d.kind == other; shown != open {
				t.Errorf("/weekly as %s shows the %s document: %v, want %v", who, d.kind, shown, open)
			}
		}
	}
}

// After an issue, readers see the issue and not a word of what was changed
// since: on no page of it, in no file, and in lists nothing but the title, which
// says what a document is called now. Writers see the working text.
func TestAccessPendingTextIsForWritersOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.docs[org]
	w.exec("UPDATE coes SET state = 'approved' WHERE id = ?", d.coe.ID)
	_, err := w.server.COEs.SetState(t.Context(), w.person[owner], d.coe.Number, coe.Published, "")
	w.must(err)
	const pending = "pendingcnry"
	w.must(w.db.Take(&d.coe, d.coe.ID).Error)
	title := pending + "title"
	_, err = w.server.COEs.EditHeader(t.Context(), w.person[owner], d.coe.Number, d.coe.Version, coe.HeaderEdit{Title: &title, Tags: &title})
	w.must(err)
	for _, name := range coe.SectionNames {
		_, err := w.server.COEs.SaveSection(t.Context(), w.person[owner], d.coe.Number, name, 2, pending+string(name), coe.FromForm)
		w.must(err)
	}
	for _, table := range []string{"impacts:what", "lessons:text", "links:note", "sharings:asked", "metrics:caption", "whys:text", "entries:text", "entries:html", "answers:text", "answers:html"} {
		name, column, _ := strings.Cut(table, ":")
		w.exec("UPDATE "+name+" SET "+column+" = ? WHERE coe_id = ?", pending+name, d.coe.ID)
	}
	for _, r := range tableOfAccess() {
		if r.method() != http.MethodGet || r.right != "reads" && r.right != "signed in" {
			continue
		}
		for _, who := range signedIn {
			edits := rights["edits"].cell(who, org) == ok
			for _, q := range append(r.requests(w, who, d), request{method: http.MethodGet, path: "/coes?q=" + pending}) {
				rec := w.do(who, q)
				if rec.Code == http.StatusInternalServerError {
					t.Fatalf("%s as %s: %s", q.path, who, w.log.take())
				}
				body := rec.Body.String()
				if !r.doc {
					body = strings.ReplaceAll(body, title, "")
				}
				found := strings.Contains(body, pending)
				if found && !edits && !strings.Contains(q.path, pending) {
					t.Errorf("%s as %s shows text that was not issued: %s", q.path, who, around(rec, pending))
				}
				if !found && edits && r.route == "GET /coes/:n" && q.path == d.path("") {
					t.Errorf("%s as %s, who may edit, does not show the working text", q.path, who)
				}
			}
		}
	}
}

func around(rec *httptest.ResponseRecorder, word string) string {
	body := rec.Body.String()
	i := strings.Index(body, word)
	return body[max(0, i-80):min(len(body), i+60)]
}

// What was imported into a document that somebody may not see is not told to
// them when they import the same again: they get a draft of their own.
func TestAccessImportTellsNothingOfTheHidden(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sum := sha256.Sum256([]byte(foreignReview))
	for _, kind := range []string{restricted, deleted} {
		w.exec("UPDATE coes SET origin_sha256 = '' WHERE origin_sha256 <> ''")
		w.exec("UPDATE coes SET origin_sha256 = ? WHERE id = ?", hex.EncodeToString(sum[:]), w.docs[kind].coe.ID)
		for who, sees := range map[string]bool{outsider: false, teammate: false, stranger: false, writer: kind == restricted, admin: kind == restricted} {
			w.undone(func(*gorm.DB) {
				rec := w.do(who, request{method: http.MethodPost, path: "/import", form: importForm()})
				to, hidden := rec.Header().Get("Location"), w.docs[kind].path("")
				if rec.Code != http.StatusSeeOther || (to == hidden) != sees {
					t.Errorf("%s imports what %s holds and is led to %q (status %d); may see it: %v", who, kind, to, rec.Code, sees)
				}
				if named := strings.Contains(everything(rec), fmt.Sprint(w.docs[kind].coe.Number)); named != sees {
					t.Errorf("%s imports what %s holds: named %v, may see it %v", who, kind, named, sees)
				}
			})
		}
	}
}
