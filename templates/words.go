package templates

import (
	"fmt"
	"strconv"
	"time"

	"coetracker/actions"
	"coetracker/coe"
)

func itoa(n int) string { return strconv.Itoa(n) }

// Mark is a state as a page shows it: a shape (by class) and a word.
type Mark struct{ Class, Label string }

// StateMark gives the mark of a COE's state.
func StateMark(s coe.State) Mark {
	switch s {
	case coe.InReview:
		return Mark{"review", "In review"}
	case coe.ChangesRequested:
		return Mark{"changes", "Changes requested"}
	case coe.Approved:
		return Mark{"approved", "Approved"}
	case coe.Published:
		return Mark{"published", "Published"}
	case coe.Closed:
		return Mark{"closed", "Closed"}
	}
	return Mark{"draft", "Draft"}
}

// ActionMark gives the mark of an action's state.
func ActionMark(s actions.State) Mark {
	switch s {
	case actions.InProgress:
		return Mark{"progress", "In progress"}
	case actions.Blocked:
		return Mark{"blocked", "Blocked"}
	case actions.ClaimedDone:
		return Mark{"claimed", "Done, waits for proof"}
	case actions.Verified:
		return Mark{"verified", "Verified"}
	case actions.Declined:
		return Mark{"declined", "Declined"}
	}
	return Mark{"open", "Open"}
}

// KindWord names a kind of COE.
func KindWord(k coe.Kind) string {
	switch k {
	case coe.NearMiss:
		return "Near miss"
	case coe.ProceduralMiss:
		return "Procedural miss"
	case coe.ExperimentFinding:
		return "Experiment finding"
	case coe.Win:
		return "Win"
	}
	return "Incident"
}

// Length says a duration in words: 2 min, 4 h 16, 3 days.
func Length(d time.Duration) string {
	m := int(d.Round(time.Minute).Minutes())
	switch {
	case m < 0:
		return "unknown"
	case m < 60:
		return fmt.Sprintf("%d min", m)
	case m < 48*60:
		return fmt.Sprintf("%d h %02d", m/60, m%60)
	}
	return fmt.Sprintf("%d days", m/60/24)
}

// Age says how many days ago something was.
func Age(days int) string {
	switch {
	case days <= 0:
		return "today"
	case days == 1:
		return "1 day"
	}
	return itoa(days) + " days"
}
