package evidence

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"coetracker/internal/db"
	"coetracker/internal/fault"
)

// Sizes of a delivery, in bytes.
const (
	maxDelivery = 1 << 20  // kept whole
	keptOfLarge = 64 << 10 // kept of a larger one
	maxFile     = 25 << 20
)

// storeTime is how long a sender waits for the commit, before it is asked to
// send again. The shortest patience known is 5 s.
const storeTime = 4 * time.Second

// Receipt says what became of a delivery.
type Receipt struct {
	DeliveryID int64
	Repeat     bool // it was there already
}

// SourceOf finds the source that takes deliveries at the address with this token,
// the newer or the older one, before a body is read. Another token is
// fault.NotFound.
func (s *Store) SourceOf(ctx context.Context, token string) (*Source, error) {
	unknown := fault.NotFoundf("There is no such address.")
	if len(token) < 20 || len(token) > 100 {
		return nil, unknown
	}
	var src Source
	hash := tokenHash(token)
	err := s.DB.WithContext(ctx).Where("(token_hash = ? OR token2_hash = ?) AND disabled_at IS NULL", hash, hash).Take(&src).Error
	switch {
	case db.IsNotFound(err):
		return nil, unknown
	case err != nil:
		return nil, fault.Unavailablef(err, "The database does not answer.")
	}
	return &src, nil
}

// Receive takes one delivery at the address with this token: verified upon its raw
// bytes, freed of secrets, and committed when Receive returns. An unknown token is
// fault.NotFound, a wrong credential ErrCredential, and whatever kept it from being
// stored fault.Unavailable: the sender is to send it again. What cannot be read is
// stored all the same.
func (s *Store) Receive(ctx context.Context, token string, h Header, body []byte) (Receipt, error) {
	src, err := s.SourceOf(ctx, token)
	if err != nil {
		return Receipt{}, err
	}
	return s.ReceiveFor(ctx, src, h, body, int64(len(body)), false)
}

// ReceiveFor is Receive for a source that SourceOf just gave. cut says that body is
// the beginning only of a delivery of size bytes, too large to be read to its end:
// signatures over the body cannot be checked then, so sources that sign give
// ErrCredential.
func (s *Store) ReceiveFor(ctx context.Context, src *Source, h Header, body []byte, size int64, cut bool) (Receipt, error) {
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	if err := s.verify(ctx, src, h, body, cut); err != nil {
		if errors.Is(err, ErrCredential) {
			s.inbox.add(s, &posted{source: src.ID, refusal: refusalText(err)}) // nobody waits for it
		}
		return Receipt{}, err
	}
	d := newDelivery(src, h, content(h, body), size, cut)
	d.ReceivedAt = db.Now(s.DB)
	a := &posted{source: src.ID, delivery: &d, confirm: isConfirmation(src, &d), done: make(chan struct{})}
	if !s.inbox.add(s, a) {
		return Receipt{}, fault.Unavailablef(nil, "Too much arrives at once.")
	}
	select {
	case <-a.done:
		return a.receipt, a.err
	case <-ctx.Done():
		return Receipt{}, fault.Unavailablef(ctx.Err(), "The database does not answer.")
	}
}

// verify checks credential and allow list.
func (s *Store) verify(ctx context.Context, src *Source, h Header, body []byte, cut bool) error {
	secrets, err := s.secrets(src)
	if err != nil {
		return fault.Unavailablef(err, "The secret of this source cannot be opened.")
	}
	k := credential{verifier: src.Verifier, header: src.Header, secrets: secrets}
	overBody := src.Verifier != VerifyNone && src.Verifier != VerifyHeader && src.Verifier != VerifyBasic
	switch {
	case cut && overBody:
		err = badCredential("the message is too large for its signature to be checked")
	case src.Verifier == VerifySNS:
		err = s.verifySNS(ctx, body)
	default:
		err = k.verify(h, body, s.Wall())
	}
	if err != nil {
		return err
	}
	return allowed(src.Allowed, content(h, body))
}

