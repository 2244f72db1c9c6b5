package actions

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"coetracker/internal/fault"
	"coetracker/people"
)

// ParseDate reads a due day in words, on the typist's local day: today,
// tomorrow, fri (the nearest coming, never today), next friday (Friday of the
// next ISO week), in 3d, 2 weeks, in 1m (cut to the end of the month), eom,
// eoq, 15 oct, oct 15 2026, 2025-10-15, 15/10.
//
// ask is a question for the person who typed, and nothing is to be stored
// before it is answered: which of two readings was meant (day is then empty),
// whether a later year was meant, or whether a day off of cal was. A day that
// is past or cannot be read is a fault.Invalid on the field due.
func ParseDate(words string, today people.Day, cal people.Calendar) (day people.Day, ask string, err error) {
	w := dateWords(words)
	if w == "" {
		return "", "", fault.Invalidf("due", "A date is needed. Write fri, in 2w, 15 oct or 2025-10-15.")
	}
	day, ask, ok := readDate(w, today)
	switch {
	case !ok:
		return "", "", fault.Invalidf("due", "%q is not a date. Write fri, in 2w, 15 oct or 2025-10-15.", short(words, 40))
	case day == "":
		return "", ask, nil
	case day < today:
		return "", "", fault.Invalidf("due", "%s is past. Take a day from today on.", ShowDay(day, today))
	case ask == "":
		ask = DayOff(day, today, cal, "you")
	}
	return day, ask, nil
}

// ResolveDue is ParseDate for a verb that must decide now: a question is a
// fault.Invalid on the field due with the question as its sentence. why, at
// least ten characters, answers the one about a day off.
func ResolveDue(words string, today people.Day, cal people.Calendar, whose, why string) (people.Day, error) {
	day, ask, err := ParseDate(words, today, cal)
	if err != nil || ask == "" {
		return day, err
	}
	off := day != "" && DayOff(day, today, cal, "you") == ask
	if off && longEnough(why) {
		return day, nil
	}
	if off {
		ask = DayOff(day, today, cal, whose)
	}
	return "", fault.Invalidf("due", "%s", ask)
}

// dateWords brings what was typed into one form: lower case, single spaces,
// without the small words that lead to a date.
func dateWords(s string) string {
	f := strings.Fields(strings.ToLower(s))
	for len(f) > 1 && (f[0] == "in" || f[0] == "by" || f[0] == "on" || f[0] == "due" || f[0] == "until") {
		f = f[1:]
	}
	return strings.Join(f, " ")
}

// readDate tries each form in turn. ok is false when none fits.
func readDate(w string, today people.Day) (day people.Day, ask string, ok bool) {
	forms := []func(string, people.Day) (people.Day, string, bool){
		readWord, readWeekday, readSpan, readISO, readNamed, readSlashes,
	}
	for _, f := range forms {
		if day, ask, ok = f(w, today); ok {
			return day, ask, true
		}
	}
	return "", "", false
}

func readWord(w string, today people.Day) (people.Day, string, bool) {
	t := today.Time()
	switch w {
	case "today":
		return today, "", true
	case "tomorrow":
		return today.Add(1), "", true
	case "eom", "end of month", "end of the month":
		return lastOf(t.Year(), t.Month()), "", true
	case "eoq", "end of quarter", "end of the quarter":
		return lastOf(t.Year(), (t.Month()-1)/3*3+3), "", true
	}
	return "", "", false
}

// lastOf gives the last day of a month.
func lastOf(year int, month time.Month) people.Day {
	return people.DayOf(time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC), time.UTC)
}

// readWeekday reads fri and next friday.
func readWeekday(w string, today people.Day) (people.Day, string, bool) {
	name, next := strings.CutPrefix(w, "next ")
	wd, ok := weekday(name)
	if !ok {
		return "", "", false
	}
	if next {
		monday := today.Add(7 - isoWeekday(today.Weekday()))
		return monday.Add(isoWeekday(wd)), "", true
	}
	return today.Add(1 + (int(wd)-int(today.Weekday())+6)%7), "", true
}

// isoWeekday counts from Monday, 0, to Sunday, 6.
func isoWeekday(d time.Weekday) int { return (int(d) + 6) % 7 }

func weekday(name string) (time.Weekday, bool) {
	for d := time.Sunday; d <= time.Saturday; d++ {
		full := strings.ToLower(d.String())
		if name == full || len(name) >= 3 && len(name) <= 5 && strings.HasPrefix(full, name) {
			return d, true
		}
	}
	return 0, false
}

var spanForm = regexp.MustCompile(`^([0-9]{1,3}) ?(d|days?|w|weeks?|m|months?)$`)

