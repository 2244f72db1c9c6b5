package importer

import (
	"strings"

	"coetracker/timeline"
)

// part is a stretch of the document under one heading, or under a label that
// does a heading's work: "- **Impact**: …", "**Timeline:**".
type part struct {
	name        string // section it goes to; "" before the first heading
	title       string
	level       int
	head        int // index of the heading or label line; -1 for the opening
	first, last int // body lines [first, last); a label's own line is in it
	label       bool
	root        bool // names its section itself rather than by its parent
}

const (
	labelLevel  = 7 // a bold line of its own
	bulletLevel = 8 // a bullet that begins with a bold label
)

// readParts cuts the document at its headings and labels.
func readParts(lines []line) []part {
	byBullet := labelBullets(lines)
	parts := []part{{head: -1}}
	stack := []part{{name: ""}}
	for i := range lines {
		p, ok := partAt(lines, i, byBullet)
		if !ok {
			continue
		}
		for len(stack) > 1 && stack[len(stack)-1].level >= p.level {
			stack = stack[:len(stack)-1]
		}
		p.name, p.root = inherit(stack[len(stack)-1].name, p)
		if len(parts) == 1 && p.level == 1 && !isSectionName(p.title) {
			p.name, p.root = "", false // the title
		}
		p.head, p.first = i, i+1
		if p.label {
			p.first = i
		}
		parts[len(parts)-1].last = i
		parts = append(parts, p)
		stack = append(stack, p)
	}
	parts[len(parts)-1].last = len(lines)
	return parts
}

// isSectionName reports whether a heading is nothing but the name of a section.
func isSectionName(title string) bool {
	for _, name := range sectionNames() {
		if canonical(title, name) {
			return true
		}
	}
	return false
}

// partAt tells whether a line opens a part.
func partAt(lines []line, i int, byBullet bool) (part, bool) {
	l := lines[i]
	switch l.kind {
	case heading:
		return part{title: l.body, level: l.level}, true
	case bullet:
		if name, ok := boldLabel(l.body); ok && byBullet && l.indent < 2 {
			return part{title: name, level: bulletLevel, label: true}, true
		}
	case paragraph:
		if title, ok := labelLine(lines, i); ok {
			return part{title: title, level: labelLevel}, true
		}
	}
	return part{}, false
}

// inherit decides the section of a part inside another. Everything under
// actions and the timeline stays there; elsewhere a telling heading wins.
func inherit(parent string, p part) (name string, root bool) {
	own := classify(p.title)
	switch {
	case parent == inActions, parent == inTimeline && p.level != bulletLevel:
		return parent, false
	case own != "":
		return own, true
	case p.label:
		return labelName(p.title), true
	case parent != "":
		return parent, false
	case p.level == 1:
		return "", false
	}
	return inOther, true
}

// labelName gives the section of a bullet's label that names none clearly.
func labelName(title string) string {
	if timeline.Says(title, "context", "events", "log") {
		return inTimeline
	}
	return inOther
}

// boldLabel reads "**Label**: rest" and "**Label:** rest".
func boldLabel(body string) (label string, ok bool) {
	for _, mark := range []string{"**", "__"} {
		inner, found := strings.CutPrefix(body, mark)
		if !found {
			continue
		}
		text, after, found := strings.Cut(inner, mark)
		if !found || text == "" || len(text) > 60 || strings.Count(text, " ") > 5 {
			return "", false
		}
		colon := strings.HasSuffix(text, ":") || strings.HasPrefix(strings.TrimSpace(after), ":")
		return strings.Trim(text, ": "), colon || after == ""
	}
	return "", false
}

// labelBullets reports whether the document uses bullets with bold labels in
// place of headings: at least three at the margin whose labels name sections.
func labelBullets(lines []line) bool {
	found := map[string]bool{}
	headings := 0
	for _, l := range lines {
		if l.kind == heading && l.level > 1 && classify(l.body) != "" {
			headings++
		}
		if l.kind != bullet || l.indent >= 2 {
			continue
		}
		if label, ok := boldLabel(l.body); ok && (classify(label) != "" || labelName(label) == inTimeline) {
			found[strings.ToLower(label)] = true
		}
	}
	return len(found) >= 3 && headings == 0
}

// labelLine recognises a line that is nothing but a bold label, or a short
// plain one with a colon that names a section, with text after it.
func labelLine(lines []line, i int) (string, bool) {
	s := lines[i].body
	if i > 0 && lines[i-1].kind == paragraph || lines[i].indent > 3 {
		return "", false
	}
	if label, ok := boldLabel(s); ok && strings.Trim(strings.TrimSpace(strings.NewReplacer("**", "", "__", "").Replace(s)), ":") == label {
		if _, _, timed := timeline.Lead(s, timeline.Document); timed {
			return "", false
		}
		return label, true
	}
	next := i + 1
	for next < len(lines) && lines[next].kind == blank {
		next++
	}
	listed := next < len(lines) && (lines[next].kind == bullet || lines[next].kind == tableRow)
	if !strings.HasSuffix(s, ":") || !listed {
		return "", false
	}
	short := strings.TrimSuffix(s, ":")
	if len(strings.Fields(short)) <= 3 && classify(short) != "" {
		return short, true
	}
	if timeline.Says(lastSentence(short), "committed to", "action items", "following actions", "we will", "we are going to", "follow-up actions", "next steps") {
		return short, true
	}
	return "", false
}

func lastSentence(s string) string {
	if i := strings.LastIndex(s, ". "); i >= 0 {
		return s[i+2:]
	}
	return s
}
