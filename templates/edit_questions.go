package templates

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"coetracker/coe"
)

// AnswerMark tells whether an answer is still the one that a form began with.
func AnswerMark(text string, na bool, minutes, action string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%t\x00%s\x00%s", strings.ReplaceAll(text, "\r\n", "\n"), na, minutes, action))
	return hex.EncodeToString(sum[:6])
}

// AsksQuestion reports whether a question is asked of this document: those of
// group C need a change that belongs to it, or an answer given earlier.
func AsksQuestion(d *coe.Document, q coe.Question) bool {
	_, has := d.Answers[q.ID]
	return q.Group != "C" || has || d.HasChange()
}

func (e editor) questions() []QuestionGroup {
	var out []QuestionGroup
	for _, q := range coe.Questions() {
		if !AsksQuestion(e.d, q) {
			continue
		}
		if len(out) == 0 || out[len(out)-1].ID != q.Group {
			out = append(out, QuestionGroup{ID: q.Group, Label: coe.GroupLabel(q.Group)})
		}
		g := &out[len(out)-1]
		g.Questions = append(g.Questions, e.question(q))
	}
	return out
}

func (e editor) question(q coe.Question) QuestionForm {
	a := e.d.Answers[q.ID]
	f := &RowForm{ID: q.ID, Form: Form{Version: a.Version, Fields: e.answerFields(q, a)}}
	r := e.ask.refusal(q.ID)
	if r != nil {
		renamed := *r
		renamed.Error.Field = q.ID + "." + answerField(r.Error.Field)
		e.ask.Refusals = []Refusal{renamed}
	}
	was := AnswerMark(a.Text, a.NA, minutes(a), a.ActionKey)
	f = e.refuse(f, q.ID, func(row any) []Field { a, _ := row.(coe.Answer); return e.answerFields(q, a) })
	if r != nil && r.Row == nil {
		f.Version = r.version(q.ID+".version", f.Version)
		if v := r.Typed(q.ID + ".was"); len(v) > 0 {
			was = v[0]
		}
	}
	return QuestionForm{ID: q.ID, Text: q.Text, Version: f.Version, Was: was, Fields: f.Fields, Theirs: f.Theirs}
}

// answerField gives the input that shows what is wrong with a field of the store.
func answerField(name string) string {
	switch name {
	case "minutes_saved":
		return "minutes"
	case "action":
		return name
	}
	return "text"
}

func (e editor) answerFields(q coe.Question, a coe.Answer) []Field {
	out := []Field{
		{Kind: "area", Name: q.ID + ".text", Label: q.Text, Value: a.Text, Rows: 3},
		{Kind: "check", Name: q.ID + ".na", Label: "Does not apply; the text says why", Checked: a.NA},
	}
	if !q.Halves {
		return out
	}
	action := e.actionChoice("Action that would save them", "", a.ActionKey)
	action.Name = q.ID + ".action"
	return append(out, Field{Kind: "text", Name: q.ID + ".minutes", Label: "Minutes saved", Value: minutes(a), Size: 6}, action)
}

func minutes(a coe.Answer) string {
	if a.MinutesSaved == nil {
		return ""
	}
	return itoa(*a.MinutesSaved)
}
