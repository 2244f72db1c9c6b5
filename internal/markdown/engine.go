package markdown

import (
	"bytes"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

var optionsKey = parser.NewContextKey()

// prefixKey is where a document keeps the prefix of its ids for the footnote
// renderer, which sees nodes only.
const prefixKey = "idPrefix"

// engine is the one parser and renderer. They hold no state of a text and are
// safe for concurrent use; what differs between calls travels in the context.
var engine = sync.OnceValue(func() goldmark.Markdown {
	return goldmark.New(
		goldmark.WithExtensions(
			extension.Linkify,
			extension.Strikethrough,
			extension.TaskList,
			extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignNone)),
			extension.DefinitionList,
			extension.NewFootnote(
				extension.WithFootnoteIDPrefixFunction(footnotePrefix),
				extension.WithFootnoteBacklinkTitle("Back to the text"),
				extension.WithFootnoteBacklinkHTML("↩&#xFE0E;"),
			),
		),
		goldmark.WithParserOptions(
			parser.WithAutoHeadingID(),
			parser.WithASTTransformers(util.Prioritized(transformer{}, 1000)),
		),
		goldmark.WithRendererOptions(
			renderer.WithNodeRenderers(util.Prioritized(nodeRenderer{}, 100)),
		),
	)
})

// blockParser knows the same blocks as engine and nothing that is inside them.
var blockParser = sync.OnceValue(func() parser.Parser {
	return parser.NewParser(
		parser.WithBlockParsers(append(parser.DefaultBlockParsers(),
			util.Prioritized(extension.NewDefinitionListParser(), 101),
			util.Prioritized(extension.NewDefinitionDescriptionParser(), 102),
			util.Prioritized(extension.NewFootnoteBlockParser(), 999),
		)...),
		parser.WithParagraphTransformers(append(parser.DefaultParagraphTransformers(),
			util.Prioritized(boundedTables{extension.NewTableParagraphTransformer()}, 200),
		)...),
	)
})

// parseBlocks gives the tree of blocks of src, and the place of a table that is
// too large, or -1.
func parseBlocks(src []byte) (doc ast.Node, largeTable int) {
	pc := parser.NewContext()
	doc = blockParser().Parse(text.NewReader(src), parser.WithContext(pc))
	if at, ok := pc.Get(largeTableKey).(int); ok {
		return doc, at
	}
	return doc, -1
}

var largeTableKey = parser.NewContextKey()

// boundedTables looks at a table before its cells are made: a row may be one
// byte long and still get a cell for each column.
type boundedTables struct{ inner parser.ParagraphTransformer }

// Transform implements parser.ParagraphTransformer.
func (b boundedTables) Transform(node *ast.Paragraph, reader text.Reader, pc parser.Context) {
	lines, columns := node.Lines(), 0
	for i := range lines.Len() {
		segment := lines.At(i)
		if line := segment.Value(reader.Source()); len(bytes.Trim(line, "|:- \t\r\n")) == 0 {
			columns = max(columns, bytes.Count(line, []byte{'|'})+1)
		}
	}
	if columns > 1 && lines.Len()*columns > maxCells {
		pc.Set(largeTableKey, lines.At(0).Start)
		return
	}
	b.inner.Transform(node, reader, pc)
}

func footnotePrefix(n ast.Node) []byte {
	if doc := n.OwnerDocument(); doc != nil {
		if prefix, ok := doc.Meta()[prefixKey].(string); ok {
			return []byte(prefix)
		}
	}
	return []byte("md-")
}

// ids makes the ids of headings: the prefix, the words, and a number where the
// same words came before.
type ids struct {
	prefix string
	used   map[string]int
}

func newIDs(prefix string) *ids { return &ids{prefix: prefix, used: map[string]int{}} }

// maxSlug keeps a heading of one long line from filling its address.
const maxSlug = 60

// Generate implements parser.IDs.
func (s *ids) Generate(value []byte, _ ast.NodeKind) []byte {
	slug := slugOf(string(value))
	for {
		s.used[slug]++
		n := s.used[slug]
		if n == 1 {
			return []byte(s.prefix + slug)
		}
		slug += "-" + strconv.Itoa(n)
	}
}

// Put implements parser.IDs; typed ids are not taken over, so there are none.
func (s *ids) Put([]byte) {}

func slugOf(heading string) string {
	var b strings.Builder
	dash := false
	for _, r := range heading {
		if b.Len() >= maxSlug {
			break
		}
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			dash = b.Len() > 0
			continue
		}
		if dash {
			b.WriteByte('-')
			dash = false
		}
		b.WriteRune(unicode.ToLower(r))
	}
	if b.Len() == 0 {
		return "heading"
	}
	return b.String()
}
