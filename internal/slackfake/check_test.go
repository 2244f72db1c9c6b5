package slackfake

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// Builders of the parts that the tables below stretch.

func xs(n int) string { return strings.Repeat("é", n) }

func plainObject(n int) object  { return object{"type": "plain_text", "text": xs(n)} }
func mrkdwnObject(n int) object { return object{"type": "mrkdwn", "text": xs(n)} }

func times(n int, each func(i int) any) []any {
	out := make([]any, 0, n)
	for i := range n {
		out = append(out, each(i))
	}
	return out
}

func optionsOf(n int) []any {
	return times(n, func(i int) any { return object{"text": plainObject(1), "value": fmt.Sprint(i)} })
}

func with(o object, key string, v any) object {
	o[key] = v
	return o
}

func section(key string, v any) object { return object{"type": "section", key: v} }

func actionsOf(e ...any) object { return object{"type": "actions", "elements": e} }

func inputOf(e any) object { return object{"type": "input", "label": plainObject(1), "element": e} }

func aButton() object { return object{"type": "button", "text": plainObject(1)} }

func aMenu(n int) object { return object{"type": "static_select", "options": optionsOf(n)} }

func aConfirm() object {
	return object{"title": plainObject(1), "text": plainObject(1), "confirm": plainObject(1), "deny": plainObject(1)}
}

func oneOption(key string, v any) object {
	return with(object{"text": plainObject(1), "value": "1"}, key, v)
}

func menuOf(option object) object { return object{"type": "overflow", "options": []any{option}} }

func groupOf(label, n int) object {
	return object{"label": plainObject(label), "options": optionsOf(n)}
}

func modalOf(blocks ...any) object {
	return object{"type": "modal", "title": plainObject(1), "submit": plainObject(1), "blocks": blocks}
}

// limit is one limit of Block Kit: what is built with n is taken at most and
// refused at one more.
type limit struct {
	most int
	make func(n int) object
	ptr  string // below the block, the element or the view
	kind string // "characters", "items" or "number"
}

func messageLimits() map[string]limit {
	return map[string]limit{
		"block_id":       {255, func(n int) object { return object{"type": "divider", "block_id": xs(n)} }, "/block_id", "characters"},
		"section text":   {3000, func(n int) object { return section("text", mrkdwnObject(n)) }, "/text/text", "characters"},
		"section fields": {10, func(n int) object { return section("fields", times(n, func(int) any { return mrkdwnObject(1) })) }, "/fields", "items"},
		"section field":  {2000, func(n int) object { return section("fields", []any{mrkdwnObject(n)}) }, "/fields/0/text", "characters"},
		"header":         {150, func(n int) object { return object{"type": "header", "text": plainObject(n)} }, "/text/text", "characters"},
		"context": {10, func(n int) object {
			return object{"type": "context", "elements": times(n, func(int) any { return mrkdwnObject(1) })}
		}, "/elements", "items"},
		"actions":   {25, func(n int) object { return actionsOf(times(n, func(int) any { return aButton() })...) }, "/elements", "items"},
		"image url": {3000, func(n int) object { return object{"type": "image", "image_url": xs(n), "alt_text": "x"} }, "/image_url", "characters"},
		"image alt": {2000, func(n int) object { return object{"type": "image", "image_url": "x", "alt_text": xs(n)} }, "/alt_text", "characters"},
		"image title": {2000, func(n int) object {
			return object{"type": "image", "image_url": "x", "alt_text": "x", "title": plainObject(n)}
		}, "/title/text", "characters"},
		"input label": {2000, func(n int) object { return with(inputOf(aMenu(1)), "label", plainObject(n)) }, "/label/text", "characters"},
		"input hint":  {2000, func(n int) object { return with(inputOf(aMenu(1)), "hint", plainObject(n)) }, "/hint/text", "characters"},
		"markdown":    {12000, func(n int) object { return object{"type": "markdown", "text": xs(n)} }, "/text", "characters"},
		"accessory": {75, func(n int) object {
			return with(section("text", mrkdwnObject(1)), "accessory", with(aButton(), "text", plainObject(n)))
		}, "/accessory/text/text", "characters"},
		"context picture": {2000, func(n int) object {
			return object{"type": "context", "elements": []any{object{"type": "image", "image_url": "x", "alt_text": xs(n)}}}
		}, "/elements/0/alt_text", "characters"},
	}
}

