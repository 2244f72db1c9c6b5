package coe

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"coetracker/actions"
)

// fileWriter writes one document as its file.
type fileWriter struct {
	b     strings.Builder
	names *names
	d     *Document
}

// The sections of the file that are not sections of the document.
const (
	filesSection  = "files"
	recordSection = "record"
)

// row writes one row.
func (w *fileWriter) row(mark string, bind func(f *fields)) {
	f := &fields{names: w.names, row: &rawRow{mark: mark}}
	bind(f)
	f.row.write(&w.b)
}

// rows writes the rows of a list.
func rows[T any](w *fileWriter, list []T, bind func(*T, *fields)) {
	for i := range list {
		row := list[i]
		w.row("", func(f *fields) { bind(&row, f) })
	}
}

// section writes a section with its text and rows; an empty one is left out.
func (w *fileWriter) section(name SectionName) {
	s := w.d.Section(name)
	rows := fileWriter{names: w.names, d: w.d}
	rows.rowsOf(name)
	if s.Text == "" && !s.CRLF && rows.b.Len() == 0 {
		return
	}
	eol := "\n"
	if s.CRLF {
		eol = "\r\n"
	}
	w.heading(string(name), name.Label(), eol)
	if s.Text != "" {
		for line := range strings.SplitSeq(s.Text, "\n") {
			w.b.WriteString(inSection.escape(line) + eol)
		}
		w.b.WriteString(eol)
	}
	w.b.WriteString(rows.b.String())
}

func (w *fileWriter) heading(name, label, eol string) {
	fmt.Fprintf(&w.b, "## %s <!-- coe:%s -->%s%s", label, name, eol, eol)
}

// rowsOf writes the rows that belong to a section.
func (w *fileWriter) rowsOf(name SectionName) {
	switch name {
	case "impact":
		rows(w, w.d.Impacts, (*Impact).bind)
	case "timeline":
		rows(w, w.d.Entries, bindEntry)
	case "metrics":
		rows(w, w.d.Metrics, (*Metric).bind)
	case "questions":
		w.answers()
	case "whys":
		w.whys()
	case "lessons":
		w.lessons()
	case "actions":
		w.actions()
	case "related":
		rows(w, w.d.Links, (*Link).bind)
	case "sharing":
		rows(w, w.d.Sharings, (*Sharing).bind)
	}
}

// answers writes the answers in the order of the questions.
func (w *fileWriter) answers() {
	for _, id := range w.answerIDs() {
		a := w.d.Answers[id]
		w.row(id, a.bind)
	}
}

// answerIDs lists the questions that were answered in their order, those that
// only a template knows behind them.
func (w *fileWriter) answerIDs() []string {
	var ids, others []string
	for _, q := range Questions() {
		if _, ok := w.d.Answers[q.ID]; ok {
			ids = append(ids, q.ID)
		}
	}
	for id := range w.d.Answers {
		if !slices.Contains(ids, id) {
			others = append(others, id)
		}
	}
	slices.Sort(others)
	return append(ids, others...)
}

func (w *fileWriter) whys() {
	w.eachWhy(func(y Why, parent string) {
		refs := w.numbers(w.d.whyActions(y.ID)...)
		w.row("", func(f *fields) { y.bind(f, &parent, &refs) })
	})
}

// eachWhy walks the trees from their roots down, so that each why comes behind
// its parent, whose key it is given.
func (w *fileWriter) eachWhy(visit func(y Why, parent string)) {
	t := &tree{list: w.d.Whys}
	seen := map[int64]bool{}
	var below func(parent string, list []Why)
	below = func(parent string, list []Why) {
		for _, y := range list {
			if seen[y.ID] {
				continue
			}
			seen[y.ID] = true
			visit(y, parent)
			below(y.Key, t.children(&y.ID, y.Root))
		}
	}
	for _, root := range []WhyRoot{Happened, FoundLate, FixedLate} {
		below("", t.children(nil, root))
	}
	below("", t.list) // whose parent is not in the document
}

// whyActions lists the actions that answer a why.
func (d *Document) whyActions(id int64) []int64 {
	var out []int64
	for _, l := range d.WhyActions {
		if l.WhyID == id {
			out = append(out, l.ActionID)
		}
	}
	return out
}

// lessonActions lists the actions that follow from a lesson.
func (d *Document) lessonActions(id int64) []int64 {
	var out []int64
	for _, l := range d.LessonLinks {
		if l.LessonID == id {
			out = append(out, l.ActionID)
		}
	}
	return out
}

func (w *fileWriter) lessons() {
	for _, l := range w.d.Lessons {
		refs := w.numbers(w.d.lessonActions(l.ID)...)
		w.row("", func(f *fields) { l.bind(f, &refs) })
	}
}

// numbers gives the numbers of actions, sorted; those that are not in the
// document are left out.
func (w *fileWriter) numbers(ids ...int64) []int64 {
	var out []int64
	for _, id := range ids {
		if a, ok := w.d.Action(id); ok {
			out = append(out, a.Number)
		}
	}
	slices.Sort(out)
	return out
}

// actions writes the actions in the order of their list, each with its moves
// and proofs behind it.
func (w *fileWriter) actions() {
	list := slices.Clone(w.d.Actions)
	slices.SortStableFunc(list, func(a, b actions.Action) int {
		return cmp.Or(cmp.Compare(a.Rank, b.Rank), cmp.Compare(a.Number, b.Number))
	})
	for _, a := range list {
		w.row("", func(f *fields) { bindAction(&a, f) })
		refs := []int64{a.Number}
		for _, m := range w.d.Moves {
			if m.ActionID == a.ID {
				w.row("move", func(f *fields) { bindMove(&m, f, &refs) })
			}
		}
		for _, p := range w.d.Proofs {
			if p.ActionID == a.ID {
				w.row("proof", func(f *fields) { bindProof(&p, f, &refs) })
			}
		}
	}
}

func (w *fileWriter) files() {
	if len(w.d.Attachments) > 0 {
		w.heading(filesSection, "Files", "\n")
		rows(w, w.d.Attachments, (*Attachment).bind)
	}
}

// record writes what readers of the page do not see: states, verdicts, waivers.
func (w *fileWriter) record() {
	w.heading(recordSection, "Record", "\n")
	c, nones := w.d.COE, w.d.COE.Nones()
	w.row("record", func(f *fields) { c.bindRecord(f, nones) })
	for _, name := range SectionNames {
		if s := w.d.Section(name); s.Text != "" || s.CRLF {
			w.row("section", s.bindWritten)
		}
	}
	for _, s := range w.d.States {
		w.row("state", s.bind)
	}
	for _, s := range w.d.Signoffs {
		w.row("signoff", s.bind)
	}
	waivers := slices.Clone(w.d.Waivers)
	slices.SortStableFunc(waivers, func(a, b Waiver) int {
		return cmp.Or(cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Place, b.Place))
	})
	for _, v := range waivers {
		w.row("waiver", v.bind)
	}
}
