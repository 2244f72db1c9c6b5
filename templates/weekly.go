package templates

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"coetracker/actions"
	"coetracker/coe"
	"coetracker/people"
)

// WeeklyPage is the agenda of the weekly review, built from the data.
type WeeklyPage struct {
	Frame
	Heading string
	Intro   string
	Tables  []AgendaTable
}

// Weekly is the page of WeeklyPage.
var Weekly = page[WeeklyPage]("weekly.html")

// AgendaTable is one part of the agenda.
type AgendaTable struct {
	ID, Heading string
	Caption     string
	Who         string // heading of the column of people
	When        string // heading of the last column
	Rows        []AgendaRow
	None        string // what stands there when there are no rows
}

// AgendaRow is one item of the agenda.
type AgendaRow struct {
	N        int
	Ref      string // A-5, "" for a document
	Title    string
	Name     string // COE-17
	Href     string
	Under    string
	Severity int // 0 for an action
	Who      string
	When     string
	Hot      bool
	State    Mark
}

// NewWeekly fills the page. zone is the instance's, in which the day is named.
func NewWeekly(f Frame, w coe.Weekly, now time.Time, zone *time.Location) WeeklyPage {
	today := people.DayOf(now, zone)
	p := WeeklyPage{Frame: f, Heading: "Weekly review, " + today.Time().Format("Mon 2 January 2006")}
	review := slices.Clone(w.InReview)
	slices.SortStableFunc(review, func(a, b coe.ListRow) int { return a.COE.StateSince.Compare(b.COE.StateSince) })
	a := agenda{today: today, now: now}
	p.Tables = []AgendaTable{
		a.documents("review", "COEs in review", "The longest in review first.", "In review for", "Nothing is in review.", review, a.inReview),
		a.actions("overdue", "Overdue actions", "The longest overdue first.", "Due", "Nothing is overdue.", w.Overdue, a.overdue),
		a.actions("moved", "Moved twice or more", "Open actions whose date keeps moving.", "Due", "No date moved twice.", w.TwiceMoved, a.moved),
		a.actions("proven", "Proven in the last 7 days", "", "Verified", "No action was verified.", w.Verified, a.verified),
		a.documents("closed", "Closed in the last 7 days", "", "Closed", "Nothing was closed.", w.Closed, a.since),
		a.documents("wins", "Wins", "Published in the last 7 days.", "Published", "No win was published.", w.Wins, a.since),
	}
	p.Intro = fmt.Sprintf("%s, %s, %s. Built from the data each time this page is opened; restricted COEs are never on it.",
		plural(len(w.InReview), "COE in review", "COEs in review"), plural(len(w.Overdue), "overdue action", "overdue actions"), plural(len(w.Verified), "action proven", "actions proven"))
	return p
}

// agenda builds the tables.
type agenda struct {
	today people.Day
	now   time.Time
	n     int // items so far
}

func (a *agenda) documents(id, heading, caption, when, none string, list []coe.ListRow, say func(coe.ListRow) string) AgendaTable {
	t := AgendaTable{ID: id, Heading: heading, Caption: caption, Who: "Owner", When: when, None: none}
	for _, r := range list {
		a.n++
		row := NewCOERow(r, a.now)
		t.Rows = append(t.Rows, AgendaRow{
			N: a.n, Title: r.COE.Title, Name: r.COE.Name(), Href: fmt.Sprintf("/coes/%d", r.COE.Number), Under: strings.TrimSuffix(row.Under, " · "+r.OwnerName),
			Severity: r.COE.Severity, Who: r.OwnerName, When: say(r), State: StateMark(r.COE.State),
		})
	}
	return t
}

func (a *agenda) actions(id, heading, caption, when, none string, list []coe.WeeklyAction, say func(coe.WeeklyAction) (string, bool)) AgendaTable {
	t := AgendaTable{ID: id, Heading: heading, Caption: caption, Who: "Owner", When: when, None: none}
	for _, x := range list {
		a.n++
		who := x.OwnerName
		if who == "" {
			who = "nobody"
		}
		row := AgendaRow{
			N: a.n, Ref: x.Ref(), Title: x.Title, Name: fmt.Sprintf("COE-%d", x.COENumber), Href: fmt.Sprintf("/coes/%d#a%d", x.COENumber, x.Number),
			Under: clipped(x.COETitle, 80), Who: who, State: ActionMark(x.State),
		}
		row.When, row.Hot = say(x)
		t.Rows = append(t.Rows, row)
	}
	return t
}

func (a *agenda) inReview(r coe.ListRow) string {
	loc := r.COE.Location()
	days := people.DayOf(a.now, loc).Sub(people.DayOf(r.COE.StateSince, loc))
	return fmt.Sprintf("%s, %s old", reviewDays(days), Age(ageDays(r.COE, a.now)))
}

func reviewDays(n int) string {
	if n <= 0 {
		return "since today"
	}
	return plural(n, "day", "days")
}

func (a *agenda) since(r coe.ListRow) string {
	return r.COE.StateSince.In(r.COE.Location()).Format("Mon 2 Jan")
}

func (a *agenda) overdue(x coe.WeeklyAction) (string, bool) {
	words := actions.DueWords(x.Due, a.today)
	if x.Due >= a.today { // over already where its owner is
		words = "just overdue"
	}
	return actions.ShowDay(x.Due, a.today) + ", " + words + movedWords(x.Moves), true
}

func (a *agenda) moved(x coe.WeeklyAction) (string, bool) {
	return actions.ShowDay(x.Due, a.today) + ", first promised for " + actions.ShowDay(x.FirstDue, a.today) + movedWords(x.Moves), false
}

func movedWords(n int) string {
	switch n {
	case 0:
		return ""
	case 1:
		return ", moved once"
	}
	return fmt.Sprintf(", moved %d times", n)
}

func (a *agenda) verified(x coe.WeeklyAction) (string, bool) {
	if x.VerifiedAt == nil {
		return "", false
	}
	return x.VerifiedAt.Format("Mon 2 Jan"), false
}
