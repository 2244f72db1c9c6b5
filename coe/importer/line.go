package importer

import "strings"

// kind is what a line is in Markdown.
type kind int

const (
	blank kind = iota
	paragraph
	heading
	bullet
	tableRow
	code    // inside a fence, or the fence itself
	front   // front matter
	comment // inside an HTML comment
	linkDef // [ref]: address
	rule    // --- and the like
)

// line is one line of the source and what it is.
type line struct {
	raw    string
	kind   kind
	indent int    // columns before the text
	level  int    // of a heading
	body   string // without heading, bullet and number marks
	fence  bool   // opens or closes a code block
}

// readLines finds out what each line is. One pass, no looking back further
// than a line, so its cost grows with the text only.
func readLines(text string) []line {
	raws := strings.Split(text, "\n")
	lines := make([]line, len(raws))
	start := frontMatter(raws)
	fence, inComment := "", false
	for i, raw := range raws {
		l := &lines[i]
		l.raw = strings.TrimRight(raw, " \t\r")
		l.indent = columns(l.raw)
		l.body = strings.TrimSpace(l.raw)
		switch {
		case i < start:
			l.kind = front
		case fence != "":
			l.kind = code
			if closesFence(l.body, fence) {
				fence, l.fence = "", true
			}
		case inComment:
			l.kind = comment
			inComment = !strings.Contains(l.raw, "-->")
		default:
			classifyLine(l)
			if l.kind == code {
				fence = fenceMark(l.body)
			}
			if l.kind == comment {
				inComment = !strings.Contains(l.raw, "-->")
			}
		}
	}
	setextHeadings(lines)
	return lines
}

// classifyLine tells what a line outside code and comments is.
func classifyLine(l *line) {
	s := l.body
	switch {
	case s == "":
		l.kind = blank
	case fenceMark(s) != "":
		l.kind, l.fence = code, true
	case strings.HasPrefix(s, "<!--"):
		l.kind = comment
	case headingLevel(s) > 0 && l.indent < 4:
		l.kind, l.level = heading, headingLevel(s)
		l.body = strings.TrimSpace(strings.TrimRight(strings.TrimLeft(s, "#"), "# "))
	case isRule(s):
		l.kind = rule
	case linkDefinition(s):
		l.kind = linkDef
	case strings.HasPrefix(s, "|") || strings.Count(s, "|") > 1 && strings.Contains(s, " | "):
		l.kind = tableRow
	case bulletMark(s) > 0:
		l.kind = bullet
		l.body = strings.TrimSpace(s[bulletMark(s):])
	default:
		l.kind = paragraph
	}
}

// frontMatter gives the number of lines of a leading block between --- marks.
func frontMatter(raws []string) int {
	if len(raws) == 0 || strings.TrimRight(raws[0], " \t\r") != "---" {
		return 0
	}
	for i := 1; i < len(raws) && i < 60; i++ {
		s := strings.TrimRight(raws[i], " \t\r")
		if s == "---" || s == "..." {
			return i + 1
		}
		if s != "" && !strings.Contains(s, ":") && s[0] != ' ' && s[0] != '-' && s[0] != '#' {
			return 0
		}
	}
	return 0
}

func columns(s string) int {
	n := 0
	for i := range len(s) {
		switch s[i] {
		case ' ':
			n++
		case '\t':
			n += 4 - n%4
		default:
			return n
		}
	}
	return n
}

// fenceMark gives the run of marks that opens a code block. A line that also
// closes it is text, not a block.
func fenceMark(s string) string {
	for _, c := range []string{"`", "~"} {
		n := len(s) - len(strings.TrimLeft(s, c))
		if n >= 3 && !strings.Contains(s[n:], c) {
			return s[:n]
		}
	}
	return ""
}

func closesFence(s, fence string) bool {
	return strings.HasPrefix(s, fence) && strings.Trim(s, fence[:1]) == ""
}

func headingLevel(s string) int {
	n := len(s) - len(strings.TrimLeft(s, "#"))
	if n == 0 || n > 6 || n < len(s) && s[n] != ' ' && s[n] != '\t' {
		return 0
	}
	return n
}

func isRule(s string) bool {
	t := strings.ReplaceAll(s, " ", "")
	return len(t) >= 3 && (strings.Trim(t, "-") == "" || strings.Trim(t, "*") == "" || strings.Trim(t, "_") == "" || strings.Trim(t, "=") == "")
}

// linkDefinition recognises "[ref]: address", but no footnote.
func linkDefinition(s string) bool {
	end := strings.Index(s, "]:")
	return strings.HasPrefix(s, "[") && end > 1 && s[1] != '^' && !strings.Contains(s[:end], "](") && strings.TrimSpace(s[end+2:]) != "" && !strings.Contains(strings.TrimSpace(s[end+2:]), " ")
}

// bulletMark gives the length of a bullet or list number and its blank.
func bulletMark(s string) int {
	for _, b := range []string{"- ", "* ", "+ ", "• ", "‣ ", "◦ ", "-\t", "*\t", "+\t"} {
		if strings.HasPrefix(s, b) {
			return len(b)
		}
	}
	if s == "-" || s == "*" || s == "+" {
		return 1
	}
	n := 0
	for n < len(s) && n < 3 && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	if n > 0 && n+1 < len(s) && (s[n] == '.' || s[n] == ')') && (s[n+1] == ' ' || s[n+1] == '\t') {
		return n + 2
	}
	return 0
}

// setextHeadings turns a paragraph line with === or --- under it into a heading.
func setextHeadings(lines []line) {
	for i := 1; i < len(lines); i++ {
		under := strings.TrimSpace(lines[i].raw)
		if lines[i].kind != rule || lines[i-1].kind != paragraph || len(under) < 3 {
			continue
		}
		if i >= 2 && lines[i-2].kind != blank && lines[i-2].kind != front {
			continue
		}
		level := 2
		if strings.Trim(under, "=") == "" {
			level = 1
		} else if strings.Trim(under, "-") != "" {
			continue
		}
		lines[i-1].kind, lines[i-1].level = heading, level
		lines[i-1].raw = strings.Repeat("#", level) + " " + lines[i-1].body
		lines[i].kind, lines[i].raw, lines[i].body = blank, "", ""
	}
}

// plain takes Markdown marks away from a short text such as a heading.
func plain(s string) string {
	s = strings.NewReplacer("**", "", "__", "", "`", "", "<b>", "", "</b>", "", "<u>", "", "</u>", "").Replace(s)
	s = linkText(s)
	return strings.TrimSpace(strings.Trim(strings.TrimSpace(s), "*_:"))
}

// linkText replaces [text](address) and [text][ref] by text.
func linkText(s string) string {
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '[')
		if i < 0 {
			break
		}
		j := strings.IndexByte(s[i:], ']')
		if j < 0 {
			break
		}
		end := i + j + 1
		rest := s[end:]
		shut := byte(0)
		if strings.HasPrefix(rest, "(") {
			shut = ')'
		} else if strings.HasPrefix(rest, "[") {
			shut = ']'
		}
		k := -1
		if shut != 0 {
			k = strings.IndexByte(rest, shut)
		}
		if k < 0 {
			b.WriteString(s[:end])
			s = rest
			continue
		}
		b.WriteString(s[:i] + s[i+1:end-1])
		s = rest[k+1:]
	}
	return b.String() + s
}
