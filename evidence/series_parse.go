package evidence

import (
	"encoding/csv"
	"errors"
	"io"
	"math"
	"sort"
	"strconv"
	"strings"
	"time"

	"coetracker/internal/fault"
)

// ParseSeries reads numbers over time as tools export them: comma, semicolon or
// tab between cells, a first row of names, a time in the first column. Both
// shapes are read: a column for each curve (time,errors,latency), and a row for
// each value (time,metric,value). Times are RFC 3339, Unix seconds or
// milliseconds, or such as "2025-09-29 16:58" in the zone of o. Rows may come in
// any order. Every error is a fault.Invalid of the field "series" that names the
// line and the mend.
func ParseSeries(text string, o SeriesOptions) (Series, error) {
	rows, err := readRows(text)
	if err != nil {
		return Series{}, err
	}
	head, rows := rows[0], rows[1:]
	if _, wrong := parseTime(head.cells[0], o.Zone); wrong == "" {
		return Series{}, invalid("Line %d holds values, not names. Put a line such as “time,errors” above it.", head.line)
	}
	if len(head.cells) < 2 {
		return Series{}, invalid("There is only one column. Put the time into the first column and numbers into the others, with a comma or a tab between them.")
	}
	if len(rows) == 0 {
		return Series{}, invalid("There are names but no values below them. Paste the rows too.")
	}
	read := readWide
	if isLong(head, rows) {
		read = readLong
	}
	points, names, err := read(head, rows, o.Zone)
	if err != nil {
		return Series{}, err
	}
	s, err := assemble(points, names)
	s.Unit = o.Unit
	if s.Unit == "" {
		s.Unit = commonUnit(s.Names)
	}
	return s, err
}

func invalid(format string, args ...any) error { return fault.Invalidf("series", format, args...) }

// row is one line of cells and where it stood.
type row struct {
	line  int
	cells []string
}

// point is what one row says about one moment; values are by column of names.
type point struct {
	line   int
	at     time.Time
	values map[int]float64
}

// readRows cuts the text into cells. The first row is the names.
func readRows(text string) ([]row, error) {
	if len(text) > maxSeriesBytes {
		return nil, invalid("The text is larger than 4 MB. Take a longer step or a shorter span.")
	}
	text = strings.TrimPrefix(text, "\uFEFF")
	if strings.Contains(text, "\r") { // encoding/csv knows LF and CRLF only
		text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	}
	r := csv.NewReader(strings.NewReader(text))
	r.Comma = delimiter(text)
	r.FieldsPerRecord = -1
	var rows []row
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		var bad *csv.ParseError
		if errors.As(err, &bad) {
			return nil, invalid("Line %d has a quotation mark that does not fit. Put the whole cell into quotation marks, or take the mark out.", bad.Line)
		}
		if err != nil {
			return nil, invalid("The text cannot be read as a table. Paste it as CSV or with tabs.")
		}
		line, _ := r.FieldPos(0)
		for i := range cells {
			cells[i] = strings.Join(strings.Fields(strings.ToValidUTF8(cells[i], "\uFFFD")), " ")
		}
		if strings.Join(cells, "") == "" {
			continue // an empty line, or one of separators only
		}
		rows = append(rows, row{line, cells})
		if len(rows) > 1+MaxSeriesPoints*MaxSeriesNames {
			return nil, tooManyRows(MaxSeriesPoints * MaxSeriesNames)
		}
	}
	if len(rows) == 0 {
		return nil, invalid("There is nothing to draw. Paste a line of names, and below it rows that begin with a time.")
	}
	return rows, nil
}

func tooManyRows(n int) error {
	return invalid("This has more than %s rows, and a graph holds 5,000 points. Take a longer step or a shorter span.", thousands(n))
}

// delimiter is the comma, semicolon or tab that ends the first cell.
func delimiter(text string) rune {
	quoted := false
	for _, c := range strings.TrimLeft(text, "\n") {
		switch {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == ',' || c == ';' || c == '\t':
			return c
		case c == '\n':
			return ','
		}
	}
	return ','
}

// isLong reports whether each row is one value of one curve: time, name, number.
// Names in the second column are what tells it from two curves.
func isLong(head row, rows []row) bool {
	if len(head.cells) != 3 {
		return false
	}
	for _, r := range rows {
		if len(r.cells) != 3 {
			continue // said later, with its line
		}
		if _, isNumber := parseValue(r.cells[1]); isNumber {
			return false
		}
	}
	return true
}

func readWide(head row, rows []row, zone *time.Location) ([]point, []string, error) {
	names := head.cells[1:]
	for i := range names {
		names[i] = bareName(names[i])
	}
	if err := checkNames(names, head.line); err != nil {
		return nil, nil, err
	}
	if len(rows) > MaxSeriesPoints {
		return nil, nil, tooManyRows(MaxSeriesPoints)
	}
	points := make([]point, 0, len(rows))
	for _, r := range rows {
		at, err := r.time(zone)
		if err != nil {
			return nil, nil, err
		}
		if len(r.cells) > len(head.cells) {
			return nil, nil, invalid("Line %d has %d cells, and the line of names has %d. Take the extra ones out, or name them.", r.line, len(r.cells), len(head.cells))
		}
		p := point{line: r.line, at: at, values: map[int]float64{}}
		for i, cell := range r.cells[1:] {
			if p.values[i], err = r.value(cell, names[i]); err != nil {
				return nil, nil, err
			}
		}
		points = append(points, p)
	}
	return points, names, nil
}

