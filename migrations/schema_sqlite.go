package migrations

import (
	"fmt"
	"strings"

	"gorm.io/gorm"
)

func describeSQLite(g *gorm.DB) ([]Table, error) {
	var found []struct{ Name, SQL string }
	err := g.Raw(`SELECT l.name, coalesce(m.sql, '') AS sql FROM pragma_table_list l JOIN sqlite_schema m ON m.name = l.name
		WHERE l.schema = 'main' AND l.type IN ('table', 'virtual') AND l.name NOT LIKE 'sqlite\_%' ESCAPE '\' AND l.name <> ?
		ORDER BY l.name`, versionTable).Scan(&found).Error
	if err != nil {
		return nil, err
	}
	var tables []Table
	for _, f := range found {
		t := Table{Name: f.Name}
		if err := liteColumns(g, &t); err != nil {
			return nil, err
		}
		if err := liteReferences(g, &t); err != nil {
			return nil, err
		}
		if err := liteIndexes(g, &t); err != nil {
			return nil, err
		}
		for _, c := range checks(f.SQL) {
			t.Rules = append(t.Rules, "check `"+c+"`")
		}
		tables = append(tables, t)
	}
	return tables, nil
}

func liteColumns(g *gorm.DB, t *Table) error {
	var cols []struct {
		Name, Type string
		Notnull    bool
		DfltValue  string
		Pk         int
	}
	err := g.Raw("SELECT name, type, \"notnull\", coalesce(dflt_value, '') AS dflt_value, pk FROM pragma_table_info(?) ORDER BY cid", t.Name).Scan(&cols).Error
	if err != nil {
		return err
	}
	key := map[int]string{}
	for _, c := range cols {
		t.Columns = append(t.Columns, Column{Name: c.Name, Type: strings.ToLower(c.Type), NotNull: c.Notnull || c.Pk > 0, Default: c.DfltValue})
		if c.Pk > 0 {
			key[c.Pk] = c.Name
		}
	}
	var names []string
	for i := 1; i <= len(key); i++ {
		names = append(names, key[i])
	}
	if len(names) > 0 {
		t.Rules = append(t.Rules, "primary key ("+strings.Join(names, ", ")+")")
	}
	return nil
}

func liteReferences(g *gorm.DB, t *Table) error {
	var refs []struct {
		Parent, Cols, Action string
	}
	err := g.Raw(`SELECT "table" AS parent, group_concat("from", ', ') AS cols, max(on_delete) AS action
		FROM (SELECT * FROM pragma_foreign_key_list(?) ORDER BY id, seq) GROUP BY id`, t.Name).Scan(&refs).Error
	for _, r := range refs {
		t.Rules = append(t.Rules, reference(r.Cols, r.Parent, r.Action))
	}
	return err
}

// reference words a foreign key.
func reference(cols, parent, onDelete string) string {
	text := "(" + cols + ") references " + parent
	if onDelete != "" && onDelete != "NO ACTION" {
		text += ", on delete " + strings.ToLower(onDelete)
	}
	return text
}

func liteIndexes(g *gorm.DB, t *Table) error {
	var found []struct {
		Name, Origin, SQL, Cols string
		IsUnique                bool
	}
	err := g.Raw(`SELECT i.name, i.origin, i."unique" AS is_unique, coalesce(m.sql, '') AS sql,
		(SELECT group_concat(coalesce(name, '…'), ', ') FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno)) AS cols
		FROM pragma_index_list(?) i LEFT JOIN sqlite_schema m ON m.name = i.name WHERE i.origin <> 'pk'`, t.Name).Scan(&found).Error
	for _, i := range found {
		if i.SQL == "" {
			t.Rules = append(t.Rules, "unique ("+i.Cols+")")
			continue
		}
		_, tail, _ := strings.Cut(oneLine(i.SQL), " ON ")
		_, tail, _ = strings.Cut(tail, "(")
		t.Rules = append(t.Rules, index(i.IsUnique, i.Name, "("+tail))
	}
	return err
}

// index words an index that has a name.
func index(unique bool, name, on string) string {
	kind := "index"
	if unique {
		kind = "unique index"
	}
	return fmt.Sprintf("%s %s `%s`", kind, name, on)
}

// checks finds the CHECK conditions in a CREATE TABLE statement.
func checks(sql string) (found []string) {
	sql = oneLine(sql)
	for {
		at := strings.Index(strings.ToUpper(sql), "CHECK (")
		if at < 0 {
			return found
		}
		sql = sql[at+len("CHECK ("):]
		end := closing(sql)
		found = append(found, sql[:end])
		sql = sql[end:]
	}
}

// closing gives the offset of the parenthesis that closes one already open,
// leaving those in quotes alone.
func closing(s string) int {
	depth, quoted := 1, false
	for i := range len(s) {
		switch c := s[i]; {
		case c == '\'':
			quoted = !quoted
		case quoted:
		case c == '(':
			depth++
		case c == ')':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return len(s)
}

// oneLine takes comments and line breaks out of a statement.
func oneLine(sql string) string {
	var parts []string
	for line := range strings.Lines(sql) {
		line, _, _ = strings.Cut(line, "--")
		parts = append(parts, strings.Fields(line)...)
	}
	return strings.Join(parts, " ")
}
