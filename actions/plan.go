package actions

import (
	"cmp"
	"slices"
	"time"

	"coetracker/people"
)

// Audience says in which part somebody is told of an action. An action is told
// at most once per audience and local day.
type Audience string

// The audiences.
const (
	ToOwner    Audience = "owner"
	ToCOEOwner Audience = "coe_owner"
	ToVerifier Audience = "verifier"
)

// Section is a part of a digest.
type Section string

// The sections, in the order of a digest.
const (
	SectionOverdue  Section = "overdue"
	SectionThisWeek Section = "this_week"
	SectionComing   Section = "coming"      // later, but a milestone or new
	SectionYourCOEs Section = "your_coes"   // late actions of others in your COEs
	SectionVerify   Section = "to_verify"   // claimed done, waits for you
	SectionNoOwner  Section = "needs_owner" // in your COEs
)

// Sections lists them in order.
func Sections() []Section {
	return []Section{SectionOverdue, SectionThisWeek, SectionComing, SectionYourCOEs, SectionVerify, SectionNoOwner}
}

// COE is what reminders need to know of a document.
type COE struct {
	ID         int64
	Number     int64
	Title      string
	OwnerID    int64
	Restricted bool
	Reviewers  []int64 // reviewers and approvers, by id
	Others     []int64 // further people who see it while it is restricted: writers and named
}

// History is what somebody was told before.
type History struct {
	LastDay  people.Day // last local day that has a digest, whatever became of it
	SentDay  people.Day // last local day whose digest arrived
	SentPlan time.Time  // when that one was planned; zero when there is none
}

// PlanInput is the whole world of the planner. Actions are those that are
// live or claimed done, of COEs that are not deleted.
type PlanInput struct {
	Now       time.Time
	People    map[int64]people.Person   // whoever owns, verifies or is told something
	Calendars map[int64]people.Calendar // of the same
	Hours     map[int64]int             // local hour of the digest; 9 where missing
	Actions   []Action
	COEs      map[int64]COE
	History   map[int64]History
}

// Line is one action in a digest.
type Line struct {
	ActionID int64
	COEID    int64
	Audience Audience
	Section  Section
	Due      people.Day
	New      bool // assigned since the digest before
	Hit      bool // a reason to send the digest today
}

// Digest is the one message that somebody gets on one local day.
type Digest struct {
	PersonID  int64
	Day       people.Day
	NotBefore time.Time // 09:00 local
	Expires   time.Time // 18:00 local: what has not left by then never does
	Lines     []Line    // by section, then due day
	Later     int       // further open actions, not listed
}

const (
	DigestHour  = 9  // where a team sets no other
	latestHour  = 16 // a late start still plans today's digest until then
	expiresHour = 18
)

// Plan says what is to be told to whom now: to each person at most one digest
// per local day, on their working days from their hour on, and only when at
// least one action hits a milestone. It lists everything that matters: overdue,
// due within a week, new, late in own COEs, to verify, without owner. Digests
// come in order of urgency.
func Plan(in PlanInput) []Digest {
	p := planner{PlanInput: in, drafts: map[int64]*draft{}}
	for i := range in.Actions {
		p.place(&in.Actions[i])
	}
	var out []Digest
	for _, d := range p.drafts {
		if d.open && slices.ContainsFunc(d.Lines, func(l Line) bool { return l.Hit }) {
			d.sort()
			out = append(out, d.Digest)
		}
	}
	slices.SortFunc(out, func(a, b Digest) int {
		return cmp.Or(cmp.Compare(a.urgency(), b.urgency()), cmp.Compare(a.PersonID, b.PersonID))
	})
	return out
}

// Window tells whether a person's digest of today may be planned now, for
// which local day, and between which instants it may leave.
func Window(now time.Time, cal people.Calendar, hour int) (day people.Day, opens, expires time.Time, open bool) {
	day = people.DayOf(now, cal.Zone)
	hour = min(max(hour, 0), 23)
	opens = atHour(day, hour, cal.Zone)
	expires = atHour(day, min(max(expiresHour, hour+2), 24), cal.Zone)
	latest := atHour(day, min(max(latestHour, hour+1), 24), cal.Zone)
	return day, opens, expires, cal.Working(day) && !now.Before(opens) && now.Before(latest)
}

func atHour(d people.Day, hour int, zone *time.Location) time.Time {
	t := d.Time()
	return time.Date(t.Year(), t.Month(), t.Day(), hour, 0, 0, 0, zone).UTC()
}

// VerifierOf gives who is asked to verify a claim: the COE's owner, where that
// one owns the action the named verifier, else the first active reviewer; 0
// for nobody. Whoever may not see a restricted COE is not asked: the question
// alone would tell them of it.
func VerifierOf(a *Action, c COE, active func(id int64) bool) int64 {
	candidates := []int64{c.OwnerID}
	if v := a.VerifierID; v != nil && (!c.Restricted || slices.Contains(c.Reviewers, *v) || slices.Contains(c.Others, *v)) {
		candidates = append(candidates, *v)
	}
	for _, id := range append(candidates, c.Reviewers...) {
		if id != 0 && !a.OwnerIs(id) && active(id) {
			return id
		}
	}
	return 0
}

