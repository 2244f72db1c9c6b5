package slackfake

import (
	"encoding/json"
	"unicode/utf8"
)

// readContent reads and judges text, blocks, attachments and metadata.
func readContent(c *call) (content, *refusal) {
	in := content{text: c.params["text"]}
	if md, ok := c.params["markdown_text"]; ok {
		if in.text != "" || c.params["blocks"] != "" {
			return in, blame("markdown_text_conflict", "markdown_text excludes text and blocks")
		}
		if utf8.RuneCountInString(md) > maxMarkdown {
			return in, blame("msg_too_long", "markdown_text has more than %d characters", maxMarkdown)
		}
		in.text = md
	}
	var no *refusal
	if in.blocks, no = readBlocks(c.params["blocks"]); no != nil {
		return in, no
	}
	if in.attachments, no = readAttachments(c.params["attachments"]); no != nil {
		return in, no
	}
	in.metadata, no = readMetadata(c.params["metadata"])
	return in, no
}

// readBlocks gives nil when no blocks were sent, and an empty list when an
// empty one was.
func readBlocks(raw string) ([]any, *refusal) {
	if raw == "" || raw == "null" {
		return nil, nil
	}
	v, err := decode([]byte(raw))
	blocks, ok := v.([]any)
	if err != nil || !ok {
		return nil, blame("invalid_blocks_format", "blocks is not a JSON array")
	}
	if found := checkMessageBlocks(blocks); len(found) > 0 {
		return nil, invalidBlocks(found)
	}
	if n := shownText(blocks); n > maxMessageText {
		return nil, blame("msg_blocks_too_long", "the blocks show %d characters, more than %d", n, maxMessageText)
	}
	return blocks, nil
}

// invalidBlocks words findings about a message as Slack does.
func invalidBlocks(found []finding) *refusal {
	texts, messages := worded(found)
	no := blame("invalid_blocks", "%s", texts[0])
	no.extra = object{"errors": texts, "response_metadata": object{"messages": messages}}
	return no
}

func worded(found []finding) (texts, messages []string) {
	for _, f := range found {
		texts = append(texts, f.String())
		messages = append(messages, "[ERROR] "+f.String())
	}
	return texts, messages
}

func readAttachments(raw string) ([]any, *refusal) {
	if raw == "" || raw == "null" {
		return nil, nil
	}
	v, err := decode([]byte(raw))
	list, ok := v.([]any)
	if err != nil || !ok {
		return nil, blame("invalid_attachments", "attachments is not a JSON array")
	}
	if len(list) > 100 {
		return nil, blame("too_many_attachments", "%d attachments, more than 100", len(list))
	}
	return list, nil
}

// readMetadata checks {event_type, event_payload}, whose values are plain or
// flat objects. An empty object removes metadata and passes.
func readMetadata(raw string) (object, *refusal) {
	if raw == "" || raw == "null" {
		return nil, nil
	}
	v, err := decode([]byte(raw))
	m, ok := v.(object)
	if err != nil || !ok {
		return nil, blame("invalid_metadata_format", "metadata is not a JSON object")
	}
	if len(m) == 0 {
		return m, nil
	}
	payload, ok := m["event_payload"].(object)
	if !ok || !eventTypeForm.MatchString(textAt(m, "event_type")) {
		return nil, blame("invalid_metadata_format", "metadata needs event_type, of letters, digits and _, and the object event_payload")
	}
	for _, key := range sortedKeys(payload) {
		if !plainOrFlat(payload[key]) {
			return nil, blame("invalid_metadata_schema", "the metadata value %s is neither plain nor a flat object", key)
		}
	}
	return m, nil
}

func plainOrFlat(v any) bool {
	o, ok := v.(object)
	if !ok {
		return isPlain(v)
	}
	for _, inner := range o {
		if !isPlain(inner) {
			return false
		}
	}
	return true
}

func isPlain(v any) bool {
	switch v.(type) {
	case string, bool, json.Number:
		return true
	}
	return false
}
