package evidence

import (
	"cmp"
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // version 1 of SNS signatures is made with it
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"coetracker/internal/fault"
)

// snsHost are the hosts that Amazon SNS signs and confirms from.
var snsHost = regexp.MustCompile(`^sns\.[a-zA-Z0-9-]{3,}\.amazonaws\.com(\.cn)?$`)

// snsKeys are all keys of an SNS message. A message with another key is refused:
// what is not signed must not be able to speak.
var snsKeys = []string{
	"Type", "MessageId", "Token", "TopicArn", "Subject", "Message", "SubscribeURL", "SubscribeUrl", "Timestamp", "SignatureVersion",
	"Signature", "SigningCertURL", "SigningCertUrl", "UnsubscribeURL", "UnsubscribeUrl", "MessageAttributes",
}

// snsMessages gives the SNS messages of a body: itself, or those that Lambda
// wraps. Anything else is no answer of SNS.
func snsMessages(body []byte) ([]node, error) {
	docs, err := parseJSON(body)
	if err != nil || len(docs) != 1 {
		return nil, badCredential("the body is no message of Amazon SNS")
	}
	all := docs
	if records := docs[0].at("Records"); records.isList() && len(docs[0].keys()) == 1 {
		all = nil
		for _, r := range records.list() {
			if strings.Join(r.keys(), " ") != "EventSource EventSubscriptionArn EventVersion Sns" {
				return nil, badCredential("a record is no message of Amazon SNS")
			}
			all = append(all, r.at("Sns"))
		}
	}
	for _, m := range all {
		if !isSNS(m) {
			return nil, badCredential("the body is no message of Amazon SNS; raw delivery is not signed, switch it off")
		}
		for _, key := range m.keys() {
			if !slices.Contains(snsKeys, key) {
				return nil, badCredential("an SNS message has no key %.40q", key)
			}
		}
	}
	if len(all) == 0 {
		return nil, badCredential("the body holds no message")
	}
	return all, nil
}

// snsText is what SNS signs: some keys and their values, each on a line.
func snsText(m node) string {
	keys := []string{"Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"}
	if kind := m.at("Type").str(); kind == "SubscriptionConfirmation" || kind == "UnsubscribeConfirmation" {
		keys = []string{"Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"}
	}
	var b strings.Builder
	for _, key := range keys {
		v := m.at(key)
		if key == "SubscribeURL" {
			v = m.first("SubscribeURL", "SubscribeUrl")
		}
		if text, ok := v.v.(string); ok {
			b.WriteString(key + "\n" + text + "\n")
		}
	}
	return b.String()
}

// snsAddress gives an address of SNS, or why it must not be fetched.
func snsAddress(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" || u.User != nil || u.Fragment != "" || !snsHost.MatchString(u.Host) {
		return nil, badCredential("the address is none of Amazon SNS")
	}
	return u, nil
}

// snsCertAddress is where the certificate of a message lies.
func snsCertAddress(m node) (string, error) {
	u, err := snsAddress(m.first("SigningCertURL", "SigningCertUrl").str())
	if err != nil {
		return "", err
	}
	if !strings.HasSuffix(u.Path, ".pem") || u.RawQuery != "" {
		return "", badCredential("the address of the certificate does not end in .pem")
	}
	return u.String(), nil
}

// checkSNS checks one message with the key of its certificate.
func checkSNS(m node, key *rsa.PublicKey) error {
	sum, err := base64.StdEncoding.Strict().DecodeString(m.at("Signature").str())
	if err != nil {
		return badCredential("the signature is no base64")
	}
	text := []byte(snsText(m))
	switch m.at("SignatureVersion").str() {
	case "1":
		digest := sha1.Sum(text) //nolint:gosec // see the import
		err = rsa.VerifyPKCS1v15(key, crypto.SHA1, digest[:], sum)
	case "2":
		digest := sha256.Sum256(text)
		err = rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], sum)
	default:
		return badCredential("the signature is of an unknown version")
	}
	if err != nil {
		return badCredential("the signature does not fit the message")
	}
	return nil
}

// verifySNS checks every SNS message of a body. A certificate that cannot be had
// is fault.Unavailable: SNS sends again.
func (s *Store) verifySNS(ctx context.Context, body []byte) error {
	messages, err := snsMessages(body)
	if err != nil {
		return err
	}
	for _, m := range messages {
		address, err := snsCertAddress(m)
		if err != nil {
			return err
		}
		key, err := s.snsKey(ctx, address)
		if err != nil {
			return err
		}
		if err := checkSNS(m, key); err != nil {
			return err
		}
	}
	return nil
}

// certificates keeps what was fetched; a failure is kept for a moment, so that
// one address does not make us fetch without end. The moment is shorter than the
// 20 s after which SNS sends again, as it gives up after the third time.
type certificates struct {
	mu    sync.Mutex
	known map[string]certificate
}

