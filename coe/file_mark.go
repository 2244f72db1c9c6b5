package coe

import (
	"regexp"
	"strings"
)

// The marks of the file. A mark that stands in typed text is escaped, so these
// patterns may be wider than what is read, never narrower.
var (
	sectionMark = regexp.MustCompile(`^## (.*)<!-- coe:([a-z]+) -->\s*$`)
	endMark     = regexp.MustCompile(`^\s*<!-- (` + markWords + `) -->\s*$`)
	fieldMark   = regexp.MustCompile(`^[a-z][a-z0-9_]*:(?:\s|$)`)
	seriesMark  = regexp.MustCompile("^```csv(?: bare)?\\s*$")
	fenceMark   = regexp.MustCompile("^```\\s*$")

	// As they stand in a row, without the indentation.
	rowEnd   = regexp.MustCompile(`^<!-- (` + markWords + `) -->[ \t\r]*$`)
	rowField = regexp.MustCompile(`^([a-z][a-z0-9_]*):(?: ([^\n]*))?$`)
)

// markWords are the keys that end a row: eight base32 characters, a question's
// id, or the word for a row that has no key of its own.
const markWords = `[a-z2-7]{8}|[A-Z][0-9]{1,2}|move|proof|state|signoff|waiver|section|record`

// within says where a typed line stands, which decides what reads as a mark.
type within int

const (
	inSection within = iota // a section's text, at the beginning of the line
	inRow                   // a row's text or field
	inSeries                // the CSV of a metric
)

// isMark reports whether a typed line would be read as a mark.
func (in within) isMark(line string) bool {
	if sectionMark.MatchString(line) || endMark.MatchString(line) {
		return true
	}
	switch in {
	case inRow:
		return fieldMark.MatchString(line) || seriesMark.MatchString(line)
	case inSeries:
		return fenceMark.MatchString(line)
	}
	return false
}

// escape puts a backslash before a typed line that reads as a mark, with or
// without backslashes before it.
func (in within) escape(line string) string {
	if in.isMark(strings.TrimLeft(line, `\`)) {
		return `\` + line
	}
	return line
}

// unescape takes that backslash away again.
func (in within) unescape(line string) string {
	if rest, ok := strings.CutPrefix(line, `\`); ok && in.isMark(strings.TrimLeft(rest, `\`)) {
		return rest
	}
	return line
}
