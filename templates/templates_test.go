package templates

import (
	"io"
	"testing"

	"github.com/jba/templatecheck"
)

// Every page is checked against its type, and shown once with an empty value.
func TestPages(t *testing.T) {
	t.Parallel()
	if len(checked) == 0 {
		t.Fatal("no page is registered")
	}
	for _, c := range checked {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.t == nil {
				t.Fatal("the template is not defined in its file")
			}
			if err := templatecheck.CheckHTMLStrict(c.t, c.data); err != nil {
				t.Error(err)
			}
			if err := c.t.Execute(io.Discard, c.data); err != nil {
				t.Error(err)
			}
		})
	}
}
