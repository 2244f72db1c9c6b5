package timeline

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"coetracker/internal/fault"
)

func at(t *testing.T, s string) *time.Time {
	t.Helper()
	v, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	v = v.UTC()
	return &v
}

func in(t *testing.T, zone string) (*time.Location, string) {
	t.Helper()
	loc, name, err := LoadZone(zone)
	if err != nil {
		t.Fatal(err)
	}
	return loc, name
}

// base is Monday 29 September 2025: the previous entry at 14:00, impact from 13:58.
func base(t *testing.T) Context {
	return Context{
		Previous: at(t, "2025-09-29T14:00:00Z"), ImpactStart: at(t, "2025-09-29T13:58:00Z"),
		Window: at(t, "2025-09-29T13:00:00Z"), Zone: time.UTC, ZoneName: "UTC",
		Now: *at(t, "2025-10-01T09:30:45Z"),
	}
}

func TestParseTime_forms(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		in, at, end string
		precision   Precision
		zone, rest  string
	}{
		{"14:02", "2025-09-29T14:02:00Z", "", Exact, "UTC", ""},
		{"14:02 Rollback started", "2025-09-29T14:02:00Z", "", Exact, "UTC", "Rollback started"},
		{"1402 go", "2025-09-29T14:02:00Z", "", Exact, "UTC", "go"},
		{"14h02 go", "2025-09-29T14:02:00Z", "", Exact, "UTC", "go"},
		{"14.02 go", "2025-09-29T14:02:00Z", "", Exact, "UTC", "go"},
		{"2:02p go", "2025-09-29T14:02:00Z", "", Exact, "UTC", "go"},
		{"2:02 PM go", "2025-09-29T14:02:00Z", "", Exact, "UTC", "go"},
		{"2:02pm go", "2025-09-29T14:02:00Z", "", Exact, "UTC", "go"},
		{"2:02 p.m. go", "2025-09-29T14:02:00Z", "", Exact, "UTC", "go"},
		{"2pm go", "2025-09-29T14:00:00Z", "", Exact, "UTC", "go"},
		{"12:15 PM go", "2025-09-29T12:15:00Z", "", Exact, "UTC", "go"},
		{"14:02:31 go", "2025-09-29T14:02:31Z", "", Exact, "UTC", "go"},
		{"14:02:31.25 go", "2025-09-29T14:02:31.25Z", "", Exact, "UTC", "go"},
		{"9:05 go", "2025-09-29T09:05:00Z", "", Exact, "UTC", "go"},
		{"12:15 AM go", "2025-09-30T00:15:00Z", "", Exact, "UTC", "go"},
		{"+5 go", "2025-09-29T14:05:00Z", "", Exact, "UTC", "go"},
		{"+5m go", "2025-09-29T14:05:00Z", "", Exact, "UTC", "go"},
		{"+1h10 go", "2025-09-29T15:10:00Z", "", Exact, "UTC", "go"},
		{"+1h10m go", "2025-09-29T15:10:00Z", "", Exact, "UTC", "go"},
		{"+90s go", "2025-09-29T14:01:30Z", "", Exact, "UTC", "go"},
		{"T+5m go", "2025-09-29T14:03:00Z", "", Exact, "UTC", "go"},
		{"T-10m go", "2025-09-29T13:48:00Z", "", Exact, "UTC", "go"},
		{"T+1h10 go", "2025-09-29T15:08:00Z", "", Exact, "UTC", "go"},
		{"now go", "2025-10-01T09:30:00Z", "", Exact, "UTC", "go"},
		{"yesterday 23:10 go", "2025-09-30T23:10:00Z", "", Exact, "UTC", "go"},
		{"today 08:00 go", "2025-10-01T08:00:00Z", "", Exact, "UTC", "go"},
		{"fri 9:00 go", "2025-09-26T09:00:00Z", "", Exact, "UTC", "go"},
		{"thu 9:00 go", "2025-10-02T09:00:00Z", "", Exact, "UTC", "go"},
		{"Monday, 9:00 go", "2025-09-29T09:00:00Z", "", Exact, "UTC", "go"},
		{"30 sep 09:10 go", "2025-09-30T09:10:00Z", "", Exact, "UTC", "go"},
		{"Sep 30, 2025 at 09:10 go", "2025-09-30T09:10:00Z", "", Exact, "UTC", "go"},
		{"September 30th 9:10 AM go", "2025-09-30T09:10:00Z", "", Exact, "UTC", "go"},
		{"30th of September 2025, 09:10 go", "2025-09-30T09:10:00Z", "", Exact, "UTC", "go"},
		{"2025-09-30 09:10 go", "2025-09-30T09:10:00Z", "", Exact, "UTC", "go"},
		{"2025-09-30T09:10:11Z go", "2025-09-30T09:10:11Z", "", Exact, "UTC", "go"},
		{"2025-09-30T09:10:11-07:00 go", "2025-09-30T16:10:11Z", "", Exact, "UTC-07:00", "go"},
		{"2025-09-30T09:10-07:00 go", "2025-09-30T16:10:00Z", "", Exact, "UTC-07:00", "go"},
		{"09-30 09:10 go", "2025-09-30T09:10:00Z", "", Exact, "UTC", "go"},
		{"30.09.2025 09:10 go", "2025-09-30T09:10:00Z", "", Exact, "UTC", "go"},
		{"9/30/2025 09:10 go", "2025-09-30T09:10:00Z", "", Exact, "UTC", "go"},
		{"30/09/2025 09:10 go", "2025-09-30T09:10:00Z", "", Exact, "UTC", "go"},
		{"10:18 AM, Sep 30 go", "2025-09-30T10:18:00Z", "", Exact, "UTC", "go"},
		{"14:02 UTC on 30 Sep go", "2025-09-30T14:02:00Z", "", Exact, "UTC", "go"},
		{"2 jan 10:00 go", "2026-01-02T10:00:00Z", "", Exact, "UTC", "go"},
		{"14:02 PST go", "2025-09-29T21:02:00Z", "", Exact, "America/Los_Angeles", "go"},
		{"14:02 pdt go", "2025-09-29T21:02:00Z", "", Exact, "America/Los_Angeles", "go"},
		{"23:02 +09:00 go", "2025-09-29T14:02:00Z", "", Exact, "UTC+09:00", "go"},
		{"10:02 -0400 go", "2025-09-29T14:02:00Z", "", Exact, "UTC-04:00", "go"},
		{"15:02 Europe/London go", "2025-09-29T14:02:00Z", "", Exact, "Europe/London", "go"},
		{"14:02 UTC+2 go", "2025-09-29T12:02:00Z", "", Exact, "UTC+02:00", "go"},
		{"14:02Z go", "2025-09-29T14:02:00Z", "", Exact, "UTC", "go"},
		{"14:02 (UTC) go", "2025-09-29T14:02:00Z", "", Exact, "UTC", "go"},
		{"~14:02 go", "2025-09-29T14:02:00Z", "", Approximate, "UTC", "go"},
		{"~ 14:02 go", "2025-09-29T14:02:00Z", "", Approximate, "UTC", "go"},
		{"around 14:02 go", "2025-09-29T14:02:00Z", "", Approximate, "UTC", "go"},
		{"14:0x go", "2025-09-29T14:00:00Z", "", Approximate, "UTC", "go"},
		{"14:?? go", "2025-09-29T14:00:00Z", "", Approximate, "UTC", "go"},
		{"2X:XX go", "2025-09-29T20:00:00Z", "", Approximate, "UTC", "go"},
		{"14:02ish go", "2025-09-29T14:02:00Z", "", Approximate, "UTC", "go"},
		{"14:02? go", "2025-09-29T14:02:00Z", "", Approximate, "UTC", "go"},
		{"??:?? go", "", "", Unknown, "UTC", "go"},
		{"--:-- go", "", "", Unknown, "UTC", "go"},
		{"14:02-14:20 go", "2025-09-29T14:02:00Z", "2025-09-29T14:20:00Z", Exact, "UTC", "go"},
		{"14:02 – 14:20 go", "2025-09-29T14:02:00Z", "2025-09-29T14:20:00Z", Exact, "UTC", "go"},
		{"14:02 to 14:20 go", "2025-09-29T14:02:00Z", "2025-09-29T14:20:00Z", Exact, "UTC", "go"},
		{"23:50-00:10 go", "2025-09-29T23:50:00Z", "2025-09-30T00:10:00Z", Exact, "UTC", "go"},
		{"2:44-3:47 PM go", "2025-09-29T14:44:00Z", "2025-09-29T15:47:00Z", Exact, "UTC", "go"},
		{"14:02-14:20 PDT go", "2025-09-29T21:02:00Z", "2025-09-29T21:20:00Z", Exact, "America/Los_Angeles", "go"},
		{"14:02 - Rollback", "2025-09-29T14:02:00Z", "", Exact, "UTC", "Rollback"},
		{"14:02: Rollback", "2025-09-29T14:02:00Z", "", Exact, "UTC", "Rollback"},
		{"2025-09-30 --:-- go", "2025-09-30T00:00:00Z", "", Approximate, "UTC", "go"},
		{"2025-09-30 10:45~ go", "2025-09-30T10:45:00Z", "", Approximate, "UTC", "go"},
		{"22:30 UTC (Sep 30) go", "2025-09-30T22:30:00Z", "", Exact, "UTC", "go"},
		{"September 30-31, 2025 10:00 go", "2025-09-30T10:00:00Z", "", Exact, "UTC", "go"},
		{"24:00 midnight", "2025-09-30T00:00:00Z", "", Exact, "UTC", "midnight"},
	} {
		t.Run(tc.in, func(t *testing.T) {
			t.Parallel()
			u, rest, err := ParseTime(tc.in, base(t))
			if err != nil {
				t.Fatal(err)
			}
			checkTime(t, "at", u.At, tc.at)
			checkTime(t, "end", u.EndAt, tc.end)
			if u.Precision != tc.precision || u.Zone != tc.zone || rest != tc.rest || u.Ask != "" {
				t.Errorf("got precision %s zone %s rest %q ask %q, want %s %s %q", u.Precision, u.Zone, rest, u.Ask, tc.precision, tc.zone, tc.rest)
			}
		})
	}
}

