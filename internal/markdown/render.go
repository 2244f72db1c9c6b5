package markdown

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

const (
	// MaxBytes is the longest text that is rendered: 64 KB.
	MaxBytes = 64 << 10
	// maxGrowth and growthFloor bound the HTML: ten times the text, and a
	// constant so that a short text with a table or a footnote fits.
	maxGrowth   = 10
	growthFloor = 4 << 10
	// workers bounds how many texts are rendered at once, and so how many
	// abandoned workers there can be.
	workers = 8
	// timeLimit is how long a caller waits for a worker. A normal text of
	// 64 KB takes some 20 ms.
	timeLimit = time.Second
)

// Options say how a text is shown. The zero value renders without a shift, with
// ids that begin with "md-" and every absolute link counted as foreign.
type Options struct {
	// HeadingShift is the level of the heading the text stands under: the
	// highest level typed becomes the next one (2: h3), whether people begin with
	// "#" or "##", and no level is skipped. Levels end at 6; 0 changes nothing.
	HeadingShift int
	// IDPrefix begins every id in the HTML (headings, footnotes), so that texts
	// on one page do not clash with each other or with the page. Letters,
	// digits, "-" and "_" only; empty means "md-".
	IDPrefix string
	// Host is our own host name with port, if any; absolute links to it are not
	// foreign. Foreign links get rel="nofollow noopener".
	Host string
	// LinkID is asked for every identifier with a hyphen and a digit
	// (us-east-1, COE-17) outside code and links. It returns the address the
	// identifier links to, or "". It must be safe for concurrent use.
	LinkID func(id string) string
}

// Rendered is a text in the two forms that are stored beside it.
type Rendered struct {
	HTML string // sanitised; safe to put into a page as it is
	Text string // plain text for search, the checker and previews; LF, no markup
}

// Refused says why a text was not rendered. It is about the text unless Retry
// is set.
type Refused struct {
	Reason string // one or two sentences for the person who typed it
	Line   int    // the line it is about, from 1; 0 when it is about the whole text
	Retry  bool   // true when the server was too busy: the same text may pass later
}

// Error gives the sentence.
func (r *Refused) Error() string { return r.Reason }

// pool bounds the whole process, as the processors it protects are shared by
// the whole process: this is why it is not a field of some value.
var pool = newPool(workers, timeLimit)

// Render makes HTML and plain text of src. The error is a *Refused when the text
// is too long, nested too deeply, would grow too much, or took longer than a
// second; it is ctx's error when the caller gave up first. The work may then go
// on for a moment, but holds one of a small number of places.
func Render(ctx context.Context, src string, o Options) (Rendered, error) {
	return renderIn(ctx, pool, src, o)
}

func renderIn(ctx context.Context, p *workerPool, src string, o Options) (Rendered, error) {
	if len(src) > MaxBytes {
		return Rendered{}, &Refused{Reason: fmt.Sprintf(
			"This text is %d KB long, and a section holds 64 KB. Move a part of it to another section, or attach it as a file.",
			(len(src)+1023)>>10)}
	}
	body := normalise(src)
	if err := scanLines(body); err != nil {
		return Rendered{}, err
	}
	return p.do(ctx, func() (Rendered, error) { return render(body, o) })
}

// normalise gives the bytes that are parsed: LF line ends and valid UTF-8. Line
// numbers stay as they were.
func normalise(src string) []byte {
	if strings.Contains(src, "\r") {
		src = strings.ReplaceAll(src, "\r\n", "\n")
		src = strings.ReplaceAll(src, "\r", "\n")
	}
	return []byte(strings.ToValidUTF8(src, "\uFFFD"))
}

// render does the work of one worker.
func render(src []byte, o Options) (Rendered, error) {
	if err := checkBlocks(src); err != nil {
		return Rendered{}, err
	}
	m := engine()
	pc := parser.NewContext(parser.WithIDs(newIDs(o.prefix())))
	pc.Set(optionsKey, &o)
	doc := m.Parser().Parse(text.NewReader(src), parser.WithContext(pc))

	limit := maxGrowth*len(src) + growthFloor
	out := &boundedBuffer{limit: limit}
	err := m.Renderer().Render(out, src, doc)
	if errors.Is(err, errTooLong) || out.full {
		return Rendered{}, grownTooMuch()
	}
	if err != nil {
		return Rendered{}, fmt.Errorf("render markdown: %w", err)
	}
	clean := sanitizer().SanitizeBytes(out.Bytes())
	if len(clean) > limit {
		return Rendered{}, grownTooMuch()
	}
	return Rendered{HTML: string(clean), Text: plainText(doc, src)}, nil
}

func grownTooMuch() *Refused {
	return &Refused{Reason: "This text would grow to more than ten times its size when it is shown. " +
		"Take repeated footnote marks, quotes or lists inside each other out."}
}

func (o *Options) prefix() string {
	if o.IDPrefix == "" {
		return "md-"
	}
	return o.IDPrefix
}

var errTooLong = errors.New("the output is longer than its limit")

// boundedBuffer stops keeping bytes at its limit, so that a small text cannot
// fill the memory.
type boundedBuffer struct {
	bytes.Buffer
	limit int
	full  bool
}

// Write keeps p or refuses it whole.
func (b *boundedBuffer) Write(p []byte) (int, error) {
	if b.full || b.Len()+len(p) > b.limit {
		b.full = true
		return 0, errTooLong
	}
	return b.Buffer.Write(p)
}
