package evidence

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"strings"
	"time"
)

// mac checks a sum over some bytes with every secret, in constant time.
func (k credential) mac(newHash func() hash.Hash, sum []byte, parts ...[]byte) bool {
	found := false
	for _, secret := range k.secrets {
		m := hmac.New(newHash, secret)
		for _, p := range parts {
			m.Write(p)
		}
		found = hmac.Equal(m.Sum(nil), sum) || found
	}
	return found
}

// lowerHex reads a sum as every sender writes it: in lower case.
func lowerHex(s string, size int) ([]byte, bool) {
	sum, err := hex.DecodeString(s)
	return sum, err == nil && len(sum) == size && s == strings.ToLower(s)
}

// github: X-Hub-Signature-256 holds sha256= and the sum of the body.
func (k credential) github(h Header, body []byte) error {
	got, err := h.only("X-Hub-Signature-256")
	if err != nil {
		return err
	}
	text, prefixed := strings.CutPrefix(got, "sha256=")
	sum, ok := lowerHex(text, sha256.Size)
	if !prefixed || !ok || !k.mac(sha256.New, sum, body) {
		return badCredential("the signature does not fit the body")
	}
	return nil
}

// pagerDuty: X-PagerDuty-Signature holds several v1=sum during a rotation; other
// versions say nothing.
func (k credential) pagerDuty(h Header, body []byte) error {
	got, err := h.only("X-PagerDuty-Signature")
	if err != nil {
		return err
	}
	for _, part := range strings.Split(got, ",") {
		text, v1 := strings.CutPrefix(strings.TrimSpace(part), "v1=")
		if sum, ok := lowerHex(text, sha256.Size); v1 && ok && k.mac(sha256.New, sum, body) {
			return nil
		}
	}
	return badCredential("no v1 signature fits the body")
}

// The header names that Grafana proposes. Both can be set to others there, and are
// then kept with the source: the signature's, and behind a blank that of the time.
const (
	grafanaHeader = "X-Grafana-Alerting-Signature"
	grafanaTime   = "X-Grafana-Alerting-Timestamp"
)

// grafana: the sum of the body, or of time:body where a time is sent along.
func (k credential) grafana(h Header, body []byte, now time.Time) error {
	name, timeName := grafanaHeader, grafanaTime
	if own := strings.Fields(k.header); len(own) > 0 {
		name = own[0]
		if len(own) > 1 {
			timeName = own[1]
		}
	}
	got, err := h.only(name)
	if err != nil {
		return err
	}
	sum, ok := lowerHex(got, sha256.Size)
	if !ok {
		return badCredential("the signature is no sum in hexadecimal")
	}
	if !h.has(timeName) {
		if !k.mac(sha256.New, sum, body) {
			return badCredential("the signature does not fit the body")
		}
		return nil
	}
	at, err := h.only(timeName)
	if err != nil {
		return err
	}
	if err := fresh(at, now); err != nil {
		return err
	}
	if !k.mac(sha256.New, sum, []byte(at), []byte(":"), body) {
		return badCredential("the signature does not fit time and body")
	}
	return nil
}

// gitLab: a Standard Webhooks signature where there is one, and only then the
// token that older versions send.
func (k credential) gitLab(h Header, body []byte, now time.Time) error {
	if h.has("Webhook-Signature") {
		return k.standard(h, body, now)
	}
	got, err := h.only("X-Gitlab-Token")
	if err != nil {
		return err
	}
	if !k.equal(got) {
		return badCredential("the header X-Gitlab-Token has another value")
	}
	return nil
}

// flux: X-Signature names the hash, which must be sha256 or longer.
func (k credential) flux(h Header, body []byte) error {
	got, err := h.only("X-Signature")
	if err != nil {
		return err
	}
	name, text, _ := strings.Cut(got, "=")
	known := map[string]struct {
		hash func() hash.Hash
		size int
	}{"sha256": {sha256.New, sha256.Size}, "sha384": {sha512.New384, sha512.Size384}, "sha512": {sha512.New, sha512.Size}}
	kind, ok := known[name]
	if !ok {
		return badCredential("the signature is neither sha256, sha384 nor sha512")
	}
	if sum, ok := lowerHex(text, kind.size); !ok || !k.mac(kind.hash, sum, body) {
		return badCredential("the signature does not fit the body")
	}
	return nil
}

// standard: Standard Webhooks sign id.time.body; several signatures are
// separated by blanks, and only those of version v1 count.
func (k credential) standard(h Header, body []byte, now time.Time) error {
	var value [3]string
	for i, name := range []string{"Webhook-Id", "Webhook-Timestamp", "Webhook-Signature"} {
		var err error
		if value[i], err = h.only(name); err != nil {
			return err
		}
	}
	if err := fresh(value[1], now); err != nil {
		return err
	}
	signer := k.decoded()
	for _, part := range strings.Fields(value[2]) {
		text, v1 := strings.CutPrefix(part, "v1,")
		sum, err := base64.StdEncoding.Strict().DecodeString(text)
		if v1 && err == nil && signer.mac(sha256.New, sum, []byte(value[0]+"."+value[1]+"."), body) {
			return nil
		}
	}
	return badCredential("no v1 signature fits id, time and body")
}

// decoded gives the keys behind secrets that are written as whsec_ and base64.
func (k credential) decoded() credential {
	keys := make([][]byte, len(k.secrets))
	for i, s := range k.secrets {
		keys[i] = s
		if text, ok := strings.CutPrefix(string(s), "whsec_"); ok {
			if key, err := base64.StdEncoding.DecodeString(text); err == nil && len(key) > 0 {
				keys[i] = key
			}
		}
	}
	k.secrets = keys
	return k
}
