package evidence

import (
	"bytes"
	"context"
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"hash"
	"math/big"
	"strings"
	"testing"
	"time"

	"coetracker/internal/fault"
)

// signedAt is when the signatures of these tests are made.
var signedAt = time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC)

const hush = "a secret of this test"

func sum(newHash func() hash.Hash, secret, text string) []byte {
	m := hmac.New(newHash, []byte(secret))
	m.Write([]byte(text))
	return m.Sum(nil)
}

func hexSum(secret, text string) string { return hex.EncodeToString(sum(sha256.New, secret, text)) }

const smallBody = `{"event":{"id":"01","data":{"x":1.5}}}`

// signed is one way to sign smallBody.
type signed struct {
	name string
	k    credential
	h    Header
}

func signedWays() []signed {
	key := [][]byte{[]byte(hush)}
	unix := fmt.Sprint(signedAt.Unix())
	std := func(secret string) string {
		return "v1," + base64.StdEncoding.EncodeToString(sum(sha256.New, secret, "msg_1."+unix+"."+smallBody))
	}
	return []signed{
		{"github", credential{VerifyGitHub, "", key}, Header{"X-Hub-Signature-256": {"sha256=" + hexSum(hush, smallBody)}}},
		{"pagerduty", credential{VerifyPagerDuty, "", key}, Header{"X-Pagerduty-Signature": {"v1=" + hexSum("the next one", smallBody) + ",v1=" + hexSum(hush, smallBody)}}},
		{"grafana", credential{VerifyGrafana, "", key}, Header{"X-Grafana-Alerting-Signature": {hexSum(hush, smallBody)}}},
		{"grafana with a time", credential{VerifyGrafana, "", key}, Header{"X-Grafana-Alerting-Signature": {hexSum(hush, unix+":"+smallBody)}, "X-Grafana-Alerting-Timestamp": {unix}}},
		{"grafana with own names", credential{VerifyGrafana, "X-Sum X-When", key}, Header{"X-Sum": {hexSum(hush, unix+":"+smallBody)}, "X-When": {unix}}},
		{"gitlab signed", credential{VerifyGitLab, "", key}, Header{"Webhook-Id": {"msg_1"}, "Webhook-Timestamp": {unix}, "Webhook-Signature": {std(hush)}, "X-Gitlab-Token": {hush}}},
		{"flux 256", credential{VerifyFlux, "", key}, Header{"X-Signature": {"sha256=" + hexSum(hush, smallBody)}}},
		{"flux 384", credential{VerifyFlux, "", key}, Header{"X-Signature": {"sha384=" + hex.EncodeToString(sum(sha512.New384, hush, smallBody))}}},
		{"flux 512", credential{VerifyFlux, "", key}, Header{"X-Signature": {"sha512=" + hex.EncodeToString(sum(sha512.New, hush, smallBody))}}},
		{"standard", credential{VerifyStandard, "", key}, Header{"Webhook-Id": {"msg_1"}, "Webhook-Timestamp": {unix}, "Webhook-Signature": {"v1a,AAAA v1,AAAA " + std(hush)}}},
		{
			"standard with whsec_",
			credential{VerifyStandard, "", [][]byte{[]byte("whsec_" + base64.StdEncoding.EncodeToString([]byte("raw key")))}},
			Header{"Webhook-Id": {"msg_1"}, "Webhook-Timestamp": {unix}, "Webhook-Signature": {std("raw key")}},
		},
	}
}

func TestSignedBodiesAreTakenAndEveryChangedByteIsRefused(t *testing.T) {
	t.Parallel()
	for _, w := range signedWays() {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			if err := w.k.verify(w.h, []byte(smallBody), signedAt); err != nil {
				t.Fatalf("the signed body is refused: %v", err)
			}
			for i := range len(smallBody) {
				for _, flip := range []byte{1, 0x20, 0x80} {
					body := []byte(smallBody)
					body[i] ^= flip
					if err := w.k.verify(w.h, body, signedAt); !errors.Is(err, ErrCredential) {
						t.Fatalf("byte %d changed gives %v", i, err)
					}
				}
			}
			for name, body := range map[string]string{"cut": smallBody[:len(smallBody)-1], "longer": smallBody + "\n", "empty": ""} {
				if err := w.k.verify(w.h, []byte(body), signedAt); !errors.Is(err, ErrCredential) {
					t.Errorf("%s gives %v", name, err)
				}
			}
		})
	}
}

