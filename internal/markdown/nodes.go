package markdown

import (
	"bytes"
	"strings"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/util"
)

// nowrap is an identifier that must not break at its hyphens.
type nowrap struct{ ast.BaseInline }

var kindNowrap = ast.NewNodeKind("Nowrap")

// Kind implements ast.Node.
func (n *nowrap) Kind() ast.NodeKind { return kindNowrap }

// Dump implements ast.Node.
func (n *nowrap) Dump(source []byte, level int) { ast.DumpHelper(n, source, level, nil, nil) }

// labelAttribute carries a table's label from the transformer to the renderer.
const labelAttribute = "table-label"

// nodeRenderer writes the nodes that goldmark would write otherwise than our
// pages need.
type nodeRenderer struct{}

// RegisterFuncs implements renderer.NodeRenderer.
func (nodeRenderer) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(kindNowrap, renderNowrap)
	r.Register(extast.KindTable, renderTable)
	r.Register(extast.KindTaskCheckBox, renderTask)
	r.Register(ast.KindRawHTML, renderRawHTML)
	r.Register(ast.KindHTMLBlock, renderHTMLBlock)
}

func renderNowrap(w util.BufWriter, _ []byte, _ ast.Node, entering bool) (ast.WalkStatus, error) {
	tag := `</span>`
	if entering {
		tag = `<span class="nw">`
	}
	_, err := w.WriteString(tag)
	return ast.WalkContinue, err
}

// renderTable lets a wide table scroll by itself, also by keyboard.
func renderTable(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		_, err := w.WriteString("</table></div>\n")
		return ast.WalkContinue, err
	}
	label, _ := n.AttributeString(labelAttribute)
	name, ok := label.([]byte)
	if !ok {
		name = []byte("Table")
	}
	_, _ = w.WriteString(`<div class="scroll" tabindex="0" role="region" aria-label="`)
	_, _ = w.Write(util.EscapeHTML(name))
	_, err := w.WriteString("\"><table>\n")
	return ast.WalkContinue, err
}

// renderTask writes a sign with a name: a checkbox in a text that cannot be
// ticked would be a control without a label.
func renderTask(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	sign := `<span class="task" role="img" aria-label="To do">☐</span> `
	if n.(*extast.TaskCheckBox).IsChecked {
		sign = `<span class="task" role="img" aria-label="Done">☑</span> `
	}
	_, err := w.WriteString(sign)
	return ast.WalkContinue, err
}

// renderRawHTML shows typed tags as text, so that "the flag <timeout>" keeps its
// word; only a line break is obeyed and a comment hidden.
func renderRawHTML(w util.BufWriter, src []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkSkipChildren, nil
	}
	typed := rawHTML(n.(*ast.RawHTML), src)
	if isBreak(typed) {
		_, err := w.WriteString("<br>\n")
		return ast.WalkSkipChildren, err
	}
	_, err := w.Write(util.EscapeHTML([]byte(withoutComments(typed))))
	return ast.WalkSkipChildren, err
}

func renderHTMLBlock(w util.BufWriter, src []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	typed := strings.TrimSpace(withoutComments(htmlBlock(n.(*ast.HTMLBlock), src)))
	if typed == "" {
		return ast.WalkContinue, nil
	}
	_, _ = w.WriteString("<p>")
	_, _ = w.Write(util.EscapeHTML([]byte(typed)))
	_, err := w.WriteString("</p>\n")
	return ast.WalkContinue, err
}

func rawHTML(n *ast.RawHTML, src []byte) string {
	return string(n.Segments.Value(src))
}

func htmlBlock(n *ast.HTMLBlock, src []byte) string {
	var b bytes.Buffer
	for i := range n.Lines().Len() {
		segment := n.Lines().At(i)
		b.Write(segment.Value(src))
	}
	if n.HasClosure() {
		b.Write(n.ClosureLine.Value(src))
	}
	return b.String()
}

func isBreak(tag string) bool {
	t := strings.ToLower(strings.ReplaceAll(tag, " ", ""))
	return t == "<br>" || t == "<br/>"
}

// withoutComments takes HTML comments out. One that never ends is kept, as it
// would hide all that follows.
func withoutComments(s string) string {
	var b strings.Builder
	for {
		start := strings.Index(s, "<!--")
		if start < 0 {
			break
		}
		end := strings.Index(s[start+4:], "-->")
		if end < 0 {
			break
		}
		b.WriteString(s[:start])
		s = s[start+4+end+3:]
	}
	b.WriteString(s)
	return b.String()
}
