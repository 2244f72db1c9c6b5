package timeline

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"coetracker/internal/fault"
)

// abbreviation is a short zone name as people write it. A fixed offset is what
// the letters say; the region is the place whose clock people mean by it.
type abbreviation struct {
	minutes int    // offset from UTC that the letters say
	region  string // IANA zone whose clock is meant
}

// abbreviations holds the short names that have one meaning in practice.
func abbreviations(name string) (abbreviation, bool) {
	switch name {
	case "UTC", "Z", "UCT", "ZULU", "GMT":
		return abbreviation{0, "UTC"}, true
	case "WET":
		return abbreviation{0, "Europe/Lisbon"}, true
	case "WEST":
		return abbreviation{60, "Europe/Lisbon"}, true
	case "CET":
		return abbreviation{60, "Europe/Berlin"}, true
	case "CEST", "MEZ", "MESZ":
		return central(name), true
	case "EET":
		return abbreviation{120, "Europe/Helsinki"}, true
	case "EEST":
		return abbreviation{180, "Europe/Helsinki"}, true
	case "MSK":
		return abbreviation{180, "Europe/Moscow"}, true
	case "EST":
		return abbreviation{-300, "America/New_York"}, true
	case "EDT", "ET":
		return abbreviation{-240, "America/New_York"}, true
	case "CDT", "CT":
		return abbreviation{-300, "America/Chicago"}, true
	case "MST":
		return abbreviation{-420, "America/Denver"}, true
	case "MDT", "MT":
		return abbreviation{-360, "America/Denver"}, true
	case "PST":
		return abbreviation{-480, "America/Los_Angeles"}, true
	case "PDT", "PT":
		return abbreviation{-420, "America/Los_Angeles"}, true
	case "AKST":
		return abbreviation{-540, "America/Anchorage"}, true
	case "AKDT":
		return abbreviation{-480, "America/Anchorage"}, true
	case "HST":
		return abbreviation{-600, "Pacific/Honolulu"}, true
	case "BRT":
		return abbreviation{-180, "America/Sao_Paulo"}, true
	case "SAST":
		return abbreviation{120, "Africa/Johannesburg"}, true
	case "SGT":
		return abbreviation{480, "Asia/Singapore"}, true
	case "HKT":
		return abbreviation{480, "Asia/Hong_Kong"}, true
	case "JST":
		return abbreviation{540, "Asia/Tokyo"}, true
	case "KST":
		return abbreviation{540, "Asia/Seoul"}, true
	case "AWST":
		return abbreviation{480, "Australia/Perth"}, true
	case "AEST":
		return abbreviation{600, "Australia/Sydney"}, true
	case "AEDT":
		return abbreviation{660, "Australia/Sydney"}, true
	case "NZST":
		return abbreviation{720, "Pacific/Auckland"}, true
	case "NZDT":
		return abbreviation{780, "Pacific/Auckland"}, true
	}
	return abbreviation{}, false
}

// central gives the German and the summer names of central European time.
func central(name string) abbreviation {
	if name == "MEZ" {
		return abbreviation{60, "Europe/Berlin"}
	}
	return abbreviation{120, "Europe/Berlin"}
}

// meanings lists the zones that an ambiguous short name can stand for.
func meanings(name string) []string {
	switch name {
	case "IST":
		return []string{"Asia/Kolkata", "Europe/Dublin", "Asia/Jerusalem"}
	case "CST":
		return []string{"America/Chicago", "Asia/Shanghai", "America/Havana"}
	case "BST":
		return []string{"Europe/London", "Asia/Dhaka"}
	}
	return nil
}

// Meanings lists the IANA zones that an ambiguous short name (IST, CST, BST)
// can stand for, the most usual first; nil when the name is not ambiguous.
func Meanings(name string) []string { return meanings(strings.ToUpper(strings.TrimSpace(name))) }

