package templates

import (
	"testing"

	"coetracker/actions"
	"coetracker/people"
)

// Beside "claimed" or "declined" a bare date would read as the day of that.
func TestNewActionRowNamesTheDueDay(t *testing.T) {
	t.Parallel()
	for state, want := range map[actions.State][2]string{
		actions.Open:        {"in 19 days", "Mon 6 Apr"},
		actions.ClaimedDone: {"claimed", "due Mon 6 Apr"},
		actions.Declined:    {"declined", "due Mon 6 Apr"},
		actions.Verified:    {"kept", "Mon 6 Apr"},
	} {
		r := NewActionRow(actions.Action{State: state, Due: "2026-04-06", FirstDue: "2026-04-06"}, people.Person{}, "2026-03-18")
		if got := [2]string{r.DueWords, r.Due}; got != want {
			t.Errorf("%s: %q, want %q", state, got, want)
		}
	}
}
