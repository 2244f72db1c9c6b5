package slackfake

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// readControl decodes a control call. It answers 400 itself when it cannot.
func readControl(w http.ResponseWriter, r *http.Request, into any) bool {
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, bodyLimit))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		writeJSON(w, http.StatusBadRequest, object{"error": "the body cannot be read: " + err.Error()})
		return false
	}
	return true
}

// listOrOne takes a JSON list, and a single value for a list of one.
type listOrOne[T any] []T

// UnmarshalJSON reads either shape.
func (l *listOrOne[T]) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && raw[0] == '[' {
		return json.Unmarshal(raw, (*[]T)(l))
	}
	var one T
	err := json.Unmarshal(raw, &one)
	*l = []T{one}
	return err
}

func (s *Server) listUsers(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	all := make([]Person, 0, len(s.people))
	for _, p := range s.people {
		all = append(all, *p)
	}
	s.mu.Unlock()
	writeJSON(w, http.StatusOK, all)
}

// putUsers adds people or replaces them by id; the answer lists everybody.
func (s *Server) putUsers(w http.ResponseWriter, r *http.Request) {
	var in listOrOne[Person]
	if !readControl(w, r, &in) {
		return
	}
	if err := s.PutPeople(in...); err != nil {
		writeJSON(w, http.StatusUnprocessableEntity, object{"error": err.Error()})
		return
	}
	s.listUsers(w, r)
}

// PutPeople adds people to the workspace or replaces them by id. It puts
// nobody when one id is not that of a person.
func (s *Server) PutPeople(people ...Person) error {
	for _, p := range people {
		if !userForm.MatchString(p.ID) || p.ID == botUserID {
			return fmt.Errorf("id: %q is not the id of a person, such as U02MEI", p.ID)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range people {
		p.updated = s.now()
		if old := s.find(p.ID); old != nil {
			*old = p
			continue
		}
		s.people = append(s.people, &p)
	}
	return nil
}

func (s *Server) listChannels(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	all := append([]channel{}, s.channels...)
	s.mu.Unlock()
	writeJSON(w, http.StatusOK, all)
}

func (s *Server) putChannels(w http.ResponseWriter, r *http.Request) {
	var in listOrOne[channel]
	if !readControl(w, r, &in) {
		return
	}
	s.mu.Lock()
	for _, ch := range in {
		if old := s.findChannel(ch.ID); old != nil {
			*old = ch
		} else if conversationForm.MatchString(ch.ID) && ch.ID[0] != 'D' {
			s.channels = append(s.channels, ch)
		}
	}
	s.mu.Unlock()
	s.listChannels(w, r)
}

// shownMessage is a message as the controls list it.
type shownMessage struct {
	Channel  string `json:"channel"`
	User     string `json:"user"`
	TS       string `json:"ts"`
	Text     string `json:"text"`
	Blocks   []any  `json:"blocks"`
	Metadata object `json:"metadata"`
	Edited   bool   `json:"edited"`
}

func shown(m *message) shownMessage {
	blocks := m.blocks
	if blocks == nil {
		blocks = []any{}
	}
	return shownMessage{m.channel, m.user, m.ts, m.text, blocks, m.metadata, m.edited != ""}
}

func (s *Server) listMessages(w http.ResponseWriter, r *http.Request)  { s.list(w, r, false) }
func (s *Server) listEphemeral(w http.ResponseWriter, r *http.Request) { s.list(w, r, true) }

func (s *Server) list(w http.ResponseWriter, r *http.Request, ephemeral bool) {
	user, since := r.URL.Query().Get("user"), int64(-1)
	if v := r.URL.Query().Get("since"); v != "" {
		var ok bool
		if since, ok = parseTS(v); !ok {
			writeJSON(w, http.StatusBadRequest, object{"error": "since: this is not a ts"})
			return
		}
	}
	s.mu.Lock()
	from := s.messages
	if ephemeral {
		from = s.ephemeral
	}
	all := []shownMessage{}
	for _, m := range from {
		if at, _ := parseTS(m.ts); at > since && (user == "" || user == m.user) {
			all = append(all, shown(m))
		}
	}
	s.mu.Unlock()
	writeJSON(w, http.StatusOK, all)
}

func (s *Server) controlPress(w http.ResponseWriter, r *http.Request) {
	var p press
	if !readControl(w, r, &p) {
		return
	}
	p.host = r.Host
	out, err := s.press(r.Context(), p)
	writeOutcome(w, out, err)
}

func (s *Server) controlSubmit(w http.ResponseWriter, r *http.Request) {
	var sub submission
	if !readControl(w, r, &sub) {
		return
	}
	out, err := s.submit(r.Context(), sub)
	writeOutcome(w, out, err)
}

func writeOutcome(w http.ResponseWriter, out Outcome, err error) {
	var refused *refusedControl
	switch {
	case errors.As(err, &refused):
		writeJSON(w, refused.status, object{"error": refused.text})
	case err != nil:
		writeJSON(w, http.StatusInternalServerError, object{"error": err.Error()})
	default:
		writeJSON(w, http.StatusOK, out)
	}
}

func (s *Server) listFaults(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	all := make([]fault, 0, len(s.faults))
	for _, f := range s.faults {
		all = append(all, *f)
	}
	s.mu.Unlock()
	writeJSON(w, http.StatusOK, all)
}

// addFaults appends to the script; an empty list clears it.
func (s *Server) addFaults(w http.ResponseWriter, r *http.Request) {
	var in listOrOne[*fault]
	if !readControl(w, r, &in) {
		return
	}
	if err := s.script(in); err != nil {
		writeJSON(w, http.StatusUnprocessableEntity, object{"error": err.Error()})
		return
	}
	s.listFaults(w, r)
}

func (s *Server) script(in []*fault) error {
	for _, f := range in {
		if f == nil {
			return errors.New("a fault cannot be null")
		}
		if err := f.prepare(s.methods); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(in) == 0 {
		s.faults = nil
	}
	s.faults = append(s.faults, in...)
	return nil
}

func (s *Server) clearFaults(w http.ResponseWriter, r *http.Request) {
	_ = s.script(nil) // nothing to refuse
	s.listFaults(w, r)
}

func (s *Server) listProblems(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, s.Problems())
}

// Problems gives what was ill-formed so far, oldest first, never nil.
func (s *Server) Problems() []Problem {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Problem{}, s.problems...)
}
