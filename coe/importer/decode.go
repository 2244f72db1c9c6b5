package importer

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"coetracker/internal/fault"
)

// decode gives the text of a file with LF line ends. Bytes that are not UTF-8
// are read as Windows-1252 when that makes a plausible text.
func decode(src []byte) (text string, repaired bool, err error) {
	text = string(src)
	switch {
	case strings.HasPrefix(text, "\xff\xfe"):
		text = fromUTF16(src[2:], true)
	case strings.HasPrefix(text, "\xfe\xff"):
		text = fromUTF16(src[2:], false)
	}
	text = strings.TrimPrefix(text, "\ufeff")
	if looksBinary(text) {
		return "", false, fault.Invalidf("file", "This is not a text file. Save the review as Markdown or plain text and import that.")
	}
	if !utf8.ValidString(text) {
		if text, err = fromWestern(text); err != nil {
			return "", false, err
		}
		repaired = true
	}
	text = strings.ReplaceAll(text, "\r\n", "\n")
	return strings.ReplaceAll(text, "\r", "\n"), repaired, nil
}

// looksBinary reports whether control characters show that this is no text.
func looksBinary(s string) bool {
	control := 0
	for i := range len(s) {
		b := s[i]
		if b == 0 {
			return true
		}
		if b < ' ' && b != '\n' && b != '\r' && b != '\t' && b != '\f' && b != 0x1b {
			control++
		}
	}
	return control*50 > len(s)
}

func fromUTF16(b []byte, little bool) string {
	units := make([]uint16, 0, len(b)/2)
	for i := 0; i+1 < len(b); i += 2 {
		hi, lo := b[i], b[i+1]
		if little {
			hi, lo = lo, hi
		}
		units = append(units, uint16(hi)<<8|uint16(lo))
	}
	return string(utf16.Decode(units))
}

// fromWestern reads stray bytes as Windows-1252. Where more than one byte in
// five is stray, the file is something else.
func fromWestern(s string) (string, error) {
	var b strings.Builder
	stray := 0
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		if r == utf8.RuneError && size == 1 {
			stray++
			r = westernRune(s[0])
			if r == 0 {
				stray += 10
				r = utf8.RuneError
			}
		}
		b.WriteRune(r)
		s = s[size:]
	}
	if stray*5 > b.Len() {
		return "", fault.Invalidf("file", "This file is not UTF-8 text. Save it as UTF-8 and import it again.")
	}
	return b.String(), nil
}

// westernRune gives the character of a byte above 0x7f in Windows-1252; zero
// where that table has none.
func westernRune(b byte) rune {
	if b >= 0xa0 {
		return rune(b)
	}
	table := []rune("€\x00‚ƒ„…†‡ˆ‰Š‹Œ\x00Ž\x00\x00‘’“”•–—˜™š›œ\x00žŸ")
	return table[b-0x80]
}
