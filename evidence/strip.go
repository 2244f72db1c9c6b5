package evidence

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
)

// removed stands where a secret stood.
const removed = "[removed]"

// secretKeys hold secrets wherever they stand, in lower case with hyphens and
// underscores taken out.
var secretKeys = map[string]bool{
	"authorization": true, "proxyauthorization": true, "cookie": true, "setcookie": true, "password": true, "passwd": true,
	"apikey": true, "xapikey": true, "accesstoken": true, "refreshtoken": true, "clientsecret": true, "privatekey": true, "secretkey": true,
	"secretaccesskey": true, "awssecretaccesskey": true, "sessiontoken": true, "xauthtoken": true, "xgitlabtoken": true, "authtoken": true, "bearertoken": true,
}

// secretWords are in every body that strip has to read; most bodies have none.
var secretWords = [][]byte{
	[]byte("authorization"), []byte("cookie"), []byte("passw"), []byte("key"), []byte("token"), []byte("secret"),
	[]byte("configuration"), []byte("bearer"), []byte("basic"), []byte(`\u`),
}

// bearer finds credentials inside other texts.
var bearer = regexp.MustCompile(`(?i)\b(bearer|basic)\s+[A-Za-z0-9+/=._~-]{12,}`)

// strip takes secrets out of a message that can be read. A message without any
// stays as it is, byte for byte.
func strip(body []byte) []byte {
	if !mayHold(body) {
		return body
	}
	docs, err := parseDocuments(body)
	if err != nil {
		return stripText(body)
	}
	var out bytes.Buffer
	changed := false
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	for _, doc := range docs {
		v, did := stripValue(doc.v, "", 0)
		changed = changed || did
		if err := e.Encode(v); err != nil {
			return stripText(body)
		}
	}
	if !changed {
		return body
	}
	return out.Bytes()
}

func mayHold(body []byte) bool {
	small := bytes.ToLower(body)
	for _, w := range secretWords {
		if bytes.Contains(small, w) {
			return true
		}
	}
	return false
}

// stripValue gives a value without its secrets; under is the key it lies under.
func stripValue(v any, under string, depth int) (any, bool) {
	if depth > maxDepth {
		return removed, true
	}
	switch v := v.(type) {
	case map[string]any:
		return v, stripObject(v, under, depth)
	case []any:
		changed := false
		for i := range v {
			var did bool
			v[i], did = stripValue(v[i], under, depth+1)
			changed = changed || did
		}
		return v, changed
	case string:
		return stripString(v, depth)
	}
	return v, false
}

func stripObject(m map[string]any, under string, depth int) bool {
	changed := false
	experiment := isExperiment(m)
	named := false
	for _, key := range []string{"name", "Name", "key", "Key"} {
		if s, ok := m[key].(string); ok && secretKeys[plainKey(s)] {
			named = true
		}
	}
	for key, v := range m {
		plain := plainKey(key)
		switch {
		case v == nil, v == "":
		case secretKeys[plain], plain == "token" && plainKey(under) == "metadata", named && plain == "value":
			m[key], changed = removed, true
		case experiment && (key == "secrets" || key == "configuration"):
			if inner, ok := v.(map[string]any); !ok || len(inner) > 0 {
				m[key], changed = map[string]any{}, true
			}
		default:
			var did bool
			m[key], did = stripValue(v, key, depth+1)
			changed = changed || did
		}
	}
	return changed
}

// isExperiment knows an experiment of Chaos Toolkit, alone or in a journal.
func isExperiment(m map[string]any) bool {
	n := node{m}
	return n.has("method") && (n.has("title") || n.has("steady-state-hypothesis") || n.has("description")) || n.has("experiment", "run")
}

// stripString looks into JSON that a text holds, as SNS wraps it.
func stripString(s string, depth int) (string, bool) {
	if t := strings.TrimSpace(s); strings.HasPrefix(t, "{") && mayHold([]byte(t)) {
		if inner := (node{s}).inner(); inner.isObject() {
			v, changed := stripValue(inner.v, "", depth+1)
			if !changed {
				return s, false
			}
			return (node{v}).json(), true
		}
	}
	if !bearer.MatchString(s) {
		return s, false
	}
	return bearer.ReplaceAllString(s, "$1 "+removed), true
}

func plainKey(key string) string {
	return strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(key))
}

var (
	textSecret = regexp.MustCompile(`(?i)("(?:[a-z_-]*(?:authorization|cookie|password|passwd|api[-_]?key|token|secret|secret[-_]?key|private[-_]?key|secret[-_]?access[-_]?key))\\*"\s*:\s*\\*")(?:[^"\\]|\\[^"])*`)
	textObject = regexp.MustCompile(`"(?:secrets|configuration)"\s*:\s*\{`)
)

// stripText takes secrets out of a text that is no whole JSON: broken, or cut.
// It rather takes too much than too little.
func stripText(text []byte) []byte {
	if len(text) == 0 {
		return []byte{} // not nothing: the message was empty
	}
	var kept []byte
	rest := text
	for found := textObject.FindIndex(rest); found != nil; found = textObject.FindIndex(rest) {
		kept = append(kept, rest[:found[1]]...)
		rest = rest[objectEnd(rest, found[1]):]
	}
	text = append(kept, rest...)
	text = textSecret.ReplaceAll(text, []byte("${1}"+removed))
	return bearer.ReplaceAll(text, []byte("$1 "+removed))
}

// objectEnd finds the brace that closes an object whose inside begins at from, or
// the end of the text.
func objectEnd(text []byte, from int) int {
	depth, quoted, escaped := 1, false, false
	for i := from; i < len(text); i++ {
		switch c := text[i]; {
		case escaped:
			escaped = false
		case quoted && c == '\\':
			escaped = true
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{':
			depth++
		case c == '}':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return len(text)
}