func checkTime(t *testing.T, what string, got *time.Time, want string) {
	t.Helper()
	text := ""
	if got != nil {
		text = got.UTC().Format(time.RFC3339Nano)
	}
	if text != want {
		t.Errorf("%s = %s, want %s", what, text, want)
	}
}

func TestParseTime_dayCarry(t *testing.T) {
	t.Parallel()
	late := base(t)
	late.Previous = at(t, "2025-09-29T23:55:00Z")
	first := base(t)
	first.Previous = nil
	bare := first
	bare.Window = nil
	for _, tc := range []struct {
		name string
		c    Context
		in   string
		at   string
		move bool
	}{
		{"exactly six hours back stays", base(t), "08:00", "2025-09-29T08:00:00Z", false},
		{"more than six hours back is the next day", base(t), "07:59", "2025-09-30T07:59:00Z", true},
		{"after midnight", late, "00:10", "2025-09-30T00:10:00Z", true},
		{"first entry takes the window's day", first, "13:10", "2025-09-29T13:10:00Z", false},
		{"without a window the latest past, today", bare, "09:00", "2025-10-01T09:00:00Z", false},
		{"without a window the latest past, yesterday", bare, "11:00", "2025-09-30T11:00:00Z", false},
		{"weekday without a reference is the latest past", bare, "wed 11:00", "2025-09-24T11:00:00Z", false},
		{"date without a reference is the latest past", bare, "15 oct 11:00", "2024-10-15T11:00:00Z", false},
		{"29 Feb looks for a leap year", bare, "29 feb 11:00", "2024-02-29T11:00:00Z", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			u, _, err := ParseTime(tc.in, tc.c)
			if err != nil {
				t.Fatal(err)
			}
			checkTime(t, "at", u.At, tc.at)
			if u.DayMoved != tc.move {
				t.Errorf("DayMoved = %v, want %v", u.DayMoved, tc.move)
			}
		})
	}
}