// refusalText is what the source's page says of a refused delivery.
func refusalText(err error) string {
	return clean(strings.TrimPrefix(err.Error(), ErrCredential.Error()+": "), 300)
}

// content takes a form's payload out: GitHub can be set to send one.
func content(h Header, body []byte) []byte {
	if !strings.HasPrefix(strings.ToLower(h.Get("Content-Type")), "application/x-www-form-urlencoded") {
		return body
	}
	form, err := url.ParseQuery(string(body))
	if err != nil || len(form["payload"]) != 1 {
		return body
	}
	return []byte(form.Get("payload"))
}

// newDelivery reads a message for its key and makes the row that is kept of it.
func newDelivery(src *Source, h Header, body []byte, size int64, cut bool) Delivery {
	d := Delivery{SourceID: src.ID, Headers: keptHeaders(src, h), Size: size, State: Received}
	h = d.KeptHeaders() // a credential must not become a key
	if cut || len(body) > maxDelivery {
		d.Cut, d.State = true, Failed
		d.Failure = fmt.Sprintf("The message has %d KB, more than the %d KB that are read. Its beginning is kept.", (size+1023)>>10, maxDelivery>>10)
		d.DedupeKey = BodyKey(body)
		d.Body = stripText(body[:min(len(body), keptOfLarge)])
		return d
	}
	p, err := Parse(Input{Header: h, Body: body, Tool: src.Tool})
	if err != nil {
		d.State, d.Failure, d.DedupeKey = Failed, clean(sentenceOf(err), 500), BodyKey(body)
		d.Body = stripText(body)
		return d
	}
	d.Tool, d.DedupeKey, d.Body = p.Source, senderKey(p.Key), strip(body)
	return d
}

// sentenceOf makes an error that begins small into a sentence.
func sentenceOf(err error) string {
	s := err.Error()
	if rest, ok := strings.CutPrefix(s, "it is "); ok {
		s = "The message is " + rest
	}
	return s + "."
}

// senderKey bounds keys that senders choose.
func senderKey(key string) string {
	if len(key) > 200 || !utf8.ValidString(key) || strings.ContainsRune(key, 0) {
		return hashOf(key)
	}
	return key
}

// clean makes a text fit to be stored and shown on one line.
func clean(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == utf8.RuneError {
			return ' '
		}
		return r
	}, s)
	if runes := []rune(s); len(runes) > most {
		s = string(runes[:most]) + "…"
	}
	return s
}

// kept are the headers that say what a delivery is. None of them is a credential.
var kept = []string{
	"Content-Type", "User-Agent", "X-Github-Event", "X-Github-Delivery", "X-Github-Hook-Id", "X-Gitlab-Event", "X-Gitlab-Event-Uuid",
	"X-Gitlab-Webhook-Uuid", "X-Gitlab-Instance", "Idempotency-Key", "Webhook-Id", "Webhook-Timestamp", "X-Webhook-Id", "X-Webhook-Subscription",
	"X-Amz-Sns-Message-Type", "X-Amz-Sns-Message-Id", "X-Amz-Sns-Topic-Arn", "Gotk-Component",
	"Ce-Specversion", "Ce-Id", "Ce-Source", "Ce-Type", "Ce-Time", "Ce-Subject", "Ce-Dataschema",
}

// keptHeaders gives them as JSON, without the one that holds the source's secret.
func keptHeaders(src *Source, h Header) string {
	m := map[string][]string{}
	for _, name := range kept {
		v := h.Get(name)
		if v == "" || src != nil && strings.Contains(strings.ToLower(" "+src.Header+" "), " "+strings.ToLower(name)+" ") {
			continue
		}
		m[name] = []string{clean(v, 500)}
	}
	b, err := json.Marshal(m)
	if err != nil {
		return "{}"
	}
	return string(b)
}
