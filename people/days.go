package people

import (
	"strings"

	"coetracker/internal/fault"
)

// weekdays gives the short names in which working days are stored, Sunday
// first as in time.Weekday.
func weekdays() [7]string { return [7]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"} }

// ParseWorkingDays reads "mon-fri", "sun-thu" or "mon,tue,thu" and gives the
// text to store, such as "mon,tue,wed,thu,fri". A week without a working day
// or an unknown name is a fault.Invalid on the field days.
func ParseWorkingDays(s string) (string, error) {
	week, ok := parseDays(s)
	if !ok {
		return "", fault.Invalidf("days", "%s does not name working days. Write a span such as mon-fri, or a list such as mon,tue,thu.", quote(s))
	}
	var names []string
	for i := range 7 { // Monday first
		if d := (i + 1) % 7; week[d] {
			names = append(names, weekdays()[d])
		}
	}
	return strings.Join(names, ","), nil
}

// parseDays reads working days; ok is false when a name is unknown or there is
// none at all.
func parseDays(s string) (week [7]bool, ok bool) {
	for _, part := range strings.Split(strings.ToLower(s), ",") {
		from, to, span := strings.Cut(part, "-")
		first, last := weekday(from), weekday(to)
		if !span {
			last = first
		}
		if first < 0 || last < 0 {
			return week, false
		}
		for d := first; ; d = (d + 1) % 7 { // a span may pass the week's end: sun-thu, fri-mon
			week[d] = true
			if d == last {
				break
			}
		}
	}
	return week, true
}

// weekday finds a day by its name or the first three letters of it; -1 when it
// is none.
func weekday(name string) int {
	name = strings.TrimSpace(name)
	for d, short := range weekdays() {
		full := [7]string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}[d]
		if name == short || name == full {
			return d
		}
	}
	return -1
}

// ParseHolidays reads days off, one a line: the day, then a name if wanted,
// such as "2025-12-25 Christmas" or "2025-12-25,Christmas". Empty lines and
// lines that begin with # are passed over; the same day twice is taken once.
func ParseHolidays(text string) ([]TeamHoliday, error) {
	var out []TeamHoliday
	seen := map[Day]bool{}
	for i, line := range strings.Split(strings.TrimPrefix(text, "\ufeff"), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		day, err := ParseDay(line[:min(len(line), len(dayLayout))])
		rest := line[min(len(line), len(dayLayout)):]
		if err != nil || rest != "" && !strings.ContainsAny(rest[:1], " \t,;") {
			return nil, fault.Invalidf("holidays", "Line %d, %s, does not begin with a day. Write it as 2025-12-25 Christmas.", i+1, quote(line))
		}
		if !seen[day] {
			seen[day] = true
			out = append(out, TeamHoliday{Day: day, Name: strings.Trim(rest, " \t,;\"")})
		}
	}
	return out, nil
}
