package importer

import (
	"slices"
	"strings"

	"coetracker/timeline"
)

// readActions finds the action items: the lists, tables and lone paragraphs
// of the parts that hold actions, and paragraphs that call themselves one.
func (d *doc) readActions() {
	lists := false
	for _, p := range d.parts {
		lists = lists || p.name == inActions && d.hasList(p)
	}
	for i, p := range d.parts {
		if p.name != inActions {
			continue
		}
		switch {
		case d.hasList(p):
			d.readList(p)
		case !p.root && p.level > 1 || !lists:
			d.readParagraphs(p, d.closedHeading(i))
		}
	}
	d.readCalled()
	slices.SortStableFunc(d.r.Actions, func(a, b Action) int { return a.Line - b.Line })
}

// hasList reports whether a part holds a list or table.
func (d *doc) hasList(p part) bool {
	for i := p.first; i < p.last; i++ {
		k := d.lines[i].kind
		if !d.used[i] && (k == tableRow || k == bullet && d.lines[i].body != "" && !(p.label && i == p.head)) {
			return true
		}
	}
	return false
}

// closedHeading reports whether a heading says that its items are done.
func (d *doc) closedHeading(p int) bool {
	return timeline.Says(d.parts[p].title, "completed", "done", "finished")
}

// readList reads the items of a part that has a list.
func (d *doc) readList(p part) {
	done := timeline.Says(p.title, "completed", "done", "finished")
	top := d.topIndent(p)
	if p.label {
		d.readInline(p, done)
	}
	for i := p.first; i < p.last; {
		l := d.lines[i]
		switch {
		case d.used[i] || p.label && i == p.head:
			i++
		case l.kind == tableRow:
			i = d.actionTable(i)
		case l.kind == bullet && l.indent <= top+1 && d.isGroup(i, p):
			top = d.lines[d.nextText(i)].indent
			i++
		case l.kind == bullet && l.indent <= top+1 && l.body != "":
			top = min(max(top, l.indent), l.indent)
			i = d.readItem(i, p, done)
		case l.kind == bullet && l.body != "":
			top = l.indent
		default:
			i++
		}
	}
}

// topIndent is the indentation of the first list line.
func (d *doc) topIndent(p part) int {
	for i := p.first; i < p.last; i++ {
		if d.lines[i].kind == bullet && !(p.label && i == p.head) {
			return d.lines[i].indent
		}
	}
	return 0
}

// nextText gives the next line that is not blank; the same line when none follows.
func (d *doc) nextText(i int) int {
	for k := i + 1; k < len(d.lines) && k < i+4; k++ {
		if d.lines[k].kind != blank {
			return k
		}
	}
	return i
}

// isGroup recognises a list line that only names the items indented under it.
func (d *doc) isGroup(i int, p part) bool {
	k := d.nextText(i)
	if k == i || k >= p.last || d.lines[k].kind != bullet || d.lines[k].indent <= d.lines[i].indent {
		return false
	}
	body := d.lines[i].body
	return len(strings.Fields(body)) <= 6 && (strings.HasSuffix(plainEnd(body), ":") || strings.HasPrefix(body, "**") && strings.HasSuffix(plainEnd(body), "**"))
}

func plainEnd(s string) string { return strings.TrimRight(s, " _") }

// readItem reads one item with the lines under it and gives the next line.
func (d *doc) readItem(i int, p part, done bool) int {
	l := d.lines[i]
	text := []string{l.body}
	end := i + 1
	for k := i + 1; k < p.last; k++ {
		m := d.lines[k]
		under := m.indent > l.indent || m.kind == paragraph && d.lines[k-1].kind != blank && !calledAction(m.body)
		if m.kind == blank {
			continue
		}
		if !under || m.kind == heading || m.kind == tableRow && m.indent <= l.indent {
			break
		}
		for len(text) < k-i {
			text = append(text, "")
		}
		text = append(text, dedent(m.raw, item{indent: l.indent}))
		end = k + 1
	}
	if d.addAction(strings.Join(text, "\n"), i, done) {
		for k := i; k < end; k++ {
			d.used[k] = true
		}
	}
	return end
}

