package migrations_test

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"coetracker/internal/db"
	"coetracker/internal/dbtest"
	"coetracker/migrations"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"
)

var update = flag.Bool("update", false, "write docs/schema.md")

func TestMain(m *testing.M) { flag.Parse(); dbtest.Main(m) }

// both runs f on an empty SQLite and an empty PostgreSQL database.
func both(t *testing.T, f func(t *testing.T, g *gorm.DB)) {
	t.Run("sqlite", func(t *testing.T) { f(t, dbtest.Empty(t, false)) })
	t.Run("postgres", func(t *testing.T) { f(t, dbtest.Empty(t, true)) })
}

func TestBothFoldersHaveTheSameNumbersAndNames(t *testing.T) {
	t.Parallel()
	lite, err := migrations.Steps("sqlite")
	if err != nil {
		t.Fatal(err)
	}
	pg, err := migrations.Steps("postgres")
	if err != nil {
		t.Fatal(err)
	}
	if len(lite) == 0 {
		t.Fatal("no migrations are embedded")
	}
	if diff := cmp.Diff(lite, pg); diff != "" {
		t.Errorf("sqlite (-) and postgres (+) differ:\n%s", diff)
	}
	for i, s := range lite {
		if s.Version != int64(i+1) {
			t.Errorf("migration %d is number %d, want no gaps", i+1, s.Version)
		}
	}
}

func TestMigrationsGoForwardOnly(t *testing.T) {
	t.Parallel()
	err := fs.WalkDir(os.DirFS("."), ".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".sql") {
			return err
		}
		text, err := os.ReadFile(path)
		if strings.Contains(string(text), "+goose Down") {
			t.Errorf("%s has a way down", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestEachMigrationAppliesAfterTheOneBefore(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, g *gorm.DB) {
		if err := migrations.Check(t.Context(), g); err == nil || !strings.Contains(err.Error(), "empty") {
			t.Errorf("an empty database gives %v", err)
		}
		want, _ := migrations.Steps(g.Dialector.Name())
		for i, w := range want {
			s, ok, err := migrations.UpByOne(t.Context(), g)
			if err != nil || !ok || s.Version != w.Version || s.Name != w.Name {
				t.Fatalf("step %d: %+v, %v, %v; want %+v", i, s, ok, err, w)
			}
			err = migrations.Check(t.Context(), g)
			if last := i == len(want)-1; last != (err == nil) {
				t.Errorf("after %d: check says %v", w.Version, err)
			} else if !last && !strings.Contains(err.Error(), "coe migrate up") {
				t.Errorf("check does not say what to do: %v", err)
			}
		}
		if _, ok, err := migrations.UpByOne(t.Context(), g); ok || err != nil {
			t.Errorf("one more: %v, %v; want none", ok, err)
		}
		steps, err := migrations.Status(t.Context(), g)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range steps {
			if !s.Applied || s.AppliedAt.IsZero() {
				t.Errorf("status of %d: %+v, want applied at a time", s.Version, s)
			}
		}
	})
}

func TestTwoThatStartTogetherMigrateOnce(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, g *gorm.DB) {
		handles := []*gorm.DB{g, dbtest.Same(t, g), dbtest.Same(t, g)}
		did := make([][]migrations.Step, len(handles))
		var wg sync.WaitGroup
		for i, h := range handles {
			wg.Go(func() {
				var err error
				if did[i], err = migrations.Up(t.Context(), h); err != nil {
					t.Error(err)
				}
				if err := migrations.Check(t.Context(), h); err != nil {
					t.Error("returned before the schema was there:", err)
				}
			})
		}
		wg.Wait()
		n := 0
		for _, d := range did {
			n += len(d)
		}
		if want, _ := migrations.Steps(g.Dialector.Name()); n != len(want) {
			t.Errorf("%d migrations applied in all, want %d", n, len(want))
		}
		var limit string
		if db.IsPostgres(g) {
			if g.Raw("SELECT current_setting('statement_timeout')").Scan(&limit); limit != "5s" {
				t.Errorf("after migrating a statement may take %s, want 5s", limit)
			}
		}
	})
}

func TestCheckRefusesANewerSchema(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, g *gorm.DB) {
		if err := g.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)").Error; err != nil {
			t.Fatal(err)
		}
		err := migrations.Check(t.Context(), g)
		if err == nil || !strings.Contains(err.Error(), "99999") || !strings.Contains(err.Error(), "newer program") {
			t.Errorf("check says %v", err)
		}
	})
}

// shape is what must be the same on both databases.
func shape(tables []migrations.Table) map[string][]string {
	out := map[string][]string{}
	for _, t := range tables {
		if strings.HasPrefix(t.Name, "search") {
			continue // full-text search is each database's own
		}
		for _, c := range t.Columns {
			null := ""
			if !c.NotNull {
				null = " null"
			}
			out[t.Name] = append(out[t.Name], c.Name+" "+family(c.Type)+null)
		}
		for _, r := range t.Rules {
			if kind, _, _ := strings.Cut(r, " `"); !strings.HasPrefix(r, "check") {
				out[t.Name] = append(out[t.Name], kind)
			}
		}
	}
	return out
}

// family brings the type names of both databases together.
func family(kind string) string {
	switch {
	case strings.HasPrefix(kind, "timestamp"), kind == "datetime":
		return "instant"
	case kind == "bigint", kind == "integer", kind == "smallint", kind == "boolean", kind == "bool":
		return "number or truth"
	case kind == "bytea", kind == "blob":
		return "bytes"
	case kind == "double precision", kind == "real":
		return "real"
	}
	return kind
}

func TestBothDatabasesHaveTheSameTables(t *testing.T) {
	t.Parallel()
	lite, pg := describe(t)
	if diff := cmp.Diff(shape(lite), shape(pg)); diff != "" {
		t.Errorf("sqlite (-) and postgres (+) differ:\n%s", diff)
	}
}

func TestSchemaDocument(t *testing.T) {
	t.Parallel()
	lite, pg := describe(t)
	got := migrations.Document(lite, pg)
	file := filepath.Join("..", "docs", "schema.md")
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("docs/schema.md is old; run go test ./migrations -run TestSchemaDocument -update\n%s", diff)
	}
}

func describe(t *testing.T) (lite, pg []migrations.Table) {
	t.Helper()
	lite, err := migrations.Describe(t.Context(), dbtest.New(t))
	if err != nil {
		t.Fatal(err)
	}
	pg, err = migrations.Describe(t.Context(), dbtest.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	return lite, pg
}
