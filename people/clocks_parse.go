package people

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"coetracker/internal/fault"
)

// ParsePolicy reads a team's policy over the defaults:
//
//	{"review_days": 4, "actions": {"P0": 10}, "digest_hour": 8,
//	 "severity": {"1": {"reviewers": 3, "gap_minutes": 5}}}
//
// A value at the top holds for every severity; those under severity hold for
// that one and win. Unknown names, names given twice and numbers out of range
// are a fault.Invalid on the field policy. Empty text means the defaults.
func ParsePolicy(text string) (Policy, error) {
	p := DefaultPolicy()
	if strings.TrimSpace(text) == "" {
		return p, nil
	}
	top, err := members([]byte(text), "the policy")
	if err != nil {
		return p, err
	}
	var bySeverity json.RawMessage
	for _, m := range top {
		switch m.name {
		case "severity":
			bySeverity = m.value
		case "digest_hour":
			err = number(m, 0, 23, &p.DigestHour)
		default:
			err = p.setAll(m)
		}
		if err != nil {
			return p, err
		}
	}
	return p, p.setSeverities(bySeverity)
}

// setAll gives every severity the same value.
func (p *Policy) setAll(m member) error {
	for i := range p.Severities {
		if err := p.Severities[i].set(m, "digest_hour", "severity"); err != nil {
			return err
		}
	}
	return nil
}

func (p *Policy) setSeverities(raw json.RawMessage) error {
	if raw == nil {
		return nil
	}
	list, err := members(raw, "severity")
	if err != nil {
		return err
	}
	for _, m := range list {
		n, err := strconv.Atoi(m.name)
		if err != nil || n < 1 || n > 4 || m.name != strconv.Itoa(n) {
			return invalidPolicy("There is no severity %s. Write 1, 2, 3 or 4.", quote(m.name))
		}
		inner, err := members(m.value, "severity "+m.name)
		if err != nil {
			return err
		}
		for _, field := range inner {
			if err := p.Severities[n-1].set(field); err != nil {
				return err
			}
		}
	}
	return nil
}

// set stores one value by its name; also are names that only the place around
// it knows, for the hint.
func (c *Clocks) set(m member, also ...string) error {
	switch m.name {
	case "draft_days":
		return number(m, 0, 365, &c.DraftDays)
	case "review_days":
		return number(m, 1, 365, &c.ReviewDays)
	case "publish_days":
		return number(m, 1, 365, &c.PublishDays)
	case "reviewers":
		return number(m, 1, 20, &c.Reviewers)
	case "gap_minutes":
		return number(m, 1, 1440, &c.GapMinutes)
	case "actions":
		return c.setActions(m.value)
	}
	known := append([]string{"draft_days", "review_days", "publish_days", "reviewers", "gap_minutes", "actions"}, also...)
	return invalidPolicy("The policy knows no %s. Did you mean %s?", quote(m.name), nearest(m.name, known))
}

func (c *Clocks) setActions(raw json.RawMessage) error {
	list, err := members(raw, "actions")
	if err != nil {
		return err
	}
	for _, m := range list {
		if _, ok := c.Days(m.name); !ok {
			return invalidPolicy("There is no priority %s. Write P0, P1, P2 or P3.", quote(m.name))
		}
		if err := number(m, 1, 1000, &c.ActionDays[m.name[1]-'0']); err != nil {
			return err
		}
	}
	return nil
}

// member is one name of a JSON object with its value.
type member struct {
	name  string
	value json.RawMessage
}

// members takes a JSON object apart and refuses a name given twice.
func members(raw []byte, what string) ([]member, error) {
	wrong := invalidPolicy("In %s a JSON object is wanted, such as {\"review_days\": 5}.", what)
	dec := json.NewDecoder(bytes.NewReader(raw))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, wrong
	}
	var out []member
	seen := map[string]bool{}
	for dec.More() {
		var m member
		t, err := dec.Token()
		if err != nil || dec.Decode(&m.value) != nil {
			return nil, wrong
		}
		m.name, _ = t.(string)
		if seen[m.name] {
			return nil, invalidPolicy("%s is given twice. Leave one of them.", quote(m.name))
		}
		seen[m.name] = true
		out = append(out, m)
	}
	if _, err := dec.Token(); err != nil || dec.More() {
		return nil, wrong
	}
	return out, nil
}

// number reads a whole number from least to most.
func number(m member, least, most int, into *int) error {
	n, err := strconv.Atoi(string(m.value))
	if err != nil || n < least || n > most {
		return invalidPolicy("%s is to be a whole number from %d to %d.", m.name, least, most)
	}
	*into = n
	return nil
}

func invalidPolicy(format string, args ...any) error {
	return fault.Invalidf("policy", "%s", fmt.Sprintf(format, args...))
}

// nearest gives the known word that needs the fewest changes to become word.
func nearest(word string, known []string) string {
	best, least := "", 1<<30
	for _, k := range known {
		if d := EditDistance(strings.ToLower(word), k); d < least {
			best, least = k, d
		}
	}
	return best
}

// EditDistance counts the letters to insert, drop or change between two words,
// to tell which known one was meant. A very long word counts by its length.
func EditDistance(a, b string) int {
	if len(a) > 100 {
		return len(a)
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := corner
			if a[i] != b[j] {
				change++
			}
			corner = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