func TestParseTime_asks(t *testing.T) {
	t.Parallel()
	london, name := in(t, "Europe/London")
	c := Context{Zone: london, ZoneName: name, Now: *at(t, "2025-12-01T00:00:00Z")}
	for _, tc := range []struct {
		in, ask string
		choices int
	}{
		{"14:02 IST", "IST can mean", 3},
		{"14:02 CST", "CST can mean", 3},
		{"14:02 BST", "BST can mean", 2},
		{"2025-03-30 01:30", "jumped over 01:30", 2},
		{"2025-10-26 01:30", "showed 01:30 twice", 2},
	} {
		u, _, err := ParseTime(tc.in, c)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(u.Ask, tc.ask) || len(u.Choices) != tc.choices {
			t.Errorf("%s: ask %q, choices %v", tc.in, u.Ask, u.Choices)
		}
		for _, choice := range u.Choices {
			answered, _, err := ParseTime(tc.in[:len(tc.in)-len(zoneTail(tc.in))]+" "+choice, c)
			if err != nil || answered.Ask != "" || answered.At == nil {
				t.Errorf("%s with %s still asks %q (%v)", tc.in, choice, answered.Ask, err)
			}
		}
	}
}

func zoneTail(s string) string {
	if i := strings.LastIndex(s, " "); i >= 0 && s[i+1] >= 'A' {
		return s[i:]
	}
	return ""
}

func TestParseTime_echo(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ in, echo string }{
		{"14:02 x", "Mon 29 Sep 2025 14:02 UTC, T+4m"},
		{"13:48 x", "Mon 29 Sep 2025 13:48 UTC, T-10m"},
		{"~15:08 x", "about Mon 29 Sep 2025 15:08 UTC, T+1h10m"},
		{"14:02-14:20 x", "Mon 29 Sep 2025 14:02–14:20 UTC, T+4m"},
		{"07:02 PDT x", "Mon 29 Sep 2025 07:02 PDT, T+4m"},
		{"23:02 +09:00 x", "Mon 29 Sep 2025 23:02 UTC+09:00, T+4m"},
		{"??:?? x", "Time unknown"},
	} {
		u, _, err := ParseTime(tc.in, base(t))
		if err != nil || u.Echo != tc.echo {
			t.Errorf("%s: echo %q (%v), want %q", tc.in, u.Echo, err, tc.echo)
		}
	}
}

