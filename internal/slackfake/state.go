package slackfake

import (
	"encoding/json"
	"fmt"
	"slices"
)

// stateful says whether an element holds a value of its own.
func stateful(kind string) bool { return kind != "button" && kind != "overflow" && kind != "" }

// elementState gives the entered value of an element in Slack's shape. given
// may be the bare value, Slack's shape, or null for nothing. The error is a
// sentence for whoever sent it.
func elementState(e object, given any) (object, error) {
	kind := textAt(e, "type")
	given = bare(given)
	switch kind {
	case "plain_text_input":
		return object{"type": kind, "value": nilIfEmpty(scalar(given))}, nil
	case "datepicker":
		return object{"type": kind, "selected_date": nilIfEmpty(scalar(given))}, nil
	case "users_select":
		return object{"type": kind, "selected_user": nilIfEmpty(scalar(given))}, nil
	case "checkboxes":
		chosen, err := chosenOptions(e, given)
		return object{"type": kind, "selected_options": chosen}, err
	}
	value := scalar(given)
	if value == "" {
		return object{"type": kind, "selected_option": nil}, nil
	}
	option, err := optionOf(e, value)
	return object{"type": kind, "selected_option": option}, err
}

// bare takes the value out of Slack's shape.
func bare(v any) any {
	o, ok := v.(object)
	if !ok {
		return v
	}
	for _, key := range []string{"value", "selected_date", "selected_user"} {
		if inner, ok := o[key]; ok {
			return inner
		}
	}
	if option, ok := o["selected_option"]; ok {
		return bare(option)
	}
	if options, ok := o["selected_options"].([]any); ok {
		values := []any{}
		for _, option := range options {
			values = append(values, bare(option))
		}
		return values
	}
	return nil
}

func scalar(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return fmt.Sprint(v)
	}
	return ""
}

func nilIfEmpty(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func optionOf(e object, value string) (any, error) {
	for _, o := range offeredOptions(e) {
		if textAt(o, "value") == value {
			return o, nil
		}
	}
	return nil, fmt.Errorf("%s offers no option %q", textAt(e, "action_id"), value)
}

func chosenOptions(e object, given any) ([]any, error) {
	values, ok := given.([]any)
	if !ok {
		values = []any{given}
	}
	chosen := []any{}
	for _, v := range values {
		value := scalar(v)
		if value == "" {
			continue
		}
		option, err := optionOf(e, value)
		if err != nil {
			return nil, err
		}
		chosen = append(chosen, option)
	}
	return chosen, nil
}

// initialState is what an element holds before anybody touched it.
func initialState(e object) object {
	var given any
	switch textAt(e, "type") {
	case "plain_text_input":
		given = e["initial_value"]
	case "datepicker":
		given = e["initial_date"]
	case "users_select":
		given = e["initial_user"]
	case "checkboxes":
		given = object{"selected_options": listAt(e, "initial_options")}
	default:
		given = bare(e["initial_option"])
	}
	state, err := elementState(e, given)
	if err != nil {
		return object{"type": textAt(e, "type")}
	}
	return state
}

// holder is an element of a view or message, and the block it is in.
type holder struct {
	block   string
	action  string
	element object
}

// holders gives the elements that hold a value, in order.
func holders(blocks []any) []holder {
	return slices.DeleteFunc(elements(blocks), func(h holder) bool { return !stateful(textAt(h.element, "type")) })
}

// elements gives everything a person can use, in order.
func elements(blocks []any) []holder {
	var all []holder
	for _, b := range blocks {
		for _, e := range interactive(b) {
			all = append(all, holder{textAt(b, "block_id"), textAt(e, "action_id"), e})
		}
	}
	return all
}

// readValues turns the values of a submission into Slack's view state: initial
// values overlaid with what was sent, in any of the shapes of the package doc.
func readValues(blocks []any, sent object) (map[string]map[string]any, error) {
	all := holders(blocks)
	state := map[string]map[string]any{}
	for _, h := range all {
		if state[h.block] == nil {
			state[h.block] = map[string]any{}
		}
		state[h.block][h.action] = initialState(h.element)
	}
	for _, key := range sortedKeys(sent) {
		matches, err := named(all, key, sent[key])
		if err != nil {
			return nil, err
		}
		for _, m := range matches {
			entered, err := elementState(m.element, m.given)
			if err != nil {
				return nil, err
			}
			state[m.block][m.action] = entered
		}
	}
	return state, nil
}

type filled struct {
	holder
	given any
}

// named finds the elements that a key of the values means: those of a block, by
// action_id where the value is an object of them, or the one of an action_id.
func named(all []holder, key string, value any) ([]filled, error) {
	inBlock := slices.DeleteFunc(slices.Clone(all), func(h holder) bool { return h.block != key })
	if inner, ok := value.(object); ok && len(inBlock) > 0 && isByAction(inBlock, inner) {
		var out []filled
		for _, h := range inBlock {
			if given, ok := inner[h.action]; ok {
				out = append(out, filled{h, given})
			}
		}
		return out, nil
	}
	if len(inBlock) == 1 && isValue(value) {
		return []filled{{inBlock[0], value}}, nil
	}
	for _, h := range all {
		if h.action == key && isValue(value) {
			return []filled{{h, value}}, nil
		}
	}
	return nil, fmt.Errorf("values: the view has no field %q", key)
}

// isValue says whether v can be the value of one element: anything bare, or an
// object in Slack's shape.
func isValue(v any) bool {
	o, ok := v.(object)
	if !ok {
		return true
	}
	for _, key := range []string{"type", "value", "selected_date", "selected_user", "selected_option", "selected_options"} {
		if _, has := o[key]; has {
			return true
		}
	}
	return false
}

func isByAction(in []holder, inner object) bool {
	for key := range inner {
		if !slices.ContainsFunc(in, func(h holder) bool { return h.action == key }) {
			return false
		}
	}
	return len(inner) > 0
}
