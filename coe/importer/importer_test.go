package importer

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"coetracker/internal/fault"

	"github.com/google/go-cmp/cmp"
)

func TestParse_refuses(t *testing.T) {
	t.Parallel()
	for name, src := range map[string][]byte{
		"binary":     append([]byte("PK\x03\x04\x14\x00\x06\x00"), make([]byte, 300)...),
		"stray":      []byte("\x80\x81\x82\x83\x8d\x8f\x90\x9d\xfe\xff\xfa\xfb\xfc"),
		"too long":   []byte(strings.Repeat("word ", maxBytes/5+1)),
		"bell bytes": []byte(strings.Repeat("a\x07", 50)),
	} {
		if _, err := Parse(src, Options{}); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Parse([]byte("# x\n"), Options{Zone: "Mars/Base"}); !fault.Is(err, fault.Invalid) {
		t.Errorf("zone: %v", err)
	}
}

func TestParse_encodings(t *testing.T) {
	t.Parallel()
	utf16le := []byte{0xff, 0xfe}
	for _, r := range "# Störung\n" {
		utf16le = append(utf16le, byte(r), byte(r>>8))
	}
	for name, src := range map[string][]byte{
		"utf-8 with mark": []byte("\xef\xbb\xbf# Störung\r\n"),
		"windows-1252":    []byte("# St\xf6rung\n"),
		"utf-16":          utf16le,
		"old mac ends":    []byte("# Störung\r\rtext\r"),
	} {
		r, err := Parse(src, Options{})
		if err != nil || r.Title != "Störung" {
			t.Errorf("%s: %q %v", name, r.Title, err)
		}
	}
	for _, src := range []string{"", "\n\n", "---\n", "```\n", "# \n", "|\n|\n"} {
		if r, err := Parse([]byte(src), Options{FileName: "in/2031-01-02_disk_full.md"}); err != nil || r.Title == "" {
			t.Errorf("%q: title %q %v", src, r.Title, err)
		}
	}
}

func TestParse_zones(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		src    string
		o      Options
		zone   string
		stated bool
		warned bool
	}{
		{"All times in PST\n", Options{}, "America/Los_Angeles", true, false},
		{"All times in BST\n", Options{}, "Europe/London", true, true},
		{"All times in IST\n", Options{Zone: "Europe/Dublin"}, "Europe/Dublin", true, false},
		{"All times in IST\n", Options{}, "Asia/Kolkata", true, true},
		{"nothing\n", Options{Zone: "Asia/Tokyo", DefaultZone: "Europe/London"}, "Asia/Tokyo", false, false},
		{"nothing\n", Options{DefaultZone: "Europe/London"}, "Europe/London", false, true},
		{"nothing\n", Options{}, "UTC", false, true},
		{"## Timeline\n- 10:00 CET a\n- 10:10 CET b\n- 10:20 UTC c\n", Options{}, "Europe/Berlin", true, true},
	} {
		r, err := Parse([]byte("# 2031-01-05 x\n"+tc.src), tc.o)
		if err != nil || r.Zone != tc.zone || r.ZoneStated != tc.stated {
			t.Errorf("%q: %s stated %v, %v", tc.src, r.Zone, r.ZoneStated, err)
		}
		about := false
		for _, w := range r.Warnings {
			about = about || strings.Contains(w.Message, "zone") || strings.Contains(w.Message, "can mean")
		}
		if about != tc.warned {
			t.Errorf("%q: warnings %v", tc.src, r.Warnings)
		}
	}
}

