package web

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"coetracker/coe"
	"coetracker/people"
	"coetracker/templates"
	"coetracker/timeline"
)

// headerSave stores what was changed in the header's form.
func (s *Server) headerSave(c *gin.Context) error {
	n, err := number(c)
	if err != nil {
		return err
	}
	d, err := s.editable(c, n)
	if err != nil {
		return err
	}
	e, err := s.headerEdit(c, d)
	if err == nil && !reflect.DeepEqual(e, coe.HeaderEdit{}) {
		_, err = s.COEs.EditHeader(c.Request.Context(), who(c), n, version(c), e)
	}
	if err != nil {
		return s.refuseHeader(c, n, err)
	}
	return toEdit(c, n, "header", "", nil)
}

// refuseHeader puts errors about several fields beside the first of them.
func (s *Server) refuseHeader(c *gin.Context, n int64, err error) error {
	r, status, err := refusalOf(c, "header", err)
	if err != nil {
		return err
	}
	switch r.Error.Field {
	case "window":
		r.Error.Field = "start"
	case "none_because":
		r.Error.Field = "none_" + string(timeline.KeyMoments()[0])
	case "writer", "reviewer", "approver", "presenter", "facilitator", "named":
		if len(c.PostFormArray(r.Error.Field)) == 0 || field(c, "add_role") == r.Error.Field {
			r.Error.Field = "add_person"
		}
	}
	return s.showEdit(c, status, n, templates.EditAsk{Part: "header", Refusals: []templates.Refusal{r}})
}

// headerEdit is what the form changes in the document; what it leaves alone,
// or did not show to this person, stays nil.
func (s *Server) headerEdit(c *gin.Context, d *coe.Document) (coe.HeaderEdit, error) {
	now := d.COE
	manages := people.May(who(c), people.Manage, d.Resource())
	e := coe.HeaderEdit{Title: other(typed(c, "title"), now.Title), Tags: other(typed(c, "tags"), now.Tags), Zone: other(typed(c, "zone"), now.Zone)}
	if v := typed(c, "kind"); v != nil && coe.Kind(*v) != now.Kind {
		kind := coe.Kind(*v)
		e.Kind = &kind
	}
	if v := typed(c, "severity"); v != nil && *v != strconv.Itoa(now.Severity) {
		n, _ := strconv.Atoi(*v)
		e.Severity = &n
	}
	if v := typed(c, "visibility"); manages && v != nil && coe.Visibility(*v) != now.Visibility {
		visibility := coe.Visibility(*v)
		e.Visibility = &visibility
	}
	if err := headerIDs(c, d, manages, &e); err != nil {
		return e, err
	}
	w, err := eventWindow(c, s.timesOf(now), "start", "end")
	if err != nil {
		return e, err
	}
	if _, shown := c.GetPostForm("start"); shown && (!sameTime(w.Start, now.WindowStart) || !sameTime(w.End, now.WindowEnd)) {
		e.Window = &w
	}
	e.NoneBecause = nonesEdit(c, now)
	return e, nil
}

// headerIDs reads owner, team, services and the people named.
func headerIDs(c *gin.Context, d *coe.Document, manages bool, e *coe.HeaderEdit) error {
	if _, shown := c.GetPostForm("owner"); shown && manages {
		owner, err := optionalID(c, "owner")
		if err != nil {
			return err
		}
		if owner != d.COE.OwnerID {
			e.OwnerID = &owner
		}
	}
	team, err := optionalID(c, "team")
	if err != nil {
		return err
	}
	if _, shown := c.GetPostForm("team"); shown && (d.COE.TeamID == nil && team != 0 || d.COE.TeamID != nil && *d.COE.TeamID != team) {
		e.TeamID = &team
	}
	services, err := ids(c, "services")
	if err != nil {
		return err
	}
	have := make([]int64, len(d.Services))
	for i, sv := range d.Services {
		have[i] = sv.ID
	}
	if !sameIDs(services, have) {
		e.Services = &services
	}
	return headerRoles(c, d, manages, e)
}

// headerRoles reads who stays named, and whom the last line adds.
func headerRoles(c *gin.Context, d *coe.Document, manages bool, e *coe.HeaderEdit) error {
	if !manages && d.COE.Visibility == coe.Restricted {
		return nil
	}
	person, err := optionalID(c, "add_person")
	if err != nil {
		return err
	}
	into := map[coe.NamedRole]**[]int64{
		coe.RoleWriter: &e.Writers, coe.RoleReviewer: &e.Reviewers, coe.RoleApprover: &e.Approvers,
		coe.RolePresenter: &e.Presenter, coe.RoleFacilitator: &e.Facilitator, coe.RoleNamed: &e.Named,
	}
	for _, r := range templates.HeaderRoles() {
		if !manages && (r.Role == coe.RoleWriter || r.Role == coe.RoleNamed) {
			continue
		}
		list, err := ids(c, string(r.Role))
		if err != nil {
			return err
		}
		if person != 0 && field(c, "add_role") == string(r.Role) {
			list = append(list, person)
		}
		if !sameIDs(list, namedAs(d, r.Role)) {
			*into[r.Role] = &list
		}
	}
	return nil
}

func namedAs(d *coe.Document, role coe.NamedRole) []int64 {
	var out []int64
	for _, n := range d.Named {
		if n.Role == role {
			out = append(out, n.PersonID)
		}
	}
	return out
}

// nonesEdit is the reasons that changed why a key moment is missing.
func nonesEdit(c *gin.Context, now coe.COE) map[timeline.Kind]string {
	nones := now.Nones()
	var out map[timeline.Kind]string
	for _, k := range timeline.KeyMoments() {
		if v := typed(c, "none_"+string(k)); v != nil && strings.TrimSpace(*v) != nones[k] {
			if out == nil {
				out = map[timeline.Kind]string{}
			}
			out[k] = *v
		}
	}
	return out
}

// other is the typed text when it is not what is stored already.
func other(typed *string, now string) *string {
	if typed == nil || strings.TrimSpace(*typed) == now {
		return nil
	}
	return typed
}

func sameTime(a, b *time.Time) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Equal(*b)
}

func sameIDs(a, b []int64) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(slices.Compact(a), slices.Compact(b))
}
