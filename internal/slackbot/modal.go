package slackbot

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"coetracker/actions"
	"coetracker/internal/db"
	"coetracker/internal/fault"
	"coetracker/internal/notify"
	"coetracker/people"

	"github.com/slack-go/slack"
)

// The modals and their fields.
const (
	modalProof  = "done_proof"
	modalMove   = "move_date"
	fieldProof  = "proof"
	fieldDue    = "due"
	fieldReason = "reason"
	fieldDayOff = "day_off"
)

// openProof asks for the proof of a P0 or P1.
func (b *Bot) openProof(ctx context.Context, in interaction, it *actions.Item) error {
	hint := "A link to the run, test, deployment or graph, or what was seen."
	if it.ProofKind != "" {
		hint = "This action asks for: " + strings.ReplaceAll(it.ProofKind, "_", " ") + "."
	}
	text := "Somebody else verifies it afterwards."
	if it.Criterion != "" {
		text = "It is done when: " + cut(it.Criterion, 1000)
	}
	proof := slack.NewPlainTextInputBlockElement(nil, fieldProof)
	proof.Multiline, proof.MaxLength = true, 3000
	return b.open(ctx, in, modal(modalProof, "Done, with proof", it,
		plain(fmt.Sprintf("%s %s", it.Ref(), cut(it.Title, titleLength))), plain(text),
		slack.NewInputBlock(fieldProof, plainElement("What shows that it works?"), plainElement(hint), proof)))
}

// openMove asks for the new date and the reason.
func (b *Bot) openMove(ctx context.Context, in interaction, it *actions.Item) error {
	today, next, err := b.days(ctx, it)
	if err != nil {
		return err
	}
	due := slack.NewDatePickerBlockElement(fieldDue)
	due.InitialDate = string(next)
	reason := slack.NewPlainTextInputBlockElement(nil, fieldReason)
	reason.Multiline, reason.MaxLength = true, 3000
	off := slack.NewPlainTextInputBlockElement(nil, fieldDayOff)
	off.MaxLength = 300
	dayOff := slack.NewInputBlock(fieldDayOff, plainElement("Why a day off"), plainElement("Only if the new date is one."), off)
	dayOff.Optional = true
	return b.open(ctx, in, modal(modalMove, "New date", it,
		plain(fmt.Sprintf("%s %s", it.Ref(), cut(it.Title, titleLength))),
		plain(moveText(it, today)),
		slack.NewInputBlock(fieldDue, plainElement("New date"), nil, due),
		slack.NewInputBlock(fieldReason, plainElement("Reason"), plainElement("At least ten characters. It is kept with the old date."), reason),
		dayOff))
}

// moveText says what is known of the date so far.
func moveText(it *actions.Item, today people.Day) string {
	text := "It has no date yet."
	if it.Due != "" {
		text = fmt.Sprintf("Due %s (%s).", actions.ShowDay(it.Due, today), actions.DueWords(it.Due, today))
	}
	switch {
	case it.Moves == 1:
		text += " It has moved once already; a second move puts it in the weekly meeting."
	case it.Moves > 1:
		text += fmt.Sprintf(" It has moved %d times already.", it.Moves)
	}
	return text
}

// days gives the owner's today, and the working day to propose.
func (b *Bot) days(ctx context.Context, it *actions.Item) (today, next people.Day, err error) {
	id := int64(0)
	if it.OwnerID != nil {
		id = *it.OwnerID
	}
	cals, err := b.People.Calendars(ctx, []int64{id})
	if err != nil {
		return "", "", err
	}
	cal, ok := cals[id]
	if !ok {
		cal = people.CalendarFor(&people.Person{}, nil, nil, b.People.Zone)
	}
	today = cal.Today(db.Now(b.DB))
	return today, cal.AddWorking(max(it.Due, today), 1), nil
}

func modal(id, title string, it *actions.Item, blocks ...slack.Block) slack.ModalViewRequest {
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: id, Title: plainElement(title), Submit: plainElement("Save"), Close: plainElement("Cancel"),
		PrivateMetadata: about{ActionID: it.ID, Version: it.Version}.String(), Blocks: slack.Blocks{BlockSet: blocks},
	}
}

// open shows a modal. It is the one call that is made while Slack waits: a
// trigger lives for three seconds.
func (b *Bot) open(ctx context.Context, in interaction, v slack.ModalViewRequest) error {
	r := b.call(ctx, "views.open", "", func(ctx context.Context) error {
		_, err := b.api.OpenViewContext(ctx, in.TriggerID, v)
		return err
	})
	switch r.Class {
	case notify.ClassSent, notify.ClassUncertain: // it may well be open
		return nil
	case notify.ClassOurs:
		b.Log.ErrorContext(ctx, "a modal was refused as ill-formed", "modal", v.CallbackID, "text", r.Text)
	}
	return fault.Unavailablef(nil, "The form did not open. Press again, or do it here: %s", b.page("/me/actions"))
}

// submitted acts on a modal. A fault stands under the field it is about, and
// the modal stays open with what was typed.
func (b *Bot) submitted(ctx context.Context, in interaction) (answer, error) {
	var of about
	if err := json.Unmarshal([]byte(in.View.PrivateMetadata), &of); err != nil {
		return fieldError(in.firstInput(), "This form is of another version of this program. Close it and press the button again."), nil
	}
	p, _, err := b.target(ctx, in, of.ActionID)
	if err == nil {
		at := actions.At{ID: of.ActionID, Version: of.Version}
		switch in.View.CallbackID {
		case modalProof:
			_, err = b.Actions.Done(ctx, p, at, actions.Evidence{Text: in.value(fieldProof)})
		case modalMove:
			_, err = b.Actions.Move(ctx, p, at, actions.NewDate{Due: in.value(fieldDue), Reason: in.value(fieldReason), DayOffReason: in.value(fieldDayOff)})
		default:
			err = fault.Invalidf("", "This form is of another version of this program. Close it and press the button again.")
		}
	}
	if err == nil {
		return taken, nil
	}
	f, ok := fault.Of(err)
	if !ok {
		return taken, err
	}
	field := f.Field
	if field != fieldProof && field != fieldDue && field != fieldReason || !in.has(field) {
		field = in.firstInput()
	}
	return fieldError(field, f.Text), nil
}

// has reports whether the modal has such a field.
func (in interaction) has(block string) bool {
	for _, bl := range in.View.Blocks {
		if bl.Type == "input" && bl.BlockID == block {
			return true
		}
	}
	return false
}
