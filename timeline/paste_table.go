package timeline

import (
	"encoding/csv"
	"strings"
	"time"
)

// Row is one row of a table with times.
type Row struct {
	Index   int // of the row given
	HasTime bool
	Stamp   Stamp
	Text    string // all other cells that hold words, joined by " · "
	Who     string // the cell of a column for people; also in no other field
}

// ReadTable finds the time column of a table, or a date and a time column, and
// reads its rows. ok is false when no column holds times. A zone in the
// column's header counts for every row that states none.
func ReadTable(head []string, rows [][]string, style Style) (out []Row, ok bool) {
	cols := timeColumns(head, rows, style)
	if len(cols) == 0 {
		return nil, false
	}
	zone := headZone(head, cols)
	who := columnNamed(head, "who", "author", "user", "nick", "actor", "person", "by", "role", "name")
	for i, row := range rows {
		r := Row{Index: i}
		r.Stamp, r.HasTime = rowStamp(row, cols, style)
		if r.HasTime && r.Stamp.Zone == "" {
			r.Stamp.Zone = zone
		}
		r.Text = otherCells(row, cols, who, r.HasTime)
		if who >= 0 && who < len(row) {
			r.Who = strings.TrimSpace(row[who])
		}
		out = append(out, r)
	}
	return out, true
}

// timeColumns gives the column of the times, or the columns of date and time.
func timeColumns(head []string, rows [][]string, style Style) []int {
	width := len(head)
	for _, row := range rows {
		width = max(width, len(row))
	}
	date := -1
	for col := range min(width, 12) {
		filled, clocks, days := 0, 0, 0
		for _, row := range rows {
			cell := cellAt(row, col)
			if cell == "" {
				continue
			}
			filled++
			if st, ok := cellStamp(cell, style); ok {
				if st.HasClock || st.Unknown {
					clocks++
				} else {
					days++
				}
			}
		}
		switch {
		case filled > 0 && clocks*2 >= filled && clocks > 0 && clocks >= days:
			if date >= 0 {
				return []int{date, col}
			}
			return []int{col}
		case filled > 0 && days*2 >= filled && days > 0 && date < 0:
			date = col
		}
	}
	if date >= 0 {
		return []int{date}
	}
	return nil
}

func cellAt(row []string, col int) string {
	if col < 0 || col >= len(row) {
		return ""
	}
	return strings.TrimSpace(row[col])
}

// cellStamp reads a cell that holds a time and hardly anything else.
func cellStamp(cell string, style Style) (Stamp, bool) {
	if st, ok := epoch(cell); ok {
		return st, true
	}
	st, rest, ok := Lead(cell, style)
	if !ok || len(rest) > 24 {
		return Stamp{}, false
	}
	return st, true
}

// epoch reads Unix time in seconds, milliseconds or microseconds.
func epoch(cell string) (Stamp, bool) {
	n, digits := int64(0), 0
	for digits < len(cell) && cell[digits] >= '0' && cell[digits] <= '9' && digits < 17 {
		n = n*10 + int64(cell[digits]-'0')
		digits++
	}
	if digits < len(cell) && (cell[digits] != '.' || digits != 10 || strings.Trim(cell[digits+1:], "0123456789") != "") {
		return Stamp{}, false
	}
	var at time.Time
	switch digits {
	case 10:
		at = time.Unix(n, 0).UTC()
	case 13:
		at = time.UnixMilli(n).UTC()
	case 16:
		at = time.UnixMicro(n).UTC()
	default:
		return Stamp{}, false
	}
	return Stamp{
		Year: at.Year(), Month: int(at.Month()), Day: at.Day(), HasClock: true, HasSecond: true,
		Hour: at.Hour(), Minute: at.Minute(), Second: at.Second(), Micro: at.Nanosecond() / 1000, Zone: "UTC",
	}, true
}

// rowStamp joins the date and time cells of a row. Words behind a time in its
// cell, such as "(approx)", stay with the text.
func rowStamp(row []string, cols []int, style Style) (Stamp, bool) {
	last := cols[len(cols)-1]
	st, ok := cellStamp(cellAt(row, last), style)
	if len(cols) == 1 {
		return st, ok
	}
	day, dayOK := cellStamp(cellAt(row, cols[0]), style)
	switch {
	case ok && dayOK && !st.HasDate():
		st.Year, st.Month, st.Day, st.Swappable = day.Year, day.Month, day.Day, day.Swappable
		return st, true
	case ok:
		return st, true
	}
	return day, dayOK
}

// otherCells joins what a row says besides its time and its person.
func otherCells(row []string, cols []int, who int, timed bool) string {
	var parts []string
	for col := range row {
		cell := cellAt(row, col)
		if col == who {
			continue
		}
		for _, c := range cols {
			if c != col || !timed {
				continue
			}
			_, cell, _ = Lead(cell, Document)
		}
		if cell != "" {
			parts = append(parts, cell)
		}
	}
	return strings.Join(parts, " · ")
}

func columnNamed(head []string, names ...string) int {
	for col, h := range head {
		for _, name := range names {
			if strings.EqualFold(strings.Trim(strings.TrimSpace(h), "*_"), name) {
				return col
			}
		}
	}
	return -1
}

