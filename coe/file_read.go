package coe

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"coetracker/actions"
	"coetracker/internal/db"
	"coetracker/timeline"
)

// fileReader reads one file.
type fileReader struct {
	lines []string
	at    int // index of the next line
	names *names
	d     *Document
	file  *File

	seen    map[string]bool // places that were read, to find what stands twice
	rank    string          // of the last row
	refs    []pendingRef    // actions that rows name, looked up at the end
	action  int64           // number of the last action
	written map[SectionName]Section
	depth   map[int64]int // of each why
}

// maxRows bounds a section, far above what people write.
const maxRows = 20_000

// pendingRef is what a row says of actions that may stand below it.
type pendingRef struct {
	line    int
	numbers []int64
	link    func(action actions.Action)
}

func (r *fileReader) read() error {
	r.seen, r.written, r.depth = map[string]bool{}, map[SectionName]Section{}, map[int64]int{}
	if err := r.front(); err != nil {
		return err
	}
	for r.at < len(r.lines) {
		if strings.Trim(r.lines[r.at], " \t\r") == "" {
			r.at++
			continue
		}
		if err := r.section(); err != nil {
			return err
		}
	}
	return r.finish()
}

// section reads one section, whose heading stands at r.at.
func (r *fileReader) section() error {
	line := r.at + 1
	m := sectionMark.FindStringSubmatch(r.lines[r.at])
	if m == nil {
		return badLine(line, "a section begins with a line such as ## Summary <!-- coe:summary -->.")
	}
	name := m[2]
	known := name == filesSection || name == recordSection || slices.Contains(SectionNames[:], SectionName(name))
	if !known {
		return badLine(line, "there is no section %q.", clip(name))
	}
	if err := r.once(line, name); err != nil {
		return err
	}
	if err := r.text(SectionName(name)); err != nil {
		return err
	}
	r.rank = ""
	count := 0
	for r.at < len(r.lines) && !sectionMark.MatchString(r.lines[r.at]) {
		if strings.Trim(r.lines[r.at], " \t\r") == "" {
			r.at++
			continue
		}
		if !startsRow(r.lines, r.at) {
			return badLine(r.at+1, "this stands behind the rows of the section but is none. A row is a list item that ends in its key, such as <!-- abcdefgh -->.")
		}
		if count++; count > maxRows {
			return badLine(r.at+1, "a section holds at most %d rows.", maxRows)
		}
		row, next, err := readRow(r.lines, r.at)
		if err != nil {
			return err
		}
		if err := r.row(SectionName(name), row); err != nil {
			return err
		}
		r.at = next
	}
	return nil
}

// once refuses a place that was read already and notes its line.
func (r *fileReader) once(line int, place string) error {
	if r.seen[place] {
		return badLine(line, "%s stands twice in this file.", place)
	}
	r.seen[place] = true
	r.file.places[place] = line
	return nil
}

// text reads a section's typed text and leaves r.at at its first row or at the
// next heading.
func (r *fileReader) text(name SectionName) error {
	crlf := strings.HasSuffix(r.lines[r.at], "\r")
	var list []string
	first := r.at + 1
	for r.at++; r.at < len(r.lines); r.at++ {
		l := r.lines[r.at]
		if sectionMark.MatchString(l) || startsRow(r.lines, r.at) {
			break
		}
		if crlf {
			l = strings.TrimSuffix(l, "\r")
		}
		list = append(list, inSection.unescape(l))
	}
	if len(list) > 0 && list[0] == "" {
		list, first = list[1:], first+1
	}
	if n := len(list); n > 0 && list[n-1] == "" {
		list = list[:n-1]
	}
	text := strings.Join(list, "\n")
	if name == filesSection || name == recordSection {
		if text != "" {
			return badLine(first+1, "this section holds rows only.")
		}
		return nil
	}
	r.file.texts[name] = first + 1
	r.d.Sections[name] = Section{Name: name, Text: text, CRLF: crlf}
	return nil
}

// row puts one row into the document.
func (r *fileReader) row(section SectionName, row *rawRow) error {
	f := &fields{names: r.names, row: row, read: true}
	r.rank = db.Between(r.rank, "")
	kind, ok := rowKind(section, row.mark)
	if !ok {
		return badLine(row.line, "a row that ends in <!-- %s --> does not belong into the section %s.", row.mark, section)
	}
	if err := r.bind(kind, f); err != nil {
		return err
	}
	if err := f.done(); err != nil {
		return err
	}
	if len(row.mark) == 8 {
		return r.once(row.line, rowPart(section)+"/"+row.mark)
	}
	switch kind {
	case "questions":
		return r.once(row.line, partAnswer+"/"+row.mark)
	case "record":
		return r.once(row.line, "record/record")
	}
	return nil
}

