package slackfake

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jba/templatecheck"
	"github.com/slack-go/slack"
	"golang.org/x/net/html"
)

func TestTemplateFitsItsData(t *testing.T) {
	t.Parallel()
	if err := templatecheck.CheckHTML(newPage().html, pageData{}); err != nil {
		t.Error(err)
	}
}

// page fetches an address and parses what comes.
func (b *bundle) page(t *testing.T, path string) (*html.Node, *http.Response) {
	t.Helper()
	resp, err := http.Get(b.url + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	doc, err := html.Parse(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return doc, resp
}

func all(n *html.Node, match func(*html.Node) bool) []*html.Node {
	var found []*html.Node
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && match(d) {
			found = append(found, d)
		}
	}
	return found
}

func tag(names ...string) func(*html.Node) bool {
	return func(n *html.Node) bool { return slices.Contains(names, n.Data) }
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, key string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == key })
}

func said(n *html.Node) string {
	var sb strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			sb.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(sb.String()), " ")
}

// fill gives what a browser would send when a button of a form is pressed.
func fill(form, pressed *html.Node, typed map[string]string) (action string, values url.Values) {
	action, values = attr(form, "action"), url.Values{}
	for _, in := range all(form, tag("input", "select", "textarea")) {
		name, value := attr(in, "name"), attr(in, "value")
		if in.Data == "select" {
			for _, o := range all(in, tag("option")) {
				if has(o, "selected") || value == "" {
					value = attr(o, "value")
				}
			}
		}
		if box := attr(in, "type") == "checkbox" || attr(in, "type") == "radio"; name == "" || box && !has(in, "checked") {
			continue
		}
		if v, ok := typed[attr(in, "id")]; ok {
			value = v
		}
		values.Add(name, value)
	}
	if has(pressed, "formaction") {
		action = attr(pressed, "formaction")
	}
	if name := attr(pressed, "name"); name != "" {
		values.Set(name, attr(pressed, "value"))
	}
	return action, values
}

// click presses the button that says so and gives the page one lands on.
func (b *bundle) click(t *testing.T, doc *html.Node, says string, typed map[string]string) *html.Node {
	t.Helper()
	for _, form := range all(doc, tag("form")) {
		for _, button := range all(form, tag("button")) {
			if said(button) != says {
				continue
			}
			action, values := fill(form, button, typed)
			resp, err := http.PostForm(b.url+action, values)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				t.Fatalf("%s led to %d", says, resp.StatusCode)
			}
			next, err := html.Parse(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			return next
		}
	}
	t.Fatalf("there is no button %q", says)
	return nil
}

// crowded is a stand-in with every kind of block and an open modal.
func crowded(t *testing.T) *bundle {
	b := setup(t)
	b.control(t, "POST", "/_fake/channels", `[{"id":"C9","name":"storage"}]`, nil)
	d := b.open(t, "U1")
	b.call(t, "chat.postMessage", url.Values{"channel": {d}, "text": {"x"}, "blocks": {everyBlock}})
	ts := b.post(t, d, text("x"), button("act:5", "done", "5"))
	b.opensModal(t, modal())
	b.press(t, d, ts, "done", "U1")
	b.answer(nil)
	b.call(t, "chat.postMessage", url.Values{"channel": {"#x"}, "text": {"x"}})
	b.breakNext(t, `[{"method":"users.info","kind":"500"}]`)
	return b
}

