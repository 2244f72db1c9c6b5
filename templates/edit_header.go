package templates

import (
	"fmt"
	"strings"

	"coetracker/coe"
	"coetracker/people"
	"coetracker/timeline"
)

// HeaderRoles lists the roles on a document in the order of the form, with
// how a page names them. Their names are also those of the fields.
func HeaderRoles() []struct {
	Role  coe.NamedRole
	Label string
} {
	return []struct {
		Role  coe.NamedRole
		Label string
	}{
		{coe.RoleWriter, "Writers"},
		{coe.RoleReviewer, "Reviewers"},
		{coe.RoleApprover, "Approvers"},
		{coe.RolePresenter, "Presenter"},
		{coe.RoleFacilitator, "Facilitator"},
		{coe.RoleNamed, "May read it when it is restricted"},
	}
}

// header is the form of the header; who may not manage the document does not
// see the fields that decide who owns and who reads it.
func (e editor) header() *RowForm {
	f := &RowForm{ID: "header", Open: true, Two: true, Form: Form{Action: e.base + "/header", Submit: "Save the header", Version: e.d.COE.Version, Draft: e.draft("header")}}
	f.Fields = e.headerFields(e.d.COE)
	return e.refuse(f, "header", func(row any) []Field {
		c, ok := row.(coe.COE)
		if !ok {
			return nil
		}
		return e.headerFields(c)
	})
}

func (e editor) headerFields(c coe.COE) []Field {
	manages := people.May(e.Who, people.Manage, e.d.Resource())
	out := []Field{
		{Kind: "text", Name: "title", Label: "Title", Hint: "Name the problem people saw, not the system.", Value: c.Title, Required: true},
		{Kind: "select", Name: "kind", Label: "Kind", Options: coeKindChoices(c.Kind)},
		{Kind: "select", Name: "severity", Label: "Severity", Options: severityChoices(c.Severity)},
	}
	if manages {
		out = append(out, Field{Kind: "select", Name: "owner", Label: "Owner", Options: e.personChoices("", c.OwnerID)})
	}
	var team int64
	if c.TeamID != nil {
		team = *c.TeamID
	}
	teams := []Option{{Label: "no team"}}
	for _, t := range e.ask.Choices.Teams {
		teams = append(teams, Option{Value: fmt.Sprint(t.ID), Label: t.Name, Selected: t.ID == team})
	}
	out = append(out, Field{Kind: "select", Name: "team", Label: "Team", Options: teams}, e.serviceChoices(),
		Field{Kind: "text", Name: "start", Label: "Event began", Hint: "Day and time in " + c.Zone + ", such as 30 Sep 2025 14:02.", Value: e.when(c.WindowStart), Size: 20},
		Field{Kind: "text", Name: "end", Label: "Event ended", Value: e.when(c.WindowEnd), Size: 20},
		Field{Kind: "text", Name: "zone", Label: "Time zone of the document", Hint: "All times are shown in it. Times that are stored stay what they are.", Value: c.Zone, Auto: "off"},
		Field{Kind: "text", Name: "tags", Label: "Tags", Hint: "Separated by spaces.", Value: c.Tags})
	if manages {
		out = append(out, Field{Kind: "select", Name: "visibility", Label: "Who may read it", Options: []Option{
			{Value: string(coe.Org), Label: "Everybody who signs in", Selected: c.Visibility == coe.Org},
			{Value: string(coe.Restricted), Label: "Only named people and administrators", Selected: c.Visibility == coe.Restricted},
		}})
	}
	out = append(out, e.roleFields(manages)...)
	return append(out, noneFields(c)...)
}

func coeKindChoices(chosen coe.Kind) []Option {
	var out []Option
	for _, k := range []coe.Kind{coe.Incident, coe.NearMiss, coe.ProceduralMiss, coe.ExperimentFinding, coe.Win} {
		out = append(out, Option{Value: string(k), Label: KindWord(k), Selected: k == chosen})
	}
	return out
}

func severityChoices(chosen int) []Option {
	var out []Option
	for i, label := range []string{"1, the worst", "2", "3", "4"} {
		out = append(out, Option{Value: itoa(i + 1), Label: label, Selected: i+1 == chosen})
	}
	return out
}

func (e editor) personChoices(empty string, chosen int64) []Option {
	var out []Option
	if empty != "" {
		out = append(out, Option{Label: empty})
	}
	found := chosen == 0
	for _, p := range e.ask.Choices.People {
		found = found || p.ID == chosen
		out = append(out, Option{Value: fmt.Sprint(p.ID), Label: PersonName(p), Selected: p.ID == chosen})
	}
	if !found { // a former member still owns it
		out = append(out, Option{Value: fmt.Sprint(chosen), Label: PersonName(e.d.People[chosen]), Selected: true})
	}
	return out
}

// nameChoices says each one's role beside the name: not everybody may sign off.
func (e editor) nameChoices() []Option {
	out := []Option{{Label: "nobody else"}}
	for _, p := range e.ask.Choices.People {
		label := PersonName(p) + ", " + string(p.Role)
		if p.ID == e.d.COE.OwnerID {
			label += ", owns it"
		}
		out = append(out, Option{Value: fmt.Sprint(p.ID), Label: label})
	}
	return out
}

func (e editor) serviceChoices() Field {
	f := Field{Kind: "multi", Name: "services", Label: "Affected services"}
	in := map[int64]bool{}
	for _, s := range e.d.Services {
		in[s.ID] = true
	}
	for _, s := range e.ask.Choices.Services {
		f.Options = append(f.Options, Option{Value: fmt.Sprint(s.ID), Label: s.Name, Selected: in[s.ID]})
	}
	return f
}

// roleFields shows who is named, to be unticked, and one line to name another.
func (e editor) roleFields(manages bool) []Field {
	if !manages && e.d.COE.Visibility == coe.Restricted {
		return nil
	}
	var out []Field
	roles := []Option{}
	for _, r := range HeaderRoles() {
		if !manages && (r.Role == coe.RoleWriter || r.Role == coe.RoleNamed) {
			continue
		}
		roles = append(roles, Option{Value: string(r.Role), Label: strings.TrimSuffix(r.Label, "s"), Selected: r.Role == coe.RoleReviewer})
		f := Field{Kind: "multi", Name: string(r.Role), Label: r.Label}
		for _, n := range e.d.Named {
			if n.Role == r.Role {
				f.Options = append(f.Options, Option{Value: fmt.Sprint(n.PersonID), Label: PersonName(e.d.People[n.PersonID]), Selected: true})
			}
		}
		if len(f.Options) > 0 {
			out = append(out, f)
		}
	}
	return append(out,
		Field{Kind: "select", Name: "add_person", Label: "Name somebody", Hint: "Reviewers and approvers sign off; they have the role reviewer or admin, and are not the owner.", Options: e.nameChoices()},
		Field{Kind: "select", Name: "add_role", Label: "As", Options: roles})
}

// noneFields takes the reason for each key moment that did not happen.
func noneFields(c coe.COE) []Field {
	nones := c.Nones()
	var out []Field
	for i, k := range timeline.KeyMoments() {
		f := Field{Kind: "text", Name: "none_" + string(k), Label: "No “" + strings.ToLower(k.Label()) + "” because", Value: nones[k]}
		if i == 0 {
			f.Hint = "Only for a key moment that did not happen: the checker then does not ask for it."
		}
		out = append(out, f)
	}
	return out
}
