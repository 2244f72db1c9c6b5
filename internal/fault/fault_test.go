package fault_test

import (
	"errors"
	"fmt"
	"testing"

	"coetracker/internal/fault"
)

func TestOf(t *testing.T) {
	t.Parallel()
	cause := errors.New("connection refused")
	for name, c := range map[string]struct {
		err   error
		kind  fault.Kind
		field string
		text  string
	}{
		"not found":        {fault.NotFoundf("There is no %s.", "COE-9"), fault.NotFound, "", "There is no COE-9."},
		"invalid, wrapped": {fmt.Errorf("save: %w", fault.Invalidf("due", "%q is not a day.", "x")), fault.Invalid, "due", `"x" is not a day.`},
		"conflict":         {fault.Conflictf("Changed meanwhile.").With(3), fault.Conflict, "", "Changed meanwhile."},
		"forbidden":        {fault.Forbiddenf("Only its owner may."), fault.Forbidden, "", "Only its owner may."},
		"unavailable":      {fault.Unavailablef(cause, "The database does not answer."), fault.Unavailable, "", "The database does not answer."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, ok := fault.Of(c.err)
			if !ok || e.Kind != c.kind || e.Field != c.field || e.Text != c.text {
				t.Fatalf("got %+v, %v", e, ok)
			}
			if !fault.Is(c.err, c.kind) {
				t.Error("Is does not know its kind")
			}
		})
	}
}

// What is no fault stays internal, and a cause is kept for the log only.
func TestInternal(t *testing.T) {
	t.Parallel()
	cause := errors.New("disk I/O error")
	if _, ok := fault.Of(cause); ok {
		t.Error("a plain error became a fault")
	}
	if fault.Is(nil, fault.NotFound) {
		t.Error("nil is a fault")
	}
	e := fault.Unavailablef(cause, "Try again.")
	if !errors.Is(e, cause) || e.Text != "Try again." || e.Error() != "Try again.: disk I/O error" {
		t.Errorf("cause lost or shown: %q, %q", e.Text, e.Error())
	}
}