func TestReview_JSON(t *testing.T) {
	t.Parallel()
	src, err := os.ReadFile("testdata/bold-bullets.md")
	if err != nil {
		t.Fatal(err)
	}
	r, err := Parse(src, Options{})
	if err != nil {
		t.Fatal(err)
	}
	out, err := r.JSON("a/b.md")
	if err != nil || strings.Contains(string(out), "\n") {
		t.Fatalf("%v %s", err, out)
	}
	var got map[string]any
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	start := `{"file":"a/b.md","title":"2 May 2031: checkout refuses card payments","timezone":{"value":"UTC","stated":true},"started_at":"2031-05-02T09:12:00+00:00","detected_at":"2031-05-02T09:20:30+00:00","mitigated_at":null,"resolved_at":"2031-05-02T10:05:00+00:00","duration_minutes":53,"severity":"SEV-2","services":["checkout","payment-gateway"],"events":[{"at":"2031-05-02T09:05:00+00:00","end":null,"precision":"exact","kind":"note","text":"Release 4.18 of the gateway goes out to all cells","line":12,"line_end":12},`
	if !strings.HasPrefix(string(out), start) {
		t.Errorf("got %.700s", out)
	}
	action := `{"text":"Check bundles in the pipeline. Owner: @marta Due: 2031-05-02","owner":"@marta","due":"2031-05-02","done":false,"line":27}`
	if !strings.Contains(string(out), action) || !strings.HasSuffix(string(out), `"unplaced":[]}`) {
		t.Errorf("got %s", out)
	}
	empty, err := Review{Zone: "UTC"}.JSON("x")
	want := `{"file":"x","title":"","timezone":{"value":"UTC","stated":false},"started_at":null,"detected_at":null,"mitigated_at":null,"resolved_at":null,"duration_minutes":null,"severity":null,"services":[],"events":[],"actions":[],"warnings":[],"sections":[],"unplaced":[]}`
	if diff := cmp.Diff(want, string(empty)); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

// TestUnplaced takes words out of a result and sees that they are missed.
func TestUnplaced(t *testing.T) {
	t.Parallel()
	d := newDoc("# Title\n\n## Impact\n\nsame line\nsame line\n\n| a | b |\n", Options{})
	d.r.Title = "Title"
	d.r.Sections = []Section{{Name: inImpact, Markdown: "same line"}}
	var lost []int
	for _, u := range d.unplaced() {
		lost = append(lost, u.Line)
	}
	if diff := cmp.Diff([]int{6, 8}, lost); diff != "" {
		t.Error(diff)
	}
}

func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.*")
	for _, file := range files {
		if src, err := os.ReadFile(file); err == nil && filepath.Ext(file) != ".want" {
			f.Add(src)
		}
	}
	f.Add([]byte("## Timeline\n| Time |\n|--|\n| 9999-12-31 23:59 |\n- 22025-01-01 00:00 x\n- 10:00-09:00 y\n"))
	f.Add([]byte("- **Context**:\n- **Impact**: x\n- **Actions**: y\n- **Resolution** z\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		r, err := Parse(src, Options{FileName: "x.md"})
		if err != nil {
			return
		}
		if d := r.Duration(); d != nil && *d < 0 {
			t.Fatalf("negative duration %s", *d)
		}
		lines := strings.Count(strings.ReplaceAll(string(src), "\r", "\n"), "\n") + 1
		for _, e := range r.Events {
			if e.Line < 1 || e.LineEnd < e.Line || e.LineEnd > lines || !e.Kind.Valid() || !e.Precision.Valid() {
				t.Fatalf("event %+v of %d lines", e, lines)
			}
			if e.At != nil && e.End != nil && e.End.Before(*e.At) {
				t.Fatalf("event ends before it begins: %+v", e)
			}
			if e.At != nil && (e.At.Year() > 9999 || e.At.Year() < 1900) {
				t.Fatalf("year %d", e.At.Year())
			}
		}
		if _, err := r.JSON("x"); err != nil {
			t.Fatal(err)
		}
	})
}

// long makes a document of about n bytes in one of several hard shapes.
func long(shape string, n int) []byte {
	var b strings.Builder
	b.WriteString("# 2031-01-05 Long\n\n## Timeline\n\nAll times in UTC\n\n")
	for i := 0; b.Len() < n; i++ {
		b.WriteString(strings.ReplaceAll(shape, "MM", time.Unix(int64(i*60), 0).UTC().Format("15:04")))
	}
	return []byte(b.String())
}

func shapes() map[string]string {
	return map[string]string{
		"bullets":    "- MM something happens on node 7, see [log](https://x.example/1)\n",
		"table":      "| 2031-01-05 MM | something | happens |\n",
		"headings":   "### MM\n\nsomething happens\n\n",
		"days":       "### 5 January 2031\n\n### 6 January 2031\n\n",
		"prose":      "At MM UTC the outage lasted 5 minutes for all users. ",
		"blank":      "\n\n\n\nlabel:\n",
		"brackets":   "[[[[",
		"bars":       "| ",
		"dates":      "- 2031-01-05 something\n",
		"keys":       "Resolved: 2031-01-05 MM\n\n",
		"spans":      "Outage: 2031-01-05 MM - 23:59\n\n",
		"hashes":     "#",
		"actions":    "\n## Actions\n\n- [ ] do\n\n  more\n",
		"references": "[a][b] [b]: x\n[ref]: http://x\n[y][ref]\n",
		"same":       "the same line\n",
		"fences":     "```\n\n",
		"permalinks": "- MM https://x.example/archives/C1/p1759503579040139 /archives//archives/\n",
	}
}

// TestParse_linear compares the time for one size with that for eight times
// the size: a quadratic reader takes 64 times as long. The bound is loose, so
// that a busy machine does not fail it.
func TestParse_linear(t *testing.T) {
	for name, shape := range shapes() {
		took := func(n int) time.Duration {
			src := long(shape, n)
			best := time.Hour
			for range 2 {
				begin := time.Now()
				if _, err := Parse(src, Options{}); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				best = min(best, time.Since(begin))
			}
			return best
		}
		small, large := took(12_000), took(96_000)
		t.Logf("%-11s 12 kB %8s, 96 kB %8s, %4.1f times", name, small.Round(time.Microsecond), large.Round(time.Microsecond), float64(large)/float64(small))
		if large > 32*small && large > 3*time.Second {
			t.Errorf("%s: %s for 12 kB, %s for 96 kB", name, small, large)
		}
	}
}

func BenchmarkParse24kB(b *testing.B) {
	src := long("- MM something happens on node 7, see [log](https://x.example/1)\n\n", 24_000)
	b.SetBytes(int64(len(src)))
	for b.Loop() {
		if _, err := Parse(src, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

// A text of very many lines is refused before it keeps a server busy.
func TestParse_manyLines(t *testing.T) {
	t.Parallel()
	_, err := Parse([]byte(strings.Repeat("1:00 a\n", 50_000)), Options{})
	if f, ok := fault.Of(err); !ok || f.Kind != fault.Invalid || f.Field != "file" {
		t.Errorf("got %v, want a fault on the file", err)
	}
}
