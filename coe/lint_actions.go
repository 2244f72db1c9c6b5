package coe

import (
	"fmt"
	"strings"
	"time"

	"coetracker/actions"
	"coetracker/people"
	"coetracker/timeline"
)

// eachAction asks a question of each action that is not finished: what is
// verified or declined needs nothing any more.
func (c *checker) eachAction(ask func(a actions.Action) (Level, string, string)) []Finding {
	var out []Finding
	for _, a := range c.d.Actions {
		if a.Finished() {
			continue
		}
		if level, reason, fix := ask(a); reason != "" {
			out = append(out, Finding{Level: level, Place: "action/" + a.Key, Reason: reason, Fix: fix})
		}
	}
	return out
}

// oneOwner is L22: exactly one active human owner per action.
func oneOwner(c *checker) []Finding {
	const fix = "Name one person who will do it."
	return c.eachAction(func(a actions.Action) (Level, string, string) {
		owner := c.d.Person(a.OwnerID)
		switch {
		case a.OwnerID == nil:
			return Block, a.Ref() + " has no owner.", fix
		case c.in.FormOnly && strings.Count(owner.Email, "@") > 1:
			return Block, fmt.Sprintf("%s has more than one owner: %s.", a.Ref(), clip(owner.Email)), "Name exactly one. The others can help without owning it."
		case c.in.FormOnly && !addressed(owner.Email):
			return Block, fmt.Sprintf("%s is owned by %q, which is not a person's address.", a.Ref(), clip(owner.Email)), fix
		case !c.in.FormOnly && !owner.Active():
			return Block, fmt.Sprintf("%s belongs to %s, who has no access here: a former member, or somebody an import named.", a.Ref(), owner.Name), "Hand it over, or give them access with coe user add."
		}
		return "", "", ""
	})
}

func addressed(email string) bool {
	_, err := people.NormalEmail(email)
	return err == nil
}

// reasonableDue is L23: a due date, not past, on a day the owner works, and
// not later than the policy allows for the priority.
func reasonableDue(c *checker) []Finding {
	return c.eachAction(func(a actions.Action) (Level, string, string) {
		cal := c.calendar(a)
		today := cal.Today(c.in.Now)
		reason, fix := c.dueMistake(a, cal, today)
		return Block, reason, fix
	})
}

func (c *checker) dueMistake(a actions.Action, cal people.Calendar, today people.Day) (reason, fix string) {
	switch {
	case a.Due == "":
		return a.Ref() + " has no date.", "Write a day such as fri, in 2w or 2025-10-15."
	case a.Live() && a.Due < today:
		return fmt.Sprintf("%s was due on %s, which is past.", a.Ref(), actions.ShowDay(a.Due, today)), "Take a new date and say why it moves, or say that it is done."
	}
	if off := actions.DayOff(a.Due, today, cal, c.ownerName(a)); off != "" && a.Live() {
		return fmt.Sprintf("%s is due on %s, a day off for %s.", a.Ref(), actions.ShowDay(a.Due, today), c.ownerName(a)),
			fmt.Sprintf("Take %s.", actions.ShowDay(cal.NextWorking(a.Due), today))
	}
	limits := c.d.Policy().For(c.d.COE.Severity)
	days, ok := limits.Days(a.Priority)
	if !ok {
		return "", ""
	}
	promised := a.Due
	if a.Moves > 0 && a.FirstDue != "" && a.FirstDue < a.Due { // a date that moved on has its reason recorded
		promised = a.FirstDue
	}
	if last := people.DefaultDue(limits, a.Priority, cal.Today(c.created(a)), cal); promised > last {
		return fmt.Sprintf("%s is %s, which is to be done within %d days, but is due on %s.", a.Ref(), a.Priority, days, actions.ShowDay(promised, today)),
			fmt.Sprintf("Take %s or an earlier day, or a lower priority.", actions.ShowDay(last, today))
	}
	return "", ""
}

// created gives when the action was added; a file may not say, then it is now.
func (c *checker) created(a actions.Action) time.Time {
	if a.CreatedAt.IsZero() {
		return c.in.Now
	}
	return a.CreatedAt
}

// calendar gives the calendar of the action's owner.
func (c *checker) calendar(a actions.Action) people.Calendar {
	if a.OwnerID != nil && !c.in.FormOnly {
		if cal, ok := c.in.Calendars[*a.OwnerID]; ok {
			return cal
		}
	}
	zone := c.d.COE.Location()
	if loc, _, err := timeline.LoadZone(c.in.Zone); err == nil {
		zone = loc
	}
	owner := c.d.Person(a.OwnerID)
	return people.CalendarFor(&owner, nil, nil, zone)
}

func (c *checker) ownerName(a actions.Action) string {
	if p := c.d.Person(a.OwnerID); p.Name != "" {
		return p.Name
	} else if p.Email != "" {
		return p.Email
	}
	return "its owner"
}

// actionable is L24: an action says in its first word what is done, and one
// that could mean anything says when it has succeeded.
func actionable(c *checker) []Finding {
	return c.eachAction(func(a actions.Action) (Level, string, string) {
		first, rest, _ := strings.Cut(strings.ToLower(strings.TrimSpace(a.Title)), " ")
		first = strings.Trim(first, ".,:;\"'`*_()")
		switch {
		case vague(first, rest):
			if strings.TrimSpace(a.Criterion) != "" {
				return "", "", ""
			}
			return Warn, fmt.Sprintf("%s begins with %q and can mean anything.", a.Ref(), first), "Say what will be different, or add a success criterion."
		case !isVerb(first):
			return Warn, fmt.Sprintf("%s does not begin with a verb: %q.", a.Ref(), clip(a.Title)), "Begin with what is done: add, remove, alert, limit …"
		}
		return "", "", ""
	})
}

// provable is L25: an action says how its success is seen and proven.
func provable(c *checker) []Finding {
	return c.eachAction(func(a actions.Action) (Level, string, string) {
		level := Warn
		if a.NeedsProof() {
			level = Block
		}
		var missing []string
		if strings.TrimSpace(a.Criterion) == "" {
			missing = append(missing, "no success criterion")
		}
		if a.ProofKind == "" {
			missing = append(missing, "no kind of proof")
		}
		if len(missing) == 0 {
			return "", "", ""
		}
		return level, fmt.Sprintf("%s has %s.", a.Ref(), strings.Join(missing, " and ")),
			"Say what shows that it works: an experiment run, a test, an alarm drill, a deployment, a graph or a second person."
	})
}
