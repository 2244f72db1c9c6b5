package coe

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"
)

// ParseChange reads a change in the JSON form of CodeMirror's change sets: a
// number keeps so many units, [n] takes n units out, and [n, "line", …] puts
// lines in their place. It refuses lone surrogates, which encoding/json would
// silently replace.
func ParseChange(raw []byte) (Change, error) {
	if !utf8.Valid(raw) || loneSurrogate(raw) {
		return nil, badChange("it inserts half a character")
	}
	var c Change
	if err := json.Unmarshal(raw, &c); err != nil {
		return nil, badChange("its form is not that of a change")
	}
	return c, c.Validate()
}

// UnmarshalJSON reads one piece: a number or a list.
func (p *Piece) UnmarshalJSON(raw []byte) error {
	*p = Piece{}
	if n, err := strconv.Atoi(string(raw)); err == nil {
		p.Keep = n
		return nil
	}
	var list []json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil {
		return err
	}
	if len(list) == 0 {
		return badChange("a piece of it is empty")
	}
	if err := json.Unmarshal(list[0], &p.Delete); err != nil {
		return err
	}
	lines := make([]string, len(list)-1)
	for i, l := range list[1:] {
		if err := json.Unmarshal(l, &lines[i]); err != nil {
			return err
		}
		if strings.Contains(lines[i], "\n") {
			return badChange("a line of it holds a line break")
		}
	}
	p.Insert = strings.Join(lines, "\n")
	return nil
}

// MarshalJSON writes one piece, see ParseChange.
func (p Piece) MarshalJSON() ([]byte, error) {
	if p.Delete == 0 && p.Insert == "" {
		return []byte(strconv.Itoa(p.Keep)), nil
	}
	list := []any{p.Delete}
	if p.Insert != "" {
		for line := range strings.SplitSeq(p.Insert, "\n") {
			list = append(list, line)
		}
	}
	return plainJSON(list)
}

// JSON writes the change as it is stored and sent.
func (c Change) JSON() string {
	if c == nil {
		c = Change{}
	}
	raw, err := plainJSON(c)
	if err != nil { // numbers and strings always have a JSON form
		return "[]"
	}
	return string(raw)
}

// plainJSON writes JSON without escaping <, > and &, which Markdown is full of.
func plainJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimRight(b.Bytes(), "\n"), err
}

// loneSurrogate reports whether JSON text holds an escape \ud800 to \udfff
// that is not one half of a pair.
func loneSurrogate(raw []byte) bool {
	for i := 0; i+1 < len(raw); i++ {
		if raw[i] != '\\' {
			continue
		}
		u, ok := escaped(raw[i:])
		switch {
		case !ok:
			i++ // the escaped character, which may be a backslash
		case u >= 0xdc00 && u <= 0xdfff:
			return true
		case u >= 0xd800 && u <= 0xdbff:
			low, ok := escaped(raw[i+6:])
			if !ok || low < 0xdc00 || low > 0xdfff {
				return true
			}
			i += 11
		default:
			i += 5
		}
	}
	return false
}

// escaped reads \uXXXX at the beginning of raw.
func escaped(raw []byte) (uint64, bool) {
	if len(raw) < 6 || raw[0] != '\\' || raw[1] != 'u' {
		return 0, false
	}
	u, err := strconv.ParseUint(string(raw[2:6]), 16, 32)
	return u, err == nil
}