const everyBlock = `[
 {"type":"header","text":{"type":"plain_text","text":"You owe one action"}},
 {"type":"section","text":{"type":"mrkdwn","text":"*A-5* in us-east-1, <https://coe.example.com/coes/17|COE-17> &lt;now&gt; <script>"},
  "accessory":{"type":"overflow","action_id":"more","options":[{"text":{"type":"plain_text","text":"Snooze"},"value":"s"}]}},
 {"type":"section","fields":[{"type":"mrkdwn","text":"a"},{"type":"mrkdwn","text":"b"}]},
 {"type":"divider"},
 {"type":"image","image_url":"https://example.com/x.png","alt_text":"a curve"},
 {"type":"context","elements":[{"type":"mrkdwn","text":"Why you get this"},{"type":"image","image_url":"https://example.com/x.png","alt_text":"logo"}]},
 {"type":"input","label":{"type":"plain_text","text":"Which"},"element":{"type":"radio_buttons","action_id":"r","options":[{"text":{"type":"plain_text","text":"One"},"value":"1"}]}},
 {"type":"actions","elements":[
  {"type":"button","action_id":"drop","style":"danger","text":{"type":"plain_text","text":"Not doing"},
   "confirm":{"title":{"type":"plain_text","text":"Sure?"},"text":{"type":"plain_text","text":"It stays visible."},"confirm":{"type":"plain_text","text":"Yes, drop it"},"deny":{"type":"plain_text","text":"No"}}},
  {"type":"button","action_id":"open","url":"https://coe.example.com/","text":{"type":"plain_text","text":"Open"}},
  {"type":"static_select","action_id":"sel","options":[{"text":{"type":"plain_text","text":"One"},"value":"1"}]},
  {"type":"users_select","action_id":"usr"},{"type":"datepicker","action_id":"day"},
  {"type":"checkboxes","action_id":"chk","options":[{"text":{"type":"plain_text","text":"One"},"value":"1"}]}]}]`

func TestPageCanBeUsedByEverybody(t *testing.T) {
	t.Parallel()
	b := crowded(t)
	for _, path := range []string{"/", "/?who=U2", "/?who=C9", "/?who=U9"} {
		doc, resp := b.page(t, path)
		csp := resp.Header.Get("Content-Security-Policy")
		if resp.StatusCode != 200 || !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: %d, %s", path, resp.StatusCode, csp)
		}
		if n := len(all(doc, tag("script", "style"))) + len(all(doc, func(n *html.Node) bool { return has(n, "style") })); n != 0 {
			t.Errorf("%s: %d scripts and styles inside the page", path, n)
		}
		if root := all(doc, tag("html")); attr(root[0], "lang") != "en" {
			t.Errorf("%s: no language", path)
		}
		if len(all(doc, tag("main"))) != 1 || len(all(doc, tag("h1"))) != 1 || len(all(doc, func(n *html.Node) bool { return attr(n, "class") == "skip" })) != 1 {
			t.Errorf("%s: main, h1 or the skip link is missing", path)
		}
		checkIDs(t, path, doc)
		checkLabels(t, path, doc)
	}
}

func checkIDs(t *testing.T, path string, doc *html.Node) {
	t.Helper()
	seen := map[string]bool{}
	for _, n := range all(doc, func(n *html.Node) bool { return has(n, "id") }) {
		if id := attr(n, "id"); seen[id] {
			t.Errorf("%s: the id %q is there twice", path, id)
		} else {
			seen[id] = true
		}
	}
}

// checkLabels wants a label for every field and a name for every button.
func checkLabels(t *testing.T, path string, doc *html.Node) {
	t.Helper()
	labelled := map[string]bool{}
	for _, l := range all(doc, tag("label")) {
		labelled[attr(l, "for")] = said(l) != ""
	}
	for _, in := range all(doc, tag("input", "select", "textarea")) {
		if attr(in, "type") != "hidden" && !labelled[attr(in, "id")] {
			t.Errorf("%s: the field %q has no label", path, attr(in, "name"))
		}
	}
	for _, n := range all(doc, tag("button", "a", "summary", "legend", "h1", "h2", "h3")) {
		if said(n) == "" {
			t.Errorf("%s: a %s without words", path, n.Data)
		}
	}
}

func TestPageShowsTheMessagesOfOnePerson(t *testing.T) {
	t.Parallel()
	b := crowded(t)
	doc, _ := b.page(t, "/?who=U1")
	articles := all(doc, tag("article"))
	if len(articles) != 2 {
		t.Fatalf("%d messages shown, want 2", len(articles))
	}
	got := said(articles[1])
	for _, want := range []string{"Wed 15 Mar 2017, 09:00:00", "A-5 in us-east-1, COE-17 <now>", "a curve", "Why you get this logo", "It stays visible."} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in %q", want, got)
		}
	}
	if links := all(articles[1], func(n *html.Node) bool { return attr(n, "href") == "https://coe.example.com/coes/17" }); len(links) != 1 {
		t.Errorf("%d links to the COE", len(links))
	}
	if doc, _ := b.page(t, "/?who=U2"); len(all(doc, tag("article"))) != 0 {
		t.Error("Ana sees the messages of Mei")
	}
}

