package actions

import (
	"fmt"
	"regexp"
	"strings"

	"coetracker/people"
)

// Parsed is what was understood of one typed line.
type Parsed struct {
	Title     string
	OwnerWord string // what followed @, to be looked up; "" without an owner
	Due       people.Day
	Priority  string // P0 to P3, "" when none was typed
	Ask       string // questions to answer before it is stored, "" for none
	Echo      string // what was understood, for showing while typing
}

var (
	ownerMark    = regexp.MustCompile(`^@([\p{L}\p{N}][\p{L}\p{N}._+@-]*)$`)
	priorityMark = regexp.MustCompile(`^!([pP][0-3])$`)
)

// longestDate is how many words a date has at most: in 2 weeks, end of the month.
const longestDate = 4

// ParseLine reads one line such as "Add circuit breaker to client @sam in 2w
// !p1". Marks (@owner, !p1) may stand anywhere; a date is read at the end of
// what remains. today and cal are the typist's.
func ParseLine(line string, today people.Day, cal people.Calendar) Parsed {
	var p Parsed
	var rest, owners, asks []string
	for _, w := range strings.Fields(line) {
		bare := strings.TrimRight(w, ",;")
		if m := ownerMark.FindStringSubmatch(bare); m != nil {
			owners = append(owners, strings.TrimRight(m[1], "."))
		} else if m := priorityMark.FindStringSubmatch(bare); m != nil {
			p.Priority = strings.ToUpper(m[1])
		} else {
			rest = append(rest, w)
		}
	}
	rest, due, ask := trailingDate(rest, today, cal)
	p.Due = due
	p.Title = strings.TrimRight(strings.Join(rest, " "), " ,;")
	if len(owners) > 0 {
		p.OwnerWord = owners[0]
	}
	if len(owners) > 1 {
		asks = append(asks, fmt.Sprintf("An action has exactly one owner. Is it @%s?", strings.Join(owners, " or @")))
	}
	if p.Title == "" {
		asks = append(asks, "What is to be done?")
	}
	if ask != "" {
		asks = append(asks, ask)
	}
	p.Ask, p.Echo = strings.Join(asks, " "), p.echo(today)
	return p
}

// trailingDate takes the longest run of words off the end that reads as a
// date, as long as something is left for the title.
func trailingDate(words []string, today people.Day, cal people.Calendar) (rest []string, due people.Day, ask string) {
	for n := min(longestDate+1, len(words)-1); n > 0; n-- {
		tail := words[len(words)-n:]
		text := strings.TrimRight(strings.Join(tail, " "), ".,;")
		if _, _, ok := readDate(dateWords(text), today); !ok {
			continue
		}
		day, ask, err := ParseDate(text, today, cal)
		if err != nil {
			ask = err.Error()
		}
		return words[:len(words)-n], day, ask
	}
	return words, "", ""
}

func (p Parsed) echo(today people.Day) string {
	var parts []string
	if p.OwnerWord != "" {
		parts = append(parts, "@"+p.OwnerWord)
	} else {
		parts = append(parts, "no owner")
	}
	if p.Due != "" {
		parts = append(parts, ShowDay(p.Due, today)+", "+DueWords(p.Due, today))
	} else {
		parts = append(parts, "no date")
	}
	if p.Priority != "" {
		parts = append(parts, p.Priority)
	}
	if p.Priority == "P0" || p.Priority == "P1" {
		parts = append(parts, "needs proof")
	}
	return strings.Join(parts, " · ")
}
