package evidence

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/textproto"
	"slices"
	"strings"
	"time"
)

// Header is the header of an HTTP request, keys in canonical form.
type Header map[string][]string

// Get gives the first value of a header, "" for none.
func (h Header) Get(name string) string {
	return textproto.MIMEHeader(h).Get(name)
}

// Input is one message: the body of a request, or a file.
type Input struct {
	Name   string // of the file; "" for a request
	Header Header // nil for a file
	Body   []byte
	Tool   string // the tool it must come from, "" to find out by its keys
}

// Parsed is what a message says.
type Parsed struct {
	Source   string // the tool's short name
	Records  []Record
	Warnings []string // sentences
	// Key is equal for repeats of one delivery and different otherwise, within
	// one source.
	Key string
}

// message is what a tool's parser gets: its own object, freed of the wrappers
// around it.
type message struct {
	doc     node
	head    Header
	key     string     // the wrapper's id of this delivery, "" without one
	at      *time.Time // the wrapper's time
	account string     // EventBridge
	region  string     // EventBridge
	subject string     // CloudEvents: subject; SNS: Subject
	via     string     // the wrapper that was taken off, "" for none
}

// tool reads the messages of one tool. knows decides by keys alone and is true
// for no message of another tool.
type tool struct {
	name  string
	knows func(m message) bool
	read  func(m message, out *result)
}

// textTool reads files that are neither JSON nor YAML.
type textTool struct {
	name  string
	knows func(name string, text []byte) bool
	read  func(text []byte, out *result) error
}

// result collects what a parser finds.
type result struct {
	records  []Record
	warnings []string
	key      string // the wrapper's
	doc      node   // what is read
}

// add keeps a record. Without a dedupe key it gets the wrapper's, else one of
// what it says.
func (o *result) add(r Record) {
	if r.Type == TypeExperiment && r.Outcome == "" {
		r.Outcome = Unknown
	}
	r.State = strings.ToLower(r.State)
	if r.SubjectKey == "" {
		r.SubjectKey = r.ExternalID
	}
	if r.SubjectKey == "" && r.Type != TypeIgnored && r.Type != TypeMetric {
		o.warn("Something of type %s was left out: it has no name to know it by.", r.Type)
		r = Record{Type: TypeIgnored, State: r.State}
	}
	if r.Rank == RankNone {
		r.Rank = RankOf(r.State)
	}
	if r.OccurredAt.IsZero() {
		r.OccurredAt = lastOf(r.StartedAt, r.EndedAt)
	}
	if r.DedupeKey == "" && r.Type == TypeIgnored { // nothing but its text tells it from others
		r.DedupeKey = cmp.Or(o.key, hashOf(o.doc.json()))
	}
	if r.DedupeKey == "" {
		r.DedupeKey = cmp.Or(o.key, hashOf(string(r.Type), r.SubjectKey, r.State, r.OccurredAt.Format(time.RFC3339Nano), string(r.Outcome)))
		if slices.ContainsFunc(o.records, func(other Record) bool { return other.DedupeKey == r.DedupeKey && other.SubjectKey != r.SubjectKey }) {
			r.DedupeKey = hashOf(r.DedupeKey, string(r.Type), r.SubjectKey) // one message about several things
		}
	}
	o.records = append(o.records, r)
}

// ignore says that a message was understood and is of no use here.
func (o *result) ignore(id, state string) {
	o.add(Record{Type: TypeIgnored, ExternalID: id, State: state})
}

// warn keeps a sentence, once.
func (o *result) warn(format string, args ...any) {
	if s := fmt.Sprintf(format, args...); len(o.warnings) < maxWarnings && !slices.Contains(o.warnings, s) {
		o.warnings = append(o.warnings, s)
	}
}

func lastOf(times ...*time.Time) (last time.Time) {
	for _, t := range times {
		if t != nil && t.After(last) {
			last = *t
		}
	}
	return last
}

