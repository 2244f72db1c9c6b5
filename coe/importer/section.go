package importer

import (
	"strings"
)

// writeSections puts every line that became no entry and no action into the
// section of its part, as it was written.
func (d *doc) writeSections() {
	text := map[string][]string{}
	d.writeFront(text)
	usedRefs := d.usedRefs()
	opening := d.openingName()
	for _, p := range d.parts {
		name := p.name
		if name == "" {
			name = opening
		}
		lines := d.partLines(p, name, usedRefs)
		if len(lines) > 0 {
			text[name] = append(append(text[name], lines...), "")
		}
	}
	for _, name := range sectionNames() {
		if markdown := strings.Trim(squeeze(text[name]), "\n"); strings.TrimSpace(markdown) != "" {
			d.r.Sections = append(d.r.Sections, Section{Name: name, Markdown: d.expand(markdown)})
		}
	}
}

// openingName is where text before the first section goes: the summary, when
// the document has none of its own.
func (d *doc) openingName() string {
	for _, p := range d.parts {
		if p.name == inSummary {
			return inOther
		}
	}
	return inSummary
}

// partLines gives what is left of a part, its heading included when it says
// more than the section's name.
func (d *doc) partLines(p part, name string, usedRefs map[string]bool) []string {
	from := p.first
	if p.head >= 0 {
		from = p.head
	}
	var out []string
	words := false
	for i := from; i < p.last; i++ {
		l := d.lines[i]
		switch {
		case d.used[i] || i == d.titleLine || l.kind == front:
			continue
		case i == p.head && !p.label && canonical(p.title, name):
			continue
		case l.kind == linkDef && usedRefs[refName(l)]:
			continue
		case l.kind == tableRow && d.entryHead(i):
			out = append(out, headWords(l.raw))
			words = true
			continue
		}
		words = words || l.kind != blank
		out = append(out, l.raw)
	}
	if !words {
		return nil
	}
	return out
}

// entryHead reports whether a table row is the header of a table whose rows
// all went elsewhere.
func (d *doc) entryHead(i int) bool {
	return i+2 < len(d.lines) && d.lines[i+1].kind == tableRow && d.used[i+1] && !d.used[i] && (i == 0 || d.lines[i-1].kind != tableRow)
}

// headWords keeps the words of a header whose table is gone.
func headWords(raw string) string {
	var out []string
	for _, cell := range strings.Split(raw, "|") {
		if cell = strings.TrimSpace(cell); cell != "" {
			out = append(out, cell)
		}
	}
	return "*" + strings.Join(out, " · ") + "*"
}

func refName(l line) string {
	name, _, _ := strings.Cut(l.body[1:], "]:")
	return strings.ToLower(name)
}

// usedRefs tells which link definitions some line uses; the others are kept.
func (d *doc) usedRefs() map[string]bool {
	used := map[string]bool{}
	if len(d.refs) == 0 {
		return used
	}
	for _, l := range d.lines {
		s := l.raw
		if l.kind == linkDef || l.kind == code {
			continue
		}
		for {
			i := strings.IndexByte(s, '[')
			if i < 0 {
				break
			}
			_, ref, size := reference(s[i:])
			if _, known := d.refs[strings.ToLower(ref)]; size > 0 && known {
				used[strings.ToLower(ref)] = true
				s = s[i+size:]
				continue
			}
			s = s[i+1:]
		}
	}
	return used
}

// writeFront keeps the front matter, but for a title that was taken.
func (d *doc) writeFront(text map[string][]string) {
	var kept []string
	for _, l := range d.lines {
		if l.kind != front {
			break
		}
		taken := strings.HasPrefix(l.body, "title:") && plain(d.frontValue("title")) == d.r.Title
		if l.body != "" && l.body != "---" && l.body != "..." && !taken {
			kept = append(kept, l.raw)
		}
	}
	if len(kept) > 0 {
		text[inOther] = append(append([]string{"```yaml"}, kept...), "```", "")
	}
}

// squeeze joins lines with at most one blank line between.
func squeeze(lines []string) string {
	var b strings.Builder
	blanks := 0
	for _, l := range lines {
		if strings.TrimSpace(l) == "" {
			blanks++
			continue
		}
		if blanks > 0 && b.Len() > 0 {
			b.WriteByte('\n')
		}
		blanks = 0
		b.WriteString(l)
		b.WriteByte('\n')
	}
	return b.String()
}
