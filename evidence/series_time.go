package evidence

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// The forms a time in the first column may have. The first ones carry a zone,
// the others are in the zone that was asked for. Fractions of a second are read
// wherever there are seconds.
var (
	zonedLayouts = []string{
		time.RFC3339, "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 Z07:00",
		"2006-01-02 15:04:05 -0700", "2006-01-02T15:04:05-0700", "2006-01-02T15:04Z07:00", "2006-01-02 15:04Z07:00",
	}
	localLayouts = []string{
		"2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02T15:04",
		"2006/01/02 15:04:05", "2006/01/02 15:04",
	}
	unixForm = regexp.MustCompile(`^[0-9]{9,13}(\.[0-9]{1,9})?$`)
)

// parseTime reads one time. What is wrong with it is a sentence that follows
// "Line 7: ", empty when nothing is.
func parseTime(cell string, zone *time.Location) (at time.Time, wrong string) {
	if zone == nil {
		zone = time.UTC
	}
	cell = strings.TrimSpace(cell)
	if unixForm.MatchString(cell) {
		return unixTime(cell)
	}
	if utc, ok := strings.CutSuffix(cell, " UTC"); ok {
		cell = utc + "Z"
	}
	for _, layout := range zonedLayouts {
		if at, err := time.Parse(layout, cell); err == nil {
			return asStored(at)
		}
	}
	for _, layout := range localLayouts {
		if at, err := time.ParseInLocation(layout, cell, zone); err == nil {
			return localTime(at, layout, cell, zone)
		}
	}
	if cell == "" {
		return at, "the time is missing. Write it into the first column, such as 2025-09-29 16:58."
	}
	return at, fmt.Sprintf("“%s” is not a time we read. Write 2025-09-29 16:58, 2025-09-29T16:58:00Z or Unix seconds.", shorten(cell))
}

// unixTime takes up to ten digits for seconds and thirteen for milliseconds.
func unixTime(cell string) (at time.Time, wrong string) {
	whole, fraction, _ := strings.Cut(cell, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return at, fmt.Sprintf("“%s” is not a time we read. Write Unix seconds or milliseconds.", shorten(cell))
	}
	switch {
	case len(whole) >= 12:
		return asStored(time.UnixMilli(n))
	case len(whole) == 11:
		return at, fmt.Sprintf("“%s” has 11 digits, so it is neither Unix seconds (10) nor milliseconds (13). Write one of them.", cell)
	}
	nanos, _ := strconv.ParseInt((fraction + "000000000")[:9], 10, 64)
	return asStored(time.Unix(n, nanos))
}

// localTime refuses wall clock times that a change of the clocks skips or
// repeats, as nobody can tell which instant is meant.
func localTime(at time.Time, layout, cell string, zone *time.Location) (time.Time, string) {
	typed, err := time.Parse(layout, cell)
	if err != nil || at.Format(layout) != typed.Format(layout) {
		return at, fmt.Sprintf("%s does not exist in %s: the clocks go forward then. Write it with its offset, such as %s.", cell, zone, at.Format(time.RFC3339))
	}
	for _, d := range []time.Duration{30 * time.Minute, time.Hour, 2 * time.Hour} {
		for _, other := range []time.Time{at.Add(d), at.Add(-d)} {
			if other.Format(layout) == at.Format(layout) {
				return at, fmt.Sprintf("%s happens twice in %s: the clocks go back then. Write it with its offset, such as %s.", cell, zone, at.Format(time.RFC3339))
			}
		}
	}
	return asStored(at)
}

// asStored gives the instant as it is kept: UTC, microseconds, a year of four digits.
func asStored(at time.Time) (time.Time, string) {
	at = at.UTC().Truncate(time.Microsecond)
	if at.Year() < 1970 || at.Year() > 9999 {
		return at, fmt.Sprintf("the year %d cannot be meant. Write the time as 2025-09-29 16:58.", at.Year())
	}
	return at, ""
}
