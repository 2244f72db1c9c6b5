package slackfake

import (
	"regexp"
	"strings"
)

// mark is a piece of text as the page shows it. Kind is "text", "nw" (never
// broken: COE-17, us-east-1), "b", "i", "del", "code", "pre", "a" or "br".
type mark struct {
	Kind string
	Text string
	Href string
	Kids []mark
}

var unbroken = regexp.MustCompile(`[A-Za-z]+(-[a-z]+)*-\d+`)

// inlineMarks are the signs that open and close a mark, and what they make.
func inlineMarks() map[byte]string {
	return map[byte]string{'*': "b", '_': "i", '~': "del", '`': "code"}
}

// marksOf reads a text object: plain_text as it is, mrkdwn by Slack's rules.
func marksOf(text object) []mark {
	if textAt(text, "type") == "mrkdwn" {
		return mrkdwn(textAt(text, "text"))
	}
	return plain(textAt(text, "text"))
}

// plain keeps everything but line ends as it was written.
func plain(s string) []mark {
	var out []mark
	for i, line := range strings.Split(s, "\n") {
		if i > 0 {
			out = append(out, mark{Kind: "br"})
		}
		out = append(out, words(line)...)
	}
	return out
}

// words keeps identifiers with a hyphen together.
func words(s string) []mark {
	var out []mark
	from := 0
	for _, at := range unbroken.FindAllStringIndex(s, -1) {
		if at[0] > from {
			out = append(out, mark{Kind: "text", Text: s[from:at[0]]})
		}
		out = append(out, mark{Kind: "nw", Text: s[at[0]:at[1]]})
		from = at[1]
	}
	if from < len(s) {
		out = append(out, mark{Kind: "text", Text: s[from:]})
	}
	return out
}

// mrkdwn reads Slack's markup: bold, italic, struck, code, links and mentions.
func mrkdwn(s string) []mark {
	var out []mark
	for {
		before, rest, found := strings.Cut(s, "```")
		inside, after, closed := strings.Cut(rest, "```")
		if !found || !closed {
			return append(out, inline(s)...)
		}
		out = append(out, inline(before)...)
		out = append(out, mark{Kind: "pre", Text: unescape(strings.Trim(inside, "\n"))})
		s = after
	}
}

// inline reads one run of text outside of code blocks.
func inline(s string) []mark {
	var out []mark
	from := 0
	flush := func(to int) {
		if to > from {
			out = append(out, plain(unescape(s[from:to]))...)
		}
	}
	for i := 0; i < len(s); {
		m, end := markAt(s, i)
		if end == 0 {
			i++
			continue
		}
		flush(i)
		out = append(out, m)
		i, from = end, end
	}
	flush(len(s))
	return out
}

// markAt gives the mark that begins at i and where it ends, or 0.
func markAt(s string, i int) (mark, int) {
	if s[i] == '<' {
		inside, _, closed := strings.Cut(s[i+1:], ">")
		if !closed {
			return mark{}, 0
		}
		return reference(inside), i + len(inside) + 2
	}
	kind, ok := inlineMarks()[s[i]]
	if !ok || i > 0 && wordByte(s[i-1]) {
		return mark{}, 0
	}
	n := strings.IndexByte(s[i+1:], s[i])
	if n < 1 || strings.Contains(s[i+1:i+1+n], "\n") || s[i+1] == ' ' || s[i+n] == ' ' {
		return mark{}, 0
	}
	end := i + n + 2
	if end < len(s) && wordByte(s[end]) {
		return mark{}, 0
	}
	inside := s[i+1 : i+1+n]
	if kind == "code" {
		return mark{Kind: kind, Text: unescape(inside)}, end
	}
	return mark{Kind: kind, Kids: inline(inside)}, end
}

// reference reads what stands between < and >: a link, a mention or a date.
func reference(inside string) mark {
	target, label, labelled := strings.Cut(inside, "|")
	switch {
	case strings.HasPrefix(target, "!date^"):
		return mark{Kind: "text", Text: unescape(label)}
	case strings.HasPrefix(target, "@"), strings.HasPrefix(target, "!"), strings.HasPrefix(target, "#"):
		if labelled {
			return mark{Kind: "b", Kids: words("@" + unescape(strings.TrimPrefix(label, "@")))}
		}
		return mark{Kind: "b", Kids: words("@" + strings.TrimLeft(target, "@!#"))}
	case strings.HasPrefix(target, "http://"), strings.HasPrefix(target, "https://"), strings.HasPrefix(target, "mailto:"):
		if !labelled {
			label = target
		}
		return mark{Kind: "a", Href: unescape(target), Kids: inline(label)}
	}
	return mark{Kind: "text", Text: unescape("<" + inside + ">")}
}

func unescape(s string) string {
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(s)
}

func wordByte(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z' || b >= 0x80
}
