package actions

import (
	"context"
	"fmt"
	"strings"

	"coetracker/internal/fault"
	"coetracker/people"
)

// FindOwner finds the one active member that a word after @ means: an address,
// what stands before its @, a first or last name, or the beginning of one.
// Nobody and several are a fault.Invalid on the field owner.
func (s *Store) FindOwner(ctx context.Context, word string) (*people.Person, error) {
	w := strings.ToLower(strings.TrimPrefix(strings.TrimSpace(word), "@"))
	if w == "" {
		return nil, fault.Invalidf("owner", "Name an owner, such as @sam.")
	}
	var all []people.Person
	if err := s.DB.WithContext(ctx).Where("disabled_at IS NULL").Order("id").Find(&all).Error; err != nil {
		return nil, fmt.Errorf("find an owner: %w", err)
	}
	best, found := 0, []people.Person(nil)
	for _, p := range all {
		switch fit := fits(w, p); {
		case fit == 0 || fit < best:
		case fit > best:
			best, found = fit, []people.Person{p}
		default:
			found = append(found, p)
		}
	}
	switch len(found) {
	case 1:
		return &found[0], nil
	case 0:
		return nil, fault.Invalidf("owner", "There is nobody called @%s.", short(word, 40))
	}
	return nil, fault.Invalidf("owner", "@%s can be %s. Write the address.", short(word, 40), names(found))
}

// fits says how well a word names a person, 0 for not at all.
func fits(w string, p people.Person) int {
	local, _, _ := strings.Cut(p.Email, "@")
	name := strings.ToLower(p.Name)
	switch {
	case w == p.Email:
		return 5
	case w == local:
		return 4
	case w == strings.ReplaceAll(name, " ", "."), w == strings.ReplaceAll(name, " ", ""):
		return 3
	}
	best := 0
	for _, part := range strings.Fields(name) {
		if part == w {
			best = max(best, 2)
		} else if strings.HasPrefix(part, w) {
			best = max(best, 1)
		}
	}
	if strings.HasPrefix(local, w) {
		best = max(best, 1)
	}
	return best
}

// names lists people so that they can be told apart, at most four of them.
func names(list []people.Person) string {
	var out []string
	for i, p := range list {
		if i == 4 {
			out = append(out, "somebody else")
			break
		}
		out = append(out, p.Name)
	}
	return strings.Join(out, " or ")
}