func elementLimits() map[string]limit {
	return map[string]limit{
		"action_id":          {255, func(n int) object { return with(aButton(), "action_id", xs(n)) }, "/action_id", "characters"},
		"button text":        {75, func(n int) object { return with(aButton(), "text", plainObject(n)) }, "/text/text", "characters"},
		"button value":       {2000, func(n int) object { return with(aButton(), "value", xs(n)) }, "/value", "characters"},
		"button url":         {3000, func(n int) object { return with(aButton(), "url", xs(n)) }, "/url", "characters"},
		"button label":       {75, func(n int) object { return with(aButton(), "accessibility_label", xs(n)) }, "/accessibility_label", "characters"},
		"confirm title":      {100, func(n int) object { return with(aButton(), "confirm", with(aConfirm(), "title", plainObject(n))) }, "/confirm/title/text", "characters"},
		"confirm text":       {300, func(n int) object { return with(aButton(), "confirm", with(aConfirm(), "text", mrkdwnObject(n))) }, "/confirm/text/text", "characters"},
		"confirm yes":        {30, func(n int) object { return with(aButton(), "confirm", with(aConfirm(), "confirm", plainObject(n))) }, "/confirm/confirm/text", "characters"},
		"confirm no":         {30, func(n int) object { return with(aButton(), "confirm", with(aConfirm(), "deny", plainObject(n))) }, "/confirm/deny/text", "characters"},
		"overflow":           {5, func(n int) object { return object{"type": "overflow", "options": optionsOf(n)} }, "/options", "items"},
		"option text":        {75, func(n int) object { return menuOf(oneOption("text", plainObject(n))) }, "/options/0/text/text", "characters"},
		"option value":       {150, func(n int) object { return menuOf(oneOption("value", xs(n))) }, "/options/0/value", "characters"},
		"option description": {75, func(n int) object { return menuOf(oneOption("description", plainObject(n))) }, "/options/0/description/text", "characters"},
		"option url":         {3000, func(n int) object { return menuOf(oneOption("url", xs(n))) }, "/options/0/url", "characters"},
		"menu":               {100, aMenu, "/options", "items"},
		"menu groups": {100, func(n int) object {
			return object{"type": "static_select", "option_groups": times(n, func(int) any { return groupOf(1, 1) })}
		}, "/option_groups", "items"},
		"menu group":         {100, func(n int) object { return object{"type": "static_select", "option_groups": []any{groupOf(1, n)}} }, "/option_groups/0/options", "items"},
		"menu group label":   {75, func(n int) object { return object{"type": "static_select", "option_groups": []any{groupOf(n, 1)}} }, "/option_groups/0/label/text", "characters"},
		"menu placeholder":   {150, func(n int) object { return with(aMenu(1), "placeholder", plainObject(n)) }, "/placeholder/text", "characters"},
		"date placeholder":   {150, func(n int) object { return object{"type": "datepicker", "placeholder": plainObject(n)} }, "/placeholder/text", "characters"},
		"person placeholder": {150, func(n int) object { return object{"type": "users_select", "placeholder": plainObject(n)} }, "/placeholder/text", "characters"},
		"radio buttons":      {10, func(n int) object { return object{"type": "radio_buttons", "options": optionsOf(n)} }, "/options", "items"},
		"check boxes":        {10, func(n int) object { return object{"type": "checkboxes", "options": optionsOf(n)} }, "/options", "items"},
		"check box in mrkdwn": {75, func(n int) object {
			return object{"type": "checkboxes", "options": []any{oneOption("text", mrkdwnObject(n))}}
		}, "/options/0/text/text", "characters"},
	}
}