type certificate struct {
	key   *rsa.PublicKey
	err   error
	until time.Time
}

// Bounds of the certificates that are kept.
const (
	maxCertificates = 64
	certificateTime = 24 * time.Hour
	failureTime     = 10 * time.Second
	fetchTime       = 3 * time.Second
)

func (s *Store) snsKey(ctx context.Context, address string) (*rsa.PublicKey, error) {
	now := s.Wall()
	s.certs.mu.Lock()
	c, ok := s.certs.known[address]
	s.certs.mu.Unlock()
	if ok && now.Before(c.until) {
		return c.key, c.err
	}
	c = s.fetchCertificate(ctx, address, now)
	s.certs.mu.Lock()
	defer s.certs.mu.Unlock()
	if s.certs.known == nil || len(s.certs.known) >= maxCertificates {
		s.certs.known = map[string]certificate{}
	}
	s.certs.known[address] = c
	return c.key, c.err
}

func (s *Store) fetchCertificate(ctx context.Context, address string, now time.Time) certificate {
	failed := func(err error) certificate {
		return certificate{err: fault.Unavailablef(err, "The certificate of Amazon SNS cannot be fetched."), until: now.Add(failureTime)}
	}
	if s.Fetch == nil {
		return failed(nil)
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	text, err := s.Fetch(ctx, address)
	if err != nil {
		return failed(err)
	}
	cert, err := readCertificate(text, now)
	if err != nil {
		return certificate{err: err, until: now.Add(failureTime)}
	}
	until := now.Add(certificateTime)
	if cert.NotAfter.Before(until) {
		until = cert.NotAfter
	}
	return certificate{key: cert.PublicKey.(*rsa.PublicKey), until: until}
}

func readCertificate(text []byte, now time.Time) (*x509.Certificate, error) {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, badCredential("there is no certificate at its address")
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, badCredential("the certificate cannot be read")
	}
	if _, ok := cert.PublicKey.(*rsa.PublicKey); !ok {
		return nil, badCredential("the certificate holds no RSA key")
	}
	if now.Before(cert.NotBefore) || now.After(cert.NotAfter) {
		return nil, badCredential("the certificate is not valid now")
	}
	return cert, nil
}

// allowed checks the accounts and topics that a source may speak for. Messages
// that cannot be read are let through: nothing is ever made of them. What can be
// read but is no JSON names no account.
func allowed(list string, body []byte) error {
	entries := strings.Fields(list)
	if len(entries) == 0 {
		return nil
	}
	docs, err := parseJSON(body)
	if err != nil {
		if _, err := Parse(Input{Body: body}); err != nil {
			return nil
		}
		return badCredential("the message is no JSON, and names no account")
	}
	for _, doc := range docs {
		if err := allowedDoc(entries, doc, 0); err != nil {
			return err
		}
	}
	return nil
}

// allowedDoc walks through lists and wrappers as the parser does.
func allowedDoc(entries []string, doc node, depth int) error {
	var inner []node
	switch {
	case depth > maxWrappers:
		return badCredential("the message is wrapped too often")
	case doc.isList():
		inner = doc.list()
	case doc.at("Records").isList():
		inner = lambdaRecords(doc)
	case doc.at("Messages").isList():
		inner = bodies(doc.at("Messages"), "Body")
	case isSNS(doc):
		return allowedTopic(entries, doc, depth)
	default:
		return allowedAccount(entries, cmp.Or(doc.at("account").str(), doc.at("accountId").str(), doc.at("data", "account").str()))
	}
	if len(inner) == 0 {
		return badCredential("the message names no account")
	}
	for _, m := range inner {
		if err := allowedDoc(entries, m, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// allowedTopic judges an SNS message by its topic; an EventBridge event inside by
// its own account as well.
func allowedTopic(entries []string, m node, depth int) error {
	topic := m.at("TopicArn").str()
	if !slices.Contains(entries, topic) {
		part := strings.Split(topic, ":")
		if len(part) != 6 || !slices.Contains(entries, part[4]) {
			return badCredential("the topic %.120q is not on the list of this source", topic)
		}
	}
	if event := m.at("Message").inner(); isEventBridge(event) && slices.ContainsFunc(entries, isAccount) {
		return allowedDoc(entries, event, depth+1)
	}
	return nil
}

func allowedAccount(entries []string, account string) error {
	if account == "" {
		return badCredential("the message names no account, and this source takes listed accounts only")
	}
	if !slices.Contains(entries, account) {
		return badCredential("the account %.40q is not on the list of this source", account)
	}
	return nil
}

var accountForm = regexp.MustCompile(`^[0-9]{12}$`)

func isAccount(s string) bool { return accountForm.MatchString(s) }

var topicForm = regexp.MustCompile(`^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_.-]{1,256}$`)

func isTopic(s string) bool { return topicForm.MatchString(s) }
