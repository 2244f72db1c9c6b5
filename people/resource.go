package people

import (
	"time"

	"coetracker/internal/fault"

	"gorm.io/gorm"
)

// header is what the policy reads of a COE. The table belongs to package coe,
// which this one may not import.
type header struct {
	ID         int64
	OwnerID    int64
	TeamID     *int64
	Visibility string
	State      string
	Reviewed   bool
	DeletedAt  *time.Time
}

// ResourceOf reads what the policy needs to know of a COE, in two queries, for
// deleted ones too. A COE that is not there is a fault.NotFound with the same
// sentence as one that may not be seen is to get.
func ResourceOf(tx *gorm.DB, coeID int64) (Resource, error) {
	all, err := Resources(tx, []int64{coeID})
	if err != nil {
		return Resource{}, err
	}
	r, ok := all[coeID]
	if !ok {
		return Resource{}, NoSuchCOE()
	}
	return r, nil
}

// NoSuchCOE is the answer for a COE that does not exist, and for one that the
// person who asks may not see.
func NoSuchCOE() error { return fault.NotFoundf("There is no such COE.") }

// Resources is ResourceOf for many COEs, still in two queries. Unknown ids are
// left out.
func Resources(tx *gorm.DB, coeIDs []int64) (map[int64]Resource, error) {
	out := map[int64]Resource{}
	ids := distinct(coeIDs)
	if len(ids) == 0 {
		return out, nil
	}
	var heads []header
	err := tx.Table("coes").Select("id, owner_id, team_id, visibility, state, reviewed, deleted_at").
		Where("id IN ?", ids).Scan(&heads).Error
	if err != nil || len(heads) == 0 {
		return out, err
	}
	var named []struct {
		CoeID    int64
		PersonID int64
		Role     string
	}
	err = tx.Table("coe_people").Select("coe_id, person_id, role").Where("coe_id IN ?", ids).
		Order("coe_id, person_id, role").Scan(&named).Error
	if err != nil {
		return nil, err
	}
	for _, h := range heads {
		out[h.ID] = h.resource()
	}
	for _, n := range named {
		if r, ok := out[n.CoeID]; ok {
			r.name(n.PersonID, n.Role)
			out[n.CoeID] = r
		}
	}
	return out, nil
}

func (h header) resource() Resource {
	r := Resource{
		COEID: h.ID, Owner: h.OwnerID, Restricted: h.Visibility != "org",
		State: h.State, Reviewed: h.Reviewed, Deleted: h.DeletedAt != nil,
	}
	if h.TeamID != nil {
		r.Team = *h.TeamID
	}
	return r
}

func (r *Resource) name(personID int64, role string) {
	switch role {
	case "writer":
		r.Writers = append(r.Writers, personID)
	case "reviewer", "approver":
		r.Reviewers = append(r.Reviewers, personID)
	default:
		r.Named = append(r.Named, personID)
	}
}