// Every byte of every header that proves something counts too.
func TestEveryChangedByteOfAHeaderIsRefused(t *testing.T) {
	t.Parallel()
	for _, w := range signedWays() {
		for name, values := range w.h {
			if name == "X-Gitlab-Token" { // not looked at where there is a signature
				continue
			}
			for i := range len(values[0]) {
				if strings.HasPrefix(w.name, "pagerduty") && i < 68 || w.name == "standard" && name == "Webhook-Signature" && i < 17 {
					continue // a signature of another key or version
				}
				h := Header{}
				for k, v := range w.h {
					h[k] = v
				}
				changed := []byte(values[0])
				changed[i] ^= 1
				h[name] = []string{string(changed)}
				if err := w.k.verify(h, []byte(smallBody), signedAt); !errors.Is(err, ErrCredential) {
					t.Errorf("%s: byte %d of %s changed gives %v", w.name, i, name, err)
				}
			}
		}
	}
}

// Whatever is signed is refused without its headers, with one twice, with an
// empty secret and with another one.
func TestWhatEverySignatureRefuses(t *testing.T) {
	t.Parallel()
	for _, w := range signedWays() {
		for name, values := range w.h {
			if name == "X-Gitlab-Token" {
				continue
			}
			for what, v := range map[string][]string{
				"missing": nil, "empty": {""}, "twice, good then bad": {values[0], "bad"}, "twice, bad then good": {"bad", values[0]}, "twice the same": {values[0], values[0]},
				"upper case": {strings.ToUpper(values[0])}, "with a blank": {" " + values[0] + " x"},
			} {
				if len(v) == 1 && (v[0] == values[0] || what == "with a blank" && name == "Webhook-Signature") { // a blank stands between two of them
					continue
				}
				h := Header{}
				for k, old := range w.h {
					h[k] = old
				}
				if h[name] = v; v == nil {
					delete(h, name)
				}
				if w.k.verifier == VerifyGitLab && name == "Webhook-Signature" && v == nil {
					continue // then the token counts
				}
				if err := w.k.verify(h, []byte(smallBody), signedAt); !errors.Is(err, ErrCredential) {
					t.Errorf("%s: %s %s gives %v", w.name, name, what, err)
				}
			}
		}
		for what, secrets := range map[string][][]byte{"none": nil, "empty": {{}}, "another": {[]byte("another secret")}, "empty beside the right one": {[]byte(hush), {}}} {
			k := w.k
			k.secrets = secrets
			if err := k.verify(w.h, []byte(smallBody), signedAt); !errors.Is(err, ErrCredential) {
				t.Errorf("%s: with the secret %s: %v", w.name, what, err)
			}
		}
		k := w.k
		k.secrets = [][]byte{[]byte("the new secret"), w.k.secrets[0]}
		if err := k.verify(w.h, []byte(smallBody), signedAt); err != nil {
			t.Errorf("%s: during a rotation the old secret gives %v", w.name, err)
		}
	}
}

func TestOldAndFutureSignaturesAreRefused(t *testing.T) {
	t.Parallel()
	for _, w := range signedWays() {
		timed := w.h.has("Webhook-Timestamp") || w.h.has("X-Grafana-Alerting-Timestamp") || w.h.has("X-When")
		for off, good := range map[time.Duration]bool{0: true, -300 * time.Second: true, 300 * time.Second: true, -301 * time.Second: false, 301 * time.Second: false, 24 * time.Hour: false} {
			err := w.k.verify(w.h, []byte(smallBody), signedAt.Add(off))
			if want := good || !timed; (err == nil) != want {
				t.Errorf("%s: %v later gives %v", w.name, off, err)
			}
		}
	}
	for _, bad := range []string{"", "x", "+1772539200", "-1", "1e9", " 1772539200", "9223372036854775808", "9223372036854775807", "1772539200.0"} {
		if err := fresh(bad, signedAt); !errors.Is(err, ErrCredential) {
			t.Errorf("the time %q gives %v", bad, err)
		}
	}
}

