package coe

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"coetracker/internal/fault"
)

func TestApply(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ text, change, want string }{
		"nothing":           {"", `[]`, ""},
		"into empty":        {"", `[[0,"a","b"]]`, "a\nb"},
		"in the middle":     {"héllo", `[2,[1,"L"],2]`, "héLlo"},
		"behind an emoji":   {"🚀x", `[2,[1]]`, "🚀"},
		"over an emoji":     {"a🚀b", `[1,[2,"🌍"],1]`, "a🌍b"},
		"a new line":        {"ab", `[1,[0,"",""],1]`, "a\nb"},
		"escaped pair":      {"", `[[0,"\ud83d\ude80"]]`, "🚀"},
		"backslash, then u": {"", `[[0,"\\ud83d"]]`, `\ud83d`},
		"zero kept":         {"a", `[0,1,[0,"b"]]`, "ab"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c, err := ParseChange([]byte(tt.change))
			if err != nil {
				t.Fatal(err)
			}
			got, err := Apply(tt.text, c)
			if err != nil || got != tt.want {
				t.Errorf("got %q, %v; want %q", got, err, tt.want)
			}
		})
	}
}

func TestApply_refuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ text, change string }{
		"half a pair kept":     {"🚀", `[1,[1]]`},
		"half a pair deleted":  {"🚀", `[[1],1]`},
		"too long":             {"ab", `[3]`},
		"too short":            {"ab", `[1]`},
		"high surrogate":       {"", `[[0,"\ud83d"]]`},
		"low surrogate":        {"", `[[0,"\ude80x"]]`},
		"two high surrogates":  {"", `[[0,"\ud83d\ud83d"]]`},
		"invalid UTF-8":        {"", "[[0,\"\xff\"]]"},
		"NUL":                  {"", `[[0,"\u0000"]]`},
		"carriage return":      {"", `[[0,"a\r","b"]]`},
		"line break in a line": {"", `[[0,"a\nb"]]`},
		"negative":             {"ab", `[-1,3]`},
		"negative deletion":    {"ab", `[[-2,"x"],4]`},
		"empty piece":          {"", `[[]]`},
		"no list":              {"", `{"a":1}`},
		"fraction":             {"a", `[1.0]`},
		"null":                 {"", `[null]`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c, err := ParseChange([]byte(tt.change))
			if err == nil {
				_, err = Apply(tt.text, c)
			}
			if !fault.Is(err, fault.Invalid) {
				t.Errorf("got %v, want a fault.Invalid", err)
			}
		})
	}
}

func TestDiff_keepsWhatIsCommon(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ old, new, want string }{
		"same":            {"a\nb", "a\nb", `[3]`},
		"one word":        {"the old text", "the new text", `[4,[3,"new"],5]`},
		"half an emoji":   {"🚀", "🛑", `[[2,"🛑"]]`}, // they share their first unit
		"shared tail":     {"aé", "bé", `[[1,"b"],1]`},
		"two lines apart": {"one\ntwo\nthree\n", "ONE\ntwo\nTHREE\n", `[[3,"ONE"],5,[5,"THREE"],1]`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := Diff(tt.old, tt.new).JSON(); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// texts draws short texts over few characters, so that two of them share much.
func texts() *rapid.Generator[string] {
	return rapid.Map(rapid.SliceOfN(rapid.SampledFrom([]rune("ab\n\n🚀🛑é\u0301<\\\"")), 0, 30),
		func(r []rune) string { return string(r) })
}

func TestDiff_turnsOldIntoNew(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		old, new := texts().Draw(t, "old"), texts().Draw(t, "new")
		c, err := ParseChange([]byte(Diff(old, new).JSON()))
		if err != nil {
			t.Fatal(err)
		}
		got, err := Apply(old, c)
		if err != nil || got != new {
			t.Fatalf("got %q, %v", got, err)
		}
		if c.Empty() != (old == new) {
			t.Fatalf("empty: %v", c.Empty())
		}
		back, err := Invert(old, c)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := Apply(new, back); err != nil || again != old {
			t.Fatalf("undone: %q, %v", again, err)
		}
	})
}

func TestDiff_manyLines(t *testing.T) {
	t.Parallel()
	old := strings.Repeat("a\n", 30_000)
	new := strings.Repeat("b\n", 30_000)
	got, err := Apply(old, Diff(old, new))
	if err != nil || got != new {
		t.Error(err, cmp.Diff(len(new), len(got)))
	}
}