// planner fills one draft per person.
type planner struct {
	PlanInput
	drafts map[int64]*draft
}

type draft struct {
	Digest
	open bool
	cal  people.Calendar
	from people.Day // milestones after this day have not been told
	told time.Time  // when the last digest was planned
}

// place puts an action into the drafts of those it concerns.
func (p *planner) place(a *Action) {
	c, ok := p.COEs[a.COEID]
	if !ok || a.DeletedAt != nil {
		return
	}
	owner := int64(0)
	if a.OwnerID != nil {
		owner = *a.OwnerID
	}
	switch {
	case a.State == ClaimedDone:
		p.toVerifier(a, c)
	case !a.Live():
	case p.active(owner):
		p.toOwner(a, owner)
		p.toCOEOwner(a, c, owner)
	default:
		p.withoutOwner(a, c, owner)
	}
}

func (p *planner) active(id int64) bool {
	who, ok := p.People[id]
	return ok && who.Active()
}

func (p *planner) toOwner(a *Action, owner int64) {
	d := p.draft(owner)
	if d == nil {
		return
	}
	l := Line{Audience: ToOwner, Hit: a.ownerHit(d.cal, d.from, d.Day)}
	if a.AssignedAt != nil && a.AssignedAt.After(d.told) && !a.AssignedAt.After(d.NotBefore) {
		l.Hit, l.New = true, a.AssignedAt.After(d.NotBefore.AddDate(0, 0, -7))
	}
	switch GroupOf(a.Due, d.Day) {
	case Overdue:
		l.Section = SectionOverdue
	case ThisWeek:
		l.Section = SectionThisWeek
	default:
		l.Section = SectionComing
		if !l.Hit {
			d.Later++
			return
		}
	}
	d.add(a, l)
}

func (p *planner) toCOEOwner(a *Action, c COE, owner int64) {
	d := p.draft(c.OwnerID)
	if d == nil || c.OwnerID == owner {
		return
	}
	if late, hit := a.escalates(p.calendar(owner), d.from, d.Day); late {
		d.add(a, Line{Audience: ToCOEOwner, Section: SectionYourCOEs, Hit: hit})
	}
}

func (p *planner) toVerifier(a *Action, c COE) {
	d := p.draft(VerifierOf(a, c, p.active))
	if d == nil {
		return
	}
	if long, hit := a.waits(d.cal, d.from, d.Day); long {
		d.add(a, Line{Audience: ToVerifier, Section: SectionVerify, Hit: hit})
	}
}

// withoutOwner: an action whose owner left is told the same day; one that
// never had an owner on the next digest's day.
func (p *planner) withoutOwner(a *Action, c COE, owner int64) {
	d := p.draft(c.OwnerID)
	if d == nil {
		return
	}
	since := a.CreatedAt
	if who, ok := p.People[owner]; ok && who.DisabledAt != nil {
		since = *who.DisabledAt
	} else if since.After(d.NotBefore) {
		return
	}
	if shown, hit := orphaned(d.cal, since, d.from, d.Day); shown {
		d.add(a, Line{Audience: ToCOEOwner, Section: SectionNoOwner, Hit: hit})
	}
}

// draft gives the draft of an active person whose digest may leave now, else
// nil.
func (p *planner) draft(id int64) *draft {
	if !p.active(id) {
		return nil
	}
	d, ok := p.drafts[id]
	if !ok {
		d = p.begin(id)
		p.drafts[id] = d
	}
	if !d.open {
		return nil
	}
	return d
}

func (p *planner) begin(id int64) *draft {
	hour, ok := p.Hours[id]
	if !ok {
		hour = DigestHour
	}
	h := p.History[id]
	d := &draft{cal: p.calendar(id), from: h.SentDay, told: h.SentPlan}
	d.PersonID = id
	d.Day, d.NotBefore, d.Expires, d.open = Window(p.Now, d.cal, hour)
	d.open = d.open && h.LastDay < d.Day
	return d
}

// calendar gives a person's calendar, Monday to Friday in UTC where there is none.
func (p *planner) calendar(id int64) people.Calendar {
	if c, ok := p.Calendars[id]; ok {
		return c
	}
	return people.CalendarFor(&people.Person{}, nil, nil, nil)
}

func (d *draft) add(a *Action, l Line) {
	l.ActionID, l.COEID, l.Due = a.ID, a.COEID, a.Due
	d.Lines = append(d.Lines, l)
}

// sort brings the lines into the order they are shown in.
func (d *draft) sort() {
	slices.SortFunc(d.Lines, func(a, b Line) int {
		return cmp.Or(
			cmp.Compare(slices.Index(Sections(), a.Section), slices.Index(Sections(), b.Section)),
			cmp.Compare(dueOrLast(a.Due), dueOrLast(b.Due)), cmp.Compare(a.ActionID, b.ActionID))
	})
}

// dueOrLast sorts actions without a date to the end.
func dueOrLast(d people.Day) people.Day { return cmp.Or(d, "9999-12-31") }

// urgency is the earliest due day of the lines.
func (d *Digest) urgency() people.Day {
	first := people.Day("9999-12-31")
	for _, l := range d.Lines {
		first = min(first, dueOrLast(l.Due))
	}
	return first
}
