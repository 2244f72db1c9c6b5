package coe

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"coetracker/internal/fault"
	"coetracker/people"
	"coetracker/timeline"
)

// Name gives the number as people say it: COE-17.
func (c COE) Name() string { return fmt.Sprintf("COE-%d", c.Number) }

// Location gives the document's display zone; UTC when its name is not known here.
func (c COE) Location() *time.Location {
	loc, _, err := timeline.LoadZone(c.Zone)
	if err != nil {
		return time.UTC
	}
	return loc
}

// Resource gives what the policy needs to know of the document.
func (d *Document) Resource() people.Resource {
	r := people.Resource{
		COEID: d.COE.ID, Owner: d.COE.OwnerID, Restricted: d.COE.Visibility != Org,
		State: string(d.COE.State), Reviewed: d.COE.Reviewed, Deleted: d.COE.DeletedAt != nil,
	}
	if d.COE.TeamID != nil {
		r.Team = *d.COE.TeamID
	}
	for _, n := range d.Named {
		switch n.Role {
		case RoleWriter:
			r.Writers = append(r.Writers, n.PersonID)
		case RoleReviewer, RoleApprover:
			r.Reviewers = append(r.Reviewers, n.PersonID)
		default:
			r.Named = append(r.Named, n.PersonID)
		}
	}
	return r
}

// allow turns the policy's answer into an error: what may not be seen does not
// exist, the rest says who may.
func allow(p *people.Principal, v people.Verb, r people.Resource) error {
	if people.May(p, v, r) {
		return nil
	}
	if !people.May(p, people.View, r) {
		return people.NoSuchCOE()
	}
	switch v {
	case people.ChangeState:
		return fault.Forbiddenf("Only the owner of a COE, or an administrator, takes it to another state.")
	case people.SignOff:
		return fault.Forbiddenf("Only a named reviewer with the role reviewer, who does not own the COE, may sign it off.")
	case people.Manage:
		return fault.Forbiddenf("Only the owner of a COE, or an administrator, decides on its owner, its writers and who may see it.")
	case people.Delete:
		return fault.Forbiddenf("The owner may delete a draft that was never in review. After that only an administrator may.")
	}
	return fault.Forbiddenf("You may read this COE but not change it. Its owner, its writers and its team may.")
}

// line checks a text that stands on one line: trimmed, runs of white space
// joined, at most most characters.
func line(field, s string, most int) (string, error) {
	if err := storable(field, s); err != nil {
		return "", err
	}
	s = strings.Join(strings.Fields(s), " ")
	if n := utf8.RuneCountInString(s); n > most {
		return "", fault.Invalidf(field, "This has %d characters. At most %d are allowed.", n, most)
	}
	return s, nil
}

// block checks a text of many lines, kept as typed but for its line ends.
func block(field, s string) (string, error) {
	if err := storable(field, s); err != nil {
		return "", err
	}
	s = lf(s)
	if len(s) > maxText {
		return "", fault.Invalidf(field, "This text is %d KB long. At most %d KB are allowed.", (len(s)+1023)>>10, maxText>>10)
	}
	return s, nil
}

// needed refuses an empty text.
func needed(field, s, sentence string) error {
	if strings.TrimSpace(s) == "" {
		return fault.Invalidf(field, "%s", sentence)
	}
	return nil
}

func storable(field, s string) error {
	if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
		return fault.Invalidf(field, "This text holds characters that cannot be stored. Paste it as plain text.")
	}
	return nil
}

// lf makes every line end a line feed.
func lf(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}

func lower(s State) string { return strings.ToLower(s.Label()) }

func orList(states []State) string {
	words := make([]string, len(states))
	for i, s := range states {
		words[i] = lower(s)
	}
	return strings.Join(words, " or ")
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func are(n int, what string) string {
	if n == 1 {
		return "1 " + what + " is"
	}
	return fmt.Sprintf("%d %ss are", n, what)
}

func clip(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}
