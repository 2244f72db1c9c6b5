package coe

import (
	"slices"
	"testing"

	"coetracker/actions"
	"coetracker/internal/dbtest"
	"coetracker/internal/fault"
	"coetracker/people"
)

// ready is a document that nothing keeps from any state.
func ready(state State) *Document {
	id := int64(1)
	done := dbtest.Start
	return &Document{
		COE:      COE{Number: 7, Kind: Incident, Severity: 2, State: state, OwnerID: 1, Visibility: Org, Effect: EffectWorked, Issue: 1, Zone: "UTC"},
		Named:    []NamedPerson{{PersonID: 2, Role: RoleReviewer}, {PersonID: 3, Role: RoleApprover}},
		People:   map[int64]people.Person{1: {ID: 1, Name: "Ana"}, 2: {ID: 2, Name: "Cleo"}, 3: {ID: 3, Name: "Eve"}},
		States:   []StateChange{{ToState: InReview}},
		Signoffs: []Signoff{{PersonID: 2, Verdict: VerdictApproved, Round: 1}},
		Actions:  []actions.Action{{Number: 1, OwnerID: &id, Due: "2026-04-01", Type: "prevent", Priority: "P1", State: actions.Verified, VerifiedAt: &done}},
	}
}

func person(id int64, role people.Role) *people.Principal {
	return &people.Principal{Person: people.Person{ID: id, Role: role}}
}

// Every step of every person: only those listed are allowed.
func TestStep_table(t *testing.T) {
	t.Parallel()
	who := map[string]*people.Principal{
		"owner": person(1, people.Writer), "reviewer": person(2, people.Reviewer), "admin": person(9, people.Admin),
		"operator": people.Operator(), "stranger": person(8, people.Writer), "reader": person(4, people.Reader), "nobody": nil,
	}
	bosses := []string{"owner", "admin", "operator"}
	allowed := map[[2]State][]string{
		{Draft, InReview}:            bosses,
		{ChangesRequested, InReview}: bosses,
		{InReview, ChangesRequested}: {"reviewer"},
		{InReview, Approved}:         append([]string{"reviewer"}, bosses...),
		{Approved, Published}:        bosses,
		{Published, Published}:       bosses,
		{Published, Closed}:          bosses,
	}
	for _, from := range States() {
		for _, to := range append(States(), "deleted", "") {
			for name, p := range who {
				err := Step(ready(from), to, p, nil, dbtest.Start)
				if want := slices.Contains(allowed[[2]State{from, to}], name); (err == nil) != want {
					t.Errorf("%s takes %s to %s: %v, want allowed %v", name, from, to, err, want)
				}
				if err != nil {
					if _, ok := fault.Of(err); !ok {
						t.Errorf("%s takes %s to %s: no fault: %v", name, from, to, err)
					}
				}
			}
		}
	}
}

func TestStep_gates(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		from, to State
		change   func(*Document)
		findings []Finding
		missing  []string
	}{
		"a blocking finding": {
			from: Draft, to: InReview,
			findings: []Finding{{Rule: "L01", Level: Block, Reason: "The summary is empty."}, {Rule: "L02", Level: Warn}, {Rule: "L05", Level: Block, Waived: true}},
			missing:  []string{"L01: The summary is empty."},
		},
		"again after changes": {
			from: ChangesRequested, to: InReview,
			findings: []Finding{{Rule: "L01", Level: Block, Reason: "The summary is empty."}},
			missing:  []string{"L01: The summary is empty."},
		},
		"no approval": {
			from: InReview, to: Approved, change: func(d *Document) { d.Signoffs = nil },
			missing: []string{"0 of 1 approval given. Cleo, Eve can approve."},
		},
		"approval of an earlier round": {
			from: InReview, to: Approved, change: func(d *Document) { d.States = append(d.States, StateChange{ToState: InReview}) },
			missing: []string{"0 of 1 approval given. Cleo, Eve can approve."},
		},
		"approval taken back": {from: InReview, to: Approved, change: func(d *Document) {
			d.Signoffs = append(d.Signoffs, Signoff{PersonID: 2, Verdict: VerdictChanges, Round: 1})
		}, missing: []string{"0 of 1 approval given. Cleo, Eve can approve."}},
		"severity 1 needs two": {from: InReview, to: Approved, change: func(d *Document) {
			d.COE.Severity = 1
			d.Signoffs = append(d.Signoffs, d.Signoffs[0])
		}, missing: []string{"1 of 2 approvals given. Eve can approve."}},
		"the owner's own approval": {from: InReview, to: Approved, change: func(d *Document) {
			d.COE.Severity = 1
			d.Named = []NamedPerson{{PersonID: 1, Role: RoleReviewer}, {PersonID: 2, Role: RoleReviewer}, {PersonID: 2, Role: RoleApprover}}
			d.Signoffs = append(d.Signoffs, Signoff{PersonID: 1, Verdict: VerdictApproved, Round: 1})
		}, missing: []string{"Severity 1 needs 2 approvals, but 1 reviewer is named. Name 1 more reviewer."}},
		"the team's policy": {
			from: InReview, to: Approved, change: func(d *Document) { d.Team = &people.Team{Policy: `{"reviewers":2}`} },
			missing: []string{"1 of 2 approvals given. Eve can approve."},
		},
		"an empty action": {from: InReview, to: Approved, change: func(d *Document) {
			d.Actions = append(d.Actions, actions.Action{Number: 2, State: actions.Open}, actions.Action{Number: 3, State: actions.Declined})
		}, missing: []string{"A-2 has no owner, no date, no type, no priority."}},
		"an open action": {
			from: Published, to: Closed, change: func(d *Document) { d.Actions[0].State = actions.ClaimedDone },
			missing: []string{"A-1 is neither verified nor declined."},
		},
		"effect not answered": {
			from: Published, to: Closed, change: func(d *Document) { d.COE.Effect = "" },
			missing: []string{"The effectiveness question is not answered."},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := ready(tt.from)
			if tt.change != nil {
				tt.change(d)
			}
			e := wants(t, Step(d, tt.to, person(1, people.Writer), tt.findings, dbtest.Start), fault.Invalid, "state")
			gate, ok := e.Detail.(*Gate)
			if !ok || !slices.Equal(gate.Missing, tt.missing) {
				t.Errorf("got %+v, want %q", gate, tt.missing)
			}
		})
	}
}

