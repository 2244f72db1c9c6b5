package evidence

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

var instantLayouts = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05.999999999-0700", "2006-01-02T15:04Z07:00",
	"2006-01-02 15:04:05.999999999 -0700 MST", "2006-01-02 15:04:05.999999999 -0700", "2006-01-02 15:04:05.999999999Z07:00",
	"2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999", "2006-01-02T15:04", "2006-01-02 15:04",
	time.RFC1123Z, time.RFC1123, time.UnixDate, "Mon, 2 Jan 2006 15:04:05 -0700", "Mon, 2 Jan 2006 15:04:05 MST",
}

var epochForm = regexp.MustCompile(`^[0-9]{9,19}(\.[0-9]+)?$|^[0-9]\.[0-9]+[eE]\+?[0-9]{1,2}$`)

// ParseInstant reads an instant as tools write it: RFC 3339, offsets without a
// colon, Unix seconds, milliseconds, microseconds or nanoseconds. A time without
// a zone is UTC; years before 1970 stand for no time, as 0001-01-01 does. The
// instant is in UTC, in microseconds.
func ParseInstant(s string) (time.Time, bool) {
	s = strings.TrimSpace(s)
	if s == "" {
		return time.Time{}, false
	}
	if epochForm.MatchString(s) {
		return epoch(s)
	}
	if utc, ok := strings.CutSuffix(s, " UTC"); ok && !strings.Contains(utc, ",") && !strings.Contains(utc, "+") {
		s = utc + "Z"
	}
	for _, layout := range instantLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return stored(t)
		}
	}
	return time.Time{}, false
}

// epoch tells the unit by the number of digits before the point.
func epoch(s string) (time.Time, bool) {
	if strings.ContainsAny(s, "eE") {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return time.Time{}, false
		}
		s = strconv.FormatFloat(f, 'f', -1, 64)
	}
	whole, fraction, _ := strings.Cut(s, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return time.Time{}, false
	}
	switch digits := len(whole); {
	case digits >= 18:
		return stored(time.Unix(0, n))
	case digits >= 15:
		return stored(time.UnixMicro(n))
	case digits >= 12:
		return stored(time.UnixMilli(n))
	}
	nanos, err := strconv.ParseInt((fraction + "000000000")[:9], 10, 64)
	if err != nil {
		return time.Time{}, false
	}
	return stored(time.Unix(n, nanos))
}

func stored(t time.Time) (time.Time, bool) {
	t = t.UTC().Truncate(time.Microsecond)
	return t, t.Year() >= 1970 && t.Year() <= 9999
}
