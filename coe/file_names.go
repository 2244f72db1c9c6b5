package coe

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"coetracker/people"
)

// names translates between the ids of a document and what its file says:
// people by e-mail.
type names struct {
	d   *Document
	ids map[string]int64 // of people read so far
	err error            // the first thing that cannot be written
}

func newNames(d *Document) *names {
	if d.People == nil {
		d.People = map[int64]people.Person{}
	}
	return &names{d: d, ids: map[string]int64{}}
}

// readNames gives the names of a document that was read, to add people.
func readNames(d *Document) *names {
	n := newNames(d)
	for id, p := range d.People {
		n.ids[p.Email] = id
	}
	return n
}

// email gives a person's address for the file.
func (n *names) email(id int64) string {
	p, ok := n.d.People[id]
	if !ok || p.Email == "" {
		if n.err == nil {
			n.err = errors.New("write a COE as a file: person " + strconv.FormatInt(id, 10) + " is not loaded")
		}
		return ""
	}
	return p.Email
}

// person gives the id of an address within the file. What is no address is
// kept as it stands, for the checker to judge.
func (n *names) person(email string) int64 {
	email = strings.TrimSpace(email)
	if normal, err := people.NormalEmail(email); err == nil {
		email = normal
	}
	id, ok := n.ids[email]
	if !ok {
		id = int64(len(n.ids) + 1)
		n.ids[email] = id
		n.d.People[id] = people.Person{ID: id, Email: email}
	}
	return id
}

// listed gives the people of some roles in the form of the front matter: the
// first role is the usual one, the others stand behind the address.
func (n *names) listed(roles ...NamedRole) []string {
	var out []string
	for _, p := range n.d.Named {
		if !slices.Contains(roles, p.Role) {
			continue
		}
		item := n.email(p.PersonID)
		if p.Role != roles[0] {
			item += " (" + string(p.Role) + ")"
		}
		out = append(out, item)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// name reads such a list into the document.
func (n *names) name(line int, items []string, roles ...NamedRole) error {
	for _, item := range items {
		role := roles[0]
		email, rest, ok := strings.Cut(item, " (")
		if ok {
			role = NamedRole(strings.TrimSuffix(rest, ")"))
		}
		if !slices.Contains(roles, role) {
			return badLine(line, "%q is not a role here.", clip(string(role)))
		}
		p := NamedPerson{PersonID: n.person(email), Role: role}
		if !slices.Contains(n.d.Named, p) {
			n.d.Named = append(n.d.Named, p)
		}
	}
	return nil
}

// rowAuthors lists who made the rows that keep it, for the file.
func (d *Document) rowAuthors() []*int64 {
	var out []*int64
	for _, m := range d.Metrics {
		out = append(out, m.CreatedBy)
	}
	for _, w := range d.Whys {
		out = append(out, w.CreatedBy)
	}
	for _, l := range d.Lessons {
		out = append(out, l.CreatedBy)
	}
	for _, l := range d.Links {
		out = append(out, l.CreatedBy)
	}
	for _, s := range d.Sharings {
		out = append(out, s.CreatedBy)
	}
	return out
}
