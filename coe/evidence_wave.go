package coe

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"coetracker/evidence"
)

// FirstWave says what the impact would have been if a change had stopped at its
// first wave: share is the part of the fleet that it reached, first the part
// that its first wave is, both 0 to 1. The sentence names what it assumes. It
// is "" when the numbers do not tell.
func FirstWave(impacts []Impact, share, first *float64) string {
	if share == nil || first == nil || !isShare(*share) || !isShare(*first) || *first >= *share {
		return ""
	}
	var parts []string
	for _, i := range impacts {
		if s := atFirstWave(i, *share, *first); s != "" {
			parts = append(parts, s)
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return fmt.Sprintf("If it had stopped at the first wave (%s of the fleet instead of %s): %s. This assumes that the impact grows with the part of the fleet reached.",
		percent(*first), percent(*share), strings.Join(parts, "; "))
}

// isShare refuses what is no part of a whole, NaN too.
func isShare(f float64) bool { return f > 0 && f <= 1 }

// atFirstWave says what one row of impact would have been.
func atFirstWave(i Impact, share, first float64) string {
	n, isPercent, ok := Quantity(i.Affected)
	if i.Unmeasured || !ok || math.IsInf(n, 0) || math.IsNaN(n) || n == 0 {
		return ""
	}
	less := n * first / share
	words := "about " + quantity(less)
	if isPercent {
		words = "about " + percent(less/100)
	}
	return fmt.Sprintf("%s instead of %s (%s)", words, strings.TrimSpace(i.Affected), strings.TrimRight(i.What, ". "))
}

// quantity writes a number to three digits at most, with its thousands apart.
func quantity(n float64) string {
	for _, u := range []struct {
		size float64
		word string
	}{{1e9, " bn"}, {1e6, " m"}} {
		if n >= u.size {
			return digits(n/u.size) + u.word
		}
	}
	if n < 10 {
		return digits(n)
	}
	scale := math.Pow(10, math.Max(0, math.Floor(math.Log10(n))-2))
	s := strconv.FormatInt(int64(math.Round(n/scale)*scale), 10)
	if len(s) > 3 {
		s = s[:len(s)-3] + "," + s[len(s)-3:]
	}
	return s
}

// digits writes a number with three digits that count and no empty ones.
func digits(n float64) string { return strconv.FormatFloat(round3(n), 'f', -1, 64) }

func round3(n float64) float64 {
	f, err := strconv.ParseFloat(strconv.FormatFloat(n, 'g', 3, 64), 64)
	if err != nil {
		return n
	}
	return f
}

// percent writes a part of a whole: 0.05 is 5 %.
func percent(f float64) string { return digits(f*100) + " %" }

// wave is FirstWave for an item.
func wave(i *evidence.Item, impacts []Impact) string {
	if !isChange(i.Type) {
		return ""
	}
	r := i.Reached()
	return FirstWave(impacts, r.Share, r.FirstWave)
}

// ChangeDraft drafts the answer to the question how far a change had come:
// wave, cell, zone, share and bake time, and what stopping at the first wave
// would have meant. It is "" when nothing of that is known.
func ChangeDraft(i *evidence.Item, impacts []Impact) string {
	r := i.Reached()
	var known []string
	for _, s := range []string{named("wave", r.Wave), named("cell", r.Cell), named("zone", r.Zone)} {
		if s != "" {
			known = append(known, plain(s))
		}
	}
	if r.Share != nil {
		known = append(known, percent(*r.Share)+" of the fleet")
	}
	var out []string
	if len(known) > 0 {
		out = append(out, "It had reached "+strings.Join(known, ", ")+".")
	}
	if r.BakeMinutes != nil {
		out = append(out, fmt.Sprintf("It had baked %s min.", digits(*r.BakeMinutes)))
	}
	if w := wave(i, impacts); w != "" {
		out = append(out, w)
	}
	return strings.Join(out, " ")
}
