package coe

import (
	"slices"
	"strings"
	"unicode/utf8"

	"coetracker/internal/fault"
)

// maxText is how many bytes of Markdown one section may hold.
const maxText = 64 << 10

// Change is a change of one text: pieces from its beginning to its end. All
// lengths are UTF-16 units, as browsers count them.
type Change []Piece

// Piece keeps the next Keep units, or takes Delete units out and puts Insert
// in their place. A piece either keeps or replaces.
type Piece struct {
	Keep   int
	Delete int
	Insert string
}

// Empty reports whether the change leaves every text as it is.
func (c Change) Empty() bool {
	return !slices.ContainsFunc(c, func(p Piece) bool { return p.Delete > 0 || p.Insert != "" })
}

// Lengths gives the UTF-16 units a text must have for this change, and those
// it has afterwards.
func (c Change) Lengths() (before, after int) {
	for _, p := range c {
		before += p.Keep + p.Delete
		after += p.Keep + utf16Len(p.Insert)
	}
	return before, after
}

// Validate refuses what no text may contain: negative lengths, pieces that
// both keep and replace, NUL, carriage returns and invalid UTF-8.
func (c Change) Validate() error {
	for _, p := range c {
		if p.Keep < 0 || p.Delete < 0 || p.Keep > 0 && (p.Delete > 0 || p.Insert != "") {
			return badChange("its lengths contradict each other")
		}
		if !utf8.ValidString(p.Insert) {
			return badChange("it inserts half a character")
		}
		if strings.ContainsAny(p.Insert, "\x00\r") {
			return badChange("it inserts a character that cannot be stored")
		}
	}
	return nil
}

// Apply gives the text after the change. It refuses, as fault.Invalid, a
// change that does not fit the text's length or would cut a character in two.
func Apply(text string, c Change) (string, error) {
	if err := c.Validate(); err != nil {
		return "", err
	}
	var out strings.Builder
	rest := text
	for _, p := range c {
		n, err := prefix(rest, p.Keep+p.Delete)
		if err != nil {
			return "", err
		}
		if p.Keep > 0 {
			out.WriteString(rest[:n])
		}
		out.WriteString(p.Insert)
		rest = rest[n:]
	}
	if rest != "" {
		return "", badChange("it ends before the text does")
	}
	return out.String(), nil
}

// Invert gives the change that undoes c, where text is the text before c.
func Invert(text string, c Change) (Change, error) {
	if _, err := Apply(text, c); err != nil {
		return nil, err
	}
	back := make(Change, 0, len(c))
	rest := text
	for _, p := range c {
		n, err := prefix(rest, p.Keep+p.Delete)
		if err != nil {
			return nil, err
		}
		if p.Keep > 0 {
			back = append(back, p)
		} else {
			back = append(back, Piece{Delete: utf16Len(p.Insert), Insert: rest[:n]})
		}
		rest = rest[n:]
	}
	return back, nil
}

// prefix gives how many bytes the first n UTF-16 units of s take.
func prefix(s string, n int) (int, error) {
	at := 0
	for n > 0 {
		if at == len(s) {
			return 0, badChange("it is longer than the text")
		}
		r, size := utf8.DecodeRuneInString(s[at:])
		n -= runeUnits(r)
		at += size
	}
	if n < 0 {
		return 0, badChange("it cuts a character in two")
	}
	return at, nil
}

// utf16Len counts the UTF-16 units of s.
func utf16Len(s string) int {
	n := 0
	for _, r := range s {
		n += runeUnits(r)
	}
	return n
}

func runeUnits(r rune) int {
	if r > 0xffff {
		return 2
	}
	return 1
}

func badChange(why string) error {
	return fault.Invalidf("change", "This change cannot be applied: %s. Reload the page and repeat your change.", why)
}