func TestStaticCredentials(t *testing.T) {
	t.Parallel()
	pair := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	key := [][]byte{[]byte(hush)}
	cases := []struct {
		name string
		k    credential
		h    Header
		ok   bool
	}{
		{"no verifier", credential{VerifyNone, "", nil}, nil, true},
		{"unknown verifier", credential{"magic", "", key}, nil, false},
		{"gitlab token", credential{VerifyGitLab, "", key}, Header{"X-Gitlab-Token": {hush}}, true},
		{"gitlab token of another project", credential{VerifyGitLab, "", key}, Header{"X-Gitlab-Token": {"the token of another project"}}, false},
		{"gitlab token twice", credential{VerifyGitLab, "", key}, Header{"X-Gitlab-Token": {hush, hush}}, false},
		{"gitlab token in two spellings", credential{VerifyGitLab, "", key}, Header{"X-Gitlab-Token": {hush}, "x-gitlab-token": {"x"}}, false},
		{"gitlab token beside a bad signature", credential{VerifyGitLab, "", key}, Header{"X-Gitlab-Token": {hush}, "Webhook-Signature": {"v1,AAAA"}}, false},
		{"header", credential{VerifyHeader, "X-Key", key}, Header{"X-Key": {hush}}, true},
		{"header longer", credential{VerifyHeader, "X-Key", key}, Header{"X-Key": {hush + "x"}}, false},
		{"header shorter", credential{VerifyHeader, "X-Key", key}, Header{"X-Key": {hush[1:]}}, false},
		{"header in another case", credential{VerifyHeader, "x-kEY", key}, Header{"X-Key": {hush}}, true},
		{"another header", credential{VerifyHeader, "X-Key", key}, Header{"X-Other": {hush}}, false},
		{"bearer", credential{VerifyHeader, "Authorization", key}, Header{"Authorization": {"Bearer " + hush}}, true},
		{"bearer in the secret", credential{VerifyHeader, "Authorization", [][]byte{[]byte("Bearer " + hush)}}, Header{"Authorization": {"Bearer " + hush}}, true},
		{"bearer alone", credential{VerifyHeader, "Authorization", key}, Header{"Authorization": {"Bearer "}}, false},
		{"basic", credential{VerifyBasic, "", [][]byte{[]byte("coe:long enough")}}, Header{"Authorization": {"Basic " + pair("coe:long enough")}}, true},
		{"basic, small letters", credential{VerifyBasic, "", [][]byte{[]byte("coe:long enough")}}, Header{"Authorization": {"basic " + pair("coe:long enough")}}, true},
		{"basic, other password", credential{VerifyBasic, "", [][]byte{[]byte("coe:long enough")}}, Header{"Authorization": {"Basic " + pair("coe:long enoug")}}, false},
		{"basic as bearer", credential{VerifyBasic, "", [][]byte{[]byte("coe:long enough")}}, Header{"Authorization": {"Bearer " + pair("coe:long enough")}}, false},
		{"github, sha1 only", credential{VerifyGitHub, "", key}, Header{"X-Hub-Signature": {"sha1=" + hex.EncodeToString(sum(sha1.New, hush, smallBody))}}, false},
		{"github, sha1 in the right header", credential{VerifyGitHub, "", key}, Header{"X-Hub-Signature-256": {"sha1=" + hex.EncodeToString(sum(sha1.New, hush, smallBody))}}, false},
		{"github, sum of nothing", credential{VerifyGitHub, "", key}, Header{"X-Hub-Signature-256": {"sha256=" + hexSum(hush, "")}}, false},
		{"github, no sum", credential{VerifyGitHub, "", key}, Header{"X-Hub-Signature-256": {"sha256="}}, false},
		{"pagerduty, v0 only", credential{VerifyPagerDuty, "", key}, Header{"X-Pagerduty-Signature": {"v0=" + hexSum(hush, smallBody)}}, false},
		{"flux, sha224", credential{VerifyFlux, "", key}, Header{"X-Signature": {"sha224=" + hex.EncodeToString(sum(sha256.New224, hush, smallBody))}}, false},
		{"flux, sha1", credential{VerifyFlux, "", key}, Header{"X-Signature": {"sha1=" + hex.EncodeToString(sum(sha1.New, hush, smallBody))}}, false},
	}
	for _, c := range cases {
		if err := c.k.verify(c.h, []byte(smallBody), signedAt); (err == nil) != c.ok || err != nil && !errors.Is(err, ErrCredential) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// snsRig signs as SNS does, with a key of this test.
type snsRig struct {
	key  *rsa.PrivateKey
	cert []byte
}

func newSNS(t testing.TB) *snsRig {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "sns.amazonaws.com"}, NotBefore: signedAt.Add(-time.Hour), NotAfter: signedAt.Add(1000 * time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return &snsRig{key, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}
}

const (
	snsTopic = "arn:aws:sns:eu-west-1:111122223333:alarms"
	snsCert  = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-test.pem"
)

// message gives a signed message with these keys added to the usual ones.
func (r *snsRig) message(t testing.TB, version string, more map[string]string) map[string]string {
	t.Helper()
	m := map[string]string{
		"Type": "Notification", "MessageId": "id-1", "TopicArn": snsTopic, "Message": `{"text":"hello"}`, "Timestamp": "2026-03-03T12:00:00.000Z",
		"SignatureVersion": version, "SigningCertURL": snsCert, "UnsubscribeURL": "https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe",
	}
	for k, v := range more {
		m[k] = v
	}
	text := ""
	for _, k := range []string{"Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"} {
		if v, ok := m[k]; ok {
			text += k + "\n" + v + "\n"
		}
	}
	var digest []byte
	kind := crypto.SHA256
	if version == "1" {
		d := sha1.Sum([]byte(text))
		digest, kind = d[:], crypto.SHA1
	} else {
		d := sha256.Sum256([]byte(text))
		digest = d[:]
	}
	sig, err := rsa.SignPKCS1v15(rand.Reader, r.key, kind, digest)
	if err != nil {
		t.Fatal(err)
	}
	m["Signature"] = base64.StdEncoding.EncodeToString(sig)
	return m
}

func asJSON(t testing.TB, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func confirmRequest() map[string]string {
	return map[string]string{"Type": "SubscriptionConfirmation", "Token": "abc", "Message": "You have chosen to subscribe.", "SubscribeURL": "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=abc"}
}

func TestSNSMessagesAreTaken(t *testing.T) {
	t.Parallel()
	r := newSNS(t)
	s, fetched := snsStore(r)
	lambda := r.message(t, "2", nil)
	lambda["SigningCertUrl"], lambda["UnsubscribeUrl"] = lambda["SigningCertURL"], lambda["UnsubscribeURL"]
	delete(lambda, "SigningCertURL")
	delete(lambda, "UnsubscribeURL")
	for name, m := range map[string]any{
		"version 1": r.message(t, "1", nil), "version 2": r.message(t, "2", nil), "with a subject": r.message(t, "1", map[string]string{"Subject": "ALARM: x"}),
		"confirmation": r.message(t, "1", confirmRequest()), "lambda's spelling": lambda,
		"in a lambda event": map[string]any{"Records": []any{map[string]any{"EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": "x", "Sns": lambda}}},
	} {
		if err := s.verifySNS(t.Context(), asJSON(t, m)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if *fetched != 1 {
		t.Errorf("the certificate was fetched %d times, want once", *fetched)
	}
}

// SNS sends again after 20 s and gives up after the third time: a certificate that
// could not be fetched once must not keep the next try out.
func TestSNSCertificateIsFetchedAgain(t *testing.T) {
	t.Parallel()
	r := newSNS(t)
	now, away, fetched := signedAt, true, 0
	s := &Store{Wall: func() time.Time { return now }, Fetch: func(context.Context, string) ([]byte, error) {
		fetched++
		if away {
			return nil, errors.New("no answer")
		}
		return r.cert, nil
	}}
	body := asJSON(t, r.message(t, "1", nil))
	for range 3 {
		if err := s.verifySNS(t.Context(), body); !fault.Is(err, fault.Unavailable) {
			t.Errorf("without its certificate: %v", err)
		}
	}
	if fetched != 1 {
		t.Errorf("asked %d times in one moment, want 1", fetched)
	}
	now, away = now.Add(20*time.Second), false
	if err := s.verifySNS(t.Context(), body); err != nil || fetched != 2 {
		t.Errorf("20 seconds later: %v, asked %d times", err, fetched)
	}
}

// A byte may change where it changes nothing that is signed: then the message
// says the same as before. Everywhere else it is refused.
func TestSNSRefusesEveryChangedByteOfWhatIsSigned(t *testing.T) {
	t.Parallel()
	r := newSNS(t)
	s, _ := snsStore(r)
	for _, version := range []string{"1", "2"} {
		body := asJSON(t, r.message(t, version, map[string]string{"Subject": "S"}))
		original, err := snsMessages(body)
		if err != nil {
			t.Fatal(err)
		}
		harmless := 0
		for i := range body {
			changed := bytes.Clone(body)
			changed[i] ^= 1
			err := s.verifySNS(t.Context(), changed)
			if err != nil {
				continue
			}
			harmless++
			got, err := snsMessages(changed)
			if err != nil || snsText(got[0]) != snsText(original[0]) {
				t.Errorf("version %s: byte %d may change what is signed", version, i)
			}
		}
		if most := len("https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe") + 2; harmless > most {
			t.Errorf("version %s: %d bytes may change, only the link to unsubscribe may (%d)", version, harmless, most)
		}
	}
}

func TestSNSRefuses(t *testing.T) {
	t.Parallel()
	r, other := newSNS(t), newSNS(t)
	s, fetched := snsStore(r)
	with := func(more map[string]any) []byte {
		m := map[string]any{}
		for k, v := range r.message(t, "2", nil) {
			m[k] = v
		}
		for k, v := range more {
			m[k] = v
		}
		return asJSON(t, m)
	}
	cases := map[string][]byte{
		"another key":              asJSON(t, other.message(t, "2", nil)),
		"not signed":               with(map[string]any{"Signature": ""}),
		"version 3":                with(map[string]any{"SignatureVersion": "3"}),
		"records beside a message": with(map[string]any{"Records": []any{map[string]any{"detail-type": "x"}}}),
		"an event beside it":       with(map[string]any{"detail-type": "x", "source": "aws.fis", "detail": map[string]any{}}),
		"a list":                   []byte("[" + string(asJSON(t, r.message(t, "2", nil))) + "]"),
		"raw delivery":             []byte(`{"text":"hello"}`),
		"no JSON":                  []byte(`hello`),
		"two messages":             append(asJSON(t, r.message(t, "2", nil)), asJSON(t, r.message(t, "2", nil))...),
		"no records":               []byte(`{"Records":[]}`),
	}
	for _, host := range []string{
		"http://sns.eu-west-1.amazonaws.com/x.pem", "https://sns.eu-west-1.amazonaws.com.evil.example/x.pem", "https://evil.example/sns.eu-west-1.amazonaws.com/x.pem",
		"https://sns.eu-west-1.amazonaws.com@evil.example/x.pem", "https://evil@sns.eu-west-1.amazonaws.com/x.pem", "https://sns.eu-west-1.amazonaws.com:8443/x.pem", "https://xsns.eu-west-1.amazonaws.com/x.pem",
		"https://sns.eu.west.amazonaws.com/x.pem", "https://sns.eu-west-1.amazonaws.com/x.pem?y", "https://sns.eu-west-1.amazonaws.com/x.pem#y", "https://sns.eu-west-1.amazonaws.com/x.crt", "https://sns..amazonaws.com/x.pem",
		"https://sns.eu-west-1.amazonaws.com\n.evil.example/x.pem", "//sns.eu-west-1.amazonaws.com/x.pem", "",
	} {
		cases["certificate at "+host] = with(map[string]any{"SigningCertURL": host})
	}
	for name, body := range cases {
		if err := s.verifySNS(t.Context(), body); !errors.Is(err, ErrCredential) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if *fetched > 1 {
		t.Errorf("certificates were fetched %d times, want once from the good address", *fetched)
	}
}

// snsStore is a store whose only address holds the rig's certificate.
func snsStore(r *snsRig) (s *Store, fetched *int) {
	fetched = new(int)
	return &Store{Wall: func() time.Time { return signedAt }, Fetch: fetchOnly(r, fetched)}, fetched
}

func fetchOnly(r *snsRig, fetched *int) func(context.Context, string) ([]byte, error) {
	return func(_ context.Context, address string) ([]byte, error) {
		*fetched++
		if address != snsCert {
			return nil, errors.New("there is nothing at " + address)
		}
		return r.cert, nil
	}
}