// readInline reads what stands behind a label: "- **Actions**: one thing".
func (d *doc) readInline(p part, done bool) {
	_, after, _ := strings.Cut(strings.TrimLeft(d.lines[p.head].body, "*_"), "**")
	text := strings.Trim(after, " :")
	if text == "" || strings.HasSuffix(text, ":") {
		return
	}
	end := p.head + 1
	for end < p.last && d.lines[end].kind == paragraph {
		text += "\n" + strings.TrimSpace(d.lines[end].raw)
		end++
	}
	if d.addAction(text, p.head, done) {
		for k := p.head + 1; k < end; k++ {
			d.used[k] = true
		}
		d.lines[p.head].raw = d.lines[p.head].raw[:len(d.lines[p.head].raw)-len(strings.TrimLeft(after, " :"))]
	}
}

// readParagraphs takes each paragraph of a part without a list as an action.
func (d *doc) readParagraphs(p part, done bool) {
	if p.label {
		d.readInline(p, done)
	}
	for i := p.first; i < p.last; i++ {
		if d.lines[i].kind != paragraph || d.used[i] || p.label && i == p.head {
			continue
		}
		end := i + 1
		text := []string{d.lines[i].body}
		for end < p.last && d.lines[end].kind == paragraph {
			text = append(text, d.lines[end].body)
			end++
		}
		if d.addAction(strings.Join(text, "\n"), i, done) {
			for k := i; k < end; k++ {
				d.used[k] = true
			}
		}
		i = end - 1
	}
}

// readCalled finds paragraphs anywhere that call themselves an action item.
func (d *doc) readCalled() {
	for i := 0; i < len(d.lines); i++ {
		l := d.lines[i]
		if d.used[i] || l.kind != paragraph && l.kind != bullet || !calledAction(l.body) {
			continue
		}
		text := []string{l.body}
		end := i + 1
		for end < len(d.lines) && d.lines[end].kind == paragraph {
			text = append(text, d.lines[end].body)
			end++
		}
		if d.addAction(strings.Join(text, "\n"), i, false) {
			for k := i; k < end; k++ {
				d.used[k] = true
			}
		}
		i = end - 1
	}
}

func calledAction(body string) bool {
	head, after, ok := strings.Cut(body, ":")
	return ok && strings.Trim(after, " *_") != "" && (strings.EqualFold(plain(head), "action item") || strings.EqualFold(plain(head), "action") || strings.EqualFold(plain(head), "todo"))
}

// addAction stores an item, unless the text is none: a placeholder, or the
// report that people were told about the event.
func (d *doc) addAction(text string, i int, done bool) bool {
	text, box, boxed := tickBox(text)
	bare := strings.ToLower(strings.Trim(plain(text), " .-"))
	switch bare {
	case "", "none", "n/a", "na", "tbd", "tba", "todo", "nothing", "...", "to be added", "no actions", "no action items", "none identified", "pending":
		return false
	}
	if w := letters(bare); (w == "none" || w == "nothing" || w == "no") && len(strings.Fields(bare)) < 9 {
		return false
	}
	marked := box || doneMark(text)
	if !marked && !boxed && toldPeople(text) {
		return false
	}
	a := Action{Text: strings.TrimSpace(d.expand(text)), Line: i + 1}
	a.Owner, a.Due = ownerIn(text), dueIn(text)
	a.Done = done || marked || !boxed && (reportsDone(text) || d.fixedElsewhere(text))
	d.r.Actions = append(d.r.Actions, a)
	return true
}