func inputLimits() map[string]limit {
	text := func(key string, v any) object { return object{"type": "plain_text_input", key: v} }
	number := func(n int) json.Number { return json.Number(fmt.Sprint(n)) }
	return map[string]limit{
		"text max_length":    {3000, func(n int) object { return text("max_length", number(n)) }, "/max_length", "number"},
		"text min_length":    {3000, func(n int) object { return text("min_length", number(n)) }, "/min_length", "number"},
		"text initial_value": {3000, func(n int) object { return text("initial_value", xs(n)) }, "/initial_value", "characters"},
		"text placeholder":   {150, func(n int) object { return text("placeholder", plainObject(n)) }, "/placeholder/text", "characters"},
	}
}

func viewLimits() map[string]limit {
	return map[string]limit{
		"title":            {24, func(n int) object { return with(modalOf(section("text", plainObject(1))), "title", plainObject(n)) }, "/title/text", "characters"},
		"submit":           {24, func(n int) object { return with(modalOf(section("text", plainObject(1))), "submit", plainObject(n)) }, "/submit/text", "characters"},
		"close":            {24, func(n int) object { return with(modalOf(section("text", plainObject(1))), "close", plainObject(n)) }, "/close/text", "characters"},
		"private_metadata": {3000, func(n int) object { return with(modalOf(section("text", plainObject(1))), "private_metadata", xs(n)) }, "/private_metadata", "characters"},
		"callback_id":      {255, func(n int) object { return with(modalOf(section("text", plainObject(1))), "callback_id", xs(n)) }, "/callback_id", "characters"},
		"external_id":      {255, func(n int) object { return with(modalOf(section("text", plainObject(1))), "external_id", xs(n)) }, "/external_id", "characters"},
		"blocks":           {100, func(n int) object { return modalOf(times(n, func(int) any { return object{"type": "divider"} })...) }, "/blocks", "items"},
	}
}

// wording is how Slack says that a limit is broken.
func (l limit) wording() string {
	switch l.kind {
	case "items":
		return fmt.Sprintf("no more than %d items allowed", l.most)
	case "number":
		return fmt.Sprintf("must be less than %d", l.most+1)
	}
	return fmt.Sprintf("must be less than %d characters", l.most+1)
}

func TestEachLimitAtMostAndBrokenByOne(t *testing.T) {
	t.Parallel()
	inMessage := func(o object) []finding { return checkMessageBlocks([]any{o}) }
	groups := []struct {
		name   string
		limits map[string]limit
		judge  func(object) []finding
		ptr    string
	}{
		{"block", messageLimits(), inMessage, "/blocks/0"},
		{"element", elementLimits(), func(e object) []finding { return inMessage(actionsOf(e)) }, "/blocks/0/elements/0"},
		{"input", inputLimits(), func(e object) []finding { return checkView(modalOf(inputOf(e))) }, "/view/blocks/0/element"},
		{"view", viewLimits(), func(v object) []finding { return checkView(v) }, "/view"},
	}
	for _, g := range groups {
		for name, l := range g.limits {
			t.Run(g.name+" "+name, func(t *testing.T) {
				t.Parallel()
				if found := g.judge(l.make(l.most)); len(found) != 0 {
					t.Errorf("at %d: %v", l.most, found)
				}
				want := finding{l.wording(), g.ptr + l.ptr}
				if found := g.judge(l.make(l.most + 1)); len(found) != 1 || found[0] != want {
					t.Errorf("at %d: %v, want %v", l.most+1, found, want)
				}
			})
		}
	}
}

