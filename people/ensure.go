package people

import (
	"coetracker/internal/db"
	"coetracker/internal/fault"

	"gorm.io/gorm"
)

// EnsurePerson finds a person by address or makes a disabled reader of them,
// as an imported file needs whose people are not here. It runs in the import's
// transaction, which checks the rights and writes the audit.
func EnsurePerson(tx *gorm.DB, email, personName string) (id int64, made bool, err error) {
	n := NewPerson{Email: email, Name: personName, Role: Reader}
	p, err := n.person()
	if err != nil {
		return 0, false, err
	}
	found, err := onePerson(tx.Where("email = ?", p.Email), "")
	if !fault.Is(err, fault.NotFound) {
		if err != nil {
			return 0, false, err
		}
		return found.ID, false, nil
	}
	now := db.Now(tx)
	p.DisabledAt = &now
	err = tx.Create(p).Error
	return p.ID, true, err
}

// EnsureTeam finds a team by name or makes it, for an import.
func EnsureTeam(tx *gorm.DB, teamName string) (id int64, made bool, err error) {
	if teamName, err = name(teamName); err != nil {
		return 0, false, err
	}
	t := &Team{}
	err = tx.Where("name = ?", teamName).Take(t).Error
	if !db.IsNotFound(err) {
		return t.ID, false, err
	}
	t = &Team{Name: teamName, WorkingDays: "mon,tue,wed,thu,fri", Policy: "{}", Version: 1}
	err = tx.Create(t).Error
	return t.ID, true, err
}

// EnsureService finds a service by name or alias, or makes it without a team,
// for an import.
func EnsureService(tx *gorm.DB, serviceName string) (id int64, made bool, err error) {
	if serviceName, err = name(serviceName); err != nil {
		return 0, false, err
	}
	found, err := ByAlias(tx, serviceName)
	if err == nil {
		return found.ID, false, nil
	}
	if !fault.Is(err, fault.NotFound) {
		return 0, false, err
	}
	sv := &Service{Name: serviceName, Tier: 3, Targets: "{}", Version: 1}
	err = tx.Create(sv).Error
	return sv.ID, true, err
}
