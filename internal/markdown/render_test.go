package markdown

import (
	"context"
	"strings"
	"testing"
)

func TestRender_HTML(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, src, want string }{
		{"paragraph", "a\nb", "<p>a\nb</p>\n"},
		{"headings are shifted and get ids", "# The Alarm\n###### six", "<h3 id=\"s1-the-alarm\">The Alarm</h3>\n<h4 id=\"s1-six\">six</h4>\n"},
		{"same heading twice", "# a\n# a\n# a 2\n", "<h3 id=\"s1-a\">a</h3>\n<h3 id=\"s1-a-2\">a</h3>\n<h3 id=\"s1-a-2-2\">a 2</h3>\n"},
		{"heading without words", "# !!!\n#\n", "<h3 id=\"s1-heading\">!!!</h3>\n<h3 id=\"s1-heading-2\"></h3>\n"},
		{"strikethrough", "~~gone~~", "<p><del>gone</del></p>\n"},
		{"foreign link", "[x](https://evil.example/a)", "<p><a href=\"https://evil.example/a\" rel=\"nofollow noopener\">x</a></p>\n"},
		{"own link", "[x](https://coe.example/coes/3) [y](/coes/4)", "<p><a href=\"https://coe.example/coes/3\">x</a> <a href=\"/coes/4\">y</a></p>\n"},
		{"link without scheme to a host", "[x](//evil.example)", "<p><a href=\"//evil.example\" rel=\"nofollow noopener\">x</a></p>\n"},
		{"autolink", "see https://a.example/b.", "<p>see <a href=\"https://a.example/b\" rel=\"nofollow noopener\">https://a.example/b</a>.</p>\n"},
		{"mail", "<a@b.example>", "<p><a href=\"mailto:a@b.example\">a@b.example</a></p>\n"},
		{"dangerous link", "[x](javascript:alert(1)) [y](data:text/html,z) [z](vbscript:q) [*w*](java&#115;cript:v)", "<p>x y z <em>w</em></p>\n"},
		{"dangerous autolink", "<javascript:alert(1)> <ftp://a.example>", "<p>javascript:alert(1) ftp://a.example</p>\n"},
		{"known identifier", "as in COE-17.", "<p>as in <a href=\"/coes/17\"><span class=\"nw\">COE-17</span></a>.</p>\n"},
		{"identifiers stay together", "us-east-1 and A-4, on-call", "<p><span class=\"nw\">us-east-1</span> and <span class=\"nw\">A-4</span>, on-call</p>\n"},
		{"no link in code", "`COE-17`", "<p><code>COE-17</code></p>\n"},
		{"no link in a fence", "```\nCOE-17\n```", "<pre><code>COE-17\n</code></pre>\n"},
		{"no link in a link", "[COE-17](/x)", "<p><a href=\"/x\"><span class=\"nw\">COE-17</span></a></p>\n"},
		{"no link in a path", "x/COE-17/y COE-17x.log COE-17.log", "<p>x/COE-17/y COE-17x.log COE-17.log</p>\n"},
		{"identifier before a line break", "COE-17\nnext", "<p><a href=\"/coes/17\"><span class=\"nw\">COE-17</span></a>\nnext</p>\n"},
		{"identifier in emphasis", "**COE-17**", "<p><strong><a href=\"/coes/17\"><span class=\"nw\">COE-17</span></a></strong></p>\n"},
		{"tags are words", "the flag <timeout> and <b>x</b>", "<p>the flag &lt;timeout&gt; and &lt;b&gt;x&lt;/b&gt;</p>\n"},
		{"break is obeyed", "a<br>b<BR />c", "<p>a<br>\nb<br>\nc</p>\n"},
		{"comment is hidden", "a <!-- why --> b\n\n<!-- note\nlong -->\n\nc", "<p>a  b</p>\n<p>c</p>\n"},
		{"comment without end is shown", "<!-- a\n\nb", "<p>&lt;!-- a\n\nb</p>\n"},
		{"block of tags is text", "<div onclick=\"x()\">\nhi\n</div>", "<p>&lt;div onclick=&#34;x()&#34;&gt;\nhi\n&lt;/div&gt;</p>\n"},
		{"script is text", "<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n"},
		{"tasks are named signs", "- [ ] a\n- [x] b", "<ul>\n<li><span class=\"task\" role=\"img\" aria-label=\"To do\">☐</span> a</li>\n<li><span class=\"task\" role=\"img\" aria-label=\"Done\">☑</span> b</li>\n</ul>\n"},
		{"own picture", "![alt](/files/x.png \"t\")", "<p><img src=\"/files/x.png\" alt=\"alt\" title=\"t\"></p>\n"},
		{"foreign picture becomes a link", "![alt](https://a.example/x.png)", "<p><a href=\"https://a.example/x.png\" rel=\"nofollow noopener\">alt</a></p>\n"},
		{"foreign picture without words", "![](https://a.example/x.png)", "<p><a href=\"https://a.example/x.png\" rel=\"nofollow noopener\">picture</a></p>\n"},
		{"foreign picture in a link", "[![alt](https://a.example/x.png)](/y)", "<p><a href=\"/y\">alt</a></p>\n"},
		{"definition list", "term\n: what it is", "<dl>\n<dt>term</dt>\n<dd>what it is</dd>\n</dl>\n"},
		{"code with a language", "```go\na\n```", "<pre><code class=\"language-go\">a\n</code></pre>\n"},
		{"ordered list keeps its start", "3. a", "<ol start=\"3\">\n<li>a</li>\n</ol>\n"},
		{"CRLF", "a\r\nb\r\n", "<p>a\nb</p>\n"},
		{"NUL and bad UTF-8", "a\x00b\xffc", "<p>a\uFFFDb\uFFFDc</p>\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := mustRender(t, tt.src, Options{HeadingShift: 2, IDPrefix: "s1-", Host: "coe.example", LinkID: linkCOE}).HTML
			if got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
			if found := unsafeIn(got, "s1-"); found != nil {
				t.Errorf("unsafe: %v", found)
			}
		})
	}
}