// hashOf makes a short key of some texts.
func hashOf(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// tools lists every tool. Chaos tools come first only for the reader: their
// order does not matter, as no message is known to two.
func tools() []tool {
	return slices.Concat(chaosTools(), deployTools(), eventTools(), metricTools())
}

// Tools gives the short names of all tools, sorted.
func Tools() []string {
	names := []string{"csv"}
	for _, t := range tools() {
		names = append(names, t.name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Parse reads one message or file. An error is a sentence about a message that
// cannot be read at all; one that is read and not known gives a TypeIgnored record
// and a warning.
func Parse(in Input) (p Parsed, err error) {
	defer func() {
		if v := recover(); v != nil { // hostile input must cost one message only
			p, err = Parsed{}, fmt.Errorf("the message cannot be read: %v", v)
		}
	}()
	p, err = parseAny(in)
	if err != nil {
		return p, err
	}
	p.Key = deliveryKey(in, p)
	return p, nil
}

func parseAny(in Input) (Parsed, error) {
	for _, t := range textTools() {
		if in.Tool != "" && in.Tool != t.name || !t.knows(in.Name, in.Body) {
			continue
		}
		var out result
		if err := t.read(in.Body, &out); err != nil {
			return Parsed{}, err
		}
		return Parsed{Source: t.name, Records: out.records, Warnings: out.warnings}, nil
	}
	docs, err := parseDocuments(in.Body)
	if err != nil {
		return Parsed{}, err
	}
	var all Parsed
	known, warned := tools(), map[string]bool{}
	for _, doc := range docs {
		for _, m := range unwrap(binaryEvent(message{doc: doc, head: in.Header}), 0) {
			source, out := read(m, in.Tool, known)
			all.Source = better(all.Source, source)
			all.Records = append(all.Records, out.records...)
			for _, w := range out.warnings {
				if !warned[w] && len(all.Warnings) < maxWarnings {
					warned[w], all.Warnings = true, append(all.Warnings, w)
				}
			}
		}
	}
	if len(all.Records) == 0 && len(all.Warnings) == 0 {
		all.Warnings = []string{"There is nothing in it that we know."}
	}
	return all, nil
}

// maxWarnings is how many sentences about one message are kept.
const maxWarnings = 50

// better keeps the first source that is a tool's.
func better(have, found string) string {
	if have == "" || slices.Contains([]string{"unknown", "sns", "eventbridge", "cloudevents"}, have) {
		return found
	}
	return have
}

// read lets the tool among known that knows a message read it.
func read(m message, only string, known []tool) (source string, out *result) {
	out = &result{key: m.key, doc: m.doc}
	for _, t := range known {
		if only != "" && only != t.name || !t.knows(m) {
			continue
		}
		t.read(m, out)
		if len(out.records) == 0 {
			out.ignore("", "")
		}
		return t.name, out
	}
	source = m.wrapper()
	out.ignore(m.key, "")
	if source == "unknown" {
		out.warn("%s", unknownWords(m, only))
	}
	return source, out
}

// unknownWords says why nobody reads a message. A source of one tool reads no other's.
func unknownWords(m message, only string) string {
	text := "No tool is known that writes such a message"
	if only != "" {
		text = "This is no message of " + only + ", and nothing else is read here"
	}
	keys := m.doc.keys()
	if len(keys) == 0 {
		return text + ": it is no object of JSON or YAML."
	}
	return text + " (its keys are " + cut(strings.Join(keys[:min(len(keys), 8)], ", "), 200) + ")."
}

// deliveryKey tells repeats of a delivery from new ones: by the sender's own
// id, else by what the message says, else by its bytes.
func deliveryKey(in Input, p Parsed) string {
	for _, name := range []string{"X-Github-Delivery", "Idempotency-Key", "Webhook-Id", "X-Gitlab-Event-Uuid"} {
		if id := in.Header.Get(name); id != "" {
			return id
		}
	}
	keys := make([]string, 0, len(p.Records))
	for _, r := range p.Records {
		if r.Type == TypeIgnored || r.Type == TypeMetric {
			return BodyKey(in.Body)
		}
		keys = append(keys, string(r.Type)+" "+r.SubjectKey+" "+r.DedupeKey)
	}
	if len(keys) == 0 {
		return BodyKey(in.Body)
	}
	slices.Sort(keys)
	return hashOf(keys...)
}

// BodyKey is the delivery key of a body that cannot be read.
func BodyKey(body []byte) string { return hashOf(string(body)) }
