package people

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"coetracker/internal/db"
	"coetracker/internal/fault"

	"gorm.io/gorm"
)

// NewPerson is what is known of somebody who joins.
type NewPerson struct {
	Email     string
	Name      string // empty: made from the address
	Role      Role   // empty: writer
	Zone      string
	ManagerID int64 // 0: none
	SlackID   string
	Teams     []int64
}

// PersonEdit holds the changes to a person; what is nil stays.
type PersonEdit struct {
	Email     *string
	Name      *string
	Role      *Role
	Zone      *string
	ManagerID *int64 // 0: none
	SlackID   *string
	Teams     *[]int64 // all teams the person is to be in
}

// ParseRole reads a role; an unknown one is a fault.Invalid.
func ParseRole(s string) (Role, error) {
	switch r := Role(s); r {
	case Reader, Writer, Reviewer, Admin:
		return r, nil
	}
	return "", fault.Invalidf("role", "%s is not a role. Write reader, writer, reviewer or admin.", quote(s))
}

// AddPerson adds a member with their teams. An address that is there already
// is a fault.Conflict, also when its person is disabled. Admins only.
func (s *Store) AddPerson(ctx context.Context, by *Principal, n NewPerson) (*Person, error) {
	if err := admins(by); err != nil {
		return nil, err
	}
	p, err := n.person()
	if err != nil {
		return nil, err
	}
	err = db.Tx(ctx, s.DB, func(tx *gorm.DB) error {
		p.ID = 0
		if err := insertPerson(tx, p); err != nil {
			return err
		}
		if err := setTeams(tx, p.ID, n.Teams); err != nil {
			return err
		}
		return record(tx, by, "person.add", object("person", p.ID), map[string]any{"email": p.Email, "role": p.Role, "teams": distinct(n.Teams)})
	})
	if err != nil {
		return nil, err
	}
	return p, nil
}

// person checks the fields and fills in what may be left out.
func (n NewPerson) person() (*Person, error) {
	email, err := NormalEmail(n.Email)
	if err != nil {
		return nil, err
	}
	if n.Name == "" {
		n.Name = nameFromEmail(email)
	}
	if n.Role == "" {
		n.Role = Writer
	}
	cols, err := PersonEdit{Name: &n.Name, Role: &n.Role, Zone: &n.Zone, SlackID: &n.SlackID}.columns()
	if err != nil {
		return nil, err
	}
	return &Person{
		Email: email, Name: cols["name"].(string), Role: n.Role, Zone: cols["zone"].(string),
		ManagerID: nullable(n.ManagerID), SlackID: cols["slack_id"].(string), Version: 1,
	}, nil
}

func insertPerson(tx *gorm.DB, p *Person) error {
	if p.ManagerID != nil {
		if err := exists(tx, *p.ManagerID); err != nil {
			return err
		}
	}
	err := tx.Create(p).Error
	if db.IsUnique(err) {
		return fault.Conflictf("%s is here already. Change that person instead.", p.Email)
	}
	return err
}

// SetPerson changes a person that is still at this version. Admins change
// everything, everybody their own name and zone. The last admin cannot be
// made something else.
func (s *Store) SetPerson(ctx context.Context, by *Principal, id, version int64, e PersonEdit) (*Person, error) {
	if err := e.allowed(by, id); err != nil {
		return nil, err
	}
	cols, err := e.columns()
	if err != nil {
		return nil, err
	}
	p := &Person{}
	err = db.Tx(ctx, s.DB, func(tx *gorm.DB) error {
		if p, err = byID(tx, id); err != nil {
			return err
		}
		if err := e.check(tx, p); err != nil {
			return err
		}
		if err := db.SaveVersioned(tx, &Person{}, id, version, cols); err != nil {
			return taken(err, e.Email)
		}
		if e.Teams != nil {
			if err := setTeams(tx, id, *e.Teams); err != nil {
				return err
			}
		}
		if p, err = byID(tx, id); err != nil {
			return err
		}
		return record(tx, by, "person.set", object("person", id), e.detail(cols))
	})
	if err != nil {
		return nil, err
	}
	return p, nil
}

// allowed: admins everything, others the name and zone of themselves.
func (e PersonEdit) allowed(by *Principal, id int64) error {
	own := e.Email == nil && e.Role == nil && e.ManagerID == nil && e.SlackID == nil && e.Teams == nil
	if own && by.active() && by.is(id) {
		return nil
	}
	return admins(by)
}

// columns checks the fields and gives them as the database keeps them.
func (e PersonEdit) columns() (cols map[string]any, err error) {
	cols = map[string]any{}
	text := func(col string, v *string, check func(string) (string, error)) {
		if v != nil && err == nil {
			cols[col], err = check(*v)
		}
	}
	text("email", e.Email, NormalEmail)
	text("name", e.Name, name)
	text("zone", e.Zone, zoneText)
	text("slack_id", e.SlackID, func(s string) (string, error) { return label("slack_id", s, 50) })
	if e.Role != nil && err == nil {
		cols["role"], err = ParseRole(string(*e.Role))
	}
	if e.ManagerID != nil {
		cols["manager_id"] = nullable(*e.ManagerID)
	}
	return cols, err
}

// check looks at what only the database knows.
func (e PersonEdit) check(tx *gorm.DB, p *Person) error {
	if e.ManagerID != nil && *e.ManagerID == p.ID {
		return fault.Invalidf("manager", "Nobody is their own manager. Name somebody else.")
	}
	if e.ManagerID != nil && *e.ManagerID != 0 {
		if err := exists(tx, *e.ManagerID); err != nil {
			return err
		}
	}
	if e.Role != nil && *e.Role != Admin {
		return notLastAdmin(tx, p)
	}
	return nil
}

func (e PersonEdit) detail(cols map[string]any) map[string]any {
	d := maps.Clone(cols)
	if e.Teams != nil {
		d["teams"] = distinct(*e.Teams)
	}
	return d
}

// taken names the address in place of the database's words.
func taken(err error, email *string) error {
	if db.IsUnique(err) && email != nil {
		return fault.Conflictf("%s belongs to somebody else.", *email)
	}
	return err
}

// exists refuses a manager who is not here.
func exists(tx *gorm.DB, id int64) error {
	_, err := byID(tx, id)
	if fault.Is(err, fault.NotFound) {
		return fault.Invalidf("manager", "This manager is not a member here. Add them first.")
	}
	return err
}

// notLastAdmin refuses to take the rights of the only admin who can still sign
// in. The admins' rows stay locked, so that two of them cannot demote each
// other at the same moment.
func notLastAdmin(tx *gorm.DB, p *Person) error {
	if p.Role != Admin || !p.Active() {
		return nil
	}
	var ids []int64
	err := db.ForUpdate(tx).Model(&Person{}).Where("role = ? AND disabled_at IS NULL", Admin).Order("id").Pluck("id", &ids).Error
	if err != nil {
		return err
	}
	if len(ids) == 0 || len(ids) == 1 && slices.Contains(ids, p.ID) {
		return fault.Conflictf("%s is the last administrator. Make somebody else one first.", p.Name)
	}
	return nil
}

// object names a row in the audit log.
func object(kind string, id int64) string { return fmt.Sprintf("%s:%d", kind, id) }