// rowKind tells what a row is by its section and the mark that ends it.
func rowKind(section SectionName, mark string) (kind string, ok bool) {
	switch {
	case section == recordSection:
		return mark, slices.Contains([]string{"record", "section", "state", "signoff", "waiver"}, mark)
	case mark == "move" || mark == "proof":
		return mark, section == "actions"
	case section == "questions":
		return "questions", questionID.MatchString(mark)
	}
	return string(section), len(mark) == 8
}

// rowPart gives the name by which findings and changes know a section's rows.
func rowPart(section SectionName) string {
	switch section {
	case "timeline":
		return "entry"
	case "metrics":
		return string(PartMetric)
	case "whys":
		return string(PartWhy)
	case "lessons":
		return string(PartLesson)
	case "actions":
		return "action"
	case "related":
		return string(PartLink)
	case filesSection:
		return partAttachment
	}
	return string(section)
}

// add appends a row of a kind and binds it.
func add[T any](list *[]T, bind func(*T)) {
	var row T
	bind(&row)
	*list = append(*list, row)
}

// bind reads a row by its kind: the section it stands in, or its mark where
// several kinds stand in one.
func (r *fileReader) bind(kind string, f *fields) error {
	d := r.d
	switch kind {
	case "impact":
		add(&d.Impacts, func(i *Impact) { i.Rank = r.rank; i.bind(f) })
	case "timeline":
		add(&d.Entries, func(e *timeline.Entry) { e.Rank = r.rank; bindEntry(e, f) })
	case "metrics":
		add(&d.Metrics, func(m *Metric) { m.Rank = r.rank; m.bind(f) })
	case "questions":
		var a Answer
		a.bind(f)
		d.Answers[a.Question] = a
	case "whys":
		return r.why(f)
	case "lessons":
		return r.lesson(f)
	case "actions":
		return r.oneAction(f)
	case "move", "proof":
		return r.ofAction(kind, f)
	case "related":
		add(&d.Links, func(l *Link) { l.Rank = r.rank; l.bind(f) })
	case "sharing":
		add(&d.Sharings, func(s *Sharing) { s.Rank = r.rank; s.bind(f) })
	case filesSection:
		add(&d.Attachments, func(a *Attachment) { a.bind(f) })
	default:
		return r.history(kind, f)
	}
	return nil
}

func (r *fileReader) history(kind string, f *fields) error {
	d := r.d
	switch kind {
	case "record":
		nones := map[timeline.Kind]string{}
		d.COE.bindRecord(f, nones)
		raw, err := json.Marshal(nones)
		d.COE.NoneBecause = string(raw)
		return err
	case "state":
		add(&d.States, func(s *StateChange) { s.bind(f) })
	case "signoff":
		add(&d.Signoffs, func(s *Signoff) { s.bind(f) })
	case "waiver":
		add(&d.Waivers, func(w *Waiver) { w.bind(f) })
		if w := d.Waivers[len(d.Waivers)-1]; !ruleID.MatchString(w.Rule) {
			return badLine(f.row.line, "%q is not a rule of the checker.", clip(w.Rule))
		} else if f.err == nil {
			return r.once(f.row.line, partWaiver+"/"+w.Rule+"/"+w.Place)
		}
	case "section":
		var s Section
		s.bindWritten(f)
		r.written[s.Name] = s
	case "other":
		return badLine(f.row.line, "the section other holds text only.")
	}
	return nil
}

// why reads one why, whose parent stands above it.
func (r *fileReader) why(f *fields) error {
	w := Why{ID: int64(len(r.d.Whys) + 1), Rank: r.rank}
	var parent string
	var refs []int64
	w.bind(f, &parent, &refs)
	if parent != "" {
		i := slices.IndexFunc(r.d.Whys, func(x Why) bool { return x.Key == parent })
		if i < 0 || r.d.Whys[i].Root != w.Root {
			return badLine(f.row.line, "the why %q, which this one belongs to, does not stand above it in the same tree.", clip(parent))
		}
		id := r.d.Whys[i].ID
		w.ParentID = &id
		r.depth[w.ID] = r.depth[id] + 1
	}
	r.d.Whys = append(r.d.Whys, w)
	if r.depth[w.ID] > maxDepth {
		return badLine(f.row.line, "whys go at most %d levels deep.", maxDepth)
	}
	r.refs = append(r.refs, pendingRef{f.row.line, refs, func(a actions.Action) {
		r.d.WhyActions = append(r.d.WhyActions, WhyAction{WhyID: w.ID, ActionID: a.ID})
	}})
	return nil
}

