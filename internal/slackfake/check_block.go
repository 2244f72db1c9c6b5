package slackfake

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// What Slack takes at most.
const (
	maxMessageBlocks = 50
	maxViewBlocks    = 100
	maxMessageText   = 13200 // code points over all blocks; measured, not documented
	maxPostText      = 4000  // longer plain text is cut into several messages
	maxViewBytes     = 250_000
	maxMarkdown      = 12000
)

// checkMessageBlocks gives what is wrong with the blocks of a message.
func checkMessageBlocks(blocks []any) []finding {
	k := &check{}
	k.blocks(object{"blocks": blocks}, "", 0, maxMessageBlocks, "message")
	return k.found
}

// checkView gives what is wrong with a modal. Pointers begin with /view.
func checkView(v any) []finding {
	k := &check{}
	const ptr = "/view"
	o, ok := k.fields(v, ptr, "!type", "!title", "!blocks", "submit", "close", "private_metadata", "callback_id",
		"clear_on_close", "notify_on_close", "external_id", "submit_disabled")
	if !ok {
		return k.found
	}
	k.enum(o, "type", ptr, "modal")
	k.text(o, "title", ptr, 24, plainText)
	k.text(o, "submit", ptr, 24, plainText)
	k.text(o, "close", ptr, 24, plainText)
	k.str(o, "private_metadata", ptr, 0, 3000)
	k.str(o, "callback_id", ptr, 0, 255)
	k.str(o, "external_id", ptr, 0, 255)
	k.booleans(o, ptr, "clear_on_close", "notify_on_close", "submit_disabled")
	k.blocks(o, ptr, 1, maxViewBlocks, "view")
	k.inputsNeedSubmit(o, ptr)
	return k.found
}

// inputsNeedSubmit refuses a modal that asks for something and cannot be sent,
// and one in which two fields want the cursor.
func (k *check) inputsNeedSubmit(o object, ptr string) {
	focused := false
	for i, block := range listAt(o, "blocks") {
		if textAt(block, "type") != "input" {
			continue
		}
		if o["submit"] == nil {
			k.fail(fmt.Sprintf("%s/blocks/%d/input", ptr, i), "must define `submit` to use an `input` block in modals")
		}
		if focus, _ := objectAt(block, "element")["focus_on_load"].(bool); focus {
			if focused {
				k.fail(fmt.Sprintf("%s/blocks/%d/element/focus_on_load", ptr, i), "only one element may have focus_on_load")
			}
			focused = true
		}
	}
}

func (k *check) blocks(o object, ptr string, least, most int, surface string) {
	ids := map[string]bool{}
	k.list(o, "blocks", ptr, least, most, func(v any, at string) {
		k.block(v, at, surface)
		id := textAt(v, "block_id")
		if id != "" && ids[id] {
			k.fail(at+"/block_id", "`block_id` %q already exists", id)
		}
		ids[id] = true
	})
}

func (k *check) block(v any, ptr, surface string) {
	o, ok := v.(object)
	if !ok {
		k.fail(ptr, "must provide an object")
		return
	}
	k.str(o, "block_id", ptr, 1, 255)
	switch kind := textAt(o, "type"); {
	case kind == "":
		k.fail(ptr, "missing required field: type")
	case kind == "section":
		k.section(o, ptr)
	case kind == "header":
		k.fields(o, ptr, "!type", "!text", "block_id")
		k.text(o, "text", ptr, 150, plainText)
	case kind == "context":
		k.context(o, ptr)
	case kind == "actions":
		k.actions(o, ptr)
	case kind == "divider":
		k.fields(o, ptr, "!type", "block_id")
	case kind == "image":
		k.image(o, ptr, "!type", "!image_url", "!alt_text", "title", "block_id")
	case kind == "input":
		k.input(o, ptr)
	case kind == "markdown" && surface == "message":
		k.fields(o, ptr, "!type", "!text", "block_id")
		k.str(o, "text", ptr, 1, maxMarkdown)
	default:
		k.fail(ptr+"/type", "unsupported type: %s", kind)
	}
}

func (k *check) section(o object, ptr string) {
	k.fields(o, ptr, "!type", "text", "fields", "accessory", "block_id", "expand")
	if o["text"] == nil && o["fields"] == nil {
		k.fail(ptr, "missing required field: text")
	}
	k.text(o, "text", ptr, 3000, anyText)
	k.list(o, "fields", ptr, 1, 10, func(v any, at string) { k.textObject(v, at, 2000, anyText) })
	k.booleans(o, ptr, "expand")
	if v, ok := o["accessory"]; ok && v != nil {
		k.element(v, ptr+"/accessory", inAccessory, map[string]bool{})
	}
}

func (k *check) context(o object, ptr string) {
	k.fields(o, ptr, "!type", "!elements", "block_id")
	k.list(o, "elements", ptr, 1, 10, func(v any, at string) {
		if textAt(v, "type") == "image" {
			k.element(v, at, []string{"image"}, nil)
			return
		}
		k.textObject(v, at, 3000, anyText)
	})
}

func (k *check) actions(o object, ptr string) {
	k.fields(o, ptr, "!type", "!elements", "block_id")
	seen := map[string]bool{}
	k.list(o, "elements", ptr, 1, 25, func(v any, at string) { k.element(v, at, inActions, seen) })
}

func (k *check) input(o object, ptr string) {
	k.fields(o, ptr, "!type", "!label", "!element", "hint", "optional", "dispatch_action", "block_id")
	k.text(o, "label", ptr, 2000, plainText)
	k.text(o, "hint", ptr, 2000, plainText)
	k.booleans(o, ptr, "optional", "dispatch_action")
	if v, ok := o["element"]; ok && v != nil {
		k.element(v, ptr+"/element", inInput, map[string]bool{})
	}
}

// shownText counts the code points that all text objects and markdown blocks
// under v show.
func shownText(v any) int {
	n := 0
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			n += shownText(item)
		}
	case object:
		for key, item := range v {
			if s, ok := item.(string); ok && key == "text" {
				n += utf8.RuneCountInString(s)
			} else {
				n += shownText(item)
			}
		}
	}
	return n
}

// decode reads exactly one JSON value, keeping numbers as they were written.
func decode(raw []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one JSON value")
	}
	return v, nil
}
