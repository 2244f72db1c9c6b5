package actions

import (
	"testing"

	"coetracker/people"
)

func TestParseLine(t *testing.T) {
	t.Parallel()
	cal := weekdays(t, "UTC")
	for _, c := range []struct {
		line string
		want Parsed
	}{
		{"Add circuit breaker to client @sam in 2w !p1", Parsed{
			Title: "Add circuit breaker to client", OwnerWord: "sam", Due: "2025-10-15", Priority: "P1",
			Echo: "@sam · Wed 15 Oct, in 14 days · P1 · needs proof",
		}},
		{"@ana.lopez@example.com !P3 Rotate keys, fri", Parsed{
			Title: "Rotate keys", OwnerWord: "ana.lopez@example.com", Due: "2025-10-03", Priority: "P3",
			Echo: "@ana.lopez@example.com · Fri 3 Oct, in 2 days · P3",
		}},
		{"Page on lag !p2 @mei, next friday.", Parsed{Title: "Page on lag", OwnerWord: "mei", Due: "2025-10-10", Priority: "P2", Echo: "@mei · Fri 10 Oct, in 9 days · P2"}},
		{"Cap retries by 15 oct 2025", Parsed{Title: "Cap retries", Due: "2025-10-15", Echo: "no owner · Wed 15 Oct, in 14 days"}},
		{"Upgrade to version 1.2", Parsed{Title: "Upgrade to version 1.2", Echo: "no owner · no date"}},
		{"Freeze friday deploys", Parsed{Title: "Freeze friday deploys", Echo: "no owner · no date"}},
		{"Mail ops@example.com about it", Parsed{Title: "Mail ops@example.com about it", Echo: "no owner · no date"}},
		{"friday", Parsed{Title: "friday", Echo: "no owner · no date"}},
		{"Fix it @a @b tomorrow", Parsed{Title: "Fix it", OwnerWord: "a", Due: "2025-10-02", Ask: "An action has exactly one owner. Is it @a or @b?", Echo: "@a · Thu 2 Oct, due tomorrow"}},
		{"Fix it 03/04", Parsed{Title: "Fix it", Ask: "03/04 can be Fri 3 Apr 2026 or Wed 4 Mar 2026. Write 2026-04-03 or 2026-03-04.", Echo: "no owner · no date"}},
		{"Fix it 2025-09-01", Parsed{Title: "Fix it", Ask: "Mon 1 Sep is past. Take a day from today on.", Echo: "no owner · no date"}},
		{"@sam !p0", Parsed{OwnerWord: "sam", Priority: "P0", Ask: "What is to be done?", Echo: "@sam · no date · P0 · needs proof"}},
		{"  Überwache  日本 🚑  @Zoë in 3 days ", Parsed{
			Title: "Überwache 日本 🚑", OwnerWord: "Zoë", Due: "2025-10-04",
			Ask: "Sat 4 Oct is a day off for you. Take Mon 6 Oct, or say why a Saturday.", Echo: "@Zoë · Sat 4 Oct, in 3 days",
		}},
		{"", Parsed{Ask: "What is to be done?", Echo: "no owner · no date"}},
	} {
		if got := ParseLine(c.line, people.Day("2025-10-01"), cal); got != c.want {
			t.Errorf("%q\n got %+v\nwant %+v", c.line, got, c.want)
		}
	}
}