func (r *fileReader) lesson(f *fields) error {
	l := Lesson{ID: int64(len(r.d.Lessons) + 1), Rank: r.rank}
	var refs []int64
	l.bind(f, &refs)
	r.d.Lessons = append(r.d.Lessons, l)
	r.refs = append(r.refs, pendingRef{f.row.line, refs, func(a actions.Action) {
		r.d.LessonLinks = append(r.d.LessonLinks, LessonAction{LessonID: l.ID, ActionID: a.ID})
	}})
	return nil
}

func (r *fileReader) oneAction(f *fields) error {
	a := actions.Action{Rank: r.rank}
	bindAction(&a, f)
	r.action = a.Number
	if f.err == nil && a.Number == 0 {
		return badLine(f.row.line, "this action has no number.")
	}
	if slices.ContainsFunc(r.d.Actions, func(x actions.Action) bool { return x.Number == a.Number }) {
		return badLine(f.row.line, "A-%d stands twice in this file.", a.Number)
	}
	r.d.Actions = append(r.d.Actions, a)
	return nil
}

// ofAction reads a date move or a proof, which name their action, or stand
// behind it.
func (r *fileReader) ofAction(kind string, f *fields) error {
	var refs []int64
	var link func(actions.Action)
	if kind == "move" {
		i := len(r.d.Moves)
		add(&r.d.Moves, func(m *actions.Move) { bindMove(m, f, &refs) })
		link = func(a actions.Action) { r.d.Moves[i].ActionID = a.ID }
	} else {
		i := len(r.d.Proofs)
		add(&r.d.Proofs, func(p *actions.Proof) { bindProof(p, f, &refs) })
		link = func(a actions.Action) { r.d.Proofs[i].ActionID = a.ID }
	}
	if len(refs) == 0 {
		refs = []int64{r.action}
	}
	if len(refs) != 1 {
		return badLine(f.row.line, "this belongs to exactly one action.")
	}
	r.refs = append(r.refs, pendingRef{f.row.line, refs, link})
	return nil
}

// finish ties together what stands in several places.
func (r *fileReader) finish() error {
	d := r.d
	slices.SortStableFunc(d.Actions, func(a, b actions.Action) int { return cmp.Compare(a.Number, b.Number) })
	for i := range d.Actions {
		d.Actions[i].ID = int64(i + 1)
	}
	for _, ref := range r.refs {
		for _, n := range ref.numbers {
			i := slices.IndexFunc(d.Actions, func(a actions.Action) bool { return a.Number == n })
			if i < 0 {
				return badLine(ref.line, "there is no action A-%d in this file.", n)
			}
			ref.link(d.Actions[i])
		}
	}
	for name, s := range r.written {
		if text, ok := d.Sections[name]; ok {
			text.UpdatedAt, text.UpdatedBy = s.UpdatedAt, s.UpdatedBy
			d.Sections[name] = text
		}
	}
	slices.SortStableFunc(d.Moves, func(a, b actions.Move) int { return cmp.Compare(a.ActionID, b.ActionID) })
	slices.SortStableFunc(d.Proofs, func(a, b actions.Proof) int { return cmp.Compare(a.ActionID, b.ActionID) })
	slices.SortStableFunc(d.Whys, func(a, b Why) int { return a.Root.order() - b.Root.order() })
	timeline.Sort(d.Entries)
	r.defaults()
	return nil
}

// defaults fills in what a file written by hand may leave out.
func (r *fileReader) defaults() {
	c := &r.d.COE
	if c.State == "" {
		c.State = Draft
	}
	if c.Visibility == "" {
		c.Visibility = Org
	}
	if c.NoneBecause == "" {
		c.NoneBecause = "{}"
	}
	if c.NextAction == 0 {
		c.NextAction = 1
	}
	for _, a := range r.d.Actions {
		c.NextAction = max(c.NextAction, a.Number+1)
	}
}
