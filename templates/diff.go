package templates

import (
	"strings"
	"unicode/utf16"

	"coetracker/coe"
)

// DiffPiece is a stretch of text that stayed, went or came.
type DiffPiece struct {
	Kind  string // "", ins, del
	Lines []string
}

// DiffOf shows what became of a text.
func DiffOf(old, new string) []DiffPiece {
	return pieces(old, coe.Diff(old, new))
}

func pieces(old string, change coe.Change) []DiffPiece {
	units := utf16.Encode([]rune(old))
	take := func(n int) string {
		n = min(n, len(units))
		s := string(utf16.Decode(units[:n]))
		units = units[n:]
		return s
	}
	var out []DiffPiece
	add := func(kind, s string) {
		if s != "" {
			out = append(out, DiffPiece{kind, strings.Split(s, "\n")})
		}
	}
	for _, p := range change {
		add("", take(p.Keep))
		add("del", take(p.Delete))
		add("ins", p.Insert)
	}
	return out
}
