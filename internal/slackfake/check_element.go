package slackfake

import "slices"

// Where an element may stand.
var (
	inActions   = []string{"button", "overflow", "static_select", "users_select", "datepicker", "radio_buttons", "checkboxes"}
	inAccessory = append([]string{"image"}, inActions...)
	inInput     = []string{"plain_text_input", "static_select", "users_select", "datepicker", "radio_buttons", "checkboxes"}
)

// element checks one element of a block; seen holds the action_ids of its block.
func (k *check) element(v any, ptr string, allowed []string, seen map[string]bool) {
	o, ok := v.(object)
	if !ok {
		k.fail(ptr, "must provide an object")
		return
	}
	kind := textAt(o, "type")
	if kind == "" {
		k.fail(ptr, "missing required field: type")
		return
	}
	if !slices.Contains(allowed, kind) {
		k.fail(ptr+"/type", "unsupported type: %s", kind)
		return
	}
	k.elementOf(kind, o, ptr)
	if kind == "image" {
		return
	}
	k.confirm(o, ptr)
	k.text(o, "placeholder", ptr, 150, plainText)
	k.booleans(o, ptr, "focus_on_load")
	if id := k.str(o, "action_id", ptr, 1, 255); id != "" {
		if seen[id] {
			k.fail(ptr+"/action_id", "`action_id` %q already exists", id)
		}
		seen[id] = true
	}
}

func (k *check) elementOf(kind string, o object, ptr string) {
	switch kind {
	case "button":
		k.button(o, ptr)
	case "overflow":
		k.fields(o, ptr, "!type", "!options", "action_id", "confirm")
		k.options(o, "options", ptr, kind, 5)
	case "static_select":
		k.staticSelect(o, ptr)
	case "users_select":
		k.fields(o, ptr, "!type", "action_id", "placeholder", "initial_user", "confirm", "focus_on_load")
		k.str(o, "initial_user", ptr, 1, 255)
	case "datepicker":
		k.fields(o, ptr, "!type", "action_id", "placeholder", "initial_date", "confirm", "focus_on_load")
		k.day(o, "initial_date", ptr)
	case "radio_buttons", "checkboxes":
		k.choices(kind, o, ptr)
	case "plain_text_input":
		k.textInput(o, ptr)
	case "image":
		k.image(o, ptr, "!type", "!image_url", "!alt_text")
	}
}

func (k *check) button(o object, ptr string) {
	k.fields(o, ptr, "!type", "!text", "action_id", "url", "value", "style", "confirm", "accessibility_label")
	k.text(o, "text", ptr, 75, plainText)
	k.str(o, "url", ptr, 1, 3000)
	k.str(o, "value", ptr, 0, 2000)
	k.enum(o, "style", ptr, "primary", "danger")
	k.str(o, "accessibility_label", ptr, 1, 75)
}

func (k *check) staticSelect(o object, ptr string) {
	k.fields(o, ptr, "!type", "action_id", "placeholder", "options", "option_groups", "initial_option", "confirm", "focus_on_load")
	_, flat := o["options"]
	_, grouped := o["option_groups"]
	if flat == grouped {
		k.fail(ptr, "must provide either options or option_groups")
	}
	k.options(o, "options", ptr, "static_select", 100)
	k.optionGroups(o, ptr, "static_select")
	if v, ok := o["initial_option"]; ok && v != nil {
		k.initial(v, ptr+"/initial_option", o, "static_select")
	}
}

func (k *check) choices(kind string, o object, ptr string) {
	chosen := "initial_option"
	if kind == "checkboxes" {
		chosen = "initial_options"
	}
	k.fields(o, ptr, "!type", "!options", "action_id", chosen, "confirm", "focus_on_load")
	k.options(o, "options", ptr, kind, 10)
	if v, ok := o["initial_option"]; ok && v != nil && kind == "radio_buttons" {
		k.initial(v, ptr+"/initial_option", o, kind)
	}
	if kind == "checkboxes" {
		k.list(o, "initial_options", ptr, 1, 10, func(v any, at string) { k.initial(v, at, o, kind) })
	}
}

func (k *check) textInput(o object, ptr string) {
	k.fields(o, ptr, "!type", "action_id", "placeholder", "initial_value", "multiline",
		"min_length", "max_length", "dispatch_action_config", "focus_on_load")
	k.str(o, "initial_value", ptr, 0, 3000)
	k.booleans(o, ptr, "multiline")
	k.integer(o, "min_length", ptr, 0, 3000)
	k.integer(o, "max_length", ptr, 1, 3000)
	if v, ok := o["dispatch_action_config"]; ok && v != nil {
		at := ptr + "/dispatch_action_config"
		if c, ok := k.fields(v, at, "trigger_actions_on"); ok {
			k.list(c, "trigger_actions_on", at, 1, 2, func(v any, ptr string) {
				k.enum(object{"item": v}, "item", ptr, "on_enter_pressed", "on_character_entered")
			})
		}
	}
}

// image checks an image, as a block or as an element.
func (k *check) image(o object, ptr string, keys ...string) {
	k.fields(o, ptr, keys...)
	k.str(o, "image_url", ptr, 1, 3000)
	k.str(o, "alt_text", ptr, 1, 2000)
	k.text(o, "title", ptr, 2000, plainText)
}
