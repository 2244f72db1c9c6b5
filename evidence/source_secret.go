package evidence

import (
	"context"
	"errors"
	"slices"
	"strings"

	"coetracker/internal/fault"
	"coetracker/people"
)

// Verifiers lists the ways to verify, in the order in which they are offered.
func Verifiers() []string {
	return []string{VerifyNone, VerifyHeader, VerifyBasic, VerifyGitHub, VerifyGitLab, VerifyPagerDuty, VerifyGrafana, VerifyFlux, VerifySNS, VerifyStandard}
}

// needsSecret reports whether a verifier compares with a secret of ours.
func needsSecret(verifier string) bool { return verifier != VerifyNone && verifier != VerifySNS }

// minSecret is the shortest secret that is taken, in bytes.
const minSecret = 8

// check refuses what does not fit. have is the source as it is, nil for a new one.
func (e *SourceEdit) check(have *Source) error {
	var err error
	if e.Name, err = oneLine("name", e.Name, 100); err != nil {
		return err
	}
	switch {
	case e.Name == "":
		return fault.Invalidf("name", "A name is needed.")
	case strings.EqualFold(e.Name, filesSource):
		return fault.Invalidf("name", "“files” stands for files that people add. Choose another name.")
	case e.Tool != "" && !slices.Contains(Tools(), e.Tool):
		return fault.Invalidf("tool", "%q is not a tool that is known. Choose one of the list.", e.Tool)
	case !slices.Contains(Verifiers(), e.Verifier):
		return fault.Invalidf("verifier", "Choose how deliveries are verified.")
	}
	if e.Header, err = e.headerName(); err != nil {
		return err
	}
	if err := e.checkSecret(have); err != nil {
		return err
	}
	e.Allowed, err = allowList(e.Allowed)
	return err
}

// headerName checks the header of the credential.
func (e *SourceEdit) headerName() (string, error) {
	names := strings.Fields(strings.ReplaceAll(e.Header, ",", " "))
	most := map[string]int{VerifyHeader: 1, VerifyGrafana: 2}[e.Verifier]
	switch {
	case most == 0:
		return "", nil
	case e.Verifier == VerifyHeader && len(names) == 0:
		return "", fault.Invalidf("header", "Name the header that holds the secret, for example Authorization or X-Api-Key.")
	case len(names) > most:
		return "", fault.Invalidf("header", "Name one header; for Grafana at most two, that of the signature and that of its time.")
	}
	for _, n := range names {
		if len(n) > 100 || strings.Trim(n, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return "", fault.Invalidf("header", "%.40q is not the name of a header. Letters, digits and hyphens are allowed.", n)
		}
		if strings.EqualFold(n, "cookie") || strings.EqualFold(n, "host") {
			return "", fault.Invalidf("header", "The header %s cannot hold a secret. Take another one.", n)
		}
	}
	return strings.Join(names, " "), nil
}

// checkSecret refuses an empty secret: it would let everybody in.
func (e *SourceEdit) checkSecret(have *Source) error {
	kept := have != nil && len(have.Secret) > 0 && have.Verifier == e.Verifier
	switch {
	case !needsSecret(e.Verifier):
		e.Secret = ""
		return nil
	case e.Secret == "" && kept:
		return nil
	}
	return goodSecret(e.Verifier, e.Secret)
}

func goodSecret(verifier, secret string) error {
	switch {
	case strings.TrimSpace(secret) == "":
		return fault.Invalidf("secret", "A secret is needed. Without one nothing is verified.")
	case secret != strings.TrimSpace(secret) || strings.ContainsAny(secret, "\r\n\x00"):
		return fault.Invalidf("secret", "The secret begins or ends with a blank, or has several lines. Paste it alone.")
	case len(secret) < minSecret:
		return fault.Invalidf("secret", "The secret is shorter than %d characters and could be guessed. Take a longer one.", minSecret)
	case len(secret) > 1000:
		return fault.Invalidf("secret", "The secret is longer than 1,000 characters. Is it the right one?")
	case verifier == VerifyBasic && (!strings.Contains(secret, ":") || strings.HasPrefix(secret, ":") || strings.HasSuffix(secret, ":")):
		return fault.Invalidf("secret", "Write user and password with a colon between them: user:password.")
	}
	return nil
}

