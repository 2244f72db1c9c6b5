package people

import (
	"strings"
	"testing"
	"time"

	"coetracker/internal/fault"

	"github.com/google/go-cmp/cmp"
)

func week(t *testing.T, s string) [7]bool {
	t.Helper()
	days, ok := parseDays(s)
	if !ok {
		t.Fatalf("parseDays(%q) failed", s)
	}
	return days
}

func TestParseWorkingDays(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"mon-fri": "mon,tue,wed,thu,fri", "sun-thu": "mon,tue,wed,thu,sun", "Tue, THU ,mon": "mon,tue,thu",
		"fri-mon": "mon,fri,sat,sun", "monday-wednesday": "mon,tue,wed", "sat": "sat",
	} {
		if got, err := ParseWorkingDays(in); err != nil || got != want {
			t.Errorf("ParseWorkingDays(%q) = %q, %v, want %q", in, got, err, want)
		}
	}
	for _, in := range []string{"", "mon-", "funday", "mon,,tue", "1-5"} {
		if _, err := ParseWorkingDays(in); !fault.Is(err, fault.Invalid) {
			t.Errorf("ParseWorkingDays(%q) = %v, want invalid", in, err)
		}
	}
}

func TestParseHolidays(t *testing.T) {
	t.Parallel()
	got, err := ParseHolidays("\ufeff# Winter\r\n2025-12-25 Christmas Day\r\n\r\n2026-01-01,\"New year\"\n2025-12-25 again\n2026-05-01")
	want := []TeamHoliday{{Day: "2025-12-25", Name: "Christmas Day"}, {Day: "2026-01-01", Name: "New year"}, {Day: "2026-05-01"}}
	if err != nil || !cmp.Equal(got, want) {
		t.Errorf("ParseHolidays = %v, %v, want %v", got, err, want)
	}
	for _, in := range []string{"2025-02-30 no such day", "Christmas", "2025-12-25x", "\n25.12.2025"} {
		_, err := ParseHolidays(in)
		if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "Line") {
			t.Errorf("ParseHolidays(%q) = %v, want a fault that names the line", in, err)
		}
	}
}

func TestWorkingDays(t *testing.T) {
	t.Parallel()
	c := Calendar{Zone: time.UTC, WorkingDays: week(t, "mon-fri"), Holidays: map[Day]bool{"2025-12-25": true, "2025-12-26": true}}
	for _, s := range []struct {
		name      string
		got, want Day
	}{
		{"a working day stays", c.NextWorking("2025-12-24"), "2025-12-24"},
		{"over holidays and the weekend", c.NextWorking("2025-12-25"), "2025-12-29"},
		{"back over a weekend", c.PrevWorking("2025-12-28"), "2025-12-24"},
		{"one working day on", c.AddWorking("2025-12-24", 1), "2025-12-29"},
		{"five working days on", c.AddWorking("2025-12-01", 5), "2025-12-08"},
		{"none, from a Saturday", c.AddWorking("2025-12-06", 0), "2025-12-08"},
		{"two back", c.AddWorking("2025-12-29", -2), "2025-12-23"},
		{"without any working day", Calendar{}.NextWorking("2025-12-24"), "2025-12-24"},
	} {
		if s.got != s.want {
			t.Errorf("%s: %s, want %s", s.name, s.got, s.want)
		}
	}
}

func TestCalendarFor(t *testing.T) {
	t.Parallel()
	berlin := time.FixedZone("UTC+01:00", 3600)
	west := Team{ID: 1, Zone: "America/New_York", WorkingDays: "mon,tue,wed,thu,fri"}
	gulf := Team{ID: 2, Zone: "Asia/Dubai", WorkingDays: "sun,mon,tue,wed,thu"}
	weekend := Team{ID: 3, WorkingDays: "sat,sun"}
	off := []TeamHoliday{{TeamID: 1, Day: "2025-07-04"}, {TeamID: 2, Day: "2025-12-02"}, {TeamID: 9, Day: "2025-01-01"}}
	for _, c := range []struct {
		name  string
		p     Person
		teams []Team
		zone  string
		days  string
		off   int
	}{
		{"nobody's", Person{}, nil, "UTC+01:00", "mon-fri", 0},
		{"the person's own zone", Person{Zone: "Asia/Tokyo"}, []Team{west}, "Asia/Tokyo", "mon-fri", 1},
		{"the team's zone", Person{}, []Team{weekend, west}, "America/New_York", "sat,sun", 1},
		{"days all teams work, holidays of each", Person{}, []Team{west, gulf}, "America/New_York", "mon-thu", 2},
		{"a zone that cannot be read", Person{Zone: "Mars/Base"}, []Team{gulf}, "Asia/Dubai", "sun-thu", 1},
	} {
		got := CalendarFor(&c.p, c.teams, off, berlin)
		if got.Zone.String() != c.zone || got.WorkingDays != week(t, c.days) || len(got.Holidays) != c.off {
			t.Errorf("%s: %v %v %v, want %s %s and %d holidays", c.name, got.Zone, got.WorkingDays, got.Holidays, c.zone, c.days, c.off)
		}
	}
	if got := CalendarFor(&Person{}, nil, nil, nil).Zone; got != time.UTC {
		t.Errorf("without an instance zone: %v, want UTC", got)
	}
}

func TestDefaultDue(t *testing.T) {
	t.Parallel()
	cal := Calendar{Zone: time.UTC, WorkingDays: week(t, "mon-fri"), Holidays: map[Day]bool{"2025-10-31": true}}
	clocks := DefaultPolicy().For(2)
	for priority, want := range map[string]Day{ // from Wednesday, 1 October 2025
		"P0": "2025-10-16", "P1": "2025-11-03", "P2": "2025-11-26", "P3": "2025-12-24", "": "", "P4": "", "p0": "",
	} {
		if got := DefaultDue(clocks, priority, "2025-10-01", cal); got != want {
			t.Errorf("due of %q: %q, want %q", priority, got, want)
		}
	}
}
