package importer

import (
	"fmt"
	"strings"

	"coetracker/timeline"
)

// ownerIn finds who owns an action: behind a label, or the only @name of it.
func ownerIn(s string) string {
	low := strings.ToLower(s)
	for _, label := range []string{"owner", "owners", "assignee", "assigned to", "responsible", "dri"} {
		i := wordIndex(low, label)
		if i < 0 {
			continue
		}
		rest := strings.TrimLeft(s[i+len(label):], " *_")
		value, ok := strings.CutPrefix(rest, ":")
		if !ok && label != "assigned to" {
			continue
		}
		if !ok {
			value = rest
		}
		if name := nameIn(value); name != "" {
			return name
		}
	}
	return onlyMention(s)
}

// wordIndex finds a phrase that begins and ends at a word.
func wordIndex(low, phrase string) int {
	for from := 0; ; {
		i := strings.Index(low[from:], phrase)
		if i < 0 {
			return -1
		}
		i += from
		end := i + len(phrase)
		if (i == 0 || !isLetter(low[i-1])) && (end >= len(low) || !isLetter(low[end])) {
			return i
		}
		from = end
	}
}

func isLetter(b byte) bool { return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= 0x80 }

// nameIn takes the name from the beginning of a field's value.
func nameIn(s string) string {
	s = strings.TrimLeft(s, " *_`[")
	end := strings.IndexAny(s, ",;()]\n*|")
	if end >= 0 {
		s = s[:end]
	}
	if i := strings.Index(s, ". "); i >= 0 {
		s = s[:i]
	}
	for _, stop := range []string{" Due", " due", " by ", " ETA"} {
		if i := strings.Index(s, stop); i > 0 {
			s = s[:i]
		}
	}
	s = strings.TrimRight(strings.TrimSpace(s), ".`-")
	switch strings.ToLower(s) {
	case "", "tbd", "none", "n/a", "unassigned", "?", "-", "tba":
		return ""
	}
	if len(strings.Fields(s)) > 5 {
		return ""
	}
	return strings.TrimSpace(s)
}

// onlyMention gives the @name of a text that mentions exactly one person at
// its beginning or end; a mention in the middle is rather part of a sentence.
func onlyMention(s string) string {
	trimmed := strings.Trim(strings.TrimSpace(s), "()[]. ")
	name, count := "", 0
	for _, w := range strings.Fields(trimmed) {
		w = strings.Trim(w, "()[],.:;*_")
		if len(w) > 1 && w[0] == '@' && isLetter(w[1]) && !strings.Contains(w, "/") {
			name = w
			count++
		}
	}
	if count != 1 {
		return ""
	}
	if strings.HasPrefix(trimmed, name+":") || strings.HasPrefix(trimmed, name+" -") || strings.HasSuffix(trimmed, name) {
		return name
	}
	return ""
}

// dueIn finds the day by which an action is due; only a full date counts.
func dueIn(s string) string {
	low := strings.ToLower(s)
	for _, label := range []string{"due date", "due by", "due on", "due", "deadline", "eta", "target date", "by", "before", "until"} {
		i := wordIndex(low, label)
		if i < 0 {
			continue
		}
		rest := strings.TrimLeft(s[i+len(label):], " *_:`")
		if st, _, ok := timeline.ScanDay(rest); ok && st.Year > 0 && st.HasDate() && st.Year < 2200 {
			return isoDay(st)
		}
	}
	return ""
}

func isoDay(st timeline.Stamp) string {
	return fmt.Sprintf("%04d-%02d-%02d", st.Year, st.Month, st.Day)
}

// actionTable reads a table of actions; every row is one. Columns for owner,
// day and state are told by their headers.
func (d *doc) actionTable(i int) int {
	t := d.tableAt(i)
	owner := headed(t.head, "owner", "assignee", "who", "responsible", "assigned to", "dri", "person")
	due := headed(t.head, "due", "due date", "deadline", "eta", "target date", "target", "when", "date", "by when")
	state := headed(t.head, "status", "state", "done", "progress", "completed")
	for n, row := range t.rows {
		text := []string{}
		for col, cell := range row {
			if cell = strings.TrimSpace(cell); cell != "" && (col != owner || nameIn(cell) == "") && (col != 0 || !listNumber(cell)) && (col != due || dayOf(cell) == "") && cell != "[ ]" {
				text = append(text, cell)
			}
		}
		count := len(d.r.Actions)
		if d.addAction(strings.Join(text, " · "), t.at[n], finished(at(row, state))) && len(d.r.Actions) > count {
			a := &d.r.Actions[len(d.r.Actions)-1]
			if name := nameIn(at(row, owner)); name != "" {
				a.Owner = name
			}
			if day := dayOf(at(row, due)); day != "" {
				a.Due = day
			}
			d.used[t.at[n]] = true
		}
	}
	for k := i; k < t.last; k++ {
		if cells, ok := timeline.SplitPipes(d.lines[k].raw); ok && timeline.IsRule(cells) {
			d.used[k] = true
		}
	}
	return t.last
}

// listNumber recognises a cell that only counts the rows.
func listNumber(cell string) bool {
	return len(cell) < 4 && strings.Trim(cell, "0123456789.#") == ""
}

func at(row []string, col int) string {
	if col < 0 || col >= len(row) {
		return ""
	}
	return strings.TrimSpace(row[col])
}

func headed(head []string, names ...string) int {
	for col, h := range head {
		for _, name := range names {
			if strings.EqualFold(plain(h), name) {
				return col
			}
		}
	}
	return -1
}

func dayOf(s string) string {
	if st, ok := dateIn(s, true); ok {
		return isoDay(st)
	}
	return ""
}

// finished reads a state cell.
func finished(s string) bool {
	switch strings.ToLower(plain(s)) {
	case "done", "completed", "complete", "closed", "finished", "yes", "x", "[x]", "✅", "merged", "resolved", "fixed", "deployed":
		return true
	}
	return strings.Contains(s, "✅") || strings.Contains(s, "✔")
}
