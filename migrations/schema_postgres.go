package migrations

import (
	"strings"

	"gorm.io/gorm"
)

func describePostgres(g *gorm.DB) ([]Table, error) {
	var names []string
	err := g.Raw(`SELECT c.relname FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
		AND c.relname <> ? ORDER BY c.relname COLLATE "C"`, versionTable).Scan(&names).Error
	if err != nil {
		return nil, err
	}
	var tables []Table
	for _, name := range names {
		t := Table{Name: name}
		if err := pgColumns(g, &t); err != nil {
			return nil, err
		}
		if err := pgRules(g, &t); err != nil {
			return nil, err
		}
		tables = append(tables, t)
	}
	return tables, nil
}

func pgColumns(g *gorm.DB, t *Table) error {
	var cols []struct {
		Name, Type, DefaultText string
		NotNull                 bool
	}
	err := g.Raw(`SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS not_null,
		CASE WHEN a.attgenerated <> '' THEN '' ELSE coalesce(pg_get_expr(d.adbin, d.adrelid), '') END AS default_text
		FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
		WHERE a.attrelid = ?::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`, t.Name).Scan(&cols).Error
	for _, c := range cols {
		t.Columns = append(t.Columns, Column{Name: c.Name, Type: c.Type, NotNull: c.NotNull, Default: c.DefaultText})
	}
	return err
}

func pgRules(g *gorm.DB, t *Table) error {
	var rules []struct{ Kind, Text string }
	err := g.Raw(`SELECT contype::text AS kind, pg_get_constraintdef(oid) AS text FROM pg_constraint WHERE conrelid = CAST(@t AS regclass)
		UNION ALL SELECT CASE WHEN i.indisunique THEN 'iu' ELSE 'i' END, c.relname || ' ' || regexp_replace(pg_get_indexdef(i.indexrelid), '^.* USING ', '')
		FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
		WHERE i.indrelid = CAST(@t AS regclass) AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u'))`,
		map[string]any{"t": t.Name}).Scan(&rules).Error
	for _, r := range rules {
		if r.Kind == "i" || r.Kind == "iu" {
			name, on, _ := strings.Cut(r.Text, " ")
			t.Rules = append(t.Rules, index(r.Kind == "iu", name, on))
			continue
		}
		t.Rules = append(t.Rules, pgConstraint(r.Kind, r.Text))
	}
	return err
}

// pgConstraint words a constraint as describeSQLite does, except for checks,
// which PostgreSQL writes back in its own form.
func pgConstraint(kind, text string) string {
	switch kind {
	case "p":
		return "primary key " + strings.TrimPrefix(text, "PRIMARY KEY ")
	case "u":
		return "unique " + strings.TrimPrefix(text, "UNIQUE ")
	case "f":
		cols, rest, _ := strings.Cut(strings.TrimPrefix(text, "FOREIGN KEY ("), ")")
		parent, _, _ := strings.Cut(strings.TrimPrefix(rest, " REFERENCES "), "(")
		_, action, _ := strings.Cut(rest, "ON DELETE ")
		return reference(cols, parent, strings.TrimSuffix(action, " DEFERRABLE INITIALLY DEFERRED"))
	}
	return "check `" + strings.TrimPrefix(text, "CHECK ") + "`"
}