// tickBox takes a tick box or tick mark from the beginning of an item.
func tickBox(s string) (text string, ticked, boxed bool) {
	for _, m := range []struct {
		mark string
		done bool
	}{{"[x]", true}, {"[X]", true}, {"[ ]", false}, {"[]", false}, {"✅", true}, {"☑", true}, {"✔️", true}, {"✔", true}, {"✓", true}, {":white_check_mark:", true}, {":heavy_check_mark:", true}, {"☐", false}, {"❌", false}} {
		if after, ok := strings.CutPrefix(s, m.mark); ok {
			return strings.TrimLeft(after, " \t\ufe0f"), m.done, true
		}
	}
	return s, false, false
}

// doneMark recognises "(done)", "DONE in PR", "✅" and text struck through.
func doneMark(s string) bool {
	low := strings.ToLower(s)
	for _, m := range []string{"(done", "[done", "(completed", "(complete)", "(fixed", "(implemented", "(merged", "✅", "☑", "✔", ":white_check_mark:", "- done", "— done", "– done", "status: done", "status: complete", "**done", "already been done", "already done", "has been done", "is done"} {
		if strings.Contains(low, m) {
			return true
		}
	}
	struck := strings.TrimSpace(s)
	return strings.Contains(s, "DONE") || strings.HasPrefix(struck, "~~") && strings.HasSuffix(struck, "~~")
}

// toldPeople recognises the report that people were informed; it is part of
// the event, not work to do.
func toldPeople(s string) bool {
	switch strings.ToLower(letters(plain(s))) {
	case "sent", "notified", "informed", "communicated", "announced", "emailed", "apologised", "apologized":
		return true
	}
	return false
}

// reportsDone recognises an item that tells what was already done: "Reverted
// the change", "We have switched to tokens".
func reportsDone(s string) bool {
	low := strings.ToLower(plain(firstSentence(s)))
	for _, part := range strings.Split(low, ", ") {
		words := strings.Fields(part)
		for n := 0; n < len(words) && n < 5; n++ {
			switch words[n] {
			case "we", "we've", "we’ve", "have", "has", "had", "the", "team", "then", "already", "i", "they", "been", "our":
				continue
			}
			if strings.HasSuffix(words[n], "ly") {
				continue
			}
			if pastVerb(words[n]) {
				return !(words[n] == "created" || words[n] == "opened") || !timeline.Says(low, "ticket", "issue", "spike", "tickets", "issues", "story")
			}
			break
		}
	}
	return false
}

func firstSentence(s string) string {
	if i := strings.Index(s, ". "); i >= 0 {
		return s[:i]
	}
	return s
}

func pastVerb(w string) bool {
	switch w {
	case "raised", "created", "opened", "added", "fixed", "reverted", "updated", "got", "switched", "implemented", "increased", "decreased", "reduced", "removed", "deployed", "tweaked", "tweaked/adjusted", "adjusted", "advised", "completed", "enabled", "disabled", "moved", "merged", "released", "issued", "changed", "configured", "documented", "upgraded", "migrated", "replaced", "restored", "introduced", "tightened", "re-worked", "reworked", "rotated", "revoked", "improved", "installed", "set":
		return w != "set"
	}
	return false
}

// fixedElsewhere reports whether the text links, by reference, what another
// line calls fixed, merged or done.
func (d *doc) fixedElsewhere(s string) bool {
	for ref := range d.fixedRefs() {
		if strings.Contains(strings.ToLower(s), "]["+ref+"]") {
			return true
		}
	}
	return false
}

// fixedRefs collects the references that some line links by such a word.
func (d *doc) fixedRefs() map[string]bool {
	if d.fixed != nil || len(d.refs) == 0 {
		return d.fixed
	}
	d.fixed = map[string]bool{}
	for _, l := range d.lines {
		low := strings.ToLower(l.raw)
		for _, word := range []string{"[fixed][", "[merged][", "[done][", "[resolved]["} {
			if _, after, ok := strings.Cut(low, word); ok {
				ref, _, _ := strings.Cut(after, "]")
				if d.refs[ref] != "" {
					d.fixed[ref] = true
				}
			}
		}
	}
	return d.fixed
}
