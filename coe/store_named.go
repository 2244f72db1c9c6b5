package coe

import (
	"slices"

	"gorm.io/gorm"

	"coetracker/internal/fault"
	"coetracker/people"
)

// roleList is the people an edit gives one role; nil is no edit.
type roleList struct {
	role NamedRole
	ids  *[]int64
}

func (e HeaderEdit) roles() []roleList {
	return []roleList{
		{RoleWriter, e.Writers},
		{RoleReviewer, e.Reviewers},
		{RoleApprover, e.Approvers},
		{RolePresenter, e.Presenter},
		{RoleFacilitator, e.Facilitator},
		{RoleNamed, e.Named},
	}
}

func (l roleList) check(tx *gorm.DB, c *COE) error {
	if l.ids == nil {
		return nil
	}
	signs := l.role == RoleReviewer || l.role == RoleApprover
	if signs && slices.Contains(*l.ids, c.OwnerID) {
		return fault.Invalidf(string(l.role), "The owner never signs off. Name somebody else as %s.", l.role)
	}
	var kept []int64 // who was named already may meanwhile be a former member
	err := tx.Model(&NamedPerson{}).Where("coe_id = ? AND role = ?", c.ID, l.role).Pluck("person_id", &kept).Error
	if err != nil {
		return err
	}
	added := slices.DeleteFunc(slices.Clone(*l.ids), func(id int64) bool { return slices.Contains(kept, id) })
	if err := activePeople(tx, string(l.role), added); err != nil || !signs {
		return err
	}
	return maySign(tx, l.role, added)
}

// maySign refuses to name somebody who could then not sign off: the page would
// name them as the one to wait for, and theirs would show no button.
func maySign(tx *gorm.DB, as NamedRole, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	var cannot []people.Person
	if err := tx.Where("id IN ? AND role NOT IN ?", ids, []people.Role{people.Reviewer, people.Admin}).Order("name").Limit(1).Find(&cannot).Error; err != nil {
		return err
	}
	if len(cannot) > 0 {
		return fault.Invalidf(string(as), "%s has the role %s and cannot sign off. Name a reviewer, or ask an admin to make them one.", cannot[0].Name, cannot[0].Role)
	}
	return nil
}

func (e HeaderEdit) saveLists(tx *gorm.DB, coeID int64) error {
	for _, l := range e.roles() {
		if l.ids == nil {
			continue
		}
		if err := setNamed(tx, coeID, l.role, *l.ids); err != nil {
			return err
		}
	}
	if e.Services == nil {
		return nil
	}
	return setServices(tx, coeID, *e.Services)
}

func setNamed(tx *gorm.DB, coeID int64, role NamedRole, ids []int64) error {
	if err := tx.Where("coe_id = ? AND role = ?", coeID, role).Delete(&NamedPerson{}).Error; err != nil {
		return err
	}
	var rows []NamedPerson
	for _, id := range unique(ids) {
		rows = append(rows, NamedPerson{COEID: coeID, PersonID: id, Role: role})
	}
	if len(rows) == 0 {
		return nil
	}
	return tx.Create(&rows).Error
}
