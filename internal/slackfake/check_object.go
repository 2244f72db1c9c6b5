package slackfake

import (
	"regexp"
	"time"
)

// What a text object may be.
const (
	anyText   = false
	plainText = true
)

// text checks the text object at key: its kind and the length of what it says.
func (k *check) text(o object, key, ptr string, most int, plainOnly bool) {
	if v, ok := o[key]; ok && v != nil {
		k.textObject(v, ptr+"/"+key, most, plainOnly)
	}
}

func (k *check) textObject(v any, ptr string, most int, plainOnly bool) {
	t, ok := k.fields(v, ptr, "!type", "!text", "emoji", "verbatim")
	if !ok {
		return
	}
	if plainOnly {
		k.enum(t, "type", ptr, "plain_text")
	} else {
		k.enum(t, "type", ptr, "plain_text", "mrkdwn")
	}
	k.booleans(t, ptr, "emoji", "verbatim")
	if _, has := t["emoji"]; has && t["type"] == "mrkdwn" {
		k.fail(ptr, "invalid additional property: emoji")
	}
	if _, has := t["verbatim"]; has && t["type"] == "plain_text" {
		k.fail(ptr, "invalid additional property: verbatim")
	}
	k.str(t, "text", ptr, 1, most)
}

// option checks one choice. Only choices of an overflow menu may carry a link,
// and only those of radio buttons and check boxes may be mrkdwn.
func (k *check) option(v any, ptr, element string) {
	keys := []string{"!text", "!value", "description"}
	if element == "overflow" {
		keys = append(keys, "url")
	}
	o, ok := k.fields(v, ptr, keys...)
	if !ok {
		return
	}
	plainOnly := element != "radio_buttons" && element != "checkboxes"
	k.text(o, "text", ptr, 75, plainOnly)
	k.text(o, "description", ptr, 75, plainOnly)
	k.str(o, "value", ptr, 1, 150)
	k.str(o, "url", ptr, 1, 3000)
}

// options checks an element's choices, and that no two have the same value.
func (k *check) options(o object, key, ptr, element string, most int) {
	seen := map[string]bool{}
	k.list(o, key, ptr, 1, most, func(v any, at string) {
		k.option(v, at, element)
		value := textAt(v, "value")
		if value != "" && seen[value] {
			k.fail(at+"/value", "`value` %q already exists", value)
		}
		seen[value] = true
	})
}

func (k *check) optionGroups(o object, ptr, element string) {
	k.list(o, "option_groups", ptr, 1, 100, func(v any, at string) {
		if g, ok := k.fields(v, at, "!label", "!options"); ok {
			k.text(g, "label", at, 75, plainText)
			k.options(g, "options", at, element, 100)
		}
	})
}

// initial checks that a preselected option is one of those offered.
func (k *check) initial(v any, ptr string, o object, element string) {
	k.option(v, ptr, element)
	for _, offered := range offeredOptions(o) {
		if textAt(offered, "value") == textAt(v, "value") {
			return
		}
	}
	k.fail(ptr, "must match one of the options offered")
}

// offeredOptions gives all choices of an element, grouped or not.
func offeredOptions(o object) []any {
	all := listAt(o, "options")
	for _, group := range listAt(o, "option_groups") {
		if g, ok := group.(object); ok {
			all = append(all[:len(all):len(all)], listAt(g, "options")...)
		}
	}
	return all
}

// confirm checks the dialog that asks before an action is sent.
func (k *check) confirm(o object, ptr string) {
	v, ok := o["confirm"]
	if !ok || v == nil {
		return
	}
	ptr += "/confirm"
	c, ok := k.fields(v, ptr, "!title", "!text", "!confirm", "!deny", "style")
	if !ok {
		return
	}
	k.text(c, "title", ptr, 100, plainText)
	k.text(c, "text", ptr, 300, anyText)
	k.text(c, "confirm", ptr, 30, plainText)
	k.text(c, "deny", ptr, 30, plainText)
	k.enum(c, "style", ptr, "primary", "danger")
}

var dayForm = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)

func (k *check) day(o object, key, ptr string) {
	v, ok := o[key]
	if !ok || v == nil {
		return
	}
	s, _ := v.(string)
	if _, err := time.Parse(time.DateOnly, s); err != nil || !dayForm.MatchString(s) {
		k.fail(ptr+"/"+key, "must be a date written YYYY-MM-DD")
	}
}

// textAt gives the string at key of v, or "" when v is no object or has none.
func textAt(v any, key string) string {
	o, _ := v.(object)
	s, _ := o[key].(string)
	return s
}

func listAt(v any, key string) []any {
	o, _ := v.(object)
	l, _ := o[key].([]any)
	return l
}

func objectAt(v any, key string) object {
	o, _ := v.(object)
	inner, _ := o[key].(object)
	return inner
}
