package evidence

import (
	"encoding/csv"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// Grafana exports a panel's values as it shows them when people ask for formatted
// data: 950 ms under 1.20 s. A column goes over to one unit, which its name tells.

// shownUnit is a unit in which values are shown, as a multiple of another.
type shownUnit struct {
	base   string
	factor float64
}

var shownUnits = map[string]shownUnit{
	"ns": {"s", 1e-9}, "µs": {"s", 1e-6}, "μs": {"s", 1e-6}, "us": {"s", 1e-6}, "ms": {"s", 1e-3}, "s": {"s", 1}, "min": {"s", 60}, "mins": {"s", 60}, "hour": {"s", 3600}, "hours": {"s", 3600},
	"B": {"B", 1}, "kB": {"B", 1e3}, "MB": {"B", 1e6}, "GB": {"B", 1e9}, "TB": {"B", 1e12}, "KiB": {"B", 1 << 10}, "MiB": {"B", 1 << 20}, "GiB": {"B", 1 << 30}, "TiB": {"B", 1 << 40},
	"": {"", 1}, "K": {"", 1e3}, "Mil": {"", 1e6}, "Bil": {"", 1e9},
}

var shownForm = regexp.MustCompile(`^([-+]?[0-9]+(?:[.,][0-9]+)?)\s*([^0-9\s.,][^0-9]*)?$`)

// withoutUnits takes the units out of a table; false where there are none, or
// they do not go together.
func withoutUnits(text string) (string, bool) {
	rows, err := readRows(text)
	if err != nil || len(rows) < 2 {
		return "", false
	}
	changed := false
	for column := 1; column < len(rows[0].cells); column++ {
		unit, numbers := plainColumn(rows[1:], column)
		if numbers == nil {
			continue
		}
		changed = true
		rows[0].cells[column] += unit
		for i, number := range numbers {
			if column < len(rows[i+1].cells) {
				rows[i+1].cells[column] = number
			}
		}
	}
	var b strings.Builder
	w := csv.NewWriter(&b)
	for _, r := range rows {
		if err := w.Write(r.cells); err != nil {
			return "", false
		}
	}
	w.Flush()
	return b.String(), changed && w.Error() == nil
}

// plainColumn gives the numbers of a column in one unit; nil where it has no
// units, or units of two kinds.
func plainColumn(rows []row, column int) (unit string, numbers []string) {
	first, same, found := "", true, false
	for _, r := range rows {
		if _, word, ok := shownCell(r, column); ok {
			if found && word != first {
				same = false
			}
			if !found {
				first, found = word, true
			}
		}
	}
	base := shownUnit{first, 1}
	if !same {
		base = shownUnits[first]
	}
	if !found || first == "" && same {
		return "", nil
	}
	for _, r := range rows {
		number, word, ok := shownCell(r, column)
		known, listed := shownUnits[word]
		switch {
		case !ok && !isGap(r, column):
			return "", nil
		case !ok:
			number = math.NaN()
		case same:
		case !listed || known.base != base.base:
			return "", nil
		default:
			number *= known.factor
		}
		numbers = append(numbers, strconv.FormatFloat(number, 'g', -1, 64))
	}
	if base.base == "" {
		return "", numbers
	}
	return " (" + base.base + ")", numbers
}

// isGap reports whether nothing is said at that time.
func isGap(r row, column int) bool {
	if column >= len(r.cells) {
		return true
	}
	_, gap := parseValue(strings.TrimSpace(r.cells[column]))
	return gap
}

// shownCell parts a cell into its number and unit; false for a gap, or for a
// column that holds no numbers at all.
func shownCell(r row, column int) (number float64, unit string, ok bool) {
	if column >= len(r.cells) {
		return 0, "", false
	}
	parts := shownForm.FindStringSubmatch(strings.TrimSpace(r.cells[column]))
	if parts == nil {
		return 0, "", false
	}
	number, ok = parseValue(parts[1])
	return number, strings.TrimSpace(parts[2]), ok && !math.IsNaN(number)
}
