package coe

import (
	"fmt"
	"strings"
)

// rawRow is one row of the file, before its fields mean anything.
type rawRow struct {
	line   int // of its first line
	body   string
	fields []rawField
	series string // fenced CSV
	mark   string // key, question or word that ends it
}

type rawField struct {
	line        int
	name, value string
	used        bool
}

// write gives the row as it stands in the file, with the empty line behind it.
func (r *rawRow) write(b *strings.Builder) {
	first, rest, more := strings.Cut(r.body, "\n")
	b.WriteByte('-')
	if first != "" {
		b.WriteString(" " + inRow.escape(first))
	}
	b.WriteByte('\n')
	if more {
		indent(b, "  ", rest, inRow)
	}
	for _, f := range r.fields {
		first, rest, more := strings.Cut(f.value, "\n")
		b.WriteString("  " + f.name + ":")
		if first != "" {
			b.WriteString(" " + first)
		}
		b.WriteByte('\n')
		if more {
			indent(b, "    ", rest, inRow)
		}
	}
	r.writeSeries(b)
	fmt.Fprintf(b, "  <!-- %s -->\n\n", r.mark)
}

func (r *rawRow) writeSeries(b *strings.Builder) {
	if r.series == "" {
		return
	}
	csv, ended := strings.CutSuffix(r.series, "\n")
	if ended {
		b.WriteString("  ```csv\n")
	} else {
		b.WriteString("  ```csv bare\n") // no line end behind the last line
	}
	indent(b, "  ", csv, inSeries)
	b.WriteString("  ```\n")
}

// indent writes lines of typed text, each behind the same blanks; empty ones
// stay empty.
func indent(b *strings.Builder, by, text string, in within) {
	for line := range strings.SplitSeq(text, "\n") {
		if line != "" {
			b.WriteString(by + in.escape(line))
		}
		b.WriteByte('\n')
	}
}

// startsRow reports whether a row begins at lines[i]: a list item all of whose
// lines are indented, ended by a mark.
func startsRow(lines []string, i int) bool {
	if !isItem(lines[i]) {
		return false
	}
	for _, l := range lines[i+1:] {
		rest, ok := dedent(l, 2)
		if !ok {
			return false
		}
		if rowEnd.MatchString(rest) {
			return true
		}
	}
	return false
}

func isItem(l string) bool { return l == "-" || strings.HasPrefix(l, "- ") }

// dedent takes blanks from a line of a row. A line of fewer blanks is an empty
// one; anything else does not belong to the row.
func dedent(l string, blanks int) (rest string, ok bool) {
	if rest, ok := strings.CutPrefix(l, strings.Repeat(" ", blanks)); ok {
		return rest, true
	}
	return "", strings.Trim(l, " \r") == ""
}

// readRow reads the row that begins at lines[i] and gives the index behind it.
// startsRow was asked before.
func readRow(lines []string, i int) (*rawRow, int, error) {
	r := &rawRow{line: i + 1}
	body := []string{inRow.unescape(strings.TrimPrefix(strings.TrimPrefix(lines[i], "-"), " "))}
	for i++; ; i++ {
		rest, _ := dedent(lines[i], 2)
		if m := rowEnd.FindStringSubmatch(rest); m != nil {
			r.mark, r.body = m[1], strings.Join(body, "\n")
			return r, i + 1, nil
		}
		var err error
		switch {
		case seriesMark.MatchString(rest):
			i, err = r.readSeries(lines, i)
		case rowField.MatchString(rest):
			i, err = r.readField(lines, i)
		case len(r.fields) == 0 && r.series == "":
			body = append(body, inRow.unescape(rest))
		default:
			err = badLine(i+1, "this belongs to no field of the row. Indent it by four blanks to continue the field above.")
		}
		if err != nil {
			return nil, 0, err
		}
	}
}

// readField reads a field with its further lines and gives the last of them.
func (r *rawRow) readField(lines []string, i int) (last int, err error) {
	rest, _ := dedent(lines[i], 2)
	m := rowField.FindStringSubmatch(rest)
	for _, f := range r.fields {
		if f.name == m[1] {
			return 0, badLine(i+1, "the field %q stands twice in one row.", m[1])
		}
	}
	f := rawField{line: i + 1, name: m[1], value: m[2]}
	for {
		rest, ok := dedent(lines[i+1], 4)
		if !ok {
			break
		}
		f.value += "\n" + inRow.unescape(rest)
		i++
	}
	r.fields = append(r.fields, f)
	return i, nil
}

// readSeries reads a fenced CSV and gives the line that closes it.
func (r *rawRow) readSeries(lines []string, i int) (last int, err error) {
	if r.series != "" {
		return 0, badLine(i+1, "a row holds one series only.")
	}
	begin, _ := dedent(lines[i], 2)
	var csv []string
	for i++; ; i++ {
		rest, _ := dedent(lines[i], 2)
		if rowEnd.MatchString(rest) {
			return 0, badLine(i+1, "the series above is not closed. Write ``` before this line.")
		}
		if fenceMark.MatchString(rest) {
			break
		}
		csv = append(csv, inSeries.unescape(rest))
	}
	r.series = strings.Join(csv, "\n")
	if len(csv) > 0 && !strings.Contains(begin, "bare") {
		r.series += "\n"
	}
	return i, nil
}
