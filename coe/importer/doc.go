package importer

import (
	"path/filepath"
	"slices"
	"strings"
	"time"

	"coetracker/timeline"
)

// lead is the time at the beginning of a line, if there is one.
type lead struct {
	ok    bool
	stamp timeline.Stamp
	text  string // the line behind the time
}

// doc is a review while it is being read.
type doc struct {
	o      Options
	lines  []line
	parts  []part
	partOf []int  // part index of each line
	leads  []lead // of each line
	used   []bool // lines that went into events or actions
	refs   map[string]string

	zone       *time.Location
	date       *time.Time // midnight of the document's day in its zone
	label      string     // the zone as the text states it
	labelLine  int
	year       int // of dates that name none, where no full date is known; 0 for none
	dateLine   int // where the date was found, from 1; 0 elsewhere
	items      []item
	keys       []keyLine
	spans      []keySpan
	stated     []stated
	titleLine  int             // index of the heading that gives the title; -1 for none
	fixed      map[string]bool // references that some line calls fixed
	said       map[string]bool // remarks on zone labels that were made
	eventIndex map[int64]int   // first event of each microsecond
	dateCount  []int           // lines of each part that begin with a day
	r          Review
}

func newDoc(text string, o Options) *doc {
	d := &doc{o: o, lines: readLines(text), said: map[string]bool{}}
	d.parts = readParts(d.lines)
	d.partOf = make([]int, len(d.lines))
	d.leads = make([]lead, len(d.lines))
	d.used = make([]bool, len(d.lines))
	for p, part := range d.parts {
		from := part.first
		if part.head >= 0 {
			from = part.head
		}
		for i := from; i < part.last; i++ {
			d.partOf[i] = p
		}
	}
	d.dateCount = make([]int, len(d.parts))
	for i, l := range d.lines {
		d.leads[i] = leadOf(l)
		if d.leads[i].ok && d.leads[i].stamp.HasDate() {
			d.dateCount[d.partOf[i]]++
		}
	}
	d.refs = references(d.lines)
	return d
}

// leadOf reads the time a line begins with. Code, tables and front matter
// have none of their own.
func leadOf(l line) lead {
	if l.kind != heading && l.kind != bullet && l.kind != paragraph {
		return lead{}
	}
	if l.kind == paragraph && l.indent >= 8 || placeholder(l.body) {
		return lead{}
	}
	st, text, ok := timeline.Lead(l.body, timeline.Document)
	return lead{ok, st, text}
}

// placeholder recognises the example line of a template: "HH:mm Event".
func placeholder(s string) bool {
	s = strings.ToLower(s)
	return strings.Contains(s, "hh:mm") || strings.Contains(s, "yyyy-mm-dd") && !strings.ContainsAny(s, "0123456789")
}

// references collects the addresses of links by reference.
func references(lines []line) map[string]string {
	refs := map[string]string{}
	for _, l := range lines {
		if l.kind != linkDef {
			continue
		}
		name, address, _ := strings.Cut(l.body[1:], "]:")
		refs[strings.ToLower(name)] = strings.TrimSpace(address)
	}
	return refs
}

func (d *doc) warn(line int, message string) {
	d.r.Warnings = append(d.r.Warnings, Warning{Line: max(line, 1), Message: message})
}

// part gives the part of a line.
func (d *doc) part(i int) part { return d.parts[d.partOf[i]] }

// prose reports whether a line is text that the author wrote, neither code
// nor an address list nor a quotation.
func (d *doc) prose(i int) bool {
	k := d.lines[i].kind
	return (k == heading || k == paragraph || k == bullet || k == tableRow) && !strings.HasPrefix(d.lines[i].body, ">")
}

// fileTitle makes a title from the file name.
func (d *doc) fileTitle() string {
	base := filepath.Base(strings.ReplaceAll(d.o.FileName, "\\", "/"))
	base = strings.TrimSuffix(base, filepath.Ext(base))
	if base == "." || base == "/" {
		return ""
	}
	return strings.TrimSpace(strings.NewReplacer("_", " ").Replace(base))
}

// finish sorts the warnings and checks that no word was lost.
func (d *doc) finish() Review {
	d.r.Unplaced = d.unplaced()
	slices.SortStableFunc(d.r.Warnings, func(a, b Warning) int { return a.Line - b.Line })
	seen := map[Warning]bool{}
	d.r.Warnings = slices.DeleteFunc(d.r.Warnings, func(w Warning) bool {
		again := seen[w]
		seen[w] = true
		return again
	})
	return d.r
}
