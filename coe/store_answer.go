package coe

import (
	"context"
	"fmt"
	"reflect"
	"regexp"

	"coetracker/internal/db"
	"coetracker/internal/fault"
	"coetracker/people"
)

// AnswerEdit is a whole answer to one incident question.
type AnswerEdit struct {
	Text         string // Markdown; with NA the reason
	NA           bool   // the question does not apply
	MinutesSaved *int   // for the questions about halving a time
	ActionKey    string // the action that would save them
}

// questionID is the form of ids; templates may add questions to the usual ones.
var questionID = regexp.MustCompile(`^[A-Z][0-9]{1,2}$`)

// SaveAnswer stores an answer that somebody began to write at version; 0 when
// the question was not answered yet. A newer version is a fault.Conflict with
// a *RowConflict of two Answers.
func (s *Store) SaveAnswer(ctx context.Context, p *people.Principal, n int64, question string, version int64, e AnswerEdit) (Answer, error) {
	if !questionID.MatchString(question) {
		return Answer{}, fault.Invalidf("question", "%q is not a question.", clip(question))
	}
	if _, err := open(s.DB.WithContext(ctx), p, n, people.Edit); err != nil {
		return Answer{}, err
	}
	yours := Answer{Question: question}
	if err := e.apply(&yours); err != nil {
		return Answer{}, err
	}
	out, err := s.render(ctx, "text", question+"-", yours.Text)
	if err != nil {
		return Answer{}, err
	}
	yours.HTML = out.HTML
	err = s.do(ctx, p, n, people.Edit, func(w *work) error { return w.saveAnswer(&yours, version) })
	return yours, err
}

func (e AnswerEdit) apply(a *Answer) (err error) {
	if a.Text, err = block("text", e.Text); err != nil {
		return err
	}
	if e.NA {
		if err := needed("text", a.Text, "Say why this question does not apply."); err != nil {
			return err
		}
	}
	if e.MinutesSaved != nil && (*e.MinutesSaved < 0 || *e.MinutesSaved > 100_000) {
		return fault.Invalidf("minutes_saved", "Write the minutes saved as a number from 0 to 100000.")
	}
	a.NA, a.MinutesSaved, a.ActionKey = e.NA, e.MinutesSaved, e.ActionKey
	return isKey("action", e.ActionKey)
}

// saveAnswer writes the answer over the one of version.
func (w *work) saveAnswer(yours *Answer, version int64) error {
	var now Answer
	err := db.ForUpdate(w.tx).Where(mine+" AND question = ?", w.coe.ID, yours.Question).Take(&now).Error
	if err != nil && !db.IsNotFound(err) {
		return err
	}
	if now.Version != version {
		return rowConflict(&RowConflict{Part: partAnswer, Key: yours.Question, Yours: *yours, Theirs: now, TheirVersion: now.Version, At: now.UpdatedAt})
	}
	yours.ID, yours.COEID, yours.Version, yours.UpdatedBy, yours.UpdatedAt = now.ID, w.coe.ID, version+1, w.p.PersonID(), w.now
	if sameAnswer(now, *yours) {
		*yours = now
		return nil
	}
	if now.ID == 0 {
		err = w.tx.Create(yours).Error
		if db.IsUnique(err) {
			return fault.Conflictf("Somebody else answered this question just now. Load it again and repeat your change.")
		}
	} else {
		err = db.SaveVersioned(w.tx, &Answer{}, now.ID, version, map[string]any{
			"text": yours.Text, "html": yours.HTML, "na": yours.NA, "minutes_saved": yours.MinutesSaved,
			"action_key": yours.ActionKey, "updated_by": yours.UpdatedBy,
		})
	}
	if err != nil {
		return fmt.Errorf("save the answer to %s: %w", yours.Question, err)
	}
	return w.record(partAnswer, yours.ID, yours.Version, "answer.edit", map[string]any{"question": yours.Question})
}

// sameAnswer reports whether a save would change nothing.
func sameAnswer(a, b Answer) bool {
	return a.ID != 0 && a.Text == b.Text && a.NA == b.NA && a.ActionKey == b.ActionKey && reflect.DeepEqual(a.MinutesSaved, b.MinutesSaved)
}
