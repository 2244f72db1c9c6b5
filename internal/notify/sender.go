package notify

import (
	"context"
	"time"

	"coetracker/people"

	"gorm.io/gorm"
)

// Sender brings messages to people. Its methods do not try again by
// themselves: that is what the job queue is for.
type Sender interface {
	// Send posts a message once. The result says what is known of it.
	Send(ctx context.Context, m Message) Result
	// Find looks for a message that may have arrived.
	Find(ctx context.Context, personID int64, deliveryID string, attempted time.Time) Found
	// Update writes a message anew that was sent before. A result of Sent also
	// means that nothing had to be done.
	Update(ctx context.Context, m Message, r Receipt) Result
	// Recorded keeps what the channel needs of a sent message, in the
	// transaction that marks it as sent. m is nil when it was found.
	Recorded(tx *gorm.DB, m *Message, deliveryID string, r Receipt) error
}

// Receipt says where a message is.
type Receipt struct {
	ChannelID string
	TS        string
}

// Class says what is known of an attempt, and so what to do next.
type Class string

// The classes of result.
const (
	ClassSent        Class = "sent"
	ClassRefused     Class = "refused"     // asked to wait; does not count as an attempt
	ClassUnreachable Class = "unreachable" // nothing left this machine; try again later
	ClassUncertain   Class = "uncertain"   // it may have arrived
	ClassWorkspace   Class = "workspace"   // our access is broken: nothing counts, everything waits
	ClassRecipient   Class = "recipient"   // this person cannot be reached here
	ClassOurs        Class = "ours"        // the message is ill-formed
	ClassGone        Class = "gone"        // the message to be updated is not there any more
	ClassUnknown     Class = "unknown"     // refused for a reason we do not know
)

// Result is the outcome of one call.
type Result struct {
	Class   Class
	Receipt Receipt       // when sent
	Wait    time.Duration // when refused: how long at least
	Text    string        // for the log and for administrators
}

// Found is the outcome of looking for a message.
type Found struct {
	Receipt    Receipt       // where it is, empty when it was not seen
	Unreadable bool          // nobody can ever tell
	Wait       time.Duration // above 0: could not look now, try after this
	Text       string
}

// Message is a digest as it is to be shown now.
type Message struct {
	DeliveryID string
	Person     people.Person
	Zone       *time.Location // the reader's
	Day        people.Day     // the local day it is for
	Rows       []Row          // in order
	Closed     []Closed       // what may be said of restricted COEs
	Later      int            // further open actions
	Plain      bool           // say only that there is something
	// Until is when this attempt must have begun to post, on the wall clock. A
	// process that stood still meanwhile may no longer own the delivery; posting
	// then would be a second message.
	Until time.Time
}

// Open counts the actions that are listed.
func (m Message) Open() int {
	n := len(m.Rows)
	for _, c := range m.Closed {
		n += c.Count
	}
	return n
}