// allowList checks accounts and topics, and gives them one a line.
func allowList(text string) (string, error) {
	entries := strings.Fields(strings.ReplaceAll(text, ",", " "))
	for _, e := range entries {
		if !isAccount(e) && !isTopic(e) {
			return "", fault.Invalidf("allowed", "%.80q is neither an account of 12 digits nor the ARN of an SNS topic.", e)
		}
	}
	if len(entries) > 200 {
		return "", fault.Invalidf("allowed", "At most 200 accounts and topics are allowed.")
	}
	return strings.Join(entries, "\n"), nil
}

func (e SourceEdit) onto(src *Source) {
	src.Name, src.Tool, src.Verifier, src.Header = e.Name, e.Tool, e.Verifier, e.Header
	src.Allowed, src.ServiceID = e.Allowed, idOrNil(e.ServiceID)
}

// detail is what the audit log tells; never the secret.
func (e SourceEdit) detail() map[string]any {
	return map[string]any{"name": e.Name, "tool": e.Tool, "verifier": e.Verifier, "header": e.Header, "allowed": e.Allowed, "service": e.ServiceID, "new_secret": e.Secret != ""}
}

func (s *Store) sealInto(sealed *[]byte, secret string) error {
	if secret == "" {
		*sealed = nil
		return nil
	}
	if s.Seal == nil {
		return errors.New("evidence: there is no key to seal secrets with")
	}
	b, err := s.Seal([]byte(secret))
	*sealed = b
	return err
}

// secrets opens the secrets of a source, the newer one first.
func (s *Store) secrets(src *Source) ([][]byte, error) {
	var all [][]byte
	for _, sealed := range [][]byte{src.Secret, src.Secret2} {
		if len(sealed) == 0 {
			continue
		}
		if s.Unseal == nil {
			return nil, errors.New("evidence: there is no key to open secrets with")
		}
		secret, err := s.Unseal(sealed)
		if err != nil {
			return nil, err
		}
		all = append(all, secret)
	}
	return all, nil
}

// Rotation says what of a source is exchanged.
type Rotation string

// The rotations. After the first two, old and new are good side by side until
// the rotation is finished, so that no delivery is lost meanwhile.
const (
	RotateToken  Rotation = "token"
	RotateSecret Rotation = "secret"
	RotateDone   Rotation = "done" // the old ones are not good any more
)

// Rotate exchanges the token or the secret of a source that is still at this
// version. It gives the new token, or the secret that was made where none was
// given; neither is shown again.
func (s *Store) Rotate(ctx context.Context, p *people.Principal, id, version int64, what Rotation, secret string) (Source, string, error) {
	shown := ""
	src, err := s.changeSource(ctx, p, id, version, "source.rotate", map[string]any{"what": string(what)}, func(src *Source) (map[string]any, error) {
		switch {
		case src.TokenHash == nil:
			return nil, fault.Conflictf("This source takes files only. It has no address.")
		case what == RotateToken:
			shown = newToken()
			return map[string]any{"token_hash": tokenHash(shown), "token2_hash": src.TokenHash, "token_hint": tokenHint(shown)}, nil
		case what == RotateSecret:
			var err error
			var sealed []byte
			if sealed, shown, err = s.newSecret(src, secret); err != nil {
				return nil, err
			}
			return map[string]any{"secret": sealed, "secret2": src.Secret}, nil
		case what == RotateDone:
			return map[string]any{"token2_hash": nil, "secret2": nil}, nil
		}
		return nil, fault.Invalidf("what", "Choose what is to be exchanged: the address or the secret.")
	})
	if err != nil {
		return src, "", err
	}
	return src, shown, nil
}

// newSecret seals the secret given, or one that is made here and shown once.
func (s *Store) newSecret(src *Source, secret string) (sealed []byte, shown string, err error) {
	if !needsSecret(src.Verifier) {
		return nil, "", fault.Conflictf("This source has no secret.")
	}
	if secret == "" {
		if src.Verifier == VerifyBasic {
			return nil, "", fault.Invalidf("secret", "Write user and password with a colon between them: user:password.")
		}
		secret = newToken()
		shown = secret
	} else if err := goodSecret(src.Verifier, secret); err != nil {
		return nil, "", err
	}
	err = s.sealInto(&sealed, secret)
	return sealed, shown, err
}
