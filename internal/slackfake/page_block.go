package slackfake

import (
	"fmt"
	"slices"
)

// shownBlock is a block as the page shows it.
type shownBlock struct {
	Kind      string // Slack's type
	Text      []mark
	Fields    [][]mark
	Items     [][]mark  // of a context
	Controls  []control // of actions, or the one accessory
	Accessory bool
	ImageURL  string
	Alt       string
	Hint      string
	Error     string
	Optional  bool
}

// control is an element a person can use.
type control struct {
	Kind        string
	Index       int    // among all elements of the message or view
	ID          string // of the HTML element
	Name        string // of the form field
	Label       string
	Style       string
	URL         string
	Placeholder string
	Value       string
	Multiline   bool
	Required    bool
	MinLength   string
	MaxLength   string
	Choices     []choice
	Confirm     *question
	Press       hidden // what a press of it says; empty in a view
	InView      bool
}

type choice struct {
	Value  string
	Label  string
	Chosen bool
}

// question is asked before an action is sent.
type question struct{ Title, Text, Yes string }

// hidden are the fields that say what is pressed.
type hidden struct{ Channel, TS, Block, Action, User, Who string }

// blockPainter turns blocks into what the page shows. It numbers the elements
// in the order of elements().
type blockPainter struct {
	people []choice
	prefix string                    // of HTML ids
	press  hidden                    // of a message; zero in a view
	view   *view                     // or nil
	typed  map[string]map[string]any // of a view
	next   int
}

func (p *blockPainter) paint(blocks []any) []shownBlock {
	var out []shownBlock
	for _, b := range blocks {
		out = append(out, p.block(b))
	}
	return out
}

func (p *blockPainter) block(b any) shownBlock {
	id := textAt(b, "block_id")
	s := shownBlock{Kind: textAt(b, "type"), ImageURL: textAt(b, "image_url"), Alt: textAt(b, "alt_text")}
	switch s.Kind {
	case "markdown":
		s.Text = plain(textAt(b, "text"))
	case "input":
		s.Text = marksOf(objectAt(b, "label"))
		s.Hint = textAt(objectAt(b, "hint"), "text")
		o, _ := b.(object)
		s.Optional, _ = o["optional"].(bool)
		if p.view != nil {
			s.Error = p.view.errors[id]
		}
	case "image":
		s.Text = marksOf(objectAt(b, "title"))
	default:
		s.Text = marksOf(objectAt(b, "text"))
	}
	for _, f := range listAt(b, "fields") {
		o, _ := f.(object)
		s.Fields = append(s.Fields, marksOf(o))
	}
	if s.Kind == "context" {
		s.Items = contextItems(b)
	}
	if acc := objectAt(b, "accessory"); textAt(acc, "type") == "image" {
		s.ImageURL, s.Alt = textAt(acc, "image_url"), textAt(acc, "alt_text")
	}
	s.Accessory = objectAt(b, "accessory") != nil
	for _, e := range interactive(b) {
		c := p.control(id, e)
		c.Required = s.Kind == "input" && !s.Optional
		if s.Kind == "input" {
			c.Label = textAt(objectAt(b, "label"), "text")
		}
		s.Controls = append(s.Controls, c)
	}
	return s
}

func contextItems(b any) [][]mark {
	var items [][]mark
	for _, e := range listAt(b, "elements") {
		o, _ := e.(object)
		if textAt(o, "type") == "image" {
			items = append(items, plain(textAt(o, "alt_text")))
		} else {
			items = append(items, marksOf(o))
		}
	}
	return items
}

func (p *blockPainter) control(block string, e object) control {
	i := p.next
	p.next++
	c := control{
		Kind: textAt(e, "type"), Index: i, ID: fmt.Sprintf("%s-%d", p.prefix, i), Name: fmt.Sprintf("f.%d", i),
		Style: textAt(e, "style"), URL: textAt(e, "url"), Placeholder: textAt(objectAt(e, "placeholder"), "text"),
		Label: textAt(objectAt(e, "text"), "text"), MinLength: scalar(e["min_length"]), MaxLength: scalar(e["max_length"]),
		InView: p.view != nil,
	}
	c.Multiline, _ = e["multiline"].(bool)
	if c.Label == "" {
		c.Label = c.Placeholder
	}
	if c.Label == "" {
		c.Label = textAt(e, "action_id")
	}
	if q := objectAt(e, "confirm"); q != nil {
		c.Confirm = &question{textAt(objectAt(q, "title"), "text"), textAt(objectAt(q, "text"), "text"), textAt(objectAt(q, "confirm"), "text")}
	}
	c.Press = p.press
	c.Press.Block, c.Press.Action = block, textAt(e, "action_id")
	p.fill(&c, block, e)
	return c
}

// fill puts in what the element holds now, and what it offers.
func (p *blockPainter) fill(c *control, block string, e object) {
	if c.Kind == "button" {
		return
	}
	var values []string
	state := any(initialState(e))
	if typed, ok := p.typed[block][textAt(e, "action_id")]; ok {
		state = typed
	}
	switch v := bare(state).(type) {
	case string:
		c.Value, values = v, []string{v}
	case []any:
		for _, item := range v {
			values = append(values, scalar(item))
		}
	}
	if c.Kind == "users_select" {
		c.Choices = slices.Clone(p.people)
	} else {
		c.Choices = choicesOf(e)
	}
	for i := range c.Choices {
		c.Choices[i].Chosen = slices.Contains(values, c.Choices[i].Value)
	}
}

func choicesOf(e object) []choice {
	var out []choice
	for _, o := range listAt(e, "options") {
		out = append(out, choiceOf(o, ""))
	}
	for _, g := range listAt(e, "option_groups") {
		for _, o := range listAt(g, "options") {
			out = append(out, choiceOf(o, textAt(objectAt(g, "label"), "text")))
		}
	}
	return out
}

func choiceOf(o any, group string) choice {
	label := textAt(objectAt(o, "text"), "text")
	if more := textAt(objectAt(o, "description"), "text"); more != "" {
		label += ", " + more
	}
	if group != "" {
		label = group + ": " + label
	}
	return choice{Value: textAt(o, "value"), Label: label}
}
