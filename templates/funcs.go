package templates

import (
	"html/template"
	"regexp"
	"strings"
)

// funcs are the functions pages may call. None of them reads anything.
var funcs = template.FuncMap{
	"nw":     nw,
	"stored": stored,
	"plural": plural,
	"lines":  lines,
	"links":  links,
	"add":    func(a, b int) int { return a + b },
}

// hyphened finds identifiers that must not break at their hyphen: COE-17, A-4, us-east-1.
var hyphened = regexp.MustCompile(`\b[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*-[0-9]+\b|\b[a-z]{2}-[a-z]+-[0-9][a-z]?\b`)

// nw escapes text and keeps identifiers with a hyphen on one line.
func nw(s string) template.HTML {
	var b strings.Builder
	last := 0
	for _, m := range hyphened.FindAllStringIndex(s, -1) {
		b.WriteString(template.HTMLEscapeString(s[last:m[0]]))
		b.WriteString(`<span class="nw">` + template.HTMLEscapeString(s[m[0]:m[1]]) + `</span>`)
		last = m[1]
	}
	b.WriteString(template.HTMLEscapeString(s[last:]))
	return template.HTML(b.String()) //nolint:gosec // every piece is escaped above
}

// stored marks HTML as safe that internal/markdown rendered and sanitised at save.
func stored(s string) template.HTML { return template.HTML(s) } //nolint:gosec // sanitised at save

// plural gives "1 entry" or "3 entries".
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return itoa(n) + " " + many
}

// lines cuts text into its non-empty lines.
func lines(s string) []string {
	var out []string
	for _, l := range strings.Split(s, "\n") {
		if l = strings.TrimSpace(l); l != "" {
			out = append(out, l)
		}
	}
	return out
}

var (
	mdLink  = regexp.MustCompile(`\[([^\]\n]+)\]\((https?://[^\s)]+|/(?:runs|deployments|alarms)/[1-9][0-9]{0,17})\)|(https?://[^\s<>"]+)`)
	trimEnd = ".,;:!?)"
)

// links escapes one line and makes its Markdown links and bare addresses into links.
func links(s string) template.HTML {
	var b strings.Builder
	last := 0
	for _, m := range mdLink.FindAllStringSubmatchIndex(s, -1) {
		b.WriteString(string(nw(s[last:m[0]])))
		label, href := "", ""
		end := m[1]
		if m[2] >= 0 {
			label, href = s[m[2]:m[3]], s[m[4]:m[5]]
		} else {
			href = strings.TrimRight(s[m[6]:m[7]], trimEnd)
			end = m[6] + len(href)
			label = href
		}
		b.WriteString(`<a rel="nofollow noopener" href="` + template.HTMLEscapeString(href) + `">` + string(nw(label)) + `</a>`)
		last = end
	}
	b.WriteString(string(nw(s[last:])))
	return template.HTML(b.String()) //nolint:gosec // every piece is escaped above
}
