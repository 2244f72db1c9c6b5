package evidence

import (
	"regexp"
	"strings"
	"unicode"
)

// litmusDescribe reads what `kubectl describe chaosresult` (or chaosengine)
// prints: the same object with its keys written for people.
func litmusDescribe() textTool {
	return textTool{
		name: "litmus",
		knows: func(_ string, text []byte) bool {
			return describedKind.Match(text) && describedGroup.Match(text)
		},
		read: func(text []byte, out *result) error {
			for _, doc := range described(string(text)) {
				readLitmus(message{doc: doc}, out)
			}
			return nil
		},
	}
}

var (
	describedKind  = regexp.MustCompile(`(?m)^\s*Kind:\s+Chaos(Result|Engine|Schedule)\s*$`)
	describedGroup = regexp.MustCompile(`(?m)^\s*API Version:\s+litmuschaos\.io/`)
	describedLine  = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9 /._-]*):(?:\s+(.*))?$`)
	describedNote  = regexp.MustCompile(`\s#\S.*$`)
)

// describedEntry is one line of the text; one that is no "Key: value" has no key.
type describedEntry struct {
	indent     int
	key, value string
}

// described turns the text back into objects.
func described(text string) []node {
	var entries []describedEntry
	for line := range strings.Lines(text) {
		line = strings.TrimRight(describedNote.ReplaceAllString(strings.TrimRight(line, "\r\n"), ""), " ")
		trimmed := strings.TrimSpace(line)
		if trimmed == "" || strings.HasPrefix(trimmed, "#") {
			continue
		}
		e := describedEntry{indent: len(line) - len(strings.TrimLeft(line, " ")), value: trimmed}
		if m := describedLine.FindStringSubmatch(trimmed); m != nil {
			e.key, e.value = jsonKey(m[1]), strings.TrimSpace(m[2])
		}
		entries = append(entries, e)
	}
	var docs []node
	for _, doc := range items(node{describedObject(entries, 0)}) {
		docs = append(docs, gathered(doc))
	}
	return docs
}

// describedObject reads the entries of one value. A list is printed as one thing
// after another: a key that comes again begins the next.
func describedObject(entries []describedEntry, depth int) any {
	here := map[string]any{}
	var list []any
	for i := 0; i < len(entries); {
		e, end := entries[i], i+1
		for end < len(entries) && entries[end].indent > e.indent {
			end++
		}
		below := entries[i+1 : end]
		i = end
		if e.key == "" || depth > maxDepth {
			continue
		}
		if _, again := here[e.key]; again {
			list, here = append(list, here), map[string]any{}
		}
		switch {
		case e.key == "labels" || e.key == "annotations":
			here[e.key] = describedLabels(append([]describedEntry{{value: e.value}}, below...))
		case e.value != "":
			here[e.key] = e.value
		case len(below) > 0:
			here[e.key] = describedObject(below, depth+1)
		default:
			here[e.key] = nil
		}
	}
	if len(list) > 0 {
		return append(list, here)
	}
	return here
}

func describedLabels(entries []describedEntry) map[string]any {
	labels := map[string]any{}
	for _, e := range entries {
		if key, value, ok := strings.Cut(e.value, "="); ok && e.key == "" {
			labels[key] = value
		}
	}
	return labels
}

// jsonKey makes "Fail Step" failStep and "UID" uid.
func jsonKey(s string) string {
	words := strings.Fields(s)
	for i, w := range words {
		if strings.ToUpper(w) == w || i == 0 {
			w = strings.ToLower(w)
		}
		if i > 0 {
			r := []rune(w)
			r[0] = unicode.ToUpper(r[0])
			w = string(r)
		}
		words[i] = w
	}
	return strings.Join(words, "")
}

// gathered puts name, namespace and labels, which are printed outside, where
// they belong.
func gathered(doc node) node {
	object, _ := doc.v.(map[string]any)
	meta, _ := object["metadata"].(map[string]any)
	if meta == nil {
		meta = map[string]any{}
		object["metadata"] = meta
	}
	for _, key := range []string{"name", "namespace", "labels"} {
		if v, ok := object[key]; ok {
			meta[key] = v
			delete(object, key)
		}
	}
	return doc
}
