package migrations

import (
	"context"
	"fmt"
	"sort"
	"strings"

	"gorm.io/gorm"
)

// Table is one table of a migrated database.
type Table struct {
	Name    string
	Columns []Column
	Rules   []string // keys, references, checks and indexes, in words, sorted
}

// Column is one column of a table.
type Column struct {
	Name    string
	Type    string // as this database calls it, lower case
	NotNull bool
	Default string // as written; empty for none
}

// Describe reads the tables of a database in order of their name, without
// goose's own and the shadow tables of a search index.
func Describe(ctx context.Context, g *gorm.DB) ([]Table, error) {
	g = g.WithContext(ctx)
	read := describeSQLite
	if g.Dialector.Name() == "postgres" {
		read = describePostgres
	}
	tables, err := read(g)
	if err != nil {
		return nil, fmt.Errorf("describe the schema: %w", err)
	}
	for _, t := range tables {
		sort.Strings(t.Rules)
	}
	return tables, nil
}

// Document writes docs/schema.md from the two databases after all migrations.
func Document(lite, pg []Table) string {
	var b strings.Builder
	b.WriteString("# Schema\n\nMade from the migrations by `go test ./migrations -run TestSchemaDocument -update`. " +
		"Do not edit by hand. Types are given as SQLite · PostgreSQL where they differ.\n")
	other := map[string]Table{}
	for _, t := range pg {
		other[t.Name] = t
	}
	for _, t := range lite {
		p, both := other[t.Name]
		delete(other, t.Name)
		note := ""
		if !both {
			note = " (SQLite only)"
		}
		writeTable(&b, t, p, note)
	}
	for _, t := range pg {
		if _, left := other[t.Name]; left {
			writeTable(&b, t, Table{}, " (PostgreSQL only)")
		}
	}
	return b.String()
}

func writeTable(b *strings.Builder, t, p Table, note string) {
	fmt.Fprintf(b, "\n## %s%s\n\n| column | type | null | default |\n|---|---|---|---|\n", t.Name, note)
	types := map[string]string{}
	for _, c := range p.Columns {
		types[c.Name] = c.Type
	}
	for _, c := range t.Columns {
		kind, null, value := c.Type, "yes", ""
		if pt := types[c.Name]; pt != "" && pt != kind {
			kind += " · " + pt
		}
		if c.NotNull {
			null = "no"
		}
		if c.Default != "" {
			value = "`" + c.Default + "`"
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", c.Name, kind, null, value)
	}
	if len(t.Rules) > 0 {
		b.WriteString("\n")
	}
	for _, r := range t.Rules {
		fmt.Fprintf(b, "- %s\n", r)
	}
}
