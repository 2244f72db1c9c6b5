package markdown

import (
	"bytes"
	"fmt"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
)

// What a text may hold. The figures are far above what people write and keep
// the worst text of 64 KB near 100 ms; goldmark's time grows with the square of
// each of them.
const (
	maxDepth      = 32     // quotes and lists inside each other
	maxOpenWork   = 150000 // lines times the containers that are open on them
	maxDelimiters = 3000   // "*", "_" and "~" runs that could be emphasis, in one block
	maxLinkTails  = 800    // "](" and "][" in one block
	maxBrackets   = 500    // "[" that are open at once in one block
	maxOpenTags   = 800    // "<!" and "<?" in one block
	maxCells      = 70000  // lines times columns of one table
)

// scanLines looks at the beginnings of lines only, so that block parsing, which
// is quadratic in nesting, is safe afterwards. It never counts fewer open
// containers than the parser will open. The work allowed grows with texts above
// the size that is rendered, which are only cut into sections.
func scanLines(src []byte) error {
	allowed := maxOpenWork * (1 + len(src)/MaxBytes)
	open, work, afterBlank := 0, 0, true
	for n, rest := 1, src; len(rest) > 0; n++ {
		line := rest
		if i := bytes.IndexByte(rest, '\n'); i >= 0 {
			line, rest = rest[:i], rest[i+1:]
		} else {
			rest = nil
		}
		if blank(line) {
			afterBlank = true
			work += open
		} else {
			columns, marks := lineStart(line)
			now := min(open, columns/2) + marks
			if !afterBlank { // the line may lazily continue what is open
				now = max(now, open)
			}
			open, afterBlank = now, false
			work += open
		}
		if open > maxDepth {
			return &Refused{Line: n, Reason: fmt.Sprintf(
				"Line %d opens more than %d quotes or lists inside each other. Take some of its marks away.", n, maxDepth)}
		}
		if work > allowed {
			return &Refused{Line: n, Reason: fmt.Sprintf(
				"Up to line %d there are too many lines inside nested lists or quotes. Take empty lines away, or nest less deeply.", n)}
		}
	}
	return nil
}

// lineStart counts the columns of white space and the container marks (">",
// bullets, numbers, ":" and footnotes) that a line begins with.
func lineStart(line []byte) (columns, marks int) {
	for i := 0; i < len(line); {
		switch c := line[i]; {
		case c == ' ':
			columns++
			i++
		case c == '\t':
			columns += 4
			i++
		default:
			n := markLength(line[i:])
			if n == 0 {
				return columns, marks
			}
			marks++
			i += n
		}
	}
	return columns, marks
}

// markLength gives the length of the container mark that b begins with, or 0.
func markLength(b []byte) int {
	switch c := b[0]; {
	case c == '>':
		return 1
	case c == '-' || c == '*' || c == '+' || c == ':':
		if endsMark(b, 1) {
			return 1
		}
	case c >= '0' && c <= '9':
		i := 1
		for i < len(b) && b[i] >= '0' && b[i] <= '9' {
			i++
		}
		if i < len(b) && (b[i] == '.' || b[i] == ')') && endsMark(b, i+1) {
			return i + 1
		}
	case bytes.HasPrefix(b, []byte("[^")):
		if i := bytes.IndexByte(b, ']'); i > 0 && i+1 < len(b) && b[i+1] == ':' {
			return i + 2
		}
	}
	return 0
}

func endsMark(b []byte, i int) bool {
	return i >= len(b) || b[i] == ' ' || b[i] == '\t'
}

func blank(line []byte) bool { return len(bytes.TrimSpace(line)) == 0 }

// checkBlocks parses the blocks without what is inside them and refuses those
// whose text would keep the inline parser busy.
func checkBlocks(src []byte) error {
	doc, largeTable := parseBlocks(src)
	if largeTable >= 0 {
		line := lineAt(src, largeTable)
		return &Refused{Line: line, Reason: fmt.Sprintf(
			"The table at line %d has more than %d cells. Attach it as a file, or cut it in two.", line, maxCells)}
	}
	var refused error
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		if n.Type() == ast.TypeInline || n.IsRaw() || n.Lines() == nil {
			return ast.WalkContinue, nil
		}
		if r := checkInline(n, src); r != nil {
			refused = r
			return ast.WalkStop, nil
		}
		return ast.WalkContinue, nil
	})
	return refused
}

// inlineCount is what a block's text holds of the marks that cost most.
type inlineCount struct {
	delimiters, linkTails, openTags int
	brackets, deepest               int
	previous                        byte
}

func checkInline(n ast.Node, src []byte) error {
	if n.Kind() == extast.KindTable {
		return nil // its cells are looked at one by one
	}
	var c inlineCount
	lines := n.Lines()
	for i := range lines.Len() {
		segment := lines.At(i)
		c.add(segment.Value(src))
		if what := c.tooMuch(); what != "" {
			line := lineAt(src, segment.Start)
			return &Refused{Line: line, Reason: fmt.Sprintf(
				"The paragraph up to line %d holds %s. Put it between lines of ``` if it is a log or code, or cut it with empty lines.", line, what)}
		}
	}
	return nil
}

// lineAt gives the line, from 1, that a byte stands on.
func lineAt(src []byte, at int) int { return 1 + bytes.Count(src[:at], []byte{'\n'}) }

func (c *inlineCount) add(line []byte) {
	for i, b := range line {
		switch b {
		case '*', '~':
			if c.previous != b {
				c.delimiters++
			}
		case '_': // inside a word it is never emphasis
			if c.previous != b && !(wordByte(c.previous) && i+1 < len(line) && wordByte(line[i+1])) {
				c.delimiters++
			}
		case '[':
			if c.previous == ']' {
				c.linkTails++
			}
			c.brackets++
			c.deepest = max(c.deepest, c.brackets)
		case ']':
			c.brackets = max(0, c.brackets-1)
		case '(':
			if c.previous == ']' {
				c.linkTails++
			}
		case '!', '?':
			if c.previous == '<' {
				c.openTags++
			}
		}
		c.previous = b
	}
}

func (c *inlineCount) tooMuch() string {
	switch {
	case c.delimiters > maxDelimiters:
		return fmt.Sprintf("more than %d emphasis marks", maxDelimiters)
	case c.linkTails > maxLinkTails:
		return fmt.Sprintf("more than %d links", maxLinkTails)
	case c.deepest > maxBrackets:
		return fmt.Sprintf("more than %d brackets inside each other", maxBrackets)
	case c.openTags > maxOpenTags:
		return fmt.Sprintf("more than %d beginnings of HTML comments", maxOpenTags)
	}
	return ""
}

func wordByte(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= 0x80
}
