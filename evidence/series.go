package evidence

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// MaxSeriesPoints is the most rows one graph may have.
	MaxSeriesPoints = 5000
	// MaxSeriesNames is the most curves one graph may have.
	MaxSeriesNames = 50
	// maxSeriesBytes bounds the text itself, before anything is read from it.
	maxSeriesBytes = 4 << 20
	// maxSeriesName is the longest name of a curve, in bytes.
	maxSeriesName = 200
)

// Series is the numbers of one graph: some curves over the same times. A value
// that is not there is NaN.
type Series struct {
	Names  []string    // one for each curve, all different
	Times  []time.Time // UTC with microseconds, ascending, all different
	Values [][]float64 // Values[i] belongs to Names[i] and is as long as Times
	Unit   string      // as given or found in the names; not part of CSV and Hash
}

// SeriesOptions say what the text itself does not.
type SeriesOptions struct {
	Zone *time.Location // of times without one; nil means UTC
	Unit string         // empty: taken from the names when all end in the same "(unit)"
}

// Len is the number of times.
func (s Series) Len() int { return len(s.Times) }

// Span gives the first and the last time; both are zero for an empty series.
func (s Series) Span() (from, to time.Time) {
	if len(s.Times) == 0 {
		return from, to
	}
	return s.Times[0], s.Times[len(s.Times)-1]
}

// Step gives the middle one of the distances between times, 0 for fewer than two.
func (s Series) Step() time.Duration {
	if len(s.Times) < 2 {
		return 0
	}
	steps := make([]time.Duration, len(s.Times)-1)
	for i := range steps {
		steps[i] = s.Times[i+1].Sub(s.Times[i])
	}
	slices.Sort(steps)
	return steps[len(steps)/2]
}

// CSV writes the series in its one canonical form: a row of names that begins
// with "time", RFC 3339 in UTC, shortest numbers, empty cells for gaps, LF.
// ParseSeries of it gives the same series. A name that a spreadsheet would take
// for a formula gets an apostrophe in front, which ParseSeries takes off.
func (s Series) CSV() string {
	var b strings.Builder
	b.WriteString("time")
	for _, name := range s.Names {
		b.WriteByte(',')
		b.WriteString(quoteCell(guardName(name)))
	}
	b.WriteByte('\n')
	for row, at := range s.Times {
		b.WriteString(at.UTC().Format("2006-01-02T15:04:05.999999Z"))
		for i := range s.Names {
			b.WriteByte(',')
			b.WriteString(formatValue(s.Values[i][row]))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// Hash is the SHA-256 of CSV in hexadecimal: equal series have equal hashes.
func (s Series) Hash() string {
	sum := sha256.Sum256([]byte(s.CSV()))
	return hex.EncodeToString(sum[:])
}

func quoteCell(s string) string {
	if !strings.ContainsAny(s, ",;\"") { // names hold no line breaks and tabs
		return s
	}
	return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
}

// guardName and bareName are each other's reverse for every name.
func guardName(name string) string {
	if startsFormula(name) {
		return "'" + name
	}
	return name
}

func bareName(cell string) string {
	if rest, ok := strings.CutPrefix(cell, "'"); ok && startsFormula(rest) {
		return rest
	}
	return cell
}

func startsFormula(name string) bool {
	rest := strings.TrimLeft(name, "'")
	return rest != "" && strings.ContainsRune("=+-@", rune(rest[0]))
}

func formatValue(v float64) string {
	size := math.Abs(v)
	switch {
	case math.IsNaN(v):
		return ""
	case v == 0:
		return "0"
	case size >= 1e-6 && size < 1e15:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// Thin gives a series of at most n points that draws like s: in each stretch of
// time it keeps the lowest and the highest point of every curve, and a gap where
// there is one. A small n is raised to what the curves need. A series that is
// short enough comes back as it is.
func (s Series) Thin(n int) Series {
	perStretch := 3 * len(s.Names) // lowest, highest, one gap
	n = max(n, perStretch+2)
	if len(s.Times) <= n || len(s.Names) == 0 {
		return s
	}
	stretches := (n - 2) / perStretch
	keep := make([]bool, len(s.Times))
	keep[0], keep[len(keep)-1] = true, true
	for k := range stretches {
		from, to := k*len(s.Times)/stretches, (k+1)*len(s.Times)/stretches
		for i := range s.Names {
			keepExtremes(keep, s.Values[i], from, to)
		}
	}
	return s.only(keep)
}

func keepExtremes(keep []bool, values []float64, from, to int) {
	lowest, highest, gap := -1, -1, -1
	for row := from; row < to; row++ {
		v := values[row]
		switch {
		case math.IsNaN(v):
			gap = row
			continue
		case lowest < 0:
			lowest, highest = row, row
		}
		if v < values[lowest] {
			lowest = row
		}
		if v > values[highest] {
			highest = row
		}
	}
	for _, row := range []int{lowest, highest, gap} {
		if row >= 0 {
			keep[row] = true
		}
	}
}

func (s Series) only(keep []bool) Series {
	thin := Series{Names: s.Names, Unit: s.Unit, Values: make([][]float64, len(s.Names))}
	for row, kept := range keep {
		if !kept {
			continue
		}
		thin.Times = append(thin.Times, s.Times[row])
		for i := range s.Names {
			thin.Values[i] = append(thin.Values[i], s.Values[i][row])
		}
	}
	return thin
}
