package evidence

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/textproto"
	"strconv"
	"strings"
	"time"
)

// The ways in which a source proves who it is, beside its secret address.
const (
	VerifyNone      = "none"
	VerifyGitHub    = "github"
	VerifyPagerDuty = "pagerduty"
	VerifyGrafana   = "grafana"
	VerifyGitLab    = "gitlab"
	VerifySNS       = "sns"
	VerifyFlux      = "flux"
	VerifyStandard  = "standard" // Standard Webhooks
	VerifyHeader    = "header"   // a header with a fixed value
	VerifyBasic     = "basic"    // user and password
)

// ErrCredential says that a delivery did not prove where it comes from. Its text
// is for the administrator, not for the sender.
var ErrCredential = errors.New("the credential is wrong")

// signedWindow is how far the time of a signature may be off.
const signedWindow = 5 * time.Minute

func badCredential(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrCredential, fmt.Sprintf(format, args...))
}

// credential is what a delivery is checked against.
type credential struct {
	verifier string
	header   string   // name of the header, for VerifyHeader; for VerifyGrafana if not the usual one
	secrets  [][]byte // any one will do
}

// verify checks a delivery upon its raw bytes. SNS is checked by verifySNS.
func (k credential) verify(h Header, body []byte, now time.Time) error {
	if k.verifier == VerifyNone {
		return nil
	}
	if len(k.secrets) == 0 {
		return badCredential("no secret is kept for this source")
	}
	for _, s := range k.secrets {
		if len(s) == 0 {
			return badCredential("an empty secret proves nothing")
		}
	}
	switch k.verifier {
	case VerifyGitHub:
		return k.github(h, body)
	case VerifyPagerDuty:
		return k.pagerDuty(h, body)
	case VerifyGrafana:
		return k.grafana(h, body, now)
	case VerifyGitLab:
		return k.gitLab(h, body, now)
	case VerifyFlux:
		return k.flux(h, body)
	case VerifyStandard:
		return k.standard(h, body, now)
	case VerifyHeader:
		return k.static(h)
	case VerifyBasic:
		return k.basic(h)
	}
	return badCredential("%q is no way to verify", k.verifier)
}

// only gives the one value of a header. Two of them are refused: proxies and
// programs differ in which of them counts.
func (h Header) only(name string) (string, error) {
	var found []string
	for key, values := range h {
		if textproto.CanonicalMIMEHeaderKey(key) == textproto.CanonicalMIMEHeaderKey(name) {
			found = append(found, values...)
		}
	}
	switch {
	case len(found) == 0 || len(found) == 1 && found[0] == "":
		return "", badCredential("the header %s is missing", name)
	case len(found) > 1:
		return "", badCredential("the header %s is there %d times", name, len(found))
	}
	return found[0], nil
}

// has reports whether a header is there at all.
func (h Header) has(name string) bool {
	for key := range h {
		if textproto.CanonicalMIMEHeaderKey(key) == textproto.CanonicalMIMEHeaderKey(name) {
			return true
		}
	}
	return false
}

// static compares the value of a header; a "Bearer " in front may be left out
// of the secret.
func (k credential) static(h Header) error {
	got, err := h.only(k.header)
	if err != nil {
		return err
	}
	bare, _ := strings.CutPrefix(got, "Bearer ")
	if !k.equal(got) && !k.equal(bare) {
		return badCredential("the header %s has another value", k.header)
	}
	return nil
}

// basic compares user and password, kept as "user:password".
func (k credential) basic(h Header) error {
	got, err := h.only("Authorization")
	if err != nil {
		return err
	}
	scheme, encoded, _ := strings.Cut(got, " ")
	pair, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
	if !strings.EqualFold(scheme, "Basic") || err != nil || !k.equal(string(pair)) {
		return badCredential("the header Authorization holds another user or password")
	}
	return nil
}

// equal compares with every secret in a time that tells nothing about them.
func (k credential) equal(got string) bool {
	sum, found := sha256.Sum256([]byte(got)), 0
	for _, s := range k.secrets {
		want := sha256.Sum256(s)
		found |= subtle.ConstantTimeCompare(sum[:], want[:])
	}
	return found == 1
}

// fresh refuses a signature made too long ago, or in the future.
func fresh(seconds string, now time.Time) error {
	if seconds == "" || strings.Trim(seconds, "0123456789") != "" {
		return badCredential("the time of the signature is no number")
	}
	n, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return badCredential("the time of the signature is no number")
	}
	off := now.Unix() - n
	if window := int64(signedWindow / time.Second); n < 0 || n > 1<<40 || off > window || off < -window {
		return badCredential("the signature was made more than %d minutes ago, or in the future", int(signedWindow.Minutes()))
	}
	return nil
}
