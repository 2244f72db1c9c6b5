package evidence

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// maxDepth is how deep a message may be nested.
const maxDepth = 64

// node is one value of a message. Every question to a value that is not there,
// or is of another kind, has a harmless answer, so that parsers read straight on.
type node struct{ v any }

// parseDocuments reads JSON, several JSON values one after another, or YAML
// with one or more documents.
func parseDocuments(text []byte) ([]node, error) {
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	trimmed := bytes.TrimSpace(text)
	if len(trimmed) == 0 {
		return nil, errors.New("it is empty")
	}
	if trimmed[0] == '{' || trimmed[0] == '[' {
		docs, err := parseJSON(trimmed)
		if err == nil || json.Valid(trimmed) {
			return docs, err
		}
		if flow, yamlErr := parseYAML(text); yamlErr == nil {
			return flow, nil
		}
		return nil, err
	}
	return parseYAML(text)
}

func parseJSON(text []byte) ([]node, error) {
	if err := checkDepth(text); err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var docs []node
	for {
		var v any
		err := d.Decode(&v)
		if errors.Is(err, io.EOF) {
			return docs, nil
		}
		if err != nil {
			return nil, fmt.Errorf("it is no JSON: %w", err)
		}
		docs = append(docs, node{v})
	}
}

// checkDepth refuses deep nesting before anything recurses into it.
func checkDepth(text []byte) error {
	depth, quoted, escaped := 0, false, false
	for _, c := range text {
		switch {
		case escaped:
			escaped = false
		case quoted && c == '\\':
			escaped = true
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return fmt.Errorf("it is nested deeper than %d levels", maxDepth)
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}

// parseYAML reads the documents of a YAML text. The library's own way into maps
// is not taken: it compares every key with every other and lists each pair of
// equal ones, so a few kilobytes could keep it busy for minutes.
func parseYAML(text []byte) ([]node, error) {
	d := yaml.NewDecoder(bytes.NewReader(text))
	y := yamlReader{left: len(text) + 1000} // without aliases no text holds more values than bytes
	var docs []node
	for {
		var doc yaml.Node
		err := d.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return docs, nil
		}
		if err != nil {
			return nil, fmt.Errorf("it is neither JSON nor YAML: %w", err)
		}
		plain, err := y.value(&doc, 0)
		if err != nil {
			return nil, err
		}
		if plain != nil {
			docs = append(docs, node{plain})
		}
	}
}

// yamlReader makes the values that JSON would give, as many as are left.
type yamlReader struct{ left int }

func (y *yamlReader) value(n *yaml.Node, depth int) (any, error) {
	y.left--
	switch {
	case depth > maxDepth:
		return nil, fmt.Errorf("it is nested deeper than %d levels", maxDepth)
	case y.left < 0:
		return nil, errors.New("it stands for more values than it has bytes")
	}
	switch n.Kind {
	case yaml.DocumentNode:
		if len(n.Content) == 0 {
			return nil, nil
		}
		return y.value(n.Content[0], depth)
	case yaml.AliasNode:
		return y.value(n.Alias, depth+1)
	case yaml.MappingNode:
		return y.object(n, depth)
	case yaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i, inner := range n.Content {
			var err error
			if list[i], err = y.value(inner, depth+1); err != nil {
				return nil, err
			}
		}
		return list, nil
	case yaml.ScalarNode:
		return scalar(n)
	}
	return nil, nil
}

// object reads a mapping. Its own keys go before those that it merges in.
func (y *yamlReader) object(n *yaml.Node, depth int) (any, error) {
	m := make(map[string]any, len(n.Content)/2)
	var merged []any
	for i := 0; i+1 < len(n.Content); i += 2 {
		v, err := y.value(n.Content[i+1], depth+1)
		if err != nil {
			return nil, err
		}
		if n.Content[i].ShortTag() == "!!merge" {
			merged = append(merged, v)
			continue
		}
		key, err := y.value(n.Content[i], depth+1)
		if err != nil {
			return nil, err
		}
		name := fmt.Sprint(key)
		if _, twice := m[name]; twice {
			return nil, fmt.Errorf("line %d has the key %.40q a second time", n.Content[i].Line, name)
		}
		m[name] = v
	}
	for _, v := range merged {
		mergeInto(m, v)
	}
	return m, nil
}

// mergeInto adds the keys of an object, or of a list of them, that m has not yet.
func mergeInto(m map[string]any, v any) {
	list, many := v.([]any)
	if !many {
		list = []any{v}
	}
	for _, from := range list {
		from, _ := from.(map[string]any)
		for key, inner := range from {
			if _, there := m[key]; !there {
				m[key] = inner
			}
		}
	}
}

// scalar gives the value that JSON would give.
func scalar(n *yaml.Node) (any, error) {
	if n.ShortTag() == "!!str" {
		return n.Value, nil
	}
	var v any
	if err := n.Decode(&v); err != nil {
		return nil, fmt.Errorf("it is neither JSON nor YAML: %w", err)
	}
	switch v := v.(type) {
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano), nil
	case int, int64, uint64, float64:
		return json.Number(fmt.Sprint(v)), nil
	}
	return v, nil
}

