// Package coetracker_test checks the layout of the whole module: who may import
// whom, which library is used where, and that time comes in from outside.
package coetracker_test

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "coetracker/"

// domain are the folders that hold the rules of the subject.
var domain = []string{"coe", "timeline", "actions", "evidence", "meetings", "people"}

// plumbing is what every domain folder may use.
var plumbing = list("internal/db internal/fault internal/jobs internal/audit internal/files internal/change")

// imports says, for each package, which packages of ours it may import. A
// package without a line here fails, so that its place is decided on purpose.
var imports = map[string][]string{
	"cmd/coe": {"*"},
	"web":     concat(domain, list("coe/importer templates web/static internal/live internal/files internal/search internal/fault")),

	"web/static": nil,
	"templates":  concat(domain, list("coe/importer internal/markdown")),
	"migrations": nil,

	"people":   plumbing,
	"timeline": concat(plumbing, list("people internal/markdown internal/search")),
	"actions":  concat(plumbing, list("people internal/search")),
	"evidence": concat(plumbing, list("people internal/search")),
	"coe":      concat(plumbing, list("coe/importer timeline actions evidence people internal/markdown internal/search")),
	"meetings": concat(plumbing, list("coe actions evidence people internal/search")),

	"coe/importer": list("timeline internal/fault"),
	"coe/demo":     concat(plumbing, list("coe timeline actions evidence people internal/markdown internal/search")),

	"internal/fault":     nil,
	"internal/markdown":  nil,
	"internal/seal":      nil,
	"internal/slackfake": nil,
	"internal/db":        list("internal/fault"),
	"internal/jobs":      list("internal/db internal/fault"),
	"internal/audit":     list("internal/db internal/fault"),
	"internal/files":     list("internal/db internal/fault"),
	"internal/live":      list("internal/db internal/fault"),
	"internal/change":    list("internal/db internal/fault"),
	"internal/search":    list("people internal/db internal/fault"),
	"internal/notify":    list("coe actions meetings people internal/jobs internal/audit internal/db internal/fault"),
	"internal/slackbot":  concat(domain, list("internal/notify internal/jobs internal/audit internal/db internal/fault")),

	"internal/dbtest":           list("internal/db migrations"),
	"internal/dbtest/pgcluster": list("internal/dbtest"),
	"internal/outbound":         list("internal/fault"),
	"internal/bench":            {"*"},
}

// library says where a package that is not ours may be imported.
type library struct {
	prefix string
	only   []string // nil: everywhere but in never
	never  []string
	tests  bool // tests may use it anywhere
}

var libraries = []library{
	{prefix: "github.com/gin-gonic/gin", only: list("web")},
	{prefix: "github.com/yuin/goldmark", only: list("internal/markdown")},
	{prefix: "html/template", only: list("templates internal/slackfake")},
	{prefix: "github.com/slack-go/slack", only: list("internal/slackbot internal/slackfake")},
	{prefix: "gorm.io/", tests: true, only: concat(domain, list("coe/demo migrations internal/db internal/dbtest"),
		list("internal/change internal/jobs internal/audit internal/search internal/files internal/notify internal/slackbot internal/bench cmd/coe"))},
	{prefix: "go.yaml.in/yaml", only: list("evidence")},
	{prefix: "github.com/danielgtaylor/huma", only: list("web")},
	{prefix: "net/http", tests: true, never: concat(domain, list("templates coe/importer coe/demo"))},
	{prefix: "database/sql", tests: true, never: list("templates web")},
}

// calls are functions that only some folders may call; tests may, everywhere.
var calls = map[string][]string{
	"time.Now":     {"cmd/"},
	"os.Getenv":    {"cmd/", "internal/dbtest"},
	"os.LookupEnv": {"cmd/", "internal/dbtest"},
	"os.Environ":   {"cmd/", "internal/dbtest"},
}

// source is one Go file, by its path in the module.
type source struct{ path, text string }

func list(names string) []string { return strings.Fields(names) }

func concat(lists ...[]string) []string { return slices.Concat(lists...) }

func TestImportRules(t *testing.T) {
	t.Parallel()
	sources := goFiles(t)
	if len(sources) < 10 {
		t.Fatalf("only %d Go files found, the walk must be wrong", len(sources))
	}
	for _, v := range violations(t, sources) {
		t.Error(v)
	}
}

