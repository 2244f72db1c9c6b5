package importer

import (
	"strings"
	"unicode"

	"coetracker/timeline"
)

// unplaced compares the source with every field that people see. The words of
// each source line, without markup and without a time that was understood, must
// be the words of a line of some field; each such line counts once only, so a
// line that stands twice in the source must stand twice in the review. The
// comparison looks at the result alone, not at how it was made.
func (d *doc) unplaced() []Unplaced {
	shown, bags := d.shownLines(), d.rowBags()
	usedRefs := d.usedRefs()
	var out []Unplaced
	for i, l := range d.lines {
		if l.kind == linkDef && usedRefs[refName(l)] {
			continue
		}
		if !takeOne(shown, []string{words(l.raw)}) && !takeOne(shown, lineForms(l)) && !inBag(bags[i+1], l) {
			out = append(out, Unplaced{Line: i + 1, Text: strings.TrimSpace(l.raw)})
		}
	}
	return out
}

// takeOne looks for one of several forms of a line and counts it as used.
func takeOne(shown map[string]int, forms []string) bool {
	for _, f := range forms {
		if f == "" {
			return true
		}
		if n := shown[f]; n > 0 {
			shown[f] = n - 1
			return true
		}
	}
	return false
}

// lineForms gives the word sequences under which a source line may be shown
// other than whole: without its time, without its label, as table cells.
func lineForms(l line) []string {
	var forms []string
	if st, text, ok := timeline.Lead(l.raw, timeline.Document); ok && st.HasClock || ok && st.HasDate() || ok && st.Unknown {
		forms = append(forms, words(text))
	}
	if st, text, ok := timeline.Lead(l.raw, timeline.Typed); ok && st.Dotted {
		forms = append(forms, words(text))
	}
	if _, only := dayOnly(l.body); only {
		forms = append(forms, "")
	}
	switch l.kind {
	case front:
		if _, value, ok := strings.Cut(l.raw, ":"); ok {
			forms = append(forms, words(value))
		}
	case tableRow:
		forms = append(forms, rowForms(l.raw)...)
	case bullet, paragraph:
		forms = append(forms, labelForms(l.body)...)
	}
	return forms
}

// rowForms gives a table row without the cells that were read as its time.
func rowForms(raw string) []string {
	cells, _ := timeline.SplitPipes(raw)
	if timeline.IsRule(cells) {
		return []string{""}
	}
	var rest []string
	for _, c := range cells {
		if _, text, ok := timeline.Lead(c, timeline.Document); ok {
			c = text
		}
		if c = words(c); c != "" {
			rest = append(rest, c)
		}
	}
	return []string{strings.Join(rest, " ")}
}

// rowBags gives, for each line that a table row became an entry or action
// from, the words of all fields of that entry or action: there a person or a
// day stands in a field of its own, so the order differs.
func (d *doc) rowBags() map[int]map[string]int {
	bags := map[int]map[string]int{}
	put := func(line int, text string) {
		if line < 1 || line > len(d.lines) || d.lines[line-1].kind != tableRow {
			return
		}
		if bags[line] == nil {
			bags[line] = map[string]int{}
		}
		for _, w := range strings.Fields(words(text)) {
			bags[line][w]++
		}
	}
	for _, e := range d.r.Events {
		put(e.Line, e.Text)
	}
	for _, a := range d.r.Actions {
		put(a.Line, a.Text+" "+a.Owner+" "+a.Due)
	}
	return bags
}

// inBag reports whether every word of a row stands in its bag, as often.
func inBag(bag map[string]int, l line) bool {
	if len(bag) == 0 {
		return false
	}
	cells, _ := timeline.SplitPipes(l.raw)
	for col, c := range cells {
		if _, text, ok := timeline.Lead(c, timeline.Document); ok {
			c = text
		}
		if col == 0 && listNumber(c) {
			continue
		}
		for _, w := range strings.Fields(words(c)) {
			if bag[w]--; bag[w] < 0 {
				return false
			}
		}
	}
	return true
}

// labelForms gives a labelled moment without its time.
func labelForms(body string) []string {
	_, from, to, ok := timeline.FindTime(body)
	if !ok {
		return nil
	}
	return []string{strings.TrimSpace(words(body[:from]) + " " + words(body[to:]))}
}

// shownLines counts the word sequences of all lines of all visible fields.
func (d *doc) shownLines() map[string]int {
	shown := map[string]int{}
	add := func(text string) {
		for _, l := range strings.Split(text, "\n") {
			if w := words(l); w != "" {
				shown[w]++
			}
		}
	}
	add(d.r.Title)
	if plain(d.frontValue("title")) == d.r.Title {
		add(d.r.Title) // written twice, shown once
	}
	for _, e := range d.r.Events {
		add(e.Text)
	}
	for _, a := range d.r.Actions {
		add(a.Text)
	}
	for _, s := range d.r.Sections {
		add(s.Markdown)
	}
	for _, name := range sectionNames() {
		shown[name] += 1 << 20 // a section shows its name as its heading
	}
	return shown
}

// words lowers a text to its words: letters and digits with single blanks
// between. List numbers, tick boxes and link addresses by reference are markup.
func words(s string) string {
	s = strings.TrimSpace(s)
	s = timeline.TrimMarkers(s)
	s, _, _ = tickBox(s)
	s = withoutAddresses(s)
	var b strings.Builder
	b.Grow(len(s))
	gap := false
	for _, r := range s {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			if gap && b.Len() > 0 {
				b.WriteByte(' ')
			}
			gap = false
			b.WriteRune(unicode.ToLower(r))
			continue
		}
		gap = true
	}
	return b.String()
}

// withoutAddresses drops the address of each link: [text](address) and
// [text][ref] both show text.
func withoutAddresses(s string) string {
	if !strings.Contains(s, "](") && !strings.Contains(s, "][") {
		return s
	}
	var b strings.Builder
	for {
		i := strings.Index(s, "](")
		k := strings.Index(s, "][")
		if i < 0 || k >= 0 && k < i {
			i = k
		}
		if i < 0 {
			break
		}
		shut := byte(')')
		if s[i+1] == '[' {
			shut = ']'
		}
		end := strings.IndexByte(s[i+2:], shut)
		if end < 0 {
			break
		}
		b.WriteString(s[:i+1])
		s = s[i+2+end+1:]
	}
	return b.String() + s
}
