package templates

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// briefly writes a duration for a drawing: 45 s, 2 min, 3 h 35 min, 4 d 2 h.
func briefly(d time.Duration) string {
	if d < time.Minute {
		return strconv.Itoa(int(d.Round(time.Second).Seconds())) + " s"
	}
	m := int(d.Round(time.Minute).Minutes())
	switch {
	case m < 60:
		return strconv.Itoa(m) + " min"
	case m < 48*60:
		return parts(m/60, " h", m%60, " min")
	}
	return parts(m/60/24, " d", m/60%24, " h")
}

func parts(large int, unit string, small int, smallUnit string) string {
	if small == 0 {
		return strconv.Itoa(large) + unit
	}
	return strconv.Itoa(large) + unit + " " + strconv.Itoa(small) + smallUnit
}

// inWords writes a duration for a sentence that is read aloud: 3 hours 35 minutes.
func inWords(d time.Duration) string {
	if d < time.Minute {
		return counted(int(d.Round(time.Second).Seconds()), "second")
	}
	m := int(d.Round(time.Minute).Minutes())
	large, unit, small, smallUnit := m/60, "hour", m%60, "minute"
	switch {
	case m < 60:
		return counted(m, "minute")
	case m >= 48*60:
		large, unit, small, smallUnit = m/60/24, "day", m/60%24, "hour"
	}
	if small == 0 {
		return counted(large, unit)
	}
	return counted(large, unit) + " " + counted(small, smallUnit)
}

func counted(n int, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return strconv.Itoa(n) + " " + unit + "s"
}

// figureNumber writes a value as short as a reader needs it: 0.2, 98.4, 12,000,
// 410 m, 2.9 bn.
func figureNumber(v float64) string {
	size := math.Abs(v)
	switch {
	case size >= 1e15 || size > 0 && size < 1e-4:
		return strconv.FormatFloat(v, 'g', 3, 64)
	case size >= 1e9:
		return significant(v/1e9) + " bn"
	case size >= 1e6:
		return significant(v/1e6) + " m"
	case size >= 1000:
		return grouped(strconv.FormatFloat(v, 'f', 0, 64))
	}
	return significant(v)
}

// significant writes at most four digits that count, and no zeros behind them.
func significant(v float64) string {
	if v == 0 {
		return "0"
	}
	digits := 3 - int(math.Floor(math.Log10(math.Abs(v))))
	s := strconv.FormatFloat(v, 'f', max(0, min(8, digits)), 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

func grouped(s string) string {
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}
