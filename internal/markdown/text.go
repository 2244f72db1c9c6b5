package markdown

import (
	"strings"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/util"
)

// plainText writes what a reader would read, without marks: a line for each
// line of a block, an empty line between blocks, " | " between cells.
func plainText(doc ast.Node, src []byte) string {
	p := plain{src: src}
	_ = ast.Walk(doc, p.visit)
	return strings.TrimSpace(p.b.String())
}

// inlineText gives the words inside one node.
func inlineText(n ast.Node, src []byte) string {
	p := plain{src: src}
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		_ = ast.Walk(c, p.visit)
	}
	return strings.TrimSpace(p.b.String())
}

type plain struct {
	b   strings.Builder
	src []byte
}

func (p *plain) visit(n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		p.leave(n)
		return ast.WalkContinue, nil
	}
	switch n := n.(type) {
	case *ast.Text:
		p.b.Write(unescape(n.Segment.Value(p.src)))
		if n.SoftLineBreak() || n.HardLineBreak() {
			p.b.WriteByte('\n')
		}
	case *ast.String:
		p.b.Write(n.Value)
	case *ast.AutoLink:
		p.b.Write(n.Label(p.src))
	case *ast.CodeSpan:
		p.code(n)
		return ast.WalkSkipChildren, nil
	case *ast.RawHTML:
		p.raw(rawHTML(n, p.src))
		return ast.WalkSkipChildren, nil
	case *ast.HTMLBlock:
		p.b.WriteString(strings.TrimSpace(withoutComments(htmlBlock(n, p.src))))
	case *ast.CodeBlock, *ast.FencedCodeBlock:
		p.b.Write(n.Lines().Value(p.src))
	case *extast.FootnoteLink, *extast.FootnoteBacklink:
		return ast.WalkSkipChildren, nil
	}
	return ast.WalkContinue, nil
}

// leave ends a block.
func (p *plain) leave(n ast.Node) {
	switch n.Kind() {
	case extast.KindTableCell:
		if n.NextSibling() != nil {
			p.b.WriteString(" | ")
		}
	case extast.KindTableRow, extast.KindTableHeader, ast.KindTextBlock, extast.KindDefinitionTerm:
		p.b.WriteByte('\n')
	case ast.KindParagraph, ast.KindHeading, ast.KindCodeBlock, ast.KindFencedCodeBlock,
		ast.KindHTMLBlock, ast.KindList, extast.KindTable:
		p.gap()
	}
}

// gap leaves exactly one empty line.
func (p *plain) gap() {
	s := p.b.String()
	switch {
	case s == "" || strings.HasSuffix(s, "\n\n"):
	case strings.HasSuffix(s, "\n"):
		p.b.WriteByte('\n')
	default:
		p.b.WriteString("\n\n")
	}
}

func (p *plain) code(n ast.Node) {
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if t, ok := c.(*ast.Text); ok {
			p.b.WriteString(strings.ReplaceAll(string(t.Segment.Value(p.src)), "\n", " "))
		}
	}
}

func (p *plain) raw(tag string) {
	if isBreak(tag) {
		p.b.WriteByte('\n')
		return
	}
	p.b.WriteString(withoutComments(tag))
}

// unescape resolves backslashes and character references as a reader sees them.
func unescape(b []byte) []byte {
	return util.ResolveEntityNames(util.ResolveNumericReferences(util.UnescapePunctuations(b)))
}