// Region gives the place whose clock people mean by an unambiguous short name
// such as PST, and the minutes from UTC that the letters say.
func Region(abbr string) (iana string, minutes int, ok bool) {
	a, ok := abbreviations(strings.ToUpper(abbr))
	return a.region, a.minutes, ok
}

// LoadZone finds a zone by IANA name, UTC±hh:mm or an unambiguous short name
// such as PST, which stands for its region. The second result is the name to
// store: an IANA name or UTC±hh:mm. An unknown or ambiguous name is a
// fault.Invalid whose sentence says what to write instead.
func LoadZone(name string) (*time.Location, string, error) {
	name = strings.TrimSpace(name)
	if m := Meanings(name); m != nil {
		return nil, "", fault.Invalidf("zone", "%s can mean several zones. Write %s.", name, orList(m))
	}
	if a, ok := abbreviations(strings.ToUpper(name)); ok {
		name = a.region
	}
	if minutes, ok := parseOffset(name); ok {
		return FixedZone(minutes), fixedName(minutes), nil
	}
	if !plausibleIANA(name) {
		return nil, "", unknownZone(name)
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, "", unknownZone(name)
	}
	return loc, loc.String(), nil
}

func unknownZone(name string) error {
	return fault.Invalidf("zone", "%q is not a known time zone. Write a name such as Europe/London, or an offset such as UTC+02:00.", clip(name, 40))
}

// plausibleIANA keeps paths, empty names and the machine's own zone out of
// time.LoadLocation.
func plausibleIANA(name string) bool {
	if name == "" || len(name) > 40 || name == "Local" {
		return false
	}
	for _, r := range name {
		ok := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/_+-", r)
		if !ok {
			return false
		}
	}
	return name[0] >= 'A' && name[0] <= 'Z'
}

// FixedZone gives a location at a fixed number of minutes from UTC, named
// UTC±hh:mm, or UTC itself for zero.
func FixedZone(minutes int) *time.Location {
	if minutes == 0 {
		return time.UTC
	}
	return time.FixedZone(fixedName(minutes), minutes*60)
}

func fixedName(minutes int) string {
	if minutes == 0 {
		return "UTC"
	}
	sign := '+'
	if minutes < 0 {
		sign, minutes = '-', -minutes
	}
	return fmt.Sprintf("UTC%c%02d:%02d", sign, minutes/60, minutes%60)
}

// parseOffset reads UTC+2, GMT-05:30, +0900, -8 and the like as minutes.
func parseOffset(s string) (minutes int, ok bool) {
	up := strings.ToUpper(s)
	named := strings.HasPrefix(up, "UTC") || strings.HasPrefix(up, "GMT")
	if named {
		up = strings.TrimSpace(up[3:])
	}
	up = strings.Replace(up, "−", "-", 1)
	if len(up) < 2 || up[0] != '+' && up[0] != '-' {
		return 0, false
	}
	h, m, ok := splitOffset(up[1:])
	if !ok || h > 14 || m > 59 || h == 14 && m > 0 {
		return 0, false
	}
	minutes = h*60 + m
	if up[0] == '-' {
		minutes = -minutes
	}
	return minutes, true
}

// splitOffset takes the digits of an offset apart: 9, 09, 0900 or 09:00.
func splitOffset(digits string) (h, m int, ok bool) {
	hour, minute, colon := strings.Cut(digits, ":")
	if !colon && len(digits) == 4 {
		hour, minute = digits[:2], digits[2:]
	}
	if len(hour) < 1 || len(hour) > 2 || minute != "" && len(minute) != 2 || colon && minute == "" {
		return 0, 0, false
	}
	h, errH := strconv.Atoi(hour)
	m, errM := 0, error(nil)
	if minute != "" {
		m, errM = strconv.Atoi(minute)
	}
	return h, m, errH == nil && errM == nil && h >= 0 && m >= 0
}

func orList(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// clip shortens a text to n runes for showing it in a sentence.
func clip(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n]) + "…"
}
