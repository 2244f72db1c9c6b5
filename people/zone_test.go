package people

import (
	"testing"
	"time"

	"coetracker/internal/fault"
)

func TestLoadZone(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"UTC": "UTC", "Europe/London": "Europe/London", "America/Argentina/Buenos_Aires": "America/Argentina/Buenos_Aires",
		"UTC+05:30": "UTC+05:30", "UTC-08:00": "UTC-08:00", "UTC+14:00": "UTC+14:00", "UTC+00:00": "UTC", "Etc/GMT+5": "Etc/GMT+5",
	} {
		zone, err := LoadZone(in)
		if err != nil || zone.String() != want {
			t.Errorf("LoadZone(%q) = %v, %v, want %s", in, zone, err, want)
		}
	}
	for _, in := range []string{"", "Local", "PSTX", "Mars/Olympus", "../etc/passwd", "/etc/localtime", "Europe/../UTC", "UTC+5", "UTC+14:30", "UTC+02:60", "utc", "Europe/London\n"} {
		if _, err := LoadZone(in); !fault.Is(err, fault.Invalid) {
			t.Errorf("LoadZone(%q) = %v, want an invalid zone", in, err)
		}
	}
}

func TestOverdueAtIsTheNextLocalMidnight(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ zone, day, want string }{
		{"UTC", "2025-10-01", "2025-10-02T00:00:00Z"},
		{"America/Los_Angeles", "2025-10-01", "2025-10-02T07:00:00Z"},
		{"UTC+05:30", "2025-10-01", "2025-10-01T18:30:00Z"},
		{"America/Los_Angeles", "2026-03-07", "2026-03-08T08:00:00Z"}, // the day before clocks go forward
		{"America/Los_Angeles", "2026-03-08", "2026-03-09T07:00:00Z"},
		{"America/Sao_Paulo", "2018-11-03", "2018-11-04T03:00:00Z"}, // 00:00 does not exist
		{"America/Havana", "2025-11-01", "2025-11-02T04:00:00Z"},    // 00:00 comes twice
		{"Australia/Lord_Howe", "2026-04-04", "2026-04-04T13:00:00Z"},
	} {
		zone, err := LoadZone(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := OverdueAt(Day(c.day), zone).UTC().Format(time.RFC3339); got != c.want {
			t.Errorf("overdue in %s after %s: %s, want %s", c.zone, c.day, got, c.want)
		}
	}
}

func TestMidnightIsTheFirstInstantOfItsDay(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"America/Havana", "America/Sao_Paulo", "Africa/Cairo", "Asia/Beirut", "America/Asuncion", "America/Scoresbysund", "Europe/Berlin", "Australia/Lord_Howe"} {
		zone, err := LoadZone(name)
		if err != nil {
			t.Fatal(err)
		}
		for day := Day("2015-01-01"); day < "2027-01-01"; day = day.Add(1) {
			m := day.Midnight(zone)
			if got, before := DayOf(m, zone), DayOf(m.Add(-time.Second), zone); got != day || before >= day {
				t.Fatalf("%s: %s begins at %s, which is on %s; a second before it is %s", name, day, m, got, before)
			}
		}
	}
}
