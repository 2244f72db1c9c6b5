package slackfake

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
)

// readForm answers 400 itself when the form cannot be read.
func readForm(w http.ResponseWriter, r *http.Request) bool {
	r.Body = http.MaxBytesReader(w, r.Body, bodyLimit)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "The form cannot be read.", http.StatusBadRequest)
		return false
	}
	return true
}

// back leads to the person's page, with the reason when something came to nothing.
func back(w http.ResponseWriter, r *http.Request, out Outcome, err error) {
	q := url.Values{"who": {r.PostForm.Get("who")}}
	switch {
	case err != nil:
		q.Set("failed", err.Error())
	case out.Error != "":
		q.Set("failed", out.Error)
	case out.Status != 0 && out.Status != http.StatusOK:
		q.Set("failed", fmt.Sprintf("the program answered %d", out.Status))
	}
	http.Redirect(w, r, "/?"+q.Encode(), http.StatusSeeOther)
}

func (s *Server) pagePress(w http.ResponseWriter, r *http.Request) {
	if !readForm(w, r) {
		return
	}
	p := press{
		Channel: r.PostForm.Get("channel"), TS: r.PostForm.Get("ts"), BlockID: r.PostForm.Get("block"),
		ActionID: r.PostForm.Get("action"), User: r.PostForm.Get("user"), ViewID: r.PostForm.Get("view"), host: r.Host,
	}
	if v, ok := r.PostForm["value"]; ok {
		p.Value = formValue(v)
	}
	if p.ViewID != "" {
		if err := s.pressInView(&p, r.PostForm); err != nil {
			back(w, r, Outcome{}, err)
			return
		}
	}
	out, err := s.press(r.Context(), p)
	back(w, r, out, err)
}

func formValue(v []string) any {
	if len(v) == 1 {
		return v[0]
	}
	list := make([]any, 0, len(v))
	for _, one := range v {
		list = append(list, one)
	}
	return list
}

// pressInView finds the element by its number in the form, and keeps what was
// typed into the others.
func (s *Server) pressInView(p *press, form url.Values) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.views[p.ViewID]
	if v == nil || !v.open {
		return noSuch("this view is no longer open")
	}
	blocks := listAt(v.body, "blocks")
	all := elements(blocks)
	i, err := strconv.Atoi(form.Get("pressed"))
	if err != nil || i < 0 || i >= len(all) {
		return noSuch("the view has no such button")
	}
	p.BlockID, p.ActionID = all[i].block, all[i].action
	if values, ok := form[fmt.Sprintf("f.%d", i)]; ok {
		p.Value = formValue(values)
	}
	typed, err := readValues(blocks, formValues(blocks, form))
	if err != nil {
		return badControl("%v", err)
	}
	v.typed = typed
	return nil
}

// formValues gathers what was entered on the page in the shape of submit.
func formValues(blocks []any, form url.Values) object {
	sent := object{}
	for i, e := range elements(blocks) {
		if !stateful(textAt(e.element, "type")) {
			continue
		}
		if sent[e.block] == nil {
			sent[e.block] = object{}
		}
		var given any // an unticked box is not sent at all
		if values, ok := form[fmt.Sprintf("f.%d", i)]; ok {
			given = formValue(values)
		}
		sent[e.block].(object)[e.action] = given
	}
	return sent
}

func (s *Server) pageSubmit(w http.ResponseWriter, r *http.Request) {
	if !readForm(w, r) {
		return
	}
	id := r.PostForm.Get("view")
	s.mu.Lock()
	var values object
	if v := s.views[id]; v != nil {
		values = formValues(listAt(v.body, "blocks"), r.PostForm)
	}
	s.mu.Unlock()
	out, err := s.submit(r.Context(), submission{ViewID: id, Values: values, User: r.PostForm.Get("who")})
	back(w, r, out, err)
}

func (s *Server) pageDismiss(w http.ResponseWriter, r *http.Request) {
	if !readForm(w, r) {
		return
	}
	back(w, r, Outcome{}, s.dismiss(r.Context(), r.PostForm.Get("view")))
}

// pageBreak adds one fault to the script, or clears it.
func (s *Server) pageBreak(w http.ResponseWriter, r *http.Request) {
	if !readForm(w, r) {
		return
	}
	if r.PostForm.Get("clear") != "" {
		back(w, r, Outcome{}, s.script(nil))
		return
	}
	after, badAfter := strconv.Atoi(r.PostForm.Get("after"))
	times, badTimes := strconv.Atoi(r.PostForm.Get("times"))
	if badAfter != nil || badTimes != nil {
		back(w, r, Outcome{}, errors.New("after and times are whole numbers"))
		return
	}
	f := &fault{Method: r.PostForm.Get("method"), Kind: r.PostForm.Get("kind"), After: after, Times: times}
	back(w, r, Outcome{}, s.script([]*fault{f}))
}