func TestWhatMustNotBeEmpty(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		block object
		want  string
	}{
		"section text":   {section("text", mrkdwnObject(0)), "must be more than 0 characters [json-pointer:/blocks/0/text/text]"},
		"only spaces":    {section("text", object{"type": "mrkdwn", "text": " \n"}), "must be more than 0 characters [json-pointer:/blocks/0/text/text]"},
		"no fields":      {section("fields", []any{}), "must provide at least 1 items [json-pointer:/blocks/0/fields]"},
		"empty elements": {object{"type": "actions", "elements": []any{}}, "must provide at least 1 items [json-pointer:/blocks/0/elements]"},
		"empty context":  {object{"type": "context", "elements": []any{}}, "must provide at least 1 items [json-pointer:/blocks/0/elements]"},
		"empty menu":     {actionsOf(aMenu(0)), "must provide at least 1 items [json-pointer:/blocks/0/elements/0/options]"},
		"button text":    {actionsOf(with(aButton(), "text", plainObject(0))), "must be more than 0 characters [json-pointer:/blocks/0/elements/0/text/text]"},
		"alt text":       {object{"type": "image", "image_url": "x", "alt_text": ""}, "must be more than 0 characters [json-pointer:/blocks/0/alt_text]"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if found := checkMessageBlocks([]any{tt.block}); len(found) != 1 || found[0].String() != tt.want {
				t.Errorf("found %v, want %s", found, tt.want)
			}
		})
	}
}