// goFiles reads every Go file of the module.
func goFiles(t *testing.T) []source {
	t.Helper()
	var found []source
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && name != "." && (slices.Contains(list("node_modules testdata bin tools"), d.Name()) || d.Name()[0] == '.') {
			return fs.SkipDir
		}
		if path.Ext(name) != ".go" {
			return nil
		}
		text, err := os.ReadFile(name)
		found = append(found, source{name, string(text)})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// violations gives one sentence for each broken rule, in the order of the files.
func violations(t *testing.T, sources []source) []string {
	t.Helper()
	var found []string
	unknown := map[string]bool{}
	for _, s := range sources {
		file, err := parser.ParseFile(token.NewFileSet(), s.path, s.text, parser.SkipObjectResolution)
		if err != nil {
			t.Fatalf("%s: %v", s.path, err)
		}
		pkg := path.Dir(s.path)
		if pkg == "." {
			continue // this package: tests of the module as a whole
		}
		if _, ok := imports[pkg]; !ok && !unknown[pkg] {
			unknown[pkg] = true
			found = append(found, fmt.Sprintf("%s has no line in the table of imports", pkg))
		}
		who := importer{pkg: pkg, test: strings.HasSuffix(s.path, "_test.go"), external: strings.HasSuffix(file.Name.Name, "_test")}
		for _, spec := range file.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatalf("%s: %v", s.path, err)
			}
			if reason := who.refused(name); reason != "" {
				found = append(found, fmt.Sprintf("%s imports %s: %s", s.path, name, reason))
			}
		}
		if !who.test {
			found = append(found, badCalls(s.path, pkg, file)...)
		}
	}
	return found
}

// importer is the side of an import that needs permission.
type importer struct {
	pkg            string
	test, external bool
}

// refused gives the reason why the importer may not use the package, or nothing.
func (i importer) refused(name string) string {
	if ours, ok := strings.CutPrefix(name, module); ok {
		return i.refusedOurs(ours)
	}
	for _, l := range libraries {
		if name != l.prefix && !strings.HasPrefix(name, strings.TrimSuffix(l.prefix, "/")+"/") || i.test && l.tests {
			continue
		}
		if l.only != nil && !slices.Contains(l.only, i.pkg) || slices.Contains(l.never, i.pkg) {
			return "that library does not belong in " + i.pkg
		}
	}
	return ""
}

func (i importer) refusedOurs(name string) string {
	allowed := imports[i.pkg]
	if i.test {
		allowed = concat(allowed, list("internal/dbtest migrations"), []string{i.pkg})
	}
	switch {
	case name == "internal/bench":
		return "nothing may import it"
	case slices.Contains(allowed, "*"), slices.Contains(allowed, name):
		return ""
	case strings.HasPrefix(name, "internal/dbtest") && i.pkg != "internal/dbtest/pgcluster":
		return "only tests may"
	case i.external && (i.pkg == "web" || name != "web"):
		return "" // a test from outside may build what it tests upon, short of the pages
	}
	return "not in the table of imports"
}

// badCalls finds calls (or mentions) of functions the package may not use.
func badCalls(file, pkg string, tree *ast.File) []string {
	local := map[string]string{} // name in this file -> package
	for _, spec := range tree.Imports {
		name, _ := strconv.Unquote(spec.Path.Value)
		as := path.Base(name)
		if spec.Name != nil {
			as = spec.Name.Name
		}
		local[as] = name
	}
	found := map[string]bool{}
	ast.Inspect(tree, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		x, ok := sel.X.(*ast.Ident)
		if !ok {
			return true
		}
		called := local[x.Name] + "." + sel.Sel.Name
		where, ruled := calls[called]
		if ruled && !slices.ContainsFunc(where, func(p string) bool { return strings.HasPrefix(pkg+"/", p) }) {
			found[fmt.Sprintf("%s uses %s: only %s may", file, called, strings.Join(where, " and "))] = true
		}
		return true
	})
	return slices.SortedFunc(maps.Keys(found), cmp.Compare)
}

