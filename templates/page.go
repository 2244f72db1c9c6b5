// Package templates holds the HTML of every page and, beside each file, the Go
// type it shows. It is the only place that turns stored HTML into template.HTML.
package templates

import (
	"bytes"
	"embed"
	"html/template"
	"io"
)

//go:embed *.html
var files embed.FS

// Page is one page (or fragment) together with the type of its data, so that a
// missing field is found by a test before anyone opens the page.
type Page[T any] struct {
	name string
	t    *template.Template
}

// shared are parsed into every page: the frame, and the parts pages have in common.
var shared = []string{"layout.html", "parts.html", "action_parts.html", "line.html", "evidence_parts.html"}

// checked collects every page for the test that type-checks them.
var checked []checker

type checker struct {
	name string
	t    *template.Template
	data any
}

// page parses a file that defines "main" and is shown inside the layout.
func page[T any](file string) *Page[T] { return parse[T](file, "layout") }

// part parses a file whose named template is shown alone, for answers that
// replace a piece of a page.
func part[T any](file, name string) *Page[T] { return parse[T](file, name) }

func parse[T any](file, name string) *Page[T] {
	names := append(append([]string{}, shared...), file)
	t := template.Must(template.New(file).Funcs(funcs).ParseFS(files, names...)).Lookup(name)
	var zero T
	checked = append(checked, checker{name: file + "#" + name, t: t, data: zero})
	return &Page[T]{name: name, t: t}
}

// Render writes the whole page, or nothing and an error.
func (p *Page[T]) Render(w io.Writer, v T) error {
	var b bytes.Buffer
	if err := p.t.Execute(&b, v); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}
