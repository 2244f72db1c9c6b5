package importer

import (
	"strings"

	"coetracker/timeline"
)

// readFacts finds title, severity and services.
func (d *doc) readFacts() {
	d.readTitle()
	for i, l := range d.lines {
		if !d.prose(i) || l.kind == heading || len(l.body) > 400 {
			continue
		}
		s := l.body
		if l.kind == tableRow {
			cells, _ := timeline.SplitPipes(l.raw)
			if len(cells) != 2 {
				continue
			}
			s = cells[0] + ": " + cells[1]
		}
		label, value, ok := strings.Cut(s, ":")
		if !ok || len(strings.Fields(label)) > 4 {
			continue
		}
		d.readFact(strings.ToLower(plain(label)), value, i)
	}
	if d.r.Severity == "" {
		d.r.Severity = severityWord(d.r.Title)
	}
}

// readFact takes one labelled fact.
func (d *doc) readFact(label, value string, i int) {
	switch label {
	case "severity", "incident severity", "severity level", "sev", "incident level", "severity rating":
		if d.r.Severity == "" {
			d.r.Severity = severityValue(value)
		}
	case "services", "service", "affected services", "services affected", "affected service", "impacted services", "services impacted", "affected systems", "systems affected", "affected components", "service(s) affected", "components", "affected component":
		if len(d.r.Services) == 0 {
			d.r.Services = d.serviceList(value, i)
		}
	}
}

// severityValue is the severity as written, without remarks in brackets.
func severityValue(s string) string {
	s, _, _ = strings.Cut(s, "(")
	s = plain(strings.Trim(s, " *_`."))
	if len(s) > 40 || strings.EqualFold(s, "tbd") || strings.EqualFold(s, "n/a") {
		return ""
	}
	return s
}

// severityWord finds SEV-1, Sev2 or SEV 3 in a title.
func severityWord(s string) string {
	for _, w := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" ,:()[]", r) }) {
		low := strings.ToLower(w)
		rest, ok := strings.CutPrefix(low, "sev")
		rest = strings.TrimLeft(rest, "-")
		if ok && len(rest) == 1 && rest[0] >= '0' && rest[0] <= '5' {
			return w
		}
	}
	return ""
}

// serviceList reads services behind a label, or in the list under it.
func (d *doc) serviceList(value string, i int) []string {
	var out []string
	add := func(s string) {
		s = plain(strings.Trim(s, " .`"))
		if s != "" && len(s) <= 60 && len(strings.Fields(s)) <= 6 && len(out) < 20 {
			out = append(out, s)
		}
	}
	for _, s := range strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ';' }) {
		add(strings.Trim(s, "* "))
	}
	if len(out) > 0 {
		return out
	}
	for k := i + 1; k < len(d.lines) && (d.lines[k].kind == bullet || d.lines[k].kind == blank); k++ {
		if d.lines[k].kind == bullet {
			add(d.lines[k].body)
		}
	}
	return out
}

// readTitle takes the first heading of the first level, else the title of the
// front matter, else the first heading that names no section, else the file name.
func (d *doc) readTitle() {
	d.titleLine = -1
	front := d.frontValue("title")
	for i, l := range d.lines {
		if l.kind == heading && l.level == 1 && !isSectionName(l.body) {
			d.titleLine, d.r.Title = i, plain(l.body)
			break
		}
	}
	switch {
	case d.titleLine >= 0:
		if front != "" && plain(front) != d.r.Title {
			d.warn(d.titleLine+1, "The heading differs from the title in the front matter; the heading was taken.")
		}
	case front != "":
		d.r.Title = plain(front)
	default:
		d.titleFromText()
	}
	if d.r.Title == "" {
		d.r.Title = d.fileTitle()
	}
	if d.r.Title == "" {
		d.warn(1, "The text has no title.")
	}
}

// titleFromText takes the first line when it stands like a title: a heading
// that names no section, or a short line over a blank one.
func (d *doc) titleFromText() {
	for i, l := range d.lines {
		switch l.kind {
		case blank, front, comment, rule:
			continue
		case heading:
			if classify(l.body) == "" && !d.used[i] {
				d.titleLine, d.r.Title = i, plain(l.body)
			}
		case paragraph:
			alone := i+1 >= len(d.lines) || d.lines[i+1].kind == blank
			if alone && !d.used[i] && len(l.body) <= 120 && !strings.HasSuffix(l.body, ".") && !strings.HasSuffix(l.body, ":") {
				d.titleLine, d.r.Title = i, plain(l.body)
			}
		}
		return
	}
}

// frontValue reads a value of the front matter.
func (d *doc) frontValue(key string) string {
	for _, l := range d.lines {
		if l.kind != front {
			break
		}
		if after, ok := strings.CutPrefix(l.body, key+":"); ok {
			return strings.Trim(strings.TrimSpace(after), `"'`)
		}
	}
	return ""
}
