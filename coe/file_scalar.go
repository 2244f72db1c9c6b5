package coe

import (
	"encoding/json"
	"regexp"
	"strings"
)

// plainScalar is what YAML reads as the text that it is, without quotes.
var plainScalar = regexp.MustCompile(`^\p{L}[\p{L}\p{M}\p{N} ._@/+()'&-]*$`)

// scalar writes a value of the front matter so that YAML reads it as text.
func scalar(s string) string {
	special := " true false null yes no on off y n "
	if s == "" || plainScalar.MatchString(s) && !strings.HasSuffix(s, " ") && !strings.Contains(special, " "+strings.ToLower(s)+" ") {
		return s
	}
	quoted, err := plainJSON(s)
	if err != nil { // a string always has a JSON form
		return s
	}
	return string(quoted)
}

// scalars writes a list.
func scalars(list []string) string {
	out := make([]string, len(list))
	for i, s := range list {
		if out[i] = scalar(s); s == "" {
			out[i] = `""`
		}
	}
	return "[" + strings.Join(out, ", ") + "]"
}

// readScalar reads a value; ok is false when its quotes do not close.
func readScalar(s string) (text string, ok bool) {
	s = strings.TrimSpace(s)
	switch {
	case strings.HasPrefix(s, `"`):
		return text, json.Unmarshal([]byte(s), &text) == nil
	case len(s) > 1 && strings.HasPrefix(s, "'") && strings.HasSuffix(s, "'"):
		return strings.ReplaceAll(s[1:len(s)-1], "''", "'"), true
	}
	return s, true
}

// readScalars reads a list in brackets, or without them.
func readScalars(s string) (list []string, ok bool) {
	s = strings.TrimSpace(s)
	if strings.HasPrefix(s, "[") {
		if !strings.HasSuffix(s, "]") {
			return nil, false
		}
		s = s[1 : len(s)-1]
	}
	for strings.TrimSpace(s) != "" {
		item, rest := cutItem(s)
		text, ok := readScalar(item)
		if !ok || text == "" && !strings.Contains(item, `"`) {
			return nil, false
		}
		list, s = append(list, text), rest
	}
	return list, true
}

// cutItem cuts a list at the first comma outside of quotes.
func cutItem(s string) (item, rest string) {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && quoted:
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == ',' && !quoted:
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}
