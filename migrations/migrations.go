// Package migrations holds the schema as numbered SQL files and brings a
// database up to it. There is one folder for SQLite and one for PostgreSQL,
// with the same numbers and names; a change goes forward only.
package migrations

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
	"gorm.io/gorm"
)

//go:embed sqlite/*.sql postgres/*.sql
var files embed.FS

// versionTable is goose's record of what was applied.
const versionTable = "goose_db_version"

// Step is one numbered migration and whether this database has it.
type Step struct {
	Version   int64
	Name      string // such as "jobs"
	Applied   bool
	AppliedAt time.Time // UTC, of the database's own clock; zero when not applied
}

// Up applies every migration that is missing, in order, each in a transaction
// of its own, and gives those it applied. Several processes may call it at
// once: each migration is applied once, and all return when it is done.
func Up(ctx context.Context, g *gorm.DB) ([]Step, error) {
	steps, err := Status(ctx, g)
	if err != nil || !pending(steps) {
		return nil, err
	}
	unlock, err := lock(ctx, g)
	if err != nil {
		return nil, fmt.Errorf("wait for another migration: %w", err)
	}
	defer unlock()
	p, err := provider(g)
	if err != nil {
		return nil, err
	}
	done, err := p.Up(ctx)
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	return applied(done), nil
}

// UpByOne applies the next missing migration only. ok is false when there is
// none. It is for tests, and takes no lock against other processes.
func UpByOne(ctx context.Context, g *gorm.DB) (step Step, ok bool, err error) {
	p, err := provider(g)
	if err != nil {
		return Step{}, false, err
	}
	r, err := p.UpByOne(ctx)
	if errors.Is(err, goose.ErrNoNextVersion) {
		return Step{}, false, nil
	}
	if err != nil {
		return Step{}, false, fmt.Errorf("migrate: %w", err)
	}
	return applied([]*goose.MigrationResult{r})[0], true, nil
}

// Status lists the program's migrations in order and whether this database has
// each. It changes nothing, also on an empty database.
func Status(ctx context.Context, g *gorm.DB) ([]Step, error) {
	steps, err := Steps(g.Dialector.Name())
	if err != nil {
		return nil, err
	}
	have, err := recorded(ctx, g)
	if err != nil {
		return nil, err
	}
	for i := range steps {
		steps[i].AppliedAt, steps[i].Applied = have[steps[i].Version]
	}
	return steps, nil
}

// Check says in one sentence why this program cannot work on this database:
// it is empty, older than the program, or newer. Nil means they fit.
func Check(ctx context.Context, g *gorm.DB) error {
	steps, err := Status(ctx, g)
	if err != nil {
		return err
	}
	have, err := recorded(ctx, g)
	if err != nil {
		return err
	}
	var missing []string
	known := map[int64]bool{0: true}
	newest := int64(0)
	for _, s := range steps {
		known[s.Version], newest = true, s.Version
		if !s.Applied {
			missing = append(missing, fmt.Sprintf("%05d_%s", s.Version, s.Name))
		}
	}
	for v := range have {
		if !known[v] {
			return fmt.Errorf("the database is at schema %d and this program knows schemas up to %d: start the newer program", maxKey(have), newest)
		}
	}
	if len(have) == 0 {
		return errors.New("the database is empty: run `coe migrate up`")
	}
	if len(missing) > 0 {
		return fmt.Errorf("the database is older than this program (%s missing): run `coe migrate up`", strings.Join(missing, ", "))
	}
	return nil
}

// Steps lists the embedded migrations of a dialect ("sqlite", "postgres") in
// order of their number.
func Steps(dialect string) ([]Step, error) {
	found, err := fs.Glob(files, dialect+"/*.sql")
	if err != nil {
		return nil, err
	}
	var steps []Step
	for _, f := range found { // Glob sorts, and the numbers have five digits
		number, name, ok := strings.Cut(strings.TrimSuffix(path.Base(f), ".sql"), "_")
		v, err := strconv.ParseInt(number, 10, 64)
		if !ok || err != nil || len(number) != 5 {
			return nil, fmt.Errorf("migration %s is not named 00000_name.sql", f)
		}
		steps = append(steps, Step{Version: v, Name: name})
	}
	return steps, nil
}

// recorded reads which versions this database has, and since when.
func recorded(ctx context.Context, g *gorm.DB) (map[int64]time.Time, error) {
	have := map[int64]time.Time{}
	g = g.WithContext(ctx)
	if !g.Migrator().HasTable(versionTable) {
		return have, ctx.Err()
	}
	var rows []struct {
		VersionID int64
		Tstamp    time.Time
	}
	err := g.Table(versionTable).Where("version_id > 0 AND is_applied").Order("id").Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read the schema's version: %w", err)
	}
	for _, r := range rows {
		have[r.VersionID] = r.Tstamp.UTC()
	}
	return have, nil
}

// provider makes goose for this database.
func provider(g *gorm.DB) (*goose.Provider, error) {
	pool, err := g.DB()
	if err != nil {
		return nil, err
	}
	name, dialect := g.Dialector.Name(), goose.DialectSQLite3
	var opts []goose.ProviderOption
	if name == "postgres" {
		dialect = goose.DialectPostgres
		opts = append(opts, goose.WithSessionLocker(patience{}))
	}
	dir, err := fs.Sub(files, name)
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(dialect, pool, dir, append(opts, goose.WithDisableGlobalRegistry(true))...)
}

func applied(done []*goose.MigrationResult) []Step {
	var steps []Step
	for _, r := range done {
		_, name, _ := strings.Cut(strings.TrimSuffix(path.Base(r.Source.Path), ".sql"), "_")
		steps = append(steps, Step{Version: r.Source.Version, Name: name, Applied: true})
	}
	return steps
}

func pending(steps []Step) bool {
	for _, s := range steps {
		if !s.Applied {
			return true
		}
	}
	return false
}

func maxKey(m map[int64]time.Time) (most int64) {
	for v := range m {
		most = max(most, v)
	}
	return most
}

// Sum is a text that changes whenever a migration of the dialect does.
func Sum(dialect string) (string, error) {
	found, err := fs.Glob(files, dialect+"/*.sql")
	if err != nil {
		return "", err
	}
	h := sha256.New()
	for _, f := range found {
		b, err := files.ReadFile(f)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(h, "%s %d\n%s", f, len(b), b)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
