package markdown

import (
	"bytes"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"
)

// Section is a piece of a document from one heading to the next, of whatever
// level. All offsets are bytes of the source, which is never changed: the pieces
// put together are the source again.
type Section struct {
	Level   int    // 1 to 6; 0 for what stands before the first heading
	Heading string // as typed, without "#" marks and underline; one line
	Title   string // the heading without Markdown and comments
	Line    int    // line of the heading, from 1
	Start   int    // first byte of the heading
	Body    int    // first byte after the heading and its line end
	End     int    // first byte of the next section, or the end
}

// Text gives the section's body: src must be what Sections was given.
func (s Section) Text(src string) string { return src[s.Body:s.End] }

// Sections cuts src at its headings, "#" and underlined ones. Headings inside
// code, quotes and lists do not cut. Line ends may be LF, CRLF or CR. It takes
// texts of any size and nesting; a line that nests more than 32 deep is taken
// for an empty one.
func Sections(src string) []Section {
	parsed := parsable(src)
	var found []Section
	doc, _ := parseBlocks(parsed)
	for n := doc.FirstChild(); n != nil; n = n.NextSibling() {
		if h, ok := n.(*ast.Heading); ok {
			found = append(found, cutAt(h, parsed, src))
		}
	}
	return join(found, src)
}

// parsable gives a copy of src with the same offsets that is safe to parse:
// lone CRs are line ends, and what nests too deeply is hidden.
func parsable(src string) []byte {
	b := []byte(src)
	for i, c := range b {
		if c == '\r' && (i+1 == len(b) || b[i+1] != '\n') {
			b[i] = '\n'
		}
	}
	for scanLines(b) != nil {
		hideDeepest(b)
	}
	return b
}

// hideDeepest blanks the lines that nest most. Each call lowers the deepest line
// by a third, down to none, so that the scan passes in the end. Empty lines
// cannot make a heading of what follows them.
func hideDeepest(b []byte) {
	limit := 0
	for start := 0; start < len(b); {
		end := lineEnd(b, start)
		if columns, marks := lineStart(b[start:end]); marks > 0 {
			limit = max(limit, columns/2+marks)
		}
		start = end + 1
	}
	limit = limit * 2 / 3
	for start := 0; start < len(b); {
		end := lineEnd(b, start)
		if columns, marks := lineStart(b[start:end]); marks > 0 && columns/2+marks > limit {
			for i := start; i < end && b[i] != '\r'; i++ {
				b[i] = ' '
			}
		}
		start = end + 1
	}
}

func lineEnd(b []byte, start int) int {
	if i := bytes.IndexByte(b[start:], '\n'); i >= 0 {
		return start + i
	}
	return len(b)
}

// cutAt measures one heading: goldmark tells where its text stands, the marks
// around it are found from there.
func cutAt(h *ast.Heading, parsed []byte, src string) Section {
	start := h.Pos()
	for start > 0 && parsed[start-1] != '\n' {
		start--
	}
	s := Section{Level: h.Level, Start: start}
	last := start
	var parts []string
	for i := range h.Lines().Len() {
		segment := h.Lines().At(i)
		last = segment.Start
		parts = append(parts, strings.TrimSpace(src[segment.Start:segment.Stop]))
	}
	s.Heading = strings.Join(parts, " ")
	s.Title = titleOf(s.Heading)
	s.Body = min(len(src), lineEnd(parsed, last)+1)
	if !isATX(parsed[start:lineEnd(parsed, start)]) { // its underline follows
		s.Body = min(len(src), lineEnd(parsed, s.Body)+1)
	}
	return s
}

// isATX reports whether a line is a heading by its "#" marks alone.
func isATX(line []byte) bool {
	line = bytes.TrimLeft(line, " ")
	n := 0
	for n < len(line) && line[n] == '#' {
		n++
	}
	return n > 0 && n <= 6 && (n == len(line) || isOneOf(line[n], " \t\r"))
}

// maxTitle is the longest heading whose Markdown is taken off; a longer one is
// no name of anything.
const maxTitle = 1000

func titleOf(heading string) string {
	if len(heading) > maxTitle {
		return heading
	}
	src := []byte("# " + strings.ToValidUTF8(heading, "\uFFFD"))
	if checkBlocks(src) != nil {
		return heading
	}
	return plainText(engine().Parser().Parse(text.NewReader(src)), src)
}

// join sets where each section ends and puts what stands before the first
// heading in front.
func join(found []Section, src string) []Section {
	var all []Section
	if src != "" && (len(found) == 0 || found[0].Start > 0) {
		all = append(all, Section{Line: 1})
	}
	all = append(all, found...)
	line, at := 1, 0
	for i := range all {
		line += lineBreaks(src[at:all[i].Start])
		at = all[i].Start
		all[i].Line = line
		all[i].End = len(src)
		if i+1 < len(all) {
			all[i].End = all[i+1].Start
		}
	}
	return all
}

// lineBreaks counts LF, CRLF and CR.
func lineBreaks(s string) int {
	return strings.Count(s, "\n") + strings.Count(s, "\r") - strings.Count(s, "\r\n")
}
