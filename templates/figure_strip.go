package templates

import (
	"fmt"
	"html/template"
	"strings"
	"time"
)

// stripWidth is the time that a strip in a list is as wide as.
const stripWidth = 6 * time.Hour

// FigureStrip is an event in a row of a list. Zero times are not known.
type FigureStrip struct {
	Start, Detected, Engaged, Mitigated, Resolved time.Time
}

// stripPhase is a stretch of a strip that ends at a moment.
type stripPhase struct {
	class string
	until time.Time
}

func (s FigureStrip) phases() []stripPhase {
	return []stripPhase{{"f1", s.Detected}, {"f2", s.Engaged}, {"f3", s.Mitigated}, {"f4", s.Resolved}}
}

// end is the last known moment after the start.
func (s FigureStrip) end() time.Time {
	end := s.Start
	for _, p := range s.phases() {
		if p.until.After(end) {
			end = p.until
		}
	}
	return end
}

// SVG draws the strip: hatched until detected, grey until engaged, solid until
// mitigated, outlined until resolved. A phase whose end is not known is a part
// of the next one. It is hidden from screen readers; Words stand beside it. It
// is "" when the times are not known.
func (s FigureStrip) SVG() template.HTML {
	if s.Start.IsZero() || !s.end().After(s.Start) {
		return ""
	}
	w := &svg{}
	w.put(`<svg class="fig" height="16" aria-hidden="true"><line class="gr" x1="0" x2="100%%" y1="12.5" y2="12.5"/>`)
	at := func(t time.Time) float64 { return min(100, 100*float64(t.Sub(s.Start))/float64(stripWidth)) }
	from := s.Start
	for _, p := range s.phases() {
		if !p.until.After(from) {
			continue
		}
		y, height := "4", "8"
		if p.class == "f4" {
			y, height = "4.5", "7" // half a px, so that its outline is sharp
		}
		if x1, x2 := at(from), at(p.until); x2 > x1 {
			w.put(`<rect class="%s" x="%s" width="%s" y="%s" height="%s"/>`, p.class, pct(x1), pct(x2-x1), y, height)
		}
		from = p.until
	}
	return w.html()
}

// Words says the length and how long nobody knew: "4 h 16, 2 min unseen".
func (s FigureStrip) Words() string {
	if s.Start.IsZero() || !s.end().After(s.Start) {
		return "no times yet"
	}
	words := Length(s.end().Sub(s.Start))
	if s.Detected.After(s.Start) {
		words += ", " + Length(s.Detected.Sub(s.Start)) + " unseen"
	}
	return words
}

// FigureDark is a stretch of the impact window without an entry.
type FigureDark struct {
	From, To time.Time
	Noted    bool // a gap note explains it
}

// FigureCover shows below the timeline which minutes of the impact window it
// tells about.
type FigureCover struct {
	ID       string
	Axis     FigureAxis
	From, To time.Time    // the impact window
	Dark     []FigureDark // in order, not overlapping; parts outside the window are cut off
}

// SVG draws the strip, "" without a window.
func (f FigureCover) SVG() template.HTML {
	if f.Axis.span() <= 0 || !f.To.After(f.From) {
		return ""
	}
	w := openSVG(f.ID, 60, f.Title(), "")
	cover := func(from, to time.Time, class, y, height string) {
		if to.After(from) {
			x1, x2 := f.Axis.at(from), f.Axis.at(to)
			w.put(`<rect class="%s" x="%s" width="%s" y="%s" height="%s"/>`, class, pct(x1), pct(x2-x1), y, height)
		}
	}
	at, labelled := f.From, -100.0
	for _, d := range f.dark() {
		cover(at, d.From, "cov", "18", "8")
		cover(d.From, d.To, "drk", "16", "12")
		if middle := (f.Axis.at(d.From) + f.Axis.at(d.To)) / 2; middle-labelled > 14 {
			w.put(`<text class="%s k" x="%s" y="10">%s dark</text>`, anchor(middle), pct(middle), briefly(d.To.Sub(d.From)))
			labelled = middle
		}
		at = d.To
	}
	cover(at, f.To, "cov", "18", "8")
	w.axis(f.Axis, 34)
	return w.html()
}

// anchor keeps a label inside the figure.
func anchor(x float64) string {
	switch {
	case x < 8:
		return "s"
	case x > 92:
		return "e"
	}
	return "m"
}

// dark gives the dark stretches cut to the window.
func (f FigureCover) dark() []FigureDark {
	var all []FigureDark
	at := f.From
	for _, d := range f.Dark {
		if d.From.Before(at) {
			d.From = at
		}
		if d.To.After(f.To) {
			d.To = f.To
		}
		if d.To.After(d.From) {
			all = append(all, d)
			at = d.To
		}
	}
	return all
}

// Words counts: "221 of 256 minutes covered."
func (f FigureCover) Words() string {
	total := f.To.Sub(f.From)
	covered := total
	for _, d := range f.dark() {
		covered -= d.To.Sub(d.From)
	}
	return fmt.Sprintf("%d of %s covered.", int(covered.Minutes()), counted(int(total.Minutes()), "minute"))
}

// Title says in words what is covered and what is not.
func (f FigureCover) Title() string {
	title := fmt.Sprintf("Impact window %s to %s.", f.Axis.clock(f.From), f.Axis.clock(f.To))
	var dark []string
	for _, d := range f.dark() {
		words := fmt.Sprintf("%s from %s to %s", inWords(d.To.Sub(d.From)), f.Axis.clock(d.From), f.Axis.clock(d.To))
		if d.Noted {
			words += ", explained by a gap note"
		} else {
			words += ", not explained"
		}
		dark = append(dark, words)
	}
	if len(dark) == 0 {
		return title + " Covered with entries throughout."
	}
	return title + " Covered with entries except " + strings.Join(dark, "; ") + "."
}
