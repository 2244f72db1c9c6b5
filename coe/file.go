package coe

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"coetracker/internal/fault"
)

// This is format 1 of the file of one COE. It is Markdown that people can
// read, and holds everything a restore needs:
//
//	---
//	coe: 1
//	uid: …              the keys of frontKeys, in that order
//	---
//
//	## Impact <!-- coe:impact -->
//
//	The text as it was typed, followed by one line end and one empty line.
//
//	- A row: its text, whose further lines
//	  continue indented,
//	  affected: 410           its fields, of which empty ones are left out
//	  detail: a field may have
//	    several lines, indented twice
//	  <!-- abcdefgh -->       and its key
//
// A typed line that would read as one of these marks, after any leading
// backslashes, gets one more backslash. See escape.

// fileFormat is the version of the format that Write writes.
const fileFormat = 1

// maxFile bounds what Read takes.
const maxFile = 32 << 20

// File is a COE read from its file. The document's ids count within the file
// only: people are known by e-mail, teams and services by name.
type File struct {
	Document *Document

	places map[string]int      // line of each section and row, by place
	texts  map[SectionName]int // line on which a section's text begins
}

// IsFile reports whether the bytes are a COE in our own format, rather than a
// review that somebody wrote elsewhere.
func IsFile(b []byte) bool {
	b = bytes.TrimPrefix(b, []byte("\ufeff"))
	front, ok := bytes.CutPrefix(b, []byte("---"))
	if !ok || len(front) == 0 || front[0] != '\n' && front[0] != '\r' {
		return false
	}
	for line := range bytes.Lines(front[1:]) {
		line = bytes.TrimRight(line, "\r\n \t")
		switch {
		case bytes.Equal(line, []byte("---")):
			return false
		case bytes.HasPrefix(line, []byte("coe:")):
			return true
		}
	}
	return false
}

// Line gives the line of the file, from 1, that a finding is about: that of
// its place when the finding names no line within it.
func (f *File) Line(x Finding) int {
	if from, ok := f.texts[SectionName(x.Place)]; ok && x.Line > 0 {
		return from + x.Line - 1
	}
	part, _, _ := strings.Cut(x.Place, "/")
	for _, place := range []string{x.Place, part} {
		if line, ok := f.places[place]; ok {
			return line
		}
	}
	return 1
}

// Write gives the canonical bytes of a document: the same document always
// gives the same bytes, and Read gives it back.
func Write(d *Document) ([]byte, error) {
	w := &fileWriter{names: newNames(d), d: d}
	w.front()
	for _, name := range SectionNames {
		w.section(name)
	}
	w.files()
	w.record()
	return []byte(w.b.String()), w.names.err
}

// Read reads a file that Write wrote, or that somebody edited. What it cannot
// take is a fault.Invalid whose sentence begins with the line.
func Read(b []byte) (*File, error) {
	text, err := plainText(b)
	if err != nil {
		return nil, err
	}
	d := &Document{Sections: map[SectionName]Section{}, Answers: map[string]Answer{}}
	r := &fileReader{
		lines: strings.Split(strings.TrimSuffix(text, "\n"), "\n"), names: newNames(d), d: d,
		file: &File{Document: d, places: map[string]int{}, texts: map[SectionName]int{}},
	}
	if err := r.read(); err != nil {
		return nil, err
	}
	return r.file, nil
}

// plainText refuses what is no text. A file whose first line ends in CRLF was
// converted as a whole, so its line ends say nothing.
func plainText(b []byte) (string, error) {
	if len(b) > maxFile {
		return "", fault.Invalidf("file", "This file is larger than %d MB.", maxFile>>20)
	}
	text := strings.TrimPrefix(string(b), "\ufeff")
	for i, line := range strings.Split(text, "\n") {
		if !utf8.ValidString(line) || strings.ContainsRune(line, 0) {
			return "", badLine(i+1, "this is not text in UTF-8.")
		}
	}
	if strings.HasPrefix(text, "---\r\n") {
		text = lf(text)
	}
	return text, nil
}

// badLine says what is wrong on a line of the file, from 1.
func badLine(line int, format string, args ...any) error {
	return fault.Invalidf("file", "Line %d: "+format, append([]any{line}, args...)...)
}
