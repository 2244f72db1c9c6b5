package markdown

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// The goals for a section on a quiet machine; the guard is what the test fails
// at, far above, because machines are shared.
const (
	goalRefused  = 20 * time.Millisecond
	goalRendered = 200 * time.Millisecond
	hangGuard    = 2 * time.Second
)

func TestRender_HostileOwn(t *testing.T) {
	runHostile(t, ownHostile(t))
}

func TestRender_HostileShared(t *testing.T) {
	var f struct{ Patterns []hostile }
	if err := json.Unmarshal(shared(t, "attacks", "own", "pathological-markdown.json"), &f); err != nil {
		t.Fatal(err)
	}
	if len(f.Patterns) < 60 {
		t.Fatalf("only %d patterns", len(f.Patterns))
	}
	for i := range f.Patterns {
		p := &f.Patterns[i]
		switch p.Name { // what the notes in the file ask of the runner
		case "nested-brackets-half":
			p.Close, p.Suffix = p.Suffix, ""
		case "emph-rule-of-3":
			p.Close, p.Suffix = p.Suffix, ""
		case "table-wide":
			p.Between, p.Close, p.Suffix = "\n", "|-", ""
		case "backticks-growing":
			p.Grow, p.Unit = true, "`"
		}
	}
	runHostile(t, f.Patterns)
}

// runHostile renders each pattern at several sizes and prints what became of the
// largest that a section may have.
func runHostile(t *testing.T, patterns []hostile) {
	var table strings.Builder
	fmt.Fprintf(&table, "goals: refused %v, rendered %v\n", goalRefused, goalRendered)
	above := 0
	for _, h := range patterns {
		for _, size := range []int{1000, 10000, MaxBytes, 100000, 1000000} {
			src := h.text(size)
			start := time.Now()
			r, err := Render(context.Background(), src, Options{})
			took := time.Since(start)
			if took > hangGuard {
				t.Errorf("%s, %d bytes: took %v", h.Name, size, took)
			}
			verdict, goal := "rendered", goalRendered
			var refused *Refused
			switch {
			case errors.As(err, &refused):
				verdict, goal = "refused", goalRefused
				if refused.Retry {
					t.Errorf("%s, %d bytes: not stopped by the guard: %v", h.Name, size, err)
				}
			case err != nil:
				t.Errorf("%s, %d bytes: %v", h.Name, size, err)
			case len(r.HTML) > maxGrowth*len(src)+growthFloor:
				t.Errorf("%s, %d bytes: %d bytes of HTML", h.Name, size, len(r.HTML))
			}
			if len(src) > MaxBytes && verdict != "refused" {
				t.Errorf("%s, %d bytes: %s, want refused", h.Name, size, verdict)
			}
			if size == MaxBytes {
				mark := ""
				if took > goal {
					above, mark = above+1, " above the goal"
				}
				fmt.Fprintf(&table, "%-42s %6d bytes %-8s %7.1f ms%s\n", h.Name, len(src), verdict, float64(took.Microseconds())/1000, mark)
			}
		}
	}
	t.Logf("%s%d of %d above their goal", table.String(), above, len(patterns))
}

func TestRefused_NamesTheLine(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, src string
		line      int
		says      string
	}{
		{"too long", strings.Repeat("x", MaxBytes+1), 0, "65 KB long"},
		{"quotes", "a\n\n" + strings.Repeat("> ", 40) + "b", 3, "Line 3 opens more than 32"},
		{"quotes after CRLF", "a\r\n\r\n" + strings.Repeat(">", 40), 3, "Line 3"},
		{"lists", "x\n" + strings.Repeat("- ", 33) + "b", 2, "Line 2"},
		{"stars", "one\n\ntwo\n" + strings.Repeat("*a_ ", 9000), 4, "line 4 holds more than 3000 emphasis marks"},
		{"links", strings.Repeat("[a](", 5000), 1, "more than 800 links"},
		{"brackets", "\n" + strings.Repeat("[", 5000), 2, "more than 500 brackets"},
		{"comments", "x " + strings.Repeat("<!-- ", 5000), 1, "HTML comments"},
		{"growth", strings.Repeat("[^1] ", 10000) + "\n\n[^1]: x", 0, "ten times its size"},
		{"empty lines in a deep list", strings.Repeat("- ", 20) + "x" + strings.Repeat("\n", 40000) + "y", 0, "too many lines"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := Render(context.Background(), tt.src, Options{})
			var refused *Refused
			if !errors.As(err, &refused) {
				t.Fatalf("error %v, want a Refused", err)
			}
			if !strings.Contains(refused.Reason, tt.says) {
				t.Errorf("reason %q does not say %q", refused.Reason, tt.says)
			}
			if tt.line != 0 && refused.Line != tt.line {
				t.Errorf("line %d, want %d", refused.Line, tt.line)
			}
			if refused.Retry {
				t.Error("Retry is set for a fault of the text")
			}
		})
	}
}

// What people really paste must pass: logs without a fence, wide tables, code.
func TestRender_OrdinaryLargeTexts(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"log":        repeatTo("[2025-09-29T16:58:01Z] [INFO] [main] read_write_count=12 user_id=4 path=/a/b\n", 60000),
		"list":       repeatTo("- one\n  - two with `code`\n    - three with *stress* and [a link](https://a.example/x)\n", 60000),
		"table":      "|a|b|c|\n|-|-|-|\n" + repeatTo("|us-east-1|[x](/y)|*z*|\n", 40000),
		"prose":      repeatTo("The **alarm** fired and [the page](https://a.example) said _nothing_ about it.\n", 30000),
		"paragraphs": repeatTo("The **alarm** fired.\n\n", 60000),
		"code":       "```go\n" + repeatTo("\t\t\t\tif *a && b[i][j] { // * - > x\n", 60000) + "```\n",
		"conflict":   "```\n>>>>>>> theirs\n<<<<<<< ours\n```\n\n>>> print(1)\n",
	}
	for name, src := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if r := mustRender(t, src, Options{}); r.HTML == "" || r.Text == "" {
				t.Errorf("HTML %d bytes, text %d bytes", len(r.HTML), len(r.Text))
			}
		})
	}
}

func repeatTo(unit string, size int) string { return strings.Repeat(unit, size/len(unit)) }