func TestParseTime_refuses(t *testing.T) {
	t.Parallel()
	empty := Context{Zone: time.UTC, Now: *at(t, "2025-10-01T09:30:00Z")}
	for _, in := range []string{
		"", "   ", "Rollback started", "25:00 x", "14:60 x", "3 pods died", "14:02abc", "1.27.3 released",
		"+5 x", "T+5m x", "2025-02-30 10:00 x", "10.0.0.1 is down", "500 errors", "12:30:45:12 x", "fri deploy failed", "nowhere",
	} {
		if u, _, err := ParseTime(in, empty); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: understood as %q, error %v", in, u.Echo, err)
		}
	}
}

func TestParseTime_remarks(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ in, want string }{
		{"2025-07-01 14:02 PST x", "PST is written"},
		{"2025-12-01 14:02 PST x", ""},
		{"2025-07-01 14:02 CET x", "CET is written"},
		{"03/04/2025 14:02 x", "Day and month could be exchanged"},
		{"Tue 29 Sep 2025 14:02 x", "is a Monday, not a Tuesday"},
		{"2025-09-30 14:02 - 2025-09-29 10:00 x", "ends before it begins"},
	} {
		u, _, err := ParseTime(tc.in, base(t))
		if err != nil {
			t.Fatal(err)
		}
		if tc.want == "" && u.Warning != "" || !strings.Contains(u.Warning, tc.want) {
			t.Errorf("%s: warning %q, want %q", tc.in, u.Warning, tc.want)
		}
	}
}

func TestParseLine(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		in, text, who string
		kind          Kind
		how           string
		timed         bool
	}{
		{"14:02 Rollback started @ana #deploy", "Rollback started", "ana", Change, "", true},
		{"14:02 Customers report 500s #customer", "Customers report 500s", "", Detected, ByCustomer, true},
		{"14:02 Alarm fired #detected:canary @on-call", "Alarm fired", "on-call", Detected, ByCanary, true},
		{"14:02 see #1234", "see #1234", "", Note, "", true},
		{"14:02 @ana restarted it", "@ana restarted it", "", Note, "", true},
		{"14:02 keep #whatever", "keep #whatever", "", Note, "", true},
		{"more detail", "more detail", "", Note, "", false},
		{"14:02", "", "", Note, "", true},
	} {
		l, err := ParseLine(tc.in, base(t))
		if err != nil {
			t.Fatal(err)
		}
		if l.Text != tc.text || l.Who != tc.who || l.Kind != tc.kind || l.DetectedHow != tc.how || l.HasTime != tc.timed {
			t.Errorf("%s: got %q who %q kind %s how %q timed %v", tc.in, l.Text, l.Who, l.Kind, l.DetectedHow, l.HasTime)
		}
	}
}

func TestLoadZone(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Europe/London": "Europe/London", "PST": "America/Los_Angeles", "utc": "UTC", "GMT": "UTC",
		"UTC+02:00": "UTC+02:00", "+0530": "UTC+05:30", "-8": "UTC-08:00", "UTC+0": "UTC", "UTC±0": "",
		"": "", "Local": "", "../etc/passwd": "", "BST": "", "Mars/Base": "", "UTC+15": "",
	} {
		_, got, err := LoadZone(in)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("LoadZone(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
}

func FuzzParseTime(f *testing.F) {
	for _, s := range []string{"14:02-14:20 PDT x", "2025-09-30T09:10:11-07:00", "~14:0x", "T+1h10", "30th of Sept. 2025, 09.10 (UTC)", "Mon 9/30 2 p.m.", "99999-99-99 99:99", "\u00a014:02\u202fPM"} {
		f.Add(s)
	}
	when := time.Date(2025, 9, 29, 14, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, s string) {
		for _, c := range []Context{{Now: when}, {Previous: &when, ImpactStart: &when, Now: when}} {
			u, rest, err := ParseTime(s, c)
			if err == nil && u.Precision != Unknown && u.At == nil && u.Ask == "" {
				t.Fatalf("%q is understood without a time", s)
			}
			if err == nil && len(rest) > len(s) {
				t.Fatalf("%q grew to %q", s, rest)
			}
			if u.EndAt != nil && u.EndAt.Before(*u.At) {
				t.Fatalf("%q ends before it begins", s)
			}
		}
	})
}
