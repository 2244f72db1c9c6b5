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

// around is how many unchanged lines a hunk shows on each side.
const around = 2

// Hunks cuts a change of a long text into its changed places.
func Hunks(old, new string) []Hunk {
	var out []Hunk
	line, open := 1, false
	for _, p := range DiffOf(old, new) {
		n := len(p.Lines) - 1
		if p.Kind != "" {
			if !open {
				out, open = append(out, Hunk{Line: line}), true
			}
			last := &out[len(out)-1]
			last.Pieces = append(last.Pieces, p)
			if p.Kind == "ins" {
				line += n
			}
			continue
		}
		if open {
			last := &out[len(out)-1]
			last.Pieces = append(last.Pieces, DiffPiece{Lines: p.Lines[:min(len(p.Lines), around+1)]})
		}
		if open = open && len(p.Lines) <= 2*around+1; open {
			last := &out[len(out)-1]
			last.Pieces[len(last.Pieces)-1] = p
			line += n
			continue
		}
		line += n
		head := p.Lines[max(0, len(p.Lines)-around-1):]
		out, open = append(out, Hunk{Line: line - len(head) + 1, Pieces: []DiffPiece{{Lines: head}}}), true
	}
	if k := len(out) - 1; k >= 0 && len(out[k].Pieces) == 1 && out[k].Pieces[0].Kind == "" {
		out = out[:k]
	}
	return out
}