// The checker itself is checked: each planted violation is found, each allowed
// import is let through.
func TestImportRulesFindPlantedViolations(t *testing.T) {
	t.Parallel()
	file := func(name string, imported ...string) string {
		text := "package " + name + "\n"
		for _, i := range imported {
			text += "import _ " + strconv.Quote(i) + "\n"
		}
		return text
	}
	cases := []struct {
		name, path, text, want string // want: words of the one violation; empty: none
	}{
		{"domain may use the database", "coe/store.go", file("coe", "coetracker/internal/db", "gorm.io/gorm"), ""},
		{"part never imports the whole", "timeline/x.go", file("timeline", "coetracker/coe"), "timeline/x.go imports coetracker/coe"},
		{"people does not search", "people/x.go", file("people", "coetracker/internal/search"), "not in the table"},
		{"actions may search", "actions/x.go", file("actions", "coetracker/internal/search"), ""},
		{"web without gorm", "web/x.go", file("web", "gorm.io/gorm"), "does not belong in web"},
		{"web without gorm's drivers", "web/x.go", file("web", "gorm.io/driver/sqlite"), "does not belong in web"},
		{"web without the database", "web/x.go", file("web", "coetracker/internal/db"), "not in the table"},
		{"gin in web", "web/x.go", file("web", "github.com/gin-gonic/gin"), ""},
		{"gin elsewhere", "coe/x.go", file("coe", "github.com/gin-gonic/gin/binding"), "does not belong in coe"},
		{"gin in tests elsewhere", "coe/x_test.go", file("coe_test", "github.com/gin-gonic/gin"), "does not belong in coe"},
		{"goldmark in coe", "coe/x.go", file("coe", "github.com/yuin/goldmark/ast"), "does not belong in coe"},
		{"a library with a similar name", "coe/x.go", file("coe", "github.com/yuin/goldmarkish"), ""},
		{"html/template in web", "web/x.go", file("web", "html/template"), "does not belong in web"},
		{"slack-go in actions", "actions/x.go", file("actions", "github.com/slack-go/slack"), "does not belong in actions"},
		{"http in a domain folder", "meetings/x.go", file("meetings", "net/http"), "does not belong in meetings"},
		{"http in templates", "templates/x.go", file("templates", "net/http"), "does not belong in templates"},
		{"url is not http", "evidence/x.go", file("evidence", "net/url"), ""},
		{"templates without plumbing", "templates/x.go", file("templates", "coetracker/internal/fault"), "not in the table"},
		{"fault stands alone", "internal/fault/x.go", file("fault", "coetracker/internal/db"), "not in the table"},
		{"nothing imports bench", "cmd/coe/x.go", file("main", "coetracker/internal/bench"), "nothing may import it"},
		{"bench imports all", "internal/bench/x.go", file("bench", "coetracker/web"), ""},
		{"dbtest outside tests", "coe/x.go", file("coe", "coetracker/internal/dbtest"), "only tests may"},
		{"dbtest in a test", "coe/x_test.go", file("coe", "coetracker/internal/dbtest", "coetracker/migrations"), ""},
		{"an inner test keeps the table", "people/x_test.go", file("people", "coetracker/coe"), "not in the table"},
		{"an outer test may build upon all", "people/x_test.go", file("people_test", "coetracker/people", "coetracker/coe"), ""},
		{"but not upon the pages", "people/x_test.go", file("people_test", "coetracker/web"), "not in the table"},
		{"web tests may use all", "web/x_test.go", file("web_test", "coetracker/web", "coetracker/internal/db", "gorm.io/gorm"), ""},
		{"a new package", "internal/helpers/x.go", file("helpers"), "internal/helpers has no line"},
		{"a new package below an old one", "coe/utils/x.go", file("utils"), "coe/utils has no line"},
		{"the clock", "coe/x.go", "package coe\nimport \"time\"\nvar start = time.Now()\n", "coe/x.go uses time.Now"},
		{"the clock by another name", "coe/x.go", "package coe\nimport clock \"time\"\nvar now = clock.Now\n", "coe/x.go uses time.Now"},
		{"a method called Now", "coe/x.go", "package coe\ntype c struct{}\nfunc (c) Now() int { return 0 }\nvar v = c{}.Now()\n", ""},
		{"since a given time", "web/x.go", "package web\nimport \"time\"\nfunc f(t time.Time) time.Duration { return time.Since(t) }\n", ""},
		{"the clock in a test", "coe/x_test.go", "package coe\nimport \"time\"\nvar start = time.Now()\n", ""},
		{"the clock in the program", "cmd/coe/x.go", "package main\nimport \"time\"\nvar start = time.Now()\n", ""},
		{"the environment", "internal/db/x.go", "package db\nimport \"os\"\nvar v = os.Getenv(\"COE_DATA\")\n", "internal/db/x.go uses os.Getenv"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := violations(t, []source{{c.path, c.text}})
			if c.want == "" {
				if len(got) > 0 {
					t.Fatalf("found %q, want nothing", got)
				}
				return
			}
			if len(got) != 1 || !strings.Contains(got[0], c.want) {
				t.Fatalf("found %q, want one that says %q", got, c.want)
			}
		})
	}
}
