package coetracker_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// requirements reads the module versions that a go.mod file asks for.
func requirements(t *testing.T, file string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), "require "))
		if len(words) >= 2 && strings.HasPrefix(words[1], "v") {
			found[words[0]] = words[1]
		}
	}
	return found
}

// modernc.org/sqlite is translated for exactly one version of modernc.org/libc;
// another one builds and then misbehaves.
func TestLibcIsTheOneSQLiteWasMadeFor(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "modernc.org/sqlite").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	want := requirements(t, filepath.Join(strings.TrimSpace(string(out)), "go.mod"))["modernc.org/libc"]
	if got := requirements(t, "go.mod")["modernc.org/libc"]; got != want || want == "" {
		t.Errorf("modernc.org/libc is %q, modernc.org/sqlite asks for %q", got, want)
	}
}

// Below these versions there are known holes, or behaviour we rely on is missing.
func TestMinimumVersions(t *testing.T) {
	t.Parallel()
	minimum := map[string]string{
		"github.com/slack-go/slack":  "v0.35.0", // GO-2026-5410: empty signing secret; metadata in history
		"github.com/yuin/goldmark":   "v1.7.17", // CVE-2026-5160
		"github.com/jackc/pgx/v5":    "v5.9.2",  // CVE-2026-33815, -33816, -41889
		"golang.org/x/text":          "v0.39.0", // endless loop
		"golang.org/x/net":           "v0.55.0", // the HTML parser
		"github.com/quic-go/quic-go": "v0.59.1", // comes with gin, must be above 0.59.0
	}
	have := requirements(t, "go.mod")
	for name, least := range minimum {
		got, ok := have[name]
		if !ok {
			t.Errorf("go.mod does not name %s; is its minimum still needed?", name)
			continue
		}
		if older(got, least) {
			t.Errorf("%s is %s, want at least %s", name, got, least)
		}
	}
}

func TestOlder(t *testing.T) {
	t.Parallel()
	cases := []struct {
		a, b string
		want bool
	}{
		{"v0.34.9", "v0.35.0", true},
		{"v0.35.0", "v0.35.0", false},
		{"v0.100.0", "v0.35.0", false},
		{"v1.7.9", "v1.7.17", true},
		{"v5.9.2", "v5.10.0", true},
		{"v0.35.0-rc1", "v0.35.0", true},
	}
	for _, c := range cases {
		if got := older(c.a, c.b); got != c.want {
			t.Errorf("older(%s, %s) = %v, want %v", c.a, c.b, got, c.want)
		}
	}
}

// older compares release versions; anything with a suffix counts as before its release.
func older(a, b string) bool {
	x, y := parts(a), parts(b)
	for i := range x {
		if x[i] != y[i] {
			return x[i] < y[i]
		}
	}
	return strings.Contains(a, "-") && !strings.Contains(b, "-")
}

func parts(version string) [3]int {
	release, _, _ := strings.Cut(strings.TrimPrefix(version, "v"), "-")
	var p [3]int
	for i, s := range strings.SplitN(release, ".", 3) {
		p[i], _ = strconv.Atoi(s) // go.mod holds only well-formed versions
	}
	return p
}
