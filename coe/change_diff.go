package coe

import (
	"strings"
	"unicode/utf8"

	"github.com/sergi/go-diff/diffmatchpatch"
)

// diffLines is up to how many changed lines on one side a change is worked out
// line by line. More are replaced as one piece, so that a hostile text cannot
// keep the server busy.
const diffLines = 1500

// Diff gives a change that turns old into new: the lines that differ, and in
// them only what lies between their common beginning and end. Both must be
// valid UTF-8.
func Diff(old, new string) Change {
	head := commonPrefix(old, new)
	tail := commonSuffix(old[head:], new[head:])
	b := builder{}
	b.keep(old[:head])
	b.middle(old[head:len(old)-tail], new[head:len(new)-tail])
	b.keep(old[len(old)-tail:])
	return b.change
}

// builder puts a change together and joins pieces of the same sort.
type builder struct{ change Change }

func (b *builder) keep(s string) {
	n := utf16Len(s)
	if n == 0 {
		return
	}
	if i := len(b.change) - 1; i >= 0 && b.change[i].Keep > 0 {
		b.change[i].Keep += n
		return
	}
	b.change = append(b.change, Piece{Keep: n})
}

// replace narrows the piece down to what differs.
func (b *builder) replace(old, new string) {
	head := commonPrefix(old, new)
	tail := commonSuffix(old[head:], new[head:])
	b.keep(old[:head])
	gone, put := old[head:len(old)-tail], new[head:len(new)-tail]
	if gone != "" || put != "" {
		b.change = append(b.change, Piece{Delete: utf16Len(gone), Insert: put})
	}
	b.keep(old[len(old)-tail:])
}

// middle compares line by line where that is affordable.
func (b *builder) middle(old, new string) {
	m, n := strings.Count(old, "\n"), strings.Count(new, "\n")
	if m == 0 || n == 0 || m > diffLines || n > diffLines {
		b.replace(old, new)
		return
	}
	dmp := diffmatchpatch.New()
	dmp.DiffTimeout = 0 // the same texts always give the same change
	oldRunes, newRunes, lines := dmp.DiffLinesToRunes(old, new)
	var gone, put strings.Builder
	flush := func() {
		b.replace(gone.String(), put.String())
		gone.Reset()
		put.Reset()
	}
	for _, d := range dmp.DiffCharsToLines(dmp.DiffMainRunes(oldRunes, newRunes, false), lines) {
		switch d.Type {
		case diffmatchpatch.DiffDelete:
			gone.WriteString(d.Text)
		case diffmatchpatch.DiffInsert:
			put.WriteString(d.Text)
		default:
			flush()
			b.keep(d.Text)
		}
	}
	flush()
}

// commonPrefix gives the length in bytes of the common beginning, never within
// a character.
func commonPrefix(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	for n > 0 && (n < len(a) && !utf8.RuneStart(a[n]) || n < len(b) && !utf8.RuneStart(b[n])) {
		n--
	}
	return n
}

// commonSuffix gives the length in bytes of the common end, never within a
// character.
func commonSuffix(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[len(a)-1-n] == b[len(b)-1-n] {
		n++
	}
	for n > 0 && !utf8.RuneStart(a[len(a)-n]) {
		n--
	}
	return n
}
