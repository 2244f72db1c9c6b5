package people

// Clocks are the limits that hold for COEs of one severity.
type Clocks struct {
	DraftDays   int    // working days from the event until the draft is there
	ReviewDays  int    // working days until it is in review
	PublishDays int    // working days from review to publication
	ActionDays  [4]int // calendar days that an action of P0 to P3 has
	Reviewers   int    // sign-offs needed
	GapMinutes  int    // longest stretch of impact without a timeline entry
}

// Policy is a team's clocks for each severity, and the hour of its digests.
type Policy struct {
	Severities [4]Clocks // severity 1 first
	DigestHour int       // 0 to 23 on the reader's clock
}

// DefaultPolicy gives the clocks of a team that set none.
func DefaultPolicy() Policy {
	usual := Clocks{DraftDays: 1, ReviewDays: 5, PublishDays: 5, ActionDays: [4]int{15, 30, 56, 84}, Reviewers: 1, GapMinutes: 20}
	worst := usual
	worst.ReviewDays, worst.Reviewers, worst.GapMinutes = 3, 2, 5
	return Policy{Severities: [4]Clocks{worst, usual, usual, usual}, DigestHour: 9}
}

// For gives the clocks of a severity from 1 to 4; others are treated as the
// nearest of these.
func (p Policy) For(severity int) Clocks {
	return p.Severities[min(max(severity, 1), 4)-1]
}

// Days gives the calendar days an action of this priority has; ok is false
// for anything but P0 to P3.
func (c Clocks) Days(priority string) (days int, ok bool) {
	if len(priority) != 2 || priority[0] != 'P' || priority[1] < '0' || priority[1] > '3' {
		return 0, false
	}
	return c.ActionDays[priority[1]-'0'], true
}

// DefaultDue gives the due day of an action that was created on a day of its
// owner's calendar: the days of its priority later, moved on to the owner's
// next working day. Without a priority there is none.
func DefaultDue(c Clocks, priority string, created Day, cal Calendar) Day {
	days, ok := c.Days(priority)
	if !ok {
		return ""
	}
	return cal.NextWorking(created.Add(days))
}
