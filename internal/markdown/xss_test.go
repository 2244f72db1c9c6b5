package markdown

import (
	"encoding/json"
	"strings"
	"testing"
)

// attacks are written for this package: each tries one way into the page.
var attacks = []string{
	`<script>alert(1)</script>`,
	`<img src=x onerror=alert(1)>`,
	`<svg onload=alert(1)><a href="x">`,
	`<iframe srcdoc="<script>alert(1)</script>">`,
	`<a href="javascript:alert(1)">x</a>`,
	`[x](javascript:alert(1))`,
	`[x](JaVaScRiPt:alert(1))`,
	`[x](java&#115;cript:alert(1))`,
	`[x](java&Tab;script:alert(1))`,
	"[x](<java\tscript:alert(1)>)",
	`[x](&#x6A;avascript:alert(1))`,
	`[x]( javascript:alert(1))`,
	`[x](\x01javascript:alert(1))`,
	`[x](data:text/html;base64,PHNjcmlwdD4=)`,
	`[x](vbscript:msgbox(1))`,
	`[x](file:///etc/passwd)`,
	`[x][r]` + "\n\n" + `[r]: javascript:alert(1)`,
	`<javascript:alert(1)>`,
	`![x](javascript:alert(1))`,
	`![x](data:image/svg+xml,<svg onload=alert(1)>)`,
	`![x" onerror="alert(1)](/y)`,
	`![x](/y" onerror="alert(1))`,
	`[x](/y "t\" onmouseover=\"alert(1)")`,
	`[x](/y 't" onmouseover="alert(1)')`,
	"```\" onclick=\"alert(1)\nx\n```",
	"```x onclick=alert(1)\nx\n```",
	`# x {onclick=alert(1)}`,
	`# x {#id onclick="alert(1)"}`,
	`# "><script>alert(1)</script>`,
	`| <script>alert(1)</script> |` + "\n|-|\n| \"><img src=x onerror=alert(1)> |",
	`[^"><script>]: x` + "\n\n" + `[^"><script>]`,
	`<!--><script>alert(1)</script>-->`,
	`<!-- --!><img src=x onerror=alert(1)>`,
	`<![CDATA[<script>alert(1)</script>]]>`,
	`<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>`,
	`<noscript><p title="</noscript><img src=x onerror=alert(1)>">`,
	`<style>@import 'https://evil.example/x.css';</style>`,
	`<base href="https://evil.example/">`,
	`<meta http-equiv=refresh content="0;url=https://evil.example">`,
	`<form action=https://evil.example><input name=token></form>`,
	`<p id="location" style="position:fixed">x`,
	`COE-1"onmouseover=alert(1)`,
	"<a\nhref=\"javascript:alert(1)\">x",
	"<https://a.example/\"onmouseover=\"alert(1)>",
	"https://a.example/\"onmouseover=\"alert(1)",
	"- [x] <img src=x onerror=alert(1)>",
	"term\n: <img src=x onerror=alert(1)>",
	"> <script>alert(1)</script>",
	"\u2028<script>alert(1)</script>\u202e",
	"<scr\x00ipt>alert(1)</scr\x00ipt>",
}

func TestRender_OwnAttacks(t *testing.T) {
	t.Parallel()
	for _, src := range attacks {
		noAttack(t, src)
		noAttack(t, "> - "+src)
		noAttack(t, "|h|\n|-|\n|"+strings.ReplaceAll(src, "\n", " ")+"|")
		noAttack(t, "# "+src)
		noAttack(t, "["+src+"](/x)")
	}
}

// noAttack renders src and looks at the result as a browser would.
func noAttack(t *testing.T, src string) {
	t.Helper()
	html := mustRender(t, src, Options{IDPrefix: "s1-", LinkID: linkCOE}).HTML
	if found := unsafeIn(html, "s1-"); found != nil {
		t.Errorf("%q gives %v in\n%s", src, found, html)
	}
}

func TestRender_SharedAttacks(t *testing.T) {
	t.Parallel()
	var cases []struct {
		Title   string
		Payload string
	}
	if err := json.Unmarshal(shared(t, "attacks", "dompurify", "expect.json"), &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) < 200 {
		t.Fatalf("only %d payloads", len(cases))
	}
	for _, c := range cases {
		noAttack(t, c.Payload)
		noAttack(t, "x "+c.Payload)
		noAttack(t, "- "+c.Payload)
	}
}

func TestRender_SharedNaughtyStrings(t *testing.T) {
	t.Parallel()
	for _, line := range strings.Split(string(shared(t, "attacks", "blns", "blns.txt")), "\n") {
		noAttack(t, line)
	}
}

// Every example of the CommonMark specification is an ordinary text.
func TestRender_SharedSpecification(t *testing.T) {
	t.Parallel()
	var cases []struct{ Markdown string }
	if err := json.Unmarshal(shared(t, "attacks", "goldmark", "_test", "spec.json"), &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) != 652 {
		t.Fatalf("%d examples, want 652", len(cases))
	}
	for _, c := range cases {
		noAttack(t, c.Markdown)
	}
}
