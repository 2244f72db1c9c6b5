package web

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"coetracker/coe"
	"coetracker/internal/fault"
	"coetracker/templates"
)

// answersSave stores the answers that were changed in the form of all
// questions. One that is refused does not keep the others from being stored.
func (s *Server) answersSave(c *gin.Context) error {
	n, err := number(c)
	if err != nil {
		return err
	}
	var refusals []templates.Refusal
	status := http.StatusUnprocessableEntity
	for _, q := range coe.Questions() {
		if untouched(c, q.ID) {
			continue
		}
		err := s.answerSave(c, n, q.ID)
		if err == nil {
			continue
		}
		r, as, err := refusalOf(c, q.ID, err)
		if err != nil {
			return err
		}
		if refusals = append(refusals, r); as == http.StatusConflict {
			status = as
		}
	}
	if len(refusals) > 0 {
		return s.showEdit(c, status, n, templates.EditAsk{Part: "questions", Refusals: refusals})
	}
	return toEdit(c, n, "questions", "r-"+groupOf(c), nil)
}

// groupOf is the group whose button was pressed.
func groupOf(c *gin.Context) string {
	for _, q := range coe.Questions() {
		if q.Group == c.PostForm("group") {
			return q.Group
		}
	}
	return "D"
}

// untouched reports whether the form leaves an answer as it found it.
func untouched(c *gin.Context, question string) bool {
	text, ok := c.GetPostForm(question + ".text")
	if !ok {
		return true
	}
	now := templates.AnswerMark(text, c.PostForm(question+".na") != "", field(c, question+".minutes"), field(c, question+".action"))
	return now == c.PostForm(question+".was")
}

func (s *Server) answerSave(c *gin.Context, n int64, question string) error {
	e := coe.AnswerEdit{Text: c.PostForm(question + ".text"), NA: c.PostForm(question+".na") != "", ActionKey: field(c, question+".action")}
	if text := strings.TrimSpace(strings.TrimSuffix(field(c, question+".minutes"), "min")); text != "" {
		minutes, err := strconv.Atoi(text)
		if err != nil {
			return fault.Invalidf("minutes_saved", "Write the minutes saved as a whole number, such as 20.")
		}
		e.MinutesSaved = &minutes
	}
	base, _ := strconv.ParseInt(c.PostForm(question+".version"), 10, 64)
	_, err := s.COEs.SaveAnswer(c.Request.Context(), who(c), n, question, base, e)
	return err
}