func TestShapes(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ blocks, want string }{
		"no object":                {`["x"]`, "must provide an object [json-pointer:/blocks/0]"},
		"no type":                  {`[{}]`, "missing required field: type [json-pointer:/blocks/0]"},
		"unknown type":             {`[{"type":"carousel"}]`, "unsupported type: carousel [json-pointer:/blocks/0/type]"},
		"unknown key":              {`[{"type":"divider","colour":"red"}]`, "invalid additional property: colour [json-pointer:/blocks/0]"},
		"section without text":     {`[{"type":"section"}]`, "missing required field: text [json-pointer:/blocks/0]"},
		"text is a string":         {`[{"type":"section","text":"x"}]`, "must provide an object [json-pointer:/blocks/0/text]"},
		"text of no kind":          {`[{"type":"section","text":{"type":"html","text":"x"}}]`, "must be a valid enum value [json-pointer:/blocks/0/text/type]"},
		"text is a number":         {`[{"type":"section","text":{"type":"mrkdwn","text":1}}]`, "must provide a string [json-pointer:/blocks/0/text/text]"},
		"header in mrkdwn":         {`[{"type":"header","text":{"type":"mrkdwn","text":"x"}}]`, "must be a valid enum value [json-pointer:/blocks/0/text/type]"},
		"emoji in mrkdwn":          {`[{"type":"section","text":{"type":"mrkdwn","text":"x","emoji":true}}]`, "invalid additional property: emoji [json-pointer:/blocks/0/text]"},
		"verbatim in plain text":   {`[{"type":"section","text":{"type":"plain_text","text":"x","verbatim":true}}]`, "invalid additional property: verbatim [json-pointer:/blocks/0/text]"},
		"emoji is a word":          {`[{"type":"section","text":{"type":"plain_text","text":"x","emoji":"yes"}}]`, "must provide a boolean [json-pointer:/blocks/0/text/emoji]"},
		"elements are an object":   {`[{"type":"actions","elements":{}}]`, "must provide an array [json-pointer:/blocks/0/elements]"},
		"elements are null":        {`[{"type":"actions","elements":null}]`, "missing required field: elements [json-pointer:/blocks/0]"},
		"text field among actions": {`[{"type":"actions","elements":[{"type":"plain_text_input"}]}]`, "unsupported type: plain_text_input [json-pointer:/blocks/0/elements/0/type]"},
		"element without type":     {`[{"type":"actions","elements":[{}]}]`, "missing required field: type [json-pointer:/blocks/0/elements/0]"},
		"button in an input":       {`[{"type":"input","label":{"type":"plain_text","text":"x"},"element":{"type":"button"}}]`, "unsupported type: button [json-pointer:/blocks/0/element/type]"},
		"button without text":      {`[{"type":"actions","elements":[{"type":"button"}]}]`, "missing required field: text [json-pointer:/blocks/0/elements/0]"},
		"button of no style":       {`[{"type":"actions","elements":[{"type":"button","text":{"type":"plain_text","text":"x"},"style":"red"}]}]`, "must be a valid enum value [json-pointer:/blocks/0/elements/0/style]"},
		"confirm without text":     {`[{"type":"actions","elements":[{"type":"button","text":{"type":"plain_text","text":"x"},"confirm":{"title":{"type":"plain_text","text":"x"},"confirm":{"type":"plain_text","text":"x"},"deny":{"type":"plain_text","text":"x"}}}]}]`, "missing required field: text [json-pointer:/blocks/0/elements/0/confirm]"},
		"menu of both":             {`[{"type":"actions","elements":[{"type":"static_select"}]}]`, "must provide either options or option_groups [json-pointer:/blocks/0/elements/0]"},
		"option without value":     {`[{"type":"actions","elements":[{"type":"overflow","options":[{"text":{"type":"plain_text","text":"x"}}]}]}]`, "missing required field: value [json-pointer:/blocks/0/elements/0/options/0]"},
		"option twice":             {`[{"type":"actions","elements":[{"type":"overflow","options":[{"text":{"type":"plain_text","text":"x"},"value":"1"},{"text":{"type":"plain_text","text":"y"},"value":"1"}]}]}]`, "`value` \"1\" already exists [json-pointer:/blocks/0/elements/0/options/1/value]"},
		"option url in a menu":     {`[{"type":"actions","elements":[{"type":"static_select","options":[{"text":{"type":"plain_text","text":"x"},"value":"1","url":"x"}]}]}]`, "invalid additional property: url [json-pointer:/blocks/0/elements/0/options/0]"},
		"initial option elsewhere": {`[{"type":"actions","elements":[{"type":"static_select","options":[{"text":{"type":"plain_text","text":"x"},"value":"1"}],"initial_option":{"text":{"type":"plain_text","text":"x"},"value":"2"}}]}]`, "must match one of the options offered [json-pointer:/blocks/0/elements/0/initial_option]"},
		"a day that is none":       {`[{"type":"actions","elements":[{"type":"datepicker","initial_date":"2017-02-30"}]}]`, "must be a date written YYYY-MM-DD [json-pointer:/blocks/0/elements/0/initial_date]"},
		"block_id twice":           {`[{"type":"divider","block_id":"a"},{"type":"divider","block_id":"a"}]`, "`block_id` \"a\" already exists [json-pointer:/blocks/1/block_id]"},
		"action_id twice":          {`[{"type":"actions","elements":[{"type":"button","text":{"type":"plain_text","text":"x"},"action_id":"a"},{"type":"button","text":{"type":"plain_text","text":"x"},"action_id":"a"}]}]`, "`action_id` \"a\" already exists [json-pointer:/blocks/0/elements/1/action_id]"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, err := decode([]byte(tt.blocks))
			if err != nil {
				t.Fatal(err)
			}
			if found := checkMessageBlocks(v.([]any)); len(found) != 1 || found[0].String() != tt.want {
				t.Errorf("found %v, want %s", found, tt.want)
			}
		})
	}
}

func TestSameActionInTwoBlocksIsFine(t *testing.T) {
	t.Parallel()
	row := func() any { return actionsOf(with(aButton(), "action_id", "done")) }
	if found := checkMessageBlocks([]any{row(), row()}); len(found) != 0 {
		t.Error(found)
	}
}

