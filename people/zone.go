package people

import (
	"fmt"
	"regexp"
	"strconv"
	"time"

	"coetracker/internal/fault"
)

// fixedOffset is a zone written as a distance from UTC, such as UTC+05:30.
var fixedOffset = regexp.MustCompile(`^UTC([+-])([0-9]{2}):([0-9]{2})$`)

// ianaName is what a zone of the IANA database looks like. It keeps paths and
// the machine's own zone ("Local") out.
var ianaName = regexp.MustCompile(`^[A-Z][A-Za-z0-9+_-]*(/[A-Za-z0-9+_-]+)*$`)

// LoadZone finds the zone that a person, a team or the instance stores: an
// IANA name such as Europe/London, or a fixed offset such as UTC+05:30. The
// location's name is the text to store. Anything else is a fault.Invalid on
// the field zone.
func LoadZone(name string) (*time.Location, error) {
	if m := fixedOffset.FindStringSubmatch(name); m != nil {
		return fixedZone(name, m[1], m[2], m[3])
	}
	if len(name) > 64 || name == "Local" || !ianaName.MatchString(name) {
		return nil, unknownZone(name)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, unknownZone(name)
	}
	return zone, nil
}

func fixedZone(name, sign, hours, minutes string) (*time.Location, error) {
	h, _ := strconv.Atoi(hours)
	m, _ := strconv.Atoi(minutes)
	if h > 14 || m > 59 || h == 14 && m > 0 {
		return nil, unknownZone(name)
	}
	seconds := h*3600 + m*60
	if seconds == 0 {
		return time.UTC, nil
	}
	if sign == "-" {
		seconds = -seconds
	}
	return time.FixedZone(name, seconds), nil
}

func unknownZone(name string) error {
	return fault.Invalidf("zone", "%s is not a known time zone. Write a name such as Europe/London, or an offset such as UTC+02:00.", quote(name))
}

// quote shows what somebody typed inside a sentence, shortened.
func quote(s string) string {
	if r := []rune(s); len(r) > 60 {
		s = string(r[:60]) + "…"
	}
	return fmt.Sprintf("%q", s)
}

// zoneText checks a zone somebody wrote; empty is allowed and means the next
// wider one: team, then instance.
func zoneText(s string) (string, error) {
	if s == "" {
		return "", nil
	}
	zone, err := LoadZone(s)
	if err != nil {
		return "", err
	}
	return zone.String(), nil
}
