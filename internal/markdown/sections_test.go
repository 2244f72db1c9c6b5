package markdown

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSections(t *testing.T) {
	t.Parallel()
	type piece struct {
		Level         int
		Heading, Text string
		Line          int
	}
	tests := []struct {
		name, src string
		want      []piece
	}{
		{"empty", "", nil},
		{"no heading", "a\nb", []piece{{0, "", "a\nb", 1}}},
		{"two", "before\n\n## One ##\nx\n\n# Two\ny\n", []piece{{0, "", "before\n\n", 1}, {2, "One", "x\n\n", 3}, {1, "Two", "y\n", 6}}},
		{"underlined", "One\n===\nx\n\nTwo *big*\nlines\n---\ny", []piece{{1, "One", "x\n\n", 1}, {2, "Two *big* lines", "y", 5}}},
		{"CRLF", "# One\r\nx\r\n\r\nTwo\r\n---\r\ny\r\n", []piece{{1, "One", "x\r\n\r\n", 1}, {2, "Two", "y\r\n", 4}}},
		{"CR", "# One\rx\r## Two\ry", []piece{{1, "One", "x\r", 1}, {2, "Two", "y", 3}}},
		{"fence", "# One\n```\n## not a heading\n```\n## Two\n", []piece{{1, "One", "```\n## not a heading\n```\n", 1}, {2, "Two", "", 5}}},
		{"tilde fence and indented code", "~~~\n# no\n~~~\n\n    # no\n\n# yes", []piece{{0, "", "~~~\n# no\n~~~\n\n    # no\n\n", 1}, {1, "yes", "", 7}}},
		{"open fence", "# One\n```\n## not a heading\n", []piece{{1, "One", "```\n## not a heading\n", 1}}},
		{"in a list or a quote", "- a\n\n  # no\n\n> # no\n\n# yes\n", []piece{{0, "", "- a\n\n  # no\n\n> # no\n\n", 1}, {1, "yes", "", 7}}},
		{"in a comment", "<!--\n# no\n-->\n# yes\n", []piece{{0, "", "<!--\n# no\n-->\n", 1}, {1, "yes", "", 4}}},
		{"empty headings", "#\n##\n### ###\nx", []piece{{1, "", "", 1}, {2, "", "", 2}, {3, "", "x", 3}}},
		{"indented", "   # One\nx", []piece{{1, "One", "x", 1}}},
		{"hash without space", "#One\n===\nx", []piece{{1, "#One", "x", 1}}},
		{"rule is no heading", "# One\n\n---\nx", []piece{{1, "One", "\n---\nx", 1}}},
		{"mark in a comment", "## Impact <!-- coe:impact -->\nx", []piece{{2, "Impact <!-- coe:impact -->", "x", 1}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got []piece
			for _, s := range Sections(tt.src) {
				got = append(got, piece{s.Level, s.Heading, s.Text(tt.src), s.Line})
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			checkPieces(t, tt.src)
		})
	}
}

func TestSections_Titles(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		"## **Timeline**":                "Timeline",
		"## 1. Impact":                   "1. Impact",
		"## Impact <!-- coe:impact -->":  "Impact",
		"## [Actions](#x) for us-east-1": "Actions for us-east-1",
		"- x\n# A & B\n":                 "A & B",
	} {
		all := Sections(src)
		if got := all[len(all)-1].Title; got != want {
			t.Errorf("%q: title %q, want %q", src, got, want)
		}
	}
}

// checkPieces holds what Sections promises for any text.
func checkPieces(t testing.TB, src string) {
	t.Helper()
	at := 0
	for i, s := range Sections(src) {
		if s.Start != at || s.Body < s.Start || s.End < s.Body || s.Level < 0 || s.Level > 6 {
			t.Fatalf("%q: piece %d is %+v after byte %d", src, i, s, at)
		}
		if want := 1 + lineBreaks(src[:s.Start]); s.Line != want {
			t.Errorf("%q: piece %d on line %d, want %d", src, i, s.Line, want)
		}
		if strings.ContainsAny(s.Heading, "\n") {
			t.Errorf("%q: heading %q has a line break", src, s.Heading)
		}
		at = s.End
	}
	if at != len(src) {
		t.Errorf("%q: pieces end at %d of %d", src, at, len(src))
	}
}

func TestSections_Hostile(t *testing.T) {
	t.Parallel()
	for _, h := range ownHostile(t) {
		src := "# One\n" + h.text(30000) + "\n\n```\n\n"
		all := Sections(src)
		checkPieces(t, src)
		if len(all) == 0 || all[0].Heading != "One" {
			t.Errorf("%s: the heading before it is lost", h.Name)
		}
	}
}

// A large document with lists must be cut like a small one.
func TestSections_LargeDocument(t *testing.T) {
	t.Parallel()
	src := strings.Repeat("## One\n\n- a\n  - b\n    - c\n\n", 20000)
	if n := len(Sections(src)); n != 20000 {
		t.Errorf("%d sections, want 20000", n)
	}
}