// headZone finds a zone in the header of a time column.
func headZone(head []string, cols []int) string {
	for _, col := range cols {
		cell := strings.Trim(cellAt(head, col), "*_ ")
		if zone, ok := zoneNear(strings.TrimLeft(cell, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ ")); ok {
			return zone
		}
		if i := strings.LastIndexByte(cell, ' '); i > 0 {
			if zone, ok := zoneNear(cell[i+1:]); ok {
				return zone
			}
		}
	}
	return ""
}

// SplitPipes takes a Markdown table row apart; a bar after a backslash or in a
// code span belongs to its cell. ok is false for a line that is no row.
func SplitPipes(line string) (cells []string, ok bool) {
	s := strings.TrimSpace(line)
	if !strings.Contains(s, "|") {
		return nil, false
	}
	s = strings.TrimPrefix(s, "|")
	var b strings.Builder
	code, closed := false, false
	for i := 0; i < len(s); i++ {
		closed = false
		switch {
		case s[i] == '\\' && i+1 < len(s) && s[i+1] == '|':
			b.WriteByte('|')
			i++
		case s[i] == '|' && !code:
			cells = append(cells, strings.TrimSpace(b.String()))
			b.Reset()
			closed = true
		default:
			if s[i] == '`' {
				code = !code && strings.IndexByte(s[i+1:], '`') >= 0
			}
			b.WriteByte(s[i])
		}
	}
	if !closed {
		cells = append(cells, strings.TrimSpace(b.String()))
	}
	return cells, true
}

// IsRule reports whether a table row is the line of dashes under the header.
func IsRule(cells []string) bool {
	dashes := 0
	for _, c := range cells {
		if strings.Trim(c, "-: ") != "" {
			return false
		}
		dashes += strings.Count(c, "-")
	}
	return dashes > 0
}

// gridRow is a row with the lines it was read from.
type gridRow struct {
	cells     []string
	line, end int
}

// readTable reads the paste as a table, if it is one.
func (q *sequence) readTable(lines []string, text string) bool {
	for _, grid := range [][]gridRow{pipeGrid(lines), tabGrid(lines), commaGrid(text)} {
		if len(grid) > 1 && q.addGrid(grid) {
			return true
		}
	}
	return false
}

// addGrid proposes the rows of a grid; its first row is a header when it
// holds no time.
func (q *sequence) addGrid(grid []gridRow) bool {
	var head []string
	body := grid
	if !rowHasStamp(grid[0].cells) {
		head, body = grid[0].cells, grid[1:]
	}
	cells := make([][]string, len(body))
	for i, g := range body {
		cells[i] = g.cells
	}
	rows, ok := ReadTable(head, cells, Document)
	if !ok {
		return false
	}
	for _, r := range rows {
		g := body[r.Index]
		switch {
		case r.HasTime:
			q.add(r.Stamp, r.Text, g.line, g.end).Who = r.Who
		case r.Text != "":
			q.more(strings.TrimSpace(r.Who+" "+r.Text), g.end)
		}
	}
	return true
}

func rowHasStamp(cells []string) bool {
	for _, c := range cells {
		if _, ok := cellStamp(strings.TrimSpace(c), Document); ok && c != "" {
			return true
		}
	}
	return false
}

func pipeGrid(lines []string) []gridRow {
	var grid []gridRow
	filled := 0
	for i, line := range lines {
		if strings.TrimSpace(line) == "" {
			continue
		}
		filled++
		if cells, ok := SplitPipes(line); ok && len(cells) > 1 && !IsRule(cells) {
			grid = append(grid, gridRow{cells, i + 1, i + 1})
		} else if ok {
			filled--
		}
	}
	if len(grid)*3 < filled*2 {
		return nil
	}
	return grid
}

func tabGrid(lines []string) []gridRow {
	var grid []gridRow
	for i, line := range lines {
		switch {
		case strings.TrimSpace(line) == "":
		case strings.Contains(strings.TrimSpace(line), "\t"):
			grid = append(grid, gridRow{strings.Split(line, "\t"), i + 1, i + 1})
		case len(grid) > 0:
			last := &grid[len(grid)-1]
			last.cells = append(last.cells, line)
			last.end = i + 1
		}
	}
	return grid
}

// commaGrid reads comma or semicolon separated values with at least two
// columns in every row.
func commaGrid(text string) []gridRow {
	for _, comma := range []rune{',', ';'} {
		r := csv.NewReader(strings.NewReader(text))
		r.Comma, r.LazyQuotes, r.FieldsPerRecord, r.TrimLeadingSpace = comma, true, -1, true
		var grid []gridRow
		for {
			cells, err := r.Read()
			if err != nil {
				break
			}
			line, _ := r.FieldPos(0)
			end, _ := r.FieldPos(len(cells) - 1)
			grid = append(grid, gridRow{cells, line, end})
		}
		if regular(grid) {
			return grid
		}
	}
	return nil
}

// regular reports whether rows look like a table rather than prose: the first
// has two cells or more and nearly all have as many.
func regular(grid []gridRow) bool {
	if len(grid) < 2 || len(grid[0].cells) < 2 {
		return false
	}
	same := 0
	for _, g := range grid {
		if len(g.cells) == len(grid[0].cells) {
			same++
		}
	}
	_, first := cellStamp(strings.TrimSpace(grid[0].cells[0]), Document)
	named := columnNamed(grid[0].cells, "time", "timestamp", "date", "when", "at", "ts", "datetime", "start", "utc", "time utc", "time (utc)", "_time", "@timestamp") >= 0
	return same*10 >= len(grid)*9 && (named || first && same == len(grid))
}
