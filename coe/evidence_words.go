package coe

import (
	"fmt"
	"strings"
	"time"

	"coetracker/evidence"
)

// Called names an item with its type, "Rollback r-17", unless its title says
// the type itself; a longer name is cut.
func Called(i *evidence.Item, most int) string {
	word := strings.ToUpper(string(i.Type[:1])) + string(i.Type[1:])
	n := clipTo(strings.Join(strings.Fields(name(i)), " "), most)
	if strings.HasPrefix(strings.ToLower(n), string(i.Type)) {
		return n
	}
	return word + " " + n
}

// outcomeWord says in words what a run showed.
func outcomeWord(o evidence.Outcome) string {
	switch o {
	case evidence.Held:
		return "held"
	case evidence.Deviated:
		return "deviated"
	case evidence.Halted:
		return "was halted by its guard"
	case evidence.Aborted:
		return "was aborted"
	case evidence.Errored:
		return "failed to run"
	case evidence.Inconclusive:
		return "showed nothing"
	}
	return "ended without a known outcome"
}

// subject is the service of an item as people say it.
func subject(i *evidence.Item) string {
	if i.Service != "" {
		return i.Service
	}
	return i.ExternalID
}

// name is what an item is called.
func name(i *evidence.Item) string {
	if i.Title != "" {
		return i.Title
	}
	if i.Definition != "" {
		return i.Definition
	}
	return i.ExternalID
}

// shortVersion cuts hashes and digests to what people compare by eye.
func shortVersion(v string) string {
	head, hash := "", v
	if i := strings.LastIndexAny(v, ":@"); i >= 0 {
		head, hash = v[:i+1], v[i+1:]
	}
	if len(hash) >= 32 && strings.Trim(strings.ToLower(hash), "0123456789abcdef") == "" {
		return head + hash[:10] + "…"
	}
	if r := []rune(v); len(r) > 80 {
		return string(r[:80]) + "…"
	}
	return v
}

// Versions says what a change went from and to: "3.1 → 3.2", "" when nothing
// is known.
func Versions(i *evidence.Item) string {
	from, to := shortVersion(i.FromVersion), shortVersion(i.ToVersion)
	switch {
	case from != "" && to != "":
		return from + " → " + to
	case to != "":
		return to
	case from != "":
		return "from " + from
	}
	return ""
}

// where lists environment, region, zone, cell and wave, as far as known.
func where(i *evidence.Item) []string {
	r := i.Reached()
	var out []string
	for _, s := range []string{i.Environment, i.Region, named("zone", r.Zone), named("cell", r.Cell), named("wave", r.Wave)} {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

// named puts a word before a value that does not begin with it.
func named(word, value string) string {
	if value == "" || strings.HasPrefix(strings.ToLower(value), word) {
		return value
	}
	return word + " " + value
}

// inBrackets joins details behind a blank, "" when there are none.
func inBrackets(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return " (" + strings.Join(list, ", ") + ")"
}

// plain makes a tool's text one line that means nothing in Markdown.
func plain(s string) string {
	var b strings.Builder
	for _, r := range strings.Join(strings.Fields(s), " ") {
		if strings.ContainsRune("\\`*[]<>|~", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// code shows an identifier as it is.
func code(s string) string {
	return "`" + strings.NewReplacer("`", "'", "|", "¦").Replace(strings.Join(strings.Fields(s), " ")) + "`"
}

// span says a length of time: 12 min, 1 h 5 min.
func span(d time.Duration) string {
	m := int(d.Round(time.Minute) / time.Minute)
	switch {
	case m < 1:
		return "less than a minute"
	case m < 60:
		return fmt.Sprintf("%d min", m)
	case m%60 == 0:
		return fmt.Sprintf("%d h", m/60)
	}
	return fmt.Sprintf("%d h %d min", m/60, m%60)
}

// evidenceLines are the links that an entry made from an item carries: its
// page here, and where its tool shows it.
func evidenceLines(i *evidence.Item) string {
	label := strings.NewReplacer("[", "(", "]", ")").Replace(Called(i, 80))
	out := fmt.Sprintf("[%s](%s)", strings.Join(strings.Fields(label), " "), ItemPath(i.Type, i.ID))
	for _, l := range i.Details().Links {
		if strings.ContainsAny(l.URL, " \n)") {
			continue
		}
		return out + "\n" + l.URL
	}
	return out
}

func clipTo(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
