package markdown

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// shared finds a file of the research samples beside the project, or skips.
func shared(t testing.TB, path ...string) []byte {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Skip("no go.mod above this folder")
		}
		dir = parent
	}
	name := filepath.Join(append([]string{dir, "..", "shared", "samples"}, path...)...)
	b, err := os.ReadFile(name)
	if err != nil {
		t.Skipf("the sample %s is not here", filepath.Join(path...))
	}
	return b
}

// hostile is a text of one repeated unit.
type hostile struct {
	Name, Prefix, Unit, Suffix string
	Close, Between             string // Close is repeated as often as Unit
	Grow                       bool   // the unit gets longer each time
	Stairs                     bool   // each line is indented by two more
}

func (h hostile) text(size int) string {
	var b strings.Builder
	b.WriteString(h.Prefix)
	room, n := size-len(h.Prefix)-len(h.Suffix)-len(h.Between), 0
	for used := 0; ; n++ {
		unit := h.Unit
		switch {
		case h.Grow:
			unit = "x" + strings.Repeat(h.Unit, n+1)
		case h.Stairs:
			unit = strings.Repeat("  ", n) + h.Unit + "\n"
		case strings.Contains(h.Unit, "%d"):
			unit = fmt.Sprintf(h.Unit, n)
		}
		if used += len(unit) + len(h.Close); used > room {
			break
		}
		b.WriteString(unit)
	}
	b.WriteString(h.Between + strings.Repeat(h.Close, n) + h.Suffix)
	return b.String()
}

func ownHostile(t testing.TB) []hostile {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "hostile.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all []hostile
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// allowed are the elements and attributes a page may get from a typed text.
var allowed = map[string]string{
	"p": "", "br": "", "hr": "", "em": "", "strong": "", "del": "", "pre": "", "blockquote": "",
	"ul": "", "table": "", "thead": "", "tbody": "", "tr": "", "dl": "", "dt": "", "dd": "",
	"h1": "id", "h2": "id", "h3": "id", "h4": "id", "h5": "id", "h6": "id", "li": "id", "sup": "id",
	"a": "href title rel role class", "img": "src alt title", "code": "class", "ol": "start",
	"th": "class", "td": "class", "div": "class role tabindex aria-label", "span": "class role aria-label",
}

// unsafeIn names what a browser would find in s that must not be there.
func unsafeIn(s, prefix string) (found []string) {
	nodes, err := html.ParseFragment(strings.NewReader(s), &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body})
	if err != nil {
		return []string{err.Error()}
	}
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.CommentNode {
			found = append(found, "comment")
		}
		if n.Type == html.ElementNode {
			attributes, ok := allowed[n.Data]
			if !ok {
				found = append(found, "element "+n.Data)
			}
			for _, a := range n.Attr {
				if !strings.Contains(" "+attributes+" ", " "+a.Key+" ") {
					found = append(found, n.Data+" "+a.Key)
				}
				if a.Key == "id" && !strings.HasPrefix(a.Val, prefix) {
					found = append(found, "id "+a.Val)
				}
				if (a.Key == "href" || a.Key == "src") && !safeAddress(a.Val) {
					found = append(found, a.Key+" "+a.Val)
				}
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	for _, n := range nodes {
		walk(n)
	}
	return found
}

func safeAddress(s string) bool {
	u, err := url.Parse(s)
	if err != nil {
		return false
	}
	switch u.Scheme {
	case "", "http", "https", "mailto":
		return true
	}
	return false
}

// mustRender renders a text that is expected to pass.
func mustRender(t testing.TB, src string, o Options) Rendered {
	t.Helper()
	r, err := Render(context.Background(), src, o)
	if err != nil {
		t.Fatalf("Render: %v", err)
	}
	return r
}