// readSpan reads 3d, 2 weeks, 1m.
func readSpan(w string, today people.Day) (people.Day, string, bool) {
	m := spanForm.FindStringSubmatch(w)
	if m == nil {
		return "", "", false
	}
	n, _ := strconv.Atoi(m[1])
	switch m[2][0] {
	case 'd':
		return today.Add(n), "", true
	case 'w':
		return today.Add(7 * n), "", true
	}
	return addMonths(today, n), "", true
}

// addMonths cuts to the end of a shorter month: 31 Jan + 1 is 28 Feb.
func addMonths(d people.Day, n int) people.Day {
	t := d.Time()
	last := lastOf(t.Year(), t.Month()+time.Month(n))
	return last.Add(min(t.Day()-last.Time().Day(), 0))
}

func readISO(w string, _ people.Day) (people.Day, string, bool) {
	d, err := people.ParseDay(w)
	return d, "", err == nil
}

var (
	dayMonth = regexp.MustCompile(`^([0-9]{1,2})(?:st|nd|rd|th|\.)? ?(?:of )?([a-z]{3,9})\.?,?(?: ([0-9]{4}))?$`)
	monthDay = regexp.MustCompile(`^([a-z]{3,9})\.? ([0-9]{1,2})(?:st|nd|rd|th)?,?(?: ([0-9]{4}))?$`)
	slashes  = regexp.MustCompile(`^([0-9]{1,2})/([0-9]{1,2})(?:/([0-9]{4}))?$`)
	dots     = regexp.MustCompile(`^([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})$`)
)

// readNamed reads 15 oct, oct 15, with or without a year.
func readNamed(w string, today people.Day) (people.Day, string, bool) {
	m := dayMonth.FindStringSubmatch(w)
	if m == nil {
		if m = monthDay.FindStringSubmatch(w); m == nil {
			return "", "", false
		}
		m[1], m[2] = m[2], m[1]
	}
	month, ok := monthNamed(m[2])
	if !ok {
		return "", "", false
	}
	day, _ := strconv.Atoi(m[1])
	return yearly(day, month, m[3], today)
}

func monthNamed(name string) (time.Month, bool) {
	for m := time.January; m <= time.December; m++ {
		full := strings.ToLower(m.String())
		if name == full || name == full[:3] || name == "sept" && m == time.September {
			return m, true
		}
	}
	return 0, false
}

// readSlashes reads 15/10 in either order when only one is possible, and asks
// when both are; 15.10.2025 is always day, month, year.
func readSlashes(w string, today people.Day) (people.Day, string, bool) {
	if m := dots.FindStringSubmatch(w); m != nil {
		return ofNumbers(m[1], m[2], m[3], today)
	}
	m := slashes.FindStringSubmatch(w)
	if m == nil {
		return "", "", false
	}
	one, ask, okOne := ofNumbers(m[1], m[2], m[3], today)
	two, askTwo, okTwo := ofNumbers(m[2], m[1], m[3], today)
	switch {
	case okOne && okTwo && one != two:
		return "", fmt.Sprintf("%s can be %s or %s. Write %s or %s.", w, ShowDay(one, today), ShowDay(two, today), one, two), true
	case okOne:
		return one, ask, true
	}
	return two, askTwo, okTwo
}

func ofNumbers(day, month, year string, today people.Day) (people.Day, string, bool) {
	d, _ := strconv.Atoi(day)
	m, _ := strconv.Atoi(month)
	if m < 1 || m > 12 {
		return "", "", false
	}
	return yearly(d, time.Month(m), year, today)
}

// yearly puts a year to a day and month: the one that was typed, else the
// first in which the day exists and is not past, asked when it is a later one.
func yearly(day int, month time.Month, year string, today people.Day) (people.Day, string, bool) {
	if year != "" {
		y, _ := strconv.Atoi(year)
		d, ok := dayIn(y, month, day)
		return d, "", ok
	}
	this := today.Time().Year()
	for y := this; y <= this+8; y++ {
		d, ok := dayIn(y, month, day)
		if !ok || d < today {
			continue
		}
		if y == this {
			return d, "", true
		}
		return d, fmt.Sprintf("%d %s of this year is past or does not exist. Is it %s? Then write %s.", day, month.String()[:3], ShowDay(d, today), d), true
	}
	return "", "", false
}

// dayIn gives a day of a year; ok is false when there is none.
func dayIn(year int, month time.Month, day int) (people.Day, bool) {
	d, err := people.ParseDay(fmt.Sprintf("%04d-%02d-%02d", year, int(month), day))
	return d, err == nil
}
