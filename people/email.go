package people

import (
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"coetracker/internal/fault"
)

// NormalEmail gives an address as it is stored and compared: trimmed, in lower
// case, without a display name. What is no address is a fault.Invalid.
func NormalEmail(s string) (string, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	a, err := mail.ParseAddress(s)
	_, domain, _ := strings.Cut(s, "@")
	bad := err != nil || a.Address != s || len(s) > 254 || domain == "" ||
		!utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsSpace) || strings.ContainsAny(s, `"<>(),;:\`)
	if bad {
		return "", fault.Invalidf("email", "%s is not an e-mail address. Write it as ana@example.org.", quote(s))
	}
	return s, nil
}

// nameFromEmail makes a name to show from an address: ana.meyer@example.org
// is Ana Meyer.
func nameFromEmail(email string) string {
	local, _, _ := strings.Cut(email, "@")
	words := strings.FieldsFunc(local, func(r rune) bool { return strings.ContainsRune("._-+", r) })
	for i, w := range words {
		r, size := utf8.DecodeRuneInString(w)
		words[i] = string(unicode.ToUpper(r)) + w[size:]
	}
	if len(words) == 0 {
		return email
	}
	return strings.Join(words, " ")
}
