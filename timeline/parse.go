package timeline

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"coetracker/internal/fault"
)

// ParseTime reads the time at the beginning of a typed line. rest is the text
// behind it, without the blanks and dashes between. An input that does not
// begin with a time is a fault.Invalid for the field time.
func ParseTime(input string, c Context) (Understood, string, error) {
	st, n, ok := Scan(input, Typed)
	if !ok {
		return Understood{}, input, fault.Invalidf("time", "%q does not begin with a time. Write one such as 14:02, +5 or 2025-09-30 14:02.", clip(strings.TrimSpace(input), 30))
	}
	u, err := st.Resolve(c)
	if err != nil {
		return Understood{}, input, err
	}
	return u, trimLead(input[n:]), nil
}

// trimLead takes the separators away that stand between a time and its text.
func trimLead(s string) string {
	s = strings.TrimLeft(s, " \t\u00a0")
	for _, mark := range []string{"-", "–", "—", ":", ",", "|"} {
		if after, ok := strings.CutPrefix(s, mark); ok && (after == "" || after[0] == ' ' || mark == "–" || mark == "—" || mark == "|") {
			return strings.TrimSpace(after)
		}
	}
	return strings.TrimSpace(s)
}

// Line is a typed line taken apart.
type Line struct {
	HasTime bool
	Understood
	Text        string
	Who         string // from the last @name of the line, without the @
	Kind        Kind
	DetectedHow string
	Tags        []string // every #tag at the end of the line, without the #
}

// ParseLine reads a whole entry line: `14:02 Rollback started @ana #deploy`.
// A line without a time has HasTime false: it is detail of the entry above.
// Marks at the end of the line are taken out of the text; a #tag that names
// no kind stays in it, so that nothing typed is lost.
func ParseLine(input string, c Context) (Line, error) {
	line := Line{Text: strings.TrimSpace(input), Kind: Note}
	if st, n, ok := Scan(input, Typed); ok {
		u, err := st.Resolve(c)
		if err != nil {
			return Line{}, err
		}
		line.HasTime, line.Understood, line.Text = true, u, trimLead(input[n:])
	}
	line.takeMarks()
	return line, nil
}

// takeMarks moves trailing @who and #tag words into their fields.
func (l *Line) takeMarks() {
	kept := ""
	for {
		before, word := lastWord(l.Text)
		mark, name := markOf(word)
		if mark == 0 || mark == '@' && l.Who != "" {
			break
		}
		l.Text = before
		if mark == '@' {
			l.Who = name
			continue
		}
		l.Tags = append([]string{name}, l.Tags...)
		kind, how, ok := tagKind(name)
		if !ok {
			kept = " " + word + kept
			continue
		}
		l.Kind = kind
		if how != "" {
			l.DetectedHow = how
		}
	}
	l.Text = strings.TrimSpace(l.Text + kept)
}

func lastWord(s string) (before, word string) {
	s = strings.TrimRight(s, " \t")
	i := strings.LastIndexAny(s, " \t")
	return strings.TrimRight(s[:i+1], " \t"), s[i+1:]
}

// markOf takes @ana or #deploy apart; mark is zero for any other word.
func markOf(word string) (mark byte, name string) {
	if len(word) < 2 || word[0] != '@' && word[0] != '#' {
		return 0, ""
	}
	first, _ := utf8.DecodeRuneInString(word[1:])
	if !unicode.IsLetter(first) {
		return 0, "" // #123 is a ticket
	}
	for _, r := range word[1:] {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_-.:", r) {
			return 0, ""
		}
	}
	return word[0], strings.TrimRight(word[1:], ".:")
}

// tagKind gives the kind that a tag stands for, and how it was detected.
func tagKind(tag string) (k Kind, how string, ok bool) {
	low := strings.ReplaceAll(strings.ToLower(tag), "-", "_")
	head, tail, _ := strings.Cut(low, ":")
	if Kind(head).Valid() {
		return Kind(head), howNamed(tail), true
	}
	if h := howNamed(low); h != "" && h != ByAlarm {
		return Detected, h, true
	}
	switch head {
	case "impact", "start", "outage":
		return ImpactStart, "", true
	case "detect", "detection":
		return Detected, howNamed(tail), true
	case "alert", "page":
		return Alarm, "", true
	case "ack", "paged", "oncall":
		return Engaged, "", true
	case "diagnose", "diagnosed", "cause":
		return Diagnosis, "", true
	case "decide", "decided":
		return Decision, "", true
	case "deploy", "deployment", "rollback", "config", "release":
		return Change, "", true
	case "mitigate", "mitigation", "mitigating", "fix":
		return MitigationStart, "", true
	case "fixed":
		return Mitigated, "", true
	case "resolve", "closed", "recovered":
		return Resolved, "", true
	case "communication", "statuspage", "announce":
		return Comms, "", true
	}
	return "", "", false
}

func howNamed(word string) string {
	for _, how := range DetectedHows() {
		if word == how {
			return how
		}
	}
	return ""
}
