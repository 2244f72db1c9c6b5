package coe

import (
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

// whole is a number without a fraction.
type whole interface{ ~int | ~int64 }

func readInt[T whole](line int, s string, least, most int64, into *T) error {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < least || n > most {
		return badLine(line, "%q is not a number from %d to %d.", clip(s), least, most)
	}
	*into = T(n)
	return nil
}

func readEnum[T ~string](line int, s string, into *T, allowed ...T) error {
	if !slices.Contains(allowed, T(s)) {
		words := make([]string, len(allowed))
		for i, a := range allowed {
			words[i] = string(a)
		}
		return badLine(line, "%q is not known here. Write %s.", clip(s), strings.Join(words, ", "))
	}
	*into = T(s)
	return nil
}

// readUID takes a UUID in its usual form; "" is a document without one yet.
func readUID(line int, s string, into *string) error {
	if s == "" {
		return nil
	}
	id, err := uuid.Parse(s)
	if err != nil || id.String() != strings.ToLower(s) {
		return badLine(line, "%q is not a uid. Leave it out to get a new one.", clip(s))
	}
	*into = id.String()
	return nil
}

// readZone takes a zone by any of its names; "" is none.
func readZone(line int, s string, into *string) error {
	if s == "" {
		return nil
	}
	name, err := zoneName(s)
	if err != nil {
		return badLine(line, "%q is not a time zone. Write a name such as Europe/London, or UTC+02:00.", clip(s))
	}
	*into = name
	return nil
}
