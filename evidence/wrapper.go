package evidence

import (
	"cmp"
	"encoding/base64"
	"strings"
)

// maxWrappers bounds how many wrappers may lie around a message.
const maxWrappers = 5

// unwrap frees a message of EventBridge, SNS, SQS, Lambda, CloudEvents and
// Kubernetes lists. A wrapper around several messages gives them all.
func unwrap(m message, depth int) []message {
	if depth == maxWrappers {
		return []message{m}
	}
	many := func(list []node) []message {
		var all []message
		for _, doc := range list {
			one := m
			one.doc = doc
			all = append(all, unwrap(one, depth+1)...)
		}
		return all
	}
	doc := m.doc
	switch {
	case doc.isList():
		return many(doc.list())
	case isQueued(doc):
		return many(queued(doc))
	case doc.at("Records").isList():
		return many(lambdaRecords(doc))
	case doc.at("Messages").isList() && doc.at("Messages").index(0).has("Body"): // aws sqs receive-message
		return many(bodies(doc.at("Messages"), "Body"))
	case doc.at("kind").str() != "" && strings.HasSuffix(doc.at("kind").str(), "List") && doc.at("items").isList():
		return many(doc.at("items").list())
	case isSNS(doc):
		m.via = "sns"
		m.key, m.at, m.subject = doc.at("MessageId").str(), doc.at("Timestamp").time(), doc.at("Subject").str()
		if inner := doc.at("Message").inner(); inner.isObject() {
			m.doc = inner
			return unwrap(m, depth+1)
		}
	case isEventBridge(doc):
		m.key, m.at = cmp.Or(doc.at("id").str(), m.key), firstTime(doc.at("time").time(), m.at)
		m.account, m.region = doc.at("account").str(), doc.at("region").str()
	case isCloudEvent(doc):
		return unwrapCloudEvent(m, depth)
	}
	return []message{m}
}

func lambdaRecords(doc node) []node {
	var all []node
	for _, r := range doc.at("Records").list() {
		if r.at("Sns").isObject() {
			r = r.at("Sns")
		}
		all = append(all, r)
	}
	return all
}

// isQueued knows what a queue, a stream or a gateway puts around a body. Pipes
// pass on the records of a queue without the list around them.
func isQueued(doc node) bool {
	if _, text := doc.at("body").v.(string); text {
		return doc.has("receiptHandle") || doc.has("eventSourceARN") || doc.has("requestContext") || doc.has("httpMethod") || doc.at("eventSource").str() == "aws:sqs"
	}
	return doc.at("eventSource").str() == "aws:kinesis" && (doc.has("data") || doc.at("kinesis").has("data"))
}

// queued gives the message inside; text that is no JSON gives none.
func queued(doc node) []node {
	body, _ := doc.at("body").v.(string)
	coded := doc.at("isBase64Encoded").truth()
	if body == "" {
		body, coded = firstText(doc.at("data"), doc.at("kinesis", "data")), true
	}
	if coded {
		raw, err := base64.StdEncoding.DecodeString(body)
		if err != nil {
			return nil
		}
		body = string(raw)
	}
	if inner := (node{body}).inner(); inner.isObject() || inner.isList() {
		return []node{inner}
	}
	return nil
}

func firstText(nodes ...node) string {
	for _, n := range nodes {
		if s := n.str(); s != "" {
			return s
		}
	}
	return ""
}

func bodies(list node, key string) []node {
	var all []node
	for _, m := range list.list() {
		if inner := m.at(key).inner(); inner.isObject() {
			all = append(all, inner)
		}
	}
	return all
}

// isSNS knows the envelope in its three spellings.
func isSNS(doc node) bool { return doc.has("MessageId", "TopicArn", "Message") }

// isEventBridge knows EventBridge events; the tool decides by source and
// detail-type, so the envelope stays.
func isEventBridge(doc node) bool { return doc.has("detail-type", "source", "detail") }

func isCloudEvent(doc node) bool { return doc.has("specversion", "type", "source", "id") }

// unwrapCloudEvent takes the data out, if they are an object; else the envelope
// stays and speaks for itself.
func unwrapCloudEvent(m message, depth int) []message {
	doc := m.doc
	m.key = doc.at("source").str() + " " + doc.at("id").str()
	m.at, m.subject = firstTime(doc.at("time").time(), m.at), doc.at("subject").str()
	data := doc.at("data")
	if b64 := doc.at("data_base64").str(); b64 != "" {
		if raw, err := base64.StdEncoding.DecodeString(b64); err == nil {
			data = node{string(raw)}
		}
	}
	if inner := data.inner(); inner.isObject() {
		data = inner
	}
	if data.isObject() {
		m.doc = data
		if known := unwrap(m, depth+1); len(known) != 1 || knownTo(known[0]) {
			return known
		}
		m.doc = doc
	}
	return []message{m}
}

// binaryEvent reads a CloudEvent whose attributes are in the headers.
func binaryEvent(m message) message {
	if m.head.Get("Ce-Specversion") == "" || m.head.Get("Ce-Id") == "" {
		return m
	}
	m.key = m.head.Get("Ce-Source") + " " + m.head.Get("Ce-Id")
	m.subject = m.head.Get("Ce-Subject")
	if t, ok := ParseInstant(m.head.Get("Ce-Time")); ok {
		m.at = &t
	}
	return m
}

func knownTo(m message) bool {
	for _, t := range tools() {
		if t.knows(m) {
			return true
		}
	}
	return false
}

// wrapper names the wrapper of a message that no tool knows.
func (m message) wrapper() string {
	switch {
	case isSNS(m.doc):
		return "sns"
	case isEventBridge(m.doc):
		return "eventbridge"
	case isCloudEvent(m.doc), m.head.Get("Ce-Specversion") != "":
		return "cloudevents"
	}
	return cmp.Or(m.via, "unknown")
}
