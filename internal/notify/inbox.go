package notify

import (
	"context"
	"fmt"
	"time"

	"coetracker/internal/db"
	"coetracker/people"
)

// inboxDays is how long a digest stays in the inbox.
const inboxDays = 7

// Inbox gives the latest digest of a person that was left for /me/actions
// because Slack is off or does not reach them: its day and its lines, as
// things stand now. No lines: there is none.
func (s *Service) Inbox(ctx context.Context, personID int64) (day people.Day, lines []string, err error) {
	tx := s.DB.WithContext(ctx)
	oldest := people.DayOf(db.Now(tx), time.UTC).Add(-inboxDays)
	var d Delivery
	err = tx.Where("person_id = ? AND channel = 'inbox' AND state = ? AND local_date > ?", personID, Sent, oldest).
		Order("local_date DESC").Take(&d).Error
	if db.IsNotFound(err) {
		return "", nil, nil
	}
	if err != nil {
		return "", nil, fmt.Errorf("read the inbox: %w", err)
	}
	items, err := itemsOf(tx, d.ID)
	if err != nil {
		return "", nil, err
	}
	f, err := s.facts(tx, &d, items)
	if err != nil {
		return "", nil, err
	}
	m := f.message(&d, items)
	for _, r := range m.Rows {
		if !r.Settled {
			lines = append(lines, fmt.Sprintf("%s of COE-%d: %s. %s", r.Ref, r.COENumber, r.Title, r.Words))
		}
	}
	for _, c := range m.Closed {
		lines = append(lines, c.Text())
	}
	return d.LocalDate, lines, nil
}

// Text says what may be said of a restricted COE: COE-7: 2 actions due Tue 14 Mar.
func (c Closed) Text() string {
	noun := "actions"
	if c.Count == 1 {
		noun = "action"
	}
	text := fmt.Sprintf("COE-%d: %d %s", c.COENumber, c.Count, noun)
	if c.Due != "" {
		text += " " + c.Due
	}
	return text
}
