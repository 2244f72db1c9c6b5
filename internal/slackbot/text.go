package slackbot

import (
	"strings"
	"unicode"
)

// escape makes a text inert in mrkdwn: no mention, no link, no formatting.
// Slack has no escape for the marks of formatting, so a space without width
// keeps them from touching a word.
func escape(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch r {
		case '&':
			b.WriteString("&amp;")
		case '<':
			b.WriteString("&lt;")
		case '>':
			b.WriteString("&gt;")
		case '*', '_', '~', '`':
			b.WriteString("\u200b" + string(r) + "\u200b")
		case '\n', '\r', '\t':
			b.WriteByte(' ')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// cut shortens a text to at most n characters, at a word where there is one,
// and never within an emoji or an accented letter.
func cut(s string, n int) string {
	runes := []rune(strings.Join(strings.Fields(s), " "))
	if len(runes) <= n {
		return string(runes)
	}
	end := n - 1
	for end > 0 && joins(runes[end-1], runes[end]) {
		end--
	}
	for i := end; i > end-20 && i > n/2; i-- {
		if runes[i] == ' ' {
			end = i
			break
		}
	}
	return strings.TrimRight(string(runes[:end]), " ") + "…"
}

const zeroWidthJoiner = '\u200d'

// joins reports whether two characters make one sign together.
func joins(a, b rune) bool {
	switch {
	case b == zeroWidthJoiner, a == zeroWidthJoiner:
		return true
	case unicode.In(b, unicode.Mn, unicode.Me, unicode.Mc): // accents, variation selectors
		return true
	case b >= 0x1F3FB && b <= 0x1F3FF: // tones of skin
		return true
	case regional(a) && regional(b): // flags
		return true
	}
	return false
}

func regional(r rune) bool { return r >= 0x1F1E6 && r <= 0x1F1FF }