// linkCOE is the kind of function a caller gives.
func linkCOE(id string) string {
	n, ok := strings.CutPrefix(id, "COE-")
	if !ok || strings.Trim(n, "0123456789") != "" {
		return ""
	}
	return "/coes/" + n
}

func TestRender_Tables(t *testing.T) {
	t.Parallel()
	src := "| Service | Failed |\n|:--|--:|\n| a | 1 |\n\n| Service | Failed |\n|-|:-:|\n| b | 2 |\n\n||\n|-|\n|c|\n"
	got := mustRender(t, src, Options{}).HTML
	for _, want := range []string{
		`<div class="scroll" tabindex="0" role="region" aria-label="Table: Service, Failed"><table>`,
		`aria-label="Table: Service, Failed (2)"><table>`,
		`aria-label="Table"><table>`,
		`<th class="num">Failed</th>`, `<td class="num">1</td>`, `<td class="mid">2</td>`, `</table></div>`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("missing %s in\n%s", want, got)
		}
	}
	if strings.Contains(got, "style=") || strings.Contains(got, "align=") {
		t.Error("a style or align attribute is left")
	}
}

func TestRender_Footnotes(t *testing.T) {
	t.Parallel()
	got := mustRender(t, "a[^n] b[^n]\n\n[^n]: the *note*", Options{IDPrefix: "s2-"}).HTML
	for _, want := range []string{
		`<sup id="s2-fnref:1"><a href="#s2-fn:1" class="footnote-ref" role="doc-noteref">1</a></sup>`,
		`<li id="s2-fn:1">`, `role="doc-endnotes"`, `title="Back to the text" role="doc-backlink"`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("missing %s in\n%s", want, got)
		}
	}
	if found := unsafeIn(got, "s2-"); found != nil {
		t.Errorf("unsafe: %v", found)
	}
}

func TestRender_Text(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, src, want string }{
		{"marks are gone", "# The **Alarm**\n\nfired `late`\nat [noon](/x) &amp; again", "The Alarm\n\nfired late\nat noon & again"},
		{"lists", "- a\n- b\n  - c\n\nafter", "a\nb\nc\n\nafter"},
		{"tables", "|a|b|\n|-|-|\n|1|2|\n\nz", "a | b\n1 | 2\n\nz"},
		{"code is kept", "x\n\n```go\na *b*\n```\n\ny", "x\n\na *b*\n\ny"},
		{"comments are not", "a <!-- b --> c\n\n<!-- d -->\n\ne", "a  c\n\ne"},
		{"footnotes follow", "a[^1]\n\n[^1]: note", "a\n\nnote"},
		{"escapes", "1\\. \\*x\\*", "1. *x*"},
		{"identifiers are whole", "in us-east-1, COE-17", "in us-east-1, COE-17"},
		{"addresses and pictures", "<https://a.example> ![alt](/y)", "https://a.example alt"},
		{"nothing", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := mustRender(t, tt.src, Options{LinkID: linkCOE}).Text; got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestRender_IsRepeatable(t *testing.T) {
	t.Parallel()
	src := "# a\n\n# a\n\n|x|\n|-|\n\n[^1] [^1]\n\n[^1]: b COE-17"
	first := mustRender(t, src, Options{LinkID: linkCOE})
	for range 20 {
		if again := mustRender(t, src, Options{LinkID: linkCOE}); again != first {
			t.Fatalf("got %+v, then %+v", first, again)
		}
	}
}

func TestRender_CallerGaveUpBefore(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Render(ctx, "a", Options{}); err != nil && err != context.Canceled {
		t.Errorf("error %v", err)
	}
}

// Whatever level people begin with, headings go on from the one above the text
// and skip none.
func TestRender_Outline(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		"# a\n\n## b\n\n# c":     "34 3",
		"## a\n\n## b\n\n### c":  "334",
		"### a\n\n# b\n\n### c":  "334",
		"# a\n\n#### b\n\n## c":  "344",
		"###### a\n\nAtx\n\n# b": "33",
	} {
		html := mustRender(t, src, Options{HeadingShift: 2, IDPrefix: "s1-"}).HTML
		got := ""
		for i := 0; i+2 < len(html); i++ {
			if html[i] == '<' && html[i+1] == 'h' && html[i+2] >= '1' && html[i+2] <= '6' {
				got += string(html[i+2])
			}
		}
		if got != strings.ReplaceAll(want, " ", "") {
			t.Errorf("%q: levels %s, want %s", src, got, want)
		}
	}
}
