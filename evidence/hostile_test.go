package evidence

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Some short texts make a reader of YAML work for minutes: each of these has to be
// refused before that.
func TestParseYAMLRefusesWhatCostsTooMuch(t *testing.T) {
	t.Parallel()
	level := func(name, inner string) string {
		return name + ": &" + name + " [" + strings.Repeat(inner+",", 9) + inner + "]\n"
	}
	bomb := level("a", "1") + level("b", "*a") + level("c", "*b") + level("d", "*c") + level("e", "*d")
	for what, c := range map[string]struct{ text, want string }{
		"equal keys":               {strings.Repeat("a:\n ", 5_000), "a second time"},
		"aliases":                  {bomb, "more values than it has bytes"},
		"aliases in all documents": {strings.Repeat(bomb+"---\n", 50), "more values than it has bytes"},
		"nested":                   {strings.Repeat("- ", 100) + "x", "deeper than 64"},
		"an alias of itself":       {"a: &a [*a]", "anchor 'a' value contains itself"},
	} {
		docs, err := parseYAML([]byte(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) && what != "an alias of itself" {
			t.Errorf("%s: %d documents, %v, want %q", what, len(docs), err, c.want)
		}
	}
}

func TestParseYAMLGivesWhatJSONWould(t *testing.T) {
	t.Parallel()
	yaml := "base: &base {a: 1, b: x}\nall:\n  <<: *base\n  b: y\ntwice: [*base, *base]\nat: 2026-03-04T05:06:07Z\n" +
		"3: null\nyes: true\nlong: |\n  one\n  two\nquoted: \"7\"\nbig: 18446744073709551615\npart: 0.5\n---\n---\nsecond: {}\n"
	json := `{"3":null,"all":{"a":1,"b":"y"},"at":"2026-03-04T05:06:07Z","base":{"a":1,"b":"x"},"big":18446744073709551615,` +
		`"long":"one\ntwo\n","part":0.5,"quoted":"7","twice":[{"a":1,"b":"x"},{"a":1,"b":"x"}],"yes":true}`
	docs, err := parseYAML([]byte(yaml))
	if err != nil || len(docs) != 2 {
		t.Fatalf("%d documents, %v, want 2", len(docs), err)
	}
	if diff := cmp.Diff(json, docs[0].json()); diff != "" {
		t.Error(diff)
	}
	if got := docs[1].json(); got != `{"second":{}}` {
		t.Errorf("the second is %s", got)
	}
}

func TestStripTextOfManySecrets(t *testing.T) {
	t.Parallel()
	const many = 20_000
	text := bytes.Repeat([]byte(`"secrets": {"k": {"v": "}hidden"}}, `), many)
	got := stripText(append(bytes.Clone(text), `"configuration": {"last": "hidden`...))
	want := strings.Repeat(`"secrets": {}, `, many) + `"configuration": {`
	if string(got) != want {
		t.Errorf("%d bytes are left, want %d; the end is %q", len(got), len(want), got[max(0, len(got)-60):])
	}
	if bytes.Contains(got, []byte("hidden")) {
		t.Error("a secret is left")
	}
}

// A list of small things that nobody knows says so once, and not once for each.
func TestParseWarnsABoundedNumberOfTimes(t *testing.T) {
	t.Parallel()
	same := "[" + strings.Repeat(`{"a":1},`, 5_000) + `{"a":1}]`
	var other strings.Builder
	for i := range 5_000 {
		fmt.Fprintf(&other, `{"key%d%s":1}`, i, strings.Repeat("x", 400))
	}
	for what, c := range map[string]struct {
		text string
		want int
	}{"the same": {same, 1}, "different ones": {other.String(), maxWarnings}} {
		p, err := Parse(Input{Body: []byte(c.text)})
		size := len(strings.Join(p.Warnings, "\n"))
		if err != nil || len(p.Warnings) != c.want || size > maxWarnings*300 {
			t.Errorf("%s: %d warnings of %d bytes, %v, want %d", what, len(p.Warnings), size, err, c.want)
		}
	}
}
