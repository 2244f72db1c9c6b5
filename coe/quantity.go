package coe

import (
	"fmt"
	"strconv"
	"strings"
)

// units are the short and long words for thousands, millions and billions.
var units = map[string]float64{
	"k": 1e3, "thousand": 1e3, "m": 1e6, "mn": 1e6, "million": 1e6, "bn": 1e9, "b": 1e9, "billion": 1e9,
}

// Quantity reads a number as people type it: 410, 3,500, 2.9 bn, 410 m, 12 %.
// percent tells that it is a share of a hundred.
func Quantity(s string) (n float64, percent, ok bool) {
	s = strings.ToLower(strings.TrimSpace(s))
	s, percent = strings.CutSuffix(s, "%")
	s = strings.TrimLeft(strings.TrimSpace(s), "~<>≈ ")
	i := strings.IndexFunc(s, func(r rune) bool { return r >= 'a' && r <= 'z' })
	factor := 1.0
	if i >= 0 {
		if factor, ok = units[strings.TrimSpace(s[i:])]; !ok {
			return 0, percent, false
		}
		s = s[:i]
	}
	s = strings.NewReplacer(",", "", " ", "", " ", "", "_", "").Replace(s)
	n, err := strconv.ParseFloat(s, 64)
	return n * factor, percent, err == nil && n >= 0
}

// Share says what part of the whole was affected, "" when it cannot be told.
func Share(i Impact) string {
	n, percent, ok := Quantity(i.Affected)
	if !ok {
		return ""
	}
	if percent {
		return trimPercent(n)
	}
	total, _, ok := Quantity(i.Total)
	if !ok || total <= 0 || n > total {
		return ""
	}
	return trimPercent(n / total * 100)
}

func trimPercent(p float64) string {
	if p > 0 && p < 1 {
		return fmt.Sprintf("%.2g %%", p)
	}
	return fmt.Sprintf("%.0f %%", p)
}
