package evidence

import (
	"bytes"
	"path"
	"strings"
)

// A table of numbers over time, as graphs export them, read by ParseSeries. Its
// times are UTC where they do not say otherwise.

// knowsCSV goes by the file's name, or by a line of names over a line that
// begins with a time.
func knowsCSV(name string, text []byte) bool {
	text = bytes.TrimLeft(text, "\ufeff \t\r\n")
	if len(text) == 0 || text[0] == '{' || text[0] == '[' {
		return false
	}
	if ending := strings.ToLower(path.Ext(name)); ending == ".csv" || ending == ".tsv" {
		return true
	}
	lines := strings.SplitN(string(text[:min(len(text), 1<<16)]), "\n", 4)
	if len(lines) > 1 && strings.HasPrefix(strings.ToLower(lines[0]), "sep=") {
		lines = lines[1:]
	}
	if len(lines) < 2 {
		return false
	}
	mark := string(delimiter(lines[0] + "\n"))
	if !strings.Contains(lines[0], mark) {
		return false
	}
	cells := strings.Split(lines[1], mark)
	return isTimeCell(cells[0]) || len(cells) > 1 && isTimeCell(cells[1])
}

func isTimeCell(cell string) bool {
	_, wrong := parseTime(strings.Trim(strings.TrimSpace(cell), `"`), nil)
	return wrong == ""
}

func readCSV(text []byte, out *result) error {
	table := timeFirst(withoutHint(string(text)))
	s, err := ParseSeries(table, SeriesOptions{})
	if err != nil {
		plain, ok := withoutUnits(table)
		if !ok {
			return err
		}
		if s, err = ParseSeries(plain, SeriesOptions{}); err != nil {
			return err
		}
	}
	from, to := s.Span()
	r := Record{Type: TypeMetric, StartedAt: &from, EndedAt: &to, Series: &s, SubjectKey: hashOf(s.Names...), DedupeKey: s.Hash()}
	r.ExternalID = strings.Join(s.Names[:min(len(s.Names), 3)], ", ")
	r.Title = r.ExternalID
	out.add(r)
	return nil
}

// withoutHint drops the line by which spreadsheets tell each other the separator.
func withoutHint(text string) string {
	text = strings.TrimPrefix(text, "\ufeff")
	if first, rest, found := strings.Cut(text, "\n"); found && strings.HasPrefix(strings.ToLower(first), "sep=") {
		return rest
	}
	return text
}

// timeFirst puts the second column first where it, and not the first, holds the
// times: some graphs are exported as series, time, value.
func timeFirst(text string) string {
	rows, err := readRows(text)
	if err != nil || len(rows) < 2 || len(rows[0].cells) != 3 {
		return text
	}
	for _, r := range rows[1:] {
		if len(r.cells) != 3 || isTimeCell(r.cells[0]) || !isTimeCell(r.cells[1]) {
			return text
		}
	}
	var b strings.Builder
	for _, r := range rows {
		cells := []string{r.cells[1], r.cells[0], r.cells[2]}
		for i := range cells {
			cells[i] = `"` + strings.ReplaceAll(cells[i], `"`, `""`) + `"`
		}
		b.WriteString(strings.Join(cells, ",") + "\n")
	}
	return b.String()
}
