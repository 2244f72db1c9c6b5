package templates

import (
	"fmt"
	"strings"
	"time"

	"coetracker/people"
)

// TokensPage lists the tokens of machines, with a form to make one.
type TokensPage struct {
	Frame
	Made string // the text of a token just made, shown once
	For  string // what it is for
	Rows []TokenRow
	Add  Form
}

// Tokens is the page of TokensPage.
var Tokens = page[TokensPage]("tokens.html")

// TokenRow is one token.
type TokenRow struct {
	ID                                int64
	Name, Hint, Scope, Made, By, Used string
	State                             Mark
	Revocable                         bool
}

// TokenForm makes a token.
func TokenForm() Form {
	return Form{Action: "/tokens", Submit: "Make the token", Draft: "token-new", Fields: []Field{
		{Kind: "text", Name: "name", Label: "What uses it", Hint: "Such as: pipeline of checkout.", Required: true, Size: 40, Auto: "off"},
		{Kind: "select", Name: "scope", Label: "What it may do", Options: []Option{{Value: people.ScopeGate, Label: "Ask whether a service may be deployed", Selected: true}}},
		{Kind: "text", Name: "days", Label: "Days until it expires", Hint: fmt.Sprintf("1 to %d.", people.MaxTokenDays), Value: fmt.Sprint(people.TokenDays), Size: 6, Auto: "off"},
	}}
}

// TokenRows shows tokens at a moment of the wall clock; names says who made
// them.
func TokenRows(list []people.APIToken, names map[int64]string, now time.Time) []TokenRow {
	var out []TokenRow
	for _, t := range list {
		r := TokenRow{
			ID: t.ID, Name: t.Name, Hint: "…" + t.Hint, Scope: scopeWords(t.Scope), Made: tokenDay(&t.CreatedAt), Used: "never",
			State: Mark{"verified", "Good until " + tokenDay(&t.ExpiresAt)}, Revocable: t.Good(now), By: "the command line",
		}
		if t.CreatedBy != nil {
			r.By = names[*t.CreatedBy]
		}
		if t.UsedAt != nil {
			r.Used = tokenDay(t.UsedAt)
		}
		switch {
		case t.RevokedAt != nil:
			r.State = Mark{"declined", "Revoked on " + tokenDay(t.RevokedAt)}
		case !t.Good(now):
			r.State = Mark{"declined", "Expired on " + tokenDay(&t.ExpiresAt)}
		}
		out = append(out, r)
	}
	return out
}

func tokenDay(t *time.Time) string { return t.UTC().Format("Mon 2 Jan 2006") }

func scopeWords(scope string) string {
	if scope == people.ScopeGate {
		return "Ask the gate"
	}
	return strings.ReplaceAll(scope, "_", " ")
}
