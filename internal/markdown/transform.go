package markdown

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// transformer adapts a parsed text to our pages. It writes everything that
// depends on Options into the tree, as renderers see nothing else.
type transformer struct{}

// Transform implements parser.ASTTransformer.
func (transformer) Transform(doc *ast.Document, reader text.Reader, pc parser.Context) {
	o, _ := pc.Get(optionsKey).(*Options)
	if o == nil {
		o = &Options{}
	}
	doc.AddMeta(prefixKey, o.prefix())
	t := transform{o: o, src: reader.Source(), labels: map[string]int{}}
	var texts []*ast.Text
	var images []*ast.Image
	var headings []*ast.Heading
	var dangerous []ast.Node
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.CodeSpan:
			return ast.WalkSkipChildren, nil
		case *ast.Text:
			texts = append(texts, n)
		case *ast.Image:
			images = append(images, n)
		case *ast.Heading:
			headings = append(headings, n)
		case *ast.Link, *ast.AutoLink:
			if !t.link(n) {
				dangerous = append(dangerous, n)
			}
		default:
			t.attributes(n)
		}
		return ast.WalkContinue, nil
	})
	// The tree is changed only after the walk, so that the walk stays on it.
	for _, n := range dangerous {
		t.unlink(n)
	}
	for _, n := range images {
		t.image(n)
	}
	t.outline(headings)
	for _, n := range texts {
		t.identifiers(n)
	}
}

type transform struct {
	o      *Options
	src    []byte
	labels map[string]int // how many tables had this label
}

// outline puts the headings of a text under the heading it stands under, whatever
// level people begin with: the highest that is used comes next, and none is
// skipped on the way down.
func (t transform) outline(headings []*ast.Heading) {
	if t.o.HeadingShift <= 0 {
		return
	}
	var used []int
	for _, h := range headings {
		used = append(used, h.Level)
	}
	slices.Sort(used)
	used = slices.Compact(used)
	last := t.o.HeadingShift
	for _, h := range headings {
		level := t.o.HeadingShift + 1 + slices.Index(used, h.Level)
		h.Level = min(level, last+1, 6)
		last = h.Level
	}
}

func (t transform) attributes(n ast.Node) {
	switch n := n.(type) {
	case *extast.Table:
		n.SetAttributeString(labelAttribute, []byte(t.tableLabel(n)))
	case *extast.TableCell:
		switch n.Alignment {
		case extast.AlignRight:
			n.SetAttributeString("class", []byte("num"))
		case extast.AlignCenter:
			n.SetAttributeString("class", []byte("mid"))
		}
	}
}

// link marks a link that leaves our host; false means that it may not be one.
func (t transform) link(n ast.Node) bool {
	address, mail := "", false
	switch n := n.(type) {
	case *ast.Link:
		address = string(unescape(n.Destination))
	case *ast.AutoLink:
		address, mail = string(n.URL(t.src)), n.AutoLinkType == ast.AutoLinkEmail
	}
	place := placeOf(address)
	if mail {
		place = ours
	}
	if place == foreign && !t.ownHost(address) {
		n.SetAttributeString("rel", []byte("nofollow noopener"))
	}
	return place != nowhere
}

func (t transform) ownHost(address string) bool {
	u, err := url.Parse(address)
	return err == nil && t.o.Host != "" && strings.EqualFold(u.Host, t.o.Host)
}

// unlink leaves the words of a link and takes the link away.
func (t transform) unlink(n ast.Node) {
	parent := n.Parent()
	if auto, ok := n.(*ast.AutoLink); ok {
		words := ast.NewString(auto.Label(t.src))
		words.SetRaw(true) // written as it is, escaped
		parent.InsertBefore(parent, n, words)
	} else {
		moveChildren(parent, n, n)
	}
	parent.RemoveChild(parent, n)
}

// place says where an address leads.
type place int

const (
	ours    place = iota // a path, an anchor or a mail address
	foreign              // http or https, or a host without a scheme
	nowhere              // a scheme that no link of ours may have
)

func placeOf(address string) place {
	u, err := url.Parse(strings.TrimSpace(address))
	switch {
	case err != nil:
		return nowhere
	case u.Scheme == "http" || u.Scheme == "https":
		return foreign
	case u.Scheme == "mailto":
		return ours
	case u.Scheme != "":
		return nowhere
	case u.Host != "" || strings.HasPrefix(u.Path, "//") || strings.HasPrefix(u.Path, "/\\"):
		return foreign
	}
	return ours
}