func TestModals(t *testing.T) {
	t.Parallel()
	noSubmit := modalOf(object{"type": "divider"}, inputOf(aMenu(1)))
	delete(noSubmit, "submit")
	focus := func() any { return inputOf(with(aMenu(1), "focus_on_load", true)) }
	tests := map[string]struct {
		view any
		want string
	}{
		"fine":                 {modalOf(inputOf(aMenu(1))), ""},
		"input without submit": {noSubmit, "must define `submit` to use an `input` block in modals [json-pointer:/view/blocks/1/input]"},
		"two want the cursor":  {modalOf(focus(), focus()), "only one element may have focus_on_load [json-pointer:/view/blocks/1/element/focus_on_load]"},
		"no blocks":            {with(modalOf(object{"type": "divider"}), "blocks", nil), "missing required field: blocks [json-pointer:/view]"},
		"a home tab":           {with(modalOf(object{"type": "divider"}), "type", "home"), "must be a valid enum value [json-pointer:/view/type]"},
		"mrkdwn title":         {with(modalOf(object{"type": "divider"}), "title", mrkdwnObject(1)), "must be a valid enum value [json-pointer:/view/title/type]"},
		"markdown block":       {modalOf(object{"type": "markdown", "text": "x"}), "unsupported type: markdown [json-pointer:/view/blocks/0/type]"},
		"no view":              {"x", "must provide an object [json-pointer:/view]"},
		"unknown key":          {with(modalOf(object{"type": "divider"}), "colour", "red"), "invalid additional property: colour [json-pointer:/view]"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := checkView(tt.view)
			if tt.want == "" && len(found) != 0 || tt.want != "" && (len(found) != 1 || found[0].String() != tt.want) {
				t.Errorf("found %v, want %q", found, tt.want)
			}
		})
	}
}

func TestMessageLimitsOverTheAPI(t *testing.T) {
	t.Parallel()
	dividers := func(n int) []any { return times(n, func(int) any { return object{"type": "divider"} }) }
	long := func(n int) []any {
		return times(5, func(i int) any {
			if i < 4 {
				return section("text", mrkdwnObject(3000))
			}
			return section("text", mrkdwnObject(n-12000))
		})
	}
	tests := map[string]struct {
		blocks []any
		code   string
	}{
		"50 blocks":         {dividers(50), ""},
		"51 blocks":         {dividers(51), "invalid_blocks"},
		"13,200 characters": {long(13200), ""},
		"13,201 characters": {long(13201), "msg_blocks_too_long"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			raw, _ := json.Marshal(tt.blocks)
			_, _, body := b.call(t, "chat.postMessage", url.Values{"channel": {b.open(t, "U1")}, "text": {"x"}, "blocks": {string(raw)}})
			if errorCode(body) != tt.code {
				t.Errorf("answered %v, want %q", body, tt.code)
			}
			if n := len(b.problems(t)); (n == 0) != (tt.code == "") {
				t.Errorf("%d problems", n)
			}
		})
	}
}

func TestInvalidBlocksAreWordedAsSlackDoes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	raw, _ := json.Marshal([]any{object{"type": "divider"}, section("text", mrkdwnObject(3001))})
	_, _, body := b.call(t, "chat.postMessage", url.Values{"channel": {b.open(t, "U1")}, "blocks": {string(raw)}})
	got, _ := json.Marshal(body)
	want := `{"error":"invalid_blocks","errors":["must be less than 3001 characters [json-pointer:/blocks/1/text/text]"],` +
		`"ok":false,"response_metadata":{"messages":["[ERROR] must be less than 3001 characters [json-pointer:/blocks/1/text/text]"]}}`
	if string(got) != want {
		t.Errorf("answered %s", got)
	}
}

func TestViewTooLarge(t *testing.T) {
	t.Parallel()
	var blocks []any
	for range 100 {
		blocks = append(blocks, section("text", object{"type": "plain_text", "text": strings.Repeat("x", 2600)}))
	}
	raw, _ := json.Marshal(modalOf(blocks...))
	if _, no := readView(string(raw)); no == nil || no.code != "view_too_large" {
		t.Errorf("%d bytes: %+v", len(raw), no)
	}
}