func TestEffectDay(t *testing.T) {
	t.Parallel()
	d := ready(Published)
	if got := EffectDay(d); got != "2026-06-01" {
		t.Errorf("after a verified action: %s", got)
	}
	d.Actions[0].State, d.Actions[0].StateSince = actions.Declined, dbtest.Start.AddDate(0, 0, 1)
	if got := EffectDay(d); got != "2026-06-02" {
		t.Errorf("after a declined action: %s", got)
	}
	d.Actions[0].State = actions.Blocked
	if got := EffectDay(d); got != "" {
		t.Errorf("with an unsettled action: %s", got)
	}
	d.Actions = nil
	d.States = append(d.States, StateChange{ToState: Published, At: dbtest.Start.AddDate(0, 0, 2)})
	if got := EffectDay(d); got != "2026-06-03" {
		t.Errorf("without actions: %s", got)
	}
}

func TestClocks(t *testing.T) {
	t.Parallel()
	cal := people.CalendarFor(&people.Person{Zone: "UTC"}, nil, nil, nil)
	friday := dbtest.Start.AddDate(0, 0, 3) // 6 March 2026
	c := COE{Severity: 1, CreatedAt: friday.AddDate(0, 0, 4), WindowEnd: &friday}
	got := Clocks(c, []StateChange{{ToState: InReview, At: friday.AddDate(0, 0, 5)}}, people.DefaultPolicy(), cal)
	want := []Clock{
		{Name: "draft", Due: "2026-03-09", Done: "2026-03-10"},
		{Name: "review", Due: "2026-03-13", Done: "2026-03-11"},
		{Name: "publish", Due: "2026-03-18"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	late := []bool{got[0].Late("2026-03-10"), got[1].Late("2026-03-20"), got[2].Late("2026-03-18"), got[2].Late("2026-03-19")}
	if !slices.Equal(late, []bool{true, false, false, true}) {
		t.Errorf("late: %v", late)
	}
	if n := len(Clocks(c, nil, people.DefaultPolicy(), cal)); n != 2 {
		t.Errorf("before review there are %d clocks, want 2", n)
	}
}

func TestCoverageOf(t *testing.T) {
	t.Parallel()
	one := int64(1)
	d := &Document{
		Whys:       []Why{{ID: 1}, {ID: 2, ParentID: &one}, {ID: 3, ParentID: &one}, {ID: 4}, {ID: 5}, {ID: 6, DeclinedReason: "not ours"}, {ID: 7}},
		Actions:    []actions.Action{{ID: 10, State: actions.Open}, {ID: 11, State: actions.Verified}, {ID: 12, State: actions.Declined}},
		WhyActions: []WhyAction{{2, 10}, {2, 11}, {3, 11}, {4, 12}, {5, 99}, {7, 11}, {7, 12}},
	}
	want := Coverage{Leaves: 6, WithAction: 3, Declined: 2, Open: 1, Verified: 2}
	if got := CoverageOf(d); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
