package web_test

import (
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	canaryMark = "cnry"     // begins every canary of a document
	mailMark   = "mailcnry" // begins every e-mail address
)

// canary is a word that stands nowhere else: letters only, so that neither
// HTML nor JSON nor an address changes it.
func (d *doc) canary(table, column string) string {
	return d.mark + strings.ReplaceAll(table, "_", "") + strings.ReplaceAll(column, "_", "")
}

// formal are the columns that hold no words of people: names of rows, values
// of a fixed list, days, sums. Every other text column of every row of a
// document gets a canary, those of tables that do not exist yet too.
var formal = map[string]bool{
	"coes.uid": true, "coes.kind": true, "coes.state": true, "coes.visibility": true, "coes.zone": true, "coes.effect": true,
	"coes.effect_due": true, "coes.origin_sha256": true, "coe_changes.part": true, "coe_people.role": true,
	"sections.name": true, "section_updates.origin": true, "section_updates.changes": true, "answers.question": true, "revisions.sha256": true, "waivers.rule": true,
	"signoffs.verdict": true, "state_changes.from_state": true, "state_changes.to_state": true,
	"attachments.sha256": true, "attachments.content_type": true, "attachments.purpose": true,
	"entries.zone": true, "entries.precision": true, "entries.kind": true, "entries.detected_how": true, "entries.source": true,
	"metrics.zone": true, "metrics.sha256": true, "lessons.kind": true, "links.type": true, "whys.root": true,
	"actions.due": true, "actions.first_due": true, "actions.priority": true, "actions.type": true, "actions.horizon": true,
	"actions.proof_kind": true, "coe_evidence.decision": true, "coe_evidence.role": true, "coe_evidence.relation": true, "action_runs.effect": true, "actions.state": true, "action_moves.old_due": true, "action_moves.new_due": true, "action_proofs.kind": true,
}

// formalNames are formal in every table.
var formalNames = map[string]bool{"key": true, "rank": true, "action_key": true}

// empty are the tables that need no row: nothing is told to anybody here.
var empty = map[string]bool{"delivery_items": true, "coe_people": true}

// column is one column of a table that belongs to documents.
type column struct{ Table, Name, Type string }

// owned finds the tables whose rows belong to a document, by their foreign
// keys, with the condition that picks those of one document.
func (w *world) owned() map[string]string {
	w.t.Helper()
	if w.tree != nil {
		return w.tree
	}
	var keys []struct{ Table, Parent, From string }
	w.must(w.db.Raw(`SELECT m.name AS "table", f."table" AS parent, f."from" AS "from" FROM sqlite_master m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table'`).Scan(&keys).Error)
	out := map[string]string{"coes": "id = @id"}
	for range keys {
		for _, k := range keys {
			if cond, ok := out[k.Parent]; ok && out[k.Table] == "" {
				out[k.Table] = fmt.Sprintf("%s IN (SELECT id FROM %s WHERE %s)", k.From, k.Parent, cond)
			}
		}
	}
	w.tree = out
	return out
}

func (w *world) columns() []column {
	w.t.Helper()
	var all []column
	w.must(w.db.Raw(`SELECT m.name AS "table", p.name AS name, p.type AS type FROM sqlite_master m, pragma_table_info(m.name) p
		WHERE m.type = 'table' ORDER BY m.name, p.cid`).Scan(&all).Error)
	owned := w.owned()
	return slices.DeleteFunc(all, func(c column) bool {
		return owned[c.Table] == "" || c.Type != "TEXT" && c.Type != "BLOB" || formal[c.Table+"."+c.Name] || formalNames[c.Name]
	})
}

// before stands before the canary in columns that have to be addresses.
var before = map[string]string{"metrics.live_url": "https://live.example/", "actions.tracker_url": "https://tracker.example/"}

// canarise puts a canary into every text of a document that has none yet.
func (w *world) canarise(d *doc) {
	w.t.Helper()
	w.exec("UPDATE coes SET none_because = ? WHERE id = ?", `{"detected":"`+d.canary("coes", "none_because")+`"}`, d.coe.ID)
	owned := w.owned()
	for _, c := range w.columns() {
		if c.Table == "coes" && c.Name == "delete_reason" && d.kind != deleted {
			continue
		}
		sql := fmt.Sprintf("UPDATE %s SET %s = @word || 'n' || rowid WHERE %s AND instr(lower(CAST(%s AS TEXT)), @mark) = 0", c.Table, c.Name, owned[c.Table], c.Name)
		w.exec(sql, map[string]any{"id": d.coe.ID, "word": before[c.Table+"."+c.Name] + d.canary(c.Table, c.Name), "mark": d.mark})
	}
	w.must(w.db.Take(&d.coe, d.coe.ID).Error)
}

