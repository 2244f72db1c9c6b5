package slackbot

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"coetracker/actions"
	"coetracker/internal/notify"

	"github.com/slack-go/slack"
)

// The buttons of a row. Messages stay in Slack for ever, so a name is never
// given another meaning.
const (
	actionDone = "action_done"
	actionMove = "action_move"
)

const (
	shownRows   = 10  // with buttons; the rest is behind a link
	shownClosed = 10  // restricted COEs
	titleLength = 150 // characters of an action's title
)

// rendered is a message as Slack takes it.
type rendered struct {
	Text   string
	Blocks []slack.Block
}

// render shows a digest. Texts that people typed stand in plain_text, which
// Slack does not interpret, or are escaped.
func (b *Bot) render(m notify.Message) rendered {
	out := rendered{Text: summary(m)}
	if m.Plain {
		out.Blocks = []slack.Block{mrkdwn(fmt.Sprintf("%s <%s|Open my actions>", out.Text, b.page("/me/actions")))}
		return out
	}
	out.Blocks = append(out.Blocks, plain(out.Text))
	section := actions.Section("")
	for i, r := range m.Rows {
		if i == shownRows {
			break
		}
		if r.Section != section {
			section = r.Section
			out.Blocks = append(out.Blocks, mrkdwn("*"+heading(section)+"*"))
		}
		out.Blocks = append(out.Blocks, b.row(r, i)...)
	}
	for i, c := range m.Closed {
		if i == shownClosed {
			break
		}
		out.Blocks = append(out.Blocks, plain(c.Text()))
	}
	more := max(len(m.Rows)-shownRows, 0) + max(len(m.Closed)-shownClosed, 0)
	return rendered{out.Text, append(out.Blocks, b.footer(more, m.Later))}
}

// hash tells whether two renderings show the same.
func (r rendered) hash() string {
	raw, _ := json.Marshal(r) // blocks are plain structs
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:16])
}

func heading(s actions.Section) string {
	switch s {
	case actions.SectionOverdue:
		return "Overdue"
	case actions.SectionThisWeek:
		return "Due within a week"
	case actions.SectionComing:
		return "Coming up"
	case actions.SectionYourCOEs:
		return "Overdue in your COEs"
	case actions.SectionVerify:
		return "To verify"
	}
	return "Needs an owner, in your COEs"
}

// summary is the notification and what a screen reader says first; it holds
// nothing that somebody typed.
func summary(m notify.Message) string {
	counts := map[actions.Section]int{}
	own, settled := 0, 0
	for _, r := range m.Rows {
		if r.Settled {
			settled++
			continue
		}
		counts[r.Section]++
		switch r.Section {
		case actions.SectionOverdue, actions.SectionThisWeek, actions.SectionComing:
			own++
		}
	}
	var parts []string
	if own > 0 {
		parts = append(parts, "You owe "+several(own, "action")+".")
	}
	if n := counts[actions.SectionOverdue]; n > 0 {
		parts = append(parts, isAre(n)+" overdue.")
	}
	if n := counts[actions.SectionYourCOEs]; n > 0 {
		parts = append(parts, "In your COEs "+several(n, "action")+" of others "+verb(n)+" late.")
	}
	if n := counts[actions.SectionVerify]; n > 0 {
		parts = append(parts, several(n, "claim")+" "+waits(n)+" for you to verify.")
	}
	if n := counts[actions.SectionNoOwner]; n > 0 {
		parts = append(parts, several(n, "action")+" "+needs(n)+" an owner.")
	}
	if len(m.Closed) > 0 {
		parts = append(parts, several(len(m.Closed), "restricted COE")+" "+has(len(m.Closed))+" something for you.")
	}
	if len(parts) == 0 && settled > 0 {
		return "All done. Nothing of this is open any more."
	}
	if len(parts) == 0 {
		return "Nothing of this is open any more."
	}
	return strings.Join(parts, " ")
}

func several(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

func isAre(n int) string { return strconv.Itoa(n) + " " + verb(n) }

func verb(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

func has(n int) string {
	if n == 1 {
		return "has"
	}
	return "have"
}

func waits(n int) string {
	if n == 1 {
		return "waits"
	}
	return "wait"
}

func needs(n int) string {
	if n == 1 {
		return "needs"
	}
	return "need"
}

// row shows one action: its title, what there is to know, its buttons.
func (b *Bot) row(r notify.Row, place int) []slack.Block {
	title := r.Ref + " " + cut(r.Title, titleLength)
	details := plainElement(details(r))
	link := mrkdwnElement(fmt.Sprintf("<%s|COE-%d>", b.page(fmt.Sprintf("/coes/%d", r.COENumber)), r.COENumber))
	blocks := []slack.Block{plain(title)}
	if r.Settled {
		blocks = []slack.Block{mrkdwn("~" + escape(title) + "~")}
		details = plainElement(r.Note + ".")
	}
	blocks = append(blocks, slack.NewContextBlock("", link, details))
	if r.Buttons {
		blocks = append(blocks, slack.NewActionBlock(fmt.Sprintf("act:%d:%d", r.ActionID, place),
			button(actionDone, "Done", r.ActionID, slack.StylePrimary), button(actionMove, "New date", r.ActionID, slack.StyleDefault)))
	}
	return blocks
}

// details puts the facts of an open action on one line.
func details(r notify.Row) string {
	var parts []string
	add := func(s string) {
		if s != "" {
			parts = append(parts, s)
		}
	}
	if r.New {
		add("New for you")
	}
	add(capital(r.Words))
	add(r.Day)
	add(r.Priority)
	if r.ProofKind != "" {
		add("proof: " + strings.ReplaceAll(r.ProofKind, "_", " "))
	}
	if r.Owner != "" {
		add("owner: " + cut(r.Owner, 60))
	}
	add(r.Note)
	return strings.Join(parts, " · ")
}

func capital(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func (b *Bot) footer(more, later int) slack.Block {
	var parts []string
	if more > 0 {
		parts = append(parts, strconv.Itoa(more)+" more.")
	}
	if later > 0 {
		parts = append(parts, several(later, "action")+" later.")
	}
	parts = append(parts, fmt.Sprintf("<%s|See all of them>.", b.page("/me/actions")),
		"You get this at most once on a working day, while something of yours is due.")
	return slack.NewContextBlock("", mrkdwnElement(strings.Join(parts, " ")))
}

func plain(text string) slack.Block {
	return slack.NewSectionBlock(plainElement(cut(text, 2900)), nil, nil)
}

func mrkdwn(text string) slack.Block { return slack.NewSectionBlock(mrkdwnElement(text), nil, nil) }

func plainElement(text string) *slack.TextBlockObject {
	if text == "" {
		text = "–"
	}
	return slack.NewTextBlockObject(slack.PlainTextType, text, false, false)
}

func mrkdwnElement(text string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.MarkdownType, text, false, false)
}

func button(id, label string, actionID int64, style slack.Style) *slack.ButtonBlockElement {
	e := slack.NewButtonBlockElement(id, strconv.FormatInt(actionID, 10), plainElement(label))
	e.Style = style
	return e
}
