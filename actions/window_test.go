package actions

import (
	"testing"
	"time"

	"coetracker/people"
)

// TestWindowOpensOncePerLocalDay walks through every day of twelve years in
// zones with whole, half and quarter hours, with clock changes at midnight, in
// the morning, of half an hour, and with days that do not exist.
func TestWindowOpensOncePerLocalDay(t *testing.T) {
	t.Parallel()
	zones := []string{
		"UTC", "America/Los_Angeles", "America/St_Johns", "America/Sao_Paulo", "America/Asuncion", "America/Havana", "America/Nuuk",
		"Atlantic/Azores", "Europe/London", "Europe/Dublin", "Europe/Berlin", "Africa/Cairo", "Africa/Casablanca", "Asia/Beirut", "Asia/Gaza", "Asia/Tehran",
		"Asia/Kolkata", "Asia/Kathmandu", "Asia/Tokyo", "Australia/Adelaide", "Australia/Lord_Howe", "Pacific/Chatham", "Pacific/Apia", "Pacific/Kiritimati", "Antarctica/Troll",
	}
	for _, zone := range zones {
		cal := weekdays(t, zone)
		cal.WorkingDays = [7]bool{true, true, true, true, true, true, true}
		last := time.Time{}
		for d := people.Day("2024-01-01"); d < "2036-01-01"; d = d.Add(1) {
			noon := time.Date(d.Time().Year(), d.Time().Month(), d.Time().Day(), 12, 0, 0, 0, cal.Zone)
			day, opens, expires, open := Window(noon, cal, DigestHour)
			if day != d || !open || people.DayOf(opens, cal.Zone) != d || opens.In(cal.Zone).Hour() != DigestHour || !opens.After(last) || !expires.After(opens) {
				t.Fatalf("%s on %s: day %s, opens %s, expires %s, open %v", zone, d, day, opens, expires, open)
			}
			if _, _, _, early := Window(opens.Add(-time.Second), cal, DigestHour); early {
				t.Fatalf("%s on %s: open before nine", zone, d)
			}
			last = opens
		}
	}
}
