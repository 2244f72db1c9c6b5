package slackfake

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// object is a JSON object as decoded, numbers kept as written.
type object = map[string]any

// finding is one thing wrong with a block or a view: what, and a JSON pointer
// to where.
type finding struct {
	Text    string
	Pointer string
}

// String words a finding as Slack does.
func (f finding) String() string {
	return fmt.Sprintf("%s [json-pointer:%s]", f.Text, f.Pointer)
}

// check collects findings while walking blocks. Its methods take the object,
// the key and the pointer of the object, and pass over keys that are absent:
// who must be present is said once, in fields.
type check struct {
	found []finding
}

func (k *check) fail(ptr, format string, args ...any) {
	k.found = append(k.found, finding{fmt.Sprintf(format, args...), ptr})
}

// fields says whether v is an object and reports its missing and unknown keys.
// A leading "!" marks a key that must be there; null counts as absent.
func (k *check) fields(v any, ptr string, keys ...string) (object, bool) {
	o, ok := v.(object)
	if !ok {
		k.fail(ptr, "must provide an object")
		return nil, false
	}
	for _, key := range keys {
		if name, required := strings.CutPrefix(key, "!"); required && o[name] == nil {
			k.fail(ptr, "missing required field: %s", name)
		}
	}
	for _, name := range sortedKeys(o) {
		if !slices.Contains(keys, name) && !slices.Contains(keys, "!"+name) {
			k.fail(ptr, "invalid additional property: %s", name)
		}
	}
	return o, true
}

// str checks a string's length in code points. A text that is only white space
// counts as empty, as it does at Slack.
func (k *check) str(o object, key, ptr string, least, most int) string {
	v, ok := o[key]
	if !ok || v == nil {
		return ""
	}
	s, ok := v.(string)
	if !ok {
		k.fail(ptr+"/"+key, "must provide a string")
		return ""
	}
	if least > 0 && (utf8.RuneCountInString(s) < least || strings.TrimSpace(s) == "") {
		k.fail(ptr+"/"+key, "must be more than %d characters", least-1)
	}
	if utf8.RuneCountInString(s) > most {
		k.fail(ptr+"/"+key, "must be less than %d characters", most+1)
	}
	return s
}

func (k *check) enum(o object, key, ptr string, allowed ...string) {
	v, ok := o[key]
	if !ok || v == nil {
		return
	}
	if s, ok := v.(string); !ok || !slices.Contains(allowed, s) {
		k.fail(ptr+"/"+key, "must be a valid enum value")
	}
}

func (k *check) booleans(o object, ptr string, keys ...string) {
	for _, key := range keys {
		if v, ok := o[key]; ok && v != nil {
			if _, ok := v.(bool); !ok {
				k.fail(ptr+"/"+key, "must provide a boolean")
			}
		}
	}
}

func (k *check) integer(o object, key, ptr string, least, most int64) {
	v, ok := o[key]
	if !ok || v == nil {
		return
	}
	n, ok := v.(json.Number)
	i, err := n.Int64()
	switch {
	case !ok || err != nil:
		k.fail(ptr+"/"+key, "must provide an integer")
	case i < least:
		k.fail(ptr+"/"+key, "must be more than %d", least-1)
	case i > most:
		k.fail(ptr+"/"+key, "must be less than %d", most+1)
	}
}

// list checks how many items an array holds and calls each with item and pointer.
func (k *check) list(o object, key, ptr string, least, most int, each func(any, string)) {
	v, ok := o[key]
	if !ok || v == nil {
		return
	}
	items, ok := v.([]any)
	if !ok {
		k.fail(ptr+"/"+key, "must provide an array")
		return
	}
	if len(items) < least {
		k.fail(ptr+"/"+key, "must provide at least %d items", least)
	}
	if len(items) > most {
		k.fail(ptr+"/"+key, "no more than %d items allowed", most)
	}
	for i, item := range items {
		each(item, fmt.Sprintf("%s/%s/%d", ptr, key, i))
	}
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