// The canary test is worth what its canaries cover: every text column of every
// table of a document holds one in the restricted document.
func TestAccessCanariesCoverEveryField(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d, fields := w.docs[restricted], 0
	for table, cond := range w.owned() {
		var rows int64
		w.must(w.db.Raw("SELECT count(*) FROM "+table+" WHERE "+cond, map[string]any{"id": d.coe.ID}).Scan(&rows).Error)
		if rows == 0 && !empty[table] {
			t.Errorf("%s has no row of the restricted document: make one in access_docs_test.go", table)
		}
	}
	for _, c := range w.columns() {
		if c.Table == "coes" && c.Name == "delete_reason" || empty[c.Table] {
			continue
		}
		fields++
		var bare int64
		sql := fmt.Sprintf("SELECT count(*) FROM %s WHERE %s AND instr(lower(CAST(%s AS TEXT)), @mark) = 0", c.Table, w.owned()[c.Table], c.Name)
		w.must(w.db.Raw(sql, map[string]any{"id": d.coe.ID, "mark": d.mark}).Scan(&bare).Error)
		if bare != 0 {
			t.Errorf("%s.%s: %d rows of the restricted document hold no canary", c.Table, c.Name, bare)
		}
	}
	if fields < 50 {
		t.Errorf("only %d fields hold canaries, the walk must be wrong", fields)
	}
	note(t, "%d fields of %d tables hold canaries", fields, len(w.owned()))
}

var (
	canaryWord = regexp.MustCompile(canaryMark + `[a-z0-9]+`)
	mailWord   = regexp.MustCompile(mailMark + `[a-z]+`)
	tagWord    = regexp.MustCompile(`<[^>]*>`)
)

// everything is all that left with an answer: status, headers, body, the body
// without its tags, and what stands in cookies in another form.
func everything(rec *httptest.ResponseRecorder) string {
	var b strings.Builder
	fmt.Fprintln(&b, rec.Code)
	for name, values := range rec.Header() {
		fmt.Fprintln(&b, name, values)
	}
	for _, c := range rec.Result().Cookies() {
		raw, _ := base64.RawURLEncoding.DecodeString(c.Value)
		b.Write(raw)
	}
	body := rec.Body.String()
	b.WriteString(body)
	b.WriteString(tagWord.ReplaceAllString(body, ""))
	return strings.ToLower(b.String())
}

// sees tells, by the table of rights, whose words somebody may read.
func (w *world) sees(who string, d *doc) bool {
	kind := d.kind
	switch {
	case !slices.Contains(signedIn, who):
		return false
	case kind == other:
		return true
	case w.person[kind] != nil: // somebody's own document
		return who == kind || who == admin
	}
	return rights["reads"].cell(who, kind) == ok
}

// leaks lists the canaries in an answer that this person may not see, each
// once. A text somebody typed into this very request is no leak.
func (w *world) leaks(who string, q request, rec *httptest.ResponseRecorder, allowed func(word string) bool) []string {
	text := everything(rec)
	found := map[string]bool{}
	for _, d := range w.docs {
		if w.sees(who, d) || !strings.Contains(text, d.mark) {
			continue
		}
		for _, word := range canaryWord.FindAllString(text, -1) {
			if strings.HasPrefix(word, d.mark) && !strings.Contains(q.path, word) && !allowed(word) {
				found[word] = true
			}
		}
	}
	if who != admin && strings.Contains(text, mailMark) {
		for _, word := range mailWord.FindAllString(text, -1) {
			if word != mailMark+who && !allowed(word) {
				found[word] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// numbers lists the numbers of documents this person may not see that stand in
// a page, which asked for none of them.
func (w *world) numbers(who string, rec *httptest.ResponseRecorder) []string {
	text := everything(rec)
	var found []string
	for _, d := range w.docs {
		if !w.sees(who, d) && regexp.MustCompile(fmt.Sprintf(`\b%d\b`, d.coe.Number)).MatchString(text) {
			found = append(found, d.coe.Name())
		}
	}
	slices.Sort(found)
	return found
}

func safe(method string) bool { return method == http.MethodGet || method == http.MethodHead }