func readLong(head row, rows []row, zone *time.Location) ([]point, []string, error) {
	var names []string
	columns := map[string]int{}
	points := make([]point, 0, len(rows))
	for _, r := range rows {
		at, err := r.time(zone)
		if err != nil {
			return nil, nil, err
		}
		if len(r.cells) != 3 {
			return nil, nil, invalid("Line %d has %d cells and should have 3: time, name, number.", r.line, len(r.cells))
		}
		name := bareName(r.cells[1])
		column, known := columns[name]
		if !known {
			column = len(names)
			columns[name] = column
			names = append(names, name)
			if err := checkNames(names, r.line); err != nil {
				return nil, nil, err
			}
		}
		v, err := r.value(r.cells[2], name)
		if err != nil {
			return nil, nil, err
		}
		points = append(points, point{r.line, at, map[int]float64{column: v}})
	}
	return points, names, nil
}

func checkNames(names []string, line int) error {
	if len(names) > MaxSeriesNames {
		return invalid("Line %d makes more than %d curves, and a graph holds %d. Take columns out, or make two graphs.", line, MaxSeriesNames, MaxSeriesNames)
	}
	seen := map[string]bool{}
	for i, name := range names {
		switch {
		case name == "":
			return invalid("Column %d on line %d has no name. Name it, or take the column out.", i+2, line)
		case len(name) > maxSeriesName:
			return invalid("The name in column %d on line %d is longer than %d characters. Shorten it.", i+2, line, maxSeriesName)
		case seen[name]:
			return invalid("Two columns on line %d are named “%s”. Give each its own name.", line, name)
		}
		seen[name] = true
	}
	return nil
}

func (r row) time(zone *time.Location) (time.Time, error) {
	at, wrong := parseTime(r.cells[0], zone)
	if wrong != "" {
		return at, invalid("Line %d: %s", r.line, wrong)
	}
	return at, nil
}

func (r row) value(cell, name string) (float64, error) {
	v, ok := parseValue(cell)
	if !ok {
		return 0, invalid("Line %d: “%s” for %s is not a number. Write it as 1234.5, or leave the cell empty for a gap.", r.line, shorten(cell), name)
	}
	return v, nil
}

// parseValue reads a number, a percentage, a number with a decimal comma, or a
// gap, which is NaN. Infinity cannot be drawn and is no number here.
func parseValue(cell string) (float64, bool) {
	switch strings.ToLower(cell) {
	case "", "nan", "null", "none", "n/a", "na", "-", "undefined":
		return math.NaN(), true
	}
	number := strings.TrimSpace(strings.TrimSuffix(cell, "%"))
	if strings.Count(number, ",") == 1 && !strings.Contains(number, ".") && !thousandsComma(number) {
		number = strings.Replace(number, ",", ".", 1)
	}
	if strings.ContainsAny(number, "_xXpP") {
		return 0, false
	}
	v, err := strconv.ParseFloat(number, 64)
	if err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
		return 0, false
	}
	if v == 0 {
		v = 0 // minus nothing is nothing
	}
	return v, true
}

// thousandsComma reports whether the comma could as well part thousands: 1,234
// is asked about rather than guessed.
func thousandsComma(number string) bool {
	before, after, _ := strings.Cut(number, ",")
	return len(after) == 3 && strings.TrimLeft(before, "+-0") != ""
}

// assemble puts the points of one moment together and in order.
func assemble(points []point, names []string) (Series, error) {
	sort.SliceStable(points, func(i, j int) bool { return points[i].at.Before(points[j].at) })
	s := Series{Names: names, Values: make([][]float64, len(names))}
	setAt := make([]int, len(names)) // the line that gave each curve its value at the last time
	for _, p := range points {
		if n := len(s.Times); n == 0 || !s.Times[n-1].Equal(p.at) {
			if n == MaxSeriesPoints {
				return Series{}, tooManyRows(MaxSeriesPoints)
			}
			s.Times = append(s.Times, p.at)
			for i := range names {
				s.Values[i] = append(s.Values[i], math.NaN())
				setAt[i] = 0
			}
		}
		for i, v := range p.values {
			if setAt[i] != 0 {
				return Series{}, invalid("Lines %d and %d have the same time. Take one of them out, or write the seconds too.", min(setAt[i], p.line), max(setAt[i], p.line))
			}
			setAt[i] = p.line
			s.Values[i][len(s.Times)-1] = v
		}
	}
	return s, nil
}

// commonUnit is the "(unit)" that all names end in, or "".
func commonUnit(names []string) string {
	unit := ""
	for i, name := range names {
		open := strings.LastIndexByte(name, '(')
		if open < 0 || !strings.HasSuffix(name, ")") {
			return ""
		}
		u := strings.TrimSpace(name[open+1 : len(name)-1])
		if i > 0 && u != unit {
			return ""
		}
		unit = u
	}
	return unit
}

func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func shorten(s string) string {
	runes := []rune(s)
	if len(runes) > 40 {
		return string(runes[:40]) + "…"
	}
	return s
}
