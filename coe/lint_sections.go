package coe

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Mandatory lists the sections that a kind of COE must have.
func Mandatory(k Kind) []SectionName {
	switch k {
	case Incident:
		return []SectionName{"summary", "impact", "timeline", "questions", "whys", "lessons", "actions"}
	case Win:
		return []SectionName{"summary", "impact", "lessons"}
	}
	return []SectionName{"summary", "timeline", "whys", "lessons", "actions"}
}

// Label gives the section's name as people read it.
func (n SectionName) Label() string {
	switch n {
	case "questions":
		return "Incident questions"
	case "whys":
		return "Five whys"
	case "":
		return ""
	}
	return strings.ToUpper(string(n[:1])) + string(n[1:])
}

// mandatorySections is L01: every mandatory section has content.
func mandatorySections(c *checker) []Finding {
	var out []Finding
	for _, name := range Mandatory(c.d.COE.Kind) {
		if c.d.rows(name) > 0 || c.written(name) {
			continue
		}
		out = append(out, Finding{
			Level: Block, Place: string(name),
			Reason: fmt.Sprintf("The section %q is empty.", name.Label()), Fix: fillSection(name),
		})
	}
	return out
}

// rows counts what a section holds besides its text.
func (d *Document) rows(name SectionName) int {
	switch name {
	case "impact":
		return len(d.Impacts)
	case "timeline":
		return len(liveEntries(d))
	case "metrics":
		return len(d.Metrics)
	case "questions":
		return len(answered(d))
	case "whys":
		return len(d.Whys)
	case "lessons":
		return len(d.Lessons)
	case "actions":
		return len(d.Actions)
	case "related":
		return len(d.Links)
	case "sharing":
		return len(d.Sharings)
	}
	return 0
}

// answered lists the ids of the questions that have an answer, sorted.
func answered(d *Document) []string {
	var out []string
	for id, a := range d.Answers {
		if strings.TrimSpace(a.Text) != "" {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}

var htmlComment = regexp.MustCompile(`(?s)<!--.*?-->`)

// written reports whether somebody wrote a sentence: headings, rules, empty
// list items, comments and lines of the template do not count.
func (c *checker) written(name SectionName) bool {
	guidance := map[string]bool{}
	for l := range strings.SplitSeq(htmlComment.ReplaceAllString(c.in.Guidance[name], ""), "\n") {
		guidance[strings.TrimSpace(l)] = true
	}
	for l := range strings.SplitSeq(htmlComment.ReplaceAllString(c.d.Section(name).Text, ""), "\n") {
		l = strings.TrimSpace(l)
		if guidance[l] || strings.HasPrefix(l, "#") || strings.Trim(l, "-*+_=~>|: \t0123456789.[]") == "" {
			continue
		}
		return true
	}
	return false
}

func fillSection(name SectionName) string {
	switch name {
	case "summary":
		return "Write one paragraph that stands alone. It is written last."
	case "impact":
		return "Say who could not do what, how many of how many, where, from when to when."
	case "timeline":
		return "Paste the chat or the log of the event, or type the first entry."
	case "questions":
		return "Answer the incident questions, at least those on detection, diagnosis, mitigation and prevention."
	case "whys":
		return "Ask why it happened, and why again, until nothing is left to ask."
	case "lessons":
		return "Say what was learned, what went well and what surprised you."
	case "actions":
		return "Add what will be done, each action with one owner and a date."
	}
	return "Fill it in."
}