func TestButtonsOfThePageWork(t *testing.T) {
	t.Parallel()
	b := setup(t)
	d := b.open(t, "U1")
	b.call(t, "chat.postMessage", url.Values{"channel": {d}, "text": {"x"}, "blocks": {everyBlock}})
	b.post(t, d, text("x"), button("act:5", "done", "5"))
	doc, _ := b.page(t, "/")
	b.click(t, doc, "Yes, drop it", nil)
	if a := b.last(t).parsed.ActionCallback.BlockActions[0]; a.ActionID != "drop" || b.last(t).parsed.User.ID != "U1" {
		t.Errorf("sent %+v", a)
	}
	b.opensModal(t, modal())
	doc = b.click(t, doc, "Done", nil)
	if h := all(doc, func(n *html.Node) bool { return attr(n, "id") == "sheet" }); len(h) != 1 || said(h[0]) != "Move the date" {
		t.Fatal("the modal is not on the page")
	}
	v := b.fake.top("U1")

	b.answer(answering(`{"response_action":"errors","errors":{"why":"Say more about it."}}`))
	doc = b.click(t, doc, "Move", map[string]string{v.id + "-0": "flood", v.id + "-1": "2017-03-21"})
	if got := said(doc); !strings.Contains(got, "Say more about it.") {
		t.Errorf("the error is not shown: %s", got)
	}
	kept := all(doc, func(n *html.Node) bool { return attr(n, "id") == v.id+"-0" })
	if len(kept) != 1 || attr(kept[0], "value") != "flood" {
		t.Error("what was typed is gone")
	}
	b.answer(nil)
	doc = b.click(t, doc, "Move", map[string]string{v.id + "-0": "a flood"})
	state := b.last(t).parsed.View.State.Values
	if state["why"]["reason"].Value != "a flood" || state["to"]["day"].SelectedDate != "2017-03-21" {
		t.Errorf("sent %+v", state)
	}
	if h := all(doc, func(n *html.Node) bool { return attr(n, "id") == "sheet" }); len(h) != 0 {
		t.Error("the modal is still there")
	}
	b.noProblems(t)
}

func TestModalOfThePageCanBeLeft(t *testing.T) {
	t.Parallel()
	b := setup(t)
	view := modal()
	view.NotifyOnClose = true
	b.opensModal(t, view)
	b.pressed(t)
	b.answer(nil)
	doc, _ := b.page(t, "/")
	doc = b.click(t, doc, "Cancel", nil)
	if got := b.last(t).parsed; got.Type != "view_closed" || got.View.CallbackID != "move" {
		t.Errorf("sent %+v", got.Type)
	}
	if len(all(doc, func(n *html.Node) bool { return attr(n, "class") == "sheet" })) != 0 {
		t.Error("the modal is still there")
	}
}

func TestPageBreaksTheNextCall(t *testing.T) {
	t.Parallel()
	b := setup(t)
	doc, _ := b.page(t, "/")
	doc = b.click(t, doc, "Set", map[string]string{"fk": "invalid_auth", "fm": "auth.test", "fa": "0", "ft": "2"})
	if got := said(doc); !strings.Contains(got, "auth.test, invalid_auth, 2 to go") {
		t.Errorf("the fault is not shown: %s", got)
	}
	if _, err := b.api.AuthTestContext(t.Context()); err == nil || err.Error() != "invalid_auth" {
		t.Errorf("the next call: %v", err)
	}
	doc, _ = b.page(t, "/")
	if got := said(doc); !strings.Contains(got, "fault invalid_auth") {
		t.Errorf("the log does not show it: %s", got)
	}
	b.click(t, doc, "Clear the faults", nil)
	if _, err := b.api.AuthTestContext(t.Context()); err != nil {
		t.Errorf("after clearing: %v", err)
	}
}

func TestPageSaysWhenAPressCameToNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.answer(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
	b.post(t, b.open(t, "U1"), text("x"), button("b", "done", "5"))
	doc, _ := b.page(t, "/")
	if got := said(b.click(t, doc, "Done", nil)); !strings.Contains(got, "the program answered 500") {
		t.Errorf("not said: %s", got)
	}
}

func TestOtherSitesCannotPress(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, path := range []string{"/press", "/submit", "/dismiss", "/break", "/_fake/faults", "/_fake/press"} {
		req, _ := http.NewRequestWithContext(t.Context(), "POST", b.url+path, strings.NewReader(""))
		req.Header.Set("Sec-Fetch-Site", "cross-site")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusForbidden {
			t.Errorf("%s answered %d", path, resp.StatusCode)
		}
	}
}