// at walks down objects by key.
func (n node) at(path ...string) node {
	for _, key := range path {
		m, _ := n.v.(map[string]any)
		n = node{m[key]}
	}
	return n
}

// first gives the value under the first of these keys that holds something.
func (n node) first(keys ...string) node {
	for _, key := range keys {
		if v := n.at(key); !v.empty() {
			return v
		}
	}
	return node{}
}

// has reports whether this is an object with all these keys.
func (n node) has(keys ...string) bool {
	m, ok := n.v.(map[string]any)
	for _, key := range keys {
		if _, there := m[key]; !there {
			return false
		}
	}
	return ok
}

// empty reports whether there is nothing here: missing, null, "", {} or [].
func (n node) empty() bool {
	switch v := n.v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case map[string]any:
		return len(v) == 0
	case []any:
		return len(v) == 0
	}
	return false
}

func (n node) isObject() bool { _, ok := n.v.(map[string]any); return ok }

func (n node) isList() bool { _, ok := n.v.([]any); return ok }

// keys gives an object's keys, sorted.
func (n node) keys() []string {
	m, _ := n.v.(map[string]any)
	return slices.Sorted(maps.Keys(m))
}

// list gives the members of a list.
func (n node) list() []node {
	l, _ := n.v.([]any)
	nodes := make([]node, len(l))
	for i, v := range l {
		nodes[i] = node{v}
	}
	return nodes
}

// index gives the i-th member of a list.
func (n node) index(i int) node {
	l, _ := n.v.([]any)
	if i < 0 || i >= len(l) {
		return node{}
	}
	return node{l[i]}
}

// str gives a string as it is, a number or a truth value as its text, else "".
func (n node) str() string {
	switch v := n.v.(type) {
	case string:
		return strings.TrimSpace(v)
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

// lower is str in lower case.
func (n node) lower() string { return strings.ToLower(n.str()) }

// strs gives the texts of a list, without empty ones; a single text is a list of one.
func (n node) strs() []string {
	if s := n.str(); s != "" {
		return []string{s}
	}
	var all []string
	for _, m := range n.list() {
		if s := m.str(); s != "" {
			all = append(all, s)
		}
	}
	return all
}

// num gives a number, also one written as a text.
func (n node) num() (float64, bool) {
	f, err := strconv.ParseFloat(n.str(), 64)
	return f, err == nil
}

// truth reports whether this is true, also when written as a text.
func (n node) truth() bool { return n.lower() == "true" }

// inner reads JSON that a text holds; a value that is no such text gives nothing.
func (n node) inner() node {
	s, ok := n.v.(string)
	if !ok {
		return node{}
	}
	docs, err := parseJSON([]byte(strings.TrimSpace(s)))
	if err != nil || len(docs) != 1 {
		return node{}
	}
	return docs[0]
}

// time reads an instant in any form that tools are known to send, see
// ParseInstant; nil where there is none.
func (n node) time() *time.Time {
	t, ok := ParseInstant(n.str())
	if !ok {
		return nil
	}
	return &t
}

// json gives the value as compact JSON with sorted keys.
func (n node) json() string {
	b, err := json.Marshal(n.v)
	if err != nil {
		return ""
	}
	return string(b)
}