// tableLabel names a table by its headings, so that two of them on a page are
// two different regions for a screen reader.
func (t transform) tableLabel(table *extast.Table) string {
	label := "Table"
	if head := table.FirstChild(); head != nil {
		var names []string
		for c := head.FirstChild(); c != nil; c = c.NextSibling() {
			if name := strings.TrimSpace(inlineText(c, t.src)); name != "" {
				names = append(names, name)
			}
		}
		if len(names) > 0 {
			label += ": " + cut(strings.Join(names, ", "), 80)
		}
	}
	t.labels[label]++
	if n := t.labels[label]; n > 1 {
		label += " (" + strconv.Itoa(n) + ")"
	}
	return label
}

// cut shortens s to at most n bytes at a character's edge.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return strings.TrimSpace(s[:n]) + "…"
}

// image turns a picture of another host into a link: a page of ours does not
// load anything from elsewhere, and tells nobody who reads it.
func (t transform) image(n *ast.Image) {
	place, parent := placeOf(string(unescape(n.Destination))), n.Parent()
	if place == ours || parent == nil {
		return
	}
	if place == nowhere || insideLink(n) { // a link cannot hold a link: the description stays
		moveChildren(parent, n, n)
		parent.RemoveChild(parent, n)
		return
	}
	link := ast.NewLink()
	link.Destination, link.Title = n.Destination, n.Title
	if n.HasChildren() {
		moveChildren(link, nil, n)
	} else {
		link.AppendChild(link, ast.NewString([]byte("picture")))
	}
	t.link(link)
	parent.ReplaceChild(parent, n, link)
}

// moveChildren moves the children of from into parent, before a child of it or
// to its end.
func moveChildren(parent, before, from ast.Node) {
	for c := from.FirstChild(); c != nil; {
		next := c.NextSibling()
		from.RemoveChild(from, c)
		if before != nil {
			parent.InsertBefore(parent, before, c)
		} else {
			parent.AppendChild(parent, c)
		}
		c = next
	}
}

func insideLink(n ast.Node) bool {
	for p := n.Parent(); p != nil; p = p.Parent() {
		if p.Kind() == ast.KindLink {
			return true
		}
	}
	return false
}

// identifiers keeps words such as us-east-1 together and links those that the
// caller knows.
func (t transform) identifiers(n *ast.Text) {
	segment := n.Segment
	found := findIdentifiers(segment.Value(t.src))
	parent := n.Parent()
	if len(found) == 0 || parent == nil || segment.Padding != 0 {
		return
	}
	linked := parent.Kind() == ast.KindImage || insideLink(n) || parent.Kind() == ast.KindLink
	at := segment.Start
	for _, f := range found {
		start, stop := segment.Start+f[0], segment.Start+f[1]
		if start > at {
			parent.InsertBefore(parent, n, ast.NewTextSegment(text.NewSegment(at, start)))
		}
		parent.InsertBefore(parent, n, t.identifier(start, stop, linked))
		at = stop
	}
	n.Segment = text.NewSegment(at, segment.Stop) // keeps the line break that may follow
}

func (t transform) identifier(start, stop int, linked bool) ast.Node {
	word := &nowrap{}
	word.AppendChild(word, ast.NewTextSegment(text.NewSegment(start, stop)))
	if linked || t.o.LinkID == nil {
		return word
	}
	address := t.o.LinkID(string(t.src[start:stop]))
	if address == "" {
		return word
	}
	link := ast.NewLink()
	link.Destination = []byte(address)
	link.AppendChild(link, word)
	t.link(link)
	return link
}

// maxIdentifier is the longest word that is kept on one line; a longer one
// would leave a phone's screen.
const maxIdentifier = 32

// findIdentifiers gives the places of words that hold a hyphen and a digit.
func findIdentifiers(b []byte) (found [][2]int) {
	for i := 0; i < len(b); {
		if !asciiWord(b[i]) {
			i++
			continue
		}
		start, hyphen, digit := i, false, false
		for i < len(b) && (asciiWord(b[i]) || b[i] == '-' && i+1 < len(b) && asciiWord(b[i+1])) {
			hyphen = hyphen || b[i] == '-'
			digit = digit || b[i] >= '0' && b[i] <= '9'
			i++
		}
		if hyphen && digit && i-start <= maxIdentifier && freeStanding(b, start, i) {
			found = append(found, [2]int{start, i})
		}
	}
	return found
}

// freeStanding reports whether the word is not a part of a path, an address or
// a longer name.
func freeStanding(b []byte, start, stop int) bool {
	if start > 0 && isOneOf(b[start-1], "-_/.@:\\&#") {
		return false
	}
	return stop == len(b) || !isOneOf(b[stop], "-_/@\\") &&
		(b[stop] != '.' || stop+1 == len(b) || !asciiWord(b[stop+1]))
}

func isOneOf(c byte, set string) bool { return strings.IndexByte(set, c) >= 0 }

func asciiWord(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
