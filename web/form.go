package web

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"coetracker/internal/fault"
	"coetracker/templates"
)

// field is a trimmed form value.
func field(c *gin.Context, name string) string { return strings.TrimSpace(c.PostForm(name)) }

// version is the version a form started from.
func version(c *gin.Context) int64 {
	n, _ := strconv.ParseInt(c.PostForm("version"), 10, 64)
	return n
}

// id reads a number of the address or of a form; what is none is not there.
func id(text string) (int64, error) {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil || n < 1 {
		return 0, fault.NotFoundf(notThere)
	}
	return n, nil
}

// optionalID reads a choice that may be left open: 0 then.
func optionalID(c *gin.Context, name string) (int64, error) {
	text := field(c, name)
	if text == "" || text == "0" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, fault.Invalidf(name, "Choose one of the list.")
	}
	return n, nil
}

// ids reads all ticked boxes of a name.
func ids(c *gin.Context, name string) ([]int64, error) {
	out := []int64{}
	for _, text := range c.PostFormArray(name) {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, fault.Invalidf(name, "Choose from the list.")
		}
		out = append(out, n)
	}
	return out, nil
}

// refused fills a form with what was typed and says beside the field what is
// wrong; status is 422 for a bad field and 409 for a conflict. Other errors
// are given back.
func refused(c *gin.Context, f templates.Form, err error) (templates.Form, int, error) {
	e, ok := fault.Of(err)
	if !ok || e.Kind != fault.Invalid && e.Kind != fault.Conflict {
		return f, 0, err
	}
	f = f.Fill(func(name string) []string { return c.PostFormArray(name) })
	f = f.Refuse(templates.FieldError{Field: e.Field, Text: e.Text})
	if e.Kind == fault.Conflict {
		return f, http.StatusConflict, nil
	}
	return f, http.StatusUnprocessableEntity, nil
}
