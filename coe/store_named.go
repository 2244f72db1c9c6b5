package coe

import (
	"slices"

	"gorm.io/gorm"

	"coetracker/internal/fault"
)

// roleList is the people an edit gives one role; nil is no edit.
type roleList struct {
	role NamedRole
	ids  *[]int64
}

func (e HeaderEdit) roles() []roleList {
	return []roleList{{RoleWriter, e.Writers}, {RoleReviewer, e.Reviewers}, {RoleApprover, e.Approvers},
		{RolePresenter, e.Presenter}, {RoleFacilitator, e.Facilitator}, {RoleNamed, e.Named}}
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
	return activePeople(tx, string(l.role), added)
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
