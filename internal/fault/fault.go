// Package fault holds the few kinds of error whose text a user may read.
//
// Everything else is an internal error: it is logged once with a request id
// and its text never leaves the process.
package fault

import (
	"errors"
	"fmt"
)

// Kind says how a caller should answer a fault.
type Kind string

// The kinds of fault. The outermost layer maps them to an HTTP status, an exit
// code or a Slack answer; nothing below it knows about those.
const (
	NotFound    Kind = "not_found"   // does not exist, or is invisible to the person who asks
	Invalid     Kind = "invalid"     // a field holds something that cannot be taken
	Conflict    Kind = "conflict"    // somebody else changed it first, or it is taken
	Forbidden   Kind = "forbidden"   // visible, but this person may not do this
	Unavailable Kind = "unavailable" // something we depend on does not answer; try again
)

// Error is a fault with a sentence for the person who caused it.
type Error struct {
	Kind   Kind
	Field  string // the input field, only for Invalid
	Text   string // one or two sentences: what is the case, and the mend
	Detail any    // what the answer may show besides, such as both texts of a conflict
	cause  error
}

// Error gives the sentence, so that a fault reads well in logs too.
func (e *Error) Error() string {
	if e.cause != nil {
		return e.Text + ": " + e.cause.Error()
	}
	return e.Text
}

// Unwrap gives the error that led to this fault, if any.
func (e *Error) Unwrap() error { return e.cause }

// New makes a fault of a kind with a sentence.
func New(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Text: fmt.Sprintf(format, args...)}
}

// NotFoundf says that something does not exist for this person.
func NotFoundf(format string, args ...any) *Error { return New(NotFound, format, args...) }

// Invalidf says what is wrong with one field, and how to mend it.
func Invalidf(field, format string, args ...any) *Error {
	e := New(Invalid, format, args...)
	e.Field = field
	return e
}

// Conflictf says that the thing changed meanwhile, or is taken.
func Conflictf(format string, args ...any) *Error { return New(Conflict, format, args...) }

// Forbiddenf says why a person may not do this.
func Forbiddenf(format string, args ...any) *Error { return New(Forbidden, format, args...) }

// Unavailablef says what does not answer; cause is kept for the log.
func Unavailablef(cause error, format string, args ...any) *Error {
	e := New(Unavailable, format, args...)
	e.cause = cause
	return e
}

// With attaches what the answer may show besides the sentence.
func (e *Error) With(detail any) *Error { e.Detail = detail; return e }

// Of finds the fault in an error chain; ok is false for internal errors.
func Of(err error) (e *Error, ok bool) {
	ok = errors.As(err, &e)
	return e, ok
}

// Is reports whether err carries a fault of this kind.
func Is(err error, kind Kind) bool {
	e, ok := Of(err)
	return ok && e.Kind == kind
}