func TestMarkup(t *testing.T) {
	t.Parallel()
	w := func(s string) mark { return mark{Kind: "text", Text: s} }
	tests := map[string][]mark{
		"plain":                        {w("plain")},
		"*bold* now":                   {{Kind: "b", Kids: []mark{w("bold")}}, w(" now")},
		"2*3*4":                        {w("2*3*4")},
		"a * b * c":                    {w("a * b * c")},
		"snake_case_word":              {w("snake_case_word")},
		"_it_ ~no~":                    {{Kind: "i", Kids: []mark{w("it")}}, w(" "), {Kind: "del", Kids: []mark{w("no")}}},
		"`a*b*`":                       {{Kind: "code", Text: "a*b*"}},
		"```x\n*y*```":                 {{Kind: "pre", Text: "x\n*y*"}},
		"a\nb":                         {w("a"), {Kind: "br"}, w("b")},
		"&lt;!channel&gt; &amp;":       {w("<!channel> &")},
		"<!channel>":                   {{Kind: "b", Kids: []mark{w("@channel")}}},
		"<@U1|mei>":                    {{Kind: "b", Kids: []mark{w("@mei")}}},
		"<https://a.example/|*COE-7*>": {{Kind: "a", Href: "https://a.example/", Kids: []mark{{Kind: "b", Kids: []mark{{Kind: "nw", Text: "COE-7"}}}}}},
		"<javascript:alert()|x>":       {w("<javascript:alert()|x>")},
		"<!date^1^{date}|2017-03-15>":  {w("2017-03-15")},
		"in us-east-1.":                {w("in "), {Kind: "nw", Text: "us-east-1"}, w(".")},
		"<unclosed":                    {w("<unclosed")},
	}
	for in, want := range tests {
		if diff := cmp.Diff(want, mrkdwn(in)); diff != "" {
			t.Errorf("%q: %s", in, diff)
		}
	}
}

func TestStyleSheetAndIconAreServed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for path, want := range map[string]int{"/page.css": 200, "/favicon.ico": 204, "/nothing": 404} {
		_, resp := b.page(t, path)
		if resp.StatusCode != want {
			t.Errorf("%s answered %d, want %d", path, resp.StatusCode, want)
		}
	}
}

func TestPressInAModalOfThePageKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	b := setup(t)
	view := modal()
	view.Blocks.BlockSet = append(view.Blocks.BlockSet, slack.NewActionBlock("more",
		slack.NewButtonBlockElement("explain", "1", slack.NewTextBlockObject("plain_text", "Explain", false, false)),
		slack.NewDatePickerBlockElement("from")))
	b.opensModal(t, view)
	b.pressed(t)
	b.answer(nil)
	doc, _ := b.page(t, "/")
	id := b.fake.top("U1").id
	doc = b.click(t, doc, "Explain", map[string]string{id + "-0": "half a rea", id + "-4": "2017-03-20"})
	ic := b.last(t).parsed
	if a := ic.ActionCallback.BlockActions[0]; a.ActionID != "explain" || a.Value != "1" || ic.Container.ViewID != id {
		t.Errorf("sent %+v", a)
	}
	if got := ic.View.State.Values["why"]["reason"].Value; got != "half a rea" {
		t.Errorf("the state holds %q", got)
	}
	b.click(t, doc, "Choose", nil)
	if a := b.last(t).parsed.ActionCallback.BlockActions[0]; a.ActionID != "from" || a.SelectedDate != "2017-03-20" {
		t.Errorf("sent %+v", a)
	}
}

func TestSomebodyPressesInAChannel(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.control(t, "POST", "/_fake/channels", `[{"id":"C9","name":"storage"}]`, nil)
	b.post(t, "C9", text("x"), button("b", "done", "5"))
	doc, _ := b.page(t, "/?who=C9")
	if doc = b.click(t, doc, "Done", nil); !strings.Contains(said(doc), "Messages to #storage") {
		t.Error("one does not come back to the channel")
	}
	ic := b.last(t).parsed
	if ic.User.ID != "U1" || ic.Channel.Name != "storage" {
		t.Errorf("sent by %s in %s", ic.User.ID, ic.Channel.Name)
	}
}
