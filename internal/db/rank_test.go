package db

import (
	"regexp"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestBetween(t *testing.T) {
	t.Parallel()
	tests := []struct{ a, b, want string }{
		{"", "", "n0"},
		{"n0", "", "n1"},
		{"nz", "", "o00"},
		{"ozz", "", "p000"},
		{"", "n0", "mz"},
		{"", "m0", "lzz"},
		{"mz", "", "n0"},
		{"lzz", "", "m0"},
		{"n0", "n1", "n0i"},
		{"n0", "n0i", "n09"},
		{"n0", "n01", "n00i"},
		{"n0", "n2", "n1"},
		{"n0i", "n1", "n0r"},
		{"", "n0i", "n0"},
		{"n1", "n1", "n2"}, // not an order: after a
		{"0001", "", "i"},  // made by others
		{"0001", "0002", "0001i"},
	}
	for _, tt := range tests {
		if got := Between(tt.a, tt.b); got != tt.want {
			t.Errorf("Between(%q, %q) = %q, want %q", tt.a, tt.b, got, tt.want)
		}
	}
}

func TestBetween_keepsOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var ranks []string
		for range rapid.IntRange(1, 120).Draw(t, "n") {
			i := rapid.IntRange(0, len(ranks)).Draw(t, "at")
			var a, b string
			if i > 0 {
				a = ranks[i-1]
			}
			if i < len(ranks) {
				b = ranks[i]
			}
			ranks = slices.Insert(ranks, i, Between(a, b))
			if !slices.IsSorted(ranks) || len(slices.Compact(slices.Clone(ranks))) != len(ranks) {
				t.Fatalf("not in order: %q", ranks)
			}
		}
	})
}

func TestBetween_staysShort(t *testing.T) {
	t.Parallel()
	last, first := "", ""
	for range 2000 {
		last, first = Between(last, ""), Between("", first)
	}
	if len(last) > 4 || len(first) > 4 {
		t.Errorf("after 2000 rows: %q and %q", last, first)
	}
}

func TestNewKey(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 1000 {
		k := NewKey()
		if !regexp.MustCompile(`^[a-z2-7]{8}$`).MatchString(k) || seen[k] {
			t.Fatalf("%q is no new key", k)
		}
		seen[k] = true
	}
}
