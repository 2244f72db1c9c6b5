package importer

import "coetracker/timeline"

// table is the rows of a table in the lines [first, last).
type table struct {
	first, last int
	head        []string
	headLine    int // -1 without a header
	rows        [][]string
	at          []int // line of each row
}

// tableAt reads the table that begins at a line.
func (d *doc) tableAt(i int) table {
	t := table{first: i, headLine: -1}
	for ; i < len(d.lines) && d.lines[i].kind == tableRow; i++ {
		cells, ok := timeline.SplitPipes(d.lines[i].raw)
		switch {
		case !ok:
		case timeline.IsRule(cells):
			if len(t.rows) == 1 && t.headLine < 0 {
				t.head, t.headLine = t.rows[0], t.at[0]
				t.rows, t.at = nil, nil
			}
		default:
			t.rows = append(t.rows, cells)
			t.at = append(t.at, i)
		}
	}
	t.last = i
	return t
}

// times reads the rows of a table that has a column of times.
func (t table) times() ([]timeline.Row, bool) {
	return timeline.ReadTable(t.head, t.rows, timeline.Document)
}
