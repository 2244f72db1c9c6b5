package actions

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"time"

	"coetracker/internal/db"
	"coetracker/internal/fault"
	"coetracker/people"

	"gorm.io/gorm"
)

// New is an action to be added; only COEID and Title are needed.
type New struct {
	COEID        int64
	Title        string
	Detail       string
	OwnerID      *int64
	Due          string // in words, see ParseDate; empty: by the policy, when there is a priority
	DayOffReason string // why the due day may be a day off of the owner
	Priority     string // P0 to P3
	Type         string
	Horizon      string // short when empty
	Criterion    string
	ProofKind    string
	ProofTarget  string // names an experiment; the kind is then experiment
	TrackerURL   string
	VerifierID   *int64
}

// Types lists the types of action.
func Types() []string {
	return []string{"prevent", "detect", "diagnose", "mitigate", "repair", "learn"}
}

// head is what an action needs of its COE's row.
type head struct {
	ID       int64
	Number   int64
	Severity int
	TeamID   *int64
}

// Add puts an action at the end of a COE's list, with the next number of that
// COE. Who may edit the COE may add.
func (s *Store) Add(ctx context.Context, p *people.Principal, n New) (*Action, error) {
	a, err := n.action()
	if err != nil {
		return nil, err
	}
	var out *Action
	err = db.Tx(ctx, s.DB, func(tx *gorm.DB) error {
		fresh := *a // the transaction may run again
		out = &fresh
		return s.insert(tx, p, n, &fresh)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (s *Store) insert(tx *gorm.DB, p *people.Principal, n New, a *Action) error {
	res, err := people.ResourceOf(tx, n.COEID)
	if err != nil {
		return err
	}
	if !people.May(p, people.View, res) {
		return people.NoSuchCOE()
	}
	if !people.May(p, people.Edit, res) {
		return fault.Forbiddenf("You may read this COE but not add actions to it.")
	}
	for field, id := range map[string]*int64{"owner": a.OwnerID, "verifier": a.VerifierID} {
		if id != nil {
			if err := member(tx, field, *id); err != nil {
				return err
			}
		}
	}
	e := &edit{tx: tx, a: a, by: p, res: res, now: db.Now(tx), zone: s.Zone}
	if err := e.firstDue(n); err != nil {
		return err
	}
	if err := e.number(); err != nil {
		return err
	}
	if err := tx.Create(a).Error; err != nil {
		return fmt.Errorf("add an action: %w", err)
	}
	e.detail = map[string]any{"ref": a.Ref(), "title": a.Title, "owner": a.OwnerID, "due": a.Due, "priority": a.Priority}
	return e.leave("action.add")
}

// action checks the fields that need no database.
func (n New) action() (*Action, error) {
	a := &Action{OwnerID: n.OwnerID, VerifierID: n.VerifierID, State: Open, Version: 1}
	if n.Horizon == "" {
		n.Horizon = "short"
	}
	err := a.set(Fields{
		Title: &n.Title, Detail: &n.Detail, Priority: &n.Priority, Type: &n.Type, Horizon: &n.Horizon,
		Criterion: &n.Criterion, ProofKind: &n.ProofKind, ProofTarget: &n.ProofTarget, TrackerURL: &n.TrackerURL,
	})
	if err == nil && n.OwnerID != nil && n.VerifierID != nil && *n.OwnerID == *n.VerifierID {
		err = fault.Invalidf("verifier", "Nobody verifies their own action. Name somebody else.")
	}
	return a, err
}

// firstDue reads the due day, or fills it from the policy.
func (e *edit) firstDue(n New) error {
	cal, whose, err := e.ownerCalendar()
	if err != nil {
		return err
	}
	today, err := e.today()
	if err != nil {
		return err
	}
	if n.Due != "" {
		e.a.Due, err = ResolveDue(n.Due, today, cal, whose, n.DayOffReason)
	} else if e.a.Priority != "" {
		e.a.Due, err = e.policyDue(n.COEID, cal)
	}
	e.a.FirstDue = e.a.Due
	return err
}

// today is the calendar day of who acts.
func (e *edit) today() (people.Day, error) {
	c, err := e.calendar(idOf(e.by))
	return c.Today(e.now), err
}

// policyDue gives the due day that the COE's team sets by severity and priority.
func (e *edit) policyDue(coeID int64, cal people.Calendar) (people.Day, error) {
	var h head
	if err := e.tx.Table("coes").Take(&h, "id = ?", coeID).Error; err != nil {
		return "", fmt.Errorf("read the severity: %w", err)
	}
	policy := people.DefaultPolicy()
	if h.TeamID != nil {
		var team people.Team
		if err := e.tx.Take(&team, *h.TeamID).Error; err != nil {
			return "", fmt.Errorf("read the team's policy: %w", err)
		}
		if own, err := people.ParsePolicy(team.Policy); err == nil {
			policy = own
		}
	}
	return people.DefaultDue(policy.For(h.Severity), e.a.Priority, cal.Today(e.now), cal), nil
}

// number gives the new action its place: number, key, rank, times.
func (e *edit) number() error {
	a := e.a
	a.COEID = e.res.COEID
	err := e.tx.Raw("UPDATE coes SET next_action = next_action + 1 WHERE id = ? RETURNING next_action - 1", a.COEID).Scan(&a.Number).Error
	if err != nil {
		return fmt.Errorf("number an action: %w", err)
	}
	var last string
	if err := e.tx.Raw("SELECT COALESCE(MAX(rank), '') FROM actions WHERE coe_id = ?", a.COEID).Scan(&last).Error; err != nil {
		return fmt.Errorf("place an action: %w", err)
	}
	a.Key, a.Rank = db.NewKey(), db.Between(last, "")
	a.StateSince, a.CreatedAt, a.UpdatedAt, a.CreatedBy = e.now, e.now, e.now, e.by.PersonID()
	if a.OwnerID != nil {
		a.AssignedAt, a.Assignment = &e.now, 1
	}
	return nil
}

// Fields are changes to what an action says; what is nil stays.
type Fields struct {
	Title, Detail, Priority, Type, Horizon, Criterion, ProofKind, ProofTarget, TrackerURL *string
	VerifierID                                                                            *int64 // 0: nobody named
}

// set checks the changed fields and takes them over.
func (a *Action) set(f Fields) (err error) {
	put := func(dst *string, v *string, check func(string) (string, error)) {
		if v != nil && err == nil {
			var got string
			if got, err = check(*v); err == nil {
				*dst = got
			}
		}
	}
	put(&a.Title, f.Title, func(s string) (string, error) {
		s, err := line("title", s, maxTitle)
		if err == nil && s == "" {
			err = fault.Invalidf("title", "Say what is to be done.")
		}
		return s, err
	})
	put(&a.Detail, f.Detail, func(s string) (string, error) { return text("detail", s, maxDetail) })
	put(&a.Priority, f.Priority, oneOf("priority", "", "P0", "P1", "P2", "P3"))
	put(&a.Type, f.Type, oneOf("type", append([]string{""}, Types()...)...))
	put(&a.Horizon, f.Horizon, oneOf("horizon", "short", "long"))
	put(&a.Criterion, f.Criterion, func(s string) (string, error) { return text("criterion", s, maxDetail) })
	put(&a.ProofKind, f.ProofKind, oneOf("proof_kind", append([]string{""}, ProofKinds()...)...))
	put(&a.ProofTarget, f.ProofTarget, func(s string) (string, error) { return line("proof_target", s, maxTitle) })
	put(&a.TrackerURL, f.TrackerURL, webAddress)
	if err == nil && (f.ProofKind != nil || f.ProofTarget != nil) {
		err = a.matchProof()
	}
	return err
}

// matchProof keeps kind and target of the proof together: a named experiment
// is proof by experiment.
func (a *Action) matchProof() error {
	switch {
	case a.ProofTarget == "" || a.ProofKind == proofExperiment:
		return nil
	case a.ProofKind == "":
		a.ProofKind = proofExperiment
		return nil
	}
	return fault.Invalidf("proof_target", "A named experiment belongs to the kind of proof experiment. Choose that kind, or leave this empty.")
}

// oneOf checks an enumeration.
func oneOf(field string, allowed ...string) func(string) (string, error) {
	return func(s string) (string, error) {
		if slices.Contains(allowed, s) {
			return s, nil
		}
		return "", fault.Invalidf(field, "%q is not a %s. Take one of %s.", short(s, 30), field, list(allowed))
	}
}

func list(words []string) string {
	out := ""
	for _, w := range words {
		if w == "" {
			continue
		}
		if out != "" {
			out += ", "
		}
		out += w
	}
	return out
}

// webAddress takes http and https only: it becomes a link.
func webAddress(s string) (string, error) {
	s, err := line("tracker_url", s, 2000)
	if err != nil || s == "" {
		return s, err
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return "", fault.Invalidf("tracker_url", "This is not a web address. It begins with https://.")
	}
	return s, nil
}

// AddLine adds an action from one typed line, see ParseLine. A question that
// the line leaves open is a fault.Invalid on the field line.
func (s *Store) AddLine(ctx context.Context, p *people.Principal, coeID int64, typed string) (*Action, error) {
	cal, err := calendarOf(s.DB.WithContext(ctx), idOf(p), s.Zone)
	if err != nil {
		return nil, err
	}
	parsed := ParseLine(typed, cal.Today(db.Now(s.DB)), cal)
	if parsed.Ask != "" {
		return nil, fault.Invalidf("line", "%s", parsed.Ask)
	}
	n := New{COEID: coeID, Title: parsed.Title, Due: string(parsed.Due), Priority: parsed.Priority}
	if parsed.OwnerWord != "" {
		owner, err := s.FindOwner(ctx, parsed.OwnerWord)
		if err != nil {
			return nil, err
		}
		n.OwnerID = &owner.ID
	}
	return s.Add(ctx, p, n)
}

// Understand reads a typed line as AddLine would, on the person's local day,
// without storing anything.
func (s *Store) Understand(ctx context.Context, p *people.Principal, typed string) (Parsed, error) {
	cal, err := calendarOf(s.DB.WithContext(ctx), idOf(p), s.Zone)
	if err != nil {
		return Parsed{}, err
	}
	return ParseLine(typed, cal.Today(db.Now(s.DB)), cal), nil
}

// now is the calendar clock.
func (s *Store) now() time.Time { return db.Now(s.DB) }
